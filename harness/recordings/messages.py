# SPDX-License-Identifier: MIT
"""The bytes of a recording cut into messages, with whole sequence numbers.

X protocol, chapter 1 and appendix B; BIG-REQUESTS; MIT-SHM 1.2 and DRI3 1.4 for descriptors.
"""

import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from harness.recordings.recording import (
    Closed,
    Contents,
    Descriptor,
    Opened,
    Passed,
    Recording,
    RecordingError,
    RecordingHead,
    Sender,
)
from harness.x11 import encoding, setup
from harness.x11.encoding import ByteOrder

_REMEMBERED = 1 << 16
"""Requests that are kept for their answers: as many as sequence numbers tell apart."""

_DESCRIPTORS = {("MIT-SHM", 6): 1, ("DRI3", 2): 1, ("DRI3", 4): 1, ("DRI3", 10): 1}
"""How many a request carries: AttachFd, PixmapFromBuffer, FenceFromFD, ImportSyncobj."""
_PIXMAP_FROM_BUFFERS = ("DRI3", 7)
WITH_DESCRIPTORS = {("MIT-SHM", 7), ("DRI3", 1), ("DRI3", 3), ("DRI3", 5), ("DRI3", 8)}
"""Requests whose reply carries as many as its second byte says."""


class BrokenStream(RecordingError):
    """The server sent what cannot stand there: where its next message begins is not known."""


class RecordedKind(Enum):
    """What a message is; ``GREETING`` and ``SETUP`` begin a connection, ``END`` ends it."""

    GREETING = "greeting"
    SETUP = "setup"
    REQUEST = "request"
    REPLY = "reply"
    ERROR = "error"
    EVENT = "event"
    END = "end"


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """A whole message of a recording.

    ``time`` (ns) is when its last byte passed.  ``sequence`` is whole: that of the request, or of
    the last request that the server had handled; 0 before the first.  ``answers`` is the head of
    the request that a reply or error belongs to, b"" for others.  ``contents`` are those of
    shared memory that its sender wrote before it.  An END has no data; its ``sender`` closed the
    connection.
    """

    time: int
    client: int
    kind: RecordedKind
    sender: Sender
    sequence: int
    order: ByteOrder
    data: bytes = field(repr=False)
    answers: bytes = b""
    descriptors: tuple[Descriptor, ...] = ()
    contents: tuple[Contents, ...] = ()


def descriptors_of_request(extension: str, request: bytes) -> int:
    """How many descriptors come with a request of ``extension``."""
    if (extension, request[1]) == _PIXMAP_FROM_BUFFERS:
        return request[12] if len(request) > 12 else 0
    return _DESCRIPTORS.get((extension, request[1]), 0)


def messages_of(
    recording: Recording, broken: Callable[[BrokenStream], object] | None = None
) -> Iterator[RecordedMessage]:
    """The messages of all clients, each where its last byte passed.

    What a client or the server left unfinished at the end of its connection or of the recording
    is left out.  Where the server breaks a stream ``broken`` gets the error, and that connection
    ends there; without it the error is raised.

    Raises RecordingError for a stream that is not the X protocol's, BrokenStream among them.
    """
    lost = set[int]()
    connections: dict[int, _Connection] = {}
    for item in recording.items:
        if isinstance(item, Opened):
            connections[item.client] = _Connection(item.client, recording.head)
            continue
        if item.client in lost:
            continue
        if (connection := connections.get(item.client)) is None:
            raise RecordingError(f"client {item.client} sends before it connects")
        match item:
            case Passed():
                try:
                    yield from connection.take(item)
                except BrokenStream as error:
                    if broken is None:
                        raise
                    broken(error)
                    lost.add(item.client)
                    yield connection.end(Closed(item.time, item.client, Sender.SERVER))
            case Contents():
                connection.contents[item.sender].append(item)
            case Closed():
                yield connection.end(item)
                del connections[item.client]


