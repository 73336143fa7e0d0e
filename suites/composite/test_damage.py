# SPDX-License-Identifier: MIT
"""What a Damage reports, level by level, what is subtracted and added, and what is refused."""

import struct

import pytest
import xcffib.damage
import xcffib.render
import xcffib.shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xcffib.composite import Redirect
from xcffib.xproto import (
    CW,
    GC,
    ClipOrdering,
    EventMask,
)

from harness.capture.get_image import capture
from harness.clients.resources.damage import MORE, Damage, DamageLevel
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.picture import Picture
from harness.clients.resources.window import WindowClass
from harness.models.damage_reports import damage_reports
from harness.pixels.region import PixelRegion
from harness.x11.core_events import PropertyNotify
from suites.composite.scenes import leave
from suites.cursors import set_cursor, sprite, warp
from suites.foreigner import check_cut_short
from suites.marks import AFTER_21, BYTE_ORDERS, FOREIGN, MEDIUM

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]

RAW, DELTA, BOX, ONCE = DamageLevel
UPDATES = (Redirect.Automatic, Redirect.Manual)
levels = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())

composite = pytest.mark.needs("Composite")
KINDS = pytest.mark.parametrize(
    "kind", ["window", "pixmap", pytest.param("manual", marks=composite)]
)


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
    damage, gc = Damage.watch(drawn, level), create_gc(drawn)
    region = PixelRegion()
    for n, box in enumerate(FILLS):
        fill_rectangles(drawn, gc, box)
        seen = PixelRegion.of([box]) & PixelRegion.of([(0, 0, 64, 48)])
        notices = damage.take()
        expected = damage_reports(level, region, seen, (64, 48))
        assert [notice.area for notice in notices] == expected
        assert [notice.more for notice in notices] == [True] * (len(expected) - 1) + [False] * bool(
            expected
        )
        region |= seen
        if cleared and n % 2:
            damage.subtract()
            region = PixelRegion()


@levels
def test_drawing_outside_is_not_reported(drawn, level):
    """Nothing is said of what draws no pixel: beside the drawable, nothing, in an empty clip
    (CMP-072)."""
    damage, gc = Damage.watch(drawn, level), create_gc(drawn)
    for box in [(64, 0, 9, 9), (-9, 0, 9, 9), (0, 48, 9, 9), (0, -9, 9, 9)]:
        fill_rectangles(drawn, gc, box)
    fill_rectangles(drawn, gc, (5, 5, 0, 9))
    fill_rectangles(drawn, gc, (5, 5, 9, 0))
    fill_rectangles(drawn, gc)
    drawn.client.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, 0, [])
    fill_rectangles(drawn, gc, (0, 0, 64, 48))
    assert damage.areas() == []


@levels
@pytest.mark.parametrize("border", [0, 4])
def test_visible_window_is_damaged_from_the_start(presenter, level, border):
    """A new Damage on a window reports what can be seen of it, with its border, as already
    damaged; Subtract yields the same (CMP-073)."""
    parent = presenter.window(200, 120, x=20, y=20, events=0)
    window = presenter.window(60, 40, x=30, y=20, parent=parent, border_width=border, events=0)
    presenter.window(30, 200, x=45, y=-50, parent=parent, events=0)
    damage = Damage.create(window, level)
    whole = PixelRegion.of([(-border, -border, 60 + 2 * border, 40 + 2 * border)])
    visible = whole - PixelRegion.of([(15 - border, -200, 30, 400)])
    assert len(visible.rectangles) == 2
    expected = damage_reports(level, PixelRegion(), visible, (60, 40))
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
    assert Damage.create(pixmap, level).areas() == []
    assert Damage.create(window, level).areas() == []


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
    assert Damage.create(window, DELTA).areas() == [whole]


