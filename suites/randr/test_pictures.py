# SPDX-License-Identifier: MIT
"""What each CRTC shows of the screen, wherever it lies and whatever becomes of both."""

import pytest
from xcffib.xproto import EventMask

from harness.capture.crtc import capture_crtc
from harness.capture.get_image import capture, capture_root
from harness.capture.zpixmap import CaptureError
from harness.clients.randr.layout import lay_out, show
from harness.models.desktop import Desktop
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import Expose
from harness.x11.randr import Rotation
from suites.marks import COMPLETED_WHEN_OFF, LATER_IN_COPY

WIDTH, HEIGHT = 320, 240
LEFT, RIGHT = (0, 0, 160, 240), (160, 0, 160, 240)

pytestmark = [
    pytest.mark.needs("RANDR", resize=True),
    pytest.mark.xserver(fps=600, size=(WIDTH, HEIGHT)),
]


def filled(presenter, width=WIDTH, height=HEIGHT):
    """A screen with windows all over it, most of them across the borders of its halves."""
    desktop = Desktop(presenter, width, height)
    desktop.window(width // 2 - 61, 50, 121, 90)
    desktop.window(20, 20, 60, 40, "red")
    desktop.window(width - 70, HEIGHT // 2 - 30, 90, 60, "green")
    desktop.window(30, HEIGHT // 2 - 17, 90, 34, "blue")
    desktop.window(width // 2 - 40, HEIGHT - 50, 80, 70, "yellow")
    return desktop


def check(monitors, desktop, crtcs, rectangles):
    """Every CRTC says that it shows its rectangle of the desktop, and does; returns the frames."""
    desktop.picture.check(capture_root(monitors.client))
    frames = []
    for crtc, rectangle in zip(crtcs, rectangles, strict=True):
        said = monitors.crtc(crtc)
        assert (said.x, said.y, said.width, said.height) == rectangle
        assert said.rotation == Rotation.ROTATE_0
        mode = monitors.resources(current=True).modes[said.mode]
        assert (mode.width, mode.height) == rectangle[2:]
        frame = capture_crtc(monitors, crtc)
        desktop.crop(*rectangle).check(frame)
        frames.append(frame)
    return frames


def off(monitors, crtcs):
    """These CRTCs say that they are off, and have no picture."""
    for crtc in crtcs:
        said = monitors.crtc(crtc)
        assert (said.mode, said.width, said.height) == (0, 0, 0)
        assert not said.outputs
        with pytest.raises(CaptureError, match="is off"):
            capture_crtc(monitors, crtc)


def wall(frames, columns, gap=4):
    """The frames side by side, as monitors on a wall: a picture for people."""
    rows = [frames[at : at + columns] for at in range(0, len(frames), columns)]
    heights = [max(frame.height for frame in row) + gap for row in rows]
    widths = [sum(frame.width + gap for frame in row) for row in rows]
    canvas = Canvas(max(widths) - gap, sum(heights) - gap, 24, "white")
    y = 0
    for row, height in zip(rows, heights, strict=True):
        x = 0
        for frame in row:
            canvas.paste(frame.pixels, x, y)
            x += frame.width + gap
        y += height
    return Frame(canvas.frame.raw, 24, FrameSource.CRTC)


def exposures(client, since):
    """The Expose events from number ``since`` on, as (window, x, y, width, height)."""
    client.sync()
    events = [event.core for event in client.events[since:]]
    return [(event.window, *event.area) for event in events if isinstance(event, Expose)]


LAYOUTS = {
    "one": [(0, 0, 320, 240)],
    "a-part": [(37, 21, 201, 133)],
    "two": [LEFT, RIGHT],
    "unequal": [(0, 0, 200, 240), (200, 0, 120, 160)],
    "on-top": [(0, 0, 320, 120), (0, 120, 320, 120)],
    "clones": [(40, 30, 200, 160), (40, 30, 200, 160)],
    "overlap": [(0, 0, 200, 150), (120, 90, 200, 150)],
    "inside": [(0, 0, 320, 240), (100, 70, 128, 96)],
    "gap": [(0, 0, 120, 240), (200, 0, 120, 240)],
    "three": [(0, 0, 107, 240), (107, 0, 106, 240), (213, 0, 107, 240)],
    "corners": [(0, 0, 130, 100), (190, 0, 130, 100), (95, 140, 130, 100)],
    "sixteen": [(80 * x, 64 * y, 80, 64) for y in range(4) for x in range(4)],
}


@pytest.mark.parametrize(
    "rectangles",
    [
        pytest.param(rectangles, id=name, marks=pytest.mark.needs(crtcs=len(rectangles)))
        for name, rectangles in LAYOUTS.items()
        if name != "sixteen"
    ],
)
def test_each_crtc_shows_its_rectangle(presenter, monitors, golden, rectangles):
    """A CRTC shows the rectangle of the screen that it says, alone, beside others, sharing parts
    with others or far from them; every monitor has that place and size, the rest are off
    (RND-031, RND-101)."""
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), *rectangles)
    desktop = filled(presenter)
    frames = check(monitors, desktop, crtcs, rectangles)
    off(monitors, [crtc for crtc in monitors.resources().crtcs if crtc not in crtcs])
    listed = [(m.x, m.y, m.width, m.height) for m in monitors.monitors()]
    assert sorted(listed) == sorted(rectangles)
    if len(frames) > 1:
        across = sum(width for _, _, width, _ in rectangles) <= WIDTH
        golden.check(wall(frames, 3 if across else 1), "wall")


@pytest.mark.needs(crtcs=16)
@pytest.mark.xserver(size=(320, 256))
def test_sixteen_crtcs_side_by_side(presenter, monitors, golden):
    """Sixteen CRTCs show a sixteenth of the screen each, in any arrangement (RND-101)."""
    rectangles = LAYOUTS["sixteen"]
    crtcs = lay_out(monitors, (320, 256), *rectangles)
    desktop = filled(presenter, 320, 256)
    golden.check(wall(check(monitors, desktop, crtcs, rectangles), 4), "wall")
    for crtc in crtcs:
        monitors.switch_off(crtc)
    off(monitors, crtcs)
    for crtc, rectangle in zip(crtcs, reversed(rectangles), strict=True):
        show(monitors, crtc, *rectangle)
    check(monitors, desktop, crtcs, rectangles[::-1])


def test_crtc_wanders_over_the_screen(presenter, monitors):
    """A CRTC set to another place shows that place; the screen and its windows notice nothing,
    and nothing is exposed."""
    (crtc,) = lay_out(monitors, (WIDTH, HEIGHT), (0, 0, 100, 80))
    desktop = filled(presenter)
    presenter.sync()
    before = len(presenter.events)
    for x, y in ((0, 0), (220, 160), (220, 0), (0, 160), (1, 1), (219, 159), (113, 57)):
        show(monitors, crtc, x, y, 100, 80)
        check(monitors, desktop, [crtc], [(x, y, 100, 80)])
    assert exposures(presenter, before) == []


def test_crtc_off_and_on_again(presenter, monitors):
    """Without any CRTC the screen stays, and can be drawn; a CRTC that comes back shows what was
    drawn meanwhile (RND-031, RND-046)."""
    (crtc,) = lay_out(monitors, (WIDTH, HEIGHT), (0, 0, 320, 240))
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    window = desktop.window(60, 40, 150, 120, "blue")
    window.select_core(EventMask.Exposure | EventMask.StructureNotify)
    presenter.sync()
    before = len(presenter.events)
    assert monitors.switch_off(crtc).status == 0
    off(monitors, monitors.resources().crtcs)
    assert monitors.monitors() == []
    desktop.picture.check(capture_root(presenter))
    window.fill("red", 10, 10, 50, 50)
    desktop.picture.area(70, 50, 50, 50).fill("red")
    desktop.picture.check(capture_root(presenter))
    for rectangle in ((0, 0, 320, 240), (50, 30, 100, 100)):
        show(monitors, crtc, *rectangle)
        check(monitors, desktop, [crtc], [rectangle])
    presenter.sync()
    assert [event.name for event in presenter.events[before:]] == []


@pytest.mark.needs(crtcs=3)
def test_one_of_three_crtcs_goes_off_and_comes_back(presenter, monitors, golden):
    """The others show what they showed, whichever goes off; windows stay where they are, also
    those that nobody shows any more (RND-031, RND-046)."""
    rectangles = LAYOUTS["three"]
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), *rectangles)
    desktop = filled(presenter)
    hidden = desktop.window(120, 150, 80, 30, "magenta")
    for gone in (1, 0, 2):
        assert monitors.switch_off(crtcs[gone]).status == 0
        off(monitors, [crtcs[gone]])
        left = [index for index in range(3) if index != gone]
        check(monitors, desktop, [crtcs[i] for i in left], [rectangles[i] for i in left])
        hidden.fill("cyan", 10 * gone, 5, 10, 20)
        desktop.picture.area(120 + 10 * gone, 155, 10, 20).fill("cyan")
        check(monitors, desktop, [crtcs[i] for i in left], [rectangles[i] for i in left])
        show(monitors, crtcs[gone], *rectangles[gone])
        frames = check(monitors, desktop, crtcs, rectangles)
    golden.check(wall(frames, 3), "wall")
    assert (hidden.geometry.x, hidden.geometry.y) == (120, 150)


