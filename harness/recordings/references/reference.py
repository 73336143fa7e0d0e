# SPDX-License-Identifier: MIT
"""A value of a message that belongs to the server that it was recorded on."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from harness.x11.encoding import ByteOrder

_SIZES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class ReferenceKind(Enum):
    """What a value stands for that another server, or another run, numbers in its own way."""

    XID = "resource id"
    VISUAL = "visual id"
    ATOM = "atom"
    TIMESTAMP = "timestamp"
    MSC = "MSC"
    REMAINDER = "MSC modulo the divisor before it"
    UST = "UST"
    CONTEXT_TAG = "GLX context tag"
    SHMID = "System V segment"
    OPCODE = "major opcode"
    EVENT = "event code"
    ERROR = "error code"


class Role(Enum):
    """What a message does with a value: a request makes it valid, uses it, makes it invalid.

    ``TELLS`` is that of everything that a server sends.
    """

    CREATES = "creates"
    USES = "uses"
    FREES = "frees"
    TELLS = "tells"


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of a message that another server numbers in its own way.

    It stands ``offset`` bytes from the start of the message in ``size`` bytes (1, 4 or 8).
    ``type`` is the protocol's (``WINDOW``, ``randr:CRTC``), "" where the descriptions name none;
    ``name`` is the path of the field (``window``, ``crtcs[2]``).  A value 0 stands for None,
    CurrentTime or the like.
    """

    offset: int
    size: int
    kind: ReferenceKind
    value: int
    role: Role
    type: str = ""
    name: str = ""


def with_values(data: bytes, order: ByteOrder, values: Iterable[tuple[Reference, int]]) -> bytes:
    """The message ``data`` with another value in the place of each of these references."""
    changed = bytearray(data)
    for reference, value in values:
        layout = order + _SIZES[reference.size]
        struct.pack_into(layout, changed, reference.offset, value & (1 << 8 * reference.size) - 1)
    return bytes(changed)


def moved(one: Reference, shift: int, role: Role | None = None) -> Reference:
    """The reference as it stands ``shift`` bytes further on, of ``role`` if that is given.

    Without a role what stands before the fields, in the first 4 bytes, stays.
    """
    if not shift and role is None:
        return one
    offset = one.offset + (shift if one.offset >= 4 or role is not None else 0)
    return Reference(offset, one.size, one.kind, one.value, role or one.role, one.type, one.name)
