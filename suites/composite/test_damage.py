# SPDX-License-Identifier: MIT
"""Damage as compositors use it: what is reported of which drawing, where, and when again."""

import struct
import sys

import pytest
import xcffib.damage
import xcffib.render
import xcffib.shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xcffib.composite import Redirect
from xcffib.shape import SK
from xcffib.xproto import (
    ARC,
    CW,
    GC,
    POINT,
    RECTANGLE,
    SEGMENT,
    ClipOrdering,
    CoordMode,
    EventMask,
    JoinStyle,
    PolyShape,
    StackMode,
    SubwindowMode,
)

from harness.clients.damage import Damage, DamageLevel
from harness.clients.pixmap import chart_pixels
from harness.clients.window import WindowClass
from harness.frames.area import Area
from harness.frames.capture import capture

pytestmark = [pytest.mark.xserver(fps=600), pytest.mark.needs("DAMAGE", "XFIXES", "Present")]

RAW, DELTA, BOX, ONCE = DamageLevel
UPDATES = (Redirect.Automatic, Redirect.Manual)
levels = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())


def watch(drawable, level=RAW):
    """A Damage on ``drawable`` that has nothing to tell yet."""
    damage = Damage.create(drawable, level)
    damage.forget()
    return damage


def told(damage):
    """The areas reported since the last question.

    Without those that hold no pixel: a bounding box of nothing is at times reported as such.
    """
    return [notice.area for notice in damage.take() if notice.area[2] and notice.area[3]]


def make_gc(drawable, **values):
    """A graphics context for ``drawable`` with values by the names of GC bits."""
    values = {"Foreground": 0xFF0000, "GraphicsExposures": 0, **values}
    ordered = sorted((getattr(GC, name), value) for name, value in values.items())
    gc = drawable.client.new_id()
    drawable.client.core.CreateGC(
        gc, drawable.id, sum(bit for bit, _ in ordered), [value for _, value in ordered]
    )
    return gc


def fill_with(drawable, gc, *boxes):
    parts = [RECTANGLE.synthetic(*box) for box in boxes]
    drawable.client.core.PolyFillRectangle(drawable.id, gc, len(parts), parts)


def expected_reports(level, before, drawn, size):
    """What a Damage with the region ``before`` reports of ``drawn``."""
    after = before | drawn
    if not drawn:
        return []
    if level == RAW:
        return list(drawn.rectangles)
    if level == DELTA:
        return list((drawn - before).rectangles)
    if level == BOX:
        return [after.extents] if after.extents != before.extents or not before else []
    return [] if before else [(0, 0, *size)]


composite = pytest.mark.needs("Composite")
kinds = pytest.mark.parametrize(
    "kind", ["window", "pixmap", pytest.param("manual", marks=composite)]
)


@pytest.fixture(
    params=[
        "window",
        "pixmap",
        pytest.param("manual", marks=composite),
        pytest.param("automatic", marks=composite),
    ]
)
def drawn(request, presenter, barrier):
    """A 64x48 drawable whose pixels can be damaged: a window with a border or a pixmap."""
    return make_drawn(presenter, request.param, barrier)


def make_drawn(presenter, kind, barrier):
    if kind == "pixmap":
        return presenter.pixmap(64, 48, colour="blue")
    window = presenter.window(64, 48, x=37, y=29, border_width=3, mapped=False, events=0)
    if kind != "window":
        window.redirect(Redirect.Manual if kind == "manual" else Redirect.Automatic)
    window.map()
    barrier()
    return window


# What is reported


FILLS = [
    (10, 8, 12, 10),
    (14, 10, 20, 20),
    (14, 10, 5, 5),
    (40, 2, 6, 40),
    (-30, -20, 36, 25),
    (0, 0, 64, 48),
    (5, 5, 3, 3),
]


@levels
@pytest.mark.parametrize("cleared", [False, True], ids=["kept", "subtracted"])
def test_each_level_reports_its_part_of_a_sequence(drawn, level, cleared):
    """Raw: every drawing.  Delta: the part that is new, rectangle by rectangle.  Bounding box: the
    whole box, when it has grown.  Non-empty: once.  After a Subtract of everything all begins
    again (CMP-068, CMP-069, CMP-070, CMP-071)."""
    damage, gc = watch(drawn, level), make_gc(drawn)
    region = Area()
    for n, box in enumerate(FILLS):
        fill_with(drawn, gc, box)
        seen = Area.of([box]) & Area.of([(0, 0, 64, 48)])
        notices = damage.take()
        expected = expected_reports(level, region, seen, (64, 48))
        assert [notice.area for notice in notices] == expected
        assert [notice.more for notice in notices] == [True] * (len(expected) - 1) + [False] * bool(
            expected
        )
        region |= seen
        if cleared and n % 2:
            damage.subtract()
            region = Area()


@levels
def test_drawing_outside_is_not_reported(drawn, level):
    """Nothing is said of what draws no pixel: beside the drawable, nothing, in an empty clip
    (CMP-072)."""
    damage, gc = watch(drawn, level), make_gc(drawn)
    for box in [(64, 0, 9, 9), (-9, 0, 9, 9), (0, 48, 9, 9), (0, -9, 9, 9)]:
        fill_with(drawn, gc, box)
    fill_with(drawn, gc, (5, 5, 0, 9))
    fill_with(drawn, gc, (5, 5, 9, 0))
    fill_with(drawn, gc)
    drawn.client.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, 0, [])
    fill_with(drawn, gc, (0, 0, 64, 48))
    assert told(damage) == []


@levels
@pytest.mark.parametrize("border", [0, 4])
def test_visible_window_is_damaged_from_the_start(presenter, level, border):
    """A new Damage on a window reports what can be seen of it, with its border, as already
    damaged; Subtract yields the same (CMP-073)."""
    parent = presenter.window(200, 120, x=20, y=20, events=0)
    window = presenter.window(60, 40, x=30, y=20, parent=parent, border_width=border, events=0)
    presenter.window(30, 200, x=45, y=-50, parent=parent, events=0)
    damage = Damage.create(window, level)
    whole = Area.of([(-border, -border, 60 + 2 * border, 40 + 2 * border)])
    visible = whole - Area.of([(15 - border, -200, 30, 400)])
    assert len(visible.rectangles) == 2
    expected = expected_reports(level, Area(), visible, (60, 40))
    notices = damage.take()
    assert [notice.area for notice in notices] == expected
    assert [notice.more for notice in notices] == [True] * (len(expected) - 1) + [False]
    parts = presenter.region()
    damage.subtract(None, parts)
    if level != RAW:
        assert tuple(parts.fetch()) == visible.rectangles


