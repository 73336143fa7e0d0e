# SPDX-License-Identifier: MIT
"""A display number of our own: its lock file, and the socket to which clients connect."""

import contextlib
import itertools
import os
import socket
from collections.abc import Iterable, Iterator
from errno import ECONNREFUSED, ENOENT
from pathlib import Path

from harness.errors import HarnessError
from harness.servers.process.reaper import REAPER
from harness.x11.address import SOCKETS, Address

FIRST = 20_000
"""Far above the numbers that servers choose by themselves."""
SPREAD = 30_000
LOCAL = range(1, 10)
"""Numbers that clients take for a server on this machine: ssh's begin at 10."""

_tried = itertools.count()


class DisplayNotMade(HarnessError):
    """No display can be made under the number wanted, or under any."""


def high_numbers() -> Iterator[int]:
    """Numbers in the order in which they are to be tried, without end."""
    while True:
        yield FIRST + (os.getpid() * 7 + next(_tried)) % SPREAD


def local_numbers() -> Iterator[int]:
    """Those of ``LOCAL`` before the high ones."""
    yield from LOCAL
    yield from high_numbers()


class OwnDisplay:
    """A listening socket as display ``:number``; ``close`` removes it and its lock.

    ``number`` is the first of ``numbers`` that is free.  Raises DisplayNotMade when none is, or
    when lock and socket cannot be made.
    """

    def __init__(self, numbers: Iterable[int] | None = None) -> None:
        with contextlib.ExitStack() as held:
            # An X server that looks for a free number tries this name first, and would replace the
            # socket whatever the lock says.  Clients that find no listener go on to the socket.
            self._guard = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            try:
                self.number, self._lock = _reserve(numbers or high_numbers(), self._guard)
                self.name = Address(self.number).name
                self._path = Address(self.number).path
                SOCKETS.mkdir(mode=0o1777, exist_ok=True)
                # The lock is ours, so a socket here was left by a process that has ended.
                self._path.unlink(missing_ok=True)
                for path in (self._path, self._lock):
                    REAPER.own(path)
                self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.listener.bind(str(self._path))
            except OSError as error:
                raise DisplayNotMade(
                    f"a display needs a lock in /tmp and a socket in {SOCKETS}: "
                    f"{error.filename or SOCKETS}: {error.strerror}"
                ) from error
            self.listener.listen(128)
            self.listener.setblocking(False)
            held.pop_all()

    def close(self) -> None:
        """Stop listening, and remove socket and lock."""
        self.listener.close()
        for path in (self._path, self._lock):
            path.unlink(missing_ok=True)
            REAPER.disown(path)
        self._guard.close()


def _reserve(numbers: Iterable[int], guard: socket.socket) -> tuple[int, Path]:
    """The first free number and its lock; ``guard`` gets the name that is no file."""
    number = 0
    for number in numbers:
        lock = Path(f"/tmp/.X{number}-lock")
        # A second time for a lock that a process left when it ended.
        for _ in range(2):
            with contextlib.suppress(FileExistsError):
                with lock.open("x") as file:
                    file.write(f"{os.getpid():10}\n")
                if not _served(number) and _bound(guard, number):
                    return number, lock
                # Not every server takes a lock.
                lock.unlink()
                break
            if _held(lock):
                break
            lock.unlink(missing_ok=True)
    raise DisplayNotMade(
        f"display {Address(number).name} is in use; give another number, or none for a free one"
    )


def _served(number: int) -> bool:
    """Whether a process listens at the socket of this display."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(str(Address(number).path)) not in (ENOENT, ECONNREFUSED)


def _bound(guard: socket.socket, number: int) -> bool:
    """Bind ``guard`` to the display's name that is no file; whether no process has it."""
    try:
        guard.bind(f"\0{Address(number).path}")
    except OSError:
        return False
    return True


def _held(lock: Path) -> bool:
    """Whether the process that made the lock lives; true also when that cannot be known."""
    try:
        os.kill(int(lock.read_text()), 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    except (OSError, ValueError):
        return True
    return True
