# SPDX-License-Identifier: MIT
"""Rules about all events of one serial: how many there are, and in which order.

Serials may be used again while earlier ones are pending, so events are first paired with
requests in the way that breaks the fewest promises; only what no pairing explains is told.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.timeline.model.matching import match
from harness.timeline.model.present import (
    Candidate,
    NotifyEntry,
    PresentHistory,
    PresentRequest,
    PresentSelection,
    RequestKind,
    SerialGroup,
    takes_ust,
)
from harness.timeline.msc import ahead
from harness.timeline.record import Entry
from harness.timeline.rules import pairs
from harness.timeline.rules.base import (
    COPY,
    Family,
    PairRule,
    Rule,
    UnnamedViolation,
    event_text,
    rule,
    window_text,
)
from harness.timeline.streams import ClientStream, ReceivedEvent
from harness.x11.present import CompleteMode, CompleteNotify, EventMask

OVERDUE_FRAMES = 10
"""Frames (MSC) past its due time that make a missing completion suspicious."""


def _unexplained(
    model: PresentHistory, family: Family, exchange: SerialGroup
) -> Iterator[tuple[ReceivedEvent, Candidate | None]]:
    """Events that no pairing explains, each with a request left over, if any."""
    events, candidates = exchange.events, exchange.candidates
    judges = [one for one in pairs.RULES if _judges(one, model, family, exchange)]
    known: dict[tuple[int, int], bool] = {}

    def legal(event: int, candidate: int) -> bool:
        key = (event, candidate)
        if key not in known:
            known[key] = not any(
                one.judge(model, family, events[event], candidates[candidate]) for one in judges
            )
        return known[key]

    found = match(len(events), len(candidates), legal)
    if found is None:
        return
    paired = set(found)
    spare = [one for index, one in enumerate(candidates) if index not in paired]
    for seen, candidate in zip(events, found, strict=True):
        if candidate is None:
            yield seen, spare.pop(0) if spare else None


def unexplained(
    model: PresentHistory, family: Family, exchange: SerialGroup
) -> list[tuple[ReceivedEvent, Candidate | None]]:
    """What ``_unexplained`` finds, computed once per model."""
    key = (exchange, family)
    if key not in model.memory:
        model.memory[key] = list(_unexplained(model, family, exchange))
    return model.memory[key]


def _judges(pair: PairRule, model: PresentHistory, family: Family, exchange: SerialGroup) -> bool:
    if model.handed_over(exchange.window, exchange.serial) and pair not in pairs.ALSO_HANDED_OVER:
        return False
    return family in pair.families


def _pair_search(pair: PairRule) -> Rule:
    def search(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
        for exchange in model.exchanges():
            if not _judges(pair, model, family, exchange):
                continue
            for seen, asked in unexplained(model, family, exchange):
                if asked is None:
                    continue
                problem = pair.judge(model, family, seen, asked)
                if problem:
                    sentence = f"{event_text(seen)} on {window_text(exchange.window)} {problem}"
                    yield UnnamedViolation(sentence, (asked.call.request, seen.event))

    return Rule(pair.name, pair.clause, pair.families, search)


def _surplus(model: PresentHistory, family: Family) -> Iterator[tuple[SerialGroup, ReceivedEvent]]:
    for exchange in model.exchanges():
        if model.known_window(exchange.window):
            for seen, asked in unexplained(model, family, exchange):
                if asked is None:
                    yield exchange, seen


@rule("rejected-request", "a request that fails has no effect (PRE-050)")
def rejected_request(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A request answered by an error causes no event."""
    for exchange, seen in _surplus(model, family):
        if not exchange.candidates and exchange.rejected:
            call = exchange.rejected[0].call
            error = call.stream.errors[call.sequence]
            yield UnnamedViolation(
                f"{event_text(seen)} on {window_text(exchange.window)}, but the server had "
                f"refused that request with error {error.name}",
                (call.request, error, seen.event),
            )


