# SPDX-License-Identifier: MIT
"""What the draft of Present redirection adds to the wire, in either byte order.

The event RedirectNotify was published and is in ``harness.x11.present``.  PresentIdle
and the two events about pixmaps exist only as prose: "Object Lifetimes under Present
Redirection" and its sequel; their numbers and layouts are ours.
"""

from dataclasses import dataclass
from typing import Annotated

from harness.x11 import names, present
from harness.x11.codec import CARD32, ExtensionRequest, GenericEvent
from harness.x11.present import EventMask, PresentEvent

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
class PresentIdle(ExtensionRequest):
    """PresentIdle: the redirecting client no longer needs ``pixmap`` for one RedirectNotify."""

    OPCODE = 240
    NAME = "PresentIdle"
    EXACT = True

    pixmap: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class PixmapDestroyNotify(PresentEvent):
    """PresentPixmapDestroyNotify, 32 bytes: the application has freed its id of ``pixmap``.

    ``pixmap`` is the stable id that the redirecting client was given, ``window`` the one on
    which it selected.
    """

    EVTYPE = 4
    NAME = "PresentPixmapDestroyNotify"
    MASK = EventMask.REDIRECT

    event: Annotated[int, "2xI"]
    window: CARD32
    pixmap: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectPixmapInput(ExtensionRequest):
    """XFixesSelectPixmapInput: report the end of ``pixmap``'s id to the context ``event``."""

    OPCODE = 240
    NAME = "XFIXES:SelectPixmapInput"

    event: CARD32
    pixmap: CARD32
    events: CARD32


@dataclass(frozen=True, slots=True, kw_only=True)
class FixesPixmapDestroyNotify(GenericEvent):
    """XFixesPixmapDestroyNotify, 32 bytes: ``pixmap`` no longer names the pixmap it named."""

    EVTYPE = 0
    NAME = "XFIXES:PixmapDestroyNotify"

    event: Annotated[int, "2xI"]
    pixmap: CARD32


present.MESSAGES.register_requests(PresentIdle)
present.MESSAGES.register_opcode(HISTORICAL_IDLE, PresentIdle)
present.MESSAGES.register_events(PixmapDestroyNotify)
names.EXTENSION_REQUESTS[FIXES_EXTENSION][SelectPixmapInput.OPCODE] = "SelectPixmapInput"
names.GENERIC_EVENTS[FIXES_EXTENSION] = {FixesPixmapDestroyNotify.EVTYPE: "PixmapDestroyNotify"}
