# SPDX-License-Identifier: MIT
"""Rules about an event and the request it answers."""

from harness.timeline.model import core_requests
from harness.timeline.model.present import (
    Candidate,
    NotifyMscRequest,
    PresentHistory,
    PresentRequest,
    takes_ust,
)
from harness.timeline.msc import FAR, ahead
from harness.timeline.rules.base import COPY, Family, pair_rule
from harness.timeline.streams import ReceivedEvent
from harness.x11.present import CompleteKind, CompleteMode, CompleteNotify, IdleNotify, Option


@pair_rule("request-first", "an event follows its request (PRE-087)")
def request_first(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """No event before its request was handled."""
    if seen.made_before(asked.call):
        return f"came before {asked.call.request.client} asked for it"
    return None


@pair_rule("idle-pixmap", "presentproto 8, PresentIdleNotify (PRE-097)")
def idle_pixmap(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Idle names the pixmap that was presented."""
    content = seen.event.content
    if not isinstance(content, IdleNotify) or not isinstance(asked, PresentRequest):
        return None
    if content.pixmap == asked.content.pixmap:
        return None
    return f"names pixmap {content.pixmap:#x}, but {asked.content.pixmap:#x} was presented"


@pair_rule("idle-fence", "presentproto 8, PresentIdleNotify (PRE-098)")
def idle_fence(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Idle names the idle fence that was given, 0 once it is destroyed."""
    content = seen.event.content
    if not isinstance(content, IdleNotify) or not isinstance(asked, PresentRequest):
        return None
    given = asked.idle_fence
    if content.idle_fence == given:
        return None
    if content.idle_fence == 0:
        destroyed = any(
            isinstance(what, core_requests.DestroyFence) and not seen.made_before(call)
            for call, what in model.fence_calls.get(given, ())
        )
        if destroyed or model.fence_owner_gone(given, seen):
            return None
    return f"names idle fence {content.idle_fence:#x}, but {given:#x} was given"


@pair_rule("wait-fence", "presentproto 7: wait-fence (PRE-108)")
def wait_fence(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Nothing happens before the wait fence is triggered, except that a skip is idle."""
    one = asked.presentation
    if one is None or not one.wait_fence or not model.held_by_fence(one, seen):
        return None
    content = seen.event.content
    if isinstance(content, CompleteNotify) and content.mode == CompleteMode.SKIP:
        return None
    if isinstance(content, IdleNotify) and superseded(model, family, one, seen):
        return None
    return f"came although nobody had triggered its wait fence {one.wait_fence:#x}"


@pair_rule("zero-clock", "UST and MSC tell the time of completion (PRE-105, PRE-107)")
def zero_clock(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """UST and MSC are both 0 only after the release of a wait fence."""
    content = seen.event.content
    if not isinstance(content, CompleteNotify) or content.ust or content.msc or asked.may_wait:
        return None
    return "has UST and MSC 0 although it had no wait fence"


@pair_rule("target-reached", "presentproto 7: target-msc (PRE-065, PRE-072, PRE-105)")
def target_reached(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Complete's MSC is not before the target."""
    content = seen.event.content
    if not isinstance(content, CompleteNotify) or not (content.ust or content.msc):
        return None
    if takes_ust(asked):
        return None
    missing = ahead(asked.content.target_msc, content.msc) - _early_frames(family, content)
    # A target further ahead was past when it was given: the comparison has wrapped since.
    if 0 < missing < FAR:
        return f"has MSC {content.msc}, before its target {asked.content.target_msc}"
    return None


def _early_frames(family: Family, content: CompleteNotify) -> int:
    """A flip is programmed a frame ahead: what replaces it may say so, and so do Xwayland's
    notifications, which it times like flips."""
    if family is Family.XWAYLAND_FLIP and content.kind == CompleteKind.NOTIFY_MSC:
        return 1
    return int(family is not Family.COPY and content.mode == CompleteMode.SKIP)


@pair_rule("past-target", "presentproto 7: divisor, remainder (PRE-066, PRE-068, PRE-118)", COPY)
def past_target(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """A past target means the next frame, or the next that divisor and remainder allow."""
    content = seen.event.content
    if not isinstance(content, CompleteNotify) or not (content.ust or content.msc):
        return None
    if takes_ust(asked):
        return None
    floor = model.past_floor(asked)
    if floor is None or content.msc >= floor:
        return None
    wish = asked.content
    modulo = f" (divisor {wish.divisor}, remainder {wish.remainder})" if wish.divisor else ""
    return (
        f"has MSC {content.msc}, but its target {wish.target_msc} was past and the next "
        f"frame allowed{modulo} is {floor}"
    )


@pair_rule("skip-superseded", "presentproto 8: PresentCompleteModeSkip (PRE-090, PRE-091, PRE-092)")
def skip_superseded(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Only a presentation that a later one replaces is skipped."""
    content, one = seen.event.content, asked.presentation
    if not isinstance(content, CompleteNotify) or content.mode != CompleteMode.SKIP:
        return None
    if one is None or superseded(model, family, one, seen):
        return None
    return "was skipped, but no later presentation of the whole window had the same target"


@pair_rule("flip-allowed", "presentproto 7: PresentOptionCopy (PRE-096)")
def flip_allowed(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Option Copy forbids flips."""
    content = seen.event.content
    if (
        isinstance(content, CompleteNotify)
        and content.mode == CompleteMode.FLIP
        and not isinstance(asked, NotifyMscRequest)
        and asked.content.options & Option.COPY
    ):
        return "was flipped although option Copy was given"
    return None


@pair_rule("suboptimal-asked", "presentproto 7: PresentOptionSuboptimal (PRE-094)")
def suboptimal_asked(
    model: PresentHistory, family: Family, seen: ReceivedEvent, asked: Candidate
) -> str | None:
    """Mode SuboptimalCopy answers option Suboptimal only."""
    content = seen.event.content
    if (
        isinstance(content, CompleteNotify)
        and content.mode == CompleteMode.SUBOPTIMAL_COPY
        and not isinstance(asked, NotifyMscRequest)
        and not asked.content.options & Option.SUBOPTIMAL
    ):
        return "has mode SuboptimalCopy although option Suboptimal was not given"
    return None


def superseded(
    model: PresentHistory, family: Family, one: PresentRequest, seen: ReceivedEvent
) -> bool:
    """Whether a later presentation may have replaced ``one`` before ``seen`` was made."""
    for other in model.superseders(one, seen):
        # Servers that flip also drop what a newer frame overtook.
        if family is not Family.COPY:
            return True
        if not other.content.update and model.may_share_target(one, other):
            return True
    return False


ALSO_HANDED_OVER = (request_first, idle_pixmap, idle_fence)
"""What also holds for a redirected presentation, of which another client makes what it likes."""

RULES = (
    request_first,
    idle_pixmap,
    idle_fence,
    wait_fence,
    zero_clock,
    target_reached,
    past_target,
    skip_superseded,
    flip_allowed,
    suboptimal_asked,
)