@rule("unknown-serial", "events answer requests (PRE-087, PRE-095, PRE-104)")
def unknown_serial(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """No event for a serial that nobody sent with such a request."""
    for exchange, seen in _surplus(model, family):
        if not exchange.candidates and not exchange.rejected:
            request = "NotifyMSC" if exchange.kind is RequestKind.NOTIFY_MSC else "PresentPixmap"
            yield UnnamedViolation(
                f"{event_text(seen)} on {window_text(exchange.window)}, but no {request} "
                f"there had serial {exchange.serial}",
                (seen.event,),
            )


def _once(
    kinds: tuple[RequestKind, ...],
) -> Callable[[PresentHistory, Family], Iterator[UnnamedViolation]]:
    def search(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
        for exchange, seen in _surplus(model, family):
            if exchange.kind in kinds and exchange.candidates:
                sent = len(exchange.candidates)
                requests = tuple(one.call.request for one in exchange.candidates[-3:])
                yield UnnamedViolation(
                    f"{event_text(seen)} on {window_text(exchange.window)} is one too many: "
                    f"{len(exchange.events)} came for {sent} accepted request"
                    f"{'s' * (sent != 1)} with that serial",
                    (*requests, *(other.event for other in exchange.events[-4:])),
                )

    return search


complete_once = rule(
    "complete-once", "presentproto 8, PresentCompleteNotify: one per request (PRE-087, PRE-121)"
)(_once((RequestKind.PIXMAP, RequestKind.NOTIFY_MSC)))
idle_once = rule("idle-once", "presentproto 8, PresentIdleNotify: one per request (PRE-086)")(
    _once((RequestKind.IDLE,))
)


def _watched(model: PresentHistory, seen: ReceivedEvent, asked: Candidate, bit: EventMask) -> bool:
    """Whether the event's context had ``bit`` from before the request until the event."""
    selection = model.selection(seen)
    start = selection.watching(bit, asked.call) if selection is not None else None
    return start is not None and all(
        end.before(start) or seen.made_before(end) for end in model.destructions(asked.window)
    )


def _twin(model: PresentHistory, exchange: SerialGroup, kind: RequestKind) -> SerialGroup:
    """The exchange of another kind with the same context, window and serial."""
    twin = model.exchange(exchange.stream, exchange.context, exchange.window, exchange.serial, kind)
    return twin or replace(exchange, kind=kind, events=[], candidates=[], rejected=[])


def _unannounced(
    model: PresentHistory, exchange: SerialGroup
) -> Iterator[tuple[ReceivedEvent, int]]:
    """Completions that more completions than idles precede, with the idles that came in all."""
    idles = [idle.index for idle in _twin(model, exchange, RequestKind.IDLE).events]
    for completes, seen in enumerate(exchange.events, start=1):
        before = bisect_left(idles, seen.index)
        if completes <= before or not exchange.candidates:
            continue
        both = (EventMask.IDLE, EventMask.COMPLETE)
        allowance = sum(
            isinstance(asked, NotifyEntry)
            or asked.presentation is None
            or asked.presentation.synced
            or _releases_itself(asked.presentation)
            or not all(_watched(model, seen, asked, bit) for bit in both)
            for asked in exchange.candidates
            if not seen.made_before(asked.call)
        )
        if completes > before + allowance:
            yield seen, len(idles) + allowance


def _releases_itself(one: PresentRequest) -> bool:
    """Whether becoming idle triggers its own wait fence: when skipped it completes first."""
    return one.wait_fence != 0 and one.wait_fence == one.idle_fence


def _frees(seen: ReceivedEvent) -> bool:
    """Whether the pixmap is free when this completion is told: a flipped one is on the screen."""
    content = seen.event.content
    return isinstance(content, CompleteNotify) and content.mode in (
        CompleteMode.COPY,
        CompleteMode.SKIP,
    )


def _for_each_unannounced(
    model: PresentHistory, *, late: bool
) -> Iterator[tuple[SerialGroup, ReceivedEvent, tuple[Entry, ...]]]:
    for exchange in model.exchanges():
        if exchange.kind is not RequestKind.PIXMAP or not all(
            _frees(seen) for seen in exchange.events
        ):
            continue
        if model.handed_over(exchange.window, exchange.serial):
            continue
        for seen, idles in _unannounced(model, exchange):
            if (idles >= len(exchange.events)) == late:
                requests = tuple(one.call.request for one in exchange.candidates[-3:])
                yield exchange, seen, requests
                break


@rule("idle-first", "a copied or skipped pixmap is idle, then completes (PRE-086, PRE-090)")
def idle_first(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Idle comes before the Complete of a copy or a skip."""
    for exchange, seen, requests in _for_each_unannounced(model, late=True):
        idles = [idle.event for idle in _twin(model, exchange, RequestKind.IDLE).events[-2:]]
        yield UnnamedViolation(
            f"{event_text(seen)} on {window_text(exchange.window)} came before its IdleNotify",
            (*requests, seen.event, *idles),
        )


@rule("idle-missing", "a copied or skipped pixmap becomes idle (PRE-086, PRE-090)")
def idle_missing(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A presentation that completed as a copy or a skip had become idle."""
    for exchange, seen, requests in _for_each_unannounced(model, late=False):
        yield UnnamedViolation(
            f"{event_text(seen)} on {window_text(exchange.window)} came, "
            f"but its IdleNotify never did",
            (*requests, seen.event),
        )


@rule("complete-missing", "a copy completes when it is idle (PRE-086)", COPY)
def complete_missing(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A presentation that became idle without being replaced has completed."""
    for exchange in model.exchanges():
        if exchange.kind is not RequestKind.IDLE or model.handed_over(
            exchange.window, exchange.serial
        ):
            continue
        twin = _twin(model, exchange, RequestKind.PIXMAP)
        if len(exchange.events) <= len(twin.events):
            continue
        idles = [
            idle
            for idle in exchange.events
            if exchange.stream.round_trip(idle.index) is not None
            and all(
                _watched(model, idle, asked, EventMask.COMPLETE) for asked in exchange.candidates
            )
        ]
        unsure = sum(
            asked.presentation is not None
            and pairs.superseded(model, family, asked.presentation, exchange.events[-1])
            for asked in exchange.candidates
        )
        if len(idles) > len(twin.events) + unsure:
            last = idles[-1]
            requests = tuple(one.call.request for one in exchange.candidates[-3:])
            yield UnnamedViolation(
                f"{event_text(last)} on {window_text(exchange.window)} came, "
                f"but its CompleteNotify never did",
                (*requests, last.event),
            )


@rule("overdue", "an accepted request is completed (PRE-065, PRE-087, PRE-117)", COPY)
def overdue(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A request completes: nothing is lost while the window's clock runs on."""
    for exchange in model.exchanges():
        if exchange.kind is RequestKind.IDLE or len(exchange.events) >= len(exchange.candidates):
            continue
        if model.handed_over(exchange.window, exchange.serial):
            continue
        due = [
            (asked, proof)
            for asked in exchange.candidates
            if (proof := _overdue_proof(model, exchange, asked)) is not None
        ]
        for (asked, proof), event in zip(due, _completed(exchange, due), strict=False):
            if event is None:
                content = proof.event.content
                assert isinstance(content, CompleteNotify)
                yield UnnamedViolation(
                    f"serial {exchange.serial} on {window_text(exchange.window)} was never "
                    f"completed: due by MSC {model.latest(asked)}, the clock has reached "
                    f"{content.msc}",
                    (asked.call.request, proof.event),
                )
                break


def _completed(
    exchange: SerialGroup, due: list[tuple[Candidate, ReceivedEvent]]
) -> list[int | None]:
    """For each due request a completion that may be its own; empty if there are too many."""

    def legal(asked: int, event: int) -> bool:
        return not exchange.events[event].made_before(due[asked][0].call)

    return match(len(due), len(exchange.events), legal) or []


def _overdue_proof(
    model: PresentHistory, exchange: SerialGroup, asked: Candidate
) -> ReceivedEvent | None:
    """An event that shows the window's clock well past the due time of ``asked``.

    After it the client made two round trips, so that every timer of the server had run.
    """
    latest = model.latest(asked)
    if latest is None or asked.may_wait or takes_ust(asked) or isinstance(asked, NotifyEntry):
        return None
    selection = _current(model, exchange.stream, exchange.context)
    if selection is None or selection.window != exchange.window:
        return None
    start = selection.watching(EventMask.COMPLETE, asked.call)
    if start is None:
        return None
    for seen in model.completions(exchange.stream, exchange.window):
        content = seen.event.content
        assert isinstance(content, CompleteNotify)
        if not content.msc or ahead(content.msc, latest) <= OVERDUE_FRAMES:
            continue
        once = exchange.stream.round_trip(seen.index)
        twice = None if once is None else exchange.stream.round_trip(once)
        if twice is None:
            return None
        until = exchange.stream.entries[twice].time
        return seen if model.survives(exchange.window, start, until) else None
    return None


def _current(model: PresentHistory, stream: ClientStream, context: int) -> PresentSelection | None:
    history = model.selections.get((stream, context))
    return history[-1] if history else None


@rule("notify-agrees", "notifies tell what the presentation's own event tells (PRE-102)")
def notify_agrees(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A notified window learns the mode, UST and MSC of the presentation, after it."""
    for exchange in model.exchanges():
        if exchange.kind is not RequestKind.PIXMAP or len(exchange.candidates) != 1:
            continue
        entry = exchange.candidates[0]
        if not isinstance(entry, NotifyEntry):
            continue
        for context in {
            context for stream, context in model.selections if stream is exchange.stream
        }:
            main = model.exchange(
                exchange.stream,
                context,
                entry.presentation.window,
                entry.presentation.serial,
                RequestKind.PIXMAP,
            )
            if main is not None and len(main.candidates) == 1 and exchange.events:
                seen = exchange.events[0]
                yield from _disagreement(model, exchange, seen, main, entry.presentation)


def _disagreement(
    model: PresentHistory,
    exchange: SerialGroup,
    seen: ReceivedEvent,
    main: SerialGroup,
    asked: PresentRequest,
) -> Iterator[UnnamedViolation]:
    told = seen.event.content
    assert isinstance(told, CompleteNotify)
    for own in main.events[:1]:
        content = own.event.content
        assert isinstance(content, CompleteNotify)
        if (told.mode, told.ust, told.msc) != (content.mode, content.ust, content.msc):
            problem = (
                f"says mode {int(told.mode)}, UST {told.ust}, MSC {told.msc}; the presentation "
                f"itself mode {int(content.mode)}, UST {content.ust}, MSC {content.msc}"
            )
        elif seen.index < own.index:
            problem = "came before the presentation's own CompleteNotify"
        else:
            continue
        yield UnnamedViolation(
            f"{event_text(seen)} on notified {window_text(exchange.window)} {problem} "
            f"(serial {main.serial})",
            (asked.call.request, own.event, seen.event),
        )


RULES = (
    *(_pair_search(pair) for pair in pairs.RULES),
    rejected_request,
    unknown_serial,
    complete_once,
    idle_once,
    idle_first,
    idle_missing,
    complete_missing,
    overdue,
    notify_agrees,
)
