# SPDX-License-Identifier: MIT
"""Xephyr's window on its host: what it shows, where it is, and what comes in through it."""

import struct
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xcffib.randr
import xcffib.res
from xcffib.composite import Redirect
from xcffib.xproto import COLORITEM, CW, Atom, ColorFlag, EventMask, GrabMode, GrabStatus

from harness.capture.crtc import turned
from harness.capture.get_image import capture, capture_root
from harness.capture.host_window import window_on_host
from harness.clients.connection.client import EVENT_SECONDS, Client
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer, root_configured
from harness.clients.resources.window import Window
from harness.deadlines import Deadline
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.servers.attached import attach
from harness.servers.errors import ServerDied, ServerRefused
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.servers.wrapper import parse_wrapper
from harness.x11.core_events import PropertyNotify
from harness.x11.randr import Rotation, ScreenChangeNotify
from suites.cursors import warp
from suites.own_screens import own_screens

WIDTH, HEIGHT = 61, 47

pytestmark = [
    pytest.mark.usefixtures("startable"),
    pytest.mark.needs("RANDR", servers="xephyr", reason="a screen in a window"),
    pytest.mark.xserver(any_depth=True),
]

ALL_CHANNELS = ColorFlag.Red | ColorFlag.Green | ColorFlag.Blue
P_MIN_SIZE, P_MAX_SIZE = 16, 32
"""Flags of WM_NORMAL_HINTS (ICCCM 4.1.2.3)."""

USUAL_SIZES = [
    *[(1600, 1200), (1400, 1050), (1280, 960), (1280, 1024), (1152, 864), (1024, 768), (832, 624)],
    *[(800, 600), (720, 400), (480, 640), (640, 480), (640, 400), (320, 240), (240, 320)],
    (160, 160),
]

NOT_SHARED = "env XEPHYR_NO_SHM=1"
"""The environment of a Xephyr that sends the pixels instead of sharing them."""

DEPTHS = pytest.mark.parametrize("depth", [8, 16, 24])
PATHS = pytest.mark.parametrize("wrapper", ["", NOT_SHARED], ids=["shared", "sent"])
ROTATIONS = pytest.mark.parametrize(
    "rotation",
    [turn | flip for turn in (1, 2, 4, 8) for flip in (0, Rotation.REFLECT_X, Rotation.REFLECT_Y)],
    ids=lambda rotation: str(int(rotation)),
)


@pytest.fixture
def host(server):
    """A client of the host."""
    host = server.spec.host
    with attach(host.display, host.authority) as attached, Client(attached, name="host") as client:
        yield client


@pytest.fixture
def start(server):
    """Starts a Xephyr with these options, whose screen is ``size`` (width, height, depth); returns
    it with a client."""
    with ExitStack() as ending:

        def start(*options, size=(WIDTH, HEIGHT, 24), wrapper="", **changes):
            words = parse_wrapper(wrapper) if wrapper else ()
            spec = own_screens(server.spec, options, size, wrapper=words, **changes)
            own = ending.enter_context(launch(spec))
            return own, ending.enter_context(Presenter(own, name="client"))

        yield start


def of_size(size):
    """The option for a screen of this size (width, height, depth)."""
    return "-screen", "x".join(map(str, size))


@contextmanager
def redirected(window):
    """``window``, which keeps its pixels wherever other windows are."""
    window.redirect(Redirect.Automatic)
    window.client.sync()
    yield window
    window.unredirect(Redirect.Automatic)
    window.client.sync()


def painted(client):
    """By now the server has shown all that this client has drawn: it does before it waits."""
    for _ in range(2):
        client.sync()
    with Client(client.server, name="witness") as witness:
        witness.sync()