@levels
def test_report_says_whose_it_is(presenter, level):
    """The level, the Damage, the drawable by the id that was watched, and its geometry on the
    screen: the inside of a window, wherever it is nested; a pixmap at 0, 0 (CMP-074)."""
    outer = presenter.window(200, 120, x=20, y=30, border_width=5, events=0)
    window = presenter.window(60, 40, x=11, y=13, parent=outer, border_width=2, events=0)
    pixmap = presenter.pixmap(33, 22)
    places = {outer: (25, 35, 200, 120), window: (38, 50, 60, 40), pixmap: (0, 0, 33, 22)}
    for drawable, geometry in places.items():
        damage = Damage.watch(drawable, level)
        fill_rectangles(drawable, create_gc(drawable), (1, 2, 3, 4))
        (notice,) = damage.notices()
        assert notice.level == level
        assert notice.damage == damage.id
        assert notice.drawable == drawable.id
        assert notice.geometry == geometry
        assert notice.area == ((0, 0, *geometry[2:]) if level == ONCE else (1, 2, 3, 4))
        damage.destroy()
    outer.move(-50, 7)
    window.configure(width=50, border_width=9)
    damage = Damage.watch(window, level)
    # Left of that is beyond the screen.
    fill_rectangles(window, create_gc(window), (30, 2, 3, 4))
    (notice,) = damage.notices()
    assert notice.geometry == (-50 + 5 + 11 + 9, 7 + 5 + 13 + 9, 50, 40)


def test_report_has_the_time_of_the_server(presenter):
    """It lies between the times of events before and after it (CMP-074)."""
    pixmap = presenter.pixmap(20, 20)
    damage = Damage.watch(pixmap)
    window = presenter.window(8, 8, events=0)
    window.select_core(EventMask.PropertyChange)
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"a")
    fill_rectangles(pixmap, create_gc(pixmap), (0, 0, 5, 5))
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"b")
    (notice,) = damage.notices()
    events = [event.core for event in presenter.events]
    before, after = [event.time for event in events if isinstance(event, PropertyNotify)]
    assert (notice.time - before) % (1 << 32) <= (after - before) % (1 << 32)


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
@KINDS
@pytest.mark.parametrize("parts", ["none", "own", "same"])
def test_subtract_takes_off_and_reports_the_rest(presenter, kind, level, parts, make_drawn):
    """The repair comes off the damage, the parts become what of it was damaged, and what remains
    is reported again.  None repairs everything without a report.  A raw Damage keeps nothing:
    no parts, no report (CMP-075, CMP-076, CMP-077)."""
    drawable = make_drawn(kind)
    damage, gc, left = Damage.watch(drawable, level), create_gc(drawable), presenter.region()
    drawing = [(10, 8, 12, 10), (14, 10, 20, 20), (50, 0, 6, 48)]
    damaged = PixelRegion.of(drawing)
    for repair in REPAIRS:
        for rectangle in drawing:
            fill_rectangles(drawable, gc, rectangle)
        damage.take()
        before = [(1, 1, 2, 2)]
        first = None if repair is None else presenter.region(*repair)
        second = {"none": None, "own": presenter.region(*before), "same": first}[parts]
        damage.subtract(first, second)
        if level == RAW:
            assert damage.areas() == []
            assert parts != "own" or second.fetch() == before
            continue
        rest = PixelRegion() if repair is None else damaged - PixelRegion.of(repair)
        assert damage.areas() == damage_reports(level, PixelRegion(), rest, (64, 48))
        if second is not None:
            taken = damaged - rest
            assert tuple(second.fetch()) == taken.rectangles
        if first is not None and second is not first:
            assert tuple(first.fetch()) == PixelRegion.of(repair).rectangles
        damage.subtract(None, left)
        assert damage.areas() == []
        assert tuple(left.fetch()) == rest.rectangles


@levels
@KINDS
def test_added_region_is_damage_for_everybody(presenter, connect, kind, level, make_drawn):
    """Add reports a region in the drawable's coordinates to all who watch it, although nothing is
    drawn, rectangle by rectangle; the region stays (CMP-078)."""
    drawable = make_drawn(kind)
    damage = Damage.watch(drawable, level)
    other = connect("watcher")
    theirs = Damage.watch(other.borrow_pixmap(drawable), level)
    boxes = [(4, 5, 9, 8), (30, 20, 12, 12), (30, 40, 3, 3)]
    added = PixelRegion.of(boxes)
    region = presenter.region(*boxes)
    damage.add(region)
    expected = damage_reports(level, PixelRegion(), added, (64, 48))
    assert damage.areas() == expected
    assert theirs.areas() == expected
    assert tuple(region.fetch()) == added.rectangles
    damage.add(presenter.region())
    assert damage.areas() == []


