# SPDX-License-Identifier: MIT
"""Requests that drafts intercept or send to the server themselves, and errors as their answer.

X11 protocol, appendix B; XFIXES 5.0; SYNC 3.1; Composite 0.4.
"""

from functools import partial

from harness.proxy.channel import Channel
from harness.proxy.layer import Handler, Layer
from harness.proxy.link import Link
from harness.x11 import encoding
from harness.x11.codec import BadLength

CHANGE_WINDOW_ATTRIBUTES = 2
GET_WINDOW_ATTRIBUTES = 3
DESTROY_WINDOW = 4
UNMAP_WINDOW = 10
CREATE_CURSOR = 93
SET_CLOSE_DOWN_MODE = 112

DESTROY_NOTIFY = 17
CONFIGURE_NOTIFY = 22
STRUCTURE_NOTIFY = 1 << 17
"""The event mask for both on a window itself."""

QUERY_VERSION = 0
"""The minor opcode of this request in every extension used here."""
COMPOSITE_REDIRECT_WINDOW, COMPOSITE_REDIRECT_SUBWINDOWS = 1, 2
COMPOSITE_UNREDIRECT_WINDOW, COMPOSITE_UNREDIRECT_SUBWINDOWS = 3, 4
COMPOSITE_NAME_WINDOW_PIXMAP, COMPOSITE_GET_OVERLAY_WINDOW = 6, 7
AUTOMATIC, MANUAL = 0, 1
DAMAGE_CREATE, DAMAGE_DESTROY, DAMAGE_SUBTRACT = 1, 2, 3
FIXES_CREATE_REGION, FIXES_DESTROY_REGION = 5, 10
FIXES_FETCH_REGION, FIXES_SET_GC_CLIP_REGION = 19, 20
SYNC_TRIGGER_FENCE, SYNC_DESTROY_FENCE, SYNC_QUERY_FENCE = 15, 17, 18
SHM_GET_IMAGE = 4


_EVENT_MASK = 1 << 11
_Z_PIXMAP = 2
_ALL_PLANES = 0xFFFFFFFF

Size = tuple[int, int]
"""Width and height in pixels."""
Handlers = dict[tuple[int, int | None], Handler]
"""Handlers of a layer by major opcode and minor one, None for any."""


class RequestError(Exception):
    """A handler answers its request with the error ``code`` and ``value``."""

    def __init__(self, code: int, value: int = 0) -> None:
        super().__init__(code, value)
        self.code, self.value = code, value


def refusing(layer: Layer, handlers: Handlers) -> Handlers:
    """``handlers`` of ``layer`` by opcodes, any of which may raise RequestError or BadLength."""
    return {key: partial(_handle, layer, handler) for key, handler in handlers.items()}


async def _handle(layer: Layer, handler: Handler, link: Link, data: bytes) -> bytes | None:
    try:
        return await handler(link, data)
    except RequestError as error:
        link.refuse(error.code, error.value, data, layer)
    except BadLength:
        link.refuse(encoding.BAD_LENGTH, 0, data, layer)
    return None


