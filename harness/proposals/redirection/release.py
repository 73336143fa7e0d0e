# SPDX-License-Identifier: MIT
"""What becoming idle means: the fence, then IdleNotify, then Skip for what was never shown."""

from harness.proposals.redirection import requests
from harness.proposals.redirection.borrowed import (
    BorrowedPixmap,
    BorrowedPixmaps,
    HandedPresentation,
)
from harness.proposals.redirection.event_sender import EventSender
from harness.proposals.redirection.helper_client import HelperClient
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding
from harness.x11.present import IdleNotify


class Release:
    """Releases records; ``sync`` is the major opcode of SYNC, 0 where there is none."""

    def __init__(
        self,
        proxy: Proxy,
        sync: int,
        ledger: BorrowedPixmaps,
        teller: EventSender,
        backstage: HelperClient,
    ) -> None:
        self._proxy, self._sync = proxy, sync
        self._ledger, self._teller, self._backstage = ledger, teller, backstage

    def settle(self, loan: BorrowedPixmap) -> None:
        """Release what was returned of ``loan``, if nothing is in the way."""
        for record in self._ledger.releasable(loan):
            self.release(record, loan.borrower)
        self._ledger.tidy()

    def settle_all(self, borrower: Link) -> None:
        """``borrower`` is gone: release all that it had, in the order in which it got it."""
        loans = [one for one in self._ledger.loans if one.borrower is borrower]
        records = [record for loan in loans for record in loan.records]
        for loan in loans:
            self._ledger.loans.remove(loan)
            if loan.made and not loan.freed:
                self._backstage.free(loan.id)
        for record in sorted(records, key=lambda one: one.number):
            self.release(record, borrower)
        self._ledger.tidy()

    def release(self, record: HandedPresentation, borrower: Link) -> None:
        """Tell everybody that ``record`` is over."""
        self._backstage.destroy_regions(record.regions)
        skipped, record.answered = not record.answered, True
        if not record.window_gone and self._proxy.links:
            self._proxy.spawn(self._tell(record, borrower, skipped=skipped))

    async def _tell(self, record: HandedPresentation, borrower: Link, *, skipped: bool) -> None:
        try:
            if borrower not in self._proxy.links:
                raise ChannelLost
            # On this connection everything is done when its client is next answered.
            fence = await self._trigger(borrower, record.idle_fence)
        except ChannelLost:
            fence = await self._trigger(await self._backstage.own(), record.idle_fence)
        if record.window_gone:
            return
        self._teller.tell(
            IdleNotify(
                event=0,
                window=record.window,
                serial=record.serial,
                pixmap=record.pixmap,
                idle_fence=fence,
            )
        )
        if skipped:
            self._teller.tell_skip(record.window, record.serial)

    async def _trigger(self, channel: Channel, fence: int) -> int:
        """Trigger ``fence`` and wait until it is; 0 if there is none of this id."""
        if not fence:
            await channel.trip()
            return 0
        channel.send(requests.trigger_fence(channel, self._sync, fence))
        answer = await channel.ask(requests.query_fence(channel, self._sync, fence))
        return fence if answer[0] == encoding.REPLY else 0

    def window_gone(self, window: int) -> None:
        """Nobody hears of what is owed on ``window`` any more, but its fences are triggered."""
        for record in self._ledger.on_window(window):
            record.window_gone = True
            if record.idle_fence:
                self._trigger_soon(record.idle_fence)
                record.idle_fence = 0

    def _trigger_soon(self, fence: int) -> None:
        self._backstage.send(lambda own: requests.trigger_fence(own, self._sync, fence))

    def fence_gone(self, fence: int) -> None:
        """``fence`` was destroyed: it is reported as none."""
        for record in self._ledger.with_fence(fence):
            record.idle_fence = 0

    def link_gone(self, link: Link) -> None:
        """A client's resources went with it, its fences too."""
        for loan in self._ledger.loans:
            for record in loan.records:
                if record.idle_fence & ~link.id_mask == link.id_base:
                    record.idle_fence = 0
