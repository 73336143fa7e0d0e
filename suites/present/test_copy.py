# SPDX-License-Identifier: MIT
"""Where a presentation puts the pixels of its pixmap: offsets, sizes, places."""

import pytest

from harness.capture.get_image import capture, capture_root
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.present import CompleteMode, Option

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)


@pytest.mark.parametrize(
    ("x_off", "y_off"),
    [
        pytest.param(0, 0, id="none"),
        pytest.param(7, 5, id="right_down"),
        pytest.param(-7, -5, id="left_up"),
        pytest.param(7, -5, id="right_up"),
        pytest.param(-7, 5, id="left_down"),
        pytest.param(0, 9, id="down"),
        pytest.param(9, 0, id="right"),
        pytest.param(47, 39, id="last_pixel"),
        pytest.param(-47, -39, id="first_pixel"),
        pytest.param(-47, 39, id="lower_left_pixel"),
    ],
)
def test_pixmap_is_copied_at_its_offset(presenter, golden, x_off, y_off):
    """The pixmap's corner lands at (x-off, y-off); the window cuts what reaches beyond it
    (PRE-053), on the left and top too (PRE-054), and the rest of the window stays."""
    stage = Stage.open(presenter)
    presentation = stage.window.present(stage.window.pixmap(), x_off=x_off, y_off=y_off)
    assert presentation.wait_complete().mode is CompleteMode.COPY
    stage.inside.paste(chart_pixels(48, 40, stage.window.depth), x_off, y_off)
    golden.check(stage.shown(), "copied")


@pytest.mark.parametrize(
    ("x_off", "y_off"),
    [
        pytest.param(48, 0, id="right"),
        pytest.param(0, 40, id="below"),
        pytest.param(-48, 0, id="left"),
        pytest.param(0, -40, id="above"),
        pytest.param(200, 200, id="outside_the_parent"),
        pytest.param(32767, 0, id="far_right"),
        pytest.param(0, 32767, id="far_below"),
        pytest.param(-32768, -32768, id="far_left_above"),
    ],
)
def test_pixmap_beside_the_window_draws_nothing(presenter, x_off, y_off):
    """An offset that moves the pixmap out of the window leaves every pixel as it was, and the
    presentation completes as a copy nevertheless (PRE-053, PRE-054)."""
    stage = Stage.open(presenter)
    presentation = stage.window.present(stage.window.pixmap(), x_off=x_off, y_off=y_off)
    assert presentation.wait_complete().mode is CompleteMode.COPY
    stage.shown()


