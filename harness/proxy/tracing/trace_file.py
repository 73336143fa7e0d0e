# SPDX-License-Identifier: MIT
"""The file that a trace is written to, and how it is read back.

After a head of lines that begin with ``#`` a line for each message: the time in ms, the client,
the sequence number, ``->`` for a request or ``<-`` for what the server sent, the message in words,
and behind `` | `` all its bytes in hexadecimal.  The last line, ``-- connection closed``, has none.
"""

import re
from binascii import hexlify
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension

TRACES = "client-*.txt"
"""The traces in a folder, one of each client."""

_TITLE = "# xharness protocol trace 1: ms, client, sequence, direction, message | its bytes"
_ORDERS: dict[ByteOrder, str] = {"<": "little", ">": "big"}
_ORDER = re.compile(r"# byte order: (little|big)-endian")
_EXTENSION = re.compile(r"# extension (.+): major opcode (\d+), events (\d+), errors (\d+)")
_LINE = re.compile(r" *(\d+\.\d{3})  (\S+) +(\d+) (->|<-|--) (.*)")
_BYTES = re.compile(r"(.*?) \| ((?:[0-9a-f]{2})+)")


class TraceError(HarnessError):
    """A file is no protocol trace, or a damaged one."""


@dataclass(frozen=True, slots=True)
class TraceHead:
    """What holds for all messages of a client: its byte order, the server's extensions."""

    order: ByteOrder
    extensions: tuple[Extension, ...]

    def text(self) -> str:
        """The head of a file."""
        lines = [_TITLE, f"# byte order: {_ORDERS[self.order]}-endian"]
        lines += [
            f"# extension {one.name}: major opcode {one.major}, events {one.first_event}, "
            f"errors {one.first_error}"
            for one in self.extensions
        ]
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class TracedMessage:
    """A message as a trace has it: ``data`` are its bytes, none for the end of a connection.

    ``milliseconds`` are those since the trace began, the same for all its clients.
    """

    milliseconds: float
    client: str
    sequence: int
    direction: str
    words: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TraceFile:
    """The trace of one client.  ``cut_short`` is whether its last line is incomplete."""

    head: TraceHead
    messages: tuple[TracedMessage, ...]
    cut_short: bool


def trace_line(words: str, data: bytes) -> bytes:
    """The line of a message; ``words`` are all that stands before its bytes."""
    separator = b" | " if data else b""
    return b"%b%b%b\n" % (words.encode("ascii"), separator, hexlify(data))


def read_trace(path: Path) -> TraceFile:
    """The trace of one client, as ``path`` has it.

    A last line without an end is left out: the writer died.  Raises TraceError, with the number
    of the line, for anything else that is not as a trace is written.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise TraceError(f"{path} is no protocol trace: byte {error.start} is not ASCII") from error
    cut_short = bool(lines) and not lines[-1].endswith("\n")
    if cut_short:
        lines.pop()
    stripped = [line.rstrip("\n") for line in lines]
    if not stripped or stripped[0] != _TITLE:
        raise TraceError(
            f"{path} is no protocol trace of this version: its first line is "
            f"{stripped[0][:80] if stripped else 'missing'!r}, expected {_TITLE!r}"
        )
    comments = [line for line in stripped if line.startswith("#")]
    head = _head(path, comments)
    messages = tuple(_messages(path, stripped[len(comments) :], len(comments) + 1))
    return TraceFile(head, messages, cut_short)


def _head(path: Path, lines: list[str]) -> TraceHead:
    order = _ORDER.fullmatch(lines[1]) if len(lines) > 1 else None
    if order is None:
        raise TraceError(f"{path}, line 2: expected the byte order of the client")
    matches = [_EXTENSION.fullmatch(line) for line in lines[2:]]
    for number, match in enumerate(matches, 3):
        if match is None:
            raise TraceError(f"{path}, line {number}: expected an extension and its numbers")
    extensions = [
        Extension(one[1], int(one[2]), int(one[3]), int(one[4])) for one in matches if one
    ]
    return TraceHead("<" if order[1] == "little" else ">", tuple(extensions))


def _messages(path: Path, lines: list[str], first: int) -> Iterator[TracedMessage]:
    for number, line in enumerate(lines, first):
        match = _LINE.fullmatch(line)
        with_bytes = _BYTES.fullmatch(match[5]) if match else None
        if match is None or (with_bytes is None) != (match[4] == "--"):
            raise TraceError(
                f"{path}, line {number}: expected time, client, sequence number, direction, "
                f"message and bytes, got {line[:80]!r}"
            )
        words, data = (
            (with_bytes[1], bytes.fromhex(with_bytes[2])) if with_bytes else (match[5], b"")
        )
        yield TracedMessage(float(match[1]), match[2], int(match[3]), match[4], words, data)
