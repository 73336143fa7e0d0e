# SPDX-License-Identifier: MIT
"""The forms of messages: which fields follow the header of a request, a reply, an event."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.x11.definitions.expressions import Scope
from harness.x11.definitions.fields import Cursor, EnumNames, Item, Reader
from harness.x11.encoding import ByteOrder


@dataclass(frozen=True, slots=True)
class MessageForm:
    """The name of a message and its fields, the first of them at ``start``.

    Where ``second_byte`` is set the first field is the message's second byte, and the next one
    stands at ``start``.
    """

    name: str
    readers: Sequence[Reader] = field(repr=False)
    start: int
    second_byte: bool

    def items(self, data: bytes, order: ByteOrder, *, compact: bool = False) -> tuple[Item, ...]:
        """The fields of the message ``data``; of one that is too short those that it has.

        Where ``compact`` is set a list of plain numbers has its bytes as value, and no elements.
        """
        cursor, scope, items = Cursor(data, order, self.start, compact), Scope(), list[Item]()
        scope.values["length"] = int.from_bytes(data[4:8], "little" if order == "<" else "big")
        readers = self.readers
        try:
            if self.second_byte and readers:
                readers[0](Cursor(data, order, 1), scope, items)
                readers = readers[1:]
            for reader in readers:
                reader(cursor, scope, items)
        except EOFError:
            pass
        return tuple(items)


@dataclass(frozen=True, slots=True)
class Definition:
    """The messages of the core protocol or of one extension, and the names of its errors.

    Those of an extension by relative numbers: minor opcodes, events from first-event, errors from
    first-error.  ``generic`` are the generic events, by evtype.  ``setup`` are the messages that
    begin a connection, by the names of the descriptions: ``SetupRequest``, ``Setup``.
    """

    requests: dict[int, MessageForm] = field(default_factory=dict)
    replies: dict[int, MessageForm] = field(default_factory=dict)
    events: dict[int, MessageForm] = field(default_factory=dict)
    generic: dict[int, MessageForm] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    enums: dict[str, EnumNames] = field(default_factory=dict)
    setup: dict[str, MessageForm] = field(default_factory=dict)
