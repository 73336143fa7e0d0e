# SPDX-License-Identifier: MIT
"""The numbers that a server gave its extensions."""

import socket
import struct
from dataclasses import dataclass

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.x11 import encoding
from harness.x11.address import Address

ANSWER_SECONDS = 10.0


class ExtensionsUnknown(HarnessError):
    """The server did not say which extensions it has."""


@dataclass(frozen=True, slots=True)
class Extension:
    """Opcode, first event and first error of an extension on one server."""

    name: str
    major: int
    first_event: int
    first_error: int


def ask_extensions(display: str, cookie: bytes) -> dict[str, Extension]:
    """Every extension of the server at ``display`` by its name.  Raises ExtensionsUnknown."""
    deadline = Deadline.after(ANSWER_SECONDS)
    try:
        with Address.parse(display).connect(deadline) as stream:
            return _conversation(stream, cookie, deadline)
    except (OSError, struct.error) as error:
        raise ExtensionsUnknown(
            f"{display} was asked for its extensions and did not answer: {error or 'cut short'}"
        ) from None


def _conversation(stream: socket.socket, cookie: bytes, deadline: Deadline) -> dict[str, Extension]:
    stream.sendall(encoding.hello(cookie, "<") + encoding.request("<", encoding.LIST_EXTENSIONS, 0))
    head = _read(stream, 8, deadline)
    setup = _read(stream, 4 * struct.unpack_from("<H", head, 6)[0], deadline)
    if head[0] != 1:
        raise OSError(setup.decode("latin-1").strip("\0"))
    reply = _read(stream, 32, deadline)
    data = _read(stream, 4 * struct.unpack_from("<I", reply, 4)[0], deadline)
    names, at = [], 0
    for _ in range(reply[1]):
        names.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    stream.sendall(b"".join(encoding.query_extension("<", name) for name in names))
    found = {}
    for name in names:
        reply = _read(stream, 32, deadline)
        if reply[8]:
            found[name] = Extension(name, *reply[9:12])
    return found


def _read(stream: socket.socket, size: int, deadline: Deadline) -> bytes:
    data = bytearray()
    while len(data) < size:
        stream.settimeout(max(0.001, deadline.remaining))
        part = stream.recv(size - len(data))
        if not part:
            raise OSError("it closed the connection")
        data += part
    return bytes(data)
