# SPDX-License-Identifier: MIT
"""What a recording holds of memory that clients share with a server."""

import ctypes
import os
import socket

import pytest

from harness.clients.raw.raw_client import RawClient
from harness.proxy.proxied_server import ProxiedServer
from harness.recordings.recorder import RecordingTap
from harness.recordings.recording import DescriptorKind, Sender
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.shared_segment import SharedSegment
from harness.servers.spec import ServerSpec
from harness.x11 import encoding
from tests.recordings.kept import Kept

ATTACH, DETACH, PUT, GET, CREATE_PIXMAP, ATTACH_FD, CREATE_SEGMENT = range(1, 8)
Z_PIXMAP, COPY_AREA, CREATE_GC, FREE_PIXMAP = 2, 62, 55, 54
PAGE, SIDE = 4096, 64
IMAGE = 4 * SIDE * SIDE
"""Four pages."""


@pytest.fixture(scope="module")
def xvfb():
    """One server for all."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        yield server


class Drawing:
    """A client with a window, through a recorder."""

    def __init__(self, server, order):
        self.kept = Kept()
        self.front = ProxiedServer(server, tap=RecordingTap("Xvfb", (), self.kept))
        self.wire = RawClient(self.front, order)
        self.shm = self.wire.major("MIT-SHM")
        self.window = self.wire.create_window(SIDE, SIDE)
        self.gc = self.wire.new_id()
        self.wire.request(CREATE_GC, 0, self.pack("III", self.gc, self.window, 0))

    def pack(self, layout, *values):
        return self.wire.pack(layout, *values)

    def request(self, minor, layout, *values):
        """A request of MIT-SHM."""
        return self.wire.request(self.shm, minor, self.pack(layout, *values))

    def put(self, segment, offset=0, y=0, rows=SIDE):
        """Draw lines of an image at ``offset`` of the segment."""
        where = (self.window, self.gc, SIDE, SIDE, 0, y, SIDE, rows, 0, 0)
        self.request(PUT, "IIHHHHHHhhBBBxII", *where, 24, Z_PIXMAP, 0, segment, offset)
        self.wire.sync()

    def contents(self):
        """The contents of all that was recorded: request or kind, sender, offset, pages."""
        found = []
        for message in self.kept.messages():
            for one in message.contents:
                found.append((message.data[:2], one))
        return found

    def close(self):
        self.wire.sync()
        assert self.wire.errors == []
        self.wire.close()
        self.front.proxy.close()
        self.front.check_alive()


class SystemV:
    """A segment of System V."""

    def __init__(self, drawing, size):
        self.memory = SharedSegment.create(size)
        self.number = -1 - self.memory.shmid
        self.id = drawing.wire.new_id()
        drawing.request(ATTACH, "IIBxxx", self.id, self.memory.shmid, 0)
        drawing.wire.sync()

    def write(self, at, data):
        ctypes.memmove(self.memory.address + at, data, len(data))


class Passed:
    """Memory whose descriptor the client passes."""

    def __init__(self, drawing, size):
        self.fd = os.memfd_create("segment")
        os.truncate(self.fd, size)
        self.number = 1
        self.id = drawing.wire.new_id()
        request = drawing.pack("BBHIBxxx", drawing.shm, ATTACH_FD, 3, self.id, 0)
        drawing.wire.sequence += 1
        socket.send_fds(drawing.wire._stream, [request], [self.fd])
        drawing.wire.sync()

    def write(self, at, data):
        os.pwrite(self.fd, data, at)


class Created:
    """Memory whose descriptor the server passes."""

    def __init__(self, drawing, size):
        wire = drawing.wire
        self.number = 1
        self.id = wire.new_id()
        wire.sync()
        wire.send(drawing.pack("BBHIIBxxx", drawing.shm, CREATE_SEGMENT, 4, self.id, size, 0))
        reply, fds, _, _ = socket.recv_fds(wire._stream, 32, 1)
        (self.fd,) = fds
        assert (reply[:2], os.fstat(self.fd).st_size) == (b"\1\1", size)

    def write(self, at, data):
        os.pwrite(self.fd, data, at)


WAYS = [
    *[(order, way) for order in ("<", ">") for way in (SystemV, Passed)],
    # X servers do not swap the bytes of CreateSegment's reply.
    ("<", Created),
]


@pytest.fixture(params=WAYS, ids=[f"{order}-{way.__name__}" for order, way in WAYS])
def way(request):
    """A byte order, and one of the three ways to share memory."""
    return request.param


@pytest.fixture
def drawing(way, xvfb):
    """A client of either byte order; its requests must be right."""
    made = Drawing(xvfb, way[0])
    yield made
    made.close()


@pytest.fixture
def memory(way):
    """The way to share memory."""
    return way[1]


def test_an_image_stands_before_the_request_that_draws_it(drawing, memory):
    """All of it at first but what is zero, then the pages that changed."""
    segment = memory(drawing, 2 * IMAGE)
    segment.write(PAGE, b"a" * PAGE)
    segment.write(IMAGE, b"other")
    drawing.put(segment.id)
    segment.write(3 * PAGE + 7, b"b")
    drawing.put(segment.id)
    drawing.put(segment.id)
    put = bytes([drawing.shm, PUT])
    first, second = drawing.contents()
    assert [name for name, _ in (first, second)] == [put, put]
    assert (first[1].offset, first[1].data) == (PAGE, b"a" * PAGE)
    assert (second[1].offset, second[1].data) == (3 * PAGE, bytes(7) + b"b" + bytes(PAGE - 8))
    assert {one.memory for _, one in (first, second)} == {segment.number}
    assert {one.sender for _, one in (first, second)} == {Sender.CLIENT}


def test_only_the_lines_that_are_drawn_are_looked_at(drawing, memory):
    """A part of an image, at an offset."""
    segment = memory(drawing, 3 * IMAGE)
    segment.write(0, b"x" * 3 * IMAGE)
    drawing.put(segment.id, offset=IMAGE, y=16, rows=32)
    ((_, one),) = drawing.contents()
    assert (one.offset, len(one.data)) == (IMAGE + PAGE, 2 * PAGE)


def test_an_image_that_the_server_wrote_stands_before_its_reply(drawing, memory):
    """And it is the server's; the client need not write it when it draws it again."""
    segment = memory(drawing, IMAGE)
    segment.write(0, b"\7" * IMAGE)
    drawing.put(segment.id)
    area = (drawing.wire.root, 0, 0, SIDE, SIDE)
    drawing.wire.reply(
        drawing.request(GET, "IhhHHIBxxxII", *area, 0xFFFFFFFF, Z_PIXMAP, segment.id, 0)
    )
    drawing.put(segment.id)
    _, (name, read) = drawing.contents()
    assert (name[0], read.sender, read.offset) == (encoding.REPLY, Sender.SERVER, 0)
    assert len(read.data) == IMAGE


