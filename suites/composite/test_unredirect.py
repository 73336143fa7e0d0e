# SPDX-License-Identifier: MIT
"""The end of redirection: what the window showed apart is on the screen, pixel by pixel."""

import pytest
import xcffib.composite
from xcffib.composite import Redirect
from xcffib.xproto import CW, EventMask, StackMode

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture, capture_root
from harness.models.stage import MARGIN_X, MARGIN_Y, Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import Expose
from suites.composite.scenes import await_lasting, leave
from suites.marks import BORDERS, DEPTH_24, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

WIDTH, HEIGHT = 48, 40
CHART = chart_pixels(WIDTH, HEIGHT)
SECOND = chart_pixels(WIDTH, HEIGHT, seed=4)

EXPOSURES = {CW.EventMask: EventMask.Exposure}


def open_stage(presenter, border=0, **attributes):
    attributes.setdefault("attributes", EXPOSURES)
    return Stage.open(
        presenter, WIDTH, HEIGHT, events=0, border_width=border, border="red", **attributes
    )


def place_of(stage):
    """The window with its border in the parent."""
    border = (stage.picture.frame.width - WIDTH - 2 * MARGIN_X) // 2
    return (MARGIN_X, MARGIN_Y, WIDTH + 2 * border, HEIGHT + 2 * border)


def look(stage):
    frame = stage.picture.frame
    return capture_root(stage.window.client, Rectangle(30, 20, frame.width, frame.height))


def check(stage):
    """The screen comes to show the stage's picture, and keeps it."""
    return await_lasting(stage.window.client, stage.picture, lambda: look(stage))


def hide(stage, colour="grey"):
    """Paint the parent over the window's place in the picture."""
    stage.picture.area(*place_of(stage)).fill(colour)


def show(stage, pixels):
    """Paint the window's border and ``pixels`` in the picture."""
    if place_of(stage)[2] > WIDTH:
        stage.picture.area(*place_of(stage)).fill("red")
    stage.inside.paste(pixels)


def exposures(client, window, since):
    client.sync()
    events = [event.core for event in client.events[since:]]
    return [one for one in events if isinstance(one, Expose) and one.window == window.id]


class EndableRedirection:
    """A redirection of the stage's window that can be ended in one of several ways."""

    def __init__(self, stage, connect, update, way):
        self.stage = stage
        self.update = update
        self.way = way
        self.client = connect("compositor")
        if way.startswith("subwindows"):
            self.client.borrow_window(stage.parent, events=0).redirect_subwindows(update)
        else:
            self.client.borrow_window(stage.window, events=0).redirect(update)
        self.client.sync()

    def end(self):
        parent = self.client.borrow_window(self.stage.parent, events=0)
        window = self.client.borrow_window(self.stage.window, events=0)
        if self.way.endswith("death"):
            leave(self.client)
            return
        if self.way == "subwindows":
            parent.unredirect_subwindows(self.update)
        else:
            window.unredirect(self.update)
        self.client.sync()


WAYS = pytest.mark.parametrize(
    "way", ["window", "subwindows", "single of subwindows", "death", "subwindows death"]
)


@UPDATES
@BORDERS
@WAYS
def test_unredirected_window_is_on_the_screen_as_it_was(presenter, connect, update, border, way):
    """However the redirection ends (unredirected alone or with its siblings, or because the
    client died), screen and window show exactly what the window held, border included, and
    the window is not exposed (CMP-035, CMP-015, CMP-042)."""
    stage = open_stage(presenter, border)
    presenter.sync()
    redirection = EndableRedirection(stage, connect, update, way)
    stage.window.put(CHART)
    show(stage, CHART)
    if update == Redirect.Manual:
        hide(stage)
    check(stage)
    since = len(presenter.events)
    redirection.end()
    show(stage, CHART)
    check(stage)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    own.check(capture(stage.window))
    assert exposures(presenter, stage.window, since) == []
    stage.window.fill("green", 5, 6, 20, 10)
    stage.inside.area(5, 6, 20, 10).fill("green")
    stage.picture.check(look(stage))
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).NameWindowPixmap(stage.window.id, presenter.new_id())


