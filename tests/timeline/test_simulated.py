# SPDX-License-Identifier: MIT
"""Random legal timelines are never blamed; the same timelines, damaged, are."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.timeline.record import Event, Timeline
from harness.timeline.rules import Family, check
from harness.x11.present import CompleteNotify, IdleNotify
from tests.timeline.script import Actor, started
from tests.timeline.simulator import Simulator


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 80))
def test_legal_server_is_never_blamed(seed: int, steps: int) -> None:
    """Whatever clients do, and however late requests and events travel, no rule speaks."""
    timeline = Simulator(seed, steps).timeline
    assert [(one.rule, one.sentence) for one in check(timeline, Family.COPY)] == []


def _frames(count: int = 12) -> Actor:
    """Presentations with distinct serials, each waited for, the clock read between."""
    a, msc = started(), 10
    for serial in range(1, count + 1):
        a.present(serial, target=msc + 2, pixmap=0x300 + serial)
        a.idle(serial, pixmap=0x300 + serial).complete(serial, msc + 2)
        msc += 20
    return a.sync().sync()


def _answers(timeline: Timeline) -> list[int]:
    return [
        index
        for index, entry in enumerate(timeline.entries)
        if isinstance(entry, Event)
        and isinstance(entry.content, CompleteNotify | IdleNotify)
        and entry.content.serial < 900
    ]


def _drop(entries: list, at: int) -> None:
    del entries[at]


def _duplicate(entries: list, at: int) -> None:
    entries.insert(at, entries[at])


def _swap_with_twin(entries: list, at: int) -> None:
    other = at + 1 if isinstance(entries[at].content, IdleNotify) else at - 1
    entries[at], entries[other] = entries[other], entries[at]


def _change(**values: int):
    def damage(entries: list, at: int) -> None:
        content = entries[at].content
        usable = {name: value for name, value in values.items() if hasattr(content, name)}
        changed = replace(content, **(usable or {"serial": 77}))
        entries[at] = replace(entries[at], content=changed)

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_drop, id="drop"),
        pytest.param(_duplicate, id="duplicate"),
        pytest.param(_swap_with_twin, id="swap"),
        pytest.param(_change(serial=78), id="serial"),
        pytest.param(_change(event=79), id="event-id"),
        pytest.param(_change(window=80), id="window"),
        pytest.param(_change(pixmap=81), id="pixmap"),
        pytest.param(_change(msc=11), id="msc"),
        pytest.param(_change(mode=2), id="mode"),
    ],
)
def test_any_damaged_event_is_noticed(damage) -> None:
    """Wherever in a legal timeline one event is damaged, some rule speaks."""
    assert check(_frames().timeline, Family.COPY) == []
    for at in _answers(_frames().timeline):
        timeline = _frames().timeline
        damage(timeline.entries, at)
        assert check(timeline, Family.COPY), timeline.entries[at]


@pytest.mark.parametrize("seed", range(20))
def test_duplicates_in_simulated_timelines_are_noticed(seed: int) -> None:
    """An event delivered twice exceeds its requests, unless a pending one might explain it."""
    timeline = Simulator(seed, 40).timeline
    answers = [i for i in _answers(timeline) if timeline.entries[i].content.serial]
    pick = random.Random(seed)
    spoke = 0
    for at in pick.sample(answers, min(5, len(answers))):
        damaged = Timeline(list(timeline.entries))
        twin = replace(
            timeline.entries[at], content=replace(timeline.entries[at].content, serial=9)
        )
        damaged.entries.insert(at, twin)
        spoke += bool(check(damaged, Family.COPY))
    assert spoke == min(5, len(answers))


def test_thousand_equal_serials_are_judged_quickly() -> None:
    """Serial 0 throughout: pairing stays close to linear (the timeout is the judge)."""
    a = started()
    for frame in range(1000):
        a.present(0, target=12 + frame).idle(0).complete(0, 12 + frame)
    assert check(a.sync().timeline, Family.COPY) == []
