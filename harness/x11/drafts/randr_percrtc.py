# SPDX-License-Identifier: MIT
"""Per-CRTC pixmaps on the wire: the requests of a RANDR draft that no server ever shipped.

Layouts follow the draft header of randrproto 1.4 (December 2010 to June 2012), in its two
revisions; they stand under an extension of their own, for RANDR's numbers 32 to 41 were given
to other requests since.  GetCrtcScanout and SetWindowPixmap were never given
an encoding: theirs are ours.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Self

from harness.x11 import encoding, names
from harness.x11.codec import (
    CARD16,
    CARD32,
    INT16,
    BadLength,
    ExtensionRequest,
    Layout,
    Message,
    Structure,
)
from harness.x11.encoding import NATIVE, ByteOrder
from harness.x11.randr import Rotation

EXTENSION = "RANDR-PERCRTC-DRAFT"

ONE = 1 << 16
"""1 as a 16.16 fixed-point number."""

Matrix = tuple[int, int, int, int, int, int, int, int, int]
"""Nine signed 16.16 fixed-point numbers by rows."""

IDENTITY: Matrix = (ONE, 0, 0, 0, ONE, 0, 0, 0, ONE)

KEEP_PIXMAP = 1
"""In revision A, the pixmap that means the one in use now."""


class Revision(IntEnum):
    """The two encodings of SetCrtcConfigs: without and with flags that say what to set."""

    A = 1
    B = 2


class ScreenFlag(IntFlag):
    """What a SetCrtcConfigs request of revision B sets of the screen."""

    SCREEN_PIXMAP_SIZE = 0x1
    SCREEN_SIZE = 0x2
    SCREEN_SIZE_IN_MILLIMETERS = 0x4
    SCREEN_CRTCS = 0x8


ALL_OF_SCREEN = ScreenFlag(0xF)


class CrtcFlag(IntFlag):
    """What an entry of a SetCrtcConfigs request of revision B sets of its CRTC."""

    POSITION = 0x10
    MODE = 0x20
    ROTATION = 0x40
    OUTPUTS = 0x80
    SPRITE_POSITION_TRANSFORM = 0x100
    SPRITE_IMAGE_TRANSFORM = 0x200
    PIXMAP = 0x400
    PIXMAP_POSITION = 0x800


ALL_OF_CRTC = CrtcFlag(0xFF0)


class ConfigStatus(IntEnum):
    """The outcome of SetCrtcConfigs; without timestamps the other two cannot come."""

    SUCCESS = 0
    INVALID_CONFIG_TIME = 1
    INVALID_TIME = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class ScanoutPixmapInfo(Structure):
    """A kind of scanout pixmap that a screen offers.

    A RENDER format, the largest size in pixels, the rotations that cost nothing.
    """

    format: CARD32
    max_width: CARD16
    max_height: CARD16
    rotations: Annotated[Rotation, "H6x"]


@dataclass(frozen=True, slots=True)
class QueryScanoutPixmaps(ExtensionRequest):
    """Which scanout pixmaps can be had on the screen of ``drawable``."""

    OPCODE = 32

    drawable: CARD32


def decode_infos(reply: bytes, byte_order: ByteOrder = NATIVE) -> tuple[ScanoutPixmapInfo, ...]:
    """What the reply to QueryScanoutPixmaps lists: as many as it is long.  Raises BadLength."""
    offsets = range(32, len(reply), ScanoutPixmapInfo.LAYOUT.size)
    return tuple(ScanoutPixmapInfo.decode(reply, at, byte_order) for at in offsets)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateScanoutPixmap(ExtensionRequest):
    """A pixmap that CRTCs may show, in any of ``rotations``."""

    OPCODE = 33
    EXACT = True

    pixmap: CARD32
    drawable: CARD32
    width: CARD16
    height: CARD16
    format: CARD32
    rotations: Annotated[int, "H2x"] = Rotation.ROTATE_0


@dataclass(frozen=True, slots=True)
class SpriteTransforms(Structure):
    """How a CRTC maps the pointer's position, and its image."""

    position: Annotated[Matrix, "9i"] = IDENTITY
    image: Annotated[Matrix, "9i"] = IDENTITY


@dataclass(frozen=True, slots=True)
class SetCrtcSpriteTransform(ExtensionRequest):
    """Map the sprite on ``crtc``; at once."""

    OPCODE = 34
    EXACT = True

    crtc: CARD32
    transforms: SpriteTransforms