@UPDATES
@BORDERS
def test_parent_shows_itself_until_the_window_returns(presenter, golden, update, border):
    """What the parent drew where a manual window was stands there until the window's end of
    redirection, and around it afterwards; below an automatic one it never shows (CMP-035,
    CMP-046)."""
    stage = open_stage(presenter, border)
    stage.window.redirect(update)
    stage.window.put(CHART)
    parent = chart_pixels(stage.parent.width, stage.parent.height, seed=2)
    stage.parent.put(parent)
    stage.picture.paste(parent)
    if update == Redirect.Automatic:
        show(stage, CHART)
    check(stage)
    stage.window.unredirect(update)
    show(stage, CHART)
    shown = check(stage)
    if border:
        golden.check(shown, "restored")


@UPDATES
@pytest.mark.parametrize("drawing", ["fill", "put", "clear", "child"])
def test_drawing_just_before_the_end_is_not_lost(presenter, update, drawing):
    """What was drawn right before the redirection ends, with no idle moment between, is on the
    screen too (CMP-035, CMP-019)."""
    stage = open_stage(presenter)
    stage.window.redirect(update)
    presenter.sync()
    stage.window.put(CHART)
    stage.inside.paste(CHART)
    if drawing == "fill":
        stage.window.fill("green", 3, 4, 30, 20)
        stage.inside.area(3, 4, 30, 20).fill("green")
    elif drawing == "put":
        stage.window.put(SECOND[:15, :20])
        stage.inside.paste(SECOND[:15, :20])
    elif drawing == "clear":
        presenter.core.ClearArea(0, stage.window.id, 3, 4, 30, 20)
        stage.inside.area(3, 4, 30, 20).fill("blue")
    else:
        presenter.window(
            20, 15, x=9, y=8, parent=stage.window, events=0, background="cyan", border_width=2
        )
        stage.inside.area(9, 8, 24, 19).fill("white").area(2, 2, 20, 15).fill("cyan")
    stage.window.unredirect(update)
    check(stage)


@UPDATES
@BORDERS
def test_window_returns_below_its_siblings(presenter, update, border):
    """Released below a sibling, the window fills only what the sibling leaves; the rest of
    what it held is gone, and exposed with the background when the sibling goes (CMP-035,
    CMP-047)."""
    stage = open_stage(presenter, border)
    stage.window.redirect(update)
    cover = presenter.window(
        30, 25, x=8, y=6, parent=stage.parent, events=0, background="orange", border_width=2
    )
    stage.window.put(CHART)
    presenter.sync()
    stage.window.unredirect(update)
    show(stage, CHART)
    stage.picture.area(8, 6, 34, 29).fill("white").area(2, 2, 30, 25).fill("orange")
    check(stage)
    Canvas(30, 25, presenter.depth, "orange").check(capture(cover))
    since = len(presenter.events)
    cover.unmap()
    assert len(exposures(presenter, stage.window, since)) == 1
    stage.picture.within((8, 6, 34, 29)).fill("grey")
    if border:
        stage.picture.area(*place_of(stage)).within((-8, -6, 34, 29)).fill("red")
    stage.inside.within((-8 - border, -6 - border, 34, 29)).fill("blue")
    check(stage)


@UPDATES
def test_wholly_covered_window_returns_unseen(presenter, update):
    """Released wholly below a sibling, the window changes nothing on the screen (CMP-035)."""
    stage = open_stage(presenter, 3)
    stage.window.redirect(update)
    cover = presenter.window(80, 70, parent=stage.parent, events=0, background="orange")
    stage.window.put(CHART)
    presenter.sync()
    stage.window.unredirect(update)
    stage.window.put(SECOND)
    stage.picture.area(0, 0, 80, 70).fill("orange")
    check(stage)
    cover.destroy()
    hide(stage, "red")
    stage.picture.without(place_of(stage)).fill("grey")
    stage.inside.fill("blue")
    check(stage)


