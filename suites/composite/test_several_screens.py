# SPDX-License-Identifier: MIT
"""Several screens of one server: each redirects, damages and overlays for itself."""

import pytest
from xcffib.composite import Redirect

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture, capture_root
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.window import Overlay, is_redirected
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from suites.marks import UPDATES
from suites.several_screens import SIZES, THREE_SCREENS, clients_of_screens, of_several_screens

pytestmark = [
    of_several_screens("Composite", "DAMAGE", "XFIXES"),
    pytest.mark.xserver(**THREE_SCREENS),
]


@pytest.fixture
def screens(connect):
    """A client for each of the three screens."""
    return clients_of_screens(connect)


@pytest.fixture(params=[(0, 1), (1, 2)], ids=["first-and-second", "second-and-third"])
def pair(request, screens):
    """The clients of two screens."""
    return tuple(screens[number] for number in request.param)


@UPDATES
def test_each_screen_redirects_its_windows(screens, barrier, update):
    """An automatic one is painted to its screen, a manual one is not; on no screen do the windows
    of another count (CMP-193)."""
    for client in screens:
        parent = client.window(60, 50, x=10, y=8, background="grey", events=0)
        window = client.window(20, 20, x=5, y=6, parent=parent, background="blue", events=0)
        window.redirect(update)
        barrier()
        window.fill("red")
        pixmap = window.name_pixmap()
        assert pixmap.pixel(7, 7) == pixmap.value("red")
        picture = Canvas(60, 50, parent.depth, "grey")
        if update == Redirect.Automatic:
            picture.area(5, 6, 20, 20).fill("red")
        place = Rectangle(10, 8, 60, 50)
        await_picture(picture, lambda client=client, place=place: capture_root(client, place))
        window.unredirect(update)
        client.sync()
        assert not is_redirected(window)


def test_automatic_windows_of_each_screen_are_painted_by_themselves(screens, barrier):
    """Nobody has to look at the screen: what is drawn is damage of the parent when the server has
    painted it there (CMP-226)."""
    for client in screens:
        parent = client.window(60, 50, x=10, y=8, background="grey", events=0)
        window = client.window(20, 20, x=5, y=6, parent=parent, background="blue", events=0)
        window.redirect(Redirect.Automatic)
        barrier()
        damage = Damage.watch(parent)
        window.fill("red", 2, 3, 9, 8)
        client.sync()
        client.wait_for(lambda _, damage=damage: bool(damage.notices()), "damage of the parent")
        window.unredirect(Redirect.Automatic)


def test_each_screen_tells_its_damage(screens):
    """From the origin of the drawable, and never of what another screen draws (CMP-193)."""
    windows = [client.window(40, 30, x=9, y=8, events=0) for client in screens]
    watched = [Damage.watch(window) for window in windows]
    for number, window in enumerate(windows):
        window.fill("red", 3, 4, 5 + number, 6)
        window.client.sync()
    told = [damage.areas() for damage in watched]
    assert told == [[(3, 4, 5 + number, 6)] for number in range(3)]


def test_damage_of_a_root_tells_the_size_of_that_root(screens):
    """Not that of the largest screen (CMP-193)."""
    watched = [
        Damage.watch(client.root_window(events=0), level)
        for client in screens
        for level in DamageLevel
    ]
    for client in screens:
        client.window(20, 20, x=5, y=6, background="red", events=0)
        client.sync()
    sizes = [size for size in SIZES for _ in DamageLevel]
    told = [damage.take()[-1].geometry for damage in watched]
    assert told == [(0, 0, *size) for size in sizes]


def plain(client, **attributes):
    """A window at the same place of either screen."""
    return client.window(40, 30, **({"x": 20, "y": 10, "events": 0} | attributes))


def test_each_screen_has_an_overlay_of_its_own(pair):
    """It is a child of that screen's root, as large as that, shows itself there alone, and stays
    until the last client of that screen's has released it (CMP-200)."""
    overlays = [Overlay.get(client) for client in pair]
    assert overlays[0].id != overlays[1].id
    for client, overlay in zip(pair, overlays, strict=True):
        tree = client.core.QueryTree(overlay.id).reply()
        assert (tree.root, tree.parent) == (client.root, client.root)
        size = client.screen.width_in_pixels, client.screen.height_in_pixels
        assert (overlay.width, overlay.height) == size
    for client, overlay, colour in zip(pair, overlays, ("red", "green"), strict=True):
        overlay.fill(colour)
        client.sync()
    for client, colour in zip(pair, ("red", "green"), strict=True):
        root = client.root_window(events=0)
        assert root.pixel(100, 100) == root.value(colour)
    again = Overlay.get(pair[1], pair[1].root)
    assert again.id == overlays[1].id
    again.release()
    overlays[0].release()
    pair[0].sync()
    with pair[0].expect_error("Drawable"):
        pair[0].core.GetGeometry(overlays[0].id).reply()
    root = pair[1].root_window(events=0)
    assert root.pixel(100, 100) == root.value("green")
    with pair[0].expect_error("Match"):
        overlays[0].release()
        pair[0].sync()
    overlays[1].release()
    pair[1].sync()


@UPDATES
def test_the_subwindows_of_each_root_are_redirected_for_themselves(pair, update):
    """Redirection of one screen's windows leaves those of the other alone; manual redirection is
    granted once for each (CMP-200)."""
    for client, other in (pair, reversed(pair)):
        here, there = plain(client, background="blue"), plain(other, background="green")
        other.sync()
        root = client.root_window(events=0)
        root.redirect_subwindows(update)
        late = plain(client, x=120, background="red")
        assert [is_redirected(one) for one in (here, late, there)] == [True, True, False]
        elsewhere = other.root_window(events=0)
        elsewhere.redirect_subwindows(update)
        other.sync()
        assert is_redirected(there)
        elsewhere.unredirect_subwindows(update)
        other.sync()
        assert [is_redirected(one) for one in (here, late, there)] == [True, True, False]
        root.unredirect_subwindows(update)
        assert not is_redirected(here)
        for window in (here, there, late):
            window.destroy()
        other.sync()


@UPDATES
def test_redirected_windows_of_each_screen_keep_their_own_picture(pair, update):
    """What is drawn is in the window's pixmap and reported to its Damage; with automatic updates
    it is on that screen, and only there (CMP-200)."""
    windows = [plain(client, background="blue", border_width=3) for client in pair]
    for client, window in zip(pair, windows, strict=True):
        window.redirect(update)
        client.sync()
    damages = [Damage.watch(window) for window in windows]
    for index, colour in ((1, "red"), (0, "green")):
        window, other = windows[index], windows[1 - index]
        for damage in damages:
            damage.forget()
        window.fill(colour, 4, 5, 20, 10)
        assert damages[index].areas() == [(4, 5, 20, 10)]
        assert damages[1 - index].areas() == []
        pixmap = window.name_pixmap()
        assert (pixmap.width, pixmap.height) == (46, 36)
        assert capture(pixmap).pixel(3 + 4, 3 + 5) == window.value(colour)
        root = window.client.root_window(events=0)
        if update == Redirect.Automatic:
            assert root.pixel(20 + 3 + 4, 10 + 3 + 5) == window.value(colour)
            window.resize(50, 40)
            assert root.pixel(20 + 3 + 4, 10 + 3 + 5) == window.value("blue")
        other.client.sync()
        assert other.pixel(4, 5) != window.value(colour)
