# SPDX-License-Identifier: MIT
"""What may be forgotten of a long timeline so that rules still never accuse wrongly.

Rules prove with the entries that they have: without a reply, a reading of a clock, or a request
and all its answers they prove less, and are silent.  Kept are those without which a later entry
would look wrong.
"""

import struct
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from math import inf

from harness.timeline.model import core_requests
from harness.timeline.model.builder import build_history
from harness.timeline.model.core_requests import FenceAction
from harness.timeline.model.grouping import grouped
from harness.timeline.model.msc import ahead
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, PresentRequest
from harness.timeline.model.randr import MASKS, decoded
from harness.timeline.model.serial_groups import AnswerKind, SerialGroup
from harness.timeline.record import Close, Entry, Error, Event, Reply, Request, Timeline
from harness.timeline.streams import ClientStream, ReceivedEvent
from harness.x11 import present
from harness.x11.present import IdleNotify, PresentEvent

_FENCE_REQUESTS = 2
"""The newest requests of each kind about a fence that are kept, besides its creation."""

_NEWEST = ("ConfigureWindow", "ReparentWindow", "RANDR:Set", "RANDR:Delete", "RANDR:Add")
"""Requests of which each client's newest is kept: some rules count on whether there was any."""


def remembered(entries: Sequence[Entry], count: int) -> list[Entry]:
    """``entries`` without those of the first ``count`` that no later one needs.

    A presentation goes that every context which selected it was answered for, and what concerns
    destroyed windows and closed connections.  Windows, selections, fences, pending requests and
    RANDR's events stay.
    """
    history = build_history(Timeline(list(entries)))
    old = entries[:count]
    if not old:
        return list(entries)
    gone = {entry.client for entry in old if isinstance(entry, Close)}
    identities = {id(entry) for entry in old}
    dead = _dead_windows(history, old[-1].time, identities)
    over = _over(history, gone)
    settled = _settled(history, identities, gone)
    waited = {
        fence
        for one in history.presentations
        if id(one.sent.entry) not in settled
        for fence in (one.wait_fence, one.idle_fence)
    }
    kept = [*_requests(old, dead, over, gone, settled, waited), *_events(old, dead, gone, settled)]
    named = {(entry.client, entry.sequence) for entry in kept if isinstance(entry, Request)}
    clients = {client for client, _ in named}
    kept += [one for one in old if isinstance(one, Close) and one.client in clients]
    kept += [one for one in old if isinstance(one, Error) and (one.client, one.sequence) in named]
    ids = {id(entry) for entry in kept}
    return [entry for at, entry in enumerate(entries) if at >= count or id(entry) in ids]


def _dead_windows(history: PresentHistory, until: float, old: set[int]) -> set[int]:
    """Windows that surely had ended by ``until`` (s), of which no client gets any more events."""
    windows = history.windows
    destroyed = {
        what.window: sent
        for sent, what in windows.destroyers
        if sent.accepted and not what.only_children
    }
    retained = {stream for stream, mode in windows.close_down_modes.items() if mode.retains}
    watching = grouped(
        [(one.window, one.sent.stream) for found in history.selections.values() for one in found]
        + [(window, stream) for stream, window in history.randr.listeners]
    )
    dead: dict[int, float] = {}
    # Parents are created before their children.
    for window, creations in windows.creations.items():
        created = [(sent, what) for sent, what in creations if not what.reparented]
        if not created:
            continue
        ends = [until]
        own = destroyed.get(window)
        if own is not None and all(sent.before(own) for sent, _ in created):
            ends.append(own.stream.handled_at(own.sequence))
        creators = {sent.stream for sent, _ in created}
        closed = [stream.closed.time for stream in creators if stream.closed is not None]
        if len(closed) == len(creators) and not creators & retained:
            ends.append(max(closed))
        if len(creations) == 1 and created[0][1].parent in dead:
            ends.append(dead[created[0][1].parent])
        end = min(ends)
        if max(sent.time for sent, _ in created) < end < until and all(
            stream.closed is not None or _made_trip(stream, end, old)
            for stream in watching.get(window, ())
        ):
            dead[window] = end
    return set(dead)


def _over(history: PresentHistory, gone: set[str]) -> set[tuple[str, int]]:
    """Closed clients, with their windows that nothing of another client is about any more.

    Ids are used again by the next client.
    """
    watched = [(window, stream) for stream, window in history.randr.listeners]
    watched += [
        (one.window, one.sent.stream) for found in history.selections.values() for one in found
    ]
    watching = grouped((window, stream.client) for window, stream in watched)
    retaining = {
        stream.client for stream, mode in history.windows.close_down_modes.items() if mode.retains
    }
    over = set()
    for window, creations in history.windows.creations.items():
        creators = {sent.stream.client for sent, what in creations if not what.reparented}
        if set(watching.get(window, ())) <= creators | gone:
            over |= {(client, window) for client in creators & gone - retaining}
    return over


