# SPDX-License-Identifier: MIT
"""One client of the proxy: its stream cut into requests, the server's into messages."""

from collections.abc import Callable
from typing import Protocol

from harness.errors import HarnessError
from harness.proxy import tasks
from harness.proxy.channel import MOST_UNCONFIRMED, Channel, take_setup
from harness.proxy.stream import MessageStream, SocketStream
from harness.x11 import encoding, setup

BACKLOG = 1 << 20
"""Bytes that may wait for a peer that does not read before reading for it stops."""


class LayerError(HarnessError):
    """A layer handled a request more than once, or not at all."""


class Positioned(Protocol):
    """A layer, as far as a link must know it: ``depth`` layers stand between it and the client."""

    depth: int


class Layers(Protocol):
    """All layers of a proxy, as the link sees them whose messages pass through them.

    ``wanted`` are the major opcodes of requests that must be taken out of the stream,
    ``watched`` the kinds of messages; ``big_requests`` is the major opcode of BIG-REQUESTS.
    """

    wanted: bytearray
    watched: bytearray
    big_requests: int

    def opened(self, link: "Link") -> None:
        """The server has accepted the client of ``link``."""

    async def request(self, link: "Link", data: bytes, first: int) -> bytes | None:
        """What the layers from ``first`` on leave of a request for the server."""

    def message(self, link: "Link", data: bytes, depth: int | None) -> list[bytes]:
        """What the ``depth`` layers next to the client, or all, make of a message."""


