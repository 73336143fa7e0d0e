# SPDX-License-Identifier: MIT
"""Start an X server and wait until it is usable."""

import os
import select
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from operator import methodcaller
from pathlib import Path

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.servers.errors import ServerNotReady, ServerRefused
from harness.servers.kinds.info import HelperProcess
from harness.servers.process.environment import clean_environment
from harness.servers.process.launched_server import STOP_SECONDS, LaunchedServer
from harness.servers.process.log import tail
from harness.servers.process.process import Process
from harness.servers.process.readiness import Setup, Unusable, probe
from harness.servers.process.reaper import temporary_folder
from harness.servers.spec import ServerSpec
from harness.x11 import authority
from harness.x11.address import Address

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

START_SECONDS = 10.0
"""From the start to a display number and a first accepted connection."""

SETTLE_SECONDS = 2.0
"""From the first accepted connection until the root window and extensions match the spec."""

RETRY_SECONDS = 0.01

DISPLAY_NUMBER_BYTES = 64
"""More than any display number has: a program that writes more is no X server."""


def launch(
    spec: ServerSpec,
    folder: Path | None = None,
    *,
    start_seconds: float = START_SECONDS,
    settle_seconds: float = SETTLE_SECONDS,
) -> LaunchedServer:
    """A fresh server that matches ``spec`` and accepts clients; the caller stops it.

    Ready means: it wrote its display number, accepts our cookie, its root window has the
    size and depth of ``spec``, and it has every extension.  It ends with this process.
    ``folder`` receives its private files (``Xauthority``, ``server.log``) and must hold
    none of another server; by default they are in a temporary folder until the stop.

    Raises ServerRefused when it ends by itself, ServerNotReady when time runs out.
    """
    info, deadline = spec.build.kind.info, Deadline.after(start_seconds)
    with ExitStack() as resources:
        if folder is None:
            folder = resources.enter_context(temporary_folder())
        cookie, cookie_file = authority.new_cookie(), folder / "Xauthority"
        authority.write(cookie_file, cookie)
        environment = clean_environment() | info.environment(spec, folder)
        helper = None
        if info.helper is not None:
            helper = _start_helper(info.helper, spec, folder, deadline, resources)
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            try:
                argv = spec.argv(writing, cookie_file, folder)
                log_path = folder / "server.log"
                program = _Program(argv, environment, log_path, deadline, resources, writing)
            finally:
                os.close(writing)
            address = Address(_read_display_number(pipe.fileno(), program))
        program.process.serves(address.number)
        setup = _wait_until_usable(program, address, cookie, spec, settle_seconds)
        if setup.pid not in (0, program.process.pid):
            program.process.serves(address.number, setup.pid)
        return LaunchedServer(
            spec=spec,
            argv=tuple(argv),
            address=address,
            cookie=cookie,
            authority=cookie_file,
            setup=setup,
            process=program.process,
            helper=helper,
            resources=resources.pop_all(),
        )


class _Program:
    """A running program that is not ready yet, and the errors for one that never will be.

    ``resources`` ends it.  Raises ServerRefused when it cannot be run.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        log_path: Path,
        deadline: Deadline,
        resources: ExitStack,
        *pass_fds: int,
    ) -> None:
        self._argv, self._log_path, self.deadline = argv, log_path, deadline
        try:
            self.process = Process(argv, environment, log_path, pass_fds)
        except OSError as error:
            raise ServerRefused(argv, None, str(error), log_path) from None
        resources.callback(self.process.end, STOP_SECONDS)

    def refused(self) -> ServerRefused:
        """The error for a program that ended."""
        self.process.wait(STOP_SECONDS)
        status = self.process.status
        return ServerRefused(self._argv, status, tail(self._log_path), self._log_path)

    def not_ready(self, missing: str) -> ServerNotReady:
        """The error for a program that ran out of time; ``missing`` says what it lacks."""
        seconds = self.deadline.elapsed
        return ServerNotReady(self._argv, missing, seconds, tail(self._log_path), self._log_path)


def _start_helper(
    helper: HelperProcess,
    spec: ServerSpec,
    folder: Path,
    deadline: Deadline,
    resources: ExitStack,
) -> Process:
    """Start the program that the server needs, and wait until it accepts connections."""
    argv = [helper.program, *helper.arguments(spec, folder)]
    environment = clean_environment() | helper.environment(spec, folder)
    log_path = folder / f"{helper.program}.log"
    program = _Program(argv, environment, log_path, deadline, resources)
    while not _accepts(folder / helper.socket):
        if program.process.wait(RETRY_SECONDS):
            raise program.refused()
        if deadline.passed:
            raise program.not_ready(f"nothing listens at {helper.socket}")
    return program.process


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as stream:
        return stream.connect_ex(str(path)) == 0


def _read_display_number(pipe: int, program: _Program) -> int:
    """The number, which a server writes in one piece and the newline that ends it in another."""
    text = b""
    poller = select.poll()
    poller.register(pipe, select.POLLIN)
    poller.register(program.process.handle, select.POLLIN)
    while not text.endswith(b"\n") and len(text) <= DISPLAY_NUMBER_BYTES:
        ready = dict(poller.poll(program.deadline.remaining * 1000))
        if not ready:
            got = f" (got {text!r})" if text else ""
            raise program.not_ready(f"no display number came{got}")
        chunk = os.read(pipe, DISPLAY_NUMBER_BYTES) if pipe in ready else b""
        text += chunk
        if not chunk and program.process.handle in ready:
            raise program.refused()
        if not chunk:
            poller.unregister(pipe)
    try:
        return int(text)
    except ValueError:
        came = text[:DISPLAY_NUMBER_BYTES]
        raise program.not_ready(f"{came!r} came in place of a display number") from None


def _wait_until_usable(
    program: _Program, address: Address, cookie: bytes, spec: ServerSpec, settle_seconds: float
) -> Setup:
    """Connect until the server matches ``spec``; its connection set-up."""
    deadline, settling, missing = program.deadline, False, ""
    while True:
        try:
            setup, lacking = probe(address, cookie, spec.extensions, deadline)
        except Unusable as error:
            # The last attempt may have run out of time: an earlier one gave a better reason.
            if not (missing and deadline.passed):
                missing = str(error)
        else:
            missing = _mismatch(spec, setup, lacking)
            if not missing:
                return setup
            if not settling:
                settling, deadline = True, Deadline.after(settle_seconds)
        if program.process.wait(RETRY_SECONDS):
            raise program.refused()
        if deadline.passed:
            raise program.not_ready(missing)


def _mismatch(spec: ServerSpec, setup: Setup, lacking: Sequence[str]) -> str:
    """In which way the server does not match ``spec``; empty when it does."""
    if (setup.width, setup.height) != (spec.width, spec.height):
        return f"its root is {setup.width}x{setup.height}, not {spec.width}x{spec.height}"
    if setup.depth != spec.depth:
        return f"its root has depth {setup.depth}, not {spec.depth}"
    return f"it lacks {', '.join(lacking)}" if lacking else ""
