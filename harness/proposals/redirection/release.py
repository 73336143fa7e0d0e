# SPDX-License-Identifier: MIT
"""A redirected pixmap becomes idle: its fence, IdleNotify, then Skip for what was never shown."""

from harness.proposals import requests
from harness.proposals.redirection.borrowed import BorrowedPixmap, RedirectedPresentation
from harness.proposals.redirection.event_sender import EventSender
from harness.proposals.redirection.state import RedirectState
from harness.proposals.requests import RequestError
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding


class Release:
    """Makes the pixmaps of redirected presentations idle, each presentation's once."""

    def __init__(self, state: RedirectState, sender: EventSender) -> None:
        self._state, self._borrowed, self._sender = state, state.borrowed, sender
        state.helper.destroyed_hooks.append(self._window_destroyed)

    async def idle(self, link: Link, data: bytes) -> bytes | None:
        """The handler of PresentIdle.

        Raises RequestError for a pixmap that the client does not owe, or none at all.
        """
        pixmap = requests.only_id(link, data)
        borrowed = self._borrowed.take_back(link, pixmap)
        if borrowed is not None:
            self.settle(borrowed)
            link.swallow()
            return None
        if await self._state.is_pixmap(link, pixmap):
            raise RequestError(encoding.BAD_MATCH)
        raise RequestError(encoding.BAD_PIXMAP, pixmap)

    def settle(self, borrowed: BorrowedPixmap) -> None:
        """Release the presentations for which ``borrowed`` is idle now."""
        for presentation in self._borrowed.take_idle(borrowed):
            self.release(presentation, borrowed.borrower)
        self._borrowed.prune()

    def release(self, presentation: RedirectedPresentation, borrower: Link) -> None:
        """Send the events of ``presentation``, whose pixmap ``borrower`` needs no more."""
        self._state.helper.destroy_regions(presentation.regions)
        skipped, presentation.completed = not presentation.completed, True
        if not presentation.window_destroyed and self._state.proxy.links:
            self._state.proxy.spawn(self._send(presentation, borrower, skipped=skipped))

    async def _send(
        self, presentation: RedirectedPresentation, borrower: Link, *, skipped: bool
    ) -> None:
        try:
            if borrower not in self._state.proxy.links:
                raise ChannelLost
            # What is done over this connection is done before its client gets its next reply.
            fence = await self._trigger(borrower, presentation.idle_fence)
        except ChannelLost:
            own = await self._state.helper.channel()
            fence = await self._trigger(own, presentation.idle_fence)
        if presentation.window_destroyed:
            return
        self._sender.send_idle(presentation.request, fence)
        if skipped:
            self._sender.send_skip(presentation.request)

    async def _trigger(self, channel: Channel, fence: int) -> int:
        """Trigger ``fence`` and wait until it is; 0 if there is none of this id."""
        if not fence:
            await channel.trip()
            return 0
        channel.send(requests.trigger_fence(channel, self._state.sync, fence))
        answer = await channel.ask(requests.query_fence(channel, self._state.sync, fence))
        return fence if answer[0] == encoding.REPLY else 0

    def link_closed(self, link: Link, *, resources_kept: bool) -> None:
        """Release what the client of ``link`` held, in the order in which it got it.

        Its fences have ended with it, unless its resources are kept.
        """
        held = self._borrowed.of(link)
        presentations = [one for borrowed in held for one in borrowed.presentations]
        for borrowed in held:
            self._borrowed.all.remove(borrowed)
            if borrowed.copied and not borrowed.freed:
                self._state.helper.send(requests.free_pixmap, borrowed.id)
        for one in sorted(presentations, key=lambda one: one.number):
            self.release(one, link)
        self._borrowed.prune()
        for one in () if resources_kept else self._borrowed.presentations:
            if one.idle_fence & ~link.id_mask == link.id_base:
                one.idle_fence = 0

    def _window_destroyed(self, window: int) -> None:
        """Trigger the fences of what is owed on ``window``; its events have no receiver."""
        for one in self._borrowed.on_window(window):
            one.window_destroyed = True
            if one.idle_fence:
                fence = (self._state.sync, one.idle_fence)
                self._state.helper.send(requests.trigger_fence, *fence)
                one.idle_fence = 0

    async def destroy_fence(self, link: Link, data: bytes) -> bytes | None:
        """The handler of SYNC's DestroyFence: events then have no fence."""
        fence = requests.first_id(link, data, 8)
        found = [one for one in self._borrowed.presentations if one.idle_fence == fence]
        if not found:
            return data
        if await link.carry_out(data, self._state.layer) is None:
            for one in found:
                one.idle_fence = 0
        return None
