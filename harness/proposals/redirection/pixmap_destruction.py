# SPDX-License-Identifier: MIT
"""Redirecting clients learn when the application's id of a pixmap that they hold ends."""

from harness.proposals import requests
from harness.proposals.redirection.borrowed import BorrowedPixmap, TrackedPixmap
from harness.proposals.redirection.state import RedirectState, disconnected
from harness.proposals.requests import RequestError
from harness.proxy.link import Link
from harness.x11 import encoding
from harness.x11.drafts.present_redirect import (
    PIXMAP_DESTROY_MASK,
    FixesPixmapDestroyNotify,
    PixmapDestroyNotify,
    SelectPixmapInput,
)


class PixmapDestruction:
    """Sends PixmapDestroyNotify: Present's for stable ids, else that of XFIXES."""

    def __init__(self, state: RedirectState) -> None:
        self._state, self._borrowed = state, state.borrowed
        self._selected: dict[tuple[Link, int], TrackedPixmap] = {}
        """Pixmaps by client and event id of XFixesSelectPixmapInput."""

    async def free(self, link: Link, data: bytes) -> bytes | None:
        """The handler of FreePixmap."""
        id = requests.first_id(link, data, 8)
        copies = [one for one in self._borrowed.all if one.copied and one.id == id]
        if not copies and id not in self._borrowed.tracked:
            return data
        if await link.carry_out(data, self._state.layer) is None:
            for borrowed in copies:
                borrowed.freed = True
            if id in self._borrowed.tracked:
                self.freed(id)
            self._borrowed.prune()
        return None

    def freed(self, id: int) -> None:
        """Send the events about ``id``, which no longer names the tracked pixmap."""
        pixmap = self._borrowed.tracked.pop(id)
        pixmap.named = False
        for borrowed in self._borrowed.all:
            if borrowed.pixmap is pixmap and borrowed.event:
                self.notify(borrowed)
        for link, event in [key for key, one in self._selected.items() if one is pixmap]:
            self._deselect(link, event)
            self._state.proxy.spawn(self._notify_fixes(link, event, id))
        self._borrowed.prune()

    def notify(self, borrowed: BorrowedPixmap) -> None:
        """Send the borrower's event about ``borrowed``."""
        if not borrowed.copied:
            task = self._notify_fixes(borrowed.borrower, borrowed.event, borrowed.id)
            self._state.proxy.spawn(task)
        elif not borrowed.freed:
            self._state.proxy.spawn(self._notify_present(borrowed))

    async def _notify_present(self, borrowed: BorrowedPixmap) -> None:
        link = borrowed.borrower
        if await disconnected(link):
            return
        context = self._state.contexts.get(link, borrowed.event)
        if context is not None and context.window == borrowed.window:
            event = PixmapDestroyNotify(
                event=borrowed.event, window=borrowed.window, pixmap=borrowed.id
            )
            self._state.inject(link, event)

    async def _notify_fixes(self, link: Link, event: int, pixmap: int) -> None:
        if not await disconnected(link):
            self._state.inject(link, FixesPixmapDestroyNotify(event=event, pixmap=pixmap))

    async def select(self, link: Link, data: bytes) -> bytes | None:
        """The handler of XFixesSelectPixmapInput.

        Raises RequestError for what is no pixmap, an unknown event or an unsuitable event id.
        """
        body = requests.plain(link, data)
        if len(body) != 16:
            raise RequestError(encoding.BAD_LENGTH)
        request = SelectPixmapInput.decode(body, link.order)
        await self._check(link, request)
        self._deselect(link, request.event)
        if request.events:
            pixmap = self._selected[link, request.event] = self._borrowed.track(request.pixmap)
            pixmap.listeners += 1
        link.swallow()
        return None

    async def _check(self, link: Link, request: SelectPixmapInput) -> None:
        if not await self._state.is_pixmap(link, request.pixmap):
            raise RequestError(encoding.BAD_PIXMAP, request.pixmap)
        if request.events & ~PIXMAP_DESTROY_MASK:
            raise RequestError(encoding.BAD_VALUE, request.events)
        known = self._selected.get((link, request.event))
        if known is not None:
            if known.id != request.pixmap:
                raise RequestError(encoding.BAD_MATCH)
        elif request.events:
            # Whether the id can be had only the server knows.
            create = requests.create_pixmap(link, request.event, (1, 1), 1)
            if await link.attempt(create) is not None:
                raise RequestError(encoding.BAD_ID_CHOICE, request.event)
            link.send(requests.free_pixmap(link, request.event))

    def link_closed(self, link: Link, *, resources_kept: bool) -> None:
        """The client of ``link`` has disconnected, and its pixmaps are freed unless kept."""
        for _, event in [key for key in self._selected if key[0] is link]:
            self._deselect(link, event)
        own = [id for id in self._borrowed.tracked if id & ~link.id_mask == link.id_base]
        for id in () if resources_kept else own:
            self.freed(id)

    def _deselect(self, link: Link, event: int) -> None:
        pixmap = self._selected.pop((link, event), None)
        if pixmap is not None:
            pixmap.listeners -= 1
            self._borrowed.prune()
