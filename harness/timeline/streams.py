# SPDX-License-Identifier: MIT
"""What provably happened before what, seen from the connections of a timeline.

A client's own sequence numbers order its requests against its events exactly.  Between
clients only this is certain: a request is handled after it was sent and before its client
received anything newer, and an event was made before it was received.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from math import inf

from harness.timeline.record import Close, Entry, Error, Event, Reply, Request, Timeline


@dataclass(slots=True, eq=False)
class ClientStream:
    """The entries of one connection in the order in which its client saw them."""

    client: str
    entries: list[Entry] = field(default_factory=list)
    errors: dict[int, Error] = field(default_factory=dict)
    closed: Close | None = None
    _sent: list[tuple[int, float]] = field(default_factory=list)
    _heard: list[tuple[int, float]] = field(default_factory=list)
    _trips: list[int | None] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Append the next entry of this connection."""
        self.entries.append(entry)
        if isinstance(entry, Request):
            self._sent.append((entry.sequence, entry.time))
        elif isinstance(entry, Close):
            self.closed = entry
        else:
            if isinstance(entry, Error):
                self.errors[entry.sequence] = entry
            if not self._heard or entry.sequence > self._heard[-1][0]:
                self._heard.append((entry.sequence, entry.time))

    def finish(self) -> None:
        """Prepare the questions; call once, after the last ``add``."""
        self._sent.sort()
        answered = {
            entry.sequence: index
            for index, entry in enumerate(self.entries)
            if isinstance(entry, Reply)
        }
        self._trips = [None] * (len(self.entries) + 1)
        best: int | None = None
        for index in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[index]
            if isinstance(entry, Request):
                reply = answered.get(entry.sequence)
                if reply is not None and (best is None or reply < best):
                    best = reply
            self._trips[index] = best

    def handled_at(self, sequence: int) -> float:
        """The time (s) by which the server had handled request ``sequence``; inf if unproven."""
        at = bisect_left(self._heard, (sequence, -inf))
        return self._heard[at][1] if at < len(self._heard) else inf

    def sent_at(self, sequence: int) -> float:
        """A time (s) not later than request ``sequence`` reached the server."""
        at = bisect_right(self._sent, (sequence, inf))
        return self._sent[at - 1][1] if at else -inf

    def round_trip(self, index: int) -> int | None:
        """Index of the first reply to a request that was sent after entry ``index``."""
        return self._trips[min(index + 1, len(self.entries))]

    def index_after(self, time: float) -> int:
        """Index of the last entry not later than ``time`` (s); -1 for none."""
        return bisect_right(self.entries, time, key=lambda entry: entry.time) - 1


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

    request: Request

    @property
    def accepted(self) -> bool:
        """Whether no error answered it."""
        return self.sequence not in self.stream.errors


@dataclass(frozen=True, slots=True, eq=False)
class ReceivedEvent:
    """An event in its stream, at ``index`` of the stream's entries."""

    stream: ClientStream
    index: int
    event: Event

    def made_after(self, moment: Instant) -> bool:
        """Whether the server provably made the event after (or while) handling ``moment``."""
        if self.stream is moment.stream:
            return self.event.sequence >= moment.sequence
        handled = moment.stream.handled_at(moment.sequence)
        return self.stream.sent_at(self.event.sequence) > handled

    def made_before(self, moment: Instant) -> bool:
        """Whether the server provably made the event before handling ``moment``."""
        if self.stream is moment.stream:
            return self.event.sequence < moment.sequence
        return self.event.time < moment.time


def split(timeline: Timeline) -> list[tuple[ClientStream, int, Entry]]:
    """Every entry with its stream and its index there, in the timeline's order.

    A name that connects again after its Close is a new stream: its sequence numbers start
    anew.
    """
    open_streams: dict[str, ClientStream] = {}
    placed: list[tuple[ClientStream, int, Entry]] = []
    for entry in timeline.entries:
        stream = open_streams.get(entry.client)
        if stream is None or (stream.closed is not None and isinstance(entry, Request)):
            stream = open_streams[entry.client] = ClientStream(entry.client)
        placed.append((stream, len(stream.entries), entry))
        stream.add(entry)
    for stream in {id(stream): stream for stream, _, _ in placed}.values():
        stream.finish()
    return placed
