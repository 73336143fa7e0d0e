# SPDX-License-Identifier: MIT
"""Requests of DAMAGE that are refused, and its version."""

import struct

import pytest
import xcffib.damage
import xcffib.render
import xcffib.shape

from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.window import WindowClass
from suites.composite.damage.variants import DELTA

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


def test_refused_damage_has_errors_with_values(presenter):
    """Create: IDChoice for the id, Drawable for what is none, Match for an InputOnly window, Value
    for a level; in this order, and nothing is made (CMP-091)."""
    window = presenter.window(20, 20, events=0)
    unseen = presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY, events=0)
    taken, wrong = presenter.region().id, presenter.new_id()
    create = presenter.extension(xcffib.damage).Create
    for used in (taken, window.id, Damage.watch(window).id):
        with presenter.expect_error("IDChoice", used):
            create(used, wrong, 99)
    for other in (wrong, 0, taken):
        with presenter.expect_error("Drawable", other):
            create(presenter.new_id(), other, 99)
    with presenter.expect_error("Match", unseen.id):
        create(presenter.new_id(), unseen.id, 99)
    for level in (4, 255):
        damage = presenter.new_id()
        with presenter.expect_error("Value", level):
            create(damage, window.id, level)
        with presenter.expect_error("DAMAGE:Damage", damage):
            presenter.extension(xcffib.damage).Destroy(damage)


def test_refused_subtract_and_add_have_errors_with_values(presenter):
    """Subtract: Damage, then Region for repair and for parts.  Add: Region, then Drawable, Match
    for an InputOnly window.  What is refused changes nothing (CMP-092)."""
    window = presenter.window(20, 20, events=0)
    unseen = presenter.window(20, 20, window_class=WindowClass.INPUT_ONLY, events=0)
    region, bad, wrong, third = presenter.region((1, 1, 5, 5)).id, *ids(presenter, 3)
    damage = Damage.watch(window, DELTA)
    fill_rectangles(window, create_gc(window), (2, 2, 9, 9))
    requests = presenter.extension(xcffib.damage)
    for other in (wrong, 0, region):
        with presenter.expect_error("DAMAGE:Damage", other):
            requests.Subtract(other, bad, third)
        with presenter.expect_error("DAMAGE:Damage", other):
            requests.Destroy(other)
    with presenter.expect_error("XFIXES:Region", bad):
        requests.Subtract(damage.id, bad, third)
    for repair in (region, 0):
        with presenter.expect_error("XFIXES:Region", third):
            requests.Subtract(damage.id, repair, third)
    for other in (bad, 0):
        with presenter.expect_error("XFIXES:Region", other):
            requests.Add(wrong, other)
    for other in (wrong, 0):
        with presenter.expect_error("Drawable", other):
            requests.Add(other, region)
    with presenter.expect_error("Match", unseen.id):
        requests.Add(unseen.id, region)
    assert damage.areas() == [(2, 2, 9, 9)]
    parts = presenter.region()
    damage.subtract(None, parts)
    assert parts.fetch() == [(2, 2, 9, 9)]


def ids(client, count):
    return [client.new_id() for _ in range(count)]


@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_damage_wants_to_be_asked_for_its_version(presenter, connect_wire, order):
    """A client that has not asked for the version gets Request for everything else, and nothing
    is done; XLibre serves it all the same (CMP-093)."""
    wire = connect_wire(order)
    major = wire.major("DAMAGE")
    window = presenter.window(20, 20, events=0)
    watched = Damage.watch(window)
    damage = wire.new_id()
    error = wire.error_of(wire.request(major, 1, wire.pack("IIB3x", damage, window.id, DELTA)))
    mine = Damage(presenter, damage, window.id)
    if error is None:
        mine.destroy()
    else:
        assert error.name == "Request"
        with presenter.expect_error("DAMAGE:Damage", damage):
            mine.destroy()
    again = wire.error_of(wire.request(major, 2, wire.pack("I", watched.id)))
    assert (again is None) == (error is None)
    if error is not None:
        assert again.name == "Request"
        watched.destroy()
    presenter.sync()


def test_requests_of_damage_have_one_length(presenter):
    """A word more or less gives Length (CMP-093)."""
    presenter.extension(xcffib.damage)
    for opcode, words in {1: 3, 2: 1, 3: 3, 4: 2}.items():
        for count in (words - 1, words + 1):
            with presenter.expect_error("Length"):
                presenter.send_raw("DAMAGE", opcode, struct.pack(f"=4x{count}I", *[1] * count))


@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_unknown_requests_of_damage_are_refused(connect_wire, order):
    """Whatever follows the last one gives Request with its number (CMP-093)."""
    wire = connect_wire(order)
    major = wire.major("DAMAGE")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 1)))
    for minor in (5, 6, 7, 127, 128, 255):
        error = wire.error_of(wire.request(major, minor, wire.pack("II", 1, 1)))
        assert (error.name, error.major, error.minor) == ("Request", major, minor)


@pytest.mark.parametrize(
    ("asked", "answered"), [((1, 0), (1, 0)), ((1, 1), (1, 1)), ((1, 9), (1, 1)), ((2, 0), (1, 1))]
)
def test_version_of_damage_is_the_lower_one(presenter, asked, answered):
    """QueryVersion answers with what was asked, and at most 1.1 (CMP-093)."""
    reply = presenter.extension(xcffib.damage).QueryVersion(*asked).reply()
    assert (reply.major_version, reply.minor_version) == answered
