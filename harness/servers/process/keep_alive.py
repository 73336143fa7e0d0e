# SPDX-License-Identifier: MIT
"""A connection held open, on which the life of a ``-terminate`` server hangs."""

import os
import select

from harness.deadlines import Deadline
from harness.servers.errors import DisplayUnusable
from harness.x11.address import Address
from harness.x11.plain_connection import Unusable, connect

CONNECT_SECONDS = 5.0


class KeepAlive:
    """Keeps a server that was started with ``-terminate`` alive until it is closed.

    When this process dies, however that comes about, its connections close, and the
    server ends by itself and cleanly with the last of its clients.
    """

    def __init__(self, display: str, cookie: bytes = b"") -> None:
        """Connect to ``display``.  Raises DisplayUnusable, DisplayNameError."""
        deadline = Deadline.after(CONNECT_SECONDS)
        try:
            self._connection = connect(Address.parse(display), cookie, deadline)
        except Unusable as error:
            raise DisplayUnusable(f"the display {display} cannot be used: {error}") from None

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._connection.setup.pid

    def close(self, seconds: float = 5.0) -> bool:
        """Let the server go; whether it ended within ``seconds``."""
        deadline = Deadline.after(seconds)
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            self._connection.close()
            return True
        try:
            self._connection.close()
            poller = select.poll()
            poller.register(handle, select.POLLIN)
            return bool(poller.poll(deadline.remaining * 1000))
        finally:
            os.close(handle)