@levels
def test_pixmaps_and_unmapped_windows_begin_without_damage(presenter, level):
    """Nothing is reported of a new Damage on a pixmap or a window that cannot be seen
    (CMP-073)."""
    pixmap = presenter.pixmap(20, 20)
    window = presenter.window(20, 20, mapped=False, events=0)
    assert told(Damage.create(pixmap, level)) == []
    assert told(Damage.create(window, level)) == []


@composite
@pytest.mark.parametrize("update", UPDATES, ids=["automatic", "manual"])
@pytest.mark.parametrize("border", [0, 3])
def test_redirected_window_begins_damaged_as_a_whole(presenter, update, border, barrier):
    """With its border, also where it is covered or beyond the screen (CMP-073, CMP-065)."""
    window = presenter.window(60, 40, x=-20, y=20, border_width=border, mapped=False, events=0)
    window.redirect(update)
    window.map()
    presenter.window(30, 200, events=0)
    barrier()
    whole = (-border, -border, 60 + 2 * border, 40 + 2 * border)
    assert told(Damage.create(window, DELTA)) == [whole]


@levels
def test_report_says_whose_it_is(presenter, level):
    """The level, the Damage, the drawable by the id that was watched, and its geometry on the
    screen: the inside of a window, wherever it is nested; a pixmap at 0, 0 (CMP-074)."""
    outer = presenter.window(200, 120, x=20, y=30, border_width=5, events=0)
    window = presenter.window(60, 40, x=11, y=13, parent=outer, border_width=2, events=0)
    pixmap = presenter.pixmap(33, 22)
    places = {outer: (25, 35, 200, 120), window: (38, 50, 60, 40), pixmap: (0, 0, 33, 22)}
    for drawable, geometry in places.items():
        damage = watch(drawable, level)
        fill_with(drawable, make_gc(drawable), (1, 2, 3, 4))
        (notice,) = damage.notices()
        assert notice.level == level
        assert notice.damage == damage.id
        assert notice.drawable == drawable.id
        assert notice.geometry == geometry
        assert notice.area == ((0, 0, *geometry[2:]) if level == ONCE else (1, 2, 3, 4))
        damage.destroy()
    outer.move(-50, 7)
    window.configure(width=50, border_width=9)
    damage = watch(window, level)
    # Left of that is beyond the screen.
    fill_with(window, make_gc(window), (30, 2, 3, 4))
    (notice,) = damage.notices()
    assert notice.geometry == (-50 + 5 + 11 + 9, 7 + 5 + 13 + 9, 50, 40)


def test_report_has_the_time_of_the_server(presenter):
    """It lies between the times of events before and after it (CMP-074)."""
    pixmap = presenter.pixmap(20, 20)
    damage = watch(pixmap)
    window = presenter.window(8, 8, events=0)
    window.select_core(EventMask.PropertyChange)
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"a")
    fill_with(pixmap, make_gc(pixmap), (0, 0, 5, 5))
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"b")
    (notice,) = damage.notices()
    before, after = (
        struct.unpack_from("=I", event.data, 12)[0]
        for event in presenter.events
        if event.name == "PropertyNotify"
    )
    assert (notice.time - before) % (1 << 32) <= (after - before) % (1 << 32)


# Subtract and Add


REPAIRS = (
    None,
    [],
    [(0, 0, 64, 48)],
    [(12, 9, 10, 10)],
    [(0, 0, 30, 48), (30, 20, 9, 9)],
    [(50, 40, 10, 5)],
    [(-20, -20, 40, 40)],
)


@levels
@kinds
@pytest.mark.parametrize("parts", ["none", "own", "same"])
def test_subtract_takes_off_and_reports_the_rest(presenter, kind, level, parts, barrier):
    """The repair comes off the damage, the parts become what of it was damaged, and what remains
    is reported again.  None repairs everything without a report.  A raw Damage keeps nothing:
    no parts, no report (CMP-075, CMP-076, CMP-077)."""
    drawable = make_drawn(presenter, kind, barrier)
    damage, gc, left = watch(drawable, level), make_gc(drawable), presenter.region()
    drawing = [(10, 8, 12, 10), (14, 10, 20, 20), (50, 0, 6, 48)]
    damaged = Area.of(drawing)
    for repair in REPAIRS:
        for rectangle in drawing:
            fill_with(drawable, gc, rectangle)
        damage.take()
        before = [(1, 1, 2, 2)]
        first = None if repair is None else presenter.region(*repair)
        second = {"none": None, "own": presenter.region(*before), "same": first}[parts]
        damage.subtract(first, second)
        if level == RAW:
            assert told(damage) == []
            assert parts != "own" or second.fetch() == before
            continue
        rest = Area() if repair is None else damaged - Area.of(repair)
        assert told(damage) == expected_reports(level, Area(), rest, (64, 48))
        if second is not None:
            taken = damaged - rest
            assert tuple(second.fetch()) == taken.rectangles
        if first is not None and second is not first:
            assert tuple(first.fetch()) == Area.of(repair).rectangles
        damage.subtract(None, left)
        assert told(damage) == []
        assert tuple(left.fetch()) == rest.rectangles


@levels
@kinds
def test_added_region_is_damage_for_everybody(presenter, connect, kind, level, barrier):
    """Add reports a region in the drawable's coordinates to all who watch it, although nothing is
    drawn, rectangle by rectangle; the region stays (CMP-078)."""
    drawable = make_drawn(presenter, kind, barrier)
    damage = watch(drawable, level)
    other = connect("watcher")
    theirs = watch(other.borrow_pixmap(drawable), level)
    boxes = [(4, 5, 9, 8), (30, 20, 12, 12), (30, 40, 3, 3)]
    added = Area.of(boxes)
    region = presenter.region(*boxes)
    damage.add(region)
    expected = expected_reports(level, Area(), added, (64, 48))
    assert told(damage) == expected
    assert told(theirs) == expected
    assert tuple(region.fetch()) == added.rectangles
    damage.add(presenter.region())
    assert told(damage) == []


def test_damage_is_added_to_the_parent_as_well(presenter):
    """Whoever watches the parent learns of what was added to the child, in its own coordinates
    and cut at the child's (CMP-078, CMP-079)."""
    parent = presenter.window(200, 120, x=20, y=30, events=0)
    child = presenter.window(60, 40, x=11, y=13, parent=parent, border_width=2, events=0)
    damage, own = watch(parent), watch(child)
    own.add(presenter.region((5, 6, 7, 8)))
    assert told(own) == [(5, 6, 7, 8)]
    assert told(damage) == [(18, 21, 7, 8)]


# Whose damage it is


