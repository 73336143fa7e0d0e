# SPDX-License-Identifier: MIT
"""What the layers of a proxy share: its clients, the server, a connection to it, and a loop."""

import socket
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.proxy import tasks
from harness.proxy.link import Link
from harness.proxy.loop import Loop
from harness.proxy.own_channel import OwnChannel
from harness.proxy.stream import SocketStream
from harness.x11 import encoding
from harness.x11.address import Address
from harness.x11.extensions import Extension

CONNECT_SECONDS = 10.0


class LayerHindered(HarnessError):
    """A layer cannot do its work, and neither it nor the server is at fault."""


class ProxyFailed(HarnessError):
    """The proxy or one of its layers failed: a bug of the harness, not of the server."""


class Proxy:
    """A proxy as its layers see it; all methods but ``check`` run in its own thread.

    ``extensions`` are the server's and those that layers announce, by name; ``links`` are the
    clients connected now, in the order in which they connected.
    """

    def __init__(self, display: str, cookie: bytes, extensions: dict[str, Extension]) -> None:
        self.extensions = extensions
        self.links: list[Link] = []
        self._server, self._cookie = Address.parse(display), cookie
        self._majors = {extension.major for extension in extensions.values()}
        self._own: OwnChannel | None = None
        self._loop = Loop()
        self._failure: Exception | None = None

    def free_major(self) -> int:
        """A major opcode that is not in use; each call gives another one."""
        majors = range(255, encoding.FIRST_EXTENSION - 1, -1)
        major = next(one for one in majors if one not in self._majors)
        self._majors.add(major)
        return major

    def own(self) -> OwnChannel:
        """The proxy's own connection to the server, closed when the last client disconnects."""
        if self._own is None:
            own = self._own = OwnChannel(self._connect(), self._cookie)

            def receive(data: memoryview, _: list[int]) -> None:
                if data:
                    own.take(data)
                else:
                    self._close_own()

            self._loop.watch_stream(own.server, receive)
            big = self.extensions.get("BIG-REQUESTS")
            if big is not None:
                own.send(own.new_request(big.major))
        return self._own

    def spawn(self, task: Coroutine[Any, None, None]) -> None:
        """Run ``task``, which belongs to no request of a client."""
        tasks.run(task, self.fail)

    def after(self, seconds: float, function: Callable[[], None]) -> None:
        """Call ``function`` once, ``seconds`` from now, unless the proxy ends earlier."""
        self._loop.after(seconds, function)

    def fail(self, failure: Exception) -> None:
        """Keep the first exception of a layer or of the proxy for ``check``."""
        if self._failure is None:
            self._failure = failure

    def check(self) -> None:
        """Raise ProxyFailed when the proxy or one of its layers failed, LayerHindered as it is."""
        if isinstance(self._failure, LayerHindered):
            raise self._failure
        if self._failure is not None:
            trace = "".join(traceback.format_exception(self._failure))
            raise ProxyFailed(
                f"the proxy in front of {self._server.name} failed; this is a bug of the "
                f"harness, not of the server:\n{trace}"
            )

    def _connect(self) -> SocketStream:
        try:
            return SocketStream(self._server.connect(Deadline.after(CONNECT_SECONDS)))
        except OSError:
            # As with a server that died: what is written is lost, and reading finds the end.
            end, other = socket.socketpair()
            other.close()
            return SocketStream(end)

    def _close_own(self) -> None:
        if self._own is not None:
            own, self._own = self._own, None
            own.server.flush()
            self._loop.close_stream(own.server)
            own.lose()
