# SPDX-License-Identifier: MIT
"""The gamma of a CRTC: its size, what is set and read back, and what is refused."""

import pytest

from harness.clients.present.specimens import CRTCS, specimens
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.state import RandrState
from suites.marks import BYTE_ORDERS

pytestmark = pytest.mark.needs("RANDR")

GET_SIZE, GET_GAMMA, SET_GAMMA = 22, 23, 24


@pytest.fixture
def crtc(monitors):
    return Head.first(monitors).crtc


def size_of(monitors, crtc):
    return monitors.requests.GetCrtcGammaSize(crtc).reply().size


def gamma(monitors, crtc):
    """(red, green, blue) as lists."""
    reply = monitors.requests.GetCrtcGamma(crtc).reply()
    return list(reply.red), list(reply.green), list(reply.blue)


def ramps(size, seed=1):
    """Three tables that differ in every entry, with high and low bytes."""
    return tuple(
        [(n * 257 * seed + 4099 * colour + 7) & 0xFFFF for n in range(size)] for colour in range(3)
    )


def set_gamma(monitors, crtc, tables, size=None):
    red, green, blue = tables
    monitors.requests.SetCrtcGamma(crtc, len(red) if size is None else size, red, green, blue)
    monitors.client.sync()


def send(wire, crtc, size, words):
    """SetCrtcGamma with so many words of data, whatever the size says; its error or None."""
    body = wire.pack("IH2x", crtc, size) + wire.pack("I", 0x00010002) * words
    return wire.error_of(wire.request(wire.major("RANDR"), SET_GAMMA, body))


def test_the_tables_are_as_long_as_the_size_says(monitors):
    """Of every CRTC, on or off (RND-050)."""
    for id in monitors.known().crtcs:
        size = size_of(monitors, id)
        assert [len(table) for table in gamma(monitors, id)] == [size] * 3


@pytest.mark.needs(servers="xvfb", reason="a CRTC of which all is known")
def test_the_crtcs_of_xvfb_have_gamma(monitors, server):
    """256 entries, so that clients do not miss it, from 21.1 on (RND-172)."""
    expected = 256 if server.release >= 12101000 else 0
    assert {size_of(monitors, id) for id in monitors.known().crtcs} == {expected}


def test_gamma_is_read_back_as_it_was_set(monitors, crtc, connect):
    """Every entry of each colour, twice with other tables, by other clients too (RND-052)."""
    size = size_of(monitors, crtc)
    other = Monitors(connect("other"))
    for seed in (1, 3):
        tables = ramps(size, seed)
        set_gamma(monitors, crtc, tables)
        assert gamma(monitors, crtc) == tables
        assert gamma(other, crtc) == tables


@pytest.mark.needs(crtcs=2)
def test_each_crtc_has_tables_of_its_own(monitors):
    """Setting those of one leaves the others as they are (RND-052)."""
    first, second, *_ = monitors.known().crtcs
    one, two = ramps(size_of(monitors, first), 1), ramps(size_of(monitors, second), 5)
    set_gamma(monitors, first, one)
    set_gamma(monitors, second, two)
    assert gamma(monitors, first) == one
    assert gamma(monitors, second) == two


def test_gamma_outlives_switching_off_and_on(monitors, head, crtc):
    """Modes have nothing to do with it (RND-052)."""
    info, tables = head.info, ramps(size_of(monitors, crtc))
    set_gamma(monitors, crtc, tables)
    head.off()
    assert gamma(monitors, crtc) == tables
    head.set(info.mode, info.x, info.y)
    assert gamma(monitors, crtc) == tables


@pytest.mark.needs(resize=True)
def test_gamma_outlives_another_mode_and_screen_size(monitors, head, crtc, allow_size):
    """Neither has to do with it (RND-217)."""
    allow_size(320, 240)
    tables, root = ramps(size_of(monitors, crtc), 3), monitors.client.geometry(monitors.client.root)
    mode = head.add_mode(320, 240, "gamma stays")
    set_gamma(monitors, crtc, tables)
    assert head.set(mode.id).status == 0
    assert gamma(monitors, crtc) == tables
    head.off()
    for width, height in [(320, 240), (root.width, root.height)]:
        monitors.set_screen_size(width, height)
        assert gamma(monitors, crtc) == tables


def test_setting_gamma_is_not_told(monitors, crtc):
    """No event, no other timestamp, nothing else changed (RND-050)."""
    observer, before = Observer(monitors), RandrState.of(monitors)
    set_gamma(monitors, crtc, ramps(size_of(monitors, crtc)))
    assert observer.take() == []
    assert RandrState.of(monitors) == before


@pytest.mark.parametrize("more", [-1, 1, 256], ids=str)
def test_another_size_is_refused(monitors, crtc, more):
    """Tables that are shorter or longer than the CRTC's give Match, and change nothing
    (RND-050)."""
    size = size_of(monitors, crtc)
    if size + more < 0:
        more = 2
    tables = ramps(size)
    set_gamma(monitors, crtc, tables)
    with monitors.client.expect_error("Match"):
        set_gamma(monitors, crtc, ramps(size + more, 7))
    assert gamma(monitors, crtc) == tables


