# SPDX-License-Identifier: MIT
"""How long a trial waits before it says that a server hangs; what several trials show."""

from functools import partial

import pytest

from harness.clients.raw.raw_client import RawClient
from harness.faults.scripted import Delay, Hang, Refuse
from harness.recordings.shrinking.trials import (
    PATIENCE,
    Place,
    Question,
    adapted,
    attempt,
    differing_symptoms,
    shown_again,
)
from harness.recordings.symptom import Symptom, SymptomKind
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from tests.doubles.faulty_server import layer_for
from tests.recordings.busy_session import Session

SPEC = ServerSpec(build=find_on_path(ServerKind.XVFB))
HANG = Symptom(SymptomKind.HANG)


def layers(faults):
    return [layer_for(faults)]


@pytest.fixture(scope="module")
def recorded():
    """Five windows, with a round trip after each."""
    with launch(SPEC) as server:
        session = Session(server)
        with RawClient(session.server) as client:
            for _ in range(5):
                client.create_window(9, 9)
                client.sync()
        return session.end()


def test_a_server_that_answered_fast_hangs_soon(recorded):
    """The patience follows from the round trips before; another symptom has all of it."""
    head, messages = recorded
    place = Place(SPEC, partial(layers, (Hang("CreateWindow", nth=4),)))
    question = adapted(Question(place, head, HANG), messages)
    assert question.patience < PATIENCE / 2
    assert question.answer(messages)
    death = Question(place, head, Symptom(SymptomKind.DEATH))
    assert adapted(death, messages) is death


def test_a_slow_server_does_not_hang(recorded):
    """It took as long for each round trip before."""
    head, messages = recorded
    slow = Delay("CreateWindow", seconds=0.3)
    hanging = Place(SPEC, partial(layers, (slow, Hang("CreateWindow", nth=5))))
    question = adapted(Question(hanging, head, HANG), messages)
    assert question.answer(messages)
    assert not Question(
        Place(SPEC, partial(layers, (slow,))), head, HANG, None, question.patience
    ).answer(messages)


@pytest.mark.parametrize(
    ("faulty", "kept"),
    [
        pytest.param([True, False, False, False], False, id="once"),
        pytest.param([True, True, False, False], False, id="seldom"),
        pytest.param([True, True, False, True], True, id="mostly"),
    ],
)
def test_what_chance_parts_is_no_symptom(recorded, faulty, kept):
    """An error that most of three further trials do not show is none."""
    head, messages = recorded
    trials = iter(faulty)
    place = Place(
        SPEC, lambda: layers((Refuse("CreateWindow", "Alloc", nth=4),) if next(trials) else ())
    )
    sound = Place(SPEC)
    once = list(differing_symptoms(attempt(place, head, messages), attempt(sound, head, messages)))
    assert SymptomKind.ERROR in {one.kind for one in once}
    again = list(shown_again(once, place, sound, head, messages))
    assert (once == again) is kept
    assert next(trials, None) is None
