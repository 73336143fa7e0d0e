# SPDX-License-Identifier: MIT
"""Events of presentations that the server knows nothing of, in each client's order."""

import os
from dataclasses import replace

from harness.proposals import requests
from harness.proposals.redirection.contexts import Context
from harness.proposals.redirection.state import RedirectState
from harness.proxy.own_channel import OwnChannel
from harness.x11 import encoding, present

_MOST_QUERIES = 10_000


class EventSender:
    """Sends IdleNotify and CompleteNotify to all contexts on a window that select them.

    Each client's own connection is queried whether the window still exists: so its events keep
    the order in which they were sent, and stand at their place among the server's.
    """

    def __init__(self, state: RedirectState) -> None:
        self._state = state
        self._skipped: dict[int, tuple[int, int]] = {}
        """Window and serial of Skips that wait for UST and MSC, by the context asking for them."""
        self._last_query = int.from_bytes(os.urandom(4), "little")
        self._queries: dict[tuple[int, int], None] = {}
        """Windows and serials of our NotifyMSC, whose answers reach all contexts there."""
        state.helper.event_hooks.append(self._receive)

    def forget(self) -> None:
        """The helper's connection has ended, and its contexts with it."""
        self._skipped.clear()
        self._queries.clear()

    def send(self, event: present.IdleNotify | present.CompleteNotify) -> None:
        """Send ``event`` to every context on its window that selects it now."""
        for context in self._state.contexts.selecting(event.window, event.MASK):
            self._state.proxy.spawn(self._deliver(replace(event, event=context.event), context))

    def send_idle(self, request: present.PresentPixmap, fence: int) -> None:
        """Send IdleNotify of ``request``, with ``fence`` as its idle fence."""
        self.send(
            present.IdleNotify(
                event=0,
                window=request.window,
                serial=request.serial,
                pixmap=request.pixmap,
                idle_fence=fence,
            )
        )

    def send_skip(self, request: present.PresentPixmap) -> None:
        """Send CompleteNotify of mode Skip, with the present UST and MSC of the window."""
        self._state.proxy.spawn(self._query_msc(request.window, request.serial))

    def is_own_query(self, event: present.CompleteNotify) -> bool:
        """Whether ``event`` answers a NotifyMSC of ours."""
        key = (event.window, event.serial)
        return event.kind == present.CompleteKind.NOTIFY_MSC and key in self._queries

    async def _deliver(
        self, event: present.IdleNotify | present.CompleteNotify, context: Context
    ) -> None:
        link = context.link
        tree = await link.ask(requests.query_tree(link, event.window))
        if tree[0] == encoding.REPLY and context.valid:
            self._state.inject(link, event)

    async def _query_msc(self, window: int, serial: int) -> None:
        own = await self._state.helper.channel()
        context = own.new_id()
        self._skipped[context] = window, serial
        select = present.SelectInput(event=context, window=window, mask=present.EventMask.COMPLETE)
        own.send(select.encode(self._state.present, own.order))
        query = self._last_query = (self._last_query + 1) & 0xFFFFFFFF
        self._queries[window, query] = None
        while len(self._queries) > _MOST_QUERIES:
            del self._queries[next(iter(self._queries))]
        request = present.NotifyMsc(window=window, serial=query)
        if await own.attempt(request.encode(self._state.present, own.order)) is not None:
            self._skipped.pop(context, None)

    def _receive(self, own: OwnChannel, data: bytes) -> None:
        if data[0] & 0x7F != encoding.GENERIC_EVENT or data[1] != self._state.present:
            return
        event = present.decode_event(data, own.order)
        if not isinstance(event, present.CompleteNotify):
            return
        if event.kind == present.CompleteKind.NOTIFY_MSC and event.event in self._skipped:
            window, serial = self._skipped.pop(event.event)
            end = present.SelectInput(event=event.event, window=window, mask=0)
            own.send(end.encode(self._state.present, own.order))
            kind, mode = present.CompleteKind.PIXMAP, present.CompleteMode.SKIP
            self.send(replace(event, kind=kind, mode=mode, serial=serial))
