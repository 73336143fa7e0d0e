# SPDX-License-Identifier: MIT
"""Damage that is taken off and added by requests."""

import pytest

from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.models.damage_reports import damage_reports
from harness.pixels.region import PixelRegion
from suites.composite.damage.variants import KINDS, LEVELS, RAW

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


REPAIRS = (
    None,
    [],
    [(0, 0, 64, 48)],
    [(12, 9, 10, 10)],
    [(0, 0, 30, 48), (30, 20, 9, 9)],
    [(50, 40, 10, 5)],
    [(-20, -20, 40, 40)],
)


@LEVELS
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


@LEVELS
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
