# SPDX-License-Identifier: MIT
"""A connection on a plain socket, to see whether a server is usable, and for its extensions."""

import socket
import struct
from collections.abc import Sequence

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.x11 import encoding, setup
from harness.x11.address import Address, peer_pid
from harness.x11.codec import BadLength
from harness.x11.encoding import NATIVE, ByteOrder
from harness.x11.extensions import Extension, decode_list, decode_query, query_request
from harness.x11.setup import Setup, SetupFailed

REPLY_SECONDS = 10.0
_CHUNK = 1 << 16
_CONNECTING = "the connection set-up"
_ATTEMPTS = 5
"""A server that starts over drops who comes at that moment, and lets the next one in."""


class Unusable(Exception):
    """The server cannot be used (yet); the text says why."""


class Dropped(Unusable):
    """The server ended a connection that it had let in, as one that starts over does."""


class ExtensionsUnknown(HarnessError):
    """The server did not say which extensions it has."""


def connect(
    address: Address, cookie: bytes, deadline: Deadline, byte_order: ByteOrder = NATIVE
) -> "PlainConnection":
    """A connection that the server accepted.  Raises Unusable, Dropped.

    One of the other ``byte_order`` can only be held or closed.
    """
    try:
        stream = address.connect(deadline)
    except OSError as error:
        raise Unusable(f"no connection to {address.name} ({error.strerror or error})") from None
    try:
        return PlainConnection(stream, cookie, deadline, byte_order)
    except BaseException:
        stream.close()
        raise


def probe(
    address: Address, cookie: bytes, extensions: Sequence[str], deadline: Deadline
) -> tuple[Setup, tuple[str, ...]]:
    """Connect once; what the server says of itself, and those of ``extensions`` that it lacks.

    Raises Unusable when no connection is accepted and answered before the deadline.
    """
    with connect(address, cookie, deadline) as connection:
        present = connection.query(extensions, deadline)
        return connection.setup, tuple(name for name in extensions if name not in present)


def query_extensions(display: str, cookie: bytes) -> dict[str, Extension]:
    """Every extension of the server at ``display`` by its name.

    Raises ExtensionsUnknown when it does not answer within REPLY_SECONDS (s, scaled), and
    DisplayNameError.
    """
    deadline = Deadline.after(REPLY_SECONDS)
    address = Address.parse(display)
    attempts = 0
    while True:
        attempts += 1
        try:
            with connect(address, cookie, deadline) as connection:
                return connection.query(connection.names(deadline), deadline)
        except Unusable as error:
            if attempts == _ATTEMPTS or not isinstance(error, Dropped):
                said = f"{display} did not say which extensions it has: {error}"
                raise ExtensionsUnknown(said) from None


class PlainConnection:
    """An open connection, good for nothing but to query extensions and to be held.

    ``setup`` is what the server said of itself.  Raises Unusable, Dropped.
    """

    def __init__(
        self,
        stream: socket.socket,
        cookie: bytes,
        deadline: Deadline,
        byte_order: ByteOrder = NATIVE,
    ) -> None:
        self._stream = stream
        try:
            self.setup = setup.shake_hands(
                lambda data: self._send(data, deadline),
                lambda size: self._receive(size, _CONNECTING, deadline),
                cookie,
                byte_order,
                pid=peer_pid(stream),
            )
        except SetupFailed as error:
            raise Unusable(str(error)) from None

    def __enter__(self) -> "PlainConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()

    def closed(self, seconds: float) -> bool:
        """Whether either side closes it within ``seconds``.  Events that came are dropped."""
        if self._stream.fileno() < 0:
            return True
        deadline = Deadline.after(seconds)
        while True:
            self._stream.settimeout(deadline.remaining)
            try:
                if not self._stream.recv(_CHUNK):
                    return True
            except (TimeoutError, BlockingIOError):
                return False
            except OSError:
                return True

    def names(self, deadline: Deadline) -> list[str]:
        """The names of the server's extensions.  Raises Unusable, Dropped."""
        self._send(encoding.request(NATIVE, encoding.LIST_EXTENSIONS, 0), deadline)
        try:
            return decode_list(self._reply("ListExtensions", deadline))
        except BadLength as error:
            raise Unusable(str(error)) from None

    def query(self, names: Sequence[str], deadline: Deadline) -> dict[str, Extension]:
        """Those of the extensions ``names`` that the server has.  Raises Unusable, Dropped."""
        self._send(b"".join(map(query_request, names)), deadline)
        found = {}
        for name in names:
            extension = decode_query(name, self._reply(f"QueryExtension {name}", deadline))
            if extension is not None:
                found[name] = extension
        return found

    def _reply(self, request: str, deadline: Deadline) -> bytes:
        head = self._receive(32, request, deadline)
        while head[0] not in (encoding.ERROR, encoding.REPLY):
            # A MappingNotify goes to every client.
            head = self._receive(32, request, deadline)
        if head[0] == encoding.ERROR:
            raise Unusable(f"{request} was answered by an error")
        (units,) = struct.unpack_from("=I", head, 4)
        return head + self._receive(4 * units, request, deadline)

    def _send(self, data: bytes, deadline: Deadline) -> None:
        self._stream.settimeout(max(0.001, deadline.remaining))
        try:
            self._stream.sendall(data)
        except OSError as error:
            raise Dropped(f"the connection broke ({error.strerror or error})") from None

    def _receive(self, size: int, what: str, deadline: Deadline) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._stream.settimeout(max(0.001, deadline.remaining))
            try:
                chunk = self._stream.recv(min(_CHUNK, size - len(data)))
            except TimeoutError:
                raise Unusable(f"no answer to {what}") from None
            except OSError as error:
                raise Dropped(f"the connection broke during {what} ({error.strerror})") from None
            if not chunk:
                raise Dropped(f"the connection was closed during {what}")
            data += chunk
        return bytes(data)
