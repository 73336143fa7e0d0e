# SPDX-License-Identifier: MIT
"""The requests, replies, events and errors of one client, decoded and put into its timeline."""

import struct
import time
from collections.abc import Callable, Iterable
from operator import methodcaller
from typing import Any, TypeVar

from xcffib import ffi

from harness.clients.connection.errors import EventFlood
from harness.errors import HarnessError
from harness.timeline import record
from harness.x11 import names, present, randr
from harness.x11.encoding import GENERIC_EVENT
from harness.x11.extensions import Extension
from harness.x11.numbers import PRESENT_EVENT, ExtensionNumbers

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

_Entry = TypeVar("_Entry", record.Request, record.Reply, record.Event, record.Error, record.Close)

FLOOD = 100_000
"""The number of events after which a client gives up on the server."""


class ClientRecording:
    """The entries of the client ``name`` in ``timeline``.

    ``events`` and ``errors`` are those received so far, oldest first; whoever expects an error
    removes it.  ``announced`` gives all extensions of the server, for numbers that none of the
    ``know``n ones has.
    """

    def __init__(
        self,
        timeline: record.Timeline,
        name: str,
        announced: Callable[[], Iterable[Extension]] = tuple,
    ) -> None:
        self.timeline = timeline
        self.name = name
        self.events: list[record.Event] = []
        self.errors: list[record.Error] = []
        self._numbers = ExtensionNumbers(announced)
        self._requests: dict[int, str] = {}
        self._last_sent = 0
        self._last_handled = 0
        self._ended = False

    def know(self, extensions: Iterable[Extension]) -> None:
        """Set the numbers by which events, errors and generic events are named."""
        self._numbers.know(extensions)

    def request_name(self, sequence: int) -> str:
        return self._requests.get(sequence, "a request")

    def unanswered(self) -> str:
        """The requests that the server had not handled at its last message, in words."""
        pending = [
            name for sequence, name in self._requests.items() if sequence > self._last_handled
        ]
        if not pending:
            return "no request of this client"
        if len(pending) > 3:
            pending[1:-1] = [f"{len(pending) - 2} more"]
        return ", ".join(pending)

    def sent(self, sequence: int, extension: str | None, opcode: int, data: bytes) -> None:
        """Record a request; ``opcode`` is the minor one of an extension."""
        content = present.decode_request(data) if extension == present.EXTENSION else None
        name = names.request_name(extension, opcode)
        serial = getattr(content, "serial", None)
        self._last_sent = sequence
        self._requests[sequence] = name if serial is None else f"{name} (serial {serial})"
        self._add(record.Request, sequence, name=name, data=data, content=content)

    def handled(self, sequence: int) -> None:
        """Note that the server has handled the requests up to ``sequence``."""
        self._last_handled = max(self._last_handled, sequence)

    def reply(self, sequence: int, data: Any) -> None:
        """Record the reply to request ``sequence``: of its bytes ``data`` what timelines keep."""
        name = self.request_name(sequence)
        kept = bytes(data if name.startswith(f"{randr.EXTENSION}:") else data[:32])
        self._add(record.Reply, sequence, name=name, data=kept)

    def event(self, event: Any) -> None:
        """Record an ``xcb_generic_event_t *``.  Raises EventFlood after ``FLOOD`` events."""
        number = event.response_type & 0x7F
        wire = bytes(ffi.buffer(event, 32))
        content = None
        if number == GENERIC_EVENT:
            (length,) = struct.unpack_from("=I", wire, 4)
            # libxcb keeps its own sequence number in the four bytes after the first 32.
            wire += bytes(ffi.buffer(event, 36 + 4 * length))[36:]
            name = self._numbers.generic_event(wire)
            if name == PRESENT_EVENT:
                content = present.decode_event(wire)
                name = content.NAME if content is not None else name
        else:
            name = self._numbers.event(number)
        sequence = int(event.full_sequence)
        self.handled(sequence)
        entry = self._add(record.Event, sequence, name=name, data=wire, content=content)
        self.events.append(entry)
        if len(self.events) > FLOOD:
            raise EventFlood(
                f"{self.name} received more than {FLOOD} events, the last one {name}: "
                f"the server floods its clients"
            )

    def error(self, error: Any) -> record.Error:
        """Record an ``xcb_generic_error_t *``."""
        code = error.error_code
        name = self._numbers.error(code)
        numbers = {"code": code, "value": int(error.resource_id)}
        numbers |= {"major": error.major_code, "minor": error.minor_code}
        sequence = int(error.full_sequence)
        answered = self.request_name(sequence)
        entry = self._add(record.Error, sequence, name=name, request=answered, **numbers)
        self.errors.append(entry)
        return entry

    def end(self) -> None:
        """Record the end of the connection, closed or lost; once."""
        if not self._ended:
            self._ended = True
            self._add(record.Close, self._last_sent)

    def _add(self, kind: type[_Entry], sequence: int, **values: Any) -> _Entry:
        entry = kind(time=time.monotonic(), client=self.name, sequence=sequence, **values)
        self.timeline.append(entry)
        return entry
