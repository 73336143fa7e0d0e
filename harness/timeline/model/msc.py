# SPDX-License-Identifier: MIT
"""Which frames (MSC) a window provably was at, and at which a request may be due.

Targets compare as signed 64-bit numbers: one 2^63 or more ahead counts as past.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from harness.timeline.model.grouping import grouped
from harness.timeline.model.present_requests import Candidate
from harness.timeline.record import Event
from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest
from harness.x11.present import CompleteNotify

FAR = 1 << 62
"""Frames (MSC) that no clock runs through: distances beyond it come from wrapped numbers."""


def ahead(target: int, msc: int) -> int:
    """How many frames ``target`` lies after ``msc``, as a signed 64-bit number."""
    return ((target - msc + (1 << 63)) % (1 << 64)) - (1 << 63)


def next_match(msc: int, divisor: int, remainder: int, *, strict: bool) -> int:
    """The first frame from ``msc`` (after it if strict) that is ``remainder`` mod ``divisor``."""
    start = msc + 1 if strict else msc
    return start + (remainder - start) % divisor


@dataclass(frozen=True, slots=True)
class _Readings:
    """The readings of one stream, in order, with their running extremes."""

    stream: ClientStream
    sequences: list[int]
    received: list[float]
    sent: list[float]
    highest: list[int]
    lowest: list[int]


class MscClock:
    """The MSC of one window, read from the CompleteNotify events that named it."""

    def __init__(self, events: Iterable[tuple[ReceivedEvent, CompleteNotify]]) -> None:
        by_stream = grouped(
            (event.stream, (event.entry, content.msc))
            for event, content in events
            if content.ust or content.msc
        )
        self._readings = [_read(stream, found) for stream, found in by_stream.items()]

    def at_least(self, request: SentRequest) -> int | None:
        """The highest frame that provably had begun when the server handled ``request``."""
        found = []
        for one in self._readings:
            if one.stream is request.stream:
                count = bisect_left(one.sequences, request.sequence)
            else:
                count = bisect_left(one.received, request.time)
            if count:
                found.append(one.highest[count - 1])
        return max(found, default=None)

    def at_most(self, request: SentRequest) -> int | None:
        """The lowest frame that provably had not ended when the server handled ``request``."""
        found = []
        for one in self._readings:
            if one.stream is request.stream:
                at = bisect_left(one.sequences, request.sequence)
            else:
                at = bisect_right(one.sent, request.stream.handled_at(request.sequence))
            if at < len(one.lowest):
                found.append(one.lowest[at])
        return min(found, default=None)

    def earliest(self, candidate: Candidate) -> int | None:
        """A frame before which ``candidate`` cannot be due; None when nothing is known."""
        target, low = candidate.content.target_msc, self.at_least(candidate.sent)
        if low is None:
            high = self.at_most(candidate.sent)
            return target if high is not None and 0 < ahead(target, high) < FAR else None
        return target if ahead(target, low) > 0 else self.past_floor(candidate)

    def past_floor(self, candidate: Candidate) -> int | None:
        """Where ``candidate`` may be due at the earliest if its target provably was past."""
        content, low = candidate.content, self.at_least(candidate.sent)
        # A target almost 2^63 behind turns into a future one while the clock runs on.
        if low is None or not -FAR < ahead(content.target_msc, low) <= 0 or _overflows(candidate):
            return None
        if content.divisor:
            strict = not candidate.is_async
            return next_match(low, content.divisor, content.remainder, strict=strict)
        return low if candidate.is_async else low + 1

    def latest(self, candidate: Candidate) -> int | None:
        """The last frame at which ``candidate`` may be due; None when nothing is known."""
        content, high = candidate.content, self.at_most(candidate.sent)
        if high is None or abs(ahead(content.target_msc, high)) >= FAR:
            return None
        if ahead(content.target_msc, high) > 0:
            return content.target_msc
        return None if _overflows(candidate) else high + max(1, content.divisor)

    def may_share_target(self, one: Candidate, other: Candidate) -> bool:
        """Whether two requests on this window may be due at the same frame."""
        if one.takes_ust or other.takes_ust or one.content.target_msc == other.content.target_msc:
            return True
        return not self._surely_later(one, other) and not self._surely_later(other, one)

    def _surely_later(self, one: Candidate, other: Candidate) -> bool:
        low, high = self.earliest(one), self.latest(other)
        return low is not None and high is not None and 0 < ahead(low, high) < FAR


def _read(stream: ClientStream, readings: list[tuple[Event, int]]) -> _Readings:
    entries = [entry for entry, _ in readings]
    numbers = [msc for _, msc in readings]
    return _Readings(
        stream=stream,
        sequences=[entry.sequence for entry in entries],
        received=[entry.time for entry in entries],
        sent=[stream.sent_at(entry.sequence) for entry in entries],
        highest=list(accumulate(numbers, max)),
        lowest=list(accumulate(reversed(numbers), min))[::-1],
    )


def _overflows(candidate: Candidate) -> bool:
    """Whether computing with the divisor may have overflowed 64 bits in the server."""
    return candidate.content.divisor >= FAR
