# SPDX-License-Identifier: MIT
"""A recording as steps that can be left out, with what each of them needs."""

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingHead, Sender
from harness.recordings.references.finding import References
from harness.recordings.references.reference import Reference, ReferenceKind, Role
from harness.x11 import encoding, present
from harness.x11.setup import first_screen

_CONNECTING = (RecordedKind.GREETING, RecordedKind.SETUP)
_ANSWERS = (RecordedKind.REPLY, RecordedKind.ERROR)
_TOLD = {ReferenceKind.XID, ReferenceKind.ATOM, ReferenceKind.CONTEXT_TAG}


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A request, an event that the client waits for, or the end of a client.

    ``place`` is that of its message.  ``needs`` are the places of steps without which it means
    nothing: what creates the ids that it uses, what tells the values in it.  ``uses`` are the
    steps that create those ids alone, the first one first; ``creates`` is whether it creates one.
    """

    place: int
    client: int
    kind: RecordedKind
    name: str
    needs: frozenset[int]
    uses: tuple[int, ...] = ()
    creates: bool = False


@dataclass(frozen=True, slots=True)
class KeptSteps:
    """A shorter recording: the steps that are kept, and other bytes for some of the requests."""

    kept: frozenset[int]
    edited: Mapping[int, bytes] = field(default_factory=dict)


class Steps:
    """The steps of a recording.  Raises DescriptionMissing, as ``References`` does."""

    def __init__(self, head: RecordingHead, messages: Iterable[RecordedMessage]) -> None:
        self.messages = list(messages)
        self.head = head
        self.by_place: dict[int, RecordedStep] = {}
        self._references = References(head.extensions)
        self._created: dict[int, int] = {}
        self._told: dict[tuple[ReferenceKind, int], int] = {}
        self._requests: dict[tuple[int, int], int] = {}
        self._serials: dict[tuple[int, int, int], int] = {}
        self._last_msc: dict[int, int] = {}
        self._of_the_server: set[int] = set()
        for place, message in enumerate(self.messages):
            self._add(place, message)

    @property
    def requests(self) -> list[int]:
        """The places of all requests."""
        steps = self.by_place.values()
        return [one.place for one in steps if one.kind is RecordedKind.REQUEST]

    def place_of(self, client: int, sequence: int) -> int | None:
        """The place of a request by its number; None for one that is not there."""
        return self._requests.get((client, sequence))

    def closed(self, kept: Collection[int]) -> frozenset[int]:
        """Those of ``kept`` whose needs are kept, in turn."""
        left = set[int]()
        for place in sorted(kept):
            if self.by_place[place].needs <= left:
                left.add(place)
        return frozenset(left)

    def with_needs(self, wanted: Iterable[int]) -> frozenset[int]:
        """These steps and all that they need."""
        found, waiting = set[int](), list(wanted)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self.by_place[place].needs
        return frozenset(found)

    def dependents(self, place: int) -> frozenset[int]:
        """This step and all that cannot be without it."""
        found = {place}
        for other in sorted(one for one in self.by_place if one > place):
            if self.by_place[other].needs & found:
                found.add(other)
        return frozenset(found)

    def assembled(self, candidate: KeptSteps, *, settles: bool = True) -> list[RecordedMessage]:
        """The messages of a candidate, with the numbers that they have in it.

        Clients without a request are left out.  One that ``settles`` makes two round trips at its
        end: what the server had to send has come.
        """
        kept = candidate.kept
        clients = {self.by_place[place].client for place in kept}
        counts = dict.fromkeys(clients, 0)
        numbers: dict[tuple[int, int], int] = {}
        made: list[RecordedMessage] = []
        orders: dict[int, RecordedMessage] = {}
        ended: set[int] = set()
        for place, message in enumerate(self.messages):
            client = message.client
            if client not in clients:
                continue
            if message.kind in _CONNECTING:
                made.append(message)
                orders[client] = message
            elif message.kind is RecordedKind.REQUEST:
                if place in kept:
                    counts[client] += 1
                    numbers[client, message.sequence] = counts[client]
                    data = candidate.edited.get(place, message.data)
                    made.append(replace(message, data=data, sequence=counts[client]))
            elif message.kind in _ANSWERS:
                if (number := numbers.get((client, message.sequence))) is not None:
                    made.append(_renumbered(message, number))
            elif place in kept:
                number = counts[client]
                made.append(
                    _renumbered(message, number)
                    if message.data
                    else replace(message, sequence=number)
                )
                if message.kind is RecordedKind.END:
                    ended.add(client)
        for client in sorted(clients - ended) if settles else ():
            for _ in range(2):
                counts[client] += 1
                made += _round_trip(orders[client], counts[client])
        # What took long because of messages that are left out need not take long now.
        return [replace(one, time=at) for at, one in enumerate(made)]

    def _add(self, place: int, message: RecordedMessage) -> None:
        references = self._references.of(message)
        key = message.client, message.sequence
        match message.kind:
            case RecordedKind.SETUP if message.data[:1] == b"\1":
                screen = first_screen(message.data, message.order)
                self._of_the_server |= {screen.root, screen.colormap, *screen.visuals}
            case RecordedKind.REQUEST:
                self._requests[key] = place
                self._add_request(place, message, references)
            case RecordedKind.REPLY:
                if (request := self._requests.get(key)) is not None:
                    self._learn(request, (*references, *self._references.modes(message)))
            case RecordedKind.EVENT:
                self._add_event(place, message, references)
            case RecordedKind.END if message.sender is Sender.CLIENT:
                step = RecordedStep(place, message.client, message.kind, "end", frozenset())
                self.by_place[place] = step

    def _learn(self, source: int, references: Iterable[Reference]) -> None:
        for one in references:
            known = one.value in self._created or one.value in self._of_the_server
            if one.kind in _TOLD and one.value and not known:
                self._told.setdefault((one.kind, one.value), source)

    def _add_request(
        self, place: int, message: RecordedMessage, references: tuple[Reference, ...]
    ) -> None:
        uses = dict.fromkeys(
            self._created[one.value]
            for one in references
            if one.kind is ReferenceKind.XID
            and one.role is not Role.CREATES
            and one.value in self._created
        )
        needs = set(uses)
        for one in references:
            if one.kind is ReferenceKind.MSC and one.value:
                if message.client in self._last_msc:
                    needs.add(self._last_msc[message.client])
            elif (
                one.kind in _TOLD
                and one.value not in self._created
                and (
                    one.kind is not ReferenceKind.ATOM
                    or one.value not in self._references.atoms.predefined
                )
            ):
                source = self._told.get((one.kind, one.value))
                if source is not None and one.role is not Role.CREATES:
                    needs.add(source)
        creates = [one.value for one in references if one.role is Role.CREATES]
        for value in creates:
            self._created[value] = place
        content = self._present(message)
        if isinstance(content, present.PresentPixmap | present.NotifyMsc):
            self._serials[message.client, content.window, content.serial] = place
        name = self._references.request_name(message.data)
        self.by_place[place] = RecordedStep(
            *(place, message.client, message.kind, name, frozenset(needs), tuple(uses)),
            creates=bool(creates),
        )

    def _add_event(
        self, place: int, message: RecordedMessage, references: tuple[Reference, ...]
    ) -> None:
        needs = {
            self._created[one.value]
            for one in references
            if one.kind is ReferenceKind.XID and one.value in self._created
        }
        content = present.decode_event(message.data, message.order) if _generic(message) else None
        if self._is_present(message.data[1]) and content is not None:
            serial = getattr(content, "serial", None)
            window = getattr(content, "window", 0)
            if serial is not None:
                cause = self._serials.get((message.client, window, serial))
                needs |= {cause} if cause is not None else set()
        name = self._references.event_name(message.data, message.order)
        self.by_place[place] = RecordedStep(
            place, message.client, message.kind, name, frozenset(needs)
        )
        if any(one.kind is ReferenceKind.MSC and one.value for one in references):
            self._last_msc[message.client] = place

    def _present(self, message: RecordedMessage) -> object:
        if not self._is_present(message.data[0]):
            return None
        return present.decode_request(message.data, message.order)

    def _is_present(self, major: int) -> bool:
        return any(
            one.major == major and one.name == present.EXTENSION for one in self.head.extensions
        )


def _generic(message: RecordedMessage) -> bool:
    return message.data[0] & 0x7F == encoding.GENERIC_EVENT


def _renumbered(message: RecordedMessage, sequence: int) -> RecordedMessage:
    data = message.data
    if data[0] & 0x7F != encoding.KEYMAP_NOTIFY:
        data = data[:2] + struct.pack(f"{message.order}H", sequence & 0xFFFF) + data[4:]
    return replace(message, data=data, sequence=sequence)


def _round_trip(like: RecordedMessage, sequence: int) -> list[RecordedMessage]:
    """A GetInputFocus of the client of ``like``, and its reply."""
    data = encoding.request(like.order, encoding.GET_INPUT_FOCUS, 0)
    request = RecordedMessage(
        *(0, like.client, RecordedKind.REQUEST, Sender.CLIENT, sequence, like.order, data)
    )
    reply = struct.pack(f"{like.order}BxH28x", encoding.REPLY, sequence & 0xFFFF)
    return [
        request,
        RecordedMessage(
            *(0, like.client, RecordedKind.REPLY, Sender.SERVER, sequence, like.order, reply),
            answers=data,
        ),
    ]
