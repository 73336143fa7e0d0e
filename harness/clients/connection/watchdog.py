# SPDX-License-Identifier: MIT
"""Deadlines for calls into libxcb that block: their socket is shut down."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.deadlines import Deadline


class _Watchdog:
    """One daemon thread for all connections of the process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._armed: dict[int, tuple[Deadline, socket.socket]] = {}
        self._keys = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def guard(self, connection: socket.socket, deadline: Deadline) -> Iterator[None]:
        """Shut ``connection`` down if the block takes longer than ``deadline``."""
        key = next(self._keys)
        with self._changed:
            self._armed[key] = (deadline, connection)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._watch, name="xharness watchdog", daemon=True
                )
                self._thread.start()
                self._changed.notify()
            elif len(self._armed) == 1:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._armed.pop(key, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                for key, (deadline, connection) in list(self._armed.items()):
                    if deadline.passed:
                        del self._armed[key]
                        connection.shutdown(socket.SHUT_RDWR)
                waits = [deadline.remaining for deadline, _ in self._armed.values()]
                self._changed.wait(min(waits, default=None))


guard = _Watchdog().guard
