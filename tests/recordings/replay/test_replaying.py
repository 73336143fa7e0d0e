# SPDX-License-Identifier: MIT
"""Recordings sent again to an Xvfb: the same, and what a target does otherwise."""

import os
import signal
import struct
from dataclasses import replace

import pytest

from harness.capture.get_image import capture
from harness.clients.connection.endpoint import Endpoint
from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.proxy.hidden_extensions import HiddenExtensions
from harness.proxy.layer import Layer
from harness.recordings.messages import RecordedKind, messages_of
from harness.recordings.recording import Contents, Descriptor, DescriptorKind, Recording
from harness.recordings.replay.result import NOTHING, ReplayError, ReplayOutcome, Subject
from harness.recordings.replay.target import target
from harness.x11 import encoding
from harness.x11.extensions import Extension
from tests.recordings.replay.recorded import (
    record,
    replay_messages,
    replayed,
    requests_of,
    xvfb,
)

ORDERS = pytest.mark.parametrize("order", ["<", ">"])
CHANGE_PROPERTY, GET_PROPERTY, MAP_WINDOW, SELECT = 18, 20, 8, 2
WINDOW_TYPE, PROPERTY_NOTIFY, COMPLETE = 33, 28, 1
STRUCTURE_AND_PROPERTY = 1 << 17 | 1 << 22


def intern(client, name):
    """The atom of this name."""
    text = name.encode()
    body = client.pack("H2x", len(text)) + encoding.padded(text)
    return client.unpack("I", client.reply(client.request(encoding.INTERN_ATOM, 0, body)), 8)[0]


def select(client, window, mask):
    client.request(SELECT, 0, client.pack("III", window, 1 << 11, mask))


def change_property(client, window, name, value):
    """Set a property of type WINDOW."""
    body = client.pack("IIIB3xII", window, name, WINDOW_TYPE, 32, 1, value)
    client.request(CHANGE_PROPERTY, 0, body)


def get_property(client, window, name):
    return client.reply(
        client.request(GET_PROPERTY, 0, client.pack("IIIII", window, name, 0, 0, 9))
    )


def at_home(server: Endpoint, order="<"):
    """A client that uses ids, atoms, events and an error; its property names its own window."""
    with RawClient(server, order) as client:
        window = client.create_window(40, 30)
        select(client, window, STRUCTURE_AND_PROPERTY)
        name = intern(client, "_A_PROPERTY_OF_OURS")
        change_property(client, window, name, window)
        client.request(MAP_WINDOW, 0, client.pack("I", window))
        get_property(client, window, name)
        client.request(encoding.FREE_PIXMAP, 0, client.pack("I", window))
        client.sync()


def strange(server: Endpoint):
    """Make ids and atoms of the server other ones than a recording has."""
    client = RawClient(server)
    for number in range(20):
        intern(client, f"ANOTHER_{number}")
    return client


@pytest.fixture(scope="module")
def recordings():
    """That of ``at_home``, by byte order."""
    return {order: record(lambda front, order=order: at_home(front, order)) for order in "<>"}


@ORDERS
def test_ids_atoms_and_times_are_those_of_the_target(recordings, order):
    """Another connection took the first ids, and other atoms were made before."""
    with xvfb() as server, strange(server):
        found = replayed(recordings[order], server)
    assert found.same, found.differences
    assert found.requests == 8
    sent = [one for one in found.messages if one.kind is RecordedKind.REQUEST]
    recorded = [one for one in messages_of(recordings[order]) if one.kind is RecordedKind.REQUEST]
    assert len(sent) == len(recorded)
    assert sent[0].data != recorded[0].data
    received = {one.kind for one in found.messages}
    assert {RecordedKind.REPLY, RecordedKind.ERROR, RecordedKind.EVENT} <= received


def presenting(server: Endpoint):
    """Two presentations at once, one later that is skipped, and what the window shows."""
    with Presenter(server) as client:
        window = client.window(64, 64)
        red, green = window.pixmap("red"), window.pixmap("green")
        first = window.present(red)
        first.wait_complete()
        window.present(green, target_msc=window.msc() + 20).wait_complete()
        capture(window)


