# SPDX-License-Identifier: MIT
"""What provably happened before what, seen from the connections of a timeline.

A client's own sequence numbers order its requests against its events exactly.  Between
clients only this is certain: a request is handled after it was sent and before its client
received anything newer, and an event was made before it was received.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from harness.timeline.record import Close, Entry, Error, Event, Reply, Request, Timeline
from harness.x11.present import PresentEvent


@dataclass(eq=False)
class ClientStream:
    """The entries of one connection in the order in which its client saw them.

    Queries count what was added before the first of them.
    """

    client: str
    entries: list[Entry] = field(default_factory=list)
    errors: dict[int, Error] = field(default_factory=dict)
    closed: Close | None = None

    def add(self, entry: Entry) -> None:
        """Append the next entry of this connection."""
        self.entries.append(entry)
        if isinstance(entry, Error):
            self.errors[entry.sequence] = entry
        elif isinstance(entry, Close):
            self.closed = entry

    def handled_at(self, sequence: int) -> float:
        """The time (s) by which the server had handled request ``sequence``; inf if unproven."""
        at = bisect_left(self._received, (sequence, -inf))
        return self._received[at][1] if at < len(self._received) else inf

    def sent_at(self, sequence: int) -> float:
        """A time (s) not later than request ``sequence`` reached the server."""
        at = bisect_right(self._sent, (sequence, inf))
        return self._sent[at - 1][1] if at else -inf

    def round_trip(self, index: int) -> int | None:
        """Index of the first reply to a request that was sent after entry ``index``."""
        return self._round_trips[min(index + 1, len(self.entries))]

    def index_at(self, time: float) -> int:
        """Index of the last entry not later than ``time`` (s); -1 for none."""
        return bisect_right(self.entries, time, key=lambda entry: entry.time) - 1

    @cached_property
    def _sent(self) -> list[tuple[int, float]]:
        """Sequence number and time of each request, in order."""
        return sorted((one.sequence, one.time) for one in self.entries if isinstance(one, Request))

    @cached_property
    def _received(self) -> list[tuple[int, float]]:
        """Each sequence number higher than those received before it, and when it came."""
        found: list[tuple[int, float]] = []
        for entry in self.entries:
            highest = found[-1][0] if found else -1
            if entry.sequence > highest and not isinstance(entry, Request | Close):
                found.append((entry.sequence, entry.time))
        return found

    @cached_property
    def _round_trips(self) -> list[int | None]:
        """For each index the first reply to a request that was sent there or later."""
        replies = {one.sequence: i for i, one in enumerate(self.entries) if isinstance(one, Reply)}
        first: int | None = None
        found: list[int | None] = [None]
        for entry in reversed(self.entries):
            if isinstance(entry, Request):
                reply = replies.get(entry.sequence)
                if reply is not None and (first is None or reply < first):
                    first = reply
            found.append(first)
        return found[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """Something a client did, to be placed before or after other things."""

    stream: ClientStream
    sequence: int
    time: float

    def before(self, other: "Instant") -> bool:
        """Whether the server provably handled this before ``other``."""
        if self.stream is other.stream:
            return self.sequence < other.sequence
        return self.stream.handled_at(self.sequence) < other.time


@dataclass(frozen=True, slots=True, eq=False)
class SentRequest(Instant):
    """A request in its stream."""

    entry: Request

    @property
    def accepted(self) -> bool:
        """Whether no error answered it."""
        return self.sequence not in self.stream.errors


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedEvent:
    """An event in its stream, at ``index`` of the stream's entries."""

    stream: ClientStream
    index: int
    entry: Event

    @property
    def content(self) -> PresentEvent | None:
        """The decoded event when it belongs to Present."""
        return self.entry.content

    def made_after(self, instant: Instant) -> bool:
        """Whether the server provably made the event after (or while) handling ``instant``."""
        if self.stream is instant.stream:
            return self.entry.sequence >= instant.sequence
        handled = instant.stream.handled_at(instant.sequence)
        return self.stream.sent_at(self.entry.sequence) > handled

    def made_before(self, instant: Instant) -> bool:
        """Whether the server provably made the event before handling ``instant``."""
        if self.stream is instant.stream:
            return self.entry.sequence < instant.sequence
        return self.entry.time < instant.time


def split(timeline: Timeline) -> list[tuple[ClientStream, int, Entry]]:
    """Every entry with its stream and its index there, in the timeline's order.

    A name that connects again after its Close is a new stream: its sequence numbers start
    from 1 again.
    """
    newest: dict[str, ClientStream] = {}
    placed: list[tuple[ClientStream, int, Entry]] = []
    for entry in timeline.entries:
        stream = newest.get(entry.client)
        if stream is None or (stream.closed is not None and isinstance(entry, Request)):
            stream = newest[entry.client] = ClientStream(entry.client)
        placed.append((stream, len(stream.entries), entry))
        stream.add(entry)
    return placed
