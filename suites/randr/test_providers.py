# SPDX-License-Identifier: MIT
"""Providers: only a driver makes one; every request says what is none."""

import struct

import pytest

from harness.clients.randr.session import RandrSession
from suites.marks import FOREIGN, PLAIN_DRIVERS, WITHOUT_CARD

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

GET_PROVIDERS = 32

MADE = pytest.mark.needs(servers="xorg-flip", reason="a driver that makes a provider")

REQUESTS = {
    "GetProviderInfo": (33, "I"),
    "SetProviderOffloadSink": (34, "II"),
    "SetProviderOutputSource": (35, "II"),
    "ListProviderProperties": (36, ""),
    "QueryProviderProperty": (37, "I"),
    "ConfigureProviderProperty": (38, "IBB2x"),
    "ChangeProviderProperty": (39, "IIBB2xI"),
    "DeleteProviderProperty": (40, "I"),
    "GetProviderProperty": (41, "4IBB2x"),
}
"""Minor opcode, and what follows the provider."""

LENGTH = 16
ARGUMENTS = {"ChangeProviderProperty": (68, 19, 8, 0, 0)}
"""What is right up to the provider; anything else may be zero."""


class ProviderSession(RandrSession):
    """Providers are part of the state."""

    def state(self):
        return self.monitors.resources(), self.providers()

    @property
    def provider(self):
        return self.providers()[0]

    def providers(self):
        return list(self.monitors.requests.GetProviders(self.client.root).reply().providers)


@pytest.fixture
def desk(connect):
    """With providers."""
    return ProviderSession(connect("desk"))


def encoded(name, provider, order="="):
    """A request that is right but for its provider."""
    _, layout = REQUESTS[name]
    values = ARGUMENTS.get(
        name, (0,) * len(struct.unpack(f"={layout}", bytes(32)[: struct.calcsize(f"={layout}")]))
    )
    return struct.pack(f"{order}4xI{layout}", provider, *values)


@pytest.mark.needs(servers=(*PLAIN_DRIVERS, "xorg-flip"), reason="a server without a graphics card")
def test_only_a_driver_makes_a_provider(desk, server):
    """None without; the harness's own driver makes one.  The time is that of the last change
    (RND-096)."""
    reply = desk.monitors.requests.GetProviders(desk.client.root).reply()
    assert len(reply.providers) == (server.flip is not None)
    assert reply.timestamp == desk.monitors.resources(current=True).timestamp


@MADE
def test_a_provider_tells_its_crtcs_and_outputs(desk):
    """All of its screen's, its name, no role, and nobody that it works with; whatever time is
    given (RND-129)."""
    resources = desk.monitors.resources(current=True)
    for time in (0, resources.config_timestamp, 12345):
        reply = desk.monitors.requests.GetProviderInfo(desk.provider, time).reply()
        assert (reply.status, reply.timestamp) == (0, resources.timestamp)
        assert tuple(reply.crtcs) == resources.crtcs
        assert tuple(reply.outputs) == resources.outputs
        assert (reply.capabilities, list(reply.associated_providers)) == (0, [])
        assert b"".join(reply.name) == b"flip"


@MADE
def test_a_provider_is_told_in_the_clients_byte_order(desk, connect_wire):
    """Lists and lengths, and the list of providers itself (RND-126, RND-129)."""
    wire = connect_wire(FOREIGN)
    major, resources = wire.major("RANDR"), desk.monitors.resources(current=True)
    reply = wire.reply(wire.request(major, GET_PROVIDERS, wire.pack("I", wire.root)))
    assert wire.unpack("IIH", reply, 4) == (1, resources.timestamp, 1)
    assert wire.unpack("I", reply, 32) == (desk.provider,)
    body = wire.pack("II", desk.provider, 0)
    reply = wire.reply(wire.request(major, REQUESTS["GetProviderInfo"][0], body))
    crtcs, outputs = len(resources.crtcs), len(resources.outputs)
    assert wire.unpack("I", reply, 4) == (crtcs + outputs + 1,)
    assert wire.unpack("IHHHH", reply, 12) == (0, crtcs, outputs, 0, 4)
    listed = wire.unpack(f"{crtcs + outputs}I", reply, 32)
    assert listed == (*resources.crtcs, *resources.outputs)
    assert reply[32 + 4 * (crtcs + outputs) :] == b"flip"


@MADE
@pytest.mark.known_bug(
    reference="ProcRRGetProviderInfo leaves the timestamp unswapped",
    servers=("xorg-flip",),
    evidence="failed: AssertionError the time is",
)
def test_the_time_of_a_provider_is_turned_round(desk, connect_wire):
    """That of the last change (RND-126, RND-129)."""
    wire = connect_wire(FOREIGN)
    body = wire.pack("II", desk.provider, 0)
    sequence = wire.request(wire.major("RANDR"), REQUESTS["GetProviderInfo"][0], body)
    told, known = wire.unpack("I", wire.reply(sequence), 8), desk.monitors.resources().timestamp
    assert told == (known,), f"the time is {told}, not {known}"


