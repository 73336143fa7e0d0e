# SPDX-License-Identifier: MIT
"""What a rule is, what it finds, and the families of servers it may judge."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from harness.timeline.record import Entry

Subject = TypeVar("Subject")
Item = TypeVar("Item")


class Family(Enum):
    """How a server brings presentations to the screen, as a probe found out."""

    COPY = "copies"
    """Every presentation is a copy and the screen has no CRTC clock: Xvfb, Xephyr."""
    XORG_FLIP = "flips as Xorg does"
    XWAYLAND_FLIP = "flips as Xwayland does"


ALL = frozenset(Family)
COPY = frozenset({Family.COPY})
XORG_FLIP = frozenset({Family.XORG_FLIP})


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise of the protocol that was broken.

    ``rule`` is the rule's name, ``clause`` the promise, ``sentence`` what happened, with
    serials and windows, ``entries`` the requests and events involved, oldest first.
    """

    rule: str
    clause: str
    sentence: str
    entries: tuple[Entry, ...]

    @property
    def serials(self) -> tuple[int, ...]:
        """The serials of the requests and events, each once."""
        contents = (getattr(entry, "content", None) for entry in self.entries)
        found = (getattr(content, "serial", None) for content in contents)
        return tuple(dict.fromkeys(serial for serial in found if serial is not None))


Breach = tuple[str, tuple[Entry, ...]]
"""What happened, as a sentence, and the requests, errors and events involved."""

Search = Callable[[Subject, Family], Iterable[Breach]]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A promise about subjects of one type, and the families of servers that give it."""

    name: str
    clause: str
    families: frozenset[Family]
    search: Search[Subject]

    def check(self, subject: Subject, family: Family) -> Iterator[Violation]:
        """The breaches in ``subject``; none in a family that does not give the promise."""
        if family in self.families:
            for sentence, entries in self.search(subject, family):
                ordered = tuple(sorted(entries, key=lambda entry: entry.time))
                yield Violation(self.name, self.clause, sentence, ordered)


def rule(
    name: str, clause: str, families: frozenset[Family] = ALL
) -> Callable[[Search[Subject]], Rule[Subject]]:
    """Make a search a rule."""
    return lambda search: Rule(name, clause, families, search)


def first_missing(
    expected: Iterable[tuple[Hashable, Item]], received: Iterable[Hashable]
) -> Item | None:
    """The item of the first of ``expected`` whose content was ``received`` too few times."""
    left = Counter(received)
    for content, item in expected:
        left[content] -= 1
        if left[content] < 0:
            return item
    return None
