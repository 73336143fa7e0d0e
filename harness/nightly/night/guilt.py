# SPDX-License-Identifier: MIT
"""The commits that brought the new failures of one server: one bisection for each of them.

A bisection looks for the first commit at which any of the failures shows.  It brought all that
show there, and those that do not came later: the next one begins where this one has ended.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.goldens.files import replace_file
from harness.nightly.bisecting.judgement import Judgement
from harness.nightly.bisecting.question import BisectQuestion
from harness.nightly.bisecting.report import BisectReport, report_text
from harness.nightly.bisecting.search import bisect
from harness.nightly.bisecting.step import Workplace
from harness.nightly.night.night import BuildStatus, BuildVerdict, GuiltyCommit
from harness.nightly.sessions.failure import FailureSignature, failure_of
from harness.nightly.sessions.session import Suites
from harness.results.run import TestResult
from harness.wording import counted

MOST_TESTS = 40
"""How many tests (the quickest) each commit is judged by."""

Say = Callable[[str], None]

_STEP = (sys.executable, "-m", "harness.cli.nightly.bisect_step")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiltSearch:
    """Where to look: between the builds of a night that was ``good`` and of one that is ``bad``.

    ``kind`` is that of the server, ``suites`` those of the bad night; what is found is kept in
    ``folder``.
    """

    good: BuildVerdict
    bad: BuildVerdict
    kind: str
    suites: Suites
    folder: Path

    @property
    def possible(self) -> bool:
        """Whether both are commits of one repository, and not the same."""
        good, bad = self.good, self.bad
        return (
            good.status is bad.status is BuildStatus.BUILT
            and good.repository == bad.repository
            and good.commit != bad.commit
            and not bad.package
            and all(_COMMIT.fullmatch(one.commit) for one in (good, bad))
        )

    def commits(
        self, tests: Sequence[TestResult], most: int, deadline: Deadline, say: Say
    ) -> Mapping[str, GuiltyCommit]:
        """The commit that brought each of ``tests``, by its id, as far as it can be found.

        At most ``most`` commits are looked for, and no search begins after ``deadline``.
        """
        quickest = sorted(tests, key=lambda test: test.durations.whole)[:MOST_TESTS]
        waiting = {
            test.id: failure for test in quickest if (failure := failure_of(test)) is not None
        }
        found: dict[str, GuiltyCommit] = {}
        judged: dict[str, Judgement] = {}
        good = self.good.commit
        for number in range(1, most + 1):
            if not waiting or deadline.passed:
                break
            failing = counted(len(waiting), "failure")
            say(f"looking for the commit that brought {failing}, from {good[:12]}")
            report = self._bisected(good, tuple(waiting.values()), number, judged.values(), say)
            if report is None:
                break
            judged |= {one.commit: one for one in (report.good, report.bad, *report.judged)}
            guilty = _guilty(report)
            brought = _shown(report, guilty.commit)
            ours = [test for test, failure in waiting.items() if failure in brought]
            found |= dict.fromkeys(ours, guilty)
            say(f"  {guilty.commit[:12]} {guilty.subject}: {counted(len(ours), 'failure')}")
            if not ours or guilty.candidates:
                break
            waiting = {test: one for test, one in waiting.items() if test not in ours}
            good = guilty.commit
        return found

    def _bisected(
        self,
        good: str,
        failures: tuple[FailureSignature, ...],
        number: int,
        earlier: Iterable[Judgement],
        say: Say,
    ) -> BisectReport | None:
        question = BisectQuestion(
            repository=self.bad.repository,
            good=good,
            bad=self.bad.commit,
            preset=self.bad.preset,
            options=self.bad.options,
            kind=self.kind,
            suites=self.suites,
            tests=tuple(dict.fromkeys(failure.test for failure in failures)),
            failures=failures,
        )
        place = Workplace((self.folder / f"bisect-{self.kind}-{number}").absolute())
        try:
            report = bisect(question, place, _STEP, lambda line: say(f"  {line}"), earlier)
        except HarnessError as error:
            say(f"  {error}")
            return None
        text = f"{report_text(report)}\n"
        replace_file(place.folder / "report.txt", text.encode(errors="backslashreplace"))
        return report


def _guilty(report: BisectReport) -> GuiltyCommit:
    first, *others = report.first_bad
    return GuiltyCommit(
        commit=first.commit,
        subject=first.subject,
        author=first.author,
        candidates=tuple(other.commit for other in others),
    )


def _shown(report: BisectReport, commit: str) -> frozenset[FailureSignature]:
    """The failures that were seen at the commit."""
    judgements = {one.commit: one for one in (*report.judged, report.bad)}
    known = judgements.get(commit)
    return frozenset(() if known is None else known.failures)
