# SPDX-License-Identifier: MIT
"""References in plain words, of which a layout has a letter each."""

import struct
from collections.abc import Iterator

from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.recordings.references.tables import LETTERS
from harness.x11.encoding import ByteOrder

_WIDE = {"m": ReferenceKind.MSC, "r": ReferenceKind.REMAINDER}


def laid_out(
    layout: str, data: bytes, order: ByteOrder, offset: int, role: Role, name: str
) -> Iterator[Reference]:
    """The references in words from ``offset`` on, as ``layout`` says (``LETTERS``)."""
    once, _, repeated = layout.partition("|")
    number = 0
    while offset + 4 <= len(data):
        if number < len(once):
            letter = once[number]
        elif repeated:
            letter = repeated[(number - len(once)) % len(repeated)]
        else:
            return
        path = f"{name}[{number}]"
        size = 8 if letter in _WIDE else 4
        if letter in _WIDE and offset + 8 <= len(data):
            (value,) = struct.unpack_from(f"{order}Q", data, offset)
            yield Reference(offset, 8, _WIDE[letter], value, role, name=path)
        elif letter in LETTERS:
            (value,) = struct.unpack_from(f"{order}I", data, offset)
            yield Reference(offset, 4, LETTERS[letter], value, role, name=path)
        offset, number = offset + size, number + 1