@levels
@kinds
def test_each_damage_of_a_drawable_counts_for_itself(presenter, connect, kind, level, barrier):
    """Several clients and several Damages of one client watch the same drawable with levels and
    regions of their own; what one subtracts is the others' still (CMP-080)."""
    drawable = make_drawn(presenter, kind, barrier)
    other = connect("watcher")
    presenter.sync()
    owners = [drawable, other.borrow_pixmap(drawable)]
    damages = [watch(owner, each) for owner in owners for each in DamageLevel]
    subtracting = watch(drawable, level)
    gc = make_gc(drawable)
    before = Area()
    for box in FILLS:
        fill_with(drawable, gc, box)
        presenter.sync()
        seen = Area.of([box]) & Area.of([(0, 0, 64, 48)])
        for damage, each in zip(damages, [*DamageLevel] * 2, strict=True):
            assert told(damage) == expected_reports(each, before, seen, (64, 48))
        assert told(subtracting) == expected_reports(level, Area(), seen, (64, 48))
        subtracting.subtract()
        before |= seen


def test_destroyed_damage_tells_nothing(drawn):
    """It is silent afterwards and its id unknown; another of the same drawable goes on
    (CMP-081)."""
    damage, other, gc = watch(drawn), watch(drawn), make_gc(drawn)
    damage.destroy()
    fill_with(drawn, gc, (1, 2, 3, 4))
    assert told(damage) == []
    assert told(other) == [(1, 2, 3, 4)]
    with drawn.client.expect_error("DAMAGE:Damage", damage.id):
        damage.subtract()
    with drawn.client.expect_error("DAMAGE:Damage", damage.id):
        damage.destroy()
    other.destroy()
    fill_with(drawn, gc, (1, 2, 3, 4))
    assert told(other) == []


@kinds
def test_damage_goes_with_its_drawable(presenter, kind, barrier):
    """When the drawable is destroyed its Damages are, too: their ids are unknown (CMP-081)."""
    drawable = make_drawn(presenter, kind, barrier)
    damages = [watch(drawable, level) for level in DamageLevel]
    drawable.free() if kind == "pixmap" else drawable.destroy()
    for damage in damages:
        with presenter.expect_error("DAMAGE:Damage", damage.id):
            damage.subtract()
    again = make_drawn(presenter, kind, barrier)
    fresh = watch(again)
    fill_with(again, make_gc(again), (1, 2, 3, 4))
    assert told(fresh) == [(1, 2, 3, 4)]


def leave(client, witness):
    """The client ends, and the server has freed what it owned."""
    window = witness.borrow_window(client.window(1, 1, mapped=False, events=0), events=0)
    window.select_core(EventMask.StructureNotify)
    witness.sync()
    client.close()
    witness.wait_for(lambda event: event.name == "DestroyNotify", "the end of the client's window")


@kinds
def test_damage_goes_with_its_client(presenter, connect, kind, barrier):
    """A watcher that leaves takes its Damages along, and nobody else's (CMP-081)."""
    drawable = make_drawn(presenter, kind, barrier)
    other = connect("leaving watcher")
    presenter.sync()
    theirs = [watch(other.borrow_pixmap(drawable), level) for level in DamageLevel]
    own, gc = watch(drawable), make_gc(drawable)
    leave(other, presenter)
    fill_with(drawable, gc, (1, 2, 3, 4))
    assert told(own) == [(1, 2, 3, 4)]
    for damage in theirs:
        with presenter.expect_error("DAMAGE:Damage", damage.id):
            Damage(presenter, damage.id, drawable.id).destroy()
    fill_with(drawable, gc, (2, 2, 3, 4))
    assert told(own) == [(2, 2, 3, 4)]


def test_drawing_of_others_is_reported(presenter, connect, barrier):
    """A compositor draws nothing itself; what any client draws is reported (CMP-068)."""
    window = make_drawn(presenter, "window", barrier)
    painter = connect("painter")
    damage = watch(window)
    theirs = painter.borrow_pixmap(window)
    fill_with(theirs, make_gc(theirs), (9, 8, 7, 6))
    painter.sync()
    assert told(damage) == [(9, 8, 7, 6)]


@kinds
@pytest.mark.parametrize("picture", [False, True], ids=["gc", "picture"])
@pytest.mark.needs("RENDER")
def test_damage_sees_who_drew_before_it_was_made(presenter, kind, picture, barrier):
    """A graphics context, or a picture, that has drawn to the drawable before there was a Damage
    is watched from then on; also when one Damage goes and the next comes (CMP-082)."""
    drawable = make_drawn(presenter, kind, barrier)
    if picture:
        target = picture_of(drawable)

        def draw(*box):
            fill_picture(presenter, target, *box)
    else:
        gc = make_gc(drawable)

        def draw(*box):
            fill_with(drawable, gc, box)

    for n in range(3):
        draw(1, 1, 9, 9)
        presenter.sync()
        damage = watch(drawable)
        draw(n, 2, 3, 4)
        assert told(damage) == [(n, 2, 3, 4)]
        damage.destroy()
        draw(5, 5, 5, 5)
        assert told(damage) == []


@pytest.mark.parametrize("depth", [1, 3])
def test_damage_of_a_parent_sees_who_drew_to_the_child_before(presenter, depth):
    """A graphics context used on a child is watched by a Damage that is then made on the parent,
    however far up (CMP-082, CMP-079)."""
    outer = presenter.window(200, 150, x=20, y=30, events=0)
    child = outer
    for _ in range(depth):
        child = presenter.window(150, 120, x=5, y=4, parent=child, border_width=1, events=0)
    gc = make_gc(child)
    fill_with(child, gc, (0, 0, 30, 30))
    presenter.sync()
    damage = watch(outer)
    fill_with(child, gc, (1, 2, 3, 4))
    assert told(damage) == [(6 * depth + 1, 5 * depth + 2, 3, 4)]


@composite
@pytest.mark.parametrize("update", UPDATES, ids=["automatic", "manual"])
def test_damage_sees_who_drew_before_the_redirection(presenter, update):
    """A window that is redirected, watched and unredirected keeps reporting what the same
    graphics context draws (CMP-082, CMP-065)."""
    window = presenter.window(64, 48, x=37, y=29, events=0)
    gc = make_gc(window)
    fill_with(window, gc, (0, 0, 30, 30))
    damage = watch(window)
    for change in (window.redirect, window.unredirect):
        change(update)
        presenter.sync()
        damage.forget()
        fill_with(window, gc, (1, 2, 3, 4))
        assert told(damage) == [(1, 2, 3, 4)]


# Where windows are


PLACES = {
    "free": (40, 30, ()),
    "half_covered": (40, 30, ((55, 10, 30, 100),)),
    "holes": (40, 30, ((45, 35, 9, 9), (70, 40, 9, 30))),
    "covered": (40, 30, ((0, 0, 200, 150),)),
    "off_screen": (-25, -9, ()),
    "beyond": (-150, 30, ()),
}