def test_presentations_come_to_their_time_on_another_clock():
    """MSCs are those of the target."""
    recording = record(presenting)
    for _ in range(3):
        with xvfb() as server:
            found = replayed(recording, server)
        assert found.same, found.differences
        assert found.pictures[0].name == "root"


class Changed(Layer):
    """Replaces answers: ``change`` gets the request's opcode and the message."""

    every_message = every_request = True

    def __init__(self, change):
        super().__init__()
        self.change, self.opcodes = change, {}

    async def request(self, link, data):
        self.opcodes[link.sequence] = data[0]
        return data

    def message(self, link, data):
        (sequence,) = link.unpack("H", data, 2)
        return self.change(self.opcodes.get(sequence, 0), data)


def one_difference(recording, change):
    with xvfb() as server:
        found = replayed(recording, server, Changed(change))
    assert len(found.differences) == 1, found.differences
    return found.differences[0]


def test_another_value_in_a_reply_is_found(recordings):
    """The field, where it stands, what was recorded and what came."""

    def change(opcode, data):
        if opcode == GET_PROPERTY and data[0] == encoding.REPLY:
            return [data[:12] + struct.pack("<I", 5) + data[16:]]
        return [data]

    found = one_difference(recordings["<"], change)
    assert (found.subject, found.message, found.field) == (
        *(Subject.REPLY, "GetProperty", "bytes_after"),
    )
    assert (found.expected, found.got, found.sequence) == ("0", "5", 6)
    (message,) = [
        one for number, one in enumerate(messages_of(recordings["<"])) if number == found.place
    ]
    assert message.answers[0] == GET_PROPERTY
    assert "request 6" in str(found)


def test_another_id_in_a_reply_is_found(recordings):
    """Ids are compared as what they stand for."""

    def change(opcode, data):
        if opcode == GET_PROPERTY and data[0] == encoding.REPLY:
            return [data[:32] + struct.pack("<I", struct.unpack_from("<I", data, 32)[0] + 1)]
        return [data]

    assert one_difference(recordings["<"], change).message == "GetProperty"


def test_an_event_that_does_not_come_is_found(recordings):
    """And only it: what follows is waited for no longer than it needs."""

    def change(opcode, data):
        return [] if data[0] & 0x7F == PROPERTY_NOTIFY else [data]

    found = one_difference(recordings["<"], change)
    assert (found.subject, found.message, found.got) == (Subject.EVENT, "PropertyNotify", NOTHING)


def test_an_event_too_many_is_found(recordings):
    """It stands at the request that it came after."""

    def change(opcode, data):
        return [data, data] if data[0] & 0x7F == PROPERTY_NOTIFY else [data]

    found = one_difference(recordings["<"], change)
    assert (found.message, found.expected, found.sequence) == ("PropertyNotify", NOTHING, 4)


def test_an_event_of_present_that_comes_twice_is_found():
    """Though what such an event says depends on time."""

    def change(opcode, data):
        present = data[0] == encoding.GENERIC_EVENT and data[8] == COMPLETE
        return [data, data] if present and not twice and not twice.append(data) else [data]

    twice = []
    found = one_difference(record(presenting), change)
    assert (found.message, found.expected) == ("PresentCompleteNotify", NOTHING)


def test_an_error_too_many_is_found(recordings):
    """An error for a request that had none."""

    def change(opcode, data):
        if opcode == GET_PROPERTY and data[0] == encoding.REPLY:
            return [encoding.error("<", 11, 0, GET_PROPERTY, 0)[:2] + data[2:4] + bytes(28)]
        return [data]

    found = one_difference(recordings["<"], change)
    assert (found.expected, found.got) == ("a reply", "error Alloc")


