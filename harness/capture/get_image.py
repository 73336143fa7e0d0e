# SPDX-License-Identifier: MIT
"""Captures through GetImage: what a window, pixmap or screen shows at this moment."""

from collections.abc import Mapping
from typing import Any, Protocol

from harness.capture.zpixmap import ByteOrder, CaptureError, RowLayout
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle


class DrawableGeometry(Protocol):
    """What GetGeometry replies, in pixels."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def border_width(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def root(self) -> int: ...


class WireImage(Protocol):
    """What GetImage replies: rows of a ZPixmap, in any buffer."""

    @property
    def depth(self) -> int: ...
    @property
    def data(self) -> Any: ...


class ImageClient(Protocol):
    """A connection that can fetch images."""

    @property
    def formats(self) -> Mapping[int, tuple[int, int]]: ...
    @property
    def byte_order(self) -> ByteOrder: ...
    @property
    def setup(self) -> Any: ...
    def geometry(self, drawable: int, /) -> DrawableGeometry: ...
    def get_image(self, drawable: int, x: int, y: int, width: int, height: int, /) -> WireImage: ...


class CapturedDrawable(Protocol):
    """A window or pixmap of a connection."""

    @property
    def id(self) -> int: ...
    @property
    def client(self) -> Any: ...


def capture(
    drawable: CapturedDrawable,
    rectangle: Rectangle | None = None,
    *,
    source: FrameSource = FrameSource.WINDOW,
) -> Frame:
    """The frame that a window (without its border) or a pixmap shows, or a rectangle of it.

    GetImage is answered after the earlier requests of the same client: the capture is the
    barrier.  ``source`` only labels the frame; the root window is recognised.
    Raises CaptureError for a rectangle outside, and what the client raises for a protocol error
    (BadMatch when part of a window is neither on the screen nor backed).
    """
    return capture_id(drawable.client, drawable.id, rectangle, source)


def capture_root(client: ImageClient, rectangle: Rectangle | None = None) -> Frame:
    """The frame that the client's first screen shows, or a rectangle of it.

    Raises CaptureError for a rectangle outside.
    """
    return capture_id(client, client.setup.roots[0].root, rectangle, FrameSource.ROOT)


def capture_id(
    client: ImageClient, drawable: int, rectangle: Rectangle | None, source: FrameSource
) -> Frame:
    """The frame of the drawable with this id; see ``capture``."""
    geometry = client.geometry(drawable)
    area = area_of(geometry, rectangle)
    image = client.get_image(drawable, area.x, area.y, area.width, area.height)
    layout = RowLayout.of(client.formats, client.byte_order, image.depth, area.width)
    if drawable == geometry.root:
        source = FrameSource.ROOT
    return Frame(layout.pixels(image.data, area.height), image.depth, source)


def area_of(geometry: DrawableGeometry, rectangle: Rectangle | None) -> Rectangle:
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
