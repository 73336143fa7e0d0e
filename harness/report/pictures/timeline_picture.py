# SPDX-License-Identifier: MIT
"""A timeline of presentations as a picture."""

from collections.abc import Sequence

from harness.timeline.record import Timeline
from harness.timeline.rules.base import Violation


def timeline_svg(timeline: Timeline, violations: Sequence[Violation] = ()) -> str:
    """A self-contained SVG: per window and pixmap what became of each presentation.

    Its size is bounded; it says what was left out.  Empty for a timeline without presentations.
    """
    return ""
