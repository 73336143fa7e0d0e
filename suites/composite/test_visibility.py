# SPDX-License-Identifier: MIT
"""What redirected windows hide and what hides them: clipping, visibility, exposures."""

import numpy as np
import pytest
from xcffib.composite import Redirect
from xcffib.xproto import (
    CW,
    GC,
    RECTANGLE,
    EventMask,
    Gravity,
    StackMode,
    SubwindowMode,
    Visibility,
)

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture, capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import Expose, VisibilityNotify
from suites.composite.scenes import Scene
from suites.marks import BORDERS, LATER_IN_COPY, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

LISTEN = {CW.EventMask: EventMask.Exposure | EventMask.VisibilityChange}
PLACE = Rectangle(30, 20, 120, 90)
WIDTH, HEIGHT = 50, 40
PARENT_CHART = chart_pixels(PLACE.width, PLACE.height)
CHART = chart_pixels(WIDTH, HEIGHT, seed=4)

STATES = {"plain": None, "automatic": Redirect.Automatic, "manual": Redirect.Manual}
ANY = pytest.mark.parametrize("update", STATES.values(), ids=STATES)


class ObscuredScene(Scene):
    """A blue child at (20, 15) with a white border, redirected or not.

    ``picture`` is what the parent's place on the screen should show, the child included.
    """

    def __init__(self, presenter, update, border=0, x=20, y=15):
        super().__init__(presenter, PLACE, update, border, attributes=LISTEN)
        self.child = self.window(
            x, y, WIDTH, HEIGHT, background="blue", border_width=border, attributes=LISTEN
        )
        if update is not None:
            self.child.redirect(update)
        self.picture = Canvas(PLACE.width, PLACE.height, presenter.depth, "grey")
        self.outer = self.picture.area(x, y, WIDTH + 2 * border, HEIGHT + 2 * border)
        self.inner = self.outer.area(border, border, WIDTH, HEIGHT)
        if self.seen:
            self.outer.fill("white")
            self.inner.fill("blue")
        self.forget()

    @property
    def seen(self):
        """Whether the screen shows the child."""
        return self.update != Redirect.Manual

    def check(self):
        """The screen comes to show the picture, and keeps it."""
        self.settle(self.picture)

    def forget(self):
        """Leave out the events so far."""
        self.client.sync()
        self.client.sync()
        self.since = len(self.client.events)

    def visibility(self, window=None):
        """The states that VisibilityNotify reported of a window (the child) since."""
        return [event.state for event in self._events(VisibilityNotify, window)]

    def exposed(self, window=None):
        """What Expose reported of a window (the child) since: the pixels of a window."""
        return pixels(*(event.area for event in self._events(Expose, window)))

    def _events(self, kind, window):
        self.client.sync()
        wanted = (self.child if window is None else window).id
        events = [event.core for event in self.client.events[self.since :]]
        return [one for one in events if isinstance(one, kind) and one.window == wanted]


def pixels(*rectangles):
    """The pixels of rectangles, as something to compare."""
    canvas = Canvas(200, 150, 1)
    canvas.within(*rectangles).fill(1)
    return set(map(tuple, np.argwhere(canvas.frame.pixels)[:, ::-1].tolist()))


def include_inferiors(window, colour, *rectangles):
    """Fill rectangles of the window and of whatever is inside of it."""
    client = window.client
    gc = client.new_id()
    client.core.CreateGC(
        gc,
        window.id,
        GC.Foreground | GC.SubwindowMode,
        [colour, SubwindowMode.IncludeInferiors],
    )
    parts = [RECTANGLE.synthetic(*r) for r in rectangles]
    client.core.PolyFillRectangle(window.id, gc, len(parts), parts)
    client.core.FreeGC(gc)


@BORDERS
def test_plain_window_is_obscured_by_a_sibling(presenter, border):
    """The control: a sibling above a window that is not redirected changes its visibility, and
    leaves it with an Expose of what it covered (CMP-047)."""
    scene = ObscuredScene(presenter, None, border)
    cover = scene.window(10, 10, 30, 25, background="orange")
    assert scene.visibility() == [Visibility.PartiallyObscured]
    cover.resize(90, 70)
    assert scene.visibility() == [Visibility.PartiallyObscured, Visibility.FullyObscured]
    scene.forget()
    cover.resize(30, 25)
    assert scene.visibility() == [Visibility.PartiallyObscured]
    cover.destroy()
    assert scene.visibility() == [Visibility.PartiallyObscured, Visibility.Unobscured]
    assert scene.exposed() == pixels((0, 0, WIDTH, HEIGHT))


