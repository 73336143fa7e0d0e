# SPDX-License-Identifier: MIT
"""What memory held before shows nowhere: not in pictures, and in nothing that servers say."""

import pytest
import xcffib.xinerama
from xcffib.composite import Redirect
from xcffib.xproto import CW, BackingStore, BackPixmap, Gravity

from harness.capture.get_image import capture, capture_root
from harness.clients.present.presenter import Presenter
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.picture import Picture
from harness.clients.resources.window import Overlay, is_redirected
from harness.pixels.rectangle import Rectangle
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from suites.composite.joined import JOINED

pytestmark = [
    pytest.mark.needs(
        *("Composite", "DAMAGE", "XFIXES", "RENDER", "SHAPE"),
        servers=("xvfb", "xephyr", "xorg", "xvnc"),
        reason="a program of this machine that shows its screen by itself, started here",
    ),
]

FILLED_WITH = "MALLOC_PERTURB_"
"""glibc fills memory with the complement of this byte, and what is freed with itself."""
AUTO, MANUAL = Redirect.Automatic, Redirect.Manual
WIDTH, HEIGHT = 160, 120


def place(client):
    """A part of the screen, across the seam where two are joined."""
    heads = client.extension(xcffib.xinerama).QueryScreens().reply().screen_info
    seam = min(one.x_org + one.width for one in heads) if len(heads) > 1 else WIDTH // 2
    return Rectangle(seam - WIDTH // 2, 0, WIDTH, HEIGHT)


def settled(client, window, seen):
    """What the screen, the window and its pixmap show once the server has painted."""
    client.sync()
    client.sync()
    shown = [capture_root(client, seen), capture(window)]
    if is_redirected(window):
        pixmap = window.name_pixmap()
        pixmap.fill(0xFF00FF00, 2, 3, 30, 4)
        client.sync()
        shown += [capture(pixmap), capture_root(client, seen)]
    return [one.pixels.tolist() for one in shown]


def redirections(client, seen, first, second):
    """A window through each redirection and change, before and after it is mapped."""
    attributes = {CW.BackPixmap: BackPixmap._None, CW.BitGravity: Gravity.Center}
    parent = client.window(120, 90, x=seen.x + 15, y=8, background="grey", events=0)
    for depth in (None, 32):
        window = client.window(
            *(40, 30), x=12, y=9, parent=parent, depth=depth, border_width=2, border=0xFFFFFFFF,
            mapped=False, events=0, attributes=attributes,
        )  # fmt: skip
        damage = Damage.create(window, DamageLevel.DELTA_RECTANGLES)
        for update in (first, second):
            window.redirect(update)
        for step in (
            window.map,
            lambda w=window: w.fill(0xFF123456, 3, 4, 20, 10),
            lambda w=window: w.move(-7, 3),
            lambda w=window: w.resize(50, 37),
            lambda w=window: w.configure(border_width=5),
            lambda: parent.move(seen.x + 13, 11),
            lambda w=window: w.shape([(0, 0, 20, 30), (25, 5, 9, 9)]),
            lambda w=window: w.unredirect(first),
            lambda w=window: w.redirect(first),
            lambda w=window: w.reparent(client.root, seen.x + 55, 5),
            lambda w=window: w.reparent(parent, 15, 5),
        ):
            step()
            yield from settled(client, window, seen)
            yield [(one.area, one.geometry, one.level) for one in damage.notices()]
            yield list(window.border_clip().fetch())
        window.unmap()
        window.destroy()
    parent.destroy()


def subwindows(client, seen):
    """Children that are and that come, an overlay, a backing store."""
    root = client.root_window(events=0)
    window = client.window(40, 30, x=seen.x + 60, y=6, background="red", events=0)
    root.redirect_subwindows(AUTO)
    late = client.window(30, 20, x=seen.x + 70, y=16, background="blue", events=0)
    yield from settled(client, window, seen)
    yield from settled(client, late, seen)
    root.unredirect_subwindows(AUTO)
    client.core.ChangeWindowAttributes(late.id, CW.BackingStore, [BackingStore.Always])
    yield is_redirected(window)
    yield from settled(client, late, seen)
    yield client.screen.backing_stores
    overlay = Overlay.get(client)
    overlay.fill("green", seen.x + 20, 0, 50, 40)
    yield capture_root(client, seen).pixels.tolist()
    yield (overlay.id, overlay.geometry)


def watched(client):
    """Damage of each level, of a window and a pixmap, with what is left of it."""
    window = client.window(64, 48, x=9, y=7, background="blue", events=0)
    pixmap = client.pixmap(64, 48, colour="red")
    region, parts = client.region((3, 4, 20, 10), (30, 20, 9, 9)), client.region()
    for drawable in (window, pixmap):
        damages = [Damage.create(drawable, level) for level in DamageLevel]
        for box in ((0, 0, 9, 9), (2, 2, 30, 20)):
            drawable.fill("green", *box)
        Picture.of(drawable).composite(Picture.solid(client, "yellow"), 5, 5, 20, 20)
        for damage in damages:
            damage.add(region)
            damage.subtract(region, parts)
            yield list(parts.fetch())
            yield [(one.area, one.geometry, one.level) for one in damage.notices()]
            damage.destroy()
        yield capture(drawable).pixels.tolist()


def listen(spec):
    """All that a server shows and says while it is busy with windows, damage and regions."""
    heard = []
    with launch(spec) as server:
        with Presenter(server) as client:
            seen = place(client)
            for first, second in ((AUTO, MANUAL), (MANUAL, AUTO), (AUTO, AUTO)):
                heard.extend(redirections(client, seen, first, second))
            heard.extend(watched(client))
            heard.extend(subwindows(client, seen))
        assert server.stop().ending is Ending.CLEAN
    return heard


@pytest.mark.parametrize(
    "",
    [pytest.param(id="one-screen"), pytest.param(marks=JOINED, id="joined-screens")],
)
def test_windows_look_the_same_whatever_memory_is_filled_with(server, monkeypatch):
    """Redirected, changed and damaged in every way (CMP-181)."""
    if server.spec is None:
        pytest.skip("needs a server of its own, which --display cannot give")
    monkeypatch.delenv(FILLED_WITH, raising=False)
    as_it_comes = listen(server.spec)
    for byte in ("85", "170"):
        monkeypatch.setenv(FILLED_WITH, byte)
        filled = listen(server.spec)
        assert len(filled) == len(as_it_comes)
        for number, (one, other) in enumerate(zip(as_it_comes, filled, strict=True)):
            assert one == other, number