def on_host(client):
    """``client``'s server's picture as its host should show it: 24 bits, with the bits that the
    screen has, and a mask of these."""
    pixels = capture_root(client).pixels
    if client.depth == 8:
        colours = client.core.QueryColors(client.screen.default_colormap, 256, range(256)).reply()
        table = [c.red >> 8 << 16 | c.green >> 8 << 8 | c.blue >> 8 for c in colours.colors]
        return np.array(table, np.uint32)[pixels], 0xFFFFFF
    if client.depth == 16:
        wide = pixels.astype(np.uint32)
        return (wide & 0xF800) << 8 | (wide & 0x7E0) << 5 | (wide & 0x1F) << 3, 0xF8FCF8
    return pixels & 0xFFFFFF, 0xFFFFFF


def check(client, window, rotation=Rotation.ROTATE_0):
    """The host's window shows the screen."""
    painted(client)
    expected, mask = on_host(client)
    shown = capture(window).pixels & mask
    Canvas(window.width, window.height, 24).paste(turned(expected, rotation) & mask).check(
        Canvas(window.width, window.height, 24).paste(shown).frame
    )


@PATHS
@DEPTHS
def test_what_is_drawn_is_shown(start, host, depth, wrapper):
    """The window shows each pixel that has changed, at its place, in the colour that it has on the
    screen, and leaves others alone (RND-200)."""
    size = (WIDTH, HEIGHT, depth)
    own, client = start(*of_size(size), size=size, wrapper=wrapper)
    with redirected(window_on_host(host, own.pid)) as window:
        assert (window.width, window.height) == (WIDTH, HEIGHT)
        drawn = client.window(WIDTH, HEIGHT, events=0)
        drawn.put(chart_pixels(WIDTH, HEIGHT, depth))
        check(client, window)
        for at, (x, y) in enumerate([(0, 0), (WIDTH - 7, 3), (20, HEIGHT - 5)]):
            client.window(7, 5, x=x, y=y, events=0).put(chart_pixels(7, 5, depth, seed=at + 1))
            check(client, window)
        # What it does not paint keeps what somebody else has drawn there.
        canvas = np.full((HEIGHT, WIDTH), 0xFFFFFF, np.uint32)
        window.fill("white")
        host.sync()
        client.window(9, 8, x=30, y=20, events=0).put(chart_pixels(9, 8, depth, seed=9))
        painted(client)
        expected, mask = on_host(client)
        canvas[20:28, 30:39] = expected[20:28, 30:39]
        Canvas(WIDTH, HEIGHT, 24).paste(canvas & mask).check(
            Canvas(WIDTH, HEIGHT, 24).paste(capture(window).pixels & mask).frame
        )


@PATHS
@DEPTHS
def test_what_the_window_lost_is_shown_again(start, host, depth, wrapper):
    """All of it, whatever part was covered, once the last part is told (RND-201)."""
    size = (WIDTH, HEIGHT, depth)
    own, client = start(*of_size(size), size=size, wrapper=wrapper)
    client.window(WIDTH, HEIGHT, events=0).put(chart_pixels(WIDTH, HEIGHT, depth))
    with redirected(window_on_host(host, own.pid)) as window:
        check(client, window)
        window.fill("white")
        painted(client)
        assert (capture(window).pixels == 0xFFFFFF).all()
        host.core.ClearArea(1, window.id, 50, 40, 3, 2)
        host.sync()
        check(client, window)


@DEPTHS
@ROTATIONS
def test_a_turned_screen_is_shown_turned(start, host, depth, rotation):
    """Reflected, then rotated, with each change (RND-200)."""
    size = (WIDTH, HEIGHT, depth)
    own, client = start(*of_size(size), size=size)
    with redirected(window_on_host(host, own.pid)) as window, upright_at_end(client) as turn:
        turn(rotation)
        root = client.geometry(client.root)
        client.window(root.width, root.height, events=0).put(
            chart_pixels(root.width, root.height, depth)
        )
        check(client, window, rotation)
        client.window(9, 6, x=20, y=30, events=0).put(chart_pixels(9, 6, depth, seed=1))
        check(client, window, rotation)


