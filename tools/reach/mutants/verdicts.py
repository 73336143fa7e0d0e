# SPDX-License-Identifier: MIT
"""What became of each fault that was drawn: a file of JSON lines, and the tables of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import HarnessError
from tools.reach.mutants.equivalents import Equivalents
from tools.reach.mutants.faults import Fault


class Verdict(StrEnum):
    """What the suites said of a server with a fault."""

    NOTICED = "noticed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    """Nobody can observe it: the compiled file is the same, or a person judged so."""
    REFUSED = "refused"
    """By the compiler: another one is drawn instead."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A fault of ``room`` with its verdict.

    ``test`` noticed it, ``why`` is what that said, or why the fault is equivalent or refused.
    ``functions`` is how many test functions run its line; ``seconds`` it took to build and test;
    ``thorough`` says that it survived all variants of these, and not just one of each.
    """

    room: str
    fault: Fault
    verdict: Verdict
    test: str = ""
    why: str = ""
    functions: int = 0
    seconds: float = 0.0
    thorough: bool = True


class VerdictsDamaged(HarnessError):
    """A file of verdicts holds something else; the text names the line."""


class VerdictsNotKept(HarnessError):
    """What is judged could not be kept."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"verdicts cannot be kept in {file}: {reason}; make it a file that can be written"
        )
        self.file = file


class Verdicts:
    """The verdicts in ``file``, one a line; what is added is there at once.

    A line that was not written to its end is dropped, and its fault judged again.
    Raises VerdictsDamaged, and VerdictsNotKept when the file cannot be read and written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._found: dict[str, Judged] = {}
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.open("a").close()
            text = file.read_text("utf-8", "surrogateescape")
        except OSError as error:
            raise VerdictsNotKept(file, error.strerror or str(error)) from None
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            file.write_text(whole, "utf-8", "surrogateescape")
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                judged = _parsed(line)
            except (ValueError, KeyError, TypeError):
                raise VerdictsDamaged(
                    f"{file} line {number}: expected a verdict of this command, got {line[:60]!r}; "
                    f"remove the line, and its fault is judged again"
                ) from None
            self._found[judged.fault.key] = judged

    def of(self, fault: Fault) -> Judged | None:
        """The latest verdict on ``fault``."""
        return self._found.get(fault.key)

    def add(self, judged: Judged) -> None:
        """Keep a verdict, in the place of an earlier one on the same fault."""
        self._found[judged.fault.key] = judged
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(judged)) + "\n")

    def all(self) -> list[Judged]:
        """The latest verdict on each fault."""
        return list(self._found.values())

    def noticed_by(self, file: str, function: str) -> Counter[str]:
        """How often each test noticed a fault of ``file``; those of ``function`` count more."""
        counted: Counter[str] = Counter()
        for judged in list(self._found.values()):
            if judged.test and judged.fault.file == file:
                counted[judged.test] += 10 if judged.fault.function == function else 1
        return counted


def _parsed(line: str) -> Judged:
    read = json.loads(line)
    changes = {"fault": Fault(**read["fault"]), "verdict": Verdict(read["verdict"])}
    return Judged(**read | changes)


def with_equivalents(judged: Iterable[Judged], equivalents: Equivalents) -> list[Judged]:
    """The verdicts, where what survived and is in the file of equivalents is one."""
    found = []
    for one in judged:
        reason = equivalents.reason(one.fault) if one.verdict is Verdict.SURVIVED else None
        if reason is not None:
            one = Judged(one.room, one.fault, Verdict.EQUIVALENT, "", reason, one.functions)
        found.append(one)
    return found


def table(judged: Sequence[Judged]) -> list[str]:
    """A row per room, and one for all: how many were drawn, noticed, equivalent, survived."""
    rooms = dict.fromkeys(one.room for one in judged)
    lines = ["room         drawn  noticed  equivalent  survived  share"]
    for room in (*rooms, "all"):
        counts = Counter(one.verdict for one in judged if room in ("all", one.room))
        noticed, survived = counts[Verdict.NOTICED], counts[Verdict.SURVIVED]
        same = counts[Verdict.EQUIVALENT]
        counted = noticed + survived
        share = f"{100 * noticed / counted:.1f} %" if counted else "-"
        lines.append(
            f"{room:<12} {counted + same:>5}  {noticed:>7}  {same:>10}  {survived:>8}  {share:>7}"
        )
    return lines


def described(judged: Judged) -> list[str]:
    """Where a fault is, and what it changes."""
    fault = judged.fault
    return [
        f"{fault.file}:{fault.line} {fault.function}: {fault.what}"
        f" ({judged.functions} test functions run it)",
        f"    - {fault.text}",
        f"    + {fault.becomes}",
    ]
