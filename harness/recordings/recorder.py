# SPDX-License-Identifier: MIT
"""The tap of a recording: what passes through a proxy becomes items in their order."""

import sys
import time
from collections.abc import Sequence
from typing import Protocol

from harness.proxy.proxy import Proxy
from harness.recordings.descriptors import describe
from harness.recordings.recording import Closed, Descriptor, Head, Item, Opened, Passed, Sender
from harness.x11 import setup


class Sink(Protocol):
    """Takes a recording while it is made, in the proxy's thread."""

    def begin(self, head: Head, proxy: Proxy) -> None:
        """The recording begins; no client is known."""

    def take(self, item: Item) -> None:
        """The next item; what it stands for passes on when this returns."""

    def end(self) -> None:
        """The recording ends; clients may be connected."""


class Recorder:
    """A tap that gives all ``sinks`` the items of a recording.

    ``server`` and ``command`` are those of its head.  Cookies, the secret by which clients
    authorise themselves, are recorded as zeros.
    """

    def __init__(self, server: str, command: Sequence[str], *sinks: Sink) -> None:
        self._server, self._command, self._sinks = server, tuple(command), sinks
        self._numbered = 0
        self._greetings: dict[int, bytearray] = {}
        self._early: dict[tuple[int, Sender], tuple[Descriptor, ...]] = {}

    def start(self, proxy: Proxy) -> None:
        extensions = tuple(proxy.extensions.values())
        head = Head(self._server, extensions, self._command, sys.byteorder == "big")
        for sink in self._sinks:
            sink.begin(head, proxy)

    def opened(self, client: int) -> None:
        self._greetings[client] = bytearray()
        self._give(Opened(time.time_ns(), client))

    def sent(self, client: int, data: bytes, fds: Sequence[int]) -> None:
        if client in self._greetings:
            data = self._without_cookie(client, data)
        self._pass(client, Sender.CLIENT, data, fds)

    def received(self, client: int, data: bytes, fds: Sequence[int]) -> None:
        self._pass(client, Sender.SERVER, data, fds)

    def closed(self, client: int, by_client: bool) -> None:
        self._greetings.pop(client, None)
        self._give(Closed(time.time_ns(), client, Sender.CLIENT if by_client else Sender.SERVER))

    def end(self) -> None:
        for sink in self._sinks:
            sink.end()

    def _without_cookie(self, client: int, data: bytes) -> bytes:
        """``data``, a piece of the greeting of ``client`` at first, with zeros for the cookie."""
        greeting = self._greetings[client]
        before = len(greeting)
        greeting += data
        if (place := setup.cookie_place(greeting)) is not None:
            cookie = greeting[place]
            greeting[place] = bytes(len(cookie))
            if len(greeting) >= place.stop:
                del self._greetings[client]
        return bytes(greeting[before:])

    def _pass(self, client: int, sender: Sender, data: bytes, fds: Sequence[int]) -> None:
        descriptors: tuple[Descriptor, ...] = ()
        if fds or self._early:
            descriptors = self._early.pop((client, sender), ()) + tuple(map(self._described, fds))
            if not data:
                self._early[client, sender] = descriptors
                return
        self._give(Passed(time.time_ns(), client, sender, data, descriptors))

    def _described(self, fd: int) -> Descriptor:
        self._numbered += 1
        return Descriptor(self._numbered, *describe(fd))

    def _give(self, item: Item) -> None:
        for sink in self._sinks:
            sink.take(item)
