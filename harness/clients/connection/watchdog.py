# SPDX-License-Identifier: MIT
"""Deadlines for calls into libxcb that block: their socket is shut down."""

import itertools
import math
import socket
import threading
from types import TracebackType
from typing import Self

from harness.deadlines import Deadline


class _Watchdog:
    """One daemon thread for all connections of the process.

    It is woken for a deadline before the one for which it sleeps, hence seldom: those that
    it sleeps for have nearly always been met when they pass.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._armed: dict[int, tuple[Deadline, socket.socket]] = {}
        self._keys = itertools.count()
        self._thread: threading.Thread | None = None
        self._sleeps_until = math.inf

    def arm(self, connection: socket.socket, deadline: Deadline) -> int:
        """Shut ``connection`` down at ``deadline`` unless the key is disarmed before."""
        key = next(self._keys)
        with self._changed:
            self._armed[key] = (deadline, connection)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._watch, name="xharness watchdog", daemon=True
                )
                self._thread.start()
            elif deadline.moment < self._sleeps_until:
                self._changed.notify()
        return key

    def armed(self, key: int) -> bool:
        """Whether the deadline of ``key`` has not passed yet, nor was it disarmed."""
        return key in self._armed

    def disarm(self, key: int) -> None:
        with self._changed:
            self._armed.pop(key, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                for key, (deadline, connection) in list(self._armed.items()):
                    if deadline.passed:
                        del self._armed[key]
                        connection.shutdown(socket.SHUT_RDWR)
                deadlines = [deadline for deadline, _ in self._armed.values()]
                first = min(deadlines, key=lambda deadline: deadline.moment, default=None)
                self._sleeps_until = math.inf if first is None else first.moment
                self._changed.wait(None if first is None else first.remaining)


_WATCHDOG = _Watchdog()


class guard:  # noqa: N801  # used as a word of a with statement
    """Shut ``connection`` down if the block takes longer than ``deadline``."""

    __slots__ = ("_connection", "_deadline", "_key")

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline

    def __enter__(self) -> Self:
        self._key = _WATCHDOG.arm(self._connection, self._deadline)
        return self

    @property
    def overrun(self) -> bool:
        """Whether the block, which has not ended, took so long that its socket is shut down."""
        return not _WATCHDOG.armed(self._key)

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        _WATCHDOG.disarm(self._key)
