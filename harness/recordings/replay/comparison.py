# SPDX-License-Identifier: MIT
"""Whether two servers said the same: messages with the values of one server, field by field."""

from dataclasses import replace
from enum import Enum

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, with_values
from harness.recordings.replay.mapping import ValueMapping
from harness.recordings.replay.result import FieldDifference
from harness.x11.definitions.fields import Value

_MACHINE = """
    GetAtomName RENDER:QueryPictFormats ListExtensions QueryFont QueryTextExtents ListFonts
    ListFontsWithInfo GetFontPath QueryKeymap GetKeyboardMapping GetKeyboardControl
    GetPointerMapping GetModifierMapping GetPointerControl GetMotionEvents GetScreenSaver
    ListHosts QueryPointer GetInputFocus PresentQueryCapabilities SYNC:QueryCounter
    SYNC:QueryAlarm SYNC:Initialize SYNC:ListSystemCounters XKEYBOARD:UseExtension
    BIG-REQUESTS:Enable
"""
"""Requests whose replies speak of keyboards, fonts, time and limits of the machine."""
_MACHINE_EXTENSIONS = frozenset(
    {
        *("GLX", "XKEYBOARD", "XInputExtension", "X-Resource", "RECORD", "DPMS", "XC-MISC"),
        *("MIT-SCREEN-SAVER", "DRI2", "DRI3", "XVideo", "XFree86-VidModeExtension", "SECURITY"),
    }
)
"""Extensions of which no reply is compared."""
_VERSION = ":QueryVersion", "QueryVersion"
_FIELDS = frozenset({"alignment_pad", "cursor_serial", "vendor_release"})
"""Fields that are not compared: unused bytes, counters."""
_ONLY_PRESENCE = "QueryExtension"

_UNTIMED = frozenset({"PresentCompleteNotify", "PresentIdleNotify"})
_TIMED = frozenset({"SYNC:CounterNotify", "SYNC:AlarmNotify", *_UNTIMED})
"""Events that come when the time has come, with contents that depend on it."""
_LOOSE = """
    KeyPress KeyRelease ButtonPress ButtonRelease MotionNotify EnterNotify LeaveNotify FocusIn
    FocusOut KeymapNotify MappingNotify VisibilityNotify DAMAGE:Notify XFIXES:CursorNotify
"""
"""Events of input, which no request causes, and those that a server may sum up."""
_LOOSE_EXTENSIONS = frozenset({"XInputExtension", "XKEYBOARD", "GLX", "MIT-SCREEN-SAVER", "DPMS"})


class Firmness(Enum):
    """How far an event of the recording is expected of another server.

    EXACT: it comes, and is the same.  TIMED: it comes in its time, about the same thing.
    LOOSE: it may come.
    """

    EXACT = "exact"
    TIMED = "timed"
    LOOSE = "loose"


def firmness(event: str) -> Firmness:
    """That of an event, by its name."""
    if event in _TIMED:
        return Firmness.TIMED
    extension = event.partition(":")[0] if ":" in event else ""
    loose = event in _LOOSE.split() or extension in _LOOSE_EXTENSIONS
    return Firmness.LOOSE if loose else Firmness.EXACT


def is_compared(request: str) -> bool:
    """Whether the replies to requests of this name are compared."""
    extension = request.partition(":")[0] if ":" in request else ""
    return not (
        request in _MACHINE or extension in _MACHINE_EXTENSIONS or request.endswith(_VERSION)
    )


class MessageComparison:
    """Compares messages of the recording with those of the target."""

    def __init__(self, recorded: References, target: References, mapping: ValueMapping) -> None:
        self._recorded, self._target, self._mapping = recorded, target, mapping

    def canonical(
        self, message: RecordedMessage, references: tuple[Reference, ...], *, recorded: bool
    ) -> RecordedMessage:
        """The message with the recorded server's values, times and sequence number 0."""
        values = [(one, self._mapping.canonical(one, recorded=recorded)) for one in references]
        data = with_values(message.data, message.order, values)
        return replace(message, data=data[:2] + bytes(2) + data[4:])

    def identity(
        self, event: RecordedMessage, references: tuple[Reference, ...], *, recorded: bool
    ) -> tuple[object, ...]:
        """What an event is about: its name, the ids and atoms in it, and a serial."""
        side = self._recorded if recorded else self._target
        about = [
            self._mapping.canonical(one, recorded=recorded)
            for one in references
            if one.kind in (ReferenceKind.XID, ReferenceKind.ATOM)
        ]
        name = side.name(event)
        serial: Value = 0
        if name in _TIMED:
            fields = side.fields(event)
            serial = fields.get("serial", 0), fields.get("kind", 0)  # type: ignore[assignment]
        return name, *about, serial

    def differing(self, expected: RecordedMessage, got: RecordedMessage) -> list[FieldDifference]:
        """The fields that differ in two canonical messages."""
        if expected.data == got.data:
            return []
        name = self._recorded.name(expected)
        fields, others = self._recorded.fields(expected), self._recorded.fields(got)
        if expected.kind is RecordedKind.REPLY and name == _ONLY_PRESENCE:
            fields, others = ({"present": one.get("present", 0)} for one in (fields, others))
        found = []
        for path in [*fields, *(one for one in others if one not in fields)]:
            leaf = path.rpartition(".")[2]
            old, new = fields.get(path), others.get(path)
            if old == new or leaf in _FIELDS:
                continue
            found.append(FieldDifference(path, *_values(old, new), new))
        return found


def _values(old: Value | None, new: Value | None) -> tuple[str, str]:
    if isinstance(old, bytes) and isinstance(new, bytes) and max(len(old), len(new)) > 32:
        pairs = zip(old, new, strict=False)
        differ = [at for at, (one, other) in enumerate(pairs) if one != other]
        first = differ[0] if differ else min(len(old), len(new))
        return (
            f"{len(old)} bytes, at {first}: {old[first : first + 16].hex(' ') or 'the end'}",
            f"{len(new)} bytes, at {first}: {new[first : first + 16].hex(' ') or 'the end'}"
            f" ({len(differ)} bytes differ)",
        )
    return _value(old), _value(new)


def _value(value: Value | None) -> str:
    if value is None:
        return "no such field"
    if isinstance(value, bytes):
        return value.hex(" ") or "no bytes"
    if isinstance(value, int) and value > 0xFFFF:
        return f"{value:#x}"
    return str(value)
