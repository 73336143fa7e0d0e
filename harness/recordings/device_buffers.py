# SPDX-License-Identifier: MIT
"""Buffers of a graphics device (DRI3 1.4): pixmaps of a client, which recordings have copies of."""

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import DescriptorKind, RecordingHead, Sender
from harness.x11 import present
from harness.x11.encoding import ByteOrder

DRI3 = "DRI3"
FROM_BUFFER, FENCE_FROM_FD, FROM_BUFFERS = 2, 4, 7
QUESTIONS = frozenset({0, 1, 3, 5, 6, 8, 9})
"""Minor opcodes of requests that change nothing on the server: QueryVersion, Open, and so on."""
_PRESENTING = (1, 5)
_MOST_HELD = 4096
"""Messages that are waited with for the copy of a buffer: one that the server refused has none."""


@dataclass(frozen=True, slots=True)
class DevicePixmap:
    """The pixmap that a PixmapFromBuffer or PixmapFromBuffers asks for; sizes in pixels."""

    pixmap: int
    drawable: int
    width: int
    height: int
    depth: int

    @property
    def stride(self) -> int:
        """Bytes of a row of its copy."""
        row = self.width * (4 if self.depth > 16 else 2 if self.depth > 8 else 1)
        return row + -row % 4


def device_pixmap(request: bytes, order: ByteOrder) -> DevicePixmap:
    """What a request with one of the two minor opcodes asks for."""
    pixmap, drawable = struct.unpack_from(f"{order}II", request, 4)
    width, height = struct.unpack_from(f"{order}HH", request, 16)
    depth = request[52] if request[1] == FROM_BUFFERS else request[22]
    return DevicePixmap(pixmap, drawable, width, height, depth)


def copies_first(
    head: RecordingHead, messages: Iterable[RecordedMessage]
) -> Iterator[RecordedMessage]:
    """The messages with each copy of a buffer before the request that presents it.

    ``head`` is that of the recording, in which copies follow that request: they are contents of a
    message of the server.
    """
    majors = {one.name: one.major for one in head.extensions}
    if DRI3 not in majors or present.EXTENSION not in majors:
        yield from messages
        return
    yield from _Holding(majors[DRI3], majors[present.EXTENSION]).run(messages)


class _Holding:
    def __init__(self, dri3: int, presenting: int) -> None:
        self._dri3, self._present = dri3, presenting
        self._buffers: dict[tuple[int, int], int] = {}
        self._held: deque[RecordedMessage] = deque()
        self._first = 0
        self._waiting: dict[int, int] = {}
        """Where a presented buffer's request is, counted from the first message, by its number."""

    def run(self, messages: Iterable[RecordedMessage]) -> Iterator[RecordedMessage]:
        for message in messages:
            self._held.append(self._without_copies(message))
            if message.kind is RecordedKind.REQUEST:
                self._note(message)
            while self._held and not self._waits():
                self._first += 1
                yield self._held.popleft()
        yield from self._held

    def _waits(self) -> bool:
        """Whether the first of the held messages still waits for its copy."""
        if len(self._held) > _MOST_HELD:
            self._waiting = {k: at for k, at in self._waiting.items() if at != self._first}
        return self._first in self._waiting.values()

    def _note(self, request: RecordedMessage) -> None:
        (major, minor), data = request.data[:2], request.data
        if major == self._dri3 and minor in (FROM_BUFFER, FROM_BUFFERS) and len(data) >= 8:
            (pixmap,) = struct.unpack_from(f"{request.order}I", data, 4)
            for one in request.descriptors[:1]:
                if one.kind is DescriptorKind.BUFFER:
                    self._buffers[request.client, pixmap] = one.number
        elif major == self._present and minor in _PRESENTING and len(data) >= 12:
            (pixmap,) = struct.unpack_from(f"{request.order}I", data, 8)
            number = self._buffers.get((request.client, pixmap))
            if number is not None:
                self._waiting[number] = self._first + len(self._held) - 1

    def _without_copies(self, message: RecordedMessage) -> RecordedMessage:
        """The message; its copies of buffers go to the requests that wait for them."""
        if not message.contents or not self._waiting or message.sender is not Sender.SERVER:
            return message
        kept = []
        for one in message.contents:
            place = self._waiting.pop(one.memory, None)
            if place is None:
                kept.append(one)
                continue
            request = self._held[place - self._first]
            copied = (*request.contents, replace(one, sender=Sender.CLIENT))
            self._held[place - self._first] = replace(request, contents=copied)
        return replace(message, contents=tuple(kept))