def test_damage_is_added_to_the_parent_as_well(presenter):
    """Whoever watches the parent learns of what was added to the child, in its own coordinates
    and cut at the child's (CMP-078, CMP-079)."""
    parent = presenter.window(200, 120, x=20, y=30, events=0)
    child = presenter.window(60, 40, x=11, y=13, parent=parent, border_width=2, events=0)
    damage, own = Damage.watch(parent), Damage.watch(child)
    own.add(presenter.region((5, 6, 7, 8)))
    assert own.areas() == [(5, 6, 7, 8)]
    assert damage.areas() == [(18, 21, 7, 8)]


def test_damage_is_added_where_a_window_is_covered(presenter):
    """A region that is added is damage as a whole, whatever lies over the window (CMP-078)."""
    window = presenter.window(64, 48, x=37, y=29, events=0)
    presenter.window(30, 100, x=50, y=10, events=0)
    damage, other = Damage.watch(window), Damage.watch(window)
    added = (5, 6, 40, 30)
    damage.add(presenter.region(added))
    assert damage.areas() == [added]
    assert other.areas() == [added]


def test_damage_is_added_over_children_too(presenter):
    """A region that is added to a window goes over its children: the window is told of all of it,
    each child of its part (CMP-078, CMP-126)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(30, 20, x=11, y=13, parent=parent, border_width=2, events=0)
    damage, own = Damage.watch(parent), Damage.watch(child)
    damage.add(presenter.region((5, 6, 60, 50)))
    assert damage.areas() == [(5, 6, 60, 50)]
    assert own.areas() == [(-2, -2, 34, 24)]


@levels
@KINDS
def test_each_damage_of_a_drawable_counts_for_itself(presenter, connect, kind, level, make_drawn):
    """Several clients and several Damages of one client watch the same drawable with levels and
    regions of their own; what one subtracts is the others' still (CMP-080)."""
    drawable = make_drawn(kind)
    other = connect("watcher")
    presenter.sync()
    owners = [drawable, other.borrow_pixmap(drawable)]
    damages = [Damage.watch(owner, each) for owner in owners for each in DamageLevel]
    subtracting = Damage.watch(drawable, level)
    gc = create_gc(drawable)
    before = PixelRegion()
    for box in FILLS:
        fill_rectangles(drawable, gc, box)
        presenter.sync()
        seen = PixelRegion.of([box]) & PixelRegion.of([(0, 0, 64, 48)])
        for damage, each in zip(damages, [*DamageLevel] * 2, strict=True):
            assert damage.areas() == damage_reports(each, before, seen, (64, 48))
        assert subtracting.areas() == damage_reports(level, PixelRegion(), seen, (64, 48))
        subtracting.subtract()
        before |= seen


def test_destroyed_damage_tells_nothing(drawn):
    """It is silent afterwards and its id unknown; another of the same drawable goes on
    (CMP-081)."""
    damage, other, gc = Damage.watch(drawn), Damage.watch(drawn), create_gc(drawn)
    damage.destroy()
    fill_rectangles(drawn, gc, (1, 2, 3, 4))
    assert damage.areas() == []
    assert other.areas() == [(1, 2, 3, 4)]
    with drawn.client.expect_error("DAMAGE:Damage", damage.id):
        damage.subtract()
    with drawn.client.expect_error("DAMAGE:Damage", damage.id):
        damage.destroy()
    other.destroy()
    fill_rectangles(drawn, gc, (1, 2, 3, 4))
    assert other.areas() == []


@KINDS
def test_damage_goes_with_its_drawable(presenter, kind, make_drawn):
    """When the drawable is destroyed its Damages are, too: their ids are unknown (CMP-081)."""
    drawable = make_drawn(kind)
    damages = [Damage.watch(drawable, level) for level in DamageLevel]
    drawable.free() if kind == "pixmap" else drawable.destroy()
    for damage in damages:
        with presenter.expect_error("DAMAGE:Damage", damage.id):
            damage.subtract()
    again = make_drawn(kind)
    fresh = Damage.watch(again)
    fill_rectangles(again, create_gc(again), (1, 2, 3, 4))
    assert fresh.areas() == [(1, 2, 3, 4)]


def test_damage_stays_while_its_pixmap_has_a_name(presenter):
    """Who else used the pixmap, and uses it no more, ends no Damage (CMP-081)."""
    pixmap, other = presenter.pixmap(20, 20, colour="blue"), presenter.pixmap(20, 20, colour="red")
    window = presenter.window(30, 30, events=0)
    damage = Damage.watch(pixmap)
    for back in (pixmap, other):
        presenter.core.ChangeWindowAttributes(window.id, CW.BackPixmap, [back.id])
        fill_rectangles(pixmap, create_gc(pixmap), (1, 2, 3, 4))
        assert damage.areas() == [(1, 2, 3, 4)]
    window.destroy()
    fill_rectangles(pixmap, create_gc(pixmap), (5, 2, 3, 4))
    assert damage.areas() == [(5, 2, 3, 4)]
    damage.destroy()


