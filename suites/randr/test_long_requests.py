# SPDX-License-Identifier: MIT
"""Requests whose length is given as BIG-REQUESTS has it: in 32 bits, with 0 in the head."""

import pytest

from suites.marks import AFTER_21, BYTE_ORDERS

pytestmark = [
    pytest.mark.needs("RANDR"),
    pytest.mark.xserver(swapped=True),
    pytest.mark.known_bug(
        reference="xserver commit 9b58f141f: RANDR takes the length of a long request for 0",
        fixed=AFTER_21,
        evidence=("failed: AssertionError RawError", "failed: WaitTimeout by an error: RawError"),
    ),
]

SET_CRTC_CONFIG, CONFIGURE_PROPERTY, CREATE_MODE, SET_MONITOR, DELETE_MONITOR = 21, 12, 16, 43, 44


@pytest.fixture
def wire(connect_wire, order):
    """A raw client that may send requests of either form."""
    made = connect_wire(order)
    made.reply(made.request(made.major("BIG-REQUESTS"), 0, b""))
    return made


def send(wire, minor, layout, *values):
    """A request of RANDR in the long form."""
    body = wire.pack(layout, *values)
    length = 2 + len(body) // 4
    return wire.send(wire.pack("BBHI", wire.major("RANDR"), minor, 0, length) + body)


@BYTE_ORDERS
def test_a_crtc_is_set(head, wire):
    """The outputs are what follows the fixed part (RND-181)."""
    info = head.info
    place = (head.crtc, 0, head.monitors.resources().config_timestamp, info.x, info.y, info.mode)
    outputs = info.outputs
    layout = f"IIIhhIHH{len(outputs)}I"
    reply = wire.reply(send(wire, SET_CRTC_CONFIG, layout, *place, info.rotation, 0, *outputs))
    assert reply[1] == 0
    after = head.info
    assert (after.mode, after.x, after.y, after.outputs) == (info.mode, info.x, info.y, outputs)


@BYTE_ORDERS
@pytest.mark.parametrize("name", [b"", b"long", b"eight by"], ids=len)
def test_a_mode_is_made_with_its_name(head, wire, name):
    """The name is what follows the fixed part (RND-181)."""
    timings = (100 * 80 * 60, 60, 70, 100, 0, 50, 60, 80, len(name), 0)
    layout = "IIHHIHHHHHHHHI"
    request = send(
        wire, CREATE_MODE, layout + f"{len(name)}B", wire.root, 0, 48, 40, *timings, *name
    )
    (mode,) = wire.unpack("I", wire.reply(request), 8)
    found = head.monitors.resources().modes[mode]
    assert (found.width, found.height, found.name) == (48, 40, name.decode())


@BYTE_ORDERS
@pytest.mark.parametrize("count", [0, 1])
def test_a_monitor_is_set(head, wire, count):
    """The outputs are what follows the fixed part (RND-181)."""
    atom = head.monitors.client.atom("XHARNESS_LONG")
    outputs = [head.output] * count
    error = wire.error_of(
        send(
            wire,
            SET_MONITOR,
            f"IIBBHhhHHII{count}I",
            *(wire.root, atom, 0, 0, count, 1, 2, 30, 40, 50, 60),
            *outputs,
        )
    )
    assert error is None, error
    assert wire.error_of(send(wire, DELETE_MONITOR, "II", wire.root, atom)) is None


@BYTE_ORDERS
def test_the_valid_values_of_a_property_are_told(head, wire):
    """They are what follows the fixed part (RND-181)."""
    atom = head.monitors.client.atom("XHARNESS_LONG")
    error = wire.error_of(
        send(wire, CONFIGURE_PROPERTY, "IIBBHii", head.output, atom, 0, 0, 0, 3, -4)
    )
    assert error is None, error
    told = head.monitors.requests.QueryOutputProperty(head.output, atom).reply().validValues
    head.monitors.requests.DeleteOutputProperty(head.output, atom)
    head.monitors.client.sync()
    assert list(told) == [3, -4]
