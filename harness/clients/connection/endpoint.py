# SPDX-License-Identifier: MIT
"""The server as a client sees it, and the socket to it."""

import socket
from typing import Protocol

from harness.clients.connection.errors import ConnectionLost
from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.x11.address import Address

REPLY_SECONDS = 10.0
"""How long a server may take to answer one request before it counts as hung."""

DEATH_SECONDS = 2.0
"""How long a server that closed a connection may take to be seen dead."""


class Endpoint(Protocol):
    """The server as a client sees it: where it listens and what is known of its state."""

    @property
    def display(self) -> str: ...

    @property
    def cookie(self) -> bytes: ...

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        """Raise when the server died; ``handling`` says which requests were unanswered.

        ``grace`` (s) waits for an end that is under way.
        """

    def silent(self, request: str, seconds: float) -> HarnessError:
        """The error for ``request`` without an answer: the server died, or it hangs."""


def open_socket(server: Endpoint, client: str) -> socket.socket:
    """A connected stream to ``server`` for the client of that name, nothing sent yet.

    Raises ConnectionLost, or what the server says of its death.
    """
    address = Address.parse(server.display)
    try:
        return address.connect(Deadline.after(REPLY_SECONDS))
    except OSError as error:
        server.check_alive("a new connection", DEATH_SECONDS)
        raise ConnectionLost(
            f"{client} could not connect to {address.path}: {error.strerror}"
        ) from error