@pytest.mark.needs(crtcs=2)
def test_mode_changes_under_a_window_on_two_crtcs(presenter, monitors, golden):
    """A CRTC with another mode shows more or less of a window that lies across both; the window
    keeps place, size and picture, and is not exposed."""
    first, second = lay_out(monitors, (WIDTH, HEIGHT), LEFT, RIGHT)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    window = desktop.window(70, 60, 180, 130)
    window.select_core(EventMask.Exposure | EventMask.StructureNotify)
    presenter.sync()
    before = len(presenter.events)
    changes = [
        (second, (160, 0, 96, 96)),
        (second, (160, 80, 160, 160)),
        (first, (0, 0, 120, 100)),
        (first, (32, 40, 128, 200)),
        (second, (100, 50, 220, 190)),
        (second, (160, 40, 128, 200)),
    ]
    now = {first: LEFT, second: RIGHT}
    for crtc, rectangle in changes:
        show(monitors, crtc, *rectangle)
        now[crtc] = rectangle
        frames = check(monitors, desktop, now.keys(), now.values())
    golden.check(wall(frames, 2), "wall")
    presenter.sync()
    assert [event.name for event in presenter.events[before:]] == []
    said = window.geometry
    assert (said.x, said.y, said.width, said.height) == (70, 60, 180, 130)


