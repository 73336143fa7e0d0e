# SPDX-License-Identifier: MIT
"""Panning: which areas are taken and reported, and how servers without it refuse."""

import struct

import pytest

from harness.clients.randr.session import RandrSession
from harness.clients.randr.transform import Panning
from suites.marks import FOREIGN, MEDIUM

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

GET, SET = 28, 29

OFF = Panning()

PANS = pytest.mark.needs(
    "RANDR",
    servers=("xorg", "xorg-flip", "xorg-kms"),
    crtcs=2,
    reason="a driver that can pan, as dummy from 0.4 on",
)
CANNOT_PAN = pytest.mark.needs(
    "RANDR", servers=("xvfb", "xephyr", "xvnc", "xwayland"), reason="a server without panning"
)

LEGAL = {
    "off": Panning(),
    "the screen": Panning((0, 0, 640, 480)),
    "a part": Panning((100, 50, 400, 300)),
    "no more than the mode": Panning((320, 240, 320, 240)),
    "tracking": Panning((0, 0, 640, 480), (10, 20, 500, 400)),
    "borders": Panning((0, 0, 640, 480), (0, 0, 640, 480), (10, 20, 30, 40)),
    "borders that meet": Panning((0, 0, 640, 480), (0, 0, 0, 0), (200, 200, 120, 40)),
    "negative borders": Panning((0, 0, 640, 480), (0, 0, 0, 0), (-10, -20, -30, -40)),
}
"""On a screen of 640x480 that a mode of 320x240 is shown of."""

ILLEGAL = {
    "beyond the right": lambda width, _: Panning((width - 319, 0, 320, 240)),
    "beyond the bottom": lambda _, height: Panning((0, height - 239, 320, 240)),
    "too wide": lambda width, height: Panning((0, 0, width + 1, height)),
    "too high": lambda width, height: Panning((0, 0, width, height + 1)),
    "far too large": lambda *_: Panning((0, 0, 10000, 10000)),
    "narrower than the mode": lambda *_: Panning((0, 0, 319, 240)),
    "lower than the mode": lambda *_: Panning((0, 0, 320, 239)),
    "wide borders": lambda *_: Panning((0, 0, 640, 480), (0, 0, 0, 0), (200, 0, 121, 0)),
    "high borders": lambda *_: Panning((0, 0, 640, 480), (0, 0, 0, 0), (0, 200, 0, 41)),
    "only a place": lambda *_: Panning((5, 6, 0, 0)),
}
"""By the size of the screen."""


class PanningSession(RandrSession):
    """Panning is part of the state."""

    def state(self):
        resources = self.monitors.resources(current=True)
        crtcs = [self.monitors.crtc(id) for id in self.crtcs]
        return resources, crtcs, [self.monitors.panning(id) for id in self.crtcs]


def encoded(crtc, panning=OFF):
    return struct.pack("=4xII8H4h", crtc, 0, *panning.area, *panning.tracking, *panning.border)


@pytest.fixture
def desk(connect):
    """With what CRTCs pan."""
    return PanningSession(connect("desk"))


@pytest.mark.xserver(fresh=True)
def test_no_crtc_pans_at_the_start(desk, timeline):
    """All zero, status Success, 36 bytes, the time of the last change, on or off (RND-060)."""
    time = desk.monitors.resources(current=True).timestamp
    for crtc in desk.crtcs:
        assert desk.monitors.panning(crtc) == Panning()
        reply = desk.monitors.requests.GetPanning(crtc).reply()
        assert (reply.status, reply.length, reply.timestamp) == (0, 1, time)


@CANNOT_PAN
@pytest.mark.parametrize("panning", LEGAL.values(), ids=list(LEGAL))
def test_a_server_without_panning_refuses(desk, panning):
    """RANDR's Crtc error, even for switching it off; the same for every area (RND-061)."""
    for crtc in desk.crtcs:
        assert desk.refused_bytes(SET, encoded(crtc, panning))[0] == "RANDR:Crtc"


