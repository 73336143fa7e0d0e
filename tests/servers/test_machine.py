# SPDX-License-Identifier: MIT
"""Machines on which no X server can start: one sentence, before one is started."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.servers.errors import MachineUnsuitable, ServerRefused
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from tests.conftest import command, environment


@pytest.fixture
def sockets(tmp_path, monkeypatch):
    """A folder in the place of /tmp/.X11-unix, not made yet."""
    folder = tmp_path / ".X11-unix"
    monkeypatch.setattr("harness.servers.process.machine.SOCKETS", folder)
    return folder


@pytest.fixture
def refused(fake, tmp_path):
    """The error of a start, which does not come to run the server's program."""

    def start():
        ran = tmp_path / "ran"
        with pytest.raises(MachineUnsuitable) as caught:
            launch(ServerSpec(build=fake(f"open({str(ran)!r}, 'w')")))
        assert not ran.exists()
        return str(caught.value)

    return start


@pytest.fixture
def unwritable(monkeypatch):
    """Make folders such that this user, who may be root, cannot write them."""

    def deny(*folders):
        real = os.access

        def access(path, mode):
            return path not in folders and real(path, mode)

        monkeypatch.setattr(os, "access", access)

    return deny


def test_a_full_socket_folder_is_named(sockets, refused, monkeypatch):
    """Before a server tries every display in it."""
    sockets.mkdir()
    real = os.statvfs

    def full(folder):
        status = [*real(folder)]
        if folder == sockets:
            status[5], status[6] = 2, 0
        return os.statvfs_result(status)

    monkeypatch.setattr(os, "statvfs", full)
    assert f"cannot listen in {sockets}: its file system has no inode left" in refused()


def test_an_unwritable_socket_folder_is_described(sockets, refused, unwritable):
    """Folder, owner and mode, and what to do."""
    sockets.mkdir()
    sockets.chmod(0o755)
    unwritable(sockets)
    text = refused()
    assert f"cannot listen in {sockets} (owner uid {os.getuid()}, mode drwxr-xr-x)" in text
    assert "chmod 1777" in text
    assert "\n" not in text


def test_a_file_in_the_place_of_the_socket_folder_is_described(sockets, refused):
    """Its mode says that it is none."""
    sockets.write_text("")
    assert f"cannot listen in {sockets} (owner uid {os.getuid()}, mode -rw" in refused()


def test_a_missing_socket_folder_must_be_possible(sockets, refused, unwritable):
    """Servers make it themselves, where they may."""
    unwritable(sockets.parent)
    text = refused()
    assert f"cannot make {sockets}, which is missing, in {sockets.parent} (owner" in text


def test_an_unwritable_folder_of_locks_is_described(sockets, refused, unwritable):
    """Each display has a lock file beside the sockets' folder."""
    sockets.mkdir()
    unwritable(sockets.parent)
    assert f"cannot make their lock files in {sockets.parent} (owner" in refused()


def test_a_read_only_mount_is_told_once_per_test_and_at_once(tmp_path):
    """As in WSLg: every test has the sentence, and none waits for a server."""
    unshare = shutil.which("unshare")
    inside = ["sh", "-c", 'mount -t tmpfs -o ro,mode=1777 none /tmp/.X11-unix && exec "$@"', "sh"]
    if unshare is None or subprocess.run([unshare, "-m", *inside, "true"], check=False).returncode:
        pytest.skip("needs the right to mount")
    (tmp_path / "test_it.py").write_text("def test_one(server): pass\ndef test_two(server): pass\n")
    done = subprocess.run(
        [unshare, "-m", *inside, *command("--server=xvfb")],
        cwd=tmp_path,
        env=environment({}),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "2 errors" in done.stdout
    assert "cannot listen in /tmp/.X11-unix (owner uid 0, mode drwxrwxrwt, on a file system" in (
        done.stdout
    )
    assert "Failed to find a socket" not in done.stdout


PIDFD = {
    "forbidden": (PermissionError(errno.EPERM, "Operation not permitted"), "not permitted"),
    "old kernel": (OSError(errno.ENOSYS, "Function not implemented"), "not implemented"),
    "old python": (AttributeError("pidfd_open"), "built without"),
}


@pytest.mark.parametrize("case", PIDFD)
def test_the_harness_own_need_of_pidfds_is_named(case, refused, monkeypatch):
    """It is not the server that refused."""
    error, words = PIDFD[case]

    def forbidden(*_):
        raise error

    monkeypatch.setattr(os, "pidfd_open", forbidden)
    text = refused()
    assert text.startswith("xharness needs the system call pidfd_open")
    assert words in text


def test_a_program_that_cannot_be_watched_does_not_go_on(fake, monkeypatch):
    """Out of descriptors after it was started: it is ended, for nobody else would."""
    started = []
    real = os.pidfd_open

    def exhausted(pid, flags=0):
        if pid == os.getpid():
            return real(pid, flags)
        started.append(pid)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", exhausted)
    with pytest.raises(ServerRefused, match="Too many open files"):
        launch(ServerSpec(build=fake("signal.pause()")))
    [pid] = started
    assert not Path(f"/proc/{pid}").exists()