@KINDS
def test_damage_goes_with_its_client(presenter, connect, kind, make_drawn):
    """A watcher that leaves takes its Damages along, and nobody else's (CMP-081)."""
    drawable = make_drawn(kind)
    other = connect("leaving watcher")
    presenter.sync()
    theirs = [Damage.watch(other.borrow_pixmap(drawable), level) for level in DamageLevel]
    own, gc = Damage.watch(drawable), create_gc(drawable)
    leave(other)
    fill_rectangles(drawable, gc, (1, 2, 3, 4))
    assert own.areas() == [(1, 2, 3, 4)]
    for damage in theirs:
        with presenter.expect_error("DAMAGE:Damage", damage.id):
            Damage(presenter, damage.id, drawable.id).destroy()
    fill_rectangles(drawable, gc, (2, 2, 3, 4))
    assert own.areas() == [(2, 2, 3, 4)]


@pytest.mark.needs("RENDER")
def test_the_sprite_is_no_damage_and_hides_none(presenter, make_drawn):
    """The pointer that moves over a window draws nothing of it; what clients draw under and beside
    it, then and afterwards, is reported (CMP-068, CMP-072)."""
    window = make_drawn("window")
    place = presenter.core.TranslateCoordinates(window.id, presenter.root, 0, 0).reply()
    set_cursor(presenter, sprite(), 2, 3)
    damage, gc = Damage.watch(window), create_gc(window)
    damage.forget()
    for x, y in [(5, 5), (30, 20), (60, 44), (-40, -30)]:
        warp(presenter, max(0, place.dst_x + x), max(0, place.dst_y + y))
        assert damage.areas() == []
        fill_rectangles(window, gc, (4, 6, 20, 10))
        assert damage.areas() == [(4, 6, 20, 10)]
        damage.forget()


@pytest.mark.needs("RENDER")
def test_what_is_drawn_under_the_sprite_is_drawn(presenter, make_drawn):
    """It is there when the window is read, also where the pointer was over it all the time
    (CMP-172)."""
    window = make_drawn("window")
    place = presenter.core.TranslateCoordinates(window.id, presenter.root, 0, 0).reply()
    set_cursor(presenter, sprite(), 2, 3)
    for x, y, colour in [(5, 5, "green"), (30, 20, "yellow"), (60, 44, "red")]:
        warp(presenter, place.dst_x + x, place.dst_y + y)
        presenter.sync()
        window.fill(colour)
        assert (capture(window).pixels == window.value(colour)).all()
        window.fill("blue", 2, 2, 60, 44)
        assert (capture(window).pixels[2:46, 2:62] == window.value("blue")).all()


def test_drawing_of_others_is_reported(presenter, connect, make_drawn):
    """A compositor draws nothing itself; what any client draws is reported (CMP-068)."""
    window = make_drawn("window")
    painter = connect("painter")
    damage = Damage.watch(window)
    theirs = painter.borrow_pixmap(window)
    fill_rectangles(theirs, create_gc(theirs), (9, 8, 7, 6))
    painter.sync()
    assert damage.areas() == [(9, 8, 7, 6)]


@KINDS
@pytest.mark.parametrize("picture", [False, True], ids=["gc", "picture"])
@pytest.mark.needs("RENDER")
def test_damage_sees_who_drew_before_it_was_made(presenter, kind, picture, make_drawn):
    """A graphics context, or a picture, that has drawn to the drawable before there was a Damage
    is watched from then on; also when one Damage goes and the next comes (CMP-082)."""
    drawable = make_drawn(kind)
    if picture:
        target = Picture.of(drawable)

        def draw(*box):
            target.fill("red", *box)
    else:
        gc = create_gc(drawable)

        def draw(*box):
            fill_rectangles(drawable, gc, box)

    for n in range(3):
        draw(1, 1, 9, 9)
        presenter.sync()
        damage = Damage.watch(drawable)
        draw(n, 2, 3, 4)
        assert damage.areas() == [(n, 2, 3, 4)]
        damage.destroy()
        draw(5, 5, 5, 5)
        assert damage.areas() == []


