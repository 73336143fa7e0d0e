# SPDX-License-Identifier: MIT
"""Tells redirecting clients when the id of a pixmap that they were given ends."""

from harness.proposals.redirection import requests
from harness.proposals.redirection.borrowed import BorrowedPixmap, BorrowedPixmaps, TrackedPixmap
from harness.proposals.redirection.contexts import Contexts
from harness.proposals.redirection.helper_client import ended
from harness.proposals.redirection.probe import Probe
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.present_redirect import (
    PIXMAP_DESTROY_MASK,
    FixesPixmapDestroyNotify,
    PixmapDestroyNotify,
    SelectPixmapInput,
)


class PixmapDestruction:
    """PixmapDestroyNotify: Present's for stable ids, else that of XFIXES.

    ``present`` and ``fixes`` are the major opcodes.
    """

    def __init__(
        self,
        proxy: Proxy,
        layer: Layer,
        present: int,
        fixes: int,
        contexts: Contexts,
        ledger: BorrowedPixmaps,
        probe: Probe,
    ) -> None:
        self._proxy, self._layer = proxy, layer
        self._present, self._fixes = present, fixes
        self._contexts, self._ledger, self._probe = contexts, ledger, probe
        self._selected: dict[tuple[Link, int], TrackedPixmap] = {}

    def knows(self, id: int) -> bool:
        return id in self._ledger.pixmaps

    def pixmap_freed(self, id: int) -> None:
        """``id`` names nothing any more."""
        pixmap = self._ledger.pixmaps.pop(id)
        pixmap.named = False
        for loan in self._ledger.loans:
            if loan.pixmap is pixmap and loan.event:
                self.tell(loan)
        for (link, event), selected in list(self._selected.items()):
            if selected is pixmap:
                self._drop(link, event)
                self._tell_fixes(link, event, id)
        self._ledger.tidy()

    def tell(self, loan: BorrowedPixmap) -> None:
        """The application's id of what was lent is gone."""
        if not loan.made:
            self._tell_fixes(loan.borrower, loan.event, loan.id)
        elif not loan.freed:
            self._proxy.spawn(self._tell_present(loan))

    async def _tell_present(self, loan: BorrowedPixmap) -> None:
        link = loan.borrower
        if await ended(link):
            return
        context = self._contexts.get(link, loan.event)
        if context is not None and context.window == loan.window:
            event = PixmapDestroyNotify(event=loan.event, window=loan.window, pixmap=loan.id)
            link.inject(event.encode(self._present, 0, link.order), self._layer)

    def _tell_fixes(self, link: Link, event: int, pixmap: int) -> None:
        async def later() -> None:
            if not await ended(link):
                told = FixesPixmapDestroyNotify(event=event, pixmap=pixmap)
                link.inject(told.encode(self._fixes, 0, link.order), self._layer)

        self._proxy.spawn(later())

    async def select(self, link: Link, request: bytes) -> bytes | None:
        """The handler of XFixesSelectPixmapInput."""
        data = requests.plain(link, request)
        if len(data) != 16:
            link.refuse(encoding.BAD_LENGTH, 0, request, self._layer)
            return None
        asked = SelectPixmapInput.decode(data, link.order)
        code, value = await self._selection_error(link, asked)
        if code:
            link.refuse(code, value, request, self._layer)
            return None
        self._drop(link, asked.event)
        if asked.events:
            pixmap = self._selected[link, asked.event] = self._ledger.pixmap(asked.pixmap)
            pixmap.listeners += 1
        link.swallow()
        return None

    async def _selection_error(self, link: Link, asked: SelectPixmapInput) -> tuple[int, int]:
        """Code and value of the error to answer with; code 0 for none."""
        if not await self._probe.is_pixmap(link, asked.pixmap):
            return encoding.BAD_PIXMAP, asked.pixmap
        if asked.events & ~PIXMAP_DESTROY_MASK:
            return encoding.BAD_VALUE, asked.events
        known = self._selected.get((link, asked.event))
        if known is not None:
            return (encoding.BAD_MATCH, 0) if known.id != asked.pixmap else (0, 0)
        if not asked.events:
            return 0, 0
        create = requests.create_pixmap(link, asked.event, 1, 1, 1)
        if await link.attempt(create) is not None:
            return encoding.BAD_ID_CHOICE, asked.event
        link.send(requests.free_pixmap(link, asked.event))
        return 0, 0

    def forget_link(self, link: Link) -> None:
        for _, event in [key for key in self._selected if key[0] is link]:
            self._drop(link, event)

    def _drop(self, link: Link, event: int) -> None:
        pixmap = self._selected.pop((link, event), None)
        if pixmap is not None:
            pixmap.listeners -= 1
            self._ledger.tidy()