@UPDATES
def test_lower_sibling_is_covered_again(presenter, update):
    """A returning window takes its place above lower siblings, whose drawing it had let
    through if it was manual (CMP-035, CMP-046)."""
    stage = open_stage(presenter, 3)
    lower = presenter.window(40, 60, x=4, y=4, parent=stage.parent, events=0, background="cyan")
    lower.configure(sibling=stage.window.id, stack_mode=StackMode.Below)
    stage.window.redirect(update)
    stage.window.put(CHART)
    lower.fill("magenta")
    if update == Redirect.Manual:
        stage.picture.fill("grey")
        stage.picture.area(4, 4, 40, 60).fill("magenta")
    else:
        stage.picture.area(4, 4, 40, 60).fill("magenta")
        show(stage, CHART)
    check(stage)
    stage.window.unredirect(update)
    show(stage, CHART)
    check(stage)
    lower.fill("green")
    stage.picture.without(place_of(stage)).area(4, 4, 40, 60).fill("green")
    check(stage)


def test_window_returns_below_a_manual_sibling_as_a_whole(presenter):
    """A manual sibling above hides nothing of the returning window (CMP-035, CMP-046)."""
    stage = open_stage(presenter, 3)
    above = presenter.window(40, 60, x=4, y=4, parent=stage.parent, events=0, background="cyan")
    above.redirect()
    stage.window.redirect()
    stage.window.put(CHART)
    hide(stage)
    check(stage)
    stage.window.unredirect()
    show(stage, CHART)
    check(stage)
    above.unredirect()
    stage.picture.area(4, 4, 40, 60).fill("cyan")
    check(stage)


@UPDATES
def test_redirected_subwindows_return_together(presenter, golden, update):
    """Overlapping children of one parent return in their stacking order: each is seen where no
    higher one covers it (CMP-035, CMP-045)."""
    stage = open_stage(presenter, 3)
    stage.parent.redirect_subwindows(update)
    second = presenter.window(
        40, 30, x=40, y=30, parent=stage.parent, events=0, background="orange", border_width=2
    )
    third = presenter.window(20, 30, x=30, y=4, parent=stage.parent, events=0, background="cyan")
    stage.window.put(CHART)
    second.put(SECOND[:30, :40])
    third.configure(sibling=second.id, stack_mode=StackMode.Below)
    presenter.sync()
    stage.parent.unredirect_subwindows(update)
    show(stage, CHART)
    stage.picture.area(30, 4, 20, 30).fill("cyan")
    stage.picture.area(40, 30, 44, 34).fill("white").area(2, 2, 40, 30).paste(SECOND)
    golden.check(check(stage), "screen")


def test_root_returns_to_normal(presenter):
    """When the compositor of the whole screen ends its redirection, the screen shows root and
    windows again, partly off-screen ones too (CMP-035, CMP-044, CMP-045)."""
    root = presenter.root_window(events=0)
    first = presenter.window(60, 50, x=-15, y=-10, events=0, background="red", border_width=4)
    root.redirect_subwindows()
    second = presenter.window(60, 50, x=30, y=20, events=0, background="blue")
    first.put(chart_pixels(60, 50))
    second.put(chart_pixels(60, 50, seed=3))
    root.fill("green", 0, 0, 120, 90)
    picture = Canvas(120, 90, presenter.depth, "green")
    presenter.sync()
    area = Rectangle(0, 0, 120, 90)
    await_picture(picture, lambda: capture_root(presenter, area))
    root.unredirect_subwindows()
    picture.fill("black")
    picture.area(-15, -10, 68, 58).fill("white")
    picture.paste(chart_pixels(60, 50), -11, -6)
    picture.paste(chart_pixels(60, 50, seed=3), 30, 20)
    await_picture(picture, lambda: capture_root(presenter, area))


