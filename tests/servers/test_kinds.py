# SPDX-License-Identifier: MIT
"""What each kind of server does when it is started, loses what it needs, and is stopped."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.deadlines import Deadline
from harness.servers.builds import Build, find_on_path, from_file
from harness.servers.errors import KernelNotBuilt, NotFetched, ServerDied, ServerRefused
from harness.servers.host import virtual_host
from harness.servers.kinds.table import DEFAULT_KINDS, KINDS, ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.releases.cache import ReleasedServer, find_fetched
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec
from tests.servers.traces import traces, traces_of_running

GENEROUS = 10.0
INSTALLED = (*DEFAULT_KINDS, ServerKind.XORG_FLIP)
BEYOND = tuple(kind for kind in ServerKind if kind not in INSTALLED)
"""Kinds that the set-up does not install."""
NEW = tuple(kind for kind in ServerKind if kind not in (ServerKind.XVFB, ServerKind.XEPHYR))


def build_of(kind: ServerKind) -> Build:
    """The installed server of ``kind``, or that of trixie where it is only fetched."""
    if kind in INSTALLED:
        return find_on_path(kind)
    try:
        if kind.info.guest:
            return find_on_path(kind)
        return find_fetched(ReleasedServer(kind, "trixie"))
    except (NotFetched, KernelNotBuilt) as error:
        pytest.skip(str(error))


@contextmanager
def a_spec(build: Build, width: int = 320, height: int = 200) -> Iterator[ServerSpec]:
    """A small server of ``build``, with the host that it may need."""
    if build.kind.info.needs_host:
        with virtual_host() as host:
            yield ServerSpec(build=build, width=width, height=height, host=host)
    else:
        yield ServerSpec(build=build, width=width, height=height)


def processes_of(folder: Path) -> set[int]:
    """The processes that run in a server's private folder."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder:
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def companion_of(server: LaunchedServer) -> int:
    """The helper process: it leads a group, which those that it forks do not."""
    running = processes_of(server.folder) - {server.pid}
    [pid] = [pid for pid in running if os.getpgid(pid) == pid]
    return pid


@pytest.mark.parametrize("kind", ServerKind)
def test_every_kind_starts_and_leaves_nothing(kind, gone):
    """Its root is as asked; after the stop no process, socket, lock or file of it is left."""
    with a_spec(build_of(kind)) as spec, launch(spec) as server:
        assert (server.setup.width, server.setup.height, server.setup.depth) == (320, 200, 24)
        running, left = processes_of(server.folder), traces_of_running(server.display)
        assert server.pid in running
        assert left
        stop = server.stop()
    assert stop.ending is Ending.CLEAN, stop.log
    assert all(gone(pid) for pid in running)
    assert not server.folder.exists()
    assert not left & traces(server.display)


@pytest.mark.parametrize("kind", NEW)
def test_a_killed_server_takes_its_companion_along(kind, gone):
    """A server that crashes is told as such, and nothing it started outlives the stop."""
    with a_spec(build_of(kind)) as spec, launch(spec) as server:
        running = processes_of(server.folder)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(ServerDied, match=r"died with SIGKILL\n"):
            server.check_alive(grace=GENEROUS)
        assert server.stop().ending is Ending.DIED
    assert all(gone(pid) for pid in running)


@pytest.mark.parametrize("kind", [ServerKind.XWAYLAND, ServerKind.SWAY])
def test_a_dead_companion_is_named(gone, kind):
    """Xwayland ends when its compositor does; what is said is that the compositor died, and what
    the compositor made of the display is removed."""
    helper = kind.info.helper.program
    with a_spec(build_of(kind)) as spec, launch(spec) as server:
        running, left = processes_of(server.folder), traces_of_running(server.display)
        os.kill(companion_of(server), signal.SIGKILL)
        with pytest.raises(ServerDied, match=f"after {helper}, which it needs, died with SIGKILL"):
            server.check_alive(grace=GENEROUS)
    assert all(gone(pid) for pid in running)
    # A server that takes the display at this moment replaces the lock itself.
    deadline = Deadline.after(GENEROUS)
    while left & traces(server.display):
        assert not deadline.passed


