# SPDX-License-Identifier: MIT
"""A presentation becomes an event for the client that redirects it."""

from dataclasses import dataclass

from harness.proposals.redirection import requests
from harness.proposals.redirection.automatic import Automatic
from harness.proposals.redirection.borrowed import (
    BorrowedPixmap,
    BorrowedPixmaps,
    HandedPresentation,
)
from harness.proposals.redirection.contexts import Context, Contexts
from harness.proposals.redirection.helper_client import HelperClient, ended
from harness.proposals.redirection.pixmap_destruction import PixmapDestruction
from harness.proposals.redirection.release import Release
from harness.proposals.redirection.validation import ExaminedPresentation, Validator, extents
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding, present_redirect
from harness.x11.present import PresentPixmap, RedirectNotify


@dataclass(frozen=True, slots=True)
class Place:
    """Who redirects a window: ``holder``; ``parent`` is the window's."""

    holder: Context
    parent: int


@dataclass(slots=True, eq=False)
class _Item:
    """A redirected presentation until it is delivered."""

    link: Link
    asked: PresentPixmap
    subject: ExaminedPresentation
    place: Place
    loan: BorrowedPixmap
    regions: tuple[int, int]

    @property
    def holder(self) -> Context:
        return self.place.holder


class Handover:
    """Redirects one presentation; ``profile`` says by which id, ``deep`` whether descendants'
    presentations are redirected, not only children's."""

    def __init__(
        self,
        *,
        layer: Layer,
        proxy: Proxy,
        major: int,
        profile: int,
        deep: bool,
        contexts: Contexts,
        ledger: BorrowedPixmaps,
        automatic: Automatic,
        examiner: Validator,
        backstage: HelperClient,
        endings: PixmapDestruction,
        release: Release,
    ) -> None:
        self._layer, self._proxy, self._major = layer, proxy, major
        self._stable, self._deep = profile == present_redirect.STABLE_IDS, deep
        self._contexts, self._ledger, self._automatic = contexts, ledger, automatic
        self._examiner, self._backstage = examiner, backstage
        self._endings, self._release = endings, release

    async def place(self, link: Link, window: int) -> Place | None:
        """Who redirects what ``link`` presents on ``window``; None for nobody but itself."""
        first = at = 0
        while True:
            tree = await link.ask(requests.query_tree(link, at or window))
            if tree[0] != encoding.REPLY:
                return None
            (at,) = link.unpack("I", tree, 12)
            first = first or at
            holder = self._contexts.holders.get(at)
            if holder is not None and holder.redirects:
                return None if holder.link is link else Place(holder, first)
            if not at or not self._deep:
                return None

    async def redirect(
        self, link: Link, request: bytes, asked: PresentPixmap, place: Place
    ) -> bytes | None:
        """Deal with a PresentPixmap whose window is redirected, as a handler does."""
        subject = await self._examiner.examine(link, request, asked)
        if isinstance(subject, bytes):
            return subject
        item = _Item(link, asked, subject, place, self._loan(asked, subject, place), (0, 0))
        if not self._stable:
            return await self._finish(item, request)
        if link.grabs:
            # The copy cannot be made before the grab ends, and the client must not wait for it.
            image = await self._image(link, item.loan)
            self._proxy.spawn(self._paste_and_deliver(item, image))
            link.swallow()
            return None
        try:
            await self._copy(item)
        except ChannelLost:
            return request
        return await self._finish(item, request)

    def _loan(
        self, asked: PresentPixmap, subject: ExaminedPresentation, place: Place
    ) -> BorrowedPixmap:
        known = self._ledger.pixmaps.get(asked.pixmap)
        size = (*subject.pixmap_size, subject.depth)
        if known is not None and known.width and (known.width, known.height, known.depth) != size:
            self._endings.pixmap_freed(asked.pixmap)
        pixmap = self._ledger.pixmap(asked.pixmap)
        pixmap.width, pixmap.height, pixmap.depth = size
        borrower = place.holder.link
        loan = self._ledger.loan(borrower, pixmap)
        if loan is None:
            loan = BorrowedPixmap(
                borrower, pixmap, 0 if self._stable else pixmap.id, made=self._stable
            )
            self._ledger.loans.append(loan)
        return loan

    # The stable profile

    async def _copy(self, item: _Item) -> None:
        item.loan.id = await self._backstage.copy(item.loan.pixmap, item.loan.id)
        await self._copy_regions(item)

    async def _paste_and_deliver(self, item: _Item, image: bytes) -> None:
        loan = item.loan
        loan.id = await self._backstage.paste(loan.pixmap, loan.id, image)
        await self._copy_regions(item)
        if await ended(item.holder.link) or not self._deliver(item):
            # The request is long done with: what was asked for is over.
            self._release.release(self._record(item), item.holder.link)
        elif not loan.pixmap.named:
            self._endings.tell(loan)

    async def _copy_regions(self, item: _Item) -> None:
        valid, update = item.subject.valid, item.subject.update
        item.regions = (
            await self._backstage.region(valid.parts) if valid else 0,
            await self._backstage.region(update.parts) if update else 0,
        )

    async def _image(self, link: Link, loan: BorrowedPixmap) -> bytes:
        size = loan.pixmap.width, loan.pixmap.height
        return await link.ask(requests.get_image(link, loan.pixmap.id, *size))

    async def refresh(self, link: Link, fence: int) -> None:
        """``link`` is about to trigger ``fence``, before which contents were not final."""
        loans = self._ledger.waiting_for(fence) if self._stable else []
        for loan in [one for one in loans if one.reachable and one.pixmap.named]:
            if link.grabs:
                image = await self._image(link, loan)
                self._proxy.spawn(self._paste(loan, image))
            else:
                await link.trip()
                await self._backstage.copy(loan.pixmap, loan.id)

    async def _paste(self, loan: BorrowedPixmap, image: bytes) -> None:
        await self._backstage.paste(loan.pixmap, loan.id, image)

    # Delivery

    async def _finish(self, item: _Item, request: bytes) -> bytes | None:
        # A client that grabs the server keeps it from answering others.
        gone = not item.link.grabs and await ended(item.holder.link)
        if gone or not self._deliver(item):
            self._backstage.destroy_regions([region for region in item.regions if region])
            self._ledger.tidy()
            return request
        item.link.swallow()
        return None

    def _record(self, item: _Item) -> HandedPresentation:
        asked = item.asked
        return HandedPresentation(
            self._ledger.next_number(),
            asked.window,
            asked.serial,
            asked.pixmap,
            asked.wait_fence,
            asked.idle_fence,
            tuple(region for region in item.regions if region),
        )

    def _deliver(self, item: _Item) -> bool:
        """Send the event; whether its receiver still redirects."""
        holder, asked, loan = self._contexts.holders.get(item.holder.window), item.asked, item.loan
        if holder is None or not holder.redirects or holder.link is not item.holder.link:
            return False
        if loan not in self._ledger.loans:
            # Whatever came of it meanwhile is over; this opens it again.
            self._ledger.loans.append(loan)
        loan.owed.append(self._record(item))
        loan.event, loan.window = holder.event, holder.window
        valid, update = extents(asked, item.subject)
        event = RedirectNotify(
            update_window=self._automatic.covers(asked.window, item.place.parent),
            event=holder.event,
            event_window=holder.window,
            window=asked.window,
            pixmap=loan.id,
            serial=asked.serial,
            valid_region=item.regions[0] if self._stable else asked.valid,
            update_region=item.regions[1] if self._stable else asked.update,
            valid_rect=valid,
            update_rect=update,
            x_off=asked.x_off,
            y_off=asked.y_off,
            target_crtc=asked.target_crtc,
            wait_fence=asked.wait_fence,
            idle_fence=asked.idle_fence,
            options=asked.options,
            target_msc=asked.target_msc,
            divisor=asked.divisor,
            remainder=asked.remainder,
            notifies=asked.notifies,
        )
        holder.link.inject(event.encode(self._major, 0, holder.link.order), self._layer)
        self._backstage.watch(asked.window)
        return True
