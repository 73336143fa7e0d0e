# SPDX-License-Identifier: MIT
"""Names of messages on one server, by the numbers that it gave its extensions."""

from collections.abc import Iterable

from harness.x11 import encoding, present
from harness.x11.extensions import Extension
from harness.x11.names import (
    CORE_ERRORS,
    CORE_EVENTS,
    EXTENSION_ERRORS,
    EXTENSION_EVENTS,
    request_name,
)


class Naming:
    """Names requests, events and errors as timelines do.

    ``errors`` are the names of errors by their codes.
    """

    def __init__(self, extensions: Iterable[Extension]) -> None:
        self._extensions: dict[int, str] = {}
        self._events, self.errors = dict(CORE_EVENTS), dict(CORE_ERRORS)
        for one in extensions:
            self._extensions[one.major] = one.name
            for number, event in EXTENSION_EVENTS.get(one.name, {}).items():
                self._events[one.first_event + number] = f"{one.name}:{event}"
            for number, error in EXTENSION_ERRORS.get(one.name, {}).items():
                self.errors[one.first_error + number] = f"{one.name}:{error}"

    def extension(self, major: int) -> str | None:
        """The name of the extension with this major opcode, None when there is none."""
        return self._extensions.get(major)

    def request(self, data: bytes) -> str:
        """``CreateWindow``, ``PresentPixmap``, ``SYNC:TriggerFence``, ``request 200.3``."""
        extension = self.extension(data[0])
        if extension is None and data[0] >= encoding.FIRST_EXTENSION:
            return f"request {data[0]}.{data[1]}"
        return request_name(extension, data[1] if extension else data[0])

    def event(self, data: bytes, order: encoding.ByteOrder) -> str:
        """``MapNotify``, ``RANDR:Notify``, ``PresentIdleNotify``, ``event 99``."""
        kind = data[0] & 0x7F
        if kind != encoding.GENERIC_EVENT:
            return self._events.get(kind, f"event {kind}")
        extension = self.extension(data[1]) or str(data[1])
        evtype = int.from_bytes(data[8:10], "little" if order == "<" else "big")
        if extension == present.EXTENSION and evtype in present.MESSAGES.events:
            return present.MESSAGES.events[evtype].NAME
        return f"{extension}:generic event {evtype}"
