# SPDX-License-Identifier: MIT
"""Replays a recording: its requests are sent again, and what comes is held against it."""

import struct
from collections.abc import Collection, Iterable

from harness.recordings.device_buffers import (
    DRI3,
    FENCE_FROM_FD,
    FROM_BUFFER,
    FROM_BUFFERS,
    QUESTIONS,
    copies_first,
)
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingHead, Sender
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, Role, with_values
from harness.recordings.replay.arrivals import Arrivals
from harness.recordings.replay.expectations import (
    MESSAGE_SECONDS,
    Expectations,
    RecordedClient,
    about_left_out,
)
from harness.recordings.replay.findings import Findings
from harness.recordings.replay.mapping import ValueMapping
from harness.recordings.replay.ordering import in_server_order
from harness.recordings.replay.result import (
    FinalPicture,
    Replayed,
    ReplayError,
    ReplayOutcome,
    Subject,
)
from harness.recordings.replay.target.connection import Connection
from harness.recordings.replay.target.memory import Memories
from harness.recordings.replay.target.pictures import pictures
from harness.recordings.replay.target.target import ANSWER_SECONDS, Target, TargetLost
from harness.servers.server import Server
from harness.x11 import encoding
from harness.x11.extensions import Extension
from harness.x11.plain_connection import query_extensions
from harness.x11.setup import first_screen

_SHM_ATTACH = ("MIT-SHM", 1)
_ACCEPTED = 1
_WITHOUT_DRI3 = "its questions were not sent, and its fences are those of SYNC"


def replay(
    head: RecordingHead,
    messages: Iterable[RecordedMessage],
    server: Server,
    leave_out: Collection[str] = (),
    patience: float | None = None,
    *,
    keep: bool = True,
) -> Replayed:
    """Send the requests of ``messages`` to ``server`` in their order, and compare what comes.

    ``head`` is that of the recording.  Requests of the extensions ``leave_out`` are not sent.
    Messages of the server may be missing, as in a recording that was cut or shrunk: what was
    not recorded is not waited for.  With a ``patience`` (s) each event is waited for where it
    stands, and each message at most so long.  Without ``keep`` the result has no messages, and
    memory does not grow with them.

    Raises ReplayError for a request of an extension that the target lacks, for a screen of
    another depth and for an unknown name in ``leave_out``; DescriptionMissing, RecordingError,
    ExtensionsUnknown.
    """
    extensions = query_extensions(server.display, server.cookie)
    recorded = {one.name for one in head.extensions}
    if unknown := sorted({*leave_out} - recorded):
        raise ReplayError(
            f"{', '.join(unknown)} cannot be left out: the recorded server has no such extension, "
            f"but {', '.join(sorted(recorded))}"
        )
    return _Replay(head, server, extensions, frozenset(leave_out), patience, keep=keep).run(
        messages
    )


