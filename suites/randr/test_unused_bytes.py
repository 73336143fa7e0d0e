# SPDX-License-Identifier: MIT
"""Bytes of a reply that mean nothing: none of the server's memory leaves it there."""

import pytest
from xcffib.xproto import Atom, PropMode

from suites.marks import BYTE_ORDERS

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

WINDOW, CRTC, OUTPUT = "window", "crtc", "output"
HEADS = {
    "QueryVersion": (0, [1, 6], 16),
    "GetScreenInfo": (5, [WINDOW], 30),
    "GetScreenSizeRange": (6, [WINDOW], 16),
    "GetScreenResources": (8, [WINDOW], 24),
    "ListOutputProperties": (10, [OUTPUT], 10),
    "GetCrtcGammaSize": (22, [CRTC], 10),
    "GetCrtcGamma": (23, [CRTC], 10),
    "GetScreenResourcesCurrent": (25, [WINDOW], 24),
    "GetOutputPrimary": (31, [WINDOW], 12),
    "GetProviders": (32, [WINDOW], 14),
    "GetMonitors": (42, [WINDOW, 0], 20),
}
"""Minor opcode and words of a request, and from where on the head of its reply is unused."""


def ask(wire, minor, *words):
    """The reply to a request of these 32-bit words, by a client that knows rates."""
    major = wire.major("RANDR")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 6)))
    return wire.reply(wire.request(major, minor, wire.pack(f"{len(words)}I", *words)))


@BYTE_ORDERS
@pytest.mark.parametrize("name", HEADS)
def test_the_end_of_a_replys_head_is_zero(head, connect_wire, order, name):
    """Nothing but zeros follows the last field in the 32 bytes of the head (RND-180)."""
    ids = {WINDOW: head.monitors.client.root, CRTC: head.crtc, OUTPUT: head.output}
    minor, words, start = HEADS[name]
    reply = ask(connect_wire(order), minor, *(ids.get(word, word) for word in words))
    assert not any(reply[start:32]), reply[:32].hex()


@pytest.mark.parametrize("minor", [8, 25], ids=["probing", "current"])
def test_the_names_of_modes_are_filled_up_with_zeros(head, connect_wire, minor):
    """To whole words, however long they are together (RND-180)."""
    wire = connect_wire()
    seen = set()
    for n in range(4):
        head.monitors.create_mode(48, 40 + n, "mode"[: 1 + n])
        reply = ask(wire, minor, wire.root)
        (names,) = wire.unpack("H", reply, 22)
        counts = wire.unpack("HHH", reply, 16)
        end = 32 + 4 * counts[0] + 4 * counts[1] + 32 * counts[2] + names
        assert not any(reply[end:]), reply[end - 16 :].hex()
        seen.add(len(reply) - end)
    assert len(seen) > 1


def test_the_name_of_an_output_is_filled_up_with_zeros(head, connect_wire):
    """To whole words (RND-180)."""
    wire = connect_wire()
    for output in head.monitors.resources().outputs:
        reply = ask(wire, 9, output, 0)
        crtcs, modes, _, clones, name = wire.unpack("5H", reply, 26)
        end = 36 + 4 * (crtcs + modes + clones) + name
        assert not any(reply[end:]), reply[end - 8 :].hex()


@pytest.mark.parametrize("length", [1, 2, 3, 5, 7])
def test_the_value_of_a_property_is_filled_up_with_zeros(head, connect_wire, length):
    """To whole words; the whole value, or a part of it (RND-180)."""
    property = head.monitors.client.atom("XHARNESS_UNUSED")
    head.monitors.requests.ChangeOutputProperty(
        head.output, property, Atom.STRING, 8, PropMode.Replace, length, b"\xff" * length
    )
    head.monitors.client.sync()
    wire = connect_wire()
    for words in (length, 1):
        major = wire.major("RANDR")
        wire.reply(wire.request(major, 0, wire.pack("II", 1, 6)))
        body = wire.pack("5I4B", head.output, property, 0, 0, words, 0, 0, 0, 0)
        reply = wire.reply(wire.request(major, 15, body))
        (count,) = wire.unpack("I", reply, 16)
        assert not any(reply[20:32])
        assert reply[32 : 32 + count] == b"\xff" * count
        assert not any(reply[32 + count :]), reply[32:].hex()
    head.monitors.requests.DeleteOutputProperty(head.output, property)
