# SPDX-License-Identifier: MIT
"""Waiting until a server shows what a script expects."""

from collections.abc import Callable
from operator import methodcaller

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.pixels.canvas import Canvas
from harness.pixels.comparison import Verdict, compare
from harness.pixels.frame import Frame

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

ARRIVAL_SECONDS = 2.0


def await_picture(picture: Canvas, look: Callable[[], Frame]) -> Frame:
    """The first frame from ``look`` that is ``picture``: servers paint some things when idle.

    Raises UnexpectedPicture, about the last frame, when none is within ``ARRIVAL_SECONDS``.
    """
    deadline = Deadline.after(ARRIVAL_SECONDS)
    while True:
        late = deadline.passed
        frame = look()
        if late or compare(picture.frame, frame).verdict is Verdict.MATCH:
            picture.check(frame)
            return frame