@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@composite
def test_damage_has_window_coordinates_wherever_the_window_is(
    presenter, update, place, border, barrier
):
    """What is reported of a redirected window is all that was drawn, also where it is covered or
    beyond the screen; of another window the part that can be seen (CMP-065)."""
    x, y, covers = PLACES[place]
    window = presenter.window(64, 48, x=x, y=y, border_width=border, mapped=False, events=0)
    if update is not None:
        window.redirect(update)
    window.map()
    for left, top, width, height in covers:
        presenter.window(width, height, x=left, y=top, events=0)
    barrier()
    damages = {level: watch(window, level) for level in DamageLevel}
    fill_with(window, make_gc(window), (-9, -9, 60, 50))
    drawn_area = Area.of([(0, 0, 51, 41)])
    if update is None:
        origin = (-x - border, -y - border)
        drawn_area &= Area.of([(*origin, 640, 480)])
        drawn_area -= Area.of(covers).moved(*origin)
    for level, damage in damages.items():
        assert told(damage) == expected_reports(level, Area(), drawn_area, (64, 48))


@composite
@pytest.mark.parametrize("border", [0, 3])
def test_damage_of_a_named_pixmap_counts_from_the_border(presenter, border, barrier):
    """Drawing to a redirected window is damage of its named pixmap, in which the border comes
    first, and drawing to the pixmap is damage of the window (CMP-065, CMP-083)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=border, mapped=False, events=0)
    window.redirect()
    window.map()
    barrier()
    pixmap = window.name_pixmap()
    of_window, of_pixmap = watch(window), watch(pixmap)
    fill_with(window, make_gc(window), (5, 6, 7, 8))
    assert told(of_window) == [(5, 6, 7, 8)]
    assert told(of_pixmap) == [(5 + border, 6 + border, 7, 8)]
    fill_with(pixmap, make_gc(pixmap), (15, 16, 7, 8))
    assert told(of_window) == [(15 - border, 16 - border, 7, 8)]
    assert told(of_pixmap) == [(15, 16, 7, 8)]


@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize("depth", [1, 2])
def test_parent_is_damaged_by_its_children(presenter, border, depth):
    """What is drawn to a child, or a child's child, is damage of the parent, in its coordinates
    and cut at the child and at the parent; the parent's drawing is none of the child's
    (CMP-079)."""
    parent = presenter.window(100, 80, x=20, y=30, border_width=border, events=0)
    child, at = parent, 0
    for _ in range(depth):
        child = presenter.window(90, 70, x=8, y=8, parent=child, border_width=border, events=0)
        at += 8 + border
    of_parent, of_child = watch(parent), watch(child)
    fill_with(child, make_gc(child), (-3, 5, 10, 11))
    assert told(of_child) == [(0, 5, 7, 11)]
    assert told(of_parent) == [(at, at + 5, 7, 11)]
    fill_with(child, make_gc(child), (0, 60, 100, 100))
    inside = Area.of([(at, at + 60, 90, 10)]) & Area.of([(0, 0, 100, 80)])
    if depth == 2:
        inside &= Area.of([(8 + border, 8 + border, 90, 70)])
    assert told(of_parent) == list(inside.rectangles)
    fill_with(parent, make_gc(parent), (0, 0, 20, 20))
    outline = Area.of([(8, 8, 90 + 2 * border, 70 + 2 * border)])
    assert told(of_parent) == list((Area.of([(0, 0, 20, 20)]) - outline).rectangles)
    of_child.take()
    fill_with(parent, make_gc(parent), (0, 0, 5, 5))
    assert told(of_child) == []


def test_drawing_over_children_damages_them(presenter):
    """A graphics context that includes inferiors damages the child under it, as far as it
    reaches; the parent as a whole (CMP-079)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, border_width=2, events=0)
    of_parent, of_child = watch(parent), watch(child)
    gc = make_gc(parent, SubwindowMode=SubwindowMode.IncludeInferiors)
    fill_with(parent, gc, (0, 0, 20, 20))
    assert told(of_parent) == [(0, 0, 20, 20)]
    assert told(of_child) == [(-2, -2, 12, 11)]


@composite
def test_manually_redirected_child_is_none_of_its_parents_damage(presenter, barrier):
    """Its drawing shows nowhere but in its pixmap; the compositor that paints it on the parent
    damages the parent (CMP-084)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, mapped=False, events=0)
    grandchild = presenter.window(20, 20, x=3, y=4, parent=child, events=0)
    child.redirect()
    child.map()
    barrier()
    of_parent, of_child, of_grandchild = watch(parent), watch(child), watch(grandchild)
    fill_with(child, make_gc(child), (0, 0, 3, 4))
    fill_with(grandchild, make_gc(grandchild), (1, 1, 3, 4))
    capture(parent)
    assert told(of_parent) == []
    assert told(of_child) == [(0, 0, 3, 4), (4, 5, 3, 4)]
    assert told(of_grandchild) == [(1, 1, 3, 4)]
    fill_with(parent, make_gc(parent), (0, 0, 20, 20))
    assert told(of_parent) == [(0, 0, 20, 20)]
    assert told(of_child) == []


@composite
def test_automatically_redirected_child_damages_its_parent_when_it_is_shown(presenter, barrier):
    """The server copies what was drawn to the parent, at the latest when somebody looks; that is
    damage of the parent (CMP-084)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, mapped=False, events=0)
    child.redirect(Redirect.Automatic)
    child.map()
    capture(parent)
    barrier()
    of_parent, of_child = watch(parent), watch(child)
    fill_with(child, make_gc(child), (3, 4, 20, 10))
    capture(parent)
    assert told(of_child) == [(3, 4, 20, 10)]
    reported = Area.of(told(of_parent))
    assert Area.of([(11, 13, 20, 10)]) <= reported <= Area.of([(8, 9, 40, 30)])


# What is drawn, and how


def picture_of(drawable):
    """A RENDER picture of a drawable of the root's depth."""
    render = drawable.client.extension(xcffib.render)
    visuals = {
        visual.visual: visual.format
        for depth in render.QueryPictFormats().reply().screens[0].depths
        for visual in depth.visuals
    }
    picture = drawable.client.new_id()
    visual = drawable.client.screen.root_visual
    render.CreatePicture(picture, drawable.id, visuals[visual], 0, [])
    return picture


RED = xcffib.render.COLOR.synthetic(0xFFFF, 0, 0, 0xFFFF)


def fill_picture(client, picture, *box):
    rectangle = RECTANGLE.synthetic(*box)
    client.extension(xcffib.render).FillRectangles(1, picture, RED, 1, [rectangle])


def points(*places):
    return [POINT.synthetic(*place) for place in places]


def arcs(*places):
    return [ARC.synthetic(*place) for place in places]


def segments(*places):
    return [SEGMENT.synthetic(*place) for place in places]


def boxes(*places):
    return [RECTANGLE.synthetic(*place) for place in places]


def put_image(core, target, gc):
    chart = chart_pixels(21, 13, 24).astype(
        "<u4" if core.conn.setup.image_byte_order == 0 else ">u4"
    )
    core.PutImage(2, target, gc, 21, 13, 9, 8, 0, 24, chart.size * 4, chart.tobytes())


