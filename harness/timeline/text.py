# SPDX-License-Identifier: MIT
"""A timeline, and what is wrong with it, as text for a terminal of 100 columns.

The text is ASCII: it is printed, by pytest and by scripts, where nothing else may be encodable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from enum import Enum

from harness.timeline.model.randr import decoded
from harness.timeline.record import Close, Entry, Error, Event, Reply, Request, Timeline
from harness.timeline.rules.base import Violation
from harness.x11 import present
from harness.x11.codec import Message
from harness.x11.encoding import read_evtype
from harness.x11.names import UNKNOWN_GENERIC

COLUMNS = 100

_HEX = {"event", "window", "pixmap", "valid", "update", "target_crtc", "wait_fence", "idle_fence"}
_HEX |= {"root", "crtc", "output", "provider", "lease"}
_HEX |= {"event_window", "valid_region", "update_region"}
_ALWAYS = {"event", "window", "pixmap", "serial", "mask", "kind", "mode", "ust", "msc"}
_ALWAYS |= {"crtc", "timestamp"}
_FIRST = ("serial", "kind", "mode", "ust", "msc", "target_msc", "window", "pixmap")
_SHORT = {"target_msc": "target", "target_crtc": "crtc", "wait_fence": "wait", "idle_fence": "idle"}


def timeline_text(timeline: Timeline, *, present_only: bool = False, limit: int = 200) -> str:
    """One line per entry: relative ms, client, sequence, direction, what.

    ``present_only`` keeps Present's entries, errors and closes.  Of more than ``limit``
    lines the first and last halves are shown, and how many were left out between.
    """
    entries = [entry for entry in timeline.entries if not present_only or _matters(entry)]
    return _lines(entries, limit, timeline.entries[0].time if timeline.entries else 0.0)


def violations_text(violations: Sequence[Violation], timeline: Timeline, *, limit: int = 10) -> str:
    """Each violation: its sentence, the clause it breaks, the entries involved.

    Times are ms since the first entry of ``timeline``; after ``limit`` violations the rest
    is only counted.
    """
    start = timeline.entries[0].time if timeline.entries else 0.0
    blocks = [violation_text(one, start) for one in violations[:limit]]
    if len(violations) > limit:
        blocks.append(f"... {len(violations) - limit} more violations left out ...")
    return "\n\n".join(blocks)


def violation_text(violation: Violation, start: float = 0.0) -> str:
    """The sentence of a violation, its clause, its rule, its entries; times in ms since ``start``.

    ``start`` is in s.
    """
    return (
        f"{violation.sentence}.\n  clause   {violation.clause}\n  rule     {violation.rule}\n"
        f"{_indent(_lines(violation.entries, 12, start))}"
    )


def entry_text(entry: Entry, start: float = 0.0, columns: int | None = COLUMNS) -> str:
    """One line for ``entry``, its time in ms since ``start`` (s), at most ``columns`` wide."""
    head = f"{(entry.time - start) * 1000:10.3f}  {entry.client:<9.9} {entry.sequence:>5}"
    line = f"{head} {message_text(entry)}"
    return line if columns is None or len(line) <= columns else line[: columns - 3] + "..."


def message_text(entry: Entry) -> str:
    """What ``entry`` is, without its time, client and sequence number."""
    match entry:
        case Request():
            return f"-> {_named(entry.name, entry.content)}"
        case Event():
            return f"<- {_named(_event_name(entry), entry.content or decoded(entry))}"
        case Reply():
            return f"<- reply to {entry.name}"
        case Error():
            return f"<- error {entry.name} for {entry.request} (value {entry.value:#x})"
        case Close():
            return "-- connection closed"
    return type(entry).__name__


def _event_name(entry: Event) -> str:
    if entry.name.isdigit():
        return f"event {entry.name}"
    if entry.name == UNKNOWN_GENERIC and len(entry.data) >= 10:
        return f"{entry.name} of extension {entry.data[1]}, type {read_evtype(entry.data)}"
    return entry.name


def _named(name: str, content: Message | None) -> str:
    if content is None:
        return name
    name = getattr(content, "NAME", type(content).__name__)
    short = name.removeprefix("Present").removesuffix("Notify")
    return f"{short} {' '.join(_fields(content))}"


def _fields(content: Message) -> Iterable[str]:
    names = [one.name for one in fields(content)]
    for name in sorted(names, key=lambda name: _FIRST.index(name) if name in _FIRST else 99):
        value = getattr(content, name)
        if (not value and name not in _ALWAYS) or value is present.CompleteKind.PIXMAP:
            continue
        yield f"{_SHORT.get(name, name)}={_value(name, value)}"


def _value(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f"{one.window:#x}:{one.serial}" for one in value) + "]"
    if isinstance(value, present.XRectangle):
        return f"{value.width}x{value.height}{value.x:+}{value.y:+}"
    if name == "mask" and isinstance(value, int):
        value = present.EventMask(value)
    if isinstance(value, Enum):
        return value.name or str(value.value)
    return f"{value:#x}" if name in _HEX else str(value)


def _matters(entry: Entry) -> bool:
    match entry:
        case Request() | Event():
            return entry.content is not None or entry.name.startswith("Present")
        case Reply():
            return entry.name.startswith("Present")
    return True


def _lines(entries: Sequence[Entry], limit: int, start: float) -> str:
    shown = [entry_text(entry, start) for entry in entries]
    left_out = len(shown) - limit
    if left_out > 0:
        head, tail = limit - limit // 2, limit // 2
        note = f"{'':>10}  ... {left_out} entries left out ..."
        shown = [*shown[:head], note, *shown[len(shown) - tail :]]
    return "\n".join(shown)


def _indent(text: str) -> str:
    return "\n".join(f"  {line}"[:COLUMNS] for line in text.splitlines())
