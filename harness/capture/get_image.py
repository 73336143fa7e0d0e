# SPDX-License-Identifier: MIT
"""Captures of what a window, pixmap or screen shows at this moment."""

from harness.capture.shared_memory import shared_image
from harness.capture.zpixmap import CaptureError, RowLayout
from harness.clients.connection.client import Client
from harness.clients.connection.requests import GeometryReply
from harness.clients.resources.drawable import Drawable
from harness.clients.resources.window import Window
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle


def capture(
    drawable: Drawable,
    rectangle: Rectangle | None = None,
    *,
    source: FrameSource = FrameSource.WINDOW,
) -> Frame:
    """The frame that a window (without its border) or a pixmap shows, or a rectangle of it.

    By GetImage, or by MIT-SHM when the image is large (``shared_memory.LEAST_BYTES``) and the
    server can write into this machine's memory.  Either is answered after the earlier requests
    of the same client: the capture is the barrier.  ``source`` only labels the frame; the root
    window is recognised.  Raises CaptureError for a rectangle outside, and ProtocolError (Match
    when part of a window is neither on the screen nor backed).
    """
    return _capture_id(drawable.client, drawable.id, rectangle, source)


def capture_root(client: Client, rectangle: Rectangle | None = None) -> Frame:
    """The frame that the client's first screen shows, or a rectangle of it.

    Raises CaptureError for a rectangle outside, Unsupported where the root cannot be read.
    """
    return _capture_id(client, client.root, rectangle, FrameSource.ROOT)


def _capture_id(
    client: Client, drawable: int, rectangle: Rectangle | None, source: FrameSource
) -> Frame:
    """The frame of the drawable with this id; see ``capture``."""
    geometry = client.geometry(drawable)
    client.require_picture(geometry.depth)
    area = _area_of(geometry, rectangle)
    layout = RowLayout.of(client.formats, client.byte_order, geometry.depth, area.width)
    image = shared_image(client, drawable, area, layout.stride * area.height)
    if image is None:
        image = client.read_image(drawable, area.x, area.y, area.width, area.height)
    if drawable == geometry.root:
        source = FrameSource.ROOT
    return Frame(layout.pixels(image.data, area.height), image.depth, source)


def _area_of(geometry: GeometryReply, rectangle: Rectangle | None) -> Rectangle:
    """The rectangle, or the whole drawable without its border.

    Raises CaptureError when it is empty or reaches beyond the drawable and its border.
    """
    border = geometry.border_width
    whole = Rectangle(0, 0, geometry.width, geometry.height)
    reachable = Rectangle(-border, -border, whole.width + 2 * border, whole.height + 2 * border)
    area = rectangle or whole
    if area.width < 1 or area.height < 1 or not reachable.contains(area):
        raise CaptureError(f"expected a rectangle inside of {reachable}, got {area}")
    return area


def photograph(client: Client, rectangle: Rectangle) -> Frame:
    """The screen's own pixels in ``rectangle``, without having the server update them first.

    GetImage makes a server paint automatically redirected windows of the drawable first.  This
    maps a window without a background over ``rectangle``, which keeps what was beneath it, reads
    that window, and destroys it.  Covered windows receive events and, unless redirected, have
    the area repainted.
    """
    # What an idle server does is done when it reads the next request.
    client.sync()
    width, height = rectangle.width, rectangle.height
    glass = Window.create(client, width, height, x=rectangle.x, y=rectangle.y, background=None)
    glass.map()
    frame = capture(glass, source=FrameSource.ROOT)
    glass.destroy()
    return frame
