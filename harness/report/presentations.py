# SPDX-License-Identifier: MIT
"""What became of each presentation of a timeline, from its request to its IdleNotify."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from harness.timeline.model.grouping import grouped
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, NotifyEntry, PresentRequest
from harness.timeline.record import Entry, Error, Event
from harness.timeline.streams import ClientStream, ReceivedEvent
from harness.x11.present import CompleteKind, CompleteMode, CompleteNotify, IdleNotify

_SAME_CLOCK = -0.1, 2.0
"""Seconds between a UST and the receipt of its event, where both clocks are the same one."""

_DRIFT = 0.005
"""Seconds by which delays may differ while two clocks run alike."""

_PLAUSIBLE = 30.0
"""Seconds by which a UST may be away from where it is expected: others are wrong numbers."""


@dataclass(slots=True, eq=False)
class PresentationLife:
    """One request that completes, and the events that answered it.

    ``request`` is a presentation, a NotifyMSC, or an entry of a notifies list.  Each event is the
    first that its client, else any client, received; None if none came.
    """

    request: Candidate
    error: Error | None = None
    complete: ReceivedEvent | None = None
    idle: ReceivedEvent | None = None

    @property
    def presentation(self) -> PresentRequest | None:
        """The request, if it presents a pixmap on its own window."""
        return self.request if isinstance(self.request, PresentRequest) else None

    @property
    def sent(self) -> float:
        """When it was sent (s, monotonic clock)."""
        return self.request.sent.time

    @property
    def completed(self) -> CompleteNotify | None:
        """What its CompleteNotify says."""
        content = None if self.complete is None else self.complete.content
        return content if isinstance(content, CompleteNotify) else None

    @property
    def shown(self) -> bool:
        """Whether its pixmap reached the window."""
        done = self.completed
        return done is not None and done.mode != CompleteMode.SKIP and self.presentation is not None

    @property
    def target(self) -> int | None:
        """The frame (MSC) that it names; None for 0, which every clock has passed."""
        return self.request.content.target_msc or None

    @property
    def entries(self) -> Iterator[Entry]:
        """Its request, error and events."""
        yield self.request.sent.entry
        if self.error is not None:
            yield self.error
        for event in (self.complete, self.idle):
            if event is not None:
                yield event.entry

    @property
    def end(self) -> float | None:
        """When the last of them came (s); None while it waits for any."""
        if self.error is not None:
            return self.error.time
        times = [one.entry.time for one in (self.complete, self.idle) if one is not None]
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class UstClock:
    """Where the server's UST (µs) lies on the record's clock (s).

    ``offset`` (s) is added to a UST: 0 where both are one clock, None where it cannot be told, as
    every UST is 0 or the two do not run alike.
    """

    offset: float | None

    @classmethod
    def of(cls, events: Iterable[tuple[Event, CompleteNotify]]) -> "UstClock":
        """From the delays between UST and receipt: the median, so that wrong numbers do not count.

        A delay of up to 2 s is taken for the way of the event, a longer one for another clock.
        """
        delays = [entry.time - one.ust / 1e6 for entry, one in events if one.ust]
        if not delays:
            return cls(None)
        typical, (low, high) = median(delays), _SAME_CLOCK
        if low <= typical <= high:
            return cls(0.0)
        alike = median(abs(delay - typical) for delay in delays) <= _DRIFT
        return cls(typical if alike else None)

    def time(self, event: ReceivedEvent) -> float | None:
        """When the CompleteNotify ``event`` says that it happened (s); None where its UST is 0.

        None as well for a UST that is no time of this test.
        """
        content = event.content
        if self.offset is None or not isinstance(content, CompleteNotify) or not content.ust:
            return None
        time = content.ust / 1e6 + self.offset
        return time if abs(time - event.entry.time) < _PLAUSIBLE else None


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """When the frames (MSC) of one window's clock began (s), as far as its events tell.

    ``frames`` and ``times`` ascend together.
    """

    frames: tuple[int, ...]
    times: tuple[float, ...]

    @classmethod
    def of(cls, readings: Iterable[tuple[int, float]]) -> "FrameTimes":
        """From (frame, time) in any order; those that run backwards are left out."""
        frames: list[int] = []
        times: list[float] = []
        for frame, time in sorted(readings, key=lambda one: (one[1], one[0])):
            if not frames or (frame > frames[-1] and time > times[-1]):
                frames.append(frame)
                times.append(time)
        return cls(tuple(frames), tuple(times))

    @property
    def period(self) -> float | None:
        """Seconds of a frame on average; None before the second reading."""
        if len(self.frames) < 2:
            return None
        return (self.times[-1] - self.times[0]) / (self.frames[-1] - self.frames[0])

    def time(self, frame: int) -> float | None:
        """When ``frame`` began or will begin (s); None where that cannot be known."""
        if not self.frames:
            return None
        at = bisect_left(self.frames, frame)
        if at < len(self.frames) and self.frames[at] == frame:
            return self.times[at]
        if (period := self.period) is None:
            return None
        if 0 < at < len(self.frames):
            low, high = self.frames[at - 1], self.frames[at]
            share = (frame - low) / (high - low)
            return self.times[at - 1] + share * (self.times[at] - self.times[at - 1])
        known = 0 if at == 0 else -1
        return self.times[known] + (frame - self.frames[known]) * period

    def between(self, begin: float, end: float, most: int) -> Iterator[tuple[int, float]]:
        """The frames that began between two times (s), every so many of them: at most ``most``."""
        period = self.period
        if period is None:
            for frame, time in zip(self.frames, self.times, strict=True):
                if begin <= time <= end:
                    yield frame, time
            return
        first = self.frames[0] - int(max(0.0, self.times[0] - begin) // period)
        last = self.frames[-1] + int(max(0.0, end - self.times[-1]) // period)
        step = max(1, -(-(last - first) // most))
        for frame in range(-(-first // step) * step, last + 1, step):
            time_ = self.time(frame)
            if time_ is not None and begin <= time_ <= end and frame >= 0:
                yield frame, time_


@dataclass(eq=False)
class Presentations:
    """All lives of a timeline, in the order of their requests.

    ``strays`` are CompleteNotify and IdleNotify events that no request explains.
    """

    history: PresentHistory
    lives: list[PresentationLife]
    strays: list[ReceivedEvent]
    clock: UstClock
    _frames: dict[int, FrameTimes] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, history: PresentHistory) -> "Presentations":
        """Events are given to the oldest request of their window and serial that waits for one."""
        completes = history.received(CompleteNotify)
        lives = [
            PresentationLife(one, one.sent.stream.errors.get(one.sent.sequence))
            for one in (*history.presentations, *history.notify_mscs, *history.rejected)
        ]
        lives.sort(key=lambda life: life.sent)
        strays = [*_give_completes(lives, completes), *_give_idles(lives, history)]
        lives.sort(key=lambda life: life.sent)
        return cls(
            history,
            lives,
            sorted(strays, key=lambda event: event.entry.time),
            UstClock.of((event.entry, content) for event, content in completes),
        )

    def moment(self, event: ReceivedEvent) -> float:
        """When ``event`` happened (s): its UST where it tells one, else when it was received."""
        time = self.clock.time(event)
        return event.entry.time if time is None else time

    def frames(self, window: int) -> FrameTimes:
        """The frames of ``window``."""
        if window not in self._frames:
            self._frames[window] = FrameTimes.of(
                (content.msc, self.moment(event))
                for event, content in self.completions.get(window, ())
                if content.msc and not self.history.redirected(window, content.serial)
            )
        return self._frames[window]

    @cached_property
    def completions(self) -> dict[int, list[tuple[ReceivedEvent, CompleteNotify]]]:
        """The CompleteNotify events of each window."""
        found = self.history.received(CompleteNotify)
        return grouped((content.window, (event, content)) for event, content in found)

    @cached_property
    def by_window(self) -> dict[int, list[PresentationLife]]:
        """The lives of each window; windows in the order of their first request."""
        return grouped((life.request.window, life) for life in self.lives)

    @cached_property
    def by_pixmap(self) -> dict[int, list[PresentationLife]]:
        """The presentations of each pixmap that the server accepted."""
        return grouped(
            (one.content.pixmap, life)
            for life in self.lives
            if (one := life.presentation) is not None and life.error is None
        )


_Key = tuple[int, int, int]


def _best(
    stream: ClientStream, answers: dict[tuple[ClientStream, int], list[ReceivedEvent]]
) -> list[ReceivedEvent]:
    """The events that one context received: of ``stream``, or else of any client."""
    own = (found for (client, _), found in answers.items() if client is stream)
    return next(own, None) or next(iter(answers.values()))


def _match(
    waiting: Sequence[PresentationLife],
    events: Iterable[ReceivedEvent],
) -> list[tuple[ReceivedEvent, PresentationLife | None]]:
    """Each event with the oldest life that was sent before it and that no other event has."""
    left, found = deque(waiting), []
    for event in events:
        takes = left and left[0].sent <= event.entry.time
        found.append((event, left.popleft() if takes else None))
    return found


def _answers(
    events: Iterable[tuple[ReceivedEvent, CompleteNotify | IdleNotify]],
) -> dict[_Key, dict[tuple[ClientStream, int], list[ReceivedEvent]]]:
    """The events by window, serial and kind (or pixmap), and by the context that received them."""
    found: dict[_Key, dict[tuple[ClientStream, int], list[ReceivedEvent]]] = defaultdict(dict)
    for event, content in events:
        third = content.pixmap if isinstance(content, IdleNotify) else content.kind
        key = content.window, content.serial, third
        found[key].setdefault((event.stream, content.event), []).append(event)
    return found


def _give_completes(
    lives: list[PresentationLife], completes: Iterable[tuple[ReceivedEvent, CompleteNotify]]
) -> list[ReceivedEvent]:
    """Give the lives their CompleteNotify; what is left over.  Adds notified ones to ``lives``."""
    waiting = grouped((_complete_key(life.request), life) for life in lives if life.error is None)
    notified = grouped(
        (_complete_key(entry), entry)
        for life in lives
        if life.presentation is not None and life.error is None
        for entry in life.presentation.notified()
    )
    strays = []
    for key, answers in _answers(completes).items():
        own = waiting.get(key, ())
        stream = own[0].request.sent.stream if own else next(iter(answers))[0]
        entries: deque[NotifyEntry] = deque(notified.get(key, ()))
        for event, life in _match(own, _best(stream, answers)):
            if life is None and entries:
                life = PresentationLife(entries.popleft())
                lives.append(life)
            if life is None:
                strays.append(event)
            else:
                life.complete = event
    return strays


def _complete_key(one: Candidate) -> _Key:
    kind = CompleteKind.NOTIFY_MSC if one.presentation is None else CompleteKind.PIXMAP
    return one.window, one.serial, kind


def _give_idles(lives: list[PresentationLife], history: PresentHistory) -> list[ReceivedEvent]:
    """Give the lives their IdleNotify; what is left over."""
    waiting = grouped(
        ((one.window, one.serial, one.content.pixmap), life)
        for life in lives
        if life.error is None and (one := life.presentation) is not None
    )
    strays = []
    for key, answers in _answers(history.received(IdleNotify)).items():
        own = waiting.get(key, ())
        stream = own[0].request.sent.stream if own else next(iter(answers))[0]
        for event, life in _match(own, _best(stream, answers)):
            if life is None:
                strays.append(event)
            else:
                life.idle = event
    return strays
