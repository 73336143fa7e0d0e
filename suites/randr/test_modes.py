# SPDX-License-Identifier: MIT
"""Modes that clients make: created, listed, added to outputs, shown, and taken away."""

import struct

import pytest
from xcffib.randr import ModeInfo

from harness.clients.randr.monitors import Monitors
from harness.clients.randr.session import RandrSession
from harness.x11.randr import OutputChangeNotify, ScreenChangeNotify
from suites.marks import AFTER_21, BYTE_ORDERS, FOREIGN, MEDIUM, ROOTLESS

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

CREATE, DESTROY, ADD, DELETE = 16, 17, 18, 19

INFO = "I2HI6H2HI"
"""The fields of a mode: id, size, clock, horizontal and vertical timing, name length, flags."""

TIMING = (320, 240, 0x01020304, 328, 360, 400, 0x0707, 243, 249, 260)
"""Numbers that differ turned round, but for the skew: servers forget that one."""


class ModeSession(RandrSession):
    """Modes of the first output."""

    def modes(self):
        return self.monitors.output(self.output).modes

    def listed(self):
        return self.monitors.resources(current=True).modes

    def infos(self):
        """The fields of every listed mode, by id."""
        reply = self.monitors.requests.GetScreenResourcesCurrent(self.client.root).reply()
        return {info.id: struct.unpack(f"={INFO}", info.pack()) for info in reply.modes}

    def send_create(self, name=b"", length=None, window=None, tail=None):
        """CreateMode with anything wrong."""
        tail = name + bytes(-len(name) % 4) if tail is None else tail
        info = (0, *TIMING, len(name) if length is None else length, 0)
        data = struct.pack(f"=4xI{INFO}", self.client.root if window is None else window, *info)
        self.client.send_raw("RANDR", CREATE, data + tail)

    def check_events(self, *outputs):
        """Exactly one change of ``outputs`` was told."""
        screen, *changes = self.observer.take()
        assert isinstance(screen, ScreenChangeNotify)
        assert all(isinstance(change, OutputChangeNotify) for change in changes)
        assert [change.output for change in changes] == list(outputs)
        resources = self.monitors.resources(current=True)
        for change in (screen, *changes):
            assert change.timestamp == resources.timestamp
            assert change.config_timestamp == resources.config_timestamp
        for change in changes:
            output = self.monitors.output(change.output)
            assert (change.crtc, change.connection) == (output.crtc, output.connection)


@pytest.fixture
def desk(connect):
    """With the modes of the first output."""
    return ModeSession(connect("desk"))


def test_a_mode_is_listed_as_it_was_created(desk):
    """With every number and its name, under an id of the server's; no output has it, and nobody
    is told (RND-070, RND-072)."""
    before, outputs = desk.listed(), desk.modes()
    info = ModeInfo.synthetic(0xDEAD, *TIMING, 9, 0x1FFF)
    id = desk.monitors.requests.CreateMode(desk.client.root, info, 9, b"own-small").reply().mode
    assert desk.observer.take() == []
    assert id not in before
    # Ids of clients have bits that the server's own lack.
    assert not id & ~desk.client.setup.resource_id_mask
    assert desk.infos()[id] == (id, *TIMING, 9, 0x1FFF)
    assert desk.listed()[id].name == "own-small"
    assert {k: v for k, v in desk.listed().items() if k != id} == before
    assert desk.modes() == outputs


@pytest.mark.parametrize("name", ["", "a", "abc", "abcd", "\xe9\xff mode", "n" * 251])
def test_a_mode_may_have_any_name(desk, name):
    """Of any length and bytes; the names of the others stay as they are (RND-070)."""
    before = desk.listed()
    first = desk.monitors.create_mode(320, 240, name)
    second = desk.monitors.create_mode(160, 120, name + "+")
    assert desk.listed() == before | {first.id: first, second.id: second}


