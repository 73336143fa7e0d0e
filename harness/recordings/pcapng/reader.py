# SPDX-License-Identifier: MIT
"""Reads a recording back from its pcapng file, a block at a time."""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from harness.recordings.pcapng import blocks
from harness.recordings.pcapng.segments import FIN, SYN, NoSegment, TcpSegment, decode
from harness.recordings.pcapng.writer import FORMAT
from harness.recordings.recording import (
    Closed,
    Contents,
    Descriptor,
    DescriptorKind,
    Item,
    Opened,
    Passed,
    Recording,
    RecordingError,
    RecordingHead,
    Sender,
)
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension

_DESCRIPTORS = "descriptors: "
_DESCRIPTOR = re.compile(r"(\d+) (memory|fence|buffer|other) (\d+)")
_AHEAD = 1 << 18
"""Bytes that one read takes from the file."""


def read_recording(path: Path) -> Recording:
    """The recording in the file at ``path``; its items are read whenever they are iterated over.

    A file that was cut in the middle of a block ends before it.  Raises RecordingError, also from
    the items, with the place in the file, for one that is no recording or a damaged one; OSError
    for one that cannot be read.
    """
    with path.open("rb") as file:
        head = _File(path, file).head()
        file.seek(0, 2)
        end = blocks.FRAME
        file.seek(max(0, file.tell() - end))
        last = file.read(end)
    ended = any(last == blocks.block(order, blocks.END) for order in ("<", ">"))
    return Recording(head, _Items(path), cut_short=not ended)


@dataclass(frozen=True, slots=True)
class _Items:
    path: Path

    def __iter__(self) -> Iterator[Item]:
        with self.path.open("rb", buffering=_AHEAD) as file:
            reader = _File(self.path, file)
            reader.head()
            yield from reader.items()


@dataclass(slots=True)
class _Connection:
    """How far the connection of a client is read."""

    expected: dict[Sender, int] = field(default_factory=dict)
    closed: bool = False


