# SPDX-License-Identifier: MIT
"""A screen beside the first one: it is composited for itself, and as the first one is."""

import pytest
from xcffib.composite import Redirect

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage
from harness.clients.resources.window import Overlay, is_redirected
from suites.marks import UPDATES

# XLibre 25.2 frees something twice when a server of two screens ends: its end is not judged.
pytestmark = [
    pytest.mark.needs("Composite", servers=("xvfb",), reason="a second screen of the same server"),
    pytest.mark.xserver(args=("-screen", "1", "320x240x24"), throwaway=True),
]


@pytest.fixture
def pair(connect):
    """A client of each screen: (first, second)."""

    def on(number):
        client = connect(f"screen {number}")
        client.screen = client.setup.roots[number]
        client.root = client.screen.root
        return client

    return on(0), on(1)


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
