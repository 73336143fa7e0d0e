# SPDX-License-Identifier: MIT
"""What real monitors show of scanout pixmaps, frame by frame.

The driver scans the pixmaps out; its frames come when a test says so, hence each statement is
about one of them.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from harness.capture.crtc import turned
from harness.capture.scanned_out import frame_of
from harness.clients.randr.layout import lay_out
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.frame import Frame, FrameSource
from harness.servers.flip.control import FlipOption
from harness.x11.drafts.randr_percrtc import ONE, ConfigStatus
from harness.x11.randr import CrtcChangeNotify, Rotation

WIDTH, HEIGHT = 96, 72

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs(
        "RANDR", "RENDER", crtcs=2, servers=("xorg-flip",), reason="frames that a test can step"
    ),
    pytest.mark.xserver(size=(320, 240)),
]


def stop(control, *crtcs):
    """No frame of these CRTCs, by their places in RANDR's order, comes any more."""
    for crtc in crtcs or (0,):
        # What was set before is on the monitor.
        control.scanout(crtc)
        control.stop(crtc)


def picture(control, crtc=0):
    return frame_of(control.scanout(crtc))


def check(frame, pixels):
    """The monitor shows exactly these pixels."""
    height, width = pixels.shape
    Canvas(width, height, 24).paste(pixels).check(frame)


def wall(*frames):
    """Monitors side by side, as large as the largest: a picture for people."""
    width, height = (max(getattr(one, side) for one in frames) for side in ("width", "height"))
    canvas = Canvas((width + 4) * len(frames) - 4, height, 24, "white")
    for number, frame in enumerate(frames):
        canvas.paste(frame.pixels, (width + 4) * number)
    return Frame(canvas.frame.raw, 24, FrameSource.CRTC)