@contextmanager
def upright_at_end(client):
    """Function that turns the only CRTC, which is turned back: some servers end badly else."""
    monitors = Monitors(client)
    crtc = monitors.crtc(monitors.resources().crtcs[0])

    def turn(rotation):
        painted(client)
        assert monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation).status == 0

    try:
        yield turn
    finally:
        turn(Rotation.ROTATE_0)


@PATHS
def test_colours_that_change_are_shown_at_once(start, host, wrapper):
    """Each pixel of a colour that is stored anew, and no other (RND-200)."""
    size = (WIDTH, HEIGHT, 8)
    own, client = start(*of_size(size), size=size, wrapper=wrapper)
    colormap = client.screen.default_colormap
    cells = client.core.AllocColorCells(0, colormap, 3, 0).reply().pixels
    with redirected(window_on_host(host, own.pid)) as window:
        pixels = chart_pixels(WIDTH, HEIGHT, 8)
        for at, cell in enumerate(cells):
            pixels[10 * at : 10 * at + 5] = cell
        client.window(WIDTH, HEIGHT, events=0).put(pixels)
        check(client, window)
        for first in (0x11, 0x82, 0xFD):
            colours = [(first + at, 255 - first, 3 * at) for at in range(len(cells))]
            stored = [
                COLORITEM.synthetic(cell, *(one << 8 for one in colour), ALL_CHANNELS)
                for cell, colour in zip(cells, colours, strict=True)
            ]
            client.core.StoreColors(colormap, len(stored), stored)
            check(client, window)
            shown = capture(window).pixels
            for at, (red, green, blue) in enumerate(colours):
                band = shown[10 * at : 10 * at + 5] & 0xFFFFFF
                assert (band == (red << 16 | green << 8 | blue)).all()


def property_of(window, name):
    """The value of a property of this window (bytes)."""
    client = window.client
    reply = client.core.GetProperty(0, window.id, client.atom(name), 0, 0, 1000).reply()
    return reply.value.buf()


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


KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION_NOTIFY = 2, 3, 4, 5, 6
SHIFT, LOCK, CONTROL, MOD_1 = 1, 2, 4, 8


def is_of(event, code):
    return event.data[0] & 0x7F == code


@dataclass(frozen=True, slots=True)
class Input:
    """A window of the host, and ``client`` of the server that it is of."""

    client: Client
    window: Window

    def send(self, code, detail=0, x=0, y=0, state=0):
        """Tell the server of the host's pointer or keyboard; the event that ``client`` is told:
        detail, place on the root and state."""
        since = len(self.client.events)
        self.say(code, detail, x, y, state)
        deadline = Deadline.after(EVENT_SECONDS)
        # Xephyr may keep what its host tells it until a client asks for something.
        while not (told := [one for one in self.client.events[since:] if is_of(one, code)]):
            assert not deadline.passed, f"event {code} never came"
            self.client.sync()
        data = told[0].data
        place_and_state = struct.unpack_from("=hhhhH", data, 20)
        return data[1], place_and_state[:2], place_and_state[4]

    def say(self, code, detail, x, y, state):
        """Tell it, and wait for nothing."""
        host = self.window.client
        event = struct.pack(
            *("=BBHIIIIhhhhHBx", code, detail, 0, 0, host.root, self.window.id, 0),
            *(x, y, x, y, state, 1),
        )
        host.core.SendEvent(0, self.window.id, 0, event)
        host.sync()


@pytest.fixture
def enter(host):
    """Function that gives the input of the server of ``own`` and its client."""

    def enter(own, client):
        mask = EventMask.PointerMotion | EventMask.ButtonPress | EventMask.ButtonRelease
        mask |= EventMask.KeyPress | EventMask.KeyRelease
        client.core.ChangeWindowAttributes(client.root, CW.EventMask, [mask])
        client.sync()
        entered = Input(client, window_on_host(host, own.pid))
        # Where the pointer enters the screen is a motion on some servers only.
        entered.say(MOTION_NOTIFY, 0, 3, 3, 0)
        entered.send(BUTTON_PRESS, 1)
        entered.send(BUTTON_RELEASE, 1, state=0x100)
        return entered

    return enter