class _Replay:
    def __init__(
        self,
        head: RecordingHead,
        server: Server,
        target: dict[str, Extension],
        leave_out: frozenset[str],
        patience: float | None,
        *,
        keep: bool,
    ) -> None:
        self._patience, self._recorded_head = patience, head
        self._head = RecordingHead(server.described, tuple(target.values()), (), head.big_endian)
        self._extensions = {one.major: one for one in head.extensions}
        self._has, self._leave_out = target, leave_out
        self._unasked = leave_out
        if DRI3 not in target:
            self._unasked |= {DRI3}
        self._recorded = References(head.extensions)
        theirs = References(target.values())
        self._mapping = ValueMapping(head.extensions, target.values())
        self._findings, self._memories = Findings(), Memories()
        self._arrivals = Arrivals(theirs, keep=keep)
        self._expectations = Expectations(
            *(self._recorded, theirs, self._mapping),
            *(self._arrivals, self._findings, self._memories),
            patience=patience,
        )
        self._clients: dict[int, RecordedClient] = {}
        self._ends: list[tuple[int, RecordedMessage]] = []
        self._current: Connection | None = None
        self._requests = 0
        self._server = server

    def run(self, messages: Iterable[RecordedMessage]) -> Replayed:
        found: tuple[FinalPicture, ...] = ()
        outcome, failure = ReplayOutcome.ALIVE, None
        target: Target | None = None
        try:
            target = Target(self._server, self._arrivals.take, self._patience)
            for place, message in in_server_order(copies_first(self._recorded_head, messages)):
                self._step(place, message, target)
            self._settle(target)
            found = tuple(pictures(target, self._recorded_id))
            self._run_ends(target)
        except TargetLost as lost:
            outcome, failure = ReplayOutcome.HUNG if lost.hung else ReplayOutcome.DIED, lost.error
        finally:
            if target is not None:
                target.close()
            self._memories.close()
        return Replayed(
            head=self._head,
            messages=tuple(self._arrivals.messages),
            requests=self._requests,
            left_out=len(self._expectations.left_out),
            differences=tuple(sorted(self._findings.differences, key=lambda one: one.place)),
            notes=self._findings.notes,
            pictures=found,
            outcome=outcome,
            failure=failure,
            slowest=target.slowest if target is not None else 0.0,
        )

    def _step(self, place: int, message: RecordedMessage, target: Target) -> None:
        if message.kind is RecordedKind.END:
            self._ends.append((place, message))
            return
        self._run_ends(target)
        if message.kind is RecordedKind.GREETING:
            self._switch(None, target)
            self._clients[message.client] = RecordedClient(message.client)
            self._arrivals.connect(message)
            target.connect(message.client, message.order)
            return
        client = self._clients.get(message.client)
        if client is None or client.refused:
            return
        if message.sender is Sender.SERVER:
            client.seen = message.sequence
        match message.kind:
            case RecordedKind.SETUP:
                self._accepted(place, client, message, target)
            case RecordedKind.REQUEST:
                self._request(place, client, message, target)
            case RecordedKind.REPLY | RecordedKind.ERROR:
                if not about_left_out(message, self._extensions, self._unasked):
                    self._expectations.answer(place, client, message, target)
            case RecordedKind.EVENT:
                name = self._recorded.name(message)
                if name.partition(":")[0] not in self._leave_out:
                    self._expectations.event(place, client, message, target)

    def _run_ends(self, target: Target) -> None:
        """Carry out the ends that were put off: only the last ones are left for the pictures."""
        ends, self._ends = self._ends, []
        for place, message in ends:
            self._end(place, message, target)

    def _settle(self, target: Target) -> None:
        """Wait for what is still expected, and look for what was not."""
        for connection in list(target.connections.values()):
            target.round_trip(connection)
        self._expectations.settle(target)
        for number, connection in target.connections.items():
            client = self._clients[number]
            self._expectations.find_extra(client, connection, self._leave_out)

    def _accepted(
        self, place: int, client: RecordedClient, message: RecordedMessage, target: Target
    ) -> None:
        connection = target.connections[client.number]
        if message.data[0] != _ACCEPTED:
            # It gave another cookie, or none: the target would accept ours.
            self._findings.note("a client that the recorded server refused was not replayed")
            target.drop(connection)
            del target.connections[client.number]
            client.refused = True
            return
        target.wait(lambda: connection.accepted is not None, ANSWER_SECONDS, connection)
        if connection.accepted is None:
            error = self._server.silent("a new connection", ANSWER_SECONDS)
            raise TargetLost(error, hung=True)
        ours = first_screen(message.data, message.order)
        theirs = first_screen(connection.accepted, message.order)
        if ours.depth != theirs.depth:
            raise ReplayError(
                f"the recording was made on a screen of depth {ours.depth}, the target has one of "
                f"depth {theirs.depth}: pixel values would mean other colours; replay it on a "
                f"server of depth {ours.depth}"
            )
        if client.number == min(self._clients):
            for name in ("width", "height"):
                old, new = str(getattr(ours, name)), str(getattr(theirs, name))
                if old != new:
                    self._findings.differ(
                        place, message, Subject.SETUP, "the screen", name, old, new
                    )
        self._mapping.connect(ours, theirs)

    def _end(self, place: int, message: RecordedMessage, target: Target) -> None:
        connection = target.connections.get(message.client)
        if connection is None:
            return
        if message.sender is Sender.CLIENT:
            self._expectations.settle(target, message.client)
            self._switch(connection, target)
            target.hang_up(connection)
        else:
            self._switch(None, target)
            if not target.wait(lambda: connection.closed, self._patience or MESSAGE_SECONDS, None):
                self._findings.differ(
                    *(place, message, Subject.END, "the connection", ""),
                    *("closed by the server", "left open"),
                )
            self._expectations.settle(target, message.client)
        client = self._clients[message.client]
        self._expectations.find_extra(client, connection, self._leave_out)
        target.drop(connection)
        self._arrivals.end(message)
        del target.connections[message.client]
        if self._current is connection:
            self._current = self._expectations.busy = None

    def _switch(self, connection: Connection | None, target: Target) -> None:
        """Let the server finish the requests of the client before, if it is another one."""
        if self._current is not None and self._current is not connection:
            target.round_trip(self._current)
        if connection is not None:
            self._current = self._expectations.busy = connection

    def _request(
        self, place: int, client: RecordedClient, message: RecordedMessage, target: Target
    ) -> None:
        client.places.append(place)
        client.sent_at = message.time
        references = self._recorded.of(message)
        connection = target.connections[client.number]
        if connection.closed:
            return
        self._switch(connection, target)
        self._expectations.await_idle(message, references, target)
        self._expectations.note_request(message, references)
        data, fds, extension = self._mapped(message, references)
        self._memories.fill(message.contents)
        if message.contents:
            context = connection.hidden_id()
            for request in self._memories.painting(message.contents, message.order, context):
                connection.send(request)
        if data[0] == encoding.GRAB_SERVER:
            # What the others sent before is done; afterwards it would wait for the end of the grab.
            for other in list(target.connections.values()):
                target.round_trip(other)
        connection.request(data, fds, extension)
        self._requests += 1
        if data[0] == encoding.GRAB_SERVER:
            target.grabbed_by = connection
        elif data[0] == encoding.UNGRAB_SERVER and target.grabbed_by is connection:
            target.grabbed_by = None
        self._arrivals.sent(message, data)
        target.pump(0)

    def _mapped(
        self, message: RecordedMessage, references: tuple[Reference, ...]
    ) -> tuple[bytes, list[int], str]:
        """The request for the target, its descriptors, the name of its extension."""
        data, order = message.data, message.order
        extension = self._extensions.get(data[0])
        name = extension.name if extension else ""
        if name in self._leave_out:
            self._expectations.left_out.add((message.client, message.sequence))
            return encoding.request(order, encoding.NO_OPERATION, 0), [], ""
        values = [(one, self._mapping.to_target(one, _divisor(one, message))) for one in references]
        sent = with_values(data, order, values)
        if name == DRI3 and data[1] in (FROM_BUFFER, FROM_BUFFERS):
            return self._memories.pixmap_request(sent, order, message.descriptors), [], ""
        if name == DRI3 and name not in self._has:
            if data[1] == FENCE_FROM_FD and "SYNC" in self._has:
                major = self._has["SYNC"].major
                return self._memories.fence_request(sent, order, major), [], "SYNC"
            if data[1] in QUESTIONS:
                self._findings.note(f"the target lacks DRI3: {_WITHOUT_DRI3}")
                self._expectations.left_out.add((message.client, message.sequence))
                return encoding.request(order, encoding.NO_OPERATION, 0), [], ""
        if name and name not in self._has:
            raise ReplayError(
                f"request {message.sequence} of client {message.client}, "
                f"{self._recorded.request_name(data)}, needs {name}, which the target "
                f"({self._head.server}) lacks: replay it on a server that has it, or leave its "
                f"requests out (--leave-out {name})"
            )
        if (name, data[1]) == _SHM_ATTACH:
            sent, fd = self._memories.attach_request(sent, order)
            return sent, [fd], name
        return sent, [self._memories.sent(one) for one in message.descriptors], name

    def _recorded_id(self, value: int) -> int:
        reference = Reference(0, 4, ReferenceKind.XID, value, Role.TELLS)
        return self._mapping.canonical(reference, recorded=False)


def _divisor(reference: Reference, request: RecordedMessage) -> int:
    """The divisor of Present's remainder: the number before it."""
    if reference.kind is not ReferenceKind.REMAINDER:
        return 0
    (value,) = struct.unpack_from(f"{request.order}Q", request.data, reference.offset - 8)
    return int(value)
