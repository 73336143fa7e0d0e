# SPDX-License-Identifier: MIT
"""Servers of somebody else."""

import os
import shutil
import signal
import subprocess
from dataclasses import replace

import pytest

from harness.servers.attached import attach, kind_of_process
from harness.servers.errors import DisplayUnusable, ServerDied
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.x11.address import DisplayNameError


def test_attaching_uses_the_server_and_never_stops_it(server, monkeypatch):
    """The user's cookie opens it; stop lets go and no more."""
    monkeypatch.setenv("XAUTHORITY", str(server.authority))
    attached = attach(f"{server.display}.0")
    assert attached.setup == server.setup
    assert (attached.cookie, attached.display) == (server.cookie, server.display)
    assert attached.alive
    attached.check_alive()
    assert attached.stop().ending is Ending.LEFT_RUNNING
    server.check_alive()


def test_an_attached_server_does_not_reset_between_tests(spec, monkeypatch):
    """One that ends with its last client lives as long as we are attached."""
    with launch(replace(spec, reset=True)) as server:
        monkeypatch.setenv("XAUTHORITY", str(server.authority))
        attached = attach(server.display)
        again = attach(server.display)
        again.stop()
        attached.check_alive(grace=0.1)
        attached.stop()


def test_the_death_of_an_attached_server_is_noticed(server, monkeypatch):
    """Without status and log, which are not ours."""
    monkeypatch.setenv("XAUTHORITY", str(server.authority))
    attached = attach(server.display)
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(ServerDied, match=f"the server at {server.display} died while handling X"):
        attached.check_alive("X", grace=10.0)
    assert not attached.alive
    attached.stop()


def test_a_display_that_cannot_be_used_says_why(server, monkeypatch, tmp_path):
    """No cookie, no server, no display name."""
    monkeypatch.setenv("XAUTHORITY", str(tmp_path / "absent"))
    with pytest.raises(DisplayUnusable, match=r"refused.*no cookie"):
        attach(server.display)
    with pytest.raises(DisplayUnusable, match="no connection to :59998"):
        attach(":59998")
    for wrong in ("7", "far:1", ":", ""):
        with pytest.raises(DisplayNameError, match="such as :7"):
            attach(wrong)


def test_a_file_of_cookies_that_cannot_be_read_is_not_taken_for_an_empty_one(server, tmp_path):
    """The reason is named, which is another one to mend."""
    with pytest.raises(DisplayUnusable, match=r"no cookie, for .* cannot be read \(Is a directory"):
        attach(server.display, tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(DisplayUnusable, match=r"no cookie, for .*/empty has none for it"):
        attach(server.display, tmp_path / "empty")


@pytest.fixture
def running(tmp_path):
    """A program of any name that runs with any arguments; its process."""
    started = []

    def run(name, *arguments):
        # It repeats its arguments for ever, and waits while nobody reads them.
        shutil.copy(shutil.which("yes"), tmp_path / name)
        command = [tmp_path / name, "--", *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        assert started[-1].stdout.read(1)
        return started[-1].pid

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (["Xwayland", ":7", "-rootless", "-terminate"], ServerKind.SWAY),
        (["Xwayland", ":7", "-geometry", "640x480"], ServerKind.XWAYLAND),
        (["Xvfb", ":7", "-rootless"], ServerKind.XVFB),
        (["Xorg", ":7"], None),
        (["Xother", ":7"], None),
    ],
    ids=["rootless", "rootful", "other-program", "other-driver", "unknown"],
)
def test_a_server_is_recognised_by_its_program_and_arguments(running, command, kind):
    """An Xwayland without a root window behaves as that of the kind sway, on any compositor."""
    assert kind_of_process(running(*command)) is kind
