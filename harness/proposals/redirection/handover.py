# SPDX-License-Identifier: MIT
"""A presentation becomes a RedirectNotify for the client that redirects its window."""

import itertools
from dataclasses import dataclass, fields

from harness.proposals import requests
from harness.proposals.redirection.automatic import AutomaticRedirections
from harness.proposals.redirection.borrowed import BorrowedPixmap, RedirectedPresentation
from harness.proposals.redirection.contexts import Context
from harness.proposals.redirection.pixmap_destruction import PixmapDestruction
from harness.proposals.redirection.release import Release
from harness.proposals.redirection.state import RedirectState, disconnected
from harness.proposals.redirection.validation import PresentedObjects, validate
from harness.proxy.link import Link
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding
from harness.x11.present import PresentPixmap, RedirectNotify

_UNCHANGED = {f.name for f in fields(RedirectNotify)} & {f.name for f in fields(PresentPixmap)}
_UNCHANGED -= {"pixmap"}
"""What the event has of the request as it is."""


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """The context that redirects a window: ``holder``; ``parent`` is the window's."""

    holder: Context
    parent: int


@dataclass(slots=True, eq=False)
class _Delivery:
    """A redirected ``request`` of the client of ``link`` until its event is sent."""

    link: Link
    request: PresentPixmap
    objects: PresentedObjects
    target: RedirectTarget
    borrowed: BorrowedPixmap
    regions: tuple[int, int]
    """Valid and update region as the redirecting client gets them, 0 for none."""


class Handover:
    """Redirects single presentations.

    With stable ids the redirecting client gets copies of pixmap and regions, else the
    application's own.
    """

    def __init__(
        self,
        state: RedirectState,
        automatic: AutomaticRedirections,
        destruction: PixmapDestruction,
        release: Release,
    ) -> None:
        self._state, self._borrowed, self._helper = state, state.borrowed, state.helper
        self._automatic, self._destruction, self._release = automatic, destruction, release
        self._numbers = itertools.count(1)

    async def target(self, link: Link, window: int, *, deep: bool) -> RedirectTarget | None:
        """Who redirects what ``link`` presents on ``window``; None for no other client.

        With ``deep`` the nearest ancestor that is redirected counts, else the parent alone.
        """
        parent = ancestor = 0
        while True:
            tree = await link.ask(requests.query_tree(link, ancestor or window))
            if tree[0] != encoding.REPLY:
                return None
            (ancestor,) = link.unpack("I", tree, 12)
            parent = parent or ancestor
            holder = self._state.contexts.holders.get(ancestor)
            if holder is not None and holder.redirects:
                return None if holder.link is link else RedirectTarget(holder, parent)
            if not ancestor or not deep:
                return None

    async def redirect(
        self, link: Link, data: bytes, request: PresentPixmap, target: RedirectTarget
    ) -> bytes | None:
        """Handle a PresentPixmap whose window is redirected."""
        objects = await validate(self._state, link, data, request)
        if isinstance(objects, bytes):
            return objects
        borrowed = self._lend(request, objects, target.holder.link)
        regions = (request.valid, request.update)
        delivery = _Delivery(link, request, objects, target, borrowed, regions)
        if self._state.stable:
            if link.grabs:
                # The copy cannot be made before the grab ends, and the client must not wait.
                image = await _image(link, borrowed)
                self._state.proxy.spawn(self._paste_and_deliver(delivery, image))
                link.swallow()
                return None
            try:
                await self._helper.copy(borrowed)
                await self._copy_regions(delivery)
            except ChannelLost:
                return data
        # A client that grabs the server keeps it from answering others.
        lost = not link.grabs and await disconnected(target.holder.link)
        if lost or not self._deliver(delivery):
            self._helper.destroy_regions(self._copies(delivery))
            self._borrowed.prune()
            return data
        link.swallow()
        return None

    def _lend(
        self, request: PresentPixmap, objects: PresentedObjects, borrower: Link
    ) -> BorrowedPixmap:
        pixmap = self._borrowed.tracked.get(request.pixmap)
        shape = (objects.pixmap_size, objects.depth)
        if pixmap is not None and pixmap.depth and (pixmap.size, pixmap.depth) != shape:
            self._destruction.freed(request.pixmap)
        pixmap = self._borrowed.track(request.pixmap)
        pixmap.size, pixmap.depth = shape
        borrowed = self._borrowed.reachable(borrower, pixmap)
        if borrowed is None:
            copied = self._state.stable
            borrowed = BorrowedPixmap(borrower, pixmap, 0 if copied else pixmap.id, copied)
            self._borrowed.all.append(borrowed)
        return borrowed

    async def _copy_regions(self, delivery: _Delivery) -> None:
        valid, update = delivery.objects.valid, delivery.objects.update
        delivery.regions = (
            await self._helper.region(valid.rectangles) if valid else 0,
            await self._helper.region(update.rectangles) if update else 0,
        )

    async def _paste_and_deliver(self, delivery: _Delivery, image: bytes) -> None:
        borrowed, redirector = delivery.borrowed, delivery.target.holder.link
        await self._helper.paste(borrowed, image)
        await self._copy_regions(delivery)
        if await disconnected(redirector) or not self._deliver(delivery):
            # The server cannot get the request any more: it is skipped.
            self._release.release(self._presentation(delivery), redirector)
        elif not borrowed.pixmap.named:
            self._destruction.notify(borrowed)

    async def trigger_fence(self, link: Link, data: bytes) -> bytes | None:
        """The handler of SYNC's TriggerFence: copies that wait for the fence are made again."""
        fence = requests.first_id(link, data, 8)
        found = self._borrowed.with_wait_fence(fence) if fence and self._state.stable else []
        for one in [one for one in found if one.reachable and one.pixmap.named]:
            if link.grabs:
                self._state.proxy.spawn(self._helper.paste(one, await _image(link, one)))
            else:
                await link.trip()
                await self._helper.copy(one)
        return data

    def _presentation(self, delivery: _Delivery) -> RedirectedPresentation:
        request = delivery.request
        return RedirectedPresentation(
            next(self._numbers), request, request.idle_fence, self._copies(delivery)
        )

    def _copies(self, delivery: _Delivery) -> list[int]:
        return [region for region in delivery.regions if region and self._state.stable]

    def _deliver(self, delivery: _Delivery) -> bool:
        """Send the event; whether its receiver still redirects."""
        request, objects, target = delivery.request, delivery.objects, delivery.target
        holder, borrowed = self._state.contexts.holders.get(target.holder.window), delivery.borrowed
        if holder is None or not holder.redirects or holder.link is not target.holder.link:
            return False
        if borrowed not in self._borrowed.all:
            # All of it was released meanwhile; this begins another time.
            self._borrowed.all.append(borrowed)
        borrowed.owed.append(self._presentation(delivery))
        borrowed.event, borrowed.window = holder.event, holder.window
        event = RedirectNotify(
            update_window=self._automatic.covers(request.window, target.parent),
            event=holder.event,
            event_window=holder.window,
            pixmap=borrowed.id,
            valid_region=delivery.regions[0],
            update_region=delivery.regions[1],
            valid_rect=objects.valid_rectangle,
            update_rect=objects.update_rectangle(request.x_off, request.y_off),
            **{name: getattr(request, name) for name in _UNCHANGED},
        )
        self._state.inject(holder.link, event)
        self._helper.watch(request.window)
        return True


async def _image(link: Link, borrowed: BorrowedPixmap) -> bytes:
    return await link.ask(requests.get_image(link, borrowed.pixmap.id, borrowed.pixmap.size))
