# SPDX-License-Identifier: MIT
"""Start a server of our own and wait until it is usable."""

import os
import select
import shutil
import socket
import tempfile
import time
from operator import methodcaller
from pathlib import Path

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.servers.attached import attach
from harness.servers.errors import ServerDied, ServerNotReady, ServerRefused, describe_status
from harness.servers.kinds.info import HelperProcess
from harness.servers.kinds.table import ServerKind
from harness.servers.process.environment import clean_environment
from harness.servers.process.log import tail
from harness.servers.process.process import Process
from harness.servers.process.readiness import Setup, Unusable, probe
from harness.servers.process.reaper import REAPER
from harness.servers.server import Ending, Server, Stop
from harness.servers.spec import ServerSpec
from harness.x11 import authority
from harness.x11.address import Address

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

START_SECONDS = 10.0
"""From the start to a display number and a first accepted connection."""

SETTLE_SECONDS = 2.0
"""From the first accepted connection until root and extensions are as asked."""

STOP_SECONDS = 5.0
"""From SIGTERM to SIGKILL."""

END_SECONDS = 0.5
"""How long a program that dies may take from its last word to its end."""

RETRY_SECONDS = 0.01


def launch(
    spec: ServerSpec,
    folder: Path | None = None,
    *,
    start_seconds: float = START_SECONDS,
    settle_seconds: float = SETTLE_SECONDS,
) -> "LaunchedServer":
    """A fresh server as ``spec`` says, ready for clients, to be stopped by the caller.

    ``folder`` receives its private files (``Xauthority``, ``server.log``) and must hold
    none of another server; without one they live in a temporary folder until the stop.
    The server dies with this process.  Ready means: it told its display number, accepts
    our cookie, its root has the size and depth asked for, and it has every extension.

    Raises ServerRefused when it ends by itself, ServerNotReady when time runs out.
    """
    own = None
    if folder is None:
        own = folder = Path(tempfile.mkdtemp(prefix="xharness-"))
        REAPER.own(own)
    try:
        start = _Start(spec, folder, Deadline.after(start_seconds))
        return start.finish(settle_seconds, own)
    except BaseException:
        if own is not None:
            _remove(own)
        raise


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as stream:
        return stream.connect_ex(str(path)) == 0


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    REAPER.disown(folder)


class _Start:
    """A server on its way to being ready."""

    def __init__(self, spec: ServerSpec, folder: Path, deadline: Deadline) -> None:
        self.spec, self.deadline = spec, deadline
        self.began = time.monotonic()
        self.authority = folder / "Xauthority"
        self.log_path = folder / "server.log"
        self.cookie = authority.new_cookie()
        authority.write(self.authority, self.cookie)
        info = spec.build.kind.info
        environment = clean_environment() | info.environment(spec, folder)
        self.helper = None if info.helper is None else self._start_helper(info.helper, folder)
        self._pipe, writing = os.pipe()
        try:
            self.argv = spec.argv(writing, self.authority, folder)
            self.process = self._run(environment, folder, writing)
        except BaseException:
            os.close(self._pipe)
            self._end_helper()
            raise
        finally:
            os.close(writing)

    def _start_helper(self, helper: HelperProcess, folder: Path) -> Process:
        """Start the program that the server needs, and wait until it can be used."""
        argv = [helper.program, *helper.arguments(self.spec, folder)]
        environment = clean_environment() | helper.environment(self.spec, folder)
        log_path = folder / f"{helper.program}.log"
        try:
            process = Process(argv, environment, folder, log_path)
        except OSError as error:
            raise ServerRefused(argv, None, str(error), log_path) from None
        poller = select.poll()
        poller.register(process.handle, select.POLLIN)
        while not _accepts(folder / helper.socket):
            if poller.poll(RETRY_SECONDS * 1000):
                process.wait(STOP_SECONDS)
                raise ServerRefused(argv, process.status, tail(log_path), log_path)
            if self.deadline.passed:
                process.end(STOP_SECONDS)
                seconds = time.monotonic() - self.began
                raise ServerNotReady(
                    argv,
                    f"nothing listens at {helper.socket}",
                    seconds,
                    tail(log_path),
                    log_path,
                )
        return process

    def _end_helper(self) -> None:
        if self.helper is not None:
            self.helper.end(STOP_SECONDS)

    def _run(self, environment: dict[str, str], folder: Path, writing: int) -> Process:
        try:
            return Process(self.argv, environment, folder, self.log_path, [writing])
        except OSError as error:
            raise ServerRefused(self.argv, None, str(error), self.log_path) from None

    def finish(self, settle_seconds: float, own: Path | None) -> "LaunchedServer":
        try:
            try:
                address = Address(self._display_number())
            finally:
                os.close(self._pipe)
            self.process.serves(address.number)
            setup = self._usable(address, settle_seconds)
            if setup.pid not in (0, self.process.pid):
                self.process.serves(address.number, setup.pid)
        except BaseException:
            self.process.end(STOP_SECONDS)
            self._end_helper()
            raise
        return LaunchedServer(self, address, setup, own)

    def _display_number(self) -> int:
        """The number, which the server writes apart from the newline that ends it."""
        text = b""
        poller = select.poll()
        poller.register(self._pipe, select.POLLIN)
        poller.register(self.process.handle, select.POLLIN)
        while not text.endswith(b"\n"):
            ready = dict(poller.poll(self.deadline.remaining * 1000))
            if not ready:
                raise self._not_ready(
                    f"no display number came (got {text!r})" if text else "no display number came"
                )
            chunk = os.read(self._pipe, 64) if self._pipe in ready else b""
            text += chunk
            if not chunk and self.process.handle in ready:
                raise self._refused()
            if not chunk:
                poller.unregister(self._pipe)
            if len(text) > 64:
                break
        try:
            return int(text)
        except ValueError:
            raise self._not_ready(f"{text[:64]!r} came in place of a display number") from None

    def _usable(self, address: Address, settle_seconds: float) -> Setup:
        deadline, settling, missing = self.deadline, False, ""
        poller = select.poll()
        poller.register(self.process.handle, select.POLLIN)
        while True:
            try:
                setup, lacking = probe(address, self.cookie, self.spec.extensions, deadline)
            except Unusable as error:
                # Time may have run out on the last attempt: an earlier one knows better.
                if not (missing and deadline.passed):
                    missing = str(error)
            else:
                missing = self._missing(setup, lacking)
                if not missing:
                    return setup
                if not settling:
                    settling, deadline = True, Deadline.after(settle_seconds)
            if poller.poll(RETRY_SECONDS * 1000):
                raise self._refused()
            if deadline.passed:
                raise self._not_ready(missing)

    def _missing(self, setup: Setup, lacking: tuple[str, ...]) -> str:
        spec = self.spec
        if (setup.width, setup.height) != (spec.width, spec.height):
            return f"its root is {setup.width}x{setup.height}, not {spec.width}x{spec.height}"
        if setup.depth != spec.depth:
            return f"its root has depth {setup.depth}, not {spec.depth}"
        if lacking:
            return f"it lacks {', '.join(lacking)}"
        return ""

    def _not_ready(self, missing: str) -> ServerNotReady:
        seconds = time.monotonic() - self.began
        return ServerNotReady(self.argv, missing, seconds, tail(self.log_path), self.log_path)

    def _refused(self) -> ServerRefused:
        self.process.wait(STOP_SECONDS)
        return ServerRefused(self.argv, self.process.status, tail(self.log_path), self.log_path)


