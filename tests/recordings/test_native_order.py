# SPDX-License-Identifier: MIT
"""Clients of the other byte order, rewritten: as if they had been of this machine's."""

import struct
from dataclasses import replace

import pytest
from xcffib.xproto import EventMask

from harness.clients.raw.raw_client import RawClient
from harness.recordings.messages import RecordedKind, messages_of
from harness.recordings.native_order import NotRewritable, foreign_clients, in_native_order
from harness.recordings.references.finding import References
from harness.x11 import encoding
from harness.x11.encoding import ByteOrder
from harness.x11.setup import first_screen
from tests.recordings.replay.recorded import record

OTHER: ByteOrder = ">" if encoding.NATIVE == "<" else "<"
IMAGE = bytes([1, 2, 3, 0])
"""A pixel, which has the server's byte order."""
CHANGING = ("time", "msc", "ust")
"""Parts of the names of fields that no two runs have alike."""


def every_shape(client: RawClient) -> None:
    """Requests, replies, events and errors with numbers of all sizes and in all kinds of fields."""
    window, gc = client.create_window(60, 40), client.new_id()
    mask = EventMask.StructureNotify | EventMask.PropertyChange
    client.request(2, 0, client.pack("III", window, 1 << 11, mask))  # ChangeWindowAttributes
    client.request(8, 0, client.pack("I", window))  # MapWindow
    client.request(12, 0, client.pack("IH2xiI", window, 3, -7, 9))  # ConfigureWindow
    client.request(55, 0, client.pack("IIII", gc, window, 4, 0x123456))  # CreateGC
    client.request(70, 0, client.pack("IIhhHH", window, gc, -3, 4, 500, 6))  # PolyFillRectangle
    client.request(72, 2, client.pack("IIHHhhBBxx", window, gc, 1, 1, 3, 4, 0, 24) + IMAGE)
    for bits, layout in ((8, "4s"), (16, "HH"), (32, "I")):
        values = {8: (b"abcd",), 16: (258, 772), 32: (0x01020304,)}[bits]
        count = 32 // bits
        head = client.pack("IIIB3xI", window, 39, 31, bits, count)
        client.request(18, 0, head + struct.pack(client.byte_order + layout, *values))
        client.request(20, 0, client.pack("IIIII", window, 39, 0, 0, 99))  # GetProperty
    name = b"_NATIVE_"
    client.request(16, 0, client.pack("HH", len(name), 0) + name)  # InternAtom
    message = client.pack("BBHIIIiI", 33, 32, 0, window, 39, 1, -3, 4) + bytes(8)
    client.request(25, 0, client.pack("II", window, 0) + message)  # SendEvent
    client.request(15, 0, client.pack("I", client.root))  # QueryTree
    client.request(8, 0, client.pack("I", 0x1234))  # an error
    randr = client.major("RANDR")
    client.request(randr, 4, client.pack("IHxx", client.root, 0x47))  # SelectInput
    client.request(randr, 8, client.pack("I", client.root))  # GetScreenResources
    client.request(randr, 7, client.pack("IHHII", client.root, 300, 200, 80, 60))  # SetScreenSize
    client.request(client.major("BIG-REQUESTS"), 0, b"")
    body = client.pack("IIhhHH", window, gc, 1, 2, 3, 4)
    client.send(client.pack("BBHI", 70, 0, 0, 2 + len(body) // 4) + body)
    client.sync()
    client.sync()


def recorded(order):
    recording = record(lambda server: every_shape_of(server, order))
    return recording.head, list(messages_of(recording))


def every_shape_of(server, order):
    with RawClient(server, order) as client:
        every_shape(client)


@pytest.fixture(scope="module")
def both():
    """The same client of this machine's order and of the other one, each on a fresh server."""
    return recorded(encoding.NATIVE), recorded(OTHER)


def fields(references, message):
    """What a message says, without what changes from run to run."""
    if message.kind in (RecordedKind.GREETING, RecordedKind.END):
        return message.data[:6]
    if message.kind is RecordedKind.SETUP:
        return first_screen(message.data, message.order)
    if message.kind is RecordedKind.ERROR:
        return struct.unpack_from(f"{message.order}4xIHB", message.data)
    found = references.fields(message)
    return {
        path: value
        for path, value in found.items()
        if not any(one in path.lower() for one in CHANGING)
    }


def test_a_client_says_the_same_in_this_order(both):
    """Each request byte by byte, each reply, event and error by its fields."""
    (head, ours), (_, theirs) = both
    assert foreign_clients(theirs) == {1}
    rewritten = in_native_order(head, theirs)
    assert not foreign_clients(rewritten)
    here, there = References(head.extensions), References(head.extensions)

    def requests(messages):
        return [one.data for one in messages if one.kind is RecordedKind.REQUEST]

    def others(references, messages):
        return [
            (str(one.kind), one.sequence, references.name(one), fields(references, one))
            for one in messages
            if (references.of(one), one.kind)[1] is not RecordedKind.REQUEST
        ]

    assert requests(rewritten) == requests(ours)
    assert sorted(map(repr, others(here, rewritten))) == sorted(map(repr, others(there, ours)))
    assert [one.answers[4:] for one in rewritten if one.kind is RecordedKind.REPLY] == [
        one.answers[4:] for one in ours if one.kind is RecordedKind.REPLY
    ]


@pytest.mark.parametrize(
    ("kind", "layout", "values"),
    [
        pytest.param(
            *(RecordedKind.REQUEST, "BBHIIIIIhhIIII4xQQQII"),
            ("Present", 1, 20, 1, 2, 3, 4, 5, -6, 7, 8, 9, 10, 11, 1 << 40, 13, 14, 15, 16),
            id="PresentPixmap",
        ),
        pytest.param(
            *(RecordedKind.EVENT, "BBHIHBBIIIQQ"),
            (35, "Present", 3, 2, 1, 0, 1, 5, 6, 7, 1 << 41, 1 << 42),
            id="CompleteNotify",
        ),
        pytest.param(
            *(RecordedKind.EVENT, "BBHIIIIH2xhhHH"),
            ("RANDR", 0, 3, 4, 5, 6, 7, 8, -9, 10, 11, 12),
            id="RRCrtcChangeNotify",
        ),
        pytest.param(
            *(RecordedKind.EVENT, "BBHIIHHhhHH8x"),
            (33, 16, 3, 4, 5, 6, 7, -8, 9, 10, 11),
            id="ClientMessage",
        ),
    ],
)
def test_a_message_of_wide_or_hidden_numbers_is_rewritten(both, kind, layout, values):
    """Numbers of 64 bits, unions: servers may send these wrongly, so that they are made here."""
    _, (head, theirs) = both
    known = {one.name: one for one in head.extensions}
    if kind is RecordedKind.EVENT and values[0] == "RANDR":
        values = (known["RANDR"].first_event + 1, *values[1:])
    values = [known[one].major if isinstance(one, str) else one for one in values]
    ours, foreign = (struct.pack(one + layout, *values) for one in (encoding.NATIVE, OTHER))
    message = replace(theirs[0], kind=kind, data=foreign)
    (rewritten,) = in_native_order(head, [message])
    assert rewritten.data == ours


def test_a_client_of_this_order_stays_as_it_is(both):
    """Message for message."""
    (head, ours), _ = both
    assert all(a is b for a, b in zip(in_native_order(head, ours), ours, strict=True))


def test_a_request_whose_fields_are_not_described_is_refused_in_words(both):
    """Numbers could not be told from other bytes."""
    _, (head, theirs) = both
    request = next(one for one in theirs if one.kind is RecordedKind.REQUEST)
    data = bytes([255, 7]) + struct.pack(f"{OTHER}HI", 2, 5)
    with pytest.raises(NotRewritable, match=r"of client 1, request 255\.7, cannot be written"):
        in_native_order(head, [replace(request, data=data)])