@UPDATES
@BORDERS
def test_redirected_window_is_not_obscured_by_siblings(presenter, update, border):
    """Whatever is mapped, resized, raised or moved above it, a redirected window stays fully
    visible and nothing of it is exposed; its pixels are all there (CMP-047, CMP-020)."""
    scene = ObscuredScene(presenter, update, border)
    scene.child.put(CHART)
    cover = scene.window(10, 10, 30, 25, background="orange")
    cover.resize(90, 70)
    scene.child.configure(stack_mode=StackMode.Below)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    own.check(capture(scene.child))
    scene.child.fill("red", 5, 5, 20, 10)
    own.area(5, 5, 20, 10).fill("red")
    cover.move(40, 30)
    cover.unmap()
    cover.map()
    scene.child.configure(stack_mode=StackMode.Above)
    cover.configure(stack_mode=StackMode.Above)
    cover.destroy()
    own.check(capture(scene.child))
    assert scene.visibility() == []
    assert scene.exposed() == set()
    if scene.seen:
        scene.outer.fill("white")
        scene.inner.paste(own.frame.pixels)
    scene.check()


@UPDATES
@BORDERS
def test_redirection_of_a_covered_window_exposes_what_was_hidden(presenter, update, border):
    """A covered window that is redirected becomes fully visible: the hidden part is exposed
    with the background, the rest keeps its pixels (CMP-047)."""
    scene = ObscuredScene(presenter, None, border)
    scene.child.put(CHART)
    scene.window(10, 10, 30, 25, background="orange")
    scene.forget()
    scene.child.redirect(update)
    assert scene.visibility() == [Visibility.Unobscured]
    hidden = (0, 0, 20 - border, 20 - border)
    assert scene.exposed() == pixels(hidden)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    own.area(*hidden).fill("blue")
    own.check(capture(scene.child))
    backing = Canvas(WIDTH + 2 * border, HEIGHT + 2 * border, presenter.depth, "white")
    backing.area(border, border, WIDTH, HEIGHT).paste(own.frame.pixels)
    named = scene.child.name_pixmap()
    await_picture(backing, lambda: capture(named))


@UPDATES
def test_end_of_redirection_below_a_sibling_obscures_again(presenter, update):
    """Released below a sibling, a window is obscured, and exposed when the sibling goes
    (CMP-047, CMP-035)."""
    scene = ObscuredScene(presenter, update, 3)
    cover = scene.window(10, 10, 30, 25, background="orange")
    assert scene.visibility() == []
    scene.child.unredirect(update)
    assert scene.visibility() == [Visibility.PartiallyObscured]
    scene.forget()
    cover.unmap()
    assert scene.visibility() == [Visibility.Unobscured]
    assert scene.exposed() == pixels((0, 0, 17, 17))


@LATER_IN_COPY
@ANY
@BORDERS
def test_window_across_the_edge_of_its_parent(presenter, update, border):
    """The parent's edge obscures a window and exposes it later unless it is redirected; then
    its pixels outlive the move (CMP-047, CMP-020)."""
    scene = ObscuredScene(presenter, update, border)
    scene.child.put(CHART)
    scene.child.move(-30 - border, 75)
    scene.child.move(20, 15)
    # Below the parent's end lie 25 rows of border and window.
    visible = (30, 0, WIDTH, 15 - border)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    if update is None:
        assert scene.visibility() == [Visibility.PartiallyObscured, Visibility.Unobscured]
        own.without(visible).fill("blue")
        assert scene.exposed() == pixels((0, 0, WIDTH, HEIGHT)) - pixels(visible)
    else:
        assert scene.visibility() == []
        assert scene.exposed() == set()
    own.check(capture(scene.child))
    if scene.seen:
        scene.outer.fill("white")
        scene.inner.paste(own.frame.pixels)
    scene.check()


