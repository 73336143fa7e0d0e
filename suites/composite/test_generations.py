# SPDX-License-Identifier: MIT
"""A server that starts over after its last client, again and again, with compositing at work."""

from itertools import pairwise
from statistics import median_low

import pytest
import xcffib.randr
from xcffib.composite import Redirect

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage
from harness.clients.resources.window import Overlay, is_redirected
from suites.address_space import address_space
from suites.generations import new_generation
from suites.marks import FOREIGN, FREED_TWICE

pytestmark = [
    pytest.mark.xserver(any_depth=True, reset=True),
    pytest.mark.needs("Composite", "DAMAGE", "XFIXES"),
    FREED_TWICE,
]

RESETS = 4
RAW = 0
"""The damage level that tells of each area, again and again."""

OUTPUTS = 65_000
MONITOR_BYTES = 4 * OUTPUTS
"""A piece of memory of its own, which goes back to the system when it is freed."""


def test_redirections_of_one_generation_end_with_it(connect):
    """Whatever is redirected, named, damaged or shown on the overlay when the last client leaves,
    the next generation has nothing of it and does it all anew (CMP-150)."""
    for _ in range(3):
        client = new_generation(connect)
        window = client.window(40, 30, x=5, y=6, background="red", events=0)
        assert not is_redirected(window)
        root = client.root_window(events=0)
        root.redirect_subwindows(Redirect.Automatic)
        window.redirect(Redirect.Manual)
        pixmap = window.name_pixmap()
        damage = Damage.watch(window)
        overlay = Overlay.get(client)
        overlay.fill("blue")
        window.fill("green", 1, 2, 3, 4)
        assert damage.areas() == [(1, 2, 3, 4)]
        assert capture(pixmap).pixels.tolist() == capture(window).pixels.tolist()
        assert root.pixel(10, 10) == root.value("blue")
        client.close()


@pytest.mark.needs(uncomposited=True)
def test_windows_are_redirected_in_every_generation_as_they_come(connect):
    """When they are mapped and unmapped, made inside of a redirected one, reparented, resized and
    destroyed (CMP-150)."""
    for _ in range(3):
        client = new_generation(connect)
        root = client.root_window(events=0)
        root.redirect_subwindows(Redirect.Automatic)
        window = client.window(40, 30, x=50, y=6, background="red", events=0)
        assert is_redirected(window)
        assert root.pixel(60, 10) == root.value("red")
        inner = client.window(10, 8, x=3, y=4, parent=window, background="blue", events=0)
        assert not is_redirected(inner)
        named = window.name_pixmap()
        assert named.pixel(5, 5) == named.value("blue")
        window.resize(44, 30)
        assert (window.name_pixmap().width, named.width) == (44, 40)
        window.unmap()
        inner.reparent(client.root, 120, 6)
        window.map()
        inner.map()
        assert is_redirected(window)
        assert is_redirected(inner)
        window.fill("green")
        assert root.pixel(60, 10) == root.value("green")
        assert root.pixel(124, 10) == root.value("blue")
        window.destroy()
        root.unredirect_subwindows(Redirect.Automatic)
        assert not is_redirected(inner)
        client.close()


@pytest.mark.xserver(reset=True, swapped=True)
def test_every_generation_tells_of_damage_in_either_byte_order(connect, connect_wire):
    """A client of the other byte order is told of the area as in the first generation (CMP-150,
    CMP-130)."""
    for _ in range(3):
        client = new_generation(connect)
        window = client.window(60, 50, events=0, background="red")
        client.sync()
        wire = connect_wire(FOREIGN)
        major = wire.major("DAMAGE")
        wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
        damage = wire.new_id()
        wire.request(major, 1, wire.pack("IIB3x", damage, window.id, RAW))
        wire.sync()
        wire.events.clear()
        window.fill("green", 5, 6, 7, 8)
        client.sync()
        wire.sync()
        [event] = [one for one in wire.events if wire.unpack("I", one, 8) == (damage,)]
        assert wire.unpack("I", event, 4) == (window.id,)
        assert wire.unpack("4H", event, 16) == (5, 6, 7, 8)
        wire.close()
        client.close()


@pytest.mark.needs(depths=[32])
def test_every_generation_redirects_windows_of_another_visual(connect):
    """By itself, as the first one does: they have a pixmap of their own (CMP-150, CMP-064)."""
    for _ in range(3):
        client = new_generation(connect)
        attributes = {"background": 0xFF00FF00, "border": 0, "events": 0}
        assert not is_redirected(client.window(20, 10, **attributes))
        assert is_redirected(client.window(20, 10, depth=32, **attributes))
        client.close()


@pytest.mark.known_bug(
    reference="Xwayland keeps the pixmap and the monitors of its screen when it starts over",
    servers=("xwayland",),
    evidence="failed: AssertionError",
)
@pytest.mark.needs("RANDR", memory=True)
def test_a_generation_gives_back_what_it_took(connect, server):
    """Each closes its screen to the end: if a client makes a monitor with thousands of outputs
    each time, the server does not grow each time (CMP-150)."""
    sizes = []
    for number in range(2 * RESETS + 3):
        client = new_generation(connect)
        if number > RESETS + 1:
            make_monitor(client)
        sizes.append(address_space(server.pid))
        client.close()
    # The first generation takes what later ones have, and the C library a large piece now and then.
    plain, with_monitors = sizes[1 : RESETS + 2], sizes[RESETS + 2 :]
    assert growth(with_monitors) - growth(plain) < MONITOR_BYTES / 2, sizes


def growth(sizes):
    """By how much most of them are larger than the one before (bytes)."""
    return median_low(after - before for before, after in pairwise(sizes))


def make_monitor(client):
    """SetMonitor with the same output again and again."""
    randr = client.extension(xcffib.randr)
    [output, *_] = randr.GetScreenResources(client.root).reply().outputs
    place = (0, 0, 10, 10, 1, 1)
    monitor = xcffib.randr.MonitorInfo.synthetic(
        *(client.atom("many"), 0, 0, OUTPUTS, *place), [output] * OUTPUTS
    )
    randr.SetMonitor(client.root, monitor)
    client.sync()
