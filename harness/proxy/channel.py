# SPDX-License-Identifier: MIT
"""A connection to the server: which message answers what, and under which number."""

import struct
from collections import deque
from collections.abc import Callable
from typing import Any

from harness.proxy.stream import SocketStream
from harness.proxy.tasks import ChannelLost, Pending
from harness.x11 import encoding, setup
from harness.x11.encoding import ByteOrder
from harness.x11.setup import SetupFailed

ASK_ABOUT = 30_000
"""Requests without a sign from the server after which one is asked for: numbers have 16 bits."""

Hook = Callable[[bytes], None]


class Channel:
    """Requests of our own to the server, beside or between those of a client, and their answers.

    ``order`` is the byte order spoken; ``root`` and ``millimeters`` (width, height) are those of
    the first screen, as it was when the server accepted the connection.  ``sent`` numbers the
    requests that the server got, ``heard`` is the number in the last message of its.  A request
    that no client sent is hidden: it shifts the numbers of everything behind it, which the
    client must not see.
    """

    def __init__(self, server: SocketStream, order: ByteOrder) -> None:
        self.server = server
        self.order: ByteOrder = order
        self.sent = self.heard = 0
        self.id_base = self.id_mask = self.root = 0
        self.millimeters = (0, 0)
        self._next_hidden_id = 0
        self._expected: dict[int, Hook | None] = {}
        self._shifts: deque[tuple[int, int]] = deque()
        self._shift = 0
        self._waiting: set[Pending[Any]] = set()

    # Layouts

    def pack(self, layout: str, *values: int) -> bytes:
        """``struct.pack`` in the byte order spoken."""
        return struct.pack(self.order + layout, *values)

    def unpack(self, layout: str, data: bytes | bytearray, offset: int = 4) -> tuple[int, ...]:
        """``struct.unpack_from`` in the byte order spoken."""
        return struct.unpack_from(self.order + layout, data, offset)

    def new_request(self, major: int, minor: int = 0, layout: str = "", *values: int) -> bytes:
        """A request with its length; see ``wire.request``."""
        return encoding.request(self.order, major, minor, self.pack(layout, *values))

    def hidden_id(self) -> int:
        """A resource id from the end of this connection's range, where clients hardly come."""
        step = self.id_mask & -self.id_mask
        self._next_hidden_id += 1
        return self.id_base | (self.id_mask - step * (self._next_hidden_id - 1))

    # Requests

    def send(self, request: bytes) -> None:
        """Send a hidden request; an error that it causes is dropped."""
        self._hide(request, None)

    def ask(self, request: bytes) -> Pending[bytes]:
        """Send a hidden request that has a reply; its reply, or the error in its place."""
        pending = self._pending()
        self._hide(request, pending.set)
        return pending

    def attempt(self, request: bytes) -> Pending[bytes | None]:
        """Send a hidden request without reply; the error that it caused, None for success."""
        outcome: list[bytes] = []
        self._hide(request, outcome.append)
        return self._after(outcome)

    def trip(self) -> Pending[bytes | None]:
        """A round trip: done when the server has handled all that was sent before."""
        return self._after([])

    def _after(self, outcome: list[bytes]) -> Pending[bytes | None]:
        pending = self._pending()
        focus = self.new_request(encoding.GET_INPUT_FOCUS)
        self._hide(focus, lambda _: pending.set(outcome[0] if outcome else None))
        return pending

    def _pending(self) -> Pending[Any]:
        pending = Pending[Any]()
        if self.server.closed:
            pending.fail(ChannelLost())
            return pending
        self._waiting.add(pending)
        pending.then(lambda: self._waiting.discard(pending))
        return pending

    def _hide(self, request: bytes, hook: Hook | None) -> None:
        self.sent += 1
        self._shift += 1
        self._shifts.append((self.sent, self._shift))
        self._expected[self.sent] = hook
        self.server.put(request)

    def _pass(self, request: bytes | bytearray, hook: Hook | None = None) -> None:
        """Send a request that counts for the client too; ``hook`` gets its reply or error."""
        self.sent += 1
        if hook is not None:
            self._expected[self.sent] = hook
        self.server.put(request)

    # Messages

    @property
    def counted_alike(self) -> bool:
        """Whether all numbers are the client's own and no answer is awaited."""
        return not self._shift and not self._expected

    def _hear(self, low: int) -> int:
        """The server's full number behind the 16 bits of a message; it proves others handled."""
        self.heard += (low - self.heard) & 0xFFFF
        while len(self._shifts) > 1 and self._shifts[1][0] <= self.heard:
            self._shifts.popleft()
        while self._expected and (first := next(iter(self._expected))) < self.heard:
            del self._expected[first]
        return self.heard

    @property
    def heard_by_client(self) -> int:
        """What a client counts as the request in the last message."""
        if not self._shifts:
            return self.heard
        at, shift = self._shifts[0]
        return self.heard - (shift if at <= self.heard else shift - 1)

    def lose(self) -> None:
        """The connection is over: whoever waits for an answer is told."""
        for pending in list(self._waiting):
            pending.fail(ChannelLost())


def take_setup(channel: Channel, answer: bytes) -> bool:
    """Learn from the server's answer to a new connection; whether it was accepted."""
    try:
        known = setup.decode(answer, channel.order)
    except SetupFailed:
        return False
    channel.id_base, channel.id_mask, channel.root = known.id_base, known.id_mask, known.root
    channel.millimeters = (known.width_mm, known.height_mm)
    return True
