# SPDX-License-Identifier: MIT
"""The memory that one client shares with its server, followed through what they say to each other.

MIT-SHM 1.2 (Attach, AttachFd, CreateSegment, PutImage, GetImage, CreatePixmap); DRI3 1.4
(PixmapFromBuffer, FenceFromFD, PixmapFromBuffers); libxshmfence for what a fence looks like.
"""

import os
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.recordings.memory.cutting import MessageCutter, RequestCutter
from harness.recordings.memory.segment import Segment
from harness.recordings.messages import WITH_DESCRIPTORS, descriptors_of_request
from harness.recordings.recording import Descriptor, DescriptorKind, Sender
from harness.servers.shared_segment import SharedSegment
from harness.x11 import encoding, setup
from harness.x11.extensions import Extension

Written = tuple[int, int, int, bytes]
"""Where in the bytes that pass it stands, the number of the memory, an offset in it, contents."""

_SHARING = ("MIT-SHM", "DRI3")
_ATTACH, _DETACH, _PUT_IMAGE, _GET_IMAGE, _CREATE_PIXMAP, _ATTACH_FD, _CREATE_SEGMENT = range(1, 8)
_PIXMAP_FROM_BUFFER, _FENCE_FROM_FD, _PIXMAP_FROM_BUFFERS = 2, 4, 7
_FREE_PIXMAP, _CREATE_GC, _CHANGE_GC, _FREE_GC = 54, 55, 56, 60
_CREATE_PICTURE, _CHANGE_PICTURE, _FREE_PICTURE = 4, 5, 7
_DESTROY_FENCE = 17
_Z_PIXMAP = 2
_FENCE_SIZE = 4
"""Bytes of a fence that say its state: 0 untriggered, 1 triggered, -1 awaited."""
_MOST_WAITING = 64
"""Descriptors whose request or reply has not come yet."""


@dataclass(frozen=True, slots=True)
class DeviceBuffer:
    """A pixmap of the client that is a buffer of a graphics device, under its number."""

    number: int
    pixmap: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Image:
    segment: Segment
    offset: int
    size: int


