# SPDX-License-Identifier: MIT
"""Presentations that were handed to another client instead of being carried out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest
from harness.x11.present import PresentEvent, RedirectNotify
from harness.x11.present_redirect import PresentIdle

if TYPE_CHECKING:
    from harness.timeline.model.present import PresentRequest


@dataclass(frozen=True, slots=True, eq=False)
class Redirection:
    """A RedirectNotify.  ``nth`` counts those of the same client with the same pixmap, from 0.

    ``requests`` are the presentations by others that it may tell of.
    """

    seen: ReceivedEvent
    content: RedirectNotify
    nth: int
    requests: "list[PresentRequest]"

    @property
    def redirector(self) -> ClientStream:
        return self.seen.stream


@dataclass(slots=True)
class Redirections:
    """Every RedirectNotify, and every PresentIdle by its client and pixmap."""

    all: list[Redirection] = field(default_factory=list)
    returns: dict[tuple[ClientStream, int], list[SentRequest]] = field(default_factory=dict)
    by_key: dict[tuple[int, int], list[Redirection]] = field(default_factory=dict)
    """By window and serial."""
    unread_since: float = inf
    """The time (s) since which a client that has gone may have been handed what it never read."""

    def add_return(self, call: SentRequest, content: PresentIdle) -> None:
        self.returns.setdefault((call.stream, content.pixmap), []).append(call)

    def accepted(self, one: Redirection) -> list[SentRequest]:
        """The PresentIdles for the pixmap of ``one`` that were no errors, oldest first."""
        calls = self.returns.get((one.redirector, one.content.pixmap), [])
        return [call for call in calls if call.accepted]

    def of_pixmap(self, stream: ClientStream, pixmap: int) -> list[Redirection]:
        """What client ``stream`` was handed with this pixmap, oldest first."""
        return [
            one for one in self.all if one.redirector is stream and one.content.pixmap == pixmap
        ]

    def told_of_its_own(self, seen: ReceivedEvent) -> bool:
        """Whether ``seen`` may tell a redirecting client of what it presented itself."""
        content = seen.event.content
        key = (getattr(content, "window", 0), getattr(content, "serial", 0))
        return any(one.redirector is seen.stream for one in self.by_key.get(key, ()))

    def build(
        self, events: Iterable[ReceivedEvent], presentations: "Iterable[PresentRequest]"
    ) -> None:
        """Pair the events with the presentations."""
        counts: dict[tuple[ClientStream, int], int] = {}
        for seen in events:
            content = seen.event.content
            if isinstance(content, RedirectNotify):
                nth = counts.get((seen.stream, content.pixmap), 0)
                counts[seen.stream, content.pixmap] = nth + 1
                one = Redirection(seen, content, nth, [])
                self.all.append(one)
                self.by_key.setdefault((content.window, content.serial), []).append(one)
        if not self.all:
            return
        for presentation in presentations:
            for one in self.by_key.get((presentation.window, presentation.serial), ()):
                if presentation.call.stream is not one.redirector and not presentation.synced:
                    one.requests.append(presentation)

    def sure(self) -> "list[tuple[Redirection, PresentRequest]]":
        """Those that can tell of one presentation only, which nothing else tells of."""
        return [
            (one, one.requests[0])
            for found in self.by_key.values()
            if len(found) == 1
            for one in found
            if len(one.requests) == 1
        ]


def selected_window(content: PresentEvent) -> int:
    """The window on which a client must have selected to be told ``content``."""
    return content.event_window if isinstance(content, RedirectNotify) else content.window
