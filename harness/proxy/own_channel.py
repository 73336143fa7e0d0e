# SPDX-License-Identifier: MIT
"""The proxy's own client of the server, for what layers do beside their clients' requests."""

from collections.abc import Callable

from harness.proxy.channel import Channel, take_setup
from harness.proxy.stream import SocketStream
from harness.proxy.tasks import ChannelLost, Pending
from harness.x11 import encoding, setup


class OwnChannel(Channel):
    """A client of its own; ``ready`` is done when it may ask for ids.  It speaks little-endian.

    ``events`` are called with every event that it receives.
    """

    def __init__(self, server: SocketStream, cookie: bytes) -> None:
        super().__init__(server, "<")
        self.ready = Pending[None]()
        self.events: list[Callable[[bytes], None]] = []
        self._told = bytearray()
        self._welcomed = False
        self._next_id = 0
        server.put(setup.greeting(cookie, self.order))

    def new_id(self) -> int:
        """An unused resource id."""
        step = self.id_mask & -self.id_mask
        self._next_id += step
        return self.id_base | self._next_id

    def take(self, data: bytes) -> None:
        """More bytes came from the server."""
        self._told += data
        while (size := self._size()) <= len(self._told):
            message = bytes(self._told[:size])
            del self._told[:size]
            if not self._welcomed:
                self._welcomed = True
                if take_setup(self, message):
                    self.ready.set(None)
                else:
                    self.lose()
                continue
            kind = message[0] & 0x7F
            if kind != encoding.KEYMAP_NOTIFY:
                self._hear(self.unpack("H", message, 2)[0])
            if kind not in (encoding.ERROR, encoding.REPLY):
                for hook in list(self.events):
                    hook(message)
            elif (expected := self._expected.get(self.heard)) is not None:
                expected(message)

    def lose(self) -> None:
        super().lose()
        self.ready.fail(ChannelLost())

    def _size(self) -> int:
        if not self._welcomed:
            return setup.answer_size(self._told, self.order) or len(self._told) + 1
        if len(self._told) < 32 or self._told[0] & 0x7F not in (
            encoding.REPLY,
            encoding.GENERIC_EVENT,
        ):
            return 32
        return 32 + 4 * int(self.unpack("I", self._told, 4)[0])
