# SPDX-License-Identifier: MIT
"""The name of a display and the socket behind it."""

import re
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from harness.deadlines import Deadline
from harness.errors import HarnessError

SOCKETS = Path("/tmp/.X11-unix")

_NAME = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")


class DisplayNameError(HarnessError):
    """The text does not name a display of this machine."""


@dataclass(frozen=True, slots=True)
class Address:
    """A display of this machine by its number."""

    number: int

    @classmethod
    def parse(cls, name: str) -> Self:
        """The display called ``:7``, ``:7.0`` or ``unix:7``.  Raises DisplayNameError."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise DisplayNameError(
                f"{name!r} does not name a display of this machine: give one such as :7"
            )
        return cls(int(match[1]))

    @property
    def name(self) -> str:
        return f":{self.number}"

    @property
    def path(self) -> Path:
        """The socket at which its server listens."""
        return SOCKETS / f"X{self.number}"

    def connect(self, deadline: Deadline) -> socket.socket:
        """A connected stream.  Raises OSError (TimeoutError at the deadline).

        A server listens at an abstract name too.  The file may be absent: a server that ends
        gives the abstract name up first, and then removes the file of the one that took both.
        """
        try:
            return _connected(str(self.path), deadline)
        except FileNotFoundError as error:
            try:
                return _connected(f"\0{self.path}", deadline)
            except ConnectionRefusedError:
                raise error from None


def _connected(name: str, deadline: Deadline) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        stream.settimeout(max(0.001, deadline.remaining))
        stream.connect(name)
    except BaseException:
        stream.close()
        raise
    return stream


def peer_pid(stream: socket.socket) -> int:
    """The process that listens at the other end; 0 when it is in another pid namespace."""
    credentials = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", credentials)[0]
    return pid