class Link(Channel):
    """A client's connection to the proxy, and the proxy's to the server on its behalf.

    ``sequence`` is the number of the client's last request that was taken up, as the client
    counts; while a layer handles that one, later ones wait.  ``grabs`` is whether the client
    holds a grab of the server, as far as its requests say.  Exceptions of layers go to
    ``failed``.
    """

    def __init__(
        self,
        layers: Layers,
        number: int,
        client: SocketStream,
        server: SocketStream,
        failed: Callable[[Exception], None],
    ) -> None:
        super().__init__(server, "<")
        self.number, self.client = number, client
        self.sequence = 0
        self.grabs = False
        self.client_gone = self.server_gone = False
        self._layers, self._failed = layers, failed
        self._requests, self._messages = MessageStream(server), MessageStream(client)
        self._big = self._busy = self._cutting = False
        self._provoked = 0
        self._deferred: list[tuple[bytes, int]] = []
        self._error: bytes | None = None
        self._catching_up = 0

    async def carry_out(self, request: bytes, layer: Positioned) -> bytes | None:
        """Have the layers behind ``layer`` and the server do it; the error, None for success.

        The client gets reply, error and events as usual.
        """
        self._error = None
        passed = await self._layers.request(self, request, layer.depth + 1)
        if passed is not None:
            errors: list[bytes] = []

            def deliver(answer: bytes) -> None:
                if answer[0] == encoding.ERROR:
                    errors.append(answer)
                self._deliver(answer)

            self._send_counted(passed, deliver)
            self._error = await self._first_error(errors)
        return self._error

    def answer(self, reply: bytes, layer: Positioned) -> None:
        """Answer the request with ``reply``, in its turn; the sequence number is filled in."""
        focus = self.new_request(encoding.GET_INPUT_FOCUS)
        self._send_counted(focus, lambda _: self._deliver(reply, layer.depth))

    def refuse(self, code: int, value: int, request: bytes, layer: Positioned) -> None:
        """Answer the request with an error; its opcodes are those of ``request``."""
        minor = request[1] if request[0] >= encoding.FIRST_EXTENSION else 0
        self.answer(encoding.error(self.order, code, value, request[0], minor), layer)

    def swallow(self) -> None:
        """Send the server NoOperation instead of the request."""
        self._send_counted(self.new_request(encoding.NO_OPERATION))

    def inject(self, message: bytes, layer: Positioned) -> None:
        """Send the client an event now, or behind a reply that is being sent.

        The sequence number is filled in.  Only layers between ``layer`` and the client see it.
        """
        if self._messages.torn:
            self._deferred.append((message, layer.depth))
        else:
            self._deliver(message, layer.depth)

    async def caught_up(self) -> None:
        """Wait until the server has sent all that it has for the client so far, and it is read.

        Until then the server is read although the client may not read: others wait for this.
        """
        self._catching_up += 1
        try:
            await self.trip()
        finally:
            self._catching_up -= 1

    @property
    def wants_requests(self) -> bool:
        """Whether more should be read from the client now."""
        if self.client_gone or self.server_gone or len(self.server.waiting) >= BACKLOG:
            return False
        return not self._busy or len(self._requests.data) < BACKLOG

    def take_requests(self, data: memoryview) -> None:
        """Handle bytes that came from the client."""
        self._requests.put(data)
        self._cut_requests()

    def lose_client(self) -> None:
        """The client closed the connection; what it had sent is still done."""
        self.client_gone = True
        self.client.drop()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do for a client that closed its connection."""
        return self.client_gone and not self._busy and not self.server.waiting

    def _cut_requests(self) -> None:
        if self._cutting or self.server_gone:
            return
        self._cutting = True
        requests, wanted = self._requests, self._layers.wanted
        while not self._busy and (size := self._request_size()) is not None:
            if not requests.greeted:
                if (greeting := requests.take(size)) is None:
                    break
                self.order = setup.greeting_order(greeting)
                requests.greeted = True
                self.server.put(greeting)
            elif wanted[requests.data[requests.at]]:
                if (request := requests.take(size)) is None:
                    break
                self._take(request)
            else:
                if self.sent - max(self.handled, self._provoked) > MOST_UNCONFIRMED:
                    requests.flush()
                    self.send(self.new_request(encoding.GET_INPUT_FOCUS))
                    self._provoked = self.sent
                self.sequence += 1
                self.sent += 1
                requests.skip(size)
        requests.trim()
        self._cutting = False

    def _request_size(self) -> int | None:
        """Bytes of the client's next request or greeting; None when not enough of it has come."""
        data, at = self._requests.data, self._requests.at
        there = len(data) - at
        if not self._requests.greeted:
            return setup.greeting_size(data, at)
        if there < 4:
            return None
        (units,) = self.unpack("H", data, at + 2)
        if units or not self._big:
            return 4 * max(units, 1)
        return 4 * max(self.unpack("I", data, at + 4)[0], 2) if there >= 8 else None

    def _take(self, request: bytes) -> None:
        self.sequence += 1
        if request[0] == self._layers.big_requests and request[1] == 0:
            self._big = True
        elif request[0] in (encoding.GRAB_SERVER, encoding.UNGRAB_SERVER):
            self.grabs = request[0] == encoding.GRAB_SERVER
        self._busy = True
        tasks.run(self._handle(request), self._failed).then(self._handled)

    async def _handle(self, request: bytes) -> None:
        passed = await self._layers.request(self, request, 0)
        if passed is not None:
            self._send_counted(passed)

    def _handled(self) -> None:
        self._busy = False
        counted = self.sent - self._hidden
        if not self.server_gone and counted != self.sequence:
            self._failed(
                LayerError(
                    f"request {self.sequence} of client {self.number} was not dealt with once: "
                    f"the server has {counted} in its place"
                )
            )
            self.lose_client()
            self.lose_server()
        self._cut_requests()

    @property
    def wants_messages(self) -> bool:
        """Whether more should be read from the server now."""
        crowded = len(self.client.waiting) >= BACKLOG
        return not self.server_gone and not (crowded and not self._catching_up)

    def take_messages(self, data: memoryview) -> None:
        """Handle bytes that came from the server."""
        self._messages.put(data)
        if self._deferred and not self._messages.torn:
            deferred, self._deferred = self._deferred, []
            for message, depth in deferred:
                self._deliver(message, depth)
        self._cut_messages()

    def lose_server(self) -> None:
        """The server closed the connection, or a layer wants it to seem so.

        The client still gets what waits for it, and what the layers make of the message at hand.
        """
        self.server_gone = True
        self.server.drop()
        self.lose()

    def _cut_messages(self) -> None:
        messages, watched = self._messages, self._layers.watched
        while not self.server_gone and (size := self._message_size(messages)) is not None:
            if not messages.greeted:
                if (answer := messages.take(size)) is None:
                    break
                messages.greeted = True
                self.client.put(answer)
                if take_setup(self, answer):
                    self._layers.opened(self)
                continue
            kind = messages.data[messages.at] & 0x7F
            self._note_sequence(messages.data, messages.at)
            if not (self._hidden or watched[kind] or self.handled in self._expected):
                messages.skip(size)
            elif (message := messages.take(size)) is not None:
                if not self._answers(message):
                    self._deliver(message)
            else:
                break
        messages.trim()

    def _deliver(self, message: bytes, depth: int | None = None) -> None:
        """Send a message to the client, through the ``depth`` layers next to it, or all."""
        if message[0] & 0x7F != encoding.KEYMAP_NOTIFY:
            message = message[:2] + self.pack("H", self.client_handled & 0xFFFF) + message[4:]
        for one in self._layers.message(self, message, depth):
            self.client.put(one)