def test_a_name_that_is_taken_is_refused(desk):
    """Name, whether a user or the driver took it; longer and shorter ones are others
    (RND-070)."""
    own = desk.monitors.create_mode(320, 240, "own-mode")
    driver = next(mode for mode in desk.listed().values() if mode.id != own.id and mode.name)
    for name in ("own-mode", driver.name):
        send = lambda n=name: desk.send_create(n.encode())  # noqa: E731
        assert desk.refusal(send)[0] == "Name"
    for name in ("own-mod", "own-mode2", "Own-mode"):
        assert desk.monitors.create_mode(320, 240, name).id not in (own.id, driver.id)


def test_the_name_of_any_of_many_modes_is_refused(desk):
    """Of the first and the last one too (RND-070)."""
    names = [f"own-{number}" for number in range(9)]
    for number, name in enumerate(names):
        desk.monitors.create_mode(320 + 2 * number, 240, name)
    for name in names:
        send = lambda n=name: desk.send_create(n.encode())  # noqa: E731
        assert desk.refusal(send)[0] == "Name"


@pytest.mark.parametrize(("length", "there"), [(1, 0), (5, 4), (9, 8), (0xFFFF, 8)])
def test_a_name_longer_than_its_data_is_refused(desk, length, there):
    """Length (RND-070)."""
    send = lambda: desk.send_create(length=length, tail=b"n" * there)  # noqa: E731
    assert desk.refusal(send)[0] == "Length"


def test_a_window_that_does_not_exist_is_refused(desk):
    """Window with the id; a request cut short gives Length (RND-070)."""
    assert desk.refusal(lambda: desk.send_create(b"own", window=desk.output)) == (
        "Window",
        desk.output,
    )
    for opcode, words in ((CREATE, 9), (DESTROY, 1), (DESTROY, 3), (ADD, 2), (ADD, 4), (DELETE, 2)):
        send = lambda o=opcode, w=words: desk.client.send_raw("RANDR", o, bytes(4 * w))  # noqa: E731
        assert desk.refusal(send)[0] == "Length"


def test_a_mode_outlives_its_creator(desk, connect):
    """It is the server's, and anybody may use and destroy it (RND-071)."""
    guest = connect("guest")
    mode = Monitors(guest).create_mode(320, 240, "left-behind")
    guest.close()
    assert desk.listed()[mode.id] == mode
    desk.monitors.destroy_mode(mode.id)
    assert mode.id not in desk.listed()


def test_a_destroyed_mode_is_gone(desk):
    """It is not listed, its id is unknown, its name is free; nobody is told (RND-072,
    RND-073)."""
    before = desk.listed()
    mode = desk.monitors.create_mode(320, 240, "short-lived")
    desk.monitors.destroy_mode(mode.id)
    assert desk.listed() == before
    assert desk.observer.take() == []
    assert desk.refusal(lambda: desk.monitors.destroy_mode(mode.id)) == ("RANDR:Mode", mode.id)
    again = desk.monitors.create_mode(160, 120, "short-lived")
    assert desk.listed() == before | {again.id: again}


def test_a_mode_of_the_driver_cannot_be_destroyed(desk):
    """Match, for each of them, shown or not (RND-073)."""
    modes = desk.modes()
    assert modes
    for mode in modes:
        assert desk.refusal(lambda m=mode: desk.monitors.destroy_mode(m))[0] == "Match"


@MEDIUM
def test_a_mode_that_an_output_has_cannot_be_destroyed(desk):
    """Access until it is deleted from the output (RND-073, RND-075)."""
    mode = desk.monitors.create_mode(320, 240, "own-320x240").id
    desk.monitors.add_mode(desk.output, mode)
    desk.check_events(desk.output)
    assert desk.refusal(lambda: desk.monitors.destroy_mode(mode))[0] == "Access"
    desk.monitors.delete_mode(desk.output, mode)
    desk.monitors.destroy_mode(mode)
    assert mode not in desk.listed()


@pytest.mark.parametrize("kind", ["none", "output", "crtc", "window", "unknown"])
def test_what_is_no_mode_is_refused(desk, kind):
    """RANDR's Mode error with the id, for all three requests (RND-073, RND-074, RND-075)."""
    wrong = {
        "none": 0,
        "output": desk.output,
        "crtc": desk.monitors.resources().crtcs[0],
        "window": desk.client.root,
        "unknown": 0x1FFFFFF,
    }[kind]
    for send in (
        lambda: desk.monitors.destroy_mode(wrong),
        lambda: desk.monitors.add_mode(desk.output, wrong),
        lambda: desk.monitors.delete_mode(desk.output, wrong),
    ):
        assert desk.refusal(send) == ("RANDR:Mode", wrong)


