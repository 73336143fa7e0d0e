# SPDX-License-Identifier: MIT
"""The connection set-up: a client's greeting and the server's answer, in either byte order.

X protocol, chapter 8 (connection set-up) and appendix B (encoding).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.errors import HarnessError
from harness.x11.authority import PROTOCOL
from harness.x11.encoding import NATIVE, ByteOrder, padded

_ACCEPTED = 1
_FIXED, _FORMAT, _SCREEN, _DEPTH, _VISUAL = 40, 8, 40, 8, 24
_GREETING_HEAD, _ANSWER_HEAD = 12, 8


class SetupFailed(HarnessError):
    """The server did not accept the connection; the text says why."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a server says of itself and its first screen; sizes in pixels and mm.

    Ids of the client are ``id_base`` and any bits of ``id_mask``; other connections to the
    same server differ in them alone, and are equal.  ``pid`` is the process that listens, 0
    when it is not known.
    """

    vendor: str
    release: int
    root: int
    width: int
    height: int
    width_mm: int
    height_mm: int
    depth: int
    id_base: int = field(compare=False)
    id_mask: int = field(compare=False)
    pid: int = 0


def greeting(cookie: bytes, byte_order: ByteOrder = NATIVE) -> bytes:
    """The first bytes of a client; an empty ``cookie`` stands for no authorisation."""
    name = PROTOCOL if cookie else b""
    order = ord("l" if byte_order == "<" else "B")
    head = struct.pack(f"{byte_order}BxHHHH2x", order, 11, 0, len(name), len(cookie))
    return head + padded(name) + padded(cookie)


def greeting_order(data: bytes | bytearray, at: int = 0) -> ByteOrder:
    """The byte order of the client whose greeting begins there."""
    return "<" if data[at] == ord("l") else ">"


def greeting_size(data: bytes | bytearray, at: int = 0) -> int | None:
    """The bytes of the greeting that begins there; None while too few are there to tell."""
    if len(data) - at < _GREETING_HEAD:
        return None
    name, cookie = struct.unpack_from(f"{greeting_order(data, at)}HH", data, at + 6)
    return int(_GREETING_HEAD + name + -name % 4 + cookie + -cookie % 4)


def cookie_place(data: bytes | bytearray) -> slice | None:
    """Where in a greeting the data of its authorisation stand; None while it is too early."""
    size = greeting_size(data)
    if size is None:
        return None
    (cookie,) = struct.unpack_from(f"{greeting_order(data)}H", data, 8)
    start = size - cookie - -cookie % 4
    return slice(start, start + cookie)


def answer_size(data: bytes | bytearray, byte_order: ByteOrder, at: int = 0) -> int | None:
    """The bytes of the server's answer that begins there; None while it is too early to tell."""
    if len(data) - at < _ANSWER_HEAD:
        return None
    (units,) = struct.unpack_from(f"{byte_order}H", data, at + 6)
    return _ANSWER_HEAD + 4 * int(units)


def decode(answer: bytes, byte_order: ByteOrder = NATIVE, pid: int = 0) -> Setup:
    """The server's answer to a greeting, ``pid`` the process that gave it.

    Raises SetupFailed when it is a refusal, or no whole answer.
    """
    size = answer_size(answer, byte_order)
    if size is not None and answer[0] != _ACCEPTED:
        # A server that wants to go on authenticating gives its reason no length.
        end = _ANSWER_HEAD + answer[1] if answer[1] else size
        reason = answer[_ANSWER_HEAD:end].decode("latin-1").strip("\0\n ")
        raise SetupFailed(f"the connection was refused ({reason})")
    try:
        if size != len(answer):
            raise struct.error
        release, id_base, id_mask, length, formats = struct.unpack_from(
            f"{byte_order}III4xH3xB", answer, _ANSWER_HEAD
        )
        vendor = answer[40 : 40 + length]
        at = 40 + len(padded(vendor)) + 8 * formats
        root, *sizes, depth = struct.unpack_from(f"{byte_order}I16xHHHH10xB", answer, at)
    except struct.error:
        raise SetupFailed("the connection set-up was cut short or malformed") from None
    return Setup(
        vendor=vendor.decode("latin-1"),
        release=release,
        root=root,
        width=sizes[0],
        height=sizes[1],
        width_mm=sizes[2],
        height_mm=sizes[3],
        depth=depth,
        id_base=id_base,
        id_mask=id_mask,
        pid=pid,
    )


def formats(answer: bytes, byte_order: ByteOrder = NATIVE) -> dict[int, tuple[int, int]]:
    """Bits of a pixel, and to which a line is padded, of images by their depth.

    None where ``answer`` is a refusal.
    """
    if answer[0] != _ACCEPTED:
        return {}
    (length,) = struct.unpack_from(f"{byte_order}H", answer, 24)
    at = 40 + length + -length % 4
    return {
        depth: (bits, pad)
        for depth, bits, pad in struct.iter_unpack("BBB5x", answer[at : at + 8 * answer[29]])
    }


def shake_hands(
    send: Callable[[bytes], object],
    read: Callable[[int], bytes],
    cookie: bytes,
    byte_order: ByteOrder = NATIVE,
    pid: int = 0,
) -> Setup:
    """Greet the server; ``read`` waits for exactly so many bytes.  Raises SetupFailed."""
    send(greeting(cookie, byte_order))
    head = read(_ANSWER_HEAD)
    size = answer_size(head, byte_order)
    assert size is not None
    return decode(head + read(size - _ANSWER_HEAD), byte_order, pid)


@dataclass(frozen=True, slots=True)
class Visual:
    """A visual with what makes it equal to one of another server; ``id`` is not compared."""

    depth: int
    kind: int
    bits: int
    entries: int
    masks: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Screen:
    """The first screen; sizes in pixels.  ``visuals`` are in the server's order, by their ids."""

    root: int
    colormap: int
    width: int
    height: int
    depth: int
    root_visual: int
    visuals: dict[int, Visual]
    id_base: int
    id_mask: int


def first_screen(answer: bytes, order: ByteOrder) -> Screen:
    """The first screen in the answer of a server that accepted the client (X protocol, 8).

    Raises SetupFailed for an answer that ends before its screen does.
    """
    try:
        return _first_screen(answer, order)
    except struct.error:
        raise SetupFailed(
            f"the connection set-up has {len(answer)} bytes, too few for the screen that it names"
        ) from None


def _first_screen(answer: bytes, order: ByteOrder) -> Screen:
    id_base, id_mask, vendor, _, formats = struct.unpack_from(f"{order}II4xHHxB", answer, 12)
    at = _FIXED + len(padded(bytes(vendor))) + _FORMAT * formats
    root, colormap, width, height = struct.unpack_from(f"{order}II12xHH", answer, at)
    root_visual, depth, depths = struct.unpack_from(f"{order}I2xBB", answer, at + 32)
    at += _SCREEN
    visuals = {}
    for _ in range(depths):
        visual_depth, count = struct.unpack_from(f"{order}BxH", answer, at)
        at += _DEPTH
        for _ in range(count):
            number, kind, bits, entries, *masks = struct.unpack_from(f"{order}IBBHIII", answer, at)
            red, green, blue = masks
            visuals[number] = Visual(visual_depth, kind, bits, entries, (red, green, blue))
            at += _VISUAL
    return Screen(root, colormap, width, height, depth, root_visual, visuals, id_base, id_mask)
