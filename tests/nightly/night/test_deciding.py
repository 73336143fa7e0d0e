# SPDX-License-Identifier: MIT
"""The verdict on a night: what is new, what makes it red, what is carried over."""

import pytest

from harness.nightly.night.config import Weight
from harness.nightly.night.deciding import counted, decide
from harness.nightly.night.jobs.gathering import Found
from harness.nightly.night.night import (
    BuildStatus,
    BuildVerdict,
    GuiltyCommit,
    JobStatus,
    JobVerdict,
    NightFailure,
)
from harness.results.run import Attempt, Cause, CauseKind, Durations, Outcome
from tests.nightly.night.nights import JUDGED, day, past, plan
from tests.results.runs import failed, passed, run

RULE = Cause(CauseKind.RULE, "idle-once")


def decided(*tests, before=(), builds=(), jobs=(JUDGED,), stale=(), **policy):
    """The verdict on a night with these results."""
    found = run(*tests, id=day(30), started="2026-11-30T02:00:00Z")
    whole = Found(run=found, builds=tuple(builds), jobs=tuple(jobs), stale=tuple(stale))
    return decide(plan(**policy), whole, before)


def flaky(name):
    """The result of a test that failed and passed at once."""
    attempts = (Attempt(outcome=Outcome.FAILED), Attempt(outcome=Outcome.PASSED))
    return passed(name, outcome=Outcome.FLAKY, message="late", attempts=attempts)


def test_a_first_night_without_failures_is_green():
    """It needs no night before it."""
    night = decided(passed("one"))
    assert night.green
    assert (night.last_good, night.counts) == ("", (("xvfb", "1 passed"),))


def test_each_failure_of_a_first_night_is_new():
    """Nothing is known of any night in which it was good."""
    night = decided(failed("one"), passed("two"))
    assert night.red == ("1 new failure",)
    (failure,) = night.new_failures
    assert (failure.test, failure.since, failure.good) == ("test.py::one[xvfb]", day(30), "")


def test_a_failure_knows_the_last_night_in_which_it_was_good():
    """Also where that night was red for another test, and where later ones did not judge it."""
    before = [
        past(26, passed("one")),
        past(27, passed("one"), failed("two"), red=("1 new failure",)),
        past(28, passed("one", outcome=Outcome.SKIPPED)),
        past(29, passed("three")),
    ]
    night = decided(failed("one"), before=before)
    assert night.failures[0].good == day(27)
    assert night.last_good == day(29)


def test_a_failure_is_old_from_its_second_night_on():
    """With the explanation of the night in which it began."""
    known = NightFailure(
        test="test.py::one[xvfb]",
        server="xvfb",
        outcome="failed",
        good=day(26),
        verdict="product",
        explanation="it passes on the last good build",
        commit=GuiltyCommit(commit="a" * 40),
    )
    before = [
        past(26, passed("one")),
        past(27, failed("one"), red=("1 new failure",), failures=(known,)),
        past(28, failed("one"), red=("1 old failure",)),
    ]
    night = decided(failed("one"), before=before)
    assert night.red == ("1 failure of earlier nights",)
    (failure,) = night.old_failures
    assert (failure.since, failure.nights, failure.good) == (day(27), 3, day(26))
    assert (failure.verdict, failure.commit) == ("product", known.commit)
    # The good night need not be kept any more.
    assert decided(failed("one"), before=before[1:]).failures[0].good == day(26)


def test_a_test_that_fails_in_another_way_fails_anew():
    """A rule that breaks where a deadline passed before is another bug."""
    before = [past(28, passed("one")), past(29, failed("one"), red=("1 new failure",))]
    night = decided(failed("one", outcome=Outcome.RULE, cause=RULE), before=before)
    assert [one.since for one in night.new_failures] == [day(30)]
    # It was bad in the last night: that one is no night to compare with.
    assert night.new_failures[0].good == day(28)


def test_what_passes_again_is_fixed():
    """What the last night skipped, or had not, is not."""
    before = [past(29, failed("one"), failed("two"), passed("three"), red=("2 new failures",))]
    night = decided(passed("one"), passed("two", outcome=Outcome.SKIPPED), before=before)
    assert night.fixed == ("test.py::one[xvfb]",)


def test_flakes_are_no_failures_and_have_a_budget():
    """One a week is within it, two are not; those of longer ago do not count."""
    assert decided(flaky("one")).green
    night = decided(flaky("one"), before=[past(28, flaky("two"))])
    assert night.red == ("2 flakes in a week, the budget is 1",)
    assert [(one.test, one.flaky, one.judged) for one in night.flakes] == [
        ("test.py::one[xvfb]", 1, 1)
    ]
    assert decided(flaky("one"), before=[past(20, flaky("two"))]).green
    assert decided(flaky("one"), before=[past(28, flaky("two"))], flakes_a_week=2).green


