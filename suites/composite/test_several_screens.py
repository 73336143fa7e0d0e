# SPDX-License-Identifier: MIT
"""Several screens of one server: each redirects, damages and overlays for itself."""

import pytest
import xcffib.composite
from xcffib.composite import Redirect

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture_root
from harness.clients.resources.damage import Damage
from harness.clients.resources.window import is_redirected
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from suites.marks import UPDATES

# XLibre 25.2 frees something twice when a server of several screens ends: its end is not judged.
pytestmark = [
    pytest.mark.needs(
        *("Composite", "DAMAGE", "XFIXES"),
        servers="xvfb",
        reason="further screens of the same server",
    ),
    pytest.mark.xserver(
        size=(320, 240),
        args=("-screen", "1", "200x160x24", "-screen", "2", "240x100x24"),
        throwaway=True,
    ),
]


@pytest.fixture
def screens(connect):
    """A client for each of the three screens."""

    def on(number):
        client = connect(f"screen {number}")
        client.screen = client.setup.roots[number]
        client.root = client.screen.root
        return client

    return [on(number) for number in range(3)]


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


def test_each_screen_tells_its_damage(screens):
    """From the origin of the drawable, and never of what another screen draws (CMP-193)."""
    windows = [client.window(40, 30, x=9, y=8, events=0) for client in screens]
    watched = [Damage.watch(window) for window in windows]
    for number, window in enumerate(windows):
        window.fill("red", 3, 4, 5 + number, 6)
        window.client.sync()
    told = [damage.areas() for damage in watched]
    assert told == [[(3, 4, 5 + number, 6)] for number in range(3)]


def test_each_screen_has_an_overlay(screens):
    """Of its own id and size; it is there until its last client has released it (CMP-193)."""
    overlays = []
    for client in screens:
        composite = client.extension(xcffib.composite)
        overlay = composite.GetOverlayWindow(client.root).reply().overlay_win
        found, root = client.geometry(overlay), client.geometry(client.root)
        assert (found.width, found.height, found.root) == (root.width, root.height, client.root)
        overlays.append(overlay)
    assert len(set(overlays)) == 3
    for client, overlay in zip(screens, overlays, strict=True):
        client.extension(xcffib.composite).ReleaseOverlayWindow(client.root)
        with client.expect_error("Drawable", overlay):
            client.geometry(overlay)
