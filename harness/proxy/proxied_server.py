# SPDX-License-Identifier: MIT
"""A server that is reached through a proxy."""

from collections.abc import Iterable, Sequence

from harness.proxy.layer import Layer
from harness.proxy.tap import Tap
from harness.proxy.thread import ProxyThread
from harness.servers.flip.control import FlipControl
from harness.servers.monitors.control import MonitorControl
from harness.servers.server import Server, Stop


class ProxiedServer(Server):
    """``server`` with a proxy in front: clients of ``display`` pass through ``layers``.

    Everything else is the server's own: cookie, process, log and end.  The display has the first
    of ``numbers`` that is free, by default a high one; ``tap`` sees what clients send and receive.
    """

    def __init__(
        self,
        server: Server,
        layers: Sequence[Layer] = (),
        numbers: Iterable[int] | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.server = server
        self.proxy = ProxyThread(server.display, server.cookie, layers, numbers, tap)
        self.display = self.proxy.display
        self.cookie, self.authority, self.pid = server.cookie, server.authority, server.pid
        self.setup, self.spec, self.log_path = server.setup, server.spec, server.log_path
        self.is_xwayland, self.recognised = server.is_xwayland, server.recognised

    @property
    def name(self) -> str:
        return f"{self.server.name} behind a proxy at {self.display}"

    @property
    def alive(self) -> bool:
        return self.server.alive

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        """Raise ServerDied when the server has died, ProxyFailed when the proxy failed."""
        self.server.check_alive(handling, grace)
        self.proxy.check()

    def log_tail(self, lines: int = 20, start: int = 0) -> str:
        return self.server.log_tail(lines, start)

    @property
    def log_size(self) -> int:
        return self.server.log_size

    @property
    def flip(self) -> FlipControl | None:
        return self.server.flip

    @property
    def monitor_control(self) -> MonitorControl | None:
        return self.server.monitor_control

    def attach_host(self) -> Server | None:
        return self.server.attach_host()

    def stop(self) -> Stop:
        self.proxy.close()
        return self.server.stop()
