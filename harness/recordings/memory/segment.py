# SPDX-License-Identifier: MIT
"""Shared memory that a recording follows: read beside its owners, and compared."""

import os
from collections.abc import Iterator

from harness.servers.shared_segment import SharedSegment

_BLOCK = 4096
"""Bytes that are compared at once."""


class Segment:
    """Memory under its ``number`` in the recording, of ``size`` bytes; zeros at first.

    ``source`` is a descriptor, which it closes, or a System V segment, or None for what cannot be
    read: it never changes then.
    """

    def __init__(self, number: int, size: int, source: int | SharedSegment | None) -> None:
        self.number, self.size, self._source = number, size, source
        self._known = bytearray()

    def changes(self, offset: int, size: int) -> Iterator[tuple[int, bytes]]:
        """What has changed there since the last time: offsets and bytes, whole blocks."""
        new = self._read(offset, min(size, self.size - offset))
        self._known.extend(bytes(max(0, offset + len(new) - len(self._known))))
        if self._known[offset : offset + len(new)] == new:
            return
        start = None
        for at in range(0, len(new), _BLOCK):
            part = new[at : at + _BLOCK]
            same = self._known[offset + at : offset + at + len(part)] == part
            if same and start is not None:
                yield offset + start, new[start:at]
                start = None
            elif not same and start is None:
                start = at
        if start is not None:
            yield offset + start, new[start:]
        self._known[offset : offset + len(new)] = new

    def close(self) -> None:
        """Let go of the memory."""
        if isinstance(self._source, int):
            os.close(self._source)
        self._source = None

    def _read(self, offset: int, size: int) -> bytes:
        if self._source is None or size <= 0 or offset < 0:
            return b""
        if isinstance(self._source, SharedSegment):
            return self._source.read(offset, size)
        # Not mapped: whoever passed the descriptor may shorten what stands behind it.
        try:
            return os.pread(self._source, size, offset)
        except OSError:
            return b""
