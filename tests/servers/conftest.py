# SPDX-License-Identifier: MIT
"""Real builds, scripts that answer -help like Xvfb and then misbehave, and packages to fetch."""

import os
import select
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.servers.builds import Build, find_on_path, from_file
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.spec import ServerSpec
from tests.conftest import environment
from tests.servers.repository import Repository, with_xvfb

HELP = """\
-displayfd fd          file descriptor to write display number to
-fakescreenfps #       fake screen default fps (1-600)
\tGLX
-fbdir directory       put framebuffers in mmap'ed files in directory
"""

FakeBuild = Callable[[str], Build]


@pytest.fixture
def xvfb() -> Build:
    return find_on_path(ServerKind.XVFB)


@pytest.fixture
def spec(xvfb: Build) -> ServerSpec:
    return ServerSpec(build=xvfb)


@pytest.fixture
def server(spec: ServerSpec, tmp_path: Path) -> Iterator[LaunchedServer]:
    with launch(spec, tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def fake(tmp_path_factory: pytest.TempPathFactory) -> FakeBuild:
    """Make a build from Python code that runs with ``argv`` and ``displayfd`` defined.

    ``serve(conversation)`` listens at a display number that no server and no proxy of the
    harness chooses, tells it, and calls ``conversation(stream)`` with each connection whose
    set-up was read; ``path`` is its socket from then on, which SIGTERM removes.
    """

    def build(code: str) -> Build:
        path = tmp_path_factory.mktemp("fake") / "FakeXvfb"
        header = textwrap.dedent(f"""\
            #!{sys.executable} -IS
            import os, signal, socket, struct, sys
            argv = sys.argv
            if argv[1] == "-help":
                print({HELP!r})
                sys.exit()
            displayfd = int(argv[argv.index("-displayfd") + 1])

            def setup(width=640, height=480, depth=24):
                root = struct.pack("=20xHH12xBBBB", width, height, 0, 0, depth, 0)
                body = struct.pack("=I12xHHBB10x", 12101007, 4, 65535, 1, 0) + b"Fake" + root
                return struct.pack("=BxHHH", 1, 11, 0, len(body) // 4) + body

            def serve(conversation):
                global path
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                os.makedirs("/tmp/.X11-unix", exist_ok=True)
                def quit(*_):
                    os.unlink(path)
                    os._exit(0)
                # Another one may be there, or may have been killed and have left its socket.
                for number in range(4000 + os.getpid() % 10000, 20000):
                    path = f"/tmp/.X11-unix/X{{number}}"
                    try:
                        listener.bind(path)
                        break
                    except OSError:
                        continue
                signal.signal(signal.SIGTERM, quit)
                listener.listen(8)
                os.write(displayfd, f"{{number}}\\n".encode())
                streams = []
                while True:
                    stream, _ = listener.accept()
                    streams.append(stream)
                    stream.recv(4096)
                    conversation(stream)
            """)
        path.write_text(header + textwrap.dedent(code))
        path.chmod(0o755)
        return from_file(path, ServerKind.XVFB)

    return build


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Write an executable file with this text."""

    def write(text: str) -> Path:
        path = tmp_path / "script"
        path.write_text(text)
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether no process has this pid, after waiting for its end up to 20 s: the reaper gives
    servers 5 s before it kills them."""

    def wait(pid: int) -> bool:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        poller = select.poll()
        poller.register(handle, select.POLLIN)
        ended = bool(poller.poll(20_000))
        os.close(handle)
        return ended

    return wait


@pytest.fixture(scope="session")
def architecture() -> str:
    asked = ["dpkg", "--print-architecture"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, architecture, monkeypatch) -> Repository:
    """A machine that gets its packages from a folder, and has an empty cache."""
    made = with_xvfb(tmp_path / "repository", architecture)
    sources = tmp_path / "sources.list"
    sources.write_text(
        f"deb [trusted=yes] file:{made.folder} stable main\n"
        f"deb [trusted=yes] file:{made.folder} stable-updates main\n"
        f"deb [trusted=yes] file:{made.folder} stable-security main\n"
        f"deb [trusted=yes] file:{tmp_path / 'elsewhere'} other main\n"
    )
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{sources}";\nDir::Etc::sourceparts "{tmp_path / "none"}";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    return made


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """Put a script before a program on PATH; ``$real`` is the program itself."""

    def put(name: str, text: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\nreal={shutil.which(name)}\n{text}\n")
        (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return put


@pytest.fixture
def start():
    """Start ``xharness`` in a process group of its own, with pipes for what it says."""
    started = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *arguments],
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell that put us into the background has us ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with process:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
