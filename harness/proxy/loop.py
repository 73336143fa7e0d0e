# SPDX-License-Identifier: MIT
"""An event loop of one thread, over streams and timers.

On epoll instead of asyncio, whose transports pass no file descriptors; here a side that does
not read also stops the other one at once.
"""

import contextlib
import heapq
import itertools
import select
import socket
import time
from collections.abc import Callable
from functools import partial

from harness.proxy.stream import CHUNK, SocketStream

Receiver = Callable[[memoryview, list[int]], None]
"""Gets what was read from a stream, and the file descriptors with it; no bytes are its end.

The bytes are there until it returns.
"""

_READ, _WRITE = select.EPOLLIN, select.EPOLLOUT

_LAST_TURNS = 8
"""How often what came before the stop is looked for, of peers that go on sending."""


class Loop:
    """Calls functions when descriptors can be read, and when timers are due."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._writers: dict[int, Callable[[], None]] = {}
        self._interest: dict[int, int] = {}
        self._memory = memoryview(bytearray(CHUNK))
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_numbers = itertools.count()
        self._stopping = False
        self._bell, self._wake = socket.socketpair()
        self.watch(self._bell.fileno(), lambda: None)

    def run(self, settle: Callable[[], None]) -> None:
        """Run until ``stop``; ``settle`` is called each time before the loop waits.

        What came before the stop is read, so that clients that ended are known to have ended.
        """
        timers = self._timers
        while not self._stopping:
            self._turn(max(0.0, timers[0][0] - time.monotonic()) if timers else None)
            while timers and timers[0][0] <= time.monotonic():
                _, _, function = heapq.heappop(timers)
                function()
            settle()
        self._poll.unregister(self._bell)
        for _ in range(_LAST_TURNS):
            if not self._turn(0.0):
                break
            settle()

    def _turn(self, seconds: float | None) -> bool:
        """Wait so long for something to do, and do it; whether there was anything."""
        ready = self._poll.poll(seconds)
        for fd, events in ready:
            if events & _WRITE and (write := self._writers.get(fd)) is not None:
                write()
            if events & ~_WRITE and (read := self._readers.get(fd)) is not None:
                read()
        return bool(ready)

    def stop(self) -> None:
        """Let ``run`` return.  Any thread may call it, and repeating it changes nothing."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake.send(b"!")

    def close(self) -> None:
        """Release its descriptors."""
        self._poll.close()
        self._bell.close()
        self._wake.close()

    def after(self, seconds: float, function: Callable[[], None]) -> None:
        """Call ``function`` once, ``seconds`` from now, unless the loop stops earlier."""
        due = time.monotonic() + seconds
        heapq.heappush(self._timers, (due, next(self._timer_numbers), function))

    def watch(self, fd: int, read: Callable[[], None]) -> None:
        """Call ``read`` whenever ``fd`` can be read."""
        self._readers[fd] = read
        self._interest[fd] = _READ
        self._poll.register(fd, _READ)

    def watch_stream(
        self,
        stream: SocketStream,
        receive: Receiver,
        flushed: Callable[[], None] = lambda: None,
    ) -> None:
        """Give ``receive`` what comes from ``stream``; flush it whenever it has room.

        ``flushed`` is called then.
        """

        def flush() -> None:
            stream.flush()
            flushed()

        self._writers[stream.fileno()] = flush
        self.watch(stream.fileno(), partial(self._read, stream, receive))

    def want(self, stream: SocketStream, reading: bool) -> None:
        """Read from ``stream`` or not; wait for room in it while bytes wait to be sent."""
        fd = stream.fileno()
        interest = (_READ if reading else 0) | (_WRITE if stream.waiting else 0)
        if self._interest[fd] != interest:
            # A registered descriptor reports a hang-up even without any interest.
            if self._interest[fd]:
                self._poll.unregister(fd)
            if interest:
                self._poll.register(fd, interest)
            self._interest[fd] = interest

    def close_stream(self, stream: SocketStream) -> None:
        """Watch ``stream`` no longer, and close it."""
        fd = stream.fileno()
        if self._interest.pop(fd, 0):
            self._poll.unregister(fd)
        self._readers.pop(fd, None)
        self._writers.pop(fd, None)
        stream.close()

    def _read(self, stream: SocketStream, receive: Receiver) -> None:
        try:
            data, fds = stream.take(self._memory)
        except BlockingIOError:
            return
        receive(data, fds)