@pytest.mark.parametrize("way", ["request", "death"])
def test_manual_subwindows_keep_the_parents_background_from_being_painted(presenter, connect, way):
    """While its children are redirected manually, a parent's background is not painted, not
    even by ClearArea; when that ends it is, everywhere, with an Expose (CMP-045)."""
    stage = open_stage(presenter, 3)
    stage.parent.select_core(EventMask.Exposure)
    compositor = connect("compositor")
    borrowed = compositor.borrow_window(stage.parent, events=0)
    borrowed.redirect_subwindows()
    compositor.sync()
    stage.window.put(CHART)
    stage.parent.fill("green")
    stage.picture.fill("green")
    stage.parent.clear()
    presenter.core.ClearArea(0, stage.parent.id, 5, 5, 30, 30)
    check(stage)
    cover = presenter.window(50, 40, x=50, y=30, events=0, background="orange")
    presenter.sync()
    cover.destroy()
    stage.picture.area(20, 10, 50, 40).fill("orange")
    check(stage)
    since = len(presenter.events)
    if way == "request":
        borrowed.unredirect_subwindows()
        compositor.sync()
    else:
        leave(compositor)
    stage.picture.fill("grey")
    show(stage, CHART)
    check(stage)
    assert exposures(presenter, stage.parent, since)
    stage.parent.fill("green", 0, 0, 12, 9)
    presenter.core.ClearArea(0, stage.parent.id, 4, 4, 6, 7)
    stage.picture.area(0, 0, 12, 9).fill("green")
    stage.picture.area(4, 4, 6, 7).fill("grey")
    check(stage)


@pytest.mark.parametrize("kind", ["automatic subwindows", "manual window"])
def test_other_redirections_leave_the_parents_background_alone(presenter, kind):
    """Automatic redirection of the children, or manual of a single one, lets the parent paint
    its background as ever (CMP-045)."""
    stage = open_stage(presenter, 3)
    if kind == "manual window":
        stage.window.redirect()
        hide(stage)
    else:
        stage.parent.redirect_subwindows(Redirect.Automatic)
    stage.parent.fill("green")
    stage.parent.clear()
    check(stage)


@BORDERS
@pytest.mark.parametrize("count", [1, 2], ids=["one client", "two clients"])
@pytest.mark.parametrize("first", [Redirect.Automatic, Redirect.Manual], ids=["auto", "manual"])
def test_dropped_manual_redirection_leaves_the_automatic_one(
    presenter, connect, border, count, first
):
    """A window redirected both ways is manual while that lasts; then the server paints it to
    its parent, as a whole and whenever it is drawn (CMP-014, CMP-011)."""
    stage = open_stage(presenter, border)
    clients = [presenter, presenter if count == 1 else connect("other")]
    auto, manual = (client.borrow_window(stage.window, events=0) for client in clients)
    for update in (first, 1 - first):
        (auto if update == Redirect.Automatic else manual).redirect(update)
        for client in clients:
            client.sync()
    stage.window.put(CHART)
    stage.parent.fill("green")
    stage.picture.fill("green")
    check(stage)
    backing = stage.window.name_pixmap()
    manual.unredirect(Redirect.Manual)
    clients[1].sync()
    show(stage, CHART)
    check(stage)
    stage.window.fill("orange", 4, 5, 20, 10)
    stage.inside.area(4, 5, 20, 10).fill("orange")
    check(stage)
    assert backing.pixel(border + 5, border + 6) == backing.value("orange")
    assert stage.window.name_pixmap().pixel(border + 5, border + 6) == stage.window.value("orange")
    auto.unredirect(Redirect.Automatic)
    clients[0].sync()
    check(stage)


def test_manual_redirection_outlives_the_automatic_one(presenter):
    """Dropping the automatic redirection of a window that is also manual shows nothing
    (CMP-011, CMP-014)."""
    stage = open_stage(presenter, 3)
    stage.window.redirect(Redirect.Automatic)
    stage.window.redirect(Redirect.Manual)
    stage.window.put(CHART)
    hide(stage)
    check(stage)
    stage.window.unredirect(Redirect.Automatic)
    stage.window.fill("orange", 4, 5, 20, 10)
    check(stage)
    stage.window.unredirect(Redirect.Manual)
    show(stage, CHART)
    stage.inside.area(4, 5, 20, 10).fill("orange")
    check(stage)


def test_each_automatic_redirection_needs_its_end(presenter, connect):
    """A window redirected automatically by several keeps its pixmap until the last ends it,
    and the screen its picture throughout (CMP-012, CMP-035)."""
    stage = open_stage(presenter, 3)
    others = [connect(name) for name in ("first", "second")]
    views = [client.borrow_window(stage.window, events=0) for client in others]
    for view in views:
        view.redirect(Redirect.Automatic)
        view.client.sync()
    stage.window.put(CHART)
    show(stage, CHART)
    check(stage)
    for number, view in enumerate(views):
        stage.window.name_pixmap()
        view.unredirect(Redirect.Automatic)
        view.client.sync()
        stage.window.fill("orange", 4 + 20 * number, 5, 9, 9)
        stage.inside.area(4 + 20 * number, 5, 9, 9).fill("orange")
        check(stage)
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).NameWindowPixmap(stage.window.id, presenter.new_id())