class _File:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._order: ByteOrder = "<"
        self._at = self._next = 0
        self._connections: dict[int, _Connection] = {}

    def head(self) -> RecordingHead:
        """Read the file up to its head, which stands before all packets."""
        first = self._file.read(blocks.FRAME)
        (kind,) = struct.unpack_from("<I", first.ljust(4, b"\0"))
        if kind == blocks.SECTION and len(first) < blocks.FRAME:
            raise self._error("expected the head of a recording, and the file ends here")
        if kind != blocks.SECTION:
            raise self._error(
                f"expected a pcapng file, which begins with 0a 0d 0d 0a, got "
                f"{first[:4].hex(' ') or 'nothing'}: this is no recording of xharness"
            )
        (magic,) = struct.unpack_from("<I", first, 8)
        self._order = "<" if magic == blocks.MAGIC else ">"
        (magic,) = struct.unpack_from(f"{self._order}I", first, 8)
        if magic != blocks.MAGIC:
            raise self._error(f"expected the byte-order magic 1a2b3c4d, got {first[8:12].hex()}")
        self._file.seek(0)
        for kind, body in self._blocks():
            if kind == blocks.HEAD:
                return self._head(body)
            if kind == blocks.INTERFACE:
                self._check_interface(body)
            elif kind != blocks.SECTION:
                break
        if self._file.read(1) == b"":
            self._at = self._next
            raise self._error("expected the head of a recording, and the file ends here")
        raise self._error(
            "expected the head of a recording: this is a capture of another program, or one that "
            "another program has saved, which drops the blocks that it does not know"
        )

    def items(self) -> Iterator[Item]:
        """The items behind the head."""
        for kind, body in self._blocks():
            if kind == blocks.PACKET:
                yield from self._packet(body)
            elif kind == blocks.CONTENTS:
                yield self._contents(body)
            elif kind == blocks.SECTION:
                raise self._error("expected one section, got a second one: files were joined")

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """Types and bodies of whole blocks; the last one may be cut short."""
        while len(head := self._file.read(8)) == 8:
            self._at = self._next
            kind, size = struct.unpack(f"{self._order}II", head)
            if size % 4 or not blocks.FRAME <= size <= blocks.LARGEST:
                raise self._error(
                    f"expected a block of {blocks.FRAME} to {blocks.LARGEST} bytes, a multiple "
                    f"of 4, got {size} (type {kind:#x})"
                )
            rest = self._file.read(size - 8)
            if len(rest) < size - 8:
                return
            (again,) = struct.unpack_from(f"{self._order}I", rest, len(rest) - 4)
            if again != size:
                raise self._error(
                    f"expected the length {size} at the end of a block too, got {again}"
                )
            self._next += size
            yield kind, rest[:-4]

    def _head(self, body: bytes) -> RecordingHead:
        try:
            values = json.loads(body.rstrip(b"\0"))
            if values["format"] != FORMAT:
                raise self._error(
                    f"expected a recording of format {FORMAT}, got {values['format']!r}: another "
                    f"version of xharness wrote it"
                )
            return RecordingHead(
                server=str(values["server"]),
                extensions=tuple(
                    Extension(str(name), *map(int, numbers))
                    for name, *numbers in values["extensions"]
                ),
                command=tuple(map(str, values["command"])),
                big_endian=bool(values["big_endian"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise self._error(f"expected the head of a recording, got {body[:60]!r}") from error

    def _check_interface(self, body: bytes) -> None:
        (link,) = struct.unpack_from(f"{self._order}H", body.ljust(8, b"\0"))
        try:
            values = dict(blocks.decode_options(self._order, body[8:]))
        except struct.error:
            values = {}
        resolution = values.get(blocks.INTERFACE_RESOLUTION)
        if link != blocks.RAW_IP or resolution != bytes([blocks.NANOSECONDS]):
            raise self._error(
                f"expected packets of raw IP (101) with times in ns, got link type {link} and the "
                f"resolution {resolution.hex() if resolution else 'of us'}: this is a capture of "
                f"another program"
            )

    def _packet(self, body: bytes) -> Iterator[Item]:
        try:
            _, high, low, captured, _ = struct.unpack_from(f"{self._order}IIIII", body)
            packet, rest = body[20 : 20 + captured], body[20 + captured + -captured % 4 :]
            segment = decode(packet)
            values = list(blocks.decode_options(self._order, rest))
        except (struct.error, NoSegment) as error:
            raise self._error(f"expected a packet of a recording, got {error}") from error
        time = high << 32 | low
        connection = self._connection(segment)
        if segment.flags & SYN:
            if segment.sender is Sender.CLIENT:
                yield Opened(time, segment.client)
        elif segment.flags & FIN:
            if not connection.closed:
                connection.closed = True
                yield Closed(time, segment.client, segment.sender)
        elif segment.data:
            descriptors = tuple(
                descriptor
                for code, value in values
                if code == blocks.COMMENT
                for descriptor in self._descriptors(value.decode("utf-8", "replace"))
            )
            yield Passed(time, segment.client, segment.sender, segment.data, descriptors)
        elif connection.closed:
            del self._connections[segment.client]

    def _connection(self, segment: TcpSegment) -> _Connection:
        """The connection of ``segment``, which must be the next one in it."""
        client, opening = segment.client, bool(segment.flags & SYN)
        if opening and segment.sender is Sender.CLIENT:
            self._connections[client] = _Connection()
        connection = self._connections.get(client)
        if connection is None:
            raise self._error(f"client {client} sends or receives before it connects")
        expected = connection.expected.get(segment.sender, 0)
        if segment.sequence != expected:
            raise self._error(
                f"expected the TCP sequence number {expected} from the "
                f"{segment.sender.value} (client {client}), got {segment.sequence}: bytes are "
                f"missing or stand in another order"
            )
        counted = len(segment.data) + bool(segment.flags & (SYN | FIN))
        connection.expected[segment.sender] = (expected + counted) & 0xFFFFFFFF
        return connection

    def _descriptors(self, comment: str) -> Iterator[Descriptor]:
        if not comment.startswith(_DESCRIPTORS):
            return
        for text in comment.removeprefix(_DESCRIPTORS).split(", "):
            if (found := _DESCRIPTOR.fullmatch(text)) is None:
                raise self._error(
                    f"expected a descriptor such as '1 memory 4096' in a comment, got {text!r}"
                )
            yield Descriptor(int(found[1]), DescriptorKind(found[2]), int(found[3]))

    def _contents(self, body: bytes) -> Contents:
        layout = struct.Struct(f"{self._order}QQqIB3xI")
        try:
            time, offset, memory, client, by_server, size = layout.unpack_from(body)
        except struct.error as error:
            raise self._error(f"expected contents of memory, got {len(body)} bytes") from error
        data = body[layout.size : layout.size + size]
        if len(data) != size:
            raise self._error(f"expected {size} bytes of memory, got {len(data)}")
        return Contents(
            time, client, memory, offset, data, Sender.SERVER if by_server else Sender.CLIENT
        )

    def _error(self, text: str) -> RecordingError:
        return RecordingError(f"{self._path}, byte {self._at}: {text}")
