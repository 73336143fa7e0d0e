# SPDX-License-Identifier: MIT
"""NotifyMSC: a clock that can be asked, and an alarm."""

import pytest

from harness.clients.resources.window import WindowClass
from harness.fixtures.exactness import exact_frames
from harness.x11.present import CompleteKind, CompleteMode, IdleNotify, NotifyMsc
from suites.marks import YOUNG

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

A_FRAME_EARLY = pytest.mark.known_bug(
    reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)


@exact_frames(fps=4)
def test_past_targets_are_answered_at_once(presenter):
    """A target that has passed is answered at once with the current MSC (PRE-117).

    Like that of a presentation it is compared as a signed number.
    """
    window = presenter.window(20, 20)
    now = window.wait_msc(YOUNG)
    before = window.notify_msc()
    targets = [0, 1, now // 2, now - 1, now, now + 2**63 + 5, 2**64 - 1]
    asked = [window.notify_msc(target) for target in targets]
    after = window.notify_msc()
    last, first = after.wait_complete().msc, before.wait_complete().msc
    for one in asked:
        (complete,) = one.completes()
        assert first <= complete.msc <= last, hex(one.request.target_msc)
        assert (complete.kind, complete.mode) == (CompleteKind.NOTIFY_MSC, CompleteMode.COPY)


@A_FRAME_EARLY
@exact_frames(fps=4)
def test_future_targets_are_answered_then(presenter):
    """The answer comes at the target, whatever divisor and remainder say (PRE-117, PRE-118)."""
    window = presenter.window(20, 20)
    now = window.msc()
    asked = [
        window.notify_msc(now + 2),
        window.notify_msc(now + 3),
        window.notify_msc(now + 2, 2, (now + 1) % 2),
        window.notify_msc(now + 3, 50, now % 50),
    ]
    early = [one for one in asked if one.completes()]
    reached = window.msc()
    assert not [one for one in early if one.request.target_msc > reached]
    for one in asked:
        assert one.wait_complete().msc == one.request.target_msc


@A_FRAME_EARLY
@exact_frames(fps=4)
def test_divisor_and_remainder_choose_the_frame(presenter):
    """With a divisor the answer comes at the next MSC that leaves the remainder (PRE-118).

    A current MSC that leaves it is one period early: a divisor synchronises.
    """
    window = presenter.window(20, 20)
    cases = [(d, r) for d in (1, 2, 3, 4, 5) for r in range(d)]
    before = window.notify_msc()
    asked = [window.notify_msc(0, d, r) for d, r in cases]
    after = window.notify_msc()
    frames = {before.wait_complete().msc, after.wait_complete().msc}
    for one, (d, r) in zip(asked, cases, strict=True):
        expected = {msc + 1 + (r - msc - 1) % d for msc in frames}
        assert one.wait_complete().msc in expected, (d, r, frames)


@pytest.mark.parametrize(
    ("divisor", "remainder"),
    [(0, 1), (0, 2**33), (3, 3), (3, 2**33), (3, 2**32 + 1), (2**40, 2**41 + 7), (1, 2**64 - 1)],
)
def test_bad_remainders_are_refused(presenter, divisor, remainder):
    """A remainder that the divisor cannot leave gives Value with its low 32 bits (PRE-119)."""
    window = presenter.window(20, 20)
    with presenter.expect_error("Value", remainder & 0xFFFFFFFF):
        asked = window.notify_msc(0, divisor, remainder)
    with presenter.expect_error("Value", remainder & 0xFFFFFFFF):
        later = window.notify_msc(window.msc() + 5, divisor, remainder)
    window.wait_msc(window.msc() + 10)
    assert not asked.completes()
    assert not later.completes()


def test_large_divisors_and_remainders_are_accepted(presenter):
    """Any remainder below the divisor is right, in all of its 64 bits (PRE-119, PRE-118)."""
    window = presenter.window(20, 20)
    now = window.msc()
    asked = [
        window.notify_msc(now + 2**20, divisor, remainder)
        for divisor, remainder in [
            (1, 0),
            (2**32, 2**32 - 1),
            (2**40, 2**33 + 1),
            (2**63, 2**62),
            (2**64 - 1, 2**64 - 2),
        ]
    ]
    window.wait_msc(now + 10)
    assert not any(one.completes() for one in asked)


def test_only_windows_have_a_clock(presenter):
    """An id that is no window gives Window with that id (PRE-119)."""
    pixmap = presenter.pixmap(10, 10)
    gone = presenter.window(10, 10)
    gone.destroy()
    for drawable in (pixmap.id, presenter.new_id(), gone.id, 0):
        with presenter.expect_error("Window", drawable):
            presenter.send(NotifyMsc(window=drawable, serial=1))


@A_FRAME_EARLY
def test_every_kind_of_window_has_a_clock(presenter):
    """Unmapped windows, InputOnly windows and the root are told as well (PRE-120)."""
    windows = [
        presenter.window(20, 20, mapped=False),
        presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY),
        presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY, mapped=False),
        presenter.root_window(),
        presenter.window(1, 1, x=-50, y=-50),
    ]
    now = windows[0].msc()
    for window in windows:
        asked = [window.notify_msc(), window.notify_msc(now + 20), window.notify_msc(0, 5, 2)]
        for one in asked:
            complete = one.wait_complete()
            assert complete.window == window.id
            assert complete.msc >= one.request.target_msc
            assert len(one.completes()) == 1


