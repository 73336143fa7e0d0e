# SPDX-License-Identifier: MIT
"""What a timeline says about RANDR: who selected what, and which changes each was told."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.timeline.record import Event, Reply, Request
from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest
from harness.x11 import randr
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import NotifyMask

MASKS: dict[type, NotifyMask] = {
    randr.ScreenChangeNotify: NotifyMask.SCREEN_CHANGE,
    randr.CrtcChangeNotify: NotifyMask.CRTC_CHANGE,
    randr.OutputChangeNotify: NotifyMask.OUTPUT_CHANGE,
    randr.OutputPropertyNotify: NotifyMask.OUTPUT_PROPERTY,
    randr.ProviderChangeNotify: NotifyMask.PROVIDER_CHANGE,
    randr.ProviderPropertyNotify: NotifyMask.PROVIDER_PROPERTY,
    randr.ResourceChangeNotify: NotifyMask.RESOURCE_CHANGE,
    randr.LeaseNotify: NotifyMask.LEASE,
}
"""What must be selected for each kind of event."""

_NUMBERS = {
    "RANDR:ScreenChangeNotify": randr.SCREEN_CHANGE_NOTIFY,
    "RANDR:Notify": randr.NOTIFY,
}


_TELLING_ROOT = ("GetGeometry", "QueryTree")

SENT = 0x80
"""The bit of an event's type that says that a client made it."""


@dataclass(frozen=True, slots=True, eq=False)
class RandrSelection:
    """What one client asked to hear on a window, from one accepted SelectInput to the next.

    Servers keep a mask that exists whatever is asked for later; the protocol says that the
    newest holds.  Hence events of ``may`` can come, and those of ``must`` do.
    """

    call: SentRequest
    window: int
    may: NotifyMask
    must: NotifyMask
    until: list[SentRequest] = field(default_factory=list)

    def holds(self, sequence: int) -> bool:
        """Whether it still held while the client's request ``sequence`` was handled."""
        return all(sequence < call.sequence for call in self.until)


@dataclass(frozen=True, slots=True, eq=False)
class Notice:
    """A RANDR event, what its client had selected, and whether it may answer SelectInput."""

    seen: ReceivedEvent
    content: randr.Event
    selection: RandrSelection | None
    answers: bool

    @property
    def mask(self) -> NotifyMask:
        return MASKS[type(self.content)]

    @property
    def expected(self) -> bool:
        """Whether it may come to this client on this window."""
        return self.selection is not None and bool(self.selection.may & self.mask)


@dataclass(slots=True, eq=False)
class Listener:
    """One client and one window on which it selected RANDR's events."""

    stream: ClientStream
    window: int
    selections: list[RandrSelection] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def selection(self, sequence: int) -> RandrSelection | None:
        """What held while the client's request ``sequence`` was handled."""
        found = None
        for selection in self.selections:
            if selection.call.sequence <= sequence:
                found = selection
        return found

    def changes(self) -> Iterator[list[Notice]]:
        """The notices of each change; only where ScreenChange, which begins each, is selected.

        Properties are left out: they are told for themselves.
        """
        change: list[Notice] = []
        for notice in self.notices:
            selection = notice.selection
            if selection is None or not selection.must & NotifyMask.SCREEN_CHANGE:
                continue
            if isinstance(
                notice.content, randr.OutputPropertyNotify | randr.ProviderPropertyNotify
            ):
                continue
            begins = isinstance(notice.content, randr.ScreenChangeNotify)
            if change and (begins or change[-1].selection is not selection):
                yield change
                change = []
            change.append(notice)
        if change:
            yield change


@dataclass(frozen=True, slots=True)
class Resize:
    """A ConfigureNotify: ``window`` is this big now."""

    seen: ReceivedEvent
    window: int
    width: int
    height: int


@dataclass(slots=True)
class RandrHistory:
    """The RANDR side of a timeline; build it with ``Changes.of``."""

    listeners: dict[tuple[ClientStream, int], Listener] = field(default_factory=dict)
    malformed: list[ReceivedEvent] = field(default_factory=list)
    strangers: list[Notice] = field(default_factory=list)
    """Notices on windows on which their client never selected anything."""
    sizes: list[Resize] = field(default_factory=list)
    """Every ConfigureNotify that came to the window itself, not to its parent."""
    roots: dict[tuple[ClientStream, int], int] = field(default_factory=dict)
    """The root of each drawable, as a reply to its stream told it."""
    bends: bool = False
    """Whether somebody asked for a transform or for panning, which no event shows."""

    @classmethod
    def of(cls, streams: Iterable[ClientStream]) -> "RandrHistory":
        """What these streams say."""
        changes = cls()
        for stream in streams:
            asked: dict[int, int] = {}
            for index, entry in enumerate(stream.entries):
                if isinstance(entry, Request):
                    changes._request(SentRequest(stream, entry.sequence, entry.time, entry))
                    if entry.name in _TELLING_ROOT and len(entry.data) >= 8:
                        (asked[entry.sequence],) = struct.unpack_from("=I", entry.data, 4)
                elif isinstance(entry, Event):
                    changes._event(ReceivedEvent(stream, index, entry))
                elif isinstance(entry, Reply) and entry.sequence in asked:
                    (root,) = struct.unpack_from("=I", entry.data, 8)
                    changes.roots[stream, asked[entry.sequence]] = root
        return changes

    def notices(self) -> Iterator[Notice]:
        """Every notice that decodes."""
        for listener in self.listeners.values():
            yield from listener.notices
        yield from self.strangers

    def _request(self, call: SentRequest) -> None:
        name = call.request.name
        if name in ("RANDR:SetCrtcTransform", "RANDR:SetPanning"):
            self.bends = True
        if name != "RANDR:SelectInput" or not call.accepted or len(call.request.data) < 10:
            return
        window, number = struct.unpack_from("=IH", call.request.data, 4)
        listener = self.listeners.setdefault((call.stream, window), Listener(call.stream, window))
        may = must = NotifyMask(number)
        if listener.selections:
            previous = listener.selections[-1]
            previous.until.append(call)
            if number and previous.may:
                may, must = previous.may | may, previous.must & must
        listener.selections.append(RandrSelection(call, window, may, must))

    def _event(self, seen: ReceivedEvent) -> None:
        event = seen.event
        if event.data[0] & SENT:
            return
        if event.name in _NUMBERS:
            content = decoded(event)
            if content is None:
                self.malformed.append(seen)
            else:
                self._tell(seen, content)
        elif isinstance(core := event.core, ConfigureNotify) and core.event == core.window:
            self.sizes.append(Resize(seen, core.window, core.width, core.height))

    def _tell(self, seen: ReceivedEvent, content: randr.Event) -> None:
        listener = self.listeners.get((seen.stream, content.window))
        if listener is None:
            self.strangers.append(Notice(seen, content, None, answers=False))
            return
        sequence = seen.event.sequence
        answers = any(one.call.sequence == sequence and one.may for one in listener.selections)
        listener.notices.append(Notice(seen, content, listener.selection(sequence), answers))


def decoded(event: Event) -> randr.Event | None:
    """The RANDR event that was received; None for another, and for one with unknown values."""
    number = _NUMBERS.get(event.name)
    try:
        return None if number is None else randr.decode_event(number, event.data)
    except (ValueError, struct.error):
        return None
