# SPDX-License-Identifier: MIT
"""What stood behind the descriptors of a recording, made again for the target."""

import mmap
import os
import struct
from collections.abc import Iterable
from contextlib import suppress

from harness.recordings.recording import Contents, Descriptor, DescriptorKind
from harness.x11 import encoding
from harness.x11.encoding import ByteOrder

SEGMENT_BYTES = 1 << 28
"""The size of memory that stands for a System V segment: its request does not tell it.

It is not allocated before it is written.
"""
_TRIGGERED = struct.pack("=i", 1)
"""The state of a fence in shared memory (libxshmfence)."""
_ATTACH_FD, _CREATE_PIXMAP = 6, encoding.CREATE_PIXMAP


class Memories:
    """Memory by its number in the recording: of descriptors, and of System V segments below 0."""

    def __init__(self) -> None:
        self._fds: dict[int, int] = {}

    def close(self) -> None:
        """Release all of it."""
        for fd in self._fds.values():
            with suppress(OSError):
                os.close(fd)
        self._fds.clear()

    def fill(self, contents: Iterable[Contents]) -> None:
        """Write what the recorded client had written."""
        for one in contents:
            fd = self._fd(one.memory, SEGMENT_BYTES if one.memory < 0 else 0)
            if os.fstat(fd).st_size < one.offset + len(one.data):
                os.ftruncate(fd, one.offset + len(one.data))
            os.pwrite(fd, one.data, one.offset)

    def read(self, memory: int, offset: int, size: int) -> bytes:
        """What memory holds now."""
        return os.pread(self._fd(memory, 0), size, offset)

    def keep(self, descriptor: Descriptor, fd: int) -> None:
        """The target passed this descriptor where the recorded server passed the other."""
        if (old := self._fds.pop(descriptor.number, None)) is not None:
            os.close(old)
        self._fds[descriptor.number] = fd

    def sent(self, descriptor: Descriptor) -> int:
        """A descriptor to send, which is closed when it was sent.

        Fences are triggered from the start: what the recorded client waited for is over.
        """
        fd = self._fd(descriptor.number, descriptor.size or mmap.PAGESIZE)
        if descriptor.kind is DescriptorKind.FENCE:
            os.pwrite(fd, _TRIGGERED, 0)
        return os.dup(fd)

    def attach_request(self, data: bytes, order: ByteOrder) -> tuple[bytes, int]:
        """MIT-SHM's AttachFd and its descriptor, in place of an Attach of a System V segment."""
        segment, shmid, read_only = struct.unpack_from(f"{order}IIB", data, 4)
        body = struct.pack(f"{order}IB3x", segment, read_only)
        fd = self._fd(-1 - shmid, SEGMENT_BYTES)
        return encoding.request(order, data[0], _ATTACH_FD, body), os.dup(fd)

    def _fd(self, number: int, size: int) -> int:
        if number not in self._fds:
            fd = self._fds[number] = os.memfd_create("replayed")
            os.ftruncate(fd, size)
        return self._fds[number]


def pixmap_request(data: bytes, order: ByteOrder, several: bool) -> bytes:
    """CreatePixmap in place of DRI3's PixmapFromBuffer, or PixmapFromBuffers: another machine."""
    pixmap, drawable = struct.unpack_from(f"{order}II", data, 4)
    at, depth = (16, data[52]) if several else (16, data[22])
    width, height = struct.unpack_from(f"{order}HH", data, at)
    body = struct.pack(f"{order}IIHH", pixmap, drawable, width, height)
    return encoding.request(order, _CREATE_PIXMAP, depth, body)
