# SPDX-License-Identifier: MIT
"""The property non-desktop: an output that is for something else than a desktop looks unplugged."""

import struct

import pytest
from xcffib.xproto import Atom

from harness.clients.randr.observer import Observer
from harness.clients.randr.output_properties import OutputProperties
from harness.x11 import randr
from harness.x11.randr import NotifyMask, OutputChangeNotify, OutputConnection
from suites.marks import FOREIGN

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

CONNECTED, DISCONNECTED = OutputConnection.CONNECTED, OutputConnection.DISCONNECTED


class NonDesktop:
    """The property of the output ``owner``, and what it looks like to others."""

    def __init__(self, monitors, owner):
        self._monitors, self.owner = monitors, owner
        self._name = monitors.client.atom("non-desktop")
        self._properties = OutputProperties(monitors.client, owner)

    @property
    def immutable(self):
        return self._properties.query(self._name).immutable

    @property
    def connection(self):
        return self._monitors.output(self.owner).connection

    @property
    def value(self):
        return self._properties.get(self._name).data

    def set(self, *values, type=Atom.INTEGER, format=32):
        data = struct.pack(f"={len(values)}{'I' if format == 32 else 'H'}", *values)
        self._properties.change(self._name, type, format, data)


@pytest.fixture
def output(monitors, head):
    """The property of the output that is on, which is a desktop's before and afterwards."""
    made = NonDesktop(monitors, head.output)
    if made.value != bytes(4):
        pytest.skip("needs an output with the property non-desktop, which servers have since 1.20")
    if made.immutable:
        pytest.skip("needs an output whose property non-desktop can be changed")
    yield made
    made.set(0)
    monitors.client.sync()


def told(observer):
    """The outputs that changed, and what they are connected to then."""
    changed = [e for e in observer.take() if isinstance(e, OutputChangeNotify)]
    return [(event.output, event.connection) for event in changed]


def test_an_output_for_no_desktop_looks_unplugged(monitors, head, output):
    """In its information and in the event of the change, while its CRTC and modes stay; it is
    plugged in again when the property is 0 (RND-160)."""
    observer, before = Observer(monitors), head.output_info
    assert before.connection is CONNECTED
    for value, connection in [(1, DISCONNECTED), (0, CONNECTED), (0x80000000, DISCONNECTED)]:
        output.set(value)
        assert output.connection is connection
        assert told(observer) == [(output.owner, connection)]
        now = head.output_info
        assert (now.crtc, now.modes, now.crtcs) == (before.crtc, before.modes, before.crtcs)


def test_only_another_meaning_of_the_property_is_a_change(monitors, output):
    """Not the same one, nor another number that is not 0, nor a value of another type, format or
    without items; of several items the first counts (RND-161)."""
    observer = Observer(monitors)
    output.set(1)
    assert told(observer) == [(output.owner, DISCONNECTED)]
    output.set(1)
    output.set(7)
    output.set(0, type=Atom.CARDINAL)
    output.set(0, format=16)
    output.set()
    assert told(observer) == []
    assert output.connection is DISCONNECTED
    output.set(3, 0)
    assert told(observer) == []
    output.set(0, 3)
    assert told(observer) == [(output.owner, CONNECTED)]


@pytest.mark.needs(crtcs=2)
def test_the_property_is_of_one_output(monitors, output):
    """The others stay plugged in (RND-160)."""
    others = [one for one in monitors.resources().outputs if one != output.owner]
    before = [monitors.output(one).connection for one in others]
    output.set(1)
    assert [monitors.output(one).connection for one in others] == before


def test_a_client_of_the_other_byte_order_is_told_and_tells(monitors, connect_wire, output):
    """The value is turned round, and so is the event (RND-126, RND-160)."""
    observer, wire = Observer(monitors), connect_wire(FOREIGN)
    major = wire.major("RANDR")
    wire.request(major, 4, wire.pack("IH2x", wire.root, NotifyMask.OUTPUT_CHANGE))
    name = monitors.client.atom("non-desktop")
    body = wire.pack("3I2B2xII", output.owner, name, Atom.INTEGER, 32, 0, 1, 1)
    assert wire.error_of(wire.request(major, 13, body)) is None
    assert output.connection is DISCONNECTED
    own = [e for e in observer.take() if isinstance(e, OutputChangeNotify)]
    wire.sync()
    first = monitors.client.numbers("RANDR").first_event
    events = [randr.decode_event((data[0] & 0x7F) - first, data, FOREIGN) for data in wire.events]
    assert [one for one in events if isinstance(one, OutputChangeNotify)] == own