@pytest.mark.parametrize("depth", [1, 3])
def test_damage_of_a_parent_sees_who_drew_to_the_child_before(presenter, depth):
    """A graphics context used on a child is watched by a Damage that is then made on the parent,
    however far up (CMP-082, CMP-079)."""
    outer = presenter.window(200, 150, x=20, y=30, events=0)
    child = outer
    for _ in range(depth):
        child = presenter.window(150, 120, x=5, y=4, parent=child, border_width=1, events=0)
    gc = create_gc(child)
    fill_rectangles(child, gc, (0, 0, 30, 30))
    presenter.sync()
    damage = Damage.watch(outer)
    fill_rectangles(child, gc, (1, 2, 3, 4))
    assert damage.areas() == [(6 * depth + 1, 5 * depth + 2, 3, 4)]


@composite
@pytest.mark.parametrize("update", UPDATES, ids=["automatic", "manual"])
def test_damage_sees_who_drew_before_the_redirection(presenter, update):
    """A window that is redirected, watched and unredirected keeps reporting what the same
    graphics context draws (CMP-082, CMP-065)."""
    window = presenter.window(64, 48, x=37, y=29, events=0)
    gc = create_gc(window)
    fill_rectangles(window, gc, (0, 0, 30, 30))
    damage = Damage.watch(window)
    for change in (window.redirect, window.unredirect):
        change(update)
        presenter.sync()
        damage.forget()
        fill_rectangles(window, gc, (1, 2, 3, 4))
        assert damage.areas() == [(1, 2, 3, 4)]


def test_refused_damage_has_errors_with_values(presenter):
    """Create: IDChoice for the id, Drawable for what is none, Match for an InputOnly window, Value
    for a level; in this order, and nothing is made (CMP-091)."""
    window = presenter.window(20, 20, events=0)
    unseen = presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY, events=0)
    taken, wrong = presenter.region().id, presenter.new_id()
    create = presenter.extension(xcffib.damage).Create
    for used in (taken, window.id, Damage.watch(window).id):
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
    damage = Damage.watch(window, DELTA)
    fill_rectangles(window, create_gc(window), (2, 2, 9, 9))
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
    assert damage.areas() == [(2, 2, 9, 9)]
    parts = presenter.region()
    damage.subtract(None, parts)
    assert parts.fetch() == [(2, 2, 9, 9)]


def ids(client, count):
    return [client.new_id() for _ in range(count)]


@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_damage_wants_to_be_asked_for_its_version(presenter, connect_wire, order):
    """A client that has not asked for the version gets Request for everything else, and nothing
    is done; XLibre serves it all the same (CMP-093)."""
    wire = connect_wire(order)
    major = wire.major("DAMAGE")
    window = presenter.window(20, 20, events=0)
    watched = Damage.watch(window)
    damage = wire.new_id()
    error = wire.error_of(wire.request(major, 1, wire.pack("IIB3x", damage, window.id, DELTA)))
    mine = Damage(presenter, damage, window.id)
    if error is None:
        mine.destroy()
    else:
        assert error.name == "Request"
        with presenter.expect_error("DAMAGE:Damage", damage):
            mine.destroy()
    again = wire.error_of(wire.request(major, 2, wire.pack("I", watched.id)))
    assert (again is None) == (error is None)
    if error is not None:
        assert again.name == "Request"
        watched.destroy()
    presenter.sync()


def test_requests_of_damage_have_one_length(presenter):
    """A word more or less gives Length (CMP-093)."""
    presenter.extension(xcffib.damage)
    for opcode, words in {1: 3, 2: 1, 3: 3, 4: 2}.items():
        for count in (words - 1, words + 1):
            with presenter.expect_error("Length"):
                presenter.send_raw("DAMAGE", opcode, struct.pack(f"=4x{count}I", *[1] * count))


@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_unknown_requests_of_damage_are_refused(connect_wire, order):
    """Whatever follows the last one gives Request with its number (CMP-093)."""
    wire = connect_wire(order)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    for minor in (5, 6, 7, 127, 128, 255):
        error = wire.error_of(wire.request(major, minor, wire.pack("II", 1, 1)))
        assert (error.name, error.major, error.minor) == ("Request", major, minor)


