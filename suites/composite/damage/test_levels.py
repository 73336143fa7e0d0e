# SPDX-License-Identifier: MIT
"""What each level of damage reports, and when."""

import pytest
from xcffib.xproto import (
    ClipOrdering,
    EventMask,
)

from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.models.damage_reports import damage_reports
from harness.pixels.region import PixelRegion
from harness.x11.core_events import PropertyNotify
from suites.composite.damage.variants import COMPOSITE, DELTA, FILLS, LEVELS, ONCE, RAW, UPDATES

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


@LEVELS
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


@LEVELS
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


@LEVELS
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


@LEVELS
def test_pixmaps_and_unmapped_windows_begin_without_damage(presenter, level):
    """Nothing is reported of a new Damage on a pixmap or a window that cannot be seen
    (CMP-073)."""
    pixmap = presenter.pixmap(20, 20)
    window = presenter.window(20, 20, mapped=False, events=0)
    assert Damage.create(pixmap, level).areas() == []
    assert Damage.create(window, level).areas() == []


@COMPOSITE
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


@LEVELS
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
