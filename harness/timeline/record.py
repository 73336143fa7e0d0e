# SPDX-License-Identifier: MIT
"""The entries of a timeline: what one client sent or received, and when."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.x11 import core_events
from harness.x11.codec import ExtensionRequest
from harness.x11.present import PresentEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something one client saw at ``time`` (s, monotonic clock of this machine).

    ``sequence`` is the full (unwrapped) sequence number: of the request itself, of the
    request that a reply or error answers, and for an event of the last request that the
    server had handled for this client.  Hence an event with ``sequence >= n`` was made
    after (or while) the server handled this client's request ``n``.
    """

    time: float
    client: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Entry):
    """A request as sent.

    ``name`` is the protocol's, such as ``CreateWindow``, ``PresentPixmap``,
    ``SYNC:TriggerFence``, ``XFIXES:CreateRegion``.  ``data`` are the wire bytes, header
    included; ``content`` is the decoded request when it belongs to Present.
    """

    name: str
    data: bytes = field(repr=False)
    content: ExtensionRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Entry):
    """The reply to the request with the same sequence number; ``name`` is the request's.

    ``data`` are its first 32 bytes, of RANDR's replies all.
    """

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Entry):
    """An event as received.

    ``data`` are the wire bytes, ``content`` the decoded event when it belongs to Present.
    """

    name: str
    data: bytes = field(repr=False)
    content: PresentEvent | None = None

    @property
    def core(self) -> core_events.CoreEvent | None:
        """The decoded event when it belongs to the core protocol."""
        return core_events.decode(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Error(Entry):
    """A protocol error.

    ``name`` is the protocol's (``Match``, ``Window``, ``XFIXES:Region``), ``request`` the name of
    the request that it answers, ``value`` the bad-value field, ``major`` and ``minor`` the opcodes
    that it tells.
    """

    name: str
    code: int
    value: int
    major: int
    minor: int
    request: str = "a request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Entry):
    """The client closed its connection (or lost it); ``sequence`` is its last request's."""


@dataclass(slots=True)
class Timeline:
    """The ordered record of a test: the entries of all its clients, oldest first.

    Entries of one client stand in the order in which that client saw them; between clients
    the order is that of ``time`` as observed here, which proves nothing about the server's.
    """

    entries: list[Entry] = field(default_factory=list)
    serials: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Serials for presentations whose script gives none: unique within the test."""

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)
