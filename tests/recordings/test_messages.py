# SPDX-License-Identifier: MIT
"""The bytes of a recording cut into messages."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.messages import BrokenStream, RecordedKind, messages_of
from harness.recordings.recording import (
    Closed,
    Contents,
    Descriptor,
    DescriptorKind,
    Opened,
    Passed,
    Recording,
    RecordingError,
    RecordingHead,
    Sender,
)
from harness.x11 import encoding, setup
from harness.x11.extensions import Extension

SHM, BIG = 130, 133
HEAD = RecordingHead(
    "a server", (Extension("MIT-SHM", SHM, 65, 128), Extension("BIG-REQUESTS", BIG, 0, 0))
)
ANSWERS = {"<": b"\1\0\x0b\0\0\0\1\0abcd", ">": b"\1\0\0\x0b\0\0\0\1abcd"}
FOCUS, NOTHING = encoding.GET_INPUT_FOCUS, encoding.NO_OPERATION


def reply(order, sequence, tail=b""):
    return struct.pack(f"{order}BBHI24x", 1, 0, sequence & 0xFFFF, len(tail) // 4) + tail


def error(order, sequence):
    return struct.pack(f"{order}BBHIHB21x", 0, 3, sequence & 0xFFFF, 77, 0, FOCUS)


def recorded(*passed, order="<"):
    """The messages of one client that was accepted: ``passed`` are pairs (sender, bytes)."""
    items = [
        Opened(0, 1),
        Passed(1, 1, Sender.CLIENT, setup.greeting(b"", order)),
        Passed(2, 1, Sender.SERVER, ANSWERS[order]),
        *(Passed(3 + at, 1, *one) for at, one in enumerate(passed)),
    ]
    return list(messages_of(Recording(HEAD, items)))[2:]


def from_client(data):
    return Sender.CLIENT, data


def from_server(data):
    return Sender.SERVER, data


@given(st.data())
@pytest.mark.parametrize("order", ["<", ">"])
def test_messages_are_the_same_wherever_the_bytes_are_cut(order, data):
    """Pieces of one byte and of all bytes give the same messages."""
    requests = [
        encoding.request(order, FOCUS, 0),
        encoding.request(order, encoding.PUT_IMAGE, 2, bytes(200)),
        encoding.request(order, NOTHING, 0),
    ]
    answers = [reply(order, 1), reply(order, 2, bytes(64)), error(order, 3)]
    pieces = []
    for sender, messages in ((Sender.CLIENT, requests), (Sender.SERVER, answers)):
        rest = b"".join(messages)
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            pieces.append((sender, rest[:size]))
            rest = rest[size:]
    found = recorded(*pieces, order=order)
    assert [one.data for one in found if one.sender is Sender.CLIENT] == requests
    assert [one.data for one in found if one.sender is Sender.SERVER] == answers
    assert [one.sequence for one in found] == [1, 2, 3, 1, 2, 3]
    assert {one.order for one in found} == {order}
    assert [one.answers[:1] for one in found[3:]] == [one[:1] for one in requests]


def test_sequence_numbers_are_whole():
    """Also where more than 65536 requests lie between two answers' low bits."""
    nothing = encoding.request("<", NOTHING, 0)
    count = 65_535
    found = recorded(
        from_client(nothing * count),
        from_server(error("<", count)),
        from_client(nothing * count),
        from_server(error("<", 2 * count)),
    )
    errors = [one for one in found if one.kind is RecordedKind.ERROR]
    assert [one.sequence for one in errors] == [count, 2 * count]
    assert all(one.answers == nothing for one in errors)


def test_a_keymap_has_no_sequence_number():
    """What looks like one is of the keys."""
    keymap = b"\x0b" + b"\xff" * 31
    (request, event) = recorded(from_client(encoding.request("<", FOCUS, 0)), from_server(keymap))
    assert (event.kind, event.sequence, event.answers) == (RecordedKind.EVENT, 0, b"")
    assert request.sequence == 1


def test_long_requests_count_after_they_are_enabled():
    """A length of 0 is four bytes before BigReqEnable, and the longer form after it."""
    zero = struct.pack("<BBH", NOTHING, 0, 0)
    long = struct.pack("<BBHI", encoding.PUT_IMAGE, 2, 0, 5) + bytes(12)
    found = recorded(from_client(zero + encoding.request("<", BIG, 0) + long))
    assert [len(one.data) for one in found] == [4, 4, 20]


def test_descriptors_and_contents_stand_with_their_request():
    """Memory comes with AttachFd although another request was sent with the same bytes."""
    memory = Descriptor(1, DescriptorKind.MEMORY, 4096)
    attach = encoding.request("<", SHM, 6, bytes(8))
    items = [
        Opened(0, 1),
        Passed(1, 1, Sender.CLIENT, setup.greeting(b"")),
        Passed(2, 1, Sender.SERVER, ANSWERS["<"]),
        Passed(3, 1, Sender.CLIENT, encoding.request("<", NOTHING, 0) + attach, (memory,)),
        contents := Contents(4, 1, 1, 0, b"pixels"),
        Passed(5, 1, Sender.CLIENT, encoding.request("<", SHM, 3, bytes(36))),
        Closed(6, 1, Sender.CLIENT),
    ]
    found = list(messages_of(Recording(HEAD, items)))[2:]
    assert [one.descriptors for one in found] == [(), (memory,), (), ()]
    assert [one.contents for one in found] == [(), (), (contents,), ()]
    assert (found[-1].kind, found[-1].sequence) == (RecordedKind.END, 3)


def test_a_stream_that_is_no_x_client_is_named():
    """The byte, what was expected, and whose stream it is."""
    items = [Opened(0, 4), Passed(1, 4, Sender.CLIENT, b"GET / HTTP/1.1\r\n")]
    with pytest.raises(RecordingError, match="client 4 begins with the byte 0x47, expected 'l'"):
        list(messages_of(Recording(HEAD, items)))


def test_an_answer_to_a_request_that_was_not_recorded_is_an_error():
    """Sequence numbers ahead of the client: bytes are missing."""
    with pytest.raises(BrokenStream, match="sequence number 5, and has sent 1 requests"):
        recorded(from_client(encoding.request("<", FOCUS, 0)), from_server(reply("<", 5)))


def test_where_the_server_breaks_a_stream_the_client_ends():
    """What follows there is of no known meaning; other clients go on."""
    request = encoding.request("<", FOCUS, 0)
    items = [Opened(0, 1), Opened(0, 2)]
    for client in (1, 2):
        items += [
            Passed(1, client, Sender.CLIENT, setup.greeting(b"", "<") + request),
            Passed(2, client, Sender.SERVER, ANSWERS["<"]),
        ]
    items += [
        Passed(3, 1, Sender.SERVER, reply("<", 5) + reply("<", 1)),
        Passed(4, 1, Sender.CLIENT, request),
        Passed(5, 2, Sender.SERVER, reply("<", 1)),
        Closed(6, 1, Sender.CLIENT),
    ]
    errors = []
    found = list(messages_of(Recording(HEAD, items), errors.append))
    assert [str(one)[:8] for one in errors] == ["client 1"]
    ends = [(one.kind, one.client) for one in found][-2:]
    assert ends == [(RecordedKind.END, 1), (RecordedKind.REPLY, 2)]
