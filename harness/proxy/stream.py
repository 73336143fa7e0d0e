# SPDX-License-Identifier: MIT
"""Sockets that never block, and the messages that pass from one to another."""

import array
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable

CHUNK = 1 << 18
"""Bytes that one read takes at most."""

_FEW = 4
"""Bytes that carry descriptors alone when the next ones are waiting already."""

_MOST_FDS = 253
_ANCILLARY = socket.CMSG_SPACE(_MOST_FDS * array.array("i").itemsize)


class SocketStream:
    """One end of a connection, with the bytes and file descriptors that wait to be sent on it.

    Descriptors of one read are sent together, with bytes that came no later: the receiver's
    buffer for descriptors is as large as what its own peer sends at once.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.end = end
        self.fileno = end.fileno
        self.waiting = bytearray()
        self.fds: deque[list[int]] = deque()
        self.closed = False

    def put(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data`` as soon as the peer has room; nothing once the stream is closed."""
        if not self.closed:
            self.waiting += data

    def pass_on(self, data: memoryview) -> bool:
        """``put`` and ``flush`` in one: nothing is copied as long as the peer reads.

        Returns whether nothing waited before, and nothing does now.
        """
        if self.waiting or self.fds or self.closed:
            SocketStream.put(self, data)
            self.flush()
            return False
        try:
            sent = self.end.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop()
            return False
        if sent < len(data):
            self.waiting += data[sent:]
            return False
        return True

    def put_fds(self, fds: list[int]) -> None:
        """Send descriptors with the next bytes that are sent; they are closed then."""
        self.fds.append(fds)

    def take(self, memory: memoryview) -> tuple[memoryview, list[int]]:
        """Read bytes, at most as many as ``memory`` holds, and descriptors; none at the end.

        The bytes are in ``memory``.  Raises BlockingIOError when nothing can be read now.
        """
        try:
            count, ancillary, _, _ = self.end.recvmsg_into([memory], _ANCILLARY)
        except ConnectionError:
            return memory[:0], []
        if not ancillary:
            return memory[:count], []
        fds = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        return memory[:count], list(fds)

    def flush(self) -> None:
        """Send what the peer has room for; a peer that hung up counts as having room."""
        while self.waiting:
            try:
                if self.fds:
                    count = _FEW if len(self.fds) > 1 else len(self.waiting)
                    part = bytes(self.waiting[:count])
                    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", self.fds[0]))
                    sent = self.end.sendmsg([part], [rights])
                    _close_all(self.fds.popleft())
                else:
                    sent = self.end.send(self.waiting)
            except BlockingIOError:
                return
            except OSError:
                self.drop()
                return
            del self.waiting[:sent]

    def drop(self) -> None:
        """Discard what waits to be sent, and whatever is put later."""
        self.closed = True
        self.waiting.clear()
        while self.fds:
            _close_all(self.fds.popleft())

    def close(self) -> None:
        """Close the socket; what waits to be sent is lost."""
        self.drop()
        with contextlib.suppress(OSError):
            self.end.close()


class TappedStream(SocketStream):
    """A stream of which ``see`` gets all bytes and descriptors that are put, while it is open."""

    def __init__(self, end: socket.socket, see: Callable[[bytes, list[int]], None]) -> None:
        super().__init__(end)
        self._see = see

    def put(self, data: bytes | bytearray | memoryview) -> None:
        if not self.closed:
            self._see(bytes(data), [])
        super().put(data)

    def pass_on(self, data: memoryview) -> bool:
        if not self.closed:
            self._see(bytes(data), [])
        return SocketStream.pass_on(self, data)

    def put_fds(self, fds: list[int]) -> None:
        self._see(b"", fds)
        super().put_fds(fds)


class MessageStream:
    """One direction of a connection: bytes pass on to ``sink``, messages can be taken out.

    ``at`` is where the next message begins in ``data``.  ``greeted`` is whether the first
    message, which has a layout of its own, has passed.  A message that is skipped passes in
    pieces as they come; what is left of it is never in ``data``.
    """

    def __init__(self, sink: SocketStream) -> None:
        self.data = bytearray()
        self.at = 0
        self.greeted = False
        self._sink = sink
        self._start = self._rest = 0

    @property
    def torn(self) -> bool:
        """Whether the last message was skipped and its end has not come yet."""
        return self._rest > 0

    def put(self, data: bytes | memoryview) -> None:
        """Bytes came: the end of a torn message passes on, the rest can be taken or skipped."""
        if self._rest:
            passed = data[: self._rest]
            self._sink.put(passed)
            self._rest -= len(passed)
            data = data[len(passed) :]
        self.data += data

    def skip(self, size: int) -> None:
        """Let the next message pass unchanged, also what of it has not come yet."""
        step = min(size, len(self.data) - self.at)
        self._rest = size - step
        self.at += step

    def take(self, size: int | None) -> bytes | None:
        """Remove the next message, and pass on all before it; None while it is not complete.

        ``size`` is None when not enough of the message has come to know its size.
        """
        if size is None or len(self.data) - self.at < size:
            return None
        self.flush()
        message = bytes(self.data[self.at : self.at + size])
        self.at = self._start = self.at + size
        return message

    def flush(self) -> None:
        """Pass on all that was skipped so far."""
        if self._start < self.at:
            self._sink.put(self.data[self._start : self.at])
            self._start = self.at

    def trim(self) -> None:
        """Flush, and forget what has passed or was taken."""
        self.flush()
        del self.data[: self.at]
        self.at = self._start = 0


def _close_all(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
