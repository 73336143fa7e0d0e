# SPDX-License-Identifier: MIT
"""What stood behind the descriptors of a recording, made again for the target."""

import mmap
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from harness.recordings.device_buffers import DevicePixmap, device_pixmap
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
_CREATE_FENCE = 14
_Z_PIXMAP = 2
_MOST_BYTES = 1 << 17
"""What one PutImage carries: less than the longest request without BIG-REQUESTS."""


class Memories:
    """Memory by its number in the recording: of descriptors, and of System V segments below 0."""

    def __init__(self) -> None:
        self._fds: dict[int, int] = {}
        self._fences: set[int] = set()
        self._buffers: dict[int, DevicePixmap] = {}
        """The target's pixmaps that stand for buffers of a graphics device."""

    def close(self) -> None:
        """Release all of it."""
        for fd in self._fds.values():
            with suppress(OSError):
                os.close(fd)
        self._fds.clear()

    def fill(self, contents: Iterable[Contents]) -> None:
        """Write what the recorded client had written; not to fences, nor to buffers."""
        for one in contents:
            if one.memory in self._fences or one.memory in self._buffers:
                continue
            fd = self._fd(one.memory, SEGMENT_BYTES if one.memory < 0 else 0)
            if os.fstat(fd).st_size < one.offset + len(one.data):
                os.ftruncate(fd, one.offset + len(one.data))
            os.pwrite(fd, one.data, one.offset)

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
            self._fences.add(descriptor.number)
            os.pwrite(fd, _TRIGGERED, 0)
        return os.dup(fd)

    def attach_request(self, data: bytes, order: ByteOrder) -> tuple[bytes, int]:
        """MIT-SHM's AttachFd and its descriptor, in place of an Attach of a System V segment."""
        segment, shmid, read_only = struct.unpack_from(f"{order}IIB", data, 4)
        body = struct.pack(f"{order}IB3x", segment, read_only)
        fd = self._fd(-1 - shmid, SEGMENT_BYTES)
        return encoding.request(order, data[0], _ATTACH_FD, body), os.dup(fd)

    def pixmap_request(
        self, data: bytes, order: ByteOrder, descriptors: Sequence[Descriptor]
    ) -> bytes:
        """CreatePixmap in place of DRI3's PixmapFromBuffer(s): buffers are another machine's."""
        asked = device_pixmap(data, order)
        if descriptors:
            self._buffers[descriptors[0].number] = asked
        size = (asked.pixmap, asked.drawable, asked.width, asked.height)
        body = struct.pack(f"{order}IIHH", *size)
        return encoding.request(order, _CREATE_PIXMAP, asked.depth, body)

    def fence_request(self, data: bytes, order: ByteOrder, sync: int) -> bytes:
        """SYNC's CreateFence in place of DRI3's FenceFromFD; ``sync`` is its major opcode."""
        triggered = bytes([1, 0, 0, 0])
        return encoding.request(order, sync, _CREATE_FENCE, data[4:12] + triggered)

    def painting(
        self, contents: Iterable[Contents], order: ByteOrder, context: int
    ) -> Iterator[bytes]:
        """Requests that paint what buffers held, by a graphics context that they make and free."""
        for one in contents:
            buffer = self._buffers.get(one.memory)
            if buffer is None:
                continue
            stride = buffer.stride
            rows = max(1, _MOST_BYTES // stride)
            yield encoding.quiet_gc(order, context, buffer.pixmap)
            for at in range(0, len(one.data) - stride + 1, rows * stride):
                part = one.data[at : at + rows * stride]
                height, y = len(part) // stride, (one.offset + at) // stride
                head = (buffer.pixmap, context, buffer.width, height, 0, y, 0, buffer.depth)
                body = struct.pack(f"{order}IIHHhhBBxx", *head) + part[: height * stride]
                yield encoding.request(order, encoding.PUT_IMAGE, _Z_PIXMAP, body)
            yield encoding.request(order, encoding.FREE_GC, 0, struct.pack(f"{order}I", context))

    def _fd(self, number: int, size: int) -> int:
        if number not in self._fds:
            fd = self._fds[number] = os.memfd_create("replayed")
            os.ftruncate(fd, size)
        return self._fds[number]
