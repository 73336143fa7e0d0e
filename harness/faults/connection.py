# SPDX-License-Identifier: MIT
"""One client's connection, as its faults see it."""

import struct
from typing import TYPE_CHECKING

from harness.faults.message_selector import MessageKind, MessageSelector
from harness.proxy.link import Link
from harness.x11 import encoding, present
from harness.x11.codec import ExtensionRequest
from harness.x11.present import PresentEvent

if TYPE_CHECKING:
    from harness.faults.layer import FaultLayer

Content = ExtensionRequest | PresentEvent

QUESTION_BYTES = 64
"""How much of a request is kept until it is answered."""


class FaultedConnection:
    """What was said on one connection so far, and how to say something else.

    Sequence numbers are the client's, all their bits.  ``contexts`` maps windows to the event
    id last selected on them, ``presented`` sequence numbers to presentations.
    """

    def __init__(self, layer: "FaultLayer", link: Link) -> None:
        self.layer, self.link = layer, link
        self.contexts: dict[int, int] = {}
        self.presented: dict[int, present.PresentPixmap] = {}
        self._asked: dict[int, bytes] = {}

    @property
    def order(self) -> encoding.ByteOrder:
        """The client's byte order."""
        return self.link.order

    @property
    def number(self) -> int:
        """Clients are counted from 1 in the order in which they connected."""
        return self.link.number

    @property
    def eldest(self) -> bool:
        """Whether no other client has been connected for longer."""
        return self.link.proxy.links[0] is self.link

    @property
    def heard(self) -> int:
        """The number in the last message."""
        return self.link.heard_by_client

    @property
    def over(self) -> bool:
        """Whether the server has gone for this client, or seems to have."""
        return self.link.server_gone

    @property
    def borders(self) -> dict[int, int]:
        """The widths of all clients' windows' borders, as they were created."""
        return self.layer.borders

    @property
    def question(self) -> bytes:
        """The first bytes of the request that the last reply or error answers."""
        return self._asked.get(self.heard, bytes(QUESTION_BYTES))

    def major(self, extension: str) -> int:
        """The major opcode of an extension; 0 for one that the server lacks."""
        known = self.link.proxy.extensions.get(extension)
        return known.major if known else 0

    # Bytes

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
        """A request or an event of Present, the latter as if it were made now."""
        major = self.major(present.EXTENSION)
        if isinstance(content, PresentEvent):
            return content.encode(major, self.heard, self.order)
        return content.encode(major, self.order)

    @property
    def nothing(self) -> bytes:
        """A request that does nothing."""
        return encoding.request(self.order, encoding.NO_OPERATION, 0)

    def now(self, event: bytes) -> bytes:
        """The event as if it were made now."""
        if event[0] & 0x7F == encoding.KEYMAP_NOTIFY:
            return event
        return self.write(event, 2, "H", self.heard & 0xFFFF)

    # What is said

    def subject_of_request(self, data: bytes) -> MessageSelector:
        return MessageSelector(MessageKind.REQUEST, self.layer.naming.request(data))

    def subject_of_message(self, data: bytes) -> MessageSelector:
        kind = data[0] & 0x7F
        if kind not in (encoding.REPLY, encoding.ERROR):
            return MessageSelector(MessageKind.EVENT, self.layer.naming.event(data, self.order))
        name = self.layer.naming.request(self.question)
        return MessageSelector(
            MessageKind.REPLY if kind == encoding.REPLY else MessageKind.ERROR, name
        )

    def note_request(self, data: bytes) -> None:
        """The client sent this request."""
        while self._asked and (first := next(iter(self._asked))) < self.heard:
            del self._asked[first]
        self._asked[self.link.sequence] = data[:QUESTION_BYTES]
        if data[0] == encoding.CREATE_WINDOW and len(data) >= 32:
            self.borders[self.read("I", data)[0]] = self.read("H", data, 20)[0]
        request = self.decode(data, MessageKind.REQUEST)
        if isinstance(request, present.SelectInput):
            self.contexts[request.window] = request.event
        elif isinstance(request, present.PresentPixmap):
            self.presented[self.link.sequence] = request
