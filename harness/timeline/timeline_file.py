# SPDX-License-Identifier: MIT
"""The file that keeps a timeline: JSON Lines, nothing of the record lost.

The first line is the head, each further one an entry.  ``data`` are wire bytes in hexadecimal,
``deflated`` those of long messages, compressed by zlib and in base 64.  ``content`` names what the
bytes decode to; ``encoded`` stands beside it where the record's content is not what they decode to.
"""

import base64
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness.x11.drafts.present_redirect  # noqa: F401  its messages decode then
from harness.errors import HarnessError
from harness.timeline.record import Close, Entry, Error, Event, Reply, Request, Timeline
from harness.timeline.rules.base import Family
from harness.x11 import present
from harness.x11.codec import ExtensionRequest, Message
from harness.x11.present import PresentEvent

TIMELINE_FILE = "timeline.jsonl"
"""The name that the evidence of a test has it under."""

FORMAT, VERSION = "xharness timeline", 1

_SHORT = 512
"""Bytes that are kept readable; more are compressed, as the pixels of a PutImage."""

_KINDS: dict[str, type[Entry]] = {
    "request": Request,
    "reply": Reply,
    "event": Event,
    "error": Error,
    "close": Close,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


_TYPES = {"time": float, "client": str, "sequence": int, "name": str, "code": int, "value": int}


class TimelineFileError(HarnessError):
    """A file is no timeline, one of another version, or a damaged one."""


@dataclass(frozen=True, slots=True)
class RecordedTimeline:
    """A timeline as a file has it.

    ``family`` is that of the server which the rules may judge it by, None where they may not.
    ``cut_short`` is whether the last line was incomplete, and is left out.
    """

    timeline: Timeline
    family: Family | None = None
    cut_short: bool = False


def timeline_bytes(timeline: Timeline, family: Family | None = None) -> bytes:
    """The file of ``timeline``; give its ``family`` when the rules may judge it."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "byte_order": sys.byteorder,
        "family": family and family.name,
    }
    lines = [head, *map(_entry_values, timeline.entries)]
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def read_timeline(path: Path) -> RecordedTimeline:
    """The timeline in ``path``.

    A last line without an end is left out: its writer died.  Raises TimelineFileError, with the
    number of the line, for anything else that is not as ``timeline_bytes`` writes it; raises
    OSError when the file cannot be read.
    """
    lines = path.read_bytes().split(b"\n")
    cut_short = lines.pop() != b""
    family = _head(path, lines[0] if lines else b"")
    entries = list(_entries(path, lines))
    return RecordedTimeline(Timeline(entries), family, cut_short)


def _entry_values(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": _NAMES[type(entry)],
        "time": entry.time,
        "client": entry.client,
        "sequence": entry.sequence,
    }
    match entry:
        case Error():
            for name in ("name", "code", "value", "major", "minor", "request"):
                values[name] = getattr(entry, name)
        case Reply():
            values |= {"name": entry.name, **_data_values(entry.data)}
        case Request() | Event():
            values |= {"name": entry.name, **_data_values(entry.data)}
            if entry.content is not None:
                values |= _content_values(entry.content, entry.data)
    return values


def _data_values(data: bytes) -> dict[str, str]:
    if len(data) > _SHORT:
        return {"deflated": base64.b64encode(zlib.compress(data)).decode()}
    return {"data": data.hex()}


def _content_values(content: ExtensionRequest | PresentEvent, data: bytes) -> dict[str, str]:
    values = {"content": content.NAME}
    if _decoded(type(content), data) != content:
        values["encoded"] = content.encode(0).hex()
    return values


def _decoded(kind: type[ExtensionRequest] | type[PresentEvent], data: bytes) -> Message | None:
    try:
        return kind.decode(data)
    except ValueError:
        return None


def _head(path: Path, line: bytes) -> Family | None:
    try:
        head = json.loads(line)
        known = head["format"] == FORMAT
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise TimelineFileError(
            f"{path} is no timeline: its first line is {line[:80]!r}, expected one with "
            f'"format": "{FORMAT}"; name the {TIMELINE_FILE} of a test\'s evidence'
        )
    if head.get("version") != VERSION:
        raise TimelineFileError(
            f"{path} is a timeline of version {head.get('version')!r}, expected {VERSION}: "
            f"read it with the xharness that wrote it"
        )
    if head.get("byte_order") != sys.byteorder:
        raise TimelineFileError(
            f"{path} was recorded on a {head.get('byte_order')}-endian machine, this one is "
            f"{sys.byteorder}-endian: read it on a machine like the first"
        )
    family = head.get("family")
    if family is not None and family not in Family.__members__:
        raise TimelineFileError(
            f"{path}, line 1: family {family!r} is unknown, expected one of "
            f"{', '.join(Family.__members__)} or null"
        )
    return None if family is None else Family[family]


def _entries(path: Path, lines: list[bytes]) -> Iterator[Entry]:
    for number, line in enumerate(lines[1:], 2):
        try:
            yield _entry(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error) as error:
            raise TimelineFileError(
                f"{path}, line {number}: expected an entry of a timeline, got "
                f"{line[:80].decode(errors='replace')!r} ({type(error).__name__}: {error}); "
                f"the file was changed or is damaged: run the test again"
            ) from None


def _entry(values: dict[str, Any]) -> Entry:
    kind = _KINDS[values.pop("kind")]
    for name, type_ in _TYPES.items():
        if name in values and type(values[name]) is not type_:
            raise ValueError(f"{name} is {values[name]!r}, expected {type_.__name__}")
    if kind in (Request, Event):
        values |= {"content": _content(values)}
    if kind in (Request, Event, Reply):
        values["data"] = _data(values)
        values.pop("deflated", None)
    values.pop("encoded", None)
    return kind(**values)


def _data(values: Mapping[str, Any]) -> bytes:
    if "deflated" in values:
        return zlib.decompress(base64.b64decode(values["deflated"], validate=True))
    return bytes.fromhex(values["data"])


def _content(values: Mapping[str, Any]) -> Message | None:
    name = values.get("content")
    if name is None:
        return None
    kind = present.MESSAGES.named(name)
    if kind is None:
        raise ValueError(f"no message of Present is called {name}")
    encoded = values.get("encoded")
    content: Message = kind.decode(_data(values) if encoded is None else bytes.fromhex(encoded))
    return content
