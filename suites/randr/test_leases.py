# SPDX-License-Identifier: MIT
"""Leases: every way in which a server without a graphics card refuses them."""

import struct

import pytest

from harness.clients.randr.session import RandrSession
from suites.marks import AFTER_21, FOREIGN, WITHOUT_CARD

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

CREATE, FREE = 45, 46


class LeaseSession(RandrSession):
    """Asks for leases of the first CRTC and output."""

    def __init__(self, client):
        super().__init__(client)
        self.crtc = self.crtcs[0]

    def create(self, lease=None, window=None, crtcs=None, outputs=None, counts=None):
        """The error of a CreateLease with anything wrong."""
        crtcs = [self.crtc] if crtcs is None else crtcs
        outputs = [self.output] if outputs is None else outputs
        ids = [*crtcs, *outputs]
        data = struct.pack(
            f"=4xIIHH{len(ids)}I",
            self.client.root if window is None else window,
            self.client.new_id() if lease is None else lease,
            *(counts or (len(crtcs), len(outputs))),
            *ids,
        )
        return self.refused_bytes(CREATE, data)


@pytest.fixture
def desk(connect):
    """With a CRTC and an output to lease."""
    return LeaseSession(connect("desk"))


@WITHOUT_CARD
def test_a_driver_without_leases_refuses_them(desk):
    """Match, for CRTCs, outputs, both or none (RND-119)."""
    assert desk.create()[0] == "Match"
    assert desk.create(crtcs=[])[0] == "Match"
    assert desk.create(outputs=[])[0] == "Match"
    assert desk.create(crtcs=[], outputs=[])[0] == "Match"


def test_what_cannot_be_leased_is_refused(desk):
    """RANDR's Crtc or Output error with the id, CRTCs first; Match where the server has no
    leases at all (RND-120)."""
    for wrong in (0, desk.client.root, 0x1FFFFFF):
        crtc, output = desk.create(crtcs=[wrong]), desk.create(outputs=[desk.output, wrong])
        both = desk.create(crtcs=[desk.crtc, wrong], outputs=[wrong])
        if crtc[0] == "Match":
            assert (output[0], both[0]) == ("Match", "Match")
        else:
            assert crtc == both == ("RANDR:Crtc", wrong)
            assert output == ("RANDR:Output", wrong)
    swapped = desk.create(crtcs=[desk.output], outputs=[desk.crtc])
    assert swapped[0] == "Match" or swapped == ("RANDR:Crtc", desk.output)


def test_a_lease_takes_an_unused_id_of_the_client(desk, connect):
    """IDChoice with the id for one in use, one of another client and one of the server's; before
    the window is looked at (RND-119)."""
    window = desk.client.window(8, 8, events=0, mapped=False).id
    for wrong in (window, connect("other").new_id(), desk.client.root, desk.crtc, 0, 0xFFFFFFFF):
        assert desk.create(lease=wrong) == ("IDChoice", wrong)
        assert desk.create(lease=wrong, window=desk.crtc, counts=(7, 7)) == ("IDChoice", wrong)


def test_the_screen_of_a_lease_is_named_by_a_window(desk):
    """Window with the id; before the counts are looked at (RND-119)."""
    for wrong in (desk.crtc, desk.output, 0x1FFFFFF):
        assert desk.create(window=wrong) == ("Window", wrong)
        assert desk.create(window=wrong, counts=(7, 7)) == ("Window", wrong)


@pytest.mark.parametrize("counts", [(0, 0), (1, 0), (0, 1), (2, 1), (1, 2), (0xFFFF, 0xFFFF)])
def test_counts_that_belie_the_length_are_refused(desk, counts):
    """Length (RND-119)."""
    assert desk.create(counts=counts)[0] == "Length"


def test_requests_cut_short_are_refused(desk):
    """Length, before any argument is looked at (RND-119, RND-121)."""
    for words in (1, 2, 3):
        assert desk.refused_bytes(CREATE, bytes(4 * words))[0] == "Length"
    for words in (1, 2, 4):
        assert desk.refused_bytes(FREE, bytes(4 * words))[0] == "Length"


@pytest.mark.parametrize("terminate", [0, 1, 255])
def test_what_is_no_lease_cannot_be_freed(desk, terminate):
    """Value with the id: servers register no error for leases, though the text has one
    (RND-121)."""
    unused, window = desk.client.new_id(), desk.client.window(8, 8, events=0, mapped=False).id
    for wrong in (0, unused, window, desk.crtc, desk.output, 0x1FFFFFF):
        data = struct.pack("=4xIB3x", wrong, terminate)
        assert desk.refused_bytes(FREE, data) == ("Value", wrong)


@WITHOUT_CARD
def test_a_refused_id_can_be_used_for_something_else(desk):
    """Nothing is left of a lease that was refused (RND-119)."""
    id = desk.client.new_id()
    assert desk.create(lease=id)[0] == "Match"
    desk.client.core.CreatePixmap(24, id, desk.client.root, 4, 4)
    desk.client.sync()
    assert desk.client.geometry(id).width == 4


@WITHOUT_CARD
def test_errors_are_turned_round(desk, connect_wire):
    """The arguments and bad values of a client of the other byte order (RND-119, RND-121,
    RND-126)."""
    wire = connect_wire(FOREIGN)
    major = wire.major("RANDR")

    def error(opcode, layout, *values):
        error = wire.error_of(wire.request(major, opcode, wire.pack(layout, *values)))
        return error.name, error.value

    lease, both = wire.symmetric_id(), (1, 1, desk.crtc, desk.output)
    assert error(CREATE, "IIHHII", wire.root, lease, *both)[0] == "Match"
    assert error(CREATE, "IIHHII", 0x123456, lease, *both) == ("Window", 0x123456)
    assert error(CREATE, "IIHHI", wire.root, lease, 1, 1, desk.crtc)[0] == "Length"
    assert error(FREE, "IB3x", 0x123456, 1) == ("Value", 0x123456)


@WITHOUT_CARD
@pytest.mark.known_bug(
    reference="SProcRRCreateLease leaves the id of the lease unswapped",
    fixed=AFTER_21,
    evidence="failed: AssertionError",
    strict=True,
)
def test_the_id_of_a_lease_is_turned_round(desk, connect_wire):
    """As every other argument (RND-119, RND-126)."""
    wire = connect_wire(FOREIGN)
    body = wire.pack("IIHHII", wire.root, wire.new_id(), 1, 1, desk.crtc, desk.output)
    assert wire.error_of(wire.request(wire.major("RANDR"), CREATE, body)).name == "Match"
    body = wire.pack("IIHHII", wire.root, 0x123456, 1, 1, desk.crtc, desk.output)
    error = wire.error_of(wire.request(wire.major("RANDR"), CREATE, body))
    assert (error.name, error.value) == ("IDChoice", 0x123456)
