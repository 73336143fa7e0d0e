# SPDX-License-Identifier: MIT
"""The shortest list of tests after which another one fails."""

import random

import pytest

from harness.deadlines import Deadline
from harness.reuse.culprits import shortest

NAMES = [f"test_{number}" for number in range(60)]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("length", [3, 4, 7, 60])
def test_what_is_needed_is_found_in_order(count, length):
    """Wherever it stands, with far fewer tries than there are parts."""
    for seed in range(40):
        needed = set(random.Random(seed).sample(NAMES[:length], count))
        tries = []

        def fails(part, needed=needed, tries=tries):
            tries.append(part)
            return needed <= set(part)

        found = shortest(NAMES[:length], fails, Deadline.after(60))
        assert found == tuple(name for name in NAMES if name in needed)
        assert len(tries) < 60


def test_the_deadline_leaves_the_shortest_so_far():
    """No further session begins."""
    assert shortest(NAMES, lambda part: pytest.fail("tried"), Deadline.after(0)) == tuple(NAMES)