def _made_trip(stream: ClientStream, since: float, old: set[int]) -> bool:
    """Whether an old reply to a request came that was sent after a moment (s)."""
    trip = stream.round_trip(stream.index_at(since))
    return trip is not None and id(stream.entries[trip]) in old


def _requests(
    old: Sequence[Entry],
    dead: set[int],
    over: set[tuple[str, int]],
    gone: set[str],
    settled: set[int],
    waited: set[int],
) -> Iterator[Entry]:
    """The old requests that are needed, and GetOverlayWindow's replies."""
    newest: dict[tuple[str, str], Request] = {}
    fences: dict[int, list[tuple[Request, FenceAction]]] = {}
    created = {
        struct.unpack_from("=I", one.data, 4)[0]: one.time
        for one in old
        if isinstance(one, Request) and one.name == "CreateWindow" and len(one.data) >= 8
    }
    for entry in old:
        if isinstance(entry, Reply) and entry.name == "Composite:GetOverlayWindow":
            yield entry
        if not isinstance(entry, Request):
            continue
        if entry.name.startswith(_NEWEST):
            newest[entry.client, entry.name] = entry
        what = entry.content or core_requests.decode(entry)
        if (entry.client, getattr(what, "window", 0)) in over:
            continue
        match what:
            case core_requests.FenceRequest():
                if what.action is not FenceAction.QUERY:
                    fences.setdefault(what.fence, []).append((entry, what.action))
                continue
            case present.SelectInput():
                needed = what.window not in dead and entry.client not in gone
            case present.PresentPixmap() | present.PixmapSynced() | present.NotifyMsc():
                needed = what.window not in dead and id(entry) not in settled
            case core_requests.CreateWindow(reparented=True):
                needed = what.window not in dead and entry.time > created.get(what.window, 0)
            case core_requests.CreateWindow() | core_requests.DestroyWindow():
                needed = what.window not in dead
            case core_requests.SetCloseDownMode() | core_requests.ChangeSaveSet():
                needed = entry.client not in gone
            case None if entry.name == "RANDR:SelectInput" and len(entry.data) >= 8:
                (window,) = struct.unpack_from("=I", entry.data, 4)
                needed = window not in dead and entry.client not in gone
            case _:
                needed = what is not None
        if needed:
            yield entry
    yield from newest.values()
    for fence, requests in fences.items():
        ended = requests[-1][1] is FenceAction.DESTROY or requests[0][0].client in gone
        if fence in waited or not ended:
            for of_kind in grouped((action, one) for one, action in requests).values():
                yield from of_kind[0 if fence in waited else -_FENCE_REQUESTS :]


def _events(
    old: Sequence[Entry], dead: set[int], gone: set[str], settled: set[int]
) -> Iterator[Entry]:
    """The old events that are needed."""
    for entry in old:
        if not isinstance(entry, Event) or entry.client in gone:
            continue
        content = entry.content or decoded(entry)
        if content is None or id(entry) in settled:
            continue
        if isinstance(content, (PresentEvent, *MASKS)) and content.window not in dead:
            yield entry


def _settled(history: PresentHistory, old: set[int], gone: set[str]) -> set[int]:
    """The identities of old requests of Present, and events, that belong to each other."""
    groups = list(history.serial_groups.values())
    settled = {id(one.sent.entry) for one in history.rejected}
    by_window = grouped((one.window, one) for one in groups if one.candidates)
    for window, requests in grouped(
        (one.window, one) for one in (*history.presentations, *history.notify_mscs)
    ).items():
        # Where a window may have ended, its requests may have been left without an answer.
        if not history.windows.destructions(window):
            settled |= _answered_on_window(history, requests, by_window.get(window, ()), old, gone)
    awaited = {id(event.entry) for one in groups if one.candidates for event in one.events}
    later = {_told(event) for event in history.events if id(event.entry) not in old}
    settled |= {
        id(event.entry)
        for event in history.events
        if id(event.entry) not in awaited and _told(event) not in later
    }
    return settled & old


def _answered_on_window(
    history: PresentHistory,
    requests: Sequence[Candidate],
    groups: Sequence[SerialGroup],
    old: set[int],
    gone: set[str],
) -> set[int]:
    """The answered requests on a window, with their answers, before the first that is pending.

    That one may yet be answered because of a later one, as when it is skipped.
    """
    alike = grouped(((one.serial, one.kind is AnswerKind.NOTIFY_MSC), one) for one in groups)
    times = {id(one.sent.entry): one.sent.time for one in requests}
    awaited = {id(one.sent.entry) for group in groups for one in group.candidates}
    unseen = [one.sent for one in requests if id(one.sent.entry) not in awaited and _immediate(one)]
    until = inf
    while True:
        settled = {id(sent.entry) for sent in unseen if sent.time < until}
        for (serial, _), found in alike.items():
            if (found[0].window, serial) not in history.redirections.by_key:
                settled |= _answered(history, found, old, gone, until)
        pending = min((times[one] for one in times.keys() - settled), default=inf)
        if pending >= until:
            return settled
        until = pending


