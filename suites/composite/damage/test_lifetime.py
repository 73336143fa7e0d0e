# SPDX-License-Identifier: MIT
"""Several damages of a drawable, and how they end."""

import pytest
from xcffib.xproto import CW

from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.models.damage_reports import damage_reports
from harness.pixels.region import PixelRegion
from suites.composite.damage.variants import FILLS, KINDS, LEVELS
from suites.composite.scenes import leave

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


@LEVELS
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
