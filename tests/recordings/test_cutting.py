# SPDX-License-Identifier: MIT
"""Messages are found in their stream, in whatever pieces it comes."""

import struct

import pytest

from harness.recordings.memory.cutting import MessageCutter, RequestCutter
from harness.x11 import encoding
from harness.x11.setup import greeting
from tests.proxy.scripted_server import setup

BIG, WANTED = 133, 130
NO_OPERATION = 127
LAST = {"requests": WANTED, "messages": encoding.ERROR}
"""The first byte of what is looked for, which comes last."""


def requests(order):
    """The greeting, requests of all kinds, and the one that is wanted."""
    return [
        greeting(b"cookie", order),
        encoding.request(order, NO_OPERATION, 0),
        encoding.request(order, NO_OPERATION, 0, bytes(60)),
        encoding.request(order, BIG, 0),
        encoding.request(order, NO_OPERATION, 0),
        struct.pack(f"{order}BxHI", NO_OPERATION, 0, 9) + bytes(28),
        encoding.request(order, WANTED, 1, bytes(8)),
    ]


def messages(order):
    """The same of the server."""

    def long(kind, units):
        return struct.pack(f"{order}BxHI", kind, 1, units) + bytes(24 + 4 * units)

    return [
        setup(order),
        long(encoding.REPLY, 0),
        # An event that has anything where others have their length.
        struct.pack(f"{order}BxHI", 2, 1, 0xFFFFFFFF) + bytes(24),
        long(encoding.REPLY, 8),
        long(encoding.GENERIC_EVENT, 2),
        long(encoding.REPLY, 0),
        bytes(32),
    ]


def in_pieces(whole, way):
    """Message by message, with the first 32 bytes of each alone, or in pieces of one size."""
    if way == "messages":
        return whole
    if way == "heads":
        return [part for one in whole for part in (one[:32], one[32:]) if part]
    data = b"".join(whole)
    return [data[at : at + way] for at in range(0, len(data), way)]


@pytest.mark.parametrize("way", ["messages", "heads", 1, 4, 7, 32, 10_000])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("direction", [requests, messages])
def test_every_message_is_counted_and_the_wanted_one_found(direction, order, way):
    """That some pass unseen makes no difference."""
    client = RequestCutter(BIG)
    whole = direction(order)
    cutter = client
    if direction is messages:
        list(client.find(greeting(b"", order)))
        cutter = MessageCutter(client)
    cutter.wanted[LAST[direction.__name__]] = True
    found = []
    for piece in in_pieces(whole, way):
        if not cutter.passes(piece):
            found += [(number, message[0]) for _, number, message in cutter.find(piece)]
    assert found == [(len(whole) - 1, LAST[direction.__name__])]
