# SPDX-License-Identifier: MIT
"""Rules about single Present events: who may get them, when, and what they may hold."""

import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

from harness.timeline.model.present import PresentHistory, selected_window
from harness.timeline.rules.base import COPY, XORG_FLIP, Breach, Family, Rule, rule
from harness.timeline.rules.wording import end_text, event_on_window, event_text
from harness.timeline.streams import ReceivedEvent
from harness.x11 import present
from harness.x11.drafts import present_redirect
from harness.x11.encoding import GENERIC_EVENT
from harness.x11.present import (
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    IdleNotify,
    Option,
    PresentConfigureNotify,
)

Content = TypeVar("Content")

_ASYNCHRONOUS = Option.ASYNC | Option.ASYNC_MAY_TEAR


@rule("encoding", "presentproto A.3 (PRE-085)")
def encoding(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Events are generic events of a known type, exactly as long as they say."""
    for event in history.events:
        problem = _encoding_problem(event.entry.data)
        if problem:
            yield f"{event_text(event)} is malformed: {problem}", (event.entry,)


def _encoding_problem(data: bytes) -> str | None:
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
    if (
        issubclass(known, PresentConfigureNotify | CompleteNotify | IdleNotify)
        and length != known.LENGTH
    ):
        return f"length {length}, {known.LENGTH} expected"
    return None


@rule("event-context", "presentproto 7, PresentSelectInput (PRE-016, PRE-025, PRE-101)")
def event_context(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Events name a context the client has, and that context's window."""
    for event, content in history.decoded:
        selection = history.selection(event)
        if selection is None:
            problem = "selected by no accepted request before it"
        elif selection.window != selected_window(content):
            problem = f"which was selected on window {selection.window:#x}"
        elif not selection.mask:
            problem = "which had been deleted by mask 0"
        elif history.context_ended(event, selection):
            problem = "which had ended with its window, made again since under the same id"
        else:
            continue
        sentence = f"{event_on_window(event)} names event id {content.event:#x}, {problem}"
        requests = () if selection is None else (selection.sent.entry,)
        yield sentence, (*requests, event.entry)


@rule("selected-mask", "presentproto 7, PresentSelectInput (PRE-024)")
def selected_mask(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Events come only to contexts whose mask selects them."""
    for event, content in history.decoded:
        selection = history.selection(event)
        if selection is None or selection.window != selected_window(content):
            continue
        # The destruction of a redirected pixmap is reported whatever is selected since.
        if isinstance(content, present_redirect.PixmapDestroyNotify):
            continue
        if selection.mask and not selection.mask & content.MASK:
            yield (
                f"{event_on_window(event)} was not selected: the mask was {int(selection.mask)}",
                (selection.sent.entry, event.entry),
            )


@rule("window-alive", "presentproto 7, DestroyWindow (PRE-122, PRE-130)")
def window_alive(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """A destroyed window gets no event, except the one that reports its destruction."""
    for event, content in history.decoded:
        if (
            isinstance(content, PresentConfigureNotify)
            and content.pixmap_flags & present.WINDOW_DESTROYED
        ):
            continue
        # Taking a flipped pixmap off the screen makes it idle while its window is destroyed.
        if isinstance(content, IdleNotify) and family is not Family.COPY:
            continue
        end = history.windows.destroyed_before(content.window, event)
        if end is not None:
            yield (
                f"{event_on_window(event)} came although {end_text(end)}",
                (end.entry, event.entry),
            )


def _value_rule(
    name: str, clause: str, kind: type[Content]
) -> Callable[[Callable[[Content], str | None]], Rule[PresentHistory]]:
    """Make a rule of a function that says what is wrong with the values of an event."""

    def decorate(problem_of: Callable[[Content], str | None]) -> Rule[PresentHistory]:
        @rule(name, clause)
        def search(history: PresentHistory, family: Family) -> Iterator[Breach]:
            for event, content in history.received(kind):
                problem = problem_of(content)
                if problem:
                    yield f"{event_on_window(event)}: {problem}", (event.entry,)

        return search

    return decorate


@_value_rule(
    "configure-values",
    "presentproto 8, PresentConfigureNotify (PRE-125, PRE-129)",
    PresentConfigureNotify,
)
def configure_values(content: PresentConfigureNotify) -> str | None:
    """ConfigureNotify has no offset, the pixmap's size is the window's, one flag is known."""
    size = (content.width, content.height)
    pixmap = (content.pixmap_width, content.pixmap_height)
    if content.pixmap_flags & ~present.WINDOW_DESTROYED:
        return f"flags {content.pixmap_flags:#x}, only bit 0 is defined"
    if content.off_x or content.off_y:
        return f"offset ({content.off_x}, {content.off_y}), (0, 0) expected"
    if size != pixmap:
        return f"window size {size} but pixmap size {pixmap}"
    return f"size {size}, a window is never empty" if 0 in size else None


@_value_rule(
    "complete-values", "presentproto 8, PresentCompleteNotify (PRE-087, PRE-095)", CompleteNotify
)
def complete_values(content: CompleteNotify) -> str | None:
    """Kind and mode are defined, and NotifyMSC completes with mode Copy."""
    if not isinstance(content.kind, present.CompleteKind):
        return f"kind {content.kind} is not defined"
    if not isinstance(content.mode, CompleteMode):
        return f"mode {content.mode} is not defined"
    if content.kind is present.CompleteKind.NOTIFY_MSC and content.mode is not CompleteMode.COPY:
        return "NotifyMSC completes with mode Copy"
    return None


@rule("no-flip", "a server that copies never flips (PRE-086, PRE-094)", COPY)
def no_flip(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Where every presentation is a copy, no mode speaks of flips."""
    for event, content in history.received(CompleteNotify):
        if content.mode in (CompleteMode.FLIP, CompleteMode.SUBOPTIMAL_COPY):
            yield (f"{event_text(event)}, but this server only copies", (event.entry,))


@rule("clock-forward", "presentproto 4: UST and MSC only increase (PRE-077)")
def clock_forward(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """UST and MSC of a context's events never decrease; 0/0 after a fence is left out."""
    # A window that changes its CRTC may still complete what was queued on the old one.
    names_crtc = any(one.content.target_crtc for one in history.presentations)
    if family is not Family.COPY and (history.moves_windows or names_crtc):
        return
    latest: dict[tuple[int, int, int], tuple[ReceivedEvent, CompleteNotify]] = {}
    for event, content in history.received(CompleteNotify):
        # A redirected presentation has the time of another window's frame, which other
        # contexts may get earlier.
        if not (content.ust or content.msc) or history.redirected(content.window, content.serial):
            continue
        key = (id(event.stream), content.event, content.window)
        before, old = latest.get(key, (event, content))
        latest[key] = event, content
        for name, was, now in (("UST", old.ust, content.ust), ("MSC", old.msc, content.msc)):
            if now < was and history.windows.lives_between(before, event, content.window):
                yield (
                    f"{name} ran backwards on window {content.window:#x}: {now} in "
                    f"{event_text(event)} after {was} in {event_text(before)}",
                    (before.entry, event.entry),
                )
                break


@rule("flip-per-frame", "the next flip waits for the one before (PRE-145)", XORG_FLIP)
def flip_per_frame(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Two flips of a window never complete at one MSC, unless one of them may be asynchronous.

    Left out are windows that name CRTCs, each of which has a count of its own.
    """
    exempt = {
        one.content.window
        for one in history.presentations
        if one.content.target_crtc or one.content.options & _ASYNCHRONOUS
    }
    done: dict[tuple[int, int, int, int], tuple[ReceivedEvent, CompleteNotify]] = {}
    for event, content in history.received(CompleteNotify):
        is_flip = content.mode is CompleteMode.FLIP and content.kind is CompleteKind.PIXMAP
        if not is_flip or content.window in exempt:
            continue
        key = (id(event.stream), content.event, content.window, content.msc)
        before, old = done.setdefault(key, (event, content))
        # Of one serial twice the rule complete-once speaks.
        if old.serial != content.serial and history.windows.lives_between(
            before, event, content.window
        ):
            yield (
                f"{event_text(event)} has the MSC of {event_text(before)}: "
                f"only one of two flips can be shown in a frame",
                (before.entry, event.entry),
            )
