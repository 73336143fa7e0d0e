# SPDX-License-Identifier: MIT
"""The notifies list: other windows that are told of a presentation.

A list that is not empty kills servers without the fix of May 2026 when the presentation
completes, so each test has a server to throw away.
"""

import pytest

from harness.x11.present import (
    CompleteKind,
    CompleteNotify,
    IdleNotify,
    PresentConfigureNotify,
)
from suites.marks import SHOWN

pytestmark = [
    pytest.mark.xserver(fps=600, throwaway=True, any_depth=True),
    pytest.mark.known_bug(
        reference="xserver commit 8fb63dcf2 (May 2026)",
        fixed={"X.Org": "21.1.25", "XLibre": "25.2", "Xwayland": "24.1.14"},
        effect="ServerDied",
        strict=False,
    ),
]


def test_every_listed_window_is_told(presenter, connect):
    """Each entry gets a Complete of its own window and serial (PRE-102).

    Kind, mode, UST and MSC are those of the main window, which is told first.  Entries get no
    Idle (PRE-104).
    """
    other = connect("other")
    window = presenter.window(20, 20)
    listed = [presenter.window(20, 20, x=24 * index) for index in range(1, 4)]
    foreign = other.window(20, 20, x=200)
    other.sync()
    notifies = [(one, 0x80000000 + index) for index, one in enumerate([*listed, foreign])]
    shown = window.present(window.pixmap("red"), serial=5, notifies=notifies)
    complete = shown.wait_complete()
    window.wait_msc(complete.msc + 10)
    done = [e.content for e in presenter.events if isinstance(e.content, CompleteNotify)]
    done = [one for one in done if one.kind == CompleteKind.PIXMAP]
    assert done[0] == complete
    told = [(one.window, one.serial, one.event) for one in done[1:]]
    assert told == [(w.id, serial, w.context.id) for w, serial in notifies[:3]]
    (far,) = [e for e in foreign.context.events() if not isinstance(e, PresentConfigureNotify)]
    assert (far.window, far.serial) == (foreign.id, 0x80000003)
    for one in [*done, far]:
        assert one.kind == CompleteKind.PIXMAP
        assert one.mode in SHOWN
        assert (one.ust, one.msc) == (complete.ust, complete.msc)
    idles = [e.content for e in presenter.events if isinstance(e.content, IdleNotify)]
    assert [(one.window, one.serial) for one in idles] == [(window.id, 5)]
    assert listed[0].pixel() == 0
    assert window.show("green").mode in SHOWN


@pytest.mark.parametrize("count", [5, 17, 300])
def test_each_of_many_entries_has_its_own_serial(presenter, count):
    """A long list is told to its last entry, in its order (PRE-225)."""
    window = presenter.window(20, 20)
    listed = [presenter.window(20, 20, x=24 * index) for index in range(1, 4)]
    notifies = [(listed[index % 3], 1000 + 7 * index) for index in range(count)]
    complete = window.present(window.pixmap("red"), serial=5, notifies=notifies).wait_complete()
    window.wait_msc(complete.msc + 10)
    for place, one in enumerate(listed):
        told = [(event.window, event.serial) for event in one.context.events()]
        assert told == [(one.id, serial) for _, serial in notifies[place::3]]


@pytest.mark.needs(small_windows_copy=True)
def test_entries_of_a_presentation_that_waited_for_a_fence_are_told(presenter):
    """All of them, once it is released, and none before (PRE-225)."""
    window, first, second = (presenter.window(20, 20, x=24 * index) for index in range(3))
    fence = presenter.fence()
    notifies = [(first, 1001), (second, 1002), (first, 1003), (second, 1004)]
    shown = window.present(window.pixmap("red"), wait_fence=fence, notifies=notifies)
    window.wait_msc(window.msc() + 5)
    assert not first.context.events() + second.context.events()
    fence.trigger()
    shown.wait_complete()
    window.wait_msc(window.msc() + 10)
    assert [event.serial for event in first.context.events()] == [1001, 1003]
    assert [event.serial for event in second.context.events()] == [1002, 1004]


def test_window_may_be_listed_twice_and_list_itself(presenter):
    """One Complete per entry, also for the presented window and for repeated ones (PRE-102)."""
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    notifies = [(window, 101), (other, 102), (other, 102), (window, 103)]
    complete = window.present(window.pixmap("red"), serial=100, notifies=notifies).wait_complete()
    window.wait_msc(complete.msc + 10)
    own = [e.serial for e in window.context.events() if e.EVTYPE == 1 and e.kind == 0]
    assert own == [100, 101, 103]
    assert [e.serial for e in other.context.events() if e.EVTYPE == 1] == [102, 102]
    assert [e.serial for e in window.context.events() if e.EVTYPE == 2] == [100]


@pytest.mark.known_bug(
    reference="present_clear_window_notifies() leaves the entry of a destroyed window linked",
    since={"XLibre": "25"},
    effect="ServerDied",
    strict=False,
)
def test_notify_window_destroyed_before_completion_is_left_out(presenter, too_late):
    """A listed window that is gone is left out silently, wherever it stands in the list; the
    others are told (PRE-103)."""
    window, gone, kept = (presenter.window(20, 20, x=24 * index) for index in range(3))
    target = window.msc() + 60
    notifies = [(gone, 1001), (kept, 1002), (gone, 1003), (gone, 1004), (kept, 1005)]
    shown = window.present(window.pixmap("red"), target_msc=target, notifies=notifies)
    gone.destroy()
    # They may get the memory of the one that is gone, never what was meant for it.
    heirs = [presenter.window(20, 20, x=100) for _ in range(20)]
    if window.msc() >= target:
        too_late("the presentation was due before the listed window was destroyed")
    complete = shown.wait_complete()
    window.wait_msc(complete.msc + 10)
    assert [e.serial for e in kept.context.events() if e.EVTYPE == 1] == [1002, 1005]
    assert not [e for e in gone.context.events() if e.EVTYPE == 1]
    assert not [e for heir in heirs for e in heir.context.events()]
    assert window.pixel() == window.value("red")


def test_skipped_presentations_tell_their_notifies(presenter):
    """The entries of a superseded presentation complete as Skip with it (PRE-102, PRE-090)."""
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    target = window.msc() + 60
    first = window.present(window.pixmap("red"), target_msc=target, notifies=[(other, 1001)])
    second = window.present(window.pixmap("green"), target_msc=target, notifies=[(other, 1002)])
    shown = second.wait_complete().mode
    window.wait_msc(target + 10)
    told = {e.serial: e.mode for e in other.context.events() if e.EVTYPE == 1}
    assert set(told) == {1001, 1002}
    assert told[1001] == first.wait_complete().mode
    assert told[1002] == shown
    assert shown in SHOWN
