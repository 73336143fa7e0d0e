# SPDX-License-Identifier: MIT
"""Large images through MIT-SHM: the server writes the pixels where the harness reads them."""

import ctypes
import struct
import weakref
from typing import Self

import xcffib.shm
from xcffib.xproto import ImageFormat

from harness.clients.connection.client import Client
from harness.clients.connection.requests import ImageReply
from harness.pixels.rectangle import Rectangle

LEAST_BYTES = 4 << 20
"""Smaller images are as fast through GetImage, whose replies fault scripts can select."""

_IPC_PRIVATE = 0
_IPC_CREAT = 0o1000
_IPC_RMID = 0
_FAILED = ctypes.c_void_p(-1).value
_PIXEL = Rectangle(0, 0, 1, 1)

_libc = ctypes.CDLL(None)
_libc.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmdt.argtypes = (ctypes.c_void_p,)
_libc.shmctl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


def shared_image(client: Client, drawable: int, area: Rectangle, size: int) -> ImageReply | None:
    """The image of ``area``, ``size`` bytes long, or None where GetImage has to fetch it.

    That is for images below ``LEAST_BYTES``, and for servers without MIT-SHM or that cannot
    attach this machine's memory.  The image keeps its memory to itself: it is used again when
    the image and all that views its data have been collected.
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
    except BaseException:
        pool.release(segment)
        raise
    memory = (ctypes.c_char * size).from_address(segment.address)
    weakref.finalize(memory, pool.release, segment).atexit = False
    return ImageReply(depth, visual, area.width, area.height, memoryview(memory).cast("B"))


class _Segment:
    """A System V segment, attached by this process and by the server as its resource ``id``.

    It is unmapped when it is collected.
    """

    id = 0

    def __init__(self, shmid: int, address: int, size: int) -> None:
        self.shmid = shmid
        self.address = address
        self.size = size
        weakref.finalize(self, _libc.shmdt, address).atexit = False

    @classmethod
    def create(cls, size: int) -> Self | None:
        """A new segment; None when the kernel gives none."""
        shmid = _libc.shmget(_IPC_PRIVATE, size, _IPC_CREAT | 0o600)
        if shmid < 0:
            return None
        address = _libc.shmat(shmid, None, 0)
        # Linux lets others attach a removed segment while it is attached, so that nothing is left
        # behind even if this process is killed at the next instruction.
        _libc.shmctl(shmid, _IPC_RMID, None)
        return None if address == _FAILED else cls(shmid, address, size)


class _Pool:
    """The free segments of one client, which has more only while their images live."""

    def __init__(self) -> None:
        self._free: list[_Segment] = []
        self._refused = self._closed = False

    def take(self, client: Client, size: int) -> _Segment | None:
        """A segment of at least ``size`` bytes, which replaces the smaller free ones."""
        for index, segment in enumerate(self._free):
            if segment.size >= size:
                return self._free.pop(index)
        while self._free:
            client.extension(xcffib.shm).Detach(self._free.pop().id)
        new = None if self._refused else _Segment.create(size)
        if new is not None and not _attach(client, new):
            self._refused = True
            return None
        return new

    def release(self, segment: _Segment) -> None:
        """Keep the segment for the next image, or unmap it when the client is closed."""
        if not self._closed:
            self._free.append(segment)

    def close(self) -> None:
        """Unmap the free segments; the server detaches its own when the connection ends."""
        self._closed = True
        self._free.clear()


_pools: weakref.WeakKeyDictionary[Client, _Pool] = weakref.WeakKeyDictionary()


def _attach(client: Client, segment: _Segment) -> bool:
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


def _write(client: Client, drawable: int, area: Rectangle, segment: _Segment) -> tuple[int, int]:
    """Let the server write an image to the start of ``segment``; its depth and visual."""
    cookie = client.extension(xcffib.shm).GetImage(
        *(drawable, area.x, area.y, area.width, area.height),
        *(0xFFFFFFFF, ImageFormat.ZPixmap, segment.id, 0),
    )
    depth, visual = struct.unpack_from("=xB6xI", client.reply(cookie))
    return depth, visual
