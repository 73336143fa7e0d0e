# SPDX-License-Identifier: MIT
"""Writes a recording to a pcapng file, item by item; ``docs/recordings.md`` describes it."""

import json
import os
import struct
from dataclasses import astuple
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.recordings.pcapng import blocks
from harness.recordings.pcapng.segments import ACK, FIN, LARGEST_DATA, PSH, SYN, X_PORTS, Flow
from harness.recordings.recording import (
    Closed,
    Contents,
    Descriptor,
    Item,
    Opened,
    Passed,
    RecordingHead,
    Sender,
)
from harness.x11.encoding import NATIVE, ByteOrder

FORMAT = 1
"""The version of our blocks."""
NAME = "xharness"

_COLLECTED = 1 << 18
"""Bytes that wait at most before they are written to the file."""
_PACKET_FIELDS = 20
_DATA = PSH | ACK
_PADDING = (b"", bytes(3), bytes(2), bytes(1))
"""By the last two bits of a size."""
_SHORT = 4096
"""Bytes that are copied rather than written by themselves."""
_MOST_PARTS = 1000
"""Of one write: systems take 1024."""


class RecordingWriter:
    """Writes items to a new file at ``path``, which is whole after ``close``.

    ``display`` is the number of the server's, if it has one, for the port of its connections.
    What was written before ``flush`` is in the file also when the process is killed.

    Raises OSError, as ``write``, ``flush`` and ``close`` do, when the file cannot be written; what
    is in it then can be read.
    """

    def __init__(
        self, path: Path, head: RecordingHead, display: int = 0, order: ByteOrder = NATIVE
    ) -> None:
        self.path, self._order = path, order
        self._port = X_PORTS[display] if display < len(X_PORTS) else X_PORTS[0]
        self._flows: dict[int, Flow] = {}
        self._packet = struct.Struct(f"{order}IIIIIII")
        self._size = struct.Struct(f"{order}I")
        self._parts: list[bytes | memoryview] = []
        self._collected = 0
        self._file = path.open("wb", buffering=0)
        self._add(self._beginning(head))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, item: Item) -> None:
        """Write an item, at once or with the next ones."""
        if isinstance(item, Passed):
            self._write_passed(item)
        elif isinstance(item, Contents):
            self._write_contents(item)
        else:
            self._write_ends(item)
        if self._collected >= _COLLECTED or len(self._parts) >= _MOST_PARTS:
            self.flush()

    def flush(self) -> None:
        """Write to the file all that was collected."""
        parts, self._parts, self._collected = self._parts, [], 0
        while parts:
            written = os.writev(self._file.fileno(), parts[:_MOST_PARTS])
            done = 0
            while done < len(parts) and written >= len(parts[done]):
                written -= len(parts[done])
                done += 1
            parts = parts[done:]
            if written:
                parts[0] = parts[0][written:]

    def close(self) -> None:
        """Write the end and close the file.  Repeating it changes nothing."""
        if self._file.closed:
            return
        try:
            self._add(blocks.block(self._order, blocks.END))
            self.flush()
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Close the file as it is, without an end."""
        self._parts.clear()
        self._file.close()

    def _add(self, *parts: bytes) -> None:
        self._parts += parts
        self._collected += sum(map(len, parts))

    def _beginning(self, head: RecordingHead) -> bytes:
        order = self._order
        section = struct.pack(f"{order}IHHq", blocks.MAGIC, *blocks.VERSION, -1)
        interface = struct.pack(f"{order}HHI", blocks.RAW_IP, 0, 0)
        about = blocks.options(
            order,
            [
                (blocks.COMMENT, b"an X11 recording of xharness, docs/recordings.md"),
                (blocks.SECTION_APPLICATION, f"{NAME} {_version()}".encode()),
            ],
        )
        units = blocks.options(
            order,
            [
                (blocks.INTERFACE_NAME, head.server.encode()),
                (blocks.INTERFACE_RESOLUTION, bytes([blocks.NANOSECONDS])),
            ],
        )
        return (
            blocks.block(order, blocks.SECTION, section, about)
            + blocks.block(order, blocks.INTERFACE, interface, units)
            + blocks.block(order, blocks.HEAD, head_text(head).encode("ascii"))
        )

    def _write_passed(self, item: Passed) -> None:
        time, client, sender, data, descriptors = item
        flow, by_server = self._flows[client], sender is Sender.SERVER
        comment = _comment(descriptors) if descriptors else ""
        if len(data) <= LARGEST_DATA:
            self._write_packet(flow, time, by_server, _DATA, data, comment)
            return
        whole = memoryview(data)
        for at in range(0, len(data), LARGEST_DATA):
            part = whole[at : at + LARGEST_DATA]
            self._write_packet(flow, time, by_server, _DATA, part, comment)
            comment = ""

    def _write_ends(self, item: Opened | Closed) -> None:
        if isinstance(item, Opened):
            flow = self._flows[item.client] = Flow(item.client, self._port)
            steps = [(False, SYN), (True, SYN | ACK), (False, ACK)]
        else:
            flow = self._flows.pop(item.client)
            by_server = item.by is Sender.SERVER
            steps = [(by_server, FIN | ACK), (not by_server, FIN | ACK), (by_server, ACK)]
        for by_server, flags in steps:
            self._write_packet(flow, item.time, by_server, flags)

    def _write_packet(
        self,
        flow: Flow,
        time: int,
        by_server: bool,
        flags: int,
        data: bytes | memoryview = b"",
        comment: str = "",
    ) -> None:
        length = len(data)
        header = flow.header(by_server, flags, length)
        captured = len(header) + length
        tail = _PADDING[captured & 3]
        if comment:
            tail += blocks.options(self._order, [(blocks.COMMENT, comment.encode("ascii"))])
        size = blocks.FRAME + _PACKET_FIELDS + captured + len(tail)
        head = self._packet.pack(
            blocks.PACKET, size, 0, time >> 32, time & 0xFFFFFFFF, captured, captured
        )
        if length <= _SHORT:
            self._parts.append(b"".join((head, header, data, tail, self._size.pack(size))))
        else:
            self._parts += (head + header, data, tail + self._size.pack(size))
        self._collected += size

    def _write_contents(self, item: Contents) -> None:
        largest = blocks.LARGEST // 2
        for at in range(0, len(item.data), largest):
            fields = (item.time, item.offset + at, item.memory, item.client)
            head = struct.pack(
                f"{self._order}QQqIB3xI",
                *fields,
                item.sender is Sender.SERVER,
                len(part := item.data[at : at + largest]),
            )
            self._add(blocks.block(self._order, blocks.CONTENTS, head, part))


def head_text(head: RecordingHead) -> str:
    """The body of the head's block: JSON in ASCII."""
    return json.dumps(
        {
            "format": FORMAT,
            "server": head.server,
            "command": head.command,
            "big_endian": head.big_endian,
            "extensions": [astuple(one) for one in head.extensions],
        }
    )


def _comment(descriptors: tuple[Descriptor, ...]) -> str:
    """The comment of a packet with descriptors: ``descriptors: 1 memory 4096, 2 fence 4096``."""
    return "descriptors: " + ", ".join(
        f"{one.number} {one.kind.value} {one.size}" for one in descriptors
    )


def _version() -> str:
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "of a source tree"
