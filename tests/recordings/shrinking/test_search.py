# SPDX-License-Identifier: MIT
"""The search: which candidate is taken, how often one is tried, when it ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.recordings.shrinking.search import Search, TimeOver, halves, repeats_for


def searching(test, seconds=60.0):
    return Search(ThreadPoolExecutor(2), test, 2, seconds)


def same(candidate):
    return candidate


def test_the_first_candidate_that_shows_it_is_taken():
    """A later one that is tried at the same time is not."""
    search = searching(lambda number: number % 3 == 0)
    search.stage = "numbers"
    assert search.first([1, 2, 3, 6, 9], same) == (3, 3)
    assert search.shown["numbers"] == 1
    assert search.first([1, 2], same) is None
    assert "numbers" in search.report


def test_one_that_shows_it_once_is_not_taken():
    """A symptom that was certain must stay certain."""
    seen = []

    def once(number):
        seen.append(number)
        return seen.count(number) == 1

    assert searching(once).first([1], same) is None


def test_what_comes_one_time_in_a_few_is_tried_often_enough():
    """A candidate shows it if any of its trials does."""
    tries = []

    def each_fourth(number):
        tries.append(number)
        return len(tries) % 4 == 0

    search = searching(each_fourth)
    assert search.rate(7, 8) == 0.25
    assert search.repeats == repeats_for(0.25) == 17
    assert search.first([7], same) == (7, 7)


def test_a_search_without_time_ends():
    """No further trial begins."""
    with pytest.raises(TimeOver):
        searching(lambda number: False, seconds=0).first([1], same)


def test_halves_end_with_single_ones():
    """All at once, then smaller parts, and each alone."""
    parts = [list(part) for part in halves([1, 2, 3, 4])]
    assert parts == [[1, 2, 3, 4], [1, 2], [3, 4], [1], [2], [3], [4]]
    assert list(halves([])) == []