@UPDATES
@pytest.mark.parametrize("gravity", ["NorthWest", "Center", "SouthEast", "Static"])
def test_redirected_window_over_the_edge_of_a_parent_that_is_resized(presenter, update, gravity):
    """Wherever its gravity takes it, nothing of the window or its children is exposed, also what
    reached beyond the parent; their pixels stay (CMP-235, CMP-047)."""
    scene = ObscuredScene(presenter, update, 2, x=90, y=70)
    core = presenter.core
    core.ChangeWindowAttributes(scene.child.id, CW.WinGravity, [getattr(Gravity, gravity)])
    inner = presenter.window(
        30, 30, x=15, y=5, parent=scene.child, events=0, background="red", attributes=LISTEN
    )
    scene.child.put(CHART)
    inner.fill("green", 3, 4, 20, 20)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    own.area(15, 5, 30, 30).fill("red").area(3, 4, 20, 20).fill("green")
    own.check(capture(scene.child))
    scene.forget()
    for size in ((130, 100), (110, 80), (135, 70), (60, 50), (120, 90)):
        scene.parent.resize(*size)
        own.check(capture(scene.child))
        assert scene.exposed() == scene.exposed(inner) == set()


@UPDATES
def test_redirected_window_off_the_screen_keeps_its_pixels(presenter, update):
    """Beyond the screen a redirected window is visible, can be drawn and read, and comes back
    with its pixels and without Expose (CMP-020, CMP-047)."""
    scene = ObscuredScene(presenter, update)
    root = presenter.geometry(presenter.root)
    scene.child.reparent(presenter.root, root.width - 40, root.height - 180)
    scene.forget()
    scene.child.put(CHART)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    for place in ((-500, 20), (root.width - 20, root.height - 20), (9000, 9000)):
        scene.child.move(*place)
        own.check(capture(scene.child))
        scene.child.fill("red", 10, 5, 20, 10)
        own.area(10, 5, 20, 10).fill("red")
        own.check(capture(scene.child))
        scene.child.put(CHART)
        own.paste(CHART)
    scene.child.move(150, 100)
    assert scene.visibility() == []
    assert scene.exposed() == set()
    picture = Canvas(WIDTH, HEIGHT, presenter.depth)
    if scene.seen:
        picture.paste(CHART)
    await_picture(picture, lambda: capture_root(presenter, Rectangle(150, 100, WIDTH, HEIGHT)))


@ANY
def test_children_share_the_visibility_of_their_redirected_parent(presenter, update):
    """A sibling above a window obscures that window's children too, unless the window is
    redirected (CMP-047)."""
    scene = ObscuredScene(presenter, update)
    inner = presenter.window(
        20, 20, x=5, y=5, parent=scene.child, events=0, background="red", attributes=LISTEN
    )
    scene.forget()
    cover = scene.window(10, 10, 30, 25, background="orange")
    cover.unmap()
    if update is None:
        states = [Visibility.PartiallyObscured, Visibility.Unobscured]
        assert scene.visibility(inner) == states
        assert scene.exposed(inner) == pixels((0, 0, 15, 15))
    else:
        assert scene.visibility(inner) == []
        assert scene.exposed(inner) == set()


@ANY
@BORDERS
def test_parent_draws_over_manual_children_only(presenter, update, border):
    """What the parent draws goes below plain and automatic children with their borders, and
    covers the place of a manual one; no child's own pixels change (CMP-046, CMP-018)."""
    scene = ObscuredScene(presenter, update, border)
    scene.child.put(CHART)
    if scene.seen:
        scene.inner.paste(CHART)
    scene.check()
    scene.parent.put(PARENT_CHART)
    bounds = (20, 15, WIDTH + 2 * border, HEIGHT + 2 * border)
    ground = scene.picture.without(bounds) if scene.seen else scene.picture
    ground.paste(PARENT_CHART)
    scene.check()
    Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART).check(capture(scene.child))
    scene.picture.check(capture(scene.parent))
    scene.parent.clear()
    ground.fill("grey")
    scene.check()


