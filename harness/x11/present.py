# SPDX-License-Identifier: MIT
"""The Present extension on the wire: every request and event, in either byte order.

xcffib has no request with a 64-bit field and damages events longer than 32 bytes, so
these encodings stand on their own.  Layouts follow presentproto 1.4.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, Self

EXTENSION = "Present"
GENERIC_EVENT = 35


class CompleteKind(IntEnum):
    """What a CompleteNotify completes."""

    PIXMAP = 0
    NOTIFY_MSC = 1


class CompleteMode(IntEnum):
    """How a presentation reached the window."""

    COPY = 0
    FLIP = 1
    SKIP = 2
    SUBOPTIMAL_COPY = 3


class Option(IntFlag):
    """Bits of PresentPixmap's options."""

    NONE = 0
    ASYNC = 1
    COPY = 2
    UST = 4
    SUBOPTIMAL = 8
    ASYNC_MAY_TEAR = 16


class Capability(IntFlag):
    """Bits of the QueryCapabilities reply."""

    NONE = 0
    ASYNC = 1
    FENCE = 2
    UST = 4
    ASYNC_MAY_TEAR = 8
    SYNCOBJ = 16


class EventMask(IntFlag):
    """Bits of PresentSelectInput's mask.  REDIRECT was never shipped by a server."""

    NONE = 0
    CONFIGURE = 1
    COMPLETE = 2
    IDLE = 4
    REDIRECT = 8


ALL_EVENTS = EventMask.CONFIGURE | EventMask.COMPLETE | EventMask.IDLE

WINDOW_DESTROYED = 1
"""Bit of ConfigureNotify.pixmap_flags: the window is being destroyed."""


def _member(enum: type[IntEnum], number: int) -> int:
    try:
        return enum(number)
    except ValueError:
        return number