def test_what_is_no_output_is_refused(desk):
    """RANDR's Output error with the id, before the mode is looked at (RND-074, RND-075)."""
    mode = desk.monitors.create_mode(320, 240, "own-320x240").id
    for wrong in (0, mode, desk.client.root, desk.monitors.resources().crtcs[0]):
        for call in (desk.monitors.add_mode, desk.monitors.delete_mode):
            for second in (mode, 0x1FFFFFF):
                send = lambda c=call, w=wrong, s=second: c(w, s)  # noqa: E731
                assert desk.refusal(send) == ("RANDR:Output", wrong)


def test_a_mode_is_added_to_an_output(desk):
    """Behind the others, told as a change of that output; a second time is no change
    (RND-074)."""
    before = desk.modes()
    modes = [desk.monitors.create_mode(width, 120, f"own-{width}").id for width in (320, 160)]
    for count, mode in enumerate(modes, 1):
        desk.monitors.add_mode(desk.output, mode)
        assert desk.modes() == (*before, *modes[:count])
        desk.check_events(desk.output)
        for again in (mode, modes[0], before[0]):
            desk.monitors.add_mode(desk.output, again)
        assert desk.modes() == (*before, *modes[:count])
        assert desk.observer.take() == []


@pytest.mark.needs("RANDR", crtcs=2)
def test_a_mode_is_added_to_one_output_only(desk):
    """Others do not get it; it may be given to several, and goes when none has it (RND-073,
    RND-074)."""
    other = desk.monitors.resources().outputs[1]
    before, mode = (
        desk.monitors.output(other).modes,
        desk.monitors.create_mode(320, 240, "own-320x240").id,
    )
    desk.monitors.add_mode(desk.output, mode)
    desk.check_events(desk.output)
    assert desk.monitors.output(other).modes == before
    desk.monitors.add_mode(other, mode)
    desk.check_events(other)
    assert desk.monitors.output(other).modes == (*before, mode)
    desk.monitors.delete_mode(desk.output, mode)
    assert desk.monitors.output(other).modes == (*before, mode)
    assert desk.refusal(lambda: desk.monitors.destroy_mode(mode))[0] == "Access"
    desk.monitors.delete_mode(other, mode)
    desk.monitors.destroy_mode(mode)
    assert mode not in desk.listed()


@pytest.mark.needs("RANDR", servers=("xvfb",), reason="a driver that checks the size of modes")
@pytest.mark.parametrize(("width", "height"), [(1, 0), (0, 1), (1, 1)])
def test_a_mode_that_the_driver_cannot_show_is_refused(desk, width, height):
    """Match for what is larger than the largest screen, or smaller than the smallest; those
    themselves are fine (RND-074)."""
    limits = desk.monitors.requests.GetScreenSizeRange(desk.client.root).reply()
    largest, smallest = (limits.max_width, limits.max_height), (limits.min_width, limits.min_height)
    for (x, y), beyond in ((largest, 1), (smallest, -1)):
        wrong = desk.monitors.create_mode(x + beyond * width, y + beyond * height, "beyond").id
        assert (
            desk.refusal(lambda mode=wrong: desk.monitors.add_mode(desk.output, mode))[0] == "Match"
        )
        desk.monitors.destroy_mode(wrong)
    for name, size in (("largest", largest), ("smallest", smallest)):
        desk.monitors.add_mode(desk.output, desk.monitors.create_mode(*size, name).id)
        desk.check_events(desk.output)


def test_a_deleted_mode_is_no_longer_the_outputs(desk):
    """The others keep their order; nobody is told, and the mode itself stays (RND-075)."""
    before = desk.modes()
    modes = [desk.monitors.create_mode(width, 120, f"own-{width}").id for width in (320, 160, 200)]
    for mode in modes:
        desk.monitors.add_mode(desk.output, mode)
    desk.observer.take()
    desk.monitors.delete_mode(desk.output, modes[1])
    assert desk.modes() == (*before, modes[0], modes[2])
    assert modes[1] in desk.listed()
    assert desk.observer.take() == []


