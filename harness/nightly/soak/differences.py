# SPDX-License-Identifier: MIT
"""How the tests of many runs ended, and which runs ended otherwise than most."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from harness.nightly.sessions.failure import FailureSignature, failure_of
from harness.nightly.soak.repetition import SoakJob, SoakRun
from harness.results.run import Outcome, TestResult
from harness.wording import counted

SHOWN_RUNS = 5
"""With one ending or observation, on a terminal."""

_DOUBT = 0.05
"""How likely what comes more often than the bound would still have come in none of the runs."""

_Key = TypeVar("_Key")


@dataclass(slots=True)
class SoakCount:
    """What the runs found so far: of each test how it ended, and what it observed, in which runs.

    An ending is what a failure shows; None is a pass.
    """

    runs: int = 0
    endings: dict[str, dict[FailureSignature | None, list[SoakJob]]] = field(default_factory=dict)
    observed: dict[str, dict[str, list[SoakJob]]] = field(default_factory=dict)
    untested: Counter[str] = field(default_factory=Counter)

    def add(self, done: SoakRun) -> bool:
        """Count a run; whether a test of it ended as none did before, or failed."""
        self.runs += 1
        new = False
        for test in done.run.tests:
            for name, value in test.observations.items():
                self.observed.setdefault(name, defaultdict(list))[value].append(done.job)
            if _too_slow(test):
                self.untested[test.id] += 1
                continue
            endings = self.endings.setdefault(test.id, defaultdict(list))
            ending = failure_of(test)
            new |= ending not in endings or test.outcome.bad
            endings[ending].append(done.job)
        return new

    @property
    def differing(self) -> dict[str, dict[FailureSignature | None, list[SoakJob]]]:
        """The tests that failed, or did not always end alike; a test that is missing differs."""
        return {
            test: endings
            for test, endings in sorted(self.endings.items())
            if len(endings) > 1
            or any(ending is not None and ending.outcome.bad for ending in endings)
            or sum(map(len, endings.values())) + self.untested[test] < self.runs
        }

    @property
    def odd(self) -> set[int]:
        """The numbers of the runs in which a test ended, or observed, as in few others."""
        groups = [[*group.values()] for group in self.endings.values()]
        groups += [[*group.values()] for group in self.observed.values()]
        found: set[int] = set()
        for group in groups:
            usual = max(group, key=len)
            found |= {job.number for jobs in group if jobs is not usual for job in jobs}
        return found


def _too_slow(test: TestResult) -> bool:
    """Whether the machine was too slow for the test, which says nothing of the server."""
    return test.outcome is Outcome.SKIPPED and test.message.startswith("not tested")


def soak_text(count: SoakCount, seconds: float, shown: int = SHOWN_RUNS) -> str:
    """The lines to print at the end; ``seconds`` (s) is how long all took.

    An ending or an observation is placed in at most ``shown`` runs, 0 for all but the most usual
    one, of which those that are left tell.
    """
    tests = counted(len(count.endings), "test")
    lines = [f"{counted(count.runs, 'run')} in {seconds:.0f} s, {tests}"]
    for test, endings in count.differing.items():
        lines.append(test)
        ran = sum(map(len, endings.values()))
        for rank, (ending, jobs) in enumerate(_usual_first(endings)):
            where = "" if len(jobs) == ran else f": {_places(jobs, shown if rank else SHOWN_RUNS)}"
            lines.append(f"  {len(jobs):>6} {'passed' if ending is None else ending}{where}")
        if missing := count.runs - ran - count.untested[test]:
            lines.append(f"  {missing:>6} not run")
    for name, values in sorted(count.observed.items()):
        lines.append(f"observed: {name}")
        for rank, (value, jobs) in enumerate(_usual_first(values)):
            places = _places(jobs, shown if rank else SHOWN_RUNS)
            where = "" if len(values) == 1 else f": {places}"
            lines.append(f"  {len(jobs):>6} {value}{where}")
    for test, times in count.untested.most_common():
        lines.append(f"not tested {counted(times, 'time')}, as the machine was too slow: {test}")
    if count.endings and not count.differing:
        tested = min(sum(map(len, endings.values())) for endings in count.endings.values())
        bound = math.ceil(1e4 * (1 - _DOUBT ** (1 / tested))) / 1e4
        lines.append(
            f"all alike: what came in none of {counted(tested, 'run')} of each test comes, with "
            f"{1 - _DOUBT:.0%} certainty, in less than {bound:.2%} of them"
        )
    return "\n".join(lines)


def _usual_first(groups: Mapping[_Key, list[SoakJob]]) -> list[tuple[_Key, list[SoakJob]]]:
    return sorted(groups.items(), key=lambda one: -len(one[1]))


def _places(jobs: Iterable[SoakJob], shown: int) -> str:
    ordered = sorted(jobs, key=lambda job: job.number)
    places = "; ".join(map(str, ordered[: shown or None]))
    return f"{places}; ..." if 0 < shown < len(ordered) else places
