# SPDX-License-Identifier: MIT
"""What became of each test from run to run: which do not always end alike, and how often."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.results.comparing.comparison import ABSENT, CompareError
from harness.results.run import Outcome, Run, TestResult


@dataclass(frozen=True, slots=True)
class HistoryRun:
    """A run whose tests are looked at."""

    run: str
    started: str
    tests: int
    bad: int
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TestHistory:
    """A test that did not end alike in all runs that have it.

    ``outcomes`` has one for each run, empty where the run lacks the test.  ``bad`` of the
    ``judged`` ones, which are all but skips, speak against the server, ``flaky`` of them are
    failures that did not come again; ``changes`` counts how often bad follows good or good bad.
    ``first`` and ``last`` are the numbers of the first and the last run with a bad one, None
    without.  ``message`` and ``reference`` are those of the last bad one, else of the last flaky
    one, else of the last.
    """

    __test__ = False

    test: str
    outcomes: tuple[str, ...]
    judged: int = 0
    bad: int = 0
    flaky: int = 0
    changes: int = 0
    first: int | None = None
    last: int | None = None
    message: str = ""
    reference: str = ""

    @property
    def rate(self) -> float:
        """The part of the judged outcomes that is bad, 0 to 1."""
        return self.bad / self.judged if self.judged else 0.0

    @property
    def unsteady(self) -> bool:
        """Whether it is bad in one run and not in another that judged it."""
        return self.changes > 0


@dataclass(frozen=True, slots=True)
class History:
    """Runs from the oldest to the newest, and their tests that did not always end alike.

    ``tests`` begins with those that changed most often; ``known`` counts also those that never did.
    """

    runs: tuple[HistoryRun, ...]
    known: int
    tests: tuple[TestHistory, ...]

    @property
    def unsteady(self) -> int:
        return sum(test.unsteady for test in self.tests)


def history_of(runs: Sequence[Run], only: re.Pattern[str] | None = None) -> History:
    """The history of the tests of ``runs`` whose ids fit ``only``, in the order of time.

    A run that is given twice, or that is a shard of another one, counts once.
    Raises CompareError for fewer than two runs, and when no test fits.
    """
    ordered = in_order(runs)
    if len(ordered) < 2:
        raise CompareError("a history needs two runs or more; name them, such as results/2*")
    tables = [{test.id: test for test in run.tests} for run in ordered]
    names = sorted(
        {name for table in tables for name in table if only is None or only.search(name)}
    )
    if only is not None and not names:
        raise CompareError(f"--only {only.pattern} fits no test of these runs; see runs show RUN")
    tests = [_history(name, [table.get(name) for table in tables]) for name in names]
    differing = [test for test in tests if test.flaky or len({*test.outcomes} - {ABSENT}) > 1]
    return History(
        runs=tuple(
            HistoryRun(
                run.id,
                run.started,
                len(run.tests),
                sum(test.outcome.bad for test in run.tests),
                run.complete,
            )
            for run in ordered
        ),
        known=len(names),
        tests=tuple(sorted(differing, key=lambda test: (-test.changes, -test.rate, -test.flaky))),
    )


def in_order(runs: Sequence[Run]) -> list[Run]:
    """``runs`` from the oldest to the newest, each once, without the shards of merged ones."""
    merged = {shard for run in runs for shard in run.shards}
    by_id = {run.id: run for run in runs if run.id not in merged}
    return sorted(by_id.values(), key=lambda run: run.started)


def _history(name: str, results: Sequence[TestResult | None]) -> TestHistory:
    present = [result for result in results if result is not None]
    judged = [result.outcome.bad for result in present if result.outcome is not Outcome.SKIPPED]
    bad = [n for n, result in enumerate(results) if result is not None and result.outcome.bad]
    flaky = [result for result in present if result.outcome is Outcome.FLAKY]
    telling = [result for result in present if result.outcome.bad] or flaky or present
    caused = [result.cause.reference for result in telling if result.cause is not None]
    return TestHistory(
        test=name,
        outcomes=tuple(ABSENT if result is None else str(result.outcome) for result in results),
        judged=len(judged),
        bad=len(bad),
        flaky=len(flaky),
        changes=sum(before is not after for before, after in pairwise(judged)),
        first=bad[0] if bad else None,
        last=bad[-1] if bad else None,
        message=telling[-1].message,
        reference=next((one for one in reversed(caused) if one), ""),
    )
