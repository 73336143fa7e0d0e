# SPDX-License-Identifier: MIT
"""Simpler forms of a request: smaller sizes, zeros, fewer attributes, elements and bytes."""

import struct
from collections.abc import Iterator, Mapping

from harness.recordings.messages import RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, Role, with_values
from harness.x11.definitions.catalogue import installed
from harness.x11.definitions.fields import Item
from harness.x11.definitions.naming import Naming
from harness.x11.encoding import ByteOrder

SMALL = 16
"""Pixels of a side that is made smaller."""

_SIDES = {"width", "height"}
_ZEROS = {
    *("x", "y", "x_off", "y_off", "border_width", "options", "divisor", "remainder"),
    *("src_x", "src_y", "dst_x", "dst_y", "x_origin", "y_origin", "x_offset", "y_offset"),
    *("valid", "update", "wait_fence", "idle_fence", "target_crtc", "x_hot", "y_hot"),
}
_OPTIONAL = {"valid", "update", "wait_fence", "idle_fence", "target_crtc"}
"""Ids that may be None."""
_PUT_IMAGE = 72
_LISTS = {64: 12, 65: 12, 66: 12, 67: 12, 68: 12, 69: 16, 70: 12, 71: 12}
"""Core requests that end with a list (PolyPoint to PolyFillArc), and where it begins."""
_ELEMENTS = {64: 4, 65: 4, 66: 8, 67: 8, 68: 12, 69: 4, 70: 8, 71: 12}
_MASKS = {
    "CreateWindow": 28,
    "ChangeWindowAttributes": 8,
    "CreateGC": 12,
    "ChangeGC": 8,
    "RENDER:CreatePicture": 16,
    "RENDER:ChangePicture": 8,
}
"""Where the mask of attributes of 4 bytes stands that the request ends with."""
_NOTIFIES = ("PresentPixmap", 72)


def simpler_requests(head: RecordingHead, message: RecordedMessage) -> Iterator[bytes]:
    """Simpler forms of a request, the simplest first; each is a whole request."""
    data, order = message.data, message.order
    naming = Naming(head.extensions, installed())
    references = References(head.extensions)
    name = references.request_name(data)
    if data[2:4] == bytes(2) or name.startswith("DRI3:"):
        # The copy of a buffer has the buffer's own size.
        return
    found = {one.offset: one for one in references.of(message)}
    form = naming.request_form(data)
    changes = list(_changes(form.items(data, order), found)) if form is not None else []
    changes += [
        (Item(one.name, one.offset, one.value), 0)
        for one in found.values()
        if one.kind is ReferenceKind.MSC and one.value
    ]
    if name == "CreateWindow":
        # The depth and the visual of the parent.
        yield data[:1] + bytes(1) + data[2:24] + bytes(4) + data[28:]
    if name in _MASKS:
        yield from _fewer_attributes(data, order, _MASKS[name])
    if data[0] == _PUT_IMAGE:
        yield from _smaller_image(data, order)
    if data[0] in _LISTS:
        yield from _shorter(data, order, _LISTS[data[0]], _ELEMENTS[data[0]])
    if name == _NOTIFIES[0] and len(data) > _NOTIFIES[1]:
        yield from _shorter(data, order, _NOTIFIES[1], 8, least=0)
    if len(changes) > 1:
        yield _changed(data, order, changes)
    for one in changes:
        yield _changed(data, order, [one])


def _changes(
    items: tuple[Item, ...], references: Mapping[int, Reference]
) -> Iterator[tuple[Item, int]]:
    """Fields with the values that are simpler."""
    for item in items:
        if not isinstance(item.value, int):
            continue
        reference = references.get(item.offset)
        if item.name in _SIDES and item.value > SMALL:
            yield item, SMALL
        elif item.name in _ZEROS and item.value and (reference is None or item.name in _OPTIONAL):
            yield item, 0


def _changed(data: bytes, order: ByteOrder, changes: list[tuple[Item, int]]) -> bytes:
    values = [
        (Reference(item.offset, _size(data, order, item), ReferenceKind.XID, 0, Role.USES), value)
        for item, value in changes
    ]
    return with_values(data, order, values)


def _size(data: bytes, order: ByteOrder, item: Item) -> int:
    """How many bytes hold the value: the fewest that do, as fields are aligned."""
    assert isinstance(item.value, int)
    for size in (2, 4, 8) if item.offset >= 4 else (1,):
        part = data[item.offset : item.offset + size]
        number = int.from_bytes(part, "little" if order == "<" else "big")
        if number == item.value & (1 << 8 * size) - 1 and (item.value >> 8 * size) in (0, -1):
            return size
    return 1


def _fewer_attributes(data: bytes, order: ByteOrder, at: int) -> Iterator[bytes]:
    (mask,) = struct.unpack_from(f"{order}I", data, at)
    bits = [1 << bit for bit in range(32) if mask >> bit & 1]
    if len(data) != at + 4 + 4 * len(bits):
        return
    values = {bit: data[at + 4 + 4 * n : at + 8 + 4 * n] for n, bit in enumerate(bits)}
    for left in [[], *([other for other in bits if other != bit] for bit in bits)]:
        tail = struct.pack(f"{order}I", sum(left)) + b"".join(values[bit] for bit in left)
        if left != bits:
            yield _with_length(data[:at] + tail, order)


def _smaller_image(data: bytes, order: ByteOrder) -> Iterator[bytes]:
    (height,) = struct.unpack_from(f"{order}H", data, 14)
    if height > 1 and (len(data) - 24) % height == 0:
        row = (len(data) - 24) // height
        for rows in (1, height // 2):
            head = data[:14] + struct.pack(f"{order}H", rows) + data[16:24]
            yield _with_length(head + data[24 : 24 + row * rows], order)


def _shorter(data: bytes, order: ByteOrder, at: int, size: int, least: int = 1) -> Iterator[bytes]:
    count = (len(data) - at) // size
    for left in dict.fromkeys((least, count // 2, count - 1)):
        if least <= left < count:
            yield _with_length(data[: at + size * left], order)


def _with_length(data: bytes, order: ByteOrder) -> bytes:
    data += bytes(-len(data) % 4)
    return data[:2] + struct.pack(f"{order}H", len(data) // 4) + data[4:]
