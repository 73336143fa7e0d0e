# SPDX-License-Identifier: MIT
"""A layer that falsifies what a draft's implementation tells its clients."""

from collections.abc import Callable

from harness.protocol import present, present_redirect
from harness.proxy import wire
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy

Falsify = Callable[["Meddler", present_redirect.Event], list[present_redirect.Event]]


class Meddler(Layer):
    """Gives each Present event to ``falsify``, and what that returns to the client.

    ``kept`` is for what it wants to remember.
    """

    def __init__(self, falsify: Falsify) -> None:
        super().__init__()
        self._falsify = falsify
        self.kept: list[present_redirect.Event] = []

    def start(self, proxy: Proxy) -> None:
        self._major = proxy.extensions[present.EXTENSION].major
        self.watches = {wire.GENERIC_EVENT}

    def message(self, link: Link, data: bytes) -> list[bytes]:
        event = present_redirect.decode_event(data, link.order) if data[1] == self._major else None
        if event is None:
            return [data]
        (sequence,) = link.unpack("H", data, 2)
        return [one.encode(self._major, sequence, link.order) for one in self._falsify(self, event)]
