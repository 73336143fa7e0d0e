# SPDX-License-Identifier: MIT
"""Connections carried over one stream, whose reader takes little at a time."""

import contextlib
import os
import selectors
import socket
import threading

import pytest

from harness.servers.kms.stream import CREDIT, HEADER, WINDOW, Kind, Multiplexer, StreamDamaged
from harness.servers.kms.words import status_number, status_of

GENEROUS = 10.0
ECHO, SILENT, ABSENT = 1, 2, 3


class Guest:
    """The other end: ECHO sends back what comes, SILENT reads nothing and has ``spoken``."""

    def __init__(self, stream: socket.socket) -> None:
        self.silent: list[socket.socket] = []
        self._echoing: list[socket.socket] = []
        self.opened = threading.Semaphore(0)
        self._carried = Multiplexer(stream.fileno(), connect=self._connect, acknowledges=True)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._carried.close()
        for end in (*self.silent, *self._echoing):
            end.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._carried.turn(0.02)

    def _connect(self, service: int) -> socket.socket:
        if service == ABSENT:
            raise ConnectionRefusedError
        ours, theirs = socket.socketpair()
        if service == SILENT:
            self.silent.append(ours)
        else:
            self._echoing.append(ours)
            self._carried.selector.register(ours, selectors.EVENT_READ, lambda _: self._echo(ours))
        self.opened.release()
        return theirs

    def _echo(self, end: socket.socket) -> None:
        data = end.recv(4096)
        if data:
            end.sendall(data)
        else:
            self._carried.selector.unregister(end)


@pytest.fixture
def stream():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def guest(stream):
    made = Guest(stream[1])
    yield made
    made.close()


@pytest.fixture
def host(stream):
    carried = Multiplexer(stream[0].fileno(), credit=CREDIT)
    yield carried
    carried.close()


@pytest.fixture
def opened(host):
    """Open a connection to a service; this end of it."""
    ends = []

    def open(service: int) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        ends.append(ours)
        host.open(service, theirs)
        return ours

    yield open
    for end in ends:
        end.close()


def received(host, end, size):
    """The next ``size`` bytes at ``end``; fewer when it was closed."""
    data = b""
    deadline = threading.Event()
    timer = threading.Timer(GENEROUS, deadline.set)
    timer.start()
    while len(data) < size and not deadline.is_set():
        host.turn(0.02)
        try:
            chunk = end.recv(65536)
        except BlockingIOError:
            continue
        if not chunk:
            break
        data += chunk
    timer.cancel()
    return data


def test_what_is_sent_comes_back_whole_and_in_order(host, guest, opened):
    """More than the windows of the connection, through a stream with 2 KB of credit."""
    end, sent = opened(ECHO), os.urandom(3 * 16 * 1024)
    waiting = memoryview(sent)
    came = b""
    while len(came) < len(sent):
        if waiting:
            with contextlib.suppress(BlockingIOError):
                waiting = waiting[end.send(waiting) :]
        chunk = received(host, end, 1)
        assert chunk
        came += chunk
    assert came == sent


def test_no_more_is_on_the_way_than_the_credit(stream, host, opened):
    """A guest that acknowledges nothing gets 2048 bytes, and the rest after it has."""
    end = opened(ECHO)
    end.send(bytes(10 * CREDIT))
    for _ in range(20):
        host.turn(0.01)
    assert len(stream[1].recv(65536)) == CREDIT
    stream[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        stream[1].recv(1)
    stream[1].send(HEADER.pack(Kind.ACKNOWLEDGE, 0, CREDIT - 100))
    for _ in range(20):
        host.turn(0.01)
    assert len(stream[1].recv(65536)) == CREDIT - 100


def test_a_connection_that_nobody_reads_holds_up_no_other(host, guest, opened):
    """It has a window of its own: what is beyond waits in its own socket."""
    full = opened(SILENT)
    host.turn(0.01)
    assert guest.opened.acquire(timeout=GENEROUS)
    sent = 0
    end = opened(ECHO)
    for _ in range(100):
        with contextlib.suppress(BlockingIOError):
            sent += full.send(bytes(WINDOW))
        host.turn(0)
    end.send(b"hello")
    assert received(host, end, 5) == b"hello"
    assert sent > 0


def test_what_came_before_the_end_is_delivered_before_it(host, guest, opened):
    """As by a server that answers and closes."""
    end = opened(SILENT)
    host.turn(0.01)
    assert guest.opened.acquire(timeout=GENEROUS)
    guest.silent[0].sendall(bytes(100_000))
    guest.silent[0].close()
    assert len(received(host, end, 200_000)) == 100_000


def test_a_service_that_is_not_there_is_a_connection_that_ends(host, guest, opened):
    """The client reads its end, as from a server that refuses it."""
    assert received(host, opened(ABSENT), 1) == b""


def test_what_is_no_frame_is_told(stream, host):
    """A line that lost a byte cannot be carried on."""
    stream[1].send(b"Kernel panic - not syncing")
    with pytest.raises(StreamDamaged, match="Kernel panic"):
        host.turn(GENEROUS)


@pytest.mark.parametrize("status", [0, 1, 255, -6, -15])
def test_a_status_comes_back_as_it_was(status):
    """A number has no sign on the stream."""
    assert status_number(status) >= 0
    assert status_of(status_number(status)) == status
