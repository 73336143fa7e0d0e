# SPDX-License-Identifier: MIT
"""A server's process: its group, its log, its end."""

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.deadlines import Deadline
from harness.servers.process.reaper import REAPER
from harness.servers.process.reaper_process import sweep

ASK_AGAIN = 0.5
"""Seconds between two requests to end."""

LAST_WORDS = 1.0
"""Seconds a wrapper script gets to end after the server that it waits for."""


def process_state(pid: int) -> str:
    """What the kernel says a process does: running, sleeping, stopped, ...; else unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "unknown"
    letter = stat.rpartition(") ")[2][:1]
    names = {"R": "running", "S": "sleeping", "D": "in the kernel", "T": "stopped", "Z": "dead"}
    return names.get(letter, f"in state {letter!r}")


class Process:
    """A program running in a session of its own, with its output in a file.

    ``pid`` leads a process group.  The server may be another member of it, when the
    program is a script.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log_path: Path,
        pass_fds: Iterable[int] = (),
    ) -> None:
        """Start ``argv`` in ``folder``.  Raises OSError."""
        log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
                pass_fds=tuple(pass_fds),
                start_new_session=True,
            )
        finally:
            os.close(log)
        self.pid = self._popen.pid
        self.handle = os.pidfd_open(self.pid)
        self._display: int | None = None
        self._server = self.pid
        self._server_handle = self.handle
        self._ending = threading.Lock()
        REAPER.watch(self.pid, log_path)

    def serves(self, display: int, pid: int = 0) -> None:
        """It serves this display, in the process ``pid`` if that can be told yet."""
        self._display = display
        if pid not in (0, self.pid):
            with contextlib.suppress(OSError):
                self._server_handle = os.pidfd_open(pid)
                self._server = pid
        REAPER.know(self.pid, display, self._server)

    @property
    def status(self) -> int | None:
        """The return code, negative for a signal; None while it runs."""
        return self._popen.returncode

    @property
    def alive(self) -> bool:
        """Whether the server runs.  One that ended is reaped, with all it left behind."""
        return not self.wait(0)

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, unless it is gone."""
        with self._ending:
            if self.status is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait for the server's end; whether it came within ``seconds``."""
        if self.status is not None:
            return True
        deadline = Deadline.after(seconds)
        if not _ended(self._server_handle, deadline.remaining):
            if not _ended(self.handle, 0):
                return False
            # The program ended alone: what it left behind is no server to wait for.
        elif not _ended(self.handle, max(deadline.remaining, LAST_WORDS)):
            os.killpg(self.pid, signal.SIGKILL)
            _ended(self.handle, LAST_WORDS)
        self._reap()
        return True

    def end(self, seconds: float) -> bool:
        """Ask it to end, and make it after ``seconds``; whether asking was enough.

        An X server only notes the signal and looks at the note before it goes to sleep: one
        that arrives between the two is seen when the next one wakes it.  So ask repeatedly.
        """
        deadline = Deadline.after(seconds)
        while not deadline.passed:
            self.signal(signal.SIGTERM)
            if self.wait(min(ASK_AGAIN, deadline.remaining)):
                return True
        self.signal(signal.SIGKILL)
        self.wait(seconds)
        return False

    @property
    def ended_well(self) -> bool:
        """Whether the status is one that SIGTERM should lead to."""
        return self.status in (0, -signal.SIGTERM, 128 + signal.SIGTERM)

    def _reap(self) -> None:
        """Collect the status.  The group is emptied first, while its number is taken."""
        with self._ending:
            if self.status is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            REAPER.forget(self.pid)
            self._popen.wait()
            os.close(self.handle)
            if self._server_handle != self.handle:
                _ended(self._server_handle, LAST_WORDS)
                os.close(self._server_handle)
        if self.status != 0 and self._display is not None:
            sweep(self._display, self.pid, self._server)


def _ended(handle: int, seconds: float) -> bool:
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    return bool(poller.poll(seconds * 1000))
