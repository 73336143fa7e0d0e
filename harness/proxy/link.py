# SPDX-License-Identifier: MIT
"""One client of the proxy: its stream cut into requests, the server's into messages."""

from functools import partial
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.proxy import tasks
from harness.proxy.channel import ASK_ABOUT, Channel, take_setup
from harness.proxy.layer import Layer
from harness.proxy.stream import SocketStream
from harness.x11 import encoding, setup

if TYPE_CHECKING:
    from harness.proxy.proxy import Proxy

BACKLOG = 1 << 20
"""Bytes that may wait for a reader who does not read before nothing more is read for it."""


class LayerError(HarnessError):
    """A layer broke the rules by which it may deal with requests."""


class Link(Channel):
    """A client's connection to the proxy, and the proxy's to the server on its behalf.

    ``sequence`` numbers the client's last request that was taken up, as the client counts.
    While a handler works on it, all further ones wait.
    """

    def __init__(
        self, proxy: "Proxy", number: int, client: SocketStream, server: SocketStream
    ) -> None:
        super().__init__(server, "<")
        self.proxy, self.number, self.client = proxy, number, client
        self.sequence = 0
        self.grabs = False
        """Whether the client holds a grab of the server, as far as its requests say."""
        self.client_gone = self.server_gone = False
        self._asked, self._told = bytearray(), bytearray()
        self._asked_rest = self._told_rest = 0
        self._greeted = self._welcomed = self._big = False
        self._busy = self._cutting = False
        self._sure = 0
        self._late: list[tuple[bytes, Layer]] = []
        self._outcome: bytes | None = None
        self._trips_awaited = 0

    # What handlers use

    async def carry_out(self, request: bytes, layer: Layer) -> bytes | None:
        """Let the layers behind ``layer`` and the server do it; the error, None for success.

        The client gets the reply, error and events as ever.
        """
        self._outcome = None
        passed = await self._through(request, self.proxy.layers.index(layer) + 1)
        if passed is not None:
            outcome: list[bytes] = []
            self._pass(passed, partial(self._note, outcome))
            self._outcome = await self._after(outcome)
        return self._outcome

    def answer(self, reply: bytes, layer: Layer) -> None:
        """Answer the request with ``reply``, whose sequence number is filled in, in its place."""
        focus = self.new_request(encoding.GET_INPUT_FOCUS)
        self._pass(focus, lambda _: self._deliver(reply, self._depth(layer)))

    def refuse(self, code: int, value: int, request: bytes, layer: Layer) -> None:
        """Answer the request with an error; its opcodes are those of ``request``."""
        minor = request[1] if request[0] >= encoding.FIRST_EXTENSION else 0
        self.answer(encoding.error(self.order, code, value, request[0], minor), layer)

    def swallow(self) -> None:
        """Nothing comes of the request for the server."""
        self._pass(self.new_request(encoding.NO_OPERATION))

    def inject(self, message: bytes, layer: Layer) -> None:
        """Deliver an event of our own now; its sequence number is filled in.

        ``layer`` is who made it: only those between it and the client may change it.
        """
        if self._told_rest:
            # A long reply is on its way in pieces.
            self._late.append((message, layer))
        else:
            self._deliver(message, self._depth(layer))

    def _depth(self, layer: Layer) -> int:
        return self.proxy.layers.index(layer)

    async def caught_up(self) -> None:
        """Wait until the client has been sent all that the server has made for it so far.

        Meanwhile it is read without bound: others wait for it, and must not for its reading.
        """
        self._trips_awaited += 1
        try:
            await self.trip()
        finally:
            self._trips_awaited -= 1

    # The client's stream

    @property
    def wants_requests(self) -> bool:
        """Whether more should be read from the client now."""
        room = len(self.server.waiting) < BACKLOG and (not self._busy or len(self._asked) < BACKLOG)
        return room and not (self.client_gone or self.server_gone)

    @property
    def wants_messages(self) -> bool:
        """Whether more should be read from the server now."""
        crowded = len(self.client.waiting) >= BACKLOG
        return not self.server_gone and not (crowded and not self._trips_awaited)

    def take_requests(self, data: bytes) -> None:
        """More bytes came from the client."""
        if self.proxy.transparent:
            self.server.put(data)
        else:
            self._asked += data
            self._cut_requests()

    def lose_client(self) -> None:
        """The client hung up; what it had sent is still done."""
        self.client_gone = True
        self.client.drop()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do for a client that is gone."""
        return self.client_gone and not self._busy and not self.server.waiting

    def _cut_requests(self) -> None:
        if self._cutting or self.server_gone:
            return
        self._cutting = True
        at = start = 0
        asked = self._asked
        while not self._busy and at < len(asked):
            if self._asked_rest:
                step = min(self._asked_rest, len(asked) - at)
                self._asked_rest -= step
                at += step
                continue
            size = self._request_size(at)
            if size < 0:
                break
            if not self._greeted:
                if len(asked) - at < size:
                    break
                self.order = setup.greeting_order(asked, at)
                self._greeted = True
                at += size
                continue
            if self.proxy.wanted[asked[at]]:
                if len(asked) - at < size:
                    break
                request = bytes(asked[at : at + size])
                self.server.put(asked[start:at])
                at = start = at + size
                self._take(request)
                continue
            if self.sent - self._sure > ASK_ABOUT:
                self.server.put(asked[start:at])
                start = at
                self._make_sure()
            self.sequence += 1
            self.sent += 1
            step = min(size, len(asked) - at)
            self._asked_rest = size - step
            at += step
        self.server.put(asked[start:at])
        del asked[:at]
        self._cutting = False

    def _make_sure(self) -> None:
        """Have the server say something within reach of its 16 bits of a number."""
        self._sure = max(self._sure, self.heard)
        if self.sent - self._sure > ASK_ABOUT:
            self.send(self.new_request(encoding.GET_INPUT_FOCUS))
            self._sure = self.sent

    def _request_size(self, at: int) -> int:
        """Bytes of the request (or greeting) that begins there; negative when it is too early."""
        asked, there = self._asked, len(self._asked) - at
        if not self._greeted:
            return setup.greeting_size(asked, at) or -1
        if there < 4:
            return -1
        (units,) = self.unpack("H", asked, at + 2)
        if units or not self._big:
            return 4 * max(units, 1)
        if there < 8:
            return -1
        (units,) = self.unpack("I", asked, at + 4)
        return 4 * max(units, 2)

    def _take(self, request: bytes) -> None:
        self.sequence += 1
        if request[0] == self.proxy.big_requests and request[1] == 0:
            self._big = True
        elif request[0] in (encoding.GRAB_SERVER, encoding.UNGRAB_SERVER):
            self.grabs = request[0] == encoding.GRAB_SERVER
        self._busy = True
        tasks.run(self._handle(request), self.proxy.fail).then(self._free)

    def _free(self) -> None:
        self._busy = False
        if not self.server_gone and self.sent - self._shift != self.sequence:
            self.proxy.fail(
                LayerError(
                    f"request {self.sequence} of client {self.number} was not dealt with once: "
                    f"the server has {self.sent - self._shift} in its place"
                )
            )
            self.proxy.cut(self)
        self._cut_requests()

    async def _handle(self, request: bytes) -> None:
        passed = await self._through(request, 0)
        if passed is not None:
            self._pass(passed)

    async def _through(self, request: bytes, first: int) -> bytes | None:
        """Show ``request`` to the layers from ``first`` on; what is left for the server."""
        for layer in self.proxy.layers[first:]:
            handlers = layer.handlers
            handler = (
                handlers.get((request[0], request[1]))
                or handlers.get((request[0], None))
                or (layer.request if layer.every_request else None)
            )
            if handler is not None:
                passed = await handler(self, request)
                if passed is None:
                    return None
                request = passed
        return request

    def _note(self, outcome: list[bytes], message: bytes) -> None:
        """An answer to the client that we also want to know."""
        if message[0] == encoding.ERROR:
            outcome.append(message)
        self._deliver(message, len(self.proxy.layers))

    # The server's stream

    def take_messages(self, data: bytes) -> None:
        """More bytes came from the server."""
        if self.proxy.transparent:
            self.client.put(data)
        else:
            self._told += data
            self._cut_messages()

    def lose_server(self) -> None:
        """The server closed the connection, or is gone, or a layer wants it to seem so.

        The client still gets what waits for it, and what the layers make of the message at hand.
        """
        self.server_gone = True
        self.server.drop()
        self.lose()

    def _cut_messages(self) -> None:
        told = self._told
        at = start = 0
        watched = self.proxy.watched
        while at < len(told) and not self.server_gone:
            if self._told_rest:
                step = min(self._told_rest, len(told) - at)
                self._told_rest -= step
                at += step
                if self._late and not self._told_rest:
                    self.client.put(told[start:at])
                    start = at
                    late, self._late = self._late, []
                    for message, layer in late:
                        self._deliver(message, self._depth(layer))
                continue
            size = self._message_size(at)
            if size < 0:
                break
            if not self._welcomed:
                if len(told) - at < size:
                    break
                self._welcomed = True
                accepted = take_setup(self, bytes(told[at : at + size]))
                at += size
                if accepted:
                    for layer in self.proxy.layers:
                        layer.opened(self)
                continue
            kind = told[at] & 0x7F
            if kind != encoding.KEYMAP_NOTIFY:
                self._hear(self.unpack("H", told, at + 2)[0])
            if not self._shifts and not watched[kind] and self.heard not in self._expected:
                step = min(size, len(told) - at)
                self._told_rest = size - step
                at += step
                continue
            if len(told) - at < size:
                break
            message = bytes(told[at : at + size])
            self.client.put(told[start:at])
            at = start = at + size
            self._hand(message, kind)
        self.client.put(told[start:at])
        del told[:at]

    def _message_size(self, at: int) -> int:
        told, there = self._told, len(self._told) - at
        if not self._welcomed:
            return setup.answer_size(told, self.order, at) or -1
        if there < 32:
            return -1
        if told[at] & 0x7F in (encoding.REPLY, encoding.GENERIC_EVENT):
            return 32 + 4 * int(self.unpack("I", told, at + 4)[0])
        return 32

    def _hand(self, message: bytes, kind: int) -> None:
        """Give a message to whoever awaits it, else to the client."""
        if kind in (encoding.ERROR, encoding.REPLY) and self.heard in self._expected:
            hook = self._expected[self.heard]
            if hook is not None:
                hook(message)
            return
        self._deliver(message, len(self.proxy.layers))

    def _deliver(self, message: bytes, depth: int) -> None:
        """Send ``message`` to the client through the first ``depth`` layers."""
        message = self._numbered(message)
        kind = message[0] & 0x7F
        messages = [message]
        for layer in reversed(self.proxy.layers[:depth]):
            if layer.every_message or kind in layer.watches:
                messages = [out for one in messages for out in layer.message(self, one)]
        for one in messages:
            self.client.put(one)

    def _numbered(self, message: bytes) -> bytes:
        """``message`` with the number that the client expects in it now."""
        if message[0] & 0x7F == encoding.KEYMAP_NOTIFY:
            return message
        return message[:2] + self.pack("H", self.heard_by_client & 0xFFFF) + message[4:]
