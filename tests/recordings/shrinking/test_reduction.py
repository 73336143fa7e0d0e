# SPDX-License-Identifier: MIT
"""What may be left out of a recording, and what the rest then looks like."""

import json
import struct
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from harness.clients.present.presenter import Presenter
from harness.recordings.messages import RecordedKind
from harness.recordings.shrinking.minimise import StateUnusable, minimise
from harness.recordings.shrinking.reduction import NotShown, Reduction
from harness.recordings.shrinking.search import Search
from harness.recordings.shrinking.simpler import simpler_requests
from harness.recordings.shrinking.steps import KeptSteps, Steps
from harness.recordings.shrinking.trials import Place, Question
from harness.recordings.symptom import Symptom, SymptomKind
from harness.recordings.timeline import entries_of
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.timeline import record
from harness.timeline.rules import Violation
from tests.recordings.busy_session import Session

SPEC = ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)
SYMPTOM = Symptom(SymptomKind.DEATH)


@pytest.fixture(scope="module")
def recording():
    """RecordingHead and messages: a window with a presented pixmap, and things beside it."""
    with launch(SPEC) as server:
        session = Session(server)
        with Presenter(session.server) as one, Presenter(session.server) as other:
            other.window(90, 90, events=0)
            window = one.window(60, 50)
            for number in range(5):
                one.atom(f"_NEEDLESS_{number}")
            window.present(window.pixmap("red"), target_msc=window.msc() + 3).wait_complete()
            one.pixmap(8, 8, colour="blue").free()
            other.sync()
        return session.end()


@pytest.fixture
def steps(recording):
    return Steps(*recording)


def named(steps, name):
    """The places of the requests or events of a name."""
    return [place for place, one in steps.by_place.items() if one.name == name]


def test_a_presentation_needs_window_pixmap_and_what_told_its_msc(steps):
    """With NotifyMSC and the event that answers it, of which the target is counted."""
    (presented,) = named(steps, "PresentPixmap")
    needed = [steps.by_place[one].name for one in steps.with_needs([presented])]
    assert len(needed) == 6
    assert set(needed) == {
        *("CreateWindow", "PresentSelectInput", "PresentNotifyMSC"),
        *("PresentCompleteNotify", "CreatePixmap", "PresentPixmap"),
    }


def test_without_a_window_nothing_is_left_that_uses_it(steps):
    """Closing drops, in turn, what needs what is gone."""
    (presented,) = named(steps, "PresentPixmap")
    window = steps.by_place[presented].uses[0]
    gone = steps.dependents(window)
    left = steps.closed(set(steps.by_place) - {window})
    assert left == set(steps.by_place) - gone
    assert presented in gone


def test_what_is_left_has_numbers_of_its_own(steps):
    """Replies follow their requests; at the end each client makes two round trips."""
    (presented,) = named(steps, "PresentPixmap")
    messages = steps.assembled(KeptSteps(steps.with_needs([presented])))
    requests = [one for one in messages if one.kind is RecordedKind.REQUEST]
    assert [one.sequence for one in requests] == list(range(1, len(requests) + 1))
    assert {one.client for one in messages} == {requests[0].client}
    for one in messages:
        if one.kind in (RecordedKind.REPLY, RecordedKind.EVENT):
            assert struct.unpack_from("=H", one.data, 2) == (one.sequence & 0xFFFF,)
    assert [one.data[0] for one in requests[-2:]] == [43, 43]
    assert [one.time for one in messages] == sorted(one.time for one in messages)


def reduced(steps, test, symptom=SYMPTOM):
    with ThreadPoolExecutor(2) as executor:
        search = Search(executor, test, 2)
        reduction = Reduction(steps, symptom, search, lambda *_: None)
        return reduction.run(), reduction, search


def test_only_what_the_symptom_needs_is_left(recording, steps):
    """Here it is any trial with a presentation: six steps, with the simplest values."""
    head, _ = recording
    major = next(one.major for one in head.extensions if one.name == "Present")

    def presents(messages):
        return any(one.data[:2] == bytes([major, 1]) for one in messages)

    best, reduction, search = reduced(steps, presents)
    assert reduction.complete
    assert sorted(steps.by_place[one].name for one in best.kept) == sorted(
        steps.by_place[one].name for one in steps.with_needs(named(steps, "PresentPixmap"))
    )
    (created,) = (place for place in best.kept if steps.by_place[place].name == "CreateWindow")
    assert struct.unpack_from("=HH", best.edited[created], 16) == (16, 16)
    assert set(search.tried) >= {"slices", "resources", "requests and waits", "sizes and values"}


def test_what_shows_the_symptom_is_waited_for(recording, steps):
    """Without that wait it would come in time by chance."""
    head, messages = recording
    completions = [
        one
        for one in entries_of(messages, head.extensions)
        if isinstance(one, record.Event) and one.name == "PresentCompleteNotify"
    ]
    violation = Violation("a-rule", "A clause.", "It is broken", (completions[-1],))
    symptom = Symptom(SymptomKind.RULE, "a-rule", ("PresentCompleteNotify",), violation)
    presents = _Presents(Place(SPEC), head, symptom).answer
    best, _, _ = reduced(steps, presents, symptom)
    assert named(steps, "PresentCompleteNotify")[-1] in best.kept


def test_a_recording_that_does_not_show_it_is_no_start(steps):
    """Nothing is reduced to nothing."""
    with pytest.raises(NotShown, match="the server dies: replaying the recording does not show it"):
        reduced(steps, lambda messages: False)


def test_simpler_requests_are_whole_requests(recording):
    """Their length field is right, and the ids in them are the same."""
    head, messages = recording
    for message in messages:
        if message.kind is RecordedKind.REQUEST:
            for data in simpler_requests(head, message):
                assert 4 * struct.unpack_from("=H", data, 2)[0] == len(data)
                assert data[:1] == message.data[:1]


def test_a_search_goes_on_where_it_was_cut(recording, tmp_path):
    """The state is kept while time is short, refused for another recording, gone at the end."""
    head, messages = recording
    state = tmp_path / "script.py.state"
    question = _Presents(Place(SPEC), head, SYMPTOM)
    with ThreadPoolExecutor(2) as executor:
        cut = minimise(_Impatient(Place(SPEC), head, SYMPTOM), messages, state=state,
                       executor=executor, workers=2, seconds=0.5)  # fmt: skip
        assert not cut.complete
        assert json.loads(state.read_text())["symptom"] == "the server dies"
        with pytest.raises(StateUnusable, match="another recording"):
            minimise(question, messages[:60], state=state, executor=executor, workers=2)
        state.write_text("[]")
        with pytest.raises(StateUnusable, match="is not the state of a search"):
            minimise(question, messages, state=state, executor=executor, workers=2)
        state.unlink()
        whole = minimise(question, messages, state=state, executor=executor, workers=2)
    assert whole.complete
    assert not state.exists()


class _Presents(Question):
    """Any presentation is the symptom."""

    __slots__ = ()

    def answer(self, messages):
        return any(len(one.data) == 72 for one in messages if one.kind is RecordedKind.REQUEST)


class _Impatient(_Presents):
    """A trial takes a tenth of a second."""

    __slots__ = ()

    def answer(self, messages):
        Event().wait(0.1)
        return super().answer(messages)
