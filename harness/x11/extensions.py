# SPDX-License-Identifier: MIT
"""The numbers that a server gave its extensions, and the requests that query them.

X protocol, chapter 9 (QueryExtension, ListExtensions).
"""

import struct
from dataclasses import dataclass

from harness.x11 import encoding
from harness.x11.codec import BadLength
from harness.x11.encoding import NATIVE, ByteOrder


@dataclass(frozen=True, slots=True)
class Extension:
    """Opcode, first event and first error of an extension on one server."""

    name: str
    major: int
    first_event: int
    first_error: int


def query_request(name: str, byte_order: ByteOrder = NATIVE) -> bytes:
    """QueryExtension for the extension ``name``."""
    text = name.encode("latin-1")
    body = struct.pack(f"{byte_order}H2x", len(text)) + encoding.padded(text)
    return encoding.request(byte_order, encoding.QUERY_EXTENSION, 0, body)


def decode_query(name: str, reply: bytes) -> Extension | None:
    """What the reply to QueryExtension says of ``name``; None when the server lacks it."""
    return Extension(name, *reply[9:12]) if reply[8] else None


def decode_list(reply: bytes) -> list[str]:
    """The names in the reply to ListExtensions.  Raises BadLength for one that is cut short."""
    names, at = [], 32
    for _ in range(reply[1]):
        start = at + 1
        at = start + (reply[at] if at < len(reply) else 0)
        names.append(reply[start:at].decode("latin-1"))
    if at > len(reply):
        raise BadLength(f"ListExtensions: {at} bytes expected, got {len(reply)}")
    return names