TRIANGLE = points((5, 5), (40, 12), (20, 35))
STEPS = points((5, 6), (15, 3), (-9, 21), (3, -4))
WIDE = {"LineWidth": 5}
MITRE = {"LineWidth": 5, "JoinStyle": JoinStyle.Miter}

EXACT = {
    "rectangle": ({}, (3, 4, 20, 10), lambda c, d, g: c.PolyFillRectangle(
        d, g, 1, boxes((3, 4, 20, 10)))),
    "cut_rectangle": ({}, (50, 0, 14, 9), lambda c, d, g: c.PolyFillRectangle(
        d, g, 1, boxes((50, -11, 99, 20)))),
    "point": ({}, (63, 47, 1, 1), lambda c, d, g: c.PolyPoint(
        CoordMode.Origin, d, g, 1, points((63, 47)))),
    "image": ({}, (9, 8, 21, 13), put_image),
    "copy": ({}, (30, 20, 10, 12), lambda c, d, g: c.CopyArea(d, d, g, 1, 2, 30, 20, 10, 12)),
    "plane": ({"Background": 0x00FF00}, (30, 20, 10, 12), lambda c, d, g: c.CopyPlane(
        d, d, g, 1, 2, 30, 20, 10, 12, 1)),
}  # fmt: skip
"""Drawing of one rectangle: GC values, the rectangle, the request."""

WITHIN = {
    "rectangles": ({}, (3, 4, 41, 30), lambda c, d, g: c.PolyFillRectangle(
        d, g, 2, boxes((3, 4, 5, 6), (40, 30, 4, 4)))),
    "points": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyPoint(
        CoordMode.Origin, d, g, 3, points((5, 6), (20, 9), (11, 30)))),
    "points_step_by_step": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyPoint(
        CoordMode.Previous, d, g, 4, STEPS)),
    "lines": ({}, (5, 5, 36, 31), lambda c, d, g: c.PolyLine(CoordMode.Origin, d, g, 3, TRIANGLE)),
    "lines_step_by_step": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyLine(
        CoordMode.Previous, d, g, 4, STEPS)),
    "wide_lines": (WIDE, (0, 0, 64, 48), lambda c, d, g: c.PolyLine(
        CoordMode.Origin, d, g, 3, TRIANGLE)),
    "mitred_lines": (MITRE, (0, 0, 64, 48), lambda c, d, g: c.PolyLine(
        CoordMode.Origin, d, g, 3, TRIANGLE)),
    "segments": ({}, (4, 4, 31, 27), lambda c, d, g: c.PolySegment(
        d, g, 3, segments((4, 4, 20, 9), (34, 30, 30, 8), (9, 9, 9, 30)))),
    "wide_segments": (WIDE, (0, 0, 40, 36), lambda c, d, g: c.PolySegment(
        d, g, 2, segments((4, 4, 20, 9), (34, 30, 30, 8)))),
    "outlines": ({}, (4, 5, 31, 24), lambda c, d, g: c.PolyRectangle(
        d, g, 2, boxes((4, 5, 20, 12), (30, 20, 4, 8)))),
    "wide_outline": (WIDE, (2, 3, 30, 24), lambda c, d, g: c.PolyRectangle(
        d, g, 1, boxes((6, 7, 20, 12)))),
    "arcs": ({}, (4, 5, 33, 36), lambda c, d, g: c.PolyArc(
        d, g, 2, arcs((4, 5, 20, 14, 0, 360 * 64), (20, 20, 16, 20, 0, 90 * 64)))),
    "wide_arc": (WIDE, (0, 0, 40, 40), lambda c, d, g: c.PolyArc(
        d, g, 1, arcs((6, 7, 24, 18, 10 * 64, 200 * 64)))),
    "pies": ({}, (4, 5, 33, 36), lambda c, d, g: c.PolyFillArc(
        d, g, 2, arcs((4, 5, 20, 14, 0, 360 * 64), (20, 20, 16, 20, 0, 90 * 64)))),
    "polygon": ({}, (5, 5, 36, 31), lambda c, d, g: c.FillPoly(
        d, g, PolyShape.Complex, CoordMode.Origin, 3, TRIANGLE)),
    "polygon_step_by_step": ({}, (5, 6, 16, 25), lambda c, d, g: c.FillPoly(
        d, g, PolyShape.Complex, CoordMode.Previous, 4, STEPS)),
}  # fmt: skip
"""Drawing of other figures: GC values, what it cannot reach beyond, the request."""


def test_drawing_of_a_rectangle_is_reported_exactly(drawn):
    """Filling, putting and copying report the rectangle that they draw, cut at the drawable
    (CMP-085)."""
    damage = watch(drawn)
    for name, (values, rectangle, draw) in EXACT.items():
        drawn.put(chart_pixels(64, 48, drawn.depth))
        damage.forget()
        draw(drawn.client.core, drawn.id, make_gc(drawn, **values))
        assert (name, told(damage)) == (name, [rectangle])


def test_every_figure_is_reported(drawn):
    """The report of points, lines, arcs and polygons covers each pixel that changes and stays in
    the box around the figure (CMP-085)."""
    damage = watch(drawn)
    for name, (values, bounds, draw) in WITHIN.items():
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        draw(drawn.client.core, drawn.id, make_gc(drawn, **values))
        changed = Area.differing(before, capture(drawn).pixels)
        reported = Area.of(told(damage))
        assert changed, name
        assert changed <= reported, name
        assert reported <= Area.of([bounds]), name


COMPOSED = {
    "composite": lambda r, s, t: r.Composite(1, s, 0, t, 0, 0, 0, 0, 9, 8, 21, 13),
    "rectangles": lambda r, s, t: r.FillRectangles(1, t, RED, 1, boxes((9, 8, 21, 13))),
    "trapezoids": lambda r, s, t: r.Trapezoids(3, s, t, 0, 0, 0, 1, [TRAPEZOID]),
    "triangles": lambda r, s, t: r.Triangles(3, s, t, 0, 0, 0, 1, [TRIANGLE_FIXED]),
}


def fixed(x, y):
    return xcffib.render.POINTFIX.synthetic(x << 16, y << 16)


def line(x1, y1, x2, y2):
    return xcffib.render.LINEFIX.synthetic(fixed(x1, y1), fixed(x2, y2))


TRAPEZOID = xcffib.render.TRAPEZOID.synthetic(
    8 << 16, 21 << 16, line(9, 8, 12, 21), line(30, 8, 25, 21)
)
TRIANGLE_FIXED = xcffib.render.TRIANGLE.synthetic(fixed(9, 8), fixed(30, 8), fixed(20, 21))


