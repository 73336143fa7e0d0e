# SPDX-License-Identifier: MIT
"""Which changes leave a window its backing pixmap, which give it a new one, with what in it."""

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import CW, Gravity, StackMode

from harness.capture.get_image import capture, capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from suites.marks import DEPTH_24, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

WIDTH, HEIGHT = 48, 40
STAGE = Rectangle(30, 20, 160, 128)
AT_X, AT_Y = 20, 15
BORDER = "red"
CHART = chart_pixels(WIDTH, HEIGHT)
GROUND = chart_pixels(STAGE.width, STAGE.height, seed=7)

GRAVITIES = {
    "forget": Gravity.BitForget,
    "north-west": Gravity.NorthWest,
    "north": Gravity.North,
    "north-east": Gravity.NorthEast,
    "west": Gravity.West,
    "center": Gravity.Center,
    "east": Gravity.East,
    "south-west": Gravity.SouthWest,
    "south": Gravity.South,
    "south-east": Gravity.SouthEast,
    "static": Gravity.Static,
}
CONTENTS_LOST = pytest.mark.known_bug(
    reference="miChangeBorderWidth() leaves the new pixmap of a manually redirected window as the "
    "parent is there",
    evidence="failed: UnexpectedPicture the window does not show",
    strict=True,
)
ALL_GRAVITIES = pytest.mark.parametrize("gravity", GRAVITIES.values(), ids=GRAVITIES.keys())


def stage(presenter):
    """A parent with a picture of its own that tells every place from every other."""
    parent = presenter.window(STAGE.width, STAGE.height, x=STAGE.x, y=STAGE.y, events=0)
    parent.put(GROUND)
    return parent


def backed(presenter, update=Redirect.Manual, *, parent=None, chart=True, **attributes):
    """A redirected, mapped window on a stage, with a chart in it."""
    attributes = {"x": AT_X, "y": AT_Y, "border": BORDER, "background": "blue"} | attributes
    window = presenter.window(
        WIDTH,
        HEIGHT,
        events=0,
        mapped=False,
        parent=stage(presenter) if parent is None else parent,
        **attributes,
    )
    window.redirect(update)
    window.map()
    if chart:
        window.put(CHART)
    return window


def framed(depth, width, height, border=0):
    """The expected pixmap of a window, and the window's area of it."""
    whole = Canvas(width + 2 * border, height + 2 * border, depth, BORDER)
    return whole, whole.area(border, border, width, height).fill("blue")


def landing(gravity, dw, dh, dx=0, dy=0):
    """Where the old contents' corner lands when a window grows by (dw, dh) and its inside
    moves by (dx, dy): None when they are forgotten.  Halves are cut towards zero."""
    if gravity == Gravity.BitForget:
        return None
    if gravity == Gravity.Static:
        return -dx, -dy
    column, row = (gravity - 1) % 3, (gravity - 1) // 3
    return (0, int(dw / 2), dw)[column], (0, int(dh / 2), dh)[row]


def same_pixmap(window, name):
    """Whether ``name`` still is the window's pixmap: a mark made through one is in the other."""
    window.fill(0x123456, 0, 0, 1, 1)
    border = window.geometry.border_width
    seen = name.pixel(border, border) == window.value(0x123456)
    window.fill(0x654321, 0, 0, 1, 1)
    return seen and name.pixel(border, border) == window.value(0x654321)


@UPDATES
@pytest.mark.parametrize("border", [0, 3])
def test_pixmap_stays_from_frame_to_frame(presenter, update, border):
    """The pixmap is not made anew for each frame: every kind of drawing appears under the name
    given once, and a name given later shows the same (CMP-023, CMP-028)."""
    window = backed(presenter, update, border_width=border)
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
    name = window.name_pixmap()
    source = presenter.pixmap(30, 30)
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, window.id, 0, [])
    for frame in range(6):
        pixels = chart_pixels(WIDTH, HEIGHT, seed=frame)
        window.put(pixels)
        inside.paste(pixels)
        window.fill("green", frame, 2 * frame, 9, 7)
        inside.area(frame, 2 * frame, 9, 7).fill("green")
        presenter.core.CopyArea(source.id, window.id, gc, 0, 0, 20, 9 + frame, 12, 30)
        inside.within((20, 9 + frame, 12, 30)).paste(chart_pixels(30, 30), 20, 9 + frame)
        presenter.core.ClearArea(0, window.id, 40, 5 + frame, 5, 5)
        inside.area(40, 5 + frame, 5, 5).fill("blue")
        whole.check(capture(name))
    whole.check(capture(window.name_pixmap()))


