# SPDX-License-Identifier: MIT
"""What the draft of Present redirection adds, byte by byte, in both byte orders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.x11 import present
from harness.x11.drafts.present_redirect import (
    FixesPixmapDestroyNotify,
    PixmapDestroyNotify,
    PresentIdle,
    SelectPixmapInput,
)

ORDERS = pytest.mark.parametrize(
    "order", [pytest.param("<", id="little"), pytest.param(">", id="big")]
)
XIDS = st.integers(0, 2**32 - 1)

REDIRECT = present.RedirectNotify(
    update_window=True,
    event=0x400001,
    event_window=0x400002,
    window=0x600003,
    pixmap=0x800004,
    serial=0xFFFF0005,
    valid_region=6,
    update_region=7,
    valid_rect=present.XRectangle(-8, -9, 10, 40000),
    update_rect=present.XRectangle(12, 13, 14, 15),
    x_off=-16,
    y_off=-17,
    target_crtc=18,
    wait_fence=19,
    idle_fence=20,
    options=21,
    target_msc=2**32 + 22,
    divisor=2**40 + 23,
    remainder=2**33 + 24,
    notifies=(present.Notify(25, 26), present.Notify(27, 28)),
)


@ORDERS
def test_idle_request_is_these_bytes(order):
    """PresentIdle is two words: opcodes with the length, and the pixmap."""
    little = bytes.fromhex("94f0020004030201")
    big = bytes.fromhex("94f0000201020304")
    data = PresentIdle(0x01020304).encode(148, order)
    assert data == (little if order == "<" else big)
    assert present.decode_request(data, order) == PresentIdle(0x01020304)


@ORDERS
def test_destroy_event_is_these_bytes(order):
    """Event number 4 holds the context, its window and the pixmap, in 32 bytes."""
    event = PixmapDestroyNotify(event=1, window=2, pixmap=0x01020304)
    data = event.encode(148, 0x0506, order)
    swapped = bytes.fromhex("239405060000000000040000000000010000000201020304")
    native = bytes.fromhex("239406050000000004000000010000000200000004030201")
    assert data == (native if order == "<" else swapped) + bytes(8)
    assert present.decode_event(data, order) == event


@ORDERS
def test_fixes_messages_are_these_bytes(order):
    """XFIXES's request has four words, its event 32 bytes and number 0."""
    request = SelectPixmapInput(event=1, pixmap=2, events=1)
    event = FixesPixmapDestroyNotify(event=1, pixmap=2)
    swap = (lambda text: bytes.fromhex(text)) if order == ">" else _little
    assert request.encode(138, order)[:2] == b"\x8a\xf0"
    assert request.encode(138, order)[2:] == swap("0004 00000001 00000002 00000001")
    assert event.encode(138, 7, order)[2:] == swap("0007 00000000 0000") + bytes(2) + swap(
        "00000001 00000002"
    ) + bytes(12)
    assert SelectPixmapInput.decode(request.encode(138, order), order) == request
    assert FixesPixmapDestroyNotify.decode(event.encode(138, 7, order), order) == event


def _little(text):
    return b"".join(bytes.fromhex(word)[::-1] for word in text.split())


@ORDERS
def test_redirect_event_is_at_the_published_offsets(order):
    """104 bytes and 8 for each notify, every field where the header has it (RDR-011, RDR-012)."""
    data = REDIRECT.encode(148, 7, order)
    place = "little" if order == "<" else "big"

    def number(offset, size=4, signed=False):
        return int.from_bytes(data[offset : offset + size], place, signed=signed)

    assert (len(data), number(4)) == (104 + 16, 18 + 4)
    assert (data[0], data[1], number(8, 2), data[10]) == (35, 148, 3, 1)
    words = [number(offset) for offset in range(12, 40, 4)]
    assert words == [0x400001, 0x400002, 0x600003, 0x800004, 0xFFFF0005, 6, 7]
    assert [number(at, 2, signed=True) for at in (40, 42, 56, 58)] == [-8, -9, -16, -17]
    assert [number(at, 2) for at in (44, 46, 48, 50, 52, 54)] == [10, 40000, 12, 13, 14, 15]
    assert [number(at) for at in (60, 64, 68, 72, 76)] == [18, 19, 20, 21, 0]
    assert [number(at, 8) for at in (80, 88, 96)] == [2**32 + 22, 2**40 + 23, 2**33 + 24]
    assert [number(at) for at in (104, 108, 112, 116)] == [25, 26, 27, 28]
    assert present.decode_event(data, order) == REDIRECT


@given(XIDS, XIDS, XIDS, st.sampled_from("<>="))
def test_messages_round_trip(one, two, three, order):
    """Decoding gives back what was encoded."""
    for request in (PresentIdle(one), present.SelectInput(event=one, window=two, mask=three)):
        assert present.decode_request(request.encode(148, order), order) == request
    event = PixmapDestroyNotify(event=one, window=two, pixmap=three)
    assert present.decode_event(event.encode(148, 5, order), order) == event


@pytest.mark.parametrize("size", range(2, 16))
def test_cut_or_longer_messages_are_none(size):
    """An idle request of another length is none; nor is the beginning of an event."""
    if size != 8:
        assert present.decode_request(bytes([148, 240]) + bytes(size - 2)) is None
    event = PixmapDestroyNotify(event=1, window=2, pixmap=3).encode(148)
    assert present.decode_event(event[: 10 + size - 2]) is None
