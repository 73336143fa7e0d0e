# SPDX-License-Identifier: MIT
"""Presentations that were handed to another client instead of being carried out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from harness.timeline.model.grouping import grouped
from harness.timeline.model.present_requests import PresentRequest, PresentSelection
from harness.timeline.streams import ClientStream, ReceivedEvent
from harness.x11.present import EventMask, RedirectNotify


@dataclass(frozen=True, slots=True, eq=False)
class Redirection:
    """A RedirectNotify.  ``nth`` counts those of the same client with the same pixmap, from 0.

    ``requests`` are the presentations by other clients that it may be about.
    """

    event: ReceivedEvent
    content: RedirectNotify
    nth: int
    requests: tuple[PresentRequest, ...]

    @property
    def redirector(self) -> ClientStream:
        return self.event.stream


@dataclass(frozen=True, eq=False)
class Redirections:
    """Every RedirectNotify of a timeline.

    ``unread_since`` is the time (s) since which a client that closed its connection may have
    been sent a RedirectNotify that it never read; inf if there is none.
    """

    all: Sequence[Redirection]
    unread_since: float

    @classmethod
    def of(
        cls,
        events: Iterable[tuple[ReceivedEvent, RedirectNotify]],
        presentations: Sequence[PresentRequest],
        selections: Iterable[PresentSelection],
    ) -> "Redirections":
        """Each event with the presentations that it may be about."""
        counts: dict[tuple[ClientStream, int], int] = {}
        found = []
        for event, content in events:
            nth = counts.get((event.stream, content.pixmap), 0)
            counts[event.stream, content.pixmap] = nth + 1
            requests = (
                one
                for one in presentations
                if (one.window, one.serial) == (content.window, content.serial)
                and one.sent.stream is not event.stream
                and not one.synced
            )
            found.append(Redirection(event, content, nth, tuple(requests)))
        unread = (
            one.sent.time
            for one in selections
            if one.mask & EventMask.REDIRECT and one.sent.stream.closed is not None
        )
        return cls(found, min(unread, default=inf))

    @cached_property
    def by_key(self) -> dict[tuple[int, int], list[Redirection]]:
        """By window and serial."""
        return grouped(((one.content.window, one.content.serial), one) for one in self.all)

    @cached_property
    def unambiguous(self) -> list[tuple[Redirection, PresentRequest]]:
        """Redirections that match exactly one presentation, which matches no other."""
        return [
            (one, one.requests[0])
            for found in self.by_key.values()
            if len(found) == 1
            for one in found
            if len(one.requests) == 1
        ]

    def of_pixmap(self, stream: ClientStream, pixmap: int) -> list[Redirection]:
        """The redirections to client ``stream`` with this pixmap, oldest first."""
        return [
            one for one in self.all if one.redirector is stream and one.content.pixmap == pixmap
        ]

    def may_be_own(self, event: ReceivedEvent) -> bool:
        """Whether ``event`` may be about what the redirecting client presented itself."""
        content = event.content
        key = (getattr(content, "window", 0), getattr(content, "serial", 0))
        return any(one.redirector is event.stream for one in self.by_key.get(key, ()))