@UPDATES
@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize(
    ("x", "y"), [(25, 30), (-20, -10), (140, 120), (-500, 700), (AT_X + 1, AT_Y)]
)
def test_move_keeps_the_pixmap(presenter, barrier, update, border, x, y):
    """A moved window keeps pixmap and pixels, and draws at the same place of it: in sight,
    half out of its parent, and out of sight (CMP-028, CMP-020)."""
    window = backed(presenter, update, border_width=border)
    name = window.name_pixmap()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
    inside.paste(CHART)
    window.move(x, y)
    whole.check(capture(name))
    window.fill("green", 5, 6, 20, 10)
    inside.area(5, 6, 20, 10).fill("green")
    barrier()
    whole.check(capture(name))
    inside_only = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    inside_only.area(5, 6, 20, 10).fill("green")
    inside_only.check(capture(window))
    whole.check(capture(window.name_pixmap()))


@UPDATES
def test_move_of_the_parent_keeps_the_pixmap(presenter, barrier, update):
    """What moves with its parent keeps its pixmap; also when the parent is redirected itself
    (CMP-028)."""
    parent = stage(presenter)
    window = backed(presenter, update, parent=parent, border_width=2)
    name = window.name_pixmap()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, 2)
    inside.paste(CHART)
    parent.move(200, 150)
    parent.redirect(update)
    parent.move(-30, 100)
    barrier()
    window.fill("green", 7, 7, 7, 7)
    inside.area(7, 7, 7, 7).fill("green")
    barrier()
    whole.check(capture(name))
    assert same_pixmap(window, name)


@UPDATES
def test_attributes_and_stacking_keep_the_pixmap(presenter, barrier, update):
    """Neither stacking, nor background, border colour, gravity, nor what siblings do gives a
    new pixmap (CMP-028)."""
    parent = stage(presenter)
    window = backed(presenter, update, parent=parent, border_width=2)
    name = window.name_pixmap()
    sibling = presenter.window(60, 60, x=30, y=30, parent=parent, events=0, background="cyan")
    for change in (
        lambda: window.configure(stack_mode=StackMode.Above),
        lambda: window.configure(stack_mode=StackMode.Below),
        sibling.destroy,
        lambda: presenter.core.ChangeWindowAttributes(
            window.id,
            CW.BackPixel | CW.BorderPixel | CW.BitGravity,
            [window.value("yellow"), window.value("cyan"), 9],
        ),
        lambda: presenter.core.MapWindow(window.id),
        lambda: presenter.core.CirculateWindow(0, parent.id),
        lambda: parent.resize(100, 90),
    ):
        change()
        barrier()
        assert same_pixmap(window, name)
    whole = Canvas(WIDTH + 4, HEIGHT + 4, presenter.depth, "cyan")
    inside = whole.area(2, 2, WIDTH, HEIGHT).paste(CHART)
    inside.area(0, 0, 1, 1).fill(0x654321)
    whole.check(capture(name))


@UPDATES
@pytest.mark.parametrize("border", [0, 3])
def test_resize_to_the_same_size_keeps_the_pixmap(presenter, barrier, update, border):
    """ConfigureWindow with the size that the window has, alone or with a move, changes nothing
    of the pixmap, whatever the gravity (CMP-031)."""
    window = backed(presenter, update, border_width=border)
    name = window.name_pixmap()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
    inside.paste(CHART)
    window.resize(WIDTH, HEIGHT)
    window.configure(width=WIDTH, border_width=border)
    window.configure(x=3, y=-4, width=WIDTH, height=HEIGHT, border_width=border)
    barrier()
    whole.check(capture(name))
    assert same_pixmap(window, name)


@pytest.mark.parametrize("first", [Redirect.Automatic, Redirect.Manual])
@pytest.mark.parametrize("second", [Redirect.Automatic, Redirect.Manual])
def test_redirection_by_another_client_keeps_the_pixmap(presenter, barrier, connect, first, second):
    """A window that is redirected twice has one pixmap, which lasts until the last redirection
    ends, in whatever order they do (CMP-028, CMP-011)."""
    if first == second == Redirect.Manual:
        second = Redirect.Automatic
    other = connect("other")
    window = backed(presenter, first, border_width=2)
    name = window.name_pixmap()
    view = other.borrow_window(window, events=0)
    for _ in range(2):
        view.redirect(second)
        other.sync()
        assert same_pixmap(window, name)
        view.unredirect(second)
        other.sync()
        assert same_pixmap(window, name)
    view.redirect(second)
    other.sync()
    window.unredirect(first)
    barrier()
    assert same_pixmap(window, name)
    view.unredirect(second)
    other.sync()
    assert not same_pixmap(window, name)


