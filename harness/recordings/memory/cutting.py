# SPDX-License-Identifier: MIT
"""Where messages begin in a stream that passes, without keeping it.

``harness.recordings.messages`` cuts recordings; this looks at heads only, at a tenth of the cost,
while clients wait.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator

from harness.x11 import encoding, setup
from harness.x11.encoding import ByteOrder

HEAD = 64
"""Bytes of a message that are looked at: no request of MIT-SHM has more."""

_LONG = frozenset((encoding.REPLY, encoding.GENERIC_EVENT))
"""Messages that have more than 32 bytes when their length is not 0."""
_NO_UNITS = bytes(4)


class Cutter(ABC):
    """Finds messages in the bytes of one direction of a connection.

    ``wanted`` are the first bytes of those that ``find`` gives; ``count`` is how many have begun.
    """

    def __init__(self) -> None:
        self.wanted = bytearray(256)
        self.count = 0
        self.first = b""
        self._kept = b""
        self._rest = 0

    @abstractmethod
    def passes(self, data: bytes) -> bool:
        """Whether ``data`` is surely one whole message that is not wanted; if so, it is counted.

        It spares ``find`` for most of what clients and servers send.
        """

    def find(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Of each wanted message where it begins in ``data``, its number, its first bytes.

        A message is given when its first bytes are there; one that began earlier begins at 0.
        """
        if self._rest >= len(data):
            self._rest -= len(data)
            return
        at, self._rest = self._rest, 0
        before = len(self._kept)
        if before:
            data, self._kept = self._kept + data, b""
        end = len(data)
        while at < end:
            size = self.size(data, at)
            # The first message counts as a whole: it says what the others mean.
            if size is None or end - at < (min(size, HEAD) if self.first else size):
                self._kept = data[at:]
                return
            if not self.first:
                self.first = data[at : at + size]
                self.begin()
            else:
                self.count += 1
                if self.wanted[data[at]]:
                    yield max(0, at - before), self.count, data[at : at + min(size, HEAD)]
            at += size
        self._rest = at - end

    @abstractmethod
    def size(self, data: bytes, at: int) -> int | None:
        """The bytes of the message that begins there; None while too few are there to tell."""

    def begin(self) -> None:  # noqa: B027 - not every direction has anything to learn
        """The first message is there."""


class RequestCutter(Cutter):
    """Of a client.  ``big`` is the major opcode of BIG-REQUESTS, 0 where there is none."""

    def __init__(self, big: int) -> None:
        super().__init__()
        self.order: ByteOrder = "<"
        self._big, self._enabled = big, False
        self._units = struct.Struct("<H")

    def passes(self, data: bytes) -> bool:
        if self._rest or self._kept or not self.first or self.wanted[data[0]]:
            return False
        size = len(data)
        if size < 4 or data[0] == self._big or size != 4 * self._units.unpack_from(data, 2)[0]:
            return False
        self.count += 1
        return True

    def size(self, data: bytes, at: int) -> int | None:
        if not self.first:
            return setup.greeting_size(data, at)
        there = len(data) - at
        if there < 4:
            return None
        if data[at] == self._big and data[at + 1] == 0:
            self._enabled = True
        (units,) = self._units.unpack_from(data, at + 2)
        if units or not self._enabled:
            return 4 * max(int(units), 1)
        if there < 8:
            return None
        (units,) = struct.unpack_from(f"{self.order}I", data, at + 4)
        return 4 * max(int(units), 2)

    def begin(self) -> None:
        self.order = setup.greeting_order(self.first)
        self._units = struct.Struct(f"{self.order}H")


class MessageCutter(Cutter):
    """Of the server, for a client whose requests ``requests`` finds."""

    def __init__(self, requests: RequestCutter) -> None:
        super().__init__()
        self._requests = requests

    def passes(self, data: bytes) -> bool:
        if self._rest or self._kept or not self.first or self.wanted[data[0]]:
            return False
        if len(data) != 32 or (data[0] & 0x7F in _LONG and data[4:8] != _NO_UNITS):
            return False
        self.count += 1
        return True

    def size(self, data: bytes, at: int) -> int | None:
        if not self.first:
            return setup.answer_size(data, self._requests.order, at)
        if data[at] & 0x7F not in _LONG:
            return 32
        if len(data) - at < 8:
            return None
        (units,) = struct.unpack_from(f"{self._requests.order}I", data, at + 4)
        return 32 + 4 * int(units)
