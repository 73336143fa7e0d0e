# SPDX-License-Identifier: MIT
"""A display number of our own: its lock file, and the socket to which clients connect."""

import contextlib
import itertools
import os
import socket
from errno import ECONNREFUSED, ENOENT
from pathlib import Path

from harness.servers.process.reaper import REAPER
from harness.x11.address import SOCKETS, Address

FIRST = 20_000
"""Far above the numbers that servers choose by themselves."""
SPREAD = 30_000

_tried = itertools.count()


class OwnDisplay:
    """A listening socket as display ``:number``; ``close`` removes it and its lock."""

    def __init__(self) -> None:
        self.number, self._lock = _reserve()
        self.name = Address(self.number).name
        self._path = Address(self.number).path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        SOCKETS.mkdir(mode=0o1777, exist_ok=True)
        # The lock is ours, so a socket here was left by a process that has ended.
        self._path.unlink(missing_ok=True)
        for path in (self._path, self._lock):
            REAPER.own(path)
        self.listener.bind(str(self._path))
        self.listener.listen(128)
        self.listener.setblocking(False)

    def close(self) -> None:
        """Stop listening, and remove socket and lock."""
        self.listener.close()
        for path in (self._path, self._lock):
            path.unlink(missing_ok=True)
            REAPER.disown(path)


def _reserve() -> tuple[int, Path]:
    while True:
        number = FIRST + (os.getpid() * 7 + next(_tried)) % SPREAD
        lock = Path(f"/tmp/.X{number}-lock")
        with contextlib.suppress(FileExistsError):
            with lock.open("x") as file:
                file.write(f"{os.getpid():10}\n")
            if not _served(number):
                return number, lock
            # Not every server takes a lock.
            lock.unlink()
            continue
        if not _held(lock):
            lock.unlink(missing_ok=True)


def _served(number: int) -> bool:
    """Whether a process listens at this display."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(str(Address(number).path)) not in (ENOENT, ECONNREFUSED)


def _held(lock: Path) -> bool:
    """Whether the process that made the lock lives; true also when that cannot be known."""
    try:
        os.kill(int(lock.read_text()), 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    except (OSError, ValueError):
        return True
    return True
