# SPDX-License-Identifier: MIT
"""Several flips asked for together: targets, skips, fences and the frames they happen in.

Servers that flip skip what a newer frame overtakes, in ways of their own; what all of them
promise is that each presentation completes once, and that the last one stays.
"""

import pytest

from harness.capture.get_image import capture, capture_root
from harness.pixels.canvas import Canvas
from harness.x11.present import Capability, CompleteKind, CompleteMode, CompleteNotify, Option
from suites.marks import RELEASED_FOR_EVER, SMALL

pytestmark = [
    pytest.mark.xserver(fps=600, small=SMALL, any_depth=True),
    pytest.mark.needs("Present", flip=True),
]


COLOURS = ("red", "green", "blue", "cyan", "white", "yellow", "magenta")
AHEAD = 120
"""Frames to a target that has not come when the next request is carried out."""


def present_all(window, colours, **arguments):
    return [window.present(window.pixmap(colour), **arguments) for colour in colours]


def check_screen(window, colour):
    expected = Canvas(window.width, window.height, window.depth, colour)
    expected.check(capture(window))
    expected.check(capture_root(window.client))


def check_accounts(shown, *, last_stays=True):
    """All have completed once, and all but one that stays on the screen have come back once."""
    window = shown[-1].window
    window.wait_msc(max(one.wait_complete().msc for one in shown) + 5)
    assert [len(one.completes()) for one in shown] == [1] * len(shown)
    assert [len(one.idles()) for one in shown] == [1] * (len(shown) - 1) + [int(not last_stays)]


@pytest.mark.parametrize("options", [Option.NONE, Option.ASYNC], ids=["synced", "async"])
@pytest.mark.parametrize("count", [2, 3, 7])
def test_rapid_presentations_end_with_the_last(presenter, options, count):
    """Of presentations sent without waiting the server flips or skips each, and shows the last:
    it is flipped and stays; all others come back (PRE-145, PRE-088, PRE-090).  Asynchronous ones
    may be copied where the capabilities do not have Async (PRE-146, PRE-014)."""
    window = presenter.screen_window()
    shown = present_all(window, COLOURS[:count], options=options)
    modes = [one.wait_complete().mode for one in shown]
    promised = not options or Capability.ASYNC in window.capabilities()
    flips = modes[-1] is CompleteMode.FLIP
    assert flips or (modes[-1] is CompleteMode.COPY and not promised)
    assert promised <= (CompleteMode.COPY not in modes)
    check_accounts(shown, last_stays=flips)
    check_screen(window, COLOURS[count - 1])


def test_flips_of_one_window_happen_in_different_frames(presenter):
    """While a flip is pending the next one waits (PRE-145): no two of them have one MSC, and
    their UST grow with it."""
    window = presenter.screen_window()
    shown = present_all(window, COLOURS[:2]) + present_all(window, COLOURS)
    done = [one.wait_complete() for one in shown]
    flips = sorted((one for one in done if one.mode is CompleteMode.FLIP), key=lambda one: one.msc)
    assert len({one.msc for one in flips}) == len(flips) >= 2
    assert [one.ust for one in flips] == sorted({one.ust for one in flips})
    check_accounts(shown)


@pytest.mark.parametrize("ahead", [2, 5, 12])
def test_flip_happens_at_its_target(presenter, ahead):
    """A flip completes at its target or a frame or two later, never before (PRE-065, PRE-144),
    though it is handed on a frame ahead; until then the frame before stays busy and shown."""
    window = presenter.screen_window()
    first = window.present(window.pixmap("red"))
    first.wait_complete()
    for colour in ("green", "blue", "white"):
        target = window.msc() + ahead
        shown = window.present(window.pixmap(colour), target_msc=target)
        early = first.idles()
        assert not early or window.msc() >= target - 1
        complete = shown.wait_complete()
        assert complete.mode is CompleteMode.FLIP
        assert complete.msc >= target
        check_screen(window, colour)
        first.wait_idle()
        first = shown


