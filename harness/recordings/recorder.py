# SPDX-License-Identifier: MIT
"""The tap of a recording: what passes through a proxy becomes items in their order."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from harness.proxy.own_channel import OwnChannel
from harness.proxy.proxy import Proxy
from harness.recordings.memory.client_memory import ClientMemory, DeviceBuffer, Written
from harness.recordings.memory.descriptors import describe
from harness.recordings.recording import (
    Closed,
    Contents,
    Descriptor,
    Item,
    Opened,
    Passed,
    RecordingHead,
    Sender,
)
from harness.x11 import encoding, setup

_Z_PIXMAP = 2
_BATCH, _BATCH_BYTES, _SECONDS = 64, 1 << 18, 0.05
"""How many pieces, how much, and how long what was seen may wait."""


class Sink(Protocol):
    """Takes a recording while it is made, in the proxy's thread."""

    def begin(self, head: RecordingHead, proxy: Proxy) -> None:
        """The recording begins; no client is known."""

    def take(self, items: Sequence[Item]) -> None:
        """The next items, in their order; some of what they stand for may have passed on."""

    def end(self) -> None:
        """The recording ends; clients may be connected."""


class RecordingTap:
    """A tap that gives all ``sinks`` the items of a recording.

    ``server`` and ``command`` are those of its head.  Cookies, the secret by which clients
    authorise themselves, are recorded as zeros.  Contents of memory stand before the messages that
    use it; those of a graphics device's buffer are a copy of its pixmap, and follow the request
    that presents it.  Without ``contents`` no memory is looked at.
    """

    def __init__(
        self, server: str, command: Sequence[str], *sinks: Sink, contents: bool = True
    ) -> None:
        self._contents = contents
        self._server, self._command, self._sinks = server, tuple(command), sinks
        self._proxy: Proxy | None = None
        self._numbered = 0
        self._greetings: dict[int, bytearray] = {}
        self._memory: dict[int, ClientMemory] = {}
        self._waiting: list[tuple[int, int, Sender, bytes, tuple[()]]] = []
        self._bytes, self._timed = 0, False
        self._early: dict[tuple[int, Sender], list[Descriptor]] = {}

    def start(self, proxy: Proxy) -> None:
        self._proxy = proxy
        extensions = tuple(proxy.extensions.values())
        head = RecordingHead(self._server, extensions, self._command, sys.byteorder == "big")
        for sink in self._sinks:
            sink.begin(head, proxy)

    def opened(self, client: int) -> None:
        assert self._proxy is not None
        self._hand_over()
        self._greetings[client] = bytearray()
        if self._contents:
            presented = partial(self._copy, client)
            self._memory[client] = ClientMemory(self._proxy.extensions, presented)
        self._give(Opened(time.time_ns(), client))

    def sent(self, client: int, data: bytes, fds: Sequence[int]) -> None:
        described = [(self._described(fd), fd) for fd in fds] if fds else []
        memory = self._memory.get(client)
        written = memory.sent(data, described) if memory is not None else ()
        if self._greetings and client in self._greetings:
            data = self._without_cookie(client, data)
        self._see(client, Sender.CLIENT, data, described, written)

    def received(self, client: int, data: bytes, fds: Sequence[int]) -> None:
        described = [(self._described(fd), fd) for fd in fds] if fds else []
        memory = self._memory.get(client)
        written = memory.received(data, described) if memory is not None else ()
        self._see(client, Sender.SERVER, data, described, written)

    def closed(self, client: int, by_client: bool) -> None:
        self._hand_over()
        self._greetings.pop(client, None)
        if (memory := self._memory.pop(client, None)) is not None:
            memory.close()
        self._give(Closed(time.time_ns(), client, Sender.CLIENT if by_client else Sender.SERVER))

    def rest(self) -> None:
        if len(self._waiting) >= _BATCH or self._bytes >= _BATCH_BYTES:
            self._hand_over()
        elif self._waiting and not self._timed:
            assert self._proxy is not None
            self._timed = True
            self._proxy.after(_SECONDS, self._on_time)

    def end(self) -> None:
        self._hand_over()
        for memory in self._memory.values():
            memory.close()
        for sink in self._sinks:
            sink.end()

    def _see(
        self,
        client: int,
        sender: Sender,
        data: bytes,
        described: Sequence[tuple[Descriptor, int]],
        written: Sequence[Written],
    ) -> None:
        now = time.time_ns()
        if described or written or self._early:
            self._hand_over()
            self._pass(now, client, sender, data, described, written)
        else:
            self._waiting.append((now, client, sender, data, ()))
            self._bytes += len(data)

    def _hand_over(self) -> None:
        """Give the sinks what waits: many at once cost half of what each alone does."""
        if self._waiting:
            waiting, self._waiting, self._bytes = self._waiting, [], 0
            self._give(*map(Passed._make, waiting))

    def _on_time(self) -> None:
        self._timed = False
        self._hand_over()

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

    def _pass(
        self,
        now: int,
        client: int,
        sender: Sender,
        data: bytes,
        described: Sequence[tuple[Descriptor, int]],
        written: Sequence[Written],
    ) -> None:
        """Give the bytes, in pieces where contents stand between their messages."""
        behind = self._early.pop((client, sender), [])
        behind += [descriptor for descriptor, _ in described]
        if not data:
            self._early[client, sender] = behind
            return
        memory, done, descriptors = self._memory.get(client), 0, tuple(behind)
        if memory is not None:
            descriptors = tuple(replace(one, kind=memory.kind_of(one)) for one in behind)
        for at, number, offset, contents in written:
            if at > done:
                self._give(Passed(now, client, sender, data[done:at], descriptors))
                done, descriptors = at, ()
            self._give(Contents(now, client, number, offset, contents, sender))
        self._give(Passed(now, client, sender, data[done:] if done else data, descriptors))

    def _copy(self, client: int, buffer: DeviceBuffer) -> None:
        """Record what a client's buffer shows, as the server has it."""
        assert self._proxy is not None
        self._proxy.spawn(self._copied(self._proxy.own(), client, buffer))

    async def _copied(self, own: OwnChannel, client: int, buffer: DeviceBuffer) -> None:
        await own.ready
        area = (buffer.pixmap, 0, 0, buffer.width, buffer.height, 0xFFFFFFFF)
        reply = await own.ask(own.new_request(encoding.GET_IMAGE, _Z_PIXMAP, "IhhHHI", *area))
        self._hand_over()
        if reply[0] == encoding.REPLY and client in self._memory:
            self._give(
                Contents(time.time_ns(), client, buffer.number, 0, reply[32:], Sender.SERVER)
            )

    def _described(self, fd: int) -> Descriptor:
        self._numbered += 1
        return Descriptor(self._numbered, *describe(fd))

    def _give(self, *items: Item) -> None:
        for sink in self._sinks:
            sink.take(items)
