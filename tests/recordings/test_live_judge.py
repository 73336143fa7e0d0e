# SPDX-License-Identifier: MIT
"""A judge that speaks while clients run."""

import threading

import pytest

from harness.clients.present.presenter import Presenter
from harness.faults.script import Script
from harness.proxy.proxied_server import ProxiedServer
from harness.recordings import live_judge
from harness.recordings.judging import Judge
from harness.recordings.live_judge import LiveJudge
from harness.recordings.recorder import RecordingTap
from harness.recordings.recording import Opened, Passed, RecordingHead, Sender
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding, setup
from tests.doubles.present_faults import SCRIPTS


class Said:
    """What a judge said."""

    def __init__(self):
        self.rules, self.spoke = [], threading.Event()

    def __call__(self, finding, start):
        self.rules.append(finding.violation.rule)
        self.spoke.set()


class Failures:
    """A proxy that collects failures."""

    def __init__(self):
        self.found = []

    def fail(self, failure):
        self.found.append(failure)


def judged(fault, client):
    """What is said while ``client`` uses a server with this fault; and in all."""
    said = Said()
    layers = [Script(*SCRIPTS[fault])] if fault else []
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), width=64, height=64)) as server:
        front = ProxiedServer(server, layers, None, RecordingTap("Xvfb", (), LiveJudge(said)))
        try:
            with Presenter(front) as presenter:
                client(presenter)
                while_it_runs = bool(fault) and said.spoke.wait(60)
        finally:
            front.proxy.close()
        front.check_alive()
    return while_it_runs, said.rules


def present_some(presenter):
    """Three frames, each waited for."""
    window = presenter.window(16, 16)
    for _ in range(3):
        window.present(window.pixmap("red")).wait_complete()
    presenter.sync()


def test_a_violation_is_said_while_the_client_runs():
    """Once, although it is there in every check."""
    spoke, rules = judged("repeats-idle", present_some)
    assert spoke
    assert set(rules) == {"idle-once"}
    assert len(rules) == 3


def test_a_sound_server_is_not_accused():
    """Of anything."""
    assert judged(None, present_some) == (False, [])


def test_a_judge_that_fails_tells_the_proxy_and_lets_clients_go_on(monkeypatch):
    """Nothing waits for it any more."""
    monkeypatch.setattr(live_judge, "WAITING", 10)
    proxy, judge = Failures(), LiveJudge(Said())
    judge.begin(RecordingHead("a server", ()), proxy)
    judge.take([Opened(0, 1)])
    for _ in range(100):
        judge.take([Passed(0, 1, Sender.CLIENT, b"no X client")])
    judge.end()
    (failure,) = proxy.found
    assert "expected 'l' or 'B'" in str(failure)


def test_memory_does_not_grow_with_the_time(monkeypatch):
    """Requests that nothing later needs are forgotten while the client runs."""
    batch, took = 100, threading.Condition()
    counts, lengths = [0], [0]

    class Counting(Judge):
        def add(self, entry):
            super().add(entry)
            with took:
                counts.append(self.count)
                lengths.append(len(self.entries))
                took.notify_all()

    monkeypatch.setattr(live_judge, "Judge", Counting)
    monkeypatch.setattr(live_judge, "MEMORY", 2 * batch)
    # A check after each batch, however long the last one took.
    monkeypatch.setattr(live_judge, "SETTLING", 0)
    monkeypatch.setattr(live_judge, "_SHARE", 0)
    proxy, judge = Failures(), LiveJudge(Said())
    judge.begin(RecordingHead("a server", ()), proxy)
    judge.take([Opened(0, 1)])
    judge.take([Passed(0, 1, Sender.CLIENT, setup.greeting(b"", "<"))])
    judge.take([Passed(0, 1, Sender.SERVER, b"\1\0\x0b\0\0\0\1\0abcd")])
    for at in range(1, 31):
        nothing = encoding.request("<", encoding.NO_OPERATION, 0)
        judge.take([Passed(at * 10_000_000_000, 1, Sender.CLIENT, nothing * batch)])
        with took:
            assert took.wait_for(lambda count=at * batch: counts[-1] == count, 60)
    judge.end()
    assert proxy.found == []
    assert max(lengths) < 10 * batch


@pytest.mark.parametrize("known", [True, False])
def test_a_server_that_breaks_a_stream_is_at_fault(known):
    """The proxy goes on where somebody is told of it."""
    errors, proxy = [], Failures()
    judge = LiveJudge(Said(), None, errors.append if known else None)
    judge.begin(RecordingHead("a server", ()), proxy)
    judge.take([Opened(0, 1)])
    judge.take([Passed(0, 1, Sender.CLIENT, setup.greeting(b"", "<"))])
    judge.take([Passed(0, 1, Sender.SERVER, b"\1\0\x0b\0\0\0\1\0abcd" + b"\1\0\7" + bytes(29))])
    judge.end()
    (found,) = errors if known else proxy.found
    assert "sequence number 7" in str(found)
    assert len(errors) + len(proxy.found) == 1


@pytest.mark.parametrize("client", [1])
def test_what_never_ends_is_judged_at_the_end(client):
    """Clients may be connected, and messages torn."""
    proxy, judge = Failures(), LiveJudge(Said())
    judge.begin(RecordingHead("a server", ()), proxy)
    judge.take([Opened(0, client)])
    judge.take([Passed(0, client, Sender.CLIENT, b"l\0\x0b\0")])
    judge.end()
    assert proxy.found == []
