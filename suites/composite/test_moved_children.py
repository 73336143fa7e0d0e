# SPDX-License-Identifier: MIT
"""Children that move where nothing is painted behind them: screen and damage follow them."""

import pytest
from xcffib.composite import Redirect

from harness.capture.arrival import await_on_screen
from harness.clients.resources.damage import Damage
from harness.pixels.canvas import Canvas
from harness.pixels.region import PixelRegion

pytestmark = pytest.mark.xserver(any_depth=True)

SIDE = 20
PLACES = [(50, 20), (50, 38), (12, 38), (12, 37), (11, 37), (11, 40), (80, 2)]
"""Along either axis too, by a whole window and by a pixel."""


def bare_window(client):
    """A window without a background."""
    return client.window(100, 60, x=30, y=12, events=0, background=None)


@pytest.mark.needs("Composite", uncomposited=True)
@pytest.mark.parametrize("nested", [False, True], ids=["itself", "with-a-child"])
def test_the_screen_shows_a_child_where_it_moved_to(presenter, nested):
    """Although nothing is painted where it was, as its parent has no background (CMP-019)."""
    parent = bare_window(presenter)
    parent.redirect(Redirect.Automatic)
    parent.fill("grey")
    child = presenter.window(SIDE, SIDE, x=5, y=5, parent=parent, events=0, background="red")
    picture = Canvas(SIDE, SIDE, presenter.depth, "red")
    if nested:
        presenter.window(8, 6, x=3, y=4, parent=child, events=0, background="blue")
        picture.area(3, 4, 8, 6).fill("blue")
    await_on_screen(presenter, picture, 30 + 5, 12 + 5)
    for x, y in PLACES:
        child.move(x, y)
        await_on_screen(presenter, picture, 30 + x, 12 + y)


@pytest.mark.needs("DAMAGE", "XFIXES")
def test_damage_is_told_where_a_child_moved_to(presenter):
    """At once: no other request has to come (CMP-087)."""
    parent = bare_window(presenter)
    child = presenter.window(SIDE, SIDE, x=5, y=5, parent=parent, events=0, background="red")
    presenter.sync()
    damage = Damage.watch(parent)
    for x, y in PLACES:
        damage.forget()
        child.move(x, y)
        assert PixelRegion.of([(x, y, SIDE, SIDE)]) <= PixelRegion.of(damage.areas())