@ROTATIONS
def test_the_pointer_is_where_the_window_shows_its_place(start, enter, rotation):
    """Corners, edges and the inside, of a turned screen too (RND-203)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    with upright_at_end(client) as turn:
        turn(rotation)
        root = client.geometry(client.root)
        numbers = np.arange(root.width * root.height).reshape(root.height, root.width)
        shown = turned(numbers, rotation)
        pointer = enter(own, client)
        for x, y in [(0, 0), (WIDTH - 1, 0), (0, HEIGHT - 1), (WIDTH - 1, HEIGHT - 1), (13, 29)]:
            warp(client, 7, 9)
            _, place, _ = pointer.send(MOTION_NOTIFY, x=x, y=y)
            assert place == (shown[y, x] % root.width, shown[y, x] // root.width)


def test_buttons_are_those_of_the_host(start, enter):
    """Each for itself, where the pointer is; several may be down (RND-203)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    pointer = enter(own, client)
    pointer.send(MOTION_NOTIFY, x=30, y=20)
    for button in (1, 2, 3, 4, 5):
        assert pointer.send(BUTTON_PRESS, button) == (button, (30, 20), 0)
        assert pointer.send(BUTTON_RELEASE, button) == (button, (30, 20), 0x80 << button)
    pointer.send(BUTTON_PRESS, 1)
    assert pointer.send(BUTTON_PRESS, 3) == (3, (30, 20), 0x100)
    assert pointer.send(MOTION_NOTIFY, x=31, y=20)[2] == 0x500
    assert pointer.send(BUTTON_RELEASE, 1)[2] == 0x500
    assert pointer.send(BUTTON_RELEASE, 3)[2] == 0x400


def test_keys_are_those_of_the_host(start, enter):
    """Each code is that of the host's key, which stays down until it is let go there (RND-203)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    keyboard = enter(own, client)
    for key in (38, 24, 65):
        assert not down(client)
        assert keyboard.send(KEY_PRESS, key)[0] == key
        assert down(client) == {key}
        assert keyboard.send(KEY_RELEASE, key)[0] == key


def down(client):
    """The keys that the server has as pressed."""
    bits = client.core.QueryKeymap().reply().keys
    return {key for key in range(256) if bits[key // 8] >> key % 8 & 1}


@pytest.mark.parametrize("state", [SHIFT, LOCK, CONTROL, MOD_1, SHIFT | MOD_1])
def test_modifiers_follow_the_host(start, enter, state):
    """What was pressed or locked outside of the window is so with the next key or button, and not
    when it no longer is (RND-203)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    pointer = enter(own, client)
    assert pointer.send(BUTTON_PRESS, 1, state=state)[2] == state
    assert pointer.send(BUTTON_RELEASE, 1, state=state | 0x100)[2] == state | 0x100
    assert pointer.send(KEY_PRESS, 38, state=state)[2] == state
    assert pointer.send(KEY_RELEASE, 38, state=state)[2] == state
    assert pointer.send(BUTTON_PRESS, 1)[2] == 0
    assert pointer.send(BUTTON_RELEASE, 1, state=0x100)[2] == 0x100