def test_a_companion_that_cannot_be_run_is_a_refusal(monkeypatch, tmp_path):
    """A build given by its file is no help without a compositor."""
    build = from_file(find_on_path(ServerKind.XWAYLAND).path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        a_spec(build) as spec,
        pytest.raises(ServerRefused, match=r"^weston refused to start: .*No such file"),
    ):
        launch(spec)


def test_a_companion_that_ends_is_a_refusal(monkeypatch, script):
    """Its own words are told, not those of the server that was never started."""
    path = script("#!/bin/sh\necho no room >&2\nexit 3\n")
    path.rename(path.with_name("weston"))
    build = find_on_path(ServerKind.XWAYLAND)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")
    with a_spec(build) as spec, pytest.raises(ServerRefused) as caught:
        launch(spec)
    assert caught.value.status == 3
    assert "no room" in caught.value.log


SWAY_WITHOUT_DISPLAY = """\
#!/bin/sh
SWAYSOCK=/run/sway-ipc.0.$$.sock
unset DISPLAY
export SWAYSOCK
trap 'exit 0' TERM
sh -c "$(sed -n 's/^exec //p' "$2")"
while :; do /bin/sleep 0.1; done
"""


def test_a_sway_without_a_display_is_a_refusal(monkeypatch, script):
    """It would run on: wlroots takes display numbers below 33 only."""
    path = script(SWAY_WITHOUT_DISPLAY)
    path.rename(path.with_name("sway"))
    build = replace(find_on_path(ServerKind.XWAYLAND), kind=ServerKind.SWAY)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")
    with a_spec(build) as spec, pytest.raises(ServerRefused) as caught:
        launch(spec)
    assert "numbers below 33 only, all of which are in use" in caught.value.log


def test_xorg_needs_no_root(script):
    """It opens neither console nor device, so any user can run it."""
    xorg = find_on_path(ServerKind.XORG)
    path = xorg.path
    if os.getuid() == 0:
        drop = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        path = script(f'#!/bin/sh\nchown -R 65534 .\nexec {drop} {xorg.path} "$@"\n')
    with launch(ServerSpec(build=Build(ServerKind.XORG, path, "file", xorg.help))) as server:
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert re.search(r"^Uid:\s+[1-9]", status, re.MULTILINE)
    assert server.stop().ending is Ending.CLEAN


@pytest.mark.parametrize("kind", NEW)
def test_two_of_a_kind_run_side_by_side(kind):
    """Neither display, log nor socket is shared."""
    build = build_of(kind)
    with a_spec(build) as spec, launch(spec) as one, launch(spec) as other:
        assert one.display != other.display
        assert one.folder != other.folder
        one.stop()
        other.check_alive()


def test_an_x2gokdrive_lets_in_no_client_of_x2go(tmp_path):
    """Its port cannot be closed: it is any free one, and the cookie that it wants is known to
    nobody."""
    build = replace(find_on_path(ServerKind.XVFB), kind=ServerKind.X2GOKDRIVE)
    spec, info = ServerSpec(build=build, width=320, height=200), ServerKind.X2GOKDRIVE.info
    seen = set()
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        assert info.arguments(spec, folder) == ("-geometry", "320x200")
        path = Path(info.environment(spec, folder)["DISPLAY"].removeprefix("nx/nx,options=")[:-2])
        assert path.stat().st_mode & 0o077 == 0
        options = dict(option.split("=") for option in path.read_text()[:-2].split(",")[1:])
        assert int(options["listen"]) & 0xFFFF == 0
        assert int(options["listen"]) != 0
        assert re.fullmatch(r"[0-9a-f]{32}", options["cookie"])
        seen.add(options["cookie"])
    assert len(seen) == 2


def test_a_server_is_ended_by_the_signal_of_its_kind(fake, monkeypatch):
    """One that handles SIGTERM badly gets another, and ends well."""
    info = replace(ServerKind.XVFB.info, end_signal=signal.SIGINT)
    monkeypatch.setitem(KINDS, ServerKind.XVFB, info)
    build = fake(
        """
        def end(number, _):
            os.unlink(path)
            os._exit(0 if number == signal.SIGINT else 7)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        signal.signal = lambda *_: None
        serve(lambda stream: stream.sendall(setup()))
        """
    )
    with launch(ServerSpec(build=build)) as server:
        assert server.stop().ending is Ending.CLEAN
