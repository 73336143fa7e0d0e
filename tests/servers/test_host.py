# SPDX-License-Identifier: MIT
"""The host display of nested servers: whole, absent, silent, refusing, dying."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.fixtures.under_test.host import PYTEST_XVFB
from harness.servers import host_program
from harness.servers.builds import find_on_path
from harness.servers.errors import DisplayUnusable, ServerDied
from harness.servers.host import launched_host, virtual_host
from harness.servers.kinds.info import Host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from tests.servers.traces import traces, traces_of_running

ROOT = Path(__file__).resolve().parents[2]
PYVIRTUALDISPLAY = host_program.__file__

NESTED = """\
def test_nested(server):
    assert server.display

def test_other(server):
    assert server.alive
"""


@pytest.fixture
def only(tmp_path):
    """A PATH with these programs and no other X server; each a link or the text of a script."""

    def path(**programs):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, program in programs.items():
            if isinstance(program, Path):
                (folder / name).symlink_to(program)
            else:
                (folder / name).write_text(program)
                (folder / name).chmod(0o755)
        for name in ("sh", "sleep"):
            (folder / name).symlink_to(f"/bin/{name}")
        return str(folder)

    return path


@pytest.mark.parametrize("program", [str(PYTEST_XVFB), PYVIRTUALDISPLAY])
def test_a_nested_server_runs_in_a_host_that_leaves_nothing(program):
    """It stands apart from the terminal, no variable changes, and it ends cleanly."""
    before = dict(os.environ)
    with launched_host(program) as host:
        assert os.getsid(host.pid) not in (os.getsid(0), host.pid)
        assert dict(os.environ) == before
        left = traces_of_running(host.display)
        assert left
    assert host.stop().clean
    assert not left & traces(host.display)
    assert not host.folder.exists()


def test_a_host_dies_with_its_harness(gone):
    """Its harness is killed and stops nothing."""
    code = """
import signal
from harness.servers import host_program
from harness.servers.host import launched_host
with launched_host(host_program.__file__) as host:
    print(host.pid, host.display, flush=True)
    signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as harness:
        assert harness.stdout is not None
        pid, display = harness.stdout.readline().split()
        left = traces_of_running(display)
        assert left
        harness.kill()
        assert gone(int(pid))
        assert not left & traces(display)


ABSENT = "Xvfb not found on PATH"
HELP = "echo '-displayfd fd\n-fbdir directory' >&2\n"
BROKEN = {
    "mute": ("#!/bin/sh\nexec sleep 60\n", "its -help did not end", "0.1"),
    "silent": (
        f"#!/bin/sh\n[ $1 = -help ] && {{ {HELP} exit; }}\nexec sleep 60\n",
        "not ready",
        "0.5",
    ),
    "refusing": (
        f"#!/bin/sh\n{HELP}[ $1 = -help ] && exit\necho no screens >&2\nexit 7\n",
        "no screens",
        "1",
    ),
    "another program": ("#!/bin/sh\necho hello\n", "is no usable X server", "1"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_host_that_does_not_start_is_explained(fault, only, monkeypatch):
    """Within the deadline of any server, in words."""
    program, words, scale = BROKEN[fault]
    monkeypatch.setenv("PATH", only(Xvfb=program))
    monkeypatch.setenv("XHARNESS_TIMEOUT_SCALE", scale)
    with pytest.raises(DisplayUnusable, match=f"(?s)nested servers need a host.*{words}"):  # noqa: SIM117
        with virtual_host():
            pass


def test_without_a_host_only_the_tests_of_nested_servers_fail(only, run_pytest, tmp_path):
    """Xvfb is absent: an error in words for each test of Xephyr, and Xvnc's tests are judged."""
    (tmp_path / "test_it.py").write_text(NESTED)
    path = only(Xephyr=find_on_path(ServerKind.XEPHYR).path)
    session = run_pytest("--server=xephyr", "--server=xvnc", folder=tmp_path, PATH=path)
    assert "INTERNALERROR" not in session.text
    assert "2 passed, 2 errors" in session.text
    assert ABSENT in session.text
    assert session.status == 1


def test_a_silent_host_is_waited_for_once(only, run_pytest, tmp_path):
    """The tests after the first one that needed it fail at once."""
    (tmp_path / "test_it.py").write_text(NESTED)
    program = BROKEN["silent"][0].replace("exec sleep", 'echo start >> "$HOME/starts"\nexec sleep')
    path = only(Xephyr=find_on_path(ServerKind.XEPHYR).path, Xvfb=program)
    scale = {"PATH": path, "HOME": str(tmp_path), "XHARNESS_TIMEOUT_SCALE": "0.6"}
    session = run_pytest("--server=xephyr", folder=tmp_path, **scale)
    assert "2 errors" in session.text
    assert "no display number came" in session.text
    assert (tmp_path / "starts").read_text() == "start\n"


def test_a_nested_server_whose_host_died_names_it():
    """Xephyr ends because of it, and is not blamed alone."""
    with launched_host(PYVIRTUALDISPLAY) as host:
        shown_in = Host(host.display, host.authority)
        with launch(ServerSpec(build=find_on_path(ServerKind.XEPHYR), host=shown_in)) as server:
            os.kill(host.pid, signal.SIGKILL)
            with pytest.raises(ServerDied, match=f"its host display {host.display}, which it"):
                server.check_alive(grace=10.0)
        assert not host.alive
        with pytest.raises(ServerDied, match="SIGKILL"):
            host.check_alive()


def test_a_host_that_died_is_replaced(run_pytest, tmp_path):
    """The test in which it died names it, and the next one has a new one."""
    (tmp_path / "test_it.py").write_text(
        "import os, signal\n"
        "def test_kill(server, presenter):\n"
        "    with server.attach_host() as host:\n"
        "        os.kill(host.pid, signal.SIGKILL)\n"
        "        assert host._connection.closed(20)\n"
        "    server.check_alive(grace=20)\n"
        "def test_next(server, presenter):\n"
        "    presenter.sync()\n"
        "def test_last(server, presenter):\n"
        "    presenter.sync()\n"
    )
    session = run_pytest("--server=xephyr", folder=tmp_path)
    assert "1 failed, 2 passed" in session.text
    assert "which it needs, was no more" in session.text
