# SPDX-License-Identifier: MIT
"""Rules that compare what several contexts, or an event and a fence, say of one thing."""

from collections.abc import Iterator
from dataclasses import replace

from harness.timeline.model.core_requests import FenceAction
from harness.timeline.model.grouping import grouped
from harness.timeline.model.present import PresentHistory
from harness.timeline.rules.base import Breach, Family, first_missing, rule
from harness.timeline.rules.wording import event_on_window, event_text
from harness.x11 import present
from harness.x11.drafts.present_redirect import PixmapDestroyNotify
from harness.x11.present import IdleNotify, PresentConfigureNotify, PresentEvent, RedirectNotify


@rule("every-context", "presentproto 7: each context gets each event (PRE-026, PRE-027, PRE-099)")
def every_context(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """What one context of a window receives, all others that selected it receive too."""
    redirections = history.redirections
    by_context = grouped(
        ((content.window, event.stream, content.event), (replace(content, event=0), event))
        for event, content in history.addressed
        if not _for_one_client(content)
    )
    selections = grouped(
        (one.window, one) for found in history.selections.values() for one in found if one.mask
    )
    for (window, stream, context), events in by_context.items():
        for other in selections.get(window, ()):
            if other.sent.stream is stream and other.event == context:
                continue
            expected = (
                (content, event)
                for content, event in events
                if other.mask & content.MASK
                and not (isinstance(content, IdleNotify) and redirections.may_be_own(event))
                and history.windows.must_reach(other, event)
            )
            received = by_context.get((window, other.sent.stream, other.event), [])
            missing = first_missing(expected, (content for content, _ in received))
            if missing is not None:
                yield (
                    f"{event_on_window(missing)} did not reach event id "
                    f"{other.event:#x} of {other.sent.stream.client}, which had selected it",
                    (other.sent.entry, missing.entry),
                )


def _for_one_client(content: PresentEvent) -> bool:
    """Whether only the client that redirects, or one that destroyed the window, receives it."""
    if isinstance(content, PresentConfigureNotify):
        return bool(content.pixmap_flags & present.WINDOW_DESTROYED)
    return isinstance(content, RedirectNotify | PixmapDestroyNotify)


@rule("idle-fence-triggered", "the idle fence is triggered before Idle is sent (PRE-112)")
def idle_fence_triggered(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """A fence that an IdleNotify named is triggered, unless a client reset it since."""
    for query, fence, triggered in history.fences.answers:
        if triggered or not fence:
            continue
        undoing = [
            sent
            for sent, what in history.fences.requests.get(fence, ())
            if what.action is not FenceAction.TRIGGER and not query.before(sent)
        ]
        for event, content in history.received(IdleNotify):
            named = content.idle_fence == fence and event.made_before(query)
            if named and all(map(event.made_after, undoing)):
                yield (
                    f"{event_text(event)} names idle fence {fence:#x}, "
                    f"but QueryFence says that it is not triggered",
                    (event.entry, query.entry),
                )
                break
