# SPDX-License-Identifier: MIT
"""Lengths of XFIXES's requests on cursors, selections, barriers and clients.

Those on regions are with them.
"""

import pytest

from suites.marks import BYTE_ORDERS

pytestmark = [pytest.mark.needs("XFIXES"), pytest.mark.xserver(swapped=True, any_depth=True)]

FIXED = {
    "ChangeSaveSet": (1, 2),
    "SelectSelectionInput": (2, 3),
    "SelectCursorInput": (3, 2),
    "GetCursorImage": (4, 0),
    "GetCursorName": (24, 1),
    "GetCursorImageAndName": (25, 0),
    "ChangeCursor": (26, 2),
    "HideCursor": (29, 1),
    "ShowCursor": (30, 1),
    "DeletePointerBarrier": (32, 1),
    "SetClientDisconnectMode": (33, 1),
    "GetClientDisconnectMode": (34, 0),
}
"""Minor opcode, and how many words follow the head."""

SINCE_6 = 33

UNCHECKED = {
    "reference": "CVE-2025-49177, xserver commit 721d4ff4e: SetClientDisconnectMode of any length",
    "evidence": "failed: AssertionError",
}
UNCHECKED_MODE = [
    # Sources of 21.1.7 are those of a distribution, with the fix; Xvnc is built from others.
    pytest.mark.known_bug(
        fixed={"X.Org": "21.1.7", "Xwayland": "24.1.7", "XLibre": "25"}, **UNCHECKED
    ),
    pytest.mark.known_bug(
        since={"X.Org": "21.1.8"}, fixed={"X.Org": "21.1.17"}, own_builds=True, **UNCHECKED
    ),
]
NAMES = [
    pytest.param(name, marks=UNCHECKED_MODE if name == "SetClientDisconnectMode" else [])
    for name in FIXED
]


@pytest.fixture
def wire(connect_wire, order):
    """A raw client that has asked for the newest version, which ``version`` then is."""
    made = connect_wire(order)
    reply = made.reply(made.request(made.major("XFIXES"), 0, made.pack("II", 6, 0)))
    made.version = made.unpack("I", reply, 8)[0]
    return made


def refused(wire, minor, body):
    error = wire.error_of(wire.request(wire.major("XFIXES"), minor, body))
    assert error is not None
    return error.name, error.minor


@BYTE_ORDERS
@pytest.mark.parametrize("name", NAMES)
def test_a_request_of_a_wrong_length_is_refused(wire, name):
    """Length, whatever it names (CMP-194)."""
    minor, words = FIXED[name]
    if minor >= SINCE_6 and wire.version < 6:
        pytest.skip("needs XFIXES 6, which this server lacks")
    for wrong in {words + 1, words + 20, max(words - 1, 0)} - {words}:
        assert refused(wire, minor, b"\xff" * 4 * wrong) == ("Length", minor), wrong


@BYTE_ORDERS
@pytest.mark.parametrize(("count", "there"), [(0, 1), (3, 0), (4, 2), (5, 1), (9, 2), (1, 3)])
@pytest.mark.parametrize("minor", [23, 27], ids=["SetCursorName", "ChangeCursorByName"])
def test_a_name_is_as_long_as_it_says(wire, minor, count, there):
    """Length where there are more or less words than the bytes of the name take (CMP-194)."""
    body = wire.pack("IHxx", 0, count) + bytes(4 * there)
    assert refused(wire, minor, body) == ("Length", minor)


@BYTE_ORDERS
@pytest.mark.parametrize(("count", "there"), [(0, 1), (1, 0), (2, 2), (3, 1), (4, 4), (1, 2)])
def test_a_barrier_has_the_devices_that_it_says(wire, count, there):
    """Length where the request has more or less words than the ids of 16 bits take (CMP-194)."""
    body = wire.pack("II4HIxxH", wire.new_id(), wire.root, 1, 1, 1, 9, 0, count) + bytes(4 * there)
    assert refused(wire, 31, body) == ("Length", 31)
