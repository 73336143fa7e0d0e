# SPDX-License-Identifier: MIT
"""The requests and events of an extension that can be decoded, by their numbers."""

import struct
from itertools import chain
from typing import Generic, TypeVar

from harness.x11.codec import BadLength, ExtensionRequest, GenericEvent
from harness.x11.encoding import NATIVE, ByteOrder

E = TypeVar("E", bound=GenericEvent)


class ExtensionMessages(Generic[E]):
    """What is known of an extension: its own messages, and those that drafts add to it.

    A draft registers when its module is imported; before, its messages are unknown ones.
    ``requests`` has by opcode all that can have it, in the order in which they are tried.
    """

    def __init__(self) -> None:
        self.requests: dict[int, list[type[ExtensionRequest]]] = {}
        self.events: dict[int, type[E]] = {}

    def register_requests(self, *kinds: type[ExtensionRequest]) -> None:
        """Decode requests to these."""
        for kind in kinds:
            self.register_opcode(kind.OPCODE, kind)

    def register_opcode(self, opcode: int, kind: type[ExtensionRequest]) -> None:
        """Decode to ``kind`` what has ``opcode`` and is nothing that was registered before."""
        self.requests.setdefault(opcode, []).append(kind)

    def register_events(self, *kinds: type[E]) -> None:
        """Decode events to these."""
        self.events |= {kind.EVTYPE: kind for kind in kinds}

    def named(self, name: str) -> type[ExtensionRequest] | type[E] | None:
        """The kind of request or event that has this name."""
        kinds: list[type[ExtensionRequest] | type[E]] = [
            *chain.from_iterable(self.requests.values()),
            *self.events.values(),
        ]
        return next((kind for kind in kinds if name == kind.NAME), None)

    def request_name(self, opcode: int) -> str | None:
        """The name of the first kind of request that has this opcode."""
        known = self.requests.get(opcode)
        return known[0].NAME if known else None

    def decode_request(
        self, data: bytes, byte_order: ByteOrder = NATIVE
    ) -> ExtensionRequest | None:
        """The request in ``data``, header included; None for an unknown or cut one."""
        for kind in self.requests.get(data[1], ()) if len(data) > 1 else ():
            try:
                return kind.decode(data, byte_order)
            except BadLength:
                continue
        return None

    def decode_event(self, data: bytes, byte_order: ByteOrder = NATIVE) -> E | None:
        """The event in ``data``, a generic event; None for an unknown or cut one."""
        try:
            (evtype,) = struct.unpack_from(f"{byte_order}H", data, 8)
            return self.events[evtype].decode(data, byte_order)
        except (KeyError, struct.error, BadLength):
            return None
