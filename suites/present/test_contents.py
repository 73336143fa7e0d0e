# SPDX-License-Identifier: MIT
"""Which pixels a presentation shows: those of its pixmap, at the moment it is done."""

import pytest
from xcffib.xproto import GC, GX, RECTANGLE, ClipOrdering

from harness.capture.get_image import capture
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.x11.present import CompleteMode
from suites.marks import DEPTH_24

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

QUEUED_LATE = "the target had passed before the last presentation was queued"

CHART = chart_pixels(48, 40)
SECOND = chart_pixels(48, 40, seed=9)


class Held:
    """Presentations kept back by their target or by a fence, until ``release``."""

    def __init__(self, presenter, window, held_by):
        self._fence = presenter.fence()
        if held_by == "target":
            self.arguments = {"target_msc": window.msc() + 40}
        else:
            self.arguments = {"wait_fence": self._fence}

    def release(self):
        self._fence.trigger()


@pytest.fixture(params=["target", "fence"])
def hold(request, presenter):
    """``hold(window)``: what to present with so that it waits; requests that follow at once
    are handled before the target."""
    return lambda window: Held(presenter, window, request.param)


def test_unmapped_window_is_not_drawn_even_when_mapped_later(presenter, golden):
    """Nothing is drawn on an unmapped window and nothing kept for later, yet the presentation
    is answered as a copy (PRE-059)."""
    stage = Stage.open(presenter)
    stage.window.unmap()
    presentation = stage.window.present(stage.window.pixmap())
    assert presentation.wait_complete().mode is CompleteMode.COPY
    presentation.wait_idle()
    Canvas(80, 64, presenter.depth, "grey").check(capture(stage.parent))
    stage.window.map()
    golden.check(stage.shown(), "background")


def test_mapped_window_in_an_unmapped_parent_is_not_drawn(presenter):
    """A window that cannot be seen because of its parent is as good as unmapped (PRE-059)."""
    stage = Stage.open(presenter)
    inner = presenter.window(30, 20, x=5, y=5, parent=stage.window, background="red")
    stage.window.unmap()
    assert inner.present(inner.pixmap()).wait_complete().mode is CompleteMode.COPY
    stage.window.map()
    stage.inside.area(5, 5, 30, 20).fill("red")
    stage.shown()


def test_window_mapped_before_its_target_is_drawn(presenter, golden, hold):
    """Whether a window can be drawn is asked at the target: mapped by then, it shows the
    pixmap (PRE-059, PRE-060)."""
    stage = Stage.open(presenter, mapped=False)
    pixmap = stage.window.pixmap()
    held = hold(stage.window)
    presentation = stage.window.present(pixmap, **held.arguments)
    stage.window.map()
    held.release()
    presentation.wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "drawn")


def test_window_unmapped_before_its_target_is_not_drawn(presenter, hold):
    """A window unmapped while its presentation waits keeps its background; the presentation
    is answered (PRE-059)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    held = hold(stage.window)
    presentation = stage.window.present(pixmap, **held.arguments)
    stage.window.unmap()
    held.release()
    assert presentation.wait_complete().mode is CompleteMode.COPY
    stage.window.map()
    stage.shown()


def test_contents_are_those_of_the_moment_of_presentation(presenter, golden, hold):
    """What is drawn into the pixmap between the request and its target is shown (PRE-060)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    held = hold(stage.window)
    presentation = stage.window.present(pixmap, x_off=2, **held.arguments)
    pixmap.fill("red", 5, 5, 12, 30)
    pixmap.fill("green", 20, 10, 20, 8)
    held.release()
    presentation.wait_complete()
    pixmap.fill("yellow")
    drawn = stage.inside.paste(CHART, 2, 0)
    drawn.within((7, 5, 12, 30)).fill("red")
    drawn.within((22, 10, 20, 8)).fill("green")
    golden.check(stage.shown(), "late-drawing")


