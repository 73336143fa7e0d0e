# SPDX-License-Identifier: MIT
"""What stands on the screen, brought there by the server in its own time."""

from operator import methodcaller

from harness.capture.arrival import await_picture
from harness.capture.get_image import ImageClient, capture, capture_root
from harness.clients.connection.client import Client
from harness.clients.resources.window import Window
from harness.errors import HarnessError
from harness.pixels.canvas import Canvas
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


def await_on_screen(client: ImageClient, picture: Canvas, x: int, y: int) -> Frame:
    """The screen from (x, y) on as soon as it is exactly ``picture``; see ``await_picture``."""
    size = picture.frame
    area = Rectangle(x, y, size.width, size.height)
    return await_picture(picture, lambda: capture_root(client, area))


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