def test_an_error_that_does_not_come_is_found(recordings):
    """The recorded client freed a window as a pixmap."""

    def change(opcode, data):
        return [] if data[0] == encoding.ERROR else [data]

    found = one_difference(recordings["<"], change)
    assert (found.subject, found.message) == (Subject.ERROR, "FreePixmap")
    assert (found.expected, found.got) == ("error Pixmap", NOTHING)


class Struck(Layer):
    """Sends the server a signal instead of a request to map a window."""

    def __init__(self, number, pid):
        super().__init__()
        self.number, self.pid = number, pid
        self.handlers[MAP_WINDOW, None] = self._strike

    async def _strike(self, link, data):
        os.kill(self.pid, self.number)
        return data


def test_a_target_that_dies_is_said(recordings):
    """How it died, in words; what was sent before is in the result."""
    with xvfb() as server:
        found = replayed(recordings["<"], server, Struck(signal.SIGKILL, server.pid))
    assert found.outcome is ReplayOutcome.DIED
    assert not found.same
    assert "SIGKILL" in str(found.failure)
    assert 0 < found.requests < 8


def test_a_target_that_hangs_is_said(recordings, monkeypatch):
    """It is not waited for, nor taken for a dead one."""
    monkeypatch.setattr(target, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr("harness.recordings.replay.expectations.MESSAGE_SECONDS", 0.2)
    with xvfb() as server:
        try:
            found = replayed(recordings["<"], server, Struck(signal.SIGSTOP, server.pid))
        finally:
            os.kill(server.pid, signal.SIGCONT)
    assert found.outcome is ReplayOutcome.HUNG


def fencing(server: Endpoint):
    """A client that uses SYNC and Present."""
    with Presenter(server) as client:
        client.window(20, 20)
        client.fence(triggered=True)
        client.sync()


def test_a_request_of_an_extension_that_the_target_lacks_is_said():
    """With a way out, which leaves its requests and answers away."""
    recording = record(fencing)
    words = r"SYNC:.*needs SYNC.*--leave-out SYNC"
    with xvfb() as server, pytest.raises(ReplayError, match=words):
        replayed(recording, server, HiddenExtensions("SYNC"))
    with xvfb() as server:
        found = replayed(recording, server, HiddenExtensions("SYNC"), leave_out=["SYNC"])
    assert found.same, found.differences
    assert found.left_out == 2


def test_an_unknown_extension_cannot_be_left_out(recordings):
    """A typing error is not silently ignored."""
    with xvfb() as server, pytest.raises(ReplayError, match=r"SYNK cannot.*SYNC"):
        replayed(recordings["<"], server, leave_out=["SYNK"])


def test_a_target_of_another_depth_is_refused(recordings):
    """Pixel values mean other colours there."""
    with xvfb(depth=16) as server, pytest.raises(ReplayError, match=r"depth 24.*depth 16"):
        replayed(recordings["<"], server)


def test_a_target_of_another_size_is_a_difference(recordings):
    """It may do, and is said."""
    with xvfb(width=400) as server:
        found = replayed(recordings["<"], server)
    (only,) = found.differences
    assert (only.subject, only.expected, only.got) == (Subject.SETUP, "320", "400")


@pytest.mark.parametrize("kept", [3, 7, 10, 14, 17])
def test_a_recording_that_was_cut_is_replayed_as_far_as_it_goes(recordings, kept):
    """Its client never ended, and answers that it had not received are no differences."""
    cut = Recording(recordings["<"].head, recordings["<"].items[:kept])
    with xvfb() as server:
        found = replayed(cut, server)
    assert found.same, found.differences


def test_answers_need_not_be_recorded(recordings):
    """As when a recording was shrunk: what is not there is not waited for."""
    requests = [
        one
        for one in messages_of(recordings["<"])
        if one.kind in (RecordedKind.GREETING, RecordedKind.SETUP, RecordedKind.REQUEST)
    ]
    with xvfb() as server:
        found = replay_messages(recordings["<"].head, requests, server)
    assert found.same, found.differences
    assert [one.name for one in found.pictures] == ["root", "window 0x200001"]


PIXELS = struct.pack("<I", 0x00FF8800) * 16


@pytest.mark.parametrize("system_v", [False, True])
def test_shared_memory_holds_what_the_client_had_written(recordings, system_v):
    """Whether the client passed it or named a System V segment."""
    recording = recordings["<"]
    (shm,) = (one.major for one in recording.head.extensions if one.name == "MIT-SHM")
    created = next(one for one in messages_of(recording) if one.kind is RecordedKind.REQUEST)
    (window,) = struct.unpack_from("<I", created.data, 4)
    segment, gc, shmid = window + 1, window + 2, 77
    number = -1 - shmid if system_v else 5
    attach = (1, struct.pack("<IIB3x", segment, shmid, 0))
    if not system_v:
        attach = (6, struct.pack("<IB3x", segment, 0))
    put = struct.pack(
        *("<IIHHHHHHhhBBBxII", window, gc, 4, 4, 0, 0, 4, 4, 0, 0, 24, 2, 0, segment, 0)
    )
    messages = requests_of(
        recording,
        created.data,
        encoding.request("<", MAP_WINDOW, 0, struct.pack("<I", window)),
        encoding.request("<", encoding.CREATE_GC, 0, struct.pack("<III", gc, window, 0)),
        encoding.request("<", shm, *attach),
        encoding.request("<", shm, 3, put),
    )
    contents = Contents(0, messages[0].client, number, 0, PIXELS)
    messages[-1] = replace(messages[-1], contents=(contents,))
    if not system_v:
        descriptor = Descriptor(number, DescriptorKind.MEMORY, len(PIXELS))
        messages[-2] = replace(messages[-2], descriptors=(descriptor,))
    with xvfb() as server:
        found = replay_messages(recording.head, messages, server)
    assert found.same, found.differences
    picture = found.pictures[-1]
    assert picture.drawable == window
    assert [picture.frame.pixel(x, 3) for x in (0, 3, 4)] == [0xFF8800, 0xFF8800, 0]


@pytest.mark.parametrize("minor", [2, 7])
def test_a_buffer_of_a_graphics_device_becomes_a_pixmap(recordings, minor):
    """With what it held when it was used: PixmapFromBuffer, PixmapFromBuffers."""
    recording = recordings["<"]
    head = replace(
        recording.head, extensions=(*recording.head.extensions, Extension("DRI3", 160, 0, 0))
    )
    created = next(one for one in messages_of(recording) if one.kind is RecordedKind.REQUEST)
    (window,) = struct.unpack_from("<I", created.data, 4)
    pixmap, gc = window + 1, window + 2
    body = struct.pack("<IIIHHHBB", pixmap, window, 64, 4, 4, 16, 24, 32)
    if minor == 7:
        body = struct.pack("<IIB3xHH32xBB2xQ", pixmap, window, 1, 4, 4, 24, 32, 0)
    messages = requests_of(
        recording,
        created.data,
        encoding.request("<", MAP_WINDOW, 0, struct.pack("<I", window)),
        encoding.request("<", 160, minor, body),
        encoding.request("<", encoding.CREATE_GC, 0, struct.pack("<III", gc, window, 0)),
        encoding.request(
            *("<", encoding.COPY_AREA, 0),
            struct.pack("<IIIhhhhHH", pixmap, window, gc, 0, 0, 0, 0, 4, 4),
        ),
    )
    buffer = Descriptor(5, DescriptorKind.BUFFER)
    messages[4] = replace(messages[4], descriptors=(buffer,))
    contents = Contents(0, messages[0].client, 5, 0, PIXELS)
    messages[-1] = replace(messages[-1], contents=(contents,))
    with xvfb() as server:
        found = replay_messages(head, messages, server)
    assert found.same, found.differences
    assert [found.pictures[-1].frame.pixel(x, 3) for x in (0, 3, 4)] == [0xFF8800, 0xFF8800, 0]
