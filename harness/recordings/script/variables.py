# SPDX-License-Identifier: MIT
"""Names for the ids of a script: what a request creates, what a reply or an event told."""

import builtins
import keyword
import re
import struct
from dataclasses import dataclass
from pkgutil import iter_modules

import xcffib

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.x11 import encoding
from harness.x11.setup import first_screen

_NOUNS = {"pid": "pixmap", "wid": "window", "cid": "gc", "eid": "context", "mid": "colormap"}
"""What fields that create something are about, where their names do not say it."""
_NOUNS_BY_REQUEST = {
    "CreateCursor": "cursor",
    "CreateGlyphCursor": "cursor",
    "RENDER:CreatePicture": "picture",
    "SYNC:CreateCounter": "counter",
    "SYNC:CreateAlarm": "alarm",
    "OpenFont": "font",
}
_TOLD = {
    ReferenceKind.XID,
    ReferenceKind.VISUAL,
    ReferenceKind.ATOM,
    ReferenceKind.TIMESTAMP,
    ReferenceKind.MSC,
}
_RESERVED = {
    *dir(builtins),
    *(one.name for one in iter_modules(xcffib.__path__)),
    *("conn", "root", "screen", "main", "run", "start", "cannot_tell", "wait", "time", "select"),
    *("struct", "sys", "os", "io", "xcffib", "zlib", "base64", "subprocess", "present", "wrong"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A value of the server: in the reply or event ``place`` messages into the recording."""

    place: int
    path: str


class Variables:
    """Gives each id of a recording one name."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}
        self._ids: dict[int, str] = {}

    def known(self, value: int) -> str | None:
        """The name of an id that has one."""
        return self._ids.get(value)

    def create(self, value: int, field: str, request: str) -> str:
        """A name for what ``request`` creates in ``field``."""
        noun = _NOUNS_BY_REQUEST.get(request) or _NOUNS.get(field, field)
        self._ids[value] = name = self.new(noun)
        return name

    def give(self, value: int, name: str) -> None:
        """Call ``value`` so from now on."""
        self._ids[value] = name

    def new(self, noun: str) -> str:
        """A name that begins so and that nothing else has."""
        noun = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", noun)).lower().strip("_")
        if not noun or noun[0].isdigit() or keyword.iskeyword(noun) or noun in _RESERVED:
            noun = f"{noun}_" if noun and not noun[0].isdigit() else f"the_{noun}"
        self._taken[noun] = count = self._taken.get(noun, 0) + 1
        return noun if count == 1 else f"{noun}{count}"


def told_noun(message: RecordedMessage, references: References) -> str:
    """What a script calls a reply or an event that tells it something."""
    if message.kind is RecordedKind.EVENT:
        name = references.event_name(message.data, message.order).rpartition(":")[2]
        return name.removeprefix("Present").removesuffix("Notify") or "event"
    if message.answers[:1] == bytes([encoding.INTERN_ATOM]):
        (atom,) = struct.unpack_from(f"{message.order}I", message.data, 8)
        return references.atoms.of(atom) or "atom"
    name = references.request_name(message.answers).rpartition(":")[2]
    return name.removeprefix("Present").removeprefix("Get").removeprefix("Query")


def told_values(
    messages: list[RecordedMessage], references: References
) -> tuple[list[tuple[Reference, ...]], dict[tuple[int, int], Told]]:
    """The references of each message; for those of requests that a server told, where it did.

    The keys of the second are the place of the request and the offset of the reference.
    """
    found = [references.of(one) for one in messages]
    told: dict[tuple[ReferenceKind, int], Told] = {}
    last_msc: dict[int, tuple[int, Told]] = {}
    created: set[int] = set()
    of_the_server: set[int] = set()
    sources: dict[tuple[int, int], Told] = {}
    for place, (message, references_here) in enumerate(zip(messages, found, strict=True)):
        if message.kind is RecordedKind.SETUP and message.data[:1] == b"\1":
            screen = first_screen(message.data, message.order)
            of_the_server |= {screen.root, screen.colormap, *screen.visuals}
        if message.kind in (RecordedKind.REPLY, RecordedKind.EVENT):
            for one in (*references_here, *references.modes(message)):
                if one.kind is ReferenceKind.MSC and one.value:
                    last_msc[message.client] = one.value, Told(place, one.name)
                elif one.kind in _TOLD and one.value and one.value not in created | of_the_server:
                    told.setdefault((one.kind, one.value), Told(place, one.name))
            continue
        if message.kind is not RecordedKind.REQUEST:
            continue
        for one in references_here:
            if one.role is Role.CREATES:
                created.add(one.value)
            elif one.kind is ReferenceKind.MSC and one.value and message.client in last_msc:
                sources[place, one.offset] = last_msc[message.client][1]
            elif (
                one.value not in created | of_the_server
                and (
                    one.kind is not ReferenceKind.ATOM
                    or one.value not in references.atoms.predefined
                )
                and (source := told.get((one.kind, one.value))) is not None
            ):
                sources[place, one.offset] = source
    return found, sources