class _Connection:
    def __init__(self, client: int, head: RecordingHead) -> None:
        self.contents: dict[Sender, list[Contents]] = {Sender.CLIENT: [], Sender.SERVER: []}
        self._client = client
        self._names = {one.major: one.name for one in head.extensions}
        self._order: ByteOrder = encoding.NATIVE
        self._greeted = self._accepted = self._big = False
        self._sent = self._handled = 0
        self._requests: deque[tuple[int, bytes]] = deque(maxlen=_REMEMBERED)
        self._data = {Sender.CLIENT: bytearray(), Sender.SERVER: bytearray()}
        self._descriptors: dict[Sender, list[Descriptor]] = {
            Sender.CLIENT: [],
            Sender.SERVER: [],
        }

    def take(self, passed: Passed) -> Iterator[RecordedMessage]:
        """The messages that these bytes complete."""
        self._descriptors[passed.sender] += passed.descriptors
        data = self._data[passed.sender]
        data += passed.data
        at = 0
        step = self._next_request if passed.sender is Sender.CLIENT else self._next_message
        try:
            while (made := step(data, at, passed.time)) is not None:
                at += len(made.data)
                yield made
        finally:
            del data[:at]

    def end(self, closed: Closed) -> RecordedMessage:
        """The end of the connection."""
        sequence = self._sent if closed.by is Sender.CLIENT else self._handled
        return self._made(closed.time, RecordedKind.END, closed.by, sequence, b"")

    def _next_request(self, data: bytearray, at: int, time: int) -> RecordedMessage | None:
        if not self._greeted:
            return self._greeting(data, at, time)
        if (size := self._request_size(data, at)) is None or len(data) - at < size:
            return None
        request = bytes(data[at : at + size])
        self._sent += 1
        self._requests.append((self._sent, request[:32]))
        name = self._names.get(request[0])
        if name == "BIG-REQUESTS" and request[1] == 0:
            self._big = True
        count = descriptors_of_request(name or "", request)
        return RecordedMessage(
            time,
            self._client,
            RecordedKind.REQUEST,
            Sender.CLIENT,
            self._sent,
            self._order,
            request,
            descriptors=self._taken(Sender.CLIENT, count),
            contents=self._written(Sender.CLIENT),
        )

    def _greeting(self, data: bytearray, at: int, time: int) -> RecordedMessage | None:
        if len(data) > at and data[at] not in b"lB":
            raise RecordingError(
                f"client {self._client} begins with the byte {data[at]:#04x}, expected 'l' or "
                f"'B': its stream is not that of an X client"
            )
        size = setup.greeting_size(data, at)
        if size is None or len(data) - at < size:
            return None
        self._order = setup.greeting_order(data, at)
        self._greeted = True
        greeting = bytes(data[at : at + size])
        return self._made(time, RecordedKind.GREETING, Sender.CLIENT, 0, greeting)

    def _request_size(self, data: bytearray, at: int) -> int | None:
        there = len(data) - at
        if there < 4:
            return None
        (units,) = struct.unpack_from(f"{self._order}H", data, at + 2)
        if units or not self._big:
            return 4 * max(int(units), 1)
        if there < 8:
            return None
        (units,) = struct.unpack_from(f"{self._order}I", data, at + 4)
        return 4 * max(int(units), 2)

    def _next_message(self, data: bytearray, at: int, time: int) -> RecordedMessage | None:
        size = self._message_size(data, at)
        if size is None or len(data) - at < size:
            return None
        message = bytes(data[at : at + size])
        if not self._accepted:
            self._accepted = True
            return self._made(time, RecordedKind.SETUP, Sender.SERVER, 0, message)
        kind = message[0] & 0x7F
        if kind != encoding.KEYMAP_NOTIFY:
            self._handle(message)
        if kind not in (encoding.REPLY, encoding.ERROR):
            return self._made(time, RecordedKind.EVENT, Sender.SERVER, self._handled, message)
        answers = self._answered()
        count = 0
        if kind == encoding.REPLY and answers:
            name = self._names.get(answers[0], "")
            count = message[1] if (name, answers[1]) in WITH_DESCRIPTORS else 0
        return RecordedMessage(
            time,
            self._client,
            RecordedKind.REPLY if kind == encoding.REPLY else RecordedKind.ERROR,
            Sender.SERVER,
            self._handled,
            self._order,
            message,
            answers,
            self._taken(Sender.SERVER, count),
            self._written(Sender.SERVER),
        )

    def _message_size(self, data: bytearray, at: int) -> int | None:
        if not self._accepted:
            return setup.answer_size(data, self._order, at)
        if len(data) - at < 32:
            return None
        if data[at] & 0x7F not in (encoding.REPLY, encoding.GENERIC_EVENT):
            return 32
        (units,) = struct.unpack_from(f"{self._order}I", data, at + 4)
        return 32 + 4 * int(units)

    def _handle(self, message: bytes) -> None:
        """Note how far the server is: the low 16 bits of sequence numbers never run back."""
        (low,) = struct.unpack_from(f"{self._order}H", message, 2)
        self._handled += (int(low) - self._handled) & 0xFFFF
        if self._handled > self._sent:
            raise BrokenStream(
                f"client {self._client} gets a message with the sequence number {low}, and has "
                f"sent {self._sent} requests: the server sent something in the middle of a "
                f"message, or gave one another number or length than it has"
            )

    def _answered(self) -> bytes:
        while self._requests and self._requests[0][0] < self._handled:
            self._requests.popleft()
        if self._requests and self._requests[0][0] == self._handled:
            return self._requests[0][1]
        return b""

    def _taken(self, sender: Sender, count: int) -> tuple[Descriptor, ...]:
        waiting = self._descriptors[sender]
        taken, waiting[:] = tuple(waiting[:count]), waiting[count:]
        return taken

    def _written(self, sender: Sender) -> tuple[Contents, ...]:
        if not self.contents[sender]:
            return ()
        written, self.contents[sender] = tuple(self.contents[sender]), []
        return written

    def _made(
        self, time: int, kind: RecordedKind, sender: Sender, sequence: int, data: bytes
    ) -> RecordedMessage:
        return RecordedMessage(
            time,
            self._client,
            kind,
            sender,
            sequence,
            self._order,
            data,
            contents=self._written(sender),
        )
