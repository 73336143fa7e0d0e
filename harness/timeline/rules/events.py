# SPDX-License-Identifier: MIT
"""Rules about single events: who may get them, when, and what they may hold."""

import struct
from collections.abc import Iterator

from harness.timeline.model.present import PresentHistory
from harness.timeline.model.redirection import selected_window
from harness.timeline.rules.base import (
    COPY,
    Family,
    UnnamedViolation,
    event_text,
    rule,
    window_text,
)
from harness.timeline.streams import ReceivedEvent
from harness.x11 import present, present_redirect
from harness.x11.encoding import GENERIC_EVENT
from harness.x11.present import (
    WINDOW_DESTROYED,
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    ConfigureNotify,
    IdleNotify,
)


@rule("encoding", "presentproto A.3 (PRE-085)")
def encoding(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Events are generic events of a known type, exactly as long as they say."""
    for seen in model.events:
        problem = _encoding_problem(seen)
        if problem:
            yield UnnamedViolation(f"{event_text(seen)} is malformed: {problem}", (seen.event,))


def _encoding_problem(seen: ReceivedEvent) -> str | None:
    data = seen.event.data
    if len(data) < 32:
        return f"{len(data)} bytes, at least 32 expected"
    kind, length, evtype = struct.unpack_from("=B3xIH", data)
    if kind & 0x7F != GENERIC_EVENT:
        return f"type {kind & 0x7F}, 35 (GenericEvent) expected"
    if len(data) != 32 + 4 * length:
        return f"{len(data)} bytes, its length field promises {32 + 4 * length}"
    known = present.MESSAGES.events.get(evtype)
    if known is None:
        return f"evtype {evtype} is unknown"
    if issubclass(known, ConfigureNotify | CompleteNotify | IdleNotify) and length != known.LENGTH:
        return f"length {length}, {known.LENGTH} expected"
    return None


@rule("event-context", "presentproto 7, PresentSelectInput (PRE-016, PRE-025, PRE-101)")
def event_context(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Events name a context the client has, and that context's window."""
    for seen in model.events:
        content = seen.event.content
        if content is None:
            continue
        selection = model.selection(seen)
        if selection is None:
            known = "selected by no accepted request before it"
        elif selection.window != selected_window(content):
            known = f"which was selected on {window_text(selection.window)}"
        elif not selection.mask:
            known = "which had been deleted by mask 0"
        else:
            continue
        sentence = (
            f"{event_text(seen)} on {window_text(content.window)} names "
            f"event id {content.event:#x}, {known}"
        )
        calls = () if selection is None else (selection.call.request,)
        yield UnnamedViolation(sentence, (*calls, seen.event))


@rule("selected-mask", "presentproto 7, PresentSelectInput (PRE-024)")
def selected_mask(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Events come only to contexts whose mask asks for them."""
    for seen in model.events:
        content, selection = seen.event.content, model.selection(seen)
        if content is None or selection is None or selection.window != selected_window(content):
            continue
        # An id that was handed over is told of as long as there is anybody to tell.
        if isinstance(content, present_redirect.PixmapDestroyNotify):
            continue
        if selection.mask and not selection.mask & content.MASK:
            yield UnnamedViolation(
                f"{event_text(seen)} on {window_text(content.window)} was not selected: "
                f"the mask was {int(selection.mask)}",
                (selection.call.request, seen.event),
            )


@rule("window-alive", "presentproto 7, DestroyWindow (PRE-122, PRE-130)")
def window_alive(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A destroyed window gets no event, except the one that tells of its destruction."""
    for seen in model.events:
        content = seen.event.content
        if content is None:
            continue
        if isinstance(content, ConfigureNotify) and content.pixmap_flags & WINDOW_DESTROYED:
            continue
        # Taking a flipped pixmap off the screen makes it idle while its window dies.
        if isinstance(content, IdleNotify) and family is not Family.COPY:
            continue
        end = model.destroyed_by(seen)
        if end is not None:
            destroyers = (
                entry
                for entry in end.stream.entries
                if entry.sequence == end.sequence and entry.time == end.time
            )
            yield UnnamedViolation(
                f"{event_text(seen)} came although {window_text(content.window)} had been "
                f"destroyed by {end.stream.client}'s request {end.sequence}",
                (*destroyers, seen.event),
            )


@rule("configure-values", "presentproto 8, PresentConfigureNotify (PRE-125, PRE-129)")
def configure_values(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """ConfigureNotify has no offset, the pixmap's size is the window's, one flag is known."""
    for seen in model.events:
        content = seen.event.content
        if not isinstance(content, ConfigureNotify):
            continue
        size = (content.width, content.height)
        pixmap = (content.pixmap_width, content.pixmap_height)
        if content.pixmap_flags & ~WINDOW_DESTROYED:
            problem = f"flags {content.pixmap_flags:#x}, only bit 0 is defined"
        elif content.off_x or content.off_y:
            problem = f"offset ({content.off_x}, {content.off_y}), (0, 0) expected"
        elif size != pixmap:
            problem = f"window size {size} but pixmap size {pixmap}"
        elif 0 in size:
            problem = f"size {size}, a window is never empty"
        else:
            continue
        sentence = f"{event_text(seen)} on {window_text(content.window)}: {problem}"
        yield UnnamedViolation(sentence, (seen.event,))


@rule("complete-values", "presentproto 8, PresentCompleteNotify (PRE-087, PRE-095)")
def complete_values(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Kind and mode are defined, and NotifyMSC completes with mode Copy."""
    for seen in model.events:
        content = seen.event.content
        if not isinstance(content, CompleteNotify):
            continue
        if not isinstance(content.kind, CompleteKind):
            problem = f"kind {content.kind} is not defined"
        elif not isinstance(content.mode, CompleteMode):
            problem = f"mode {content.mode} is not defined"
        elif content.kind is CompleteKind.NOTIFY_MSC and content.mode is not CompleteMode.COPY:
            problem = "NotifyMSC completes with mode Copy"
        else:
            continue
        sentence = f"{event_text(seen)} on {window_text(content.window)}: {problem}"
        yield UnnamedViolation(sentence, (seen.event,))


@rule("no-flip", "a server that copies never flips (PRE-086, PRE-094)", COPY)
def no_flip(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Where every presentation is a copy, no mode speaks of flips."""
    for seen in model.events:
        content = seen.event.content
        if isinstance(content, CompleteNotify) and content.mode in (
            CompleteMode.FLIP,
            CompleteMode.SUBOPTIMAL_COPY,
        ):
            yield UnnamedViolation(
                f"{event_text(seen)}, but this server only copies", (seen.event,)
            )


@rule("clock-forward", "presentproto 4: UST and MSC only increase (PRE-077)")
def clock_forward(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """UST and MSC of a context's events never decrease; 0/0 after a fence is left out."""
    # A window that changes its CRTC may still complete what was queued on the old one.
    if family is not Family.COPY and (model.moves_windows or _names_crtc(model)):
        return
    latest: dict[tuple[int, int, int], ReceivedEvent] = {}
    for seen in model.events:
        content = seen.event.content
        if not isinstance(content, CompleteNotify) or not (content.ust or content.msc):
            continue
        # This is the time of somebody else's frame, which others may be told before.
        if model.handed_over(content.window, content.serial):
            continue
        key = (id(seen.stream), content.event, content.window)
        before = latest.get(key)
        latest[key] = seen
        if before is None:
            continue
        old = before.event.content
        assert isinstance(old, CompleteNotify)
        for name, was, now in (("UST", old.ust, content.ust), ("MSC", old.msc, content.msc)):
            if now < was:
                yield UnnamedViolation(
                    f"{name} ran backwards on {window_text(content.window)}: {now} in "
                    f"{event_text(seen)} after {was} in {event_text(before)}",
                    (before.event, seen.event),
                )
                break


def _names_crtc(model: PresentHistory) -> bool:
    return any(one.content.target_crtc for one in model.presentations)


RULES = (
    encoding,
    event_context,
    selected_mask,
    window_alive,
    configure_values,
    complete_values,
    no_flip,
    clock_forward,
)
