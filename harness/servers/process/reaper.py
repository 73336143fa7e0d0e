# SPDX-License-Identifier: MIT
"""Our end of the reaper: tell it which servers and folders must not outlive us."""

import atexit
import os
import subprocess
import sys
import threading
from pathlib import Path

from harness.servers.process import reaper_process


class Reaper:
    """The reaper of this process, started with the first thing it has to watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: int | None = None
        self._servers: dict[int, list[str]] = {}
        self._folders: dict[Path, None] = {}

    def watch(self, group: int, log: Path) -> None:
        """The server in this process group must die with us."""
        with self._lock:
            self._servers[group] = [f"server {group} {log}"]
            self._tell(self._servers[group][0])

    def know(self, group: int, display: int, pid: int) -> None:
        """The watched server serves this display, in this process."""
        with self._lock:
            self._servers[group].append(f"display {group} {display} {pid}")
            self._tell(self._servers[group][-1])

    def forget(self, group: int) -> None:
        """The server is gone.  To be told while its leader is a zombie that keeps the number."""
        with self._lock:
            if self._servers.pop(group, None) is not None:
                self._tell(f"gone {group}")

    def own(self, folder: Path) -> None:
        """The folder, or file, must not outlive us."""
        with self._lock:
            self._folders[folder] = None
            self._tell(f"folder {folder}")

    def disown(self, folder: Path) -> None:
        """The folder, or file, is removed."""
        with self._lock:
            if self._folders.pop(folder, self) is None:
                self._tell(f"removed {folder}")

    def rest(self) -> None:
        """Let the reaper end when nothing is left to watch."""
        with self._lock:
            if not self._servers and not self._folders:
                self._end_helper()

    def dismiss(self) -> None:
        """Let the reaper end what is left, and itself."""
        with self._lock:
            self._end_helper()

    def _end_helper(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _tell(self, line: str) -> None:
        if self._pipe is not None:
            try:
                os.write(self._pipe, os.fsencode(line) + b"\n")
            except BrokenPipeError:
                self._end_helper()
            else:
                return
        self._start()

    def _start(self) -> None:
        reading, self._pipe = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", reaper_process.__file__],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(reading)
        known = [line for lines in self._servers.values() for line in lines]
        known += [f"folder {folder}" for folder in self._folders]
        os.write(self._pipe, b"".join(os.fsencode(line) + b"\n" for line in known))

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


REAPER = Reaper()
atexit.register(REAPER.dismiss)
os.register_at_fork(after_in_child=REAPER.leave_to_parent)
