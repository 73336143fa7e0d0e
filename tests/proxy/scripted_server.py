# SPDX-License-Identifier: MIT
"""A client and a server of a proxy, played by a test: every byte is seen and chosen."""

import contextlib
import socket
import struct
from typing import Self

from harness.deadlines import Deadline
from harness.proxy.display import OwnDisplay
from harness.x11 import encoding
from harness.x11.setup import greeting

SECONDS = 10.0
ID_BASE, ID_MASK, ROOT = 0x400000, 0x1FFFFF, 0x123


class Peer:
    """A socket with deadlines.  ``order`` is the byte order spoken on it."""

    def __init__(self, stream: socket.socket, order: encoding.ByteOrder = "<") -> None:
        self.stream, self.order = stream, order

    def send(self, data: bytes) -> None:
        self.stream.settimeout(Deadline.after(SECONDS).seconds)
        self.stream.sendall(data)

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes.  Raises AssertionError when the peer hangs up before."""
        data = bytearray()
        deadline = Deadline.after(SECONDS)
        while len(data) < size:
            self.stream.settimeout(max(0.001, deadline.remaining))
            part = self.stream.recv(min(size - len(data), 1 << 20))
            assert part, f"{len(data)} of {size} bytes came before the end"
            data += part
        return bytes(data)

    def at_end(self) -> bool:
        """Whether nothing comes any more, and the connection is over."""
        self.stream.settimeout(Deadline.after(SECONDS).seconds)
        try:
            return not self.stream.recv(1)
        except ConnectionError:
            return True

    def request(self, major: int, minor: int = 0, body: bytes = b"") -> bytes:
        return encoding.request(self.order, major, minor, body)

    def message(self, kind: int, sequence: int, detail: int = 0, rest: bytes = bytes(28)) -> bytes:
        return struct.pack(f"{self.order}BBH", kind, detail, sequence & 0xFFFF) + rest

    def reply(self, sequence: int, tail: bytes = b"", detail: int = 0) -> bytes:
        length = struct.pack(f"{self.order}I", len(tail) // 4)
        return self.message(encoding.REPLY, sequence, detail, length + bytes(24) + tail)

    def welcome(self) -> None:
        """As a server: take a greeting and accept the connection."""
        hello = self.read(12)
        self.order = "<" if hello[:1] == b"l" else ">"
        name, secret = struct.unpack_from(f"{self.order}HH", hello, 6)
        self.read(name + -name % 4 + secret + -secret % 4)
        self.send(setup(self.order))

    def close(self) -> None:
        self.stream.close()


class ScriptedServer:
    """Listens as a display; ``accept`` gives the server's end of the next connection."""

    def __init__(self) -> None:
        self._display = OwnDisplay()
        self._display.listener.setblocking(True)
        self.name = self._display.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._display.close()

    def accept(self) -> Peer:
        self._display.listener.settimeout(Deadline.after(SECONDS).seconds)
        stream, _ = self._display.listener.accept()
        return Peer(stream)


def setup(order: encoding.ByteOrder) -> bytes:
    """An accepted connection: no vendor, no formats, one screen without depths."""
    head = struct.pack(f"{order}IIIIHHBB10x", 1, ID_BASE, ID_MASK, 0, 0, 0xFFFF, 1, 0)
    screen = struct.pack(f"{order}I36x", ROOT)
    body = head + screen
    return struct.pack(f"{order}BxHHH", 1, 11, 0, len(body) // 4) + body


def greet(display: str, order: encoding.ByteOrder = "<") -> Peer:
    """A client of ``display`` that has said hello."""
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(f"/tmp/.X11-unix/X{display[1:]}")
    peer = Peer(stream, order)
    # Who has no server may hang up before it is greeted.
    with contextlib.suppress(BrokenPipeError):
        peer.send(greeting(b"", order))
    return peer