class ClientMemory:
    """What a client shares with its server, from its first byte on.

    It costs little as long as the client shares nothing.  ``presented`` gets the buffers that it
    presents.
    """

    def __init__(
        self,
        extensions: Mapping[str, Extension],
        presented: Callable[[DeviceBuffer], None],
    ) -> None:
        self._names = {one.major: name for name, one in extensions.items()}
        big = extensions.get("BIG-REQUESTS")
        self._requests = RequestCutter(big.major if big else 0)
        self._messages = MessageCutter(self._requests)
        self._sharing = {extensions[name].major for name in _SHARING if name in extensions}
        for major in self._sharing:
            self._requests.wanted[major] = True
        self._always = self._requests.wanted
        self._used = False
        self._presented = presented
        self._segments: dict[int, Segment] = {}
        self._pixmaps: dict[int, _Image] = {}
        """By the ids of pixmaps in shared memory, and of what draws with them."""
        self._fences: dict[int, Segment] = {}
        self._buffers: dict[int, DeviceBuffer] = {}
        self._expected: dict[int, bytes] = {}
        self._waiting: dict[Sender, deque[tuple[Descriptor, int]]] = {
            sender: deque() for sender in Sender
        }
        self._kinds: dict[int, DescriptorKind] = {}
        self._formats: dict[int, tuple[int, int]] = {}

    def sent(self, data: bytes, fds: list[tuple[Descriptor, int]]) -> list[Written]:
        """The client sends ``data``, with ``fds``: what its requests use that has changed."""
        if not self._used and not fds and self._requests.passes(data):
            return []
        if fds:
            self._wait(Sender.CLIENT, fds)
        found = self._fence_changes() if self._fences else []
        requests, every = self._requests, False
        if self._used:
            ids = (*self._pixmaps, *self._fences, *self._buffers)
            packed = [struct.pack(f"{requests.order}I", one) for one in ids]
            every = any(one in data for one in packed)
        requests.wanted = _EVERY if every else self._always
        for at, number, request in requests.find(data):
            if request[0] in self._names:
                found += _at(at, self._extension(number, request))
            if every:
                found += _at(at, self._mentioned(request, packed))
        return found

    def received(self, data: bytes, fds: list[tuple[Descriptor, int]]) -> list[Written]:
        """The server sends ``data``, with ``fds``: what it has written for these messages."""
        if not self._used and not fds and self._messages.passes(data):
            return []
        if fds:
            self._wait(Sender.SERVER, fds)
        found = self._fence_changes() if self._fences else []
        self._messages.wanted = _ANSWERS if self._expected else _NONE
        for at, _, message in self._messages.find(data):
            (sequence,) = struct.unpack_from(f"{self._requests.order}H", message, 2)
            request = self._expected.pop(sequence, None)
            if request is not None and message[0] == encoding.REPLY:
                found += _at(at, self._answered(request, message))
        return found

    def kind_of(self, descriptor: Descriptor) -> DescriptorKind:
        """What a descriptor stands for, by the request that took it, or else as given."""
        return self._kinds.pop(descriptor.number, descriptor.kind)

    def close(self) -> None:
        """Let go of all memory and descriptors."""
        images = [image.segment for image in self._pixmaps.values()]
        for segment in (*self._segments.values(), *self._fences.values(), *images):
            segment.close()
        for waiting in self._waiting.values():
            while waiting:
                os.close(waiting.popleft()[1])

    def _fence_changes(self) -> list[Written]:
        return [one for fence in self._fences.values() for one in _at(0, _changes(fence))]

    def _extension(self, number: int, request: bytes) -> Iterator[tuple[int, int, bytes]]:
        name = self._names[request[0]]
        # 0 is QueryVersion.
        self._used |= request[0] in self._sharing and request[1] > 0
        count = descriptors_of_request(name, request)
        if (name, request[1]) in WITH_DESCRIPTORS or (name, request[1]) == ("MIT-SHM", _GET_IMAGE):
            self._expected[number & 0xFFFF] = request
        if name == "MIT-SHM":
            yield from self._shm(request)
        elif name == "DRI3":
            self._dri3(request, count)

    def _shm(self, request: bytes) -> Iterator[tuple[int, int, bytes]]:
        minor = request[1]
        if minor == _ATTACH:
            id_, shmid = self._unpack("II", request)
            source = SharedSegment.attach(shmid)
            size = source.size if source else 0
            self._segments[id_] = Segment(-1 - shmid, size, source)
        elif minor == _ATTACH_FD:
            (id_,) = self._unpack("I", request)
            for descriptor, fd in self._take(Sender.CLIENT, 1, DescriptorKind.MEMORY):
                self._segments[id_] = Segment(descriptor.number, os.fstat(fd).st_size, fd)
        elif minor == _DETACH:
            self._let_go(self._segments.pop(self._unpack("I", request)[0], None))
        elif minor == _PUT_IMAGE and len(request) >= 40:
            width, height, _, y, _, rows = self._unpack("HHHHHH", request, 12)
            depth, form, id_, offset = *request[28:30], *self._unpack("II", request, 32)
            if segment := self._segments.get(id_):
                line = self._line(width, depth if form == _Z_PIXMAP else 1)
                if form == _Z_PIXMAP:
                    offset, height = offset + y * line, rows
                elif form == 1:
                    height *= depth
                yield from _changes(segment, offset, line * height)
        elif minor == _CREATE_PIXMAP and len(request) >= 28:
            pixmap, _, width, height, depth = self._unpack("IIHHB", request)
            id_, offset = self._unpack("II", request, 20)
            if segment := self._segments.get(id_):
                size = self._line(width, depth) * height
                self._pixmaps[pixmap] = _Image(segment, offset, size)

    def _dri3(self, request: bytes, count: int) -> None:
        minor = request[1]
        if minor == _FENCE_FROM_FD:
            for descriptor, fd in self._take(Sender.CLIENT, count, DescriptorKind.FENCE):
                fence = Segment(descriptor.number, os.fstat(fd).st_size, fd)
                self._fences[self._unpack("I", request, 8)[0]] = fence
        elif minor in (_PIXMAP_FROM_BUFFER, _PIXMAP_FROM_BUFFERS):
            first = None
            for descriptor, fd in self._take(Sender.CLIENT, count, DescriptorKind.BUFFER):
                first = first or descriptor
                os.close(fd)
            if first is not None:
                (pixmap,) = self._unpack("I", request)
                width, height = self._unpack("HH", request, 16)
                self._buffers[pixmap] = DeviceBuffer(first.number, pixmap, width, height)
        else:
            for _, fd in self._take(Sender.CLIENT, count, None):
                os.close(fd)

    def _mentioned(self, request: bytes, ids: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
        """What has changed in the pixmaps that a request names, or draws with."""
        name, minor = self._names.get(request[0]), request[1]
        major = request[0] if name is None else -1
        named = {self._unpack("I", one, 0)[0] for one in ids if one in request}
        for id_ in named:
            if image := self._pixmaps.get(id_):
                yield from _changes(image.segment, image.offset, image.size)
                if major in (_CREATE_GC, _CHANGE_GC) or (
                    name == "RENDER" and minor in (_CREATE_PICTURE, _CHANGE_PICTURE)
                ):
                    self._pixmaps[self._unpack("I", request)[0]] = image
            if name == "Present" and minor in (1, 5) and id_ in self._buffers:
                self._presented(self._buffers[id_])
        if not named:
            return
        freed = self._unpack("I", request)[0] if len(request) >= 8 else 0
        if major in (_FREE_PIXMAP, _FREE_GC) or (name == "RENDER" and minor == _FREE_PICTURE):
            self._buffers.pop(freed, None)
            if image := self._pixmaps.pop(freed, None):
                self._let_go(image.segment)
        elif name == "SYNC" and minor == _DESTROY_FENCE and freed in self._fences:
            self._fences.pop(freed).close()

    def _let_go(self, segment: Segment | None) -> None:
        """Close ``segment`` when nothing of the client's uses it any more."""
        used = [*self._segments.values(), *(image.segment for image in self._pixmaps.values())]
        if segment is not None and not any(one is segment for one in used):
            segment.close()

    def _answered(self, request: bytes, reply: bytes) -> Iterator[tuple[int, int, bytes]]:
        name, minor = self._names[request[0]], request[1]
        if name == "MIT-SHM" and minor == _GET_IMAGE:
            id_, offset = self._unpack("II", request, 24)
            (size,) = self._unpack("I", reply, 12)
            if segment := self._segments.get(id_):
                yield from _changes(segment, offset, size)
            return
        created = name == "MIT-SHM"
        kind = DescriptorKind.MEMORY if created else None
        for descriptor, fd in self._take(Sender.SERVER, reply[1], kind):
            if created:
                segment = Segment(descriptor.number, os.fstat(fd).st_size, fd)
                self._segments[self._unpack("I", request)[0]] = segment
            else:
                os.close(fd)

    def _wait(self, sender: Sender, fds: list[tuple[Descriptor, int]]) -> None:
        waiting = self._waiting[sender]
        waiting.extend((descriptor, os.dup(fd)) for descriptor, fd in fds)
        while len(waiting) > _MOST_WAITING:
            os.close(waiting.popleft()[1])

    def _take(
        self, sender: Sender, count: int, kind: DescriptorKind | None
    ) -> list[tuple[Descriptor, int]]:
        waiting = self._waiting[sender]
        taken = [waiting.popleft() for _ in range(min(count, len(waiting)))]
        if kind is not None:
            self._kinds |= {descriptor.number: kind for descriptor, _ in taken}
        return taken

    def _unpack(self, layout: str, data: bytes, at: int = 4) -> tuple[int, ...]:
        return struct.unpack_from(self._requests.order + layout, data, at)

    def _line(self, width: int, depth: int) -> int:
        """Bytes of a line of an image, as the server's formats say."""
        if not self._formats and self._messages.first:
            self._formats = setup.formats(self._messages.first, self._requests.order)
        bits, pad = self._formats.get(depth, (32 if depth > 16 else 16, 32))
        return (width * bits + pad - 1) // pad * pad // 8


_EVERY, _NONE = bytearray([1]) * 256, bytearray(256)
_ANSWERS = bytearray([1, 1]) + bytearray(254)


def _at(place: int, changes: Iterator[tuple[int, int, bytes]]) -> list[Written]:
    """``changes`` at their place; none for a message that is too short to say what it uses."""
    try:
        return [(place, *change) for change in changes]
    except (struct.error, IndexError):
        return []


def _changes(
    segment: Segment, offset: int = 0, size: int = _FENCE_SIZE
) -> Iterator[tuple[int, int, bytes]]:
    for at, data in segment.changes(offset, size):
        yield segment.number, at, data
