# SPDX-License-Identifier: MIT
"""Lines of expectation files that have become needless, as runs show."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.results.expectations.evidence import parse_evidence
from harness.results.expectations.line import Names, parse_line
from harness.results.run import LineKind, Outcome, Run, TestResult, UsedLine

_GOOD = (Outcome.PASSED, Outcome.UNEXPECTED_PASS)


@dataclass(frozen=True, slots=True)
class StaleLine:
    """A line to delete, and why.

    ``error`` is False for one with specific evidence whose tests pass: it cannot hide another
    failure.
    """

    line: UsedLine
    reason: str
    error: bool
    may_have_ended: bool = False

    def __str__(self) -> str:
        return f"{self.line.place}: {self.reason}: {self.remedy}\n    {self.line.text}"

    @property
    def remedy(self) -> str:
        """What to do."""
        if self.may_have_ended:
            return "delete the line, or let its range end before (fixed: VENDOR VERSION)"
        return "delete the line"


def stale_lines(runs: Sequence[Run]) -> tuple[StaleLine, ...]:
    """The lines that ``runs``, of one night or all shards of a session, show to be needless.

    One that names no test, where a run collected all that it may name; one of fails or flakes
    whose tests are all skipped by other lines; and one of fails whose tests passed on every server
    for which it holds, where all of them were run on all kinds of server for which it is meant.  A
    run of some tests or servers shows nothing of the others.
    """
    used: dict[tuple[str, str], list[tuple[Run, UsedLine]]] = {}
    for run in runs:
        for line in run.expectations:
            used.setdefault((line.file, line.text), []).append((run, line))
    return tuple(stale for uses in used.values() if (stale := _stale(uses)) is not None)


def _stale(uses: Sequence[tuple[Run, UsedLine]]) -> StaleLine | None:
    _, line = uses[-1]
    names, evidence = parse_line(line.text, line.kind)
    counts = {one.tests for _, one in uses}
    if counts <= {0, None}:
        return StaleLine(line, "it names no test", error=True) if 0 in counts else None
    if line.kind is LineKind.SKIPS:
        return None
    kinds = {server.kind or server.name for run, _ in uses for server in run.servers.values()}
    if not kinds >= {*line.servers} - {"display"}:
        return None
    if not all(_whole(names, run.tests, one) for run, one in uses):
        return None
    if (skips := _skipping(uses)) is not None:
        return StaleLine(line, f"all of its tests are skipped by {', '.join(skips)}", error=True)
    judged = [test for run, one in uses for test in _judged(run.tests, one)]
    if (
        line.kind is not LineKind.FAILS
        or not judged
        or any(test.outcome not in _GOOD for test in judged)
    ):
        return None
    count = "its test passes" if len(judged) == 1 else f"all of its {len(judged)} tests pass"
    on = ", ".join(sorted({_described(test, run) for run, _ in uses for test in judged}))
    reason = f"{count} on {on}"
    return StaleLine(line, reason, not parse_evidence(evidence).specific, may_have_ended=True)


def _skipping(uses: Sequence[tuple[Run, UsedLine]]) -> list[str] | None:
    """The places of the lines that skip all tests for which a line holds; None if one is left."""
    found = set()
    for run, line in uses:
        skips = {one.place for one in run.expectations if one.kind is LineKind.SKIPS}
        for test in run.tests:
            if line.place in test.expectations:
                if skips.isdisjoint(test.expectations):
                    return None
                found |= skips.intersection(test.expectations)
    return sorted(found) or None


def _described(test: TestResult, run: Run) -> str:
    server = run.servers.get(test.server)
    return test.server if server is None else f"{server.name} {server.version}".strip()


def _whole(names: Names, tests: Iterable[TestResult], line: UsedLine) -> bool:
    """Whether a run has come to an end with all tests that ``line`` names."""
    ended = [test for test in tests if test.outcome is not Outcome.NOT_FINISHED]
    return line.tests is not None and sum(names.fit(test.id) for test in ended) >= line.tests


def _judged(tests: Iterable[TestResult], line: UsedLine) -> Iterator[TestResult]:
    """The tests that a run judged on servers for which ``line`` holds."""
    return (test for test in tests if test.judged and line.place in test.expectations)
