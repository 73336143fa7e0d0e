# SPDX-License-Identifier: MIT
"""The messages of one client, seen on the wire, as the entries of a timeline."""

import struct
from collections import deque

from harness.proxy.tracing.describing import Describing
from harness.timeline import record
from harness.x11 import encoding, randr
from harness.x11.encoding import ByteOrder

_REMEMBERED = 1 << 16
"""Requests that are kept for their answers: as many as sequence numbers tell apart."""


class ClientEntries:
    """Makes the entries of ``client``, whose messages have byte order ``order``.

    Times are s, sequence numbers whole.  Beside an entry stands in words what it does not decode.
    """

    def __init__(self, client: str, order: ByteOrder, describing: Describing) -> None:
        self.client = client
        self._order, self._describing = order, describing
        self._requests: deque[tuple[int, bytes, str]] = deque(maxlen=_REMEMBERED)

    def request(self, time: float, sequence: int, data: bytes) -> tuple[record.Request, str]:
        """The entry of a request, and its other fields in words."""
        name, content, words = self._describing.request(data, self._order)
        self._requests.append((sequence, data[:2], name))
        made = record.Request(
            time=time, client=self.client, sequence=sequence, name=name, data=data, content=content
        )
        return made, words

    def answer(
        self, time: float, sequence: int, data: bytes
    ) -> tuple[record.Reply | record.Error | record.Event, str]:
        """The entry of what the server sent, and its other fields in words."""
        kind = data[0] & 0x7F
        if kind == encoding.REPLY:
            opcodes, name = self._answered(sequence)
            words = self._describing.reply(opcodes, data, self._order)
            kept = data if name.startswith(f"{randr.EXTENSION}:") else data[:32]
            return (
                record.Reply(
                    time=time, client=self.client, sequence=sequence, name=name, data=kept
                ),
                words,
            )
        if kind == encoding.ERROR:
            value, minor, major = struct.unpack_from(f"{self._order}IHB", data, 4)
            return (
                record.Error(
                    time=time,
                    client=self.client,
                    sequence=sequence,
                    name=self._describing.error(data[1]),
                    request=self._answered(sequence)[1],
                    code=data[1],
                    value=value,
                    major=major,
                    minor=minor,
                ),
                "",
            )
        name, content, words = self._describing.event(data, self._order)
        return (
            record.Event(
                time=time,
                client=self.client,
                sequence=sequence,
                name=name,
                data=data,
                content=content,
            ),
            words,
        )

    def close(self, time: float, sequence: int) -> record.Close:
        """The entry of the connection's end."""
        return record.Close(time=time, client=self.client, sequence=sequence)

    def in_timeline(self, entry: record.Entry) -> bool:
        """Whether ``entry`` says in a timeline what it says on the wire.

        Of a client of the other byte order Present's messages, errors and the end do.
        """
        return (
            self._order == encoding.NATIVE
            or getattr(entry, "content", None) is not None
            or isinstance(entry, record.Error | record.Close)
        )

    def _answered(self, sequence: int) -> tuple[bytes, str]:
        """The first bytes and the name of the request that an answer has the number of."""
        while self._requests and self._requests[0][0] < sequence:
            self._requests.popleft()
        if self._requests and self._requests[0][0] == sequence:
            return self._requests[0][1:]
        return bytes(2), "a request"
