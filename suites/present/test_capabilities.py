# SPDX-License-Identifier: MIT
"""QueryCapabilities: what a window's CRTC, or a CRTC, can do."""

import struct

import pytest

from harness.clients.present import specimens
from harness.servers.flip.control import FlipOption
from harness.x11 import present
from harness.x11.present import Capability
from suites.marks import BYTE_ORDERS, FOREIGN

OF_EVERY_VERSION = Capability.ASYNC | Capability.FENCE | Capability.UST


def capabilities(client, target):
    reply = client.ask(present.QueryCapabilities(target))
    kind, length = struct.unpack_from("=B3xI", reply)
    assert (kind, length) == (1, 0)
    return struct.unpack_from("=I", reply, 8)[0]


def targets(presenter, connect):
    """Every window that a client may ask about, and the CRTC, by what they are."""
    found = {
        "mapped": presenter.window(16, 16, events=0).id,
        "unmapped": presenter.window(16, 16, events=0, mapped=False).id,
        "off the screen": presenter.window(16, 16, events=0, x=-500, y=-500).id,
        "presented to": presenter.window(16, 16).id,
        "CRTC": specimens.crtc(presenter),
    }
    other = connect("other")
    found["another client's"] = other.window(16, 16).id
    other.sync()
    made = specimens.specimens(presenter)
    return found | {kind: made[kind] for kind in specimens.WINDOWS}


@pytest.mark.needs(servers=("xvfb", "xephyr"), reason="screens known to have no driver")
def test_a_screen_without_driver_has_no_capabilities(presenter, connect):
    """Windows of all kinds, the root and a CRTC are accepted as target, and answered 0 where
    no CRTC has a driver (PRE-010, PRE-011)."""
    asked = targets(presenter, connect)
    assert {kind: capabilities(presenter, id) for kind, id in asked.items()} == dict.fromkeys(
        asked, 0
    )


@pytest.mark.needs(servers="xorg-flip", reason="a driver whose capabilities a test can set")
@pytest.mark.xserver(swapped=True)
def test_the_capabilities_are_those_of_the_driver(presenter, connect, connect_wire, flip_control):
    """Of a window, the root and a CRTC, in the byte order of any client; a window that no CRTC
    shows has none (PRE-010, PRE-211)."""
    wire = connect_wire(FOREIGN)
    asked = targets(presenter, connect)
    for able in (Capability.ASYNC, Capability.NONE, Capability.ASYNC):
        flip_control.set(FlipOption.ASYNC, int(bool(able)))
        got = {kind: capabilities(presenter, id) & Capability.ASYNC for kind, id in asked.items()}
        assert got == dict.fromkeys(asked, able) | {"off the screen": 0}
        request = present.QueryCapabilities(presenter.root)
        reply = wire.reply(wire.send(request.encode(wire.major("Present"), FOREIGN)))
        assert wire.unpack("I", reply, 8)[0] == capabilities(presenter, presenter.root)
    flip_control.set(FlipOption.ASYNC, 0)


def test_only_bits_of_the_servers_version_are_set(presenter, connect):
    """Async, Fence and UST in every version, AsyncMayTear from 1.3 on, Syncobj from 1.4 on: no
    other bit is set (PRE-014)."""
    version = presenter.present_version()
    known = OF_EVERY_VERSION
    if version >= (1, 3):
        known |= Capability.ASYNC_MAY_TEAR
    if version >= (1, 4):
        known |= Capability.SYNCOBJ
    asked = targets(presenter, connect)
    assert {kind: capabilities(presenter, id) & ~known for kind, id in asked.items()} == (
        dict.fromkeys(asked, 0)
    )


def test_what_is_neither_window_nor_crtc_is_refused_as_a_crtc(presenter):
    """Any other id gives RandR's Crtc error with that id, not Window (PRE-012)."""
    wrong = specimens.specimens(presenter, but=specimens.WINDOWS | specimens.CRTCS)
    for kind, id in wrong.items():
        with presenter.catch_errors() as errors:
            presenter.ask(present.QueryCapabilities(id))
        assert [(kind, e.name, e.value, e.minor) for e in errors] == [
            (kind, "RANDR:Crtc", id, present.QueryCapabilities.OPCODE)
        ]


@pytest.mark.parametrize("words", [1, 3, 4])
def test_query_capabilities_of_a_wrong_length_is_refused(presenter, words):
    """QueryCapabilities has 2 words; any other length gives Length (PRE-015)."""
    data = (present.QueryCapabilities(presenter.root).encode() + bytes(8))[: 4 * words]
    with presenter.expect_error("Length") as caught:
        presenter.send_raw("Present", present.QueryCapabilities.OPCODE, data)
    assert caught.error.minor == present.QueryCapabilities.OPCODE


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
@pytest.mark.parametrize(
    ("minor", "words", "end"), [(0, (1, 4), 16), (4, None, 12)], ids=["version", "capabilities"]
)
def test_the_end_of_a_reply_is_zero(connect_wire, order, minor, words, end):
    """Nothing but zeros follows its last field in its 32 bytes (PRE-190)."""
    wire = connect_wire(order)
    asked = words or (wire.root,)
    request = wire.request(wire.major("Present"), minor, wire.pack(f"{len(asked)}I", *asked))
    reply = wire.reply(request)
    assert len(reply) == 32
    assert not any(reply[end:]), reply.hex()
