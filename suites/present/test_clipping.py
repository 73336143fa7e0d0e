# SPDX-License-Identifier: MIT
"""What a presentation must not draw over: children, siblings, shapes, what is off the screen."""

import pytest
import xcffib.xfixes
from xcffib.shape import SK
from xcffib.xproto import CW, Gravity, StackMode

from harness.capture.get_image import capture, capture_root
from harness.clients.resources.window import WindowClass
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from suites.marks import from_edges

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

CHART = chart_pixels(48, 40)


def present_chart(stage, **arguments):
    """Present the test chart of the stage's window and wait until it is shown."""
    return stage.window.present(stage.window.pixmap(), **arguments).wait_complete()


def test_mapped_children_keep_their_pixels(presenter, golden):
    """Children clip the copy, with their borders and where they reach beyond the window
    (PRE-058)."""
    stage = Stage.open(presenter)
    for x, y, colour in [(5, 4, "red"), (20, 15, "green"), (40, 32, "yellow")]:
        presenter.window(
            12, 10, x=x, y=y, events=0, parent=stage.window, background=colour, border_width=2
        )
    present_chart(stage, x_off=-3, y_off=2)
    stage.inside.paste(CHART, -3, 2)
    for x, y, colour in [(5, 4, "red"), (20, 15, "green"), (40, 32, "yellow")]:
        child = stage.inside.within((x, y, 16, 14)).fill("white")
        child.within((x + 2, y + 2, 12, 10)).fill(colour)
    golden.check(stage.shown(), "children")


def test_unmapped_children_do_not_clip(presenter, golden):
    """A child that is not mapped, or whose parent is not, leaves the copy whole (PRE-058)."""
    stage = Stage.open(presenter)
    presenter.window(20, 20, x=4, y=4, events=0, parent=stage.window, mapped=False)
    gone = presenter.window(20, 20, x=10, y=12, events=0, parent=stage.window)
    gone.unmap()
    hidden = presenter.window(20, 20, x=20, y=12, events=0, parent=stage.window, mapped=False)
    presenter.window(10, 10, x=2, y=2, events=0, parent=hidden, background="red")
    present_chart(stage)
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "whole")


def test_grandchildren_keep_their_pixels(presenter, golden):
    """The whole tree below the window clips: a child, its child, and that one's (PRE-058)."""
    stage = Stage.open(presenter)
    child = presenter.window(30, 26, x=8, y=6, events=0, parent=stage.window, background="red")
    second = presenter.window(20, 16, x=5, y=5, events=0, parent=child, background="green")
    presenter.window(30, 6, x=4, y=4, events=0, parent=second, background="yellow")
    present_chart(stage)
    stage.inside.paste(CHART)
    red = stage.inside.area(8, 6, 30, 26).fill("red")
    green = red.area(5, 5, 20, 16).fill("green")
    green.area(4, 4, 30, 6).fill("yellow")
    golden.check(stage.shown(), "grandchildren")


def test_presenting_to_a_child_leaves_its_parent_alone(presenter, golden):
    """A copy into a child that hangs over its parent's edge is cut there, and at the child's
    own children (PRE-053, PRE-058)."""
    stage = Stage.open(presenter)
    child = presenter.window(30, 30, x=30, y=-8, parent=stage.window, background="red")
    presenter.window(6, 6, x=4, y=14, events=0, parent=child, background="green")
    child.present(child.pixmap(width=60, height=60), x_off=-10, y_off=-10).wait_complete()
    shown = stage.inside.area(30, -8, 30, 30)
    stage.inside.within((30, -8, 18, 30)).paste(chart_pixels(60, 60), 20, -18)
    shown.within((4, 14, 6, 6)).fill("green")
    golden.check(stage.shown(), "child")


