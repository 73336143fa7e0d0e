# SPDX-License-Identifier: MIT
"""The connection set-up, byte by byte, in both byte orders."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.x11 import setup
from harness.x11.setup import Setup, SetupFailed

ORDERS = pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])


def accepted(order, vendor=b"Vendor", formats=2):
    """An answer with so many pixmap formats and one screen without depths."""
    server = struct.pack(
        f"{order}IIIIHHBB10x", 12101007, 0x400000, 0x1FFFFF, 256, len(vendor), 65535, 1, formats
    )
    screen = struct.pack(
        f"{order}IIIIIHHHHHHIBBBB", 0x123, 1, 2, 3, 4, 640, 480, 169, 127, 1, 1, 0x21, 0, 0, 24, 0
    )
    body = server + vendor + bytes(-len(vendor) % 4) + bytes(8 * formats) + screen
    return struct.pack(f"{order}BxHHH", 1, 11, 0, len(body) // 4) + body


@ORDERS
def test_an_accepted_client_learns_ids_and_screen(order):
    """Vendor and formats of any length stand before the screen."""
    for vendor, formats in ((b"Vendor", 2), (b"", 0), (b"12345678", 7)):
        got = setup.decode(accepted(order, vendor, formats), order, pid=7)
        assert got == Setup(
            vendor=vendor.decode(),
            release=12101007,
            root=0x123,
            width=640,
            height=480,
            width_mm=169,
            height_mm=127,
            depth=24,
            id_base=0,
            id_mask=0,
            pid=7,
        )
        assert (got.id_base, got.id_mask) == (0x400000, 0x1FFFFF)


@ORDERS
def test_a_greeting_is_these_bytes(order):
    """Byte order, version 11.0, the protocol's name and the cookie, each padded."""
    cookie = bytes(range(16))
    data = setup.greeting(cookie, order)
    assert data[:2] == (b"l\0" if order == "<" else b"B\0")
    assert struct.unpack_from(f"{order}HHHHxx", data, 2) == (11, 0, 18, 16)
    assert data[12:] == b"MIT-MAGIC-COOKIE-1" + bytes(2) + cookie
    assert setup.greeting(b"", order)[2:] == struct.pack(f"{order}HHHHxx", 11, 0, 0, 0)


@ORDERS
def test_sizes_are_known_with_the_head(order):
    """Behind other bytes too; before the head is there they are not."""
    for data, size, head in (
        (setup.greeting(bytes(16), order), setup.greeting_size, 12),
        (accepted(order), lambda data, at: setup.answer_size(data, order, at), 8),
    ):
        assert [size(b"xyz" + data[:length], 3) for length in range(head)] == [None] * head
        assert size(b"xyz" + data[:head], 3) == len(data)
    assert setup.greeting_order(b"xyz" + setup.greeting(b"", order), 3) == order


@ORDERS
@pytest.mark.parametrize("status", [0, 2], ids=["failed", "authenticate"])
def test_a_refusal_is_quoted(order, status):
    """A refusal counts its reason's bytes; one that wants more authentication does not."""
    head = struct.pack(f"{order}BBHHH", status, 0 if status else 7, 11, 0, 2)
    with pytest.raises(SetupFailed, match=r"the connection was refused \(Go away\)$"):
        setup.decode(head + b"Go away\n", order)


@given(st.sampled_from("<>"), st.data())
def test_a_cut_answer_fails_in_words(order, data):
    """Wherever it ends."""
    whole = accepted(order)
    size = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(SetupFailed, match="cut short or malformed"):
        setup.decode(whole[:size], order)


@given(st.binary(max_size=200), st.sampled_from("<>"))
def test_any_bytes_are_decoded_or_fail_in_words(body, order):
    """An answer whose length is right and that makes no sense."""
    body += bytes(-len(body) % 4)
    head = struct.pack(f"{order}BxHHH", 1, 11, 0, len(body) // 4)
    with contextlib.suppress(SetupFailed):
        setup.decode(head + body, order)
    with contextlib.suppress(SetupFailed):
        setup.first_screen(head + body, order)


def test_the_greeting_reads_its_answer_in_two_steps():
    """The head says how much follows."""
    stream = bytearray(accepted("<"))
    sent, sizes = [], []

    def read(size):
        sizes.append(size)
        data = bytes(stream[:size])
        del stream[:size]
        return data

    got = setup.shake_hands(sent.append, read, b"", "<", pid=3)
    assert sent == [setup.greeting(b"", "<")]
    assert (sizes[0], sum(sizes), stream) == (8, len(accepted("<")), b"")
    assert (got.vendor, got.pid) == ("Vendor", 3)
