# SPDX-License-Identifier: MIT
"""A proxy at work: a display of its own, and a thread that passes on what its clients send."""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Self

from harness.proxy.display import OwnDisplay
from harness.proxy.layer import Layer, LayerStack
from harness.proxy.link import Link
from harness.proxy.loop import Receiver
from harness.proxy.proxy import Proxy
from harness.proxy.stream import SocketStream, TappedStream
from harness.proxy.tap import Tap
from harness.x11.plain_connection import query_extensions


class ProxyThread(Proxy):
    """Serves a display of its own and passes everything on to the server at ``display``.

    Its own is the attribute ``display``, such as ``:20001``; ``layers`` are as given.
    Clients authorise themselves towards the server: its cookie is good for the proxy too.
    Without layers bytes pass as they come.  With layers the streams are cut into messages,
    which pass through the layers, first the one that is next to the clients.  ``tap`` sees what
    clients send and receive.

    Raises ExtensionsUnknown when there are layers, or a tap, and the server does not answer,
    DisplayNotMade when none of ``numbers``, by default high ones, is free for its display.
    """

    def __init__(
        self,
        display: str,
        cookie: bytes = b"",
        layers: Sequence[Layer] = (),
        numbers: Iterable[int] | None = None,
        tap: Tap | None = None,
    ) -> None:
        extensions = query_extensions(display, cookie) if layers or tap else {}
        super().__init__(display, cookie, extensions)
        self.layers, self._tap = tuple(layers), tap
        self._count = 0
        self._active: list[Link] = []
        try:
            self._stack = LayerStack(self.layers, self)
            if tap is not None:
                tap.start(self)
            self._display = OwnDisplay(numbers)
        except BaseException:
            self._loop.close()
            raise
        self.display = self._display.name
        self._loop.watch(self._display.listener.fileno(), self._accept)
        self._thread = threading.Thread(target=self._serve, name="proxy", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and the display.  Repeating it changes nothing."""
        self._loop.stop()
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._loop.run(self._settle)
        except Exception as failure:
            self.fail(failure)
        finally:
            self._display.close()
            for link in list(self.links):
                self._close(link)
            self._close_own()
            if self._tap is not None:
                self._tap.end()
            self._loop.close()

    def _accept(self) -> None:
        try:
            end, _ = self._display.listener.accept()
        except OSError:
            return
        self._count += 1
        number, tap = self._count, self._tap
        client, server = SocketStream(end), self._connect()
        if tap is not None:
            tap.opened(number)
            client = TappedStream(end, partial(tap.received, number))
        link = Link(self._stack, number, client, server, self.fail)
        self.links.append(link)
        cut = bool(self.layers)
        take_requests = link.take_requests if cut else server.pass_on
        take_messages = link.take_messages if cut else client.pass_on
        from_client = self._receiver(link, server, take_requests, partial(self._lose_client, link))
        from_server = self._receiver(link, client, take_messages, link.lose_server)
        if tap is not None:
            from_client = _tapped(from_client, partial(tap.sent, number))
        self._active.append(link)
        flushed = partial(self._active.append, link)
        self._loop.watch_stream(client, from_client, flushed)
        self._loop.watch_stream(server, from_server, flushed)

    def _receiver(
        self,
        link: Link,
        sink: SocketStream,
        take: Callable[[memoryview], bool | None],
        lose: Callable[[], None],
    ) -> Receiver:
        """What is read from a stream of ``link`` goes to ``sink``, its bytes by way of ``take``.

        There is nothing to settle if that returns True.
        """

        def receive(data: memoryview, fds: list[int]) -> None:
            if fds:
                sink.put_fds(fds)
            if not data:
                lose()
            elif take(data):
                return
            self._active.append(link)

        return receive

    def _lose_client(self, link: Link) -> None:
        """End the connection now: the server sees what its clients do in their order."""
        link.lose_client()
        if self._is_over(link):
            self._close(link)

    def _settle(self) -> None:
        """Close connections that are over, send what waits, say what to wait for."""
        if self._active or self.layers:
            self._settle_links()
        if self._tap is not None:
            self._tap.rest()
        if self._own is not None:
            self._own.server.flush()
            self._loop.want(self._own.server, True)

    def _settle_links(self) -> None:
        # Layers may let any link go on, and so does closing one.
        touched = self.links if self.layers else dict.fromkeys(self._active)
        active = [link for link in touched if link in self.links]
        self._active.clear()
        while over := [link for link in active if self._is_over(link)]:
            for link in over:
                self._close(link)
            active = [link for link in active if link not in over]
        for link in active:
            self._loop.want(link.client, link.wants_requests)
            self._loop.want(link.server, link.wants_messages)

    def _is_over(self, link: Link) -> bool:
        """Whether nothing of ``link`` is left to do, once what has room is sent."""
        link.server.flush()
        link.client.flush()
        return link.finished or (link.server_gone and not link.client.waiting)

    def _close(self, link: Link) -> None:
        self.links.remove(link)
        for stream in (link.client, link.server):
            self._loop.close_stream(stream)
        if self._tap is not None and (link.client_gone or link.server_gone):
            self._tap.closed(link.number, link.client_gone)
        link.client_gone = link.server_gone = True
        link.lose()
        for layer in self.layers:
            layer.closed(link)
        if not self.links and self._own is not None:
            self._close_own()
            for layer in self.layers:
                layer.idle()


def _tapped(receive: Receiver, see: Callable[[bytes, list[int]], None]) -> Receiver:
    """``receive``, with ``see`` before it."""

    def seen(data: memoryview, fds: list[int]) -> None:
        if data:
            see(bytes(data), fds)
        receive(data, fds)

    return seen