def test_input_only_children_do_not_clip(presenter, golden):
    """An InputOnly child has no pixels to keep: the copy goes through (PRE-058)."""
    stage = Stage.open(presenter)
    presenter.window(
        30,
        30,
        x=5,
        y=5,
        events=0,
        parent=stage.window,
        window_class=WindowClass.INPUT_ONLY,
    )
    present_chart(stage)
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "through")


@pytest.mark.parametrize("place", ["above", "below"])
def test_siblings_cover_only_from_above(presenter, golden, place):
    """A sibling higher in the stack keeps its pixels; a lower one stays covered (PRE-053)."""
    stage = Stage.open(presenter)
    sibling = presenter.window(30, 30, x=40, y=30, events=0, parent=stage.parent, background="red")
    if place == "below":
        sibling.configure(stack_mode=1)
    present_chart(stage, x_off=2)
    if place == "above":
        stage.inside.paste(CHART, 2, 0)
        stage.picture.area(40, 30, 30, 30).fill("red")
    else:
        inside = stage.picture.area(16, 12, 48, 40)
        outside = stage.picture.without((16, 12, 48, 40))
        outside.within((40, 30, 30, 30)).fill("red")
        inside.paste(CHART, 2, 0)
    golden.check(stage.shown(), "stacked")


def test_covered_window_draws_nothing(presenter):
    """A window that is covered completely completes its presentation unseen, and shows its
    background when it is uncovered: what was covered is not kept (PRE-053)."""
    stage = Stage.open(presenter)
    cover = presenter.window(80, 64, events=0, parent=stage.parent, background="red")
    present_chart(stage)
    Canvas(80, 64, presenter.depth, "red").check(capture(stage.parent))
    cover.unmap()
    stage.shown()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        pytest.param(-20, -15, id="upper_left"),
        pytest.param(620, 465, id="lower_right"),
        pytest.param(-20, 465, id="lower_left"),
        pytest.param(620, -15, id="upper_right"),
    ],
)
def test_window_partly_off_the_screen_shows_what_is_on_it(presenter, golden, x, y):
    """The screen's edges cut the copy; what is on the screen is right (PRE-053)."""
    x, y = from_edges(presenter, x, y)
    window = presenter.window(48, 40, x=x, y=y, background="blue")
    pixmap = window.pixmap()
    window.present(pixmap, x_off=3, y_off=-4).wait_complete()
    root = presenter.geometry(presenter.root)
    corner = Rectangle(max(0, min(x, root.width - 64)), max(0, min(y, root.height - 64)), 64, 64)
    screen = Canvas(64, 64, presenter.depth)
    screen.area(x - corner.x, y - corner.y, 48, 40).fill("blue").paste(CHART, 3, -4)
    shown = capture_root(presenter, corner)
    screen.check(shown)
    golden.check(shown, "corner")


def test_window_off_the_screen_draws_nothing(presenter):
    """A window outside of the screen presents without effect on the screen (PRE-053)."""
    root = presenter.geometry(presenter.root)
    window = presenter.window(48, 40, x=root.width + 60, y=root.height + 20)
    other = presenter.window(48, 40, x=-60, y=10)
    before = capture_root(presenter)
    for target in (window, other):
        assert target.present(target.pixmap()).wait_complete().mode == 0
    assert capture_root(presenter).digest == before.digest


@pytest.mark.needs("SHAPE")
def test_shaped_window_is_drawn_inside_of_its_shape(presenter, golden):
    """Pixels outside of the window's shape belong to what is behind (PRE-053)."""
    stage = Stage.open(presenter)
    shape = [(4, 4, 20, 12), (20, 12, 24, 25)]
    stage.window.shape(shape)
    present_chart(stage, x_off=-2, y_off=3)
    stage.picture.area(16, 12, 48, 40).fill("grey")
    stage.inside.within(*shape).fill("blue").paste(CHART, -2, 3)
    golden.check(stage.shown(), "shaped")


