# SPDX-License-Identifier: MIT
"""The layouts of a screen, one after the other, as a timeline tells them."""

from dataclasses import dataclass

from harness.timeline.record import Timeline


@dataclass(frozen=True, slots=True)
class LayoutStep:
    """A layout, and what led to it."""


def layout_steps(timeline: Timeline) -> tuple[LayoutStep, ...]:
    """The layouts in order, that before the first change first; empty if none is known."""
    return ()
