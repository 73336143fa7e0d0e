# SPDX-License-Identifier: MIT
"""A program's process: its group, its log, its end.

Process groups and pidfds instead of psutil: they are never those of another process that got
the same number, and a pidfd can be waited for together with a pipe.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from signal import Signals

from harness.deadlines import Deadline
from harness.servers.errors import MachineUnsuitable
from harness.servers.process.orphans import adopt_orphans, collect_orphans
from harness.servers.process.private_folder import writing_into
from harness.servers.process.reaper import REAPER
from harness.servers.process.reaper_process import ended, sweep

REPEAT_SECONDS = 0.5
"""Between two SIGTERM."""

WRAPPER_SECONDS = 5.0
"""How long a wrapper script gets to end after the server that it waits for."""


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
    """A program that runs in a session of its own and writes to a file.

    ``pid`` leads a process group.  When the program is a script, the server may be another
    member of the group.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        log_path: Path,
        pass_fds: Iterable[int] = (),
    ) -> None:
        """Start ``argv`` in the folder of its log.

        Raises FolderUnusable when it can have no log, OSError when it cannot be run, and
        MachineUnsuitable when it would outlive this process.
        """
        adopt_orphans()
        with writing_into(log_path.parent):
            log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=log_path.parent,
                pass_fds=tuple(pass_fds),
                start_new_session=True,
            )
        finally:
            os.close(log)
        self.argv, self.log_path = argv, log_path
        self.pid = self._popen.pid
        try:
            self.handle = os.pidfd_open(self.pid)
            REAPER.watch(self.pid, log_path)
        except (OSError, MachineUnsuitable):
            self._popen.kill()
            self._popen.wait()
            REAPER.unwatch(self.pid)
            raise
        self._display: int | None = None
        self._maker = 0
        self._server_pid = self.pid
        self._server_handle = self.handle
        self._ending = threading.Lock()

    def serves(self, display: int, pid: int = 0, maker: int = 0) -> None:
        """Note that it serves this display, in the process ``pid`` if that is known yet.

        ``maker`` is a process beside it that made the display's sockets and lock.
        """
        self._display, self._maker = display, maker
        if pid not in (0, self.pid):
            with contextlib.suppress(OSError):
                self._server_handle = os.pidfd_open(pid)
                self._server_pid = pid
        REAPER.add_display(self.pid, display, self._server_pid)

    @property
    def status(self) -> int | None:
        """The return code, negative for a signal; None while it runs."""
        return self._popen.returncode

    @property
    def alive(self) -> bool:
        """Whether the server runs.  One that ended is reaped, and what it left is removed."""
        return not self.wait(0)

    def signal(self, number: int) -> None:
        """Send a signal to the whole group if it still runs."""
        with self._ending:
            if self.status is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait for the server's end; whether it ended within ``seconds``."""
        return self.pause(Deadline.after(seconds).seconds)

    def pause(self, seconds: float) -> bool:
        """Wait for the server's end as ``wait`` does, but no longer than ``seconds`` as given.

        Between two attempts of something, a slow server is no reason to wait for longer.
        """
        if self.status is not None:
            return True
        if not ended(self._server_handle, seconds):
            if not ended(self.handle, 0):
                return False
            # The program ended alone: what it left behind is no server to wait for.
        elif not ended(self.handle, max(seconds, Deadline.after(WRAPPER_SECONDS).seconds)):
            os.killpg(self.pid, signal.SIGKILL)
            ended(self.handle, WRAPPER_SECONDS)
        self._reap()
        return True

    def end(self, seconds: float, number: int = Signals.SIGTERM) -> bool:
        """Send signal ``number``, and SIGKILL after ``seconds``; whether the first was enough.

        An X server only notes the signal and looks at the note before it sleeps: a signal
        between the two is seen when the next one wakes it.  Hence the repetition.
        """
        deadline = Deadline.after(seconds)
        while not deadline.passed:
            self.signal(number)
            if self.pause(min(REPEAT_SECONDS, deadline.remaining)):
                return True
        self.signal(signal.SIGKILL)
        self.wait(seconds)
        return False

    @property
    def ended_well(self) -> bool:
        """Whether the status is one that SIGTERM should lead to."""
        return self.status in (0, -signal.SIGTERM, 128 + signal.SIGTERM)

    def _reap(self) -> None:
        """Collect the status, and the rest of the group.

        The group is killed before, while its number cannot be reused.
        """
        with self._ending:
            if self.status is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            REAPER.unwatch(self.pid)
            self._popen.wait()
            collect_orphans(self.pid)
            os.close(self.handle)
            if self._server_handle != self.handle:
                ended(self._server_handle, WRAPPER_SECONDS)
                os.close(self._server_handle)
        if self.status != 0 and self._display is not None:
            sweep(self._display, self.pid, self._server_pid, self._maker)