def test_dozens_of_modes_are_listed(desk):
    """By the screen and by the output that has them, in the order in which it got them (RND-072,
    RND-074)."""
    before = desk.modes()
    modes = [desk.monitors.create_mode(160, 120, f"own-{number}").id for number in range(24)]
    for mode in modes:
        desk.monitors.add_mode(desk.output, mode)
    assert desk.modes() == (*before, *modes)
    listed = desk.listed()
    assert [listed[mode].name for mode in modes] == [f"own-{number}" for number in range(24)]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_mode_can_be_destroyed_once_it_is_no_outputs(desk, place):
    """Wherever in the list of the output it was; the others are still that one's (RND-073,
    RND-075)."""
    before = desk.modes()
    modes = [desk.monitors.create_mode(width, 120, f"own-{width}").id for width in (320, 160, 200)]
    for mode in modes:
        desk.monitors.add_mode(desk.output, mode)
    gone = modes.pop(place)
    desk.monitors.delete_mode(desk.output, gone)
    desk.monitors.destroy_mode(gone)
    desk.client.sync()
    assert gone not in desk.listed()
    assert desk.modes() == (*before, *modes)


def test_destroying_modes_leaves_the_others_in_their_order(desk):
    """The list of the screen is what it was without the one that is gone, whichever that is
    (RND-220)."""
    modes = [desk.monitors.create_mode(160, 120, f"own-{number}").id for number in range(6)]
    listed = list(desk.listed())
    for gone in (modes[2], modes[0], modes[5]):
        desk.monitors.destroy_mode(gone)
        listed.remove(gone)
        assert list(desk.listed()) == listed


@MEDIUM
def test_only_a_users_mode_of_the_output_can_be_deleted(desk):
    """Access for modes of the driver, for modes that were never added or are deleted
    (RND-075)."""
    mode = desk.monitors.create_mode(320, 240, "own-320x240").id
    for wrong in (mode, *desk.modes()):
        send = lambda w=wrong: desk.monitors.delete_mode(desk.output, w)  # noqa: E731
        assert desk.refusal(send)[0] == "Access"
    desk.monitors.add_mode(desk.output, mode)
    desk.monitors.delete_mode(desk.output, mode)
    desk.client.sync()
    desk.observer.take()
    assert desk.refusal(lambda: desk.monitors.delete_mode(desk.output, mode))[0] == "Access"


@MEDIUM
@ROOTLESS
def test_a_mode_that_is_shown_cannot_be_deleted(desk):
    """Match while the output shows it, not afterwards (RND-075)."""
    old = desk.monitors.fitting_mode(desk.output)
    crtc = desk.monitors.output(desk.output).crtc
    mode = desk.monitors.create_mode(320, 240, "own-320x240").id
    desk.monitors.add_mode(desk.output, mode)
    # Some servers fail, or accept a mode and stay with their own.
    desk.monitors.set_crtc(crtc, mode, [desk.output])
    shown = desk.monitors.crtc(crtc)
    if shown.mode == mode:
        assert (shown.width, shown.height) == (320, 240)
        desk.observer.take()
        assert desk.refusal(lambda: desk.monitors.delete_mode(desk.output, mode))[0] == "Match"
        assert desk.refusal(lambda: desk.monitors.destroy_mode(mode))[0] == "Access"
        assert desk.monitors.set_crtc(crtc, old, [desk.output]).status == 0
    desk.monitors.delete_mode(desk.output, mode)
    assert mode not in desk.modes()


