# SPDX-License-Identifier: MIT
"""What each kind of server does when it is started, loses what it needs, and is stopped."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.servers.builds import Build, find_on_path, from_file
from harness.servers.errors import ServerDied, ServerRefused
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec
from tests.servers.traces import traces

GENEROUS = 10.0
NEW = (ServerKind.XORG, ServerKind.XVNC, ServerKind.XWAYLAND)


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


def companion_of(folder: Path) -> int:
    """The weston that runs in a server's private folder."""
    [pid] = [
        pid for pid in processes_of(folder) if Path(f"/proc/{pid}/comm").read_text() == "weston\n"
    ]
    return pid


@pytest.mark.parametrize("kind", ServerKind)
def test_every_kind_starts_and_leaves_nothing(kind, gone):
    """Its root is as asked; after the stop no process, socket, lock or file of it is left."""
    with a_spec(find_on_path(kind)) as spec, launch(spec) as server:
        assert (server.setup.width, server.setup.height, server.setup.depth) == (320, 200, 24)
        running, left = processes_of(server.folder), traces(server.display)
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
    with a_spec(find_on_path(kind)) as spec, launch(spec) as server:
        running = processes_of(server.folder)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(ServerDied, match=r"died with SIGKILL\n"):
            server.check_alive(grace=GENEROUS)
        assert server.stop().ending is Ending.DIED
    assert all(gone(pid) for pid in running)


def test_a_dead_companion_is_named(gone):
    """Xwayland ends when its compositor does; what is said is that the compositor died."""
    with a_spec(find_on_path(ServerKind.XWAYLAND)) as spec, launch(spec) as server:
        running = processes_of(server.folder)
        os.kill(companion_of(server.folder), signal.SIGKILL)
        with pytest.raises(ServerDied, match="after weston, which it needs, died with SIGKILL"):
            server.check_alive(grace=GENEROUS)
    assert all(gone(pid) for pid in running)


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
    build = find_on_path(kind)
    with a_spec(build) as spec, launch(spec) as one, launch(spec) as other:
        assert one.display != other.display
        assert one.folder != other.folder
        one.stop()
        other.check_alive()
