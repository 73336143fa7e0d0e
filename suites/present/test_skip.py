# SPDX-License-Identifier: MIT
"""Superseding: which presentations a later one for the same frame replaces."""

import pytest

from harness.x11.present import CompleteMode, Option
from suites.marks import SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

QUEUED_LATE = "the target had passed before the last presentation was queued"

FAR = 2**20
"""Frames ahead: half an hour, so that nothing is due while a test looks."""


@pytest.mark.needs(supersede=True)
def test_superseded_pixmap_is_idle_at_once(presenter):
    """Idle of a superseded presentation does not wait for the target (PRE-090).

    Its idle fence is triggered at once too; Complete(Skip) has to wait, and so has everything
    of the presentation that replaces it.
    """
    window = presenter.window(20, 20, background="blue")
    fences = [presenter.fence(), presenter.fence()]
    old, new = window.pixmap("red"), window.pixmap("green")
    now = window.msc()
    first = window.present(old, target_msc=now + FAR, idle_fence=fences[0])
    assert not first.idles()
    assert not fences[0].triggered
    second = window.present(new, target_msc=now + FAR, idle_fence=fences[1])
    (idle,) = first.idles()
    assert (idle.pixmap, idle.idle_fence) == (old.id, fences[0].id)
    assert fences[0].triggered
    window.wait_msc(now + 30)
    assert len(first.idles()) == 1
    assert not first.completes()
    assert not second.idles()
    assert not second.completes()
    assert not fences[1].triggered
    assert window.pixel() == window.value("blue")


@pytest.mark.needs(supersede=True)
@pytest.mark.parametrize("how", ["smaller", "larger", "offset", "fence", "valid-area"])
def test_any_presentation_without_update_area_supersedes(presenter, how):
    """However large it is, wherever it is drawn and whatever it waits for besides (PRE-090)."""
    window = presenter.window(20, 20, background="blue")
    target = window.msc() + FAR
    first = window.present(window.pixmap("red"), target_msc=target)
    size = {"smaller": 8, "larger": 50}.get(how, 20)
    arguments = {
        "offset": {"x_off": 3, "y_off": -4},
        "fence": {"wait_fence": presenter.fence()},
        "valid-area": {"valid": presenter.region((0, 0, 5, 5))},
    }.get(how, {})
    second = window.present(window.pixmap("green", size, size), target_msc=target, **arguments)
    assert len(first.idles()) == 1
    assert not second.idles()


@pytest.mark.needs(supersede=True)
def test_superseded_presentation_completes_as_skip_at_the_target(presenter, too_late):
    """Complete(Skip) comes at the target, the replacement is copied there (PRE-090)."""
    window = presenter.window(20, 20, background="blue")
    old, new = window.pixmap("red"), window.pixmap("green")
    for _ in range(3):
        target = window.msc() + 90
        first = window.present(old, target_msc=target)
        second = window.present(new, target_msc=target)
        if window.msc() >= target:
            too_late(QUEUED_LATE)
        skipped, copied = first.wait_complete(), second.wait_complete()
        assert (skipped.kind, skipped.mode) == (0, CompleteMode.SKIP)
        assert copied.kind == 0
        assert copied.mode in SHOWN
        assert skipped.msc >= target
        assert copied.msc >= target
        assert [idle.pixmap for idle in first.idles()] == [old.id]
        assert [idle.pixmap for idle in second.idles()] == [new.id]
        assert window.pixel() == window.value("green")
        window.clear()


@pytest.mark.needs(supersede=True)
def test_chain_of_presentations_shows_only_the_last(presenter, too_late):
    """Of five presentations for one frame four are idle at once and skipped (PRE-090)."""
    window = presenter.window(20, 20)
    pixmaps = [window.pixmap(colour) for colour in ("red", "blue", "cyan", "white", "green")]
    fences = [presenter.fence() for _ in pixmaps]
    target = window.msc() + 90
    shown = [
        window.present(pixmap, target_msc=target, idle_fence=fence)
        for pixmap, fence in zip(pixmaps, fences, strict=True)
    ]
    early = [one.idles() for one in shown]
    states = [fence.triggered for fence in fences]
    if window.msc() >= target:
        too_late(QUEUED_LATE)
    assert [len(idles) for idles in early] == [1, 1, 1, 1, 0]
    assert states == [True, True, True, True, False]
    modes = [one.wait_complete().mode for one in shown]
    assert modes == [CompleteMode.SKIP] * 4 + [CompleteMode.COPY]
    window.wait_msc(target + 10)
    for one, pixmap, fence in zip(shown, pixmaps, fences, strict=True):
        (idle,), (complete,) = one.idles(), one.completes()
        assert (idle.pixmap, idle.idle_fence) == (pixmap.id, fence.id)
        assert complete.msc >= target
        assert fence.triggered
    assert window.pixel() == window.value("green")


@pytest.mark.needs(supersede=True)
def test_the_same_pixmap_supersedes_itself(presenter, too_late):
    """One pixmap presented twice for one frame: the first is skipped all the same (PRE-090)."""
    window = presenter.window(20, 20)
    pixmap = window.pixmap("red")
    target = window.msc() + 90
    first, second = (window.present(pixmap, target_msc=target) for _ in range(2))
    if window.msc() >= target:
        too_late(QUEUED_LATE)
    assert first.wait_complete().mode == CompleteMode.SKIP
    assert second.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")


