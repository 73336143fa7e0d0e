# SPDX-License-Identifier: MIT
"""What a timeline says about RANDR: who selected what, and which events each client received."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from harness.timeline.model.lifetimes.windows import Selection
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

_SENT_BY_CLIENT = 0x80


_Mask = tuple[SentRequest, NotifyMask]


@dataclass(frozen=True, slots=True, eq=False)
class RandrSelection(Selection):
    """What one accepted RRSelectInput selects on a window.

    Servers keep a mask that exists whatever is selected later; the protocol says that the
    newest holds.  Hence events of ``may`` can come, and those of ``must`` do.
    """

    may: NotifyMask
    must: NotifyMask


@dataclass(frozen=True, slots=True, eq=False)
class RandrNotify:
    """A RANDR event, what its client had selected, and whether it may answer SelectInput."""

    event: ReceivedEvent
    content: randr.Event
    selection: RandrSelection | None
    may_answer: bool

    @property
    def entry(self) -> Event:
        return self.event.entry

    @property
    def mask(self) -> NotifyMask:
        return MASKS[type(self.content)]

    @property
    def must(self) -> NotifyMask:
        """The events that surely come to this client on this window."""
        return NotifyMask(0) if self.selection is None else self.selection.must

    @property
    def expected(self) -> bool:
        """Whether it may come to this client on this window."""
        return self.selection is not None and bool(self.selection.may & self.mask)


@dataclass(slots=True, eq=False)
class Listener:
    """One client and one window on which it selected RANDR's events."""

    stream: ClientStream
    window: int
    selections: list[RandrSelection]
    received: list[RandrNotify] = field(default_factory=list)

    def selection(self, sequence: int) -> RandrSelection | None:
        """What held while the client's request ``sequence`` was handled."""
        held = (one for one in reversed(self.selections) if one.sent.sequence <= sequence)
        return next(held, None)

    def changes(self) -> Iterator[list[RandrNotify]]:
        """The events of each change; only where ScreenChange, which begins each, is selected.

        Properties are left out: their events belong to no change.
        """
        change: list[RandrNotify] = []
        for notify in self.received:
            content = notify.content
            if not notify.must & NotifyMask.SCREEN_CHANGE or isinstance(
                content, randr.OutputPropertyNotify | randr.ProviderPropertyNotify
            ):
                continue
            begins = isinstance(content, randr.ScreenChangeNotify)
            if change and (begins or change[-1].selection is not notify.selection):
                yield change
                change = []
            change.append(notify)
        if change:
            yield change


@dataclass(slots=True)
class RandrHistory:
    """The RANDR side of a timeline; build it with ``RandrHistory.of``."""

    listeners: dict[tuple[ClientStream, int], Listener] = field(default_factory=dict)
    malformed: list[ReceivedEvent] = field(default_factory=list)
    unselected: list[RandrNotify] = field(default_factory=list)
    """Events on windows on which their client had not selected anything."""
    sizes: list[tuple[ReceivedEvent, int, int, int]] = field(default_factory=list)
    """Window, width and height of each ConfigureNotify to the window itself, not its parent."""
    roots: dict[tuple[ClientStream, int], int] = field(default_factory=dict)
    """The root of each drawable, as a reply to its stream named it."""
    has_unreported_changes: bool = False
    """Whether any request sets a transform or panning, which no event shows."""

    @classmethod
    def of(cls, streams: Iterable[ClientStream]) -> "RandrHistory":
        """What these streams say."""
        history = cls()
        for stream in streams:
            for window, masks in history._read_requests(stream).items():
                listener = Listener(stream, window, _selections(window, masks))
                history.listeners[stream, window] = listener
            for index, entry in enumerate(stream.entries):
                if isinstance(entry, Event) and not entry.data[0] & _SENT_BY_CLIENT:
                    history._add_event(ReceivedEvent(stream, index, entry))
        return history

    def received(self) -> Iterator[RandrNotify]:
        """Every event that decodes."""
        for listener in self.listeners.values():
            yield from listener.received
        yield from self.unselected

    def changes(self) -> Iterator[tuple[Listener, list[RandrNotify]]]:
        """Every change that a listener received."""
        for listener in self.listeners.values():
            for change in listener.changes():
                yield listener, change

    def _read_requests(self, stream: ClientStream) -> dict[int, list[_Mask]]:
        """The accepted SelectInputs of a stream by window; the rest is noted."""
        masks: dict[int, list[_Mask]] = {}
        drawables: dict[int, int] = {}
        for entry in stream.entries:
            match entry:
                case Request(name="RANDR:SetCrtcTransform" | "RANDR:SetPanning"):
                    self.has_unreported_changes = True
                case Request(name="RANDR:SelectInput") if len(entry.data) >= 10:
                    window, mask = struct.unpack_from("=IH", entry.data, 4)
                    sent = SentRequest(stream, entry.sequence, entry.time, entry)
                    if sent.accepted:
                        masks.setdefault(window, []).append((sent, NotifyMask(mask)))
                case Request(name="GetGeometry" | "QueryTree") if len(entry.data) >= 8:
                    (drawables[entry.sequence],) = struct.unpack_from("=I", entry.data, 4)
                case Reply() if entry.sequence in drawables:
                    (root,) = struct.unpack_from("=I", entry.data, 8)
                    self.roots[stream, drawables[entry.sequence]] = root
        return masks

    def _add_event(self, event: ReceivedEvent) -> None:
        name = event.entry.name
        if name in _NUMBERS:
            content = decoded(event.entry)
            if content is None:
                self.malformed.append(event)
            else:
                self._add_notify(event, content)
        elif isinstance(core := event.entry.core, ConfigureNotify) and core.event == core.window:
            self.sizes.append((event, core.window, core.width, core.height))

    def _add_notify(self, event: ReceivedEvent, content: randr.Event) -> None:
        listener = self.listeners.get((event.stream, content.window))
        selection = listener.selection(event.entry.sequence) if listener is not None else None
        if listener is None or selection is None:
            self.unselected.append(RandrNotify(event, content, None, may_answer=False))
            return
        may_answer = event.entry.sequence == selection.sent.sequence and bool(selection.may)
        listener.received.append(RandrNotify(event, content, selection, may_answer=may_answer))


def _selections(window: int, masks: list[_Mask]) -> list[RandrSelection]:
    """The selections of one client on ``window``."""
    found: list[RandrSelection] = []
    for (sent, mask), after in zip_longest(masks, masks[1:]):
        may = must = mask
        if found and mask and found[-1].may:
            may, must = found[-1].may | may, found[-1].must & must
        found.append(RandrSelection(sent, window, after and after[0], may, must))
    return found


def decoded(event: Event) -> randr.Event | None:
    """The RANDR event that was received; None for another, and for one with unknown values."""
    number = _NUMBERS.get(event.name)
    try:
        return None if number is None else randr.decode_event(number, event.data)
    except (ValueError, struct.error):
        return None