@pytest.mark.needs("RENDER")
def test_composition_is_reported(drawn):
    """What RENDER draws is reported: rectangles exactly, the rest at least what changes
    (CMP-085)."""
    client = drawn.client
    source, target = picture_of(client.pixmap(64, 48, colour="red")), picture_of(drawn)
    damage = watch(drawn)
    for name, draw in COMPOSED.items():
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        draw(client.extension(xcffib.render), source, target)
        changed = Area.differing(before, capture(drawn).pixels)
        reported = Area.of(told(damage))
        assert changed, name
        assert changed <= reported <= Area.of([(0, 0, 64, 48)]), name
        if name in ("composite", "rectangles"):
            assert reported.rectangles == ((9, 8, 21, 13),), name


# Clips


CLIPS = {
    "one": [(10, 10, 20, 20)],
    "two": [(5, 5, 10, 10), (40, 30, 10, 10)],
    "over_the_edge": [(-9, -9, 30, 20), (50, 40, 99, 99)],
}


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
@pytest.mark.parametrize("picture", [False, True], ids=["gc", "picture"])
@pytest.mark.needs("RENDER")
def test_damage_stays_within_the_clip_of_the_drawing(drawn, clip, picture):
    """The report covers what the clip lets through and stays in the box around the clip
    (CMP-086)."""
    client, damage = drawn.client, watch(drawn)
    visible = Area.of(clip).moved(3, 2) & Area.of([(0, 0, 64, 48)])
    if picture:
        target = picture_of(drawn)
        client.extension(xcffib.render).SetPictureClipRectangles(
            target, 3, 2, len(clip), boxes(*clip)
        )
        fill_picture(client, target, 0, 0, 64, 48)
    else:
        gc = make_gc(drawn)
        client.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 3, 2, len(clip), boxes(*clip))
        fill_with(drawn, gc, (0, 0, 64, 48))
    reported = Area.of(told(damage))
    assert visible <= reported <= Area.of([visible.extents])


@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@pytest.mark.parametrize("kind", [SK.Bounding, SK.Clip], ids=["bounding", "clip"])
@pytest.mark.needs("SHAPE", "Composite")
def test_damage_stays_within_the_shape_of_the_window(presenter, update, kind, barrier):
    """Of a shaped window the drawing inside of the shape is reported, rectangle by rectangle
    (CMP-086)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=2, mapped=False, events=0)
    if update is not None:
        window.redirect(update)
    shape = [(5, 5, 10, 10), (12, 8, 20, 30), (50, 40, 99, 99), (-5, 20, 8, 8)]
    presenter.extension(xcffib.shape).Rectangles(
        0, kind, ClipOrdering.Unsorted, window.id, 0, 0, len(shape), boxes(*shape)
    )
    window.map()
    barrier()
    damage = watch(window)
    fill_with(window, make_gc(window), (0, 0, 64, 48))
    assert told(damage) == list((Area.of(shape) & Area.of([(0, 0, 64, 48)])).rectangles)


# Windows that change


CHANGES = {
    "clear": lambda window: window.clear(),
    "map": lambda window: window.map(),
    "unmap": lambda window: window.unmap(),
    "move": lambda window: window.move(17, 3),
    "resize": lambda window: window.resize(50, 60),
    "shrink": lambda window: window.resize(20, 10),
    "border": lambda window: window.configure(border_width=7),
    "raise": lambda window: window.configure(stack_mode=StackMode.Above),
    "lower": lambda window: window.configure(stack_mode=StackMode.Below),
    "shape": lambda window: window.shape([(0, 0, 9, 9), (20, 20, 9, 9)]),
    "destroy": lambda window: window.destroy(),
    "reparent": lambda window: window.reparent(window.client.root, 300, 300),
    "border_colour": lambda window: repaint_border(window),
}
OUTLINES = Area.of([(4, 1, 100, 100)])


def repaint_border(window):
    window.client.core.ChangeWindowAttributes(window.id, CW.BorderPixel, [0x123456])


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@pytest.mark.needs("Composite", "SHAPE")
def test_change_of_a_window_damages_what_changes_on_its_parent(presenter, update, change, barrier):
    """Every pixel of the parent that a change of the child changes is reported to who watches
    the parent, and nothing far from where the child was or is (CMP-087)."""
    parent = presenter.window(160, 130, x=20, y=30, background="grey", events=0)
    window = presenter.window(
        40, 30, x=10, y=12, parent=parent, background="blue", border_width=2, mapped=False, events=0
    )
    if update is not None:
        window.redirect(update)
    presenter.window(30, 60, x=35, y=5, parent=parent, background="green", events=0)
    if change == "raise":
        window.configure(stack_mode=StackMode.Below)
    if change == "lower":
        window.configure(stack_mode=StackMode.Above)
    if change != "map":
        window.map()
        window.put(chart_pixels(40, 30, 24))
    before = capture(parent).pixels
    barrier()
    damage = watch(parent)
    CHANGES[change](window)
    barrier()
    changed = Area.differing(before, capture(parent).pixels)
    assert bool(changed) == (update != Redirect.Manual)
    assert changed <= Area.of(told(damage)) <= OUTLINES


@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@pytest.mark.parametrize("change", ["clear", "resize", "border", "shape", "map"])
@pytest.mark.needs("Composite", "SHAPE")
def test_change_of_a_window_damages_what_changes_in_it(presenter, update, change, barrier):
    """What the server paints of its own accord in a window and its border is damage of the
    window, within the window and its border (CMP-088)."""
    window = presenter.window(
        40, 30, x=10, y=12, background="blue", border_width=2, mapped=False, events=0
    )
    if update is not None:
        window.redirect(update)
    if change != "map":
        window.map()
        window.put(chart_pixels(40, 30, 24))
    barrier()
    damage = watch(window)
    CHANGES[change](window)
    barrier()
    reported = Area.of(told(damage))
    width, height = (50, 60) if change == "resize" else (40, 30)
    border = 7 if change == "border" else 2
    painted = {
        "clear": Area.of([(0, 0, 40, 30)]),
        "resize": Area.of([(0, 0, 50, 60)]) - Area.of([(0, 0, 40, 30)]),
        "border": Area.of([(-7, -7, 54, 44)]) - Area.of([(-2, -2, 44, 34)]),
        "shape": Area(),
        "map": Area.of([(-2, -2, 44, 34)]),
    }[change]
    whole = Area.of([(-border, -border, width + 2 * border, height + 2 * border)])
    assert painted <= reported <= whole


@composite
def test_covered_redirected_window_is_not_damaged(presenter, barrier):
    """Its pixmap stays as it is, so there is nothing for a compositor to fetch again: stacking,
    covering and uncovering report nothing (CMP-089)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=2, mapped=False, events=0)
    window.redirect()
    window.map()
    barrier()
    damage = watch(window)
    cover = presenter.window(300, 300, events=0)
    window.configure(stack_mode=StackMode.Above)
    window.configure(stack_mode=StackMode.Below)
    cover.destroy()
    barrier()
    assert told(damage) == []


