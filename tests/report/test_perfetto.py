# SPDX-License-Identifier: MIT
"""Traces, as Perfetto's own trace processor reads them."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.report.perfetto import PerfettoMissing, perfetto_trace
from harness.timeline import rules
from harness.timeline.record import Event, Timeline
from harness.timeline.rules import Family
from harness.x11.present import CompleteNotify
from tests.report import scenes
from tests.report.trace_processor import TraceProcessor, trace_processor
from tests.timeline.cases import Case
from tests.timeline.script import Script, started
from tests.timeline.test_rules import BROKEN, LEGAL

_SLICES = """
    select slice.name, slice.ts, slice.dur, track.name as track
    from slice join track on track_id = track.id
"""


@pytest.fixture(scope="module", name="perfetto")
def _perfetto() -> Iterator[TraceProcessor]:
    with trace_processor() as running:
        yield running


def _on_one_clock(timeline: Timeline) -> Timeline:
    """``timeline`` with the UST of each event a millisecond before its receipt."""
    return Timeline(
        [
            replace(one, content=replace(one.content, ust=round(one.time * 1e6) - 1000))
            if isinstance(one, Event) and isinstance(one.content, CompleteNotify)
            else one
            for one in timeline.entries
        ]
    )


def test_presentations_overlap_and_flow_to_their_events(perfetto: TraceProcessor) -> None:
    """Each has a slice of its own, on as many tracks as there are at once, and its flows."""
    perfetto.load(perfetto_trace(scenes.flips(3)))
    slices = f"select name, dur from ({_SLICES}) where track = 'presentations' and name like '#%'"
    assert perfetto.values(f"{slices} order by name") == [
        ("#1 for 11: flip at 11", 3_000_000),
        ("#2 for 12: flip at 12", 3_000_000),
        ("#3 for 13: flip at 13", 4_000_000),
    ]
    tracks = "select count(distinct track_id) from slice where name like '#%'"
    assert perfetto.values(tracks) == [3]
    flows = """
        select a.name as left, b.name as right from flow join slice a on slice_out = a.id
        join slice b on slice_in = b.id where a.name like '#%' or b.name like 'idle%'
        order by flow.trace_id, a.ts
    """
    assert perfetto.values(flows) == [
        ("#1 for 11: flip at 11", "flip at MSC 11"),
        ("flip at MSC 11", "idle #1"),
        ("#2 for 12: flip at 12", "flip at MSC 12"),
        ("flip at MSC 12", "idle #2"),
        ("#3 for 13: flip at 13", "flip at MSC 13"),
    ]


def test_a_pixmap_is_busy_until_it_is_idle(perfetto: TraceProcessor) -> None:
    """Its track has a slice from the request to the IdleNotify; without one it does not end."""
    perfetto.load(perfetto_trace(scenes.flips(2)))
    busy = f"select track, dur from ({_SLICES}) where name = 'busy' order by track"
    assert perfetto.values(busy) == [
        ("pixmap 0x200011", 4_000_000),
        ("pixmap 0x200012", -1),
    ]


def test_a_pixmap_that_is_owed_stays_busy(perfetto: TraceProcessor) -> None:
    """A later IdleNotify ends no earlier presentation of it."""
    a = started().present(1).present(2).complete(1, 11).idle(2).complete(2, 12)
    perfetto.load(perfetto_trace(a.timeline))
    assert perfetto.values("select dur from slice where name = 'busy'") == [-1]


def test_frames_are_counted(perfetto: TraceProcessor) -> None:
    """The clock's track has the MSC of each event."""
    perfetto.load(perfetto_trace(scenes.copies()))
    assert perfetto.values("select value from counter order by ts") == [10, 12, 13]


def test_times_are_usts(perfetto: TraceProcessor) -> None:
    """On the clock of the record, a CompleteNotify is at its UST (µs), not at its receipt."""
    timeline = _on_one_clock(scenes.copies())
    usts = [
        one.content.ust * 1000
        for one in timeline.entries
        if isinstance(one, Event) and isinstance(one.content, CompleteNotify)
    ]
    perfetto.load(perfetto_trace(timeline))
    found = f"select ts from ({_SLICES}) where track = 'CompleteNotify' order by ts"
    assert perfetto.values(found) == usts
    assert perfetto.values("select ts from counter order by ts") == usts


def test_without_a_ust_the_tracks_say_so(perfetto: TraceProcessor) -> None:
    """Then times are those of receipt."""
    names = "select name from track where name like 'CompleteNotify%'"
    a = started().present(1).idle(1).complete(1, 0, ust=0)
    perfetto.load(perfetto_trace(a.timeline))
    assert perfetto.values(names) == ["CompleteNotify (partly no UST: times of receipt)"]
    a = Script().client("a").create().select().present(1).idle(1).complete(1, 0, ust=0)
    perfetto.load(perfetto_trace(a.timeline))
    assert perfetto.values(names) == ["CompleteNotify (no UST: times of receipt)"]


def test_violations_are_instants(perfetto: TraceProcessor) -> None:
    """Each has the name of its rule and its sentence."""
    timeline = started().present(1, target=20).idle(1).complete(1, 19).timeline
    violations = rules.check(timeline, Family.COPY)
    perfetto.load(perfetto_trace(timeline, violations))
    named = f"select name, dur from ({_SLICES}) where track = 'violations'"
    assert perfetto.values(named) == [("target-reached", 0)]
    sentences = "select string_value from args where key = 'debug.sentence'"
    assert perfetto.values(sentences) == [violations[0].sentence]


def test_a_redirected_window_flows_to_its_compositor(perfetto: TraceProcessor) -> None:
    """From the application's CompleteNotify to the compositor's presentation."""
    perfetto.load(perfetto_trace(scenes.composited()))
    flows = """
        select a.name as left, b.name as right from flow join slice a on slice_out = a.id
        join slice b on slice_in = b.id where b.name like '#9%'
    """
    assert perfetto.values(flows) == [("copy at MSC 12", "#9: copy at 13")]


def test_numbers_of_64_bits_are_counted(perfetto: TraceProcessor) -> None:
    """A server may count from anywhere; what Perfetto's integers cannot hold is a float."""
    a = Script().client("a").create().select()
    a.present(1).idle(1).complete(1, 2**63 - 1, ust=0)
    a.present(2).idle(2).complete(2, 2**64 - 1, ust=0)
    perfetto.load(perfetto_trace(a.timeline))
    values = perfetto.values("select value from counter order by ts")
    assert values == [float(2**63 - 1), float(2**64 - 1)]


@pytest.mark.parametrize("case", [*BROKEN, *LEGAL], ids=lambda case: case.label)
def test_whatever_a_server_sends_can_be_traced(case: Case) -> None:
    """With its violations."""
    timeline = case.build().timeline
    violations = rules.check(timeline, case.family)
    assert perfetto_trace(timeline, violations).count(b"sentence") == len(violations)


def test_what_encodes_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "perfetto.protos.perfetto.trace", None)
    with pytest.raises(PerfettoMissing, match=r"pip install 'xharness\[perfetto\]'"):
        perfetto_trace(scenes.copies())
