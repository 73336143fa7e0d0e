# SPDX-License-Identifier: MIT
"""The order in which a server handled requests, by what a recording proves."""

import struct

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import Sender
from harness.recordings.replay.ordering import in_server_order
from harness.x11 import encoding

FOCUS, GRAB, UNGRAB = encoding.GET_INPUT_FOCUS, encoding.GRAB_SERVER, encoding.UNGRAB_SERVER
NOTHING = encoding.NO_OPERATION


def request(client, sequence, opcode, time):
    data = encoding.request("<", opcode, 0)
    return RecordedMessage(time, client, RecordedKind.REQUEST, Sender.CLIENT, sequence, "<", data)


def reply(client, sequence, time):
    data = struct.pack("<BxHI24x", 1, sequence, 0)
    return RecordedMessage(
        time, client, RecordedKind.REPLY, Sender.SERVER, sequence, "<", data, bytes([FOCUS])
    )


def end(client, time):
    return RecordedMessage(time, client, RecordedKind.END, Sender.CLIENT, 0, "<", b"")


def order(*messages):
    """The places of messages in the order of the server."""
    return [place for place, _ in in_server_order(messages)]


def test_what_no_grab_delays_stays_as_it_passed():
    """Answers may come late."""
    messages = [request(1, 1, FOCUS, 1), request(2, 1, FOCUS, 2), reply(2, 1, 3), reply(1, 1, 4)]
    assert order(*messages) == [0, 1, 2, 3]


def test_a_request_answered_behind_a_grab_was_handled_behind_it():
    """It passed before GrabServer; its answer came after UngrabServer."""
    messages = [
        request(2, 1, NOTHING, 1),
        request(2, 2, FOCUS, 1),
        request(1, 1, GRAB, 2),
        request(1, 2, FOCUS, 2),
        reply(1, 2, 3),
        request(1, 3, UNGRAB, 4),
        reply(2, 2, 5),
    ]
    assert order(*messages) == [2, 3, 4, 5, 0, 1, 6]


def test_a_request_answered_before_or_during_a_grab_was_handled_before_it():
    """As is one that nothing proves to be late."""
    messages = [
        request(2, 1, NOTHING, 0),
        request(2, 2, FOCUS, 1),
        request(1, 1, GRAB, 2),
        reply(2, 2, 3),
        request(2, 3, FOCUS, 4),
        request(1, 2, UNGRAB, 5),
        reply(2, 3, 6),
    ]
    assert order(*messages)[:3] == [0, 1, 2]
    earlier = [
        request(2, 1, NOTHING, 0),
        *(request(1, n, code, n) for n, code in ((1, GRAB), (2, UNGRAB))),
        request(2, 2, FOCUS, 5),
        reply(2, 2, 6),
    ]
    assert order(*earlier) == [0, 1, 2, 3, 4]


def test_the_end_of_the_grabbing_client_ends_its_grab():
    """Requests that waited follow it."""
    messages = [request(2, 1, FOCUS, 1), request(1, 1, GRAB, 2), end(1, 3), reply(2, 1, 4)]
    assert order(*messages) == [1, 2, 0, 3]


def test_nothing_is_lost_where_a_recording_is_cut():
    """A grab without an end, requests without answers."""
    messages = [request(2, 1, FOCUS, 1), request(1, 1, GRAB, 2), request(2, 2, FOCUS, 3)]
    assert order(*messages) == [0, 1, 2]
