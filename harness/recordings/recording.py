# SPDX-License-Identifier: MIT
"""What a recording holds: all that passed between clients and one server, in one order.

The proxy sees it all in one thread, so the order is the order in which it passed on the bytes:
for one client that in which the client sent and received them, between clients that in which the
server got them, as far as an observer can tell.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from harness.errors import HarnessError
from harness.x11.extensions import Extension


class RecordingError(HarnessError):
    """A file is no recording, or a damaged one; or a recording breaks the protocol."""


class Sender(Enum):
    """Who sent something."""

    CLIENT = "client"
    SERVER = "server"


class DescriptorKind(Enum):
    """What stands behind a file descriptor that was passed."""

    MEMORY = "memory"
    FENCE = "fence"
    BUFFER = "buffer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A file descriptor that was passed; ``number`` is its own in the recording, from 1.

    ``size`` is that of memory (bytes), 0 where there is none.
    """

    number: int
    kind: DescriptorKind
    size: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A client connected.  ``client`` counts from 1; ``time`` (ns) is that of the wall clock."""

    time: int
    client: int


class Passed(NamedTuple):
    """Bytes that ``sender`` sent on the connection of ``client``, cut anywhere.

    ``descriptors`` came with them.  Clients wait while it is made, and a tuple takes a quarter of
    the time of a frozen dataclass.
    """

    time: int
    client: int
    sender: Sender
    data: bytes
    descriptors: tuple[Descriptor, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What shared memory held, from ``offset`` (bytes) on, when it was used.

    ``sender`` wrote it.  It stands before the bytes of the client's request that uses it, or of
    the server's message that says it is there.  ``memory`` is the number of a descriptor, or
    below 0 that of a System V segment: ``-1 - shmid``.
    """

    time: int
    client: int
    memory: int
    offset: int
    data: bytes = field(repr=False)
    sender: Sender = Sender.CLIENT


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection ended: ``by`` is who closed it."""

    time: int
    client: int
    by: Sender


Item = Opened | Passed | Contents | Closed


@dataclass(frozen=True, slots=True)
class RecordingHead:
    """What holds for a whole recording.

    ``server`` names it, as reports do; ``extensions`` are those that the clients saw, with the
    numbers of that server.  ``big_endian`` is whether the machine was.
    """

    server: str
    extensions: tuple[Extension, ...]
    command: tuple[str, ...] = ()
    big_endian: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """``items`` in their order.  They may be read from a file while they are iterated over.

    ``cut_short`` is whether it has no proper end: its writer was killed, or still writes.
    """

    head: RecordingHead
    items: Iterable[Item]
    cut_short: bool = False
