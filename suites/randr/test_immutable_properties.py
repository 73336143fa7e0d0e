# SPDX-License-Identifier: MIT
"""Properties of outputs that stay as their driver made them, whatever clients ask for."""

import struct

import pytest
from xcffib.xproto import Atom

from harness.clients.randr.monitors import Monitors
from harness.clients.randr.output_properties import (
    OutputProperties,
    PropertyConfiguration,
    PropertyMode,
    Value,
)

pytestmark = pytest.mark.needs(
    "RANDR", servers=("xorg-flip",), reason="a property that clients may not alter"
)


@pytest.fixture
def number(connect):
    """The properties of the first output and the atom of one, ConnectorNumber (randrproto 13)."""
    client = connect("desk")
    output = Monitors(client).resources().outputs[0]
    return OutputProperties(client, output), client.atom("ConnectorNumber")


@pytest.mark.parametrize("refused", ["configured", "pending", "deleted", "read-and-deleted"])
def test_an_immutable_property_is_neither_configured_nor_deleted(number, refused):
    """Access; it is listed, valued and configured as before
    (RND-184)."""
    properties, name = number
    client = properties.client

    def state():
        return properties.names(), properties.query(name), properties.get(name)

    before = state()
    assert before[1] == PropertyConfiguration(False, False, True, ())
    assert before[2].type == Atom.INTEGER
    ask = {
        "configured": lambda: properties.configure(name, (1, 2)),
        "pending": lambda: properties.configure(name, pending=True),
        "deleted": lambda: properties.delete(name),
        "read-and-deleted": lambda: properties.get(name, delete=True),
    }[refused]
    with client.expect_error("Access") as caught:
        ask()
        client.sync()
    if refused == "deleted":
        assert caught.error.value == name
    assert state() == before


def test_the_value_of_an_immutable_property_may_be_altered(number):
    """Immutable is the property, not its value (RND-184)."""
    properties, name = number
    before = properties.get(name)
    for data in (struct.pack("=I", 77), struct.pack("=2I", 7, 8), before.data):
        properties.change(name, Atom.INTEGER, 32, data, PropertyMode.REPLACE)
        assert properties.get(name) == Value(Atom.INTEGER, 32, 0, len(data) // 4, data)
    assert properties.query(name).immutable
