# SPDX-License-Identifier: MIT
"""Pixmaps whose pixels lie in memory that the script shares with the server (MIT-SHM)."""

import ctypes
from typing import Self

import numpy as np
import xcffib.shm
from numpy.typing import NDArray

from harness.capture.zpixmap import RowLayout
from harness.clients.connection.client import Client
from harness.clients.resources.pixmap import Pixmap
from harness.pixels.image_encoding import Pixels
from harness.servers.shared_segment import SharedSegment

GUARD = 0xA5
"""Every byte of a segment that no pixmap lies on."""


class SharedMemory:
    """A segment of ``size`` bytes that a client has attached; all are ``GUARD`` at first."""

    def __init__(self, client: Client, segment: SharedSegment) -> None:
        self.client, self.size = client, segment.size
        self._segment = segment
        ctypes.memset(segment.address, GUARD, segment.size)

    @classmethod
    def attach(cls, client: Client, size: int) -> Self | None:
        """A new segment; None where the server has no shared pixmaps, or not this machine's memory.

        Raises ExtensionMissing without MIT-SHM.
        """
        if not client.extension(xcffib.shm).QueryVersion().reply().shared_pixmaps:
            return None
        segment = SharedSegment.create(size)
        if segment is None:
            return None
        segment.id = client.new_id()
        with client.catch_errors() as errors:
            client.extension(xcffib.shm).Attach(segment.id, segment.shmid, False)
        return None if errors else cls(client, segment)

    @property
    def id(self) -> int:
        """The segment as a resource of the client."""
        return self._segment.id

    def detach(self) -> None:
        """Detach: the id is free; the server keeps the memory while pixmaps lie in it."""
        self.client.extension(xcffib.shm).Detach(self.id)

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on, as they are now."""
        return self._segment.read(offset, size)

    def write(self, offset: int, data: bytes) -> None:
        """Raises ValueError for bytes that do not fit into the segment."""
        if offset < 0 or offset + len(data) > self.size:
            raise ValueError(f"{len(data)} bytes at {offset} do not fit into {self.size}")
        ctypes.memmove(self._segment.address + offset, data, len(data))


class SharedPixmap(Pixmap):
    """A pixmap in ``memory`` from ``offset`` on: rows of ``layout``, ``size`` bytes in all."""

    memory: SharedMemory
    offset: int
    layout: RowLayout

    @classmethod
    def lay(cls, memory: SharedMemory, width: int, height: int, depth: int, offset: int) -> Self:
        """MIT-SHM CreatePixmap; the pixels are the bytes of the memory as they are."""
        client = memory.client
        pixmap = cls(client, client.new_id(), width, height, depth)
        pixmap.memory, pixmap.offset = memory, offset
        pixmap.layout = RowLayout.of(client.formats, client.byte_order, depth, width)
        client.extension(xcffib.shm).CreatePixmap(
            pixmap.id, client.root, width, height, depth, memory.id, offset
        )
        return pixmap

    @property
    def size(self) -> int:
        """Bytes from the first row to the end of the last one."""
        return self.layout.stride * self.height

    def write(self, pixels: NDArray[np.uint32]) -> None:
        """Store ``pixels`` (height, width) in the memory, and 0 in what pads the rows.

        The server is not asked: a script that lets it read the pixels afterwards needs no request
        for them.  Depths of 8 bits and more.
        """
        rows = np.zeros((self.height, self.layout.stride), np.uint8)
        order, bits = self.client.byte_order, self.layout.bits_per_pixel
        stored = np.ascontiguousarray(pixels.astype(f"{order}u{bits // 8}"))
        rows[:, : self.width * bits // 8] = stored.view(np.uint8).reshape(self.height, -1)
        self.memory.write(self.offset, rows.tobytes())

    def stored(self) -> Pixels:
        """The pixels (height, width) in the memory now, without bits above the depth."""
        pixels = self.layout.pixels(self.memory.read(self.offset, self.size), self.height)
        return pixels & pixels.dtype.type((1 << self.depth) - 1)
