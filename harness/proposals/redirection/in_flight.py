# SPDX-License-Identifier: MIT
"""Presentations by redirecting clients, and what they mean for those that were redirected."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from harness.proposals.redirection.borrowed import BorrowedPixmap, RedirectedPresentation
from harness.proposals.redirection.event_sender import EventSender
from harness.proposals.redirection.release import Release
from harness.proposals.redirection.state import RedirectState, missing_window
from harness.proxy.link import Link
from harness.x11 import present

_REMEMBERED = 256


@dataclass(slots=True, eq=False)
class _Submitted:
    """``request`` of a redirecting client, until it has completed and its pixmap is idle.

    ``borrowed`` is what it shows, if that is an application's pixmap.  ``completes`` are the
    redirected presentations that complete with it.  ``withheld`` are the contexts that did not
    get its present.IdleNotify.
    """

    link: Link
    request: present.PresentPixmap
    borrowed: BorrowedPixmap | None
    completes: Sequence[RedirectedPresentation]
    completed: bool = False
    idle: bool = False
    withheld: set[tuple[Link, int]] = field(default_factory=set)

    def is_of(self, other: present.PresentPixmap | present.IdleNotify) -> bool:
        """Whether window, serial and pixmap of ``other`` are its own."""
        own = (self.request.window, self.request.serial, self.request.pixmap)
        return own == (other.window, other.serial, other.pixmap)


class InFlight:
    """Follows them by hidden contexts on the redirecting clients' own connections."""

    def __init__(self, state: RedirectState, sender: EventSender, release: Release) -> None:
        self._state, self._sender, self._release = state, sender, release
        self._submitted: list[_Submitted] = []
        self._finished: deque[_Submitted] = deque(maxlen=_REMEMBERED)
        """Those whose present.IdleNotify may still be on its way to other clients."""
        self._hidden: dict[tuple[Link, int], int] = {}
        """The hidden contexts, by client and window."""
        state.helper.destroyed_hooks.append(self._window_destroyed)

    async def submit(self, link: Link, data: bytes, request: present.PresentPixmap) -> bytes | None:
        """Handle a present.PresentPixmap of a redirecting client."""
        borrowed = self._state.borrowed.named(link, request.pixmap)
        shown = [present.Notify(request.window, request.serial), *request.notifies]
        found = [self._state.borrowed.incomplete(one.window, one.serial) for one in shown]
        completes = [one for one in found if one is not None]
        if borrowed is None and not completes and not request.notifies:
            return data
        if request.notifies:
            # Servers from before May 2026 crash when they complete what has such a list.
            bad = await missing_window(link, request.notifies)
            rest = replace(request, notifies=() if bad is None else (bad,))
            data = rest.encode(self._state.present, link.order)
            if bad is not None:
                return data
        if not await self._select(link, request.window):
            return data
        submitted = _Submitted(link, request, borrowed, completes)
        self._submitted.append(submitted)
        self._state.helper.watch(request.window)
        for one in completes:
            one.completed = True
        if borrowed is not None:
            borrowed.busy += 1
        if await link.carry_out(data, self._state.layer) is not None:
            self._abandon(submitted)
        return None

    def presented_by_others(self, request: present.PresentPixmap) -> None:
        """The server gets ``request`` from a client that redirects nothing."""
        for one in [one for one in self._finished if one.is_of(request)]:
            self._finished.remove(one)

    def takes(self, link: Link, event: present.IdleNotify | present.CompleteNotify) -> bool:
        """Whether ``event`` is for a hidden context; it is handled then."""
        if self._hidden.get((link, event.window)) != event.event:
            return False
        place = (event.window, event.serial)
        for one in self._submitted:
            same = one.link is link and (one.request.window, one.request.serial) == place
            if same and self._advance(one, event):
                break
        return True

    def withholds(self, link: Link, event: present.IdleNotify) -> bool:
        """Whether ``event`` is about a pixmap that another client presented, having borrowed it."""
        context = (link, event.event)
        for one in (*self._finished, *self._submitted):
            foreign = one.borrowed is not None and one.link is not link
            if foreign and one.is_of(event) and context not in one.withheld:
                one.withheld.add(context)
                return True
        return False

    def knows(self, window: int) -> bool:
        """Whether a hidden context was selected on ``window``, which may be destroyed since."""
        return any(window == at for _, at in self._hidden)

    def forget_link(self, link: Link) -> None:
        """The client of ``link`` has disconnected; the server still finishes its requests."""
        self._finished += [one for one in self._submitted if one.link is link]
        self._submitted = [one for one in self._submitted if one.link is not link]
        self._hidden = {key: event for key, event in self._hidden.items() if key[0] is not link}

    def _window_destroyed(self, window: int) -> None:
        self._hidden = {key: event for key, event in self._hidden.items() if key[1] != window}
        for one in [one for one in self._submitted if one.request.window == window]:
            self._abandon(one)

    async def _select(self, link: Link, window: int) -> bool:
        """Select a hidden context on ``window``; whether the server accepts it.

        It does not where there is no such window, nor do released servers from clients of the
        other byte order, since they do not swap the id.
        """
        if (link, window) in self._hidden:
            return True
        event = self._hidden[link, window] = link.hidden_id()
        mask = present.EventMask.COMPLETE | present.EventMask.IDLE
        select = present.SelectInput(event=event, window=window, mask=mask)
        refused = await link.attempt(select.encode(self._state.present, link.order))
        if refused is not None:
            self._hidden.pop((link, window), None)
        return refused is None

    def _advance(self, one: _Submitted, event: present.IdleNotify | present.CompleteNotify) -> bool:
        """Note that ``one`` has completed or its pixmap is idle; whether ``event`` says so."""
        if isinstance(event, present.CompleteNotify):
            if event.kind != present.CompleteKind.PIXMAP or one.completed:
                return False
            one.completed = True
            for to in one.request.notifies:
                self._sender.send(replace(event, event=0, window=to.window, serial=to.serial))
        else:
            if event.pixmap != one.request.pixmap or one.idle:
                return False
            one.idle = True
        if one.borrowed is None:
            one.idle = True
        elif one.idle and one.borrowed.busy and one not in self._finished:
            one.borrowed.busy -= 1
            self._finished.append(one)
            self._release.settle(one.borrowed)
        if one.completed and one.idle and one in self._submitted:
            self._submitted.remove(one)
        return True

    def _abandon(self, one: _Submitted) -> None:
        """The server sends no further events of it."""
        if one not in self._submitted:
            return
        self._submitted.remove(one)
        if not one.completed:
            for presentation in one.completes:
                presentation.completed = False
        if one.borrowed is not None and not one.idle:
            one.borrowed.busy -= 1
            self._release.settle(one.borrowed)