@pytest.mark.parametrize("count", [2, 3])
def test_flips_for_the_same_frame_end_with_the_last(presenter, count):
    """For one target frame the later presentation wins: the earlier is skipped, or shown for a
    frame before it (PRE-090), and comes back either way."""
    window = presenter.screen_window()
    target = window.msc() + 10
    shown = present_all(window, COLOURS[:count], target_msc=target)
    done = [one.wait_complete() for one in shown]
    assert done[-1].mode is CompleteMode.FLIP
    assert done[-1].msc >= target
    for earlier in done[:-1]:
        assert earlier.mode in (CompleteMode.SKIP, CompleteMode.FLIP)
        assert earlier.msc < done[-1].msc or earlier.mode is CompleteMode.SKIP
    check_accounts(shown)
    check_screen(window, COLOURS[count - 1])


def test_flips_for_two_frames_are_shown_in_their_order(presenter, too_late):
    """The targets decide, not the order of the requests (PRE-074, PRE-092): both are flipped,
    the one with the later target last."""
    window = presenter.screen_window()
    now = window.msc()
    late = window.present(window.pixmap("red"), target_msc=now + 16)
    early = window.present(window.pixmap("green"), target_msc=now + 8)
    if window.msc() >= now + 7:
        too_late("the first target had passed before both were requested")
    first, second = early.wait_complete(), late.wait_complete()
    assert (first.mode, second.mode) == (CompleteMode.FLIP, CompleteMode.FLIP)
    assert now + 8 <= first.msc < second.msc
    assert second.msc >= now + 16
    early.wait_idle()
    assert not late.idles()
    check_screen(window, "red")


def test_row_of_targets_is_kept(presenter, too_late):
    """Flips queued for every second frame are each shown at theirs (PRE-065, PRE-092)."""
    window = presenter.screen_window()
    start = window.msc() + 12
    shown = [
        window.present(window.pixmap(colour), target_msc=start + 2 * step)
        for step, colour in enumerate(COLOURS)
    ]
    if window.msc() >= start - 1:
        too_late("the first target had passed before all were requested")
    done = [one.wait_complete() for one in shown]
    assert [one.mode for one in done] == [CompleteMode.FLIP] * len(done)
    for step, complete in enumerate(done):
        assert complete.msc >= start + 2 * step
    mscs = [one.msc for one in done]
    assert mscs == sorted(set(mscs))
    check_accounts(shown)
    check_screen(window, COLOURS[-1])


ROWS = 20
"""So often a server may be late, which a busy machine keeps from its work; a fault always is."""


@pytest.mark.parametrize(("divisor", "remainder"), [(1, 0), (3, 1), (5, 4), (8, 0)])
def test_divisor_and_remainder_choose_the_frame_of_a_flip(presenter, divisor, remainder):
    """With a target that has passed, a flip waits for a frame that leaves the remainder (PRE-068).
    It may miss that frame by one or two, as any flip (PRE-144), but does not always."""
    window = presenter.screen_window()
    window.present(window.pixmap("red")).wait_complete()
    late = []
    for _ in range(ROWS):
        late.clear()
        for colour in ("green", "blue", "white"):
            shown = window.present(window.pixmap(colour), divisor=divisor, remainder=remainder)
            complete = shown.wait_complete()
            assert complete.mode is CompleteMode.FLIP
            late.append((complete.msc - remainder) % divisor)
            check_screen(window, colour)
        if min(late) == 0 and max(late) <= 2:
            break
    assert min(late) == 0
    assert max(late) <= 2


@pytest.mark.parametrize(("divisor", "remainder"), [(1, 0), (2, 1), (3, 1), (5, 4), (8, 0)])
@pytest.mark.needs(servers=("xwayland", "sway"), reason="each of its windows counts its own frames")
def test_divisor_and_remainder_choose_the_very_frame_that_a_window_counts(
    presenter, divisor, remainder
):
    """A frame is counted when the window has it, so that a busy machine makes it later and not
    another: it is the next one that leaves the remainder (PRE-068)."""
    window = presenter.screen_window()
    window.present(window.pixmap("red")).wait_complete()
    for colour in COLOURS:
        pixmap = window.pixmap(colour)
        before = window.msc()
        shown = window.present(pixmap, divisor=divisor, remainder=remainder)
        after = window.msc()
        complete = shown.wait_complete()
        assert complete.mode is CompleteMode.FLIP
        first, last = (now + 1 + (remainder - now - 1) % divisor for now in (before, after))
        assert complete.msc in range(first, last + 1, divisor)


