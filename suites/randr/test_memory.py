# SPDX-License-Identifier: MIT
"""What was before shows nowhere: what memory held, what clients of another generation set."""

from dataclasses import fields, is_dataclass, replace
from functools import partial

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitor, Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.output_properties import OutputProperties
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from suites.generations import new_generation

pytestmark = [
    pytest.mark.usefixtures("startable"),
    pytest.mark.needs(
        "RANDR",
        servers=("xvfb", "xephyr", "xorg", "xvnc", "xwayland"),
        reason="a program of this machine, started here",
    ),
    pytest.mark.xserver(at_least=(640, 480)),
]

FILLED_WITH = "MALLOC_PERTURB_"
"""glibc fills memory with the complement of this byte, and what is freed with itself."""


def timeless(value):
    """``value`` without times, which no two servers have in common."""
    if is_dataclass(value):
        times = [one.name for one in fields(value) if one.name.endswith("timestamp")]
        return replace(value, **dict.fromkeys(times, 0))
    return value


class Listener:
    """Writes down all that a server says of its monitors to ``client``."""

    def __init__(self, client):
        self.client = client
        self.monitors = Monitors(self.client)
        self.heard = []

    def everything(self):
        """All that can be asked for."""
        monitors, requests, root = self.monitors, self.monitors.requests, self.client.root
        known = monitors.resources()
        modes = requests.GetScreenResourcesCurrent(root).reply().modes
        self.hear("modes", [[getattr(mode, name) for name in TIMINGS] for mode in modes])
        self.hear("names", [mode.name for mode in known.modes.values()])
        self.hear("screen", timeless(monitors.screen_info()))
        sizes = requests.GetScreenSizeRange(root).reply()
        self.hear("sizes", [getattr(sizes, name) for name in SIZES])
        self.hear("primary", monitors.primary())
        for id in known.crtcs:
            self.hear("CRTC", timeless(monitors.crtc(id)))
            self.hear("transforms", monitors.transforms(id))
            self.hear("panning", monitors.panning(id))
            self.hear("gamma", requests.GetCrtcGammaSize(id).reply().size)
        for id in known.outputs:
            self.hear("output", timeless(monitors.output(id)))
            properties = OutputProperties(self.client, id)
            for name in properties.names():
                self.hear("property", (name, properties.query(name), properties.get(name)))
        self.hear("monitors", monitors.monitors())
        self.hear("providers", list(requests.GetProviders(root).reply().providers))

    def hear(self, of, said):
        self.heard.append((of, said))


TIMINGS = (
    *("id", "width", "height", "dot_clock", "hsync_start", "hsync_end", "htotal", "hskew"),
    *("vsync_start", "vsync_end", "vtotal", "name_len", "mode_flags"),
)
SIZES = ("min_width", "min_height", "max_width", "max_height")


def listen(spec):
    """What a server says at its start, and after each of several changes."""
    with launch(spec) as server:
        with Presenter(server) as client:
            listener = Listener(client)
            monitors = listener.monitors
            listener.everything()
            observer = Observer(monitors)
            select_and_destroy(monitors)
            head = Head.first(monitors)
            for change in changes(client, monitors, head):
                with client.catch_errors() as errors:
                    change()
                listener.hear("errors", [(error.name, error.value) for error in errors])
                listener.hear("events", [timeless(event) for event in observer.take()])
                listener.everything()
        with Presenter(server) as client:
            newcomer = Listener(client)
            newcomer.everything()
            listener.heard += newcomer.heard
        assert server.stop().ending is Ending.CLEAN
        return listener.heard


def select_and_destroy(monitors):
    """Windows that events were selected on go, in either order with another one."""
    client = monitors.client
    windows = [client.window(8, 8, events=0) for _ in range(3)]
    for window in windows:
        monitors.select(window=window.id)
    for window in (windows[1], windows[0], windows[2]):
        window.destroy()
    client.sync()


