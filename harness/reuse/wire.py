# SPDX-License-Identifier: MIT
"""A connection that sends many requests in one write and reads the answers as bytes."""

import select
import struct

from harness.deadlines import Deadline
from harness.reuse.errors import NotReusable
from harness.servers.server import Server
from harness.x11 import encoding
from harness.x11.address import Address
from harness.x11.encoding import NATIVE
from harness.x11.setup import SetupFailed, shake_hands

CHUNK = 1 << 18


class Wire:
    """A connection to ``server`` in this machine's byte order.

    Every method raises NotReusable when the connection breaks or an answer is not there by its
    deadline.
    """

    def __init__(self, server: Server, deadline: Deadline) -> None:
        try:
            self._stream = Address.parse(server.display).connect(deadline)
        except OSError as error:
            raise NotReusable(f"it lets no connection in ({error.strerror or error})") from None
        self._data = bytearray()
        self._deadline = deadline
        try:
            setup = shake_hands(self.send, lambda size: bytes(self._take(size)), server.cookie)
        except BaseException as error:
            self._stream.close()
            if isinstance(error, SetupFailed):
                raise NotReusable(f"it lets no connection in ({error})") from None
            raise
        self.root, self.width, self.height = setup.root, setup.width, setup.height
        self.millimeters = setup.width_mm, setup.height_mm
        self._id_base = setup.id_base
        self._settled = 0

    def new_id(self, number: int) -> int:
        """The id of this connection's resource ``number``; 0 stands for the connection."""
        return self._id_base | number

    def close(self) -> None:
        self._stream.close()

    def send(self, data: bytes) -> None:
        """Write ``data``.  Raises NotReusable when the connection breaks."""
        try:
            self._stream.settimeout(max(0.001, self._deadline.remaining))
            self._stream.sendall(data)
        except OSError as error:
            raise NotReusable(f"its connection broke ({error.strerror or error})") from None

    def exchange(self, requests: list[bytes], deadline: Deadline) -> list[bytearray]:
        """The answers, replies or errors, to ``requests``, all of which have a reply.

        Events in between are passed over.
        """
        self._deadline = deadline
        self.send(b"".join(requests))
        answers: list[bytearray] = []
        while len(answers) < len(requests):
            message = self.message(deadline)
            if message[0] in (encoding.REPLY, encoding.ERROR):
                answers.append(message)
        return answers

    def settle(self, requests: list[bytes], last: bytes, deadline: Deadline) -> bytearray:
        """Send ``requests`` of any kind and ``last``, which has a reply; the answer to ``last``.

        All other answers, and errors, are dropped.  For connections that do nothing else.
        """
        self._deadline = deadline
        self.send(b"".join([*requests, last]))
        self._settled += len(requests) + 1
        while True:
            answer = self.message(deadline)
            (sequence,) = struct.unpack_from("=H", answer, 2)
            if answer[0] in (encoding.REPLY, encoding.ERROR) and sequence == self._settled:
                return answer

    def message(self, deadline: Deadline) -> bytearray:
        """The next message: a reply, an error or an event."""
        self._deadline = deadline
        self._fill(32)
        kind, units = struct.unpack_from("=B3xI", self._data)
        return self._take(32 + 4 * units if kind in (1, encoding.GENERIC_EVENT) else 32)

    def wait(self, seconds: float) -> None:
        """Wait until something can be read, at most so long."""
        if not self._data:
            # Not select, which takes no descriptor beyond 1023.
            poller = select.poll()
            poller.register(self._stream, select.POLLIN)
            poller.poll(seconds * 1000)

    def _take(self, size: int) -> bytearray:
        self._fill(size)
        taken = self._data[:size]
        del self._data[:size]
        return taken

    def _fill(self, size: int) -> None:
        while len(self._data) < size:
            self._stream.settimeout(max(0.001, self._deadline.remaining))
            try:
                chunk = self._stream.recv(max(CHUNK, size - len(self._data)))
            except TimeoutError:
                raise NotReusable("it did not answer in time") from None
            except OSError as error:
                raise NotReusable(f"its connection broke ({error.strerror or error})") from None
            if not chunk:
                raise NotReusable("it closed a connection")
            self._data += chunk


def request(major: int, minor: int = 0, body: bytes = b"") -> bytes:
    """A request in this machine's byte order, padded; ``minor`` is the second byte."""
    return encoding.request(NATIVE, major, minor, body + bytes(-len(body) % 4))