@pytest.mark.parametrize(
    ("asked", "answered"), [((1, 0), (1, 0)), ((1, 1), (1, 1)), ((1, 9), (1, 1)), ((2, 0), (1, 1))]
)
def test_version_of_damage_is_the_lower_one(presenter, asked, answered):
    """QueryVersion answers with what was asked, and at most 1.1 (CMP-093)."""
    reply = presenter.extension(xcffib.damage).QueryVersion(*asked).reply()
    assert (reply.major_version, reply.minor_version) == answered


@MEDIUM
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_damage_speaks_either_byte_order(presenter, connect_wire, order):
    """Drawable, Damage, area and geometry are told in the client's order, and its requests
    understood (CMP-124)."""
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
    fill_rectangles(window, create_gc(window), (258, 3, 9, 260))
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
    fixed=AFTER_21,
    evidence="failed: AssertionError RawError(name='Length'",
    strict=True,
)
def test_damage_is_added_in_the_other_byte_order(presenter, connect_wire):
    """Add understands a client whose byte order is not the server's (CMP-124)."""
    window = presenter.window(280, 270, events=0)
    damage = Damage.watch(window)
    wire = connect_wire(FOREIGN)
    major, fixes = wire.major("DAMAGE"), wire.major("XFIXES")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    wire.reply(wire.request(fixes, 0, wire.pack("II", 5, 0)))
    region = wire.new_id()
    wire.request(fixes, 5, wire.pack("I4h", region, 1, 258, 9, 3))
    added = wire.request(major, 4, wire.pack("II", window.id, region))
    assert wire.error_of(added) is None
    assert damage.areas() == [(1, 258, 9, 3)]


UNCOPIED = pytest.mark.known_bug(
    reference="SDamageNotifyEvent leaves out the level and the time",
    evidence="failed: AssertionError",
    strict=False,
)


@pytest.fixture
def watching(presenter, connect_wire):
    """Watches a drawable for a client of the other byte order; returns its events afterwards."""
    wire = connect_wire(FOREIGN)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))

    def watch(drawable, level):
        damage = wire.new_id()
        presenter.sync()
        wire.request(major, 1, wire.pack("IIB3x", damage, drawable.id, level))
        wire.sync()
        wire.events.clear()

        def events():
            presenter.sync()
            wire.sync()
            return [event for event in wire.events if wire.unpack("I", event, 8) == (damage,)]

        return events

    return watch


@levels
@pytest.mark.xserver(swapped=True)
@UNCOPIED
def test_the_level_is_told_in_the_other_byte_order(presenter, watching, level):
    """With the bit of more to come (CMP-130)."""
    pixmap = presenter.pixmap(64, 48)
    events = watching(pixmap, level)
    region = presenter.region((1, 2, 3, 4), (20, 30, 5, 6))
    presenter.extension(xcffib.damage).Add(pixmap.id, region.id)
    parts = 2 if level in (RAW, DELTA) else 1
    expected = [level | MORE] * (parts - 1) + [level]
    assert [event[1] for event in events()] == expected


@pytest.mark.xserver(swapped=True)
@UNCOPIED
def test_the_time_of_damage_is_told_in_the_other_byte_order(presenter, watching):
    """It lies between the times of events before and after it (CMP-130)."""
    pixmap = presenter.pixmap(64, 48)
    events = watching(pixmap, DELTA)
    window = presenter.window(8, 8, events=0)
    window.select_core(EventMask.PropertyChange)
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"a")
    fill_rectangles(pixmap, create_gc(pixmap), (0, 0, 5, 5))
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"b")
    (event,) = events()
    told = int.from_bytes(event[12:16], "little" if FOREIGN == "<" else "big")
    seen = [event.core for event in presenter.events]
    before, after = [event.time for event in seen if isinstance(event, PropertyNotify)]
    assert (told - before) % (1 << 32) <= (after - before) % (1 << 32)


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
@pytest.mark.parametrize("words", [2, 4, 5])
def test_damage_is_not_added_by_a_request_of_another_length(presenter, connect_wire, order, words):
    """Length, and nothing is reported (CMP-081, CMP-124)."""
    window = presenter.window(280, 270, events=0)
    damage = Damage.watch(window)
    presenter.sync()
    wire = connect_wire(order)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    body = wire.pack("IIII", window.id, 0, 0, 0)[: 4 * (words - 1)]
    assert wire.error_of(wire.request(major, 4, body)).name == "Length"
    assert damage.areas() == []


