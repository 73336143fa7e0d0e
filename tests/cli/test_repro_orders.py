# SPDX-License-Identifier: MIT
"""``xharness repro`` of clients of the other byte order, which a script cannot be."""

from dataclasses import replace

import pytest

from harness.cli.repro.errors import ReproError
from harness.cli.repro.orders import rewritten, rewritten_at_last
from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.faults.scripted import Alter, Drop
from harness.recordings.messages import RecordedKind
from harness.recordings.native_order import foreign_clients
from harness.recordings.script.writer import write_script
from harness.recordings.shrinking.minimise import Minimised
from harness.recordings.shrinking.sound import expected_of
from harness.recordings.shrinking.trials import Place, Question, attempt
from harness.recordings.symptom import Symptom, SymptomKind
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding
from tests.doubles.faulty_server import layer_for
from tests.recordings.busy_session import Session

OTHER = ">" if encoding.NATIVE == "<" else "<"
SPEC = ServerSpec(build=find_on_path(ServerKind.XVFB))
NAMED = "Composite:NameWindowPixmap"
SUCCESS = Symptom(SymptomKind.SUCCESS, "Match", (NAMED,))
REPLY = Symptom(SymptomKind.REPLY, "GetProperty", ("value",))


@pytest.fixture(scope="module")
def recorded():
    """A client of this machine's order and one of the other, which both share a bug's subject."""
    with launch(SPEC) as server:
        session = Session(server)
        with Presenter(session.server) as one, RawClient(session.server, OTHER) as other:
            one.window(20, 20)
            one.sync()
            composite = other.major("Composite")
            window = other.create_window(30, 20)
            data = other.pack("IIIB3xI", window, 39, 31, 8, 4) + b"abcd"
            other.request(18, 0, data)
            other.reply(other.request(20, 0, other.pack("IIIII", window, 39, 0, 0, 9)))
            other.reply(other.request(composite, 0, other.pack("II", 0, 4)))
            other.request(composite, 1, other.pack("IBxxx", window, 1))
            other.request(composite, 6, other.pack("II", window, other.new_id()))
            other.sync()
        return session.end()


def question_of(head, symptom, *faults):
    return Question(Place(SPEC, lambda: [layer_for(faults)]), head, symptom, Place(SPEC))


def whole(question, messages):
    """What a search that leaves nothing out finds."""
    requests = sum(one.kind is RecordedKind.REQUEST for one in messages)
    shown = question.shown(messages)
    return Minimised(tuple(messages), question.symptom, shown, 1.0, True, requests, "", 0.0)


def for_other_clients(data, order):
    """A reply is wrong for clients of the other byte order alone."""
    return data if order == encoding.NATIVE or len(data) == 32 else data[:32] + b"WXYZ"


def test_a_client_becomes_one_of_this_order(recorded, capsys):
    """The script says which one it was."""
    head, messages = recorded
    assert foreign_clients(messages) == {2}
    question, native = rewritten(question_of(head, SUCCESS, Drop(f"error for {NAMED}")), messages)
    assert not foreign_clients(native)
    assert "client 2 of the other byte order: rewritten" in capsys.readouterr().out
    found = whole(question, native)
    expected = expected_of(question, native, attempt(question.sound, head, native), found.shown)
    script = write_script(head, native, question.symptom, expected, rewritten={2})
    assert "conn = Client()\n" in script
    assert "conn2 = Client()  # of the other byte order when it was recorded" in script
    assert "NameWindowPixmap(window2, pixmap, is_checked=True)" in script


def test_a_bug_of_the_other_order_gets_no_script(recorded, capsys):
    """It is said at once, and is an error when nothing else is left."""
    head, messages = recorded
    question = question_of(head, REPLY, Alter("reply to GetProperty", for_other_clients))
    again, kept = rewritten(question, messages)
    assert (again, kept) == (question, messages)
    assert "rewritten in this machine's order does not show it" in capsys.readouterr().out
    with pytest.raises(ReproError, match="it shows with client 2 of the other byte order alone"):
        rewritten_at_last(question, whole(question, messages))


def test_what_was_left_out_needs_no_rewriting(recorded):
    """A request that cannot be rewritten is no obstacle once a search left it out."""
    head, messages = recorded
    question = question_of(head, SUCCESS, Drop(f"error for {NAMED}"))
    last = max(place for place, one in enumerate(messages) if one.kind is RecordedKind.REQUEST)
    unknown = replace(messages[last], data=bytes([255, 7, 0, 2]) + bytes(4))
    hidden = [*messages[:last], unknown, *messages[last + 1 :]]
    assert rewritten(question, hidden)[1] is hidden
    shorter = [*messages[:last], *messages[last + 1 :]]
    left = rewritten_at_last(question, whole(question, shorter))
    assert not foreign_clients(left.messages)
    assert left.symptom == SUCCESS
