# SPDX-License-Identifier: MIT
"""Rules about redirected presentations: redirected in order, returned once, completed once."""

from collections.abc import Iterator
from typing import TypeVar

from harness.timeline.model.grouping import grouped
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, PresentRequest
from harness.timeline.model.redirection import Redirection
from harness.timeline.rules.base import Breach, Family, rule
from harness.timeline.rules.wording import event_on_window, event_text
from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest
from harness.x11.present import CompleteKind, CompleteMode, CompleteNotify, EventMask, IdleNotify

Answer = TypeVar("Answer", CompleteNotify, IdleNotify)

_COPIED = (
    *("serial", "x_off", "y_off", "target_crtc", "wait_fence", "idle_fence", "options"),
    *("target_msc", "divisor", "remainder", "notifies"),
)
"""Fields of a RedirectNotify that are the request's."""


@rule("redirect-asked", "a RedirectNotify tells of one PresentPixmap (RDR-010)")
def one_per_request(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """No event without a request, and no second one."""
    for (window, serial), found in history.redirections.by_key.items():
        requests = list(dict.fromkeys(request for one in found for request in one.requests))
        sent = [request.sent for request in requests]
        if window in history.known_windows and len(found) > len(requests):
            last = found[-1].event
            yield (
                f"{event_on_window(last)} is one too many: {len(found)} came "
                f"for {len(requests)} accepted requests of other clients with that serial",
                (*(one.entry for one in sent), last.entry),
            )
        for one in found:
            if sent and all(map(one.event.made_before, sent)):
                yield (
                    f"{event_on_window(one.event)} came before "
                    f"anybody had presented it (serial {serial})",
                    (one.event.entry, sent[0].entry),
                )


@rule("redirect-fields", "a RedirectNotify has the request's values (RDR-012)")
def values(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """The redirecting client receives the values that the application gave."""
    for one, request in history.redirections.unambiguous:
        for name in _COPIED:
            given, received = getattr(request.content, name), getattr(one.content, name)
            if given != received:
                yield (
                    f"{event_on_window(one.event)} has {name} {received}, but {given} was given",
                    (request.sent.entry, one.event.entry),
                )


@rule("redirect-order", "RedirectNotify events come in the order of the requests (RDR-024)")
def order(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """What one client presented reaches one redirecting client in that order."""
    latest: dict[tuple[int, int], tuple[Redirection, PresentRequest]] = {}
    pairs = sorted(history.redirections.unambiguous, key=lambda pair: pair[0].event.index)
    for one, request in pairs:
        key = (id(one.redirector), id(request.sent.stream))
        before, earlier = latest.get(key, (one, request))
        latest[key] = one, request
        if request.sent.sequence < earlier.sent.sequence:
            yield (
                f"{event_text(one.event)} came after {event_text(before.event)}, "
                f"which was presented later",
                (request.sent.entry, before.event.entry, one.event.entry),
            )


@rule("redirect-owed", "one PresentIdle for each RedirectNotify (RDR-029, RDR-031, RDR-032)")
def owed(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """PresentIdle is accepted exactly when something is owed."""
    for (stream, pixmap), idle_requests in history.idle_requests.items():
        redirected = history.redirections.of_pixmap(stream, pixmap)
        returned = 0
        for sent in idle_requests:
            may = sum(not one.event.made_after(sent) for one in redirected)
            must = [one for one in redirected if one.event.entry.time < sent.time]
            if sent.accepted and may <= returned:
                yield (
                    f"PresentIdle of pixmap {pixmap:#x} by {stream.client} was accepted, but it "
                    f"had been handed over {may} and given back {returned} times",
                    (*(one.event.entry for one in redirected[-3:]), sent.entry),
                )
            elif not sent.accepted and len(must) > returned:
                first, error = must[returned], stream.errors[sent.sequence]
                yield (
                    f"PresentIdle of pixmap {pixmap:#x} by {stream.client} was refused with "
                    f"{error.name}, but serial {first.content.serial} was owed",
                    (first.event.entry, sent.entry, error),
                )
            returned += sent.accepted


def _returns(history: PresentHistory, one: Redirection) -> list[SentRequest]:
    """The accepted PresentIdles for the pixmap of ``one``, oldest first."""
    found = history.idle_requests.get((one.redirector, one.content.pixmap), [])
    return [sent for sent in found if sent.accepted]


def _may_be_returned(history: PresentHistory, one: Redirection, event: ReceivedEvent) -> bool:
    """Whether the pixmap of ``one`` may have been returned when ``event`` was made."""
    returned = sum(not event.made_before(sent) for sent in _returns(history, one))
    return returned > one.nth or history.windows.may_have_ended({one.redirector}, event)


def _answers(
    history: PresentHistory, kind: type[Answer], request: PresentRequest
) -> list[tuple[ReceivedEvent, Answer]]:
    """The events of one kind with the window and serial of ``request``."""
    return [
        (event, content)
        for event, content in history.received(kind)
        if (content.window, content.serial) == (request.window, request.serial)
        and getattr(content, "kind", CompleteKind.PIXMAP) == CompleteKind.PIXMAP
    ]


def _idles(
    history: PresentHistory, request: PresentRequest
) -> list[tuple[ReceivedEvent, IdleNotify]]:
    """The IdleNotify events of ``request``, not of the redirecting client's own presentations."""
    return [
        (event, content)
        for event, content in _answers(history, IdleNotify, request)
        if content.pixmap == request.content.pixmap and not history.redirections.may_be_own(event)
    ]


@rule("redirect-idle-after", "IdleNotify comes after PresentIdle (RDR-029, RDR-036, RDR-041)")
def idle_after(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """The application learns that its pixmap is idle only through the redirecting client."""
    for one, request in history.redirections.unambiguous:
        for event, _ in _idles(history, request):
            if not _may_be_returned(history, one, event):
                yield (
                    f"{event_on_window(event)} came although "
                    f"{one.redirector.client} had not given the pixmap back",
                    (request.sent.entry, one.event.entry, event.entry),
                )


@rule("redirect-idle-pixmap", "IdleNotify names the application's pixmap (RDR-029, RDR-041)")
def idle_pixmap(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """No IdleNotify of the redirecting client's own presentation reaches the application."""
    for one, request in history.redirections.unambiguous:
        presented, substitute = request.content.pixmap, one.content.pixmap
        for event, content in _answers(history, IdleNotify, request):
            if event.stream is not one.redirector and content.pixmap == substitute != presented:
                yield (
                    f"{event_on_window(event)} names pixmap "
                    f"{substitute:#x}, but {presented:#x} was presented",
                    (request.sent.entry, event.entry),
                )


@rule("redirect-idle-missing", "what is given back becomes idle (RDR-029, RDR-035, RDR-037)")
def idle_missing(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """After the PresentIdle an IdleNotify comes, unless the server still needs the pixmap."""
    for one, request in history.redirections.unambiguous:
        returns = _returns(history, one)
        redirected = history.redirections.of_pixmap(one.redirector, one.content.pixmap)
        if len(returns) < len(redirected) or _reused(history, one):
            continue
        idles = _answers(history, IdleNotify, request)
        for (stream, context), selections in history.selections.items():
            selection = selections[-1]
            start = selection.watching(EventMask.IDLE, request.sent)
            if selection.window != request.window or start is None:
                continue
            index = _round_trip(stream, returns[-1])
            if index is None or not history.windows.survives(
                request.window, start, stream.entries[index].time
            ):
                continue
            if not any(
                event.stream is stream and content.event == context and event.index <= index
                for event, content in idles
            ):
                yield (
                    f"serial {request.serial} on window {request.window:#x} was given back by "
                    f"{one.redirector.client}, but {stream.client} got no IdleNotify",
                    (request.sent.entry, one.event.entry, returns[-1].entry),
                )


def _reused(history: PresentHistory, one: Redirection) -> bool:
    """Whether the redirecting client presented the pixmap itself: then others may need it."""
    return any(
        other.sent.stream is one.redirector and other.content.pixmap == one.content.pixmap
        for other in history.presentations
    )


def _round_trip(stream: ClientStream, sent: SentRequest) -> int | None:
    """Where a round trip of ``stream`` ended that began after ``sent`` was handled."""
    handled = sent.stream.handled_at(sent.sequence)
    return None if handled == float("inf") else stream.round_trip(stream.index_at(handled))


@rule("redirect-executed", "a redirected presentation is not carried out (RDR-010, RDR-040)")
def executed(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """It completes through a presentation of the redirecting client, or as skipped."""
    for one, request in history.redirections.unambiguous:
        substitutes = _substitutes(history, request)
        for event, content in _answers(history, CompleteNotify, request):
            if all(event.made_before(other.sent) for other in substitutes) and not (
                content.mode == CompleteMode.SKIP and _may_be_returned(history, one, event)
            ):
                yield (
                    f"{event_on_window(event)} came although "
                    f"{one.redirector.client}, to whom it was handed, had presented nothing for it",
                    (request.sent.entry, one.event.entry, event.entry),
                )


@rule("redirect-told-once", "one Idle and one Complete (RDR-029, RDR-040, RDR-041, RDR-044)")
def completed_once(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """However often the redirecting client presents, the application gets one of each."""
    for _, request in history.redirections.unambiguous:
        allowed = {IdleNotify: 1, CompleteNotify: max(1, len(_substitutes(history, request)))}
        answers: list[tuple[ReceivedEvent, CompleteNotify | IdleNotify]] = [
            *_idles(history, request),
            *_answers(history, CompleteNotify, request),
        ]
        by_context = grouped(
            ((type(content), event.stream, content.event), event) for event, content in answers
        )
        for (kind, *_), events in by_context.items():
            if len(events) > allowed[kind]:
                yield (
                    f"{event_on_window(events[-1])} is one too many",
                    (request.sent.entry, *(event.entry for event in events[-3:])),
                )


def _substitutes(history: PresentHistory, request: PresentRequest) -> list[Candidate]:
    """What other clients presented to complete ``request``."""
    return [
        one
        for other in history.presentations
        if other.sent.stream is not request.sent.stream
        for one in (other, *other.notified())
        if (one.window, one.serial) == (request.window, request.serial)
    ]
