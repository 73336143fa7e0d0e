# SPDX-License-Identifier: MIT
"""How often a commit is tried follows from how often the failure came."""

import random

import pytest

from harness.nightly.bisecting.repetition import (
    ENOUGH,
    MOST_MEASURED,
    MOST_RUNS,
    NEVER_SHOWN,
    WRONG_STEP,
    chance_unseen,
    repeats_needed,
    runs_to_measure,
)


@pytest.mark.parametrize(
    ("shown", "runs", "repeats"),
    [
        pytest.param(6, 6, 3, id="always"),
        pytest.param(7, 8, 4, id="mostly"),
        pytest.param(5, 10, 10, id="one in two"),
        pytest.param(5, 20, 22, id="one in four"),
        pytest.param(1, 80, MOST_RUNS, id="hardly ever"),
    ],
)
def test_the_least_repeats_below_one_percent(shown, runs, repeats):
    """One less would be too few, unless the most are not enough."""
    assert repeats_needed(shown, runs) == repeats
    if repeats < MOST_RUNS:
        assert chance_unseen(shown, runs, repeats) < WRONG_STEP
        assert chance_unseen(shown, runs, repeats - 1) >= WRONG_STEP


def test_the_chance_is_that_of_all_rates_alike():
    """Rates at random that showed 5 of 20 leave it out as often as computed."""
    numbers = random.Random(4)
    unseen = tried = 0
    while tried < 300:
        rate = numbers.random()
        if sum(numbers.random() < rate for _ in range(20)) == 5:
            tried += 1
            unseen += all(numbers.random() >= rate for _ in range(4))
    assert unseen / tried == pytest.approx(chance_unseen(5, 20, 4), abs=0.08)


def test_measuring_ends():
    """Soon where the failure always comes, later where it is rare, and where it never comes."""
    assert runs_to_measure(3, 3) == ENOUGH - 3
    assert runs_to_measure(ENOUGH, ENOUGH) == 0
    assert runs_to_measure(4, 20) == 1
    assert runs_to_measure(5, 20) == 0
    assert runs_to_measure(0, NEVER_SHOWN - 1) == 1
    assert runs_to_measure(0, NEVER_SHOWN) == 0
    assert runs_to_measure(1, MOST_MEASURED) == 0


def test_a_failure_that_always_comes_is_measured_no_longer_than_three_passes_need():
    """One run less, and each good commit would be run a fourth time."""
    assert repeats_needed(ENOUGH, ENOUGH) == 3
    assert repeats_needed(ENOUGH - 1, ENOUGH - 1) == 4
