# SPDX-License-Identifier: MIT
"""Per-CRTC pixmaps on the wire: the requests of a RANDR draft that no server ever shipped.

Layouts follow the draft header of randrproto 1.4 (December 2010 to June 2012), in its two
revisions; they stand under an extension of their own, for RANDR's numbers 32 to 41 were given
to other requests since.  GetCrtcScanout and SetWindowPixmap were never encoded by anybody:
theirs are ours.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar

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


class BadLength(ValueError):
    """A request is shorter or longer than what it says is in it."""


def _request(order: str, major: int, minor: int, body: bytes) -> bytes:
    return struct.pack(f"{order}BBH", major, minor, 1 + len(body) // 4) + body


@dataclass(frozen=True, slots=True)
class ScanoutPixmapInfo:
    """A kind of scanout pixmap that a screen offers: a RENDER format, the largest size in pixels,
    the rotations that cost nothing."""

    SIZE: ClassVar = 16

    format: int
    max_width: int
    max_height: int
    rotations: Rotation

    def encode(self, order: str = "=") -> bytes:
        return struct.pack(
            f"{order}IHHH6x", self.format, self.max_width, self.max_height, self.rotations
        )

    @classmethod
    def decode(cls, data: bytes, offset: int = 0, order: str = "=") -> "ScanoutPixmapInfo":
        format, width, height, rotations = struct.unpack_from(f"{order}IHHH", data, offset)
        return cls(format, width, height, Rotation(rotations))


@dataclass(frozen=True, slots=True)
class QueryScanoutPixmaps:
    """Which scanout pixmaps can be had on the screen of ``drawable``."""

    OPCODE: ClassVar = 32

    drawable: int

    def encode(self, major: int = 0, order: str = "=") -> bytes:
        return _request(order, major, self.OPCODE, struct.pack(f"{order}I", self.drawable))


def decode_infos(reply: bytes, order: str = "=") -> tuple[ScanoutPixmapInfo, ...]:
    """What the reply to QueryScanoutPixmaps lists: as many as it is long."""
    ends = range(32, len(reply), ScanoutPixmapInfo.SIZE)
    return tuple(ScanoutPixmapInfo.decode(reply, at, order) for at in ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateScanoutPixmap:
    """A pixmap that CRTCs may show, in any of ``rotations``."""

    OPCODE: ClassVar = 33

    pixmap: int
    drawable: int
    width: int
    height: int
    format: int
    rotations: int = Rotation.ROTATE_0

    def encode(self, major: int = 0, order: str = "=") -> bytes:
        fields = (self.pixmap, self.drawable, self.width, self.height, self.format, self.rotations)
        return _request(order, major, self.OPCODE, struct.pack(f"{order}IIHHIH2x", *fields))

    @classmethod
    def decode(cls, data: bytes, order: str = "=") -> "CreateScanoutPixmap":
        """Raises BadLength."""
        if len(data) != 24:
            raise BadLength
        pixmap, drawable, width, height, format, rotations = struct.unpack_from(
            f"{order}IIHHIH", data, 4
        )
        return cls(
            pixmap=pixmap,
            drawable=drawable,
            width=width,
            height=height,
            format=format,
            rotations=rotations,
        )


@dataclass(frozen=True, slots=True)
class SpriteTransforms:
    """How a CRTC maps the pointer's position, and its image."""

    position: Matrix = IDENTITY
    image: Matrix = IDENTITY

    def encode(self, order: str = "=") -> bytes:
        return struct.pack(f"{order}18i", *self.position, *self.image)

    @classmethod
    def decode(cls, data: bytes, offset: int, order: str = "=") -> "SpriteTransforms":
        numbers = struct.unpack_from(f"{order}18i", data, offset)
        return cls(numbers[:9], numbers[9:])