@pytest.mark.parametrize("keys", [("Shift_L", "Control_L"), ("Control_R", "Shift_R")], ids=str)
def test_control_and_shift_grab_and_release_the_hosts_input(start, host, enter, keys):
    """When the first of them is let go, which the title of the window tells (RND-203)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    keyboard = enter(own, client)
    window = keyboard.window
    host.core.ChangeWindowAttributes(window.id, CW.EventMask, [EventMask.PropertyChange])
    assert not grabbed(host)
    for _ in range(2):
        for words, held in ((b"releases", True), (b"grabs", False)):
            since = len(host.events)
            let_go(keyboard, keys)
            host.wait_for(of_title, "the title of the window", since=since)
            title = b"(ctrl+shift " + words + b" mouse and keyboard)"
            assert property_of(window, "WM_NAME").endswith(title)
            assert grabbed(host) is held


def of_title(event):
    return isinstance(event.core, PropertyNotify) and event.core.atom == Atom.WM_NAME


@pytest.mark.parametrize(
    ("option", "held", "keys"),
    [
        ("-no-host-grab", 0, ("Shift_L", "Control_L")),
        ("-noxv", MOD_1, ("Shift_L", "Control_L")),
        ("-noxv", 0, ("Shift_L",)),
        ("-noxv", 0, ("Control_L",)),
    ],
    ids=str,
)
def test_other_keys_grab_nothing(start, host, enter, option, held, keys):
    """One of the two alone, both with Alt, and both where an option says so (RND-203)."""
    own, client = start(option, *of_size((WIDTH, HEIGHT, 24)))
    keyboard = enter(own, client)
    let_go(keyboard, keys, held)
    assert not grabbed(host)
    assert b"releases" not in property_of(keyboard.window, "WM_NAME")


def test_alt_that_was_down_with_them_grabs_nothing(start, host, enter):
    """Until all three are up: the host's own shortcuts have all of them (RND-203)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)))
    keyboard = enter(own, client)
    let_go(keyboard, ("Shift_L", "Control_L"), MOD_1, held_at_end=0)
    assert not grabbed(host)
    keyboard.send(BUTTON_PRESS, 1)
    keyboard.send(BUTTON_RELEASE, 1, state=0x100)
    keyboard.send(KEY_PRESS, 38)
    keyboard.send(KEY_RELEASE, 38)
    let_go(keyboard, ("Shift_L", "Control_L"))
    assert grabbed(host)
    let_go(keyboard, ("Shift_L", "Control_L"))


KEYSYMS = {"Shift_L": 0xFFE1, "Shift_R": 0xFFE2, "Control_L": 0xFFE3, "Control_R": 0xFFE4}


def let_go(keyboard, keys, held=0, held_at_end=None):
    """Press these keys in this order, with the modifiers that are ``held``, and let them go, with
    these or those that still are."""
    at_end = held if held_at_end is None else held_at_end
    least, most = keyboard.client.setup.min_keycode, keyboard.client.setup.max_keycode
    table = keyboard.client.core.GetKeyboardMapping(least, most - least + 1).reply()
    first = table.keysyms[:: table.keysyms_per_keycode]
    states = [SHIFT if key.startswith("Shift") else CONTROL for key in keys]
    codes = [least + first.index(KEYSYMS[key]) for key in keys]
    for at, code in enumerate(codes):
        keyboard.send(KEY_PRESS, code, state=held | sum(states[:at]))
    for at, code in enumerate(codes):
        keyboard.send(KEY_RELEASE, code, state=at_end | sum(states[at:]))


def grabbed(host):
    """Whether another client has grabbed the pointer and the keyboard of ``host``; both or none."""
    core = host.core
    pointer = (
        core.GrabPointer(0, host.root, 0, GrabMode.Async, GrabMode.Async, 0, 0, 0).reply().status
    )
    keyboard = core.GrabKeyboard(0, host.root, 0, GrabMode.Async, GrabMode.Async).reply().status
    core.UngrabPointer(0)
    core.UngrabKeyboard(0)
    assert pointer == keyboard
    return pointer == GrabStatus.AlreadyGrabbed


