# SPDX-License-Identifier: MIT
"""Damage by other clients, by those who drew before it was made, and by the sprite."""

import pytest

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.picture import Picture
from suites.composite.damage.variants import COMPOSITE, KINDS, UPDATES
from suites.cursors import set_cursor, sprite, warp

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


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
    is watched from then on; also when one Damage goes and the next comes (CMP-082).  How often a
    raw Damage is told of one drawing is the server's choice (damageproto, section 6)."""
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
        assert set(damage.areas()) == {(n, 2, 3, 4)}
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


@COMPOSITE
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