@pytest.mark.parametrize("how", [pytest.param("triggered", marks=RELEASED_FOR_EVER), "destroyed"])
def test_flip_waits_for_its_fence(presenter, how, too_late):
    """An untriggered wait fence holds a flip back, and the picture with it; triggering or
    destroying the fence lets it happen (PRE-108, PRE-110)."""
    window = presenter.screen_window()
    first = window.present(window.pixmap("red"))
    now = first.wait_complete().msc
    wait, idle = presenter.fence(), presenter.fence()
    target = now + AHEAD if how == "destroyed" else 0
    shown = window.present(
        window.pixmap("green"), wait_fence=wait, idle_fence=idle, target_msc=target
    )
    if how == "triggered":
        window.wait_msc(now + 6)
        assert not shown.completes() + first.idles()
        check_screen(window, "red")
        wait.trigger()
    else:
        wait.destroy()
        # A fence that goes later is another case: its presentation may never happen.
        if window.msc() >= target - 1:
            too_late("the target had passed before the fence was destroyed")
    complete = shown.wait_complete()
    assert complete.mode is CompleteMode.FLIP
    assert complete.msc >= max(target, now + 1)
    assert (complete.ust, complete.msc) != (0, 0)
    first.wait_idle()
    check_screen(window, "green")
    assert not shown.idles()
    assert not idle.triggered


@pytest.mark.xserver(fps=60)
def test_flip_whose_fence_is_triggered_early_comes_at_its_target(presenter):
    """A fence that is triggered before the target has come holds nothing back (PRE-109, PRE-111).

    The target is two seconds ahead: time for a trigger on a machine that stands still for long.
    """
    window = presenter.screen_window()
    now = window.present(window.pixmap("red")).wait_complete().msc
    wait = presenter.fence()
    shown = window.present(window.pixmap("green"), wait_fence=wait, target_msc=now + AHEAD)
    wait.trigger()
    complete = shown.wait_complete()
    assert complete.mode is CompleteMode.FLIP
    assert complete.msc >= now + AHEAD
    check_screen(window, "green")


@pytest.mark.parametrize("when", ["created", pytest.param("after", marks=RELEASED_FOR_EVER)])
def test_flip_needs_both_its_fence_and_its_target(presenter, when):
    """A fence triggered from the start, or after the target: the flip comes when both are there
    (PRE-109, PRE-111)."""
    window = presenter.screen_window()
    now = window.present(window.pixmap("red")).wait_complete().msc
    wait = presenter.fence(triggered=when == "created")
    target = now + 10
    shown = window.present(window.pixmap("green"), wait_fence=wait, target_msc=target)
    if when == "after":
        window.wait_msc(target + 6)
        assert not shown.completes()
        check_screen(window, "red")
        wait.trigger()
    complete = shown.wait_complete()
    assert complete.mode is CompleteMode.FLIP
    assert complete.msc >= target + (6 if when == "after" else 0)
    check_screen(window, "green")


def test_idle_fences_of_flips_are_triggered_with_idle(presenter):
    """Each flip's idle fence is triggered when the next one replaced it and never reset
    (PRE-112, PRE-113); a fence destroyed meanwhile is left out (PRE-114)."""
    window = presenter.screen_window()
    fences = [presenter.fence() for _ in range(4)]
    fences.append(presenter.fence(triggered=True))
    shown = []
    for colour, fence in zip(COLOURS, fences, strict=False):
        shown.append(window.present(window.pixmap(colour), idle_fence=fence))
        shown[-1].wait_complete()
        if len(shown) == 3:
            fence.destroy()
        if len(shown) > 1:
            idle = shown[-2].wait_idle()
            gone = len(shown) == 4
            assert idle.idle_fence == (0 if gone else fences[len(shown) - 2].id)
            assert gone or fences[len(shown) - 2].triggered
        if len(shown) not in (3, 5):
            assert not fence.triggered
    assert fences[-1].triggered


