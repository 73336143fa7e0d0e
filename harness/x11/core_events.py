# SPDX-License-Identifier: MIT
"""Events of the core protocol (X protocol, chapter 11 and appendix B).

Fields stand in wire order under the protocol's names; ``event`` is the window on which the
event was selected.  Coordinates and sizes are pixels, times ms of the server's clock.
"""

import struct
from dataclasses import dataclass


class CoreEvent:
    """An event that ``LAYOUTS`` lists."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Expose(CoreEvent):
    """A part of ``window`` has lost its contents; ``count`` more such events follow."""

    window: int
    x: int
    y: int
    width: int
    height: int
    count: int

    @property
    def area(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) in the window, without its border."""
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True, slots=True)
class GraphicsExposure(CoreEvent):
    """A part of ``drawable`` could not be copied; ``count`` more such events follow."""

    drawable: int
    x: int
    y: int
    width: int
    height: int
    minor_opcode: int
    count: int
    major_opcode: int


@dataclass(frozen=True, slots=True)
class NoExposure(CoreEvent):
    """A copy to ``drawable`` was whole."""

    drawable: int
    minor_opcode: int
    major_opcode: int


@dataclass(frozen=True, slots=True)
class VisibilityNotify(CoreEvent):
    """``state`` is a member of ``xproto.Visibility``."""

    window: int
    state: int


@dataclass(frozen=True, slots=True)
class CreateNotify(CoreEvent):
    """``parent`` has a new child."""

    parent: int
    window: int
    x: int
    y: int
    width: int
    height: int
    border_width: int
    override_redirect: bool


@dataclass(frozen=True, slots=True)
class DestroyNotify(CoreEvent):
    """``window`` does not exist any more."""

    event: int
    window: int


@dataclass(frozen=True, slots=True)
class UnmapNotify(CoreEvent):
    """``window`` was unmapped."""

    event: int
    window: int
    from_configure: bool


@dataclass(frozen=True, slots=True)
class MapNotify(CoreEvent):
    """``window`` was mapped."""

    event: int
    window: int
    override_redirect: bool


@dataclass(frozen=True, slots=True)
class ReparentNotify(CoreEvent):
    """``window`` became the topmost child of ``parent``."""

    event: int
    window: int
    parent: int
    x: int
    y: int
    override_redirect: bool


@dataclass(frozen=True, slots=True)
class ConfigureNotify(CoreEvent):
    """``window`` has this geometry and lies above ``above_sibling``, 0 for lowest."""

    event: int
    window: int
    above_sibling: int
    x: int
    y: int
    width: int
    height: int
    border_width: int
    override_redirect: bool


@dataclass(frozen=True, slots=True)
class GravityNotify(CoreEvent):
    """``window`` moved because its parent changed its size."""

    event: int
    window: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CirculateNotify(CoreEvent):
    """``place`` is a member of ``xproto.Place``."""

    event: int
    window: int
    place: int


@dataclass(frozen=True, slots=True)
class PropertyNotify(CoreEvent):
    """``state`` is a member of ``xproto.Property``."""

    window: int
    atom: int
    time: int
    state: int


LAYOUTS: dict[int, tuple[type[CoreEvent], str]] = {
    12: (Expose, "4xI4HH"),
    13: (GraphicsExposure, "4xI4HHHB"),
    14: (NoExposure, "4xIHB"),
    15: (VisibilityNotify, "4xIB"),
    16: (CreateNotify, "4xII2h2HH?"),
    17: (DestroyNotify, "4xII"),
    18: (UnmapNotify, "4xII?"),
    19: (MapNotify, "4xII?"),
    21: (ReparentNotify, "4xIII2h?"),
    22: (ConfigureNotify, "4xIII2h2HH?"),
    24: (GravityNotify, "4xII2h"),
    26: (CirculateNotify, "4xII4xB"),
    28: (PropertyNotify, "4xIIIB"),
}
"""What each event code decodes to, and the layout of its fields as ``struct`` has it."""


def decode(data: bytes, byte_order: str = "=") -> CoreEvent | None:
    """The core event whose 32 bytes are ``data``, made by the server or by SendEvent.

    None for an event that ``LAYOUTS`` does not have, and for one that was cut.
    """
    if len(data) < 32 or data[0] & 0x7F not in LAYOUTS:
        return None
    kind, layout = LAYOUTS[data[0] & 0x7F]
    return kind(*struct.unpack_from(byte_order + layout, data))
