# SPDX-License-Identifier: MIT
"""Start an X server and wait until it is usable."""

import os
import select
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from operator import methodcaller
from pathlib import Path

from harness.deadlines import Deadline, allow_for_slowness
from harness.errors import HarnessError
from harness.servers.errors import ServerNotReady, ServerRefused
from harness.servers.kinds.info import HelperProcess
from harness.servers.process.environment import clean_environment
from harness.servers.process.keymap import Keymap
from harness.servers.process.launched_server import STOP_SECONDS, LaunchedServer
from harness.servers.process.log import tail
from harness.servers.process.machine import check_machine
from harness.servers.process.private_folder import (
    SOCKET_FOLDERS,
    temporary_folder,
    writing_into,
)
from harness.servers.process.process import Process
from harness.servers.reports import ReportFiles
from harness.servers.sanitizers import chosen_logs, sanitizer_environment
from harness.servers.spec import ServerSpec, slowdown
from harness.servers.wrapper import check_traced
from harness.x11 import authority
from harness.x11.address import Address
from harness.x11.plain_connection import Unusable, probe
from harness.x11.setup import Setup

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

START_SECONDS = 10.0
"""From the start to a display number and a first accepted connection."""

SETTLE_SECONDS = 5.0
"""From the first accepted connection until the root window and extensions match the spec."""

RETRY_SECONDS = 0.01

DISPLAY_NUMBER_BYTES = 64
"""More than any display number has: a program that writes more is no X server."""


def _unwatched(_process: Process) -> None:
    pass


def launch(
    spec: ServerSpec,
    folder: Path | None = None,
    *,
    start_seconds: float = START_SECONDS,
    settle_seconds: float = SETTLE_SECONDS,
    started: Callable[[Process], None] = _unwatched,
) -> LaunchedServer:
    """A fresh server that matches ``spec`` and accepts clients; the caller stops it.

    Ready means: it wrote its display number, accepts our cookie, its root window has the
    size and depth of ``spec``, and it has every extension.  It ends with this process.
    ``folder`` receives its private files (``Xauthority``, ``server.log``) and must hold
    none of another server; by default they are in a temporary folder until the stop.
    ``started`` is called with each program as soon as it runs: once one is killed the launch
    is over.

    Raises ServerRefused when it ends by itself, ServerNotReady when time runs out,
    WrapperUnusable when valgrind does not follow a script to the server, FolderUnusable when
    its files cannot be written, and MachineUnsuitable.
    """
    check_machine()
    allow_for_slowness(slowdown(spec.build, spec.wrapper))
    info, deadline = spec.build.kind.info, Deadline.after(start_seconds)
    with ExitStack() as resources:
        if folder is None:
            folder = resources.enter_context(temporary_folder())
        private = folder
        if info.private_sockets:
            private = resources.enter_context(temporary_folder(SOCKET_FOLDERS))
        cookie, cookie_file = authority.new_cookie(), folder / "Xauthority"
        with writing_into(folder):
            authority.write(cookie_file, cookie)
        clean = clean_environment()
        reports = ReportFiles(folder / "server.log", chosen_logs(clean, folder))
        environment = clean | info.environment(spec, private) | sanitizer_environment(folder, clean)
        helper = None
        if info.helper is not None:
            helper_log = folder / f"{info.helper.program}.log"
            # It may be a client of the server.
            cookies = {"XAUTHORITY": str(cookie_file)}
            helper = _start_helper(
                info.helper, spec, private, helper_log, cookies, deadline, resources, started
            )
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb", buffering=0):
            try:
                with writing_into(private):
                    argv = spec.argv(writing, cookie_file, private)
                    keymap = Keymap(spec, private)
                    argv += keymap.arguments
                process = _run(
                    argv, environment, folder / "server.log", resources, started, writing
                )
            finally:
                os.close(writing)
            address = Address(_read_display_number(reading, process, deadline))
        process.serves(address.number)
        with writing_into(private):
            keymap.lead_to_original()
        setup = _wait_until_usable(process, address, cookie, spec, deadline, settle_seconds)
        pid = setup.pid or process.pid
        if helper is not None and pid == helper.pid:
            # It made the display's sockets, and removes them unless it is killed.
            helper.serves(address.number)
            process.serves(address.number, maker=helper.pid)
            pid = process.pid
        elif pid != process.pid:
            process.serves(address.number, pid)
        check_traced(spec.wrapper, spec.build.path, pid)
        reports.belong_to(process.pid, pid)
        return LaunchedServer(
            *(spec, address, cookie, cookie_file, setup, process, helper, reports, pid, private),
            resources.pop_all(),
        )


