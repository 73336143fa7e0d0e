# SPDX-License-Identifier: MIT
"""Wire formats of RANDR: its events, which xcffib decodes into unions of everything."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated

from harness.x11.codec import CARD8, CARD16, CARD32, INT16, Structure
from harness.x11.encoding import NATIVE, ByteOrder

EXTENSION = "RANDR"
SCREEN_CHANGE_NOTIFY = 0
NOTIFY = 1


class Rotation(IntFlag):
    """Rotations, counter-clockwise, and reflections."""

    ROTATE_0 = 1
    ROTATE_90 = 2
    ROTATE_180 = 4
    ROTATE_270 = 8
    REFLECT_X = 16
    REFLECT_Y = 32


ROTATIONS = Rotation.ROTATE_0 | Rotation.ROTATE_90 | Rotation.ROTATE_180 | Rotation.ROTATE_270


class NotifyMask(IntFlag):
    """What RRSelectInput selects."""

    SCREEN_CHANGE = 0x01
    CRTC_CHANGE = 0x02
    OUTPUT_CHANGE = 0x04
    OUTPUT_PROPERTY = 0x08
    PROVIDER_CHANGE = 0x10
    PROVIDER_PROPERTY = 0x20
    RESOURCE_CHANGE = 0x40
    LEASE = 0x80


ALL_EVENTS = NotifyMask(0xFF)


class OutputConnection(IntEnum):
    """Whether something is plugged into an output."""

    CONNECTED = 0
    DISCONNECTED = 1
    UNKNOWN = 2


class PropertyState(IntEnum):
    """What happened to a property."""

    NEW_VALUE = 0
    DELETED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenChangeNotify(Structure):
    """The screen's size, or the configuration of its CRTCs, has changed.

    Timestamps in ms of the server's time; sizes in pixels and mm, as seen after rotation.
    """

    rotation: Annotated[Rotation, "B2x"]
    timestamp: CARD32
    config_timestamp: CARD32
    root: CARD32
    window: CARD32
    size_id: CARD16
    subpixel_order: CARD16
    width: CARD16
    height: CARD16
    mm_width: CARD16
    mm_height: CARD16


@dataclass(frozen=True, slots=True, kw_only=True)
class CrtcChangeNotify(Structure):
    """A CRTC has another mode, place or rotation; one that is off has mode and size 0."""

    timestamp: CARD32
    window: CARD32
    crtc: CARD32
    mode: CARD32
    rotation: Annotated[Rotation, "H2x"]
    x: INT16
    y: INT16
    width: CARD16
    height: CARD16


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChangeNotify(Structure):
    """An output has another CRTC, mode, connection or list of modes."""

    timestamp: CARD32
    config_timestamp: CARD32
    window: CARD32
    output: CARD32
    crtc: CARD32
    mode: CARD32
    rotation: Annotated[Rotation, "H"]
    connection: Annotated[OutputConnection, "B"]
    subpixel_order: CARD8


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPropertyNotify(Structure):
    """A property of an output has a new value, or none any more."""

    window: CARD32
    output: CARD32
    atom: CARD32
    timestamp: CARD32
    state: Annotated[PropertyState, "B"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChangeNotify(Structure):
    """A provider has another role."""

    timestamp: CARD32
    window: CARD32
    provider: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPropertyNotify(Structure):
    """A property of a provider has a new value, or none any more."""

    window: CARD32
    provider: CARD32
    atom: CARD32
    timestamp: CARD32
    state: Annotated[PropertyState, "B"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChangeNotify(Structure):
    """CRTCs, outputs or providers have been added or removed."""

    timestamp: CARD32
    window: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseNotify(Structure):
    """A lease has been made, or has ended."""

    timestamp: CARD32
    window: CARD32
    lease: CARD32
    created: Annotated[bool, "B"]


Event = (
    ScreenChangeNotify
    | CrtcChangeNotify
    | OutputChangeNotify
    | OutputPropertyNotify
    | ProviderChangeNotify
    | ProviderPropertyNotify
    | ResourceChangeNotify
    | LeaseNotify
)

_NOTIFIES: tuple[type[Event], ...] = (
    CrtcChangeNotify,
    OutputChangeNotify,
    OutputPropertyNotify,
    ProviderChangeNotify,
    ProviderPropertyNotify,
    ResourceChangeNotify,
    LeaseNotify,
)
"""What RRNotify may be, by its subcode."""


def decode_event(number: int, data: bytes, byte_order: ByteOrder = NATIVE) -> Event | None:
    """The event from its 32 bytes; ``number`` counts from the extension's first event.

    None for a kind of event that RANDR 1.6 does not have.  Raises ValueError for one that is
    cut short or has unknown values.
    """
    if number == SCREEN_CHANGE_NOTIFY:
        return ScreenChangeNotify.decode(data, 1, byte_order)
    if number != NOTIFY or data[1] >= len(_NOTIFIES):
        return None
    return _NOTIFIES[data[1]].decode(data, 4, byte_order)
