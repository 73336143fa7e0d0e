# SPDX-License-Identifier: MIT
"""How long a trial waits before it says that a server hangs."""

from functools import partial

import pytest

from harness.clients.raw.raw_client import RawClient
from harness.faults.scripted import Delay, Hang
from harness.recordings.shrinking.trials import PATIENCE, Place, Question, adapted
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