@dataclass(frozen=True, slots=True)
class GetCrtcSpriteTransform(ExtensionRequest):
    """Query how the sprite is mapped on ``crtc``; the transforms begin at byte 8 of the reply."""

    OPCODE = 35

    crtc: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class CrtcConfig(Message):
    """What one CRTC is to show.  ``set`` says which of the fields count, in revision B.

    Positions in pixels; ``pixmap`` 0 is the screen's own.
    """

    crtc: CARD32
    set: CARD32 = 0
    x: INT16 = 0
    y: INT16 = 0
    mode: CARD32 = 0
    rotation: CARD16 = Rotation.ROTATE_0
    outputs: Annotated[tuple[int, ...], "H"] = ()
    sprite: SpriteTransforms = SpriteTransforms()
    pixmap: CARD32 = 0
    pixmap_x: INT16 = 0
    pixmap_y: INT16 = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCrtcConfigs(ExtensionRequest):
    """Set screen and CRTCs at once, or nothing.  Sizes are (width, height) in pixels and mm.

    On the wire the entries follow the head, and the outputs of all of them the last one.
    """

    OPCODE = 36

    drawable: CARD32
    set: CARD32 = 0
    screen_pixmap: Annotated[tuple[int, int], "HH"] = (0, 0)
    screen: Annotated[tuple[int, int], "HH"] = (0, 0)
    millimeters: Annotated[tuple[int, int], "II"] = (0, 0)
    configs: Annotated[Sequence[CrtcConfig], "H6x"] = ()

    def encode(
        self, major: int = 0, byte_order: ByteOrder = NATIVE, revision: Revision = Revision.B
    ) -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        entries = [_ENTRY[revision].encode(config, byte_order) for config in self.configs]
        outputs = [output for config in self.configs for output in config.outputs]
        body = _HEAD[revision].encode(self, byte_order) + b"".join(entries)
        body += struct.pack(f"{byte_order}{len(outputs)}I", *outputs)
        return encoding.request(byte_order, major, self.OPCODE, body)

    @classmethod
    def decode(
        cls, data: bytes, byte_order: ByteOrder = NATIVE, revision: Revision = Revision.B
    ) -> Self:
        """The request in ``data``, header included.

        Raises BadLength for a request that is not as long as its counts say.
        """
        head, entry = _HEAD[revision], _ENTRY[revision]
        fields = {"set": ALL_OF_SCREEN, **head.decode(data, 4, byte_order)}
        first = 4 + head.size
        end = first + fields["configs"] * entry.size
        configs = []
        for at in range(first, end, entry.size):
            config = {"set": int(ALL_OF_CRTC), **entry.decode(data, at, byte_order)}
            if revision is Revision.A and config["pixmap"] == KEEP_PIXMAP:
                config["set"] &= ~CrtcFlag.PIXMAP
            configs.append(config)
        expected = end + 4 * sum(config["outputs"] for config in configs)
        if expected != len(data):
            raise BadLength(f"SetCrtcConfigs: {expected} bytes expected, got {len(data)}")
        for config in configs:
            count = config["outputs"]
            config["outputs"] = struct.unpack_from(f"{byte_order}{count}I", data, end)
            end += 4 * count
        fields["configs"] = tuple(CrtcConfig(**config) for config in configs)
        return cls(**fields)


def _layouts(kind: type[Message]) -> dict[Revision, Layout]:
    """In both revisions; decoded to dictionaries, in which counts are still in place of lists."""
    return {
        Revision.A: Layout(kind, without=("set",), make=dict),
        Revision.B: Layout(kind, make=dict),
    }


_HEAD, _ENTRY = _layouts(SetCrtcConfigs), _layouts(CrtcConfig)


@dataclass(frozen=True, slots=True)
class SetWindowPixmap(ExtensionRequest):
    """Have ``window`` draw into ``pixmap``; 0 gives it back to its parent's."""

    OPCODE = 64

    window: CARD32
    pixmap: CARD32


@dataclass(frozen=True, slots=True)
class GetCrtcScanout(ExtensionRequest):
    """Query what ``crtc`` reads its pixels from.  For tests: the draft has no such request."""

    OPCODE = 65

    crtc: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class CrtcScanout(Message):
    """What a CRTC reads its pixels from, turned by ``rotation``.

    That is ``pixmap`` from (``x``, ``y``) on, 0 for the screen's own, which is
    ``screen_pixmap`` (width, height) large.
    """

    LEAST = 24

    pixmap: CARD32
    x: INT16
    y: INT16
    rotation: Annotated[Rotation, "H2x"]
    screen_pixmap: Annotated[tuple[int, int], "HH"]

    def encode(self, byte_order: ByteOrder = NATIVE) -> bytes:
        """The reply, its sequence number left open."""
        return struct.pack("B7x", encoding.REPLY) + self.LAYOUT.encode(self, byte_order)

    @classmethod
    def decode(cls, reply: bytes, byte_order: ByteOrder = NATIVE) -> Self:
        """What ``reply`` says.  Raises BadLength."""
        scanout: Self = cls.LAYOUT.decode(reply, 8, byte_order)
        return scanout


names.EXTENSION_REQUESTS[EXTENSION] = {0: "QueryVersion"} | {
    request.OPCODE: request.__name__
    for request in (
        QueryScanoutPixmaps,
        CreateScanoutPixmap,
        SetCrtcSpriteTransform,
        GetCrtcSpriteTransform,
        SetCrtcConfigs,
        SetWindowPixmap,
        GetCrtcScanout,
    )
}
