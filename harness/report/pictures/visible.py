# SPDX-License-Identifier: MIT
"""What of a timeline its picture shows: everything, or the ends of it and what went wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.report.presentations import PresentationLife, Presentations
from harness.timeline.model.core_requests import FenceAction
from harness.timeline.rules.base import Violation
from harness.timeline.streams import ReceivedEvent

MOST_LIVES, MOST_STRAYS, MOST_VIOLATIONS = 60, 12, 10
MOST_ROWS = 24
"""Pixmaps, and fences."""

_NEIGHBOURS = 2
"""Presentations that are shown before and after one of a violation."""


@dataclass(frozen=True, slots=True)
class FenceChange:
    """What happened to a fence at ``time`` (s), and whether it is triggered since."""

    time: float
    triggered: bool
    words: str


@dataclass(frozen=True, slots=True)
class ShownFence:
    """A fence of a presentation, and what happened to it, oldest first."""

    fence: int
    changes: tuple[FenceChange, ...]

    def untriggered_until(self, time: float) -> float | None:
        """Until when it was not triggered at ``time`` (s); None if it was, or nothing is known."""
        before = [change for change in self.changes if change.time <= time]
        if not before or before[-1].triggered:
            return None
        later = (one.time for one in self.changes if one.time > time and one.triggered)
        return next(later, float("inf"))


@dataclass(frozen=True, slots=True)
class Visible:
    """What is shown, in the order of time, and what is not, in words."""

    lives: list[PresentationLife]
    strays: list[ReceivedEvent]
    pixmaps: dict[int, list[PresentationLife]]
    fences: list[ShownFence]
    violations: Sequence[Violation]
    violation_count: int
    left_out: list[str]


def visible(presentations: Presentations, violations: Sequence[Violation]) -> Visible:
    """The part of a timeline that a picture of bounded size can show."""
    told = violations[:MOST_VIOLATIONS]
    lives = _lives(presentations.lives, told)
    strays = presentations.strays[:MOST_STRAYS]
    pixmaps: dict[int, list[PresentationLife]] = {}
    for life in lives:
        if life.presentation is not None and life.error is None:
            pixmaps.setdefault(life.presentation.content.pixmap, []).append(life)
    fences = [_fence(presentations, fence) for fence in _fence_ids(lives)]
    counts = {
        "presentations and NotifyMSC requests": (len(lives), len(presentations.lives)),
        "events of no request": (len(strays), len(presentations.strays)),
        "pixmaps": (min(len(pixmaps), MOST_ROWS), len(pixmaps)),
        "fences": (min(len(fences), MOST_ROWS), len(fences)),
        "violations": (len(told), len(violations)),
    }
    left_out = [
        f"{shown:,} of {all_:,} {what} shown"
        for what, (shown, all_) in counts.items()
        if shown < all_
    ]
    if len(lives) < len(presentations.lives):
        left_out[0] += ": the first, the last, and those of violations"
    return Visible(
        lives,
        strays,
        dict(islice(pixmaps.items(), MOST_ROWS)),
        fences[:MOST_ROWS],
        told,
        len(violations),
        left_out,
    )


def _lives(
    lives: Sequence[PresentationLife], violations: Iterable[Violation]
) -> list[PresentationLife]:
    """At most ``MOST_LIVES``: those of violations with their neighbours, the first, the last."""
    if len(lives) <= MOST_LIVES:
        return list(lives)
    wrong = {id(entry) for violation in violations for entry in violation.entries}
    places = [n for n, life in enumerate(lives) if any(id(one) in wrong for one in life.entries)]
    near = range(-_NEIGHBOURS, _NEIGHBOURS + 1)
    wanted = [*places, *(place + step for place in places for step in near)]
    ends = [(n, len(lives) - 1 - n) for n in range(MOST_LIVES)]
    wanted += [place for pair in ends for place in pair]
    chosen = islice(dict.fromkeys(one for one in wanted if 0 <= one < len(lives)), MOST_LIVES)
    return [lives[place] for place in sorted(chosen)]


def _fence_ids(lives: Iterable[PresentationLife]) -> list[int]:
    requests = [life.presentation for life in lives if life.presentation is not None]
    found = dict.fromkeys(fence for one in requests for fence in (one.wait_fence, one.idle_fence))
    return [fence for fence in found if fence]


def _fence(presentations: Presentations, fence: int) -> ShownFence:
    """What clients did with it, and where an IdleNotify says that the server triggered it."""
    changes = [
        FenceChange(
            sent.time,
            what.triggered
            if what.action is FenceAction.CREATE
            else what.action is FenceAction.TRIGGER,
            f"{what.action.value.removeprefix('SYNC:').removesuffix('Fence').lower()} "
            f"by {sent.stream.client}",
        )
        for sent, what in presentations.history.fences.requests.get(fence, ())
    ]
    changes += [
        FenceChange(life.idle.entry.time, True, f"idle #{life.request.serial}")
        for life in presentations.lives
        if life.idle is not None
        and life.presentation is not None
        and life.presentation.idle_fence == fence
    ]
    changes.sort(key=lambda change: change.time)
    return ShownFence(fence, tuple(changes[:_MOST_CHANGES]))


_MOST_CHANGES = 40
