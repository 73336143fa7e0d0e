# SPDX-License-Identifier: MIT
"""Wire formats of RANDR: its events, which xcffib decodes into unions of everything."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

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
class ScreenChangeNotify:
    """The screen's size, or the configuration of its CRTCs, has changed.

    Timestamps in ms of the server's time; sizes in pixels and mm, as seen after rotation.
    """

    rotation: Rotation
    timestamp: int
    config_timestamp: int
    root: int
    window: int
    size_id: int
    subpixel_order: int
    width: int
    height: int
    mm_width: int
    mm_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrtcChangeNotify:
    """A CRTC has another mode, place or rotation; one that is off has mode and size 0."""

    timestamp: int
    window: int
    crtc: int
    mode: int
    rotation: Rotation
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChangeNotify:
    """An output has another CRTC, mode, connection or list of modes."""

    timestamp: int
    config_timestamp: int
    window: int
    output: int
    crtc: int
    mode: int
    rotation: Rotation
    connection: OutputConnection
    subpixel_order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPropertyNotify:
    """A property of an output has a new value, or none any more."""

    window: int
    output: int
    atom: int
    timestamp: int
    state: PropertyState


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChangeNotify:
    """A provider has another role."""

    timestamp: int
    window: int
    provider: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPropertyNotify:
    """A property of a provider has a new value, or none any more."""

    window: int
    provider: int
    atom: int
    timestamp: int
    state: PropertyState


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChangeNotify:
    """CRTCs, outputs or providers have come or gone."""

    timestamp: int
    window: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseNotify:
    """A lease has been made, or has ended."""

    timestamp: int
    window: int
    lease: int
    created: bool


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


def decode_event(number: int, data: bytes, order: str = "=") -> Event | None:
    """The event from its 32 bytes; ``number`` counts from the extension's first event.

    None for a kind of event that RANDR 1.6 does not have.
    """
    if number == SCREEN_CHANGE_NOTIFY:
        values = struct.unpack_from(f"{order}4I2H4H", data, 4)
        timestamp, config_timestamp, root, window, size_id, subpixel, *sizes = values
        width, height, mm_width, mm_height = sizes
        return ScreenChangeNotify(
            rotation=Rotation(data[1]),
            timestamp=timestamp,
            config_timestamp=config_timestamp,
            root=root,
            window=window,
            size_id=size_id,
            subpixel_order=subpixel,
            width=width,
            height=height,
            mm_width=mm_width,
            mm_height=mm_height,
        )
    if number != NOTIFY:
        return None
    decode = _DECODERS.get(data[1])
    return None if decode is None else decode(data, order)


def _crtc_change(data: bytes, order: str) -> CrtcChangeNotify:
    timestamp, window, crtc, mode, rotation, x, y, width, height = struct.unpack_from(
        f"{order}4IH2x2h2H", data, 4
    )
    return CrtcChangeNotify(
        timestamp=timestamp,
        window=window,
        crtc=crtc,
        mode=mode,
        rotation=Rotation(rotation),
        x=x,
        y=y,
        width=width,
        height=height,
    )


def _output_change(data: bytes, order: str) -> OutputChangeNotify:
    values = struct.unpack_from(f"{order}6IH2B", data, 4)
    timestamp, config_timestamp, window, output, crtc, mode, rotation, connection, subpixel = values
    return OutputChangeNotify(
        timestamp=timestamp,
        config_timestamp=config_timestamp,
        window=window,
        output=output,
        crtc=crtc,
        mode=mode,
        rotation=Rotation(rotation),
        connection=OutputConnection(connection),
        subpixel_order=subpixel,
    )


def _output_property(data: bytes, order: str) -> OutputPropertyNotify:
    window, output, atom, timestamp, state = struct.unpack_from(f"{order}4IB", data, 4)
    return OutputPropertyNotify(
        window=window, output=output, atom=atom, timestamp=timestamp, state=PropertyState(state)
    )


def _provider_change(data: bytes, order: str) -> ProviderChangeNotify:
    timestamp, window, provider = struct.unpack_from(f"{order}3I", data, 4)
    return ProviderChangeNotify(timestamp=timestamp, window=window, provider=provider)


def _provider_property(data: bytes, order: str) -> ProviderPropertyNotify:
    window, provider, atom, timestamp, state = struct.unpack_from(f"{order}4IB", data, 4)
    return ProviderPropertyNotify(
        window=window, provider=provider, atom=atom, timestamp=timestamp, state=PropertyState(state)
    )


def _resource_change(data: bytes, order: str) -> ResourceChangeNotify:
    timestamp, window = struct.unpack_from(f"{order}2I", data, 4)
    return ResourceChangeNotify(timestamp=timestamp, window=window)


def _lease(data: bytes, order: str) -> LeaseNotify:
    timestamp, window, lease, created = struct.unpack_from(f"{order}3IB", data, 4)
    return LeaseNotify(timestamp=timestamp, window=window, lease=lease, created=bool(created))


_DECODERS: dict[int, Callable[[bytes, str], Event]] = {
    0: _crtc_change,
    1: _output_change,
    2: _output_property,
    3: _provider_change,
    4: _provider_property,
    5: _resource_change,
    6: _lease,
}
