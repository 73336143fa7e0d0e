# SPDX-License-Identifier: MIT
"""A timeline of presentations as a picture: what each asked for, and what became of it."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.report.chains import Chain, ChainKind, chains
from harness.report.pictures import signs
from harness.report.pictures.drawing import CHARACTER, Drawing
from harness.report.pictures.time_axis import TimeAxis
from harness.report.pictures.visible import ShownFence, Visible, visible
from harness.report.presentations import FrameTimes, PresentationLife, Presentations
from harness.report.wording import event_name, short_name, story
from harness.timeline.model.builder import build_history
from harness.timeline.record import Entry, Timeline
from harness.timeline.rules.base import Violation
from harness.timeline.streams import ReceivedEvent
from harness.wording import counted
from harness.x11.present import CompleteKind, CompleteNotify, IdleNotify

_LEFT = 172.0
"""Where times begin: the names of rows stand before it."""

_ROW, _BAND, _THIN = 32.0, 20.0, 20.0
"""The heights of a presentation, of the head of a window, of a pixmap or fence."""

_OPEN = 14.0
"""How far beyond the last moment something reaches that has not ended."""


def timeline_svg(timeline: Timeline, violations: Sequence[Violation] = ()) -> str:
    """A self-contained SVG: per window and pixmap what became of each presentation.

    Times are those at which the clients sent and received; frames (MSC) stand where their UST puts
    them.  Its size is bounded, and it says what was left out.  Empty for a timeline without any
    request or event of Present that completes.
    """
    presentations = Presentations.of(build_history(timeline))
    shown = visible(presentations, violations)
    if not shown.lives and not shown.strays:
        return ""
    drawn = {id(life) for life in shown.lives}
    links = [
        one
        for one in chains(presentations)
        if id(one.source) in drawn and id(one.compositor) in drawn
    ]
    return _Picture(presentations, shown, links).svg()


@dataclass(frozen=True, slots=True)
class _Item:
    """Something in a lane of a window: its name, and where it begins and ends (pixels)."""

    what: PresentationLife | ReceivedEvent
    name: str
    left: float
    right: float


@dataclass(slots=True)
class _Picture:
    """The rows of a picture, drawn from the top down to ``y``."""

    presentations: Presentations
    shown: Visible
    chains: list[Chain]
    drawing: Drawing = field(init=False)
    axis: TimeAxis = field(init=False)
    y: float = 0.0
    _ringed: set[int] = field(init=False)
    """The entries of violations, by identity."""
    _places: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Where entries are, by identity."""

    def __post_init__(self) -> None:
        self.axis = TimeAxis.of(self._moments(), _LEFT)
        self.drawing = Drawing(self._title(), self._description())
        self._ringed = {id(entry) for one in self.shown.violations for entry in one.entries}

    def svg(self) -> str:
        draw, top = self.drawing, 26.0 + 14 * len(self.shown.left_out)
        draw.text(8, 18, self._title(), "fill-ink strong")
        for number, words in enumerate(self.shown.left_out):
            draw.text(8, 32.0 + 14 * number, words, "fill-muted")
        self.y = top + (24.0 if self.shown.violations else 4.0)
        for window in self._windows():
            self._window(window)
        for pixmap, lives in self.shown.pixmaps.items():
            self._thin_row(f"pixmap {pixmap:#x}", pixmap, lives)
        for fence in self.shown.fences:
            self._thin_row(f"fence {fence.fence:#x}", fence.fence, fence)
        self._violation_marks(top)
        self._chains()
        self._times()
        kinds = sorted({one.kind.value for one in self.chains})
        signs.legend(draw, self.y, fences=bool(self.shown.fences), event=" or ".join(kinds))
        self.y += 12
        self._violation_list()
        return draw.finish()

    def _title(self) -> str:
        lives = self.presentations.lives
        counts = {
            "presentation": sum(life.presentation is not None for life in lives),
            "pixmap": len(self.presentations.by_pixmap),
            "window": len(self.presentations.by_window),
        }
        words = [counted(count, noun) for noun, count in counts.items()]
        if self.shown.violation_count:
            words.append(counted(self.shown.violation_count, "violation"))
        return f"Timeline: {', '.join(words)}"

    def _description(self) -> str:
        sentences = [story(life) for life in self.shown.lives]
        sentences += [f"Violation: {one.sentence}" for one in self.shown.violations]
        return ". ".join([*sentences, *self.shown.left_out])

    def _moments(self) -> set[float]:
        found = {entry.time for life in self.shown.lives for entry in life.entries}
        found |= {event.entry.time for event in self.shown.strays}
        found |= {one.time for fence in self.shown.fences for one in fence.changes}
        found |= {chain.event.time for chain in self.chains}
        return found | {one.entries[-1].time for one in self.shown.violations if one.entries}

    def _windows(self) -> list[int]:
        on = [life.request.window for life in self.shown.lives]
        on += [getattr(event.content, "window", 0) for event in self.shown.strays]
        return list(dict.fromkeys(on))

    def _end(self, time: float | None) -> float:
        return self.axis.right + _OPEN if time is None else self.axis.place(time)

    def _items(self, window: int) -> list[_Item]:
        learned = {id(one.compositor): one.event.time for one in reversed(self.chains)}
        found = []
        for life in self.shown.lives:
            if life.request.window == window:
                begin = min(life.sent, learned.get(id(life), life.sent))
                place = self.axis.place(begin)
                found.append(_Item(life, short_name(life), place, self._end(life.end)))
        for event in self.shown.strays:
            content = event.content
            if isinstance(content, CompleteNotify | IdleNotify) and content.window == window:
                place = self.axis.place(event.entry.time)
                name = f"#{content.serial}: {event_name(content)} without a request"
                found.append(_Item(event, name, place, place))
        return sorted(found, key=lambda item: item.left)

    def _window(self, window: int) -> None:
        draw = self.drawing
        lanes: list[float] = []
        placed: list[tuple[_Item, int]] = []
        for item in self._items(window):
            end = max(item.right, item.left + CHARACTER * len(item.name)) + 10
            free = (n for n, used in enumerate(lanes) if used <= item.left - 8)
            lane = next(free, len(lanes))
            lanes[lane : lane + 1] = [end]
            placed.append((item, lane))
        top, height = self.y, _BAND + _ROW * len(lanes)
        creators = sorted(one.client for one in self.presentations.history.windows.creators(window))
        title = f"window {window:#x}"
        with draw.group(title, data_window=f"{window:#x}"):
            draw.box(0, top, max([*lanes, self.axis.right]) + 24, _BAND, "fill-band")
            draw.text(8, top + 14, title, "fill-ink strong")
            if creators:
                draw.text(8, top + _BAND + 14, f"of {', '.join(creators)}"[:24], "fill-muted small")
            self._grid(self.presentations.frames(window), top, height)
            for item, lane in placed:
                y = top + _BAND + _ROW * lane + 21
                if isinstance(item.what, PresentationLife):
                    self._life(item.what, item, y)
                else:
                    self._stray(item.what, item, y)
        self.y = top + height + 8

    def _grid(self, frames: FrameTimes, top: float, height: float) -> None:
        """The frames (MSC) of a window: a line for each, or for every so many of them."""
        draw, axis = self.drawing, self.axis
        last, named, lines = axis.left - 20, axis.left - 20, ""
        for frame, time in frames.between(axis.times[0], axis.times[-1], 400):
            place = axis.place(time)
            if place - last < 6:
                continue
            last, words = place, str(frame)
            lines += f"M{place:.1f} {top + 16:.0f}v{height - 16:.0f}"
            if place - named >= CHARACTER * len(words) + 4:
                named = place
                draw.text(place, top + 13, words, "fill-muted small centred")
        if lines:
            draw.path("line-grid", lines)
            draw.text(_LEFT - 44, top + 13, "MSC", "fill-muted small")

    def _life(self, life: PresentationLife, item: _Item, y: float) -> None:
        draw, start = self.drawing, self.axis.place(life.sent)
        complete = None if life.complete is None else life.complete.entry
        answer = life.error or complete
        stop = self._end(None if answer is None else answer.time)
        with draw.group(story(life), class_="life", data_serial=str(life.request.serial)):
            draw.text(item.left, y - 10, item.name, "fill-ink small")
            if life.idle is not None:
                place = self.axis.place(life.idle.entry.time)
                draw.line(start, y, place, y, "line-idle")
            kind = "fill-queued" if life.presentation is not None else "fill-band"
            draw.box(start, y - 5, stop - start, 10, kind)
            self._waiting(life, start, stop, y)
            draw.box(start, y - 5, stop - start, 10, "line-mark" + " dashed" * (answer is None))
            self._target(life, y)
            signs.request_sign(draw, start, y)
            self._place(life.request.sent.entry, start, y)
            if life.error is not None:
                signs.error_sign(draw, stop, y)
                self._place(life.error, stop, y)
            for event in (life.complete, life.idle):
                if event is not None:
                    self._event(event, y)

    def _waiting(self, life: PresentationLife, start: float, stop: float, y: float) -> None:
        fence = life.presentation.wait_fence if life.presentation is not None else 0
        known = (one for one in self.shown.fences if fence and one.fence == fence)
        for one in known:
            until = one.untriggered_until(life.sent)
            if until is not None:
                signs.waiting_sign(self.drawing, start, min(stop, self.axis.place(until)), y)

    def _target(self, life: PresentationLife, y: float) -> None:
        if life.target is None:
            return
        time = self.presentations.frames(life.request.window).time(life.target)
        if time is not None and self.axis.times[0] <= time <= self.axis.times[-1]:
            with self.drawing.group(f"target MSC {life.target}", class_="target"):
                signs.target_sign(self.drawing, self.axis.place(time), y)

    def _event(self, event: ReceivedEvent, y: float) -> None:
        draw, content, x = self.drawing, event.content, self.axis.place(event.entry.time)
        if isinstance(content, CompleteNotify):
            mode = None if content.kind == CompleteKind.NOTIFY_MSC else content.mode
            words = f"{event_name(content)}, UST {content.ust or 'NA'}"
            with draw.group(words, class_="complete"):
                signs.complete_sign(draw, mode, x, y)
        else:
            with draw.group("idle", class_="idle"):
                signs.idle_sign(draw, x, y)
        self._place(event.entry, x, y)

    def _stray(self, event: ReceivedEvent, item: _Item, y: float) -> None:
        with self.drawing.group(item.name, class_="stray"):
            self.drawing.text(item.left, y - 10, item.name, "fill-bad small")
            self._event(event, y)

    def _place(self, entry: Entry, x: float, y: float) -> None:
        """Remember where ``entry`` is, and ring it if a violation names it."""
        self._places.setdefault(id(entry), (x, y))
        if id(entry) in self._ringed:
            self.drawing.circle(x, y, 11, "line-bad ring")

    def _thin_row(self, title: str, id: int, row: Sequence[PresentationLife] | ShownFence) -> None:
        draw, y = self.drawing, self.y + 10
        kind = title.partition(" ")[0]
        with draw.group(title, **{f"data_{kind}": f"{id:#x}"}):
            draw.text(8, y + 4, title, "fill-ink")
            draw.line(_LEFT, y, self.axis.right, y, "line-grid")
            if isinstance(row, ShownFence):
                self._fence(row, y)
            else:
                self._busy(row, y)
        self.y += _THIN

    def _busy(self, lives: Iterable[PresentationLife], y: float) -> None:
        """When a pixmap is busy: from the request to its IdleNotify; hatched where twice."""
        draw, busy, named = self.drawing, 0.0, 0.0
        for life in lives:
            start = self.axis.place(life.sent)
            idle = None if life.idle is None else life.idle.entry.time
            stop = self._end(idle)
            reused = ", presented again before it was idle" if start < busy else ""
            words = f"busy with serial {life.request.serial}{reused}"
            with draw.group(words, class_="busy"):
                draw.box(start, y - 6, stop - start, 12, "fill-busy")
                kind = "line-idle" + " dashed" * (idle is None)
                draw.box(start, y - 6, stop - start, 12, kind)
                signs.hatch(draw, start, min(busy, stop), y, 6, "line-bad")
            name = f"#{life.request.serial}"
            if start >= named and stop - start > CHARACTER * len(name):
                draw.text(start + 3, y + 4, name, "fill-ink small")
                named = start + CHARACTER * len(name) + 6
            busy = max(busy, stop)

    def _fence(self, fence: ShownFence, y: float) -> None:
        """A thick line while it is triggered, and what changed it."""
        draw, named = self.drawing, 0.0
        ends = [*(one.time for one in fence.changes[1:]), None]
        for change, end in zip(fence.changes, ends, strict=False):
            x, stop = self.axis.place(change.time), self._end(end)
            with draw.group(change.words, class_="change"):
                if change.triggered:
                    draw.box(x, y + 1, stop - x, 6, "fill-idle")
                draw.line(x, y - 6, x, y + 7, "line-ink")
                if x >= named:
                    draw.text(x + 3, y - 2, change.words, "fill-muted small")
                    named = x + CHARACTER * len(change.words) + 6

    def _violation_marks(self, top: float) -> None:
        """A numbered sign above, and a line down, where the last entry of each violation is."""
        draw, free = self.drawing, 0.0
        if self.shown.violations:
            draw.text(8, top + 15, "violations", "fill-bad strong")
        for number, violation in enumerate(self.shown.violations, 1):
            place = self.axis.place(violation.entries[-1].time)
            x = max(place, free)
            free = x + 24
            with draw.group(violation.sentence, class_="violation", data_rule=violation.rule):
                signs.violation_sign(draw, number, x, top)
                draw.line(place, top + 18, place, self.y, "line-bad dashed")

    def _chains(self) -> None:
        """From what was shown in a redirected window to the event, and on to the compositor."""
        draw = self.drawing
        for chain in self.chains:
            source: Entry = chain.source.request.sent.entry
            if chain.kind is ChainKind.DAMAGE and chain.source.complete is not None:
                source = chain.source.complete.entry
            x1, y1 = self._places[id(source)]
            x3, y3 = self._places[id(chain.compositor.request.sent.entry)]
            x2 = self.axis.place(chain.event.time)
            away = 9 if y3 > y1 else -9
            bend, end = (y1 + y3) / 2, y3 - 7
            words = f"{short_name(chain.source)}: {chain.kind.value} to {chain.event.client}"
            with draw.group(words, class_="chain"):
                curve = f"M{x1:.1f} {y1 + away:.1f}C{x1:.1f} {bend:.1f} {x2:.1f} {bend:.1f}"
                draw.path("line-chain", f"{curve} {x2:.1f} {end:.1f}")
                signs.event_sign(draw, x2, y3)
                draw.line(x2, y3, x3 - 5, y3, "line-chain")

    def _times(self) -> None:
        """Milliseconds below the rows; a break where time is drawn shorter."""
        draw, axis, y, free = self.drawing, self.axis, self.y + 4, 0.0
        draw.line(_LEFT, y, axis.right, y, "line-muted")
        draw.text(8, y + 15, "ms", "fill-muted")
        for time, x in zip(axis.times, axis.places, strict=True):
            words = f"{(time - axis.times[0]) * 1000:.1f}"
            draw.line(x, y, x, y + 4, "line-muted")
            if x >= free:
                draw.text(x, y + 15, words, "fill-muted small centred")
                free = x + CHARACTER * len(words) + 8
        for number in axis.squeezed:
            middle = (axis.places[number] + axis.places[number + 1]) / 2
            waited = (axis.times[number + 1] - axis.times[number]) * 1000
            with draw.group(f"{waited:.1f} ms, drawn shorter", class_="squeezed"):
                for x in (middle - 3, middle + 2):
                    draw.line(x - 2, y + 5, x + 2, y - 5, "line-ink")
        self.y = y + 36

    def _violation_list(self) -> None:
        draw, columns = self.drawing, max(60, int(self.axis.right / CHARACTER))
        for number, one in enumerate(self.shown.violations, 1):
            with draw.group(one.clause):
                words = f"{number}  {one.sentence} ({one.clause})"
                for line in textwrap.wrap(words, columns, subsequent_indent="    "):
                    self.y += 15
                    draw.text(8, self.y, line, "fill-bad")
