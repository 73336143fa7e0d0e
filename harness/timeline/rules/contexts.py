# SPDX-License-Identifier: MIT
"""Rules that compare what several contexts, or an event and a fence, say of one thing."""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import fields

from harness.timeline.model import core_requests
from harness.timeline.model.present import PresentHistory, PresentSelection
from harness.timeline.rules.base import Family, UnnamedViolation, event_text, rule, window_text
from harness.timeline.streams import ReceivedEvent
from harness.x11.present import WINDOW_DESTROYED, ConfigureNotify, IdleNotify, RedirectNotify
from harness.x11.present_redirect import PixmapDestroyNotify


@rule("every-context", "presentproto 7: each context gets each event (PRE-026, PRE-027, PRE-099)")
def every_context(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """What one context of a window is told, all others that asked for it are told too."""
    by_context: dict[tuple[int, int, int], list[ReceivedEvent]] = {}
    for seen in model.events:
        content = seen.event.content
        if content is None or not model.addressed(seen):
            continue
        # These are for the one client that redirects.
        if isinstance(content, RedirectNotify | PixmapDestroyNotify):
            continue
        if isinstance(content, ConfigureNotify) and content.pixmap_flags & WINDOW_DESTROYED:
            continue
        by_context.setdefault((content.window, id(seen.stream), content.event), []).append(seen)
    selections = [one for history in model.selections.values() for one in history if one.mask]
    for (window, stream, context), events in by_context.items():
        for other in selections:
            same = id(other.call.stream) == stream and other.event == context
            if other.window != window or same:
                continue
            got = by_context.get((window, id(other.call.stream), other.event), [])
            have = Counter(_told(seen) for seen in got)
            for seen in events:
                if not _must_reach(model, seen, other):
                    continue
                have[_told(seen)] -= 1
                if have[_told(seen)] < 0:
                    yield UnnamedViolation(
                        f"{event_text(seen)} on {window_text(window)} did not reach event id "
                        f"{other.event:#x} of {other.call.stream.client}, which had selected it",
                        (other.call.request, seen.event),
                    )
                    break


def _told(seen: ReceivedEvent) -> Hashable:
    content = seen.event.content
    assert content is not None
    values = [getattr(content, one.name) for one in fields(content) if one.name != "event"]
    return type(content), *values


def _must_reach(model: PresentHistory, seen: ReceivedEvent, other: PresentSelection) -> bool:
    content = seen.event.content
    if content is None or not other.mask & content.MASK or not seen.made_after(other.call):
        return False
    if isinstance(content, IdleNotify) and model.redirections.told_of_its_own(seen):
        return False
    if not all(seen.made_before(call) for call in other.until):
        return False
    if not all(
        end.before(other.call) or seen.made_before(end) for end in model.destructions(other.window)
    ):
        return False
    stream = other.call.stream
    index = seen.index if stream is seen.stream else stream.index_after(seen.event.time)
    return stream.round_trip(index) is not None


@rule("idle-fence-triggered", "the idle fence is triggered before Idle is sent (PRE-112)")
def idle_fence_triggered(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A fence that an Idle named is triggered, unless somebody reset it since."""
    for call, fence, triggered in model.fence_answers:
        if triggered or not fence:
            continue
        undoing = [
            other
            for other, what in model.fence_calls.get(fence, ())
            if not isinstance(what, core_requests.TriggerFence) and not call.before(other)
        ]
        for seen in model.events:
            content = seen.event.content
            if (
                isinstance(content, IdleNotify)
                and content.idle_fence == fence
                and seen.made_before(call)
                and all(seen.made_after(other) for other in undoing)
            ):
                yield UnnamedViolation(
                    f"{event_text(seen)} names idle fence {fence:#x}, "
                    f"but QueryFence says that it is not triggered",
                    (seen.event, call.request),
                )
                break


RULES = (every_context, idle_fence_triggered)
