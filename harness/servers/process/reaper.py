# SPDX-License-Identifier: MIT
"""Registers with the reaper the servers and folders that must not outlive this process."""

import atexit
import os
import select
import subprocess
import sys
import threading
from pathlib import Path

from harness.deadlines import Deadline
from harness.servers.errors import MachineUnsuitable
from harness.servers.process import reaper_process

HUNG_SECONDS = 5.0
"""How long the reaper's process may take to read a command."""

END_SECONDS = 3 * reaper_process.END_SECONDS
"""How long it may take to end: it gives servers two thirds of this."""


class Reaper:
    """The reaper of this process, started together with the first thing it watches.

    One that dies or hangs is replaced.  ``watch``, ``add_display`` and ``own`` raise
    MachineUnsuitable when none can be started.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: int | None = None
        self._servers: dict[int, list[str]] = {}
        self._folders: dict[Path, None] = {}

    def watch(self, group: int, log: Path) -> None:
        """The server in this process group must end with this process."""
        with self._lock:
            self._servers[group] = [f"server {group} {log}"]
            self._send(self._servers[group][0])

    def add_display(self, group: int, display: int, pid: int) -> None:
        """The watched server serves this display, in this process."""
        with self._lock:
            self._servers[group].append(f"display {group} {display} {pid}")
            self._send(self._servers[group][-1])

    def unwatch(self, group: int) -> None:
        """The server ended.  Call it while a zombie leader still reserves the group's number."""
        with self._lock:
            if self._servers.pop(group, None) is not None and self._pipe is not None:
                self._send(f"ended {group}")

    def own(self, folder: Path) -> None:
        """The folder, or file, must not outlive this process."""
        with self._lock:
            self._folders[folder] = None
            self._send(f"folder {folder}")

    def disown(self, folder: Path) -> None:
        """The folder, or file, is removed."""
        with self._lock:
            if self._folders.pop(folder, self) is None and self._pipe is not None:
                self._send(f"removed {folder}")

    def end_if_idle(self) -> None:
        """End the reaper's process when nothing is left to watch."""
        with self._lock:
            if not self._servers and not self._folders:
                self._end_process()

    def end(self) -> None:
        """End the reaper's process, which ends and removes what is left."""
        with self._lock:
            self._end_process()

    def _end_process(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if self._process is not None:
            try:
                self._process.wait(Deadline.after(END_SECONDS).seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _send(self, line: str) -> None:
        if self._pipe is not None:
            try:
                _write(self._pipe, [line])
            except (BrokenPipeError, TimeoutError):
                if self._process is not None:
                    self._process.kill()
                self._end_process()
            else:
                return
        self._start()

    def _start(self) -> None:
        reading, self._pipe = os.pipe()
        os.set_blocking(self._pipe, False)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", reaper_process.__file__],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
            known = [line for lines in self._servers.values() for line in lines]
            _write(self._pipe, [*known, *(f"folder {folder}" for folder in self._folders)])
        except OSError as error:
            self._end_process()
            raise MachineUnsuitable(
                f"xharness cannot start the process that ends its servers if it is killed: "
                f"{sys.executable}: {error.strerror or error}; expected a Python that "
                f"uid {os.geteuid()} can run, with room for one more process"
            ) from None
        finally:
            os.close(reading)

    def leave_to_parent(self) -> None:
        """In a forked child: the servers are the parent's, and so is the pipe.

        A child that kept the pipe open would keep the servers alive after its parent.
        """
        self._lock = threading.Lock()
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if self._process is not None:
            self._process.returncode = 0
            self._process = None
        self._servers.clear()
        self._folders.clear()


def _write(pipe: int, lines: list[str]) -> None:
    """Write all ``lines``.  Raises TimeoutError when its reader hangs, BrokenPipeError."""
    rest = b"".join(os.fsencode(line) + b"\n" for line in lines)
    deadline, poller = Deadline.after(HUNG_SECONDS), select.poll()
    poller.register(pipe, select.POLLOUT)
    while rest:
        if not poller.poll(deadline.remaining * 1000):
            raise TimeoutError("it reads nothing")
        rest = rest[os.write(pipe, rest) :]


REAPER = Reaper()
atexit.register(REAPER.end)
os.register_at_fork(after_in_child=REAPER.leave_to_parent)
