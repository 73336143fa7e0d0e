# SPDX-License-Identifier: MIT
"""The verdict on a night, as a function of what its jobs and the nights before found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.nightly.night.config import Policy, Weight
from harness.nightly.night.jobs.gathering import Found
from harness.nightly.night.night import (
    JobStatus,
    Night,
    NightFailure,
    Slower,
)
from harness.nightly.night.nights import PastNight
from harness.nightly.night.plan import NightPlan
from harness.nightly.night.skips import uncovered
from harness.results.comparing.comparison import SLOWER_BY
from harness.results.comparing.flakes import flakes_of
from harness.results.run import Outcome, Run, TestResult
from harness.wording import counted


def decide(plan: NightPlan, found: Found, before: Sequence[PastNight]) -> Night:
    """The verdict on the night of ``plan``; ``before`` are the nights before, the oldest first.

    Its new failures are not explained yet.
    """
    policy = plan.config.policy
    past = [_Past(night.night, {test.id: test for test in night.run.tests}) for night in before]
    good = next((one for one in reversed(past) if one.night.green), None)
    tonight = {test.id: test for test in found.run.tests}
    flaky = {test.id for test in found.run.tests if test.outcome is Outcome.FLAKY}
    flakes = flakes_of([*(night.run for night in before), found.run], policy.flakes_a_week)
    night = Night(
        id=plan.id,
        started=plan.started,
        seconds=found.run.seconds,
        suites=str(plan.suites),
        notes=found.notes,
        last_good=good.night.id if good else "",
        builds=found.builds,
        jobs=found.jobs,
        counts=_counts(found.run),
        failures=tuple(_failures(plan.id, found, past)),
        flakes=tuple(one for one in flakes.tests if one.test in flaky),
        flakes_of_week=len(flakes.budget.flakes),
        fixed=tuple(_fixed(tonight, past)),
        stale=found.stale,
        needless=found.needless,
        uncovered=uncovered(found.run, policy.allowed_skips),
        slower=tuple(_slower(tonight, good, policy.slower)),
    )
    return replace(night, red=tuple(reasons(night, policy)))


@dataclass(frozen=True, slots=True)
class _Past:
    night: Night
    tests: Mapping[str, TestResult]


def reasons(night: Night, policy: Policy) -> Iterator[str]:
    """Why the night is not green, each reason in words."""
    for job in night.jobs:
        if job.status.lost:
            yield f"{job.name}: {job.status}"
    weighed = (
        (policy.new_failures, len(night.new_failures), "new failure"),
        (policy.old_failures, len(night.old_failures), "failure of earlier nights"),
        (policy.failed_builds, sum(not one.good for one in night.builds), "build that failed"),
        (policy.stale_expectations, len(night.stale), "stale expectation"),
        (
            policy.uncovered_skips,
            sum(len(one.tests) for one in night.uncovered if not one.allowed),
            "test that no run covers",
        ),
        (policy.slower_tests, len(night.slower), "slower test"),
    )
    for weight, count, words in weighed:
        if weight is Weight.FAIL and count:
            yield counted(count, words)
    flakes = night.flakes_of_week
    if policy.flake_budget is Weight.FAIL and flakes > policy.flakes_a_week:
        yield f"{counted(flakes, 'flake')} in a week, the budget is {policy.flakes_a_week}"
    if not any(job.tests for job in night.jobs):
        yield "nothing was judged"


def _counts(run: Run) -> tuple[tuple[str, str], ...]:
    """For each server how many tests ended how, in words."""
    servers = dict.fromkeys(test.server for test in run.tests if test.server)
    found = []
    for server in servers:
        outcomes = [test.outcome for test in run.tests if test.server == server]
        words = ", ".join(f"{outcomes.count(one)} {one}" for one in Outcome if one in outcomes)
        found.append((server, words))
    return tuple(found)


def _failures(night: str, found: Found, past: Sequence[_Past]) -> Iterator[NightFailure]:
    # What such a job had begun when it ended is no failure of the test.
    died = {job.server for job in found.jobs if job.status is JobStatus.DIED}
    for test in found.run.tests:
        broken_off = test.outcome is Outcome.NOT_FINISHED and test.server in died
        if test.outcome.bad and not broken_off:
            yield _failure(night, test, past)


def _failure(night: str, test: TestResult, past: Sequence[_Past]) -> NightFailure:
    """What is known of a bad test; the explanation is that of the night in which it began."""
    seen = [(one, one.tests[test.id]) for one in past if test.id in one.tests]
    streak: list[_Past] = []
    good, alike = "", True
    for one, result in reversed(seen):
        if not result.judged:
            continue
        if not result.outcome.bad:
            good = one.night.id
            break
        if _alike(result, test) and alike:
            streak.append(one)
        else:
            alike = False
    failure = NightFailure(
        test=test.id,
        server=test.server,
        outcome=str(test.outcome),
        cause=test.cause.name if test.cause else "",
        message=test.message,
        since=streak[-1].night.id if streak else night,
        nights=len(streak) + 1,
        good=good,
    )
    known = next(
        (one for past_night in streak for one in past_night.night.failures if one.test == test.id),
        None,
    )
    if known is None:
        return failure
    return replace(
        failure,
        good=good or known.good,
        verdict=known.verdict,
        explanation=known.explanation,
        commit=known.commit,
    )


def _alike(before: TestResult, now: TestResult) -> bool:
    """Whether a test failed as it does now: else that is a new failure."""
    return before.outcome is now.outcome and before.cause == now.cause


def _fixed(tonight: Mapping[str, TestResult], past: Sequence[_Past]) -> Iterator[str]:
    """Tests that were bad in the last night and passed in this one."""
    if not past:
        return
    for name, before in past[-1].tests.items():
        now = tonight.get(name)
        if before.outcome.bad and now is not None and now.outcome is Outcome.PASSED:
            yield name


def _slower(
    tonight: Mapping[str, TestResult], good: _Past | None, factor: float
) -> Iterator[Slower]:
    """Tests that passed in both nights and take longer, by more than the machine does for all."""
    both = [
        (name, good.tests[name].durations.whole, now.durations.whole)
        for name, now in tonight.items()
        if good is not None
        and name in good.tests
        and now.outcome is good.tests[name].outcome is Outcome.PASSED
    ]
    ratios = sorted(now / before for _, before, now in both if before > 0)
    usual = max(1.0, ratios[len(ratios) // 2]) if ratios else 1.0
    for name, before, now in both:
        if now >= factor * usual * before and now - usual * before >= SLOWER_BY:
            yield Slower(test=name, before=round(before, 3), now=round(now, 3))