@pytest.mark.parametrize("of_its_own", [(61, 47), (1000, 333), (640, 480)], ids=str)
def test_usual_sizes_are_offered_besides_that_of_the_start(start, of_its_own):
    """The output is as large in millimetres as one of them with the pixels of the screen: the
    largest or the first of the list, or the current one (RND-205)."""
    _, client = start("-dpi", "64", *of_size((*of_its_own, 24)), size=(*of_its_own, 24))
    reply = client.extension(xcffib.randr).GetScreenInfo(client.root).reply()
    offered = {(one.width, one.height): (one.mwidth, one.mheight) for one in reply.sizes}
    assert set(USUAL_SIZES) | {of_its_own} <= offered.keys()
    assert len(offered) == len(reply.sizes)
    width, height = client.screen.width_in_millimeters, client.screen.height_in_millimeters
    (of_output,) = set(offered.values())
    assert of_output in [
        (size[0] * width // of_its_own[0], size[1] * height // of_its_own[1])
        for size in (USUAL_SIZES[0], of_its_own)
    ]


def test_each_size_that_is_set_is_told(start):
    """Also one as wide or as high as the size before: in events, to newcomers, and by the root
    (RND-205, RND-015)."""
    own, client = start(*of_size((640, 480, 24)), size=(640, 480, 24))
    monitors = Monitors(client)
    for size in ((640, 400), (320, 240), (240, 320), (480, 640), (640, 480)):
        observer = Observer(monitors)
        info = monitors.screen_info()
        reply = monitors.requests.SetScreenConfig(
            *(client.root, 0, info.config_timestamp, info.sizes.index(size), 1, 0)
        ).reply()
        assert reply.status == 0
        told = observer.take()
        assert root_configured(client) in told
        root = client.geometry(client.root)
        assert (root.width, root.height) == size
        *_, changed = (event for event in told if isinstance(event, ScreenChangeNotify))
        assert (changed.width, changed.height) == size
        with Client(own, name="newcomer") as newcomer:
            screen = newcomer.screen
            assert (screen.width_in_pixels, screen.height_in_pixels) == size


@pytest.mark.parametrize("words", ["@90", "@180", "@270", "@0X", "@90Y"])
def test_a_screen_can_start_turned(start, host, words):
    """RANDR then calls that upright (RND-200)."""
    turn = {"0": 1, "90": 2, "180": 4, "270": 8}[words.strip("@XY")]
    rotation = turn | (Rotation.REFLECT_X if "X" in words else 0)
    rotation |= Rotation.REFLECT_Y if "Y" in words else 0
    size = (HEIGHT, WIDTH) if turn & 0b1010 else (WIDTH, HEIGHT)
    own, client = start("-screen", f"{WIDTH}x{HEIGHT}{words}x24", size=(*size, 24))
    with redirected(window_on_host(host, own.pid)) as window:
        client.window(*size, events=0).put(chart_pixels(*size, 24))
        check(client, window, rotation)


def test_pixels_are_shared_with_the_host_that_can(start, host):
    """In one segment for a screen, which is passed by a descriptor and none of System V's; else the
    log says that they are sent (RND-206)."""
    segments, words = [], []
    for wrapper in ("", NOT_SHARED):
        own, _ = start(*of_size((WIDTH, HEIGHT, 24)), wrapper=wrapper)
        _, mapped, resources = held(own.pid, window_on_host(host, own.pid))
        segments.append((mapped, sum(resources.values())))
        words.append("unable to use SHM" in own.log_tail(100))
        assert "/SYSV" not in Path("/proc", str(own.pid), "maps").read_text()
        own.stop()
    assert words == [False, True]
    assert [one - other for one, other in zip(*segments, strict=True)] == [1, 1]


@PATHS
def test_a_screen_that_changes_gives_back_what_it_had(start, host, wrapper):
    """Its memory, descriptors and resources on the host are those of the screen that there is
    (RND-206)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)), wrapper=wrapper)
    window = window_on_host(host, own.pid)
    with upright_at_end(client) as turn:
        turn(Rotation.ROTATE_90)
        turn(Rotation.ROTATE_0)
        before = held(own.pid, window)
        for _ in range(3):
            turn(Rotation.ROTATE_180)
            turn(Rotation.ROTATE_0)
        assert held(own.pid, window) == before


def held(pid, window):
    """Descriptors and shared memory of a process, and the resources of its ``window``'s client."""
    client = window.client
    types = client.extension(xcffib.res).QueryClientResources(window.id).reply().types
    process = Path("/proc", str(pid))
    mapped = (process / "maps").read_text().splitlines()
    return (
        len(list((process / "fd").iterdir())),
        sum(line.split()[1].endswith("s") for line in mapped),
        {one.resource_type: one.count for one in types},
    )


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
