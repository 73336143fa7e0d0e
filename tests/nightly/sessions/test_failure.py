# SPDX-License-Identifier: MIT
"""The same failure is an equal value, another one is not."""

from dataclasses import replace

import pytest

from harness.nightly.sessions.failure import failure_of
from harness.results.run import Cause, CauseKind, Outcome, TestResult

RULE = TestResult(
    id="a.py::test_a[xvfb@main-24]",
    server="xvfb@main",
    outcome=Outcome.RULE,
    cause=Cause(CauseKind.RULE, "idle-once", "https://clause"),
    message="RuleViolated: 2 came for serial 7",
)
FAILED = replace(
    RULE,
    outcome=Outcome.FAILED,
    cause=Cause(CauseKind.EXCEPTION, "WaitTimeout"),
    message="WaitTimeout: no IdleNotify of serial 7 on 0x200001 within 0.5 s\nand more",
)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(RULE, message="RuleViolated: 3 came for serial 9"), id="words"),
        pytest.param(
            replace(RULE, id="a.py::test_a[xvfb-24]", server="xvfb"), id="server of another build"
        ),
    ],
)
def test_a_rule_is_the_same_failure_whatever_it_says(other):
    assert failure_of(RULE) == failure_of(other)


@pytest.mark.parametrize(
    ("message", "same"),
    [
        ("WaitTimeout: no IdleNotify of serial 12 on 0x40 within 2.5 s", True),
        ("WaitTimeout: no CompleteNotify of serial 7 on 0x200001 within 0.5 s", False),
    ],
)
def test_an_exception_is_told_by_its_words_without_numbers(message, same):
    """They resemble each other anyway: suites of other days say it otherwise."""
    other = failure_of(replace(FAILED, message=message))
    assert (failure_of(FAILED) == other) is same
    assert failure_of(FAILED).resembles(other)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(RULE, cause=Cause(CauseKind.RULE, "idle-missing")), id="rule"),
        pytest.param(replace(RULE, outcome=Outcome.CRASHED), id="outcome"),
        pytest.param(replace(RULE, id="a.py::test_b[xvfb@main-24]"), id="test"),
        pytest.param(FAILED, id="exception"),
        pytest.param(replace(RULE, outcome=Outcome.SKIPPED, cause=None), id="skipped"),
    ],
)
def test_another_failure_is_no_match(other):
    assert failure_of(RULE) != failure_of(other)
    assert not failure_of(RULE).resembles(failure_of(other))


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.UNEXPECTED_PASS])
def test_what_passed_has_none(outcome):
    assert failure_of(replace(RULE, outcome=outcome)) is None


def test_it_is_said_in_words():
    assert str(failure_of(RULE)) == "rule violated (rule idle-once)"
    assert str(failure_of(FAILED)) == (
        "failed (WaitTimeout: no IdleNotify of serial # on # within # s)"
    )
