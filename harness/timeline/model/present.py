# SPDX-License-Identifier: MIT
"""What a timeline says about Present: who selected what, who presented what, what came.

Ids and serials may be used again, so nothing here pairs an event with a request by its
serial alone: an ``Exchange`` holds all requests and all events that may belong together.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from harness.timeline.model import core_requests
from harness.timeline.model.randr import RandrHistory
from harness.timeline.model.redirection import Redirections, selected_window
from harness.timeline.msc import FAR, MscClock, ahead, next_match
from harness.timeline.record import Event, Reply, Request, Timeline
from harness.timeline.streams import ClientStream, Instant, ReceivedEvent, SentRequest, split
from harness.x11 import present, present_redirect
from harness.x11.encoding import GENERIC_EVENT
from harness.x11.present import CompleteKind, CompleteNotify, EventMask, IdleNotify, Option


@dataclass(frozen=True, slots=True, eq=False)
class PresentSelection:
    """One accepted SelectInput: the mask of context ``event`` until the next one.

    ``previous`` is the selection it changed, ``until`` the call that changed it.
    """

    call: SentRequest
    event: int
    window: int
    mask: EventMask
    previous: "PresentSelection | None"
    until: list[SentRequest] = field(default_factory=list)

    def watching(self, bit: EventMask, moment: Instant) -> SentRequest | None:
        """The newest call before ``moment`` since which this context had ``bit`` without a gap.

        None if there is none.  The context may still have died with its window meanwhile.
        """
        start: PresentSelection | None = self
        while start is not None and start.mask & bit and start.window == self.window:
            if start.call.before(moment):
                return start.call
            start = start.previous
        return None


@dataclass(frozen=True, slots=True, eq=False)
class PresentRequest:
    """A PresentPixmap, or PresentPixmapSynced, and the call that carried it."""

    call: SentRequest
    content: present.PresentPixmap | present.PixmapSynced

    @property
    def window(self) -> int:
        return self.content.window

    @property
    def serial(self) -> int:
        return self.content.serial

    @property
    def presentation(self) -> "PresentRequest":
        return self

    @property
    def wait_fence(self) -> int:
        """The fence it waits for; 0 for none."""
        return 0 if self.synced else self._plain.wait_fence

    @property
    def idle_fence(self) -> int:
        return 0 if self.synced else self._plain.idle_fence

    @property
    def synced(self) -> bool:
        """Whether it waits for and releases DRI3 syncobj points, and so has no Idle."""
        return isinstance(self.content, present.PixmapSynced)

    @property
    def may_wait(self) -> bool:
        """Whether something other than its target may hold it back."""
        return self.synced or self.wait_fence != 0

    @property
    def is_async(self) -> bool:
        return bool(self.content.options & (Option.ASYNC | Option.ASYNC_MAY_TEAR))

    @property
    def _plain(self) -> present.PresentPixmap:
        assert isinstance(self.content, present.PresentPixmap)
        return self.content


@dataclass(frozen=True, slots=True, eq=False)
class NotifyMscRequest:
    """A NotifyMSC and the call that carried it."""

    call: SentRequest
    content: present.NotifyMsc
    may_wait: bool = False

    @property
    def window(self) -> int:
        return self.content.window

    @property
    def serial(self) -> int:
        return self.content.serial

    @property
    def presentation(self) -> None:
        return None

    @property
    def is_async(self) -> bool:
        return self.content.divisor == 0


@dataclass(frozen=True, slots=True, eq=False)
class NotifyEntry:
    """An entry of a presentation's notifies list: another window to be told."""

    presentation: PresentRequest
    window: int
    serial: int

    @property
    def call(self) -> SentRequest:
        return self.presentation.call

    @property
    def content(self) -> present.PresentPixmap | present.PixmapSynced:
        return self.presentation.content

    @property
    def may_wait(self) -> bool:
        return self.presentation.may_wait

    @property
    def is_async(self) -> bool:
        return self.presentation.is_async


