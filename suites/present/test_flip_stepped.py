# SPDX-License-Identifier: MIT
"""Flips frame by frame: what a monitor shows, and who may draw into what, between two frames.

The frames of these CRTCs come when a test says so, hence each statement is about one of them.
"""

import pytest

from harness.capture.crtc import capture_crtc
from harness.capture.get_image import capture
from harness.capture.scanned_out import frame_of
from harness.clients.randr.monitors import Monitors
from harness.pixels.canvas import Canvas
from harness.servers.flip.control import FlipOption
from harness.x11.present import CompleteMode, Option
from harness.x11.randr import Rotation

WIDTH, HEIGHT = 160, 120

pytestmark = [
    pytest.mark.xserver(size=(WIDTH, HEIGHT)),
    pytest.mark.needs(
        "Present", flip=True, servers=("xorg-flip",), reason="frames that a test can step"
    ),
]


@pytest.fixture
def window(presenter, flip_control):
    """A window over the whole screen, whose clock stands still."""
    made = presenter.screen_window()
    presenter.sync()
    flip_control.stop()
    return made


def shows(control, colour, crtc=0):
    """The CRTC scans out one colour; what it says of that."""
    shown = control.scanout(crtc)
    Canvas(shown.width, shown.height, shown.depth, colour).check(frame_of(shown))
    return shown


def flipped(control, window, colour):
    """A presentation that is on the monitor."""
    shown = window.present(window.pixmap(colour))
    window.client.sync()
    control.step()
    [complete] = shown.completes()
    assert complete.mode is CompleteMode.FLIP
    return shown


def test_a_flip_is_on_the_monitor_in_the_next_frame_and_not_before(flip_control, window):
    """Until the frame comes nothing is complete, and the monitor shows what it showed; then
    Complete has its MSC and UST (PRE-106), and the monitor shows the pixmap itself."""
    before = flipped(flip_control, window, "red")
    pixmap = window.pixmap("green")
    shown = window.present(pixmap)
    assert not shown.completes()
    assert shows(flip_control, "red").pixmap == before.request.pixmap
    tick = flip_control.step()
    [complete] = shown.completes()
    assert (complete.mode, complete.msc, complete.ust) == (CompleteMode.FLIP, tick.msc, tick.ust)
    now = shows(flip_control, "green")
    assert (now.flipped, now.pixmap, now.msc) == (True, pixmap.id, tick.msc)


def test_a_flipped_pixmap_is_idle_only_when_its_successor_is_on_the_monitor(
    presenter, flip_control, window
):
    """Neither frames without a flip nor one that is on its way frees what is scanned out; the
    frame that replaces it does, and triggers its fence (PRE-088, PRE-112)."""
    fence = presenter.fence()
    first = window.present(window.pixmap("red"), idle_fence=fence)
    presenter.sync()
    flip_control.step(frames=3)
    assert not first.idles()
    second = window.present(window.pixmap("green"))
    assert not first.idles()
    assert not fence.triggered
    shows(flip_control, "red")
    flip_control.step()
    shows(flip_control, "green")
    assert len(first.idles()) == 1
    assert fence.triggered
    flip_control.step(frames=5)
    assert not second.idles()


def test_flips_of_a_row_come_one_in_each_frame(flip_control, window):
    """Each is on the monitor in the frame of its target, no sooner and no later (PRE-065,
    PRE-144), and the one before comes back in that frame (PRE-145, PRE-088)."""
    start = window.msc()
    colours = ("red", "green", "blue", "white")
    shown = [
        window.present(window.pixmap(colour), target_msc=start + ahead)
        for ahead, colour in enumerate(colours, 2)
    ]
    flip_control.step()
    assert not any(one.completes() for one in shown)
    for number, colour in enumerate(colours):
        tick = flip_control.step()
        shows(flip_control, colour)
        done = [[one.msc for one in each.completes()] for each in shown]
        assert done[: number + 1] == [[start + ahead] for ahead in range(2, number + 3)]
        assert not any(done[number + 1 :])
        assert tick.msc == start + number + 2
        assert [len(one.idles()) for one in shown] == [1] * number + [0] * (len(shown) - number)


@pytest.mark.parametrize(
    ("divisor", "remainder"), [(1, 0), (2, 0), (2, 1), (3, 2), (5, 0), (5, 4), (8, 3)]
)
@pytest.mark.parametrize("ago", [0, 1, 5], ids=lambda ago: f"{ago}-ago")
def test_divisor_and_remainder_choose_the_very_frame_of_a_flip(
    flip_control, window, ago, divisor, remainder
):
    """With a target that has passed it is the next one that leaves the remainder, also where the
    current one does (PRE-068)."""
    flip_control.step(frames=9)
    for colour in ("red", "green", "blue"):
        now = window.msc()
        shown = window.present(
            window.pixmap(colour), target_msc=now - ago, divisor=divisor, remainder=remainder
        )
        window.client.sync()
        chosen = now + 1 + (remainder - now - 1) % divisor
        for _ in range(now + 1, chosen):
            flip_control.step()
            assert not shown.completes()
        flip_control.step()
        [complete] = shown.completes()
        assert (complete.mode, complete.msc) == (CompleteMode.FLIP, chosen)
        shows(flip_control, colour)
        flip_control.step()


