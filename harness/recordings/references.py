# SPDX-License-Identifier: MIT
"""The fields of a recorded message whose values belong to the server that it was recorded on."""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from harness.errors import HarnessError
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.reference_tables import (
    CLIENT_MESSAGES,
    CREATES,
    FREES,
    LETTERS,
    NEWER_REQUESTS,
    PROPERTIES,
    PROPERTY_CHANGES,
    PROPERTY_READS,
    PROPERTY_TYPES,
    RANDR_NOTIFICATIONS,
    SIZES,
    ReferenceKind,
    kind_of,
)
from harness.x11 import encoding
from harness.x11.definitions.catalogue import Catalogue, installed
from harness.x11.definitions.fields import Item, Value
from harness.x11.definitions.messages import MessageForm
from harness.x11.definitions.naming import Naming
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension

_SIZES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SEND_EVENT, _INTERN_ATOM, _GET_ATOM_NAME = 25, 16, 17
_EVENT_IN_SEND_EVENT = 12
_CONFIGS: dict[str, dict[int, ReferenceKind]] = {
    "GLX:GetFBConfigs": {0x8013: ReferenceKind.XID, 0x800B: ReferenceKind.VISUAL},
    "GLX:GetVisualConfigs": {},
}
"""Replies with lists of attributes, and those attributes whose value is an id."""
_LISTING_MODES = {"RANDR:GetScreenResources", "RANDR:GetScreenResourcesCurrent"}
_MODE = re.compile(r"modes\[\d+\]\.id")
_WIDE = {"m": ReferenceKind.MSC, "r": ReferenceKind.REMAINDER}
_PLAIN_ERRORS = {"Request", "Value", "Match", "Access", "Alloc", "Name", "Length", "Implementation"}


_REPEATED = 128
_MOST_KNOWN = 4096
"""It is remembered what is in so many messages of at most so many bytes: clients that draw send
the same ones thousands of times."""


class DescriptionMissing(HarnessError):
    """A message cannot be read for want of the description of its protocol."""


