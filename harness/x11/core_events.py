# SPDX-License-Identifier: MIT
"""Events of the core protocol (X protocol, chapter 11 and appendix B).

Fields stand in wire order under the protocol's names; ``event`` is the window on which the
event was selected.  Coordinates and sizes are pixels, times ms of the server's clock.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from harness.x11.codec import CARD8, CARD16, CARD32, INT16, Structure
from harness.x11.encoding import NATIVE, ByteOrder


class CoreEvent(Structure):
    """An event with the number ``CODE``, whose fields begin at byte 4."""

    __slots__ = ()

    CODE: ClassVar[int]


@dataclass(frozen=True, slots=True)
class Expose(CoreEvent):
    """A part of ``window`` has lost its contents; ``count`` more such events follow."""

    CODE = 12

    window: CARD32
    x: CARD16
    y: CARD16
    width: CARD16
    height: CARD16
    count: CARD16

    @property
    def area(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) in the window, without its border."""
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True, slots=True)
class GraphicsExposure(CoreEvent):
    """A part of ``drawable`` could not be copied; ``count`` more such events follow."""

    CODE = 13

    drawable: CARD32
    x: CARD16
    y: CARD16
    width: CARD16
    height: CARD16
    minor_opcode: CARD16
    count: CARD16
    major_opcode: CARD8


@dataclass(frozen=True, slots=True)
class NoExposure(CoreEvent):
    """A copy to ``drawable`` was whole."""

    CODE = 14

    drawable: CARD32
    minor_opcode: CARD16
    major_opcode: CARD8


@dataclass(frozen=True, slots=True)
class VisibilityNotify(CoreEvent):
    """``state`` is a member of ``xproto.Visibility``."""

    CODE = 15

    window: CARD32
    state: CARD8


@dataclass(frozen=True, slots=True)
class CreateNotify(CoreEvent):
    """``parent`` has a new child."""

    CODE = 16

    parent: CARD32
    window: CARD32
    x: INT16
    y: INT16
    width: CARD16
    height: CARD16
    border_width: CARD16
    override_redirect: Annotated[bool, "B"]


@dataclass(frozen=True, slots=True)
class DestroyNotify(CoreEvent):
    """``window`` does not exist any more."""

    CODE = 17

    event: CARD32
    window: CARD32


@dataclass(frozen=True, slots=True)
class UnmapNotify(CoreEvent):
    """``window`` was unmapped."""

    CODE = 18

    event: CARD32
    window: CARD32
    from_configure: Annotated[bool, "B"]


@dataclass(frozen=True, slots=True)
class MapNotify(CoreEvent):
    """``window`` was mapped."""

    CODE = 19

    event: CARD32
    window: CARD32
    override_redirect: Annotated[bool, "B"]


@dataclass(frozen=True, slots=True)
class ReparentNotify(CoreEvent):
    """``window`` became the topmost child of ``parent``."""

    CODE = 21

    event: CARD32
    window: CARD32
    parent: CARD32
    x: INT16
    y: INT16
    override_redirect: Annotated[bool, "B"]


@dataclass(frozen=True, slots=True)
class ConfigureNotify(CoreEvent):
    """``window`` has this geometry and lies above ``above_sibling``, 0 for lowest."""

    CODE = 22

    event: CARD32
    window: CARD32
    above_sibling: CARD32
    x: INT16
    y: INT16
    width: CARD16
    height: CARD16
    border_width: CARD16
    override_redirect: Annotated[bool, "B"]


@dataclass(frozen=True, slots=True)
class GravityNotify(CoreEvent):
    """``window`` moved because its parent changed its size."""

    CODE = 24

    event: CARD32
    window: CARD32
    x: INT16
    y: INT16


@dataclass(frozen=True, slots=True)
class CirculateNotify(CoreEvent):
    """``place`` is a member of ``xproto.Place``."""

    CODE = 26

    event: CARD32
    window: CARD32
    place: Annotated[int, "4xB"]


@dataclass(frozen=True, slots=True)
class PropertyNotify(CoreEvent):
    """``state`` is a member of ``xproto.Property``."""

    CODE = 28

    window: CARD32
    atom: CARD32
    time: CARD32
    state: CARD8


EVENTS: dict[int, type[CoreEvent]] = {
    kind.CODE: kind
    for kind in (
        Expose,
        GraphicsExposure,
        NoExposure,
        VisibilityNotify,
        CreateNotify,
        DestroyNotify,
        UnmapNotify,
        MapNotify,
        ReparentNotify,
        ConfigureNotify,
        GravityNotify,
        CirculateNotify,
        PropertyNotify,
    )
}
"""What each event code decodes to."""


def decode(data: bytes, byte_order: ByteOrder = NATIVE) -> CoreEvent | None:
    """The core event whose 32 bytes are ``data``, made by the server or by SendEvent.

    None for an event that ``EVENTS`` does not have, and for one that was cut.
    """
    kind = EVENTS.get(data[0] & 0x7F) if len(data) >= 32 else None
    return kind.decode(data, 4, byte_order) if kind else None
