# SPDX-License-Identifier: MIT
"""What redirecting clients present themselves, and what the applications learn from it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from harness.proposals.redirection import requests
from harness.proposals.redirection.borrowed import (
    BorrowedPixmap,
    BorrowedPixmaps,
    HandedPresentation,
)
from harness.proposals.redirection.event_sender import EventSender
from harness.proposals.redirection.helper_client import HelperClient
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.x11 import encoding
from harness.x11.present import (
    CompleteKind,
    CompleteNotify,
    EventMask,
    IdleNotify,
    Notify,
    PresentPixmap,
    SelectInput,
)

_REMEMBERED = 256


@dataclass(slots=True, eq=False)
class _Flight:
    """A presentation by a redirecting client that the server has not done with.

    ``loan`` is what it shows, if that is an application's pixmap.  ``told`` are the contexts
    whose IdleNotify of it was kept back.
    """

    link: Link
    window: int
    serial: int
    pixmap: int
    loan: BorrowedPixmap | None
    promised: list[HandedPresentation]
    notifies: tuple[Notify, ...]
    completed: bool = False
    idle: bool = False
    told: set[tuple[Link, int]] = field(default_factory=set)


class InFlight:
    """Follows them by hidden contexts on the redirecting clients' own connections.

    ``settle`` is told of each loan that the server does not need any more.
    """

    def __init__(
        self,
        layer: Layer,
        major: int,
        ledger: BorrowedPixmaps,
        teller: EventSender,
        backstage: HelperClient,
        settle: Callable[[BorrowedPixmap], None],
    ) -> None:
        self._backstage = backstage
        self._layer, self._major = layer, major
        self._ledger, self._teller, self._settle = ledger, teller, settle
        self._flying: list[_Flight] = []
        self._landed: deque[_Flight] = deque(maxlen=_REMEMBERED)
        self._hidden: dict[tuple[Link, int], int] = {}
        """The hidden contexts, by client and window."""

    async def present(self, link: Link, request: bytes, asked: PresentPixmap) -> bytes | None:
        """Deal with a PresentPixmap of a redirecting client, as a handler does."""
        loan = self._ledger.borrowed(link, asked.pixmap)
        shown = [Notify(asked.window, asked.serial), *asked.notifies]
        promised = [
            record
            for one in shown
            if (record := self._ledger.unanswered(one.window, one.serial)) is not None
        ]
        if loan is None and not promised and not asked.notifies:
            return request
        if asked.notifies:
            # Servers from before May 2026 crash when they complete what has such a list.
            bad = await self._bad_entry(link, asked.notifies)
            rest = replace(asked, notifies=() if bad is None else (bad,))
            request = rest.encode(self._major, link.order)
            if bad is not None:
                return request
        if not await self._watch(link, asked.window):
            return request
        flight = _Flight(
            link, asked.window, asked.serial, asked.pixmap, loan, promised, asked.notifies
        )
        self._flying.append(flight)
        self._backstage.watch(asked.window)
        for record in promised:
            record.answered = True
        if loan is not None:
            loan.busy += 1
        if await link.carry_out(request, self._layer) is not None:
            self._end(flight)
        return None

    def presented_by_others(self, asked: PresentPixmap) -> None:
        """The server carries ``asked`` out for a client that redirects nothing."""
        for one in list(self._landed):
            if (one.window, one.serial, one.pixmap) == (asked.window, asked.serial, asked.pixmap):
                self._landed.remove(one)

    def takes(self, link: Link, event: IdleNotify | CompleteNotify) -> bool:
        """Whether a context of ours was told ``event``, which then is dealt with."""
        if self._hidden.get((link, event.window)) != event.event:
            return False
        for one in self._flying:
            if one.link is not link or one.window != event.window or one.serial != event.serial:
                continue
            if isinstance(event, CompleteNotify):
                if event.kind == CompleteKind.PIXMAP and not one.completed:
                    one.completed = True
                    self._tell_notified(one, event)
                    self._land(one)
                    break
            elif event.pixmap == one.pixmap and not one.idle:
                one.idle = True
                self._land(one)
                break
        return True

    def keeps_back(self, link: Link, event: IdleNotify) -> bool:
        """Whether ``event`` tells ``link`` of a pixmap that another client handed to the server."""
        context = (link, event.event)
        for one in (*self._landed, *self._flying):
            if (
                one.loan is not None
                and one.link is not link
                and (one.window, one.serial, one.pixmap)
                == (event.window, event.serial, event.pixmap)
                and context not in one.told
            ):
                one.told.add(context)
                return True
        return False

    def knows(self, window: int) -> bool:
        return any(window == at for _, at in self._hidden)

    def forget_window(self, window: int) -> None:
        """``window`` is gone: what was presented on it will never be told of."""
        for link, at in list(self._hidden):
            if at == window:
                del self._hidden[link, at]
        for one in [one for one in self._flying if one.window == window]:
            self._end(one)

    def forget_link(self, link: Link) -> None:
        for one in [one for one in self._flying if one.link is link]:
            self._flying.remove(one)
            self._landed.append(one)
        for key in [key for key in self._hidden if key[0] is link]:
            del self._hidden[key]

    async def _watch(self, link: Link, window: int) -> bool:
        """Listen on ``window`` as ``link``; whether that can be done.

        It cannot where the window is not, nor for clients of the other byte order on released
        servers, which misread the id.
        """
        if (link, window) in self._hidden:
            return True
        event = self._hidden[link, window] = link.hidden_id()
        mask = EventMask.COMPLETE | EventMask.IDLE
        select = SelectInput(event=event, window=window, mask=mask)
        refused = await link.attempt(select.encode(self._major, link.order))
        if refused is not None:
            self._hidden.pop((link, window), None)
        return refused is None

    async def _bad_entry(self, link: Link, notifies: tuple[Notify, ...]) -> Notify | None:
        trees = [link.ask(requests.query_tree(link, one.window)) for one in notifies]
        answers = [await tree for tree in trees]
        for one, answer in zip(notifies, answers, strict=True):
            if answer[0] != encoding.REPLY:
                return one
        return None

    def _tell_notified(self, flight: _Flight, event: CompleteNotify) -> None:
        for one in flight.notifies:
            self._teller.tell(replace(event, event=0, window=one.window, serial=one.serial))

    def _land(self, flight: _Flight) -> None:
        """The server has told something of it; perhaps that was all."""
        if flight.loan is None:
            flight.idle = True
        elif flight.idle and flight.loan.busy and flight not in self._landed:
            flight.loan.busy -= 1
            self._landed.append(flight)
            self._settle(flight.loan)
        if flight.completed and flight.idle and flight in self._flying:
            self._flying.remove(flight)

    def _end(self, flight: _Flight) -> None:
        """Nothing will come of it."""
        if flight not in self._flying:
            return
        self._flying.remove(flight)
        if not flight.completed:
            for record in flight.promised:
                record.answered = False
        if flight.loan is not None and not flight.idle:
            flight.loan.busy -= 1
            self._settle(flight.loan)
