# SPDX-License-Identifier: MIT
"""Shaped windows under redirection: rectangular pixmaps, drawn and shown within the shape."""

import numpy as np
import pytest
import xcffib.shape
from xcffib.composite import Redirect
from xcffib.shape import SK, SO
from xcffib.xproto import CW, RECTANGLE, ClipOrdering, EventMask

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture, capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import Expose
from suites.composite.scenes import Scene
from suites.marks import BORDERS, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", "SHAPE", uncomposited=True),
]

PLACE = Rectangle(30, 20, 100, 80)
X, Y, WIDTH, HEIGHT = 18, 14, 52, 42
GROUND = chart_pixels(PLACE.width, PLACE.height, seed=2)
CHART = chart_pixels(WIDTH, HEIGHT)
SECOND = chart_pixels(WIDTH, HEIGHT, seed=4)

SHAPE = [(-3, -3, 30, 20), (10, 22, 45, 23), (36, 2, 9, 12)]
OTHER = [(5, -3, 20, 40), (20, 10, 40, 15)]
WHOLE = [(-9, -9, 100, 100)]


class ShapedScene(Scene):
    """A parent that shows a chart and its shaped child, redirected from its first map on.

    ``backing`` is what the child's pixmap should hold, ``screen`` the parent's place on the
    screen.  The child's border is red and its background blue.
    """

    def __init__(self, presenter, update, border=0, shape=SHAPE):
        super().__init__(presenter, PLACE, update, border)
        self.shape = list(shape)
        self.parent.put(GROUND)
        self.child = self.window(
            *(X, Y, WIDTH, HEIGHT),
            background="blue",
            border_width=border,
            border="red",
            mapped=False,
            attributes={CW.EventMask: EventMask.Exposure},
        )
        self.child.shape(shape)
        self.child.redirect(update)
        self.child.map()
        self.ground = Canvas(PLACE.width, PLACE.height, presenter.depth).paste(GROUND)
        self.backing = Canvas(WIDTH + 2 * border, HEIGHT + 2 * border, presenter.depth).paste(
            GROUND, -X, -Y
        )
        self.paint("blue")

    def parts(self, shape=None):
        """The rectangles of the shape, from the pixmap's origin."""
        wanted = self.shape if shape is None else shape
        return [(x + self.border, y + self.border, w, h) for x, y, w, h in wanted]

    def paint(self, what, clip=None):
        """The window with its border in ``what``, a colour or pixels, inside of its shape."""
        seen = self.backing.within(*self.parts())
        if clip is not None:
            seen = seen.within(*clip)
        seen.without((self.border, self.border, WIDTH, HEIGHT)).fill("red")
        inside = seen.area(self.border, self.border, WIDTH, HEIGHT)
        if isinstance(what, str):
            inside.fill(what)
        else:
            inside.paste(what)

    def check(self):
        """Pixmap, window and screen come to show what they should, and keep it."""
        named = self.child.name_pixmap()
        await_picture(self.backing, lambda: capture(named))
        picture = Canvas(PLACE.width, PLACE.height, self.ground.depth).paste(
            self.ground.frame.pixels
        )
        if self.update == Redirect.Automatic:
            bounds = (X, Y, WIDTH + 2 * self.border, HEIGHT + 2 * self.border)
            parts = [(x + X, y + Y, w, h) for x, y, w, h in self.parts()]
            seen = picture.within(bounds).within(*parts)
            seen.paste(self.backing.frame.pixels, X, Y)
        shown = self.settle(picture)
        self.backing.check(capture(named))
        return shown

    def reshape(self, shape):
        """Another bounding shape, while redirected."""
        self.shape = list(shape)
        self.child.shape(shape)


def rectangles(window, kind, parts):
    """Make a shape of any kind the union of ``parts``."""
    synthetic = [RECTANGLE.synthetic(*part) for part in parts]
    window.client.extension(xcffib.shape).Rectangles(
        SO.Set, kind, ClipOrdering.Unsorted, window.id, 0, 0, len(synthetic), synthetic
    )


def exposed(window, since):
    """The window's pixels that Expose events reported."""
    window.client.sync()
    canvas = Canvas(WIDTH, HEIGHT, 1)
    for event in window.client.events[since:]:
        match event.core:
            case Expose(window=window.id) as exposed:
                canvas.within(exposed.area).fill(1)
    return canvas.frame.pixels


def within(*shape):
    """The window's pixels inside of ``shape``."""
    canvas = Canvas(WIDTH, HEIGHT, 1)
    canvas.within(*shape).fill(1)
    return canvas.frame.pixels