def _run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    log_path: Path,
    resources: ExitStack,
    started: Callable[[Process], None],
    *pass_fds: int,
) -> Process:
    """Start a program, which ``resources`` will end."""
    try:
        process = Process(argv, environment, log_path, pass_fds)
    except OSError as error:
        raise ServerRefused(argv, None, str(error), log_path) from None
    resources.callback(process.end, STOP_SECONDS)
    started(process)
    return process


def _refused(process: Process) -> ServerRefused:
    """The error for a program that ended before it was ready."""
    process.wait(STOP_SECONDS)
    log_path = process.log_path
    return ServerRefused(process.argv, process.status, _said(process), log_path)


def _said(process: Process) -> str:
    """The first error that a sanitizer or valgrind reported, and the end of the log."""
    reports = ReportFiles(process.log_path).new(ended=process.status is not None)
    return "\n".join([*(report.excerpt for report in reports[:1]), tail(process.log_path)])


def _not_ready(process: Process, missing: str, deadline: Deadline) -> ServerNotReady:
    """The error for a program that ran out of time; ``missing`` says what it lacks."""
    log_path = process.log_path
    return ServerNotReady(process.argv, missing, deadline.elapsed, _said(process), log_path)


def _start_helper(
    helper: HelperProcess,
    spec: ServerSpec,
    folder: Path,
    log_path: Path,
    cookies: dict[str, str],
    deadline: Deadline,
    resources: ExitStack,
    started: Callable[[Process], None],
) -> Process:
    """Start the program that the server needs, and wait until it accepts connections."""
    with writing_into(folder):
        argv = [spec.build.helper_program, *helper.arguments(spec, folder)]
    environment = clean_environment() | helper.environment(spec, folder) | cookies
    process = _run(argv, environment, log_path, resources, started)
    while not _accepts(folder / helper.socket):
        if process.pause(RETRY_SECONDS):
            raise _refused(process)
        if deadline.passed:
            raise _not_ready(process, f"nothing listens at {helper.socket}", deadline)
    return process


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as stream:
        return stream.connect_ex(str(path)) == 0


def _read_display_number(pipe: int, process: Process, deadline: Deadline) -> int:
    """The number, which a server writes in one piece and the newline that ends it in another."""
    text = b""
    poller = select.poll()
    poller.register(pipe, select.POLLIN)
    poller.register(process.handle, select.POLLIN)
    while not text.endswith(b"\n") and len(text) <= DISPLAY_NUMBER_BYTES:
        ready = dict(poller.poll(deadline.remaining * 1000))
        if not ready:
            got = f" (got {text!r})" if text else ""
            raise _not_ready(process, f"no display number came{got}", deadline)
        chunk = os.read(pipe, DISPLAY_NUMBER_BYTES) if pipe in ready else b""
        text += chunk
        if not chunk and process.handle in ready:
            raise _refused(process)
        if not chunk:
            poller.unregister(pipe)
    try:
        return int(text)
    except ValueError:
        came = text[:DISPLAY_NUMBER_BYTES]
        missing = f"{came!r} came in place of a display number"
        raise _not_ready(process, missing, deadline) from None


def _wait_until_usable(
    process: Process,
    address: Address,
    cookie: bytes,
    spec: ServerSpec,
    start: Deadline,
    settle_seconds: float,
) -> Setup:
    """Connect until the server matches ``spec``; its connection set-up."""
    deadline, missing = start, ""
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
            if deadline is start:
                deadline = Deadline.after(settle_seconds)
        if process.pause(RETRY_SECONDS):
            raise _refused(process)
        if deadline.passed:
            raise _not_ready(process, missing, start)


def _mismatch(spec: ServerSpec, setup: Setup, lacking: Sequence[str]) -> str:
    """In which way the server does not match ``spec``; empty when it does."""
    if (setup.width, setup.height) != (spec.width, spec.height):
        return f"its root is {setup.width}x{setup.height}, not {spec.width}x{spec.height}"
    if setup.depth != spec.depth:
        return f"its root has depth {setup.depth}, not {spec.depth}"
    return f"it lacks {', '.join(lacking)}" if lacking else ""
