# SPDX-License-Identifier: MIT
"""Large images through MIT-SHM: the server writes the pixels where the harness reads them."""

import ctypes
import struct
import weakref

import xcffib.shm
from xcffib.xproto import ImageFormat

from harness.clients.connection.client import Client
from harness.clients.connection.errors import ProtocolError
from harness.clients.connection.requests import ImageReply
from harness.pixels.rectangle import Rectangle
from harness.servers.shared_segment import SharedSegment

LEAST_BYTES = 4 << 20
"""Smaller images are as fast through GetImage, whose replies fault scripts can select."""

_PIXEL = Rectangle(0, 0, 1, 1)


def shared_image(client: Client, drawable: int, area: Rectangle, size: int) -> ImageReply | None:
    """The image of ``area``, ``size`` bytes long, or None where GetImage has to fetch it.

    That is for images below ``LEAST_BYTES``, for servers without MIT-SHM or that cannot attach
    this machine's memory, and for what ShmGetImage refuses with Match.  The image keeps its
    memory to itself: it is used again when the image and all that views its data have been
    collected.
    """
    if size < LEAST_BYTES or not client.has_extension("MIT-SHM"):
        return None
    pool = _pools.get(client)
    if pool is None:
        pool = _pools[client] = _Pool()
        client.cleanup.callback(pool.close)
    segment = pool.take(client, size)
    if segment is None:
        return None
    try:
        depth, visual = _write(client, drawable, area, segment)
    except BaseException as error:
        pool.release(segment)
        # A redirected window that reaches beyond the screen is refused here, not by GetImage.
        if isinstance(error, ProtocolError) and error.error.name == "Match":
            return None
        raise
    memory = (ctypes.c_char * size).from_address(segment.address)
    weakref.finalize(memory, pool.release, segment).atexit = False
    return ImageReply(depth, visual, area.width, area.height, memoryview(memory).cast("B"))


class _Pool:
    """The free segments of one client, which has more only while their images live."""

    def __init__(self) -> None:
        self._free: list[SharedSegment] = []
        self._refused = self._closed = False

    def take(self, client: Client, size: int) -> SharedSegment | None:
        """A segment of at least ``size`` bytes, which replaces the smaller free ones."""
        for index, segment in enumerate(self._free):
            if segment.size >= size:
                return self._free.pop(index)
        while self._free:
            client.extension(xcffib.shm).Detach(self._free.pop().id)
        new = None if self._refused else SharedSegment.create(size)
        if new is not None and not _attach(client, new):
            self._refused = True
            return None
        return new

    def release(self, segment: SharedSegment) -> None:
        """Keep the segment for the next image, or unmap it when the client is closed."""
        if not self._closed:
            self._free.append(segment)

    def close(self) -> None:
        """Unmap the free segments; the server detaches its own when the connection ends."""
        self._closed = True
        self._free.clear()


_pools: weakref.WeakKeyDictionary[Client, _Pool] = weakref.WeakKeyDictionary()


def _attach(client: Client, segment: SharedSegment) -> bool:
    """Whether the server could attach the segment, and writes into this very memory.

    In another container the same number may name other memory.
    """
    segment.id = client.new_id()
    with client.catch_errors() as errors:
        client.extension(xcffib.shm).Attach(segment.id, segment.shmid, False)
    if errors:
        return False
    image = client.get_image(client.root, 0, 0, 1, 1)
    expected = bytes(image.data[: client.formats[image.depth][0] // 8])
    ctypes.memmove(segment.address, bytes(byte ^ 0xFF for byte in expected), len(expected))
    _write(client, client.root, _PIXEL, segment)
    if ctypes.string_at(segment.address, len(expected)) == expected:
        return True
    client.extension(xcffib.shm).Detach(segment.id)
    return False


def _write(
    client: Client, drawable: int, area: Rectangle, segment: SharedSegment
) -> tuple[int, int]:
    """Let the server write an image to the start of ``segment``; its depth and visual."""
    cookie = client.extension(xcffib.shm).GetImage(
        *(drawable, area.x, area.y, area.width, area.height),
        *(0xFFFFFFFF, ImageFormat.ZPixmap, segment.id, 0),
    )
    depth, visual = struct.unpack_from("=xB6xI", client.reply(cookie))
    return depth, visual