@composite
@pytest.mark.parametrize("border", [0, 2])
def test_moved_redirected_window_is_damaged_at_most_as_a_whole(presenter, border, barrier):
    """Servers may report a moved window anew, in its own coordinates and not beyond; it keeps its
    geometry up to date (CMP-089, CMP-074)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=border, mapped=False, events=0)
    window.redirect()
    window.map()
    barrier()
    damage = watch(window)
    window.move(100, 90)
    barrier()
    whole = Area.of([(-border, -border, 64 + 2 * border, 48 + 2 * border)])
    assert Area.of(told(damage)) <= whole
    fill_with(window, make_gc(window), (1, 2, 3, 4))
    (notice,) = damage.notices()
    assert notice.area == (1, 2, 3, 4)
    assert notice.geometry == (100 + border, 90 + border, 64, 48)


@composite
@pytest.mark.parametrize("level", [DELTA, BOX, ONCE], ids=["delta", "box", "once"])
def test_damage_outlives_the_pixmap_of_its_window(presenter, level):
    """A Damage follows its window through resizing, unmapping and mapping, redirecting and
    unredirecting, reparenting (CMP-090)."""
    window = presenter.window(64, 48, x=37, y=29, mapped=False, events=0)
    parent = presenter.window(200, 200, x=300, y=20, events=0)
    damage, gc = watch(window, level), make_gc(window)
    steps = [
        window.redirect,
        window.map,
        lambda: window.resize(80, 70),
        window.unmap,
        window.map,
        lambda: window.reparent(parent, 9, 8),
        window.unredirect,
        lambda: window.redirect(Redirect.Automatic),
        lambda: window.unredirect(Redirect.Automatic),
        lambda: window.resize(64, 48),
    ]
    for step in steps:
        step()
        presenter.sync()
        damage.forget()
        fill_with(window, gc, (7, 6, 5, 4))
        viewable = step not in (steps[0], steps[3])
        width, height = window.width, window.height
        expected = expected_reports(level, Area(), Area.of([(7, 6, 5, 4)]), (width, height))
        assert told(damage) == (expected if viewable else [])


# Refused requests


def test_refused_damage_has_errors_with_values(presenter):
    """Create: IDChoice for the id, Drawable for what is none, Match for an InputOnly window, Value
    for a level; in this order, and nothing is made (CMP-091)."""
    window = presenter.window(20, 20, events=0)
    unseen = presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY, events=0)
    taken, wrong = presenter.region().id, presenter.new_id()
    create = presenter.extension(xcffib.damage).Create
    for used in (taken, window.id, watch(window).id):
        with presenter.expect_error("IDChoice", used):
            create(used, wrong, 99)
    for other in (wrong, 0, taken):
        with presenter.expect_error("Drawable", other):
            create(presenter.new_id(), other, 99)
    with presenter.expect_error("Match", unseen.id):
        create(presenter.new_id(), unseen.id, 99)
    for level in (4, 255):
        damage = presenter.new_id()
        with presenter.expect_error("Value", level):
            create(damage, window.id, level)
        with presenter.expect_error("DAMAGE:Damage", damage):
            presenter.extension(xcffib.damage).Destroy(damage)


def test_refused_subtract_and_add_have_errors_with_values(presenter):
    """Subtract: Damage, then Region for repair and for parts.  Add: Region, then Drawable, Match
    for an InputOnly window.  What is refused changes nothing (CMP-092)."""
    window = presenter.window(20, 20, events=0)
    unseen = presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY, events=0)
    region, bad, wrong, third = presenter.region((1, 1, 5, 5)).id, *ids(presenter, 3)
    damage = watch(window, DELTA)
    fill_with(window, make_gc(window), (2, 2, 9, 9))
    requests = presenter.extension(xcffib.damage)
    for other in (wrong, 0, region):
        with presenter.expect_error("DAMAGE:Damage", other):
            requests.Subtract(other, bad, third)
        with presenter.expect_error("DAMAGE:Damage", other):
            requests.Destroy(other)
    with presenter.expect_error("XFIXES:Region", bad):
        requests.Subtract(damage.id, bad, third)
    for repair in (region, 0):
        with presenter.expect_error("XFIXES:Region", third):
            requests.Subtract(damage.id, repair, third)
    for other in (bad, 0):
        with presenter.expect_error("XFIXES:Region", other):
            requests.Add(wrong, other)
    for other in (wrong, 0):
        with presenter.expect_error("Drawable", other):
            requests.Add(other, region)
    with presenter.expect_error("Match", unseen.id):
        requests.Add(unseen.id, region)
    assert told(damage) == [(2, 2, 9, 9)]
    parts = presenter.region()
    damage.subtract(None, parts)
    assert parts.fetch() == [(2, 2, 9, 9)]


def ids(client, count):
    return [client.new_id() for _ in range(count)]


def test_damage_wants_to_be_asked_for_its_version(presenter, connect):
    """A client that has not asked for the version gets Request for everything else; XLibre serves
    it all the same (CMP-093)."""
    newcomer = connect("newcomer")
    window = presenter.window(20, 20, events=0)
    presenter.sync()
    damage = newcomer.new_id()
    with newcomer.catch_errors() as caught:
        newcomer.send_raw("DAMAGE", 1, struct.pack("=4x2IB3x", damage, window.id, DELTA))
        newcomer.send_raw("DAMAGE", 3, struct.pack("=4x3I", damage, 0, 0))
        newcomer.send_raw("DAMAGE", 2, struct.pack("=4xI", damage))
    assert [error.name for error in caught] in (["Request"] * 3, [])


def test_requests_of_damage_have_one_length(presenter):
    """A word more or less gives Length (CMP-093)."""
    presenter.extension(xcffib.damage)
    for opcode, words in {1: 3, 2: 1, 3: 3, 4: 2}.items():
        for count in (words - 1, words + 1):
            with presenter.expect_error("Length"):
                presenter.send_raw("DAMAGE", opcode, struct.pack(f"=4x{count}I", *[1] * count))


@pytest.mark.parametrize(
    ("asked", "answered"), [((1, 0), (1, 0)), ((1, 1), (1, 1)), ((1, 9), (1, 1)), ((2, 0), (1, 1))]
)
def test_version_of_damage_is_the_lower_one(presenter, asked, answered):
    """QueryVersion answers with what was asked, and at most 1.1 (CMP-093)."""
    reply = presenter.extension(xcffib.damage).QueryVersion(*asked).reply()
    assert (reply.major_version, reply.minor_version) == answered


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_damage_speaks_either_byte_order(presenter, connect_wire, order):
    """Drawable, Damage, area and geometry are told in the client's order, and its requests
    understood (CMP-123)."""
    window = presenter.window(280, 270, x=300, y=20, events=0)
    presenter.sync()
    wire = connect_wire(order)
    major, fixes = wire.major("DAMAGE"), wire.major("XFIXES")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    wire.reply(wire.request(fixes, 0, wire.pack("II", 5, 0)))
    damage, repair, parts = (wire.new_id() for _ in range(3))
    wire.request(major, 1, wire.pack("IIB3x", damage, window.id, DELTA))
    wire.request(major, 3, wire.pack("III", damage, 0, 0))
    wire.sync()
    wire.events.clear()
    fill_with(window, make_gc(window), (258, 3, 9, 260))
    presenter.sync()
    wire.request(fixes, 5, wire.pack("I4h", repair, 0, 0, 280, 258))
    wire.request(fixes, 5, wire.pack("I", parts))
    wire.request(major, 3, wire.pack("III", damage, repair, parts))
    reply = wire.reply(wire.request(fixes, 19, wire.pack("I", parts)))
    assert wire.unpack("hhHH", reply, 8) == (258, 3, 9, 255)
    assert not wire.errors
    heard = [
        (*wire.unpack("II", event, 4), wire.unpack("hhHH", event, 16))
        for event in wire.events
        if wire.unpack("hhHH", event, 24) == (300, 20, 280, 270)
    ]
    areas = [(258, 3, 9, 260), (258, 258, 9, 5)]
    assert heard == [(window.id, damage, area) for area in areas]


@pytest.mark.xserver(swapped=True)
@pytest.mark.known_bug(
    reference="SProcDamageAdd wants the length of a Subtract request",
    fixed="21.1.99",
    effect="AssertionError",
)
def test_damage_is_added_in_the_other_byte_order(presenter, connect_wire):
    """Add understands a client whose byte order is not the server's (CMP-123)."""
    window = presenter.window(280, 270, events=0)
    damage = watch(window)
    wire = connect_wire(">" if sys.byteorder == "little" else "<")
    major, fixes = wire.major("DAMAGE"), wire.major("XFIXES")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    wire.reply(wire.request(fixes, 0, wire.pack("II", 5, 0)))
    region = wire.new_id()
    wire.request(fixes, 5, wire.pack("I4h", region, 1, 258, 9, 3))
    added = wire.request(major, 4, wire.pack("II", window.id, region))
    assert wire.error_of(added) is None
    assert told(damage) == [(1, 258, 9, 3)]


