# SPDX-License-Identifier: MIT
"""Proxies between a client and a server that the test plays both."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from harness.proxy.layer import Layer
from harness.proxy.tap import Tap
from harness.x11 import encoding
from tests.proxy.called_proxy import CalledProxy
from tests.proxy.scripted_server import Peer, ScriptedServer, greet, setup

Ends = tuple[Peer, Peer]


class Bridge:
    """``proxy`` in front of ``server``, and new connections through it, closed at the end."""

    def __init__(self, server: ScriptedServer, proxy: CalledProxy) -> None:
        self.server, self.proxy = server, proxy
        self._peers: list[Peer] = []

    def greet(self, order: encoding.ByteOrder = "<") -> Peer:
        """A client that has said hello."""
        self._peers.append(greet(self.proxy.display, order))
        return self._peers[-1]

    def accept(self) -> Peer:
        """The server's end of the next connection."""
        self._peers.append(self.server.accept())
        return self._peers[-1]

    def connect(self, order: encoding.ByteOrder = "<") -> Ends:
        """A client's end and the server's end of one connection, greeted."""
        client, server = self.greet(order), self.accept()
        server.welcome()
        assert server.order == order
        assert client.read(len(setup(order))) == setup(order)
        return client, server

    def close(self) -> None:
        for peer in self._peers:
            peer.close()


@pytest.fixture
def bridge() -> Iterator[Callable[..., Bridge]]:
    """``bridge(layer, ..., tap=None)``: a proxy with these; it must be sound at the test's end."""
    with ExitStack() as stack:
        made: list[Bridge] = []

        def build(*layers: Layer, tap: Tap | None = None) -> Bridge:
            server = stack.enter_context(ScriptedServer())
            if layers or tap:
                probe = threading.Thread(target=_list_no_extensions, args=(server,))
                probe.start()
            proxy = stack.enter_context(CalledProxy(server.name, b"", layers, tap))
            made.append(Bridge(server, proxy))
            return made[-1]

        yield build
        for one in made:
            one.close()
            one.proxy.check()


def _list_no_extensions(server: ScriptedServer) -> None:
    peer = server.accept()
    peer.welcome()
    peer.read(4)
    peer.send(peer.reply(1))
    peer.at_end()
    peer.close()
