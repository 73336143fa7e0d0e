# SPDX-License-Identifier: MIT
"""What the target sent to the clients of a replay, until the recording asks for it."""

import time
from collections.abc import Callable
from dataclasses import replace

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import Sender
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference
from harness.recordings.replay.target.connection import Connection
from harness.x11 import encoding

Event = tuple[RecordedMessage, tuple[Reference, ...]]
_HEAD = 32
_HEADS = 1 << 17
"""Requests of a client of which the beginning is known: twice what sequence numbers tell apart."""
_KINDS = {encoding.REPLY: RecordedKind.REPLY, encoding.ERROR: RecordedKind.ERROR}


class Arrivals:
    """Keeps what passes between the clients and the target, as messages of a recording.

    ``messages`` are all of them, none without ``keep``; ``target`` reads the target's.
    """

    def __init__(self, target: References, *, keep: bool = True) -> None:
        self.messages: list[RecordedMessage] = []
        self._target, self._keep = target, keep
        self._sent: dict[int, dict[int, bytes]] = {}
        self._events: dict[int, list[Event]] = {}

    def connect(self, greeting: RecordedMessage) -> None:
        """A client is about to connect."""
        self._sent[greeting.client], self._events[greeting.client] = {}, []
        self._add(replace(greeting, time=time.time_ns()))

    def end(self, end: RecordedMessage) -> None:
        """A connection has ended."""
        self._add(replace(end, time=time.time_ns()))

    def sent(self, message: RecordedMessage, data: bytes) -> None:
        """The request ``message`` of the recording was sent as ``data``."""
        heads = self._sent[message.client]
        heads[message.sequence] = data[:_HEAD]
        if len(heads) > _HEADS:
            del heads[next(iter(heads))]
        sent = replace(message, time=time.time_ns(), data=data)
        self._add(sent)
        self._target.of(sent)

    def head(self, client: int, sequence: int) -> bytes:
        """The first bytes of a request as it was sent; empty for one that was not."""
        return self._sent[client].get(sequence, b"")

    def take(self, connection: Connection, sequence: int, data: bytes) -> None:
        """A message has come."""
        client = connection.number
        if client not in self._sent:
            return
        kind, answers = _KINDS.get(data[0], RecordedKind.EVENT), b""
        if data is connection.accepted:
            kind = RecordedKind.SETUP
        elif kind is not RecordedKind.EVENT:
            answers = self.head(client, sequence)
        message = RecordedMessage(
            *(time.time_ns(), client, kind, Sender.SERVER, sequence, connection.order, data),
            answers,
        )
        self._add(message)
        references = self._target.of(message)
        if kind is RecordedKind.EVENT:
            self._events[client].append((message, references))

    def _add(self, message: RecordedMessage) -> None:
        if self._keep:
            self.messages.append(message)

    def event(self, client: int, fits: Callable[[Event], bool], *, take: bool) -> Event | None:
        """The first event for a client that ``fits``, removed where ``take`` is set."""
        events = self._events[client]
        for number, event in enumerate(events):
            if fits(event):
                if take:
                    del events[number]
                return event
        return None

    def left(self, client: int) -> list[Event]:
        """The events for a client that were not expected; they are forgotten."""
        left, self._events[client] = self._events[client], []
        return left