@UPDATES
def test_drawing_into_the_named_pixmap_is_seen_in_the_window(presenter, barrier, connect, update):
    """The name is the window's own pixmap, not a copy: what any client draws into it, border
    and children included, is what window and child show (CMP-023)."""
    other = connect("other")
    window = backed(presenter, update, border_width=3)
    child = presenter.window(12, 10, x=30, y=24, parent=window, events=0, background="cyan")
    name = window.name_pixmap()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, 3)
    inside.paste(CHART).area(30, 24, 12, 10).fill("cyan")
    barrier()
    mine = other.borrow_window(window, events=0).name_pixmap()
    for pixmap, x in ((name, 0), (mine, 8)):
        gc = pixmap.client.new_id()
        source = pixmap.client.pixmap(9, 9)
        pixmap.client.core.CreateGC(gc, pixmap.id, 0, [])
        pixmap.client.core.CopyArea(source.id, pixmap.id, gc, 0, 0, 30 + x, 28, 9, 9)
        whole.paste(chart_pixels(9, 9), 30 + x, 28)
        pixmap.fill("yellow", x, 1, 7, 9)
        whole.area(x, 1, 7, 9).fill("yellow")
        pixmap.client.sync()
        whole.check(capture(name))
        whole.check(capture(mine))
        Canvas(WIDTH, HEIGHT, presenter.depth).paste(whole.frame.pixels, -3, -3).check(
            capture(window)
        )
        Canvas(12, 10, presenter.depth).paste(whole.frame.pixels, -33, -27).check(capture(child))
    pixels = chart_pixels(WIDTH + 6, HEIGHT + 6, seed=3)
    name.put(pixels)
    Canvas(WIDTH, HEIGHT, presenter.depth).paste(pixels, -3, -3).check(capture(window))


def test_drawing_into_the_named_pixmap_reaches_the_screen_when_automatic(presenter, barrier):
    """An automatically redirected window brings to the screen what was drawn into its pixmap
    by name; a manual one keeps it (CMP-019, CMP-018)."""
    parent = stage(presenter)
    automatic = backed(presenter, Redirect.Automatic, parent=parent, border_width=3)
    manual = backed(presenter, Redirect.Manual, parent=parent, x=90, border_width=3)
    # Borders that are still to be painted would go on top.
    barrier()
    for window in (automatic, manual):
        window.name_pixmap().fill("green", 0, 2, 30, 20)
    picture = Canvas(STAGE.width, STAGE.height, presenter.depth).paste(GROUND)
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, 3)
    inside.paste(CHART)
    whole.area(0, 2, 30, 20).fill("green")
    picture.paste(whole.frame.pixels, AT_X, AT_Y)
    barrier()
    picture.check(capture_root(presenter, STAGE))


@UPDATES
@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize(
    ("width", "height"), [(60, 50), (30, 20), (WIDTH, 41), (47, HEIGHT), (90, 1), (1, 1)]
)
def test_resize_gives_a_new_pixmap(presenter, barrier, update, border, width, height):
    """After a resize the old name keeps size and pixels, drawing to the window does not reach
    it, and drawing into it does not reach the window (CMP-029)."""
    window = backed(presenter, update, border_width=border)
    old = window.name_pixmap()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
    inside.paste(CHART)
    window.resize(width, height)
    window.fill("green")
    whole.check(capture(old))
    new = window.name_pixmap()
    assert (new.width, new.height) == (width + 2 * border, height + 2 * border)
    assert (old.geometry.width, old.geometry.height) == (old.width, old.height)
    old.fill("yellow")
    barrier()
    after, within = framed(presenter.depth, width, height, border)
    within.fill("green")
    after.check(capture(new))
    Canvas(width, height, presenter.depth, "green").check(capture(window))
    Canvas(old.width, old.height, presenter.depth, "yellow").check(capture(old))