@dataclass(frozen=True, slots=True)
class SetCrtcSpriteTransform:
    """Map the sprite on ``crtc``; at once."""

    OPCODE: ClassVar = 34

    crtc: int
    transforms: SpriteTransforms

    def encode(self, major: int = 0, order: str = "=") -> bytes:
        body = struct.pack(f"{order}I", self.crtc) + self.transforms.encode(order)
        return _request(order, major, self.OPCODE, body)

    @classmethod
    def decode(cls, data: bytes, order: str = "=") -> "SetCrtcSpriteTransform":
        """Raises BadLength."""
        if len(data) != 80:
            raise BadLength
        (crtc,) = struct.unpack_from(f"{order}I", data, 4)
        return cls(crtc, SpriteTransforms.decode(data, 8, order))


@dataclass(frozen=True, slots=True)
class GetCrtcSpriteTransform:
    """Ask how the sprite is mapped on ``crtc``; the transforms begin at byte 8 of the reply."""

    OPCODE: ClassVar = 35

    crtc: int

    def encode(self, major: int = 0, order: str = "=") -> bytes:
        return _request(order, major, self.OPCODE, struct.pack(f"{order}I", self.crtc))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrtcConfig:
    """What one CRTC is to show.  ``set`` says which of the fields count, in revision B.

    Positions in pixels; ``pixmap`` 0 is the screen's own.
    """

    crtc: int
    set: int = 0
    x: int = 0
    y: int = 0
    mode: int = 0
    rotation: int = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()
    sprite: SpriteTransforms = SpriteTransforms()
    pixmap: int = 0
    pixmap_x: int = 0
    pixmap_y: int = 0

    def encode(self, revision: Revision, order: str = "=") -> bytes:
        """The entry without its outputs, which stand behind all entries."""
        head = struct.pack(f"{order}I", self.crtc)
        if revision is Revision.B:
            head += struct.pack(f"{order}I", self.set)
        fields = (self.x, self.y, self.mode, self.rotation, len(self.outputs))
        return (
            head
            + struct.pack(f"{order}hhIHH", *fields)
            + self.sprite.encode(order)
            + struct.pack(f"{order}Ihh", self.pixmap, self.pixmap_x, self.pixmap_y)
        )


_HEAD = {Revision.A: 32, Revision.B: 36}
_ENTRY = {Revision.A: 96, Revision.B: 100}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCrtcConfigs:
    """Set screen and CRTCs at once, or nothing.  Sizes are (width, height) in pixels and mm."""

    OPCODE: ClassVar = 36

    drawable: int
    set: int = 0
    screen_pixmap: tuple[int, int] = (0, 0)
    screen: tuple[int, int] = (0, 0)
    millimeters: tuple[int, int] = (0, 0)
    configs: Sequence[CrtcConfig] = ()

    def encode(self, major: int = 0, order: str = "=", revision: Revision = Revision.B) -> bytes:
        body = struct.pack(f"{order}I", self.drawable)
        if revision is Revision.B:
            body += struct.pack(f"{order}I", self.set)
        sizes = (*self.screen_pixmap, *self.screen, *self.millimeters, len(self.configs))
        body += struct.pack(f"{order}HHHHIIH6x", *sizes)
        body += b"".join(config.encode(revision, order) for config in self.configs)
        outputs = [output for config in self.configs for output in config.outputs]
        return _request(
            order, major, self.OPCODE, body + struct.pack(f"{order}{len(outputs)}I", *outputs)
        )

    @classmethod
    def decode(
        cls, data: bytes, order: str = "=", revision: Revision = Revision.B
    ) -> "SetCrtcConfigs":
        """Raises BadLength for a request that is not as long as its counts say."""
        head, entry = _HEAD[revision], _ENTRY[revision]
        if len(data) < head:
            raise BadLength
        (drawable,) = struct.unpack_from(f"{order}I", data, 4)
        flagged = revision is Revision.B
        chosen = struct.unpack_from(f"{order}I", data, 8)[0] if flagged else ALL_OF_SCREEN
        *sizes, count = struct.unpack_from(f"{order}HHHHIIH", data, 12 if flagged else 8)
        outputs_at = head + count * entry
        if len(data) < outputs_at:
            raise BadLength
        outputs = list(
            struct.unpack_from(f"{order}{(len(data) - outputs_at) // 4}I", data, outputs_at)
        )
        configs = []
        for at in range(head, outputs_at, entry):
            config, wanted = _decode_entry(data, at, order, revision, outputs)
            del outputs[:wanted]
            configs.append(config)
        if outputs:
            raise BadLength
        return cls(
            drawable=drawable,
            set=chosen,
            screen_pixmap=(sizes[0], sizes[1]),
            screen=(sizes[2], sizes[3]),
            millimeters=(sizes[4], sizes[5]),
            configs=tuple(configs),
        )


