# SPDX-License-Identifier: MIT
"""Clients of the other byte order that watch and add damage."""

import pytest
import xcffib.damage
import xcffib.render
import xcffib.shape
from xcffib.xproto import EventMask

from harness.clients.resources.damage import MORE, Damage
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.x11.core_events import PropertyNotify
from suites.composite.damage.variants import DELTA, LEVELS, RAW
from suites.foreigner import check_cut_short
from suites.marks import AFTER_21, BYTE_ORDERS, FOREIGN, MEDIUM

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


@MEDIUM
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_damage_speaks_either_byte_order(presenter, connect_wire, order):
    """Drawable, Damage, area and geometry are told in the client's order, and its requests
    understood (CMP-124)."""
    window = presenter.window(280, 270, x=300, y=20, events=0)
    presenter.sync()
    wire = connect_wire(order)
    major, fixes = wire.major("DAMAGE"), wire.major("XFIXES")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    wire.reply(wire.request(fixes, 0, wire.pack("II", 5, 0)))
    damage, repair, parts = (wire.new_id() for _ in range(3))
    wire.request(major, 1, wire.pack("IIB3x", damage, window.id, DELTA))
    wire.request(major, 3, wire.pack("III", damage, 0, 0))
    wire.sync()
    wire.events.clear()
    fill_rectangles(window, create_gc(window), (258, 3, 9, 260))
    presenter.sync()
    wire.request(fixes, 5, wire.pack("I4h", repair, 0, 0, 280, 258))
    wire.request(fixes, 5, wire.pack("I", parts))
    wire.request(major, 3, wire.pack("III", damage, repair, parts))
    reply = wire.reply(wire.request(fixes, 19, wire.pack("I", parts)))
    assert wire.unpack("hhHH", reply, 8) == (258, 3, 9, 255)
    assert not wire.errors
    heard = [
        (*wire.unpack("II", event, 4), wire.unpack("hhHH", event, 16))
        for event in wire.events
        if wire.unpack("hhHH", event, 24) == (300, 20, 280, 270)
    ]
    areas = [(258, 3, 9, 260), (258, 258, 9, 5)]
    assert heard == [(window.id, damage, area) for area in areas]


@pytest.mark.xserver(swapped=True)
@pytest.mark.known_bug(
    reference="SProcDamageAdd wants the length of a Subtract request",
    fixed=AFTER_21,
    evidence="failed: AssertionError RawError(name='Length'",
    strict=True,
)
def test_damage_is_added_in_the_other_byte_order(presenter, connect_wire):
    """Add understands a client whose byte order is not the server's (CMP-124)."""
    window = presenter.window(280, 270, events=0)
    damage = Damage.watch(window)
    wire = connect_wire(FOREIGN)
    major, fixes = wire.major("DAMAGE"), wire.major("XFIXES")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    wire.reply(wire.request(fixes, 0, wire.pack("II", 5, 0)))
    region = wire.new_id()
    wire.request(fixes, 5, wire.pack("I4h", region, 1, 258, 9, 3))
    added = wire.request(major, 4, wire.pack("II", window.id, region))
    assert wire.error_of(added) is None
    assert damage.areas() == [(1, 258, 9, 3)]


UNCOPIED = pytest.mark.known_bug(
    reference="SDamageNotifyEvent leaves out the level and the time",
    evidence="failed: AssertionError",
    strict=False,
)


@pytest.fixture
def watching(presenter, connect_wire):
    """Watches a drawable for a client of the other byte order; returns its events afterwards."""
    wire = connect_wire(FOREIGN)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))

    def watch(drawable, level):
        damage = wire.new_id()
        presenter.sync()
        wire.request(major, 1, wire.pack("IIB3x", damage, drawable.id, level))
        wire.sync()
        wire.events.clear()

        def events():
            presenter.sync()
            wire.sync()
            return [event for event in wire.events if wire.unpack("I", event, 8) == (damage,)]

        return events

    return watch


@LEVELS
@pytest.mark.xserver(swapped=True)
@UNCOPIED
def test_the_level_is_told_in_the_other_byte_order(presenter, watching, level):
    """With the bit of more to come (CMP-130)."""
    pixmap = presenter.pixmap(64, 48)
    events = watching(pixmap, level)
    region = presenter.region((1, 2, 3, 4), (20, 30, 5, 6))
    presenter.extension(xcffib.damage).Add(pixmap.id, region.id)
    parts = 2 if level in (RAW, DELTA) else 1
    expected = [level | MORE] * (parts - 1) + [level]
    assert [event[1] for event in events()] == expected


@pytest.mark.xserver(swapped=True)
@UNCOPIED
def test_the_time_of_damage_is_told_in_the_other_byte_order(presenter, watching):
    """It lies between the times of events before and after it (CMP-130)."""
    pixmap = presenter.pixmap(64, 48)
    events = watching(pixmap, DELTA)
    window = presenter.window(8, 8, events=0)
    window.select_core(EventMask.PropertyChange)
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"a")
    fill_rectangles(pixmap, create_gc(pixmap), (0, 0, 5, 5))
    presenter.core.ChangeProperty(0, window.id, 39, 31, 8, 1, b"b")
    (event,) = events()
    told = int.from_bytes(event[12:16], "little" if FOREIGN == "<" else "big")
    seen = [event.core for event in presenter.events]
    before, after = [event.time for event in seen if isinstance(event, PropertyNotify)]
    assert (told - before) % (1 << 32) <= (after - before) % (1 << 32)


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
@pytest.mark.parametrize("words", [2, 4, 5])
def test_damage_is_not_added_by_a_request_of_another_length(presenter, connect_wire, order, words):
    """Length, and nothing is reported (CMP-081, CMP-124)."""
    window = presenter.window(280, 270, events=0)
    damage = Damage.watch(window)
    presenter.sync()
    wire = connect_wire(order)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    body = wire.pack("IIII", window.id, 0, 0, 0)[: 4 * (words - 1)]
    assert wire.error_of(wire.request(major, 4, body)).name == "Length"
    assert damage.areas() == []


@pytest.mark.xserver(swapped=True)
def test_damage_ends_in_the_other_byte_order(presenter, connect_wire):
    """Destroy ends the Damage that it names; what is none is named as the client did (CMP-124,
    CMP-081)."""
    damage = Damage.watch(presenter.window(64, 48, events=0))
    presenter.sync()
    wire = connect_wire(FOREIGN)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    assert wire.error_of(wire.request(major, 2, wire.pack("I", damage.id))) is None
    with presenter.expect_error("DAMAGE:Damage", damage.id):
        damage.subtract()
    error = wire.error_of(wire.request(major, 2, wire.pack("I", damage.id)))
    assert error.value == damage.id


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize(("minor", "words"), [*enumerate((3, 4, 2, 4, 3))])
def test_a_request_cut_short_leaves_the_next_as_it_is(connect_wire, minor, words):
    """A word or more too short gives Length, and no byte of the requests behind it is turned
    round with it (CMP-093, CMP-124)."""
    wire = connect_wire(FOREIGN)
    wire.reply(wire.request(wire.major("DAMAGE"), 0, wire.pack("II", 1, 1)))
    check_cut_short(wire, "DAMAGE", minor, words)