@UPDATES
@pytest.mark.parametrize("gravity", ["forget", "center", "static"])
@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 0), (3, 1), (1, 6)])
def test_border_width_gives_a_new_pixmap_with_the_same_window(
    presenter, barrier, update, gravity, before, after
):
    """A changed border width gives a pixmap of the new size that shows the window's pixels
    inside of the new border, even with gravity Forget; the old name keeps all (CMP-030)."""
    attributes = {CW.BitGravity: GRAVITIES[gravity]}
    window = backed(presenter, update, border_width=before, attributes=attributes)
    old = window.name_pixmap()
    window.configure(border_width=after)
    barrier()
    new = window.name_pixmap()
    for name, border in ((old, before), (new, after)):
        whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
        inside.paste(CHART)
        whole.check(capture(name))
    window.fill("green", 3, 3, 9, 9)
    for name, border in ((old, before), (new, after)):
        whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
        inside.paste(CHART)
        if name is new:
            inside.area(3, 3, 9, 9).fill("green")
        whole.check(capture(name))


@pytest.mark.parametrize(
    "update",
    [
        pytest.param(Redirect.Automatic, id="automatic"),
        pytest.param(Redirect.Manual, id="manual", marks=CONTENTS_LOST),
    ],
)
@pytest.mark.parametrize(("before", "after"), [(0, 3), (3, 0), (3, 1), (1, 6)])
def test_border_that_grows_around_a_window_in_place_gives_a_new_pixmap(
    presenter, barrier, update, before, after
):
    """So it is when the window moves by the difference, and its inside stays where it is on the
    screen.  The old pixmap does not come back with a later move (CMP-030, CMP-028)."""
    window = backed(presenter, update, border_width=before)
    old = window.name_pixmap()
    window.configure(x=AT_X + before - after, y=AT_Y + before - after, border_width=after)
    barrier()
    new = window.name_pixmap()
    assert (new.width, new.height) == (WIDTH + 2 * after, HEIGHT + 2 * after)
    for name, border in ((old, before), (new, after)):
        whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
        inside.paste(CHART)
        whole.check(capture(name))
    window.fill("green", 3, 3, 9, 9)
    window.move(AT_X + 7, AT_Y - 5)
    barrier()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, after)
    inside.paste(CHART)
    inside.area(3, 3, 9, 9).fill("green")
    whole.check(capture(new))


@ALL_GRAVITIES
@pytest.mark.parametrize(
    ("x", "y", "width", "height", "border"),
    [
        (AT_X, AT_Y, 71, 55, 0),
        (AT_X, AT_Y, 35, 27, 2),
        (AT_X, AT_Y, 59, 29, 3),
        (12, 26, 37, 60, 1),
        (31, 7, 60, 50, 0),
    ],
    ids=["grow", "shrink", "wider-lower", "move-narrower-higher", "move-grow"],
)
def test_bit_gravity_places_the_old_pixels(
    presenter, barrier, gravity, x, y, width, height, border
):
    """A resize copies the old contents to where the bit gravity says, and paints the rest with
    the background; with Static they stay in place on the screen. So it is in either mode
    (CMP-032, CMP-029)."""
    for update in (Redirect.Automatic, Redirect.Manual):
        window = backed(presenter, update, border_width=border, attributes={CW.BitGravity: gravity})
        old = window.name_pixmap()
        window.configure(x=x, y=y, width=width, height=height)
        barrier()
        whole, inside = framed(presenter.depth, width, height, border)
        place = landing(gravity, width - WIDTH, height - HEIGHT, x - AT_X, y - AT_Y)
        if place is not None:
            inside.paste(CHART, *place)
        whole.check(capture(window.name_pixmap()))
        former, within = framed(presenter.depth, WIDTH, HEIGHT, border)
        within.paste(CHART)
        former.check(capture(old))


@pytest.mark.parametrize("gravity", ["forget", "north-west", "center", "south-east", "static"])
def test_resize_shows_what_the_gravity_keeps(presenter, barrier, golden, gravity):
    """What a person sees of an automatically redirected window that grew and moved (CMP-032,
    CMP-019)."""
    attributes = {CW.BitGravity: GRAVITIES[gravity]}
    window = backed(presenter, Redirect.Automatic, border_width=3, attributes=attributes)
    window.configure(x=12, y=21, width=80, height=60)
    barrier()
    picture = Canvas(STAGE.width, STAGE.height, presenter.depth).paste(GROUND)
    whole, inside = framed(presenter.depth, 80, 60, 3)
    place = landing(GRAVITIES[gravity], 80 - WIDTH, 60 - HEIGHT, 12 - AT_X, 21 - AT_Y)
    if place is not None:
        inside.paste(CHART, *place)
    picture.paste(whole.frame.pixels, 12, 21)
    shown = capture_root(presenter, STAGE)
    # A parent that keeps no pixels is black where the window has left it.
    picture.within(*uncovered(12, 21, 86, 66)).fill("black")
    picture.check(shown)
    golden.check(shown, "screen")