def test_of_two_for_one_frame_only_the_later_is_ever_on_the_monitor(flip_control, window):
    """The earlier is skipped and comes back, and what is scanned out changes once (PRE-090)."""
    flipped(flip_control, window, "red")
    serial = flip_control.clock(0).serial
    target = window.msc() + 3
    first = window.present(window.pixmap("green"), target_msc=target)
    second = window.present(window.pixmap("blue"), target_msc=target)
    window.client.sync()
    flip_control.step(frames=2)
    shows(flip_control, "red")
    flip_control.step()
    shows(flip_control, "blue")
    assert flip_control.clock(0).serial == serial + 1
    [skipped], [complete] = first.completes(), second.completes()
    assert (skipped.mode, complete.mode) == (CompleteMode.SKIP, CompleteMode.FLIP)
    assert complete.msc == target
    assert (len(first.idles()), len(second.idles())) == (1, 0)


def test_an_early_fence_leaves_a_flip_to_its_target(presenter, flip_control, window):
    """It is on the monitor in the frame of its target, as if there were no fence (PRE-109,
    PRE-111)."""
    flipped(flip_control, window, "red")
    target = window.msc() + 3
    wait = presenter.fence()
    shown = window.present(window.pixmap("green"), wait_fence=wait, target_msc=target)
    presenter.sync()
    flip_control.step()
    wait.trigger()
    presenter.sync()
    flip_control.step()
    assert not shown.completes()
    shows(flip_control, "red")
    flip_control.step()
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.FLIP, target)
    shows(flip_control, "green")


