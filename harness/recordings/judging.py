# SPDX-License-Identifier: MIT
"""The rules of Present, RANDR and redirection, held against what any client did on any server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

from harness.recordings.forgetting import remembered
from harness.timeline import rules
from harness.timeline.record import Entry, Event, Timeline
from harness.timeline.rules import Family, Violation
from harness.timeline.text import COLUMNS, entry_text, violation_text
from harness.x11.present import CompleteMode, CompleteNotify

REMEMBERED = 100_000
"""Entries of which a judge keeps the older half only where a later one may need them."""

SETTLING = 1.0
"""Seconds for which an entry may still be a part of what the next ones complete."""

OLD = 5.0
"""Seconds after which an entry may be forgotten."""

_FLIPS = (CompleteMode.FLIP, CompleteMode.SUBOPTIMAL_COPY)

_BEFORE, _AFTER = 6, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation, and the entries around its last one, oldest first."""

    violation: Violation
    around: tuple[Entry, ...]

    def text(self, start: float) -> str:
        """The violation as tests print it, and what is around it; times in ms since ``start`` (s).

        A ``*`` marks the violation's own entries.
        """
        own = {id(entry) for entry in self.violation.entries}
        lines = [
            f"{'*' if id(entry) in own else ' '} {entry_text(entry, start, COLUMNS - 2)}"
            for entry in self.around
        ]
        return "\n".join([violation_text(self.violation, start), "  around it", *lines])


class Judge:
    """Holds the entries of a recording against the rules as they come.

    ``family`` says how the server presents; without one it follows from ``server``, its name, and
    from what presentations complete as.  Memory is bounded by ``memory`` entries and those that
    later ones may need: windows, selections, what is pending.
    """

    def __init__(
        self, server: str = "", family: Family | None = None, memory: int = REMEMBERED
    ) -> None:
        self.entries: list[Entry] = []
        self.count = 0
        """How many entries came, those that are forgotten included."""
        self.start = 0.0
        """The time of the first one (s)."""
        self._family, self._server = family, server.lower()
        self._memory = self._limit = memory
        self._flips = False
        self._spoken: set[tuple[str, str, float]] = set()

    @property
    def family(self) -> Family:
        """The family of servers by whose rules it judges."""
        if self._family is not None:
            return self._family
        return family_of(self._server, flips=self._flips)

    def judged(self, entries: Iterable[Entry]) -> Iterator[Finding]:
        """What is wrong with all of ``entries``, in order."""
        for entry in entries:
            self.add(entry)
            if len(self.entries) >= self._limit:
                yield from self.check()
                self.forget()
        yield from self.check(inf)

    def add(self, entry: Entry) -> None:
        """Take the next entry."""
        if not self.count:
            self.start = entry.time
        self.count += 1
        self.entries.append(entry)
        if isinstance(entry, Event) and isinstance(entry.content, CompleteNotify):
            self._flips |= entry.content.mode in _FLIPS

    def check(self, now: float | None = None) -> list[Finding]:
        """What is certain to be wrong at ``now`` (s, by default the newest entry's) and new."""
        if not self.entries:
            return []
        until = (self.entries[-1].time if now is None else now) - SETTLING
        found = []
        for one in rules.check(Timeline(self.entries), self.family):
            last = one.entries[-1]
            key = one.rule, last.client, last.time
            if last.time <= until and key not in self._spoken:
                self._spoken.add(key)
                found.append(Finding(one, self._around(last)))
        return found

    def forget(self) -> None:
        """Forget, beyond ``memory`` entries, of the older half what no later one needs.

        Call it after a check.
        """
        if len(self.entries) < self._limit:
            return
        newest = self.entries[-1].time
        count = len(self.entries) - self._memory // 2
        while count and self.entries[count - 1].time > newest - OLD:
            count -= 1
        self.entries = remembered(self.entries, count)
        self._limit = max(self._memory, len(self.entries) * 3 // 2)
        self._spoken = {one for one in self._spoken if one[2] >= self.entries[0].time}

    def _around(self, last: Entry) -> tuple[Entry, ...]:
        at = next(at for at, entry in enumerate(self.entries) if entry is last)
        return tuple(self.entries[max(0, at - _BEFORE) : at + _AFTER + 1])


def family_of(server: str, *, flips: bool) -> Family:
    """How a server presents that is called ``server``, and of which ``flips`` were seen or not.

    One that may flip is judged as one that does: fewer rules hold there.
    """
    name = server.lower()
    if "xwayland" in name:
        return Family.XWAYLAND_FLIP
    return Family.XORG_FLIP if flips or "xorg" in name else Family.COPY
