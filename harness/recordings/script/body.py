# SPDX-License-Identifier: MIT
"""The statements of a script: connections, requests by name, and what they must wait for."""

from collections.abc import Collection, Iterable

import xcffib.xproto

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.recordings.script.buffers import DeviceBuffers
from harness.recordings.script.calls import Call, call_of, module_of
from harness.recordings.script.events import TELLING_FIELDS, event_class
from harness.recordings.script.expressions import Expressions, packed
from harness.recordings.script.layout import laid_out
from harness.recordings.script.shared_memory import ATTACHING, SharedMemories
from harness.recordings.script.statements import Body, WrittenRequest
from harness.recordings.script.variables import Told, Variables, told_noun, told_values
from harness.x11 import encoding, present
from harness.x11.definitions.catalogue import installed
from harness.x11.definitions.fields import Item
from harness.x11.definitions.naming import Naming
from harness.x11.setup import Screen, first_screen

_CHANGE_PROPERTY = 18
_OPTIONAL = (
    *("valid", "update", "x_off", "y_off", "target_crtc", "wait_fence", "idle_fence"),
    *("options", "target_msc", "divisor", "remainder"),
)
"""Arguments of Present's requests that scripts leave out where they are 0."""


class BodyWriter:
    """Writes the messages of a recording as statements; see ``Body``.

    The requests whose place is in ``checked`` have their error kept, in ``error``; the reply at the
    place ``looked_at`` is kept in a variable.
    ``captions`` are comments, by the place of the message that they stand before.  A script that
    ``settles`` waits for all recorded events, those behind the last request too.  The clients
    ``rewritten`` were of the other byte order.
    Raises DescriptionMissing without the descriptions of the protocol.
    """

    def __init__(
        self,
        head: RecordingHead,
        messages: Iterable[RecordedMessage],
        checked: Iterable[int] = (),
        looked_at: int | None = None,
        captions: dict[int, str] | None = None,
        *,
        settles: bool = False,
        rewritten: Collection[int] = (),
    ) -> None:
        self.messages = list(messages)
        self.body = Body()
        self.variables = Variables()
        self._head = head
        self._references = References(head.extensions)
        self._naming = Naming(head.extensions, installed())
        self._checked = set(checked)
        self._looked_at = looked_at
        self._kept: set[int] = set()
        self._captions = captions or {}
        self._settles, self._rewritten = settles, rewritten
        self._found, self._sources = told_values(self.messages, self._references)
        self._expressions = Expressions(self.name)
        self._buffers = DeviceBuffers(self.id_name, self._bind)
        self._memories = SharedMemories(self.messages, self._references, self.variables)
        self._screens: dict[int, Screen] = {}
        self._ranges: list[tuple[int, int, str]] = []
        self._bound: set[tuple[str, str]] = set()
        self._unsynced: set[str] = set()
        self._place = 0
        self._request_places = {
            (one.client, one.sequence): place
            for place, one in enumerate(self.messages)
            if one.kind is RecordedKind.REQUEST
        }
        self._named: dict[int, str] = {}
        self._told_ids: dict[int, str] = {}
        self._replies: dict[tuple[int, int], int] = {}
        """The places of replies that are kept, by client and sequence number."""

    def write(self) -> Body:
        """All statements, in the order of the messages."""
        self._name_sources()
        self._connect()
        last_request = max(self._request_places.values(), default=-1)
        for place, message in enumerate(self.messages):
            self._place = place
            if place in self._captions:
                self._add(f"# {self._captions[place]}")
            if message.kind is RecordedKind.REQUEST:
                self._request(place, message)
            elif message.kind is RecordedKind.EVENT:
                self._event(place, message, waits=self._settles or place < last_request)
            elif message.kind is RecordedKind.END and place < last_request:
                self._end(message)
        if len(self.body.connections) > 1:
            # What one client sent last may be what another one waits for.
            for connection in sorted(self._unsynced):
                self._add(f"{connection}.sync()")
        body = self.body
        body.core_names |= self._expressions.core_names
        body.modules |= self._expressions.modules
        return body

    def _name_sources(self) -> None:
        """Name the requests and events whose replies or fields later requests use."""
        places = [one.place for one in self._sources.values()]
        for place in dict.fromkeys([*places, *filter(None, [self._looked_at])]):
            message = self.messages[place]
            self._named[place] = self.variables.new(told_noun(message, self._references))
            if message.kind is RecordedKind.REPLY:
                self._replies[message.client, message.sequence] = place

    def variable(self, place: int) -> str:
        """The variable of a reply that is kept, "" when xcffib has no method for its request."""
        return self._named[place] if place in self._kept else ""

    def name(self, reference: Reference) -> str:
        """The expression for a value that belongs to the server."""
        value, kind = reference.value, reference.kind
        source = self._sources.get((self._place, reference.offset))
        if source is not None and (told := self._told(source, reference)):
            if kind is ReferenceKind.XID:
                self._told_ids[value] = told
            return told
        match kind:
            case ReferenceKind.ATOM:
                return self._predefined(value)
            case ReferenceKind.TIMESTAMP:
                return "0"
            case ReferenceKind.VISUAL:
                return self._visual(value)
            case ReferenceKind.XID:
                return self.id_name(value)
        return str(value)

    def _told(self, source: Told, reference: Reference) -> str:
        message = self.messages[source.place]
        name = self._named[source.place]
        if reference.kind is ReferenceKind.MSC:
            told = next(one for one in self._found[source.place] if one.name == source.path)
            offset = reference.value - told.value
            return (
                f"{name}.msc{offset:+}".replace("+", " + ").replace("-", " - ").removesuffix(" + 0")
            )
        if message.kind is RecordedKind.REPLY and message.answers[:1] == bytes(
            [encoding.INTERN_ATOM]
        ):
            return name
        if "data" in source.path:
            return ""
        return f"{name}.{source.path}"

    def _predefined(self, value: int) -> str:
        names = {
            number: name for name, number in vars(xcffib.xproto.Atom).items() if name[0] != "_"
        }
        if value not in names or not value:
            return str(value)
        self._expressions.core_names.add("Atom")
        return f"Atom.{names[value]}"

    def _visual(self, value: int) -> str:
        for screen in self._screens.values():
            if value == screen.root_visual:
                return "screen.root_visual"
            if value in screen.visuals:
                return f"visual(screen, {screen.visuals[value].depth})"
        return str(value)

    def id_name(self, value: int) -> str:
        """The expression for an id of the recording."""
        for screen in self._screens.values():
            if value == screen.root:
                return "root"
            if value == screen.colormap:
                return "screen.default_colormap"
        known = self.variables.known(value) or self._told_ids.get(value)
        if known is not None:
            return known
        for base, mask, connection in self._ranges:
            if value and value & ~mask == base:
                name = self.variables.create(value, "unused", "")
                self._add(f"{name} = {connection}.generate_id()")
                return name
        return str(value) if value < 16 else f"0x{value:X}"

    def _connect(self) -> None:
        values = {one.value for found in self._found for one in found if one.role is not Role.TELLS}
        for message in self.messages:
            if message.kind is not RecordedKind.SETUP or message.data[:1] != b"\1":
                continue
            screen = first_screen(message.data, message.order)
            count = len(self.body.connections) + 1
            name = "conn" if count == 1 else f"conn{count}"
            self._screens[message.client] = screen
            self._ranges.append((screen.id_base, screen.id_mask, name))
            note = "  # of the other byte order when it was recorded"
            self._open(f"{name} = Client(){note * (message.client in self._rewritten)}")
            self.body.connections[message.client] = name
            if count == 1:
                screen_used = bool(values & {screen.colormap, *screen.visuals} - {0})
                if screen_used:
                    self._open("screen = conn.setup.roots[0]")
                if screen.root in values:
                    self._open(f"root = {'screen' if screen_used else 'conn.setup.roots[0]'}.root")

    def _bind(self, connection: str, extension: str) -> str:
        """The variable with the requests of an extension on a connection."""
        module = module_of(extension)
        assert module is not None
        noun = module.__name__.rpartition(".")[2]
        name = noun + connection.removeprefix("conn")
        if (connection, noun) not in self._bound:
            self._bound.add((connection, noun))
            self._open(f"{name} = {connection}(xcffib.{noun}.key)")
        return name

    def _end(self, message: RecordedMessage) -> None:
        name = self.body.connections.get(message.client)
        if name is not None:
            self._add(f"{name}.sync()")
            self._add(f"{name}.disconnect()")
            self._unsynced.discard(name)

    def _request(self, place: int, message: RecordedMessage) -> None:
        connection = self.body.connections.get(message.client)
        if connection is None:
            return
        for other in sorted(self._unsynced - {connection}):
            self._add(f"{other}.sync()")
        self._unsynced = {connection}
        data = message.data
        if data[2:4] == bytes(2) and len(data) > 8:
            data = data[:4] + data[8:]
        shift = len(message.data) - len(data)
        here = {one.offset - (shift if one.offset >= 4 else 0): one for one in self._found[place]}
        name = self._references.request_name(message.data)
        extension = self._naming.extension(data[0]) or ""
        content = None
        if extension == present.EXTENSION:
            content = present.decode_request(message.data, message.order)
        self.body.requests.append(
            WrittenRequest(message, name, connection, self._found[place], content)
        )
        for one in self._found[place]:
            if one.role is Role.CREATES and self.variables.known(one.value) is None:
                variable = self.variables.create(one.value, one.name, name)
                self._add(f"{variable} = {connection}.generate_id()")
        self._add_all(self._buffers.painted(message, connection))
        if isinstance(content, present.PresentPixmap | present.NotifyMsc):
            self._present(connection, content, here)
            return
        self._add_all(self._memories.filled(message))
        if place not in self._checked and (message.client, message.sequence) not in self._replies:
            instead = self._buffers.replacement(message, extension, connection)
            if instead is not None:
                self._add_all(instead)
                return
        if name in ATTACHING and place not in self._checked:
            owner = self._bind(connection, extension)
            self._add_all(self._memories.attached(message, owner, self.id_name))
            return
        if name == "NoOperation" and place not in self._checked:
            return
        if name == "GetInputFocus":
            self._add(f"{connection}.sync()")
            return
        form = self._naming.request_form(data)
        call = call_of(extension, form, data) if form is not None else None
        if call is None:
            self._raw(connection, extension, data, here)
            return
        words = name.endswith("ChangeProperty") and _format_of(data) == 32
        self._call(place, connection, extension, call, here, words)

    def _call(
        self,
        place: int,
        connection: str,
        extension: str,
        call: Call,
        references: dict[int, Reference],
        words: bool,
    ) -> None:
        values = [
            self._expressions.argument(one, references, call.module, words)
            for one in call.arguments
        ]
        owner = self._bind(connection, extension) if extension else f"{connection}.core"
        request = self.messages[place]
        reply = self._replies.get((request.client, request.sequence))
        if place in self._checked:
            if not call.has_reply:
                values.append("is_checked=True")
            self._add(f"error = error_of({owner}.{call.method}({', '.join(values)}))")
            return
        text = f"{owner}.{call.method}({', '.join(values)})"
        if reply is not None:
            atom = ".atom" * (call.method == "InternAtom" and not extension)
            text = f"{self._named[reply]} = {text}.reply(){atom}"
            self._kept.add(reply)
        self._add(text)

    def _present(
        self,
        connection: str,
        content: present.PresentPixmap | present.NotifyMsc,
        references: dict[int, Reference],
    ) -> None:
        """A request with fields of 64 bits, by the function that stands for it."""
        names = {one.name.rpartition(".")[2]: self.name(one) for one in references.values()}
        function = "present_pixmap" if isinstance(content, present.PresentPixmap) else "notify_msc"
        first = (
            ("window", "pixmap", "serial") if function == "present_pixmap" else ("window", "serial")
        )
        values = [names.get(one, str(getattr(content, one))) for one in first]
        for one in _OPTIONAL:
            if value := int(getattr(content, one, 0)):
                values.append(f"{one}={names.get(one, str(value))}")
        self.body.requests[-1].target = names.get("target_msc", "")
        if notifies := getattr(content, "notifies", ()):
            pairs = ", ".join(f"({self.id_name(one.window)}, {one.serial})" for one in notifies)
            values.append(f"notifies=({pairs},)" if len(notifies) == 1 else f"notifies=({pairs})")
        self._add(f"{function}({connection}, {', '.join(values)})")

    def _raw(
        self, connection: str, extension: str, data: bytes, references: dict[int, Reference]
    ) -> None:
        """A request that xcffib has no method for, or sends otherwise, by its bytes."""
        # libxcb writes the header, but for the second byte of a core request.
        header = bytes(4) if extension else bytes([0, data[1], 0, 0])
        ids = {at: one for at, one in references.items() if at >= len(header)}
        body = packed(header + data[4:], ids, self.name)
        if not extension:
            self._add(f"{connection}.core.send_request({data[0]}, io.BytesIO({body}))")
            return
        if module_of(extension) is not None:
            owner = self._bind(connection, extension)
        else:
            owner = f'xcffib.Extension({connection}, xcffib.ExtensionKey("{extension}"))'
        self._add(f"{owner}.send_request({data[1]}, io.BytesIO({body}))")

    def _event(self, place: int, message: RecordedMessage, *, waits: bool) -> None:
        connection = self.body.connections.get(message.client)
        if connection is None or not (waits or place in self._named):
            return
        kind = self._event_class(message)
        if not kind:
            return
        conditions = [
            f"{item.name}={self._field(place, item.offset, item.value)}"
            for item in self._event_items(message)
            if item.name in TELLING_FIELDS and isinstance(item.value, int)
        ]
        text = f"{connection}.wait({', '.join([kind, *conditions])})"
        self._add(f"{self._named[place]} = {text}" if place in self._named else text)

    def _field(self, place: int, offset: int, value: object) -> str:
        reference = next((one for one in self._found[place] if one.offset == offset), None)
        return str(value) if reference is None else self.id_name(reference.value)

    def _event_items(self, message: RecordedMessage) -> tuple[Item, ...]:
        form = self._naming.event_form(message.data, message.order)
        return form.items(message.data, message.order) if form is not None else ()

    def _event_class(self, message: RecordedMessage) -> str:
        name, _ = event_class(self._references.event_name(message.data, message.order))
        if name and "." not in name and name != "CompleteNotify":
            self.body.core_names.add(name)
        return name

    def _open(self, statement: str) -> None:
        self.body.opening.append(laid_out(statement))

    def _add(self, statement: str) -> None:
        self.body.lines.append(laid_out(statement))

    def _add_all(self, statements: Iterable[str]) -> None:
        for one in statements:
            self._add(one)


def _format_of(data: bytes) -> int:
    """The format of ChangeProperty, and of its namesakes of RANDR."""
    return data[16]
