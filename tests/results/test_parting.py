# SPDX-License-Identifier: MIT
"""The first entry at which two timelines part, and what does not count."""

from harness.results.comparing.comparison import compare_runs
from harness.results.comparing.parting import parting
from tests.results.runs import failed, passed, run
from tests.timeline.script import started


def shown(actor):
    """A presentation that completes, and what follows."""
    return actor.present(1).idle(1).complete(1, 11)


def test_what_differs_by_itself_is_no_parting():
    """Times, MSC and UST, and the order of events of different kinds."""
    one = started().present(1).idle(1).complete(1, 11)
    other = started().sync().present(1).complete(1, 777).idle(1)
    assert parting(shown(started()).timeline, one.timeline) is None
    assert parting(one.timeline, one.timeline) is None
    found = parting(one.timeline, other.timeline)
    assert "GetInputFocus" in found.second, "a request is one more"
    swapped = started().present(1).complete(1, 777).idle(1)
    assert parting(one.timeline, swapped.timeline) is None


def test_an_event_that_is_missing_is_a_parting():
    """Either way round."""
    whole, part = shown(started()), started().present(1).complete(1, 11)
    found = parting(whole.timeline, part.timeline)
    assert "<- Idle serial=1" in found.first
    assert found.second.startswith("no more ")
    turned = parting(part.timeline, whole.timeline)
    assert (turned.first, turned.second) == (found.second, found.first)


def test_the_earliest_of_several_counts():
    """An error, before an event that is missing."""
    first = started().present(1).idle(1).complete(1, 11)
    second = started().present(1).error("Match").complete(1, 11)
    found = parting(first.timeline, second.timeline)
    assert "error Match" in found.second or "Idle" in found.first
    third = started().present(1).idle(1).complete(1, 11).present(2)
    assert "Pixmap" in parting(first.timeline, third.timeline).second


def test_resources_are_told_apart_by_who_is_named_first():
    """Another number for the same pixmap is no parting, another pixmap is one."""
    one = started().present(1, pixmap=0x200010).present(2, pixmap=0x200010)
    moved = started().present(1, pixmap=0x200099).present(2, pixmap=0x200099)
    other = started().present(1, pixmap=0x200010).present(2, pixmap=0x200099)
    assert parting(one.timeline, moved.timeline) is None
    assert parting(one.timeline, other.timeline) is not None


def test_a_comparison_shows_where_timelines_part():
    """Of the first and the last run that kept one."""
    kept = [shown(started()).timeline, None, started().present(1).complete(1, 11).timeline]
    runs = [run(passed("a")), run(passed("a"), id="b"), run(failed("a"), id="c")]
    (row,) = compare_runs(runs, timelines=lambda number, test: kept[number]).partings
    assert "Idle" in row.values[0]
    assert row.values[1] == ""
    assert row.values[2].startswith("no more ")
    assert compare_runs(runs).partings == ()
