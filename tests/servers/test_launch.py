# SPDX-License-Identifier: MIT
"""Starting, watching and stopping real servers."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.deadlines import Deadline
from harness.servers.builds import from_file
from harness.servers.errors import ServerDied, ServerHung, ServerRefused
from harness.servers.process.launch import launch
from harness.servers.process.reaper_process import sweep
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec
from harness.x11.address import Address
from harness.x11.plain_connection import Unusable, probe
from tests.servers.traces import traces, traces_of_running

GENEROUS = 10.0


def test_a_ready_server_is_as_asked_and_leaves_nothing(spec, gone):
    """Size, depth and extensions hold; after the stop no file, lock, socket or process."""
    wanted = replace(
        spec, width=321, height=123, depth=16, fps=600, extensions=("Present", "XFIXES")
    )
    with launch(wanted) as server:
        assert (server.setup.width, server.setup.height, server.setup.depth) == (321, 123, 16)
        assert server.release > 10_000_000
        assert server.vendor
        assert server.alive
        left = traces_of_running(server.display)
        assert left
        server.check_alive()
    assert server.stop().ending is Ending.CLEAN
    assert server.stop().status == 0
    assert not left & traces(server.display)
    assert not server.folder.exists()
    assert gone(server.pid)


def test_only_the_cookie_opens_the_server(server):
    """No cookie and a wrong one are refused; the file is private."""
    address = Address.parse(server.display)
    for cookie in (b"", bytes(16)):
        with pytest.raises(Unusable, match="refused"):
            probe(address, cookie, (), Deadline.after(GENEROUS))
    setup, lacking = probe(address, server.cookie, ("XFIXES", "None"), Deadline.after(GENEROUS))
    assert setup == server.setup
    assert lacking == ("None",)
    assert server.authority.stat().st_mode & 0o777 == 0o600


def test_libxcb_finds_the_cookie_in_the_file(server):
    """The record without display number and address serves any client of libXau."""
    code = f"import xcffib, xcffib.xproto; xcffib.connect({server.display!r}).get_setup()"
    environment = os.environ | {"XAUTHORITY": str(server.authority)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    environment["XAUTHORITY"] = "/dev/null"
    refused = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, timeout=60
    )
    assert refused.returncode != 0


def test_no_server_listens_on_the_network(server):
    """The TCP port of the display is closed."""
    port = 6000 + int(server.display.removeprefix(":"))
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as stream, pytest.raises(OSError):
            stream.connect((host, port))


def test_a_server_sees_nothing_of_the_desktop(spec, monkeypatch):
    """Neither the display nor the cookies nor the locale of the person who tests."""
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XAUTHORITY", "/secret")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=1")
    with launch(spec) as server:
        environment = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
        names = {entry.partition(b"=")[0] for entry in environment}
        assert not names & {b"DISPLAY", b"WAYLAND_DISPLAY", b"XAUTHORITY"}
        assert b"LC_ALL=C" in environment
        options = next(entry for entry in environment if entry.startswith(b"ASAN_OPTIONS="))
        assert options.endswith(b":detect_leaks=1")


def test_a_server_without_its_socket_file_is_reached(spec, tmp_path):
    """A server that ends as it starts removes the file that both have: it is reached by name."""
    with launch(spec, tmp_path) as server:
        address = Address.parse(server.display)
        address.path.unlink()
        setup, _ = probe(address, server.cookie, (), Deadline.after(10.0))
        assert setup.pid == server.pid
        assert server.stop().clean
    with pytest.raises(FileNotFoundError):
        address.connect(Deadline.after(1.0))


def test_a_server_stands_apart_from_the_terminal(server):
    """Its own session (a ^C does not reach it), output in the file, nothing to read."""
    assert os.getsid(server.pid) == server.pid
    files = {fd: Path(f"/proc/{server.pid}/fd/{fd}").readlink() for fd in (0, 1, 2)}
    assert files == {0: Path("/dev/null"), 1: server.log_path, 2: server.log_path}


def test_a_server_that_refuses_says_why(spec, tmp_path):
    """argv, exit status and the server's own words."""
    with pytest.raises(ServerRefused) as caught:
        launch(replace(spec, extra_args=("-nonsense",)), tmp_path)
    text = str(caught.value)
    assert "exit status 1" in text
    assert "-nonsense" in text
    assert "Unrecognized option" in caught.value.log
    assert caught.value.status == 1
    assert str(spec.build.path) in caught.value.argv


def test_a_crash_names_signal_log_and_request(spec):
    """The signal that struck first, not only the abort that followed."""
    with launch(spec) as server:
        os.kill(server.pid, signal.SIGSEGV)
        with pytest.raises(ServerDied) as caught:
            server.check_alive("PresentPixmap (serial 3)", grace=GENEROUS)
        text = str(caught.value)
        assert "died with SIGSEGV (then SIGABRT) while handling PresentPixmap (serial 3)" in text
        assert "Segmentation fault" in caught.value.log
        stop = server.stop()
    assert stop.ending is Ending.DIED
    assert not stop.clean
    assert "Segmentation fault" in stop.log
    assert isinstance(server.silent("GetInputFocus", 1.0), ServerDied)


