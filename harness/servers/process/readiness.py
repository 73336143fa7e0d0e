# SPDX-License-Identifier: MIT
"""Whether a server is usable: the connection set-up and QueryExtension on a plain socket.

Wire formats follow the X protocol, chapters 8 (connection set-up) and 9 (QueryExtension).
"""

import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from harness.deadlines import Deadline
from harness.x11.address import Address, peer_pid
from harness.x11.authority import PROTOCOL

_ORDER = b"l" if sys.byteorder == "little" else b"B"
_QUERY_EXTENSION = 98
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Setup:
    """What a server says of itself when a client connects; sizes in pixels.

    ``pid`` is the process that listens, 0 when it cannot be seen.
    """

    vendor: str
    release: int
    width: int
    height: int
    depth: int
    pid: int


class Unusable(Exception):
    """The server cannot be used (yet); the text says why."""


class Dropped(Unusable):
    """The server ended a connection that it had let in, as one that starts over does."""


def probe(
    address: Address, cookie: bytes, extensions: Sequence[str], deadline: Deadline
) -> tuple[Setup, tuple[str, ...]]:
    """Connect once; the server's facts, and those of ``extensions`` that it lacks.

    Raises Unusable when no connection is accepted and answered before the deadline.
    """
    with connect(address, cookie, deadline) as connection:
        return connection.setup, connection.lacking(extensions, deadline)


def connect(address: Address, cookie: bytes, deadline: Deadline) -> "ProbeConnection":
    """A connection that the server accepted.  Raises Unusable."""
    try:
        stream = address.connect(deadline)
    except OSError as error:
        raise Unusable(f"no connection to {address.name} ({error.strerror or error})") from None
    try:
        return ProbeConnection(stream, _handshake(stream, cookie, deadline))
    except BaseException:
        stream.close()
        raise


class ProbeConnection:
    """An open connection, good for nothing but to ask for extensions and to be held."""

    def __init__(self, stream: socket.socket, setup: Setup) -> None:
        self._stream = stream
        self.setup = setup

    def __enter__(self) -> "ProbeConnection":
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

    def lacking(self, extensions: Sequence[str], deadline: Deadline) -> tuple[str, ...]:
        """Those of ``extensions`` that the server does not have.  Raises Unusable."""
        requests = b"".join(_query_extension(name) for name in extensions)
        _send(self._stream, requests, deadline)
        missing = []
        for name in extensions:
            reply = _receive(self._stream, 32, f"QueryExtension {name}", deadline)
            if reply[0] != 1:
                raise Unusable(f"QueryExtension {name} was answered by an error")
            if not reply[8]:
                missing.append(name)
        return tuple(missing)


def _query_extension(name: str) -> bytes:
    text = name.encode("latin-1")
    padded = text + bytes(-len(text) % 4)
    return struct.pack("=BxHHxx", _QUERY_EXTENSION, 2 + len(padded) // 4, len(text)) + padded


def _handshake(stream: socket.socket, cookie: bytes, deadline: Deadline) -> Setup:
    name = PROTOCOL if cookie else b""
    padded = name + bytes(-len(name) % 4) + cookie + bytes(-len(cookie) % 4)
    hello = struct.pack("=cxHHHHxx", _ORDER, 11, 0, len(name), len(cookie)) + padded
    _send(stream, hello, deadline)
    status, reason_length, _major, _minor, units = struct.unpack(
        "=BBHHH", _receive(stream, 8, "the connection set-up", deadline)
    )
    body = _receive(stream, units * 4, "the connection set-up", deadline)
    if status != 1:
        reason = body[: reason_length or len(body)].decode("latin-1").strip("\0\n ")
        raise Unusable(f"the connection was refused ({reason})")
    try:
        return _decode_setup(body, peer_pid(stream))
    except struct.error:
        raise Unusable("the connection set-up was cut short or malformed") from None


def _decode_setup(body: bytes, pid: int) -> Setup:
    release, vendor_length, formats = struct.unpack_from("=I12xH3xB", body)
    vendor = body[32 : 32 + vendor_length].decode("latin-1")
    screen = 32 + vendor_length + -vendor_length % 4 + 8 * formats
    width, height, depth = struct.unpack_from("=20xHH14xB", body, screen)
    return Setup(vendor, release, width, height, depth, pid)


def _send(stream: socket.socket, data: bytes, deadline: Deadline) -> None:
    stream.settimeout(max(0.001, deadline.remaining))
    try:
        stream.sendall(data)
    except OSError as error:
        raise Dropped(f"the connection broke ({error.strerror or error})") from None


def _receive(stream: socket.socket, size: int, what: str, deadline: Deadline) -> bytes:
    data = bytearray()
    while len(data) < size:
        stream.settimeout(max(0.001, deadline.remaining))
        try:
            chunk = stream.recv(min(_CHUNK, size - len(data)))
        except TimeoutError:
            raise Unusable(f"no answer to {what}") from None
        except OSError as error:
            raise Dropped(f"the connection broke during {what} ({error.strerror})") from None
        if not chunk:
            raise Dropped(f"the connection was closed during {what}")
        data += chunk
    return bytes(data)
