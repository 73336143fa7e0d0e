# SPDX-License-Identifier: MIT
"""What the CRTCs of a DRM device scan out, read beside the server that drives it.

GETFB2 gives the buffer of any CRTC to who may administer the machine, master or not.  Numbers and
layouts are those of the kernel's headers drm.h and drm_mode.h.
"""

import ctypes
import fcntl
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

UNIVERSAL_PLANES, ATOMIC = 2, 3
PLANE_CURSOR = 2
GAMMA_SIZE = 256
CURSOR_SIZE = 64

_WRITE, _READ = 1, 2


def _request(number: int, size: int, way: int = _WRITE | _READ) -> int:
    return way << 30 | size << 16 | ord("d") << 8 | number


_SET_CLIENT_CAP = _request(0x0D, 16, _WRITE)
_DROP_MASTER = _request(0x1F, 0, 0)
_GEM_CLOSE = _request(0x09, 8, _WRITE)
_GET_SEQUENCE = _request(0x3B, 24)
_RESOURCES = _request(0xA0, 64)
_GET_CRTC = _request(0xA1, 104)
_GET_GAMMA = _request(0xA4, 32)
_GET_PROPERTY = _request(0xAA, 64)
_MAP_DUMB = _request(0xB3, 16)
_PLANE_RESOURCES = _request(0xB5, 16)
_GET_PLANE = _request(0xB6, 32)
_OBJECT_PROPERTIES = _request(0xB9, 32)
_GET_FB2 = _request(0xCE, 104)

_PLANE_OBJECT = 0xEEEEEEEE


@dataclass(frozen=True, slots=True)
class FrameBuffer:
    """A frame buffer: its size in pixels, bytes from row to row, fourcc, and its bytes."""

    width: int
    height: int
    stride: int
    format: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class DeviceCrtc:
    """A CRTC: the area of its buffer that it shows, its frame's number and time (ns)."""

    on: bool
    buffer: int
    x: int
    y: int
    width: int
    height: int
    sequence: int
    time: int


@dataclass(frozen=True, slots=True)
class CursorState:
    """The plane of a cursor: its place in the picture, and what it shows."""

    x: int
    y: int
    buffer: FrameBuffer


