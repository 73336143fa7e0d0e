# SPDX-License-Identifier: MIT
"""Waiting until a server shows an expected picture."""

from collections.abc import Callable
from operator import methodcaller

from harness.capture.get_image import capture_root
from harness.clients.connection.client import Client
from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.pixels.canvas import Canvas
from harness.pixels.comparison import Verdict, compare
from harness.pixels.frame import Frame
from harness.pixels.rectangle import Rectangle

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

ARRIVAL_SECONDS = 5.0
"""How long a server may take to paint what it paints when it is idle."""


def await_picture(picture: Canvas, look: Callable[[], Frame]) -> Frame:
    """The first frame from ``look`` that is ``picture``.

    Raises UnexpectedPicture, about the last frame, when none is within ``ARRIVAL_SECONDS``.
    """
    deadline = Deadline.after(ARRIVAL_SECONDS)
    while True:
        late = deadline.passed
        frame = look()
        if late or compare(picture.frame, frame).verdict is Verdict.MATCH:
            picture.check(frame)
            return frame


def await_on_screen(client: Client, picture: Canvas, x: int, y: int) -> Frame:
    """Wait for the screen to show ``picture`` with its corner at (x, y); see ``await_picture``."""
    size = picture.frame
    area = Rectangle(x, y, size.width, size.height)
    return await_picture(picture, lambda: capture_root(client, area))