@UPDATES
def test_refused_end_changes_nothing(presenter, connect, update):
    """An unredirection with another mode, or by who did not redirect, is a Value error and the
    window stays apart (CMP-013)."""
    stage = open_stage(presenter, 3)
    stage.window.redirect(update)
    stage.window.put(CHART)
    show(stage, CHART)
    if update == Redirect.Manual:
        hide(stage)
    check(stage)
    with presenter.expect_error("Value"):
        stage.window.unredirect(1 - update)
    other = connect("other")
    with other.expect_error("Value"):
        other.borrow_window(stage.window, events=0).unredirect(update)
    check(stage)
    backing = Canvas(WIDTH + 6, HEIGHT + 6, presenter.depth, "red")
    backing.area(3, 3, WIDTH, HEIGHT).paste(CHART)
    backing.check(capture(stage.window.name_pixmap()))


@UPDATES
@BORDERS
def test_named_pixmap_is_left_behind(presenter, update, border):
    """The name keeps the pixels of the end of the redirection; window and pixmap no longer
    know of each other's drawing (CMP-035)."""
    stage = open_stage(presenter, border)
    stage.window.redirect(update)
    stage.window.put(CHART)
    named = stage.window.name_pixmap()
    backing = Canvas(WIDTH + 2 * border, HEIGHT + 2 * border, presenter.depth, "red")
    backing.area(border, border, WIDTH, HEIGHT).paste(CHART)
    await_picture(backing, lambda: capture(named))
    stage.window.unredirect(update)
    stage.window.put(SECOND)
    backing.check(capture(named))
    named.fill("green")
    show(stage, SECOND)
    check(stage)
    stage.window.destroy()
    stage.picture.fill("grey")
    check(stage)
    Canvas(named.width, named.height, presenter.depth, "green").check(capture(named))


CHANGES = {
    "moved": {"x": 5, "y": 22},
    "beyond the parent": {"x": -20, "y": 45},
    "resized": {"width": 30, "height": 25},
    "grown": {"width": 60, "height": 45},
    "border": {"border_width": 6},
    "all": {"x": 3, "y": 4, "width": 33, "height": 21, "border_width": 1},
}


@UPDATES
@pytest.mark.parametrize("change", CHANGES)
def test_window_returns_where_it_has_moved(presenter, update, change):
    """Moved, resized or with another border meanwhile, the window returns with its place,
    size and border of now (CMP-035, CMP-028, CMP-030)."""
    stage = open_stage(presenter, 2)
    stage.window.redirect(update)
    presenter.sync()
    values = CHANGES[change]
    stage.window.configure(**values)
    g = stage.window.geometry
    chart = chart_pixels(g.width, g.height, seed=5)
    stage.window.put(chart)
    presenter.sync()
    stage.window.unredirect(update)
    stage.picture.fill("grey")
    b = g.border_width
    outer = stage.picture.area(g.x, g.y, g.width + 2 * b, g.height + 2 * b).fill("red")
    outer.area(b, b, g.width, g.height).paste(chart)
    check(stage)


@UPDATES
def test_redirection_comes_and_goes(presenter, update):
    """Any number of redirections in a row leave window and screen as they were (CMP-035,
    CMP-037)."""
    stage = open_stage(presenter, 3)
    stage.window.put(CHART)
    show(stage, CHART)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    for number in range(4):
        stage.window.redirect(update)
        own.check(capture(stage.window))
        stage.window.fill("green", 5 * number, 3, 4, 30)
        own.area(5 * number, 3, 4, 30).fill("green")
        if number % 2:
            presenter.sync()
        stage.window.unredirect(update)
        stage.inside.paste(own.frame.pixels)
        check(stage)
        own.check(capture(stage.window))


