# SPDX-License-Identifier: MIT
"""A socket with what waits to be sent on it, file descriptors included."""

import array
import contextlib
import os
import socket
from collections import deque

CHUNK = 1 << 18
FEW = 4
"""Bytes that carry descriptors alone when the next ones are waiting already."""

_MOST_FDS = 253
_ANCILLARY = socket.CMSG_SPACE(_MOST_FDS * array.array("i").itemsize)


class SocketStream:
    """One end of a connection, never blocking.

    What one read brings in descriptors goes out together, with bytes that came no later: the
    reader's buffer for them was good for what its own peer sends at once.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self.end = end
        self.fileno = end.fileno
        self.waiting = bytearray()
        self.fds: deque[list[int]] = deque()
        self.closed = False

    def put(self, data: bytes | bytearray | memoryview) -> None:
        """Send ``data`` when it can be."""
        if not self.closed:
            self.waiting += data

    def take(self, memory: memoryview) -> tuple[bytes, list[int]]:
        """What can be read now into ``memory``, and the descriptors with it; b"" at the end.

        Raises BlockingIOError when there is nothing.
        """
        try:
            count, ancillary, _, _ = self.end.recvmsg_into([memory], _ANCILLARY)
        except ConnectionError:
            return b"", []
        fds = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        return bytes(memory[:count]), list(fds)

    def flush(self) -> None:
        """Send what the peer has room for.  A peer that is gone takes everything."""
        while self.waiting:
            try:
                if self.fds:
                    count = FEW if len(self.fds) > 1 else len(self.waiting)
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
        """Forget what waits, and take nothing more."""
        self.closed = True
        self.waiting.clear()
        while self.fds:
            _close_all(self.fds.popleft())

    def close(self) -> None:
        self.drop()
        with contextlib.suppress(OSError):
            self.end.close()


def _close_all(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