@MADE
@pytest.mark.parametrize("other", ["itself", "none"])
@pytest.mark.parametrize("name", ["SetProviderOffloadSink", "SetProviderOutputSource"])
def test_a_provider_takes_no_role_that_it_cannot_have(desk, name, other):
    """Value, be the other provider itself or none (RND-098)."""
    sink = desk.provider if other == "itself" else 0
    data = struct.pack("=4x3I", desk.provider, sink, 0)
    assert desk.refused_bytes(REQUESTS[name][0], data)[0] == "Value"


def test_the_screen_of_the_list_is_named_by_a_window(desk):
    """Window with the id; Length for too short and too long (RND-096)."""
    crtc = desk.monitors.resources().crtcs[0]
    assert desk.refused_bytes(GET_PROVIDERS, struct.pack("=4xI", crtc)) == ("Window", crtc)
    for words in (1, 3):
        assert desk.refused_bytes(GET_PROVIDERS, bytes(4 * words))[0] == "Length"


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_no_provider_is_refused(desk, name):
    """RANDR's Provider error with the id, for each request on one (RND-097)."""
    resources = desk.monitors.resources()
    ids = (0, desk.client.root, resources.crtcs[0], resources.outputs[0], 0x1FFFFFF)
    for wrong in ids:
        refusal = desk.refused_bytes(REQUESTS[name][0], encoded(name, wrong))
        assert refusal == ("RANDR:Provider", wrong)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_of_a_wrong_length_is_refused(desk, name):
    """Length, before the provider is looked at (RND-097)."""
    data = encoded(name, 0x1FFFFFF)
    lengths = {len(data) - 4, len(data) + 4}
    if name == "ConfigureProviderProperty":
        lengths.remove(len(data) + 4)
    for length in lengths:
        assert desk.refused_bytes(REQUESTS[name][0], (data + bytes(4))[:length])[0] == "Length"


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("format", [8, 16, 32])
def test_every_mode_and_format_is_counted_in_bytes(desk, mode, format):
    """Length for too few and too many, else the provider is looked at (RND-097, RND-100)."""
    for units in (0, 1, 3, 4):
        size = (units * format // 8 + 3) // 4 * 4
        head = struct.pack("=4x3IBB2xI", 0x1FFFFFF, 68, 19, format, mode, units)
        assert desk.refused_bytes(39, head + bytes(size)) == ("RANDR:Provider", 0x1FFFFFF)
        for wrong in {size + 4, max(size - 4, 0)} - {size}:
            assert desk.refused_bytes(39, head + bytes(wrong))[0] == "Length"


@pytest.mark.parametrize(
    ("mode", "format", "value"),
    [
        *[(3, 8, 3), (127, 8, 127), (0, 9, 9), (2, 0, 0), (3, 9, 3)],
        *[(0, format, format) for format in (1, 7, 15, 17, 24, 31, 33, 64)],
    ],
)
def test_mode_and_format_come_before_the_provider(desk, mode, format, value):
    """Value, as for properties of outputs (RND-097, RND-100)."""
    data = struct.pack("=4x3IBB2xI", 0x1FFFFFF, 68, 19, format, mode, 0)
    assert desk.refused_bytes(39, data) == ("Value", value)


@pytest.mark.parametrize("name", REQUESTS)
def test_errors_are_turned_round(desk, connect_wire, name):
    """The bad value is the client's own number (RND-097, RND-126)."""
    wire = connect_wire(FOREIGN)
    opcode, wrong = REQUESTS[name][0], 0x00345678
    body = encoded(name, wrong, FOREIGN)[4:]
    error = wire.error_of(wire.request(wire.major("RANDR"), opcode, body))
    first = desk.client.numbers("RANDR").first_error
    assert (error.code, error.value, error.minor) == (first + 3, wrong, opcode)


@pytest.mark.parametrize("format", [8, 16, 32])
def test_the_items_of_a_property_are_counted_in_the_clients_byte_order(desk, connect_wire, format):
    """Before the provider is looked at: Length where there are more or less (RND-097, RND-126)."""
    wire, wrong = connect_wire(FOREIGN), 0x00345678
    major, provider = wire.major("RANDR"), desk.client.numbers("RANDR").first_error + 3
    for units, size, code in ((4, format // 2, provider), (4, 20, LENGTH), (3, 0, LENGTH)):
        body = wire.pack("3IBB2xI", wrong, 68, 19, format, 0, units) + bytes(size)
        assert wire.error_of(wire.request(major, 39, body)).code == code


@WITHOUT_CARD
def test_the_empty_list_is_turned_round(desk, connect_wire):
    """Length 0, time and number (RND-096, RND-126)."""
    wire = connect_wire(FOREIGN)
    reply = wire.reply(wire.request(wire.major("RANDR"), GET_PROVIDERS, wire.pack("I", wire.root)))
    time = desk.monitors.resources(current=True).timestamp
    assert wire.unpack("IIH", reply, 4) == (0, time, 0)
