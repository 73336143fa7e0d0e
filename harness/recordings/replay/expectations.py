# SPDX-License-Identifier: MIT
"""What the recording says that a server sent, held against what the target sends."""

import os
import struct
from collections.abc import Container
from dataclasses import dataclass, field, replace

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import Descriptor, DescriptorKind
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.recordings.replay.arrivals import Arrivals, Event
from harness.recordings.replay.comparison import Firmness, MessageComparison, firmness, is_compared
from harness.recordings.replay.findings import Findings
from harness.recordings.replay.keyed_lists import pair_by_key
from harness.recordings.replay.mapping import ValueMapping
from harness.recordings.replay.result import NOTHING, Subject
from harness.recordings.replay.target.connection import Connection
from harness.recordings.replay.target.memory import Memories
from harness.recordings.replay.target.target import Target
from harness.x11 import encoding
from harness.x11.definitions.fields import Value
from harness.x11.extensions import Extension

MESSAGE_SECONDS = 5.0
"""How long a message may take beyond twice the time that it took when it was recorded."""
_LATE_SECONDS = 0.05
"""The same once the target has parted from the recording."""
_IDLE, _COMPLETE, _PRESENT = "PresentIdleNotify", "PresentCompleteNotify", "PresentPixmap"
_ENDS_WINDOWS = {"DestroyWindow", "DestroySubwindows", "KillClient", "ReparentWindow"}
_LOOSE = {
    Firmness.LOOSE: "input is not replayed, and servers may sum up such events",
    Firmness.TIMED: "its window was destroyed, or a server that flips keeps its pixmaps",
}
"""Why an event need not come."""
_FLIP = 1
"""The mode of a presentation whose pixmap is shown itself."""
_SHOWN = 6
"""Fields of an event that are shown."""


@dataclass(slots=True)
class RecordedClient:
    """A client of the recording: where its requests stand, how far its server had come.

    ``seen`` is the sequence number of the last message that it received, ``sent_at`` the time
    (ns) of its last request.
    """

    number: int
    places: list[int] = field(default_factory=list)
    seen: int = 0
    sent_at: int = 0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _Expected:
    place: int
    client: RecordedClient
    message: RecordedMessage
    references: tuple[Reference, ...]
    elapsed: float


