# SPDX-License-Identifier: MIT
"""How often a failure that comes now and then is tried, so that a commit is hardly misjudged."""

WRONG_STEP = 0.01
"""The chance of a wrong verdict on a commit that is accepted."""

MOST_RUNS = 200
"""On one commit, however rare the failure is."""

ENOUGH = 6
"""Runs that measure a failure which comes each time: the fewest after which three passes are good.

Fewer would save less here than all good commits would then need more.
"""

ENOUGH_SHOWN = 5
MOST_MEASURED = 80
NEVER_SHOWN = 16
"""Runs without the failure after which it is taken not to come: one in four is missed in 1 %."""


def runs_to_measure(shown: int, runs: int) -> int:
    """How many more runs the rate needs at least, after ``runs`` of which ``shown`` failed.

    0: they tell enough of it.
    """
    most = MOST_MEASURED if shown else NEVER_SHOWN
    needed = max(ENOUGH - runs, ENOUGH_SHOWN - shown)
    return max(0, min(needed, most - runs))


def chance_unseen(shown: int, runs: int, repeats: int) -> float:
    """The chance that a failure stays away from ``repeats`` runs, which ``runs`` measured.

    Its rate is not known but estimated: all rates count as equally likely before they are
    measured, so that ``shown`` of ``runs`` leave a beta distribution, over which this is the mean.
    """
    chance = 1.0
    for repeat in range(repeats):
        chance *= (runs - shown + 1 + repeat) / (runs + 2 + repeat)
    return chance


def repeats_needed(shown: int, runs: int) -> int:
    """The least repeats for a chance of a wrong step below WRONG_STEP, at most MOST_RUNS."""
    return next(
        (
            repeats
            for repeats in range(1, MOST_RUNS)
            if chance_unseen(shown, runs, repeats) < WRONG_STEP
        ),
        MOST_RUNS,
    )
