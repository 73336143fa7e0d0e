# SPDX-License-Identifier: MIT
"""The proxy: a display of its own, a thread that passes messages on, and the layers in between.

A loop on epoll instead of asyncio, whose transports pass no file descriptors; here a side that
does not read also stops the other one at once.
"""

import contextlib
import heapq
import itertools
import os
import select
import socket
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, Self, TypeVar

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.proxy import tasks
from harness.proxy.display import OwnDisplay
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.own_channel import OwnChannel
from harness.proxy.stream import CHUNK, SocketStream
from harness.x11 import encoding
from harness.x11.address import Address
from harness.x11.extensions import Extension
from harness.x11.plain_connection import query_extensions

T = TypeVar("T")

CALL_SECONDS = 10.0
"""How long the proxy's thread may take to do what another asks of it."""

_READ, _WRITE = select.EPOLLIN, select.EPOLLOUT


class ProxyFailed(HarnessError):
    """The proxy itself, or a layer of it, went wrong: this is a bug here, not in the server."""


class Proxy:
    """Serves a display of its own and passes everything on to the server at ``display``.

    Clients authorise themselves towards the server: its cookie is good for the proxy too.
    Without layers bytes pass as they come.  With layers the streams are cut into messages,
    which pass through the layers, first the one that is next to the clients.

    ``extensions`` are the server's, by name; ``links`` the clients connected now.
    Raises ExtensionsUnknown when there are layers and the server does not answer.
    """

    def __init__(self, display: str, cookie: bytes = b"", layers: Sequence[Layer] = ()) -> None:
        self._server, self._cookie = Address.parse(display), cookie
        self.layers = tuple(layers)
        self.transparent = not self.layers
        self.extensions: dict[str, Extension] = {}
        if self.layers:
            self.extensions = query_extensions(display, cookie)
        self.links: list[Link] = []
        self.wanted = bytearray(256)
        self.watched = bytearray(128)
        self.big_requests = 0
        self._failure = ""
        self._count = 0
        self._own: OwnChannel | None = None
        self._memory = memoryview(bytearray(CHUNK))
        self._poll = select.epoll()
        self._hear: dict[int, Callable[[], None]] = {}
        self._say: dict[int, Callable[[], None]] = {}
        self._interest: dict[int, int] = {}
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timers_set = itertools.count()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._ending = False
        for layer in self.layers:
            layer.start(self)
        self.note_wishes()
        self._display = OwnDisplay()
        self._thread = threading.Thread(target=self._serve, name="proxy", daemon=True)
        self._thread.start()

    @property
    def display(self) -> str:
        """The name of the display that it serves, such as ``:20001``."""
        return self._display.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut every connection and give the display up.  Repeating it changes nothing."""
        self._ending = True
        with contextlib.suppress(OSError):
            os.eventfd_write(self._bell, 1)
        self._thread.join()

    def check(self) -> None:
        """Raise ProxyFailed when something went wrong in here."""
        if self._failure:
            raise ProxyFailed(
                f"the proxy in front of {self._server.name} failed; this is a bug of the "
                f"harness, not of the server:\n{self._failure}"
            )

    def call(self, function: Callable[[], T]) -> T:
        """The result of ``function``, called in the proxy's thread; raises what it raises."""
        if threading.current_thread() is self._thread:
            return function()
        future: Future[T] = Future()
        self._calls.append((function, future))
        os.eventfd_write(self._bell, 1)
        return future.result(Deadline.after(CALL_SECONDS).seconds)

    # For layers

    def note_wishes(self) -> None:
        """Look again at what the layers want to see; call it when that has changed."""
        every = any(layer.every_request for layer in self.layers)
        majors = {major for layer in self.layers for major, _ in layer.handlers}
        big = self.extensions.get("BIG-REQUESTS")
        self.big_requests = big.major if big else 0
        majors |= {self.big_requests, encoding.GRAB_SERVER, encoding.UNGRAB_SERVER}
        self.wanted[:] = bytes(every or major in majors for major in range(256))
        loud = any(layer.every_message for layer in self.layers)
        kinds = {kind for layer in self.layers for kind in layer.watches}
        self.watched[:] = bytes(loud or kind in kinds for kind in range(128))

    def free_major(self) -> int:
        """A major opcode that neither the server nor another layer uses."""
        taken = {extension.major for extension in self.extensions.values()}
        taken |= {major for layer in self.layers for major, _ in layer.handlers}
        return next(
            major for major in range(255, encoding.FIRST_EXTENSION - 1, -1) if major not in taken
        )

    def own(self) -> OwnChannel:
        """The proxy's own connection to the server, which lasts as long as there are clients."""
        if self._own is None:
            stream = self._reach()
            own = self._own = OwnChannel(stream, self._cookie)
            self._watch(stream, partial(self._read_own, own, stream))
            big = self.extensions.get("BIG-REQUESTS")
            if big is not None:
                own.send(own.new_request(big.major))
        return self._own

    def spawn(self, task: Coroutine[Any, None, None]) -> None:
        """Run ``task``, which belongs to no request of a client."""
        tasks.run(task, self.fail)

    def after(self, seconds: float, function: Callable[[], None]) -> None:
        """Call ``function`` once, so much later, in the proxy's thread, where this is called too.

        What is due when the proxy ends is not called any more.
        """
        due = time.monotonic() + seconds
        heapq.heappush(self._timers, (due, next(self._timers_set), function))

    def fail(self, failure: Exception) -> None:
        """A layer raised ``failure``: remember it for ``check``."""
        if not self._failure:
            self._failure = "".join(traceback.format_exception(failure))

    def cut(self, link: Link) -> None:
        """End the connection of ``link`` on both sides now, in the middle of whatever it is."""
        self._drop(link)

    # The loop

    def _serve(self) -> None:
        self._poll.register(self._bell, _READ)
        self._hear[self._bell] = self._answer_calls
        listener = self._display.listener
        self._poll.register(listener, _READ)
        self._hear[listener.fileno()] = self._accept
        try:
            while not self._ending:
                for fd, events in self._poll.poll(self._patience()):
                    if events & _WRITE and (say := self._say.get(fd)) is not None:
                        say()
                    if events & ~_WRITE and (hear := self._hear.get(fd)) is not None:
                        hear()
                self._call_due()
                self._settle()
        except Exception as failure:
            self.fail(failure)
        finally:
            self._end()

    def _end(self) -> None:
        self._display.close()
        for link in list(self.links):
            self._drop(link)
        if self._own is not None:
            self._own.server.close()
        self._poll.close()
        os.close(self._bell)
        while self._calls:
            _, future = self._calls.popleft()
            future.set_exception(ProxyFailed("the proxy has ended"))

    def _patience(self) -> float | None:
        """Seconds until the next function is due, None when nothing is."""
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None

    def _call_due(self) -> None:
        while self._timers and self._timers[0][0] <= time.monotonic():
            _, _, function = heapq.heappop(self._timers)
            function()

    def _answer_calls(self) -> None:
        os.eventfd_read(self._bell)
        while self._calls:
            function, future = self._calls.popleft()
            try:
                future.set_result(function())
            except Exception as failure:
                future.set_exception(failure)

    def _reach(self) -> SocketStream:
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            end.connect(str(self._server.path))
        except OSError:
            # What is written to it is lost, and its end is read at once: as a dead server's.
            end.close()
            end, other = socket.socketpair()
            other.close()
        return SocketStream(end)

    def _watch(self, stream: SocketStream, hear: Callable[[], None]) -> None:
        fd = stream.fileno()
        self._hear[fd], self._say[fd] = hear, stream.flush
        self._interest[fd] = _READ
        self._poll.register(fd, _READ)

    def _accept(self) -> None:
        while True:
            try:
                end, _ = self._display.listener.accept()
            except OSError:
                return
            self._count += 1
            link = Link(self, self._count, SocketStream(end), self._reach())
            self.links.append(link)
            client, server = link.client, link.server
            self._watch(
                client, partial(self._read, client, server, link.take_requests, link.lose_client)
            )
            self._watch(
                server, partial(self._read, server, client, link.take_messages, link.lose_server)
            )

    def _read(
        self,
        source: SocketStream,
        sink: SocketStream,
        take: Callable[[bytes], None],
        lose: Callable[[], None],
    ) -> None:
        with contextlib.suppress(BlockingIOError):
            data, fds = source.take(self._memory)
            if fds:
                sink.fds.append(fds)
            if data:
                take(data)
                sink.flush()
            else:
                lose()

    def _read_own(self, own: OwnChannel, stream: SocketStream) -> None:
        with contextlib.suppress(BlockingIOError):
            data, _ = stream.take(self._memory)
            if data:
                own.take(data)
            else:
                self._forget_own()
                own.lose()

    def _forget_own(self) -> None:
        if self._own is not None:
            self._unwatch(self._own.server)
            self._own.server.close()
            self._own = None

    def _settle(self) -> None:
        """Send what waits, say what to wait for, and let go of connections that are over."""
        for link in list(self.links):
            link.server.flush()
            link.client.flush()
            if link.finished or (link.server_gone and not link.client.waiting):
                self._drop(link)
            else:
                self._want(link.client, link.wants_requests)
                self._want(link.server, link.wants_messages)
        if self._own is not None:
            self._own.server.flush()
            self._want(self._own.server, True)

    def _want(self, stream: SocketStream, reading: bool) -> None:
        fd = stream.fileno()
        wish = (_READ if reading else 0) | (_WRITE if stream.waiting else 0)
        if self._interest[fd] != wish:
            # A hang-up is told even to those who ask for nothing.
            if not wish:
                self._poll.unregister(fd)
            elif not self._interest[fd]:
                self._poll.register(fd, wish)
            else:
                self._poll.modify(fd, wish)
            self._interest[fd] = wish

    def _unwatch(self, stream: SocketStream) -> None:
        fd = stream.fileno()
        if self._interest.pop(fd, 0):
            self._poll.unregister(fd)
        self._hear.pop(fd, None)
        self._say.pop(fd, None)

    def _drop(self, link: Link) -> None:
        if link not in self.links:
            return
        self.links.remove(link)
        for stream in (link.client, link.server):
            self._unwatch(stream)
            stream.close()
        link.client_gone = link.server_gone = True
        link.lose()
        for layer in self.layers:
            layer.closed(link)
        if not self.links and self._own is not None:
            self._own.server.flush()
            own = self._own
            self._forget_own()
            own.lose()
            for layer in self.layers:
                layer.idle()
