# SPDX-License-Identifier: MIT
"""Delivers events of our own to everybody who listens on a window, in each one's order."""

import os
from collections.abc import Sequence
from dataclasses import replace

from harness.proposals.redirection import requests
from harness.proposals.redirection.contexts import Context, Contexts
from harness.proposals.redirection.helper_client import HelperClient
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.own_channel import OwnChannel
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.present import (
    CompleteKind,
    CompleteMode,
    CompleteNotify,
    EventMask,
    IdleNotify,
    NotifyMsc,
    SelectInput,
    decode_event,
)

_MOST_MARKS = 10_000


class EventSender:
    """Tells contexts of presentations that the server knows nothing of.

    Whether the window is still there is asked on each client's own connection, so that events
    stand at their place among the client's others, and in the order in which they were told.
    """

    def __init__(
        self, proxy: Proxy, layer: Layer, major: int, contexts: Contexts, backstage: HelperClient
    ) -> None:
        self._proxy, self._layer, self._major = proxy, layer, major
        self._contexts, self._backstage = contexts, backstage
        self._timed: dict[int, tuple[int, int]] = {}
        """What waits to be told the time, by our own context that will hear of it."""
        self._next_mark = int.from_bytes(os.urandom(4), "little")
        self._marks: dict[tuple[int, int], None] = {}
        """Questions for the time, by window and serial: everybody there hears the answer."""
        backstage.listeners.append(self._hear)

    def tell(self, event: IdleNotify | CompleteNotify) -> None:
        """Give ``event`` to every context on its window that selected it now."""
        by_link: dict[Link, list[Context]] = {}
        for context in self._contexts.on(event.window, event.MASK):
            by_link.setdefault(context.link, []).append(context)
        for link, contexts in by_link.items():
            self._proxy.spawn(self._deliver(link, event, contexts))

    def tell_skip(self, window: int, serial: int) -> None:
        """Tell that ``serial`` was skipped just now, after all that was told of ``window``."""
        self._proxy.spawn(self._ask_the_time(window, serial))

    async def _ask_the_time(self, window: int, serial: int) -> None:
        own = await self._backstage.own()
        context = own.new_id()
        self._timed[context] = window, serial
        select = SelectInput(event=context, window=window, mask=EventMask.COMPLETE)
        own.send(select.encode(self._major, own.order))
        mark = self._next_mark = (self._next_mark + 1) & 0xFFFFFFFF
        self._marks[window, mark] = None
        while len(self._marks) > _MOST_MARKS:
            del self._marks[next(iter(self._marks))]
        ask = NotifyMsc(window=window, serial=mark)
        if await own.attempt(ask.encode(self._major, own.order)) is not None:
            self._timed.pop(context, None)

    def asked_for(self, event: CompleteNotify) -> bool:
        """Whether ``event`` answers a question of ours, and nobody's else."""
        key = (event.window, event.serial)
        return event.kind == CompleteKind.NOTIFY_MSC and key in self._marks

    def _hear(self, own: OwnChannel, data: bytes) -> None:
        """An event on the proxy's own connection."""
        if data[0] & 0x7F != encoding.GENERIC_EVENT or data[1] != self._major:
            return
        event = decode_event(data, own.order)
        if not isinstance(event, CompleteNotify) or event.kind != CompleteKind.NOTIFY_MSC:
            return
        window, serial = self._timed.pop(event.event, (0, 0))
        if window:
            end = SelectInput(event=event.event, window=window, mask=0)
            own.send(end.encode(self._major, own.order))
            self.tell(
                replace(event, kind=CompleteKind.PIXMAP, mode=CompleteMode.SKIP, serial=serial)
            )

    async def _deliver(
        self, link: Link, event: IdleNotify | CompleteNotify, contexts: Sequence[Context]
    ) -> None:
        tree = await link.ask(requests.query_tree(link, event.window))
        for context in contexts if tree[0] == encoding.REPLY else ():
            if context.valid:
                told = replace(event, event=context.event)
                link.inject(told.encode(self._major, 0, link.order), self._layer)

    def forget(self) -> None:
        """Our own contexts are gone."""
        self._timed.clear()
        self._marks.clear()
