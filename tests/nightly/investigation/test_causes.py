# SPDX-License-Identifier: MIT
"""What four runs say of the cause of a failure: each of their 16 outcomes, and those with gaps."""

import pytest

from harness.nightly.investigation.causes import (
    FailureOrigin,
    RunResult,
    conclude,
    with_flakes,
)

F, P, U = RunResult.FAILS, RunResult.PASSES, RunResult.UNTOLD
PRODUCT, TEST, MACHINE = FailureOrigin.PRODUCT, FailureOrigin.TEST, FailureOrigin.MACHINE
CHANCE, UNKNOWN = FailureOrigin.CHANCE, FailureOrigin.UNKNOWN


@pytest.mark.parametrize(
    ("again", "old_suites", "old_build", "both_old", "origin", "word"),
    [
        (F, F, F, F, MACHINE, "what they run on has changed"),
        (F, F, F, P, UNKNOWN, "look at both changes"),
        (F, F, P, F, UNKNOWN, "the last good suites on either build"),
        (F, F, P, P, PRODUCT, "passes on the last good build with either"),
        (F, P, F, F, UNKNOWN, "the last good build with either suites"),
        (F, P, F, P, TEST, "passes with the last good suites on either"),
        (F, P, P, F, UNKNOWN, "no single change"),
        (F, P, P, P, UNKNOWN, "these suites and this build together"),
        (P, F, F, F, CHANCE, "it came with the last good suites, and with the last good build"),
        (P, F, F, P, CHANCE, "it came with the last good suites, and with the last good build"),
        (P, F, P, F, CHANCE, "and with both of the last good night"),
        (P, F, P, P, CHANCE, "it came with the last good suites"),
        (P, P, F, F, CHANCE, "it came with the last good build, and with both"),
        (P, P, F, P, CHANCE, "it came with the last good build"),
        (P, P, P, F, CHANCE, "it came with both of the last good night"),
        (P, P, P, P, CHANCE, "nor in any other run"),
    ],
)
def test_four_runs_name_a_cause(again, old_suites, old_build, both_old, origin, word):
    """By what fails and passes alike; the reason says so."""
    found = conclude(again, old_suites, old_build, both_old)
    assert found.origin is origin
    assert word in found.why


@pytest.mark.parametrize(
    ("again", "old_suites", "old_build", "both_old", "origin", "word"),
    [
        pytest.param(U, F, P, P, UNKNOWN, "the same run again", id="not again"),
        pytest.param(F, U, P, U, PRODUCT, "passes on the last good one", id="new test, server"),
        pytest.param(F, U, F, U, UNKNOWN, "server was wrong before", id="new test, both fail"),
        pytest.param(F, P, U, U, TEST, "passes with the last good ones", id="no build, test"),
        pytest.param(F, F, U, U, UNKNOWN, "product or machine", id="no build, either suites"),
        pytest.param(F, U, U, U, UNKNOWN, "neither the suites nor the build", id="nothing old"),
        pytest.param(F, F, P, U, UNKNOWN, "may be product", id="one is missing"),
        pytest.param(F, P, P, U, UNKNOWN, "none is certain", id="unknown either way"),
        pytest.param(P, U, U, U, CHANCE, "nor in any other run", id="passes again"),
    ],
)
def test_gaps_matter_only_where_they_decide(again, old_suites, old_build, both_old, origin, word):
    """What a missing run could have shown is considered."""
    found = conclude(again, old_suites, old_build, both_old)
    assert found.origin is origin
    assert word in found.why


def test_the_build_on_which_it_passed_is_no_other_one():
    """It is not said to have been wrong before."""
    found = conclude(F, U, F, U, same_build=True)
    assert found.origin is UNKNOWN
    assert "on which it passed" in found.why
    assert "wrong before" not in found.why


@pytest.mark.parametrize(
    ("results", "origin"),
    [
        ((F, U, F, U), CHANCE),
        ((F, F, F, F), CHANCE),
        ((F, F, P, P), PRODUCT),
        ((F, P, F, P), TEST),
    ],
)
def test_a_known_flake_is_chance_unless_the_runs_tell_more(results, origin):
    """A fault that hides behind a flake is still one."""
    conclusion = conclude(*results)
    assert with_flakes(conclusion, 0, 2) == conclusion
    found = with_flakes(conclusion, 1, 2)
    assert found.origin is origin
    assert ("flaky in 1 of 2 earlier runs with the same failure" in found.why) is (origin is CHANCE)
