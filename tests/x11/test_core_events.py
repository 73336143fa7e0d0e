# SPDX-License-Identifier: MIT
"""Core events decode from their wire bytes in either byte order."""

import struct
from dataclasses import fields

import pytest
import xcffib
import xcffib.xproto
from hypothesis import given
from hypothesis import strategies as st

from harness.x11.core_events import (
    EVENTS,
    CirculateNotify,
    ConfigureNotify,
    CreateNotify,
    Expose,
    PropertyNotify,
    decode,
)

ORDERS = pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
CODES = pytest.mark.parametrize("code", EVENTS, ids=[kind.__name__ for kind in EVENTS.values()])


def event(order, layout, *values):
    return struct.pack(order + layout, *values).ljust(32, b"\0")


@ORDERS
def test_expose(order):
    data = event(order, "BxHI5H", 12, 0xFFFF, 0x01020304, 258, 3, 0xFFFF, 5, 6)
    assert decode(data, order) == Expose(0x01020304, 258, 3, 0xFFFF, 5, 6)
    assert decode(data, order).area == (258, 3, 0xFFFF, 5)


@ORDERS
def test_signed_places_and_flags(order):
    data = event(order, "BxHIIhhHHHB", 16, 1, 0x01020304, 0x05060708, -2, -259, 258, 4, 5, 1)
    assert decode(data, order) == CreateNotify(
        0x01020304, 0x05060708, -2, -259, 258, 4, 5, override_redirect=True
    )
    data = event(order, "BxHIIIhhHHHB", 22, 1, 1, 2, 0xFFFFFFFF, -300, 7, 8, 9, 10, 0)
    assert decode(data, order) == ConfigureNotify(
        1, 2, 0xFFFFFFFF, -300, 7, 8, 9, 10, override_redirect=False
    )


@ORDERS
def test_fields_behind_padding(order):
    data = event(order, "BxHII4xB", 26, 1, 0x01020304, 5, 1)
    assert decode(data, order) == CirculateNotify(0x01020304, 5, 1)
    data = event(order, "BxHIIIB", 28, 1, 2, 3, 0xFEDCBA98, 1)
    assert decode(data, order) == PropertyNotify(2, 3, 0xFEDCBA98, 1)


@CODES
@given(st.binary(min_size=31, max_size=31), st.booleans())
def test_every_kind_decodes_as_xcffib_does(code, rest, sent):
    """In this machine's byte order, whoever made the event."""
    data = bytes([code | sent << 7]) + rest
    ours = decode(data)
    kind = getattr(xcffib.xproto, f"{type(ours).__name__}Event")
    theirs = kind(xcffib.MemoryUnpacker(data))
    for field in fields(ours):
        expected = getattr(theirs, field.name)
        assert getattr(ours, field.name) == field.type(expected), field.name


@CODES
@given(st.binary(min_size=31, max_size=31))
def test_either_byte_order_has_its_numbers(code, rest):
    """A message with every field swapped says the same to a client of the other order."""
    little = decode(bytes([code]) + rest, "<")
    swapped = bytes([code, 0, 0, 0]) + little.encode(">")
    assert decode(swapped.ljust(32, b"\0"), ">") == little
    assert type(little) is EVENTS[code]


@pytest.mark.parametrize("code", [0, 1, 2, 20, 35, 64, 127])
def test_other_messages_are_none(code):
    assert decode(bytes([code]).ljust(32, b"\1")) is None


def test_a_cut_event_is_none():
    assert decode(b"") is None
    assert decode(bytes([12]).ljust(31, b"\0")) is None
