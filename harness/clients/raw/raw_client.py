# SPDX-License-Identifier: MIT
"""A bare client that writes its own bytes: either byte order, malformed requests.

libxcb speaks only this machine's byte order and repairs what it can; this client sends
exactly what it is given.
"""

import os
import select
import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from xcffib.xproto import CW

from harness.clients.connection.endpoint import DEATH_SECONDS, REPLY_SECONDS, Endpoint, open_socket
from harness.clients.connection.errors import ConnectionLost, WaitTimeout
from harness.clients.connection.extensions import announced
from harness.clients.raw.incoming import Incoming
from harness.deadlines import Deadline
from harness.x11 import encoding, names
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import decode_query, query_request
from harness.x11.setup import SetupFailed, shake_hands

_COPY_FROM_PARENT = 0
_MOST_PASSED = 16
"""Descriptors that come with one read: more than any reply has."""


@dataclass(frozen=True, slots=True)
class RawError:
    """An error as read from the wire."""

    name: str
    code: int
    sequence: int
    value: int
    major: int
    minor: int


class RawClient:
    """One raw connection.  ``byte_order`` is that of the client, not of the server.

    Raises ConnectionLost when the server accepts no connection.  Whatever reads raises
    IllegalMessage for a message that no server may send.
    """

    def __init__(self, server: Endpoint, byte_order: ByteOrder = "<") -> None:
        self.server = server
        self.byte_order = byte_order
        self.sequence = 0
        self.errors: list[RawError] = []
        self.events: list[bytes] = []
        self.descriptors: list[int] = []
        """Those that came with replies and that nobody has taken yet; closed with the client."""
        self._replies: dict[int, bytes] = {}
        self._incoming = Incoming(byte_order, lambda: announced(server))
        self._stream = open_socket(server, "a raw client")
        self._sending = threading.Lock()
        deadline = Deadline.after(REPLY_SECONDS)
        try:
            self._setup = shake_hands(
                self._stream.sendall,
                lambda size: self._read(size, deadline, "the connection setup"),
                server.cookie,
                byte_order,
            )
        except BaseException as error:
            self._stream.close()
            if isinstance(error, SetupFailed):
                words = f"{server.display}, reached by a raw client: {error}"
                raise ConnectionLost(words) from None
            raise
        self.root, self.root_depth = self._setup.root, self._setup.depth
        self._next_id = 0
        # From 1 on, or the first one could be among the smallest of new_id.
        self._next_symmetric = 1

    def pack(self, layout: str, *values: int) -> bytes:
        """``struct.pack`` in this client's byte order."""
        return struct.pack(self.byte_order + layout, *values)

    def unpack(self, layout: str, data: bytes, offset: int = 0) -> tuple[int, ...]:
        """``struct.unpack_from`` in this client's byte order."""
        return struct.unpack_from(self.byte_order + layout, data, offset)

    def new_id(self) -> int:
        """An unused resource id."""
        self._next_id += 1
        return self._setup.id_base | self._next_id

    def symmetric_id(self) -> int:
        """An unused resource id that reads the same in both byte orders; 31 exist at least."""
        base = self._setup.id_base
        high, middle = base >> 24, base >> 16 & 0xFF | self._next_symmetric
        self._next_symmetric += 1
        return high << 24 | middle << 16 | middle << 8 | high

    def send(self, data: bytes, requests: int = 1, descriptors: Sequence[int] = ()) -> int:
        """Send bytes that are (meant to be) so many requests; returns the last one's number.

        ``descriptors`` are passed with the first byte, and stay the caller's own.
        Raises OSError when the server reads nothing for too long, or is gone.
        """
        self.sequence += requests
        if requests == 1:
            self._incoming.sent(self.sequence, data)
        with self._sending:
            self._stream.settimeout(Deadline.after(REPLY_SECONDS).seconds)
            sent = socket.send_fds(self._stream, [data], descriptors) if descriptors else 0
            self._stream.sendall(data[sent:])
        return self.sequence

    def request(self, opcode: int, minor: int, body: bytes, descriptors: Sequence[int] = ()) -> int:
        """Send a request with the right length in its header; ``descriptors`` as by ``send``."""
        data = self.pack("BBH", opcode, minor, 1 + len(body) // 4) + body
        return self.send(data, descriptors=descriptors)

    def major(self, extension: str) -> int:
        """The major opcode of ``extension``; 0 when the server lacks it."""
        reply = self.reply(self.send(query_request(extension, self.byte_order)))
        known = decode_query(extension, reply)
        if known is None:
            return 0
        self._incoming.know(known)
        return known.major

    def reply(self, sequence: int) -> bytes:
        """The reply to request ``sequence``; raises WaitTimeout when an error came instead."""
        deadline = Deadline.after(REPLY_SECONDS)
        while sequence not in self._replies:
            self._take(deadline)
            for error in self.errors:
                if error.sequence == sequence & 0xFFFF:
                    raise WaitTimeout(f"request {sequence} was answered by an error: {error}")
        return self._replies.pop(sequence)

    def sync(self) -> None:
        """A round trip."""
        self.reply(self.request(encoding.GET_INPUT_FOCUS, 0, b""))

    def error_of(self, sequence: int) -> RawError | None:
        """A round trip, then the error that answered request ``sequence``, removed."""
        self.sync()
        for error in self.errors:
            if error.sequence == sequence & 0xFFFF:
                self.errors.remove(error)
                return error
        return None

    def wait_event(self, evtype: int, seconds: float = REPLY_SECONDS) -> bytes:
        """The next unread generic event of ``evtype``, removed from ``events``."""
        deadline = Deadline.after(seconds)
        while True:
            for data in self.events:
                if data[0] == encoding.GENERIC_EVENT and self.unpack("H", data, 8) == (evtype,):
                    self.events.remove(data)
                    return data
            self._take(deadline)

    def create_window(self, width: int, height: int) -> int:
        """A new unmapped child of the root with a black background."""
        window = self.new_id()
        values = {CW.BackPixel: 0, CW.OverrideRedirect: 1}
        body = self.pack(
            "IIhhHHHHIIII",
            window,
            self.root,
            0,
            0,
            width,
            height,
            0,
            _COPY_FROM_PARENT,
            _COPY_FROM_PARENT,
            sum(values),
            *values.values(),
        )
        self.request(encoding.CREATE_WINDOW, 0, body)
        return window

    def create_pixmap(self, width: int, height: int, pixmap: int = 0) -> int:
        """A new pixmap of the root's depth, with the id ``pixmap`` if given."""
        pixmap = pixmap or self.new_id()
        body = self.pack("IIHH", pixmap, self.root, width, height)
        self.request(encoding.CREATE_PIXMAP, self.root_depth, body)
        return pixmap

    def fileno(self) -> int:
        """Of its socket, to be polled; negative once it is closed."""
        return self._stream.fileno()

    @property
    def silent(self) -> bool:
        """Whether nothing has come from the server that is not read yet."""
        # Not select, which takes no descriptor beyond 1023.
        poller = select.poll()
        poller.register(self, select.POLLIN)
        return not poller.poll(0)

    @property
    def closed(self) -> bool:
        return self.fileno() < 0

    def close(self) -> None:
        """End the connection, also under a ``send`` of another thread."""
        if not self.closed:
            with suppress(OSError):
                self._stream.shutdown(socket.SHUT_RDWR)
            # A send that still waits for the descriptor would wait for whoever gets it next.
            with self._sending:
                self._stream.close()
            while self.descriptors:
                os.close(self.descriptors.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _take(self, deadline: Deadline) -> None:
        data = self._read(32, deadline, f"an answer to request {self.sequence}")
        kind = data[0] & 0x7F
        if kind in (encoding.REPLY, encoding.GENERIC_EVENT):
            (length,) = self.unpack("I", data, 4)
            data += self._read(4 * length, deadline, f"the rest of {kind}")
        sequence = self._incoming.check(data, self.sequence)
        if kind == encoding.REPLY:
            self._replies[sequence] = data
        elif kind == encoding.ERROR:
            low, value, minor, major = self.unpack("HIHB", data, 2)
            name = names.CORE_ERRORS.get(data[1], str(data[1]))
            self.errors.append(RawError(name, data[1], low, value, major, minor))
        else:
            self.events.append(data)

    def _read(self, count: int, deadline: Deadline, what: str) -> bytes:
        data = bytearray()
        while len(data) < count:
            self._stream.settimeout(max(0.001, deadline.remaining))
            try:
                part, passed, _, _ = socket.recv_fds(self._stream, count - len(data), _MOST_PASSED)
                self.descriptors += passed
            except TimeoutError:
                raise self.server.silent(what, deadline.seconds) from None
            except OSError:
                part = b""
            if not part:
                self.server.check_alive(what, DEATH_SECONDS)
                raise ConnectionLost(f"a raw client lost its connection while reading {what}")
            data += part
        return bytes(data)
