# SPDX-License-Identifier: MIT
"""Finds the references in the messages of a recording."""

import re
import struct
from collections.abc import Iterable, Iterator

from harness.errors import HarnessError
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.references.atoms import AtomNames
from harness.recordings.references.configurations import CONFIGURATIONS, in_configurations
from harness.recordings.references.layouts import laid_out
from harness.recordings.references.reference import Reference, ReferenceKind, Role, moved
from harness.recordings.references.tables import (
    CLIENT_MESSAGES,
    CREATES,
    FREES,
    NEWER_REQUESTS,
    PROPERTIES,
    PROPERTY_CHANGES,
    PROPERTY_READS,
    PROPERTY_TYPES,
    RANDR_NOTIFICATIONS,
    SIZES,
    kind_of,
)
from harness.x11 import encoding
from harness.x11.definitions.catalogue import Catalogue, installed
from harness.x11.definitions.fields import Item, Value
from harness.x11.definitions.messages import MessageForm
from harness.x11.definitions.naming import Naming
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension

_SEND_EVENT = 25
_EVENT_IN_SEND_EVENT = 12
_LISTING_MODES = {"RANDR:GetScreenResources", "RANDR:GetScreenResourcesCurrent"}
_MODE = re.compile(r"modes\[\d+\]\.id")
_PLAIN_ERRORS = {"Request", "Value", "Match", "Access", "Alloc", "Name", "Length", "Implementation"}

_REPEATED = 128
_MOST_KNOWN = 4096
"""It is remembered what is in so many messages of at most so many bytes: clients that draw send
the same ones thousands of times."""


class DescriptionMissing(HarnessError):
    """A message cannot be read for want of the description of its protocol."""


class References:
    """Finds the references in the messages of one recording, of either byte order.

    ``extensions`` are those of its head.  ``atoms`` has the names of the atoms that the messages
    so far told.  Raises DescriptionMissing without descriptions.
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
        self.atoms = AtomNames(found)
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
        if self.atoms.learn(message):
            self._known.clear()
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
                for one in laid_out(layout, data, order, 4, Role.USES, title):
                    yield moved(one, shift)
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
            yield moved(one, shift)
        if self.request_name(whole) in PROPERTY_CHANGES:
            (name_of,) = [one.value for one in items if one.name == "property"] or [0]
            for one in self._in_property(items, data, order, Role.USES, name_of):
                yield moved(one, shift)
        elif major == _SEND_EVENT and len(data) >= _EVENT_IN_SEND_EVENT + 32:
            for one in self._in_event(data[_EVENT_IN_SEND_EVENT:], order, 0):
                yield moved(one, _EVENT_IN_SEND_EVENT, Role.USES)

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
        elif name in CONFIGURATIONS:
            yield from in_configurations(items, order, name)

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
            yield from laid_out(layout, data, order, 4, Role.TELLS, "u")
        elif name == "ClientMessage" and data[1] == 32:
            (kind,) = struct.unpack_from(f"{order}I", data, 8)
            layout = CLIENT_MESSAGES.get(self.atoms.of(kind), "")
            yield from laid_out(layout, data, order, 12, Role.TELLS, "data")

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
        layout = PROPERTY_TYPES.get(self.atoms.of(type_.value)) or PROPERTIES.get(
            self.atoms.of(property_)
        )
        if layout and isinstance(value.value, bytes):
            end = value.offset + len(value.value)
            yield from laid_out(layout, data[:end], order, value.offset, role, "data")
        elif layout and isinstance(value.value, tuple):
            yield from laid_out(layout, data, order, value.offset, role, "data")


def _leaves(items: Iterable[Item], path: str) -> Iterator[tuple[Item, str]]:
    """The fields that have a value, at any depth, with their paths."""
    for number, item in enumerate(items):
        here = f"{path}.{item.name}" if path and item.name else item.name or f"{path}[{number}]"
        if isinstance(item.value, tuple):
            yield from _leaves(item.value, here)
        else:
            yield item, here


def _without_long_length(data: bytes) -> tuple[bytes, int]:
    """The request as without BIG-REQUESTS, and by how much its fields stand further on."""
    if data[2:4] == bytes(2) and len(data) > 8:
        return data[:4] + data[8:], 4
    return data, 0