@UPDATES
def test_unredirected_while_unmapped(presenter, update):
    """A window released while it is unmapped shows nothing, and its background when it is
    mapped (CMP-033, CMP-035)."""
    stage = open_stage(presenter, 3)
    stage.window.redirect(update)
    stage.window.put(CHART)
    stage.window.unmap()
    hide(stage)
    check(stage)
    stage.window.unredirect(update)
    check(stage)
    stage.window.map()
    stage.picture.area(*place_of(stage)).fill("red")
    stage.inside.fill("blue")
    check(stage)


@UPDATES
@pytest.mark.parametrize("inner", [Redirect.Automatic, Redirect.Manual], ids=["auto", "manual"])
def test_window_returns_with_what_is_inside(presenter, update, inner):
    """Windows inside return too; one of them that is redirected itself stays so, its pixels
    apart, until its own end (CMP-035)."""
    stage = open_stage(presenter, 3)
    plain = presenter.window(
        14, 12, x=4, y=3, parent=stage.window, events=0, background="cyan", border_width=1
    )
    apart = presenter.window(20, 16, x=22, y=15, parent=stage.window, events=0, background="grey")
    stage.window.redirect(update)
    apart.redirect(inner)
    presenter.sync()
    stage.window.put(CHART)
    plain.fill("magenta", 2, 2, 5, 5)
    apart.put(SECOND[:16, :20])
    presenter.sync()
    stage.window.unredirect(update)
    show(stage, CHART)
    stage.inside.area(4, 3, 16, 14).fill("white").area(1, 1, 14, 12).fill("cyan")
    stage.inside.area(7, 6, 5, 5).fill("magenta")
    if inner == Redirect.Automatic:
        stage.inside.area(22, 15, 20, 16).paste(SECOND)
    check(stage)
    Canvas(20, 16, presenter.depth).paste(SECOND).check(capture(apart.name_pixmap()))
    apart.unredirect(inner)
    stage.inside.area(22, 15, 20, 16).paste(SECOND)
    check(stage)


@UPDATES
@pytest.mark.needs("SHAPE")
def test_shaped_window_returns_in_its_shape(presenter, golden, update):
    """Only what is inside of the bounding shape returns, border and window; the parent keeps
    the rest (CMP-035)."""
    stage = open_stage(presenter, 4)
    shape = [(-4, -4, 30, 20), (10, 20, 42, 24), (30, 0, 10, 10)]
    stage.window.shape(shape)
    stage.window.redirect(update)
    stage.window.put(CHART)
    parent = chart_pixels(stage.parent.width, stage.parent.height, seed=2)
    stage.parent.put(parent)
    presenter.sync()
    stage.window.unredirect(update)
    stage.picture.paste(parent)
    parts = [(x + MARGIN_X + 4, y + MARGIN_Y + 4, w, h) for x, y, w, h in shape]
    seen = stage.picture.within(*parts)
    seen.area(*place_of(stage)).fill("red").area(4, 4, WIDTH, HEIGHT).paste(CHART)
    golden.check(check(stage), "screen")


@DEPTH_24
@pytest.mark.needs(depths=[32])
def test_window_of_another_depth_returns_to_the_servers_care(presenter):
    """A window of depth 32 on a screen of 24 is always redirected automatically: when a
    compositor lets go of it, the server paints its colours to the screen again (CMP-014,
    CMP-063)."""
    window = presenter.window(
        WIDTH, HEIGHT, x=30, y=20, depth=32, events=0, background="blue", border_width=2
    )
    window.redirect()
    pixels = CHART & 0xFFFFFF | 0x80000000
    window.put(pixels)
    presenter.root_window(events=0).fill("green", 20, 10, 80, 70)
    area = Rectangle(20, 10, 80, 70)
    picture = Canvas(80, 70, presenter.depth, "green")
    await_picture(picture, lambda: capture_root(presenter, area))
    window.unredirect()
    picture.area(10, 10, WIDTH + 4, HEIGHT + 4).fill("white")
    picture.paste(CHART & 0xFFFFFF, 12, 12)
    await_picture(picture, lambda: capture_root(presenter, area))
    Canvas(WIDTH, HEIGHT, 32).paste(pixels).check(capture(window))
