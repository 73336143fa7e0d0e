# SPDX-License-Identifier: MIT
"""A timeline as a trace for Perfetto: TrackEvent, in the protobuf of its trace format.

Presentations overlap, so that each window has as many tracks of one name as there are at once;
Perfetto's own page draws them as one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError
from harness.report.chains import chains
from harness.report.clocks import msc_clocks
from harness.report.presentations import PresentationLife, Presentations
from harness.report.wording import event_name, short_name
from harness.timeline.model.builder import build_history
from harness.timeline.record import Timeline
from harness.timeline.rules.base import Violation
from harness.x11.present import Option

_MONOTONIC = 3
"""The clock of Perfetto that UST is on servers that tell one: CLOCK_MONOTONIC."""

_SEQUENCE = 1
_LARGEST = (1 << 63) - 1


class PerfettoMissing(HarnessError):
    """The package that encodes traces is not installed."""


def perfetto_trace(timeline: Timeline, violations: Sequence[Violation] = ()) -> bytes:
    """A trace with a track per window and pixmap, a counter per clock, an instant per violation.

    Flows lead from a request to its CompleteNotify and on to its IdleNotify, and from what was
    shown in a redirected window to the compositor's presentation.  Times are UST in ns where the
    server tells one; else those at which the clients received, and the tracks' names say so.
    Raises PerfettoMissing without the package perfetto.
    """
    try:
        from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protobuf
    except ImportError as error:
        raise PerfettoMissing(
            f"traces are encoded by the package perfetto, which cannot be imported ({error}): "
            f"pip install 'xharness[perfetto]'"
        ) from None
    writer = _Writer(protobuf, Presentations.of(build_history(timeline)))
    return writer.trace(violations)


@dataclass(slots=True)
class _Writer:
    protobuf: Any
    presentations: Presentations
    packets: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    _tracks: int = 0

    def trace(self, violations: Sequence[Violation]) -> bytes:
        links: dict[int, tuple[list[int], list[int]]] = {}
        first = len(self.presentations.lives) + 1
        for flow, chain in enumerate(chains(self.presentations), first):
            links.setdefault(id(chain.source), ([], []))[0].append(flow)
            links.setdefault(id(chain.compositor), ([], []))[1].append(flow)
        flows = {id(life): flow for flow, life in enumerate(self.presentations.lives, 1)}
        for window, lives in self.presentations.by_window.items():
            self._window(window, lives, flows, links)
        self._pixmaps(flows)
        self._clocks()
        self._violations(violations)
        trace = self.protobuf.Trace()
        trace.packet.append(self._clock_snapshot())
        trace.packet.extend(self.packets)
        trace.packet.extend(sorted(self.events, key=lambda packet: packet.timestamp))
        data: bytes = trace.SerializeToString()
        return data

    def _clock_snapshot(self) -> Any:
        """Times of the trace are those of CLOCK_MONOTONIC."""
        packet = self._packet()
        packet.sequence_flags = packet.SEQ_INCREMENTAL_STATE_CLEARED
        packet.clock_snapshot.primary_trace_clock = self.protobuf.BUILTIN_CLOCK_MONOTONIC
        packet.clock_snapshot.clocks.add(clock_id=_MONOTONIC, timestamp=0)
        return packet

    def _packet(self) -> Any:
        return self.protobuf.TracePacket(trusted_packet_sequence_id=_SEQUENCE)

    def _track(self, name: str, parent: int = 0, *, unit: str = "") -> int:
        """A new track, of numbers if they have a unit; its id."""
        self._tracks += 1
        packet = self._packet()
        packet.track_descriptor.uuid = self._tracks
        packet.track_descriptor.name = name
        if parent:
            packet.track_descriptor.parent_uuid = parent
        if unit:
            packet.track_descriptor.counter.unit_name = unit
        self.packets.append(packet)
        return self._tracks

    def _timed(self, name: str, windows: Iterable[int]) -> str:
        """The name of a track, which says if its times are not, or not all, those of UST."""
        told = {
            self.presentations.clock.time(event) is not None
            for window in windows
            for event, _ in self.presentations.completions.get(window, ())
        }
        if False not in told:
            return name
        return f"{name} ({'partly ' * (True in told)}no UST: times of receipt)"

    def _event(self, track: int, time: float, kind: str, name: str = "", **notes: object) -> Any:
        """An event at ``time`` (s, clock of the record); ``notes`` are its arguments."""
        packet, event = self._packet(), self.protobuf.TrackEvent
        packet.timestamp = max(0, round((time - (self.presentations.clock.offset or 0.0)) * 1e9))
        packet.timestamp_clock_id = _MONOTONIC
        packet.track_event.track_uuid = track
        packet.track_event.type = getattr(event, f"TYPE_{kind}")
        if name:
            packet.track_event.name = name
            packet.track_event.categories.append("present")
        for key, note in notes.items():
            annotation = packet.track_event.debug_annotations.add(name=key)
            if isinstance(note, int):
                annotation.uint_value = note
            else:
                annotation.string_value = str(note)
        self.events.append(packet)
        return packet.track_event

    def _slice(
        self, track: int, span: tuple[float, float | None], name: str, **notes: object
    ) -> Any:
        """A slice from one time to another; one without an end lasts as long as the trace."""
        begin, end = span
        event = self._event(track, begin, "SLICE_BEGIN", name, **notes)
        if end is not None:
            self._event(track, max(begin, end), "SLICE_END")
        return event

    def _window(
        self,
        window: int,
        lives: Iterable[PresentationLife],
        flows: dict[int, int],
        links: dict[int, tuple[list[int], list[int]]],
    ) -> None:
        creators = sorted(one.client for one in self.presentations.history.windows.creators(window))
        parent = self._track(" of ".join([f"window {window:#x}", *creators[:1]]))
        completes = 0
        lanes: list[tuple[int, float]] = []
        for life in lives:
            end = None if life.error is None else life.error.time
            if life.complete is not None:
                end = self.presentations.moment(life.complete)
            begin = life.sent if end is None else min(life.sent, end)
            lane = next((n for n, (_, used) in enumerate(lanes) if used < begin), len(lanes))
            if lane == len(lanes):
                lanes.append((self._track("presentations", parent), 0.0))
            track = lanes[lane][0]
            lanes[lane] = track, float("inf") if end is None else end
            leading, arriving = links.get(id(life), ((), ()))
            event = self._slice(track, (begin, end), short_name(life), **_notes(life))
            event.flow_ids.append(flows[id(life)])
            event.terminating_flow_ids.extend(arriving)
            if life.complete is not None and (content := life.completed) is not None:
                completes = completes or self._track(
                    self._timed("CompleteNotify", [window]), parent
                )
                notes = {"serial": content.serial, "msc": content.msc, "ust": content.ust}
                moment = self.presentations.moment(life.complete)
                event = self._event(completes, moment, "INSTANT", event_name(content), **notes)
                ends = event.flow_ids if life.idle is not None else event.terminating_flow_ids
                ends.append(flows[id(life)])
                event.flow_ids.extend(leading)

    def _pixmaps(self, flows: dict[int, int]) -> None:
        """Busy from a request to its IdleNotify; where presented again meanwhile, to the last."""
        parent = self._track("pixmaps")
        for pixmap, lives in self.presentations.by_pixmap.items():
            track = self._track(f"pixmap {pixmap:#x}", parent)
            idles = self._track(f"pixmap {pixmap:#x}: IdleNotify", parent)
            for begin, end, names in _busy(lives):
                self._slice(track, (begin, end), "busy", serials=" ".join(names))
            for life in lives:
                if life.idle is not None:
                    name = f"idle #{life.request.serial}"
                    event = self._event(idles, life.idle.entry.time, "INSTANT", name)
                    event.terminating_flow_ids.append(flows[id(life)])

    def _clocks(self) -> None:
        parent = self._track("frames (MSC)")
        for clock in msc_clocks(self.presentations):
            track = self._track(
                self._timed(f"MSC of {clock.name}", clock.windows), parent, unit="frames"
            )
            for frame, time in clock.readings:
                event = self._event(track, time, "COUNTER")
                if frame > _LARGEST:
                    event.double_counter_value = float(frame)
                else:
                    event.counter_value = frame

    def _violations(self, violations: Sequence[Violation]) -> None:
        track = self._track("violations") if violations else 0
        for one in violations:
            notes = {"sentence": one.sentence, "clause": one.clause}
            self._event(track, one.entries[-1].time, "INSTANT", one.rule, **notes)


def _notes(life: PresentationLife) -> dict[str, object]:
    one, request = life.request, life.presentation
    notes: dict[str, object] = {"client": one.sent.stream.client, "serial": one.serial}
    notes["target_msc"] = one.content.target_msc
    if request is not None:
        notes["pixmap"] = f"{request.content.pixmap:#x}"
        notes["options"] = Option(request.content.options & 0xFFFFFFFF).name or "none"
        notes |= {name: f"{fence:#x}" for name, fence in _fences(life) if fence}
    return notes


def _fences(life: PresentationLife) -> list[tuple[str, int]]:
    one = life.presentation
    return [] if one is None else [("wait_fence", one.wait_fence), ("idle_fence", one.idle_fence)]


def _busy(lives: Iterable[PresentationLife]) -> Iterable[tuple[float, float | None, list[str]]]:
    """Spans in which a pixmap is busy without a gap, with the serials of each."""
    spans: list[tuple[float, float | None, list[str]]] = []
    for life in lives:
        idle = None if life.idle is None else life.idle.entry.time
        name = f"#{life.request.serial}"
        if spans and (spans[-1][1] is None or spans[-1][1] >= life.sent):
            begin, end, names = spans[-1]
            later = None if end is None or idle is None else max(end, idle)
            spans[-1] = begin, later, [*names, name]
        else:
            spans.append((life.sent, idle, [name]))
    return spans
