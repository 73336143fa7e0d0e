# SPDX-License-Identifier: MIT
"""Statistics of presentations: what PresentMon measures, and what only X can tell.

Columns that PresentMon has are measured as it does: the time between two presentations is that
between their requests, the time between two changes of the display that between the UST of their
CompleteNotify events, and a frame is displayed when its CompleteNotify says so.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from harness.report.presentations import PresentationLife, Presentations
from harness.report.wording import mode_name
from harness.timeline.model.builder import build_history
from harness.timeline.model.grouping import grouped
from harness.timeline.model.msc import FAR, ahead
from harness.timeline.record import Request, Timeline

_DRAWABLE_AT = dict.fromkeys(
    (
        *("PolyPoint", "PolyLine", "PolySegment", "PolyRectangle", "PolyArc", "FillPoly"),
        *("PolyFillRectangle", "PolyFillArc", "PutImage"),
        *("PolyText8", "PolyText16", "ImageText8", "ImageText16"),
    ),
    4,
) | {"CopyArea": 8, "CopyPlane": 8}
"""Where core requests name the drawable into which they draw (byte)."""


@dataclass(frozen=True, slots=True)
class PresentStats:
    """One presentation.  Times in ms; None for what cannot be told, as where UST is 0.

    ``lateness`` are frames (MSC) after the target, None for one that names none ahead.
    ``queue_depth`` counts the presentations on its window that were not complete when it was
    sent, itself included.  ``reused`` is whether its pixmap was presented again, or drawn into,
    before it was idle.
    """

    window: int
    client: str
    serial: int
    pixmap: int
    mode: str
    dropped: bool
    between_presents: float | None
    between_display_changes: float | None
    until_displayed: float | None
    lateness: int | None
    until_idle: float | None
    queue_depth: int
    reused: bool


@dataclass(frozen=True, slots=True)
class WindowStats:
    """The presentations on one window that the server accepted, in the order of their requests."""

    window: int
    client: str
    presents: tuple[PresentStats, ...]

    @property
    def dropped(self) -> int:
        """How many never reached the window: skipped, or not complete."""
        return sum(one.dropped for one in self.presents)

    @property
    def reused(self) -> int:
        """How many pixmaps were used again before they were idle."""
        return sum(one.reused for one in self.presents)

    @property
    def modes(self) -> dict[str, int]:
        """How many ended in each mode."""
        names = [one.mode for one in self.presents]
        return {name: names.count(name) for name in dict.fromkeys(names)}

    def values(self, column: str) -> list[float]:
        """What is known of ``column``."""
        found = (getattr(one, column) for one in self.presents)
        return [value for value in found if value is not None]


def window_stats(timeline: Timeline) -> list[WindowStats]:
    """The statistics of every window with a presentation, in the order of their first ones."""
    presentations = Presentations.of(build_history(timeline))
    reused = _reused(presentations)
    found = []
    for window, lives in presentations.by_window.items():
        accepted = [life for life in lives if life.presentation is not None and life.error is None]
        if accepted:
            rows = _rows(presentations, accepted, reused)
            found.append(WindowStats(window, rows[0].client, tuple(rows)))
    return found


def _rows(
    presentations: Presentations, lives: Sequence[PresentationLife], reused: set[int]
) -> list[PresentStats]:
    displayed = _display_changes(presentations, lives)
    rows: list[PresentStats] = []
    pending: list[float] = []
    before: PresentationLife | None = None
    for life in lives:
        one, done = life.presentation, life.completed
        assert one is not None
        while pending and pending[0] <= life.sent:
            heappop(pending)
        heappush(pending, float("inf") if life.complete is None else life.complete.entry.time)
        idle = None if life.idle is None else life.idle.entry.time
        when, change = displayed.get(id(life), (None, None))
        rows.append(
            PresentStats(
                window=one.window,
                client=one.sent.stream.client,
                serial=one.serial,
                pixmap=one.content.pixmap,
                mode="not complete" if done is None else mode_name(done.mode),
                dropped=not life.shown,
                between_presents=None if before is None else _ms(life.sent - before.sent),
                between_display_changes=change,
                until_displayed=None if when is None else _ms(when - life.sent),
                lateness=_lateness(presentations, life),
                until_idle=None if idle is None else _ms(idle - life.sent),
                queue_depth=len(pending),
                reused=id(life) in reused,
            )
        )
        before = life
    return rows


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _display_changes(
    presentations: Presentations, lives: Iterable[PresentationLife]
) -> dict[int, tuple[float | None, float | None]]:
    """By identity: when each was displayed (s), and how long after the change before (ms).

    Both are None after one that tells no UST.
    """
    found: dict[int, tuple[float | None, float | None]] = {}
    shown = [(life, life.complete) for life in lives if life.shown and life.complete is not None]
    shown.sort(key=lambda pair: pair[1].entry.time)
    before: float | None = None
    for life, event in shown:
        when = presentations.clock.time(event)
        change = None if when is None or before is None else _ms(when - before)
        found[id(life)] = when, change
        before = when
    return found


def _lateness(presentations: Presentations, life: PresentationLife) -> int | None:
    """Frames between the target and the one that it was complete at."""
    done, target = life.completed, life.target
    if done is None or target is None or not life.shown or not (done.msc or done.ust):
        return None
    low = presentations.history.clock(life.request.window).at_least(life.request.sent)
    if low is not None and ahead(target, low) <= 0:
        return None
    late = ahead(done.msc, target)
    return late if abs(late) < FAR else None


def _reused(presentations: Presentations) -> set[int]:
    """The identities of lives whose pixmap was presented or drawn into before it was idle.

    Drawing by core requests counts; what is drawn through a picture of RENDER is not seen.
    """
    drawn, freed = _uses(presentations)
    found: set[int] = set()
    for pixmap, lives in presentations.by_pixmap.items():
        times = sorted([*drawn.get(pixmap, ()), *(life.sent for life in lives)])
        ends = sorted(freed.get(pixmap, ()))
        for life in lives:
            # A freed id may be given to another pixmap.
            end = next(iter(ends[bisect_right(ends, life.sent) :]), float("inf"))
            if life.idle is not None:
                end = min(end, life.idle.entry.time)
            at = bisect_right(times, life.sent)
            if at < len(times) and times[at] < end:
                found.add(id(life))
    return found


def _uses(presentations: Presentations) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """When each drawable was drawn into, and when each pixmap's id was freed (s)."""
    drawn: list[tuple[int, float]] = []
    freed: list[tuple[int, float]] = []
    for entry in presentations.history.entries:
        if isinstance(entry, Request):
            at = _DRAWABLE_AT.get(entry.name, 4 if entry.name == "FreePixmap" else 0)
            if at and len(entry.data) >= at + 4:
                (drawable,) = struct.unpack_from("=I", entry.data, at)
                (freed if entry.name == "FreePixmap" else drawn).append((drawable, entry.time))
    return grouped(drawn), grouped(freed)
