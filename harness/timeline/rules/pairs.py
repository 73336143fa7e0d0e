# SPDX-License-Identifier: MIT
"""Rules about an event and the request it answers, and how the two are paired.

Serials may be used again while earlier ones are pending, so events are paired with requests
in the way that breaks the fewest promises: only what no pairing explains is a violation.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from harness.timeline.model.matching import match
from harness.timeline.model.msc import FAR, ahead
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, PresentRequest
from harness.timeline.model.serial_groups import SerialGroup
from harness.timeline.rules.base import ALL, COPY, Breach, Family, Rule
from harness.timeline.rules.wording import event_on_window
from harness.timeline.streams import ReceivedEvent
from harness.x11.present import CompleteKind, CompleteMode, CompleteNotify, IdleNotify, Option


@dataclass(frozen=True, slots=True)
class Pair:
    """An event and a request that it may answer."""

    history: PresentHistory
    family: Family
    event: ReceivedEvent
    request: Candidate

    @property
    def mode(self) -> int | None:
        """The mode of a CompleteNotify; None for an IdleNotify."""
        content = self.event.content
        return content.mode if isinstance(content, CompleteNotify) else None

    @property
    def timed(self) -> CompleteNotify | None:
        """The event if it is a CompleteNotify that has UST and MSC."""
        content = self.event.content
        if isinstance(content, CompleteNotify) and (content.ust or content.msc):
            return content
        return None

    @property
    def idle(self) -> tuple[IdleNotify, PresentRequest] | None:
        """The event and its presentation if it is an IdleNotify."""
        content, request = self.event.content, self.request
        if isinstance(content, IdleNotify) and isinstance(request, PresentRequest):
            return content, request
        return None


@dataclass(frozen=True, slots=True)
class PairedGroup:
    """A serial group, and each event that no pairing explains with a request left over, if any.

    ``redirected`` says whether a presentation was, or may have been, redirected.
    """

    history: PresentHistory
    group: SerialGroup
    redirected: bool
    unexplained: Sequence[tuple[ReceivedEvent, Candidate | None]]

    @property
    def surplus(self) -> list[ReceivedEvent]:
        """The events for which no request is left over; none if others may have presented."""
        if self.group.window not in self.history.known_windows:
            return []
        return [event for event, candidate in self.unexplained if candidate is None]


Judge = Callable[[Pair], str | None]


@dataclass(frozen=True, slots=True)
class PairRule(Rule[PairedGroup]):
    """A promise about an event and the request it answers.

    ``judge`` says what is wrong with the pair, or None.  An event whose request is not
    certain is judged only if no way of pairing makes all events legal.  Another client
    completes a redirected presentation as it likes: few rules are ``also_redirected``.
    """

    judge: Judge
    also_redirected: bool


def pair_rule(
    name: str, clause: str, families: frozenset[Family] = ALL, *, also_redirected: bool = False
) -> Callable[[Judge], PairRule]:
    """Make a judge a rule about pairs."""

    def decorate(judge: Judge) -> PairRule:
        def search(paired: PairedGroup, family: Family) -> Iterator[Breach]:
            if paired.redirected and not also_redirected:
                return
            for event, one in paired.unexplained:
                problem = one and judge(Pair(paired.history, family, event, one))
                if one is not None and problem:
                    yield f"{event_on_window(event)} {problem}", (one.sent.entry, event.entry)

        return PairRule(name, clause, families, search, judge, also_redirected)

    return decorate


def pair_group(
    history: PresentHistory, family: Family, group: SerialGroup, rules: Iterable[PairRule]
) -> PairedGroup:
    """Find the pairing of a group that lets most of its events obey ``rules``."""
    redirected = history.redirected(group.window, group.serial)
    judges = [
        one.judge
        for one in rules
        if family in one.families and (one.also_redirected or not redirected)
    ]

    def legal(event: ReceivedEvent, candidate: Candidate) -> bool:
        pair = Pair(history, family, event, candidate)
        return not any(judge(pair) for judge in judges)

    unexplained: list[tuple[ReceivedEvent, Candidate | None]] = []
    for events, candidates in _episodes(group.events, group.candidates):
        unexplained += _unexplained(events, candidates, legal)
    return PairedGroup(history, group, redirected, unexplained)


def _episodes(
    events: Sequence[ReceivedEvent], candidates: Sequence[Candidate]
) -> Iterator[tuple[Sequence[ReceivedEvent], Sequence[Candidate]]]:
    """Parts of a group between which nothing was pending: none of their events are each other's.

    A client may give all its requests one serial.
    """
    first_event = first = at = 0
    for index, candidate in enumerate(candidates):
        while at < len(events) and events[at].entry.time < candidate.sent.time:
            at += 1
        if index > first and at - first_event >= index - first:
            yield events[first_event:at], candidates[first:index]
            first_event, first = at, index
    yield events[first_event:], candidates[first:]


def _unexplained(
    events: Sequence[ReceivedEvent],
    candidates: Sequence[Candidate],
    legal: Callable[[ReceivedEvent, Candidate], bool],
) -> Iterator[tuple[ReceivedEvent, Candidate | None]]:
    """The events that no pairing makes legal, each with a request left over, if any.

    An event before its request is that only where it is not simply one too many.
    """

    @cache
    def legal_at(event: int, candidate: int) -> bool:
        return legal(events[event], candidates[candidate])

    found = match(len(events), len(candidates), legal_at)
    if found is None:
        return
    spare = [candidates[at] for at in sorted({*range(len(candidates))} - {*found})]
    early = len(events) <= len(candidates)
    for event, at in zip(events, found, strict=True):
        if at is None:
            one = next((one for one in spare if early or not event.made_before(one.sent)), None)
            if one is not None:
                spare.remove(one)
            yield event, one


@pair_rule("request-first", "an event follows its request (PRE-087)", also_redirected=True)
def request_first(pair: Pair) -> str | None:
    """No event before its request was handled."""
    sent = pair.request.sent
    return f"came before {sent.entry.client} asked for it" if pair.event.made_before(sent) else None


@pair_rule("idle-pixmap", "presentproto 8, PresentIdleNotify (PRE-097)", also_redirected=True)
def idle_pixmap(pair: Pair) -> str | None:
    """IdleNotify names the pixmap that was presented."""
    if pair.idle is None:
        return None
    content, request = pair.idle
    if content.pixmap == request.content.pixmap:
        return None
    return f"names pixmap {content.pixmap:#x}, but {request.content.pixmap:#x} was presented"


@pair_rule("idle-fence", "presentproto 8, PresentIdleNotify (PRE-098)", also_redirected=True)
def idle_fence(pair: Pair) -> str | None:
    """IdleNotify names the idle fence that was given, 0 once it is destroyed."""
    if pair.idle is None:
        return None
    content, request = pair.idle
    given = request.idle_fence
    if content.idle_fence == given:
        return None
    if content.idle_fence == 0 and pair.history.fences.may_be_destroyed(given, pair.event):
        return None
    return f"names idle fence {content.idle_fence:#x}, but {given:#x} was given"


@pair_rule("wait-fence", "presentproto 7: wait-fence (PRE-108)")
def wait_fence(pair: Pair) -> str | None:
    """Nothing happens before the wait fence is triggered, except that a skip is idle."""
    one = pair.request.presentation
    if one is None or not one.wait_fence or not pair.history.fences.hold(one, pair.event):
        return None
    if pair.mode == CompleteMode.SKIP or (pair.idle is not None and superseded(pair, one)):
        return None
    return f"came although nobody had triggered its wait fence {one.wait_fence:#x}"


@pair_rule("zero-clock", "UST and MSC tell the time of completion (PRE-105, PRE-107)")
def zero_clock(pair: Pair) -> str | None:
    """UST and MSC are both 0 only after the release of a wait fence."""
    if pair.mode is None or pair.timed is not None or pair.request.may_wait:
        return None
    return "has UST and MSC 0 although it had no wait fence"


@pair_rule("target-reached", "presentproto 7: target-msc (PRE-065, PRE-072, PRE-105)")
def target_reached(pair: Pair) -> str | None:
    """The MSC of a CompleteNotify is not before the target."""
    timed, target = pair.timed, pair.request.content.target_msc
    if timed is None or pair.request.takes_ust:
        return None
    missing = ahead(target, timed.msc) - _early_frames(pair.family, timed)
    # A target further ahead was past when it was given: the comparison has wrapped since.
    return f"has MSC {timed.msc}, before its target {target}" if 0 < missing < FAR else None


def _early_frames(family: Family, content: CompleteNotify) -> int:
    """How many frames (MSC) before its target a request may complete.

    A flip is programmed a frame ahead: what replaces it may have that frame's MSC.  Xwayland
    times NotifyMSC like flips.
    """
    if family is Family.XWAYLAND_FLIP and content.kind == CompleteKind.NOTIFY_MSC:
        return 1
    return int(family is not Family.COPY and content.mode == CompleteMode.SKIP)


@pair_rule("past-target", "presentproto 7: divisor, remainder (PRE-066, PRE-068, PRE-118)", COPY)
def past_target(pair: Pair) -> str | None:
    """A past target means the next frame, or the next that divisor and remainder allow."""
    timed, content = pair.timed, pair.request.content
    if timed is None or pair.request.takes_ust:
        return None
    floor = pair.history.clock(content.window).past_floor(pair.request)
    if floor is None or timed.msc >= floor:
        return None
    divisor = f" (divisor {content.divisor}, remainder {content.remainder})"
    return (
        f"has MSC {timed.msc}, but its target {content.target_msc} was past and the next "
        f"frame allowed{divisor if content.divisor else ''} is {floor}"
    )


@pair_rule("skip-superseded", "presentproto 8: PresentCompleteModeSkip (PRE-090, PRE-091, PRE-092)")
def skip_superseded(pair: Pair) -> str | None:
    """Only a presentation that a later one replaces is skipped."""
    one = pair.request.presentation
    if pair.mode != CompleteMode.SKIP or one is None or superseded(pair, one):
        return None
    return "was skipped, but no later presentation of the whole window had the same target"


@pair_rule("flip-allowed", "presentproto 7: PresentOptionCopy (PRE-096)")
def flip_allowed(pair: Pair) -> str | None:
    """Option Copy forbids flips."""
    one = pair.request.presentation
    if pair.mode != CompleteMode.FLIP or one is None or not one.content.options & Option.COPY:
        return None
    return "was flipped although option Copy was given"


@pair_rule("suboptimal-asked", "presentproto 7: PresentOptionSuboptimal (PRE-094)")
def suboptimal_asked(pair: Pair) -> str | None:
    """Mode SuboptimalCopy answers option Suboptimal only."""
    one = pair.request.presentation
    if pair.mode != CompleteMode.SUBOPTIMAL_COPY or one is None:
        return None
    if one.content.options & Option.SUBOPTIMAL:
        return None
    return "has mode SuboptimalCopy although option Suboptimal was not given"


def superseded(pair: Pair, one: PresentRequest) -> bool:
    """Whether a later presentation may have replaced ``one`` before the event was made."""
    event, clock = pair.event, pair.history.clock(one.window)
    return any(
        other is not one
        and not other.sent.before(one.sent)
        and not event.made_before(other.sent)
        and (
            # Servers that flip also drop what a newer frame overtook.
            pair.family is not Family.COPY
            or (not other.content.update and clock.may_share_target(one, other))
        )
        for other in pair.history.on_window.get(one.window, ())
    )
