# SPDX-License-Identifier: MIT
"""The layer of a proxy that applies faults to what passes."""

from collections.abc import Callable

from harness.faults.connection import FaultedConnection
from harness.faults.fault import Fault
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11.definitions.naming import Naming


class FaultLayer(Layer):
    """Gives each connection a ``fault`` of its own: ``FaultLayer(DropsIdle)``."""

    every_request = every_message = True

    def __init__(self, fault: Callable[[FaultedConnection], Fault]) -> None:
        super().__init__()
        self._make = fault
        self._faults: dict[Link, Fault] = {}
        self._borders: dict[int, int] = {}

    def start(self, proxy: Proxy) -> None:
        self._proxy, self._naming = proxy, Naming(proxy.extensions.values())

    async def request(self, link: Link, data: bytes) -> bytes | None:
        fault = self._fault(link)
        fault.link.note_request(data)
        return await fault.on_request(data)

    def message(self, link: Link, data: bytes) -> list[bytes]:
        return self._fault(link).on_message(data)

    def closed(self, link: Link) -> None:
        self._faults.pop(link, None)

    def _fault(self, link: Link) -> Fault:
        # A client may send requests before it is accepted, so this is not left to ``opened``.
        if link not in self._faults:
            connection = FaultedConnection(link, self._proxy, self, self._naming, self._borders)
            self._faults[link] = self._make(connection)
        return self._faults[link]
