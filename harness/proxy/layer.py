# SPDX-License-Identifier: MIT
"""What a layer of the proxy may do with the messages that pass through it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.proxy.link import Link
    from harness.proxy.proxy import Proxy

Handler = Callable[["Link", bytes], Awaitable[bytes | None]]
"""Deals with one request of a client, which waits for it with all that it sent behind.

What it returns goes on, through the layers behind, to the server.  None means that it has
dealt with the request itself, by exactly one of ``link.carry_out``, ``link.answer``,
``link.refuse`` and ``link.swallow``.
"""


class Layer:
    """Passes everything on unchanged; each subclass changes something.

    One object serves all links of a proxy.  The first of a proxy's layers is next to the
    clients, the last one next to the server.  All methods run in the proxy's own thread.

    ``handlers`` says which requests it wants, by major opcode and, for an extension's, minor
    opcode: ``(FREE_PIXMAP, None)``, ``(present_major, 1)``; minor None is every request with
    this major opcode that has no handler of its own.  ``watches`` are the kinds of messages
    that ``message`` wants: wire.ERROR, wire.REPLY, the codes of events; GENERIC_EVENT.
    ``every_request`` and ``every_message`` ask for all of them.
    """

    every_request = False
    every_message = False

    def __init__(self) -> None:
        self.handlers: dict[tuple[int, int | None], Handler] = {}
        self.watches: set[int] = set()

    def start(self, proxy: "Proxy") -> None:
        """The proxy knows the server's extensions and is about to serve; fill ``handlers``."""

    def opened(self, link: "Link") -> None:
        """The server has accepted a client: ids and byte order of ``link`` are known."""

    async def request(self, link: "Link", data: bytes) -> bytes | None:
        """The handler of all other requests, where ``every_request`` is set."""
        return data

    def message(self, link: "Link", data: bytes) -> list[bytes]:
        """A reply, an error or an event for the client; what goes on in its place.

        The sequence number in ``data`` is already the client's.
        """
        return [data]

    def closed(self, link: "Link") -> None:
        """The client is gone, its requests are handled, the server has been told."""

    def idle(self) -> None:
        """The last client is gone, and with it the proxy's own channel: forget everything."""