def test_equal_requests_are_answered_one_by_one(presenter):
    """Two equal requests give two events: nothing is merged (PRE-121)."""
    window = presenter.window(20, 20)
    target = window.msc() + 20
    for wanted, options in [(1000, {"target_msc": 0}), (2000, {"target_msc": target})]:
        for _ in range(5):
            window.notify_msc(serial=wanted, **options)
    window.notify_msc(serial=2000, divisor=4)
    window.wait_msc(target + 20)
    done = [event.serial for event in window.context.events()]
    assert (done.count(1000), done.count(2000)) == (5, 6)
    assert not any(isinstance(event, IdleNotify) for event in window.context.events())


def test_destroyed_window_is_not_told(presenter, connect, too_late):
    """A window destroyed before the target gets no event, on no selection (PRE-122).

    That is so for a window that goes with its parent, too.
    """
    other = connect("other")
    clock, parent = presenter.window(10, 10), presenter.window(40, 40)
    window, child = presenter.window(20, 20), presenter.window(20, 20, parent=parent)
    listening = [other.borrow_window(one) for one in (window, child)]
    now = clock.msc()
    for one in (window, child):
        one.notify_msc(now + 2**20)
        one.notify_msc(now + 60)
        one.notify_msc(0, 2**20, (now + 60) % 2**20)
    window.destroy()
    parent.destroy()
    if clock.msc() >= now + 60:
        too_late("a target had passed before the windows were destroyed")
    clock.wait_msc(now + 80)
    for one in (window, child, *listening):
        assert not [e for e in one.context.events() if e.EVTYPE == 1]


@A_FRAME_EARLY
def test_answers_come_in_the_order_of_the_targets(presenter, too_late):
    """A hundred alarms set in falling order ring in rising order, each once (PRE-117)."""
    window = presenter.window(20, 20)
    base = window.msc() + 60
    asked = [window.notify_msc(base + 2 * step) for step in reversed(range(100))]
    if window.msc() >= base:
        too_late("the first target had passed before the last request")
    window.wait_msc(base + 200)
    rung = {event.serial: event for event in window.context.events()}
    for one in asked:
        assert len(one.completes()) == 1
        assert rung[one.serial].msc >= one.request.target_msc
    serials = [one.serial for one in reversed(asked)]
    assert [serial for serial in rung if serial in set(serials)] == serials


@pytest.mark.parametrize("words", [0, 1, 8, 10], ids=lambda words: f"{words}-words")
def test_wrong_lengths_are_refused(presenter, words):
    """NotifyMSC has ten words; any other length gives Length (PRE-123)."""
    window = presenter.window(20, 20)
    request = NotifyMsc(window=window.id, serial=5).encode()
    data = (request + bytes(4))[: 4 + 4 * words]
    with presenter.expect_error("Length"):
        presenter.send_raw("Present", NotifyMsc.OPCODE, data)
    window.wait_msc(window.msc() + 3)
    assert not [event for event in window.context.events() if event.serial == 5]


def test_every_selection_is_told(presenter, connect):
    """Notifications go to all selections on the window, those of other clients included (PRE-117).

    A client that listens to no window of its own may ask about any.
    """
    other = connect("other")
    window = presenter.window(20, 20)
    borrowed = other.borrow_window(window, events=0)
    contexts = [window.context, window.select(2), borrowed.select(2)]
    presenter.sync()
    other.sync()
    for target in (0, window.msc() + 10):
        asked = borrowed.notify_msc(target)
        other.flush()
        seen = {
            (one.serial, one.ust, one.msc, one.window)
            for one in (asked.wait_complete(context=context) for context in contexts)
        }
        assert len(seen) == 1