def test_what_is_no_crtc_has_no_gamma(monitors):
    """All three requests give RandR's Crtc with the id (RND-050)."""
    wrong = specimens(monitors.client, but=CRTCS | {"event context"})
    for id in wrong.values():
        for ask in (
            lambda id: monitors.requests.GetCrtcGammaSize(id).reply(),
            lambda id: monitors.requests.GetCrtcGamma(id).reply(),
            lambda id: set_gamma(monitors, id, ramps(4)),
        ):
            with monitors.client.expect_error("RANDR:Crtc", id):
                ask(id)


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
def test_data_too_short_is_refused_before_the_size_is_looked_at(
    monitors, crtc, connect_wire, order
):
    """Length with the right size and with a wrong one; Match when it is long enough for a wrong
    size (RND-050, RND-051)."""
    wire, size = connect_wire(order), size_of(monitors, crtc)
    tables = ramps(size)
    set_gamma(monitors, crtc, tables)
    words = (3 * size + 1) // 2
    if size:
        assert send(wire, crtc, size, words - 1).name == "Length"
        assert send(wire, crtc, size, 0).name == "Length"
        assert send(wire, crtc, size - 1, (3 * (size - 1) + 1) // 2).name == "Match"
        assert send(wire, crtc, 0, 0).name == "Match"
    assert send(wire, crtc, size + 1, (3 * (size + 1) + 1) // 2 - 1).name == "Length"
    assert send(wire, crtc, size + 1, (3 * (size + 1) + 1) // 2).name == "Match"
    assert send(wire, crtc, 0xFFFF, words).name == "Length"
    assert gamma(monitors, crtc) == tables


def test_the_crtc_is_looked_at_before_the_data(monitors, connect_wire):
    """What is no CRTC gives RandR's Crtc, however short the data are (RND-051)."""
    wire = connect_wire()
    error = send(wire, wire.new_id(), 256, 0)
    assert error.code == monitors.client.numbers("RANDR").first_error + 1


def test_more_data_than_needed_are_ignored(monitors, crtc, connect_wire):
    """What follows the three tables does not matter (RND-051)."""
    wire, size = connect_wire(), size_of(monitors, crtc)
    assert send(wire, crtc, size, (3 * size + 1) // 2 + 9) is None
    assert {*gamma(monitors, crtc)[0]} <= {1, 2}


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
def test_gamma_is_read_and_written_in_the_clients_byte_order(monitors, crtc, connect_wire, order):
    """Sizes and entries, in requests and replies (RND-050, RND-052)."""
    wire, size = connect_wire(order), size_of(monitors, crtc)
    red, green, blue = ramps(size)
    entries = (*red, *green, *blue)
    padding = bytes(-6 * size & 3)
    major = wire.major("RANDR")
    body = wire.pack(f"IH2x{3 * size}H", crtc, size, *entries) + padding
    assert wire.error_of(wire.request(major, SET_GAMMA, body)) is None
    assert gamma(monitors, crtc) == (red, green, blue)
    reply = wire.reply(wire.request(major, GET_SIZE, wire.pack("I", crtc)))
    assert wire.unpack("I", reply, 4) == (0,)
    assert wire.unpack("H", reply, 8) == (size,)
    reply = wire.reply(wire.request(major, GET_GAMMA, wire.pack("I", crtc)))
    assert wire.unpack("I", reply, 4) == ((6 * size + 3) // 4,)
    assert wire.unpack("H", reply, 8) == (size,)
    assert wire.unpack(f"{3 * size}H", reply, 32) == entries


@pytest.mark.needs(servers=("xorg-flip",), reason="a monitor whose ramps can be looked at")
def test_gamma_that_is_set_is_that_of_the_monitor(monitors, crtc, flip_control):
    """Each colour has its own table, and keeps it while its CRTC is off (RND-052)."""
    head = Head.first(monitors)
    mode, size = head.info.mode, size_of(monitors, crtc)
    for seed in (1, 5):
        set_gamma(monitors, crtc, ramps(size, seed))
        assert [list(table) for table in flip_control.scanout().gamma] == list(ramps(size, seed))
    assert head.off().status == 0
    assert head.set(mode).status == 0
    assert [list(table) for table in flip_control.scanout().gamma] == list(ramps(size, 5))


def test_gamma_of_a_crtc_that_is_off_is_kept(monitors):
    """It is set and read as on one that is on, and stays when that is switched on (RND-052)."""
    head = Head.first(monitors)
    before, size = head.info, size_of(monitors, head.crtc)
    assert head.off().status == 0
    tables = ramps(size, 5)
    set_gamma(monitors, head.crtc, tables)
    assert gamma(monitors, head.crtc) == tables
    head.set(before.mode, before.x, before.y, rotation=before.rotation)
    assert gamma(monitors, head.crtc) == tables