@pytest.mark.xserver(swapped=True)
def test_damage_ends_in_the_other_byte_order(presenter, connect_wire):
    """Destroy ends the Damage that it names; what is none is named as the client did (CMP-124,
    CMP-081)."""
    damage = Damage.watch(presenter.window(64, 48, events=0))
    presenter.sync()
    wire = connect_wire(FOREIGN)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    assert wire.error_of(wire.request(major, 2, wire.pack("I", damage.id))) is None
    with presenter.expect_error("DAMAGE:Damage", damage.id):
        damage.subtract()
    error = wire.error_of(wire.request(major, 2, wire.pack("I", damage.id)))
    assert error.value == damage.id


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize(("minor", "words"), [*enumerate((3, 4, 2, 4, 3))])
def test_a_request_cut_short_leaves_the_next_as_it_is(connect_wire, minor, words):
    """A word or more too short gives Length, and no byte of the requests behind it is turned
    round with it (CMP-093, CMP-124)."""
    wire = connect_wire(FOREIGN)
    wire.reply(wire.request(wire.major("DAMAGE"), 0, wire.pack("II", 1, 1)))
    check_cut_short(wire, "DAMAGE", minor, words)


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
@KINDS
def test_any_sequence_of_drawing_and_repairing_is_reported(presenter, level, kind, make_drawn):
    """Fills, added regions and repairs in any order: each is reported as the region of what is
    damaged and not repaired says, and the parts are what was damaged (CMP-068, CMP-069, CMP-070,
    CMP-071, CMP-075, CMP-076, CMP-078)."""
    drawable = make_drawn(kind)
    damage, gc = Damage.watch(drawable, level), create_gc(drawable)
    region, parts = presenter.region(), presenter.region()
    whole = PixelRegion.of([(0, 0, 64, 48)])

    @bounded
    @given(steps)
    def check_sequence(sequence):
        damage.forget()
        damaged = PixelRegion()
        for step, argument in sequence:
            if step == "fill":
                fill_rectangles(drawable, gc, argument)
                news = PixelRegion.of([argument]) & whole
                expected = damage_reports(level, damaged, news, (64, 48))
                damaged |= news
            elif step == "add":
                news = PixelRegion.of(argument) & whole
                region.set(list(news.rectangles))
                damage.add(region)
                expected = damage_reports(level, damaged, news, (64, 48))
                damaged |= news
            else:
                repair = whole if argument is None else PixelRegion.of(argument)
                region.set(list(repair.rectangles))
                damage.subtract(None if argument is None else region, parts)
                rest = damaged - repair
                expected = (
                    [] if level == RAW else damage_reports(level, PixelRegion(), rest, (64, 48))
                )
                if level != RAW:
                    assert tuple(parts.fetch()) == (damaged & repair).rectangles
                damaged = rest
            assert damage.areas() == expected

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
        fill_rectangles(window, gc, (values[1], 2, 30, 20))
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
        gcs = [create_gc(window) for window in windows]
        before = capture(parent).pixels
        damage = Damage.watch(parent)
        for which, step in sequence:
            take_step(windows[which], gcs[which], *step)
            if update is None:
                presenter.sync()
            else:
                barrier()
            after = capture(parent).pixels
            assert PixelRegion.differing(before, after) <= PixelRegion.of(damage.areas())
            before = after
        parent.destroy()

    check_steps()


@pytest.mark.parametrize("level", [RAW, DELTA])
@pytest.mark.parametrize("count", [64, 65, 300])
def test_hundreds_of_rectangles_are_told_one_by_one(presenter, level, count):
    """With the bit of more to come, up to the last (CMP-130)."""
    pixmap = presenter.pixmap(80, 60)
    damage = Damage.watch(pixmap, level)
    places = [(x, y, 1, 1) for y in range(0, 60, 2) for x in range(0, 80, 2)][:count]
    damage.add(presenter.region(*places))
    notices = damage.take()
    assert [notice.more for notice in notices] == [True] * (count - 1) + [False]
    assert [notice.area for notice in notices] == places


@pytest.mark.parametrize(("width", "height"), [(100, 101), (257, 90), (400, 300)])
def test_all_of_a_large_pixmap_is_damaged(presenter, width, height):
    """To its last column and row (CMP-083)."""
    pixmap = presenter.pixmap(width, height)
    damage = Damage.watch(pixmap)
    pixmap.fill("red", 0, 0, width + 5, height + 5)
    assert damage.areas() == [(0, 0, width, height)]
