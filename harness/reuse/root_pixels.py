# SPDX-License-Identifier: MIT
"""The pixels of the root, by MIT-SHM where the server can: a MB or more after every test."""

import ctypes
import struct

from harness.deadlines import Deadline
from harness.reuse.wire import Wire, request
from harness.servers.shared_segment import SharedSegment
from harness.x11 import encoding
from harness.x11.extensions import Extension

SHARED_MEMORY = "MIT-SHM"

_ALL_PLANES = 0xFFFFFFFF
_Z_PIXMAP = 2
_ATTACH, _SHM_GET_IMAGE = 1, 4
_SEGMENT_NUMBER = 2
"""Of the wire's resources; the witness has others."""


class RootPixels:
    """Reads all pixels of the root again and again: ``request``, and ``of_reply`` of its answer.

    ``extension`` is MIT-SHM, None where the server lacks it: GetImage reads them then, and where
    the server cannot attach memory of this process.
    Raises NotReusable when the server does not answer in time.
    """

    def __init__(self, wire: Wire, extension: Extension | None, deadline: Deadline) -> None:
        area = struct.pack("=IhhHHI", wire.root, 0, 0, wire.width, wire.height, _ALL_PLANES)
        self.request = request(encoding.GET_IMAGE, _Z_PIXMAP, area)
        (image,) = wire.exchange([self.request], deadline)
        self._memory: memoryview | None = None
        self._pixels, size = image[32:], len(image) - 32
        segment = None if extension is None or size <= 0 else SharedSegment.create(size)
        if extension is None or segment is None:
            return
        ident = wire.new_id(_SEGMENT_NUMBER)
        attach = request(
            extension.major, _ATTACH, struct.pack("=IIB3x", ident, segment.shmid, False)
        )
        (answer,) = wire.exchange([attach + request(encoding.GET_INPUT_FOCUS)], deadline)
        if answer[0] == encoding.ERROR:
            wire.exchange([b""], deadline)
            return
        into_memory = area + struct.pack("=B3xII", _Z_PIXMAP, ident, 0)
        read = request(extension.major, _SHM_GET_IMAGE, into_memory)
        self._segment = segment
        memory = memoryview((ctypes.c_ubyte * size).from_address(segment.address)).cast("B")
        self._spoil(memory)
        (answer,) = wire.exchange([read], deadline)
        # In another container the same number may name other memory.
        if answer[0] == encoding.REPLY and self._pixels == memory:
            self.request, self._memory = read, memory
        self._spoil(memory)

    def of_reply(self, reply: bytearray) -> bytearray:
        """The last answer to ``request``, with the pixels unless they are those of the start.

        Two of them are equal if and only if the pixels are.
        """
        reply[2:4] = bytes(2)
        memory = self._memory
        if memory is None or reply[0] != encoding.REPLY:
            return reply
        if self._pixels != memory:
            reply += memory
        self._spoil(memory)
        return reply

    def _spoil(self, memory: memoryview) -> None:
        """Change the first and the last byte, so that pixels that were not written differ."""
        for at in (0, -1):
            memory[at] = self._pixels[at] ^ 0xFF