class LaunchedServer(Server):
    """A server of our own.  ``argv`` is its command line, ``kind`` its kind."""

    spec: ServerSpec
    authority: Path
    log_path: Path

    def __init__(self, start: _Start, address: Address, setup: Setup, own: Path | None) -> None:
        self.spec, self.argv, self.setup = start.spec, tuple(start.argv), setup
        self.display, self.cookie, self.authority = address.name, start.cookie, start.authority
        self.log_path = start.log_path
        self.pid = setup.pid or start.process.pid
        self.asked_to_stop = False
        self._process = start.process
        self._helper = start.helper
        self._own = own
        self._stop: Stop | None = None

    @property
    def folder(self) -> Path:
        """Where its private files lie."""
        return self.log_path.parent

    @property
    def kind(self) -> ServerKind:
        return self.spec.build.kind

    @property
    def name(self) -> str:
        build = self.spec.build
        return f"{build.kind.info.program} ({build.path}, {self.display})"

    @property
    def alive(self) -> bool:
        return self._process.alive

    @property
    def exit_status(self) -> int | None:
        """The return code, negative for a signal; None while the server runs."""
        return None if self.alive else self._process.status

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        if self._process.wait(grace):
            raise ServerDied(
                self.name,
                self._process.status,
                handling,
                self.log_tail(),
                self.log_path,
                self._helper_died(),
            )

    def _helper_died(self) -> str:
        """How the program that the server needs died; empty if it did not."""
        helper = self.spec.build.kind.info.helper
        # A server sees the connection break before the kernel is done with who was at its end.
        if helper is None or self._helper is None or not self._helper.wait(END_SECONDS):
            return ""
        ended = describe_status(self._helper.status)
        return f"{helper.program}, which it needs, died with {ended}"

    def log_tail(self, lines: int = 20) -> str:
        if self._stop is not None and not self.log_path.exists():
            return self._stop.log
        return tail(self.log_path, lines)

    def attach_host(self) -> Server | None:
        host = self.spec.host
        if host is None or not self.kind.info.needs_host:
            return None
        return attach(host.display, host.authority)

    def stop(self) -> Stop:
        if self._stop is None:
            died = not self.alive
            self.asked_to_stop = True
            killed = not self._process.end(STOP_SECONDS)
            if died:
                ending = Ending.DIED
            elif killed:
                ending = Ending.KILLED
            else:
                ending = Ending.CLEAN if self._process.ended_well else Ending.FAILED
            self._stop = Stop(ending, self._process.status, self.log_tail())
            if self._helper is not None:
                self._helper.end(STOP_SECONDS)
            if self._own is not None:
                _remove(self._own)
        return self._stop