def changes(client, monitors, head):
    """Changes that need memory; a server may refuse some of them."""
    atom, other = client.atom("_XHARNESS_MEMORY"), client.atom("_XHARNESS_OTHER")
    properties = OutputProperties(client, head.output)
    yield lambda: head.add_mode(320, 200)
    yield lambda: head.set(monitors.output(head.output).modes[-1])
    yield lambda: monitors.set_screen_size(600, 400)
    yield lambda: properties.configure(atom, [1, 2, 3], pending=True)
    yield lambda: properties.change(atom, 19, 32, bytes([1, 0, 0, 0]))
    yield lambda: properties.change(other, 19, 8, b"abc")
    yield lambda: monitors.set_monitor(Monitor(atom, False, False, 1, 2, 30, 40, 5, 6, ()))
    yield lambda: monitors.set_monitor(
        Monitor(other, True, False, 0, 0, 0, 0, 0, 0, (head.output,))
    )
    yield lambda: monitors.set_primary(head.output)
    # Whatever follows undoes some of that.
    yield lambda: monitors.delete_monitor(atom)
    yield lambda: properties.delete(atom)
    yield head.off


WITHOUT_UNDOING = -3


def test_a_server_says_the_same_whatever_memory_is_filled_with(server, monkeypatch):
    """Of modes, CRTCs, outputs, properties and monitors, and in events (RND-138)."""
    monkeypatch.delenv(FILLED_WITH, raising=False)
    as_it_comes = listen(server.spec)
    monkeypatch.setenv(FILLED_WITH, "85")
    filled = listen(server.spec)
    assert len(as_it_comes) == len(filled)
    for one, other in zip(as_it_comes, filled, strict=True):
        assert one == other


@pytest.mark.known_bug(
    reference="RRCrtcGammaSetSize() leaves the tables as malloc gave them",
    servers=("xvfb", "xvnc", "xwayland"),
    evidence="failed: AssertionError",
    strict=False,
)
def test_gamma_that_nobody_has_set_is_not_what_memory_held(server, monkeypatch):
    """It is that of the driver, the same each time (RND-138)."""
    ramps = []
    for byte in ("85", "170"):
        monkeypatch.setenv(FILLED_WITH, byte)
        with launch(server.spec) as own, Presenter(own) as client:
            monitors = Monitors(client)
            replies = [monitors.requests.GetCrtcGamma(id) for id in monitors.resources().crtcs]
            told = [reply.reply() for reply in replies]
            ramps.append([[list(one.red), list(one.green), list(one.blue)] for one in told])
    assert ramps[0] == ramps[1]


@pytest.mark.known_bug(
    reference="Xvfb with -crtcs starts over with its CRTCs as the last client left them",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    evidence="failed: LookupError no CRTC of this server is on",
    strict=False,
)
@pytest.mark.needs(servers="xvfb", reason="a server that resets, and keeps nothing elsewhere")
@pytest.mark.xserver(reset=True)
def test_the_next_generation_begins_as_the_first(server):
    """Whatever was set before: size of the screen, CRTCs, modes, properties, monitors; and the
    server ends well with all of that (RND-139)."""
    heard = []
    # Whoever starts a server that resets has been its first client: without resets it still is.
    with launch(replace(server.spec, reset=False)) as own, Presenter(own) as client:
        new_generation(lambda: client)
        heard.append(set_everything(Listener(client)))
    with launch(server.spec) as own:
        newcomer = partial(Presenter, own, patience=5)
        for _ in range(2):
            with new_generation(newcomer) as client:
                heard.append(set_everything(Listener(client)))
        with new_generation(newcomer) as client:
            heard.append(set_everything(Listener(client)))
            assert own.stop().ending is Ending.CLEAN
    for later in heard[1:]:
        assert later == heard[0]


def set_everything(listener):
    """What the server says before, when all that can be set is set."""
    client, monitors = listener.client, listener.monitors
    listener.everything()
    head = Head.first(monitors)
    for change in list(changes(client, monitors, head))[:WITHOUT_UNDOING]:
        change()
    head.off()
    client.sync()
    return listener.heard