def _decode_entry(
    data: bytes, at: int, order: str, revision: Revision, outputs: Sequence[int]
) -> tuple[CrtcConfig, int]:
    (crtc,) = struct.unpack_from(f"{order}I", data, at)
    chosen = int(ALL_OF_CRTC)
    if revision is Revision.B:
        (chosen,) = struct.unpack_from(f"{order}I", data, at + 4)
        at += 4
    x, y, mode, rotation, wanted = struct.unpack_from(f"{order}hhIHH", data, at + 4)
    if wanted > len(outputs):
        raise BadLength
    pixmap, pixmap_x, pixmap_y = struct.unpack_from(f"{order}Ihh", data, at + 88)
    if revision is Revision.A and pixmap == KEEP_PIXMAP:
        chosen &= ~CrtcFlag.PIXMAP
    config = CrtcConfig(
        crtc=crtc,
        set=chosen,
        x=x,
        y=y,
        mode=mode,
        rotation=rotation,
        outputs=tuple(outputs[:wanted]),
        sprite=SpriteTransforms.decode(data, at + 16, order),
        pixmap=pixmap,
        pixmap_x=pixmap_x,
        pixmap_y=pixmap_y,
    )
    return config, wanted


@dataclass(frozen=True, slots=True)
class SetWindowPixmap:
    """Have ``window`` draw into ``pixmap``; 0 gives it back to its parent's."""

    OPCODE: ClassVar = 64

    window: int
    pixmap: int

    def encode(self, major: int = 0, order: str = "=") -> bytes:
        body = struct.pack(f"{order}II", self.window, self.pixmap)
        return _request(order, major, self.OPCODE, body)


@dataclass(frozen=True, slots=True)
class GetCrtcScanout:
    """Ask what ``crtc`` reads its pixels from.  For tests: the draft had no way to know."""

    OPCODE: ClassVar = 65

    crtc: int

    def encode(self, major: int = 0, order: str = "=") -> bytes:
        return _request(order, major, self.OPCODE, struct.pack(f"{order}I", self.crtc))


@dataclass(frozen=True, slots=True, kw_only=True)
class CrtcScanout:
    """What a CRTC reads its pixels from: ``pixmap`` from (``x``, ``y``) on, 0 for the screen's
    own, which is ``screen_pixmap`` (width, height) large; turned by ``rotation``."""

    pixmap: int
    x: int
    y: int
    rotation: Rotation
    screen_pixmap: tuple[int, int]

    def encode(self, order: str = "=") -> bytes:
        """The reply, its sequence number left open."""
        fields = (self.pixmap, self.x, self.y, self.rotation, *self.screen_pixmap)
        return struct.pack(f"{order}BxHIIhhHxxHH8x", 1, 0, 0, *fields)

    @classmethod
    def decode(cls, reply: bytes, order: str = "=") -> "CrtcScanout":
        pixmap, x, y, rotation, width, height = struct.unpack_from(f"{order}IhhHxxHH", reply, 8)
        return cls(
            pixmap=pixmap, x=x, y=y, rotation=Rotation(rotation), screen_pixmap=(width, height)
        )


REQUESTS = (
    QueryScanoutPixmaps,
    CreateScanoutPixmap,
    SetCrtcSpriteTransform,
    GetCrtcSpriteTransform,
    SetCrtcConfigs,
    SetWindowPixmap,
    GetCrtcScanout,
)
