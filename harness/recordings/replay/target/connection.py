# SPDX-License-Identifier: MIT
"""A connection to the target that stands for one recorded client."""

import os
from collections import deque
from collections.abc import Sequence

from harness.proxy.channel import MOST_UNCONFIRMED, Channel, take_setup
from harness.proxy.stream import MessageStream, SocketStream
from harness.x11 import encoding, setup
from harness.x11.encoding import ByteOrder

_GETS_STUCK = {("SYNC", 7), ("SYNC", 19)}
"""Await, AwaitFence: a client is not served before others, or the clock, let it go on."""


class Connection(Channel):
    """Sends the requests of the recorded client ``number``, and keeps what comes until it is taken.

    ``answers`` are replies and errors by their sequence numbers, as the recorded client counts;
    ``fds`` are descriptors that came, in their order.
    """

    def __init__(self, number: int, stream: SocketStream, cookie: bytes, order: ByteOrder) -> None:
        super().__init__(stream, order)
        self.number = number
        self.sequence = 0
        self.accepted: bytes | None = None
        self.closed = False
        self.answers: dict[int, deque[bytes]] = {}
        self.fds: deque[int] = deque()
        self.stuck_at = 0
        self._messages = MessageStream(stream)
        self._provoked = 0
        stream.put(setup.greeting(cookie, order))

    def request(self, data: bytes, fds: Sequence[int] = (), extension: str = "") -> None:
        """Send a request of the recorded client.  The descriptors are closed when they are sent."""
        self.sequence += 1
        if self.sent - max(self.handled, self._provoked) > MOST_UNCONFIRMED:
            self.send(self.new_request(encoding.GET_INPUT_FOCUS))
            self._provoked = self.sent
        if fds:
            self.server.fds.append(list(fds))
        if (extension, data[1]) in _GETS_STUCK:
            self.stuck_at = self.sequence
        self._send_counted(data)

    @property
    def unconfirmed(self) -> bool:
        """Whether the server may have requests that it has not handled."""
        return self.handled < self.sent

    @property
    def may_be_stuck(self) -> bool:
        """Whether a request that stops the client may not be done yet."""
        return self.client_handled <= self.stuck_at > 0

    def take(self, data: bytes | memoryview, fds: Sequence[int]) -> list[tuple[int, bytes]]:
        """Handle what came; the messages for the client in it, with their sequence numbers."""
        self.fds += fds
        if not data:
            self.closed = True
            self.server.drop()
            self.lose()
            return []
        messages, came = self._messages, list[tuple[int, bytes]]()
        messages.put(data)
        while (message := messages.take(self._message_size(messages))) is not None:
            if not messages.greeted:
                messages.greeted = True
                take_setup(self, message)
                self.accepted = message
                came.append((0, message))
                continue
            self._note_sequence(message)
            if self._answers(message):
                continue
            sequence = self.client_handled
            came.append((sequence, message))
            if message[0] in (encoding.REPLY, encoding.ERROR):
                self.answers.setdefault(sequence, deque()).append(message)
        messages.trim()
        return came

    def close(self) -> None:
        """End it at once."""
        self.closed = True
        self.server.close()
        self.lose()
        while self.fds:
            os.close(self.fds.popleft())