class Panned:
    """A CRTC that shows 320x240 of the screen, at 10, 20, and can pan."""

    def __init__(self, desk):
        self.desk, self.monitors = desk, desk.monitors
        output = desk.monitors.resources().outputs[0]
        mode = desk.monitors.create_mode(320, 240, "own-320x240")
        desk.monitors.add_mode(output, mode.id)
        self.crtc = desk.monitors.output(output).crtc
        assert desk.monitors.set_crtc(self.crtc, mode.id, [output], x=10, y=20).status == 0
        desk.observer.take()

    def areas(self):
        """Where the CRTC and its monitor are, as both are told."""
        crtc, (monitor,) = self.monitors.crtc(self.crtc), self.monitors.monitors()
        return [(it.x, it.y, it.width, it.height) for it in (crtc, monitor)]


@pytest.fixture
def panned(desk):
    return Panned(desk)


@PANS
@pytest.mark.parametrize("panning", LEGAL.values(), ids=list(LEGAL))
@MEDIUM
def test_a_legal_area_is_taken_and_reported(panned, panning):
    """It is read back, CRTC and monitor are as large as the area, the reply has the new time,
    and nothing is told (RND-062, RND-063)."""
    reply = panned.monitors.set_panning(panned.crtc, panning)
    assert reply.status == 0
    assert reply.timestamp == panned.monitors.resources(current=True).timestamp
    assert panned.monitors.panning(panned.crtc) == panning
    area = panning.area if any(panning.area) else (10, 20, 320, 240)
    assert panned.areas() == [area, area]
    assert panned.desk.observer.take() == []


@pytest.mark.needs(
    "RANDR", servers=("xorg-flip",), crtcs=2, reason="a monitor that tells where it pans"
)
@pytest.mark.xserver(size=(640, 480), fresh=True)
@pytest.mark.parametrize("border", [0, 16])
def test_a_monitor_pans_with_the_pointer(panned, flip_control, border):
    """Just so far that the pointer is on it, with the border around it, and never beyond the area;
    what it shows begins there (RND-062)."""
    client, width, height = panned.monitors.client, 320, 240
    sides = (border,) * 4
    area = (0, 0, 600, 400)
    assert panned.monitors.set_panning(panned.crtc, Panning(area, area, sides)).status == 0
    left, top = 0, 0
    for x, y in ((10, 20), (330, 20), (331, 300), (599, 399), (200, 399), (200, 100), (0, 0)):
        client.core.WarpPointer(0, client.root, 0, 0, 0, 0, x, y)
        client.sync()
        left = min(max(left, x - width + border + 1), x - border)
        top = min(max(top, y - height + border + 1), y - border)
        left, top = min(max(left, 0), 600 - width), min(max(top, 0), 400 - height)
        scanned = flip_control.scanout()
        assert (scanned.x, scanned.y) == (left, top)


@PANS
@MEDIUM
def test_panning_goes_off_again(panned):
    """Tracking and borders go with the area (RND-062, RND-063)."""
    panned.monitors.set_panning(panned.crtc, LEGAL["borders"])
    off = Panning((0, 0, 0, 0), (10, 20, 500, 400), (10, 20, 30, 40))
    assert panned.monitors.set_panning(panned.crtc, off).status == 0
    assert panned.monitors.panning(panned.crtc) == Panning()
    sizes = [area[2:] for area in panned.areas()]
    assert sizes == [(320, 240), (320, 240)]


@PANS
@pytest.mark.parametrize("before", [OFF, LEGAL["borders"]], ids=["off", "on"])
@pytest.mark.parametrize("panning", ILLEGAL.values(), ids=list(ILLEGAL))
@MEDIUM
def test_an_illegal_area_is_refused(panned, panning, before):
    """Match, and the panning stays as it was (RND-061, RND-062)."""
    root = panned.desk.client.geometry(panned.desk.client.root)
    panning = panning(root.width, root.height)
    panned.monitors.set_panning(panned.crtc, before)
    areas = panned.areas()
    assert panned.desk.refused_bytes(SET, encoded(panned.crtc, panning))[0] == "Match"
    assert panned.monitors.panning(panned.crtc) == before
    assert panned.areas() == areas


