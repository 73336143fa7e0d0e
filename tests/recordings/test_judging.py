# SPDX-License-Identifier: MIT
"""A judge of recordings finds what tests find, once, and forgets without accusing wrongly."""

import pytest

from harness.recordings import judging
from harness.recordings.judging import Judge, family_of
from harness.timeline.rules import Family, check
from harness.x11.present import CompleteMode, EventMask
from tests.timeline.script import Script, started
from tests.timeline.simulator import Simulator
from tests.timeline.test_rules import BROKEN, LEGAL

FRAMES = 600


@pytest.fixture
def hasty(monkeypatch):
    """Judges forget after milliseconds: those of a Script are one apart."""
    monkeypatch.setattr(judging, "OLD", 0.02)
    monkeypatch.setattr(judging, "SETTLING", 0.01)


def spoken(judge, entries):
    return [finding.violation.rule for finding in judge.judged(entries)]


@pytest.mark.parametrize("case", [*BROKEN, *LEGAL], ids=lambda case: case.label)
def test_it_finds_what_a_test_finds(case):
    """Nothing else, and nothing twice where two checks see it."""
    entries = case.build().timeline.entries
    expected = [one.rule for one in check(case.build().timeline, case.family)]
    found = spoken(Judge(family=case.family), entries)
    assert set(found) == set(expected)
    assert len(found) <= len(expected)


def test_nothing_is_said_twice(hasty):
    """However often the same entries are checked."""
    a = started().present(1).idle(1).idle(1).complete(1, 11)
    judge = Judge(family=Family.COPY)
    for entry in a.timeline.entries:
        judge.add(entry)
    assert [one.violation.rule for one in judge.check(float("inf"))] == ["idle-once"]
    for _ in range(20):
        a.sync()
    for entry in a.timeline.entries[judge.count :]:
        judge.add(entry)
    assert judge.check(float("inf")) == []


def test_what_the_next_entries_may_complete_is_not_said_yet():
    """A copy whose IdleNotify follows it is wrong another way than one that has none."""
    a = started().present(1).complete(1, 11)
    judge = Judge(family=Family.COPY)
    for entry in a.timeline.entries:
        judge.add(entry)
    assert judge.check() == []
    (finding,) = judge.check(a.timeline.entries[-1].time + judging.SETTLING)
    assert finding.violation.rule == "idle-missing"


def test_a_finding_shows_what_is_around_it():
    """Its own entries are marked; times are those since the first entry."""
    a = started().sync().present(1).idle(1).idle(1).complete(1, 11).sync()
    judge = Judge(family=Family.COPY)
    (finding,) = judge.judged(a.timeline.entries)
    lines = finding.text(judge.start).splitlines()
    assert "IdleNotify of serial 1" in lines[0]
    around = lines[lines.index("  around it") + 1 :]
    assert [line[0] for line in around].count("*") == 3
    assert any("GetInputFocus" in line and line[0] == " " for line in around)
    assert all(len(line) <= 100 for line in around)


@pytest.mark.parametrize(
    ("server", "flips", "family"),
    [
        ("Xvfb 21.1.7", False, Family.COPY),
        ("Xvfb 21.1.7", True, Family.XORG_FLIP),
        ("Xorg 21.1.7", False, Family.XORG_FLIP),
        ("Xwayland 24.1.6", False, Family.XWAYLAND_FLIP),
        ("", False, Family.COPY),
    ],
)
def test_the_family_follows_from_the_recording(server, flips, family):
    """From the server's name, and from what it did."""
    assert family_of(server, flips=flips) is family


def test_a_flip_that_is_seen_counts(hasty):
    """A server of an unknown name that flips is judged as one that does."""
    a = started().present(1).complete(1, 11, mode=CompleteMode.FLIP).sync()
    judge = Judge("a server")
    assert spoken(judge, a.timeline.entries) == []
    assert judge.family is Family.XORG_FLIP


@pytest.mark.parametrize("seed", range(24))
def test_forgetting_never_accuses(seed, hasty):
    """Of random legal timelines, however late requests and events travel in them."""
    judge = Judge(family=Family.COPY, memory=120)
    assert spoken(judge, Simulator(seed, 500).timeline.entries) == []
    assert len(judge.entries) < judge.count


def _unique(a):
    for serial in range(1, FRAMES):
        a.present(serial, target=10 + serial).idle(serial).complete(serial, 10 + serial).sync()


def _one_serial(a):
    for frame in range(FRAMES):
        a.present(0, target=11 + frame).idle(0).complete(0, 11 + frame).sync()


