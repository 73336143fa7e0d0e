# SPDX-License-Identifier: MIT
"""One client's connection, as its faults see it."""

import struct

from harness.faults.message_selector import MessageKind, MessageSelector
from harness.proxy.link import Link, Positioned
from harness.proxy.proxy import Proxy
from harness.x11 import encoding, present
from harness.x11.codec import ExtensionRequest
from harness.x11.definitions.naming import Naming
from harness.x11.present import PresentEvent

Content = ExtensionRequest | PresentEvent

_KEPT_BYTES = 64
"""How much of a request is kept until it is answered."""


class FaultedConnection:
    """The messages on one connection so far, and how to read, change and send others.

    Sequence numbers are the client's, with all bits.  ``layer`` is that of the faults.
    ``borders`` are the widths of all clients' windows' borders, as they were created.
    ``contexts`` maps windows to the event id last selected on them, ``presented`` sequence
    numbers to presentations.
    """

    def __init__(
        self, link: Link, proxy: Proxy, layer: Positioned, naming: Naming, borders: dict[int, int]
    ) -> None:
        self.link, self.proxy, self.layer = link, proxy, layer
        self.naming, self.borders = naming, borders
        self.contexts: dict[int, int] = {}
        self.presented: dict[int, present.PresentPixmap] = {}
        self._unanswered: dict[int, bytes] = {}

    @property
    def order(self) -> encoding.ByteOrder:
        """The client's byte order."""
        return self.link.order

    @property
    def handled(self) -> int:
        """The sequence number in the last message."""
        return self.link.client_handled

    @property
    def answered_request(self) -> bytes:
        """The first 64 bytes of the request that the last reply or error answers."""
        return self._unanswered.get(self.handled, bytes(_KEPT_BYTES))

    def major(self, extension: str) -> int:
        """The major opcode of an extension; 0 for one that the server lacks."""
        known = self.proxy.extensions.get(extension)
        return known.major if known else 0

    def read(self, layout: str, data: bytes, offset: int = 4) -> tuple[int, ...]:
        """The fields of a message, in the client's byte order."""
        return struct.unpack_from(self.order + layout, data, offset)

    def write(self, data: bytes, offset: int, layout: str, *values: int) -> bytes:
        """The message with other values in these fields."""
        changed = bytearray(data)
        struct.pack_into(self.order + layout, changed, offset, *values)
        return bytes(changed)

    def decode(self, data: bytes, kind: MessageKind) -> Content | None:
        """A request or an event of Present; None for anything else."""
        major = self.major(present.EXTENSION)
        if kind is MessageKind.REQUEST and data[0] == major:
            return present.decode_request(data, self.order)
        if kind is MessageKind.EVENT and (data[0] & 0x7F, data[1]) == (
            encoding.GENERIC_EVENT,
            major,
        ):
            return present.decode_event(data, self.order)
        return None

    def encode(self, content: Content) -> bytes:
        """The bytes of a request or an event of Present; an event's number is the current one."""
        major = self.major(present.EXTENSION)
        if isinstance(content, PresentEvent):
            return content.encode(major, self.handled, self.order)
        return content.encode(major, self.order)

    @property
    def no_operation(self) -> bytes:
        """A NoOperation request."""
        return encoding.request(self.order, encoding.NO_OPERATION, 0)

    def renumbered(self, event: bytes) -> bytes:
        """The event with the current sequence number."""
        if event[0] & 0x7F == encoding.KEYMAP_NOTIFY:
            return event
        return self.write(event, 2, "H", self.handled & 0xFFFF)

    def selector_of_request(self, data: bytes) -> MessageSelector:
        """The kind and name of a request."""
        return MessageSelector(MessageKind.REQUEST, self.naming.request(data))

    def selector_of_message(self, data: bytes) -> MessageSelector:
        """The kind and name of an event, a reply or an error."""
        kind = data[0] & 0x7F
        if kind not in (encoding.REPLY, encoding.ERROR):
            return MessageSelector(MessageKind.EVENT, self.naming.event(data, self.order))
        return MessageSelector(
            MessageKind.REPLY if kind == encoding.REPLY else MessageKind.ERROR,
            self.naming.request(self.answered_request),
        )

    def note_request(self, data: bytes) -> None:
        """Remember of a request what later messages are about."""
        while self._unanswered and (first := next(iter(self._unanswered))) < self.handled:
            del self._unanswered[first]
        self._unanswered[self.link.sequence] = data[:_KEPT_BYTES]
        if data[0] == encoding.CREATE_WINDOW and len(data) >= 32:
            self.borders[self.read("I", data)[0]] = self.read("H", data, 20)[0]
        request = self.decode(data, MessageKind.REQUEST)
        if isinstance(request, present.SelectInput):
            self.contexts[request.window] = request.event
        elif isinstance(request, present.PresentPixmap):
            self.presented[self.link.sequence] = request