@pytest.mark.needs("SHAPE", "XFIXES")
@pytest.mark.parametrize("updated", [False, True], ids=["all", "part"])
def test_a_window_with_a_clip_shape_is_drawn_around_its_children(presenter, updated):
    """Nothing is drawn outside of the clip shape, nor over a child inside of it (PRE-053,
    PRE-058)."""
    stage = Stage.open(presenter, border_width=2)
    clip, part = (4, 5, 34, 30), (0, 0, 30, 48)
    region = presenter.region(clip)
    presenter.extension(xcffib.xfixes).SetWindowShapeRegion(
        stage.window.id, SK.Clip, 0, 0, region.id
    )
    presenter.window(12, 9, x=20, y=10, events=0, parent=stage.window, background="red")
    update = presenter.region(part) if updated else None
    stage.window.present(stage.window.pixmap(), update=update).wait_complete()
    drawn = stage.inside.within(clip)
    (drawn.within(part) if updated else drawn).paste(CHART)
    drawn.area(20, 10, 12, 9).fill("red")
    inner = capture(stage.parent).crop(16 + 2 + 4, 12 + 2 + 5, 34, 30)
    expected = Canvas(34, 30, presenter.depth).paste(stage.picture.frame.pixels, -22, -19)
    expected.check(inner)


@pytest.mark.needs("SHAPE")
def test_shaped_child_clips_by_its_shape(presenter, golden):
    """Where a shaped child has no pixels, the copy is seen (PRE-058)."""
    stage = Stage.open(presenter)
    child = presenter.window(30, 26, x=9, y=7, events=0, parent=stage.window, background="red")
    shape = [(0, 0, 10, 26), (20, 5, 10, 9)]
    child.shape(shape)
    present_chart(stage)
    stage.inside.paste(CHART)
    stage.inside.area(9, 7, 30, 26).within(*shape).fill("red")
    golden.check(stage.shown(), "shaped-child")


@pytest.mark.needs("Composite")
def test_manually_redirected_child_does_not_clip(presenter, golden):
    """A child whose pixels are kept apart covers nothing: the copy is drawn beneath it, and
    its own pixels stay (PRE-058, PRE-062)."""
    stage = Stage.open(presenter)
    child = presenter.window(
        20, 18, x=9, y=7, events=0, parent=stage.window, background="red", mapped=False
    )
    child.redirect()
    child.map()
    present_chart(stage)
    frame = capture_root(presenter, Rectangle(30, 20, 80, 64))
    stage.inside.paste(CHART)
    stage.picture.check(frame)
    golden.check(frame, "beneath")
    pixmap = child.name_pixmap()
    golden.check(pixmap, "child")


def test_client_clip_of_the_request_is_that_of_the_target(presenter, golden):
    """Everything that clips is looked at when the presentation is done, not when it is asked
    for: a child mapped and one unmapped in between (PRE-058)."""
    stage = Stage.open(presenter)
    leaving = presenter.window(20, 18, x=2, y=3, events=0, parent=stage.window, background="red")
    coming = presenter.window(
        20, 18, x=20, y=15, events=0, parent=stage.window, background="green", mapped=False
    )
    pixmap = stage.window.pixmap()
    fence = presenter.fence()
    presentation = stage.window.present(pixmap, wait_fence=fence)
    coming.map()
    leaving.unmap()
    fence.trigger()
    presentation.wait_complete()
    stage.inside.paste(CHART)
    stage.inside.area(20, 15, 20, 18).fill("green")
    golden.check(stage.shown(), "at-target")


COVER = (40, 30, 30, 30), "red"
INNER = (5, 5, 70, 54), "green"


def reparent(stage, cover):
    (x, y, width, height), colour = INNER
    inner = stage.window.client.window(
        width, height, x=x, y=y, events=0, parent=stage.parent, background=colour
    )
    stage.window.reparent(inner, 30, 25)


