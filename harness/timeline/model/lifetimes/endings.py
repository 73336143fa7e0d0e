# SPDX-License-Identifier: MIT
"""Moments at which windows and clients end, for certain or perhaps."""

from collections.abc import Collection
from dataclasses import dataclass

from harness.timeline.record import Entry
from harness.timeline.streams import ClientStream, Instant, ReceivedEvent


@dataclass(frozen=True, slots=True, eq=False)
class ClientEnd(Instant):
    """Where clients end: ``clients``, or any client if None.  ``entry`` is the cause.

    ``retained``: by their close-down mode their resources stay.  ``killed``: the server ended
    them by itself, at an accepted KillClient.
    """

    clients: frozenset[ClientStream] | None
    entry: Entry
    retained: bool = False
    killed: bool = False

    @property
    def client(self) -> ClientStream | None:
        """The one client that ends here; None if it may be another."""
        return next(iter(self.clients)) if self.clients and len(self.clients) == 1 else None

    def concerns(self, clients: Collection[ClientStream]) -> bool:
        """Whether one of ``clients`` may end here."""
        return self.clients is None or not self.clients.isdisjoint(clients)

    def frees(self, clients: Collection[ClientStream]) -> bool:
        """Whether resources of one of ``clients`` may end here."""
        return not self.retained and self.concerns(clients)


@dataclass(frozen=True, slots=True, eq=False)
class Destruction(Instant):
    """A window ends here, for certain or perhaps, or does not exist any more.

    ``entry`` is what proves it: a request, its error, the end of a client, or an event.
    """

    certain: bool
    entry: Entry

    def follows(self, instant: Instant) -> bool:
        """Whether the server provably handled ``instant`` before this."""
        return instant.before(self)

    def precedes(self, event: ReceivedEvent) -> bool:
        """Whether the server provably made ``event`` after this, or while it handled it."""
        return event.made_after(self)


@dataclass(frozen=True, slots=True, eq=False)
class ReportedDestruction(Destruction):
    """A window that ended, for certain, before this client received its DestroyNotify."""

    event: ReceivedEvent

    @classmethod
    def of(cls, event: ReceivedEvent) -> "ReportedDestruction":
        """What the DestroyNotify ``event`` reports."""
        entry = event.entry
        return cls(event.stream, entry.sequence, entry.time, True, entry, event)

    def follows(self, instant: Instant) -> bool:
        return self.event.made_after(instant)

    def precedes(self, event: ReceivedEvent) -> bool:
        if event.stream is self.stream:
            return event.index > self.event.index
        return event.stream.sent_at(event.entry.sequence) > self.time
