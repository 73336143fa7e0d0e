# SPDX-License-Identifier: MIT
"""What every change of the screen tells: which events, in which order, and what they say."""

import pytest
from xcffib.xproto import CW, EventMask

from harness.clients.connection.server_clock import ServerClock
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer, provoke, root_configured
from harness.clients.randr.state import RandrState
from harness.x11 import randr
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import (
    CrtcChangeNotify,
    LeaseNotify,
    NotifyMask,
    OutputChangeNotify,
    ProviderChangeNotify,
    ResourceChangeNotify,
    Rotation,
    ScreenChangeNotify,
)
from suites.generations import new_generation
from suites.marks import EMULATED, FOREIGN, FREED_TWICE, MEDIUM, OLD_DRIVER, ROOTLESS

pytestmark = pytest.mark.needs("RANDR")

ORDER = (
    ScreenChangeNotify,
    CrtcChangeNotify,
    OutputChangeNotify,
    ProviderChangeNotify,
    ResourceChangeNotify,
    LeaseNotify,
    ConfigureNotify,
)
SCREEN, CRTC, OUTPUT, ROOT = (
    ScreenChangeNotify,
    CrtcChangeNotify,
    OutputChangeNotify,
    ConfigureNotify,
)
NO_SIZE = 0xFFFF
SIDEWAYS = Rotation.ROTATE_90 | Rotation.ROTATE_270

