# SPDX-License-Identifier: MIT
"""What a rule is, what it finds, and the families of servers it may judge."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from harness.timeline.model.present import Candidate, PresentHistory
from harness.timeline.record import Entry, Event, Request
from harness.timeline.streams import ReceivedEvent
from harness.x11 import present


class Family(Enum):
    """How a server brings presentations to the screen, as a probe found out."""

    COPY = "copies"
    """Every presentation is a copy and the screen has no CRTC clock: Xvfb, Xephyr."""
    XORG_FLIP = "flips as Xorg does"
    XWAYLAND_FLIP = "flips as Xwayland does"


ALL = frozenset(Family)
COPY = frozenset({Family.COPY})


@dataclass(frozen=True, slots=True, kw_only=True)
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
    def clients(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.client for entry in self.entries))

    @property
    def serials(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self._field("serial")))

    @property
    def windows(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self._field("window")))

    def _field(self, name: str) -> Iterator[int]:
        for entry in self.entries:
            if isinstance(entry, Request | Event):
                value = getattr(entry.content, name, None)
                if isinstance(value, int):
                    yield value


@dataclass(frozen=True, slots=True)
class UnnamedViolation:
    """A violation before its rule has signed it."""

    sentence: str
    entries: tuple[Entry, ...]


Search = Callable[[PresentHistory, Family], Iterable[UnnamedViolation]]
Judge = Callable[[PresentHistory, Family, ReceivedEvent, Candidate], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise, the families that give it, and the search for breaches of it."""

    name: str
    clause: str
    families: frozenset[Family]
    search: Search

    def check(self, model: PresentHistory, family: Family) -> Iterator[Violation]:
        """The breaches in ``model``; none in a family that does not give the promise."""
        if family in self.families:
            for finding in self.search(model, family):
                yield self.sign(finding)

    def sign(self, finding: UnnamedViolation) -> Violation:
        """The finding as this rule's violation."""
        entries = tuple(sorted(finding.entries, key=lambda entry: entry.time))
        return Violation(
            rule=self.name, clause=self.clause, sentence=finding.sentence, entries=entries
        )


@dataclass(frozen=True, slots=True)
class PairRule:
    """A promise about an event and the request it answers.

    ``judge`` says what is wrong with the pair, or None.  An event whose request is not
    certain is judged only if no way of pairing makes all events legal.
    """

    name: str
    clause: str
    families: frozenset[Family]
    judge: Judge


def rule(name: str, clause: str, families: frozenset[Family] = ALL) -> Callable[[Search], Rule]:
    """Make a search a rule."""
    return lambda search: Rule(name, clause, families, search)


def pair_rule(
    name: str, clause: str, families: frozenset[Family] = ALL
) -> Callable[[Judge], PairRule]:
    """Make a judge a rule about pairs."""
    return lambda judge: PairRule(name, clause, families, judge)


def window_text(window: int) -> str:
    """A window as sentences name it."""
    return f"window {window:#x}"


def event_text(seen: ReceivedEvent) -> str:
    """An event as sentences name it, with its serial."""
    content = seen.event.content
    if content is None:
        return f"{seen.event.name} to {seen.event.client}"
    serial = f" of serial {content.serial}" if hasattr(content, "serial") else ""
    name = content.NAME.removeprefix("Present")
    if isinstance(content, present.CompleteNotify):
        name += f"({_name(content.kind)}, {_name(content.mode)})"
    return f"{name}{serial} to {seen.event.client}"


def _name(number: int) -> str:
    return number.name if isinstance(number, Enum) else str(number)