@LATER_IN_COPY
@pytest.mark.needs(crtcs=2)
def test_windows_are_drawn_and_moved_across_crtcs(presenter, monitors, golden):
    """Lines, images and copies go on where another CRTC begins, and a window that is moved from
    one to the other takes its picture along."""
    rectangles = [LEFT, RIGHT]
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), *rectangles)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    window = desktop.window(20, 30, 100, 80)
    chart = chart_pixels(100, 80, 24)
    for x, y in ((110, 30), (170, 100), (219, 159), (90, 60)):
        window.move(x, y)
        desktop.picture.fill("grey").area(x, y, 100, 80).paste(chart)
        check(monitors, desktop, crtcs, rectangles)
    # From the second CRTC's part of the window to the first one's.
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, window.id, 0, [])
    presenter.core.CopyArea(window.id, window.id, gc, 75, 5, 35, 45, 25, 30)
    desktop.picture.area(90, 60, 100, 80).paste(chart[5:35, 75:100], 35, 45)
    window.fill("red", 60, 10, 20, 20)
    desktop.picture.area(150, 70, 20, 20).fill("red")
    golden.check(wall(check(monitors, desktop, crtcs, rectangles), 2), "wall")


def edge_windows(desktop):
    """Windows around the lower right corner that a smaller screen will have."""
    windows = {
        "inside": desktop.window(20, 20, 60, 40, "red"),
        "corner": desktop.window(150, 110, 110, 80, "blue", border_width=3),
        "edge": desktop.window(90, 130, 40, 60, "green"),
        "outside": desktop.window(240, 20, 50, 50, "yellow"),
    }
    framed = desktop.picture.area(150, 110, 116, 86).fill("white")
    framed.area(3, 3, 110, 80).fill("blue")
    for window in windows.values():
        window.select_core(EventMask.Exposure | EventMask.StructureNotify)
        window.fill("magenta", 2, 2, 20, 20)
        desktop.presenter.sync()
    return windows


