# SPDX-License-Identifier: MIT
"""What shows a bug: the symptom that a shorter recording, or a script, must show again."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from harness.timeline.rules import Violation


class SymptomKind(Enum):
    """How a bug shows."""

    RULE = "rule"
    ERROR = "error"
    DEATH = "death"
    HANG = "hang"
    PICTURE = "picture"
    REPLY = "reply"
    EVENT = "event"
    SUCCESS = "success"


_INDEX = re.compile(r"\[\d+\]")

COMPARED = frozenset(
    {SymptomKind.PICTURE, SymptomKind.REPLY, SymptomKind.EVENT, SymptomKind.SUCCESS}
)
"""Kinds that only a sound server beside the faulty one shows."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A symptom; two that are equal are the same bug as far as a machine can tell.

    ``name`` is the rule, the name of the error, or for a picture what it shows (``root``,
    ``window``), for a reply the request, for an event its name; ``about`` are the kinds of the
    entries of a violation, the request that the error answers, or should have, the field of a
    reply or of an event.  ``violation`` is one example, and ``place`` the message of the recording
    where it was seen: of both nothing is compared.
    """

    kind: SymptomKind
    name: str = ""
    about: tuple[str, ...] = ()
    violation: Violation | None = field(default=None, compare=False, repr=False)
    place: int | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        match self.kind:
            case SymptomKind.RULE:
                return f"rule {self.name} ({', '.join(self.about)})"
            case SymptomKind.ERROR:
                return f"error {self.name} for {', '.join(self.about)}"
            case SymptomKind.PICTURE:
                return f"picture of the {self.name}"
            case SymptomKind.REPLY:
                return f"reply to {self.name}: {', '.join(self.about)}"
            case SymptomKind.EVENT:
                return f"event {self.name}: {', '.join(self.about)}"
            case SymptomKind.SUCCESS:
                return f"no error {self.name} for {', '.join(self.about)}"
        return f"the server {'dies' if self.kind is SymptomKind.DEATH else 'hangs'}"


_ABSENCES = ("overdue", "complete-missing", "redirect-idle-missing", "every-context")
"""Rules about what never comes, which takes patience to see."""


_ORDER = (
    *(SymptomKind.DEATH, SymptomKind.HANG, SymptomKind.RULE, SymptomKind.PICTURE),
    *(SymptomKind.REPLY, SymptomKind.ERROR, SymptomKind.SUCCESS, SymptomKind.EVENT),
)


def clearest(symptoms: Iterable[Symptom]) -> list[Symptom]:
    """Each symptom once, the one first that is seen best: death, then what came and is wrong."""

    def rank(one: Symptom) -> tuple[int, int, int]:
        entries = len(one.violation.entries) if one.violation else 0
        return _ORDER.index(one.kind), one.name in _ABSENCES, entries

    return sorted(dict.fromkeys(symptoms), key=rank)


def without_indices(path: str) -> str:
    """The path of a field for each element of its lists: ``monitors[].primary``."""
    return _INDEX.sub("[]", path)


def symptom_of(violation: Violation) -> Symptom:
    """The symptom that a violated rule is."""
    names = dict.fromkeys(getattr(one, "name", type(one).__name__) for one in violation.entries)
    return Symptom(SymptomKind.RULE, violation.rule, tuple(sorted(names)), violation)
