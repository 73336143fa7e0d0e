# SPDX-License-Identifier: MIT
"""An extension that a layer adds is found, listed and distinguished from the server's own."""

import struct
from collections.abc import Iterator

import pytest

from harness.clients.raw.announcement import announced
from harness.clients.raw.raw_client import RawClient
from harness.proposals.announcement import announce
from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.proxy import Proxy
from harness.servers.server import Server
from harness.x11.encoding import ByteOrder

FIRST, SECOND = "FIRST-DRAFT", "SECOND-DRAFT-OF-IT"
LIST_EXTENSIONS = 99


class Announcing(Layer):
    """Adds one extension and nothing else."""

    def __init__(self, name: str, version: tuple[int, int]) -> None:
        super().__init__()
        self.name, self.version = name, version

    def start(self, proxy: Proxy) -> None:
        announce(self, proxy, self.name, self.version)


@pytest.fixture
def two(server: Server) -> Iterator[ProxiedServer]:
    """A server with two drafts in front of it."""
    front = ProxiedServer(server, [Announcing(FIRST, (1, 2)), Announcing(SECOND, (3, 4))])
    yield front
    front.proxy.close()
    front.proxy.check()


def test_each_tells_its_version(two: ProxiedServer) -> None:
    """Both are found, each under its own opcode with its own version."""
    assert announced(two, FIRST) == (1, 2)
    assert announced(two, SECOND) == (3, 4)


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_both_byte_orders_are_answered(two: ProxiedServer, byte_order: ByteOrder) -> None:
    """A client of either byte order gets its reply in that order."""
    with RawClient(two, byte_order) as client:
        reply = client.reply(client.request(client.major(SECOND), 0, client.pack("II", 9, 9)))
        assert client.unpack("II", reply, 8) == (3, 4)


def test_opcodes_are_free_ones(two: ProxiedServer, server: Server) -> None:
    """No opcode of the server's is taken, and both differ."""
    with RawClient(two) as client, RawClient(server) as direct:
        added = {client.major(FIRST), client.major(SECOND)}
        assert len(added) == 2
        assert not added & {direct.major(name) for name in _listed(direct)}


def test_they_are_listed_after_the_servers_own(two: ProxiedServer, server: Server) -> None:
    """ListExtensions names every extension once, the server's in their order."""
    with RawClient(two) as client, RawClient(server) as direct:
        assert _listed(client) == [*_listed(direct), FIRST, SECOND]


def test_other_requests_are_refused(two: ProxiedServer) -> None:
    """A wrong length is a Length error, an unknown request a Request error."""
    with RawClient(two) as client:
        major = client.major(FIRST)
        short = client.error_of(client.request(major, 0, b""))
        unknown = client.error_of(client.request(major, 1, b""))
    assert short is not None
    assert (short.name, short.major, short.minor) == ("Length", major, 0)
    assert unknown is not None
    assert (unknown.name, unknown.minor) == ("Request", 1)


def _listed(client: RawClient) -> list[str]:
    reply = client.reply(client.send(struct.pack(f"{client.byte_order}BBH", LIST_EXTENSIONS, 0, 1)))
    names, at = [], 32
    for _ in range(reply[1]):
        names.append(reply[at + 1 : at + 1 + reply[at]].decode())
        at += 1 + reply[at]
    return names
