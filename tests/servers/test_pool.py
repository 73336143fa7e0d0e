# SPDX-License-Identifier: MIT
"""Servers started ahead of need."""

import os
import signal
import threading
from dataclasses import replace

import pytest

from harness.servers.errors import ServerRefused
from harness.servers.process.launch import launch
from harness.servers.process.pool import ServerPool
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec


def test_every_taker_gets_a_fresh_server(spec, tmp_path):
    """Expected or not: distinct processes, displays and cookies, each as asked."""
    small = replace(spec, width=100, height=100)
    with ServerPool(tmp_path) as pool:
        pool.expect(spec, small)
        servers = [pool.take(spec), pool.take(small), pool.take(spec)]
        assert len({server.pid for server in servers}) == 3
        assert len({server.display for server in servers}) == 3
        assert len({server.cookie for server in servers}) == 3
        assert [server.setup.width for server in servers] == [640, 100, 640]
        assert all(pool.retire(server).clean for server in servers)
    assert list(tmp_path.iterdir()) == []


def test_an_expected_server_is_started_before_it_is_taken(spec, tmp_path, monkeypatch):
    """The taker starts none itself."""
    with ServerPool(tmp_path) as pool:
        pool.expect(spec)
        pool.retire(pool.take(spec))
        pool.expect(spec)
        wait_until_idle(pool, 1)
        monkeypatch.setattr("harness.servers.process.pool.launch", None)
        assert pool.retire(pool.take(spec)).clean


def test_old_wishes_give_way_to_new_ones(spec, tmp_path):
    """Never more idle servers than the size; those of forgotten wishes end."""
    wishes = [replace(spec, width=100 + n) for n in range(4)]
    with ServerPool(tmp_path, size=2) as pool:
        for wish in wishes:
            pool.expect(wish)
            wait_until_idle(pool, 1)
        wait_until_idle(pool, 2, lambda idle: {s.spec for s in idle} == set(wishes[-2:]))


def test_an_idle_server_that_died_is_replaced(spec, tmp_path, gone):
    """Nobody gets a dead server."""
    with ServerPool(tmp_path) as pool:
        pool.expect(spec)
        (idle,) = wait_until_idle(pool, 1)
        os.kill(idle.pid, signal.SIGKILL)
        assert gone(idle.pid)
        server = pool.take(spec)
        assert server is not idle
        server.check_alive()


def test_a_start_that_fails_fails_for_the_taker(spec, tmp_path):
    """Ahead of need nobody could be told."""
    broken = replace(spec, extra_args=("-nonsense",))
    with ServerPool(tmp_path) as pool:
        pool.expect(broken)
        with pytest.raises(ServerRefused, match="-nonsense"):
            pool.take(broken)
        pool.take(spec).check_alive()


def test_retiring_tells_how_the_server_ended(spec, tmp_path, gone):
    """A crash that no test noticed is seen at the latest now, with the log."""
    with ServerPool(tmp_path) as pool:
        server = pool.take(spec)
        os.kill(server.pid, signal.SIGSEGV)
        assert gone(server.pid)
        stop = pool.retire(server)
        assert stop.ending is Ending.DIED
        assert "Segmentation fault" in stop.log
        assert not server.folder.exists()


def test_closing_leaves_nothing(spec, tmp_path, gone):
    """Idle servers and taken ones that were never retired end, files and all."""
    pool = ServerPool(tmp_path)
    taken = pool.take(spec)
    pool.expect(spec)
    (idle,) = wait_until_idle(pool, 1)
    pool.close()
    for server in (taken, idle):
        assert gone(server.pid)
    assert list(tmp_path.iterdir()) == []


def test_closing_does_not_wait_for_a_start(fake, tmp_path, monkeypatch):
    """A server that never becomes ready is killed, however long it would be given."""
    mute = ServerSpec(build=fake("signal.pause()"))
    processes = []

    def noting(spec, folder, *, started):
        def note(process):
            started(process)
            processes.append(process)
            running.set()

        return launch(spec, folder, start_seconds=600, started=note)

    running = threading.Event()
    monkeypatch.setattr("harness.servers.process.pool.launch", noting)
    pool = ServerPool(tmp_path)
    pool.expect(mute)
    assert running.wait(60)
    pool.close()
    assert processes[0].status == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def wait_until_idle(pool, count, also=lambda idle: True):
    """Wait for at least ``count`` idle servers without taking any."""
    with pool._changed:
        assert pool._changed.wait_for(
            lambda: len(pool._idle) >= count and also(pool._idle), timeout=20
        )
        return list(pool._idle)
