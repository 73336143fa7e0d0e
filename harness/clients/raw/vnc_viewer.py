# SPDX-License-Identifier: MIT
"""A viewer of an Xvnc, which sets how large its screen is and looks at nothing (RFC 6143)."""

import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

from harness.clients.connection.endpoint import REPLY_SECONDS, Endpoint
from harness.clients.connection.errors import ConnectionLost
from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.pixels.rectangle import Rectangle

_SOCKET_OPTION = "-rfbunixpath"
_VERSION = b"RFB 003.008\n"
_NO_AUTHENTICATION = 1
_SET_ENCODINGS, _SET_DESKTOP_SIZE = 2, 251
_RAW, _EXTENDED_DESKTOP_SIZE = 0, -308


class NoVncSocket(HarnessError):
    """The server has no socket for viewers that needs neither network nor password."""


class _VncServer(Endpoint, Protocol):
    @property
    def pid(self) -> int: ...


class VncViewer:
    """A connection to the VNC socket of ``server``, whose command line names it.

    Raises NoVncSocket when there is none, ConnectionLost when the server ends the connection.
    """

    def __init__(self, server: _VncServer) -> None:
        self._server = server
        self._stream = socket.socket(socket.AF_UNIX)
        self._deadline = Deadline.after(REPLY_SECONDS)
        self._stream.settimeout(self._deadline.seconds)
        try:
            self._stream.connect(_socket_of(server))
            self._shake_hands()
        except OSError as error:
            self.close()
            server.check_alive("a viewer")
            raise ConnectionLost(
                f"a viewer could not connect to {server.display}: {error}"
            ) from error
        except BaseException:
            self.close()
            raise

    def _shake_hands(self) -> None:
        self._read(len(_VERSION))
        self._stream.sendall(_VERSION)
        (count,) = self._read(1)
        offered = self._read(count)
        if _NO_AUTHENTICATION not in offered:
            raise NoVncSocket(
                f"{self._server.display} wants a password of its viewers, or refuses them: it "
                f"offers the security types {list(offered)}; start it with -SecurityTypes None"
            )
        self._stream.sendall(bytes([_NO_AUTHENTICATION]))
        (refused,) = struct.unpack(">I", self._read(4))
        if refused:
            raise ConnectionLost(f"{self._server.display} refused a viewer")
        shared = 1
        self._stream.sendall(bytes([shared]))
        (name_length,) = struct.unpack(">20xI", self._read(24))
        self._read(name_length)
        encodings = (_RAW, _EXTENDED_DESKTOP_SIZE)
        self._stream.sendall(
            struct.pack(f">BxH{len(encodings)}i", _SET_ENCODINGS, len(encodings), *encodings)
        )

    def set_desktop_size(self, width: int, height: int, monitors: Sequence[Rectangle] = ()) -> None:
        """Ask for a screen of this size, with these ``monitors``: by default one on all of it.

        Pixels.  The X server does it in its own time: its clients are told.
        """
        places = monitors or (Rectangle(0, 0, width, height),)
        screens = b"".join(
            struct.pack(">IHHHHI", number, place.x, place.y, place.width, place.height, 0)
            for number, place in enumerate(places, start=1)
        )
        self._stream.sendall(
            struct.pack(">BxHHBx", _SET_DESKTOP_SIZE, width, height, len(places)) + screens
        )

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self._stream.recv(count - len(data))
            if not part:
                raise ConnectionLost(f"{self._server.display} ended the connection of a viewer")
            data += part
        return bytes(data)


def _socket_of(server: _VncServer) -> str:
    """The path of the socket that the command line of ``server`` names.  Raises NoVncSocket."""
    words = Path(f"/proc/{server.pid}/cmdline").read_text(errors="replace").split("\0")
    if _SOCKET_OPTION not in words:
        raise NoVncSocket(f"{server.display} was not started with {_SOCKET_OPTION} PATH")
    return words[words.index(_SOCKET_OPTION) + 1]