@PANS
@pytest.mark.needs("RANDR", crtcs=2)
@MEDIUM
def test_every_crtc_pans_on_its_own(panned):
    """The others stay without panning (RND-062)."""
    panned.monitors.set_panning(panned.crtc, LEGAL["borders"])
    others = [id for id in panned.desk.crtcs if id != panned.crtc]
    assert {panned.monitors.panning(id) for id in others} == {OFF}
    assert panned.monitors.panning(panned.crtc) == LEGAL["borders"]


@pytest.mark.parametrize("kind", ["none", "window", "output", "mode", "unknown"])
def test_what_is_no_crtc_is_refused(desk, kind):
    """RANDR's Crtc error with the id (RND-060, RND-061)."""
    resources = desk.monitors.resources()
    wrong = {
        "none": 0,
        "window": desk.client.root,
        "output": resources.outputs[0],
        "mode": next(iter(resources.modes)),
        "unknown": 0x1FFFFFF,
    }[kind]
    assert desk.refused_bytes(SET, encoded(wrong)) == ("RANDR:Crtc", wrong)
    assert desk.refused_bytes(GET, struct.pack("=4xI", wrong)) == ("RANDR:Crtc", wrong)


@pytest.mark.parametrize(("opcode", "words"), [(GET, 1), (GET, 3), (SET, 8), (SET, 10)])
def test_a_request_of_a_wrong_length_is_refused(desk, opcode, words):
    """Length (RND-060, RND-061)."""
    data = (encoded(desk.crtcs[0]) + bytes(4))[: 4 * words]
    assert desk.refused_bytes(opcode, data)[0] == "Length"


def test_panning_is_turned_round(desk, connect_wire):
    """Status, length and time for a client of the other byte order, and its bad values
    (RND-060, RND-061, RND-126)."""
    wire = connect_wire(FOREIGN)
    major = wire.major("RANDR")
    reply = wire.reply(wire.request(major, GET, wire.pack("I", desk.crtcs[0])))
    time = desk.monitors.resources(current=True).timestamp
    assert len(reply) == 36
    assert (reply[1], *wire.unpack("II", reply, 4)) == (0, 1, time)
    assert wire.unpack("8H4h", reply, 12) == (0,) * 12
    for opcode, body in (
        (GET, wire.pack("I", 0x123456)),
        (SET, wire.pack("I7I", 0x123456, *[0] * 7)),
    ):
        error = wire.error_of(wire.request(major, opcode, body))
        first = desk.client.numbers("RANDR").first_error
        assert (error.code, error.value) == (first + 1, 0x123456)


@PANS
@MEDIUM
def test_every_field_of_panning_is_turned_round(panned, connect_wire):
    """Set and read by a client of the other byte order, twelve numbers that all differ (RND-062,
    RND-126)."""
    panning = Panning((7, 9, 600, 450), (11, 13, 590, 440), (15, 17, 19, 21))
    wire = connect_wire(FOREIGN)
    major = wire.major("RANDR")
    numbers = (*panning.area, *panning.tracking, *panning.border)
    assert len({*numbers}) == 12
    body = wire.pack("II8H4h", panned.crtc, 0, *numbers)
    reply = wire.reply(wire.request(major, SET, body))
    time = panned.monitors.resources(current=True).timestamp
    assert (reply[1], *wire.unpack("II", reply, 4)) == (0, 0, time)
    assert panned.monitors.panning(panned.crtc) == panning
    reply = wire.reply(wire.request(major, GET, wire.pack("I", panned.crtc)))
    assert (reply[1], *wire.unpack("II", reply, 4)) == (0, 1, time)
    assert wire.unpack("8H4h", reply, 12) == numbers
