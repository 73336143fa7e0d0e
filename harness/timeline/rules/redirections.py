# SPDX-License-Identifier: MIT
"""Rules about redirected presentations: handed over in order, given back once, told once."""

from collections.abc import Iterator

from harness.timeline.model.present import NotifyEntry, PresentHistory, PresentRequest
from harness.timeline.model.redirection import Redirection
from harness.timeline.rules.base import Family, UnnamedViolation, event_text, rule, window_text
from harness.timeline.streams import ClientStream, Instant, ReceivedEvent, SentRequest
from harness.x11.present import CompleteKind, CompleteMode, CompleteNotify, EventMask, IdleNotify

_COPIED = (
    *("serial", "x_off", "y_off", "target_crtc", "wait_fence", "idle_fence", "options"),
    *("target_msc", "divisor", "remainder", "notifies"),
)
"""Fields of a RedirectNotify that are the request's."""


@rule("redirect-asked", "a RedirectNotify tells of one PresentPixmap (RDR-010)")
def asked(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """No event without a request, and no second one."""
    for (window, serial), found in model.redirections.by_key.items():
        requests = {id(request): request for one in found for request in one.requests}
        if model.known_window(window) and len(found) > len(requests):
            last = found[-1].seen
            yield UnnamedViolation(
                f"{event_text(last)} on {window_text(window)} is one too many: {len(found)} came "
                f"for {len(requests)} accepted requests of other clients with that serial",
                (*(one.call.request for one in requests.values()), last.event),
            )
        for one in found:
            if requests and all(one.seen.made_before(each.call) for each in requests.values()):
                yield UnnamedViolation(
                    f"{event_text(one.seen)} on {window_text(window)} came before "
                    f"anybody had presented it (serial {serial})",
                    (one.seen.event, next(iter(requests.values())).call.request),
                )


@rule("redirect-fields", "a RedirectNotify has the request's values (RDR-012)")
def values(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """What the application asked is what the redirecting client is told."""
    for one, request in model.redirections.sure():
        for name in _COPIED:
            given, told = getattr(request.content, name), getattr(one.content, name)
            if given != told:
                yield UnnamedViolation(
                    f"{event_text(one.seen)} on {window_text(request.window)} has {name} "
                    f"{told}, but {given} was given",
                    (request.call.request, one.seen.event),
                )


@rule("redirect-order", "RedirectNotify events come in the order of the requests (RDR-024)")
def order(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """What one client presented reaches one redirecting client in that order."""
    latest: dict[tuple[int, int], tuple[Redirection, PresentRequest]] = {}
    sure = sorted(model.redirections.sure(), key=lambda pair: pair[0].seen.index)
    for one, request in sure:
        key = (id(one.redirector), id(request.call.stream))
        if key in latest and request.call.sequence < latest[key][1].call.sequence:
            before = latest[key][0].seen
            yield UnnamedViolation(
                f"{event_text(one.seen)} came after {event_text(before)}, "
                f"which was presented later",
                (request.call.request, before.event, one.seen.event),
            )
        latest[key] = one, request


@rule("redirect-owed", "one PresentIdle for each RedirectNotify (RDR-029, RDR-031, RDR-032)")
def owed(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """PresentIdle is accepted exactly when something is owed."""
    for (stream, pixmap), calls in model.redirections.returns.items():
        handed = model.redirections.of_pixmap(stream, pixmap)
        taken = 0
        for call in calls:
            may = sum(not one.seen.made_after(call) for one in handed)
            must = [one for one in handed if one.seen.event.time < call.time]
            if call.accepted and may <= taken:
                yield UnnamedViolation(
                    f"PresentIdle of pixmap {pixmap:#x} by {stream.client} was accepted, but it "
                    f"had been handed over {may} and given back {taken} times",
                    (*(one.seen.event for one in handed[-3:]), call.request),
                )
            elif not call.accepted and len(must) > taken:
                serial = must[taken].content.serial
                yield UnnamedViolation(
                    f"PresentIdle of pixmap {pixmap:#x} by {stream.client} was refused with "
                    f"{stream.errors[call.sequence].name}, but serial {serial} was owed",
                    (must[taken].seen.event, call.request, stream.errors[call.sequence]),
                )
            taken += call.accepted


def _gone(model: PresentHistory, stream: ClientStream, seen: ReceivedEvent) -> bool:
    """Whether client ``stream`` may have been gone when ``seen`` was made."""
    if any(who is None and not seen.made_before(end) for who, end in model.ends):
        return True
    closed = stream.closed
    return closed is not None and not seen.made_before(
        Instant(stream, closed.sequence + 1, closed.time)
    )


def _given_back(model: PresentHistory, one: Redirection, seen: ReceivedEvent) -> bool:
    """Whether ``one`` may have been given back when ``seen`` was made."""
    calls = model.redirections.accepted(one)
    may = sum(not seen.made_before(call) for call in calls)
    return may > one.nth or _gone(model, one.redirector, seen)


def _names(seen: ReceivedEvent, request: PresentRequest) -> bool:
    """Whether an IdleNotify is about the pixmap of ``request``."""
    content = seen.event.content
    return isinstance(content, IdleNotify) and content.pixmap == request.content.pixmap


def _told(
    model: PresentHistory, kind: type[IdleNotify] | type[CompleteNotify], window: int, serial: int
) -> list[ReceivedEvent]:
    return [
        seen
        for seen in model.events
        if isinstance(content := seen.event.content, kind)
        and (content.window, content.serial) == (window, serial)
        and not (isinstance(content, CompleteNotify) and content.kind != CompleteKind.PIXMAP)
    ]


@rule("redirect-idle-after", "IdleNotify comes after PresentIdle (RDR-029, RDR-036, RDR-041)")
def idle_after(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """The application learns that its pixmap is idle only through the redirecting client."""
    for one, request in model.redirections.sure():
        for seen in _told(model, IdleNotify, request.window, request.serial):
            own = model.redirections.told_of_its_own(seen)
            if not own and _names(seen, request) and not _given_back(model, one, seen):
                yield UnnamedViolation(
                    f"{event_text(seen)} on {window_text(request.window)} came although "
                    f"{one.redirector.client} had not given the pixmap back",
                    (request.call.request, one.seen.event, seen.event),
                )


@rule("redirect-idle-pixmap", "IdleNotify names the application's pixmap (RDR-029, RDR-041)")
def idle_pixmap(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """What the server tells the redirecting client of its own presentation stays there."""
    for one, request in model.redirections.sure():
        for seen in _told(model, IdleNotify, request.window, request.serial):
            content = seen.event.content
            assert isinstance(content, IdleNotify)
            wrong = content.pixmap == one.content.pixmap != request.content.pixmap
            if seen.stream is not one.redirector and wrong:
                yield UnnamedViolation(
                    f"{event_text(seen)} on {window_text(request.window)} names pixmap "
                    f"{content.pixmap:#x}, but {request.content.pixmap:#x} was presented",
                    (request.call.request, seen.event),
                )


@rule("redirect-idle-missing", "what is given back becomes idle (RDR-029, RDR-035, RDR-037)")
def idle_missing(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """After the PresentIdle an IdleNotify comes, unless the server still needs the pixmap."""
    for one, request in model.redirections.sure():
        returns = model.redirections.accepted(one)
        handed = model.redirections.of_pixmap(one.redirector, one.content.pixmap)
        if len(returns) < len(handed) or _reused(model, one):
            continue
        told = _told(model, IdleNotify, request.window, request.serial)
        for (stream, context), history in model.selections.items():
            selection = history[-1]
            start = selection.watching(EventMask.IDLE, request.call)
            if selection.window != request.window or start is None:
                continue
            proof = _round_trip(stream, returns[-1])
            if proof is None or not model.survives(request.window, start, proof[1]):
                continue
            if not any(
                seen.stream is stream and _context(seen) == context and seen.index <= proof[0]
                for seen in told
            ):
                yield UnnamedViolation(
                    f"serial {request.serial} on {window_text(request.window)} was given back by "
                    f"{one.redirector.client}, but {stream.client} got no IdleNotify",
                    (request.call.request, one.seen.event, returns[-1].request),
                )


def _reused(model: PresentHistory, one: Redirection) -> bool:
    """Whether the redirecting client presented the pixmap itself: then others may need it."""
    return any(
        other.call.stream is one.redirector and other.content.pixmap == one.content.pixmap
        for other in model.presentations
    )


def _round_trip(stream: ClientStream, call: SentRequest) -> tuple[int, float] | None:
    """Where a round trip of ``stream`` ended that began after ``call`` was handled."""
    handled = call.stream.handled_at(call.sequence)
    index = stream.round_trip(stream.index_after(handled))
    if handled == float("inf") or index is None:
        return None
    return index, stream.entries[index].time


def _context(seen: ReceivedEvent) -> int:
    content = seen.event.content
    return 0 if content is None else content.event


@rule("redirect-executed", "a redirected presentation is not carried out (RDR-010, RDR-040)")
def executed(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """It completes through a presentation of the redirecting client, or as skipped."""
    for one, request in model.redirections.sure():
        for seen in _told(model, CompleteNotify, request.window, request.serial):
            content = seen.event.content
            assert isinstance(content, CompleteNotify)
            shown = any(not seen.made_before(promise.call) for promise in _promises(model, request))
            skipped = content.mode == CompleteMode.SKIP and _given_back(model, one, seen)
            if not shown and not skipped:
                yield UnnamedViolation(
                    f"{event_text(seen)} on {window_text(request.window)} came although "
                    f"{one.redirector.client}, to whom it was handed, had presented nothing for it",
                    (request.call.request, one.seen.event, seen.event),
                )


@rule("redirect-told-once", "one Idle and one Complete (RDR-029, RDR-040, RDR-041, RDR-044)")
def told_once(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """However often the redirecting client presents, the application is told once."""
    for _, request in model.redirections.sure():
        for kind in (IdleNotify, CompleteNotify):
            by_context: dict[tuple[int, int], list[ReceivedEvent]] = {}
            for seen in _told(model, kind, request.window, request.serial):
                own = model.redirections.told_of_its_own(seen)
                if kind is CompleteNotify or (_names(seen, request) and not own):
                    by_context.setdefault((id(seen.stream), _context(seen)), []).append(seen)
            promises = _promises(model, request)
            allowed = max(1, len(promises)) if kind is CompleteNotify else 1
            for told in by_context.values():
                if len(told) > allowed:
                    yield UnnamedViolation(
                        f"{event_text(told[-1])} on {window_text(request.window)} is one too many",
                        (request.call.request, *(seen.event for seen in told[-3:])),
                    )


def _promises(model: PresentHistory, request: PresentRequest) -> list[PresentRequest | NotifyEntry]:
    """What others presented to complete ``request``."""
    found: list[PresentRequest | NotifyEntry] = []
    for other in model.presentations:
        if other.call.stream is request.call.stream:
            continue
        if (other.window, other.serial) == (request.window, request.serial):
            found.append(other)
        found += [
            NotifyEntry(other, entry.window, entry.serial)
            for entry in other.content.notifies
            if (entry.window, entry.serial) == (request.window, request.serial)
        ]
    return found


RULES = (
    asked,
    values,
    order,
    owed,
    idle_after,
    idle_pixmap,
    idle_missing,
    executed,
    told_once,
)
