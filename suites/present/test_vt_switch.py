# SPDX-License-Identifier: MIT
"""Presentations while another virtual terminal is shown, and when the server is back.

Each that was accepted completes once and gives its pixmap back, no sooner than at its target.  The
rules hold that clocks go forward.
"""

from dataclasses import replace

import numpy as np
import pytest

from harness.capture.crtc import capture_crtc, turned
from harness.capture.get_image import capture, capture_root
from harness.capture.scanned_out import frame_of
from harness.clients.randr.monitors import Monitors
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.x11.present import CompleteMode
from harness.x11.randr import Rotation
from suites.marks import SHOWN

WIDTH, HEIGHT = 160, 120
COLOURS = ("red", "green", "blue")

pytestmark = [
    pytest.mark.xserver(size=(WIDTH, HEIGHT)),
    pytest.mark.needs(
        "Present", flip=True, servers=("xorg-flip",), reason="a terminal that a test can leave"
    ),
]


@pytest.fixture
def window(presenter, flip_control):
    """A window over the whole screen, whose clock stands still."""
    made = presenter.screen_window()
    presenter.sync()
    flip_control.stop()
    return made


@pytest.fixture
def monitors(presenter):
    return Monitors(presenter)


def flips(control, window, colour):
    """A presentation flips, and is what the monitor shows."""
    shown = window.present(window.pixmap(colour))
    window.client.sync()
    control.step()
    [complete] = shown.completes()
    assert complete.mode is CompleteMode.FLIP
    scanned = control.scanout()
    assert scanned.pixmap == shown.request.pixmap
    Canvas(scanned.width, scanned.height, scanned.depth, colour).check(frame_of(scanned))
    return shown


@pytest.mark.parametrize("flipping", [True, False], ids=["flipping", "copying"])
@pytest.mark.parametrize("back", ["before", "between", "after"])
def test_what_was_queued_completes_at_its_target(presenter, flip_control, window, flipping, back):
    """Whether the terminal is back before the targets, between them or after them: each completes
    once at its MSC, and its pixmap comes back (PRE-065, PRE-087, PRE-088)."""
    first = flips(flip_control, window, "white")
    shown_in = window if flipping else presenter.window(64, 48, x=20, y=30)
    now = window.msc()
    shown = [
        shown_in.present(shown_in.pixmap(colour), target_msc=now + 2 * step)
        for step, colour in enumerate(COLOURS, start=1)
    ]
    asked = window.notify_msc(now + 5)
    presenter.sync()
    flip_control.switch_away()
    if back == "before":
        flip_control.switch_back()
    assert not any(one.completes() for one in (*shown, asked))
    for step in range(1, 8):
        if (back, step) == ("between", 4):
            flip_control.switch_back()
        tick = flip_control.step()
        for one, target in zip((*shown, asked), (now + 2, now + 4, now + 6, now + 5), strict=True):
            # A flip that cannot be any more is a copy in the same frame or the next.
            assert len(one.completes()) >= (tick.msc > target)
            assert not one.completes() or one.completes()[0].msc >= target
    flip_control.switch_back()
    if not flipping:
        shown_in.destroy()
    last = flips(flip_control, window, "magenta")
    flip_control.step(frames=2)
    assert [len(one.completes()) for one in (*shown, asked, last)] == [1] * 5
    assert [len(one.idles()) for one in (first, *shown, last)] == [1] * 4 + [0]
    assert all(one.completes()[0].mode in SHOWN for one in shown)
    Canvas(WIDTH, HEIGHT, presenter.depth, "magenta").check(capture_root(presenter))


def test_a_client_that_waits_for_each_frame_goes_on(presenter, flip_control, window):
    """Before, while the terminal is away, and after: every frame is complete in one step or two,
    with a clock that goes on (PRE-077, PRE-087)."""
    clock = []
    for change in (None, flip_control.switch_away, flip_control.switch_back):
        if change is not None:
            change()
        for colour in COLOURS:
            shown = window.present(window.pixmap(colour))
            presenter.sync()
            flip_control.step(frames=2)
            [complete] = shown.completes()
            clock.append((complete.msc, complete.ust))
    assert clock == sorted(set(clock))
    assert complete.mode is CompleteMode.FLIP
    Canvas(WIDTH, HEIGHT, presenter.depth, COLOURS[-1]).check(frame_of(flip_control.scanout()))