@pytest.mark.needs(supersede=True)
def test_superseded_pixmap_may_have_been_freed(presenter, too_late):
    """A freed pixmap is superseded, and named in Idle, like any other (PRE-090, PRE-097)."""
    window = presenter.window(20, 20)
    target = window.msc() + 90
    shown = []
    for colour in ("red", "blue", "green"):
        pixmap = window.pixmap(colour)
        shown.append(window.present(pixmap, target_msc=target))
        pixmap.free()
    if window.msc() >= target:
        too_late(QUEUED_LATE)
    assert [one.wait_complete().mode for one in shown] == [
        *(CompleteMode.SKIP, CompleteMode.SKIP, CompleteMode.COPY)
    ]
    for one in shown:
        assert [idle.pixmap for idle in one.idles()] == [one.request.pixmap]
    assert window.pixel() == window.value("green")


@pytest.mark.needs(small_windows_copy=True)
def test_presentation_with_update_area_supersedes_nothing(presenter):
    """A later one with an update-area draws on top; the earlier one is executed (PRE-091).

    An empty update-area supersedes nothing either.
    """
    window = presenter.window(20, 20)
    part, empty = presenter.region((0, 0, 10, 20)), presenter.region()
    target = window.msc() + 40
    shown = [
        window.present(window.pixmap("red"), target_msc=target),
        window.present(window.pixmap("green"), update=part, target_msc=target),
        window.present(window.pixmap("blue"), update=empty, target_msc=target),
    ]
    early = [idle for one in shown for idle in one.idles()]
    assert not early or window.msc() >= target
    for one in shown:
        complete = one.wait_complete()
        assert complete.mode in SHOWN
        assert complete.msc >= target
        assert len(one.idles()) == 1
    assert window.pixel(15, 5) == window.value("red")


@pytest.mark.needs(supersede=True)
def test_whole_pixmap_supersedes_earlier_parts(presenter):
    """A later one without update-area replaces all earlier ones of the frame (PRE-090, PRE-091).

    It does not matter whether those had an update-area, nor what valid-area it has itself.
    """
    window = presenter.window(20, 20)
    part = presenter.region((0, 0, 10, 20))
    now = window.msc()
    shown = [
        window.present(window.pixmap("red"), target_msc=now + FAR),
        window.present(window.pixmap("blue"), update=part, target_msc=now + FAR),
    ]
    assert [len(one.idles()) for one in shown] == [0, 0]
    window.present(window.pixmap("green"), valid=part, target_msc=now + FAR)
    assert [len(one.idles()) for one in shown] == [1, 1]


def test_presentation_for_another_frame_supersedes_nothing(presenter, too_late):
    """Different targets: every presentation is executed (PRE-092)."""
    window = presenter.window(20, 20)
    pixmaps = [window.pixmap(colour) for colour in ("red", "green", "blue", "white")]
    target = window.msc() + 90
    shown = [
        window.present(pixmaps[0], target_msc=target),
        window.present(pixmaps[1], target_msc=target + 15),
        window.present(pixmaps[2], target_msc=target + 1),
        window.present(pixmaps[3], target_msc=target - 1),
    ]
    if window.msc() >= target - 1:
        too_late("a target had passed before the last presentation was queued")
    assert [one.wait_complete().mode in SHOWN for one in shown] == [True] * 4
    assert window.pixel() == window.value("green")


def test_targets_are_compared_with_all_their_bits(presenter):
    """Targets 2^20 frames apart are different frames (PRE-092)."""
    window = presenter.window(20, 20)
    now = window.msc()
    shown = [
        window.present(window.pixmap("red"), target_msc=now + step * FAR) for step in (1, 2, 3)
    ]
    window.wait_msc(now + 20)
    assert not any(one.idles() for one in shown)


@pytest.mark.needs(supersede=True)
def test_the_target_that_counts_is_the_computed_one(presenter):
    """A divisor's frame and the same frame named outright are one target (PRE-090).

    Two with one target in the request but different computed ones are two (PRE-092).
    """
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    now = window.msc()
    frame = now + FAR
    first = window.present(window.pixmap("red"), target_msc=frame)
    window.present(window.pixmap("green"), divisor=2**24, remainder=frame % 2**24)
    assert len(first.idles()) == 1
    apart = [
        other.present(other.pixmap("red"), divisor=2**24, remainder=(frame + step) % 2**24)
        for step in (0, 1, 2)
    ]
    other.wait_msc(now + 10)
    assert not any(one.idles() for one in apart)


@pytest.mark.needs(supersede=True)
@pytest.mark.parametrize(
    "options",
    [Option.ASYNC, Option.COPY, Option.SUBOPTIMAL],
    ids=["async", "copy", "suboptimal"],
)
def test_options_do_not_prevent_superseding(presenter, options):
    """Presentations supersede whatever their options (PRE-090)."""
    window = presenter.window(20, 20)
    frame = window.msc() + FAR
    first = window.present(window.pixmap("red"), target_msc=frame)
    second = window.present(window.pixmap("red"), target_msc=frame, options=options)
    assert len(first.idles()) == 1
    assert not second.idles()
    window.present(window.pixmap("red"), target_msc=frame)
    assert len(second.idles()) == 1


