# SPDX-License-Identifier: MIT
"""The proxy's own client of the server, for what layers do beside their clients' requests."""

from collections.abc import Callable

from harness.proxy.channel import Channel, take_setup
from harness.proxy.stream import MessageStream, SocketStream
from harness.proxy.tasks import ChannelLost, Pending
from harness.x11 import setup


class OwnChannel(Channel):
    """A client of the server that is the proxy itself; it speaks little-endian.

    ``ready`` is done once the server has accepted it and ids can be used.  ``events`` are called
    with every event that it receives.
    """

    def __init__(self, server: SocketStream, cookie: bytes) -> None:
        super().__init__(server, "<")
        self.ready = Pending[None]()
        self.events: list[Callable[[bytes], None]] = []
        self._messages = MessageStream(server)
        self._next_id = 0
        server.put(setup.greeting(cookie, self.order))

    def new_id(self) -> int:
        """An unused resource id."""
        step = self.id_mask & -self.id_mask
        self._next_id += step
        return self.id_base | self._next_id

    def take(self, data: memoryview) -> None:
        """Handle bytes that came from the server."""
        messages = self._messages
        messages.put(data)
        while (message := messages.take(self._message_size(messages))) is not None:
            self._handle(message)
        messages.trim()

    def _handle(self, message: bytes) -> None:
        if not self._messages.greeted:
            self._messages.greeted = True
            if take_setup(self, message):
                self.ready.set(None)
            else:
                self.lose()
            return
        self._note_sequence(message)
        if not self._answers(message):
            for hook in list(self.events):
                hook(message)

    def lose(self) -> None:
        super().lose()
        self.ready.fail(ChannelLost())
