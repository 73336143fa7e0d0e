# SPDX-License-Identifier: MIT
"""What a raw client may receive: types, lengths, sequence numbers and opcodes in either order."""

import struct
from collections.abc import Callable, Iterable

from harness.clients.connection.errors import IllegalMessage
from harness.x11 import encoding
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension
from harness.x11.names import UNKNOWN_GENERIC, request_name
from harness.x11.numbers import ExtensionNumbers
from harness.x11.replies import length_problem

_BITS = 1 << 16


class Incoming:
    """The messages of one connection, checked in the order in which they came.

    ``announced`` gives the server's extensions, when one is not known.  Requests that are not
    told by ``sent``, such as those of a block, are not compared with their answers.
    """

    def __init__(
        self, byte_order: ByteOrder, announced: Callable[[], Iterable[Extension]] = tuple
    ) -> None:
        self._order = byte_order
        self._numbers = ExtensionNumbers(announced)
        self._names: dict[int, str] = {}
        self._requests: dict[int, tuple[int, int]] = {}
        self._handled = 0
        self._answer = 0, encoding.REPLY

    def know(self, extension: Extension) -> None:
        """Name the messages of an extension."""
        self._names[extension.major] = extension.name
        self._numbers.know([extension])

    def sent(self, sequence: int, data: bytes) -> None:
        """Remember the opcodes of a request."""
        if len(data) >= 2:
            self._requests[sequence] = data[0], data[1]

    def check(self, data: bytes, newest: int) -> int:
        """The sequence number of a message, widened; ``newest`` is that of the last request.

        Raises IllegalMessage for a message with a wrong type, length or number, and for an error
        that answers a request for the second time, or is answered itself.
        """
        kind = data[0] & 0x7F
        if kind == encoding.KEYMAP_NOTIFY:
            return self._handled
        low = int(struct.unpack_from(f"{self._order}H", data, 2)[0])
        sequence = newest - (newest - low) % _BITS
        if sequence < self._handled:
            problem: str | None = (
                f"its sequence number is {low}; {self._handled} was the last that came, "
                f"{newest} the last that was sent"
            )
        else:
            self._handle(sequence)
            problem = self._second_answer(kind, sequence) or self._problem(kind, data, sequence)
        if problem:
            raise IllegalMessage(
                f"a raw client received a message that no server may send: {problem}\n"
                f"  message  {data[:32].hex(' ', 4)}"
            )
        return sequence

    def _handle(self, sequence: int) -> None:
        self._handled = sequence
        while self._requests and (first := next(iter(self._requests))) < sequence:
            del self._requests[first]

    def _second_answer(self, kind: int, sequence: int) -> str | None:
        """Several replies may answer one request, but an error is always alone."""
        if kind not in (encoding.REPLY, encoding.ERROR):
            return None
        (before, its_kind), self._answer = self._answer, (sequence, kind)
        if sequence == before and encoding.ERROR in (kind, its_kind):
            return f"request {sequence} was answered already"
        return None

    def _problem(self, kind: int, data: bytes, sequence: int) -> str | None:
        request = self._requests.get(sequence)
        if kind == encoding.REPLY:
            return (
                None if request is None else length_problem(self._name(request), data, self._order)
            )
        if kind == encoding.ERROR:
            return self._error_problem(data, request)
        if kind == encoding.GENERIC_EVENT:
            if self._numbers.generic_event(data, self._order) == UNKNOWN_GENERIC:
                evtype = encoding.read_evtype(data, self._order)
                return f"no extension has generic events of type {evtype} and opcode {data[1]}"
        elif self._numbers.event(kind).isdigit():
            return f"no extension has announced events of type {kind}"
        return None

    def _error_problem(self, data: bytes, request: tuple[int, int] | None) -> str | None:
        if self._numbers.error(data[1]).isdigit():
            return f"no extension has announced errors of type {data[1]}"
        if request is None:
            return None
        major, second = request
        expected = second if major >= encoding.FIRST_EXTENSION else 0, major
        named = struct.unpack_from(f"{self._order}HB", data, 8)
        if named == expected:
            return None
        return f"an error for request {named[1]}.{named[0]}, where {major}.{expected[0]} was sent"

    def _name(self, request: tuple[int, int]) -> str:
        major, minor = request
        if major < encoding.FIRST_EXTENSION:
            return request_name(None, major)
        return request_name(self._names[major], minor) if major in self._names else ""