class Device:
    """The device ``path``.  Its methods raise OSError as the kernel refuses."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        # Who opens it first becomes its master, and the server could not.
        with suppress(OSError):
            fcntl.ioctl(self._fd, _DROP_MASTER)
        for capability in (UNIVERSAL_PLANES, ATOMIC):
            fcntl.ioctl(self._fd, _SET_CLIENT_CAP, struct.pack("=QQ", capability, 1))
        self._crtcs = self._resources()
        self._cursors = dict(self._cursor_planes())

    @property
    def count(self) -> int:
        """How many CRTCs there are; the methods take their numbers from 0 on."""
        return len(self._crtcs)

    def crtc(self, number: int) -> DeviceCrtc:
        """The state of a CRTC."""
        asked = struct.pack("=QIIIIIII68x", 0, 0, self._crtcs[number], 0, 0, 0, 0, 0)
        told = fcntl.ioctl(self._fd, _GET_CRTC, asked)
        _, buffer, x, y, _, valid = struct.unpack_from("=6I", told, 12)
        width, height = struct.unpack_from("=4xH8xH", told, 36)
        on = bool(valid and buffer)
        sequence, time = self._frame(number) if on else (0, 0)
        return DeviceCrtc(on, buffer, x, y, width, height, sequence, time)

    def gamma(self, number: int) -> tuple[tuple[int, ...], ...]:
        """The ramps of red, green and blue."""
        ramps = [(ctypes.c_uint16 * GAMMA_SIZE)() for _ in range(3)]
        places = map(ctypes.addressof, ramps)
        asked = struct.pack("=2I3Q", self._crtcs[number], GAMMA_SIZE, *places)
        fcntl.ioctl(self._fd, _GET_GAMMA, asked)
        return tuple(tuple(ramp) for ramp in ramps)

    def cursor(self, number: int) -> CursorState | None:
        """The cursor that is shown over a CRTC's picture; None without one."""
        plane = self._cursors.get(number)
        if plane is None:
            return None
        _, _, buffer = self._plane(plane)
        if not buffer:
            return None
        values = self._properties(plane)
        x, y = (ctypes.c_int32(values[name]).value for name in (b"CRTC_X", b"CRTC_Y"))
        return CursorState(x, y, self.read(buffer))

    def read(self, buffer: int) -> FrameBuffer:
        """The frame buffer with the id ``buffer``."""
        told = fcntl.ioctl(self._fd, _GET_FB2, struct.pack("=I100x", buffer))
        _, width, height, format = struct.unpack_from("=4I", told)
        (handle,) = struct.unpack_from("=I", told, 20)
        (stride,) = struct.unpack_from("=I", told, 36)
        (start,) = struct.unpack_from("=I", told, 52)
        try:
            mapped = fcntl.ioctl(self._fd, _MAP_DUMB, struct.pack("=IIQ", handle, 0, 0))
            (offset,) = struct.unpack_from("=Q", mapped, 8)
            size = start + stride * height
            with mmap.mmap(self._fd, size, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset) as area:
                data = area[start:]
        finally:
            fcntl.ioctl(self._fd, _GEM_CLOSE, struct.pack("=II", handle, 0))
        return FrameBuffer(width, height, stride, struct.pack("=I", format), data)

    def _frame(self, number: int) -> tuple[int, int]:
        asked = struct.pack("=IIQq", self._crtcs[number], 0, 0, 0)
        _, _, sequence, time = struct.unpack("=IIQq", fcntl.ioctl(self._fd, _GET_SEQUENCE, asked))
        return sequence, time

    def _resources(self) -> list[int]:
        counts = struct.unpack_from("=4I", fcntl.ioctl(self._fd, _RESOURCES, bytes(64)), 32)
        lists = [(ctypes.c_uint32 * max(1, count))() for count in counts]
        asked = struct.pack("=4Q4I16x", *map(ctypes.addressof, lists), *counts)
        fcntl.ioctl(self._fd, _RESOURCES, asked)
        return list(lists[1])[: counts[1]]

    def _cursor_planes(self) -> Iterator[tuple[int, int]]:
        """The plane of the cursor of each CRTC that has one, by the CRTC's number."""
        _, count = struct.unpack_from("=QI", fcntl.ioctl(self._fd, _PLANE_RESOURCES, bytes(16)))
        planes = (ctypes.c_uint32 * max(1, count))()
        asked = struct.pack("=QI4x", ctypes.addressof(planes), count)
        fcntl.ioctl(self._fd, _PLANE_RESOURCES, asked)
        for plane in list(planes)[:count]:
            if self._properties(plane)[b"type"] == PLANE_CURSOR:
                possible, _, _ = self._plane(plane)
                yield (possible & -possible).bit_length() - 1, plane

    def _plane(self, plane: int) -> tuple[int, int, int]:
        """The CRTCs that ``plane`` can belong to, as bits; that which it does; its buffer."""
        told = fcntl.ioctl(self._fd, _GET_PLANE, struct.pack("=I28x", plane))
        crtc, buffer, possible = struct.unpack_from("=4x3I", told)
        return possible, crtc, buffer

    def _properties(self, plane: int) -> dict[bytes, int]:
        asked = struct.pack("=2Q3I4x", 0, 0, 0, plane, _PLANE_OBJECT)
        told = fcntl.ioctl(self._fd, _OBJECT_PROPERTIES, asked)
        (count,) = struct.unpack_from("=I", told, 16)
        ids, values = (ctypes.c_uint32 * count)(), (ctypes.c_uint64 * count)()
        places = ctypes.addressof(ids), ctypes.addressof(values)
        asked = struct.pack("=2Q3I4x", *places, count, plane, _PLANE_OBJECT)
        fcntl.ioctl(self._fd, _OBJECT_PROPERTIES, asked)
        return {self._property_name(id): value for id, value in zip(ids, values, strict=True)}

    def _property_name(self, id: int) -> bytes:
        told = fcntl.ioctl(self._fd, _GET_PROPERTY, struct.pack("=16xI44x", id))
        return told[24:56].split(b"\0")[0]


@contextmanager
def opened(path: Path) -> Iterator[Device]:
    """The device while it is needed.  Raises OSError."""
    device = Device(path)
    try:
        yield device
    finally:
        os.close(device._fd)
