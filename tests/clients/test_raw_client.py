# SPDX-License-Identifier: MIT
"""Raw clients, ended by one thread while another one sends."""

import os
import socket
import stat
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from harness.clients.connection.client import Client
from harness.clients.connection.errors import ConnectionLost
from harness.clients.raw.raw_client import RawClient
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11.address import Address

SECONDS = 20.0


class Watched:
    """A stream whose ``sendall`` goes on until it is shut down, and that notes who closes it
    under it."""

    def __init__(self, stream):
        self._stream = stream
        self._shut = threading.Event()
        self.sending = threading.Event()
        self.closed_early = False

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def sendall(self, data):
        self.sending.set()
        assert self._shut.wait(SECONDS)
        self.sending.clear()
        raise BrokenPipeError

    def shutdown(self, how):
        self._stream.shutdown(how)
        self._shut.set()

    def close(self):
        self.closed_early = self.sending.is_set()
        self._stream.close()


@pytest.fixture
def wire():
    with (
        launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server,
        RawClient(server) as wire,
    ):
        yield wire


def test_a_descriptor_is_closed_when_nobody_sends_any_more(wire):
    """Closed under a send that waits for it, it may belong to somebody else, whose turn to be
    written to may never come."""
    wire._stream = watched = Watched(wire._stream)
    ended = []

    def send():
        try:
            wire.send(b"")
        except OSError as error:
            ended.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    assert watched.sending.wait(SECONDS)
    wire.close()
    thread.join(SECONDS)
    assert wire.closed
    assert not watched.closed_early
    assert [type(error) for error in ended] == [BrokenPipeError]


class Refusing:
    """A server that lets nobody in, as its cookie is another one."""

    def __init__(self, server):
        self.display, self.cookie = server.display, bytes(16)
        self.check_alive, self.silent = server.check_alive, server.silent


def sockets_to(server):
    """Those of this process alone: other threads and garbage open and close descriptors too."""
    path, found = Address.parse(server.display).path, 0
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError), ExitStack() as closing:
            descriptor = os.dup(int(entry.name))
            closing.callback(os.close, descriptor)
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                peer = socket.socket(fileno=os.dup(descriptor))
                closing.enter_context(peer)
                found += os.fsdecode(peer.getpeername()).lstrip("\0") == str(path)
    return found


@pytest.mark.parametrize("client", [RawClient, Client], ids=["raw", "libxcb"])
def test_a_client_that_is_refused_leaves_no_socket_open(client):
    """While the error is held, too: garbage that warns would be another test's failure."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        with client(server):
            assert sockets_to(server) >= 1
        open_before = sockets_to(server)
        with pytest.raises(ConnectionLost):
            client(Refusing(server))
        assert sockets_to(server) == open_before


def test_ids_that_read_alike_in_both_orders_are_no_others_ids(wire):
    """Also of a client whose own part of ids is the first byte alone."""
    with ExitStack() as clients:
        last = wire
        while (base := last.new_id() & ~0xFFFF) & 0xFF0000:
            last = clients.enter_context(RawClient(wire.server))
        symmetric = {last.symmetric_id() for _ in range(31)}
        assert len(symmetric) == 31
        assert symmetric.isdisjoint(range(base, base + 0x10000))
        assert all(last.unpack("I", id.to_bytes(4, "big")) == (id,) for id in symmetric)


def test_descriptors_that_nobody_took_are_closed_with_the_client(wire):
    """MIT-SHM's CreateSegment answers with one."""
    major = wire.major("MIT-SHM")
    wire.reply(wire.request(major, 7, wire.pack("IIB3x", wire.new_id(), 4096, 0)))
    (passed,) = wire.descriptors
    assert os.fstat(passed).st_size == 4096
    wire.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(passed)