def test_frames_are_counted_while_a_window_flips(presenter):
    """NotifyMSC goes on beside the flips, with one clock for both (PRE-117, PRE-077): an answer
    after a flip has its MSC or a later one, and asks in the future are not early by more than
    the frame by which flips are programmed ahead."""
    window = presenter.screen_window()
    for colour in COLOURS:
        before = window.msc()
        ahead = window.notify_msc(before + 4)
        complete = window.present(window.pixmap(colour)).wait_complete()
        after = window.msc()
        assert before < complete.msc <= after
        assert ahead.wait_complete().msc >= before + 3
        assert not ahead.wait_complete().mode


def test_notifications_and_flips_do_not_disturb_each_other(presenter):
    """Two notifications and a flip for one frame: each is told once, the flip is neither
    skipped nor copied (PRE-121, PRE-075)."""
    window = presenter.screen_window()
    target = window.msc() + 12
    asked = [window.notify_msc(target)]
    shown = window.present(window.pixmap("red"), target_msc=target)
    asked.append(window.notify_msc(target))
    assert shown.wait_complete().mode is CompleteMode.FLIP
    for one in asked:
        one.wait_complete()
    window.wait_msc(target + 6)
    assert [len(one.completes()) for one in asked] == [1, 1]
    check_screen(window, "red")


@pytest.mark.needs(servers=("xwayland",), reason="each of its windows counts its own frames")
def test_frames_are_counted_from_the_first_use_of_a_window(presenter):
    """The clock of a window starts at 1, whatever others have counted, and its first flip takes
    one frame (PRE-105, PRE-106)."""
    window = presenter.screen_window()
    for _ in range(3):
        assert window.msc() == 1
        first = window.present(window.pixmap("red")).wait_complete()
        assert (first.mode, first.msc) == (CompleteMode.FLIP, 2)
        assert window.present(window.pixmap("green")).wait_complete().msc in (3, 4)
        window.unmap()
        window = presenter.screen_window()


def test_events_of_many_rapid_flips_keep_their_order(presenter):
    """Sixty frames in bursts of three: MSC and UST of the flips never go back, nothing is lost
    or told twice, and at the end one pixmap is out (PRE-077, PRE-088, PRE-145)."""
    window = presenter.screen_window()
    shown = []
    for _ in range(20):
        burst = present_all(window, COLOURS[:3])
        burst[-1].wait_complete()
        shown += burst
    check_accounts(shown)
    flips = [
        one.content
        for one in presenter.events
        if isinstance(one.content, CompleteNotify)
        and one.content.kind is CompleteKind.PIXMAP
        and one.content.mode is CompleteMode.FLIP
    ]
    assert len(flips) >= 20
    mscs = [one.msc for one in flips]
    assert mscs == sorted(mscs)
    assert [one.ust for one in flips] == sorted(one.ust for one in flips)
    check_screen(window, COLOURS[2])


@pytest.mark.xserver(throwaway=True)
@pytest.mark.known_bug(
    reference="xserver commit 8fb63dcf2 (May 2026)",
    fixed={"X.Org": "21.1.25", "XLibre": "25.2", "Xwayland": "24.1.14"},
    effect="ServerDied",
    strict=False,
)
def test_flip_tells_its_notifies(presenter):
    """Listed windows learn of a flip what its own window learns: Flip, UST and MSC, and no Idle
    (PRE-102, PRE-104)."""
    window = presenter.screen_window()
    listed = presenter.window(20, 20, mapped=False)
    shown = window.present(window.pixmap("red"), notifies=[(listed, 77)])
    complete = shown.wait_complete()
    assert complete.mode is CompleteMode.FLIP
    window.wait_msc(complete.msc + 4)
    (told,) = [one for one in listed.context.events() if isinstance(one, CompleteNotify)]
    assert (told.serial, told.mode, told.msc) == (77, CompleteMode.FLIP, complete.msc)
    assert told.ust == complete.ust
