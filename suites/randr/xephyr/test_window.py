# SPDX-License-Identifier: MIT
"""Xephyr's window on its host: where it is, how large, what it is called, and its end."""

import struct
from pathlib import Path

import pytest
from xcffib.xproto import CW, EventMask

from harness.capture.host_window import window_on_host
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.resources.window import Window
from harness.pixels.chart import chart_pixels
from harness.servers.errors import ServerDied, ServerRefused
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import ScreenChangeNotify
from suites.own_screens import own_screens
from suites.randr.xephyr.screens import (
    HEIGHT,
    PATHS,
    WIDTH,
    XEPHYR,
    check,
    of_size,
    property_of,
    redirected,
)

pytestmark = XEPHYR


CONFIGURE_REQUEST = 23
SIZED = ConfigureNotify, ScreenChangeNotify
P_MIN_SIZE, P_MAX_SIZE = 16, 32
"""Flags of WM_NORMAL_HINTS (ICCCM 4.1.2.3)."""


@pytest.mark.parametrize(("words", "place"), [("", (0, 0)), ("+20+31", (20, 31)), ("+7", (7, 0))])
def test_the_window_is_where_and_as_large_as_the_option_says(start, host, words, place):
    """Its user cannot change the size (RND-202)."""
    own, _ = start("-screen", f"{WIDTH}x{HEIGHT}{words}x24")
    window = window_on_host(host, own.pid)
    geometry = window.geometry
    assert (geometry.x, geometry.y) == place
    assert (geometry.width, geometry.height, geometry.border_width) == (WIDTH, HEIGHT, 0)
    flags, *values = struct.unpack("=18I", property_of(window, "WM_NORMAL_HINTS"))
    assert flags == P_MIN_SIZE | P_MAX_SIZE
    assert values[4:8] == [WIDTH, HEIGHT, WIDTH, HEIGHT]


def test_the_user_of_a_resizeable_window_may_change_its_size(start, host):
    """Nothing says otherwise (RND-202)."""
    own, _ = start("-resizeable", *of_size((WIDTH, HEIGHT, 24)))
    assert property_of(window_on_host(host, own.pid), "WM_NORMAL_HINTS") == b""


@pytest.fixture
def frame(host):
    """A window of the host's window manager, which is asked for what goes on inside of it."""
    frame = Window.create(host, 300, 200, attributes={CW.EventMask: EventMask.SubstructureRedirect})
    frame.map()
    return frame


def test_a_size_of_the_users_is_taken_as_it_is(start, host, frame):
    """The window manager is not asked to set it again, which would undo a later one (RND-225)."""
    own, client = start("-resizeable", *of_size((WIDTH, HEIGHT, 24)))
    observer = Observer(Monitors(client))
    window = window_on_host(host, own.pid)
    window.reparent(frame.id, 0, 0)
    host.sync()
    since = len(host.events)
    for size in ((100, 80), (120, HEIGHT), (120, 90), (WIDTH, HEIGHT)):
        observer.forget()
        at = len(client.events)
        window.resize(*size)
        host.sync()
        client.wait_for(of_root(size), f"a root of {size}", since=at)
        assert {(e.width, e.height) for e in observer.take() if isinstance(e, SIZED)} == {size}
    host.sync()
    assert not [event for event in host.events[since:] if event.data[0] == CONFIGURE_REQUEST]
    window.reparent(host.root, 0, 0)
    host.sync()


def of_root(size):
    def told(event):
        core = event.core
        return isinstance(core, ConfigureNotify) and (core.width, core.height) == size

    return told