@pytest.mark.parametrize(
    ("width", "height", "x_off", "y_off"),
    [
        pytest.param(20, 12, 0, 0, id="smaller"),
        pytest.param(20, 12, 9, 11, id="smaller_moved"),
        pytest.param(20, 12, 40, 35, id="smaller_cut"),
        pytest.param(80, 70, 0, 0, id="larger"),
        pytest.param(80, 70, -23, -19, id="larger_moved"),
        pytest.param(1, 1, 0, 0, id="one_pixel"),
        pytest.param(1, 1, 47, 39, id="one_pixel_last"),
        pytest.param(300, 1, -100, 20, id="one_row"),
        pytest.param(1, 200, 20, -100, id="one_column"),
        pytest.param(31, 53, 8, -6, id="odd"),
    ],
)
def test_pixmap_of_another_size_is_copied_as_it_is(presenter, golden, width, height, x_off, y_off):
    """A pixmap smaller or larger than the window is accepted (PRE-052) and neither scaled nor
    tiled: its own pixels, cut at the window (PRE-053)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap(width=width, height=height)
    stage.window.present(pixmap, x_off=x_off, y_off=y_off).wait_complete()
    stage.inside.paste(chart_pixels(width, height, stage.window.depth), x_off, y_off)
    golden.check(stage.shown(), "copied")


def test_window_of_one_pixel_shows_the_pixel_at_its_offset(presenter):
    """The smallest window takes exactly the one pixel that the offset moves there (PRE-053)."""
    stage = Stage.open(presenter, 1, 1)
    pixmap = stage.window.pixmap(width=32, height=32)
    chart = chart_pixels(32, 32, stage.window.depth)
    for x, y in [(0, 0), (1, 0), (0, 1), (31, 31), (13, 7)]:
        stage.window.present(pixmap, x_off=-x, y_off=-y).wait_complete()
        stage.inside.paste(chart, -x, -y)
        assert stage.shown().pixel(16, 12) == chart[y, x]


@pytest.mark.xserver(size=(1100, 800))
def test_large_window_is_copied_to_the_last_pixel(presenter):
    """Size does not matter: every pixel of a large window is that of the pixmap (PRE-053)."""
    stage = Stage.open(presenter, 1000, 700)
    stage.window.present(stage.window.pixmap()).wait_complete()
    stage.inside.paste(chart_pixels(1000, 700, stage.window.depth))
    stage.shown()


def test_pixmap_is_cut_at_the_window_not_at_its_parent(presenter, golden):
    """A copy larger than the window leaves the parent, its margin and the root untouched
    (PRE-053)."""
    stage = Stage.open(presenter)
    margin = Rectangle(0, 0, 200, 140)
    before = Canvas(200, 140, presenter.depth)
    before.paste(capture_root(presenter, margin).pixels)
    pixmap = stage.window.pixmap(width=400, height=300)
    stage.window.present(pixmap, x_off=-100, y_off=-70).wait_complete()
    chart = chart_pixels(400, 300, stage.window.depth)
    stage.inside.paste(chart, -100, -70)
    golden.check(stage.shown(), "cut")
    before.area(30 + 16, 20 + 12, 48, 40).paste(chart, -100, -70)
    before.check(capture_root(presenter, margin))


def test_offset_counts_from_the_window_inside_of_nested_parents(presenter, golden):
    """Parents with borders and places of their own do not move the copy (PRE-053)."""
    outer = presenter.window(
        100, 80, x=11, y=7, events=0, background="grey", border_width=3, border="red"
    )
    middle = presenter.window(
        80, 60, x=9, y=13, events=0, parent=outer, background="green", border_width=2
    )
    window = presenter.window(50, 30, x=6, y=4, parent=middle, border_width=5, border="yellow")
    window.present(window.pixmap(), x_off=3, y_off=-2).wait_complete()
    picture = Canvas(106, 86, window.depth, "red")
    in_outer = picture.area(3, 3, 100, 80).fill("grey")
    in_outer.area(9, 13, 84, 64).fill("white")
    in_middle = in_outer.area(11, 15, 80, 60).fill("green")
    in_middle.area(6, 4, 60, 40).fill("yellow")
    in_middle.area(11, 9, 50, 30).fill("black").paste(chart_pixels(50, 30), 3, -2)
    shown = capture_root(presenter, Rectangle(11, 7, 106, 86))
    picture.check(shown)
    golden.check(shown, "nested")


@pytest.mark.parametrize("border_width", [1, 5, 14])
def test_border_is_never_drawn(presenter, golden, border_width):
    """A copy that covers more than the window from every side leaves its border alone
    (PRE-064)."""
    stage = Stage.open(presenter, border_width=border_width, border="red")
    pixmap = stage.window.pixmap(width=120, height=100)
    stage.window.present(pixmap, x_off=-30, y_off=-25).wait_complete()
    stage.inside.paste(chart_pixels(120, 100, stage.window.depth), -30, -25)
    golden.check(stage.shown(), "border-kept")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(Option.ASYNC, id="async"),
        pytest.param(Option.COPY, id="copy"),
        pytest.param(Option.ASYNC | Option.COPY, id="async_copy"),
        pytest.param(Option.SUBOPTIMAL, id="suboptimal"),
    ],
)
def test_options_do_not_change_the_picture(presenter, golden, options):
    """When and how a presentation is done says nothing about where: offset, update area and
    window cut the same (PRE-053, PRE-096).  An area makes no copy suboptimal (PRE-087)."""
    stage = Stage.open(presenter)
    update = presenter.region((4, 6, 20, 22), (30, 2, 9, 50))
    presentation = stage.window.present(
        stage.window.pixmap(), x_off=5, y_off=-3, update=update, options=options
    )
    assert presentation.wait_complete().mode is CompleteMode.COPY
    drawn = stage.inside.within((9, 3, 20, 22), (35, -1, 9, 50))
    drawn.paste(chart_pixels(48, 40, stage.window.depth), 5, -3)
    golden.check(stage.shown(), "copied")


def test_one_pixmap_is_shown_in_two_windows(presenter, golden):
    """Two windows take their pictures from the same pixmap, each with its own offset, and the
    pixmap keeps its pixels (PRE-053)."""
    left = Stage.open(presenter)
    right = presenter.window(40, 40, x=200, y=50)
    pixmap = left.window.pixmap()
    target = left.window.msc() + 20
    pair = [
        left.window.present(pixmap, x_off=-4, target_msc=target),
        right.present(pixmap, y_off=6, target_msc=target),
    ]
    for presentation in pair:
        assert presentation.wait_complete().mode is CompleteMode.COPY
    chart = chart_pixels(48, 40)
    left.inside.paste(chart, -4, 0)
    golden.check(left.shown(), "left")
    Canvas(40, 40, presenter.depth).paste(chart, 0, 6).check(capture(right))
    Canvas(48, 40, presenter.depth).paste(chart).check(capture(pixmap))


def test_every_one_of_many_presentations_shows_its_own_pixmap(presenter, golden):
    """A window shows each of a row of pixmaps when it completes, the offsets changing from one
    to the next (PRE-053, PRE-065)."""
    stage = Stage.open(presenter)
    window = stage.window
    for seed in range(1, 21):
        x_off, y_off = seed * 7 % 23 - 11, seed * 5 % 17 - 8
        pixmap = presenter.pixmap(48, 40, colour="black").chart(seed)
        window.present(pixmap, x_off=x_off, y_off=y_off).wait_complete()
        stage.inside.paste(chart_pixels(48, 40, window.depth, seed), x_off, y_off)
        stage.shown()
        pixmap.free()
    golden.check(stage.parent, "last")


def test_queued_presentations_show_one_after_the_other(presenter, golden, too_late):
    """Of several queued pixmaps each is shown at its own target, with its own offset, over
    what the earlier ones left (PRE-053, PRE-065)."""
    stage = Stage.open(presenter)
    window = stage.window
    pixmaps = [presenter.pixmap(24, 20, colour="black").chart(seed) for seed in range(6)]
    # Far enough ahead that all are queued by then: two that are late together would be a skip.
    start = window.msc() + 120
    queue = [
        window.present(pixmap, x_off=seed * 5 - 4, y_off=seed * 4 - 3, target_msc=start + 3 * seed)
        for seed, pixmap in enumerate(pixmaps)
    ]
    if window.msc() >= start:
        too_late("the first target had passed before all were queued")
    queue[-1].wait_complete()
    for seed in range(6):
        stage.inside.paste(chart_pixels(24, 20, window.depth, seed), seed * 5 - 4, seed * 4 - 3)
    golden.check(stage.shown(), "staircase")


@pytest.mark.parametrize("offset", [(9, -9), (-9, 9)], ids=["right_up", "left_down"])
@pytest.mark.parametrize("place", ["inner", "top-level"])
def test_copy_sends_no_events_but_those_of_present(presenter, place, offset):
    """A copy is no client's CopyArea: neither exposures nor anything else of the core protocol
    reaches the client, though parts of the window are covered and cut (PRE-053)."""
    parent = presenter.window(80, 70, events=0) if place == "inner" else None
    window = presenter.window(48, 40, x=16, y=12, parent=parent)
    presenter.window(20, 20, x=30, y=20, events=0, parent=parent)
    window.select_core(0x8000)
    presenter.sync()
    before = len(presenter.events)
    x_off, y_off = offset
    window.present(window.pixmap(), x_off=x_off, y_off=y_off).wait_complete()
    presenter.sync()
    assert {event.name for event in presenter.events[before:]} == {
        "PresentIdleNotify",
        "PresentCompleteNotify",
    }


def test_root_is_drawn_around_its_children(presenter, golden):
    """The root can be presented to; its children keep their pixels (PRE-053, PRE-058)."""
    presenter.window(30, 20, x=40, y=30, background="red", border_width=2)
    root = presenter.root_window()
    presentation = root.present(root.pixmap(width=120, height=90), x_off=-5, y_off=8)
    assert presentation.wait_complete().mode is CompleteMode.COPY
    picture = Canvas(root.width, root.height, root.depth)
    picture.paste(chart_pixels(120, 90, root.depth), -5, 8)
    picture.area(40, 30, 34, 24).fill("white").area(2, 2, 30, 20).fill("red")
    shown = capture_root(presenter, Rectangle(0, 0, 128, 110))
    Canvas(128, 110, root.depth).paste(picture.frame.pixels).check(shown)
    golden.check(shown, "root")


def test_window_without_listeners_is_drawn(presenter, barrier, golden):
    """Nobody needs to listen for a presentation to be shown, at once or at a target (PRE-100)."""
    stage = Stage.open(presenter, events=0)
    clock = presenter.window(4, 4, x=300, y=300)
    chart = chart_pixels(48, 40, stage.window.depth)
    stage.window.present(stage.window.pixmap(), x_off=-4)
    # The clock is read at once, also by a server that is late with what was due before.
    clock.wait_msc(clock.msc() + 3)
    barrier()
    stage.inside.paste(chart, -4, 0)
    stage.shown()
    target = clock.msc() + 8
    stage.window.present(stage.window.pixmap(), y_off=7, target_msc=target)
    clock.wait_msc(max(target, clock.msc()) + 2)
    barrier()
    stage.inside.paste(chart, 0, 7)
    golden.check(stage.shown(), "drawn")


def test_one_pixmap_waits_for_several_targets(presenter, golden):
    """The same pixmap queued several times is drawn each time, at each one's offset
    (PRE-053, PRE-092)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap(width=12, height=10)
    start = stage.window.msc() + 120
    places = [(0, 0), (14, 5), (28, 12), (36, 30)]
    queue = [
        stage.window.present(pixmap, x_off=x, y_off=y, target_msc=start + 2 * n)
        for n, (x, y) in enumerate(places)
    ]
    for presentation in queue:
        assert presentation.wait_complete().mode is CompleteMode.COPY
    for x, y in places:
        stage.inside.paste(chart_pixels(12, 10, stage.window.depth), x, y)
    golden.check(stage.shown(), "everywhere")
