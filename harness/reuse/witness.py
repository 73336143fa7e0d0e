# SPDX-License-Identifier: MIT
"""What a server itself says of its clients and their requests, by the RECORD extension.

Nothing that reaches the server can pass it by: other programs, threads, and what a proxy sends
count like the clients of a test.  Only requests that may leave something behind are recorded, so
that all others take their usual way through the server.
Source: RECORD protocol 1.13, sections 3 (requests) and 4 (encoding).
"""

import struct
import sys
from collections.abc import Iterator, Mapping

from harness.deadlines import Deadline
from harness.reuse.errors import NotReusable
from harness.reuse.requests import RESIZE, retires, to_observe
from harness.reuse.wire import Wire, request
from harness.x11 import encoding, names, randr
from harness.x11.encoding import NATIVE, ByteOrder
from harness.x11.extensions import Extension

EXTENSION = "RECORD"

_QUERY_VERSION, _CREATE_CONTEXT, _REGISTER_CLIENTS, _ENABLE_CONTEXT = 0, 1, 2, 5
_FUTURE_CLIENTS = 2
_GET_PROVIDERS = 32
_FROM_CLIENT, _CLIENT_STARTED, _CLIENT_DIED, _START_OF_DATA = 1, 2, 3, 4
_RANGE = struct.Struct("=BB2xBBHH6x6xBB")


PAUSES = 0.0, 0.001, 0.005
"""Between two looks for clients that are not closed down yet (s)."""


class Witness:
    """The clients that connected to a server since, and whether they leave something behind.

    ``record`` and ``control`` are two connections to the server; the first is good for nothing
    else.  Raises NotReusable when the server lacks RECORD or does not let itself be recorded.
    """

    def __init__(
        self,
        record: Wire,
        control: Wire,
        extensions: Mapping[str, Extension],
        deadline: Deadline,
    ) -> None:
        if EXTENSION not in extensions:
            raise NotReusable(f"it has no extension {EXTENSION}")
        self._extensions = {known.major: known for known in extensions.values()}
        self._lasting = {control.root, *_providers(control, extensions, deadline)}
        self._control, self._marked = control, False
        self._alive: set[int] = set()
        self.retired_by: str | None = None
        """The first request that may leave something behind, by its name."""
        self.resized = False
        """Whether the screen may have another size in mm."""
        self._wire = record
        major, context = extensions[EXTENSION].major, control.new_id(1)
        ranges = self._ranges()
        body = struct.pack("=IB3xII", context, 0, 1, len(ranges))
        body += struct.pack("=I", _FUTURE_CLIENTS) + b"".join(ranges)
        register = struct.pack("=IB3xIII", context, 0, 1, 1, control.new_id(0))
        register += _RANGE.pack(*[encoding.NO_OPERATION] * 2, 0, 0, 0, 0, 0, 0)
        setting_up = [
            request(major, _QUERY_VERSION, struct.pack("=HH", 1, 13)),
            request(major, _CREATE_CONTEXT, body)
            + request(major, _REGISTER_CLIENTS, register)
            + request(encoding.GET_INPUT_FOCUS),
        ]
        _, answer = control.exchange(setting_up, deadline)
        if answer[0] == encoding.ERROR:
            raise NotReusable(f"it does not let itself be recorded (error {answer[1]})")
        self._wire.send(request(major, _ENABLE_CONTEXT, struct.pack("=I", context)))
        if self._wire.message(deadline)[1] != _START_OF_DATA:
            raise NotReusable("it does not let itself be recorded")

    def catch_up(self, deadline: Deadline) -> None:
        """Read all that clients did until now, which settles ``retired_by``.

        A request of the control connection marks the place in what the server tells.
        """
        self._marked = False
        # Servers send what they recorded when they have other output as well.
        round_trip = request(encoding.NO_OPERATION) + request(encoding.GET_INPUT_FOCUS)
        self._control.exchange([round_trip], deadline)
        while not self._marked:
            self._note(self._wire.message(deadline))

    def wait_until_alone(self, deadline: Deadline, answer_seconds: float) -> None:
        """Catch up until the server has closed down every client that had connected.

        Each answer may take ``answer_seconds``.  Raises NotReusable when one takes longer, and when
        a client stays until the deadline.
        """
        pauses = iter(PAUSES)
        while self._alive:
            if deadline.passed:
                raise NotReusable("a client is still connected")
            self._wire.wait(next(pauses, PAUSES[-1]))
            self.catch_up(Deadline.after(answer_seconds))

    def _ranges(self) -> list[bytes]:
        core = [_RANGE.pack(*pair, 0, 0, 0, 0, 0, 0) for pair in to_observe(None)]
        further = [
            _RANGE.pack(0, 0, known.major, known.major, *pair, 0, 0)
            for known in self._extensions.values()
            for pair in to_observe(known)
        ]
        return [*core, *further, _RANGE.pack(0, 0, 0, 0, 0, 0, 1, 1)]

    def _note(self, message: bytearray) -> None:
        category, swapped, client = struct.unpack_from("=xB7xBxxI", message)
        if category == _CLIENT_STARTED:
            self._alive.add(client)
        elif category == _CLIENT_DIED:
            self._alive.discard(client)
        elif category == _FROM_CLIENT and client == self._control.new_id(0):
            self._marked = True
        elif category == _FROM_CLIENT and self.retired_by is None:
            other: ByteOrder = ">" if NATIVE == "<" else "<"
            byte_order = other if swapped else NATIVE
            for data in _split(bytes(message[32:]), byte_order):
                name = self._name(data)
                self.resized |= name in RESIZE
                if retires(name, data, byte_order, self._lasting):
                    self.retired_by = name
                    break

    def _name(self, data: bytes) -> str:
        if data[0] < encoding.FIRST_EXTENSION:
            return names.request_name(None, data[0])
        known = self._extensions.get(data[0])
        return f"request {data[0]}" if known is None else names.request_name(known.name, data[1])


def _providers(
    control: Wire, extensions: Mapping[str, Extension], deadline: Deadline
) -> tuple[int, ...]:
    """Few servers have any; which these are, snapshots compare."""
    if randr.EXTENSION not in extensions:
        return ()
    root = struct.pack("=I", control.root)
    listing = request(extensions[randr.EXTENSION].major, _GET_PROVIDERS, root)
    (reply,) = control.exchange([listing], deadline)
    count = int.from_bytes(reply[12:14], sys.byteorder) if reply[0] == encoding.REPLY else 0
    return struct.unpack_from(f"={count}I", reply, 32)


def _split(data: bytes, byte_order: ByteOrder) -> Iterator[bytes]:
    """The requests that stand one behind the other in ``data``."""
    at = 0
    while at < len(data):
        (units,) = struct.unpack_from(f"{byte_order}H", data.ljust(at + 8, b"\0"), at + 2)
        if units == 0:
            (units,) = struct.unpack_from(f"{byte_order}I", data.ljust(at + 8, b"\0"), at + 4)
        size = max(4, 4 * units)
        yield data[at : at + size]
        at += size
