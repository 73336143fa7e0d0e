# SPDX-License-Identifier: MIT
"""What the index of a report shows: a row for each test, and how often what occurred."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.results.run import Cause, Outcome, Run, TestResult

ORDER = (
    Outcome.CRASHED,
    Outcome.HUNG,
    Outcome.SANITIZER,
    Outcome.RULE,
    Outcome.GOLDEN,
    Outcome.FAILED,
    Outcome.LEFT_BEHIND,
    Outcome.ERROR,
    Outcome.NOT_FINISHED,
    Outcome.FLAKY,
    Outcome.UNEXPECTED_PASS,
    Outcome.EXPECTED,
    Outcome.SKIPPED,
    Outcome.PASSED,
)
"""What is listed first: what has to be looked at."""

LONGEST_MESSAGE = 240
"""How much of a failure (characters) its row shows."""

_RANK = {outcome: rank for rank, outcome in enumerate(ORDER)}


@dataclass(frozen=True, slots=True)
class Group:
    """The tests that share a cause: their number, and the number of the cause in the index."""

    number: int
    cause: Cause
    tests: int
    bad: int


def sorted_tests(run: Run) -> list[TestResult]:
    """All tests in the order of the report: the worst first, then by id."""
    return sorted(run.tests, key=lambda test: (_RANK[test.outcome], test.id, test.server))


def counted(tests: Iterable[TestResult]) -> list[tuple[Outcome, int]]:
    """How many tests had each outcome that occurred, the worst first."""
    counts = Counter(test.outcome for test in tests)
    return [(outcome, counts[outcome]) for outcome in ORDER if counts[outcome]]


def tone(outcome: Outcome) -> str:
    """Which of five colours an outcome has: ``bad``, ``odd``, ``known``, ``skipped``, ``good``."""
    if outcome.bad:
        return "bad"
    return {
        Outcome.UNEXPECTED_PASS: "odd",
        Outcome.FLAKY: "odd",
        Outcome.EXPECTED: "known",
        Outcome.SKIPPED: "skipped",
    }.get(outcome, "good")


def module_and_name(test: TestResult) -> tuple[str, str]:
    """The file of a test's id, and the rest: class, function, parameters."""
    module, _, name = test.id.partition("::")
    return module, name or module


def suite_of(module: str) -> str:
    """The folder of a test's file, as the report names it."""
    folder = module.rpartition("/")[0]
    return folder.removeprefix("suites/") or "."


class Index:
    """The numbered words of a run that its rows refer to, and the rows.

    ``tests`` are in the order of the report.
    """

    def __init__(self, tests: Sequence[TestResult]) -> None:
        self._modules: dict[str, int] = {}
        self._servers: dict[str, int] = {}
        self._causes: dict[Cause, int] = {}
        self._tests = tests
        self.rows = [self._row(test) for test in tests]

    def _row(self, test: TestResult) -> list[object]:
        module, name = module_and_name(test)
        first_line = test.message.lstrip().partition("\n")[0]
        return [
            self._modules.setdefault(module, len(self._modules)),
            name,
            self._servers.setdefault(test.server, len(self._servers)),
            _RANK[test.outcome],
            -1 if test.cause is None else self._causes.setdefault(test.cause, len(self._causes)),
            round(test.durations.whole * 1000),
            first_line[:LONGEST_MESSAGE],
            sum(frame.verdict != "match" for frame in test.frames),
        ]

    def groups(self) -> list[Group]:
        """The causes, those of most failures first."""
        tests = Counter(test.cause for test in self._tests)
        bad = Counter(test.cause for test in self._tests if test.outcome.bad)
        groups = [Group(n, cause, tests[cause], bad[cause]) for cause, n in self._causes.items()]
        return sorted(groups, key=lambda group: (-group.bad, -group.tests, group.cause.name))

    def data(self, chunks: Sequence[int]) -> dict[str, object]:
        """What the page reads; ``chunks`` has the first test of each file of details."""
        modules = list(self._modules)
        return {
            "outcomes": [[str(one), tone(one)] for one in ORDER],
            "modules": modules,
            "suites": [suite_of(module) for module in modules],
            "servers": list(self._servers),
            "causes": [[str(one.kind), one.name, one.reference] for one in self._causes],
            "chunks": list(chunks),
            "rows": self.rows,
        }