def test_a_flipped_pixmap_comes_back_when_the_terminal_goes(flip_control, window):
    """Nothing shows it any more: it is idle in the next frame, once (PRE-089)."""
    shown = flips(flip_control, window, "red")
    flip_control.switch_away()
    flip_control.step(frames=2)
    assert len(shown.idles()) == 1
    assert not flip_control.scanout().flipped
    flip_control.switch_back()
    flips(flip_control, window, "green")
    assert len(shown.idles()) == 1


def test_windows_are_drawn_again_when_the_terminal_is_back(presenter, flip_control, window):
    """Their backgrounds are, and what clients draw then is on the monitor; pixmaps have kept what
    they had (PRE-142)."""
    pixmap = window.pixmap()
    before = capture(pixmap)
    inner = presenter.window(64, 48, x=20, y=30, background="green")
    presenter.sync()
    flip_control.switch_away()
    flip_control.switch_back()
    presenter.sync()
    expected = Canvas(64, 48, presenter.depth, "green")
    expected.check(capture(inner))
    expected.check(frame_of(flip_control.scanout()).crop(20, 30, 64, 48))
    assert capture(pixmap).digest == before.digest


def test_a_turned_monitor_is_turned_when_the_terminal_is_back(presenter, flip_control, monitors):
    """Modes, places and rotations are those that were set last, and each monitor shows its part of
    what is drawn then."""
    first, second = monitors.resources().crtcs[:2]
    output, mode = monitors.resources().outputs[1], monitors.crtc(first).mode
    monitors.set_screen_size(2 * WIDTH, 2 * WIDTH, 100, 100)
    flip_control.plug(1)
    place = {"x": WIDTH, "y": 8, "rotation": Rotation.ROTATE_90}
    assert monitors.set_crtc(second, mode, [output], **place).status == 0
    before = [replace(monitors.crtc(crtc), timestamp=0) for crtc in (first, second)]
    flip_control.switch_away()
    flip_control.switch_back()
    assert [replace(monitors.crtc(crtc), timestamp=0) for crtc in (first, second)] == before
    window = presenter.window(2 * WIDTH, 2 * WIDTH, events=0)
    window.put(chart_pixels(window.width, window.height, 24))
    root = capture_root(presenter)
    upright, turned_left = (capture_crtc(monitors, crtc) for crtc in (first, second))
    assert np.array_equal(upright.pixels, root.crop(0, 0, WIDTH, HEIGHT).pixels)
    part = root.crop(WIDTH, 8, HEIGHT, WIDTH).pixels
    assert np.array_equal(turned_left.pixels, turned(part, Rotation.ROTATE_90))


def test_no_crtc_can_be_set_while_the_terminal_is_away(flip_control, monitors):
    """The request fails and changes nothing; it is done when the terminal is back (RND-049)."""
    crtc = monitors.crtc(monitors.resources().crtcs[0])
    flip_control.switch_away()
    refused = monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=Rotation.ROTATE_180)
    assert refused.status != 0
    assert monitors.crtc(crtc.id).rotation == crtc.rotation
    flip_control.switch_back()
    assert flip_control.scanout().rotation == crtc.rotation
    again = monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=Rotation.ROTATE_180)
    assert again.status == 0
    assert flip_control.scanout().rotation == Rotation.ROTATE_180


def test_a_window_that_dies_while_the_terminal_is_away_leaves_nothing(
    presenter, flip_control, window
):
    """Neither its queued flips nor its flipped pixmap disturb what comes after (PRE-130)."""
    flips(flip_control, window, "red")
    now = window.msc()
    window.present(window.pixmap("green"), target_msc=now + 3)
    presenter.sync()
    flip_control.switch_away()
    window.destroy()
    presenter.sync()
    flip_control.step(frames=4)
    flip_control.switch_back()
    other = presenter.screen_window()
    flips(flip_control, other, "blue")
    Canvas(WIDTH, HEIGHT, presenter.depth, "blue").check(capture_root(presenter))
