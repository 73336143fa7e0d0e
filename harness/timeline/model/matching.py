# SPDX-License-Identifier: MIT
"""Maximum bipartite matching of events to requests."""

from collections.abc import Callable, Sequence

WORK_LIMIT = 100_000
"""Pairs that ``match`` looks at, at most."""


def match(lefts: int, rights: int, legal: Callable[[int, int], bool]) -> list[int | None] | None:
    """For each left its right, in a largest set of legal pairs; None if that is too much work.

    Indices stand for the items, oldest first; pairs of equal positions are tried first, so
    that the common case calls ``legal`` once per item.
    """
    if all(legal(index, index) for index in range(min(lefts, rights))) and lefts <= rights:
        return list(range(lefts))
    if lefts * rights > WORK_LIMIT:
        return None
    edges = [[right for right in range(rights) if legal(left, right)] for left in range(lefts)]
    found: list[int | None] = [None] * lefts
    taken: dict[int, int] = {}
    for left in range(lefts):
        _augment(left, edges, found, taken)
    return found


def _augment(
    start: int, edges: Sequence[Sequence[int]], found: list[int | None], taken: dict[int, int]
) -> None:
    """Find ``start`` a partner, moving others along an alternating path (breadth first)."""
    reached_from: dict[int, int] = {}
    queue = [start]
    for left in queue:
        for right in edges[left]:
            if right in reached_from:
                continue
            reached_from[right] = left
            if right in taken:
                queue.append(taken[right])
                continue
            freed: int | None = right
            while freed is not None:
                left = taken[freed] = reached_from[freed]
                found[left], freed = freed, found[left]
            return