def _request(minor: int, body: bytes, major: int, byte_order: str) -> bytes:
    header = struct.pack(f"{byte_order}BBH", major, minor, 1 + len(body) // 4)
    return header + body


@dataclass(frozen=True, slots=True)
class QueryVersion:
    """PresentQueryVersion: the version the client wants."""

    OPCODE: ClassVar = 0
    NAME: ClassVar = "PresentQueryVersion"

    major_version: int
    minor_version: int

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        body = struct.pack(f"{byte_order}II", self.major_version, self.minor_version)
        return _request(self.OPCODE, body, major, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header included."""
        return cls(*struct.unpack_from(f"{byte_order}II", data, 4))


@dataclass(frozen=True, slots=True)
class Notify:
    """One entry of PresentPixmap's notifies list: a window to tell, and its serial."""

    window: int
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentPixmap:
    """PresentPixmap: show ``pixmap`` in ``window`` at ``target_msc`` (frames MSC)."""

    OPCODE: ClassVar = 1
    NAME: ClassVar = "PresentPixmap"

    window: int
    pixmap: int
    serial: int = 0
    valid: int = 0
    update: int = 0
    x_off: int = 0
    y_off: int = 0
    target_crtc: int = 0
    wait_fence: int = 0
    idle_fence: int = 0
    options: int = 0
    target_msc: int = 0
    divisor: int = 0
    remainder: int = 0
    notifies: tuple[Notify, ...] = ()

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        body = struct.pack(
            f"{byte_order}IIIIIhhIIII4xQQQ",
            self.window,
            self.pixmap,
            self.serial,
            self.valid,
            self.update,
            self.x_off,
            self.y_off,
            self.target_crtc,
            self.wait_fence,
            self.idle_fence,
            self.options,
            self.target_msc,
            self.divisor,
            self.remainder,
        )
        tail = b"".join(struct.pack(f"{byte_order}II", n.window, n.serial) for n in self.notifies)
        return _request(self.OPCODE, body + tail, major, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header and notifies included."""
        (window, pixmap, serial, valid, update, x_off, y_off, crtc, wait, idle, options) = (
            struct.unpack_from(f"{byte_order}IIIIIhhIIII", data, 4)
        )
        target_msc, divisor, remainder = struct.unpack_from(f"{byte_order}QQQ", data, 48)
        return cls(
            window=window,
            pixmap=pixmap,
            serial=serial,
            valid=valid,
            update=update,
            x_off=x_off,
            y_off=y_off,
            target_crtc=crtc,
            wait_fence=wait,
            idle_fence=idle,
            options=options,
            target_msc=target_msc,
            divisor=divisor,
            remainder=remainder,
            notifies=_decode_notifies(data, 72, byte_order),
        )


def _decode_notifies(data: bytes, offset: int, byte_order: str) -> tuple[Notify, ...]:
    return tuple(
        Notify(*struct.unpack_from(f"{byte_order}II", data, at))
        for at in range(offset, len(data) - 7, 8)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyMsc:
    """PresentNotifyMSC: tell when ``window`` reaches ``target_msc`` (frames MSC)."""

    OPCODE: ClassVar = 2
    NAME: ClassVar = "PresentNotifyMSC"

    window: int
    serial: int = 0
    target_msc: int = 0
    divisor: int = 0
    remainder: int = 0

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        body = struct.pack(
            f"{byte_order}II4xQQQ",
            self.window,
            self.serial,
            self.target_msc,
            self.divisor,
            self.remainder,
        )
        return _request(self.OPCODE, body, major, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header included."""
        window, serial = struct.unpack_from(f"{byte_order}II", data, 4)
        target_msc, divisor, remainder = struct.unpack_from(f"{byte_order}QQQ", data, 16)
        return cls(
            window=window,
            serial=serial,
            target_msc=target_msc,
            divisor=divisor,
            remainder=remainder,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectInput:
    """PresentSelectInput: create, change or (mask 0) delete the event context ``event``."""

    OPCODE: ClassVar = 3
    NAME: ClassVar = "PresentSelectInput"

    event: int
    window: int
    mask: int

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        body = struct.pack(f"{byte_order}III", self.event, self.window, self.mask)
        return _request(self.OPCODE, body, major, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header included."""
        event, window, mask = struct.unpack_from(f"{byte_order}III", data, 4)
        return cls(event=event, window=window, mask=mask)


@dataclass(frozen=True, slots=True)
class QueryCapabilities:
    """PresentQueryCapabilities: what the CRTC, or the window's CRTC, can do."""

    OPCODE: ClassVar = 4
    NAME: ClassVar = "PresentQueryCapabilities"

    target: int

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        return _request(self.OPCODE, struct.pack(f"{byte_order}I", self.target), major, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header included."""
        return cls(*struct.unpack_from(f"{byte_order}I", data, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class PixmapSynced:
    """PresentPixmapSynced (1.4): PresentPixmap with DRI3 syncobj points instead of fences."""

    OPCODE: ClassVar = 5
    NAME: ClassVar = "PresentPixmapSynced"

    window: int
    pixmap: int
    serial: int = 0
    valid: int = 0
    update: int = 0
    x_off: int = 0
    y_off: int = 0
    target_crtc: int = 0
    acquire_syncobj: int = 0
    release_syncobj: int = 0
    acquire_point: int = 0
    release_point: int = 0
    options: int = 0
    target_msc: int = 0
    divisor: int = 0
    remainder: int = 0
    notifies: tuple[Notify, ...] = ()

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        body = struct.pack(
            f"{byte_order}IIIIIhhIIIQQI4xQQQ",
            self.window,
            self.pixmap,
            self.serial,
            self.valid,
            self.update,
            self.x_off,
            self.y_off,
            self.target_crtc,
            self.acquire_syncobj,
            self.release_syncobj,
            self.acquire_point,
            self.release_point,
            self.options,
            self.target_msc,
            self.divisor,
            self.remainder,
        )
        tail = b"".join(struct.pack(f"{byte_order}II", n.window, n.serial) for n in self.notifies)
        return _request(self.OPCODE, body + tail, major, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header and notifies included."""
        (window, pixmap, serial, valid, update, x_off, y_off, crtc, acquire, release) = (
            struct.unpack_from(f"{byte_order}IIIIIhhIII", data, 4)
        )
        acquire_point, release_point, options = struct.unpack_from(f"{byte_order}QQI", data, 40)
        target_msc, divisor, remainder = struct.unpack_from(f"{byte_order}QQQ", data, 64)
        return cls(
            window=window,
            pixmap=pixmap,
            serial=serial,
            valid=valid,
            update=update,
            x_off=x_off,
            y_off=y_off,
            target_crtc=crtc,
            acquire_syncobj=acquire,
            release_syncobj=release,
            acquire_point=acquire_point,
            release_point=release_point,
            options=options,
            target_msc=target_msc,
            divisor=divisor,
            remainder=remainder,
            notifies=_decode_notifies(data, 88, byte_order),
        )


Request = QueryVersion | PresentPixmap | NotifyMsc | SelectInput | QueryCapabilities | PixmapSynced

REQUESTS: dict[int, type[Request]] = {
    cls.OPCODE: cls
    for cls in (
        QueryVersion,
        PresentPixmap,
        NotifyMsc,
        SelectInput,
        QueryCapabilities,
        PixmapSynced,
    )
}


def decode_request(data: bytes, byte_order: str = "=") -> Request | None:
    """The Present request in ``data``, header included; None for an unknown or cut one."""
    try:
        return REQUESTS[data[1]].decode(data, byte_order)
    except (KeyError, IndexError, struct.error):
        return None


def _event(minor: int, body: bytes, major: int, sequence: int, byte_order: str) -> bytes:
    length = (10 + len(body) - 32) // 4
    header = struct.pack(
        f"{byte_order}BBHIH", GENERIC_EVENT, major, sequence & 0xFFFF, length, minor
    )
    return header + body


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureNotify:
    """PresentConfigureNotify, 40 bytes: the window changed its place, size or stacking."""

    EVTYPE: ClassVar = 0
    NAME: ClassVar = "PresentConfigureNotify"
    LENGTH: ClassVar = 2
    MASK: ClassVar = EventMask.CONFIGURE

    event: int
    window: int
    x: int
    y: int
    width: int
    height: int
    off_x: int
    off_y: int
    pixmap_width: int
    pixmap_height: int
    pixmap_flags: int

    def encode(self, major: int, sequence: int = 0, byte_order: str = "=") -> bytes:
        """The event as a server sends it."""
        body = struct.pack(
            f"{byte_order}2xIIhhHHhhHHI",
            self.event,
            self.window,
            self.x,
            self.y,
            self.width,
            self.height,
            self.off_x,
            self.off_y,
            self.pixmap_width,
            self.pixmap_height,
            self.pixmap_flags,
        )
        return _event(self.EVTYPE, body, major, sequence, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The event in ``data`` as it stood on the wire (40 bytes)."""
        (event, window, x, y, width, height, off_x, off_y, pixmap_width, pixmap_height, flags) = (
            struct.unpack_from(f"{byte_order}IIhhHHhhHHI", data, 12)
        )
        return cls(
            event=event,
            window=window,
            x=x,
            y=y,
            width=width,
            height=height,
            off_x=off_x,
            off_y=off_y,
            pixmap_width=pixmap_width,
            pixmap_height=pixmap_height,
            pixmap_flags=flags,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteNotify:
    """PresentCompleteNotify, 40 bytes: done, with its time (µs UST) and frame (MSC).

    ``kind`` and ``mode`` are CompleteKind and CompleteMode members, plain numbers when a
    server sends unknown ones.
    """

    EVTYPE: ClassVar = 1
    NAME: ClassVar = "PresentCompleteNotify"
    LENGTH: ClassVar = 2
    MASK: ClassVar = EventMask.COMPLETE

    kind: int
    mode: int
    event: int
    window: int
    serial: int
    ust: int
    msc: int

    def encode(self, major: int, sequence: int = 0, byte_order: str = "=") -> bytes:
        """The event as a server sends it."""
        body = struct.pack(
            f"{byte_order}BBIIIQQ",
            self.kind,
            self.mode,
            self.event,
            self.window,
            self.serial,
            self.ust,
            self.msc,
        )
        return _event(self.EVTYPE, body, major, sequence, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The event in ``data`` as it stood on the wire (40 bytes)."""
        kind, mode, event, window, serial, ust, msc = struct.unpack_from(
            f"{byte_order}BBIIIQQ", data, 10
        )
        return cls(
            kind=_member(CompleteKind, kind),
            mode=_member(CompleteMode, mode),
            event=event,
            window=window,
            serial=serial,
            ust=ust,
            msc=msc,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleNotify:
    """PresentIdleNotify, 32 bytes: the pixmap may be drawn into again."""

    EVTYPE: ClassVar = 2
    NAME: ClassVar = "PresentIdleNotify"
    LENGTH: ClassVar = 0
    MASK: ClassVar = EventMask.IDLE

    event: int
    window: int
    serial: int
    pixmap: int
    idle_fence: int

    def encode(self, major: int, sequence: int = 0, byte_order: str = "=") -> bytes:
        """The event as a server sends it."""
        body = struct.pack(
            f"{byte_order}2xIIIII",
            self.event,
            self.window,
            self.serial,
            self.pixmap,
            self.idle_fence,
        )
        return _event(self.EVTYPE, body, major, sequence, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The event in ``data`` as it stood on the wire (32 bytes)."""
        event, window, serial, pixmap, idle_fence = struct.unpack_from(
            f"{byte_order}IIIII", data, 12
        )
        return cls(event=event, window=window, serial=serial, pixmap=pixmap, idle_fence=idle_fence)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A protocol RECTANGLE: INT16 x, y, CARD16 width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectNotify:
    """PresentRedirectNotify, 104 + 8n bytes: a presentation handed to the compositor.

    Published in presentproto behind PRESENT_FUTURE_VERSION; no released server sends it.
    """

    EVTYPE: ClassVar = 3
    NAME: ClassVar = "PresentRedirectNotify"
    MASK: ClassVar = EventMask.REDIRECT

    update_window: bool
    event: int
    event_window: int
    window: int
    pixmap: int
    serial: int
    valid_region: int
    update_region: int
    valid_rect: Rectangle
    update_rect: Rectangle
    x_off: int
    y_off: int
    target_crtc: int
    wait_fence: int
    idle_fence: int
    options: int
    target_msc: int
    divisor: int
    remainder: int
    notifies: tuple[Notify, ...] = ()

    def encode(self, major: int, sequence: int = 0, byte_order: str = "=") -> bytes:
        """The event as a server sends it."""
        valid, update = self.valid_rect, self.update_rect
        body = struct.pack(
            f"{byte_order}BxIIIIIIIhhHHhhHHhhIIII4xQQQ",
            self.update_window,
            self.event,
            self.event_window,
            self.window,
            self.pixmap,
            self.serial,
            self.valid_region,
            self.update_region,
            valid.x,
            valid.y,
            valid.width,
            valid.height,
            update.x,
            update.y,
            update.width,
            update.height,
            self.x_off,
            self.y_off,
            self.target_crtc,
            self.wait_fence,
            self.idle_fence,
            self.options,
            self.target_msc,
            self.divisor,
            self.remainder,
        )
        tail = b"".join(struct.pack(f"{byte_order}II", n.window, n.serial) for n in self.notifies)
        return _event(self.EVTYPE, body + tail, major, sequence, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The event in ``data`` as it stood on the wire (104 + 8n bytes)."""
        (update_window, event, event_window, window, pixmap, serial, valid, update) = (
            struct.unpack_from(f"{byte_order}BxIIIIIII", data, 10)
        )
        rectangles = struct.unpack_from(f"{byte_order}hhHHhhHH", data, 40)
        x_off, y_off, crtc, wait, idle, options = struct.unpack_from(
            f"{byte_order}hhIIII", data, 56
        )
        target_msc, divisor, remainder = struct.unpack_from(f"{byte_order}QQQ", data, 80)
        return cls(
            update_window=bool(update_window),
            event=event,
            event_window=event_window,
            window=window,
            pixmap=pixmap,
            serial=serial,
            valid_region=valid,
            update_region=update,
            valid_rect=Rectangle(*rectangles[:4]),
            update_rect=Rectangle(*rectangles[4:]),
            x_off=x_off,
            y_off=y_off,
            target_crtc=crtc,
            wait_fence=wait,
            idle_fence=idle,
            options=options,
            target_msc=target_msc,
            divisor=divisor,
            remainder=remainder,
            notifies=_decode_notifies(data, 104, byte_order),
        )


Event = ConfigureNotify | CompleteNotify | IdleNotify | RedirectNotify

EVENTS: dict[int, type[Event]] = {
    cls.EVTYPE: cls for cls in (ConfigureNotify, CompleteNotify, IdleNotify, RedirectNotify)
}


def decode_event(data: bytes, byte_order: str = "=") -> Event | None:
    """The Present event in ``data``, a generic event; None for an unknown or cut one."""
    try:
        (evtype,) = struct.unpack_from(f"{byte_order}H", data, 8)
        return EVENTS[evtype].decode(data, byte_order)
    except (KeyError, struct.error):
        return None