def reply(channel: Channel, body: bytes = b"", second: int = 0) -> bytes:
    """A reply with ``body`` from byte 8 on, its sequence number left open; ``second`` is byte 1."""
    body = body.ljust(24, b"\0")
    return channel.pack("BBHI", encoding.REPLY, second, 0, (len(body) - 24) // 4) + body


def plain(channel: Channel, data: bytes) -> bytes:
    """A request without the longer length of BIG-REQUESTS; the length in it may be wrong then."""
    (units,) = channel.unpack("H", data, 2)
    return data if units else data[:4] + data[8:]


def first_id(channel: Channel, data: bytes, length: int | None = None) -> int:
    """The id with which the fields of a request begin.

    0 for a request that has no fields, or is not ``length`` bytes long.
    """
    data = plain(channel, data)
    fits = len(data) >= 8 if length is None else len(data) == length
    return channel.unpack("I", data)[0] if fits else 0


def only_id(channel: Channel, data: bytes) -> int:
    """The id that is the only field of a request.

    Raises BadLength when the request has more fields or none.
    """
    if len(plain(channel, data)) != 8:
        raise BadLength
    return first_id(channel, data)


def query_tree(channel: Channel, window: int) -> bytes:
    """QueryTree, an error for anything but a window."""
    return channel.new_request(encoding.QUERY_TREE, 0, "I", window)


def get_geometry(channel: Channel, drawable: int) -> bytes:
    """GetGeometry, an error for anything but a drawable."""
    return channel.new_request(encoding.GET_GEOMETRY, 0, "I", drawable)


def size_in(channel: Channel, geometry: bytes) -> Size:
    """Width and height in a GetGeometry reply, whose second byte is the depth."""
    width, height = channel.unpack("HH", geometry, 16)
    return width, height


def get_window_attributes(channel: Channel, window: int) -> bytes:
    """GetWindowAttributes."""
    return channel.new_request(GET_WINDOW_ATTRIBUTES, 0, "I", window)


def watch_window(channel: Channel, window: int) -> bytes:
    """Select StructureNotify on ``window``, hence its DestroyNotify."""
    fields = (window, _EVENT_MASK, STRUCTURE_NOTIFY)
    return channel.new_request(CHANGE_WINDOW_ATTRIBUTES, 0, "III", *fields)


def create_pixmap(channel: Channel, pixmap: int, size: Size, depth: int) -> bytes:
    """CreatePixmap on the root's screen."""
    return channel.new_request(encoding.CREATE_PIXMAP, depth, "IIHH", pixmap, channel.root, *size)


def free_pixmap(channel: Channel, pixmap: int) -> bytes:
    """FreePixmap."""
    return channel.new_request(encoding.FREE_PIXMAP, 0, "I", pixmap)


def copy_area(channel: Channel, source: int, target: int, gc: int, size: Size) -> bytes:
    """CopyArea between the origins of two drawables."""
    fields = (source, target, gc, 0, 0, 0, 0, *size)
    return channel.new_request(encoding.COPY_AREA, 0, "IIIhhhhHH", *fields)


def get_image(channel: Channel, drawable: int, size: Size) -> bytes:
    """GetImage of all planes from the drawable's origin."""
    fields = (drawable, 0, 0, *size, _ALL_PLANES)
    return channel.new_request(encoding.GET_IMAGE, _Z_PIXMAP, "IhhHHI", *fields)


def put_rows(
    channel: Channel, target: int, gc: int, rows: bytes, top: int, size: Size, depth: int
) -> bytes:
    """PutImage of whole rows, from row ``top`` of ``target`` on."""
    head = channel.pack("IIHHhhBBxx", target, gc, *size, 0, top, 0, depth)
    return encoding.request(
        channel.order, encoding.PUT_IMAGE, _Z_PIXMAP, head + encoding.padded(rows)
    )


def trigger_fence(channel: Channel, sync: int, fence: int) -> bytes:
    """SYNC's TriggerFence; ``sync`` is its major opcode."""
    return channel.new_request(sync, SYNC_TRIGGER_FENCE, "I", fence)


def query_fence(channel: Channel, sync: int, fence: int) -> bytes:
    """SYNC's QueryFence, an error for anything but a fence."""
    return channel.new_request(sync, SYNC_QUERY_FENCE, "I", fence)


def fail_unless_pixmap(channel: Channel, unused: int, drawable: int) -> bytes:
    """A CreateCursor that always fails: with Pixmap and the value ``drawable`` if that is none.

    With another error or value if it is one.  ``unused`` is an id of the connection that names
    nothing.  GetGeometry would accept windows, and more.
    """
    fields = (unused, drawable, unused, 0, 0, 0, 0, 0, 0, 0, 0)
    return channel.new_request(CREATE_CURSOR, 0, "IIIHHHHHHHH", *fields)