def test_smaller_screen_cuts_its_windows(presenter, connect, monitors, golden, allow_size):
    """A screen that shrinks paints itself anew: windows keep place and size, lose what was drawn
    into them, are cut at the new edges and are told which parts to draw; those outside are told
    when the screen grows back (RND-022)."""
    small = (200, 160)
    allow_size(*small)
    (crtc,) = lay_out(monitors, (WIDTH, HEIGHT), (0, 0, 192, 144))
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    windows = edge_windows(desktop)
    names = {window.id: name for name, window in windows.items()}
    before = len(presenter.events)
    monitors.set_screen_size(*small)
    cut = Desktop(presenter, *small)
    cut.picture.paste(desktop.picture.frame.pixels)
    frame = capture_root(presenter)
    cut.picture.check(frame)
    golden.check(frame, "smaller")
    late = connect("late").screen
    assert (late.width_in_pixels, late.height_in_pixels) == small
    golden.check(capture_crtc(monitors, crtc), "crtc")
    check(monitors, cut, [crtc], [(0, 0, 192, 144)])
    told = [(names[window], *area) for window, *area in exposures(presenter, before)]
    assert sorted(told) == [
        ("corner", 0, 0, 47, 47),
        ("edge", 0, 0, 40, 30),
        ("inside", 0, 0, 60, 40),
    ]
    said = windows["outside"].geometry
    assert (said.x, said.y, said.width, said.height) == (240, 20, 50, 50)
    windows["outside"].fill("cyan")
    windows["corner"].fill("cyan", 40, 40, 20, 20)
    cut.picture.area(193, 153, 20, 20).fill("cyan")
    check(monitors, cut, [crtc], [(0, 0, 192, 144)])
    before = len(presenter.events)
    monitors.set_screen_size(WIDTH, HEIGHT)
    check(monitors, desktop, [crtc], [(0, 0, 192, 144)])
    told = [(names[window], *area) for window, *area in exposures(presenter, before)]
    assert sorted(told) == [
        ("corner", 0, 0, 110, 80),
        ("edge", 0, 0, 40, 60),
        ("inside", 0, 0, 60, 40),
        ("outside", 0, 0, 50, 50),
    ]


@pytest.mark.needs(grow=True)
def test_larger_screen_shows_windows_that_were_outside(presenter, monitors, golden):
    """A screen that grows beyond its first size shows its background there, and the windows that
    wait outside; a CRTC can show the new part (RND-022)."""
    large = (320, 272)
    (crtc,) = lay_out(monitors, (WIDTH, HEIGHT), (0, 0, 100, 80))
    desktop = Desktop(presenter, *large)
    desktop.window(200, 200, 80, 60, "red")
    outside = desktop.window(40, 244, 60, 40, "green")
    outside.select_core(EventMask.Exposure)
    presenter.sync()
    before = len(presenter.events)
    monitors.set_screen_size(*large)
    check(monitors, desktop, [crtc], [(0, 0, 100, 80)])
    assert exposures(presenter, before) == [(outside.id, 0, 0, 60, 28)]
    show(monitors, crtc, 0, 112, 320, 160)
    (frame,) = check(monitors, desktop, [crtc], [(0, 112, 320, 160)])
    golden.check(frame, "new-part")


