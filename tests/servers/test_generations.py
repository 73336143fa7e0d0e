# SPDX-License-Identifier: MIT
"""A server that starts over when its last client leaves, asked at that moment."""

import pytest

from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import plain_connection
from harness.x11.plain_connection import Dropped, ExtensionsUnknown, query_extensions


@pytest.fixture
def dropping(monkeypatch):
    """Has as many connections as are given be dropped."""
    connect = plain_connection.connect

    def drop(count):
        def connect_later(*arguments):
            nonlocal count
            if count:
                count -= 1
                raise Dropped("the connection was closed during the connection set-up")
            return connect(*arguments)

        monkeypatch.setattr(plain_connection, "connect", connect_later)

    return drop


def test_who_comes_while_a_server_starts_over_comes_again(dropping):
    """It drops those, and lets in who comes next; one that drops everybody is told as such."""
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB), reset=True)
    with launch(spec) as server:
        told = query_extensions(server.display, server.cookie)
        dropping(2)
        assert query_extensions(server.display, server.cookie) == told
        dropping(1000)
        with pytest.raises(ExtensionsUnknown, match="closed during the connection set-up"):
            query_extensions(server.display, server.cookie)