def test_the_way_back_takes_a_frame_and_the_pixmap_stays_busy_until_then(
    presenter, flip_control, window
):
    """A window that is covered flips no more: the monitor goes on to show the pixmap until the
    next frame, which frees it (PRE-089), and then the screen with the same picture (PRE-142)."""
    shown = flipped(flip_control, window, "red")
    presenter.window(WIDTH // 2, HEIGHT, events=0, background="green")
    presenter.sync()
    assert flip_control.scanout().pixmap == shown.request.pixmap
    assert not shown.idles()
    flip_control.step()
    assert len(shown.idles()) == 1
    assert not flip_control.scanout().flipped
    expected = Canvas(WIDTH, HEIGHT, presenter.depth, "red")
    expected.area(0, 0, WIDTH // 2, HEIGHT).fill("green")
    expected.check(frame_of(flip_control.scanout()))


def test_a_flip_that_cannot_be_any_more_is_copied_at_its_target(presenter, flip_control, window):
    """A window that is covered while its flip is queued: the copy is neither in the frame before,
    in which the flip would have been handed to the driver, nor a frame late (PRE-065, PRE-141)."""
    target = window.msc() + 4
    shown = window.present(window.pixmap("red"), target_msc=target)
    presenter.window(WIDTH // 2, HEIGHT, events=0, background="green")
    presenter.sync()
    for _ in range(3):
        flip_control.step()
        assert not shown.completes()
    flip_control.step()
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.COPY, target)
    assert len(shown.idles()) == 1
    expected = Canvas(WIDTH, HEIGHT, presenter.depth, "red")
    expected.area(0, 0, WIDTH // 2, HEIGHT).fill("green")
    expected.check(frame_of(flip_control.scanout()))


def test_a_late_way_back_keeps_the_pixmap_busy(presenter, flip_control, window):
    """A driver may take its time: what is still scanned out is not idle (PRE-089), and flips that
    are asked for meanwhile are not lost."""
    flip_control.set(FlipOption.UNFLIP_DELAY, 3)
    shown = flipped(flip_control, window, "red")
    window.configure(x=8)
    window.configure(x=0)
    again = window.present(window.pixmap("blue"))
    presenter.sync()
    for _ in range(3):
        flip_control.step()
        shows(flip_control, "red")
        assert not shown.idles()
    flip_control.step()
    assert len(shown.idles()) == 1
    flip_control.step(frames=2)
    shows(flip_control, "blue")
    assert len(again.completes()) == 1


def test_a_flip_that_the_driver_refuses_is_a_copy(flip_control, window):
    """In the same frame or the next (PRE-143); the pixmap comes back, and the next one flips."""
    flipped(flip_control, window, "red")
    flip_control.set(FlipOption.FAILING_FLIPS, 1)
    start = window.msc()
    refused = window.present(window.pixmap("green"))
    window.client.sync()
    flip_control.step(frames=2)
    [complete] = refused.completes()
    assert complete.mode is CompleteMode.COPY
    assert start <= complete.msc <= start + 2
    assert len(refused.idles()) == 1
    shows(flip_control, "green")
    flipped(flip_control, window, "blue")
    shows(flip_control, "blue")


def test_a_flip_that_the_driver_refuses_holds_up_nothing_that_was_asked_before(
    flip_control, window
):
    """What waits for its frame then, that of the copy or a later one, is told of it (PRE-192)."""
    flipped(flip_control, window, "red")
    start = window.msc()
    flip_control.set(FlipOption.FAILING_FLIPS, 1)
    waiting = [window.notify_msc(start + ahead) for ahead in (2, 2, 3, 4)]
    refused = window.present(window.pixmap("green"), target_msc=start + 2)
    later = window.notify_msc(start + 3)
    window.client.sync()
    flip_control.step(frames=5)
    [complete] = refused.completes()
    assert complete.mode is CompleteMode.COPY
    for one in (*waiting, later):
        [told] = one.completes()
        assert told.msc == one.request.target_msc
    shows(flip_control, "green")


def test_a_flip_between_frames_waits_for_none(flip_control, window):
    """Where the driver can, a presentation with the option Async is on the monitor at once
    (PRE-146)."""
    flip_control.set(FlipOption.ASYNC, 1)
    first = flipped(flip_control, window, "red")
    shown = window.present(window.pixmap("green"), options=Option.ASYNC)
    assert shown.wait_complete().mode is CompleteMode.FLIP
    shows(flip_control, "green")
    assert len(first.idles()) == 1


@pytest.mark.parametrize("able", [0, 1], ids=["between-frames-never", "between-frames-too"])
def test_an_asynchronous_presentation_of_a_later_frame_flips_in_that_frame(
    flip_control, window, able
):
    """The option Async is for what comes too late: a target ahead is met by a flip with the frame,
    which needs no capability (PRE-193)."""
    flip_control.set(FlipOption.ASYNC, able)
    start = window.msc()
    shown = window.present(window.pixmap("green"), options=Option.ASYNC, target_msc=start + 3)
    window.client.sync()
    flip_control.step(frames=5)
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.FLIP, start + 3)
    shows(flip_control, "green")


def test_without_the_capability_what_comes_too_late_is_copied_at_once(flip_control, window):
    """The option Async asks for the present frame, in which this driver cannot flip (PRE-195)."""
    start = window.msc()
    shown = window.present(window.pixmap("green"), options=Option.ASYNC)
    window.client.sync()
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.COPY, start)
    assert len(shown.idles()) == 1
    flip_control.step(frames=2)
    shows(flip_control, "green")


@pytest.mark.needs("SHAPE")
@pytest.mark.parametrize("able", [0, 1], ids=["between-frames-never", "between-frames-too"])
def test_a_flip_survives_a_change_that_uncovers_nothing(flip_control, window, able):
    """What waits for its frame while the window's clip is computed anew, and is what it was, flips
    (PRE-194)."""
    flip_control.set(FlipOption.ASYNC, able)
    start = window.msc()
    shown = window.present(window.pixmap("green"), target_msc=start + 4)
    window.client.sync()
    flip_control.step()
    screen = window.geometry
    window.shape([(0, 0, screen.width, screen.height)])
    window.client.sync()
    flip_control.step(frames=5)
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.FLIP, start + 4)
    shows(flip_control, "green")


@pytest.mark.needs(crtcs=2)
def test_a_flip_is_complete_when_the_last_of_two_monitors_shows_it(presenter, flip_control, window):
    """Each changes in a frame of its own.  The pixmap before is busy while one of them still
    shows it (PRE-088), and Complete has the MSC of the window's CRTC (PRE-106)."""
    monitors = Monitors(presenter)
    first, second = monitors.resources().crtcs[:2]
    mode = monitors.crtc(first).mode
    output = monitors.resources().outputs[1]
    flip_control.stop(1)
    flip_control.plug(1)
    monitors.set_crtc(second, mode, [output])
    before = window.present(window.pixmap("red"))
    presenter.sync()
    for crtc in (0, 1):
        flip_control.step(crtc)
    assert len(before.completes()) == 1
    shown = window.present(window.pixmap("green"))
    presenter.sync()
    tick = flip_control.step(0)
    shows(flip_control, "green", 0)
    shows(flip_control, "red", 1)
    assert not shown.completes() + before.idles()
    flip_control.step(1)
    shows(flip_control, "green", 1)
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.FLIP, tick.msc)
    assert len(before.idles()) == 1


