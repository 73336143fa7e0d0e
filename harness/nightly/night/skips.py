# SPDX-License-Identifier: MIT
"""Tests that every run of a night skipped: what no server of it covers."""

import re
from collections import defaultdict
from collections.abc import Sequence

from harness.nightly.night.config import UncoveredSkip
from harness.nightly.night.night import Uncovered
from harness.results.run import Cause, CauseKind, Outcome, Run, TestResult
from harness.results.test_names import with_server

_OF_THE_SERVER = re.compile(r", (?![^(]*\))")
"""Between a need and what the server has: ``needs 2 CRTCs, Xvfb 21.1.7 has 1``."""


def uncovered(run: Run, allowed: Sequence[UncoveredSkip]) -> tuple[Uncovered, ...]:
    """The tests that no server of ``run`` judged, by the reason; those not allowed stand first.

    A test is the same that differs by its server alone; it is covered once it came to an end, good
    or bad, on one of them.  What a file of expectations skips is allowed by its reason and link.
    """
    by_test: dict[str, list[TestResult]] = defaultdict(list)
    for test in run.tests:
        if test.server:
            by_test[with_server(test.id, test.server)].append(test)
    by_need: dict[str, list[str]] = defaultdict(list)
    excused: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, results in by_test.items():
        if any(one.outcome is not Outcome.SKIPPED for one in results):
            continue
        if (cause := _bug(results)) is not None:
            excused[cause.name, cause.reference].append(name)
        else:
            by_need[_need(results)].append(name)
    found = [_uncovered(need, tests, allowed) for need, tests in by_need.items()]
    found += [
        Uncovered(need="a file of expectations", tests=tuple(tests), allowed=why, link=link)
        for (why, link), tests in excused.items()
    ]
    return tuple(sorted(found, key=lambda one: (bool(one.allowed), -len(one.tests), one.need)))


def _bug(results: Sequence[TestResult]) -> Cause | None:
    """Why a file of expectations skips the test; None where none does."""
    causes = (one.cause for one in results)
    return next((one for one in causes if one is not None and one.kind is CauseKind.BUG), None)


def _need(results: Sequence[TestResult]) -> str:
    """The reasons of all servers, each once, without what they say of one server."""
    reasons = [_OF_THE_SERVER.split(one.message)[0].strip() or "no reason" for one in results]
    return "; ".join(sorted(set(reasons)))


def _uncovered(need: str, tests: list[str], allowed: Sequence[UncoveredSkip]) -> Uncovered:
    fitting = next((one for one in allowed if one.need in need), None)
    if fitting is None:
        return Uncovered(need=need, tests=tuple(sorted(tests)))
    return Uncovered(
        need=need, tests=tuple(sorted(tests)), allowed=fitting.reason, link=fitting.link
    )