LOST = JobVerdict(name="xorg", status=JobStatus.MISSING, reason="its job did not run")
BROKEN = BuildVerdict(name="main", status=BuildStatus.FAILED, stage="compile")


@pytest.mark.parametrize(
    ("found", "policy", "reason"),
    [
        ({"builds": [BROKEN]}, "failed_builds", "1 build that failed"),
        (
            {"builds": [BuildVerdict(name="main", status=BuildStatus.BUILT, lacks={"xorg": "x"})]},
            "failed_builds",
            "1 build that failed",
        ),
        ({"stale": ["line 3"]}, "stale_expectations", "1 stale expectation"),
    ],
)
def test_the_policy_says_what_makes_a_night_red(found, policy, reason):
    """What it only reports does not."""
    assert decided(passed("one"), **found).red == (reason,)
    assert decided(passed("one"), **found, **{policy: Weight.REPORT}).green


def test_the_policy_weighs_failures_and_skips():
    """Each kind by itself."""
    skip = passed("two", outcome=Outcome.SKIPPED, message="needs 2 CRTCs, Xvfb 21.1.7 has 1")
    assert decided(passed("one"), skip).red == ("1 test that no run covers",)
    assert decided(passed("one"), skip, uncovered_skips=Weight.REPORT).green
    assert decided(failed("one"), new_failures=Weight.REPORT).green
    before = [past(29, failed("one"), red=("x",))]
    assert decided(failed("one"), before=before, old_failures=Weight.REPORT).green


@pytest.mark.parametrize("status", [JobStatus.MISSING, JobStatus.DIED, JobStatus.UNUSABLE])
def test_a_job_whose_verdicts_are_lost_makes_every_night_red(status):
    """No policy allows that."""
    lost = JobVerdict(name="xorg", status=status)
    assert decided(passed("one"), jobs=[JUDGED, lost]).red == (f"xorg: {status}",)


def test_a_server_that_was_not_built_is_the_failure_of_its_build_alone():
    """Its job is not lost."""
    job = JobVerdict(name="xvfb@main", status=JobStatus.NOT_BUILT)
    night = decided(passed("one"), builds=[BROKEN], jobs=[JUDGED, job])
    assert night.red == ("1 build that failed",)


def test_a_night_that_judged_nothing_is_red():
    """Whatever the policy allows."""
    job = JobVerdict(name="xvfb@main", status=JobStatus.NOT_BUILT)
    night = decided(builds=[BROKEN], jobs=[job], failed_builds=Weight.REPORT)
    assert night.red == ("nothing was judged",)


def test_tests_that_a_died_job_had_not_finished_are_the_job_s():
    """One that crashed the harness of a whole session is a failure."""
    unfinished = failed("one", outcome=Outcome.NOT_FINISHED)
    died = JobVerdict(name="xvfb", server="xvfb", status=JobStatus.DIED, tests=1)
    assert decided(unfinished, jobs=[died]).red == ("xvfb: died",)
    assert decided(unfinished).red == ("1 new failure",)


def took(name, seconds):
    """A test that passed in this time."""
    return passed(name, durations=Durations(call=seconds))


def test_slower_tests_are_slower_than_the_machine():
    """A machine that is slower tonight slows all."""
    before = [past(29, took("one", 0.2), took("two", 0.2), took("three", 0.2))]
    night = decided(took("one", 0.2), took("two", 0.5), took("three", 0.2), before=before)
    assert [(one.test, one.before, one.now) for one in night.slower] == [
        ("test.py::two[xvfb]", 0.2, 0.5)
    ]
    assert night.green
    assert decided(took("two", 0.5), before=before, slower_tests=Weight.FAIL).green
    night = decided(took("one", 0.4), took("two", 0.7), took("three", 0.4), before=before)
    assert night.slower == ()


def test_slower_tests_may_make_a_night_red():
    """By policy alone."""
    before = [past(29, *(took(name, 0.2) for name in ("one", "two", "three")))]
    tests = took("one", 0.2), took("two", 0.6), took("three", 0.2)
    assert decided(*tests, before=before, slower_tests=Weight.FAIL).red == ("1 slower test",)
    assert decided(*tests, before=before, slower_tests=Weight.FAIL, slower=4.0).green


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (1, "new failure", "1 new failure"),
        (2, "new failure", "2 new failures"),
        (2, "build that failed", "2 builds that failed"),
        (3, "failure of earlier nights", "3 failures of earlier nights"),
        (0, "test that no run covers", "0 tests that no run covers"),
    ],
)
def test_what_is_counted_reads_as_english(count, words, text):
    """Its noun has a plural."""
    assert counted(count, words) == text
