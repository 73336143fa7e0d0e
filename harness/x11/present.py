# SPDX-License-Identifier: MIT
"""The Present extension on the wire: every request and event, in either byte order.

xcffib has no request with a 64-bit field and damages events longer than 32 bytes, so
these encodings stand on their own.  Layouts follow presentproto 1.4.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Annotated, ClassVar

from harness.x11.codec import (
    CARD16,
    CARD32,
    CARD64,
    INT16,
    ExtensionMessages,
    ExtensionRequest,
    GenericEvent,
    Structure,
)

EXTENSION = "Present"


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


@dataclass(frozen=True, slots=True)
class Notify(Structure):
    """One entry of PresentPixmap's notifies list: a window to notify, and its serial."""

    window: CARD32
    serial: CARD32


@dataclass(frozen=True, slots=True)
class XRectangle(Structure):
    """A protocol RECTANGLE: INT16 x, y, CARD16 width, height."""

    x: INT16
    y: INT16
    width: CARD16
    height: CARD16


@dataclass(frozen=True, slots=True)
class QueryVersion(ExtensionRequest):
    """PresentQueryVersion: the version the client wants."""

    OPCODE = 0
    NAME = "PresentQueryVersion"

    major_version: CARD32
    minor_version: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentPixmap(ExtensionRequest):
    """PresentPixmap: show ``pixmap`` in ``window`` at ``target_msc`` (frames MSC)."""

    OPCODE = 1
    NAME = "PresentPixmap"

    window: CARD32
    pixmap: CARD32
    serial: CARD32 = 0
    valid: CARD32 = 0
    update: CARD32 = 0
    x_off: INT16 = 0
    y_off: INT16 = 0
    target_crtc: CARD32 = 0
    wait_fence: CARD32 = 0
    idle_fence: CARD32 = 0
    options: CARD32 = 0
    target_msc: Annotated[int, "4xQ"] = 0
    divisor: CARD64 = 0
    remainder: CARD64 = 0
    notifies: tuple[Notify, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyMsc(ExtensionRequest):
    """PresentNotifyMSC: send an event when ``window`` reaches ``target_msc`` (frames MSC)."""

    OPCODE = 2
    NAME = "PresentNotifyMSC"

    window: CARD32
    serial: CARD32 = 0
    target_msc: Annotated[int, "4xQ"] = 0
    divisor: CARD64 = 0
    remainder: CARD64 = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectInput(ExtensionRequest):
    """PresentSelectInput: create, change or (mask 0) delete the event context ``event``."""

    OPCODE = 3
    NAME = "PresentSelectInput"

    event: CARD32
    window: CARD32
    mask: CARD32


@dataclass(frozen=True, slots=True)
class QueryCapabilities(ExtensionRequest):
    """PresentQueryCapabilities: what the CRTC, or the window's CRTC, can do."""

    OPCODE = 4
    NAME = "PresentQueryCapabilities"

    target: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class PixmapSynced(ExtensionRequest):
    """PresentPixmapSynced (1.4): PresentPixmap with DRI3 syncobj points instead of fences."""

    OPCODE = 5
    NAME = "PresentPixmapSynced"

    window: CARD32
    pixmap: CARD32
    serial: CARD32 = 0
    valid: CARD32 = 0
    update: CARD32 = 0
    x_off: INT16 = 0
    y_off: INT16 = 0
    target_crtc: CARD32 = 0
    acquire_syncobj: CARD32 = 0
    release_syncobj: CARD32 = 0
    acquire_point: CARD64 = 0
    release_point: CARD64 = 0
    options: CARD32 = 0
    target_msc: Annotated[int, "4xQ"] = 0
    divisor: CARD64 = 0
    remainder: CARD64 = 0
    notifies: tuple[Notify, ...] = ()


class PresentEvent(GenericEvent):
    """An event of Present: about ``window``, sent to the event context ``event``.

    ``MASK`` is the bit that selects it.
    """

    __slots__ = ()

    MASK: ClassVar[EventMask]
    if TYPE_CHECKING:
        event: int
        window: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentConfigureNotify(PresentEvent):
    """PresentConfigureNotify, 40 bytes: the window changed its place, size or stacking."""

    EVTYPE = 0
    NAME = "PresentConfigureNotify"
    MASK = EventMask.CONFIGURE

    event: Annotated[int, "2xI"]
    window: CARD32
    x: INT16
    y: INT16
    width: CARD16
    height: CARD16
    off_x: INT16
    off_y: INT16
    pixmap_width: CARD16
    pixmap_height: CARD16
    pixmap_flags: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteNotify(PresentEvent):
    """PresentCompleteNotify, 40 bytes: done, with its time (µs UST) and frame (MSC).

    ``kind`` and ``mode`` are CompleteKind and CompleteMode members, plain numbers when a
    server sends unknown ones.
    """

    EVTYPE = 1
    NAME = "PresentCompleteNotify"
    MASK = EventMask.COMPLETE

    kind: Annotated[int, "B", CompleteKind]
    mode: Annotated[int, "B", CompleteMode]
    event: CARD32
    window: CARD32
    serial: CARD32
    ust: CARD64
    msc: CARD64


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleNotify(PresentEvent):
    """PresentIdleNotify, 32 bytes: the pixmap may be drawn into again."""

    EVTYPE = 2
    NAME = "PresentIdleNotify"
    MASK = EventMask.IDLE

    event: Annotated[int, "2xI"]
    window: CARD32
    serial: CARD32
    pixmap: CARD32
    idle_fence: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectNotify(PresentEvent):
    """PresentRedirectNotify, 104 + 8n bytes: a presentation handed to the compositor.

    Published in presentproto behind PRESENT_FUTURE_VERSION; no released server sends it.
    """

    EVTYPE = 3
    NAME = "PresentRedirectNotify"
    MASK = EventMask.REDIRECT

    update_window: Annotated[bool, "Bx"]
    event: CARD32
    event_window: CARD32
    window: CARD32
    pixmap: CARD32
    serial: CARD32
    valid_region: CARD32
    update_region: CARD32
    valid_rect: XRectangle
    update_rect: XRectangle
    x_off: INT16
    y_off: INT16
    target_crtc: CARD32
    wait_fence: CARD32
    idle_fence: CARD32
    options: CARD32
    target_msc: Annotated[int, "4xQ"]
    divisor: CARD64
    remainder: CARD64
    notifies: tuple[Notify, ...] = ()


MESSAGES = ExtensionMessages[PresentEvent]()
"""What Present's requests and events decode to."""

MESSAGES.register_requests(
    QueryVersion, PresentPixmap, NotifyMsc, SelectInput, QueryCapabilities, PixmapSynced
)
MESSAGES.register_events(PresentConfigureNotify, CompleteNotify, IdleNotify, RedirectNotify)

decode_request = MESSAGES.decode_request
decode_event = MESSAGES.decode_event
