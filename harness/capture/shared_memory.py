# SPDX-License-Identifier: MIT
"""Captures through MIT-SHM: the server writes the pixels where the harness reads them."""

import ctypes
import os
import weakref
from typing import Protocol, Self

from harness.capture.get_image import CapturedDrawable, ImageClient, area_of
from harness.capture.zpixmap import RowLayout
from harness.errors import HarnessError
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.rectangle import Rectangle

_IPC_PRIVATE = 0
_IPC_CREAT = 0o1000
_IPC_RMID = 0
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmget.argtypes = (ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmdt.argtypes = (ctypes.c_void_p,)
_libc.shmctl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


class SharedMemoryError(HarnessError):
    """The kernel gives no shared memory."""


class SharedMemoryClient(ImageClient, Protocol):
    """A connection that can fetch images through MIT-SHM.

    ``shm_attach`` returns the segment's X id, raising the protocol error that the server
    answers; ``shm_get_image`` returns the image's depth once the pixels (ZPixmap, all planes,
    offset 0) are there.
    """

    def shm_attach(self, shmid: int, /) -> int: ...
    def shm_detach(self, segment: int, /) -> None: ...
    def shm_get_image(
        self, drawable: int, x: int, y: int, width: int, height: int, segment: int, /
    ) -> int: ...


class _Segment:
    """Memory shared with one X server; removed from the system's table before anyone uses it."""

    def __init__(self, client: SharedMemoryClient, size: int) -> None:
        self.size = size
        shmid = _libc.shmget(_IPC_PRIVATE, size, _IPC_CREAT | 0o600)
        if shmid < 0:
            raise SharedMemoryError(_explanation("shmget", size))
        # Linux lets others attach a removed segment while somebody is attached, so that nothing
        # is left behind even if this process is killed at the next instruction.
        address = _libc.shmat(shmid, None, 0)
        _libc.shmctl(shmid, _IPC_RMID, None)
        if address == _FAILED:
            raise SharedMemoryError(_explanation("shmat", size))
        self._unmap = weakref.finalize(self, _libc.shmdt, address)
        self._unmap.atexit = False
        self.address: int = address
        self.id = client.shm_attach(shmid)

    def unmap(self) -> None:
        self._unmap()


def _explanation(call: str, size: int) -> str:
    return (
        f"{call} of {size} bytes failed: {os.strerror(ctypes.get_errno())}; "
        f"see the limits with `ipcs -lm`, or capture without shared memory"
    )


class SharedMemoryCapture:
    """Captures through shared memory, without a copy; reuse one for all captures of a client.

    A frame keeps its memory to itself: the segment is used again only when the frame and all
    that views its pixels are gone.  The pixels are the same as ``harness.capture.get_image`` gives.
    Needs a server on this machine with MIT-SHM.  A context manager, or call ``close``.
    """

    def __init__(self, client: SharedMemoryClient) -> None:
        self._client = client
        self._free: list[_Segment] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; frames that still live keep theirs, and their pixels."""
        self._closed = True
        self._drop_free()

    def capture(
        self,
        drawable: CapturedDrawable,
        rectangle: Rectangle | None = None,
        *,
        source: FrameSource = FrameSource.WINDOW,
    ) -> Frame:
        """See ``harness.capture.get_image.capture``; raises SharedMemoryError as well."""
        return self.capture_id(drawable.id, rectangle, source)

    def capture_root(self, rectangle: Rectangle | None = None) -> Frame:
        """See ``harness.capture.get_image.capture_root``; raises SharedMemoryError as well."""
        root = self._client.setup.roots[0].root
        return self.capture_id(root, rectangle, FrameSource.ROOT)

    def capture_id(self, drawable: int, rectangle: Rectangle | None, source: FrameSource) -> Frame:
        """The frame of the drawable with this id."""
        if self._closed:
            raise SharedMemoryError("expected an open SharedMemoryCapture, got a closed one")
        client = self._client
        geometry = client.geometry(drawable)
        area = area_of(geometry, rectangle)
        layout = RowLayout.of(client.formats, client.byte_order, geometry.depth, area.width)
        segment = self._take(layout.stride * area.height)
        try:
            depth = client.shm_get_image(
                drawable, area.x, area.y, area.width, area.height, segment.id
            )
        except BaseException:
            self._release(segment)
            raise
        memory = (ctypes.c_char * segment.size).from_address(segment.address)
        weakref.finalize(memory, self._release, segment).atexit = False
        if drawable == geometry.root:
            source = FrameSource.ROOT
        return Frame(layout.pixels(memory, area.height), depth, source)

    def _take(self, size: int) -> _Segment:
        for index, segment in enumerate(self._free):
            if segment.size >= size:
                return self._free.pop(index)
        self._drop_free()
        return _Segment(self._client, size)

    def _release(self, segment: _Segment) -> None:
        if self._closed:
            segment.unmap()
        else:
            self._free.append(segment)

    def _drop_free(self) -> None:
        while self._free:
            segment = self._free.pop()
            segment.unmap()
            self._client.shm_detach(segment.id)
