# SPDX-License-Identifier: MIT
"""A tap of the proxy: it sees all that clients send and receive, and changes nothing."""

from collections.abc import Sequence
from typing import Protocol

from harness.proxy.proxy import Proxy


class Tap(Protocol):
    """Sees the bytes of all clients of a proxy in one order, where the client would see them.

    All methods are called in the proxy's own thread, before the bytes pass on: what can wait is
    for ``rest``.  Clients are numbered from 1.  Descriptors are open until the method returns, and
    may come with no bytes: they belong to the next ones of the same direction.
    """

    def start(self, proxy: Proxy) -> None:
        """The extensions that clients will see are known, no client is."""

    def opened(self, client: int) -> None:
        """A client has connected."""

    def sent(self, client: int, data: bytes, fds: Sequence[int]) -> None:
        """A client sent bytes, and descriptors with them."""

    def received(self, client: int, data: bytes, fds: Sequence[int]) -> None:
        """A client is about to receive bytes, and descriptors with them."""

    def closed(self, client: int, by_client: bool) -> None:
        """A connection was closed by its client, or else by the server."""

    def rest(self) -> None:
        """All bytes have passed on, as far as there was room: clients and servers are at work."""

    def end(self) -> None:
        """The proxy ends; connections may be open."""
