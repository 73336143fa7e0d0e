# SPDX-License-Identifier: MIT
"""What the draft of Present redirection adds to the wire, in either byte order.

The event RedirectNotify was published and is in ``harness.x11.present``.  PresentIdle
and the two events about pixmaps exist only as prose: "Object Lifetimes under Present
Redirection" and its sequel; their numbers and layouts are ours.
"""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from harness.x11 import present
from harness.x11.present import EventMask

EXTENSION = "PRESENT-REDIRECT-DRAFT"
"""What a server that redirects presentations announces; its version is (1, profile)."""

IDENTITY_IDS, STABLE_IDS = 1, 2
"""Profiles: events carry the application's own pixmap, or one that outlives it."""

HISTORICAL_IDLE = 5
"""PresentIdle's opcode if it had been given one at its time; Present 1.4 has taken it since."""

FIXES_EXTENSION = "XFIXES"
PIXMAP_DESTROY_MASK = 1
"""The only bit of XFixesSelectPixmapInput's events."""


@dataclass(frozen=True, slots=True)
class PresentIdle:
    """PresentIdle: the redirecting client no longer needs ``pixmap`` for one RedirectNotify."""

    OPCODE: ClassVar = 240
    NAME: ClassVar = "PresentIdle"

    pixmap: int

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is Present's opcode, 0 where xcb fills it in."""
        return struct.pack(f"{byte_order}BBHI", major, self.OPCODE, 2, self.pixmap)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header included."""
        return cls(*struct.unpack_from(f"{byte_order}I", data, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class PixmapDestroyNotify:
    """PresentPixmapDestroyNotify, 32 bytes: the application has freed its id of ``pixmap``.

    ``pixmap`` is the stable id that the redirecting client was given, ``window`` the one on
    which it selected.
    """

    EVTYPE: ClassVar = 4
    NAME: ClassVar = "PresentPixmapDestroyNotify"
    LENGTH: ClassVar = 0
    MASK: ClassVar = EventMask.REDIRECT

    event: int
    window: int
    pixmap: int

    def encode(self, major: int, sequence: int = 0, byte_order: str = "=") -> bytes:
        """The event as a server sends it; ``major`` is Present's opcode."""
        words = (self.event, self.window, self.pixmap)
        return _event(self.EVTYPE, words, major, sequence, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The event in ``data`` as it stood on the wire (32 bytes)."""
        event, window, pixmap = struct.unpack_from(f"{byte_order}III", data, 12)
        return cls(event=event, window=window, pixmap=pixmap)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectPixmapInput:
    """XFixesSelectPixmapInput: tell context ``event`` of the end of ``pixmap``'s id."""

    OPCODE: ClassVar = 240
    NAME: ClassVar = "XFIXES:SelectPixmapInput"

    event: int
    pixmap: int
    events: int

    def encode(self, major: int = 0, byte_order: str = "=") -> bytes:
        """The whole request; ``major`` is XFIXES's opcode, 0 where xcb fills it in."""
        words = (self.event, self.pixmap, self.events)
        return struct.pack(f"{byte_order}BBHIII", major, self.OPCODE, 4, *words)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The request in ``data``, header included."""
        event, pixmap, events = struct.unpack_from(f"{byte_order}III", data, 4)
        return cls(event=event, pixmap=pixmap, events=events)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixesPixmapDestroyNotify:
    """XFixesPixmapDestroyNotify, 32 bytes: ``pixmap`` no longer names the pixmap it named."""

    EVTYPE: ClassVar = 0
    NAME: ClassVar = "XFIXES:PixmapDestroyNotify"

    event: int
    pixmap: int

    def encode(self, major: int, sequence: int = 0, byte_order: str = "=") -> bytes:
        """The event as a server sends it; ``major`` is XFIXES's opcode."""
        return _event(self.EVTYPE, (self.event, self.pixmap), major, sequence, byte_order)

    @classmethod
    def decode(cls, data: bytes, byte_order: str = "=") -> Self:
        """The event in ``data`` as it stood on the wire (32 bytes)."""
        event, pixmap = struct.unpack_from(f"{byte_order}II", data, 12)
        return cls(event=event, pixmap=pixmap)


Request = present.Request | PresentIdle
Event = present.Event | PixmapDestroyNotify

EVENTS: dict[int, type[Event]] = {**present.EVENTS, PixmapDestroyNotify.EVTYPE: PixmapDestroyNotify}


def decode_request(data: bytes, byte_order: str = "=") -> Request | None:
    """The request of Present in ``data``, the draft's included; None for an unknown or cut one."""
    if len(data) == 8 and data[1] in (PresentIdle.OPCODE, HISTORICAL_IDLE):
        return PresentIdle.decode(data, byte_order)
    return present.decode_request(data, byte_order)


def decode_event(data: bytes, byte_order: str = "=") -> Event | None:
    """The event of Present in ``data``, the draft's included; None for an unknown or cut one."""
    try:
        (evtype,) = struct.unpack_from(f"{byte_order}H", data, 8)
        return EVENTS[evtype].decode(data, byte_order)
    except (KeyError, struct.error):
        return None


def _event(
    evtype: int, words: tuple[int, ...], major: int, sequence: int, byte_order: str
) -> bytes:
    head = struct.pack(
        f"{byte_order}BBHIHxx", present.GENERIC_EVENT, major, sequence & 0xFFFF, 0, evtype
    )
    return (head + struct.pack(f"{byte_order}{len(words)}I", *words)).ljust(32, b"\0")
