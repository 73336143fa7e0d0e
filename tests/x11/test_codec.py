# SPDX-License-Identifier: MIT
"""What the annotations of a message say is what goes over the wire."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar

import pytest

from harness.x11.codec import (
    CARD8,
    CARD16,
    CARD32,
    BadLength,
    ExtensionMessages,
    ExtensionRequest,
    GenericEvent,
    Structure,
)


class Colour(IntEnum):
    RED = 1


@dataclass(frozen=True, slots=True)
class Pair(Structure):
    first: CARD8
    second: CARD8


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(ExtensionRequest):
    OPCODE = 7
    NAME = "Everything"
    KEPT: ClassVar[int] = 3

    lenient: Annotated[int, "B", Colour]
    strict: Annotated[Colour, "Bx"]
    flag: Annotated[bool, "B"]
    pair: Pair
    two: Annotated[tuple[int, int], "HH"]
    one: CARD16 = 9
    rest: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Short(ExtensionRequest):
    OPCODE = 7
    NAME = "Short"
    EXACT = True

    number: CARD32


@dataclass(frozen=True, slots=True)
class Tiny(GenericEvent):
    EVTYPE = 2
    NAME = "Tiny"

    number: CARD16


WHOLE = Everything(
    lenient=Colour.RED,
    strict=Colour.RED,
    flag=True,
    pair=Pair(4, 5),
    two=(6, 7),
    rest=(Pair(1, 2), Pair(3, 4)),
)


@pytest.mark.parametrize(
    ("order", "data"),
    [
        ("<", "8007 0500 0101 0001 0405 0600 0700 0900 0102 0304"),
        (">", "8007 0005 0101 0001 0405 0006 0007 0009 0102 0304"),
    ],
    ids=["little-endian", "big-endian"],
)
def test_every_kind_of_field_has_its_place(order, data):
    """Unused bytes, enums, structures, several numbers, and a list up to the end."""
    assert WHOLE.encode(128, order) == bytes.fromhex(data)
    decoded = Everything.decode(bytes.fromhex(data), order)
    assert decoded == WHOLE
    assert isinstance(decoded.lenient, Colour)
    assert decoded.flag is True


def test_an_unknown_number_stays_or_is_refused():
    """As the type of the field says."""
    data = bytearray(WHOLE.encode())
    data[4] = 200
    assert Everything.decode(bytes(data)).lenient == 200
    data[5] = 200
    with pytest.raises(ValueError, match="200 is not a valid Colour"):
        Everything.decode(bytes(data))


def test_half_an_item_of_a_list_is_no_item():
    """What is whole is decoded."""
    assert Everything.decode(WHOLE.encode()[:-1]).rest == WHOLE.rest[:1]
    with pytest.raises(BadLength, match="Everything: 12 bytes expected, got 11"):
        Everything.decode(WHOLE.encode()[:15])


def test_a_field_without_a_layout_is_found_at_once():
    """When the class is made."""
    with pytest.raises(TypeError, match=r"Bare\.number"):

        class Bare(Structure):
            number: int


def test_an_event_has_32_bytes_at_least():
    """Its length counts the words beyond."""
    assert Tiny(5).encode(128, 7, "<") == bytes.fromhex("2380 0700 00000000 0200 0500") + bytes(20)
    assert Tiny.LENGTH == 0


def test_requests_with_one_opcode_are_tried_in_turn():
    """What is registered later does not change what was decoded before, nor its name."""
    messages = ExtensionMessages[Tiny]()
    assert messages.decode_request(Short(1).encode()) is None
    messages.register_requests(Everything, Short)
    messages.register_opcode(9, Short)
    messages.register_events(Tiny)
    assert messages.decode_request(WHOLE.encode()) == WHOLE
    assert messages.decode_request(Short(1).encode()) == Short(1)
    assert messages.decode_request(b"\x80\x09\0\0" + bytes(4)) == Short(0)
    assert messages.decode_request(b"\x80\x09\0\0" + bytes(8)) is None
    assert messages.request_name(7) == "Everything"
    assert messages.request_name(8) is None
    assert messages.decode_event(Tiny(5).encode(128)) == Tiny(5)
    assert [messages.named(name) for name in ("Short", "Tiny", "None")] == [Short, Tiny, None]
