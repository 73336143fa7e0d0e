# SPDX-License-Identifier: MIT
"""Layers of the proxy: what each may do with messages, and the order in which they do it."""

from collections.abc import Awaitable, Callable, Sequence

from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding

Handler = Callable[[Link, bytes], Awaitable[bytes | None]]
"""Handles one request of a client; the client's later requests wait until it is done.

What it returns goes on, through the layers behind, to the server.  None means that it has
dealt with the request itself, by exactly one of ``link.carry_out``, ``link.answer``,
``link.refuse`` and ``link.swallow``.
"""


class Layer:
    """Passes everything on unchanged; each subclass changes something.

    One object serves all links of a proxy.  The first of a proxy's layers is next to the
    clients, the last one next to the server; ``depth`` layers stand before this one.  All
    methods run in the proxy's own thread.

    ``handlers`` says which requests it wants, by major opcode and, for an extension's, minor
    opcode: ``(FREE_PIXMAP, None)``, ``(present_major, 1)``; minor None is every request with
    this major opcode that has no handler of its own.  ``watches`` are the kinds of messages
    that ``message`` gets: ERROR, REPLY, GENERIC_EVENT or the codes of events, as in
    ``harness.x11.encoding``.  ``every_request`` and ``every_message`` stand for all of them.
    """

    every_request = False
    every_message = False

    def __init__(self) -> None:
        self.depth = 0
        self.handlers: dict[tuple[int, int | None], Handler] = {}
        self.watches: set[int] = set()

    def start(self, proxy: Proxy) -> None:
        """Fill ``handlers`` and ``watches``: the server's extensions are known, no client is."""

    def opened(self, link: Link) -> None:
        """The server has accepted a client: ids and byte order of ``link`` are known."""

    async def request(self, link: Link, data: bytes) -> bytes | None:
        """The handler of requests without one, where ``every_request`` is set."""
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        """The messages for the client in place of a reply, an error or an event.

        The sequence number in ``data`` is already the client's.
        """
        return [data]

    def closed(self, link: Link) -> None:
        """The client has disconnected, its requests are handled, the server's end is closed."""

    def idle(self) -> None:
        """The last client has disconnected, and the proxy's own channel: forget everything."""


class LayerStack:
    """The layers of one proxy in their order; see ``Layers`` in ``harness.proxy.link``."""

    def __init__(self, layers: Sequence[Layer], proxy: Proxy) -> None:
        self._layers = layers
        for depth, layer in enumerate(layers):
            layer.depth = depth
            layer.start(proxy)
        big = proxy.extensions.get("BIG-REQUESTS")
        self.big_requests = big.major if big else 0
        majors = {major for layer in layers for major, _ in layer.handlers}
        majors |= {self.big_requests, encoding.GRAB_SERVER, encoding.UNGRAB_SERVER}
        every = any(layer.every_request for layer in layers)
        self.wanted = bytearray(every or major in majors for major in range(256))
        kinds = {kind for layer in layers for kind in layer.watches}
        every = any(layer.every_message for layer in layers)
        self.watched = bytearray(every or kind in kinds for kind in range(128))

    def opened(self, link: Link) -> None:
        for layer in self._layers:
            layer.opened(link)

    async def request(self, link: Link, data: bytes, first: int) -> bytes | None:
        for layer in self._layers[first:]:
            handlers = layer.handlers
            handler = (
                handlers.get((data[0], data[1]))
                or handlers.get((data[0], None))
                or (layer.request if layer.every_request else None)
            )
            if handler is not None:
                passed = await handler(link, data)
                if passed is None:
                    return None
                data = passed
        return data

    def message(self, link: Link, data: bytes, depth: int | None) -> list[bytes]:
        kind = data[0] & 0x7F
        messages = [data]
        for layer in reversed(self._layers[:depth]):
            if layer.every_message or kind in layer.watches:
                messages = [out for one in messages for out in layer.message(link, one)]
        return messages
