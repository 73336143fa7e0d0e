# SPDX-License-Identifier: MIT
"""A proxy in whose thread a test can have functions called."""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from harness.deadlines import Deadline
from harness.proxy.layer import Layer
from harness.proxy.tap import Tap
from harness.proxy.thread import ProxyThread

T = TypeVar("T")

SECONDS = 10.0


class CalledProxy(ProxyThread):
    """A proxy that also does what ``call`` hands to its thread."""

    def __init__(
        self, display: str, cookie: bytes, layers: Sequence[Layer], tap: Tap | None = None
    ) -> None:
        super().__init__(display, cookie, layers, tap=tap)
        self._calls = SimpleQueue[tuple[Callable[[], Any], Future[Any]]]()
        self._doorbell, self._button = socket.socketpair()
        self._loop.watch(self._doorbell.fileno(), self._answer)

    def call(self, function: Callable[[], T]) -> T:
        """The result of ``function``, called in the proxy's thread; raises what it raises."""
        future = Future[T]()
        self._calls.put((function, future))
        self._button.send(b"!")
        return future.result(Deadline.after(SECONDS).seconds)

    def close(self) -> None:
        super().close()
        for end in (self._doorbell, self._button):
            end.close()

    def _answer(self) -> None:
        self._doorbell.recv(1)
        function, future = self._calls.get()
        try:
            future.set_result(function())
        except Exception as failure:
            future.set_exception(failure)
