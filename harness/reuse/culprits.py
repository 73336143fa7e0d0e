# SPDX-License-Identifier: MIT
"""Which of the tests that a server had served are enough to make a later one fail."""

from collections.abc import Callable, Sequence

from harness.deadlines import Deadline


def shortest(
    served: Sequence[str], fails: Callable[[Sequence[str]], bool], deadline: Deadline
) -> tuple[str, ...]:
    """A part of ``served``, in order, after which the test still fails.

    ``fails`` tries one; it is known to be true of ``served``.  No single test can be left out of
    the result, unless the deadline came first.  Source: Zeller and Hildebrandt, "Simplifying and
    Isolating Failure-Inducing Input" (2002), the algorithm ddmin without its tests of subsets
    that are complements.
    """
    found = tuple(served)
    parts = 2
    while len(found) > 1 and not deadline.passed:
        size = -(-len(found) // parts)
        for start in range(0, len(found), size):
            part, rest = found[start : start + size], found[:start] + found[start + size :]
            if deadline.passed:
                break
            if parts == 2 and fails(part):
                found = part
                break
            if parts > 2 and fails(rest):
                found, parts = rest, max(2, parts - 1)
                break
        else:
            if parts >= len(found):
                break
            parts = min(len(found), 2 * parts)
    return found