SHAPES = {
    "parts": SHAPE,
    "inside": [(20, 15, 10, 10)],
    "corner": [(40, 30, 100, 100)],
    "larger": WHOLE,
    "empty": [],
    "elsewhere": [(200, 200, 10, 10)],
}


@UPDATES
@BORDERS
@pytest.mark.parametrize("shape", SHAPES)
def test_pixmap_of_a_shaped_window_is_rectangular(presenter, update, border, shape):
    """Whatever the shape, the pixmap has the size of window and border; inside of the shape
    are border and background, outside the parent's pixels from before (CMP-021, CMP-022,
    CMP-037)."""
    scene = ShapedScene(presenter, update, border, SHAPES[shape])
    named = scene.child.name_pixmap()
    assert (named.width, named.height) == (WIDTH + 2 * border, HEIGHT + 2 * border)
    scene.check()


@UPDATES
@BORDERS
def test_drawing_stays_inside_of_the_shape(presenter, golden, update, border):
    """What the window draws lands in its pixmap inside of the shape only, and so on the screen
    under automatic redirection; a manual window stays off it (CMP-018, CMP-019)."""
    scene = ShapedScene(presenter, update, border)
    scene.child.put(CHART)
    scene.paint(CHART)
    shown = scene.check()
    if border and update == Redirect.Automatic:
        golden.check(shown, "screen")
        golden.check(capture(scene.child.name_pixmap()), "pixmap")
    scene.child.clear()
    scene.paint("blue")
    scene.check()


@UPDATES
def test_window_reads_as_its_pixmap(presenter, update):
    """GetImage of the window gives the pixmap's pixels inside of the shape (CMP-022,
    CMP-020)."""
    scene = ShapedScene(presenter, update, 3, [(0, 0, WIDTH, 20), (5, 18, 20, 20)])
    scene.child.put(CHART)
    scene.paint(CHART)
    inside = Canvas(WIDTH, 20, presenter.depth).paste(CHART)
    inside.check(capture(scene.child, Rectangle(0, 0, WIDTH, 20)))
    scene.check()


@UPDATES
def test_parent_draws_outside_of_the_shape(presenter, update):
    """The parent's drawing is seen around the shape, and for a manual window also within; the
    pixmap has nothing of it (CMP-046)."""
    scene = ShapedScene(presenter, update, 3)
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.check()
    again = chart_pixels(PLACE.width, PLACE.height, seed=6)
    scene.parent.put(again)
    scene.ground.paste(again)
    scene.check()


@UPDATES
@BORDERS
def test_shape_changes_while_redirected(presenter, golden, update, border):
    """A new shape exposes and paints what it adds and leaves the rest of the pixmap as it was;
    the pixmap stays the same one; the screen shows the parent where the shape was
    (CMP-031, CMP-019)."""
    scene = ShapedScene(presenter, update, border)
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.check()
    named = scene.child.name_pixmap()
    since = len(presenter.events)
    old = scene.parts()
    scene.reshape(OTHER)
    gained = scene.backing.without(*old).within(*scene.parts())
    gained.without((border, border, WIDTH, HEIGHT)).fill("red")
    gained.area(border, border, WIDTH, HEIGHT).fill("blue")
    if update == Redirect.Automatic:
        # The parent's background is painted where the child no longer is.
        left = [(x + X, y + Y, w, h) for x, y, w, h in old]
        kept = [(x + X, y + Y, w, h) for x, y, w, h in scene.parts()]
        bounds = (X, Y, WIDTH + 2 * border, HEIGHT + 2 * border)
        scene.ground.within(bounds).within(*left).without(*kept).fill("grey")
    shown = scene.check()
    if border and update == Redirect.Automatic:
        golden.check(shown, "screen")
    new = within(*OTHER) & ~within(*SHAPE) & 1
    assert np.array_equal(exposed(scene.child, since), new)
    scene.child.put(SECOND)
    scene.paint(SECOND)
    scene.backing.check(capture(named))
    scene.check()


@UPDATES
@BORDERS
def test_shape_is_removed_while_redirected(presenter, update, border):
    """Without its shape the window is whole again, the added parts with border and background
    (CMP-019, CMP-031)."""
    scene = ShapedScene(presenter, update, border)
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.check()
    old = scene.parts()
    presenter.extension(xcffib.shape).Mask(SO.Set, SK.Bounding, scene.child.id, 0, 0, 0)
    scene.shape = WHOLE
    gained = scene.backing.without(*old)
    gained.without((border, border, WIDTH, HEIGHT)).fill("red")
    gained.area(border, border, WIDTH, HEIGHT).fill("blue")
    scene.check()


