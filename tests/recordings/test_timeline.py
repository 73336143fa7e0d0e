# SPDX-License-Identifier: MIT
"""A recording as the timeline that its clients would have recorded."""

import struct

import pytest

from harness.recordings.recording import Closed, Opened, Passed, Recording, RecordingHead, Sender
from harness.recordings.timeline import KEPT, timeline_of
from harness.timeline.record import Close, Error, Event, Reply, Request
from harness.timeline.rules import Family, check
from harness.x11 import encoding, present, setup
from harness.x11.extensions import Extension

PRESENT, RANDR = 148, 140
HEAD = RecordingHead(
    "a server",
    (
        Extension("Present", PRESENT, 0, 0),
        Extension("RANDR", RANDR, 89, 147),
        Extension("UNHEARD-OF", 150, 100, 160),
    ),
)
ANSWERS = {"<": b"\1\0\x0b\0\0\0\1\0abcd", ">": b"\1\0\0\x0b\0\0\0\1abcd"}
FOCUS = encoding.GET_INPUT_FOCUS
START = 1_800_000_000_000_000_000


def recorded(*passed, order="<"):
    """The entries of one client: ``passed`` are pairs (sender, bytes), a ms apart."""
    items = [
        Opened(START, 1),
        Passed(START, 1, Sender.CLIENT, setup.greeting(b"", order)),
        Passed(START, 1, Sender.SERVER, ANSWERS[order]),
        *(Passed(START + 1_000_000 * at, 1, *one) for at, one in enumerate(passed, 1)),
        Closed(START + 2_000_000_000, 1, Sender.CLIENT),
    ]
    return timeline_of(Recording(HEAD, items)).entries


def to_server(data):
    return Sender.CLIENT, data


def to_client(data):
    return Sender.SERVER, data


def message(order, kind, sequence, code=0, tail=b""):
    """A reply, error or event of 32 bytes and ``tail``."""
    return struct.pack(f"{order}BBHI24x", kind, code, sequence, len(tail) // 4) + tail


def test_messages_are_entries_with_the_times_of_the_recording():
    """In s since its first message; sequence numbers whole, names those of timelines."""
    request, reply, event, error, close = recorded(
        to_server(encoding.request("<", FOCUS, 0)),
        to_client(message("<", 1, 1)),
        to_client(message("<", 89, 1)),
        to_client(struct.pack("<BBHIHB21x", 0, 3, 1, 77, 0, FOCUS)),
    )
    assert isinstance(request, Request)
    assert (request.client, request.sequence, request.name) == ("client-1", 1, "GetInputFocus")
    assert request.time == pytest.approx(0.001, abs=1e-9)
    assert isinstance(reply, Reply)
    assert reply.name == "GetInputFocus"
    assert isinstance(event, Event)
    assert event.name == "RANDR:ScreenChangeNotify"
    assert isinstance(error, Error)
    assert (error.name, error.request, error.value) == ("Window", "GetInputFocus", 77)
    assert isinstance(close, Close)
    assert (close.sequence, close.time) == (1, 2.0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_presents_decodes_in_either_byte_order(order):
    """Of a client of the other one only that, errors and the end: rules read no other bytes."""
    select = present.SelectInput(event=5, window=6, mask=7)
    first, *others = recorded(
        to_server(select.encode(PRESENT, order)),
        to_server(encoding.request(order, FOCUS, 0)),
        order=order,
    )
    assert isinstance(first, Request)
    assert first.content == select
    assert [type(one) for one in others] == ([Request] * (order == encoding.NATIVE) + [Close])


def test_of_long_requests_only_the_beginning_is_kept():
    """As of an image; RANDR's and Present's are whole."""
    image, gamma, _ = recorded(
        to_server(encoding.request("<", encoding.PUT_IMAGE, 2, bytes(4000))),
        to_server(encoding.request("<", RANDR, 24, bytes(4000))),
    )
    assert (len(image.data), len(gamma.data)) == (KEPT, 4004)


@pytest.mark.parametrize(
    ("kind", "name", "known"),
    [
        (101, "UNHEARD-OF:event 1", True),
        (77, "77", False),
        (35, "GenericEvent", False),
    ],
)
def test_events_of_extensions_that_nothing_lists_are_known(kind, name, known):
    """The server announced them; others it did not, and a rule says so."""
    entries = recorded(
        to_server(encoding.request("<", FOCUS, 0)), to_client(message("<", kind, 1, 99))
    )
    assert entries[1].name == name
    timeline = timeline_of(Recording(HEAD, []))
    timeline.entries += entries
    spoken = [one.rule for one in check(timeline, Family.COPY)]
    assert spoken == ([] if known else ["message-type"])
