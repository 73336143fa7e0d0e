# SPDX-License-Identifier: MIT
"""Xephyr's window on its host: the pointer, buttons, keys and grabs that come in through it."""

import struct
from dataclasses import dataclass

import numpy as np
import pytest
from xcffib.xproto import CW, Atom, EventMask, GrabMode, GrabStatus

from harness.capture.crtc import turned
from harness.capture.host_window import window_on_host
from harness.clients.connection.client import EVENT_SECONDS, Client
from harness.clients.resources.window import Window
from harness.deadlines import Deadline
from harness.x11.core_events import PropertyNotify
from suites.cursors import warp
from suites.randr.xephyr.screens import (
    HEIGHT,
    ROTATIONS,
    WIDTH,
    XEPHYR,
    of_size,
    property_of,
    upright_at_end,
)

pytestmark = XEPHYR


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
