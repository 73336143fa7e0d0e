# SPDX-License-Identifier: MIT
"""Events as a script sees them: objects of xcffib, with the fields that are alike on any server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import xcffib

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.script.calls import module_of
from harness.x11 import present

TELLING_FIELDS = ("serial", "window", "drawable", "damage")
"""Fields by which a script tells the event that it waits for from others of its kind."""

_NEVER_ALIKE = {"sequence", "response_type", "bufsize", "length", "full_sequence", "code"}
_UNIONS = ("cc", "oc", "op", "pc", "pp", "rc", "lc")
"""The member of the union of RANDR's Notify, by its subcode (RANDR 1.6, 11)."""


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event of a client.  ``cls`` is its class in a script, "" for one that xcffib lacks.

    ``fields`` are the numbers in it, by the path of attributes, without ids and times.
    """

    client: int
    cls: str
    fields: dict[str, int]

    @property
    def label(self) -> str:
        """What ``kinds`` of a script calls it."""
        return f"{self.cls.rpartition('.')[2] or 'NoneType'}{self.fields.get('subCode', '')}"


def seen_events(head: RecordingHead, messages: Iterable[RecordedMessage]) -> Iterator[SeenEvent]:
    """The events among ``messages``, in their order."""
    references = References(head.extensions)
    for message in messages:
        found = references.of(message)
        if message.kind is not RecordedKind.EVENT:
            continue
        name = references.event_name(message.data, message.order)
        cls, where = event_class(name)
        taken = {one.value for one in found if one.value}
        fields = dict(_numbers(where, message.data)) if where is not None else {}
        alike = {path: value for path, value in fields.items() if value not in taken}
        yield SeenEvent(message.client, cls, alike)


def event_class(name: str) -> tuple[str, Any]:
    """The class of an event in a script, and xcffib's; "" and None where xcffib has none."""
    if name == "PresentCompleteNotify":
        return "CompleteNotify", None
    extension, _, bare = name.rpartition(":")
    if name.startswith("Present"):
        extension, bare = present.EXTENSION, name.removeprefix("Present")
    module = module_of(extension)
    cls = getattr(module, f"{bare}Event", None)
    if module is None or cls is None:
        return "", None
    where = module.__name__.rpartition(".")[2]
    return (f"{bare}Event" if where == "xproto" else f"xcffib.{where}.{bare}Event"), cls


def _numbers(cls: Any, data: bytes) -> Iterator[tuple[str, int]]:
    try:
        event = cls(xcffib.MemoryUnpacker(data))
    except Exception:  # xcffib's classes are generated and check nothing
        return
    for name, value in vars(event).items():
        if isinstance(value, int) and name not in _NEVER_ALIKE:
            yield name, value
        elif name == "u" and event.subCode < len(_UNIONS):
            member = _UNIONS[event.subCode]
            for inner, number in vars(getattr(value, member)).items():
                if isinstance(number, int) and inner not in _NEVER_ALIKE:
                    yield f"u.{member}.{inner}", number
