# SPDX-License-Identifier: MIT
"""Names of messages on one server, by the numbers that it gave its extensions."""

from collections.abc import Iterable

from harness.x11 import encoding, present
from harness.x11.definitions.catalogue import Catalogue
from harness.x11.definitions.messages import Definition, MessageForm
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension
from harness.x11.names import (
    CORE_ERRORS,
    CORE_EVENTS,
    EXTENSION_ERRORS,
    EXTENSION_EVENTS,
    GENERIC_EVENTS,
    UNKNOWN_GENERIC,
    request_name,
)

_XKB = "XKEYBOARD"
"""All its events have one code; their second byte tells them apart (XKB protocol, 16)."""


class Naming:
    """Names requests, events and errors as timelines do.

    With a ``catalogue`` also those of extensions that timelines have no names for, and the form
    of each message that it describes.  ``errors`` are the names of errors by their codes.
    """

    def __init__(self, extensions: Iterable[Extension], catalogue: Catalogue | None = None) -> None:
        self._extensions: dict[int, Extension] = {}
        self._definitions: dict[int, Definition] = {}
        self._core = Definition() if catalogue is None else catalogue.core
        self._events, self.errors = dict(CORE_EVENTS), dict(CORE_ERRORS)
        self._event_forms = dict(self._core.events)
        for one in extensions:
            self._extensions[one.major] = one
            definition = (catalogue and catalogue.extension(one.name)) or Definition()
            self._definitions[one.major] = definition
            self._add_events(one, definition)
            errors = {n: name for n, name in definition.errors.items() if n >= 0}
            for number, error in (errors | EXTENSION_ERRORS.get(one.name, {})).items():
                self.errors.setdefault(one.first_error + number, f"{one.name}:{error}")
        self._name_unlisted()

    def _name_unlisted(self) -> None:
        """Give the events and errors of extensions that nothing lists their numbers as names.

        An extension's numbers end where those of the next one begin.
        """
        known = self._extensions.values()
        for names, kind, firsts, end in (
            (self._events, "event", {one.first_event: one.name for one in known}, 128),
            (self.errors, "error", {one.first_error: one.name for one in known}, 256),
        ):
            for first, name in firsts.items():
                if first and first not in names:
                    after = min((other for other in firsts if other > first), default=end)
                    names |= {n: f"{name}:{kind} {n - first}" for n in range(first, after)}

    def _add_events(self, extension: Extension, definition: Definition) -> None:
        if not extension.first_event:
            return
        if extension.name == _XKB:
            self._events[extension.first_event] = _XKB
            return
        forms = definition.events
        known = EXTENSION_EVENTS.get(extension.name, {})
        for number, name in ({n: form.name for n, form in forms.items()} | known).items():
            code = extension.first_event + number
            self._events[code] = f"{extension.name}:{name}"
            if number in forms:
                self._event_forms[code] = forms[number]

    def extension(self, major: int) -> str | None:
        """The name of the extension with this major opcode, None when there is none."""
        one = self._extensions.get(major)
        return one.name if one else None

    def request(self, data: bytes) -> str:
        """``CreateWindow``, ``PresentPixmap``, ``SYNC:TriggerFence``, ``request 200.3``."""
        extension = self.extension(data[0])
        if extension is None and data[0] >= encoding.FIRST_EXTENSION:
            return f"request {data[0]}.{data[1]}"
        name = request_name(extension, data[1] if extension else data[0])
        form = self.request_form(data)
        return f"{extension}:{form.name}" if form and name == f"{extension}:{data[1]}" else name

    def request_form(self, data: bytes) -> MessageForm | None:
        """The form of a request, None for one that is not described."""
        if data[0] < encoding.FIRST_EXTENSION:
            return self._core.requests.get(data[0])
        return self._definitions.get(data[0], Definition()).requests.get(data[1])

    def reply_form(self, request: bytes) -> MessageForm | None:
        """The form of the reply to a request, of which the first two bytes count."""
        if request[0] < encoding.FIRST_EXTENSION:
            return self._core.replies.get(request[0])
        return self._definitions.get(request[0], Definition()).replies.get(request[1])

    def event(self, data: bytes, order: ByteOrder) -> str:
        """``MapNotify``, ``RANDR:Notify``, ``PresentIdleNotify``, ``99``, ``GenericEvent``."""
        kind = data[0] & 0x7F
        form = self.event_form(data, order)
        if kind != encoding.GENERIC_EVENT:
            name = self._events.get(kind, str(kind))
            return f"{name}:{form.name}" if form and name == _XKB else name
        extension, evtype = self.extension(data[1]), encoding.read_evtype(data, order)
        if extension == present.EXTENSION and evtype in present.MESSAGES.events:
            return present.MESSAGES.events[evtype].NAME
        if extension is None or evtype not in GENERIC_EVENTS.get(extension, {evtype: ""}):
            return UNKNOWN_GENERIC
        return f"{extension}:{form.name if form else f'generic event {evtype}'}"

    def event_form(self, data: bytes, order: ByteOrder) -> MessageForm | None:
        """The form of an event, None for one that is not described."""
        kind = data[0] & 0x7F
        if kind == encoding.GENERIC_EVENT:
            return self._definitions.get(data[1], Definition()).generic.get(
                encoding.read_evtype(data, order)
            )
        if self._events.get(kind) == _XKB:
            (major,) = (n for n, one in self._extensions.items() if one.name == _XKB)
            return self._definitions[major].events.get(data[1])
        return self._event_forms.get(kind)