Candidate = PresentRequest | NotifyMscRequest | NotifyEntry


class RequestKind(Enum):
    """What an event tells about its request."""

    PIXMAP = "CompleteNotify"
    NOTIFY_MSC = "CompleteNotify(NotifyMSC)"
    IDLE = "IdleNotify"


@dataclass(frozen=True, slots=True, eq=False)
class SerialGroup:
    """All events of one kind, serial and context, and all requests they may belong to."""

    stream: ClientStream
    context: int
    window: int
    serial: int
    kind: RequestKind
    events: list[ReceivedEvent]
    candidates: list[Candidate]
    rejected: list[Candidate]


@dataclass(frozen=True, slots=True, eq=False)
class Destruction(Instant):
    """Something that destroys a window: for certain, or perhaps."""

    certain: bool


@dataclass(slots=True)
class PresentHistory:
    """The Present side of a timeline, and RANDR's in ``changes``; build it with ``Model.of``."""

    changes: RandrHistory = field(default_factory=RandrHistory)
    redirections: Redirections = field(default_factory=Redirections)
    streams: list[ClientStream] = field(default_factory=list)
    events: list[ReceivedEvent] = field(default_factory=list)
    """Every Present event, and generic events of Present that do not decode."""
    selections: dict[tuple[ClientStream, int], list[PresentSelection]] = field(default_factory=dict)
    presentations: list[PresentRequest] = field(default_factory=list)
    notifications: list[NotifyMscRequest] = field(default_factory=list)
    rejected: list[PresentRequest | NotifyMscRequest] = field(default_factory=list)
    fence_calls: dict[int, list[tuple[SentRequest, core_requests.Content]]] = field(
        default_factory=dict
    )
    fence_answers: list[tuple[SentRequest, int, bool]] = field(default_factory=list)
    creations: dict[int, list[tuple[SentRequest, core_requests.CreateWindow]]] = field(
        default_factory=dict
    )
    moves_windows: bool = False
    """Whether anything was asked that may carry a window to another CRTC."""
    memory: dict[object, list[tuple[ReceivedEvent, Candidate | None]]] = field(default_factory=dict)
    """What rules computed about an exchange and want to keep."""
    _destroyers: list[tuple[SentRequest, core_requests.DestroyWindow]] = field(default_factory=list)
    ends: list[tuple[ClientStream | None, Instant]] = field(default_factory=list)
    _by_window: dict[int, list[PresentRequest]] = field(default_factory=dict)
    _clocks: dict[int, MscClock] = field(default_factory=dict)
    _destructions: dict[int, list[Destruction]] = field(default_factory=dict)
    _exchanges: dict[tuple[ClientStream, int, int, int, RequestKind], SerialGroup] = field(
        default_factory=dict
    )
    _completions: dict[tuple[ClientStream, int], list[ReceivedEvent]] = field(default_factory=dict)

    @classmethod
    def of(cls, timeline: Timeline) -> "PresentHistory":
        """The model of a whole timeline."""
        model = cls()
        _Builder(model).build(timeline)
        return model

    def selection(self, seen: ReceivedEvent) -> PresentSelection | None:
        """What the context that ``seen`` names had selected when the event was made."""
        content = seen.event.content
        if content is None:
            return None
        found = None
        for selection in self.selections.get((seen.stream, content.event), ()):
            if selection.call.sequence <= seen.event.sequence:
                found = selection
        return found

    def addressed(self, seen: ReceivedEvent) -> bool:
        """Whether the event reached a context that had asked for it."""
        selection, content = self.selection(seen), seen.event.content
        return (
            selection is not None
            and content is not None
            and selection.window == selected_window(content)
            and bool(selection.mask & content.MASK)
        )

    def handed_over(self, window: int, serial: int) -> bool:
        """Whether a presentation of that serial was, or may have been, redirected."""
        return (window, serial) in self.redirections.by_key or any(
            one.serial == serial and one.call.time >= self.redirections.unread_since
            for one in self.on_window(window)
        )

    def _tells_handed_over(self, content: present.PresentEvent) -> bool:
        """Whether ``content`` tells the time of a frame of somebody else's."""
        return isinstance(content, CompleteNotify) and self.handed_over(
            content.window, content.serial
        )

    def clock(self, window: int) -> MscClock:
        """The MSC readings of ``window``."""
        if window not in self._clocks:
            self._clocks[window] = MscClock(
                seen
                for seen in self.events
                if seen.event.content is not None
                and seen.event.content.window == window
                and not self._tells_handed_over(seen.event.content)
            )
        return self._clocks[window]

    def on_window(self, window: int) -> list[PresentRequest]:
        """The accepted presentations on ``window``."""
        return self._by_window.get(window, [])

    def known_window(self, window: int) -> bool:
        """Whether only clients of this timeline can be presenting to ``window``."""
        return (
            window in self.creations
            or window in self._by_window
            or any(one.window == window for one in self.notifications)
        )

    def exchanges(self) -> list[SerialGroup]:
        """Every group of requests and events that may belong together."""
        return list(self._exchanges.values())

    def exchange(
        self, stream: ClientStream, context: int, window: int, serial: int, kind: RequestKind
    ) -> SerialGroup | None:
        """The group of that key, if there is any."""
        return self._exchanges.get((stream, context, window, serial, kind))

    def completions(self, stream: ClientStream, window: int) -> list[ReceivedEvent]:
        """The CompleteNotify events of ``window`` in ``stream``."""
        return self._completions.get((stream, window), [])

    def destructions(self, window: int) -> list[Destruction]:
        """Everything that destroys ``window``, for certain or perhaps."""
        if window not in self._destructions:
            self._destructions[window] = list(self._find_destructions(window))
        return self._destructions[window]

    def survives(self, window: int, since: Instant, until: float) -> bool:
        """Whether ``window`` provably lived from ``since`` to ``until`` (s)."""
        return all(end.before(since) or end.time > until for end in self.destructions(window))

    def destroyed_by(self, seen: ReceivedEvent) -> Destruction | None:
        """What provably had destroyed the event's window before the event was made."""
        content = seen.event.content
        return None if content is None else self.destroyed_before(content.window, seen)

    def destroyed_before(self, window: int, seen: ReceivedEvent) -> Destruction | None:
        """What provably had destroyed ``window`` before the event was made."""
        for end in self.destructions(window):
            if end.certain and seen.made_after(end) and not self._reborn(window, end, seen):
                return end
        return None

    def _reborn(self, window: int, end: Instant, seen: ReceivedEvent) -> bool:
        return any(
            not call.before(end) and not seen.made_before(call)
            for call, creation in self.creations.get(window, ())
            if not creation.reparented
        )

    def earliest(self, candidate: Candidate) -> int | None:
        """A frame before which ``candidate`` cannot be due; None when nothing is known."""
        target, clock = candidate.content.target_msc, self.clock(candidate.content.window)
        low, high = clock.at_least(candidate.call), clock.at_most(candidate.call)
        if low is None:
            return target if high is not None and 0 < ahead(target, high) < FAR else None
        return target if ahead(target, low) > 0 else self.past_floor(candidate)

    def past_floor(self, candidate: Candidate) -> int | None:
        """Where ``candidate`` may be due at the earliest if its target provably was past."""
        low = self.clock(candidate.content.window).at_least(candidate.call)
        # A target almost 2^63 behind turns into a future one while the clock runs on.
        if low is None or not -FAR < ahead(candidate.content.target_msc, low) <= 0:
            return None
        return floor_after(candidate, low) if _sane(candidate) else None

    def latest(self, candidate: Candidate) -> int | None:
        """The last frame at which ``candidate`` may be due; None when nothing is known."""
        content = candidate.content
        high = self.clock(content.window).at_most(candidate.call)
        if high is None or abs(ahead(content.target_msc, high)) >= FAR:
            return None
        if ahead(content.target_msc, high) > 0:
            return content.target_msc
        return high + max(1, content.divisor) if _sane(candidate) else None

    def may_share_target(self, one: PresentRequest, other: PresentRequest) -> bool:
        """Whether the two may be due at the same frame."""
        if takes_ust(one) or takes_ust(other):
            return True
        if one.content.target_msc == other.content.target_msc:
            return True
        return not self._surely_later(one, other) and not self._surely_later(other, one)

    def _surely_later(self, one: PresentRequest, other: PresentRequest) -> bool:
        low, high = self.earliest(one), self.latest(other)
        return low is not None and high is not None and 0 < ahead(low, high) < FAR

    def superseders(self, one: PresentRequest, seen: ReceivedEvent) -> Iterator[PresentRequest]:
        """Presentations that may have been handled after ``one`` and before ``seen`` was made."""
        for other in self.on_window(one.window):
            if other is one or other.call.before(one.call):
                continue
            if not seen.made_before(other.call):
                yield other

    def held_by_fence(self, one: PresentRequest, seen: ReceivedEvent) -> bool:
        """Whether the wait fence provably was untriggered when ``seen`` was made."""
        calls = self.fence_calls.get(one.wait_fence, [])
        created = [
            (call, what) for call, what in calls if isinstance(what, core_requests.CreateFence)
        ]
        if len(created) != 1 or self.fence_owner_gone(one.wait_fence, seen):
            return False
        creation = created[0][1]
        assert isinstance(creation, core_requests.CreateFence)
        if creation.triggered or any(
            other.idle_fence == one.wait_fence and not seen.made_before(other.call)
            for other in self.presentations
        ):
            return False
        resets = [call for call, what in calls if isinstance(what, core_requests.ResetFence)]
        for call, what in calls:
            if isinstance(what, core_requests.DestroyFence) and not seen.made_before(call):
                return False
            if isinstance(what, core_requests.TriggerFence) and not seen.made_before(call):
                undone = any(
                    call.before(reset) and reset.before(one.call) and reset.accepted
                    for reset in resets
                )
                if not undone:
                    return False
        return True

    def fence_owner_gone(self, fence: int, seen: ReceivedEvent) -> bool:
        """Whether the client that made ``fence`` may have been gone when ``seen`` was made."""
        makers = {
            id(call.stream)
            for call, what in self.fence_calls.get(fence, ())
            if isinstance(what, core_requests.CreateFence)
        }
        return not makers or any(
            (stream is None or id(stream) in makers) and not seen.made_before(end)
            for stream, end in self.ends
        )

    def _find_destructions(self, window: int) -> Iterator[Destruction]:
        ancestors, makers = self._ancestry(window)
        for call, what in self._destroyers:
            own = what.window == window and not what.only_children
            if own or what.window in ancestors:
                certain = call.accepted and (own or self._surely_inside(window, call, what))
                yield Destruction(call.stream, call.sequence, call.time, certain)
        for stream, end in self.ends:
            if stream is None or id(stream) in makers:
                yield Destruction(end.stream, end.sequence, end.time, certain=False)

    def _ancestry(self, window: int) -> tuple[set[int], set[int]]:
        """Every id that may be an ancestor, and the streams (by id) that made any of them."""
        ancestors: set[int] = set()
        makers: set[int] = set()
        todo = [window]
        while todo:
            for call, creation in self.creations.get(todo.pop(), ()):
                if not creation.reparented:
                    makers.add(id(call.stream))
                if creation.parent not in ancestors:
                    ancestors.add(creation.parent)
                    todo.append(creation.parent)
        return ancestors, makers

    def _surely_inside(
        self, window: int, end: SentRequest, what: core_requests.DestroyWindow
    ) -> bool:
        """Whether ``window`` provably was below ``what.window`` when ``end`` was handled."""
        seen: set[int] = set()
        while window not in seen:
            seen.add(window)
            created = self.creations.get(window, [])
            if len(created) != 1 or created[0][1].reparented:
                return False
            call, creation = created[0]
            if not (call.accepted and call.before(end)):
                return False
            window = creation.parent
            if window == what.window:
                return True
        return False


