# SPDX-License-Identifier: MIT
"""Flakes over several runs: how often, whether they keep their budget, which are no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.results.comparing.comparison import CompareError
from harness.results.comparing.history import in_order
from harness.results.run import LineKind, Outcome, Run, TestResult, UsedLine

CLEAN_RUNS = 30
"""After so many runs without a failure a line of a flakes file is named for deletion."""


@dataclass(frozen=True, slots=True)
class Flake:
    """A failure that no expectation names, and that did not come again at once."""

    test: str
    run: str
    started: str
    failed_as: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlakeBudget:
    """Whether the flakes of the last ``days`` before the newest run are at most ``allowed``."""

    allowed: int
    days: float
    since: str
    flakes: tuple[Flake, ...]

    @property
    def kept(self) -> bool:
        return len(self.flakes) <= self.allowed


@dataclass(frozen=True, slots=True)
class FlakyTest:
    """A test that was flaky in ``flaky`` of the ``judged`` runs; ``last`` is the newest of them."""

    test: str
    flaky: int
    judged: int
    last: str
    message: str

    @property
    def rate(self) -> float:
        """The part of the judged runs in which it was flaky, 0 to 1."""
        return self.flaky / self.judged


@dataclass(frozen=True, slots=True)
class FlakesLine:
    """A line of a flakes file, and what its tests did in all runs.

    ``clean`` counts the newest runs, one after the other, in which all of its tests that were
    judged passed; runs in which none was do not count.
    """

    line: UsedLine
    flaky: int
    judged: int
    clean: int

    @property
    def rate(self) -> float:
        """The part of its judged tests that were flaky, 0 to 1."""
        return self.flaky / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True)
class Flakes:
    """The flakes of ``runs`` runs: tests and lines by falling rate, and the budget.

    ``steady`` are the lines that can be deleted.
    """

    runs: int
    budget: FlakeBudget
    tests: tuple[FlakyTest, ...]
    lines: tuple[FlakesLine, ...]
    steady: tuple[FlakesLine, ...]


def flake_budget(runs: Sequence[Run], allowed: int = 1, days: float = 7.0) -> FlakeBudget:
    """The budget of one pipeline, whose ``runs`` these are in any order.

    Failures that a flakes file names do not count, nor do runs older than ``days`` (days) before
    the newest.
    Raises CompareError when there is no run, and for one whose time of start is damaged.
    """
    ordered = in_order(runs)
    if not ordered:
        raise CompareError("flakes need a run or more; name them, such as results/2*")
    newest = _time(ordered[-1])
    try:
        start = newest - timedelta(days=days)
    except OverflowError:
        # More days than there were: all runs count.
        start = datetime.min.replace(tzinfo=newest.tzinfo)
    flakes = [
        Flake(
            test.id,
            run.id,
            run.started,
            str(test.attempts[0].outcome),
            test.message.partition("\n")[0],
        )
        for run in ordered
        if _time(run) > start
        for test in run.tests
        if test.outcome is Outcome.FLAKY and test.attempts
    ]
    return FlakeBudget(
        allowed=allowed, days=days, since=start.strftime("%Y-%m-%dT%H:%M:%SZ"), flakes=tuple(flakes)
    )


def flakes_of(
    runs: Sequence[Run], allowed: int = 1, days: float = 7.0, clean: int = CLEAN_RUNS
) -> Flakes:
    """All that ``runs`` say of flakes; a line is steady after ``clean`` clean runs.

    Raises CompareError as ``flake_budget`` does.
    """
    budget = flake_budget(runs, allowed, days)
    ordered = in_order(runs)
    lines = [
        _line(line, ordered) for line in ordered[-1].expectations if line.kind is LineKind.FLAKES
    ]
    lines.sort(key=lambda one: -one.rate)
    return Flakes(
        len(ordered),
        budget,
        tuple(sorted(_tests(ordered), key=lambda test: (-test.rate, test.test))),
        tuple(lines),
        tuple(one for one in lines if one.clean >= clean),
    )


def _tests(runs: Sequence[Run]) -> list[FlakyTest]:
    judged: dict[str, int] = {}
    flaky: dict[str, list[tuple[Run, TestResult]]] = {}
    for run in runs:
        for test in run.tests:
            judged[test.id] = judged.get(test.id, 0) + test.judged
            if test.outcome is Outcome.FLAKY:
                flaky.setdefault(test.id, []).append((run, test))
    return [
        FlakyTest(
            name,
            len(seen),
            judged[name],
            seen[-1][0].started,
            seen[-1][1].message.partition("\n")[0],
        )
        for name, seen in flaky.items()
    ]


def _line(line: UsedLine, runs: Sequence[Run]) -> FlakesLine:
    """What the tests of ``line`` did; in older runs it may have stood elsewhere in its file."""
    flaky = judged = clean = 0
    for run in runs:
        places = {
            one.place
            for one in run.expectations
            if (one.kind, one.file, one.text) == (line.kind, line.file, line.text)
        }
        tests = [test for test in run.tests if test.judged and places & {*test.expectations}]
        bad = [test for test in tests if test.outcome is Outcome.FLAKY or test.outcome.bad]
        flaky += len(bad)
        judged += len(tests)
        clean = 0 if bad else clean + bool(tests)
    return FlakesLine(line, flaky, judged, clean)


def _time(run: Run) -> datetime:
    try:
        return datetime.fromisoformat(run.started)
    except ValueError:
        raise CompareError(
            f"the run {run.id} started at {run.started!r}; expected a time such as "
            f"2026-11-29T14:23:01Z"
        ) from None
