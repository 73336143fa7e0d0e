# SPDX-License-Identifier: MIT
"""The server that a recording is replayed on: its connections, and waiting for what they bring."""

import select
import time
from collections.abc import Callable
from contextlib import suppress

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.proxy.stream import CHUNK, SocketStream
from harness.recordings.replay.target.connection import Connection
from harness.servers.server import Server
from harness.x11.address import Address
from harness.x11.encoding import NATIVE, ByteOrder

ANSWER_SECONDS = 10.0
"""How long a server may take for a round trip before it counts as hung."""
TRIPS = 4
"""How many times the patience for a message the one for a round trip is."""
DEATH_SECONDS = 2.0
"""How long a server that closed a connection may take to be seen dead."""

OBSERVER = 0
"""The number of a client that is not recorded."""

Came = Callable[[Connection, int, bytes], None]


class TargetLost(Exception):
    """The target died or hangs; ``error`` says it in words, ``hung`` is which of the two."""

    def __init__(self, error: HarnessError, *, hung: bool) -> None:
        super().__init__(str(error))
        self.error, self.hung = error, hung


class Target:
    """Holds the connections to ``server``; ``came`` gets every message that one brings.

    ``patience`` (s) is that of ``replay``.
    """

    def __init__(self, server: Server, came: Came, patience: float | None = None) -> None:
        self.server = server
        self._answer_seconds = ANSWER_SECONDS if patience is None else TRIPS * patience
        self.connections: dict[int, Connection] = {}
        self._came = came
        self._poll = select.poll()
        self._by_fd: dict[int, Connection] = {}
        self._memory = memoryview(bytearray(CHUNK))
        self.grabbed_by: Connection | None = None
        self.slowest = 0.0
        """The longest time (s) that a round trip took."""

    def observe(self) -> Connection:
        """A connection that stands for no recorded client; ids are as recorded without one.

        Raises TargetLost.
        """
        own = self.connect(OBSERVER, NATIVE)
        del self.connections[OBSERVER]
        if not self.wait(lambda: own.accepted is not None, ANSWER_SECONDS, own):
            raise TargetLost(self.server.silent("a new connection", ANSWER_SECONDS), hung=True)
        return own

    def connect(self, number: int, order: ByteOrder) -> Connection:
        """A new connection, not waited for.  Raises TargetLost."""
        try:
            end = Address.parse(self.server.display).connect(Deadline.after(ANSWER_SECONDS))
        except OSError as error:
            self._check(f"a new connection ({error.strerror})")
            raise
        connection = Connection(number, SocketStream(end), self.server.cookie, order)
        self.connections[number] = connection
        self._by_fd[connection.server.fileno()] = connection
        self._poll.register(connection.server.fileno(), select.POLLIN)
        connection.server.flush()
        return connection

    def close(self) -> None:
        """End all connections."""
        for connection in list(self._by_fd.values()):
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
        """End one connection, at once."""
        fd = connection.server.fileno()
        if fd >= 0 and self._by_fd.pop(fd, None) is not None:
            self._poll.unregister(fd)
        connection.close()
        if self.grabbed_by is connection:
            self.grabbed_by = None

    def hang_up(self, connection: Connection) -> None:
        """End the connection as its client did, and wait until the server has seen it.

        What was sent is done before, and what the server destroys does not exist afterwards.
        """
        self.round_trip(connection)
        with suppress(OSError):
            connection.server.end.shutdown(1)
        if not connection.may_be_stuck:
            self.wait(lambda: connection.closed, ANSWER_SECONDS, None)
        self.drop(connection)

    def flush(self) -> None:
        """Send what the server has room for."""
        for connection in self._by_fd.values():
            stream = connection.server
            if stream.waiting:
                stream.flush()
                wanted = select.POLLIN | (select.POLLOUT if stream.waiting else 0)
                self._poll.modify(stream.fileno(), wanted)

    def pump(self, seconds: float) -> bool:
        """Read what comes within ``seconds``, once; whether anything came."""
        self.flush()
        ready = self._poll.poll(seconds * 1000)
        for fd, _ in ready:
            connection = self._by_fd.get(fd)
            if connection is None:
                continue
            connection.server.flush()
            try:
                data, fds = connection.server.take(self._memory)
            except BlockingIOError:
                continue
            for sequence, message in connection.take(bytes(data), fds):
                self._came(connection, sequence, message)
            if not data:
                del self._by_fd[fd]
                self._poll.unregister(fd)
                connection.close()
        return bool(ready)

    def wait(
        self, condition: Callable[[], bool], seconds: float, connection: Connection | None
    ) -> bool:
        """Whether ``condition`` holds before ``seconds`` (scaled) are over.

        Raises TargetLost when ``connection``, if given, ends meanwhile.
        """
        deadline = Deadline.after(seconds)
        while not condition():
            if connection is not None and connection.closed:
                self._check("a connection that it closed")
                return condition()
            if deadline.passed:
                return False
            self.pump(deadline.remaining)
        return True

    def round_trip(self, connection: Connection) -> bool:
        """Whether the server has handled all that ``connection`` sent.

        False without a wait where it need not: a request blocks the client, another one holds a
        grab, the connection is closed.  Raises TargetLost for a server that does not answer.
        """
        if connection.closed or connection.accepted is None or connection.may_be_stuck:
            return False
        if self.grabbed_by not in (None, connection):
            return False
        if not connection.unconfirmed:
            return True
        trip, began = connection.trip(), time.monotonic()
        if not self.wait(lambda: trip.done or connection.closed, self._answer_seconds, None):
            what = f"request {connection.sequence} of client {connection.number}"
            raise TargetLost(self.server.silent(what, self._answer_seconds), hung=True)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if connection.closed:
            self._check(f"request {connection.sequence} of client {connection.number}")
        return not connection.closed

    def _check(self, handling: str) -> None:
        """Raise TargetLost when the server has ended."""
        try:
            self.server.check_alive(handling, DEATH_SECONDS)
        except HarnessError as error:
            raise TargetLost(error, hung=False) from None
