# SPDX-License-Identifier: MIT
"""DRI3 in a script: plain pixmaps with the recorded pictures, and fences of SYNC.

No server needs to have DRI3 for it, nor xcffib to pass descriptors.
"""

import struct
from collections.abc import Callable, Iterator, Sequence

from harness.recordings.device_buffers import (
    DRI3,
    FENCE_FROM_FD,
    FROM_BUFFER,
    FROM_BUFFERS,
    QUESTIONS,
    DevicePixmap,
    device_pixmap,
)
from harness.recordings.messages import RecordedMessage
from harness.recordings.script.expressions import bytes_text

REPLACED = frozenset({FROM_BUFFER, FROM_BUFFERS, FENCE_FROM_FD, *QUESTIONS})
"""Minor opcodes of DRI3's requests that a script replaces or leaves out."""


class DeviceBuffers:
    """The buffers of a recording, by the number of their descriptor.

    ``name`` gives the expression for an id, ``bind`` the variable with the requests of an
    extension on a connection.
    """

    def __init__(self, name: Callable[[int], str], bind: Callable[[str, str], str]) -> None:
        self._name, self._bind = name, bind
        self._buffers: dict[int, DevicePixmap] = {}

    def replacement(
        self, message: RecordedMessage, extension: str, connection: str
    ) -> Sequence[str] | None:
        """The statements in place of a request of DRI3; None for one that is sent as it is."""
        if extension != DRI3 or message.data[1] not in REPLACED:
            return None
        if message.data[1] in QUESTIONS:
            return ()
        if message.data[1] == FENCE_FROM_FD:
            pair = struct.unpack_from(f"{message.order}II", message.data, 4)
            drawable, fence = map(self._name, pair)
            return (f"{self._bind(connection, 'SYNC')}.CreateFence({drawable}, {fence}, True)",)
        asked = device_pixmap(message.data, message.order)
        for one in message.descriptors[:1]:
            self._buffers[one.number] = asked
        ids = f"{self._name(asked.pixmap)}, {self._name(asked.drawable)}"
        size = f"{asked.width}, {asked.height}"
        return (f"{connection}.core.CreatePixmap({asked.depth}, {ids}, {size})",)

    def painted(self, message: RecordedMessage, connection: str) -> Iterator[str]:
        """Statements that draw what buffers show in this request."""
        for one in message.contents:
            if (asked := self._buffers.get(one.memory)) is not None:
                size = f"{asked.depth}, {asked.width}, {asked.stride}"
                pixels = bytes_text(one.data)
                yield f"paint({connection}, {self._name(asked.pixmap)}, {size}, {pixels})"
