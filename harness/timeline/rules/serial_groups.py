# SPDX-License-Identifier: MIT
"""Rules about all events of one serial: how many there are, and in which order."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from harness.timeline.model.matching import match
from harness.timeline.model.msc import ahead
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, NotifyEntry, PresentRequest
from harness.timeline.model.serial_groups import AnswerKind, SerialGroup
from harness.timeline.rules import pairs
from harness.timeline.rules.base import COPY, Breach, Family, Search, rule
from harness.timeline.rules.pairs import Pair, PairedGroup
from harness.timeline.rules.wording import event_on_window, event_text
from harness.timeline.streams import ReceivedEvent
from harness.wording import counted
from harness.x11.present import CompleteMode, CompleteNotify, EventMask

OVERDUE_FRAMES = 10
"""Frames (MSC) past its due time that make a missing completion suspicious."""


@rule("rejected-request", "a request that fails has no effect (PRE-050)")
def rejected_request(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """A request answered by an error causes no event."""
    group = paired.group
    if group.candidates or not group.rejected:
        return
    sent = group.rejected[0].sent
    error = sent.stream.errors[sent.sequence]
    for event in paired.surplus:
        yield (
            f"{event_on_window(event)}, but the server had "
            f"refused that request with error {error.name}",
            (sent.entry, error, event.entry),
        )


@rule("unknown-serial", "events answer requests (PRE-087, PRE-095, PRE-104)")
def unknown_serial(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """No event for a serial with which no client sent such a request."""
    group = paired.group
    if group.candidates or group.rejected:
        return
    request = "NotifyMSC" if group.kind is AnswerKind.NOTIFY_MSC else "PresentPixmap"
    for event in paired.surplus:
        yield (
            f"{event_on_window(event)}, but no {request} there had serial {group.serial}",
            (event.entry,),
        )


def _once(*kinds: AnswerKind) -> Search[PairedGroup]:
    def search(paired: PairedGroup, family: Family) -> Iterator[Breach]:
        group = paired.group
        if group.kind not in kinds or not group.candidates:
            return
        sent, received = [one.sent.time for one in group.candidates], group.events
        places = [event.index for event in received]
        for event in paired.surplus:
            count = bisect_right(places, event.index)
            asked = bisect_right(sent, event.entry.time)
            requests = group.candidates[max(0, asked - 3) : asked]
            yield (
                f"{event_on_window(event)} is one too many: {count} came for "
                f"{counted(asked, 'accepted request')} with that serial",
                (
                    *(one.sent.entry for one in requests),
                    *(one.entry for one in received[max(0, count - 4) : count]),
                ),
            )

    return search


complete_once = rule(
    "complete-once", "presentproto 8, PresentCompleteNotify: one per request (PRE-087, PRE-121)"
)(_once(AnswerKind.PIXMAP, AnswerKind.NOTIFY_MSC))
idle_once = rule("idle-once", "presentproto 8, PresentIdleNotify: one per request (PRE-086)")(
    _once(AnswerKind.IDLE)
)


def _watched(
    history: PresentHistory, event: ReceivedEvent, candidate: Candidate, *bits: EventMask
) -> bool:
    """Whether the event's context had each of ``bits`` from the request until the event."""
    selection = history.selection(event)
    return selection is not None and all(
        (start := selection.watching(bit, candidate.sent)) is not None
        and history.windows.lives_until(event, candidate.window, start)
        for bit in bits
    )


def _early_completions(paired: PairedGroup) -> Iterator[tuple[ReceivedEvent, bool]]:
    """CompleteNotify events received before the matching number of IdleNotify events.

    With each: whether enough idles came in the end.
    """
    history, group = paired.history, paired.group
    if (
        group.kind is not AnswerKind.PIXMAP
        or not group.candidates
        or paired.redirected
        or not all(map(_frees, group.events))
    ):
        return
    idles = [idle.index for idle in history.events_of(group, AnswerKind.IDLE)]
    for completes, event in enumerate(group.events, start=1):
        before = bisect_left(idles, event.index)
        if completes <= before:
            continue
        requests = [one for one in group.candidates if not event.made_before(one.sent)]
        without_idle = sum(
            not isinstance(one, PresentRequest)
            or one.synced
            or _releases_itself(one)
            or not _watched(history, event, one, EventMask.IDLE, EventMask.COMPLETE)
            for one in requests
        )
        # Those beyond the requests are complete-once's.
        if min(completes, len(requests)) > before + without_idle:
            yield event, len(idles) + without_idle >= len(group.events)


def _releases_itself(one: PresentRequest) -> bool:
    """Whether becoming idle triggers its own wait fence: when skipped it completes first."""
    return one.wait_fence != 0 and one.wait_fence == one.idle_fence


def _frees(event: ReceivedEvent) -> bool:
    """Whether the pixmap is free at this completion: a flipped one is on the screen."""
    return getattr(event.content, "mode", None) in (CompleteMode.COPY, CompleteMode.SKIP)