def test_pixmap_drawn_after_its_presentation_does_not_change_the_window(presenter, golden):
    """Once presented, the window's pixels are its own: the pixmap can be reused (PRE-060)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    presentation = stage.window.present(pixmap)
    presentation.wait_idle()
    pixmap.fill("red")
    presentation.wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "kept")


def test_nothing_is_drawn_before_the_fence_is_triggered(presenter, golden):
    """A presentation that waits for a fence leaves the window alone for as long as it waits
    (PRE-108); then it is drawn."""
    stage = Stage.open(presenter)
    fence = presenter.fence()
    presentation = stage.window.present(stage.window.pixmap(), wait_fence=fence)
    stage.window.wait_msc(stage.window.msc() + 6)
    stage.shown()
    fence.trigger()
    presentation.wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "after-trigger")


def test_nothing_is_drawn_before_the_target(presenter):
    """A presentation for a far target leaves the window alone, and one for an earlier target
    does not wait for it (PRE-065, PRE-074)."""
    stage = Stage.open(presenter)
    now = stage.window.msc()
    stage.window.present(stage.window.pixmap("red"), target_msc=now + 100_000)
    stage.window.wait_msc(now + 6)
    stage.shown()
    stage.window.present(stage.window.pixmap(), target_msc=now + 8).wait_complete()
    stage.inside.paste(CHART)
    stage.shown()


def test_freed_pixmap_is_presented(presenter, golden, hold):
    """FreePixmap right after the request takes the id, not the pixels; Idle still names it
    (PRE-061, PRE-097)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    held = hold(stage.window)
    presentation = stage.window.present(pixmap, y_off=-3, **held.arguments)
    pixmap.free()
    # Memory that was given back too early would be used again by these.
    for _ in range(8):
        presenter.pixmap(48, 40, colour="red")
    held.release()
    presentation.wait_complete()
    assert presentation.wait_idle().pixmap == pixmap.id
    stage.inside.paste(CHART, 0, -3)
    golden.check(stage.shown(), "freed")


def test_freed_pixmap_without_target_is_presented(presenter, golden):
    """Presented for the next frame and freed in the same breath, the pixmap is shown
    (PRE-061)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    presentation = stage.window.present(pixmap)
    pixmap.free()
    presentation.wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "freed")


@pytest.mark.parametrize(
    ("width", "height", "depth"),
    [
        pytest.param(48, 40, 24, id="alike"),
        pytest.param(7, 5, 24, id="smaller"),
        pytest.param(48, 40, 1, id="bitmap"),
    ],
)
def test_pixmap_id_used_again_does_not_change_the_picture(
    presenter, golden, hold, width, height, depth
):
    """A pixmap freed while it waits is still the one presented when its id names another
    pixmap by then (PRE-061, PRE-097)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    held = hold(stage.window)
    presentation = stage.window.present(pixmap, **held.arguments)
    pixmap.free()
    presenter.core.CreatePixmap(depth, pixmap.id, presenter.root, width, height)
    pixmap.width, pixmap.height, pixmap.depth = width, height, depth
    pixmap.fill("white")
    held.release()
    presentation.wait_complete()
    assert presentation.wait_idle().pixmap == pixmap.id
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "first-owner")


@DEPTH_24
def test_pixmap_of_a_client_that_left_is_presented(presenter, connect, golden):
    """The queue keeps a pixmap whose owner disconnects before the target (PRE-133)."""
    stage = Stage.open(presenter)
    owner = connect("owner")
    pixmap = presenter.borrow_pixmap(owner.pixmap(48, 40, 24))
    fence = presenter.fence()
    presentation = stage.window.present(pixmap, wait_fence=fence)
    presenter.sync()
    owner.close()
    presenter.sync()
    fence.trigger()
    presentation.wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "presented")


@DEPTH_24
def test_window_and_pixmap_of_others_can_be_presented(presenter, connect, golden):
    """One client's pixmap is drawn into another client's window by a third (PRE-051)."""
    stage = Stage.open(presenter)
    pixmap = connect("owner").pixmap(48, 40, 24)
    third = connect("third")
    window = third.borrow_window(stage.window)
    window.present(third.borrow_pixmap(pixmap), x_off=4, y_off=4).wait_complete()
    stage.inside.paste(CHART, 4, 4)
    golden.check(stage.shown(), "presented")