@UPDATES
def test_shape_comes_after_the_redirection(presenter, update):
    """Shaped only when it is redirected and drawn, a window keeps in its pixmap what it drew
    outside of the shape; the screen shows the parent there (CMP-021, CMP-031)."""
    scene = ShapedScene(presenter, update, 3, WHOLE)
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.check()
    scene.reshape(SHAPE)
    if update == Redirect.Automatic:
        kept = [(x + X, y + Y, w, h) for x, y, w, h in scene.parts()]
        bounds = (X, Y, WIDTH + 6, HEIGHT + 6)
        scene.ground.within(bounds).without(*kept).fill("grey")
    scene.check()
    scene.child.put(SECOND)
    scene.paint(SECOND)
    scene.check()


@UPDATES
def test_clip_shape_leaves_border_inside(presenter, update):
    """Between clip shape and bounding shape a window shows its border's colour, in the pixmap
    too (CMP-022)."""
    scene = ShapedScene(presenter, update, 3)
    rectangles(scene.child, SK.Clip, [(0, 0, 20, 40), (30, 20, 10, 10)])
    scene.child.put(CHART)
    seen = scene.backing.within(*scene.parts())
    inside = [(3, 3, 20, 40), (33, 23, 10, 10)]
    seen.without(*inside).fill("red")
    seen.within(*inside).area(3, 3, WIDTH, HEIGHT).paste(CHART)
    scene.check()


@UPDATES
def test_input_shape_changes_no_picture(presenter, update):
    """Where a window takes input has nothing to do with its pixels (CMP-018, CMP-019)."""
    scene = ShapedScene(presenter, update, 3)
    rectangles(scene.child, SK.Input, [(1, 1, 2, 2)])
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.check()


@UPDATES
def test_drawing_on_the_named_pixmap_ignores_the_shape(presenter, update):
    """The pixmap's name is a plain rectangle to draw on, outside of the shape too; the window
    is seen with the change inside of it at the latest when it is next drawn (CMP-022,
    CMP-023)."""
    scene = ShapedScene(presenter, update, 3)
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.check()
    scene.child.name_pixmap().fill("orange", 20, 10, 30, 30)
    scene.child.fill("cyan", 0, 0, WIDTH, HEIGHT)
    scene.backing.area(20, 10, 30, 30).fill("orange")
    inside = scene.backing.within(*scene.parts()).area(3, 3, WIDTH, HEIGHT)
    inside.fill("cyan")
    border = scene.backing.within(*scene.parts()).without((3, 3, WIDTH, HEIGHT))
    border.area(20, 10, 30, 30).fill("orange")
    presenter.sync()
    named = scene.child.name_pixmap()
    scene.backing.check(capture(named))


@UPDATES
def test_shaped_window_moves_and_resizes(presenter, update):
    """The shape goes with the window, also into the pixmap of a new size (CMP-028, CMP-029,
    CMP-032)."""
    scene = ShapedScene(presenter, update, 0, [(0, 0, 20, 40), (10, 10, 40, 10)])
    scene.child.put(CHART)
    scene.paint(CHART)
    scene.child.move(X + 9, Y + 4)
    place = Rectangle(PLACE.x + X + 9, PLACE.y + Y + 4, WIDTH, HEIGHT)
    scene.backing.check(capture(scene.child.name_pixmap()))
    whole = Canvas(WIDTH, HEIGHT, presenter.depth).paste(scene.backing.frame.pixels)
    parts = Canvas(WIDTH, HEIGHT, presenter.depth)
    parts.within(*scene.shape).paste(whole.frame.pixels)

    def look():
        # What is around the shape is the parent's affair.
        canvas = Canvas(WIDTH, HEIGHT, presenter.depth)
        canvas.within(*scene.shape).paste(capture_root(presenter, place).pixels)
        return canvas.frame

    if update == Redirect.Automatic:
        await_picture(parts, look)
    scene.child.resize(30, 30)
    scene.child.put(SECOND[:30, :30])
    named = scene.child.name_pixmap()
    assert (named.width, named.height) == (30, 30)
    small = [(0, 0, 20, 30), (10, 10, 20, 10)]
    expected = Canvas(30, 30, presenter.depth)
    expected.within(*small).paste(SECOND)
    shown = Canvas(30, 30, presenter.depth)
    shown.within(*small).paste(capture(named).pixels)
    expected.check(shown.frame)