def test_a_scanout_pixmap_is_on_its_monitor_from_the_next_frame_on(desk, flip_control):
    """Not before, and itself: what is drawn into it is seen in the same frame.  The screen's is
    back in the frame after it was asked for (PCP-034, PCP-035)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    stop(flip_control)
    screen = picture(flip_control)
    pixmap = desk.pixmap_for(first)
    chart = chart_pixels(WIDTH, HEIGHT, 24, 2)
    pixmap.put(chart)
    assert desk.show(first, pixmap) is ConfigStatus.SUCCESS
    assert picture(flip_control).digest == screen.digest
    assert not flip_control.scanout().own
    tick = flip_control.step()
    shown = flip_control.scanout()
    assert (shown.own, shown.pixmap, shown.serial) == (True, pixmap.id, tick.serial)
    check(frame_of(shown), chart)
    pixmap.fill("red", 10, 8, 20, 16)
    desk.client.sync()
    chart[8:24, 10:30] = 0xFF0000
    check(picture(flip_control), chart)
    assert desk.show(first, None) is ConfigStatus.SUCCESS
    check(picture(flip_control), chart)
    flip_control.step()
    assert picture(flip_control).digest == screen.digest


@pytest.fixture
def pair(desk):
    """Two CRTCs of 96x72 side by side, each with a scanout pixmap of a chart."""
    crtcs = desk.side_by_side((WIDTH, HEIGHT), (WIDTH, HEIGHT))
    charts = [chart_pixels(WIDTH, HEIGHT, 24, seed) for seed in (2, 3)]
    for crtc, chart in zip(crtcs, charts, strict=True):
        pixmap = desk.pixmap_for(crtc)
        pixmap.put(chart)
        assert desk.show(crtc, pixmap) is ConfigStatus.SUCCESS
    return crtcs, charts


def other_configuration(desk, crtcs):
    """Both with other modes, places and pixmaps, the second one turned; also what they show."""
    modes = []
    for crtc, size in zip(crtcs, ((64, 48), (80, 60)), strict=True):
        mode = desk.monitors.create_mode(*size)
        desk.monitors.add_mode(crtc.outputs[0], mode.id)
        modes.append(mode)
    turns = Rotation.ROTATE_0, Rotation.ROTATE_90
    configs, pictures = [], []
    for number, (crtc, mode, turn) in enumerate(zip(crtcs, modes, turns, strict=True)):
        chart = chart_pixels(100, 110, 24, 5 + number)
        pixmap = desk.scanout.create(100, 110, rotations=0x3F)
        pixmap.put(chart)
        place = {"x": 70 * number, "y": 10, "pixmap": pixmap.id, "pixmap_x": 9, "pixmap_y": 7}
        configs.append(desk.same(crtc, mode=mode.id, rotation=turn, **place))
        width, height = (mode.height, mode.width) if number else (mode.width, mode.height)
        pictures.append(turned(chart[7 : 7 + height, 9 : 9 + width], turn))
    desk.client.sync()
    desk.observer.forget()
    return configs, pictures


def test_several_monitors_change_their_modes_in_one_frame(desk, pair, flip_control, golden):
    """Modes, places, pixmaps and the screen's size are set in one request, and seen in one frame:
    that of the first CRTC.  Until then every monitor shows what it showed, whatever frames come
    on others (PCP-037, PCP-052)."""
    crtcs, charts = pair
    configs, pictures = other_configuration(desk, crtcs)
    stop(flip_control, 0, 1)
    before = [picture(flip_control, n) for n in (0, 1)]
    for frame, chart in zip(before, charts, strict=True):
        check(frame, chart)
    size = (160, 120)
    status = desk.scanout.configure(*configs, screen=size, screen_pixmap=size)
    assert status is ConfigStatus.SUCCESS
    for _ in range(2):
        for number, chart in enumerate(charts):
            check(picture(flip_control, number), chart)
        flip_control.step(1)
    flip_control.step(0)
    after = [picture(flip_control, n) for n in (0, 1)]
    for frame, pixels in zip(after, pictures, strict=True):
        check(frame, pixels)
    told = [one.crtc for one in desk.observer.take() if isinstance(one, CrtcChangeNotify)]
    assert told == [crtc.id for crtc in crtcs]
    golden.check(wall(*before), "before")
    golden.check(wall(*after), "after")


@pytest.mark.parametrize("steps", range(4))
def test_a_change_that_fails_is_on_no_monitor(desk, pair, flip_control, proposal, steps):
    """Whatever was set of it already: in no frame does a monitor show anything else (PCP-038,
    PCP-039)."""
    crtcs, charts = pair
    configs, _ = other_configuration(desk, crtcs)
    stop(flip_control, 0, 1)
    proposal.fail_after = steps
    assert desk.scanout.configure(*configs) is ConfigStatus.FAILED
    for _ in range(2):
        for number, chart in enumerate(charts):
            check(picture(flip_control, number), chart)
        flip_control.step(0)
        flip_control.step(1)


def test_a_pixmap_that_is_freed_goes_from_all_its_monitors(desk, flip_control):
    """They show the screen from its origin again (PCP-041, PCP-043)."""
    crtcs = desk.side_by_side((WIDTH, HEIGHT), (WIDTH, HEIGHT))
    screen = picture(flip_control)
    pixmap = desk.pixmap_for(crtcs[0], "red")
    configs = [desk.same(crtc, pixmap=pixmap.id) for crtc in crtcs]
    assert desk.scanout.configure(*configs) is ConfigStatus.SUCCESS
    stop(flip_control, 0, 1)
    for number in (0, 1):
        assert set(picture(flip_control, number).pixels.ravel()) == {0xFF0000}
    pixmap.free()
    desk.client.sync()
    flip_control.step(0)
    for number in (0, 1):
        shown = flip_control.scanout(number)
        assert (shown.own, shown.x, shown.y) == (False, 0, 0)
        assert frame_of(shown).digest == screen.digest


def test_a_mode_set_by_randr_brings_the_screen_back(desk, flip_control):
    """SetCrtcConfig drops the pixmap (PCP-044)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    desk.show(first, desk.pixmap_for(first, "red"))
    assert flip_control.scanout().own
    assert desk.monitors.set_crtc(first.id, first.mode, first.outputs).status == 0
    assert not flip_control.scanout().own


FRAMES = 7
"""Of a quarter turn, the first and the last upright."""


def turning(frame):
    """From the monitor to the picture, about the middle of both."""
    angle = frame / (FRAMES - 1) * math.pi / 2
    cos, sin = round(math.cos(angle) * ONE), round(math.sin(angle) * ONE)
    x, y = WIDTH // 2, HEIGHT // 2
    return (cos, -sin, x * (ONE - cos) + y * sin, sin, cos, y * (ONE - cos) - x * sin, 0, 0, ONE)


