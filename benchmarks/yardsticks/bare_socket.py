# SPDX-License-Identifier: MIT
"""GetImage on a plain socket: the lower limit of any client without shared memory."""

import struct
from typing import Self

from benchmarks.yardsticks.memory_copy import BYTES, HEIGHT, WIDTH
from harness.deadlines import Deadline
from harness.servers.server import Server
from harness.x11.address import Address
from harness.x11.setup import shake_hands

SECONDS = 30.0


class BareSocket:
    """A connection that can fetch one size of image into the same memory again and again."""

    def __init__(self, server: Server, root: int) -> None:
        self._stream = Address.parse(server.display).connect(Deadline.after(SECONDS))
        self._stream.settimeout(SECONDS)
        self._image = bytearray(32 + BYTES)
        self._request = struct.pack("=BBHIhhHHI", 73, 2, 5, root, 0, 0, WIDTH, HEIGHT, 0xFFFFFFFF)
        shake_hands(self._stream.sendall, self._read, server.cookie)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def get_image(self) -> memoryview:
        """The pixels; the next call overwrites them."""
        self._stream.sendall(self._request)
        self._fill(self._image)
        return memoryview(self._image)[32:]

    def _read(self, size: int) -> bytes:
        data = bytearray(size)
        self._fill(data)
        return bytes(data)

    def _fill(self, target: bytearray) -> None:
        left = memoryview(target)
        while left:
            received = self._stream.recv_into(left)
            if not received:
                raise ConnectionError("the server closed the connection")
            left = left[received:]