def test_only_presentations_of_the_same_window_supersede(presenter):
    """Parents, children and siblings present the same frame side by side (PRE-090, PRE-092)."""
    parent = presenter.window(60, 60)
    windows = [
        presenter.window(20, 20, parent=parent),
        parent,
        presenter.window(20, 20, parent=parent, x=30),
        presenter.window(20, 20, x=100),
    ]
    frame = parent.msc() + 30
    shown = [window.present(window.pixmap("red"), target_msc=frame) for window in windows]
    assert [one.wait_complete().mode in SHOWN for one in shown] == [True] * 4
    assert {window.pixel() for window in windows} == {windows[0].value("red")}


@pytest.mark.needs(supersede=True)
def test_another_client_supersedes_on_the_same_window(presenter, connect, too_late):
    """Who presents does not matter, only where and when (PRE-090)."""
    other = connect("other")
    window = presenter.window(20, 20)
    borrowed = other.borrow_window(window)
    target = window.msc() + 60
    first = window.present(window.pixmap("red"), target_msc=target)
    presenter.sync()
    second = borrowed.present(borrowed.pixmap("green"), target_msc=target)
    other.sync()
    if window.msc() >= target:
        too_late("the target had passed before the other client's presentation was queued")
    assert len(first.idles()) == 1
    assert first.wait_complete().mode == CompleteMode.SKIP
    assert second.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("green")


@pytest.mark.known_bug(
    reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
def test_notifications_and_presentations_do_not_supersede_each_other(presenter):
    """NotifyMSC for the same window and frame neither skips nor is skipped (PRE-090, PRE-121)."""
    window = presenter.window(20, 20)
    target = window.msc() + 30
    asked = [window.notify_msc(target)]
    shown = window.present(window.pixmap("red"), target_msc=target)
    asked.append(window.notify_msc(target))
    assert shown.wait_complete().mode in SHOWN
    for one in asked:
        complete = one.wait_complete()
        assert complete.mode in SHOWN
        assert complete.msc >= target
        assert len(one.completes()) == 1


@pytest.mark.needs(screen_clock=True, supersede=True)
def test_presentation_that_waits_for_a_fence_can_be_superseded(presenter, too_late):
    """Its pixmap is idle at once; Complete(Skip) comes when the fence is triggered (PRE-093).

    The replacement does not wait for that fence.
    """
    window = presenter.window(20, 20)
    wait, idle = presenter.fence(), presenter.fence()
    target = window.msc() + 60
    first = window.present(
        window.pixmap("red"), wait_fence=wait, idle_fence=idle, target_msc=target
    )
    second = window.present(window.pixmap("green"), target_msc=target)
    if window.msc() >= target:
        too_late("the target had passed before the second presentation was queued")
    assert second.wait_complete().mode in SHOWN
    window.wait_msc(target + 15)
    assert window.pixel() == window.value("green")
    assert not first.completes()
    assert len(first.idles()) == 1
    assert idle.triggered
    wait.trigger()
    complete = first.wait_complete()
    window.wait_msc(target + 25)
    assert len(first.idles()) == len(first.completes()) == 1
    assert complete.mode == CompleteMode.SKIP
    assert window.pixel() == window.value("green")


@pytest.mark.needs(supersede=True)
def test_what_was_superseded_can_be_presented_again(presenter, too_late):
    """A skipped pixmap is as good as any: presented again, it is shown (PRE-090)."""
    window = presenter.window(20, 20)
    red, green = window.pixmap("red"), window.pixmap("green")
    base = window.msc() + 90
    shown = []
    for step in range(3):
        shown += [
            window.present(red, target_msc=base + 8 * step),
            window.present(green, target_msc=base + 8 * step),
        ]
    last = window.present(red, target_msc=base + 30)
    if window.msc() >= base:
        too_late("the first target had passed before the last presentation was queued")
    modes = [one.wait_complete().mode for one in shown]
    assert modes == [CompleteMode.SKIP, CompleteMode.COPY] * 3
    assert last.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("red")


@pytest.mark.needs(supersede=True)
def test_a_skip_is_not_told_to_who_asked_for_the_same_frame(presenter, too_late):
    """NotifyMSC is answered with mode Copy, also between a presentation that is skipped and the one
    that is shown (PRE-236)."""
    window = presenter.window(20, 20)
    red, green = window.pixmap("red"), window.pixmap("green")
    target = window.msc() + 60
    first = window.present(red, target_msc=target)
    asked = window.notify_msc(target)
    second = window.present(green, target_msc=target)
    if window.msc() >= target:
        too_late(QUEUED_LATE)
    assert second.wait_complete().mode in SHOWN
    assert first.wait_complete().mode == CompleteMode.SKIP
    assert asked.wait_complete().mode == CompleteMode.COPY
