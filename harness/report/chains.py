# SPDX-License-Identifier: MIT
"""Which presentation of a compositor brought a redirected window's presentation to the screen."""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from harness.report.presentations import PresentationLife, Presentations
from harness.timeline.model.grouping import grouped
from harness.timeline.record import Event
from harness.timeline.streams import ClientStream

DAMAGE_NOTIFY = "DAMAGE:Notify"


class ChainKind(Enum):
    """By which event the compositor learned of a presentation."""

    DAMAGE = "Damage"
    REDIRECT = "RedirectNotify"


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """``shown`` reached the screen through ``compositor``, the first presentation after ``event``.

    For Damage this is told by times alone: the damage of a window belongs to its presentation that
    completed nearest to it.
    """

    kind: ChainKind
    source: PresentationLife
    event: Event
    compositor: PresentationLife


def chains(presentations: Presentations) -> list[Chain]:
    """Every chain of a timeline, in the order of their events."""
    by_client = {
        stream: found
        for stream, found in grouped(
            (life.request.sent.stream, life)
            for life in presentations.lives
            if life.presentation is not None and life.error is None
        ).items()
    }
    found = [*_by_damage(presentations, by_client), *_by_redirection(presentations, by_client)]
    return sorted(found, key=lambda chain: chain.event.time)


_ByClient = dict[ClientStream, list[PresentationLife]]


def _next(by_client: _ByClient, client: ClientStream, time: float) -> PresentationLife | None:
    """The first presentation that ``client`` sent after ``time`` (s)."""
    lives = by_client.get(client, [])
    at = bisect_right(lives, time, key=lambda life: life.sent)
    return lives[at] if at < len(lives) else None


def _by_damage(presentations: Presentations, by_client: _ByClient) -> Iterator[Chain]:
    drawn = _drawn(presentations)
    known: set[tuple[int, int]] = set()
    for stream in presentations.history.streams:
        for entry in stream.entries:
            if not isinstance(entry, Event) or entry.name != DAMAGE_NOTIFY:
                continue
            (drawable,) = struct.unpack_from("=4xI", entry.data)
            source = _nearest(drawn.get(drawable, []), entry.time)
            compositor = _next(by_client, stream, entry.time)
            if source is None or compositor is None or compositor is source:
                continue
            if (key := (id(source), id(stream))) not in known:
                known.add(key)
                yield Chain(ChainKind.DAMAGE, source, entry, compositor)


def _drawn(presentations: Presentations) -> dict[int, list[PresentationLife]]:
    """What was shown in each window, its descendants included, in the order of completion."""
    shown = [life for life in presentations.lives if life.shown]
    shown.sort(key=_completion)
    creations = presentations.history.windows.creations
    parents = {window: found[-1][1].parent for window, found in creations.items()}
    pairs = []
    for life in shown:
        window: int | None = life.request.window
        seen: set[int] = set()
        while window and window not in seen:
            seen.add(window)
            pairs.append((window, life))
            window = parents.get(window)
    return grouped(pairs)


def _completion(life: PresentationLife) -> float:
    return life.sent if life.complete is None else life.complete.entry.time


def _nearest(lives: list[PresentationLife], time: float) -> PresentationLife | None:
    """What was sent before ``time`` (s) and completed nearest to it."""
    at = bisect_left(lives, time, key=_completion)
    near = [life for life in lives[max(0, at - 1) : at + 1] if life.sent < time]
    return min(near, key=lambda life: abs(_completion(life) - time), default=None)


def _by_redirection(presentations: Presentations, by_client: _ByClient) -> Iterator[Chain]:
    lives = {id(life.request): life for life in presentations.lives}
    for redirection, request in presentations.history.redirections.unambiguous:
        event, key = redirection.event, (request.window, request.serial)
        completing = (
            life
            for life in by_client.get(redirection.redirector, ())
            if (one := life.presentation) is not None
            and key in {(n.window, n.serial) for n in one.content.notifies}
        )
        compositor = next(completing, None) or _next(
            by_client, redirection.redirector, event.entry.time
        )
        if compositor is not None and id(request) in lives:
            yield Chain(ChainKind.REDIRECT, lives[id(request)], event.entry, compositor)