@pytest.mark.needs(supersede=True)
def test_superseded_pixmap_is_never_shown(presenter, golden, too_late):
    """Of several presentations for one target only the last is drawn: around its smaller
    pixmap the window keeps its background (PRE-090)."""
    stage = Stage.open(presenter)
    window = stage.window
    pixmaps = [window.pixmap("red"), window.pixmap("green"), window.pixmap(width=20, height=16)]
    target = window.msc() + 90
    first, second, last = [
        window.present(pixmap, target_msc=target, x_off=6 * n) for n, pixmap in enumerate(pixmaps)
    ]
    if window.msc() >= target:
        too_late(QUEUED_LATE)
    assert first.wait_complete().mode is CompleteMode.SKIP
    assert second.wait_complete().mode is CompleteMode.SKIP
    assert last.wait_complete().mode is CompleteMode.COPY
    stage.inside.paste(chart_pixels(20, 16), 12, 0)
    golden.check(stage.shown(), "last-only")


@pytest.mark.needs(supersede=True)
def test_partial_presentation_is_superseded_by_a_whole_one(presenter, golden, too_late):
    """It is the later presentation's update area that counts: without one, it supersedes an
    earlier one that has one (PRE-090)."""
    stage = Stage.open(presenter)
    window = stage.window
    red, chart = window.pixmap("red"), window.pixmap(width=20, height=16)
    update = presenter.region((0, 0, 40, 40))
    target = window.msc() + 90
    first = window.present(red, update=update, target_msc=target)
    last = window.present(chart, target_msc=target)
    if window.msc() >= target:
        too_late(QUEUED_LATE)
    assert first.wait_complete().mode is CompleteMode.SKIP
    last.wait_complete()
    stage.inside.paste(chart_pixels(20, 16))
    golden.check(stage.shown(), "whole-only")


def test_partial_presentation_supersedes_nothing(presenter, golden):
    """A later presentation with an update area leaves the earlier one to be drawn: the window
    shows both (PRE-091)."""
    stage = Stage.open(presenter)
    window = stage.window
    chart, red = window.pixmap(width=24, height=40), window.pixmap("red")
    update = presenter.region((26, 5, 18, 9), (30, 20, 10, 16))
    target = window.msc() + 40
    first = window.present(chart, target_msc=target)
    last = window.present(red, update=update, target_msc=target)
    for presentation in (first, last):
        assert presentation.wait_complete().mode is CompleteMode.COPY
    stage.inside.paste(chart_pixels(24, 40))
    stage.inside.within((26, 5, 18, 9), (30, 20, 10, 16)).fill("red")
    golden.check(stage.shown(), "both")


def test_other_targets_and_windows_supersede_nothing(presenter, golden, too_late):
    """Presentations for different targets, and those of other windows for the same one, are
    all drawn (PRE-092)."""
    stage = Stage.open(presenter)
    other = presenter.window(20, 20, x=10, y=10, parent=stage.window, background="black")
    halves = [stage.window.pixmap(colour, width=24) for colour in ("red", "green")]
    yellow = other.pixmap("yellow")
    target = stage.window.msc() + 90
    queue = [
        stage.window.present(halves[0], target_msc=target),
        other.present(yellow, x_off=5, target_msc=target),
        stage.window.present(halves[1], x_off=24, target_msc=target + 1),
    ]
    if stage.window.msc() >= target:
        # Targets that have passed are all the same frame.
        too_late(QUEUED_LATE)
    for presentation in queue:
        assert presentation.wait_complete().mode is CompleteMode.COPY
    stage.inside.within((0, 0, 24, 40)).fill("red")
    stage.inside.within((24, 0, 24, 40)).fill("green")
    child = stage.inside.area(10, 10, 20, 20).fill("black")
    child.within((5, 0, 15, 20)).fill("yellow")
    golden.check(stage.shown(), "all")


@pytest.mark.needs(screen_clock=True, supersede=True)
def test_superseded_presentation_is_not_drawn_when_its_fence_triggers(presenter, golden, too_late):
    """A superseded presentation that waits for a fence draws nothing, even if the fence is
    triggered after the later one was shown (PRE-093)."""
    stage = Stage.open(presenter)
    fence = presenter.fence()
    red, chart = stage.window.pixmap("red"), stage.window.pixmap()
    target = stage.window.msc() + 90
    first = stage.window.present(red, wait_fence=fence, target_msc=target)
    last = stage.window.present(chart, target_msc=target)
    if stage.window.msc() >= target:
        too_late(QUEUED_LATE)
    last.wait_complete()
    stage.inside.paste(CHART)
    stage.shown()
    fence.trigger()
    assert first.wait_complete().mode is CompleteMode.SKIP
    golden.check(stage.shown(), "chart")