TOLD_TWICE = pytest.mark.known_bug(
    reference="Xwayland tells of a CRTC that is switched on in two batches",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
ONCE = pytest.mark.xserver(fresh=True)
"""An Xwayland whose CRTC was ever set tells of it in one batch."""

RESIZES = pytest.mark.needs(resize=True)


class Changes:
    """Changes of the first CRTC, ready to be made one after the other."""

    def __init__(self, monitors):
        self.monitors = monitors
        self.head = Head.first(monitors)
        info = self.head.info
        self.first_mode, self.x, self.y = info.mode, info.x, info.y
        self.small = self.head.add_mode(160, 120, "small")
        self.smaller = self.head.add_mode(96, 80, "smaller")

    def off(self):
        self.head.off()

    def on(self):
        self.head.set(self.first_mode, self.x, self.y)

    def to_small(self):
        self.head.set(self.small.id)

    def to_smaller(self):
        self.head.set(self.smaller.id)

    def move(self):
        self.head.set(self.small.id, 7, 9)

    def move_and_change(self):
        self.head.set(self.smaller.id, 30, 40)

    def primary(self):
        self.monitors.set_primary(0 if self.monitors.primary() else self.head.output)

    def add_mode(self):
        self.head.add_mode(64, 48, "one more")

    def size(self):
        self.monitors.set_screen_size(600, 400)

    def millimetres(self):
        root = self.monitors.client.geometry(self.monitors.client.root)
        self.monitors.set_screen_size(root.width, root.height, 333, 222)


CHANGES = [
    pytest.param([], "off", [SCREEN, CRTC, OUTPUT, ROOT], id="off", marks=[EMULATED, ROOTLESS]),
    pytest.param(
        ["off"], "on", [SCREEN, CRTC, OUTPUT, ROOT], id="on", marks=[EMULATED, TOLD_TWICE, ONCE]
    ),
    pytest.param([], "primary", [SCREEN, OUTPUT, ROOT], id="primary"),
    pytest.param(["off"], "primary", [SCREEN, OUTPUT, ROOT], id="primary-of-one-that-is-off"),
    pytest.param([], "add_mode", [SCREEN, OUTPUT], id="mode-added"),
    pytest.param(["off"], "add_mode", [SCREEN, OUTPUT], id="mode-added-while-off"),
]
CHANGES_OF_RESIZABLE = [
    pytest.param([], "to_small", [SCREEN, CRTC, ROOT], id="other-mode"),
    pytest.param(["off"], "to_small", [SCREEN, CRTC, OUTPUT, ROOT], id="on-with-other-mode"),
    pytest.param(["to_small"], "to_smaller", [SCREEN, CRTC, ROOT], id="smaller-mode"),
    pytest.param(["to_smaller"], "to_small", [SCREEN, CRTC, ROOT], id="larger-mode"),
    pytest.param(["to_small"], "move", [SCREEN, CRTC, ROOT], id="moved"),
    pytest.param(["to_small"], "move_and_change", [SCREEN, CRTC, ROOT], id="moved-and-mode"),
    pytest.param(["move"], "off", [SCREEN, CRTC, OUTPUT, ROOT], id="moved-one-off"),
    pytest.param(["to_small"], "size", [SCREEN, ROOT], id="screen-smaller"),
    pytest.param(["to_small", "size"], "millimetres", [SCREEN, ROOT], id="millimetres"),
    pytest.param(["off", "size"], "primary", [SCREEN, OUTPUT, ROOT], id="primary-after-size"),
]


def bursts(events):
    """The events by the change that they tell of: each begins with a ScreenChange."""
    found = []
    for event in events:
        if isinstance(event, ScreenChangeNotify):
            found.append([])
        assert found, f"{event} is told before the screen has changed"
        found[-1].append(event)
    return found


def rank(event):
    return next(n for n, kind in enumerate(ORDER) if isinstance(event, kind))


def check_contents(monitors, events, before, after):
    """The last event about each thing says what the server says when asked."""
    root = monitors.client.root
    for event in events:
        if not isinstance(event, ConfigureNotify):
            assert event.window == root
            assert before.resources.timestamp <= event.timestamp <= after.resources.timestamp
    screens = [e for e in events if isinstance(e, ScreenChangeNotify)]
    last = screens[-1]
    first_crtc = after.crtcs[min(after.crtcs)]
    sideways = bool(first_crtc.rotation & SIDEWAYS)
    size = (last.height, last.width) if sideways else (last.width, last.height)
    assert size == (after.root.width, after.root.height)
    assert last.rotation == first_crtc.rotation
    assert last.root == root
    assert last.config_timestamp == after.resources.config_timestamp
    for crtc in {e.crtc: e for e in events if isinstance(e, CrtcChangeNotify)}.values():
        now = after.crtcs[crtc.crtc]
        assert crtc.rotation == now.rotation
        mode = after.resources.modes.get(now.mode)
        area = (now.x, now.y, mode.width, mode.height) if mode else (0, 0, 0, 0)
        assert (crtc.x, crtc.y, crtc.width, crtc.height) == area
    for output in {e.output: e for e in events if isinstance(e, OutputChangeNotify)}.values():
        now = after.outputs[output.output]
        assert (output.crtc, output.connection) == (now.crtc, now.connection)
        assert output.subpixel_order == now.subpixel_order
        assert output.config_timestamp == after.resources.config_timestamp
        crtc = after.crtcs.get(now.crtc)
        assert bool(output.mode) == bool(crtc and crtc.mode)
        assert output.rotation == (crtc.rotation if crtc else Rotation.ROTATE_0)
    for configured in [e for e in events if isinstance(e, ConfigureNotify)]:
        assert configured == root_configured(monitors.client)


@pytest.mark.parametrize(("before", "change", "expected"), CHANGES)
def test_every_change_is_told_once_and_in_order(monitors, before, change, expected):
    """ScreenChange, then the CRTCs that changed, the outputs that changed, ResourceChange, and
    the root's ConfigureNotify; each says what the server says when asked (RND-013, RND-015,
    RND-016)."""
    told_once_and_in_order(monitors, before, change, expected)


@MEDIUM
@RESIZES
@pytest.mark.parametrize(("before", "change", "expected"), CHANGES_OF_RESIZABLE)
def test_every_change_of_modes_and_sizes_is_told_once_and_in_order(
    monitors, before, change, expected
):
    """A screen that does not follow its modes tells of each change alone (RND-013, RND-015,
    RND-016, RND-022, RND-047)."""
    told_once_and_in_order(monitors, before, change, expected)


def told_once_and_in_order(monitors, before, change, expected):
    changes = Changes(monitors)
    for name in before:
        getattr(changes, name)()
    observer, state = Observer(monitors), RandrState.of(monitors)
    ServerClock(monitors.client).tick()
    getattr(changes, change)()
    events, after = observer.take(), RandrState.of(monitors)
    # The modes of an output may follow its CRTC: then it has changed as well.
    follows = after.resources.config_timestamp != state.resources.config_timestamp
    if follows and CRTC in expected and OUTPUT not in expected:
        expected = [SCREEN, CRTC, OUTPUT, ROOT]
    assert [type(event) for event in events] == expected
    check_contents(monitors, events, state, after)
    for event in events:
        if isinstance(event, CrtcChangeNotify):
            now = after.crtcs[event.crtc]
            assert (event.crtc, event.mode) == (changes.head.crtc, now.mode)
        if isinstance(event, OutputChangeNotify):
            crtc = after.crtcs.get(event.crtc)
            assert event.output == changes.head.output
            assert event.mode == (crtc.mode if crtc else 0)


@EMULATED
@ROOTLESS
@OLD_DRIVER
@pytest.mark.parametrize(
    ("before", "change"),
    [([], "to_small"), (["to_small"], "to_smaller"), (["to_small"], "move"), (["to_small"], "on")],
    ids=["other-mode", "smaller-mode", "moved", "back"],
)
def test_a_screen_that_follows_its_modes_tells_of_both_in_order(monitors, before, change):
    """However many changes one request makes: each is told in the order of the events, and the
    last say how it is in the end (RND-013, RND-015)."""
    changes = Changes(monitors)
    for name in before:
        getattr(changes, name)()
    observer, state = Observer(monitors), RandrState.of(monitors)
    getattr(changes, change)()
    events, after = observer.take(), RandrState.of(monitors)
    assert [e.crtc for e in events if isinstance(e, CrtcChangeNotify)]
    for burst in bursts(events):
        ranks = [rank(event) for event in burst]
        assert ranks == sorted(ranks)
        assert len([e for e in burst if isinstance(e, ScreenChangeNotify)]) == 1
    last = [e for e in events if isinstance(e, ConfigureNotify)][-1]
    finals = [e for e in events if not isinstance(e, ConfigureNotify)]
    check_contents(monitors, [*finals, last], state, after)


def test_size_ids_are_those_of_the_list(monitors):
    """ScreenChange has the index of the first size that is the screen's, 0xffff where none is,
    as of a screen that several CRTCs show parts of (RND-015)."""
    changes = Changes(monitors)
    observer = Observer(monitors)
    changes.primary()
    screen, *_ = observer.take()
    sizes = monitors.screen_info().sizes
    root = monitors.client.geometry(monitors.client.root)
    size = root.width, root.height
    assert size in sizes or len(monitors.monitors()) > 1
    assert screen.size_id == (sizes.index(size) if size in sizes else 0xFFFF)


@EMULATED
@ROOTLESS
def test_without_an_output_that_is_on_there_is_no_size_id(monitors, head):
    """0xffff, as no list of sizes holds then (RND-015)."""
    observer = Observer(monitors)
    head.off()
    screen, *_ = observer.take()
    assert screen.size_id == NO_SIZE


@EMULATED
@ROOTLESS
def test_a_crtc_that_is_off_has_no_mode_and_area_but_its_rotation(monitors, head):
    """CrtcChange carries the rotation that the request gave, though nothing is shown (RND-016)."""
    observer = Observer(monitors)
    monitors.set_crtc(head.crtc, 0, [], rotation=Rotation.ROTATE_180, x=5, y=6)
    (crtc,) = [e for e in observer.take() if isinstance(e, CrtcChangeNotify)]
    assert (crtc.crtc, crtc.mode) == (head.crtc, 0)
    assert (crtc.x, crtc.y, crtc.width, crtc.height) == (0, 0, 0, 0)
    assert crtc.rotation == head.info.rotation


# Xephyr crashes when it ends while turned: its end is not judged.
@pytest.mark.xserver(throwaway=True)
@EMULATED
@pytest.mark.needs(rotation=True)
@pytest.mark.parametrize(
    "rotation",
    [Rotation.ROTATE_90, Rotation.ROTATE_180, Rotation.ROTATE_270],
    ids=["90", "180", "270"],
)
def test_sizes_are_told_as_the_screen_looks_when_it_is_turned(monitors, head, rotation):
    """For a quarter turn ScreenChange has width and height, in pixels and in mm, the other way
    round than the root (RND-015)."""
    observer = Observer(monitors)
    assert head.set(head.info.mode, rotation=rotation).status == 0
    events = observer.take()
    screen = [e for e in events if isinstance(e, ScreenChangeNotify)][-1]
    root = monitors.client.geometry(monitors.client.root)
    late = RandrState.of(monitors)
    assert screen.rotation == rotation == late.crtcs[head.crtc].rotation
    pixels = (screen.width, screen.height)
    sideways = bool(rotation & SIDEWAYS)
    assert pixels == ((root.height, root.width) if sideways else (root.width, root.height))
    crtc = [e for e in events if isinstance(e, CrtcChangeNotify)][-1]
    mode = late.resources.modes[crtc.mode]
    assert (crtc.rotation, crtc.width, crtc.height) == (rotation, mode.width, mode.height)


@EMULATED
@ROOTLESS
def test_events_have_the_time_of_the_change_before(monitors, head):
    """The time of a SetCrtcConfig is noted when its events are on their way already: they carry
    that of the change before, and Configure nothing of it (RND-013, RND-028)."""
    clock = ServerClock(monitors.client)
    info, observer = head.info, Observer(monitors)
    clock.tick()
    off = head.off()
    first = observer.take()
    clock.tick()
    head.set(info.mode, info.x, info.y)
    second = observer.take()
    assert {e.timestamp for e in first if not isinstance(e, ConfigureNotify)} == {info.timestamp}
    assert {e.timestamp for e in second if not isinstance(e, ConfigureNotify)} == {off.timestamp}


def ask_everything(monitors, head):
    requests, root = monitors.requests, monitors.client.root
    monitors.known()
    monitors.crtc(head.crtc)
    monitors.output(head.output)
    monitors.monitors()
    requests.GetScreenSizeRange(root).reply()
    requests.GetCrtcGamma(head.crtc).reply()
    requests.GetCrtcTransform(head.crtc).reply()
    requests.GetPanning(head.crtc).reply()
    requests.GetProviders(root).reply()
    requests.ListOutputProperties(head.output).reply()


def same_gamma(monitors, head):
    gamma = monitors.requests.GetCrtcGamma(head.crtc).reply()
    size = monitors.requests.GetCrtcGammaSize(head.crtc).reply().size
    monitors.requests.SetCrtcGamma(
        head.crtc, size, list(gamma.red), list(gamma.green), list(gamma.blue)
    )


NO_OPS = {
    "same configuration": lambda m, h: h.set(h.info.mode, h.info.x, h.info.y),
    "same configuration, old timestamp": lambda m, h: h.set(
        h.info.mode, h.info.x, h.info.y, timestamp=1
    ),
    "same primary output": lambda m, h: m.set_primary(m.primary()),
    "mode made": lambda m, h: m.create_mode(48, 32, "unused"),
    "mode made and destroyed": lambda m, h: m.destroy_mode(m.create_mode(48, 32, "unused").id),
    "mode that is listed": lambda m, h: m.add_mode(h.output, h.info.mode),
    "questions": ask_everything,
    "gamma": same_gamma,
    "root's attributes": lambda m, h: m.client.core.ChangeWindowAttributes(
        m.client.root, CW.BackPixel, [5]
    ),
    "another selection": lambda m, h: m.requests.SelectInput(m.client.root, 0xFF),
}


@pytest.mark.parametrize("no_op", NO_OPS)
def test_what_changes_nothing_is_not_told(monitors, head, no_op):
    """No RANDR event, no ConfigureNotify, and no change (RND-017, RND-072, RND-074)."""
    ServerClock(monitors.client).tick()
    provoke(monitors)
    # Whoever connected before a change is told of it with each selection: start afterwards.
    observer, before = Observer(monitors), RandrState.of(monitors)
    if no_op == "another selection":
        before_events = len(monitors.client.events)
        NO_OPS[no_op](monitors, head)
        events = monitors.events(before_events)
        assert {type(e) for e in events} <= {SCREEN, CRTC, OUTPUT}
        return
    NO_OPS[no_op](monitors, head)
    assert observer.take() == []
    after = RandrState.of(monitors)
    assert (after.root, after.crtcs.keys()) == (before.root, before.crtcs.keys())
    assert after.resources.config_timestamp == before.resources.config_timestamp
    assert head.info.mode == before.crtcs[head.crtc].mode


@EMULATED
@ROOTLESS
def test_what_changes_nothing_stays_untold_after_a_change(monitors, head):
    """Off twice, on twice: each first one is told, each second one is not (RND-017)."""
    info = head.info
    observer = Observer(monitors)
    told = []
    for _ in range(2):
        head.off()
        told.append(bool(observer.take()))
    for _ in range(2):
        head.set(info.mode, info.x, info.y)
        told.append(bool(observer.take()))
    assert told == [True, False, True, False]


def test_each_window_is_told_in_the_order_of_the_tree(monitors, connect):
    """The root, then its children from the top, each with its own children before the next; each
    window gets all its events before the next window does (RND-014)."""
    changer, client = Monitors(connect("changer")), monitors.client
    lower = client.window(20, 20, events=0)
    inner = client.window(5, 5, events=0, parent=lower.id)
    upper = client.window(20, 20, events=0)
    provoke(changer)
    mask = NotifyMask.SCREEN_CHANGE | NotifyMask.OUTPUT_CHANGE
    for window in (inner.id, lower.id, client.root, upper.id):
        monitors.select(mask, window)
    client.sync()
    since = len(client.events)
    Changes(changer).primary()
    changer.client.sync()
    events = [e for e in monitors.events(since) if not isinstance(e, ConfigureNotify)]
    order = [client.root, upper.id, lower.id, inner.id]
    expected = [(window, kind) for window in order for kind in (SCREEN, OUTPUT)]
    got = [(event.window, type(event)) for event in events]
    # Two modes were added and the primary output changed: three changes of the same kind.
    assert got == expected * 3


def test_restacking_changes_the_order(monitors, connect):
    """The tree counts as it is at the change, not as it was at the selection (RND-014)."""
    changer, client = Monitors(connect("changer")), monitors.client
    first, second = client.window(20, 20, events=0), client.window(20, 20, events=0)
    provoke(changer)
    for window in (first.id, second.id):
        monitors.select(NotifyMask.SCREEN_CHANGE, window)
    first.configure(stack_mode=0)
    client.sync()
    since = len(client.events)
    changer.set_primary(0 if changer.primary() else changer.known().outputs[0])
    changer.client.sync()
    assert [event.window for event in monitors.events(since)] == [first.id, second.id]


@EMULATED
@ROOTLESS
def test_every_client_gets_what_it_selected(monitors, head, connect):
    """Kinds and windows of one client do not matter to another (RND-013, RND-014)."""
    wishes = {
        "screen": NotifyMask.SCREEN_CHANGE,
        "crtc": NotifyMask.CRTC_CHANGE,
        "output": NotifyMask.OUTPUT_CHANGE,
        "all": randr.ALL_EVENTS,
        "nothing": 0,
    }
    provoke(monitors)
    listeners = {name: Monitors(connect(name)) for name in wishes}
    since = {}
    for name, mask in wishes.items():
        listeners[name].select(mask)
        listeners[name].client.sync()
        since[name] = len(listeners[name].client.events)
    head.off()
    got = {
        name: [type(event) for event in listener.events(since[name])]
        for name, listener in listeners.items()
    }
    assert got == {
        "screen": [SCREEN],
        "crtc": [CRTC],
        "output": [OUTPUT],
        "all": [SCREEN, CRTC, OUTPUT],
        "nothing": [],
    }


@EMULATED
@ROOTLESS
def test_the_root_is_configured_once_for_those_who_ask_the_core_only(monitors, head, connect):
    """Clients without any RANDR selection hear the same ConfigureNotify (RND-013, RND-046)."""
    provoke(monitors)
    client = connect("old-fashioned")
    client.core.ChangeWindowAttributes(client.root, CW.EventMask, [EventMask.StructureNotify])
    client.sync()
    size = client.geometry(client.root)
    head.off()
    client.sync()
    assert [event.name for event in client.events] == ["ConfigureNotify"]
    assert client.geometry(client.root) == size


@EMULATED
@TOLD_TWICE
@ONCE
@pytest.mark.xserver(swapped=True)
def test_events_are_written_in_the_clients_byte_order(monitors, head, connect_wire):
    """A big-endian client reads the same events as the other (RND-013, RND-015, RND-016)."""
    own, foreign = told_in_both_orders(monitors, head, connect_wire, 0x7F)
    assert foreign == own
    assert len(own) == 9


@EMULATED
@ROOTLESS
@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize(
    ("mask", "kind"),
    [
        (NotifyMask.SCREEN_CHANGE, SCREEN),
        (NotifyMask.CRTC_CHANGE, CRTC),
        (NotifyMask.OUTPUT_CHANGE, OUTPUT),
    ],
    ids=["screen", "crtc", "output"],
)
def test_events_of_one_kind_are_written_in_the_clients_byte_order(
    monitors, head, connect_wire, mask, kind
):
    """So they are without others before them, whose fields could show through (RND-013, RND-015,
    RND-016)."""
    own, foreign = told_in_both_orders(monitors, head, connect_wire, mask)
    expected = [event for event in own if isinstance(event, kind)]
    assert expected
    assert foreign == expected


def told_in_both_orders(monitors, head, connect_wire, mask):
    """What three changes tell a client of the server's order, and a big-endian one of ``mask``.

    The root's ConfigureNotify is heard by both and not among it.
    """
    info = head.info
    observer = Observer(monitors)
    wire = connect_wire(">")
    wire.request(2, 0, wire.pack("III", wire.root, CW.EventMask, EventMask.StructureNotify))
    major = wire.major("RANDR")
    wire.request(major, 4, wire.pack("IH2x", wire.root, mask))
    wire.sync()
    wire.events.clear()
    head.off()
    head.set(info.mode, info.x, info.y, timestamp=0x00010203)
    head.off()
    own = [event for event in observer.take() if not isinstance(event, ConfigureNotify)]
    wire.sync()
    wire.close()
    first = monitors.client.numbers("RANDR").first_event
    numbered = [data for data in wire.events if data[0] & 0x7F in (first, first + 1)]
    foreign = [randr.decode_event((data[0] & 0x7F) - first, data, ">") for data in numbered]
    return own, foreign


@EMULATED
@ROOTLESS
@FREED_TWICE
@pytest.mark.xserver(reset=True, swapped=True)
def test_every_generation_tells_what_the_first_one_did(connect, connect_wire):
    """Clients of either byte order, of a CRTC that goes off, on and off (RND-013, RND-015, RND-016,
    RND-225)."""
    told = []
    for _ in range(3):
        client = new_generation(connect)
        monitors = Monitors(client)
        head = Head.first(monitors)
        info = head.info
        own, foreign = told_in_both_orders(monitors, head, connect_wire, 0x7F)
        assert foreign == own
        told.append([type(event) for event in own])
        # Drivers keep their CRTCs as they are.
        head.set(info.mode, info.x, info.y)
        client.close()
    assert CRTC in told[0]
    assert told[1:] == told[:1] * 2


@RESIZES
@pytest.mark.needs(crtcs=2)
@MEDIUM
def test_only_the_crtc_that_changed_is_told_of(monitors):
    """Others, on or off, are not mentioned, and neither are their outputs (RND-013)."""
    first, second, *_ = Head.all(monitors)
    one, two = first.add_mode(320, 200), second.add_mode(96, 80)
    first.set(one.id)
    second.set(two.id, 400, 300)
    observer = Observer(monitors)
    for head, mode in ((first, one), (second, two)):
        head.set(mode.id, 11, 12)
        crtcs = [e for e in observer.take() if isinstance(e, CrtcChangeNotify)]
        assert [(e.crtc, e.mode, e.x, e.y) for e in crtcs] == [(head.crtc, mode.id, 11, 12)]
        head.off()
        events = observer.take()
        assert [e.crtc for e in events if isinstance(e, CrtcChangeNotify)] == [head.crtc]
        assert [e.output for e in events if isinstance(e, OutputChangeNotify)] == [head.output]


@RESIZES
@pytest.mark.needs(crtcs=2)
def test_the_screens_rotation_is_that_of_the_first_crtc(monitors):
    """ScreenChange names it even when that CRTC is off and another is on (RND-015)."""
    first, second, *_ = Head.all(monitors)
    mode = second.add_mode(96, 80)
    second.set(mode.id)
    first.off()
    observer = Observer(monitors)
    second.off()
    screen, *_ = observer.take()
    assert screen.rotation == first.info.rotation


@pytest.mark.xserver(swapped=True, fresh=True)
def test_changes_of_resources_are_told_in_the_clients_byte_order(presenter, connect_wire):
    """Servers that owe that event from their start tell both clients of the same (RND-126)."""
    monitors, wire = Monitors(presenter), connect_wire(FOREIGN)
    monitors.known()
    wire.request(wire.major("RANDR"), 4, wire.pack("IH2x", wire.root, NotifyMask.RESOURCE_CHANGE))
    wire.sync()
    observer = Observer(monitors, NotifyMask.RESOURCE_CHANGE, root=False, drained=False)
    provoke(monitors)
    own = observer.take()
    if not own:
        pytest.skip("needs a server that owes its first clients a change of resources")
    wire.sync()
    first = presenter.numbers("RANDR").first_event
    told = [randr.decode_event((data[0] & 0x7F) - first, data, FOREIGN) for data in wire.events]
    assert told == own
