# SPDX-License-Identifier: MIT
"""Statistics of presentations: each number against a timeline of known times."""

import struct

import pytest

from harness.report.present_stats import PresentStats, WindowStats, window_stats
from harness.timeline.record import Timeline
from harness.x11.present import CompleteMode
from tests.timeline.script import OTHER_WINDOW, PIXMAP, WINDOW, Actor, Script, started


def _complete(a: Actor, serial: int, msc: int, **more: int) -> Actor:
    """A CompleteNotify that says that it happened a millisecond before its receipt."""
    return a.complete(serial, msc, ust=round(a.script.now * 1e6), **more)


def _only(timeline: Timeline) -> WindowStats:
    (stats,) = window_stats(timeline)
    return stats


def test_times_are_those_of_presentmon() -> None:
    """Between requests, between display changes by UST, from request to display; and to idle."""
    a = Script().client("a").create().select()
    a = _complete(a.present(1), 1, 11).idle(1)
    a = a.sync().present(2, pixmap=PIXMAP + 1).sync()
    a = _complete(a, 2, 12).idle(2, pixmap=PIXMAP + 1)
    first, second = _only(a.timeline).presents
    assert first == PresentStats(
        window=WINDOW,
        client="a",
        serial=1,
        pixmap=PIXMAP,
        mode="copy",
        dropped=False,
        between_presents=None,
        between_display_changes=None,
        until_displayed=0.0,
        lateness=None,
        until_idle=2.0,
        queue_depth=1,
        reused=False,
    )
    assert second.between_presents == 5.0
    assert second.between_display_changes == 7.0
    assert second.until_displayed == 2.0
    assert second.until_idle == 4.0


def test_where_ust_is_0_display_times_are_not_known() -> None:
    """What needs no UST is known all the same."""
    a = Script().client("a").create().select()
    a.present(1).idle(1).complete(1, 0, ust=0).present(2).idle(2).complete(2, 0, ust=0)
    for one in _only(a.timeline).presents:
        assert one.between_display_changes is None
        assert one.until_displayed is None
        assert one.until_idle == 1.0
        assert one.mode == "copy"


def test_no_change_is_measured_across_one_without_a_ust() -> None:
    """When the one between them happened is not known."""
    a = Script().client("a").create().select()
    a = _complete(a.present(1).idle(1), 1, 11)
    a = a.present(2).idle(2).complete(2, 0, ust=0)
    a = _complete(a.present(3).idle(3), 3, 13)
    changes = [one.between_display_changes for one in _only(a.timeline).presents]
    assert changes == [None, None, None]


def test_dropped_is_what_never_reached_the_window() -> None:
    """Skipped, or not complete; rejected requests are no presentations."""
    a = started().present(1).idle(1).complete(1, 11, mode=CompleteMode.SKIP)
    a.present(2).idle(2).complete(2, 12, mode=CompleteMode.FLIP).present(3)
    a.present(4).error("Match")
    stats = _only(a.timeline)
    assert stats.modes == {"skip": 1, "flip": 1, "not complete": 1}
    assert [one.dropped for one in stats.presents] == [True, False, True]
    assert stats.dropped == 2


@pytest.mark.parametrize(
    ("target", "msc", "lateness"),
    [(20, 20, 0), (20, 23, 3), (20, 19, -1), (5, 11, None), (0, 11, None)],
)
def test_lateness_is_counted_from_targets_that_lie_ahead(
    target: int, msc: int, lateness: int | None
) -> None:
    """The clock was at 10 when it was sent."""
    a = started().present(1, target=target).idle(1).complete(1, msc)
    assert _only(a.timeline).presents[0].lateness == lateness


def test_queue_depth_counts_what_is_not_complete() -> None:
    """On its own window, itself included."""
    a = started().create(OTHER_WINDOW).present(7, window=OTHER_WINDOW, pixmap=PIXMAP + 9)
    a.present(1).present(2, pixmap=PIXMAP + 1).present(3, pixmap=PIXMAP + 2)
    a.idle(1).complete(1, 11).present(4, pixmap=PIXMAP + 3)
    stats, _ = window_stats(a.timeline)
    assert [one.queue_depth for one in stats.presents] == [1, 2, 3, 3]


def _put_image(a: Actor, drawable: int = PIXMAP) -> Actor:
    return a.request("PutImage", struct.pack("=I", drawable))


@pytest.mark.parametrize(
    ("use", "reused"),
    [
        (lambda a: a.idle(1), False),
        (lambda a: _put_image(a).idle(1), True),
        (lambda a: _put_image(a.idle(1)), False),
        (lambda a: _put_image(a, PIXMAP + 1).idle(1), False),
        (lambda a: a.request("CopyArea", struct.pack("=II", PIXMAP, 9)).idle(1), False),
        (lambda a: a.request("CopyArea", struct.pack("=II", 9, PIXMAP)).idle(1), True),
        (lambda a: a.present(2).idle(1).idle(2), True),
        (lambda a: a.request("FreePixmap", struct.pack("=I", PIXMAP)).present(2).idle(1), False),
    ],
    ids=["idle", "drawn", "later", "other", "copied-from", "copied-to", "presented", "freed"],
)
def test_reuse_before_idle_is_noticed(use, reused: bool) -> None:
    """Drawing into the pixmap, or presenting it again, until its IdleNotify comes."""
    stats = _only(use(started().present(1)).complete(1, 11).timeline)
    assert stats.presents[0].reused is reused


def test_without_presentations_there_are_no_statistics() -> None:
    """NotifyMSC presents nothing."""
    assert window_stats(started().timeline) == []
    assert window_stats(Timeline()) == []
