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
        self._turns: deque[Placed] = deque()
        """The grabs of the server in the window, and what ends them."""
        self._told: dict[int, deque[Placed]] = {}
        """All but the requests of each client there."""
        self._times: dict[tuple[int, int], int] = {}
        """When each request there was sent, by client and sequence number."""

    def run(self) -> Iterator[Placed]:
        while True:
            self._look_ahead()
            if not self._window:
                yield from self._release()
                return
            placed = self._window.popleft()
            message = placed[1]
            self._forget(placed)
            if _is(message, encoding.GRAB_SERVER):
                self._grabs -= 1
            if message.client in self._held_clients and message.sender is Sender.CLIENT:
                self._held.append(placed)
                continue
            if self._grabs and self._delayed(*placed):
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
            self._note(placed)

    def _note(self, placed: Placed) -> None:
        """Note of a message that comes into the window what later ones are asked for."""
        message = placed[1]
        self._grabs += _is(message, encoding.GRAB_SERVER)
        if _turns(message):
            self._turns.append(placed)
        if message.kind is RecordedKind.REQUEST:
            self._times[message.client, message.sequence] = message.time
        else:
            self._told.setdefault(message.client, deque()).append(placed)

    def _forget(self, placed: Placed) -> None:
        """Forget it when it leaves the window."""
        message = placed[1]
        if _turns(message):
            self._turns.popleft()
        if message.kind is RecordedKind.REQUEST:
            del self._times[message.client, message.sequence]
        else:
            self._told[message.client].popleft()

    def _release(self) -> Iterator[Placed]:
        held, self._held = self._held, []
        self._held_clients.clear()
        yield from held

    def _delayed(self, place: int, message: RecordedMessage) -> bool:
        """Whether the first proof that the server came to a request follows a later grab's end."""
        if message.kind is not RecordedKind.REQUEST:
            return False
        told = self._told.get(message.client, ())
        proof = next((one for one in told if one[1].sequence >= message.sequence), None)
        if proof is None:
            return False
        grabber, ended = 0, False
        for at, turn in self._turns:
            if at > proof[0]:
                break
            if turn.client == message.client:
                continue
            if not grabber and _is(turn, encoding.GRAB_SERVER):
                grabber = turn.client
            elif turn.client == grabber and not _is(turn, encoding.GRAB_SERVER):
                ended = True
        number = proof[1].sequence
        sent = self._times.get((message.client, number))
        proved = number == message.sequence or sent == message.time
        self._grabber = grabber or self._grabber
        return ended and proved


def _turns(message: RecordedMessage) -> bool:
    """Whether a grab may begin or end here."""
    return (
        message.kind is RecordedKind.END
        or _is(message, encoding.GRAB_SERVER)
        or _is(message, encoding.UNGRAB_SERVER)
    )


def _is(message: RecordedMessage, opcode: int) -> bool:
    return message.kind is RecordedKind.REQUEST and message.data[0] == opcode