def test_parent_draws_around_each_kind_of_child(presenter, golden):
    """Side by side: the parent's chart goes around a plain and an automatic child and over the
    place of a manual one (CMP-046)."""
    scene = ObscuredScene(presenter, None)
    scene.child.destroy()
    scene.picture.fill("grey").paste(PARENT_CHART)
    for place, update in enumerate(STATES.values()):
        x = 5 + 40 * place
        child = scene.window(x, 10, 26, 60, background="blue", border_width=3)
        if update is not None:
            child.redirect(update)
        if update != Redirect.Manual:
            scene.picture.area(x, 10, 32, 66).fill("white").area(3, 3, 26, 60).fill("blue")
    scene.parent.put(PARENT_CHART)
    scene.check()
    golden.check(scene.look(), "parent")


@BORDERS
def test_siblings_below_draw_over_a_manual_window(presenter, border):
    """A manual window clips the siblings below it as little as its parent; an automatic one
    does (CMP-046)."""
    scene = ObscuredScene(presenter, None, border)
    above = scene.window(40, 30, 40, 30, background="orange", border_width=2)
    above.redirect(Redirect.Automatic)
    scene.child.put(CHART)
    scene.inner.paste(CHART)
    frame = scene.picture.area(40, 30, 44, 34)
    frame.fill("white").area(2, 2, 40, 30).fill("orange")
    scene.check()
    above.redirect(Redirect.Manual)
    scene.child.put(CHART)
    scene.picture.fill("grey")
    scene.outer.fill("white")
    scene.inner.paste(CHART)
    scene.check()
    Canvas(40, 30, presenter.depth, "orange").check(capture(above))
    assert scene.visibility()[-1] == Visibility.Unobscured


@ANY
@BORDERS
def test_redirection_exposes_the_parent_where_it_hides_the_child(presenter, update, border):
    """Manual redirection takes the child off the screen: the parent gets the place, with its
    background and an Expose; automatic redirection changes nothing (CMP-046, CMP-018)."""
    scene = ObscuredScene(presenter, None, border)
    if update is not None:
        scene.child.redirect(update)
    place = (20, 15, WIDTH + 2 * border, HEIGHT + 2 * border)
    if update == Redirect.Manual:
        assert scene.exposed(scene.parent) == pixels(place)
        scene.outer.fill("grey")
    else:
        assert scene.exposed(scene.parent) == set()
    assert scene.exposed() == set()
    assert scene.visibility() == []
    scene.check()


@ANY
@BORDERS
def test_parent_is_exposed_where_a_child_leaves_unless_it_was_manual(presenter, update, border):
    """Unmapping, moving or destroying a plain or automatic child exposes the parent; a manual
    one was never in its way (CMP-046)."""
    scene = ObscuredScene(presenter, update, border)
    place = (20, 15, WIDTH + 2 * border, HEIGHT + 2 * border)
    left = pixels(place) if scene.seen else set()
    scene.parent.put(PARENT_CHART)
    ground = scene.picture.without(place) if scene.seen else scene.picture
    ground.paste(PARENT_CHART)
    scene.forget()
    scene.child.unmap()
    assert scene.exposed(scene.parent) == left
    if scene.seen:
        scene.outer.fill("grey")
    scene.check()
    scene.child.map()
    if scene.seen:
        scene.outer.fill("white")
        scene.inner.fill("blue")
    scene.check()
    scene.forget()
    scene.child.move(25, 22)
    moved = pixels((25, 22, *place[2:]))
    assert scene.exposed(scene.parent) == left - moved
    scene.forget()
    scene.child.destroy()
    assert scene.exposed(scene.parent) == (moved if scene.seen else set())


@ANY
def test_clearing_the_parent_exposes_around_all_but_manual_children(presenter, update):
    """ClearArea with exposures reports the whole area over manual children, and goes around
    others (CMP-046)."""
    scene = ObscuredScene(presenter, update, 3)
    scene.parent.put(PARENT_CHART)
    scene.forget()
    presenter.core.ClearArea(1, scene.parent.id, 10, 20, 40, 60)
    expected = pixels((10, 20, 40, 60))
    place = (20, 15, WIDTH + 6, HEIGHT + 6)
    ground = scene.picture
    if scene.seen:
        expected -= pixels(place)
        ground = ground.without(place)
    assert scene.exposed(scene.parent) == expected
    assert scene.exposed() == set()
    ground.paste(PARENT_CHART).area(10, 20, 40, 60).fill("grey")
    scene.check()


