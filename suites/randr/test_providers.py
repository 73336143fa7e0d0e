# SPDX-License-Identifier: MIT
"""Providers: none on servers without a graphics card, and every request says so."""

import struct

import pytest

from harness.clients.randr.session import RandrSession
from suites.marks import FOREIGN

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

WITHOUT_CARD = pytest.mark.needs(
    servers=("xvfb", "xephyr", "xorg", "xvnc", "xwayland", "x2gokdrive", "sway", "xorg-flip"),
    reason="without a graphics card",
)

GET_PROVIDERS = 32

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

ARGUMENTS = {"ChangeProviderProperty": (68, 19, 8, 0, 0)}
"""What is right up to the provider; anything else may be zero."""


class ProviderSession(RandrSession):
    """Providers are part of the state."""

    def state(self):
        return self.monitors.resources(), self.providers()

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


@WITHOUT_CARD
def test_there_is_none(desk):
    """No driver of these servers makes a provider; the time is that of the last change
    (RND-096)."""
    reply = desk.monitors.requests.GetProviders(desk.client.root).reply()
    assert list(reply.providers) == []
    assert reply.timestamp == desk.monitors.resources(current=True).timestamp


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


@pytest.mark.parametrize(
    ("mode", "format", "value"), [(3, 8, 3), (127, 8, 127), (0, 9, 9), (2, 0, 0), (3, 9, 3)]
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


@WITHOUT_CARD
def test_the_empty_list_is_turned_round(desk, connect_wire):
    """Length 0, time and number (RND-096, RND-126)."""
    wire = connect_wire(FOREIGN)
    reply = wire.reply(wire.request(wire.major("RANDR"), GET_PROVIDERS, wire.pack("I", wire.root)))
    time = desk.monitors.resources(current=True).timestamp
    assert wire.unpack("IIH", reply, 4) == (0, time, 0)