@MEDIUM
def test_modes_of_a_client_of_the_other_byte_order(desk, connect_wire):
    """Every number is turned round, the name is not; its bad values are its own (RND-070,
    RND-073, RND-126)."""
    wire = connect_wire(FOREIGN)
    major = wire.major("RANDR")
    body = wire.pack(f"I{INFO}", wire.root, 0xDEAD, *TIMING, 6, 0x1234)
    reply = wire.reply(wire.request(major, CREATE, body + b"abcdef\0\0"))
    (mode,) = wire.unpack("I", reply, 8)
    assert desk.infos()[mode] == (mode, *TIMING, 6, 0x1234)
    assert desk.listed()[mode].name == "abcdef"
    assert wire.error_of(wire.request(major, ADD, wire.pack("II", desk.output, mode))) is None
    assert desk.modes()[-1] == mode
    resources = desk.monitors.resources(current=True)
    reply = wire.reply(wire.request(major, 25, wire.pack("I", wire.root)))
    names = sum(len(m.name.encode("latin-1")) for m in resources.modes.values())
    assert wire.unpack("2I4H", reply, 8) == (
        resources.timestamp,
        resources.config_timestamp,
        *(len(resources.crtcs), len(resources.outputs), len(resources.modes), names),
    )
    at = 32 + 4 * (len(resources.crtcs) + len(resources.outputs))
    ids = wire.unpack(f"{(at - 32) // 4}I", reply, 32)
    assert ids == (*resources.crtcs, *resources.outputs)
    told = [wire.unpack(INFO, reply, at + 32 * n) for n in range(len(resources.modes))]
    assert {info[0]: info for info in told} == desk.infos()
    text = "".join(resources.modes[info[0]].name for info in told)
    assert reply[at + 32 * len(told) :][:names] == text.encode("latin-1")
    assert wire.error_of(wire.request(major, DELETE, wire.pack("II", desk.output, mode))) is None
    assert wire.error_of(wire.request(major, DESTROY, wire.pack("I", mode))) is None
    assert mode not in desk.listed()
    error = wire.error_of(wire.request(major, DESTROY, wire.pack("I", 0x123456)))
    assert error.value == 0x123456


@pytest.mark.known_bug(
    reference="SProcRRCreateMode leaves the horizontal skew unswapped",
    fixed=AFTER_21,
    evidence="failed: AssertionError",
    strict=True,
)
def test_the_skew_of_a_mode_is_turned_round(desk, connect_wire):
    """As every other number of it (RND-070, RND-126)."""
    wire = connect_wire(FOREIGN)
    timing = (*TIMING[:6], 7, *TIMING[7:])
    body = wire.pack(f"I{INFO}", wire.root, 0, *timing, 4, 0)
    reply = wire.reply(wire.request(wire.major("RANDR"), CREATE, body + b"skew"))
    (mode,) = wire.unpack("I", reply, 8)
    assert desk.infos()[mode] == (mode, *timing, 4, 0)


FULL = [
    (320, 240, 0x01020304, 328, 360, 400, 0x0102, 243, 249, 260, 0x00012345),
    (640, 200, 0xA0B0C0D0, 656, 720, 801, 0x1234, 203, 208, 222, 0xA1B2C3D4),
    (1025, 769, 0x7FFFFFFE, 1049, 1186, 1347, 0xFEDC, 772, 779, 803, 0xFFFFFFFF),
]
"""All numbers of modes but ids and the lengths of names: each reads differently turned round."""


@pytest.mark.parametrize("opcode", [8, 25], ids=["polled", "current"])
@BYTE_ORDERS
def test_every_mode_is_told_with_all_its_numbers(desk, connect_wire, order, opcode):
    """As it was created, in the client's byte order, the second and the third as the first
    (RND-070, RND-126)."""
    made = {}
    for number, (*numbers, flags) in enumerate(FULL, 4):
        name = b"mode-of-ours"[:number]
        info = ModeInfo.synthetic(0, *numbers, len(name), flags)
        requests = desk.monitors.requests
        reply = requests.CreateMode(desk.client.root, info, len(name), name).reply()
        made[reply.mode] = (reply.mode, *numbers, len(name), flags)
    wire = connect_wire(order)
    reply = wire.reply(wire.request(wire.major("RANDR"), opcode, wire.pack("I", wire.root)))
    crtcs, outputs, modes = wire.unpack("3H", reply, 16)
    at = 32 + 4 * (crtcs + outputs)
    told = [wire.unpack(INFO, reply, at + 32 * n) for n in range(modes)]
    assert {info[0]: info for info in told if info[0] in made} == made
