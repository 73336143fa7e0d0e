# SPDX-License-Identifier: MIT
"""The order in which the recorded server handled requests, where the recording proves it.

A proxy sees when a request passes, not when the server comes to it.  A server that one client has
grabbed leaves those of all others where they are, also such as passed shortly before GrabServer.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import Sender
from harness.x11 import encoding

Placed = tuple[int, RecordedMessage]
"""A message and its place in the recording."""

AHEAD = 2000
"""Messages that are looked ahead for the end of a grab."""


def in_server_order(messages: Iterable[RecordedMessage]) -> Iterator[Placed]:
    """The messages with their places; requests that a grab delayed stand behind its end."""
    return _Reordering(enumerate(messages)).run()


class _Reordering:
    def __init__(self, messages: Iterator[Placed]) -> None:
        self._messages = messages
        self._window: deque[Placed] = deque()
        self._grabs = 0
        self._held: list[Placed] = []
        self._held_clients: set[int] = set()
        self._grabber = 0

    def run(self) -> Iterator[Placed]:
        while True:
            self._look_ahead()
            if not self._window:
                yield from self._release()
                return
            placed = self._window.popleft()
            message = placed[1]
            if _is(message, encoding.GRAB_SERVER):
                self._grabs -= 1
            if message.client in self._held_clients and message.sender is Sender.CLIENT:
                self._held.append(placed)
                continue
            if self._grabs and self._delayed(message):
                self._held.append(placed)
                self._held_clients.add(message.client)
                continue
            if message.client in self._held_clients:
                # The server speaks to it: whatever was held is due.
                yield from self._release()
            yield placed
            ends = message.kind is RecordedKind.END or _is(message, encoding.UNGRAB_SERVER)
            if self._held and message.client == self._grabber and ends:
                yield from self._release()

    def _look_ahead(self) -> None:
        while len(self._window) < AHEAD:
            placed = next(self._messages, None)
            if placed is None:
                return
            self._window.append(placed)
            self._grabs += _is(placed[1], encoding.GRAB_SERVER)

    def _release(self) -> Iterator[Placed]:
        held, self._held = self._held, []
        self._held_clients.clear()
        yield from held

    def _delayed(self, message: RecordedMessage) -> bool:
        """Whether the first proof that the server came to a request follows a later grab's end."""
        if message.kind is not RecordedKind.REQUEST:
            return False
        grabber, ended, times = 0, False, {message.sequence: message.time}
        for _, later in self._window:
            if later.client == message.client:
                if later.kind is RecordedKind.REQUEST:
                    times[later.sequence] = later.time
                elif later.sequence >= message.sequence:
                    proved = times.get(later.sequence) == message.time
                    self._grabber = grabber or self._grabber
                    return ended and proved
            elif not grabber and _is(later, encoding.GRAB_SERVER):
                grabber = later.client
            elif later.client == grabber and (
                later.kind is RecordedKind.END or _is(later, encoding.UNGRAB_SERVER)
            ):
                ended = True
        return False


def _is(message: RecordedMessage, opcode: int) -> bool:
    return message.kind is RecordedKind.REQUEST and message.data[0] == opcode