class Expectations:
    """Waits until the target has sent what the recording has next, and compares it.

    ``busy`` is the connection whose requests the target may still be at.  ``left_out`` are client
    and sequence number of requests that were not sent.  ``patience`` is that of ``replay``.
    """

    def __init__(
        self,
        recorded: References,
        theirs: References,
        mapping: ValueMapping,
        arrivals: Arrivals,
        findings: Findings,
        memories: Memories,
        patience: float | None,
    ) -> None:
        self._most = patience
        self._recorded, self._theirs, self._mapping = recorded, theirs, mapping
        self._arrivals, self._findings, self._memories = arrivals, findings, memories
        self._comparison = MessageComparison(recorded, theirs, mapping)
        self._lazy: list[_Expected] = []
        self._summed: set[int] = set()
        self._freed: set[int] = set()
        self._timed: set[tuple[int, tuple[object, ...]]] = set()
        self._flipped: set[tuple[int, int]] = set()
        self.busy: Connection | None = None
        self.left_out: set[tuple[int, int]] = set()

    def answer(
        self, place: int, client: RecordedClient, message: RecordedMessage, target: Target
    ) -> None:
        """Wait for a reply or an error, and compare it.  Raises TargetLost."""
        references = self._recorded.of(message)
        if (client.number, message.sequence) in self.left_out:
            return
        connection = target.connections[client.number]
        there = connection.answers.get(message.sequence)
        if not there:
            target.round_trip(connection)
            if not connection.closed:
                target.wait(
                    lambda: bool(connection.answers.get(message.sequence)),
                    self._patience(_elapsed(client, message)),
                    connection,
                )
            there = connection.answers.get(message.sequence)
        request = self._recorded.request_name(message.answers) if message.answers else "a request"
        error = message.kind is RecordedKind.ERROR
        subject = Subject.ERROR if error else Subject.REPLY
        expected = f"error {self._recorded.error_name(message.data[1])}" if error else "a reply"
        if not there:
            self._findings.differ(place, message, subject, request, "", expected, NOTHING)
            return
        data = there.popleft()
        if not there:
            del connection.answers[message.sequence]
        self._take_descriptors(connection, message.descriptors)
        kind = RecordedKind.ERROR if data[0] == encoding.ERROR else RecordedKind.REPLY
        got = replace(
            message,
            kind=kind,
            data=data,
            answers=self._arrivals.head(client.number, message.sequence),
        )
        came = "a reply"
        if kind is RecordedKind.ERROR:
            came = f"error {self._theirs.error_name(data[1])}"
        if came != expected:
            self._findings.differ(place, message, subject, request, "", expected, came)
        elif not error:
            self._compare_replies(place, message, references, got)

    def _compare_replies(
        self,
        place: int,
        message: RecordedMessage,
        references: tuple[Reference, ...],
        got: RecordedMessage,
    ) -> None:
        theirs = self._theirs.of(got)
        pair_by_key(self._mapping, self._recorded, self._theirs, message, got)
        self._mapping.learn(references, theirs)
        name = self._recorded.name(message)
        if not is_compared(name) or self._depends_on_sums(name, message):
            return
        expected = self._comparison.canonical(message, references, recorded=True)
        canonical = self._comparison.canonical(got, theirs, recorded=False)
        same_request = replace(canonical, answers=message.answers)
        self._compare(place, message, expected, same_request)

    def _take_descriptors(
        self, connection: Connection, descriptors: tuple[Descriptor, ...]
    ) -> None:
        for one in descriptors:
            if connection.fds:
                fd = connection.fds.popleft()
                if one.kind is DescriptorKind.MEMORY:
                    self._memories.keep(one, fd)
                else:
                    os.close(fd)

    def note_request(self, message: RecordedMessage, references: tuple[Reference, ...]) -> None:
        """Remember what makes later messages depend on time.

        Regions filled with damage, which servers sum up as they come to it, and windows that are
        destroyed while presentations of them may be under way.
        """
        for one in references:
            if one.role is Role.FREES:
                self._freed.add(one.value)
            elif one.role is Role.CREATES:
                self._freed.discard(one.value)
                self._summed.discard(one.value)
        name = self._recorded.request_name(message.data)
        if name.startswith(("DAMAGE:Subtract", "XFIXES:")):
            regions = {one.value for one in references if one.type == "xfixes:REGION"}
            if name.startswith("DAMAGE:") or regions & self._summed:
                self._summed |= regions - {0}

    def _depends_on_sums(self, name: str, reply: RecordedMessage) -> bool:
        if name != "XFIXES:FetchRegion" or not self._summed:
            return False
        order = "little" if reply.order == "<" else "big"
        return int.from_bytes(reply.answers[4:8], order) in self._summed  # type: ignore[arg-type]

    def event(
        self, place: int, client: RecordedClient, message: RecordedMessage, target: Target
    ) -> None:
        """Wait for an event, at once or before it matters, and compare it.  Raises TargetLost."""
        expected = _Expected(
            *(place, client, message, self._recorded.of(message)),
            _elapsed(client, message),
        )
        if self._recorded.name(message) == _IDLE and self._most is None:
            self._lazy.append(expected)
        else:
            self._await(expected, target)

    def await_idle(
        self, message: RecordedMessage, references: tuple[Reference, ...], target: Target
    ) -> None:
        """Wait until pixmaps are idle as they were when this request was recorded.

        Not for all at once: a server that flips keeps a pixmap until the next one is shown.
        """
        if not self._lazy:
            return
        name = self._recorded.request_name(message.data)
        used = {one.value for one in references if one.kind is ReferenceKind.XID}
        fields = ("pixmap",) if name == _PRESENT else ("pixmap", "window", "event")
        due = [
            expected
            for expected in self._lazy
            if name in _ENDS_WINDOWS
            or used & {one.value for one in expected.references if one.name in fields}
        ]
        self._lazy = [one for one in self._lazy if one not in due]
        for expected in due:
            self._await(expected, target)

    def settle(self, target: Target, client: int | None = None) -> None:
        """Wait for all that is still expected, of one client if it is given."""
        due = [one for one in self._lazy if client in (None, one.message.client)]
        self._lazy = [one for one in self._lazy if one not in due]
        for expected in due:
            self._await(expected, target)

    def _await(self, expected: _Expected, target: Target) -> None:
        message, references = expected.message, expected.references
        connection = target.connections.get(message.client)
        name = self._recorded.name(message)
        firm = firmness(name)
        if firm is Firmness.TIMED and (
            _presentation(message) in self._flipped or _window(references) in self._freed
        ):
            firm = Firmness.LOOSE
        found = self._find(expected)
        if found is None and connection is not None:
            if self.busy is not None:
                target.round_trip(self.busy)
            target.round_trip(connection)
            found = self._find(expected)
        open_ = connection is not None and not connection.closed
        if found is None and firm is not Firmness.LOOSE and open_:
            target.wait(
                lambda: self._find(expected, take=False) is not None,
                self._patience(expected.elapsed),
                connection,
            )
            found = self._find(expected)
        if found is not None:
            got, theirs = found
            self._mapping.learn(references, theirs)
            if name == _COMPLETE and self._theirs.fields(got).get("mode") == _FLIP:
                self._flipped.add(_presentation(message))
            if firm is Firmness.TIMED:
                same = self._comparison.identity(got, theirs, recorded=False)
                self._timed.add((message.client, same))
            if firm is Firmness.EXACT:
                self._compare(
                    expected.place,
                    message,
                    self._comparison.canonical(message, references, recorded=True),
                    self._comparison.canonical(got, theirs, recorded=False),
                )
        elif firm is Firmness.LOOSE:
            self._findings.note(f"{name} of the recording did not come: {_LOOSE[firmness(name)]}")
        else:
            about = _about(self._recorded.fields(message))
            self._findings.differ(
                *(expected.place, message, Subject.EVENT, name, ""),
                *(f"it comes ({about})", NOTHING),
            )

    def _find(self, expected: _Expected, *, take: bool = True) -> Event | None:
        wanted = self._comparison.identity(expected.message, expected.references, recorded=True)

        def fits(event: Event) -> bool:
            return self._comparison.identity(*event, recorded=False) == wanted

        return self._arrivals.event(expected.message.client, fits, take=take)

    def find_extra(
        self, client: RecordedClient, connection: Connection, leave_out: Container[str]
    ) -> None:
        """Note what came for a client and was not recorded, as far as it was recorded."""
        for sequence, answers in sorted(connection.answers.items()):
            key = client.number, sequence
            if sequence >= client.seen or key in self.left_out:
                continue
            request = self._theirs.request_name(self._arrivals.head(*key) or bytes(2))
            for data in answers:
                if data[0] == encoding.ERROR:
                    error = f"error {self._theirs.error_name(data[1])}"
                    self._extra(client, sequence, Subject.ERROR, request, error)
        connection.answers.clear()
        for message, references in self._arrivals.left(client.number):
            name = self._theirs.name(message)
            about = self._comparison.identity(message, references, recorded=False)
            # One more of Present's may come of timing, the same one twice may not.
            counts = firmness(name) is Firmness.EXACT or (client.number, about) in self._timed
            left_out = name.partition(":")[0] in leave_out
            if counts and message.sequence < client.seen and not left_out:
                got = f"it comes ({_about(self._theirs.fields(message))})"
                self._extra(client, message.sequence, Subject.EVENT, name, got)

    def _extra(
        self, client: RecordedClient, sequence: int, subject: Subject, name: str, got: str
    ) -> None:
        place = client.places[sequence - 1] if 0 < sequence <= len(client.places) else 0
        self._findings.differ_at(place, client.number, sequence, subject, name, got)

    def _patience(self, elapsed: float) -> float:
        """Seconds to wait for a message that came so many seconds after the last request."""
        if self._most is not None:
            return self._most
        return 2 * elapsed + (_LATE_SECONDS if self._findings.parted else MESSAGE_SECONDS)

    def _compare(
        self,
        place: int,
        message: RecordedMessage,
        expected: RecordedMessage,
        got: RecordedMessage,
    ) -> None:
        subject = Subject.EVENT if message.kind is RecordedKind.EVENT else Subject.REPLY
        name = self._recorded.name(message)
        if differing := self._comparison.differing(expected, got):
            first = differing[0]
            self._findings.differ(
                *(place, message, subject, name, first.path, first.expected, first.got),
                fields=tuple(differing),
            )


def about_left_out(
    message: RecordedMessage, extensions: dict[int, Extension], leave_out: Container[str]
) -> bool:
    """Whether a reply to QueryExtension is about an extension that is left out."""
    extension = extensions.get(message.data[9])
    query = message.answers[:1] == bytes([encoding.QUERY_EXTENSION])
    return query and extension is not None and extension.name in leave_out


def _elapsed(client: RecordedClient, message: RecordedMessage) -> float:
    return max(0, message.time - client.sent_at) / 1e9


def _presentation(event: RecordedMessage) -> tuple[int, int]:
    """Client and serial of an event of Present, by which it is known for a while."""
    return event.client, struct.unpack_from(f"{event.order}I", event.data, 20)[0]


def _window(references: tuple[Reference, ...]) -> int:
    return next((one.value for one in references if one.name == "window"), 0)


def _about(fields: dict[str, Value]) -> str:
    """The first fields of an event in words."""
    shown = [
        f"{path} {value:#x}" if value > 0xFFFF else f"{path} {value}"
        for path, value in fields.items()
        if isinstance(value, int) and not path.endswith("time")
    ]
    return ", ".join(shown[:_SHOWN])