def _never_quiet(a):
    a.present(0, target=11)
    for frame in range(1, FRAMES):
        a.present(0, target=11 + frame, pixmap=0x300 + frame % 2).idle(
            0, pixmap=0x200010 if frame == 1 else 0x300 + (frame - 1) % 2
        )
        a.complete(0, 10 + frame).sync()


def _completions_alone(a):
    a.select(EventMask.COMPLETE)
    for frame in range(FRAMES):
        a.present(frame).complete(frame, 11 + frame).sync()


def _nothing_selected(a):
    a.select(0)
    for frame in range(FRAMES):
        a.present(frame).sync()


def _two_contexts(a):
    b = a.client("b").select().sync()
    for serial in range(1, FRAMES):
        a.present(serial, target=10 + serial).idle(serial).complete(serial, 10 + serial)
        b.idle(serial).complete(serial, 10 + serial).sync()
        a.sync()


def _many_windows(a):
    for window in range(0x200100, 0x200100 + FRAMES):
        a.create(window).select(window=window, context=window + 0x1000)
        a.present(1, window=window).idle(1, window=window, context=window + 0x1000)
        a.complete(1, 20, window=window, context=window + 0x1000).destroy(window).sync()


def _many_clients(a):
    for number in range(FRAMES):
        c = a.client(f"c{number}").create(0x800000).select(window=0x800000)
        c.present(1, window=0x800000).idle(1, window=0x800000).complete(1, 20, window=0x800000)
        c.sync().close()
        a.sync()


def _draws(a):
    for _ in range(FRAMES):
        a.request("PolyFillRectangle").request("PutImage").sync()


@pytest.mark.parametrize(
    "plays",
    [
        *(_unique, _one_serial, _never_quiet, _completions_alone, _nothing_selected),
        *(_two_contexts, _many_windows, _many_clients, _draws),
    ],
)
def test_what_is_over_is_forgotten(plays, hasty):
    """Memory does not grow with the time that a client runs; what it ends with is still judged."""
    a = started()
    plays(a)
    a.sync().create(0x200999).select(window=0x200999, context=0x77)
    a.present(7, window=0x200999).idle(7, window=0x200999, context=0x77)
    a.idle(7, window=0x200999, context=0x77).complete(7, 5000, window=0x200999, context=0x77)
    judge = Judge(family=Family.COPY, memory=200)
    assert spoken(judge, a.sync().timeline.entries) == ["idle-once"]
    assert judge.count > FRAMES * 3
    assert len(judge.entries) < 320


def test_what_is_pending_is_remembered(hasty):
    """A presentation that is never completed is missed, long after it was sent."""
    a = Script().client("a").create().select().notify_msc(900).msc(900, 10).present(1, target=20)
    for frame in range(FRAMES):
        a.notify_msc(2, target=11 + frame).msc(2, 11 + frame).sync()
    judge = Judge(family=Family.COPY, memory=200)
    assert set(spoken(judge, a.timeline.entries)) == {"overdue"}


def _clock_runs(a, first):
    for msc in range(first, first + FRAMES):
        a.notify_msc(9).msc(9, msc).sync()
    return a


def test_requests_of_one_serial_that_are_answered_in_another_order_stay_together(hasty):
    """The later one was due first: neither is overdue while the other is pending."""
    a = started().select(EventMask.COMPLETE).present(0, target=2000).present(0, target=50)
    _clock_runs(a.complete(0, 50), 51).complete(0, 2000).sync()
    assert spoken(Judge(family=Family.COPY, memory=200), a.timeline.entries) == []


def test_pixmaps_of_one_serial_that_are_idle_in_another_order_stay_together(hasty):
    """A frame that was skipped is idle before the one that is on the screen."""
    shown, skipped, flip = (0x301, 0x302), 0x303, {"mode": CompleteMode.FLIP}
    a = started().present(0, target=20, pixmap=shown[0]).complete(0, 20, **flip)
    a.present(0, target=21, pixmap=shown[1]).complete(0, 21, **flip).idle(0, pixmap=shown[0])
    a.present(0, target=22, pixmap=skipped).present(0, target=22, pixmap=0x304)
    a.idle(0, pixmap=skipped).complete(0, 22, mode=CompleteMode.SKIP).complete(0, 22, **flip)
    _clock_runs(a, 23).idle(0, pixmap=shown[1]).sync()
    assert spoken(Judge(family=Family.XORG_FLIP, memory=200), a.timeline.entries) == []


def test_what_a_destroyed_window_left_unanswered_is_no_answer_of_the_next(hasty):
    """Its id was used again."""
    a = started().present(1).destroy().create().select().notify_msc(9).msc(9, 11)
    a = _clock_runs(a.present(1).idle(1).complete(1, 12), 13)
    assert spoken(Judge(family=Family.COPY, memory=200), a.timeline.entries) == []
