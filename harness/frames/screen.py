# SPDX-License-Identifier: MIT
"""What stands on the screen, brought there by the server in its own time."""

from collections.abc import Callable
from operator import methodcaller

from harness.clients.client import Client
from harness.clients.window import Window
from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.frames.canvas import Canvas, UnexpectedPicture
from harness.frames.capture import ImageClient, capture, capture_root
from harness.frames.frame import Frame, FrameSource
from harness.frames.rectangle import Rectangle

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

SHOWN_SECONDS = 2.0
"""How long a server may take to bring to the screen what was drawn."""


def wait_until_shown(
    picture: Canvas, take: Callable[[], Frame], seconds: float = SHOWN_SECONDS
) -> Frame:
    """The first frame of ``take`` that is exactly ``picture``, asked for again and again.

    Servers repaint some things only when they are next idle: automatically redirected windows
    on their parents, borders after a change of backing.
    Raises UnexpectedPicture for the last frame.
    """
    deadline = Deadline.after(seconds)
    while True:
        frame = take()
        try:
            picture.check(frame)
        except UnexpectedPicture:
            if deadline.passed:
                raise
        else:
            return frame


def wait_until_on_screen(client: ImageClient, picture: Canvas, x: int, y: int) -> Frame:
    """The screen from (x, y) on as soon as it is exactly ``picture``; see ``wait_until_shown``."""
    size = picture.frame
    area = Rectangle(x, y, size.width, size.height)
    return wait_until_shown(picture, lambda: capture_root(client, area))


def photograph(client: Client, rectangle: Rectangle) -> Frame:
    """The screen's own pixels, taken without a hint to the server to bring them up to date.

    GetImage makes a server paint automatically redirected windows of the drawable first.  This
    lays a window without a background over ``rectangle``, which keeps what was beneath it, reads
    that window, and takes it away again.  Covered windows are told so by events and, unless
    redirected, have the area repainted.
    """
    # What an idle server does is done when it reads the next request.
    client.sync()
    glass = Window.create(
        client,
        rectangle.width,
        rectangle.height,
        x=rectangle.x,
        y=rectangle.y,
        background=None,
    )
    glass.map()
    frame = capture(glass, source=FrameSource.ROOT)
    glass.destroy()
    return frame
