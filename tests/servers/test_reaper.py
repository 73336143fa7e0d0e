# SPDX-License-Identifier: MIT
"""A reaper whose process cannot be started, dies or hangs."""

import os
import signal
import subprocess
import sys

import pytest

from harness.servers.errors import MachineUnsuitable
from harness.servers.process import reaper, reaper_process
from harness.servers.process.private_folder import temporary_folder


@pytest.fixture
def own():
    """A reaper of this test's own."""
    own = reaper.Reaper()
    yield own
    own.end()


def test_a_reaper_that_cannot_be_started_is_explained(monkeypatch, tmp_path, own):
    """Not a bare PermissionError; and the folder that it was to watch is removed."""
    monkeypatch.setattr("harness.servers.process.private_folder.REAPER", own)
    (tmp_path / "python").touch(0o600)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    text = rf"{tmp_path}/python: Permission denied; expected a Python that uid"
    (tmp_path / "parent").mkdir()
    with pytest.raises(MachineUnsuitable, match=text), temporary_folder(tmp_path / "parent"):
        pass
    assert [*(tmp_path / "parent").iterdir()] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "stopped"])
def test_another_reaper_takes_over(number, tmp_path, monkeypatch, own):
    """What the first one knew is removed by the second."""
    monkeypatch.setattr(reaper, "HUNG_SECONDS", 0.5)
    folder = tmp_path / "folder"
    folder.mkdir()
    own.own(folder)
    first = own._process
    os.kill(first.pid, number)
    # Until the pipe is full.
    while own._process is first:
        own.own(tmp_path / "missing")
    assert first.returncode == -signal.SIGKILL
    own.end()
    assert not folder.exists()


def test_a_reaper_that_does_not_end_is_killed(tmp_path, monkeypatch, own):
    """The session ends nevertheless."""
    monkeypatch.setattr(reaper, "END_SECONDS", 0.1)
    own.own(tmp_path / "missing")
    first = own._process
    first.send_signal(signal.SIGSTOP)
    own.end()
    assert first.returncode == -signal.SIGKILL


FORGETFUL = """
import signal, sys
asked = []
def terminate(*_):
    asked.append(1)
    if len(asked) == 2:
        sys.exit()
signal.signal(signal.SIGTERM, terminate)
print(flush=True)
while True:
    signal.pause()
"""


def test_a_server_that_misses_the_first_request_to_end_is_asked_again():
    """The signal may come just before it goes to sleep: the next one wakes it."""
    command = [sys.executable, "-c", FORGETFUL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        process.stdout.readline()
        reaper_process.end({process.pid: reaper_process.WatchedServer("", [process.pid])})
        assert process.wait() == 0
