# SPDX-License-Identifier: MIT
"""A connection to the server: requests of our own, their answers, and sequence numbers."""

import struct
from collections import deque
from collections.abc import Callable
from typing import Any

from harness.proxy.stream import MessageStream, SocketStream
from harness.proxy.tasks import ChannelLost, Pending
from harness.x11 import encoding, setup
from harness.x11.setup import SetupFailed

MOST_UNCONFIRMED = 30_000
"""Requests without a message from the server after which one is provoked.

Messages have 16 bits of a sequence number, which must tell the rest.
"""

Hook = Callable[[bytes], None]
"""Gets the reply to a request, or its error."""


class Channel:
    """Sends requests of our own, alone or between those of a client, and finds their answers.

    ``order`` is the byte order of the connection.  ``root``, ``millimeters`` (width, height) of
    the first screen, ``id_base`` and ``id_mask`` are those of the connection setup.  ``sent`` is
    the sequence number of the last request sent to the server, ``handled`` that in its last
    message, both with all bits.  Requests that no client sent are hidden: the sequence numbers
    that a client sees do not count them.
    """

    def __init__(self, server: SocketStream, order: encoding.ByteOrder) -> None:
        self.server = server
        self.order: encoding.ByteOrder = order
        self.sent = self.handled = 0
        self.id_base = self.id_mask = self.root = 0
        self.millimeters = (0, 0)
        self._next_hidden_id = 0
        self._expected: dict[int, Hook] = {}
        self._hidden = 0
        self._hidden_since: deque[tuple[int, int]] = deque()
        self._waiting: set[Pending[Any]] = set()

    def pack(self, layout: str, *values: int) -> bytes:
        """``struct.pack`` in the byte order spoken."""
        return struct.pack(self.order + layout, *values)

    def unpack(self, layout: str, data: bytes | bytearray, offset: int = 4) -> tuple[int, ...]:
        """``struct.unpack_from`` in the byte order spoken."""
        return struct.unpack_from(self.order + layout, data, offset)

    def new_request(self, major: int, minor: int = 0, layout: str = "", *values: int) -> bytes:
        """The bytes of a request; ``layout`` and ``values`` are its body (``struct``)."""
        return encoding.request(self.order, major, minor, self.pack(layout, *values))

    def hidden_id(self) -> int:
        """An unused resource id, from the end of the range, which clients hardly reach."""
        step = self.id_mask & -self.id_mask
        self._next_hidden_id += 1
        return self.id_base | (self.id_mask - step * (self._next_hidden_id - 1))

    def send(self, request: bytes) -> None:
        """Send a hidden request; an error that it causes is dropped."""
        self._send_hidden(request, lambda _: None)

    def ask(self, request: bytes) -> Pending[bytes]:
        """Send a hidden request that has a reply; the reply, or the error instead of it."""
        pending = self._pending()
        self._send_hidden(request, pending.set)
        return pending

    def attempt(self, request: bytes) -> Pending[bytes | None]:
        """Send a hidden request without reply; its error, None for success."""
        errors: list[bytes] = []
        self._send_hidden(request, errors.append)
        return self._first_error(errors)

    def trip(self) -> Pending[bytes | None]:
        """A round trip: done when the server has handled all that was sent before."""
        return self._first_error([])

    def _first_error(self, errors: list[bytes]) -> Pending[bytes | None]:
        """What is in ``errors`` when the server has handled all that was sent before."""
        pending = self._pending()
        focus = self.new_request(encoding.GET_INPUT_FOCUS)
        self._send_hidden(focus, lambda _: pending.set(errors[0] if errors else None))
        return pending

    def _pending(self) -> Pending[Any]:
        pending = Pending[Any]()
        if self.server.closed:
            pending.fail(ChannelLost())
            return pending
        self._waiting.add(pending)
        pending.then(lambda: self._waiting.discard(pending))
        return pending

    def _send_hidden(self, request: bytes, hook: Hook) -> None:
        self._hidden += 1
        self._hidden_since.append((self.sent + 1, self._hidden))
        self._send_counted(request, hook)

    def _send_counted(self, request: bytes, hook: Hook | None = None) -> None:
        """Send a request that counts for the client too; ``hook`` gets its reply or error."""
        self.sent += 1
        if hook is not None:
            self._expected[self.sent] = hook
        self.server.put(request)

    @property
    def client_handled(self) -> int:
        """``handled`` without the hidden requests up to it: as the client counts."""
        if not self._hidden_since:
            return self.handled
        at, hidden = self._hidden_since[0]
        return self.handled - (hidden if at <= self.handled else hidden - 1)

    def lose(self) -> None:
        """End the connection: what awaits an answer fails with ChannelLost."""
        for pending in list(self._waiting):
            pending.fail(ChannelLost())

    def _note_sequence(self, message: bytes | bytearray, at: int = 0) -> None:
        """Bring ``handled`` up to the message at ``at``; what it proves answered is forgotten."""
        if message[at] & 0x7F == encoding.KEYMAP_NOTIFY:
            return
        (low,) = self.unpack("H", message, at + 2)
        self.handled += (low - self.handled) & 0xFFFF
        while len(self._hidden_since) > 1 and self._hidden_since[1][0] <= self.handled:
            self._hidden_since.popleft()
        while self._expected and (first := next(iter(self._expected))) < self.handled:
            del self._expected[first]

    def _answers(self, message: bytes) -> bool:
        """Give an awaited reply or error to its hook; whether ``message`` was one."""
        hook = self._expected.get(self.handled)
        if hook is None or message[0] not in (encoding.ERROR, encoding.REPLY):
            return False
        hook(message)
        return True

    def _message_size(self, messages: MessageStream) -> int | None:
        """Bytes of the server's next message; None when not enough of it has come."""
        data, at = messages.data, messages.at
        there = len(data) - at
        if not messages.greeted:
            return setup.answer_size(data, self.order, at)
        if there < 32:
            return None
        if data[at] & 0x7F in (encoding.REPLY, encoding.GENERIC_EVENT):
            return 32 + 4 * int(self.unpack("I", data, at + 4)[0])
        return 32


def take_setup(channel: Channel, answer: bytes) -> bool:
    """Learn from the server's answer to a new connection; whether it was accepted."""
    try:
        known = setup.decode(answer, channel.order)
    except SetupFailed:
        return False
    channel.id_base, channel.id_mask, channel.root = known.id_base, known.id_mask, known.root
    channel.millimeters = (known.width_mm, known.height_mm)
    return True