@pytest.mark.parametrize(
    ("options", "title", "name"),
    [
        ((), "Xephyr on {}.0 (ctrl+shift grabs mouse and keyboard)", "Xephyr"),
        (("-no-host-grab",), "Xephyr on {}.0 xephyr", "Xephyr"),
        (("-title", "a title"), "a title", "Xephyr"),
        (("-name", "a-name"), "Xephyr on {}.0 (ctrl+shift grabs mouse and keyboard)", "a-name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_window_is_named(start, host, options, title, name):
    """By its display and what its user may do, or by options; its class is Xephyr (RND-202)."""
    own, _ = start(*options, *of_size((WIDTH, HEIGHT, 24)))
    window = window_on_host(host, own.pid)
    # It is not told the name of a display that it chose itself.
    assert property_of(window, "WM_NAME").decode() == title.format(":0")
    instance, of_class, end = property_of(window, "WM_CLASS").split(b"\0")
    assert (Path(instance.decode()).name, of_class, end) == (name, b"Xephyr", b"")


def test_a_full_screen_is_as_large_as_its_host(start, host):
    """The window manager is asked to leave it alone, and there are no other sizes (RND-202,
    RND-205)."""
    size = host.screen.width_in_pixels, host.screen.height_in_pixels, 24
    own, client = start("-fullscreen", *of_size((WIDTH, HEIGHT, 24)), size=size)
    window = window_on_host(host, own.pid)
    assert (window.width, window.height) == size[:2]
    state = struct.unpack("=I", property_of(window, "_NET_WM_STATE"))
    assert state == (host.atom("_NET_WM_STATE_FULLSCREEN"),)
    reply = Monitors(client).screen_info()
    assert reply.sizes == (size[:2],)


def test_an_output_of_the_host_gives_the_screen_its_place_and_size(start, host):
    """Those of its CRTC (RND-202)."""
    monitors = Monitors(host)
    output = next(o for o in map(monitors.output, monitors.resources().outputs) if o.crtc)
    crtc = monitors.crtc(output.crtc)
    own, _ = start("-output", output.name, size=(crtc.width, crtc.height, 24))
    geometry = window_on_host(host, own.pid).geometry
    assert (geometry.x, geometry.y) == (crtc.x, crtc.y)
    assert (geometry.width, geometry.height) == (crtc.width, crtc.height)


def test_an_output_that_the_host_lacks_is_refused(server):
    """In words (RND-202)."""
    refused(server, "-output", "NO-SUCH-1", words="Output NO-SUCH-1 not available")


def test_a_parent_that_does_not_exist_is_refused(server):
    """In words (RND-202)."""
    refused(server, "-parent", "0x1fffffff", words="does not exist")


def refused(server, *options, words):
    with (
        pytest.raises(ServerRefused, match=words),
        launch(own_screens(server.spec, options, (WIDTH, HEIGHT, 24))),
    ):
        pass


@PATHS
@pytest.mark.known_bug(
    reference="Xephyr without shared memory keeps what it has drawn from its host for a while",
    since={"X.Org": "21.1.99"},
    servers=("xephyr",),
    evidence="failed: UnexpectedPicture",
    strict=False,
)
def test_the_screen_is_in_the_window_that_is_named(start, host, wrapper):
    """Its child has its size and shows the screen, which has no other sizes (RND-202, RND-205)."""
    parent = Window.create(host, WIDTH, HEIGHT)
    parent.map()
    host.sync()
    _, client = start("-parent", hex(parent.id), wrapper=wrapper)
    (id,) = host.core.QueryTree(parent.id).reply().children
    inner = Window(host, id, WIDTH, HEIGHT, 24)
    with redirected(inner):
        geometry = inner.geometry
        assert (geometry.x, geometry.y, geometry.width, geometry.height) == (0, 0, WIDTH, HEIGHT)
        client.window(WIDTH, HEIGHT, events=0).put(chart_pixels(WIDTH, HEIGHT, 24))
        check(client, inner)
        assert Monitors(client).screen_info().sizes == ((WIDTH, HEIGHT),)


def test_a_server_ends_when_its_window_goes(start, host):
    """With a status that tells of it (RND-204)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    window = window_on_host(host, own.pid)
    host.core.KillClient(window.id)
    host.sync()
    with pytest.raises(ServerDied):
        client.wait_for(lambda _: False, "the end of the server")
    stop = own.stop()
    assert (stop.ending, stop.status) == (Ending.DIED, 1)