def test_each_frame_of_a_turn_is_a_picture_of_its_own(desk, presenter, flip_control, golden):
    """The back one of two pixmaps is drawn anew and shown, in each frame: each frame is a picture
    of its own, none shows a half of two, and RANDR tells nothing (PCP-047)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    source = presenter.pixmap(WIDTH, HEIGHT)
    source.put(chart_pixels(WIDTH, HEIGHT, 24, 4))
    presenter.sync()
    window = Picture.of(Pixmap(desk.client, source.id, WIDTH, HEIGHT, source.depth))
    pixmaps = [desk.pixmap_for(first, "black") for _ in range(2)]
    backs = [Picture.of(pixmap) for pixmap in pixmaps]
    stop(flip_control)
    desk.observer.forget()
    before, serial = desk.monitors.crtc(first.id), flip_control.clock(0).serial
    shown = []
    for frame in range(FRAMES):
        back = backs[frame % 2]
        window.transform(turning(frame))
        back.composite(window, 0, 0, WIDTH, HEIGHT)
        assert desk.show(first, pixmaps[frame % 2]) is ConfigStatus.SUCCESS
        if shown:
            assert picture(flip_control).digest == shown[-1].digest
        assert flip_control.step().serial == serial + frame + 1
        shown.append(picture(flip_control))
    assert desk.observer.take() == []
    assert replace(desk.monitors.crtc(first.id), timestamp=before.timestamp) == before
    assert len({frame.digest for frame in shown}) == FRAMES
    for number, frame in enumerate(shown):
        golden.check(frame, f"frame-{number}")


def test_the_monitor_turns_the_picture_without_a_mode_set(desk, flip_control, golden):
    """A rotation that the pixmap was made for is set alone: in the next frame the monitor shows
    the same pixels turned.  Its mode stays (PCP-033, PCP-047)."""
    (first,) = desk.side_by_side((HEIGHT, HEIGHT))
    pixmap = desk.pixmap_for(first, rotations=0x3F)
    chart = chart_pixels(HEIGHT, HEIGHT, 24, 3)
    pixmap.put(chart)
    desk.show(first, pixmap)
    stop(flip_control)
    frames = [picture(flip_control)]
    for turn in (Rotation.ROTATE_90, Rotation.ROTATE_180, Rotation.ROTATE_270):
        config = desk.same(first, pixmap=pixmap.id, rotation=turn)
        assert desk.scanout.configure(config) is ConfigStatus.SUCCESS
        check(picture(flip_control), frames[-1].pixels)
        flip_control.step()
        frames.append(picture(flip_control))
        check(frames[-1], turned(chart, turn))
        assert desk.monitors.crtc(first.id).mode == first.mode
    golden.check(wall(*frames), "quarters")


def test_pixmaps_together_may_exceed_the_largest_screen(desk, presenter, flip_control, golden):
    """No screen is as wide as both monitors, and one pixmap of that width is shown by them all
    the same, a half each; or two pixmaps are, a monitor each (PCP-046)."""
    flip_control.set(FlipOption.LARGEST_SCREEN, 2 * WIDTH - 32)
    crtcs = lay_out(
        desk.monitors, (2 * WIDTH - 32, HEIGHT), (0, 0, WIDTH, HEIGHT), (64, 0, WIDTH, HEIGHT)
    )
    desk.observer.forget()
    with desk.client.catch_errors() as errors:
        desk.monitors.set_screen_size(2 * WIDTH, HEIGHT)
    assert [error.name for error in errors] == ["Value"]
    heads = [desk.monitors.crtc(crtc) for crtc in crtcs]
    chart = chart_pixels(2 * WIDTH, HEIGHT, 24, 6)
    both = desk.scanout.create(2 * WIDTH, HEIGHT)
    both.put(chart)
    halves = [desk.pixmap_for(head) for head in heads]
    for half, pixels in zip(halves, np.hsplit(chart, 2), strict=True):
        half.put(np.ascontiguousarray(pixels))
    stop(flip_control, 0, 1)
    for configs in (
        [desk.same(head, pixmap=both.id, pixmap_x=WIDTH * n) for n, head in enumerate(heads)],
        [desk.same(head, pixmap=half.id) for head, half in zip(heads, halves, strict=True)],
    ):
        assert desk.scanout.configure(*configs) is ConfigStatus.SUCCESS
        flip_control.step(0)
        frames = [picture(flip_control, n) for n in (0, 1)]
        for frame, pixels in zip(frames, np.hsplit(chart, 2), strict=True):
            check(frame, pixels)
    golden.check(wall(*frames), "monitors")