# Long sequences


box = st.tuples(st.integers(-9, 66), st.integers(-9, 50), st.integers(1, 40), st.integers(1, 30))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), box),
        st.tuples(st.just("fill"), box),
        st.tuples(st.just("add"), st.lists(box, max_size=3)),
        st.tuples(st.just("repair"), st.lists(box, max_size=3)),
        st.tuples(st.just("repair all"), st.none()),
    ),
    min_size=4,
    max_size=12,
)
bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
)


@levels
@kinds
def test_any_sequence_of_drawing_and_repairing_is_reported(presenter, level, kind, barrier):
    """Fills, added regions and repairs in any order: each is reported as the region of what is
    damaged and not repaired says, and the parts are what was damaged (CMP-068, CMP-069, CMP-070,
    CMP-071, CMP-075, CMP-076, CMP-078)."""
    drawable = make_drawn(presenter, kind, barrier)
    damage, gc = watch(drawable, level), make_gc(drawable)
    region, parts = presenter.region(), presenter.region()
    whole = Area.of([(0, 0, 64, 48)])

    @bounded
    @given(steps)
    def check_sequence(sequence):
        damage.forget()
        damaged = Area()
        for step, argument in sequence:
            if step == "fill":
                fill_with(drawable, gc, argument)
                news = Area.of([argument]) & whole
                expected = expected_reports(level, damaged, news, (64, 48))
                damaged |= news
            elif step == "add":
                news = Area.of(argument) & whole
                region.set(list(news.rectangles))
                damage.add(region)
                expected = expected_reports(level, damaged, news, (64, 48))
                damaged |= news
            else:
                repair = whole if argument is None else Area.of(argument)
                region.set(list(repair.rectangles))
                damage.subtract(None if argument is None else region, parts)
                rest = damaged - repair
                expected = [] if level == RAW else expected_reports(level, Area(), rest, (64, 48))
                if level != RAW:
                    assert tuple(parts.fetch()) == (damaged & repair).rectangles
                damaged = rest
            assert told(damage) == expected

    check_sequence()


window_steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(
            st.tuples(st.just("move"), st.integers(-20, 90), st.integers(-20, 70)),
            st.tuples(st.just("resize"), st.integers(1, 60), st.integers(1, 50)),
            st.tuples(st.just("fill"), st.integers(0, 0xFFFFFF), st.integers(0, 20)),
            st.tuples(st.just("stack"), st.integers(0, 1)),
            st.tuples(st.just("border"), st.integers(0, 6)),
            st.tuples(st.just("map")),
            st.tuples(st.just("unmap")),
            st.tuples(st.just("shape"), st.lists(box, min_size=1, max_size=3)),
        ),
    ),
    min_size=4,
    max_size=12,
)


def take_step(window, gc, name, *values):
    client = window.client
    if name == "move":
        window.move(*values)
    elif name == "resize":
        window.resize(*values)
    elif name == "fill":
        client.core.ChangeGC(gc, GC.Foreground, [values[0]])
        fill_with(window, gc, (values[1], 2, 30, 20))
    elif name == "stack":
        window.configure(stack_mode=values[0])
    elif name == "border":
        window.configure(border_width=values[0])
    elif name == "shape":
        window.shape(values[0])
    elif name == "map":
        window.map()
    else:
        window.unmap()


@pytest.mark.parametrize("update", [None, Redirect.Automatic], ids=["plain", "automatic"])
@pytest.mark.needs("Composite", "SHAPE")
def test_no_change_of_a_picture_goes_unreported(presenter, update, barrier):
    """Whatever happens to windows, drawn and moved, resized, stacked, mapped and shaped, each
    pixel that changes on their parent is reported to who watches it (CMP-087)."""

    @settings(bounded, max_examples=15)
    @given(window_steps)
    def check_steps(sequence):
        parent = presenter.window(120, 90, x=20, y=30, background="grey", events=0)
        windows = [
            presenter.window(
                40, 30, x=10 + 20 * n, y=8 + 9 * n, parent=parent, background=colour, events=0
            )
            for n, colour in enumerate(("blue", "green", "yellow"))
        ]
        if update is not None:
            parent.redirect_subwindows(update)
        gcs = [make_gc(window) for window in windows]
        before = capture(parent).pixels
        damage = watch(parent)
        for which, step in sequence:
            take_step(windows[which], gcs[which], *step)
            if update is None:
                presenter.sync()
            else:
                barrier()
            after = capture(parent).pixels
            assert Area.differing(before, after) <= Area.of(told(damage))
            before = after
        parent.destroy()

    check_steps()