def floor_after(candidate: Candidate, msc: int) -> int:
    """The first frame that may be due when the target is past and the frame is ``msc``."""
    content = candidate.content
    if content.divisor:
        strict = not candidate.is_async
        return next_match(msc, content.divisor, content.remainder, strict=strict)
    return msc if candidate.is_async else msc + 1


def _sane(candidate: Candidate) -> bool:
    """Whether computing with the divisor cannot have overflowed 64 bits in the server."""
    return candidate.content.divisor < FAR


def takes_ust(candidate: Candidate) -> bool:
    """Whether its target may be a UST: option UST, which servers so far ignore."""
    return candidate.presentation is not None and bool(
        candidate.presentation.content.options & Option.UST
    )


_MOVERS = ("ConfigureWindow", "ReparentWindow", "RANDR:Set", "RANDR:Delete", "RANDR:Add")


class _Builder:
    """Fills a Model from a timeline, entry by entry."""

    def __init__(self, model: PresentHistory) -> None:
        self.model = model
        self.queries: dict[tuple[ClientStream, int], tuple[SentRequest, int]] = {}
        self.major: int | None = None

    def build(self, timeline: Timeline) -> None:
        model = self.model
        placed = split(timeline)
        model.streams = list({id(stream): stream for stream, _, _ in placed}.values())
        for _, _, entry in placed:
            if isinstance(entry, Event) and entry.content is not None and len(entry.data) > 1:
                self.major = entry.data[1]
        for stream, index, entry in placed:
            if isinstance(entry, Request):
                self._request(SentRequest(stream, entry.sequence, entry.time, entry))
            elif isinstance(entry, Event):
                if self._is_present(entry):
                    model.events.append(ReceivedEvent(stream, index, entry))
            elif isinstance(entry, Reply) and (stream, entry.sequence) in self.queries:
                call, fence = self.queries[stream, entry.sequence]
                model.fence_answers.append((call, fence, core_requests.fence_triggered(entry)))
        model.changes = RandrHistory.of(model.streams)
        for stream in model.streams:
            if stream.closed is not None:
                closed = stream.closed
                model.ends.append((stream, Instant(stream, closed.sequence + 1, closed.time)))
        for presentation in model.presentations:
            model._by_window.setdefault(presentation.window, []).append(presentation)
        model.redirections.build(model.events, model.presentations)
        for (stream, _), history in model.selections.items():
            if stream.closed is not None:
                masks = [one.call.time for one in history if one.mask & EventMask.REDIRECT]
                model.redirections.unread_since = min([model.redirections.unread_since, *masks])
        for exchange in self._exchanges():
            key = (exchange.stream, exchange.context, exchange.window, exchange.serial)
            model._exchanges[*key, exchange.kind] = exchange
        for seen in model.events:
            content = seen.event.content
            if isinstance(content, CompleteNotify):
                model._completions.setdefault((seen.stream, content.window), []).append(seen)

    def _is_present(self, entry: Event) -> bool:
        if entry.content is not None or entry.name.startswith("Present"):
            return True
        generic = len(entry.data) > 1 and entry.data[0] & 0x7F == GENERIC_EVENT
        return generic and entry.data[1] == self.major

    def _request(self, call: SentRequest) -> None:
        model, content = self.model, call.request.content
        if call.request.name.startswith(_MOVERS):
            model.moves_windows = True
        match content:
            case present.SelectInput():
                self._select(call, content)
            case present.PresentPixmap() | present.PixmapSynced():
                presentation = PresentRequest(call, content)
                if call.accepted:
                    model.presentations.append(presentation)
                else:
                    model.rejected.append(presentation)
            case present.NotifyMsc():
                notification = NotifyMscRequest(call, content)
                if call.accepted:
                    model.notifications.append(notification)
                else:
                    model.rejected.append(notification)
            case present_redirect.PresentIdle():
                model.redirections.add_return(call, content)
            case None:
                self._other(call)

    def _select(self, call: SentRequest, content: present.SelectInput) -> None:
        if not call.accepted:
            return
        history = self.model.selections.setdefault((call.stream, content.event), [])
        previous = history[-1] if history else None
        if previous is not None:
            previous.until.append(call)
        mask = EventMask(content.mask)
        history.append(PresentSelection(call, content.event, content.window, mask, previous))

    def _other(self, call: SentRequest) -> None:
        model = self.model
        match what := core_requests.decode(call.request):
            case core_requests.CreateWindow():
                model.creations.setdefault(what.window, []).append((call, what))
            case core_requests.DestroyWindow():
                model._destroyers.append((call, what))
            case core_requests.KillClient():
                model.ends.append((None, call))
            case core_requests.QueryFence():
                self.queries[call.stream, call.sequence] = call, what.fence
            case (
                core_requests.CreateFence()
                | core_requests.TriggerFence()
                | core_requests.ResetFence()
                | core_requests.DestroyFence()
            ):
                if call.accepted:
                    model.fence_calls.setdefault(what.fence, []).append((call, what))

    def _exchanges(self) -> Iterator[SerialGroup]:
        model = self.model
        wanted = self._by_key([*model.presentations, *model.notifications])
        refused = self._by_key(model.rejected)
        came: dict[tuple[ClientStream, int, int, int, RequestKind], list[ReceivedEvent]] = (
            defaultdict(list)
        )
        for (stream, context), history in model.selections.items():
            for window in {selection.window for selection in history}:
                for wanted_window, serial, told in wanted:
                    if wanted_window == window:
                        came[stream, context, window, serial, told] = []
        for seen in model.events:
            content = seen.event.content
            kind = kind_of(content)
            if kind is None or not model.addressed(seen):
                continue
            assert isinstance(content, CompleteNotify | IdleNotify)
            came[seen.stream, content.event, content.window, content.serial, kind].append(seen)
        for (stream, context, window, serial, told), events in came.items():
            yield SerialGroup(
                stream=stream,
                context=context,
                window=window,
                serial=serial,
                kind=told,
                events=events,
                candidates=wanted.get((window, serial, told), []),
                rejected=refused.get((window, serial, told), []),
            )

    @staticmethod
    def _by_key(
        requests: Sequence[PresentRequest | NotifyMscRequest],
    ) -> dict[tuple[int, int, RequestKind], list[Candidate]]:
        keyed: dict[tuple[int, int, RequestKind], list[Candidate]] = defaultdict(list)
        for request in requests:
            if isinstance(request, NotifyMscRequest):
                keyed[request.window, request.serial, RequestKind.NOTIFY_MSC].append(request)
                continue
            keyed[request.window, request.serial, RequestKind.PIXMAP].append(request)
            if not request.synced:
                keyed[request.window, request.serial, RequestKind.IDLE].append(request)
            for entry in request.content.notifies:
                told = NotifyEntry(request, entry.window, entry.serial)
                keyed[entry.window, entry.serial, RequestKind.PIXMAP].append(told)
        return dict(keyed)


def kind_of(content: present.PresentEvent | None) -> RequestKind | None:
    """What kind of exchange an event belongs to; None for none."""
    if isinstance(content, IdleNotify):
        return RequestKind.IDLE
    if isinstance(content, CompleteNotify) and content.kind == CompleteKind.PIXMAP:
        return RequestKind.PIXMAP
    if isinstance(content, CompleteNotify) and content.kind == CompleteKind.NOTIFY_MSC:
        return RequestKind.NOTIFY_MSC
    return None