@pytest.mark.needs("Composite")
def test_backing_pixmaps_are_painted_anew_with_the_screen(presenter, monitors, allow_size):
    """A change of the screen's size exposes a redirected window like all others, but whole: its
    pixmap lies beyond no edge, and what is drawn there stays until the next change."""
    allow_size(160, 130)
    lay_out(monitors, (WIDTH, HEIGHT), (0, 0, 160, 120))
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    window = desktop.window(120, 100, 120, 90, "blue", border_width=2)
    window.select_core(EventMask.Exposure)
    window.redirect(0)
    for size in ((180, 140), (160, 130), (WIDTH, HEIGHT)):
        window.put(chart_pixels(120, 90, 24))
        presenter.sync()
        before = len(presenter.events)
        monitors.set_screen_size(*size)
        assert set(exposures(presenter, before)) == {(window.id, 0, 0, 120, 90)}
        backing = Canvas(124, 94, 24, "white")
        inside = backing.area(2, 2, 120, 90).fill("blue")
        backing.check(capture(window.name_pixmap()))
        window.fill("red", 70, 50, 50, 40)
        inside.area(70, 50, 50, 40).fill("red")
        backing.check(capture(window.name_pixmap()))
        assert (window.geometry.x, window.geometry.y) == (120, 100)


@pytest.mark.needs("Present", crtcs=2)
@pytest.mark.parametrize("named", ["none", "own", "other"])
def test_presentations_appear_on_every_crtc_of_their_window(presenter, monitors, golden, named):
    """A pixmap presented to a window on one CRTC, on the other, or on both appears on each,
    whichever CRTC it names as its target; presentations of one window leave the others alone."""
    rectangles = [(0, 0, 200, 158), (120, 50, 200, 158)]
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), *rectangles)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    places = [(10, 20, 90, 70), (190, 60, 90, 70), (60, 110, 160, 80)]
    windows = [presenter.window(w, h, x=x, y=y) for x, y, w, h in places]
    target = {"none": [0, 0, 0], "own": [crtcs[0], crtcs[1], crtcs[1]]}
    target["other"] = [crtcs[1], crtcs[0], crtcs[0]]
    for window, (x, y, w, h), crtc in zip(windows, places, target[named], strict=True):
        window.present(window.pixmap(), target_crtc=crtc).wait_complete()
        desktop.picture.area(x, y, w, h).paste(chart_pixels(w, h, 24))
    frames = check(monitors, desktop, crtcs, rectangles)
    if named == "none":
        golden.check(wall(frames, 1), "wall")


@pytest.mark.needs("Present", crtcs=2)
@COMPLETED_WHEN_OFF
@pytest.mark.parametrize("change", ["off", "moved", "smaller", "all-off"])
def test_presentation_outlives_a_change_of_its_crtc(presenter, monitors, change):
    """A presentation that waits for its frame is shown although the CRTC that it names has been
    switched off or set anew meanwhile."""
    first, second = lay_out(monitors, (WIDTH, HEIGHT), LEFT, RIGHT)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    window = presenter.window(120, 100, x=180, y=60)
    shown = window.present(window.pixmap(), target_msc=window.msc() + 20, target_crtc=second)
    now = {first: LEFT, second: RIGHT}
    if change == "moved":
        now[second] = (140, 0, 160, 240)
    elif change == "smaller":
        now[second] = (200, 80, 96, 96)
    else:
        for crtc in (second, first)[: 2 if change == "all-off" else 1]:
            monitors.switch_off(crtc)
            del now[crtc]
    if second in now:
        show(monitors, second, *now[second])
    shown.wait_complete()
    desktop.picture.area(180, 60, 120, 100).paste(chart_pixels(120, 100, 24))
    check(monitors, desktop, now.keys(), now.values())


def test_capture_of_a_part_of_the_screen_is_that_of_a_crtc_there(presenter, monitors):
    """The root's image does not depend on CRTCs: a rectangle of it is the picture of a CRTC with
    that rectangle, and the root can be captured beyond all CRTCs."""
    (crtc,) = lay_out(monitors, (WIDTH, HEIGHT), (64, 32, 128, 96))
    desktop = filled(presenter)
    area = capture_root(presenter, Rectangle(64, 32, 128, 96))
    desktop.crop(64, 32, 128, 96).check(area)
    assert (area.pixels == capture_crtc(monitors, crtc).pixels).all()
    desktop.picture.check(capture_root(presenter))