def uncovered(x, y, width, height):
    """What the window of 54 x 46 at (AT_X, AT_Y) leaves bare, as rectangles."""
    right, bottom = AT_X + WIDTH + 6, AT_Y + HEIGHT + 6
    parts = [
        (AT_X, AT_Y, x - AT_X, HEIGHT + 6),
        (AT_X, AT_Y, WIDTH + 6, y - AT_Y),
        (x + width, AT_Y, right - x - width, HEIGHT + 6),
        (AT_X, y + height, WIDTH + 6, bottom - y - height),
    ]
    return [part for part in parts if part[2] > 0 and part[3] > 0]


@UPDATES
@ALL_GRAVITIES
def test_window_gravity_takes_the_children_along(presenter, barrier, update, gravity):
    """Children move within the new pixmap by their window gravity with their pixels, and the
    parent's pixels stay around them; Unmap, which is Forget's number, takes the child out
    (CMP-032)."""
    window = backed(presenter, update, attributes={CW.BitGravity: Gravity.NorthWest})
    child = presenter.window(
        16, 12, x=14, y=11, parent=window, events=0, attributes={CW.WinGravity: gravity}
    )
    pixels = chart_pixels(16, 12, seed=5)
    child.put(pixels)
    window.resize(WIDTH + 11, HEIGHT + 7)
    barrier()
    whole, inside = framed(presenter.depth, WIDTH + 11, HEIGHT + 7)
    inside.paste(CHART).area(14, 11, 16, 12).fill("blue")
    place = landing(gravity, 11, 7)
    if place is not None:
        inside.paste(pixels, 14 + place[0], 11 + place[1])
    whole.check(capture(window.name_pixmap()))


@UPDATES
def test_every_resize_copies_from_the_one_before(presenter, update):
    """A resize starts from the pixels of the pixmap that it replaces, also from those drawn
    into it by name (CMP-032, CMP-029)."""
    window = backed(presenter, update, attributes={CW.BitGravity: Gravity.NorthWest})
    pixels = Canvas(WIDTH, HEIGHT, presenter.depth).paste(CHART)
    for step, size in enumerate(((60, 30), (20, 50), (60, 60), (61, 60))):
        window.name_pixmap().fill(0x101010 * (step + 1), 2 * step, 3, 5, 20)
        pixels.area(2 * step, 3, 5, 20).fill(0x101010 * (step + 1))
        window.resize(*size)
        grown = Canvas(*size, presenter.depth, "blue").paste(pixels.frame.pixels)
        pixels = grown
        pixels.check(capture(window.name_pixmap()))


@UPDATES
@pytest.mark.parametrize("border", [0, 3])
def test_new_pixmap_starts_with_the_parents_pixels(presenter, update, border):
    """A window without background is first seen with what its parent shows at that place, its
    border painted around (CMP-037)."""
    window = backed(presenter, update, background=None, chart=False, border_width=border)
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, border)
    inside.paste(GROUND, -AT_X - border, -AT_Y - border)
    whole.check(capture(window.name_pixmap()))


@UPDATES
def test_new_pixmap_starts_with_what_lies_below(presenter, update):
    """The parent's pixels are those seen, siblings below included (CMP-037)."""
    parent = stage(presenter)
    presenter.window(
        20, 20, x=40, y=30, parent=parent, events=0, background="green", border_width=2
    )
    window = backed(presenter, update, parent=parent, background=None, chart=False)
    picture = Canvas(STAGE.width, STAGE.height, presenter.depth).paste(GROUND)
    picture.area(40, 30, 24, 24).fill("white").area(2, 2, 20, 20).fill("green")
    seen = Canvas(WIDTH, HEIGHT, presenter.depth).paste(picture.frame.pixels, -AT_X, -AT_Y)
    seen.check(capture(window.name_pixmap()))


@UPDATES
@pytest.mark.parametrize("background", [None, "blue"])
def test_redirection_of_a_seen_window_keeps_its_pixels(presenter, barrier, update, background):
    """A window that was drawn before it is redirected takes its pixels along into the pixmap;
    the server does not clear it (CMP-037)."""
    window = presenter.window(
        WIDTH,
        HEIGHT,
        x=AT_X,
        y=AT_Y,
        parent=stage(presenter),
        events=0,
        background=background,
        border_width=3,
        border=BORDER,
    )
    window.put(CHART)
    child = presenter.window(9, 8, x=6, y=7, parent=window, events=0)
    child.put(chart_pixels(9, 8, seed=2))
    window.redirect(update)
    barrier()
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, 3)
    inside.paste(CHART).paste(chart_pixels(9, 8, seed=2), 6, 7)
    whole.check(capture(window.name_pixmap()))


