# SPDX-License-Identifier: MIT
"""The first entry at which two timelines of one test part.

What differs from run to run by itself does not count: times, UST and MSC, the numbers of
resources, and how events of different kinds and serials interleave, as servers promise an order
for each serial alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.timeline.record import Close, Entry, Error, Event, Request, Timeline
from harness.timeline.text import message_text

_NUMBER = re.compile(r"0x[0-9a-f]+")
_OF_THE_MOMENT = re.compile(r" (?:ust|msc|target|timestamp)=\S+")

Stream = tuple[str, ...]
"""The entries that have an order: a client's requests, or its events of one kind and serial."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two timelines part: the entry of each in words, which may be that nothing follows."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class _Said:
    """An entry without what differs by itself; ``time`` in seconds since the first entry."""

    time: float
    words: str
    shown: str


@dataclass(slots=True)
class _Numbers:
    """Names for the resources of a timeline, in the order in which requests name them."""

    known: dict[str, str] = field(default_factory=dict)

    def named(self, words: str) -> str:
        return _NUMBER.sub(
            lambda found: self.known.setdefault(found[0], f"#{len(self.known) + 1}"), words
        )


def parting(first: Timeline, second: Timeline) -> Parting | None:
    """The earliest entry that the other timeline does not have; None where they are alike."""
    streams, others = _streams(first), _streams(second)
    found: list[tuple[float, Parting]] = []
    for name in dict.fromkeys((*streams, *others)):
        one, other = streams.get(name, []), others.get(name, [])
        for number in range(max(len(one), len(other))):
            here = one[number] if number < len(one) else None
            there = other[number] if number < len(other) else None
            if here is None or there is None or here.words != there.words:
                times = [said.time for said in (here, there) if said is not None]
                found.append((min(times), Parting(_shown(here, name), _shown(there, name))))
                break
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _shown(said: _Said | None, stream: Stream) -> str:
    return f"no more {' '.join(filter(None, stream))}" if said is None else said.shown


def _streams(timeline: Timeline) -> dict[Stream, list[_Said]]:
    start = timeline.entries[0].time if timeline.entries else 0.0
    numbers = _Numbers()
    for entry in timeline.entries:
        # Before events, whose order is not that of the other timeline.
        if isinstance(entry, Request):
            numbers.named(message_text(entry))
    found: dict[Stream, list[_Said]] = {}
    for entry, stream in _sorted(timeline):
        words = message_text(entry)
        shown = f"{(entry.time - start) * 1000:.3f} ms, {entry.client}: {words}"
        said = _Said(entry.time - start, numbers.named(_OF_THE_MOMENT.sub("", words)), shown)
        found.setdefault(stream, []).append(said)
    return found


def _sorted(timeline: Timeline) -> Iterator[tuple[Entry, Stream]]:
    """Each entry that says what the server did or the client wanted, with its stream."""
    for entry in timeline.entries:
        match entry:
            case Request():
                yield entry, ("requests of", entry.client)
            case Error():
                yield entry, ("errors for", entry.client)
            case Event():
                serial = getattr(entry.content, "serial", None)
                of = "" if serial is None else f"of serial {serial}"
                yield entry, (entry.name, "for", entry.client, of)
            case Close():
                yield entry, ("ends of", entry.client)