@ANY
def test_parent_draws_through_its_inferiors(presenter, update):
    """IncludeInferiors draws where the parent's pixels are: into a plain child, onto the
    screen above an automatic one, never into a redirected child's own pixels (CMP-046)."""
    # Without a border, which servers repaint late: that would bring an automatic child back.
    scene = ObscuredScene(presenter, update)
    scene.child.put(CHART)
    if scene.seen:
        scene.inner.paste(CHART)
    scene.check()
    area = (25, 25, 60, 20)
    include_inferiors(scene.parent, scene.parent.value("magenta"), area)
    own = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    if update is None:
        own.area(5, 10, 60, 20).fill("magenta")
    scene.picture.area(*area).fill("magenta")
    await_picture(scene.picture, scene.look)
    own.check(capture(scene.child))
    if update == Redirect.Automatic:
        scene.child.put(CHART)
        scene.inner.paste(CHART)
        scene.check()


@ANY
def test_capture_of_the_parent_is_what_the_screen_shows(presenter, update):
    """GetImage of the parent includes what is drawn of its children: an automatic child that
    has just been drawn to, and nothing of a manual one (CMP-019, CMP-018)."""
    scene = ObscuredScene(presenter, update, 3)
    scene.child.put(CHART)
    if scene.seen:
        scene.inner.paste(CHART)
    await_picture(scene.picture, lambda: capture(scene.parent))
    scene.check()


@ANY
def test_copy_from_below_a_child(presenter, update):
    """CopyArea within the parent finds no pixels below a plain or automatic child and reports
    that; below a manual one they are the parent's own (CMP-046)."""
    scene = ObscuredScene(presenter, update)
    scene.parent.put(PARENT_CHART)
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, scene.parent.id, 0, [])
    scene.forget()
    presenter.core.CopyArea(scene.parent.id, scene.parent.id, gc, 20, 20, 80, 20, 20, 20)
    presenter.sync()
    names = {e.name for e in presenter.events[scene.since :]} & {"GraphicsExposure", "NoExposure"}
    place = (20, 15, WIDTH, HEIGHT)
    if scene.seen:
        assert names == {"GraphicsExposure"}
        scene.picture.without(place).paste(PARENT_CHART).area(80, 20, 20, 20).fill("grey")
    else:
        assert names == {"NoExposure"}
        scene.picture.paste(PARENT_CHART)
        scene.picture.area(80, 20, 20, 20).paste(PARENT_CHART[20:40, 20:40])
    scene.check()


@UPDATES
def test_visibility_of_a_window_mapped_redirected(presenter, update):
    """A window redirected before it is mapped below a sibling is fully visible at once, and
    exposed as a whole (CMP-047, CMP-016)."""
    scene = ObscuredScene(presenter, None)
    late = scene.window(10, 10, 30, 20, mapped=False, attributes=LISTEN, background="red")
    late.configure(sibling=scene.child.id, stack_mode=StackMode.Below)
    late.redirect(update)
    late.map()
    assert scene.visibility(late) == [Visibility.Unobscured]
    assert scene.exposed(late) == pixels((0, 0, 30, 20))
    Canvas(30, 20, presenter.depth, "red").check(capture(late))
    if update == Redirect.Automatic:
        below = scene.picture.without((20, 15, WIDTH, HEIGHT))
        below.area(10, 10, 30, 20).fill("red")
    scene.check()


@UPDATES
def test_redirected_subwindows_do_not_obscure_each_other(presenter, update):
    """All children of a redirected parent are fully visible, whatever their order (CMP-047,
    CMP-038)."""
    scene = ObscuredScene(presenter, None)
    scene.parent.redirect_subwindows(update)
    second = scene.window(30, 25, 40, 40, background="red", attributes=LISTEN)
    scene.child.put(CHART)
    assert scene.visibility(second) == [Visibility.Unobscured]
    scene.forget()
    scene.child.configure(stack_mode=StackMode.Above)
    second.configure(stack_mode=StackMode.Above)
    second.move(0, 0)
    for window in (scene.child, second):
        assert scene.visibility(window) == []
        assert scene.exposed(window) == set()
    Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART).check(capture(scene.child))
    Canvas(40, 40, presenter.depth, "red").check(capture(second))
