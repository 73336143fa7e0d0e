# SPDX-License-Identifier: MIT
"""Blocks of a pcapng file: their types, their frames, and their options.

draft-ietf-opsawg-pcapng: General Block Structure, Options, Section Header, Interface Description
and Enhanced Packet Block.  Types with the most significant bit are for local use.
"""

import struct
from collections.abc import Iterable, Iterator

from harness.x11.encoding import ByteOrder

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
HEAD, CONTENTS, END = 0x80585201, 0x80585202, 0x80585203
"""Ours: what holds for the recording, contents of shared memory, its end."""

MAGIC = 0x1A2B3C4D
"""In the byte order of the section."""
VERSION = (1, 0)
RAW_IP = 101
"""The link type of packets that begin with an IP header."""
NANOSECONDS = 9
"""The resolution of times, as a negative power of ten."""

COMMENT, END_OF_OPTIONS = 1, 0
SECTION_APPLICATION, INTERFACE_NAME, INTERFACE_RESOLUTION = 4, 2, 9

FRAME = 12
"""Bytes of a block around its body."""
LARGEST = 1 << 20
"""Bytes of a block: no writer of ours makes a larger one."""


def block(order: ByteOrder, kind: int, *body: bytes) -> bytes:
    """A whole block; ``body`` is padded to 32 bits."""
    whole = b"".join(body)
    padding = bytes(-len(whole) % 4)
    size = FRAME + len(whole) + len(padding)
    return b"".join(
        (struct.pack(f"{order}II", kind, size), whole, padding, struct.pack(f"{order}I", size))
    )


def options(order: ByteOrder, values: Iterable[tuple[int, bytes]]) -> bytes:
    """Options and their end; nothing where there are none."""
    parts = [
        struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)
        for code, value in values
    ]
    return b"".join([*parts, bytes(4)]) if parts else b""


def decode_options(order: ByteOrder, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Options up to their end.  Raises struct.error for one that is cut short."""
    at = 0
    while at < len(data):
        code, length = struct.unpack_from(f"{order}HH", data, at)
        if code == END_OF_OPTIONS:
            return
        at += 4
        if at + length > len(data):
            raise struct.error(f"an option of {length} bytes, of which {len(data) - at} are there")
        yield code, data[at : at + length]
        at += length + -length % 4