class Role(Enum):
    """What a message does with a value: a request makes it valid, uses it, makes it invalid.

    ``TELLS`` is that of everything that a server sends.
    """

    CREATES = "creates"
    USES = "uses"
    FREES = "frees"
    TELLS = "tells"


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of a message that another server numbers in its own way.

    It stands ``offset`` bytes from the start of the message in ``size`` bytes (1, 4 or 8).
    ``type`` is the protocol's (``WINDOW``, ``randr:CRTC``), "" where the descriptions name none;
    ``name`` is the path of the field (``window``, ``crtcs[2]``).  A value 0 stands for None,
    CurrentTime or the like.
    """

    offset: int
    size: int
    kind: ReferenceKind
    value: int
    role: Role
    type: str = ""
    name: str = ""


def with_values(data: bytes, order: ByteOrder, values: Iterable[tuple[Reference, int]]) -> bytes:
    """The message ``data`` with another value in the place of each of these references."""
    changed = bytearray(data)
    for reference, value in values:
        layout = order + _SIZES[reference.size]
        struct.pack_into(layout, changed, reference.offset, value & (1 << 8 * reference.size) - 1)
    return bytes(changed)


class References:
    """Finds the references in the messages of one recording, of either byte order.

    ``extensions`` are those of its head.  ``atoms`` has the names of the atoms that the messages
    so far told, and of the predefined ones.  Raises DescriptionMissing without descriptions.
    """

    def __init__(self, extensions: Iterable[Extension], catalogue: Catalogue | None = None) -> None:
        found = catalogue or installed()
        if found is None:
            raise DescriptionMissing(
                "the protocol descriptions of XCB are needed to tell ids, atoms and timestamps "
                "from numbers, and are in no folder xcb of XDG_DATA_DIRS: install the package "
                "xcb-proto (other names: xorg-xcb-proto, xorg-proto)"
            )
        self._catalogue = found
        self._extensions = {one.major: one for one in extensions}
        self._naming = Naming(self._extensions.values(), found)
        self.atoms = dict(found.core.enums["Atom"].names)
        self.predefined = frozenset(self.atoms)
        self._interning: dict[tuple[int, int], str | int] = {}
        self._known: dict[tuple[object, ...], tuple[Reference, ...]] = {}

    def request_name(self, data: bytes) -> str:
        """``CreateWindow``, ``PresentPixmap``, ``SYNC:TriggerFence``, ``request 200.3``."""
        return self._naming.request(data)

    def event_name(self, data: bytes, order: ByteOrder) -> str:
        """``MapNotify``, ``RANDR:Notify``, ``PresentIdleNotify``, ``event 99``."""
        return self._naming.event(data, order)

    def error_name(self, code: int) -> str:
        """``Match``, ``XFIXES:Region``; the code where it has no name."""
        return str(self._naming.errors.get(code, code))

    def of(self, message: RecordedMessage) -> tuple[Reference, ...]:
        """The references in ``message``, by their offsets; none in a set-up or an end.

        Messages must be given in their order, since those that tell atoms are learned from.
        Raises DescriptionMissing for a request of an extension that is not described.
        """
        self._learn(message)
        data = message.data
        if len(data) > _REPEATED:
            return self._found(message)
        # All but the sequence number, or the length, which is that of the data.
        key = message.kind, message.order, data[:2], data[4:], message.answers
        if (known := self._known.get(key)) is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = self._found(message)
        return known

    def _found(self, message: RecordedMessage) -> tuple[Reference, ...]:
        data, order = message.data, message.order
        match message.kind:
            case RecordedKind.REQUEST:
                found = self._in_request(data, order)
            case RecordedKind.REPLY:
                found = self._in_reply(message.answers, data, order)
            case RecordedKind.ERROR:
                found = self._in_error(data, order)
            case RecordedKind.EVENT:
                found = self._in_event(data, order, 0)
            case _:
                return ()
        return tuple(sorted(found, key=lambda one: one.offset))

    def fields(self, message: RecordedMessage) -> dict[str, Value]:
        """The values of a message by the paths of their fields, as in ``Reference.name``.

        Of a message that is not described all bytes are one field, ``data``.
        """
        data, form = message.data, self._form(message)
        if message.kind is RecordedKind.REQUEST:
            data, _ = _without_long_length(data)
        if form is None:
            return {"data": data}
        return {
            path: one.value
            for one, path in _leaves(form.items(data, message.order, compact=True), "")
        }

    def modes(self, message: RecordedMessage) -> Iterator[Reference]:
        """The modes that a reply of RANDR lists.

        ``of`` leaves them out: each server lists others, so that their places are not those of
        another server's.
        """
        if message.kind is RecordedKind.REPLY and self.name(message) in _LISTING_MODES:
            for path, value in self.fields(message).items():
                if isinstance(value, int) and _MODE.fullmatch(path):
                    yield Reference(0, 4, ReferenceKind.XID, value, Role.TELLS, name=path)

    def name(self, message: RecordedMessage) -> str:
        """The name of a request, an event or an error, or of the request that is replied to."""
        match message.kind:
            case RecordedKind.REQUEST:
                return self.request_name(message.data)
            case RecordedKind.REPLY:
                return self.request_name(message.answers) if message.answers else "a request"
            case RecordedKind.ERROR:
                return self.error_name(message.data[1])
            case RecordedKind.EVENT:
                return self.event_name(message.data, message.order)
        return str(message.kind.value)

    def _form(self, message: RecordedMessage) -> MessageForm | None:
        match message.kind:
            case RecordedKind.REQUEST:
                return self._naming.request_form(message.data)
            case RecordedKind.REPLY if message.answers:
                return self._naming.reply_form(message.answers)
            case RecordedKind.EVENT:
                return self._naming.event_form(message.data, message.order)
        return None

    # Kinds of messages

    def _in_request(self, data: bytes, order: ByteOrder) -> Iterator[Reference]:
        major = data[0]
        extension = self._extensions.get(major)
        if extension is not None:
            yield Reference(0, 1, ReferenceKind.OPCODE, major, Role.USES, name="major_opcode")
        elif major >= encoding.FIRST_EXTENSION:
            return
        form = self._naming.request_form(data)
        name = extension.name if extension else ""
        whole, data, shift = data, *_without_long_length(data)
        if form is None:
            if newer := NEWER_REQUESTS.get((name, data[1])):
                title, layout = newer
                for one in _laid_out(layout, data, order, 4, Role.USES, title):
                    yield _moved(one, shift)
            elif name and self._catalogue.extension(name) is None:
                raise DescriptionMissing(
                    f"a request of {name} (minor opcode {whole[1]}): the protocol descriptions in "
                    f"{self._catalogue.folder} have no extension of this name, so its ids cannot "
                    f"be told from numbers; leave the extension out (--leave-out {name}), or "
                    f"install a newer xcb-proto"
                )
            return
        items = form.items(data, order, compact=True)
        for one in self._in_items(items, data, order, name, form.name):
            yield _moved(one, shift)
        if self.request_name(whole) in PROPERTY_CHANGES:
            (name_of,) = [one.value for one in items if one.name == "property"] or [0]
            for one in self._in_property(items, data, order, Role.USES, name_of):
                yield _moved(one, shift)
        elif major == _SEND_EVENT and len(data) >= _EVENT_IN_SEND_EVENT + 32:
            for one in self._in_event(data[_EVENT_IN_SEND_EVENT:], order, 0):
                yield _moved(one, _EVENT_IN_SEND_EVENT, Role.USES)

    def _in_reply(self, request: bytes, data: bytes, order: ByteOrder) -> Iterator[Reference]:
        form = self._naming.reply_form(request) if request else None
        if form is None:
            return
        extension = self._naming.extension(request[0]) or ""
        items = form.items(data, order, compact=True)
        yield from self._in_items(items, data, order, extension, "")
        name = self.request_name(request)
        if name in PROPERTY_READS:
            (name_of,) = struct.unpack_from(f"{order}I", request, 8) if len(request) >= 12 else (0,)
            yield from self._in_property(items, data, order, Role.TELLS, name_of)
        elif name in _CONFIGS:
            yield from _in_configurations(items, order, name)

    def _in_error(self, data: bytes, order: ByteOrder) -> Iterator[Reference]:
        name = self.error_name(data[1])
        if data[1] >= 128:
            yield Reference(1, 1, ReferenceKind.ERROR, data[1], Role.TELLS, name="code")
        (value,) = struct.unpack_from(f"{order}I", data, 4)
        if name == "Atom":
            yield Reference(4, 4, ReferenceKind.ATOM, value, Role.TELLS, "ATOM", "bad_value")
        elif name not in _PLAIN_ERRORS and not name.isdigit():
            yield Reference(4, 4, ReferenceKind.XID, value, Role.TELLS, name="bad_value")
        if data[10] in self._extensions:
            yield Reference(10, 1, ReferenceKind.OPCODE, data[10], Role.TELLS, name="major_opcode")

    def _in_event(self, data: bytes, order: ByteOrder, start: int) -> Iterator[Reference]:
        code = data[0] & 0x7F
        name = self.event_name(data, order)
        extension = name.partition(":")[0] if ":" in name else ""
        if code == encoding.GENERIC_EVENT:
            extension = self._naming.extension(data[1]) or ""
            yield Reference(1, 1, ReferenceKind.OPCODE, data[1], Role.TELLS, name="extension")
        elif code >= 64:
            yield Reference(0, 1, ReferenceKind.EVENT, data[0], Role.TELLS, name="code")
        form = self._naming.event_form(data, order)
        if form is not None:
            items = form.items(data, order, compact=True)
            if name == "MIT-SHM:Completion" and data[0] & 0x80:
                # Sent by toolkits to themselves, with the number of a System V segment.
                items = tuple(one for one in items if one.name != "shmseg")
            yield from self._in_items(items, data, order, extension, "")
        if name == "RANDR:Notify":
            layout = RANDR_NOTIFICATIONS.get(data[1], "")
            yield from _laid_out(layout, data, order, 4, Role.TELLS, "u")
        elif name == "ClientMessage" and data[1] == 32:
            (kind,) = struct.unpack_from(f"{order}I", data, 8)
            layout = CLIENT_MESSAGES.get(self.atoms.get(kind, ""), "")
            yield from _laid_out(layout, data, order, 12, Role.TELLS, "data")

    # Fields

    def _in_items(
        self, items: Iterable[Item], data: bytes, order: ByteOrder, extension: str, request: str
    ) -> Iterator[Reference]:
        """The references among fields; ``request`` is the name of the request, "" for others."""
        for item, path in _leaves(items, ""):
            kind = kind_of(item, extension)
            if kind is None or not isinstance(item.value, int):
                continue
            key, role = (extension, request, item.name), Role.USES if request else Role.TELLS
            if key in CREATES or key in FREES:
                role = Role.CREATES if key in CREATES else Role.FREES
            yield Reference(
                item.offset, SIZES.get(kind, 4), kind, item.value, role, item.type, path
            )

    def _in_property(
        self, items: Iterable[Item], data: bytes, order: ByteOrder, role: Role, property_: object
    ) -> Iterator[Reference]:
        """The references in a property of format 32; ``property_`` is the atom of its name."""
        named = {one.name: one for one in items}
        value = named.get("data") or named.get("value")
        format_, type_ = named.get("format"), named.get("type")
        if value is None or format_ is None or type_ is None or format_.value != 32:
            return
        layout = PROPERTY_TYPES.get(self._atom(type_.value)) or PROPERTIES.get(
            self._atom(property_)
        )
        if layout and isinstance(value.value, bytes):
            end = value.offset + len(value.value)
            yield from _laid_out(layout, data[:end], order, value.offset, role, "data")
        elif layout and isinstance(value.value, tuple):
            yield from _laid_out(layout, data, order, value.offset, role, "data")

    def _atom(self, value: object) -> str:
        return self.atoms.get(value, "") if isinstance(value, int) else ""

    # Atoms

    def _learn(self, message: RecordedMessage) -> None:
        data, order = message.data, message.order
        key = message.client, message.sequence
        if message.kind is RecordedKind.REQUEST:
            if data[0] == _INTERN_ATOM and len(data) >= 8:
                (length,) = struct.unpack_from(f"{order}H", data, 4)
                self._interning[key] = data[8 : 8 + length].decode("latin-1")
            elif data[0] == _GET_ATOM_NAME and len(data) >= 8:
                self._interning[key] = int(struct.unpack_from(f"{order}I", data, 4)[0])
        elif message.kind in (RecordedKind.REPLY, RecordedKind.ERROR) and key in self._interning:
            known = self._interning.pop(key)
            self._known.clear()
            if message.kind is RecordedKind.ERROR:
                return
            if isinstance(known, str):
                (atom,) = struct.unpack_from(f"{order}I", data, 8)
                if atom:
                    self.atoms[atom] = known
            else:
                (length,) = struct.unpack_from(f"{order}H", data, 8)
                self.atoms[known] = data[32 : 32 + length].decode("latin-1")


def _leaves(items: Iterable[Item], path: str) -> Iterator[tuple[Item, str]]:
    """The fields that have a value, at any depth, with their paths."""
    for number, item in enumerate(items):
        here = f"{path}.{item.name}" if path and item.name else item.name or f"{path}[{number}]"
        if isinstance(item.value, tuple):
            yield from _leaves(item.value, here)
        else:
            yield item, here


def _laid_out(
    layout: str, data: bytes, order: ByteOrder, offset: int, role: Role, name: str
) -> Iterator[Reference]:
    """The references in words from ``offset`` on, as ``layout`` says (``LETTERS``)."""
    once, _, repeated = layout.partition("|")
    number = 0
    while offset + 4 <= len(data):
        if number < len(once):
            letter = once[number]
        elif repeated:
            letter = repeated[(number - len(once)) % len(repeated)]
        else:
            return
        path = f"{name}[{number}]"
        size = 8 if letter in _WIDE else 4
        if letter in _WIDE and offset + 8 <= len(data):
            (value,) = struct.unpack_from(f"{order}Q", data, offset)
            yield Reference(offset, 8, _WIDE[letter], value, role, name=path)
        elif letter in LETTERS:
            (value,) = struct.unpack_from(f"{order}I", data, offset)
            yield Reference(offset, 4, LETTERS[letter], value, role, name=path)
        offset, number = offset + size, number + 1


def _in_configurations(items: Iterable[Item], order: ByteOrder, name: str) -> Iterator[Reference]:
    """Ids among the attributes of GLX's configurations (GLX 1.4 protocol, 4)."""
    named = {one.name: one for one in items}
    attributes, count = named.get("property_list"), named.get("num_properties")
    if attributes is None or count is None or not isinstance(attributes.value, bytes):
        return
    words = struct.unpack(f"{order}{len(attributes.value) // 4}I", attributes.value)
    if _CONFIGS[name]:
        places = [
            (at + 1, _CONFIGS[name][words[at]])
            for at in range(0, len(words) - 1, 2)
            if words[at] in _CONFIGS[name]
        ]
    else:
        assert isinstance(count.value, int)
        places = [(at, ReferenceKind.VISUAL) for at in range(0, len(words), count.value or 1)]
    for at, kind in places:
        offset, path = attributes.offset + 4 * at, f"property_list[{at}]"
        yield Reference(offset, 4, kind, words[at], Role.TELLS, name=path)


def _without_long_length(data: bytes) -> tuple[bytes, int]:
    """The request as without BIG-REQUESTS, and by how much its fields stand further on."""
    if data[2:4] == bytes(2) and len(data) > 8:
        return data[:4] + data[8:], 4
    return data, 0


def _moved(one: Reference, shift: int, role: Role | None = None) -> Reference:
    if not shift and role is None:
        return one
    offset = one.offset + (shift if one.offset >= 4 or role is not None else 0)
    return Reference(offset, one.size, one.kind, one.value, role or one.role, one.type, one.name)
