# SPDX-License-Identifier: MIT
"""What the draft adds to the server's state: scanout pixmaps, and what each CRTC shows of them."""

from dataclasses import dataclass

from harness.proxy.link import Link
from harness.x11.randr import Rotation
from harness.x11.randr_percrtc import SpriteTransforms

PLAIN = SpriteTransforms()
"""The pointer as it is."""

TURNED = Rotation.ROTATE_90 | Rotation.ROTATE_270


@dataclass(frozen=True, slots=True, eq=False)
class ScanoutPixmap:
    """A pixmap made by CreateScanoutPixmap, for as long as its id lives."""

    id: int
    width: int
    height: int
    rotations: int
    owner: Link


@dataclass(frozen=True, slots=True)
class ScanoutCrtc:
    """A CRTC as clients of the draft see it.

    (``x``, ``y``) is its place on the screen, whatever it shows; with a ``pixmap`` it reads
    that one from (``pixmap_x``, ``pixmap_y``) on.
    """

    id: int
    x: int = 0
    y: int = 0
    mode: int = 0
    rotation: int = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()
    pixmap: int = 0
    pixmap_x: int = 0
    pixmap_y: int = 0
    sprite: SpriteTransforms = PLAIN

    @property
    def shown(self) -> tuple[object, ...]:
        """What RANDR tells of it in events: no part of the draft."""
        return (self.x, self.y, self.mode, self.rotation, self.outputs)

    @property
    def layout(self) -> tuple[object, ...]:
        """What decides which part of the screen it shows."""
        return (self.x, self.y, self.mode, self.rotation)


def turned_size(size: tuple[int, int], rotation: int) -> tuple[int, int]:
    """How much a CRTC with a mode of this ``size`` (width, height) shows when it is turned."""
    width, height = size
    return (height, width) if rotation & TURNED else (width, height)


@dataclass(slots=True)
class Screen:
    """The screen: ``pixmap`` is the size of its own pixmap where that differs from its own."""

    pixmap: tuple[int, int] | None = None
    millimeters: tuple[int, int] = (0, 0)
