# SPDX-License-Identifier: MIT
"""Numbers and layouts of the requests that redirection watches or sends on the side."""

from harness.proxy.channel import Channel
from harness.x11 import encoding
from harness.x11.present import Rectangle

CREATE_WINDOW = 1
CHANGE_WINDOW_ATTRIBUTES = 2
CREATE_GC = 55
COPY_AREA = 62
CREATE_CURSOR = 93
SET_CLOSE_DOWN_MODE = 112

DESTROY_NOTIFY = 17
DESTROY = 0
"""The close-down mode in which a client's resources end with it."""

COMPOSITE_REDIRECT = {1: False, 2: True}
"""Composite's requests that begin a redirection: whether it is of the children."""
COMPOSITE_UNREDIRECT = {3: False, 4: True}
AUTOMATIC = 0

FIXES_QUERY_VERSION, FIXES_CREATE_REGION, FIXES_DESTROY_REGION, FIXES_FETCH_REGION = 0, 5, 10, 19
SYNC_TRIGGER_FENCE, SYNC_DESTROY_FENCE, SYNC_QUERY_FENCE = 15, 17, 18

_EVENT_MASK = 1 << 11
_STRUCTURE_NOTIFY = 1 << 17
_GRAPHICS_EXPOSURES = 1 << 16
_Z_PIXMAP = 2
_ALL_PLANES = 0xFFFFFFFF


def plain(channel: Channel, request: bytes) -> bytes:
    """``request`` without the longer length of BIG-REQUESTS; the length in it may be wrong then."""
    (units,) = channel.unpack("H", request, 2)
    return request if units else request[:4] + request[8:]


def query_tree(channel: Channel, window: int) -> bytes:
    """QueryTree, which fails for anything that is no window."""
    return channel.new_request(encoding.QUERY_TREE, 0, "I", window)


def get_geometry(channel: Channel, drawable: int) -> bytes:
    return channel.new_request(encoding.GET_GEOMETRY, 0, "I", drawable)


def size_and_depth(channel: Channel, geometry: bytes) -> tuple[int, int, int]:
    """Width, height and depth in a GetGeometry reply."""
    width, height = channel.unpack("HH", geometry, 16)
    return width, height, geometry[1]


def watch_window(channel: Channel, window: int) -> bytes:
    """Ask for StructureNotify, hence for the window's end."""
    return channel.new_request(
        CHANGE_WINDOW_ATTRIBUTES, 0, "III", window, _EVENT_MASK, _STRUCTURE_NOTIFY
    )


def create_pixmap(channel: Channel, pixmap: int, width: int, height: int, depth: int) -> bytes:
    return channel.new_request(
        encoding.CREATE_PIXMAP, depth, "IIHH", pixmap, channel.root, width, height
    )


def free_pixmap(channel: Channel, pixmap: int) -> bytes:
    return channel.new_request(encoding.FREE_PIXMAP, 0, "I", pixmap)


def create_gc(channel: Channel, gc: int, drawable: int) -> bytes:
    """A graphics context that causes no exposure events."""
    return channel.new_request(CREATE_GC, 0, "IIII", gc, drawable, _GRAPHICS_EXPOSURES, 0)


def copy_area(
    channel: Channel, source: int, target: int, gc: int, width: int, height: int
) -> bytes:
    return channel.new_request(
        COPY_AREA, 0, "IIIhhhhHH", source, target, gc, 0, 0, 0, 0, width, height
    )


def get_image(channel: Channel, drawable: int, width: int, height: int) -> bytes:
    return channel.new_request(
        encoding.GET_IMAGE, _Z_PIXMAP, "IhhHHI", drawable, 0, 0, width, height, _ALL_PLANES
    )


def put_image(
    channel: Channel,
    target: int,
    gc: int,
    top: int,
    width: int,
    height: int,
    depth: int,
    rows: bytes,
) -> bytes:
    """Whole rows of an image, from row ``top`` on."""
    head = channel.pack("IIHHhhBBxx", target, gc, width, height, 0, top, 0, depth)
    return encoding.request(
        channel.order, encoding.PUT_IMAGE, _Z_PIXMAP, head + encoding.padded(rows)
    )


def trigger_fence(channel: Channel, sync: int, fence: int) -> bytes:
    return channel.new_request(sync, SYNC_TRIGGER_FENCE, "I", fence)


def query_fence(channel: Channel, sync: int, fence: int) -> bytes:
    return channel.new_request(sync, SYNC_QUERY_FENCE, "I", fence)


def fetched(channel: Channel, reply: bytes) -> tuple[Rectangle, list[Rectangle]]:
    """Extents and rectangles in a FetchRegion reply."""
    parts = [
        Rectangle(*channel.unpack("hhHH", reply, at)) for at in (8, *range(32, len(reply) - 7, 8))
    ]
    return parts[0], parts[1:]


def names_no_pixmap(channel: Channel, bad: int, drawable: int) -> bytes:
    """A CreateCursor that fails whatever it is given: with the value ``drawable`` if that is no
    pixmap, with another error or value if it is.

    ``bad`` is an id of ours that names nothing.  GetGeometry would take windows, and more.
    """
    return channel.new_request(
        CREATE_CURSOR, 0, "IIIHHHHHHHH", bad, drawable, bad, 0, 0, 0, 0, 0, 0, 0, 0
    )