@pytest.mark.needs(crtcs=2)
@pytest.mark.parametrize("ahead", [0, 1], ids=["from the later", "from the earlier"])
def test_a_window_that_changes_its_monitor_goes_on_counting(presenter, flip_control, ahead):
    """Whichever of two clocks is ahead: the MSC of the window goes on from where it was, by the
    frames of its new CRTC, and targets are those of the window (PRE-084, PRE-065)."""
    monitors = Monitors(presenter)
    first, second = monitors.resources().crtcs[:2]
    monitors.set_screen_size(2 * WIDTH, HEIGHT, 100, 100)
    flip_control.plug(1)
    output = monitors.resources().outputs[1]
    monitors.set_crtc(second, monitors.crtc(first).mode, [output], x=WIDTH)
    for crtc in (0, 1):
        flip_control.stop(crtc)
    flip_control.step(ahead, frames=10_000)
    window = presenter.window(64, 48)
    before = window.msc()
    for crtc, x in ((1, WIDTH), (0, 0), (1, WIDTH)):
        window.move(x, 0)
        shown = window.present(window.pixmap("red"), target_msc=before + 3)
        presenter.sync()
        for _ in range(3):
            assert not shown.completes()
            flip_control.step(crtc)
        [complete] = shown.completes()
        assert complete.msc == window.msc() == before + 3
        before = complete.msc


def test_a_window_that_no_monitor_shows_has_a_frame_a_second(presenter):
    """Its MSC is the UST in seconds, to within one (PRE-079)."""
    window = presenter.window(64, 48, x=-100, y=-100)
    now = window.msc()
    for ahead in (0, 1, 2):
        told = window.notify_msc(now + ahead).wait_complete()
        assert told.msc >= now + ahead
        assert abs(told.ust / 1_000_000 - told.msc) <= 1


def test_what_waits_for_a_frame_of_a_monitor_that_goes_off_is_not_early(
    presenter, flip_control, window
):
    """A presentation that was accepted completes once, and not before its target (PRE-065)."""
    monitors = Monitors(presenter)
    target = window.msc() + 4
    shown = window.present(window.pixmap("green"), target_msc=target)
    asked = window.notify_msc(target)
    monitors.switch_off(monitors.resources().crtcs[0])
    for _ in range(3):
        assert not shown.completes() + asked.completes()
        flip_control.step()
    flip_control.step(frames=2)
    [complete], [told] = shown.completes(), asked.completes()
    assert min(complete.msc, told.msc) >= target
    assert complete.mode is CompleteMode.COPY


@pytest.mark.parametrize("number", [0, 1], ids=["its-own", "another"])
def test_nothing_flips_while_a_monitor_is_turned(presenter, flip_control, window, number):
    """The turned one scans out a picture that is made of the screen: presentations are copied,
    and both show them (PRE-141, PRE-142); they flip again when it stands upright."""
    monitors = Monitors(presenter)
    first, second = monitors.resources().crtcs[:2]
    flip_control.stop(1)
    flip_control.plug(1)
    monitors.set_crtc(second, monitors.crtc(first).mode, [monitors.resources().outputs[1]])
    crtc = monitors.crtc((first, second)[number])
    place = {"x": crtc.x, "y": crtc.y}
    monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=Rotation.ROTATE_180, **place)
    pixmap = window.pixmap()
    shown = window.present(pixmap)
    presenter.sync()
    for one in (0, 1):
        flip_control.step(one)
    [complete] = shown.completes()
    assert complete.mode is CompleteMode.COPY
    upright = capture(pixmap).pixels
    for one in (0, 1):
        expected = Canvas(WIDTH, HEIGHT, presenter.depth)
        expected.paste(upright[::-1, ::-1] if one == number else upright)
        expected.check(frame_of(flip_control.scanout(one)))
    monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, **place)
    again = window.present(window.pixmap("blue"))
    presenter.sync()
    for one in (0, 1):
        flip_control.step(one)
    assert [one.mode for one in again.completes()] == [CompleteMode.FLIP]
    for one in (0, 1):
        shows(flip_control, "blue", one)


def test_a_monitor_that_comes_on_shows_the_flipped_pixmap(presenter, flip_control, window):
    """As all others do, and from its first frame on."""
    monitors = Monitors(presenter)
    shown = flipped(flip_control, window, "red")
    crtc, output = monitors.resources().crtcs[1], monitors.resources().outputs[1]
    flip_control.stop(1)
    flip_control.plug(1)
    monitors.set_crtc(crtc, monitors.crtc(monitors.resources().crtcs[0]).mode, [output])
    assert shows(flip_control, "red", 1).pixmap == shown.request.pixmap
    Canvas(WIDTH, HEIGHT, presenter.depth, "red").check(capture_crtc(monitors, crtc))