def _answered(
    history: PresentHistory,
    groups: Sequence[SerialGroup],
    old: set[int],
    gone: set[str],
    until: float,
) -> set[int]:
    """The first requests of ``groups``, which all have the same, up to a time (s), if answered.

    With them their answers.
    """
    watching = [
        (group, _watched_since(history, group))
        for group in groups
        if group.stream.client not in gone
    ]
    requests = max((group.candidates for group in groups), key=len)
    if not all(map(_simple, requests)) or any(_triggers(history, one) for one in requests):
        return set()
    by_kind = grouped((group.kind, (group, since)) for group, since in watching if since < inf)
    fullest = [max(found, key=lambda one: len(one[0].events)) for found in by_kind.values()]
    if not fullest and not all(map(_immediate, requests)):
        return set()
    if any(requests[0].sent.time < since for _, since in fullest):
        return set()
    wanted = [one for one in requests if one.sent.time < until]
    count = _complete_pairs(wanted, [group.events for group, _ in fullest], old)
    settled = {id(one.sent.entry) for one in requests[:count]}
    mains = {main.kind: main for main, _ in fullest}
    for group, since in watching:
        if (main := mains.get(group.kind)) is None:
            settled |= {id(event.entry) for event in group.events}
        else:
            # What came before a context was there cannot be meant by its events.
            begun = since if since < inf else 0.0
            left = Counter(_told(one) for one in main.events[:count] if one.entry.time >= begun)
            for event in group.events:
                if left[_told(event)] and id(event.entry) in old:
                    left[_told(event)] -= 1
                    settled.add(id(event.entry))
            if since < inf and any(left.values()):
                # Its client has not read them yet, or it was there only just not.
                return set()
    return settled


def _immediate(one: Candidate) -> bool:
    """Whether it is carried out at the next frame: what came of it is known without any event."""
    return not (one.may_wait or one.content.target_msc or one.content.divisor)


def _simple(one: Candidate) -> bool:
    """Whether it is a NotifyMSC, or a presentation that no other window is notified of."""
    return type(one) is Candidate or (isinstance(one, PresentRequest) and not one.synced)


def _triggers(history: PresentHistory, one: Candidate) -> bool:
    """Whether a later wait fence may be one that this presentation triggers when it is idle."""
    fence = 0 if one.presentation is None else one.presentation.idle_fence
    requests = history.fences.requests.get(fence, ())
    return any(what.action is FenceAction.CREATE and not what.triggered for _, what in requests)


def _watched_since(history: PresentHistory, group: SerialGroup) -> float:
    """Since when the context of ``group`` has its events selected (s); inf if it has not."""
    idle = group.kind is AnswerKind.IDLE
    bit = present.EventMask.IDLE if idle else present.EventMask.COMPLETE
    since = inf
    for one in reversed(history.selections.get((group.stream, group.context), ())):
        if one.window != group.window or not one.mask & bit:
            break
        since = one.sent.time
    return since


def _complete_pairs(
    requests: Sequence[Candidate], answers: Sequence[Sequence[ReceivedEvent]], old: set[int]
) -> int:
    """How many of the first requests are old, with exactly as many old events of each kind.

    Requests of one serial may be answered in another order: then the last of them is one after
    which nothing was pending.
    """
    pixmaps: Counter[int] = Counter()
    best, ordered, latest = 0, True, 0.0
    for at, one in enumerate(requests):
        events = [found[at] for found in answers if at < len(found)]
        entries = [one.sent.entry, *(event.entry for event in events)]
        if len(events) < len(answers) or not all(id(entry) in old for entry in entries):
            break
        latest = max(latest, *(entry.time for entry in entries))
        for event in events:
            if isinstance(event.content, IdleNotify):
                pixmaps[getattr(one.content, "pixmap", 0)] += 1
                pixmaps[event.content.pixmap] -= 1
        after = requests[at + 1] if at + 1 < len(requests) else None
        quiet = after is None or latest < after.sent.time
        ordered &= not (one.may_wait or one.takes_ust or one.content.divisor)
        if after is not None:
            ordered &= ahead(after.content.target_msc, one.content.target_msc) >= 0
        if (quiet or ordered) and not any(pixmaps.values()):
            best = at + 1
    return best


def _told(event: ReceivedEvent) -> Hashable:
    """What an event says to whichever context."""
    content = event.content
    return id(event) if content is None else replace(content, event=0)
