# SPDX-License-Identifier: MIT
"""Pairs events with the requests they may belong to, as kindly as possible."""

from collections.abc import Callable, Sequence

WORK_LIMIT = 100_000


def match(lefts: int, rights: int, legal: Callable[[int, int], bool]) -> list[int | None] | None:
    """For each left its right, in a largest set of legal pairs; None if that is too much work.

    Indices stand for the items, oldest first; the pair of equal positions is tried first, so
    that the common case costs one question per item.
    """
    if all(legal(index, index) for index in range(min(lefts, rights))) and lefts <= rights:
        return list(range(lefts))
    if lefts * rights > WORK_LIMIT:
        return None
    edges = [[right for right in range(rights) if legal(left, right)] for left in range(lefts)]
    taken: dict[int, int] = {}
    for left in range(lefts):
        _augment(left, edges, taken)
    found: list[int | None] = [None] * lefts
    for right, left in taken.items():
        found[left] = right
    return found


def _augment(start: int, edges: Sequence[Sequence[int]], taken: dict[int, int]) -> None:
    """Find ``start`` a partner, moving others along an alternating path (breadth first)."""
    reached_from: dict[int, int] = {}
    queue = [start]
    for left in queue:
        for right in edges[left]:
            if right in reached_from:
                continue
            reached_from[right] = left
            if right not in taken:
                _flip(right, start, reached_from, taken)
                return
            queue.append(taken[right])


def _flip(right: int, start: int, reached_from: dict[int, int], taken: dict[int, int]) -> None:
    partners = {left: old for old, left in taken.items()}
    while True:
        left = reached_from[right]
        previous = partners.get(left)
        taken[right] = left
        if left == start or previous is None:
            return
        right = previous
