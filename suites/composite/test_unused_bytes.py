# SPDX-License-Identifier: MIT
"""Bytes of replies that mean nothing, of Composite and its companions: they are zero."""

import pytest

from suites.marks import BYTE_ORDERS

pytestmark = [
    pytest.mark.xserver(swapped=True),
    pytest.mark.needs("Composite", "XFIXES", "DAMAGE", "SYNC"),
]

VERSIONS = {
    "Composite": (0, [0, 4]),
    "XFIXES": (0, [5, 0]),
    "DAMAGE": (0, [1, 1]),
}
"""Minor opcode and words of the request of a version, which is to come before others."""

HEADS = {
    "Composite-QueryVersion": (*VERSIONS["Composite"], 16),
    "Composite-GetOverlayWindow": (7, ["root"], 12),
    "XFIXES-QueryVersion": (*VERSIONS["XFIXES"], 16),
    "XFIXES-FetchRegion": (19, ["region"], 16),
    "DAMAGE-QueryVersion": (*VERSIONS["DAMAGE"], 16),
    "SYNC-QueryFence": (18, ["fence"], 9),
}
"""Minor opcode and words of a request, and from where on the head of its reply is unused."""


def ask(wire, extension, minor, *words):
    """The reply to a request of these 32-bit words."""
    major = wire.major(extension)
    if extension in VERSIONS:
        first, version = VERSIONS[extension]
        wire.reply(wire.request(major, first, wire.pack("II", *version)))
    return wire.reply(wire.request(major, minor, wire.pack(f"{len(words)}I", *words)))


@BYTE_ORDERS
@pytest.mark.parametrize("name", HEADS)
def test_the_end_of_a_replys_head_is_zero(presenter, connect_wire, order, name):
    """Nothing but zeros follows the last field in the 32 bytes of the head (CMP-192)."""
    ids = {
        "root": presenter.root,
        "region": presenter.region((1, 2, 3, 4)).id,
        "fence": presenter.fence().id,
    }
    presenter.sync()
    minor, words, start = HEADS[name]
    wire = connect_wire(order)
    reply = ask(wire, name.split("-")[0], minor, *(ids.get(word, word) for word in words))
    assert not any(reply[start:32]), reply[:32].hex()