@rule("idle-first", "a copied or skipped pixmap is idle, then completes (PRE-086, PRE-090)")
def idle_first(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """IdleNotify comes before the CompleteNotify of a copy or a skip."""
    for event in [event for event, enough in _early_completions(paired) if enough][:1]:
        idles = paired.history.events_of(paired.group, AnswerKind.IDLE)[-2:]
        yield (
            f"{event_on_window(event)} came before its IdleNotify",
            (*paired.group.newest_requests, event.entry, *(idle.entry for idle in idles)),
        )


@rule("idle-missing", "a copied or skipped pixmap becomes idle (PRE-086, PRE-090)")
def idle_missing(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """A presentation that completed as a copy or a skip had become idle."""
    for event in [event for event, enough in _early_completions(paired) if not enough][:1]:
        yield (
            f"{event_on_window(event)} came, but its IdleNotify never did",
            (*paired.group.newest_requests, event.entry),
        )


@rule("complete-missing", "a copy completes when it is idle (PRE-086)", COPY)
def complete_missing(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """A presentation that became idle without being replaced has completed."""
    history, group = paired.history, paired.group
    completes = len(history.events_of(group, AnswerKind.PIXMAP))
    if group.kind is not AnswerKind.IDLE or len(group.events) <= completes or paired.redirected:
        return
    idles = [
        idle
        for idle in group.events
        if group.stream.round_trip(idle.index) is not None
        and all(_watched(history, idle, one, EventMask.COMPLETE) for one in group.candidates)
    ]
    replaced = sum(
        isinstance(one, PresentRequest)
        and pairs.superseded(Pair(history, family, group.events[-1], one), one)
        for one in group.candidates
    )
    # Those beyond the requests are idle-once's.
    if min(len(idles), len(group.candidates)) > completes + replaced:
        yield (
            f"{event_on_window(idles[-1])} came, but its CompleteNotify never did",
            (*group.newest_requests, idles[-1].entry),
        )


@rule("overdue", "an accepted request is completed (PRE-065, PRE-087, PRE-117)", COPY)
def overdue(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """A request completes: nothing is lost while the window's clock runs on."""
    history, group = paired.history, paired.group
    missing = len(group.candidates) - len(group.events)
    if missing <= 0 or group.kind is AnswerKind.IDLE or paired.redirected:
        return
    due = [
        (one, latest, proof)
        for one in group.candidates
        if (latest := history.clock(group.window).latest(one)) is not None
        and (proof := _overdue_proof(history, group, one, latest)) is not None
    ]

    def legal(request: int, event: int) -> bool:
        return not group.events[event].made_before(due[request][0].sent)

    completed = match(len(due), len(group.events), legal) or []
    for (one, latest, (event, content)), completion in zip(due, completed, strict=False):
        if completion is None:
            yield (
                f"serial {group.serial} on window {group.window:#x} was never "
                f"completed: due by MSC {latest}, the clock has reached {content.msc}",
                (one.sent.entry, event.entry),
            )
            break


def _overdue_proof(
    history: PresentHistory, group: SerialGroup, one: Candidate, latest: int
) -> tuple[ReceivedEvent, CompleteNotify] | None:
    """An event that shows the window's clock well past ``latest``, when ``one`` was due.

    After it the client made two round trips, so that every timer of the server had run.
    """
    if one.may_wait or one.takes_ust or isinstance(one, NotifyEntry):
        return None
    stream, selections = group.stream, history.selections.get((group.stream, group.context))
    if selections is None or selections[-1].window != group.window:
        return None
    start = selections[-1].watching(EventMask.COMPLETE, one.sent)
    if start is None:
        return None
    for event, content in history.completions.get((stream, group.window), ()):
        if content.msc and ahead(content.msc, latest) > OVERDUE_FRAMES:
            once = stream.round_trip(event.index)
            twice = None if once is None else stream.round_trip(once)
            if twice is None or not history.windows.survives(
                group.window, start, stream.entries[twice].time
            ):
                return None
            return event, content
    return None


@rule("notify-agrees", "notifies tell what the presentation's own event tells (PRE-102)")
def notify_agrees(paired: PairedGroup, family: Family) -> Iterator[Breach]:
    """A notified window learns the mode, UST and MSC of the presentation, after it."""
    history, group = paired.history, paired.group
    if not group.events or len(group.candidates) != 1 or group.kind is not AnswerKind.PIXMAP:
        return
    entry, event = group.candidates[0], group.events[0]
    if not isinstance(entry, NotifyEntry):
        return
    window, serial = entry.request.window, entry.request.serial
    for context in {context for stream, context in history.selections if stream is group.stream}:
        key = (group.stream, context, window, serial, AnswerKind.PIXMAP)
        main = history.serial_groups.get(key)
        if main is not None and main.events and len(main.candidates) == 1:
            own = main.events[0]
            problem = _disagreement(event, own)
            if problem:
                yield (
                    f"{event_text(event)} on notified window {group.window:#x} {problem} "
                    f"(serial {serial})",
                    (entry.sent.entry, own.entry, event.entry),
                )


def _disagreement(notified: ReceivedEvent, own: ReceivedEvent) -> str | None:
    """What a notified window's event says differently from the presentation's own."""
    there, here = notified.content, own.content
    assert isinstance(there, CompleteNotify)
    assert isinstance(here, CompleteNotify)
    if (there.mode, there.ust, there.msc) != (here.mode, here.ust, here.msc):
        return (
            f"says mode {int(there.mode)}, UST {there.ust}, MSC {there.msc}; the presentation "
            f"itself mode {int(here.mode)}, UST {here.ust}, MSC {here.msc}"
        )
    if notified.index < own.index:
        return "came before the presentation's own CompleteNotify"
    return None
