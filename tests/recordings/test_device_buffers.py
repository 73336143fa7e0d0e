# SPDX-License-Identifier: MIT
"""Buffers and fences of DRI3 in a recording, between a client and a server that the test plays."""

import os
import socket
import struct
import threading

import pytest

from harness.recordings.recorder import RecordingTap
from harness.recordings.recording import Contents, Descriptor, DescriptorKind, Passed, Sender
from harness.x11 import encoding
from tests.proxy.called_proxy import CalledProxy
from tests.proxy.scripted_server import ID_BASE, ScriptedServer, greet, setup
from tests.recordings.kept import Kept

DRI3, PRESENT, SYNC = 149, 148, 134
PIXMAP_FROM_BUFFER, FENCE_FROM_FD = 2, 4
WINDOW, PIXMAP, FENCE = ID_BASE + 1, ID_BASE + 2, ID_BASE + 3


class Extended:
    """The ends of a connection through a proxy that records; the server has DRI3 and Present."""

    def __init__(self):
        self.kept = Kept()
        self.server = ScriptedServer()
        asked = threading.Thread(target=self._say_extensions)
        asked.start()
        recorder = RecordingTap("a server", (), self.kept)
        self.proxy = CalledProxy(self.server.name, b"", (), recorder)
        asked.join()
        self.client = greet(self.proxy.display)
        self.end = self.server.accept()
        self.end.welcome()
        self.client.read(len(setup("<")))

    def _say_extensions(self):
        peer = self.server.accept()
        peer.welcome()
        peer.read(4)
        names = {"DRI3": DRI3, "Present": PRESENT, "SYNC": SYNC}
        listed = b"".join(bytes([len(name)]) + name.encode() for name in names)
        peer.send(peer.reply(1, listed + bytes(-len(listed) % 4), detail=len(names)))
        for sequence, (name, major) in enumerate(names.items(), start=2):
            peer.read(8 + len(name) + -len(name) % 4)
            reply = bytearray(peer.reply(sequence))
            reply[8:12] = 1, major, 0, 0
            peer.send(bytes(reply))
        peer.at_end()
        peer.close()

    def request(self, major, minor, layout, *values, fds=()):
        """Send a request; it reaches the server."""
        request = self.client.request(major, minor, struct.pack(f"<{layout}", *values))
        socket.send_fds(self.client.stream, [request], fds)
        data, passed, _, _ = socket.recv_fds(self.end.stream, len(request), 4)
        for fd in passed:
            os.close(fd)
        assert data == request

    def close(self):
        self.client.close()
        self.proxy.close()
        self.proxy.check()
        self.end.close()
        self.server.__exit__()


@pytest.fixture
def extended():
    made = Extended()
    yield made
    made.close()


@pytest.fixture
def memory():
    """A descriptor of four bytes, as a plain file."""
    fd = os.memfd_create("plain")
    os.write(fd, bytes(4))
    yield fd
    os.close(fd)


def items(kept, kind):
    return [item for item in kept.items if isinstance(item, kind)]


def present(extended):
    """Present the pixmap; answer the proxy's own client, which may then want to see it."""
    body = (WINDOW, PIXMAP, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    extended.request(PRESENT, 1, "IIIIIhhIIII4xQQQ", *body)
    own = extended.server.accept()
    own.welcome()
    request = own.read(20)
    assert struct.unpack("<BBHIhhHHI", request) == (
        *(encoding.GET_IMAGE, 2, 5, PIXMAP, 0, 0, 3, 2, 0xFFFFFFFF),
    )
    return own


def make_pixmap(extended, memory):
    """Of three by two pixels."""
    body = (PIXMAP, WINDOW, 24, 3, 2, 12, 24, 32)
    extended.request(DRI3, PIXMAP_FROM_BUFFER, "IIIHHHBB", *body, fds=[memory])


def test_a_buffer_is_recorded_as_what_its_pixmap_shows(extended, memory):
    """Its descriptor says that it is one; the copy has its number."""
    make_pixmap(extended, memory)
    own = present(extended)
    pixels = bytes(range(24))
    own.send(own.reply(1, pixels))
    while not (copied := items(extended.kept, Contents)):
        extended.request(encoding.NO_OPERATION, 0, "")
    assert [item.descriptors for item in items(extended.kept, Passed) if item.descriptors] == [
        (Descriptor(1, DescriptorKind.BUFFER, 4),)
    ]
    assert [(one.client, one.memory, one.offset, one.data, one.sender) for one in copied] == [
        (1, 1, 0, pixels, Sender.SERVER)
    ]
    own.close()


def test_a_buffer_that_the_server_refused_has_no_copy(extended, memory):
    """The client's connection goes on."""
    make_pixmap(extended, memory)
    own = present(extended)
    own.send(own.message(encoding.ERROR, 1, encoding.BAD_DRAWABLE))
    while not extended.proxy.call(lambda: extended.proxy.own().handled):
        pass
    assert items(extended.kept, Contents) == []
    own.close()


def test_the_state_of_a_fence_is_recorded_when_it_changes(extended, memory):
    """By the client, before its next request; by the server, before its next message."""
    extended.request(DRI3, FENCE_FROM_FD, "IIBxxx", WINDOW, FENCE, 0, fds=[memory])
    extended.request(encoding.NO_OPERATION, 0, "")
    assert items(extended.kept, Contents) == []
    os.pwrite(memory, struct.pack("=i", 1), 0)
    extended.request(encoding.NO_OPERATION, 0, "")
    os.pwrite(memory, struct.pack("=i", -1), 0)
    extended.end.send(extended.end.message(2, 3))
    extended.client.read(32)
    extended.request(SYNC, 17, "I", FENCE)
    os.pwrite(memory, struct.pack("=i", 1), 0)
    extended.request(encoding.NO_OPERATION, 0, "")
    assert [(one.memory, one.sender, one.data) for one in items(extended.kept, Contents)] == [
        (1, Sender.CLIENT, struct.pack("=i", 1)),
        (1, Sender.SERVER, struct.pack("=i", -1)),
    ]
    (passed,) = [one.descriptors for one in items(extended.kept, Passed) if one.descriptors]
    assert passed == (Descriptor(1, DescriptorKind.FENCE, 4),)
