# SPDX-License-Identifier: MIT
"""A layer that hides extensions: the server behind it seems not to have them."""

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.errors import HarnessError
from harness.proxy.hidden_extensions import HiddenExtensions, UnknownExtension
from harness.proxy.proxied_server import ProxiedServer
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding
from harness.x11.extensions import decode_list, decode_query, query_request


@pytest.fixture
def server():
    """A server with Present and SYNC."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        yield server


@pytest.fixture
def hiding(server):
    """The same server without them."""
    proxied = ProxiedServer(server, [HiddenExtensions("Present", "SYNC")])
    yield proxied
    proxied.check_alive()
    proxied.proxy.close()


def query(client, name):
    asked = query_request(name, client.byte_order)
    return decode_query(name, client.reply(client.send(asked)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_they_are_not_present_and_not_listed(server, hiding, order):
    """And all others are, with the numbers that they have."""
    with RawClient(server, order) as direct, RawClient(hiding, order) as client:
        there = decode_list(direct.reply(direct.request(99, 0, b"")))
        for _ in range(2):
            listed = decode_list(client.reply(client.request(99, 0, b"")))
            assert listed == [name for name in there if name not in ("Present", "SYNC")]
        for name in there:
            hidden = name in ("Present", "SYNC")
            assert query(client, name) == (None if hidden else query(direct, name))


def test_their_requests_are_request_errors(server, hiding):
    """A client that knows the opcode by other ways learns nothing, and goes on."""
    with RawClient(server) as direct:
        major = query(direct, "Present").major
    with RawClient(hiding) as client:
        sequence = client.request(major, 0, client.pack("II", 1, 2))
        error = client.error_of(sequence)
        assert (error.code, error.major) == (encoding.BAD_REQUEST, major)
        client.sync()


def test_a_client_that_needs_one_says_so(hiding):
    """As in front of a server that lacks it."""
    with (
        Presenter(hiding, name="presenter") as presenter,
        pytest.raises(HarnessError, match="Present"),
    ):
        presenter.window(8, 8)


def test_a_name_that_the_server_lacks_is_an_error(server):
    """A typing mistake would hide nothing; what there is, is listed."""
    with pytest.raises(UnknownExtension, match=r"'present' to hide; the server has .*Present"):
        ProxiedServer(server, [HiddenExtensions("present")])