@pytest.mark.parametrize("by_gc", [False, True])
def test_a_pixmap_stands_before_the_request_that_uses_it(by_gc, drawing, memory):
    """Also when it is a tile, and after its segment was detached."""
    segment = memory(drawing, 2 * IMAGE)
    pixmap, wire = drawing.wire.new_id(), drawing.wire
    shape = (pixmap, drawing.window, SIDE, SIDE, 24)
    drawing.request(CREATE_PIXMAP, "IIHHBxxxII", *shape, segment.id, IMAGE)
    wire.sync()
    drawing.request(DETACH, "I", segment.id)
    copy = (pixmap, drawing.window, drawing.gc, 0, 0, 0, 0, SIDE, SIDE)
    user = wire.new_id()
    if by_gc:
        tiled = 1
        values = (1 << 8 | 1 << 10, tiled, pixmap)
        wire.request(CREATE_GC, 0, drawing.pack("IIIII", user, drawing.window, *values))
        wire.sync()
    segment.write(IMAGE, b"\1" * IMAGE)
    if by_gc:
        fill = (drawing.window, user, 0, 0, SIDE, SIDE)
        wire.request(70, 0, drawing.pack("IIhhHH", *fill))
    else:
        wire.request(COPY_AREA, 0, drawing.pack("IIIhhhhHH", *copy))
    wire.sync()
    wire.request(FREE_PIXMAP, 0, drawing.pack("I", pixmap))
    ((name, one),) = drawing.contents()
    assert name[0] == (70 if by_gc else COPY_AREA)
    assert (one.offset, one.data) == (IMAGE, b"\1" * IMAGE)


def test_contents_stand_between_the_requests_of_one_piece(drawing):
    """What comes with AttachFd is not written before it."""
    wire, id_ = drawing.wire, drawing.wire.new_id()
    fd = os.memfd_create("segment")
    os.write(fd, b"z" * IMAGE)
    where = (drawing.window, drawing.gc, SIDE, SIDE, 0, 0, SIDE, SIDE, 0, 0)
    requests = drawing.pack("BBHIBxxx", drawing.shm, ATTACH_FD, 3, id_, 0)
    requests += drawing.pack(
        "BBHIIHHHHHHhhBBBxII", drawing.shm, PUT, 10, *where, 24, Z_PIXMAP, 0, id_, 0
    )
    wire.sequence += 2
    socket.send_fds(wire._stream, [requests], [fd])
    os.close(fd)
    wire.sync()
    messages = [one for one in drawing.kept.messages() if one.data[:1] == bytes([drawing.shm])]
    attach, put = messages[-2:]
    assert [one.kind for one in attach.descriptors] == [DescriptorKind.MEMORY]
    assert (attach.contents, len(put.contents)) == ((), 1)


def test_memory_that_its_client_shortens_harms_nobody(drawing):
    """The server sees to its own; the recording has what is left."""
    segment = Passed(drawing, IMAGE)
    segment.write(0, b"a" * IMAGE)
    os.truncate(segment.fd, PAGE)
    drawing.put(segment.id, rows=8)
    assert [len(one.data) for _, one in drawing.contents()] == [8 * 4 * SIDE]
    os.truncate(segment.fd, IMAGE)
    drawing.put(segment.id)
