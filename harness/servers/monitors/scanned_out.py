# SPDX-License-Identifier: MIT
"""What a CRTC of the kind ``xorg-flip`` scans out, read from the file that its driver writes.

The layout is that of ``struct header`` in driver/scanout.c.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError

MAGIC = b"XHFLIP1\0"
CURSOR_SIZE = 64
GAMMA_SIZE = 256

_HEADER = struct.Struct(f"=8s 3Q 5I 2i 5I I 2i {3 * GAMMA_SIZE}H")
_CURSOR_AT = 4096
_PIXELS_AT = _CURSOR_AT + CURSOR_SIZE * CURSOR_SIZE * 4


class ScanoutUnreadable(HarnessError):
    """The driver's file is not what it should be."""


@dataclass(frozen=True, slots=True)
class CursorPlane:
    """The cursor of a CRTC over its picture.

    ``image`` has 64x64 pixels of premultiplied ARGB; ``x`` and ``y`` are its place in the picture
    (pixels), and may be negative.
    """

    shown: bool
    x: int
    y: int
    image: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScannedOut:
    """What a CRTC scanned out at one moment, without its cursor.

    ``data`` are ``height`` rows of ``stride`` bytes.  ``serial`` counts the changes of what is
    scanned out, ``msc`` and ``ust`` (microseconds) are those of the present frame.  ``pixmap`` is
    the XID of the pixmap that was flipped to, 0 for the screen's own; a server has given such an
    XID up when its client has freed the pixmap, and 0 then too.  ``flipped`` says which.  With
    ``own`` it is one that this CRTC alone scans out, from (``x``, ``y``) of the pixmap on.
    ``gamma`` are the ramps of red, green and blue, which are not applied to ``data``.
    """

    on: bool
    serial: int
    msc: int
    ust: int
    pixmap: int
    flipped: bool
    own: bool
    rotation: int
    x: int
    y: int
    width: int
    height: int
    stride: int
    depth: int
    bits_per_pixel: int
    cursor: CursorPlane
    gamma: tuple[tuple[int, ...], ...] = field(repr=False)
    data: bytes = field(repr=False)


def read(path: Path) -> ScannedOut:
    """What the driver wrote into the file ``path``.  Raises ScanoutUnreadable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScanoutUnreadable(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) < _PIXELS_AT or not content.startswith(MAGIC):
        raise ScanoutUnreadable(
            f"{path} is not what the driver of xorg-flip writes: expected {MAGIC!r} and at least "
            f"{_PIXELS_AT} bytes, got {content[:8]!r} and {len(content)}"
        )
    _, serial, msc, ust, on, pixmap, flipped, own, rotation, x, y, *rest = _HEADER.unpack_from(
        content
    )
    width, height, stride, depth, bits_per_pixel, shown, cursor_x, cursor_y, *gamma = rest
    if len(content) < _PIXELS_AT + stride * height:
        raise ScanoutUnreadable(
            f"{path} ends early: expected {stride * height} bytes of pixels, got "
            f"{len(content) - _PIXELS_AT}"
        )
    return ScannedOut(
        *(bool(on), serial, msc, ust, pixmap, bool(flipped), bool(own), rotation, x, y),
        *(width, height, stride, depth, bits_per_pixel),
        cursor=CursorPlane(bool(shown), cursor_x, cursor_y, content[_CURSOR_AT:_PIXELS_AT]),
        gamma=tuple(tuple(gamma[n : n + GAMMA_SIZE]) for n in range(0, len(gamma), GAMMA_SIZE)),
        data=content[_PIXELS_AT : _PIXELS_AT + stride * height],
    )


def content_of(shown: ScannedOut) -> bytes:
    """What a file has from which ``read`` reads ``shown``."""
    cursor = shown.cursor
    header = _HEADER.pack(
        *(
            MAGIC,
            shown.serial,
            shown.msc,
            shown.ust,
            shown.on,
            shown.pixmap,
            shown.flipped,
            shown.own,
        ),
        *(shown.rotation, shown.x, shown.y, shown.width, shown.height, shown.stride, shown.depth),
        *(shown.bits_per_pixel, cursor.shown, cursor.x, cursor.y),
        *(value for ramp in shown.gamma for value in ramp),
    )
    return header.ljust(_CURSOR_AT, b"\0") + cursor.image + shown.data
