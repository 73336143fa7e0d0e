# SPDX-License-Identifier: MIT
"""Numbers of the core protocol, and requests and errors as bytes, in either byte order.

X protocol, chapter 1 (formats) and appendix B (encoding).
"""

import struct
import sys
from typing import Literal

ByteOrder = Literal["<", ">"]
"""Little- or big-endian, as ``struct`` writes it."""

NATIVE: ByteOrder = "<" if sys.byteorder == "little" else ">"
"""The byte order of this machine."""

ERROR, REPLY = 0, 1
KEYMAP_NOTIFY = 11
"""The only message without a sequence number."""
GENERIC_EVENT = 35

FIRST_EXTENSION = 128
"""The lowest major opcode of an extension."""

CREATE_WINDOW = 1
CREATE_PIXMAP = 53
FREE_PIXMAP = 54
GET_GEOMETRY = 14
QUERY_TREE = 15
INTERN_ATOM = 16
GRAB_SERVER = 36
UNGRAB_SERVER = 37
GET_INPUT_FOCUS = 43
CREATE_GC = 55
FREE_GC = 60
COPY_AREA = 62
COPY_PLANE = 63
GET_IMAGE = 73
PUT_IMAGE = 72
QUERY_EXTENSION = 98
LIST_EXTENSIONS = 99
NO_OPERATION = 127

BAD_REQUEST = 1
BAD_VALUE = 2
BAD_WINDOW = 3
BAD_PIXMAP = 4
BAD_MATCH = 8
BAD_DRAWABLE = 9
BAD_ACCESS = 10
BAD_ALLOC = 11
BAD_ID_CHOICE = 14
BAD_LENGTH = 16

_GRAPHICS_EXPOSURES = 1 << 16


def padded(data: bytes) -> bytes:
    """``data`` up to the next multiple of four bytes."""
    return data + bytes(-len(data) % 4)


def request(order: ByteOrder, major: int, minor: int, body: bytes = b"") -> bytes:
    """A request with its length; the longer form of BIG-REQUESTS where it is needed.

    ``minor`` is the second byte: the minor opcode of an extension, data of a core request.
    """
    units = 1 + len(body) // 4
    if units <= 0xFFFF:
        return struct.pack(f"{order}BBH", major, minor, units) + body
    return struct.pack(f"{order}BBHI", major, minor, 0, units + 1) + body


def error(order: ByteOrder, code: int, value: int, major: int, minor: int) -> bytes:
    """An error whose sequence number is filled in later."""
    return struct.pack(f"{order}BBHIHB21x", ERROR, code, 0, value & 0xFFFFFFFF, minor, major)


def quiet_gc(order: ByteOrder, context: int, drawable: int) -> bytes:
    """CreateGC of a context whose copies cause no NoExposure."""
    body = struct.pack(f"{order}IIII", context, drawable, _GRAPHICS_EXPOSURES, 0)
    return request(order, CREATE_GC, 0, body)


def read_evtype(event: bytes, order: ByteOrder = NATIVE) -> int:
    """The type of a generic event within its extension."""
    return int(struct.unpack_from(f"{order}H", event, 8)[0])
