# SPDX-License-Identifier: MIT
"""Leases that a driver grants: what nobody may do to what is leased, and how a lease ends."""

import os

import pytest

from harness.clients.connection.client import Client
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.output_properties import OutputProperties
from harness.clients.randr.transform import Panning, Transform
from harness.clients.raw.raw_client import RawClient
from harness.servers.process.launch import launch
from harness.x11 import randr
from harness.x11.randr import CrtcChangeNotify, LeaseNotify, NotifyMask, OutputConnection
from suites.marks import BYTE_ORDERS, FOREIGN, at_least

pytestmark = [
    pytest.mark.needs("RANDR", crtcs=2, servers="xorg-flip", reason="a driver that grants leases"),
    pytest.mark.xserver(swapped=True),
]

CREATE, FREE = 45, 46
ENDINGS = pytest.mark.parametrize("ending", ["terminated", "closed"])


class Lease:
    """One that was granted: its id, and the descriptor that it lives as long as."""

    def __init__(self, id, descriptor, newcomer):
        self.id = id
        self._descriptor, self._newcomer = descriptor, newcomer

    def close(self):
        """Close the descriptor; the server has noticed it then."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            # It looks at descriptors when it looks for clients, not before each request.
            self._newcomer().sync()
        self._descriptor = None


class Lessee:
    """A client that leases CRTCs and outputs, by its bytes."""

    def __init__(self, wire, newcomer):
        self.wire, self._newcomer = wire, newcomer
        self.major = wire.major("RANDR")
        self.leases = []

    def ask(self, crtcs, outputs):
        """(Id, number of the request)."""
        wire = self.wire
        # An id of which servers that forget to turn it round make the same.
        id, ids = wire.symmetric_id(), [*crtcs, *outputs]
        body = wire.pack(f"IIHH{len(ids)}I", wire.root, id, len(crtcs), len(outputs), *ids)
        return id, wire.request(self.major, CREATE, body)

    def lease(self, crtcs, outputs):
        """A new lease."""
        id, sequence = self.ask(crtcs, outputs)
        reply = self.wire.reply(sequence)
        assert (reply[1], self.wire.unpack("I", reply, 4)) == (1, (0,))
        (descriptor,) = self.wire.descriptors
        self.wire.descriptors.clear()
        self.leases.append(Lease(id, descriptor, self._newcomer))
        return self.leases[-1]

    def refused(self, crtcs, outputs):
        """(Name, value) of the error."""
        error = self.wire.error_of(self.ask(crtcs, outputs)[1])
        assert self.wire.descriptors == []
        return error.name, error.value

    def free(self, id, terminate):
        body = self.wire.pack("IB3x", id, terminate)
        assert self.wire.error_of(self.wire.request(self.major, FREE, body)) is None


@pytest.fixture
def make_lessee(connect_wire, connect):
    """Makes lessees, whose leases end with the test: some servers do not survive their end else."""
    made = []

    def make(order="<"):
        made.append(Lessee(connect_wire(order), connect))
        return made[-1]

    yield make
    for lessee in made:
        for lease in lessee.leases:
            lease.close()


@pytest.fixture
def lessee(make_lessee):
    return make_lessee()


@pytest.fixture
def second(monitors):
    """The second CRTC, which is off, and its output."""
    _, second, *_ = Head.all(monitors)
    return second


@pytest.fixture
def lease(lessee, second):
    """A lease of the second head."""
    return lessee.lease([second.crtc], [second.output])


def notices(observer):
    """What was told of leases: (id, whether it was made)."""
    return [(e.lease, e.created) for e in observer.take() if isinstance(e, LeaseNotify)]


def end(ending, lessee, lease):
    if ending == "terminated":
        lessee.free(lease.id, True)
    lease.close()


@ENDINGS
def test_a_lease_is_told_when_it_is_made_and_when_it_ends(
    monitors, connect, lessee, second, ending
):
    """Once each, to all who selected it, with the window of their selection (RND-122, RND-124)."""
    observers = [Observer(monitors), Observer(Monitors(connect("other")))]
    lease = lessee.lease([second.crtc], [second.output])
    made = [event for event in observers[0].take() if isinstance(event, LeaseNotify)]
    assert [(e.lease, e.created, e.window) for e in made] == [
        (lease.id, True, monitors.client.root)
    ]
    assert notices(observers[1]) == [(lease.id, True)]
    end(ending, lessee, lease)
    for observer in observers:
        assert notices(observer) == [(lease.id, False)]
        assert notices(observer) == []


def test_what_is_leased_looks_switched_off_and_unplugged(monitors, second, lease):
    """A CRTC without mode, rotations and outputs, an output that is disconnected, without CRTCs
    and modes; both are still listed, the others are as before (RND-122)."""
    listed = monitors.resources(current=True)
    assert second.crtc in listed.crtcs
    assert second.output in listed.outputs
    crtc, output = second.info, second.output_info
    assert (crtc.mode, crtc.width, crtc.height, crtc.outputs, crtc.possible) == (0, 0, 0, (), ())
    assert output.connection is OutputConnection.DISCONNECTED
    assert (output.crtc, output.crtcs, output.modes, output.clones) == (0, (), (), ())
    first = Head.first(monitors)
    assert first.info.mode in first.output_info.modes
    assert first.output_info.connection is OutputConnection.CONNECTED


@ENDINGS
def test_what_was_leased_is_as_it_was_afterwards(lessee, second, ending):
    """It can be set, and leased, again (RND-124)."""
    before = second.info.rotations, second.info.possible, second.output_info.crtcs
    for _ in range(2):
        lease = lessee.lease([second.crtc], [second.output])
        assert second.info.possible == ()
        end(ending, lessee, lease)
        assert (second.info.rotations, second.info.possible, second.output_info.crtcs) == before
    mode = second.add_mode(96, 80)
    assert second.set(mode.id).status == 0
    assert second.info.mode == mode.id


IDENTITY = Transform((0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x10000))
REFUSED = {
    "set": lambda m, h: h.set(m.create_mode(96, 80, "own").id),
    "off": lambda m, h: h.off(),
    "gamma": lambda m, h: m.requests.SetCrtcGamma(h.crtc, 256, *([list(range(256))] * 3)),
    "transform": lambda m, h: m.set_transform(h.crtc, IDENTITY),
    "panning": lambda m, h: m.set_panning(
        h.crtc, Panning((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))
    ),
    "mode added": lambda m, h: m.add_mode(h.output, m.create_mode(96, 80, "own").id),
    "mode deleted": lambda m, h: m.delete_mode(h.output, m.create_mode(96, 80, "own").id),
    "property": lambda m, h: OutputProperties(m.client, h.output).configure(m.client.atom("OWN")),
    "property deleted": lambda m, h: OutputProperties(m.client, h.output).delete(
        m.client.atom("OWN")
    ),
    "primary": lambda m, h: m.set_primary(h.output),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_leased_cannot_be_configured(monitors, second, lease, case):
    """Access, by anybody; as of old when the lease has ended (RND-123)."""
    with monitors.client.catch_errors() as errors:
        REFUSED[case](monitors, second)
    assert [error.name for error in errors] == ["Access"]


def test_a_leased_output_is_no_other_crtcs(monitors, second, lease):
    """Neither can a CRTC that is free show a leased output (RND-123)."""
    _, _, third, *_ = Head.all(monitors)
    mode = third.add_mode(96, 80)
    with monitors.client.expect_error("Access"):
        monitors.set_crtc(third.crtc, mode.id, [second.output])


@pytest.mark.parametrize("what", ["crtc", "output"])
def test_what_is_leased_cannot_be_leased_again(monitors, lessee, second, lease, what):
    """Access with its id; what is asked for besides stays free (RND-123)."""
    _, _, third, *_ = Head.all(monitors)
    crtcs, outputs = [third.crtc], [third.output]
    if what == "crtc":
        assert lessee.refused([*crtcs, second.crtc], outputs) == ("Access", second.crtc)
    else:
        assert lessee.refused(crtcs, [*outputs, second.output]) == ("Access", second.output)
    lessee.lease(crtcs, outputs)


@pytest.mark.known_bug(
    reference="xserver commit d4944ceda: a lease takes the place of those that were there",
    fixed={"X.Org": "21.1", "XLibre": "25"},
    evidence="failed: AssertionError",
)
def test_two_leases_end_each_for_itself(monitors, lessee, second, lease):
    """The end of one leaves the other (RND-124)."""
    _, _, third, *_ = Head.all(monitors)
    other = lessee.lease([third.crtc], [third.output])
    end("closed", lessee, lease)
    assert second.info.possible
    assert third.info.possible == ()
    end("closed", lessee, other)
    assert third.info.possible


def test_a_lease_that_is_freed_lives_as_long_as_its_descriptor(monitors, lessee, second, lease):
    """FreeLease without terminate forgets the id alone: it can be used for something else, and
    nobody is told of the end (RND-124)."""
    observer = Observer(monitors)
    lessee.free(lease.id, False)
    assert lessee.wire.create_pixmap(4, 4, lease.id) == lease.id
    lessee.wire.sync()
    assert lessee.wire.errors == []
    assert second.info.possible == ()
    lease.close()
    assert second.info.possible
    assert notices(observer) == []


def test_a_lease_outlives_the_client_that_made_it(connect, lessee, second, lease):
    """It ends with its descriptor, which others may have (RND-124)."""
    lessee.wire.close()
    connect().sync()
    assert second.info.possible == ()
    lease.close()
    assert second.info.possible


@at_least(640, 480)
def test_a_crtc_that_is_on_is_left_to_the_lessee(monitors, lessee, lease):
    """It is off for everybody else while it is leased, and the others go on (RND-122)."""
    _, _, third, *_ = Head.all(monitors)
    mode = third.add_mode(96, 80)
    assert third.set(mode.id).status == 0
    observer = Observer(monitors)
    lease = lessee.lease([third.crtc], [third.output])
    assert third.info.mode == 0
    assert Head.first(monitors).info.mode
    assert not [e for e in observer.take() if isinstance(e, CrtcChangeNotify) and e.mode]
    end("terminated", lessee, lease)
    assert third.set(mode.id).status == 0
    assert third.info.mode == mode.id


@BYTE_ORDERS
def test_leases_are_made_by_clients_of_either_byte_order(make_lessee, second, order):
    """CRTCs and outputs are read, and the end asked for, in their own order (RND-126)."""
    lessee = make_lessee(order)
    lease = lessee.lease([second.crtc], [second.output])
    assert second.info.possible == ()
    end("terminated", lessee, lease)
    assert second.info.possible


@ENDINGS
def test_leases_are_told_in_the_clients_byte_order(monitors, connect_wire, lessee, second, ending):
    """Of its making and of its end, as others are (RND-122, RND-124, RND-126)."""
    observer, wire = Observer(monitors), connect_wire(FOREIGN)
    # X.Org takes the mask for leases not alone.
    mask = NotifyMask.LEASE | NotifyMask.PROVIDER_CHANGE
    wire.request(wire.major("RANDR"), 4, wire.pack("IH2x", wire.root, mask))
    wire.sync()
    lease = lessee.lease([second.crtc], [second.output])
    end(ending, lessee, lease)
    own = [event for event in observer.take() if isinstance(event, LeaseNotify)]
    wire.sync()
    first = monitors.client.numbers("RANDR").first_event
    told = [randr.decode_event((data[0] & 0x7F) - first, data, FOREIGN) for data in wire.events]
    assert told == own
    assert [event.created for event in told] == [True, False]


@pytest.mark.known_bug(
    reference="RROutputDestroyResource ends a lease whose CRTCs are gone, which the end uses",
    servers=("xorg-flip",),
    evidence="failed: AssertionError failed while stopping: SIGSEGV",
)
@pytest.mark.xserver(throwaway=True)
def test_a_server_ends_cleanly_while_a_lease_lives(server):
    """As at any other time (RND-162)."""
    with launch(server.spec) as own, Client(own) as client:
        monitors = Monitors(client)
        _, second, *_ = Head.all(monitors)
        with RawClient(own) as wire:
            Lessee(wire, lambda: client).lease([second.crtc], [second.output])
            stop = own.stop()
    assert stop.clean, str(stop)