@pytest.mark.needs(screen_clock=True)
def test_presentation_released_late_is_drawn_over_the_later_ones(presenter, golden):
    """A presentation blocked by its fence does not hold others up; when it is released it is
    drawn last, over what they drew (PRE-115, PRE-060)."""
    stage = Stage.open(presenter)
    window = stage.window
    fence = presenter.fence()
    chart, red = window.pixmap(width=30, height=20), window.pixmap("red")
    target = window.msc() + 2
    first = window.present(chart, x_off=8, y_off=9, wait_fence=fence, target_msc=target)
    # Its frame is over before the next one is asked for: two for the same would be a skip.  If
    # the target had passed when it was asked for, it is the frame after.
    window.wait_msc(max(target, window.msc() + 1))
    window.present(red).wait_complete()
    stage.inside.fill("red")
    stage.shown()
    fence.trigger()
    first.wait_complete()
    stage.inside.paste(chart_pixels(30, 20), 8, 9)
    golden.check(stage.shown(), "over")


def test_client_drawing_state_has_no_influence(presenter, golden):
    """Function, plane mask, clip and subwindow mode of the clients' graphics contexts belong
    to their own drawing: the copy is plain, and children still clip (PRE-053, PRE-058)."""
    stage = Stage.open(presenter)
    window = stage.window
    presenter.window(10, 10, x=30, y=25, events=0, parent=window, background="red")
    pixmap = window.pixmap()
    gc = presenter.new_id()
    presenter.core.CreateGC(
        gc,
        window.id,
        GC.Function | GC.PlaneMask | GC.Foreground | GC.SubwindowMode,
        [GX.xor, 0x0F0F0F, 0xFFFFFF, 1],
    )
    clip = [RECTANGLE.synthetic(3, 3, 8, 8)]
    presenter.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, 1, clip)
    for drawable in (window, pixmap, window):
        area = [RECTANGLE.synthetic(0, 0, 48, 40)]
        presenter.core.PolyFillRectangle(drawable.id, gc, 1, area)
    pixmap.chart(seed=9)
    window.present(pixmap, x_off=-4).wait_complete()
    stage.inside.paste(SECOND, -4, 0)
    stage.inside.area(30, 25, 10, 10).fill("red")
    golden.check(stage.shown(), "plain")


def test_refused_presentation_draws_nothing(presenter):
    """A request that is answered by an error leaves window and neighbours as they were
    (PRE-050)."""
    stage = Stage.open(presenter)
    window = stage.window
    with presenter.expect_error("Match"):
        window.present(presenter.pixmap(48, 40, depth=1, colour="white"))
    with presenter.expect_error("XFIXES:Region"):
        window.present(window.pixmap(), update=presenter.new_id())
    with presenter.expect_error("Value"):
        window.present(window.pixmap(), remainder=1)
    with presenter.expect_error("Value"):
        window.present(window.pixmap(), options=1 << 31)
    with presenter.expect_error("Value"):
        window.present(window.pixmap(), divisor=1, remainder=1)
    with presenter.expect_error("SYNC:Fence"):
        window.present(window.pixmap(), idle_fence=presenter.new_id())
    window.wait_msc(window.msc() + 4)
    stage.shown()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("depth", "Match"),
        ("region", "XFIXES:Region"),
        ("fence", "SYNC:Fence"),
        ("options", "Value"),
        ("remainder", "Value"),
    ],
)
def test_a_refused_presentation_leaves_the_next_as_it_is(presenter, wrong, error):
    """Nothing of a request that was refused is left in the one that follows: update area and
    offset are its own, and one without them draws all (PRE-227)."""
    stage = Stage.open(presenter)
    window, pixmap = stage.window, stage.window.pixmap()
    part = presenter.region((20, 10, 9, 9))

    def refused():
        arguments = {
            "region": {"valid": presenter.new_id()},
            "fence": {"wait_fence": presenter.new_id()},
            "options": {"options": 1 << 31},
            "remainder": {"remainder": 1},
        }.get(wrong, {})
        plane = presenter.pixmap(48, 40, depth=1, colour="white")
        with presenter.expect_error(error):
            window.present(
                plane if wrong == "depth" else pixmap, **{"update": part, "x_off": 3} | arguments
            )

    refused()
    window.present(pixmap, update=presenter.region((5, 4, 12, 15)), x_off=2).wait_complete()
    stage.inside.within((7, 4, 12, 15)).paste(CHART, 2, 0)
    stage.shown()
    refused()
    window.present(pixmap).wait_complete()
    stage.inside.paste(CHART)
    stage.shown()