@UPDATES
@pytest.mark.parametrize("gravity", ["forget", "north-west", "south"])
def test_resize_without_background_shows_the_parents_pixels(presenter, barrier, update, gravity):
    """What a resize adds to a window without background is what the parent shows there
    (CMP-037, CMP-032)."""
    window = backed(
        presenter,
        update,
        background=None,
        border_width=2,
        attributes={CW.BitGravity: GRAVITIES[gravity]},
    )
    barrier()
    seen = capture_root(presenter, STAGE).pixels.copy()
    window.configure(x=4, width=90, height=60)
    barrier()
    whole, inside = framed(presenter.depth, 90, 60, 2)
    inside.paste(seen, -6, -AT_Y - 2)
    place = landing(GRAVITIES[gravity], 90 - WIDTH, 60 - HEIGHT)
    if place is not None:
        inside.paste(CHART, *place)
    whole.check(capture(window.name_pixmap()))


def test_new_pixmap_starts_with_the_pixmap_of_a_redirected_parent(presenter):
    """Inside of a redirected parent it is the parent's own pixmap that shows through, though
    the screen shows something else (CMP-037)."""
    parent = presenter.window(
        STAGE.width, STAGE.height, x=STAGE.x, y=STAGE.y, events=0, mapped=False
    )
    parent.redirect()
    parent.map()
    parent.put(GROUND)
    window = backed(presenter, parent=parent, background=None, chart=False, border_width=2)
    whole, inside = framed(presenter.depth, WIDTH, HEIGHT, 2)
    inside.paste(GROUND, -AT_X - 2, -AT_Y - 2)
    whole.check(capture(window.name_pixmap()))
    Canvas(STAGE.width, STAGE.height, presenter.depth).paste(GROUND).check(
        capture(parent.name_pixmap())
    )


@DEPTH_24
@pytest.mark.needs(depths=[32])
@UPDATES
def test_new_pixmap_of_another_depth_has_the_parents_colours_f98dfec79(presenter, barrier, update):
    """In a parent of depth 24, the pixmap of a window of depth 32 starts with the parent's
    colours, opaque (CMP-037)."""
    window = backed(
        presenter, update, depth=32, background=None, chart=False, border_width=2, border=0xFF112233
    )
    barrier()
    whole = Canvas(WIDTH + 4, HEIGHT + 4, 32, 0xFF112233)
    opaque = GROUND | 0xFF000000
    whole.area(2, 2, WIDTH, HEIGHT).paste(opaque, -AT_X - 2, -AT_Y - 2)
    whole.check(capture(window.name_pixmap()))


@UPDATES
@pytest.mark.parametrize(("dx", "dy"), [(17, 0), (0, 13), (-9, -5)], ids=str)
@pytest.mark.parametrize("way", ["moved", "by-gravity"])
def test_a_window_is_drawn_where_its_parent_takes_it(presenter, barrier, update, dx, dy, way):
    """A window that goes along with its parent, or by its gravity, keeps its pixmap, and what is
    drawn then is in it where it was (CMP-028)."""
    parent = presenter.window(100, 80, x=40, y=30, background="grey", events=0)
    child = presenter.window(
        *(40, 30),
        x=20,
        y=16,
        parent=parent,
        border_width=2,
        border="yellow",
        background="blue",
        events=0,
        attributes={CW.WinGravity: Gravity.SouthEast},
    )
    child.redirect(update)
    pixmap = child.name_pixmap()
    x, y = 20, 16
    if way == "moved":
        parent.move(40 + dx, 30 + dy)
    else:
        parent.resize(100 + dx, 80 + dy)
        x, y = x + dx, y + dy
    child.fill("red", 3, 4, 10, 8)
    picture = Canvas(44, 34, pixmap.depth, "yellow")
    picture.area(2, 2, 40, 30).fill("blue").area(3, 4, 10, 8).fill("red")
    picture.check(capture(pixmap))
    assert (child.geometry.x, child.geometry.y) == (x, y)
    if update == Redirect.Automatic:
        barrier()
        whole = Canvas(parent.width, parent.height, parent.depth, "grey")
        whole.area(x, y, 44, 34).paste(picture.frame.pixels)
        whole.check(capture(parent))