def test_a_killed_server_leaves_no_lock_and_no_socket(spec):
    """SIGKILL gives the server no chance to tidy up: we do."""
    with launch(spec) as server:
        left = traces_of_running(server.display)
        assert left
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(ServerDied, match="SIGKILL"):
            server.check_alive(grace=GENEROUS)
        assert not left & traces(server.display)


def test_a_hung_server_is_told_from_a_dead_one_and_still_ends(spec, monkeypatch, gone):
    """Alive but silent is an error of its own; the stop resorts to SIGKILL and says so."""
    monkeypatch.setattr("harness.servers.process.launched_server.STOP_SECONDS", 0.2)
    with launch(spec) as server:
        left = traces_of_running(server.display)
        os.kill(server.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, server.pid, os.WSTOPPED | os.WNOWAIT)
        error = server.silent("GetInputFocus", 2.0)
        assert isinstance(error, ServerHung)
        assert "no answer to GetInputFocus within 2.0 s" in str(error)
        assert "stopped" in str(error)
        stop = server.stop()
    assert stop.ending is Ending.KILLED
    assert not left & traces(server.display)
    assert gone(server.pid)


def test_a_server_behind_a_script_is_watched_and_ended(script, xvfb, gone):
    """A wrapper that waits for the server: the pid is the server's, no one stays behind."""
    path = script(f'#!/bin/sh\n{xvfb.path} "$@"\nexit $?\n')
    with launch(ServerSpec(build=from_file(path))) as server:
        left = traces_of_running(server.display)
        assert Path(f"/proc/{server.pid}/exe").resolve().name == xvfb.path.resolve().name
    assert server.stop().clean
    assert gone(server.pid)
    assert not left & traces(server.display)
    with launch(ServerSpec(build=from_file(path))) as server:
        left = traces_of_running(server.display)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(ServerDied, match="SIGKILL"):
            server.check_alive(grace=GENEROUS)
    assert not left & traces(server.display)


@pytest.mark.parametrize("case", ["server", "script", "forked"])
def test_servers_die_with_their_harness(case, script, xvfb, tmp_path, gone):
    """A harness killed by SIGKILL leaves no server, lock, socket or folder behind.

    Also when the program is a script, or when the harness forked and the child lives on.
    """
    path = script(f'#!/bin/sh\n{xvfb.path} "$@"\n') if case == "script" else xvfb.path
    code = f"""
import os, signal, sys
from pathlib import Path
from harness.servers.builds import from_file
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
server = launch(ServerSpec(build=from_file(Path({str(path)!r}))))
child = os.fork() if {case == "forked"} else 1
if not child:
    os.close(1)
    sys.stdin.read()
    os._exit(0)
print(server.pid, server.display, server.folder, flush=True)
signal.pause()
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as harness:
        assert harness.stdout is not None
        pid, display, folder = harness.stdout.readline().split()
        reaper = [
            int(entry)
            for entry in Path(f"/proc/{harness.pid}/task/{harness.pid}/children")
            .read_text()
            .split()
            if b"reaper" in Path(f"/proc/{entry}/cmdline").read_bytes()
        ]
        left = traces_of_running(display)
        assert left
        harness.kill()
        assert gone(int(pid))
        assert len(reaper) == 1
        assert gone(reaper[0])
        assert not left & traces(display)
        assert not Path(folder).exists()


def test_stopping_twice_changes_nothing(server):
    """The first answer stays."""
    assert server.stop() is server.stop()


def test_a_scale_does_not_slow_down_what_goes_well(fake, monkeypatch):
    """Attempts to connect, and signals to end, come as soon as ever: 20 of 10 ms, one of 0.5 s."""
    build = fake(
        """
        sizes = [1] * 20
        def conversation(stream):
            stream.sendall(setup(width=sizes.pop() if sizes else 640))
        def end(*_):
            os.unlink(path)
            os._exit(0)
        on_term, signal.signal = signal.signal, lambda *_: None
        on_term(signal.SIGTERM, lambda *_: on_term(signal.SIGTERM, end))
        serve(conversation)
        """
    )
    monkeypatch.setenv("XHARNESS_TIMEOUT_SCALE", "200")
    watch = Deadline.exactly(60.0)
    with launch(ServerSpec(build=build)) as server:
        assert server.stop().clean
    assert not watch.passed


@pytest.mark.parametrize("end", ["\n", "\0"], ids=["X servers", "wlroots"])
def test_the_lock_of_a_dead_process_is_removed(end):
    """However its number ends; that of another process stays."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    number = 40000 + os.getpid() % 20000
    lock = Path(f"/tmp/.X{number}-lock")
    try:
        for pid, stays in (process.pid + 1, True), (process.pid, False):
            lock.write_text(f"{pid:10}{end}")
            sweep(number, process.pid)
            assert lock.exists() is stays
    finally:
        lock.unlink(missing_ok=True)