def test_destroyed_window_leaves_its_parent_undrawn(presenter, too_late):
    """A presentation whose window is destroyed before the target draws nowhere (PRE-130)."""
    stage = Stage.open(presenter)
    witness = presenter.window(10, 10, x=300, y=300)
    pixmap = stage.window.pixmap()
    target = witness.msc() + 20
    stage.window.present(pixmap, target_msc=target)
    stage.window.destroy()
    if witness.msc() >= target:
        too_late("the target had passed before the window was destroyed")
    witness.wait_msc(target + 4)
    stage.picture.fill("grey")
    stage.shown()


@pytest.mark.parametrize("held_by", ["nothing", "fence"])
def test_offsets_of_hundreds_of_pixels_are_followed(presenter, held_by):
    """To the right, down, left and up, in windows and pixmaps that are so large (PRE-053,
    PRE-054)."""
    window = presenter.window(400, 300, background="blue")
    spot, sheet = window.pixmap("red", 9, 7), window.pixmap(None, 600, 560)
    picture, large = Canvas(400, 300, presenter.depth, "blue"), capture(sheet).pixels

    def show(pixmap, x, y, **areas):
        fence = presenter.fence() if held_by == "fence" else None
        shown = window.present(pixmap, x_off=x, y_off=y, wait_fence=fence, **areas)
        if fence:
            fence.trigger()
        shown.wait_complete()

    for x, y in [(-200, -260), (-129, -128), (-127, -257)]:
        show(sheet, x, y, update=presenter.region((-x, -y, 390, 290)))
        picture.area(0, 0, 390, 290).paste(large, x, y)
        picture.check(capture(window))
    for x, y in [(0, 293), (127, 128), (129, 255), (256, 257), (391, 0), (300, 280)]:
        show(spot, x, y)
        picture.area(x, y, 9, 7).fill("red")
    picture.check(capture(window))


@pytest.mark.parametrize("way", ["right", "down"])
def test_sheets_of_thousands_of_pixels_are_drawn_to_their_ends(presenter, way):
    """Of a pixmap far wider or higher than the screen the last pixels are shown by an offset to
    the left or up; a small one is shown at the end of such a window (PRE-226)."""

    def turned(x, y):
        return (x, y) if way == "right" else (y, x)

    length = 5000
    width, height = turned(length, 12)
    window = presenter.window(60, 60, background="blue")
    sheet = window.pixmap("green", width, height)
    sheet.fill("red", *turned(length - 20, 0), *turned(20, 12))
    x_off, y_off = turned(30 - length, 7)
    window.present(sheet, x_off=x_off, y_off=y_off).wait_complete()
    picture = Canvas(60, 60, presenter.depth, "blue")
    picture.area(*turned(0, 7), *turned(30, 12)).fill("green")
    picture.area(*turned(10, 7), *turned(20, 12)).fill("red")
    picture.check(capture(window))
    x, y = turned(60 - length, 0)
    parent = presenter.window(60, 60, background="grey", events=0)
    width, height = turned(length, 60)
    long = presenter.window(width, height, x=x, y=y, parent=parent, background="blue")
    x_off, y_off = turned(length - 25, 9)
    long.present(long.pixmap("red", 15, 15), x_off=x_off, y_off=y_off).wait_complete()
    picture = Canvas(60, 60, presenter.depth, "blue")
    picture.area(*turned(35, 9), 15, 15).fill("red")
    picture.check(capture(parent))
