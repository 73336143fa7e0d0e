# SPDX-License-Identifier: MIT
"""When presentations happen: targets, divisors, rates and clocks."""

import random

import pytest

from harness.clients.present import specimens
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.fixtures.exactness import exact_frames
from harness.x11.present import CompleteMode, CompleteNotify, Option
from suites.marks import KERNEL_EVENTS, SHOWN, YOUNG

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)


def small_windows(presenter: Presenter, count: int) -> list[PresentWindow]:
    """Windows that do not cover each other."""
    return [
        presenter.window(20, 20, x=24 * (index % 20), y=24 * (index // 20))
        for index in range(count)
    ]


def next_match(msc: int, divisor: int, remainder: int) -> int:
    """The first frame from ``msc`` on that leaves ``remainder``."""
    return msc + (remainder - msc) % divisor


@exact_frames(fps=4)
def test_past_targets_are_presented_at_the_very_next_frame(presenter):
    """A target that has passed means the next MSC: current + 1 (PRE-066).

    "Future" is a signed 64-bit comparison, so a target 2^63 or more ahead has passed (PRE-072).
    Complete tells that frame (PRE-105).
    """
    now = presenter.root_window().wait_msc(YOUNG)
    targets = [0, 1, now // 2, now - 1, now, now + 2**63 + 5, now + 2**63 + 2**62, 2**64 - 1]
    options = [Option.COPY, Option.UST, Option.SUBOPTIMAL]
    cases = [(target, Option.NONE) for target in [*targets, now + 1]]
    cases += [(0, option) for option in options]
    windows = small_windows(presenter, len(cases))
    pixmap = windows[0].pixmap("red")
    before = windows[0].notify_msc()
    shown = [
        window.present(pixmap, target_msc=target, options=option)
        for window, (target, option) in zip(windows, cases, strict=True)
    ]
    after = windows[0].notify_msc()
    first, last = before.wait_complete().msc, after.wait_complete().msc
    for one in shown:
        assert first + 1 <= one.wait_complete().msc <= last + 1, hex(one.request.target_msc)


@pytest.mark.needs(screen_clock=True)
@exact_frames(fps=4)
def test_async_shows_a_past_target_in_the_current_frame(presenter):
    """With Async a target that has passed is presented at once, at the current MSC (PRE-067).

    A signed comparison decides here too what has passed (PRE-072).
    """
    now = presenter.root_window().wait_msc(YOUNG)
    targets = [0, 1, now - 1, now, now + 2**63 + 5, 2**64 - 1]
    options = [Option.ASYNC, Option.ASYNC | Option.COPY]
    cases = [(target, option) for target in targets for option in options]
    windows = small_windows(presenter, len(cases))
    pixmap = windows[0].pixmap("red")
    before = windows[0].notify_msc()
    shown = [
        window.present(pixmap, target_msc=target, options=option)
        for window, (target, option) in zip(windows, cases, strict=True)
    ]
    after = windows[0].notify_msc()
    last = after.wait_complete().msc
    first = before.wait_complete().msc
    for one in shown:
        (complete,) = one.completes()
        assert first <= complete.msc <= last, hex(one.request.target_msc)
        assert len(one.idles()) == 1


@pytest.mark.needs(screen_clock=True)
@pytest.mark.needs(present=(1, 3), reason="AsyncMayTear came with Present 1.3")
@exact_frames(fps=4)
def test_async_may_tear_counts_as_async(presenter):
    """AsyncMayTear shows a past target at once, like Async (PRE-070)."""
    windows = small_windows(presenter, 2)
    pixmap = windows[0].pixmap("red")
    before = windows[0].notify_msc()
    shown = [
        windows[0].present(pixmap, options=Option.ASYNC_MAY_TEAR),
        windows[1].present(pixmap, options=Option.ASYNC_MAY_TEAR | Option.ASYNC),
    ]
    after = windows[0].notify_msc()
    last = after.wait_complete().msc
    first = before.wait_complete().msc
    for one in shown:
        (complete,) = one.completes()
        assert first <= complete.msc <= last


@exact_frames(fps=4)
def test_future_target_is_met_whatever_else_is_asked(presenter):
    """A target in the future is the frame of presentation (PRE-065, PRE-105).

    It wins over divisor and remainder (PRE-071), and Async does not hurry it.
    """
    now = presenter.root_window().msc()
    cases = [
        {"target_msc": now + 2},
        {"target_msc": now + 3},
        {"target_msc": now + 2, "options": Option.ASYNC},
        {"target_msc": now + 3, "options": Option.ASYNC | Option.SUBOPTIMAL},
        {"target_msc": now + 2, "divisor": 10, "remainder": (now + 5) % 10},
        {"target_msc": now + 2, "divisor": 2, "remainder": (now + 1) % 2},
        {"target_msc": now + 3, "divisor": 7, "options": Option.ASYNC},
        {"target_msc": now + 3, "options": Option.UST},
    ]
    windows = small_windows(presenter, len(cases))
    pixmap = windows[0].pixmap("red")
    shown = [window.present(pixmap, **case) for window, case in zip(windows, cases, strict=True)]
    part = presenter.region((0, 0, 5, 5))
    shown += [windows[0].present(pixmap, update=part, target_msc=now + 2) for _ in range(2)]
    early = [one for one in shown if one.idles() or one.completes()]
    reached = windows[0].msc()
    assert not [one for one in early if one.request.target_msc > reached]
    for one in shown:
        assert one.wait_complete().msc == one.request.target_msc, one.request


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(Option.NONE, id="synced"),
        pytest.param(Option.ASYNC, id="async", marks=pytest.mark.needs(screen_clock=True)),
    ],
)
@exact_frames(fps=4)
def test_divisor_and_remainder_choose_the_frame(presenter, options):
    """A past target moves to the first later MSC that leaves the remainder (PRE-068).

    A current MSC that leaves it is one period early without Async, and right with it (PRE-069).
    """
    cases = [(d, r) for d in (1, 2, 3, 4, 5) for r in range(d)]
    windows = small_windows(presenter, len(cases))
    pixmap = windows[0].pixmap("red")
    before = windows[0].notify_msc()
    shown = [
        window.present(pixmap, divisor=d, remainder=r, options=options)
        for window, (d, r) in zip(windows, cases, strict=True)
    ]
    after = windows[0].notify_msc()
    frames = {before.wait_complete().msc, after.wait_complete().msc}
    start = 0 if options else 1
    for one, (d, r) in zip(shown, cases, strict=True):
        expected = {next_match(msc + start, d, r) for msc in frames}
        assert one.wait_complete().msc in expected, (d, r, frames)


@pytest.mark.xserver(fps=300)
@pytest.mark.needs(rate=True)
def test_far_targets_stay_queued(presenter):
    """What lies more than 2^32 frames ahead stays queued and sends nothing (PRE-065, PRE-073).

    Nothing of target, divisor or remainder may get lost above 32 bits.  The distances are
    among those that released servers' 32-bit timers (ms) can express at this rate.
    """
    far = 2**32 + 30
    windows = small_windows(presenter, 8)
    pixmap = windows[0].pixmap("red")
    now = windows[0].msc()
    # 19664 frames last 2^16 ms, 1288653 last 2^32 µs.
    shown = [
        windows[6].present(pixmap, target_msc=now + 19664 + 30),
        windows[7].present(pixmap, target_msc=now + 1288653 + 30),
        windows[0].present(pixmap, target_msc=now + far),
        windows[1].present(pixmap, target_msc=now + 2**63 - 2**28),
        windows[2].present(pixmap, divisor=2**40, remainder=(now + far) % 2**40),
        windows[3].present(pixmap, divisor=2**63, remainder=now + far, options=Option.ASYNC),
    ]
    asked = [
        windows[4].notify_msc(now + far),
        windows[5].notify_msc(0, 2**40, (now + far) % 2**40),
    ]
    windows[0].wait_msc(now + 60)
    assert not any(one.completes() for one in [*shown, *asked])
    assert not any(one.idles() for one in shown)
    for window in windows:
        window.destroy()
    healthy = presenter.window(20, 20)
    assert healthy.show("green").mode in SHOWN
    assert not any(one.completes() for one in [*shown, *asked])


@KERNEL_EVENTS
@pytest.mark.needs(screen_clock=True, reason="the order spans several windows")
def test_presentations_happen_in_the_order_of_their_targets(presenter, connect):
    """Two hundred presentations, asked for in random order, each complete once, in target order.

    They are spread over five windows and two clients (PRE-074, PRE-065).  Targets lie two
    frames apart, more than the millisecond by which servers round their timers.
    """
    other = connect("other")
    windows = small_windows(presenter, 5)
    windows[3:] = [other.borrow_window(window) for window in windows[3:]]
    pixmaps = [window.pixmap("red") for window in windows]
    other.sync()
    steps = list(range(200))
    random.Random(7).shuffle(steps)
    base = windows[0].msc() + 90
    shown = []
    for step in steps:
        number = step % 5
        target = base + 2 * step
        shown.append(windows[number].present(pixmaps[number], target_msc=target))
        if step % 7 == 0:
            other.flush()
            presenter.flush()
    presenter.sync()
    other.sync()
    reached = windows[0].msc()
    windows[0].wait_msc(base + 2 * 200)
    windows[3].wait_msc(base + 2 * 200)
    for one in shown:
        assert len(one.completes()) == len(one.idles()) == 1
        complete = one.completes()[0]
        assert complete.msc >= one.request.target_msc
        assert complete.mode in SHOWN or one.request.target_msc <= reached
    target_of = {(one.client, one.serial): one.request.target_msc for one in shown}
    for client in (presenter, other):
        targets = [
            target_of[client, event.content.serial]
            for event in client.events
            if isinstance(event.content, CompleteNotify)
            and (client, event.content.serial) in target_of
        ]
        queued = [target for target in targets if target > reached]
        assert queued == sorted(queued)


@pytest.mark.known_bug(
    reference="present_fake_queue_vblank waits whole ms: what is asked for next may be due first",
    evidence="failed: AssertionError",
    strict=False,
)
def test_what_is_presented_later_stays(presenter):
    """Of two presentations to the same part of a window, asked for one frame after another,
    the later one is what remains (PRE-060, PRE-065)."""
    window = presenter.window(20, 20)
    part = presenter.region((0, 0, 20, 20))
    red, green = window.pixmap("red"), window.pixmap("green")
    for trips in range(300):
        window.present(red, update=part)
        for _ in range(trips % 8):
            presenter.sync()
        window.present(green, update=part).wait_complete()
        window.wait_msc(window.msc() + 1)
        assert window.pixel() == window.value("green"), f"at pair {trips}"


@pytest.mark.known_bug(
    reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
def test_requests_for_one_target_all_complete(presenter):
    """Presentations and notifications for one MSC each complete, in whatever order (PRE-075)."""
    windows = small_windows(presenter, 8)
    pixmap = windows[0].pixmap("red")
    target = windows[0].msc() + 30
    shown = [window.present(pixmap, target_msc=target) for window in windows]
    asked = [window.notify_msc(target) for window in windows for _ in range(3)]
    for one in [*shown, *asked]:
        assert one.wait_complete().msc >= target
    windows[0].wait_msc(target + 10)
    for one in [*shown, *asked]:
        (complete,) = one.completes()
        assert complete.mode in SHOWN
    assert all(len(one.idles()) == 1 for one in shown)


every_rate = pytest.mark.parametrize(
    "fps",
    [pytest.param(fps, marks=pytest.mark.xserver(fps=fps), id=f"{fps}fps") for fps in (7, 60, 600)],
)


def readings_of(window):
    """Completions of NotifyMSC and of presentations, over some frames."""
    readings = [window.notify_msc().wait_complete()]
    for step in (1, 2, 1):
        readings.append(window.notify_msc(readings[-1].msc + step).wait_complete())
        readings.append(window.show("red"))
    return readings


@pytest.mark.needs(screen_clock=True, fake_vblank=True, rate=True)
@every_rate
def test_msc_is_the_ust_in_frames(presenter, fps):
    """The MSC of a fake vertical blank is the UST divided by the length of a frame, rounded
    (PRE-076).

    ``-fakescreenfps`` sets that length (PRE-078).  The UST is that of this machine's clock.
    """
    interval = 1_000_000 // fps
    window = presenter.window(20, 20)
    for reading in [
        *readings_of(window),
        *(window.notify_msc().wait_complete() for _ in range(60)),
    ]:
        assert abs(reading.msc - reading.ust / interval) <= 0.5, reading


@pytest.mark.xserver(fps=None)
@pytest.mark.needs(screen_clock=True, fake_vblank=True)
def test_a_fake_vertical_blank_comes_sixty_times_a_second(server, presenter):
    """Unless another rate is asked for (PRE-160)."""
    if server.spec is None:
        pytest.skip("needs a server of its own, for that at --display may have another rate")
    reading = presenter.window(20, 20).notify_msc().wait_complete()
    # The length of a frame is a whole number of µs.
    assert abs(reading.msc - reading.ust * 60 / 1_000_000) <= 1 + reading.msc / 1000


@pytest.mark.needs(screen_clock=True, rate=True)
@every_rate
def test_msc_grows_by_one_a_frame(presenter, fps):
    """As many frames pass as the UST has time for at the rate of the screen, from wherever its
    clock started (PRE-076, PRE-078)."""
    readings = readings_of(presenter.window(20, 20))
    first, last = readings[0], readings[-1]
    assert last.msc - first.msc >= 4
    assert abs((last.ust - first.ust) * fps / 1_000_000 - (last.msc - first.msc)) <= 1


@pytest.mark.needs(screen_clock=True, fake_vblank=True, rate=True)
def test_a_target_seconds_ahead_is_not_early(presenter):
    """However many ms a server counts until then, the frame is waited for (PRE-161)."""
    window = presenter.window(20, 20)
    target = window.msc() + 2300
    asked = window.notify_msc(target)
    shown = window.present(window.pixmap("red"), target_msc=target)
    assert asked.wait_complete().msc >= target
    assert shown.wait_complete().msc >= target


@pytest.mark.needs(small_windows_copy=True)
def test_clocks_never_go_backwards(presenter):
    """UST and MSC never decrease over two hundred presentations, all of them alike (PRE-077)."""
    window = presenter.window(20, 20)
    pixmaps = [window.pixmap(colour) for colour in ("red", "green", "blue")]
    context = window.context.id
    ust = msc = 0
    for count in range(200):
        shown = window.present(pixmaps[count % 3], serial=count * 3)
        complete = shown.wait_complete()
        idle = shown.wait_idle()
        assert complete.kind == 0
        assert complete.mode in SHOWN
        assert (complete.event, complete.window) == (context, window.id)
        assert (idle.event, idle.window) == (context, window.id)
        assert (idle.pixmap, idle.idle_fence) == (pixmaps[count % 3].id, 0)
        assert complete.msc > msc, f"presentation {count}"
        assert complete.ust >= ust, f"presentation {count}"
        ust, msc = complete.ust, complete.msc
    assert window.pixel() == window.value("green")


@pytest.mark.needs(small_windows_copy=True)
def test_option_ust_leaves_targets_frames(presenter):
    """The option UST is accepted; the target is still an MSC (PRE-080).

    Taken as a UST the target would have passed long ago.
    """
    window = presenter.window(20, 20)
    target = window.msc() + 40
    shown = window.present(window.pixmap("red"), target_msc=target, options=Option.UST)
    assert shown.wait_complete().msc >= target
    assert len(shown.idles()) == 1


@pytest.mark.needs(supersede=True)
def test_target_crtc_changes_nothing_without_a_driver(presenter, too_late):
    """A valid target-crtc is accepted, its presentations are timed as all others (PRE-081).

    They even supersede, and are superseded by, those that name none.
    """
    crtc = specimens.crtc(presenter)
    window, other = small_windows(presenter, 2)
    pixmap = window.pixmap("red")
    target = window.msc() + 90
    shown = window.present(pixmap, target_msc=target, target_crtc=crtc)
    replaced = [
        other.present(other.pixmap("blue"), target_msc=target),
        other.present(other.pixmap("blue"), target_msc=target, target_crtc=crtc),
    ]
    last = other.present(pixmap, target_msc=target)
    if window.msc() >= target:
        too_late("the target had passed before the last presentation was queued")
    assert shown.wait_complete().msc >= target
    assert shown.wait_complete().mode in SHOWN
    assert last.wait_complete().mode in SHOWN
    assert [one.wait_complete().mode for one in replaced] == [CompleteMode.SKIP] * 2
    assert window.pixel() == other.pixel() == other.value("red")
