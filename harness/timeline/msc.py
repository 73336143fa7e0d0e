# SPDX-License-Identifier: MIT
"""Which frames (MSC) a window provably was at, and where a request's target may lie.

Targets compare as signed 64-bit numbers: one 2^63 or more ahead counts as past.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest
from harness.x11.present import CompleteNotify

FAR = 1 << 62
"""Frames (MSC) that no clock runs through: distances beyond it come from wrapped numbers."""


def ahead(target: int, msc: int) -> int:
    """How many frames ``target`` lies after ``msc``, as a signed 64-bit number."""
    return ((target - msc + (1 << 63)) % (1 << 64)) - (1 << 63)


def next_match(msc: int, divisor: int, remainder: int, *, strict: bool) -> int:
    """The first frame after ``msc`` (or ``msc`` itself unless strict) that is ``remainder``
    modulo ``divisor``."""
    start = msc + 1 if strict else msc
    return start + (remainder - start) % divisor


@dataclass(slots=True)
class _Track:
    """The readings of one stream with their running extremes."""

    stream: ClientStream
    sequences: list[int]
    times: list[float]
    sent: list[float]
    highest: list[int]
    lowest: list[int]


class MscClock:
    """The MSC readings of one window in the events that named it."""

    def __init__(self, events: Iterable[ReceivedEvent]) -> None:
        by_stream: dict[int, list[tuple[ReceivedEvent, int]]] = {}
        for seen in events:
            content = seen.event.content
            if isinstance(content, CompleteNotify) and (content.ust or content.msc):
                by_stream.setdefault(id(seen.stream), []).append((seen, content.msc))
        self._tracks = [_track(readings) for readings in by_stream.values()]

    def at_least(self, call: SentRequest) -> int | None:
        """The highest frame that provably had begun when the server handled ``call``."""
        found: list[int] = []
        for track in self._tracks:
            if track.stream is call.stream:
                count = bisect_left(track.sequences, call.sequence)
            else:
                count = bisect_left(track.times, call.time)
            if count:
                found.append(track.highest[count - 1])
        return max(found, default=None)

    def at_most(self, call: SentRequest) -> int | None:
        """The lowest frame that provably had not ended when the server handled ``call``."""
        found: list[int] = []
        for track in self._tracks:
            if track.stream is call.stream:
                at = bisect_left(track.sequences, call.sequence)
            else:
                handled = call.stream.handled_at(call.sequence)
                at = bisect_left(track.sent, handled)
                while at < len(track.sent) and track.sent[at] <= handled:
                    at += 1
            if at < len(track.lowest):
                found.append(track.lowest[at])
        return min(found, default=None)


def _track(readings: list[tuple[ReceivedEvent, int]]) -> _Track:
    seens = [seen for seen, _ in readings]
    numbers = [msc for _, msc in readings]
    highest, lowest = numbers[:], numbers[:]
    for index in range(1, len(numbers)):
        highest[index] = max(highest[index - 1], highest[index])
        lowest[-1 - index] = min(lowest[-index], lowest[-1 - index])
    stream = seens[0].stream
    return _Track(
        stream=stream,
        sequences=[seen.event.sequence for seen in seens],
        times=[seen.event.time for seen in seens],
        sent=[stream.sent_at(seen.event.sequence) for seen in seens],
        highest=highest,
        lowest=lowest,
    )
