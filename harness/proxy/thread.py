# SPDX-License-Identifier: MIT
"""A proxy at work: a display of its own, and a thread that passes on what its clients send."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Self

from harness.proxy.display import OwnDisplay
from harness.proxy.layer import Layer, LayerStack
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.proxy.stream import SocketStream
from harness.x11.plain_connection import query_extensions


class ProxyThread(Proxy):
    """Serves a display of its own and passes everything on to the server at ``display``.

    Its own is the attribute ``display``, such as ``:20001``; ``layers`` are as given.
    Clients authorise themselves towards the server: its cookie is good for the proxy too.
    Without layers bytes pass as they come.  With layers the streams are cut into messages,
    which pass through the layers, first the one that is next to the clients.

    Raises ExtensionsUnknown when there are layers and the server does not answer, DisplayNotMade
    when none of ``numbers``, by default high ones, is free for its display.
    """

    def __init__(
        self,
        display: str,
        cookie: bytes = b"",
        layers: Sequence[Layer] = (),
        numbers: Iterable[int] | None = None,
    ) -> None:
        super().__init__(display, cookie, query_extensions(display, cookie) if layers else {})
        self.layers = tuple(layers)
        self._count = 0
        try:
            self._stack = LayerStack(self.layers, self)
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
            self._loop.close()

    def _accept(self) -> None:
        try:
            end, _ = self._display.listener.accept()
        except OSError:
            return
        self._count += 1
        client, server = SocketStream(end), self._connect()
        link = Link(self._stack, self._count, client, server, self.fail)
        self.links.append(link)
        cut = bool(self.layers)
        self._relay(client, server, link.take_requests if cut else server.put, link.lose_client)
        self._relay(server, client, link.take_messages if cut else client.put, link.lose_server)

    def _relay(
        self,
        source: SocketStream,
        sink: SocketStream,
        take: Callable[[bytes], None],
        lose: Callable[[], None],
    ) -> None:
        def receive(data: bytes, fds: list[int]) -> None:
            if fds:
                sink.fds.append(fds)
            if data:
                take(data)
                sink.flush()
            else:
                lose()

        self._loop.watch_stream(source, receive)

    def _settle(self) -> None:
        """Close connections that are over, send what waits, say what to wait for."""
        # Closing one lets handlers of any other go on, which send, or end, then.
        while over := [link for link in self.links if self._is_over(link)]:
            for link in over:
                self._close(link)
        for link in self.links:
            self._loop.want(link.client, link.wants_requests)
            self._loop.want(link.server, link.wants_messages)
        if self._own is not None:
            self._own.server.flush()
            self._loop.want(self._own.server, True)

    def _is_over(self, link: Link) -> bool:
        """Whether nothing of ``link`` is left to do, once what has room is sent."""
        link.server.flush()
        link.client.flush()
        return link.finished or (link.server_gone and not link.client.waiting)

    def _close(self, link: Link) -> None:
        self.links.remove(link)
        for stream in (link.client, link.server):
            self._loop.close_stream(stream)
        link.client_gone = link.server_gone = True
        link.lose()
        for layer in self.layers:
            layer.closed(link)
        if not self.links and self._own is not None:
            self._close_own()
            for layer in self.layers:
                layer.idle()