def stand(picture, place=(16, 12, 48, 40), border=0, below=(COVER,), above=(), clip=(0, 0, 80, 64)):
    """Paint the window with the chart in it, its border around ``place``, between others."""
    picture.fill("grey")
    for area, colour in below:
        picture.area(*area).fill(colour)
    x, y, width, height = place
    outer = picture.within(clip).within((x, y, width + 2 * border, height + 2 * border))
    inside = outer.fill("white").within((x + border, y + border, width, height)).fill("blue")
    inside.paste(chart_pixels(60, 60), x + border - 2, y + border - 3)
    for area, colour in above:
        picture.area(*area).fill(colour)


CHANGES = {
    "moved": (lambda stage, cover: stage.window.move(3, 20), {"place": (3, 20, 48, 40)}),
    "grown": (lambda stage, cover: stage.window.resize(56, 48), {"place": (16, 12, 56, 48)}),
    "shrunk": (lambda stage, cover: stage.window.resize(30, 20), {"place": (16, 12, 30, 20)}),
    "bordered": (lambda stage, cover: stage.window.configure(border_width=4), {"border": 4}),
    "covered": (
        lambda stage, cover: cover.configure(stack_mode=StackMode.Above),
        {"below": (), "above": (COVER,)},
    ),
    "raised": (lambda stage, cover: stage.window.configure(stack_mode=StackMode.Above), {}),
    "reparented": (
        reparent,
        {"place": (35, 30, 48, 40), "below": (COVER, INNER), "clip": INNER[0]},
    ),
}
"""What happens to the window on the stage, and how ``stand`` paints it then."""


@pytest.mark.parametrize("held_by", ["target", "fence"])
@pytest.mark.parametrize("change", CHANGES)
def test_window_is_drawn_as_it_stands_at_the_target(presenter, golden, too_late, held_by, change):
    """A window moved, resized, restacked or reparented while its presentation waits is drawn
    where and as large as it is then (PRE-053)."""
    stage, (do, expected) = Stage.open(presenter), CHANGES[change]
    (x, y, width, height), colour = COVER
    cover = presenter.window(
        width, height, x=x, y=y, events=0, parent=stage.parent, background=colour
    )
    if change != "raised":
        cover.configure(stack_mode=StackMode.Below)
    pixmap = stage.window.pixmap(width=60, height=60)
    fence, target = presenter.fence(), stage.window.msc() + 40
    held = {"target": {"target_msc": target}, "fence": {"wait_fence": fence}}[held_by]
    presentation = stage.window.present(pixmap, x_off=-2, y_off=-3, **held)
    do(stage, cover)
    if held_by == "target" and stage.window.msc() >= target:
        too_late("the target had passed before the window had changed")
    fence.trigger()
    presentation.wait_complete()
    stand(stage.picture, **expected)
    golden.check(stage.shown(), "as-it-stands")


@pytest.mark.parametrize(
    ("gravity", "corner"),
    [
        pytest.param(Gravity.NorthWest, (0, 0), id="north_west"),
        pytest.param(Gravity.SouthEast, (12, 8), id="south_east"),
        pytest.param(Gravity.Center, (6, 4), id="centre"),
    ],
)
def test_presented_pixels_move_with_the_gravity_of_the_window(presenter, golden, gravity, corner):
    """Presented pixels are the window's own: a resize keeps them as its bit gravity says
    (PRE-053)."""
    stage = Stage.open(presenter, attributes={CW.BitGravity: gravity})
    present_chart(stage)
    stage.window.resize(60, 48)
    stage.picture.area(16, 12, 60, 48).fill("blue").paste(CHART, *corner)
    golden.check(stage.shown(), "resized")


def test_presented_pixels_move_with_the_window(presenter, golden):
    """Presented pixels are the window's own: moving it takes them along (PRE-053)."""
    stage = Stage.open(presenter)
    present_chart(stage, y_off=4)
    stage.window.move(25, 3)
    stage.picture.fill("grey").area(25, 3, 48, 40).fill("blue").paste(CHART, 0, 4)
    golden.check(stage.shown(), "moved")
