# SPDX-License-Identifier: MIT
"""Xauthority files: the cookie we give a server, and those that the user has.

A record is a big-endian family followed by four counted strings: address, display
number, name of the protocol, data (libXau, Xauth.h).  A codec of our own, for the program xauth
may not be installed.
"""

import contextlib
import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.inputs import variable

PROTOCOL = b"MIT-MAGIC-COOKIE-1"
FAMILY_WILD = 0xFFFF
FAMILY_LOCAL = 256


@dataclass(frozen=True, slots=True)
class AuthorityEntry:
    """One entry.  An empty number stands for any display, FAMILY_WILD for any address."""

    family: int
    address: bytes
    number: bytes
    name: bytes
    data: bytes

    def encode(self) -> bytes:
        """The entry as it stands in the file."""
        parts = (self.address, self.number, self.name, self.data)
        return struct.pack(">H", self.family) + b"".join(
            struct.pack(">H", len(part)) + part for part in parts
        )


def decode(data: bytes) -> Iterator[AuthorityEntry]:
    """The entries of a file, up to the first one that is cut short."""
    at = 0
    while at + 2 <= len(data):
        (family,) = struct.unpack_from(">H", data, at)
        at += 2
        parts = []
        for _ in range(4):
            if at + 2 > len(data):
                return
            (length,) = struct.unpack_from(">H", data, at)
            at += 2 + length
            if at > len(data):
                return
            parts.append(data[at - length : at])
        yield AuthorityEntry(family, *parts)


def new_cookie() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(16)


def write(path: Path, cookie: bytes) -> None:
    """Write ``cookie`` so that the server and any client on any host name find it.

    The display number stays empty, for it is not known before the server runs: the server
    takes every record of its file, and libXau lets an empty number match each display.
    """
    record = AuthorityEntry(FAMILY_WILD, b"", b"", PROTOCOL, cookie)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(record.encode())


def user_file() -> Path:
    """Where this user's cookies are: XAUTHORITY, else ~/.Xauthority, as such without a home."""
    if named := variable("XAUTHORITY"):
        return Path(named)
    file = Path("~/.Xauthority")
    with contextlib.suppress(RuntimeError):
        return file.expanduser()
    return file


def find_cookie(path: Path, number: int) -> bytes | None:
    """The cookie in ``path`` for the local display ``number``; None when there is none."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    here = os.uname().nodename.encode()
    for record in decode(data):
        fits = record.family == FAMILY_WILD or (
            record.family == FAMILY_LOCAL and record.address == here
        )
        if fits and record.name == PROTOCOL and record.number in (b"", str(number).encode()):
            return record.data
    return None
