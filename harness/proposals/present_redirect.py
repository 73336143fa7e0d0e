# SPDX-License-Identifier: MIT
"""Present redirection: presentations on a window's children go to the client that selects them.

A reference for the draft: presentproto's redirect parts, and "Object Lifetimes under Present
Redirection".  What neither says is decided here, in one way or by a knob.
"""

from harness.proposals import requests
from harness.proposals.announcement import announce
from harness.proposals.redirection.automatic import AutomaticRedirections
from harness.proposals.redirection.event_sender import EventSender
from harness.proposals.redirection.handover import Handover
from harness.proposals.redirection.in_flight import InFlight
from harness.proposals.redirection.pixmap_destruction import PixmapDestruction
from harness.proposals.redirection.release import Release
from harness.proposals.redirection.selection import RedirectSelection
from harness.proposals.redirection.state import RedirectState
from harness.proposals.requests import Handlers, RequestError, refusing
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding, present
from harness.x11.drafts import present_redirect as draft
from harness.x11.present import PresentPixmap

_DESTROY = 0
"""The close-down mode in which a client's resources end with it."""
_SYNCED_SINCE = (1, 4)
"""The version of Present that has PixmapSynced."""


class PresentRedirect(Layer):
    """Redirects presentations in front of a server that does not.

    ``profile``: 1, events carry the application's own pixmap and XFIXES reports its end; 2, a
    pixmap that stays until the redirecting client frees it.  ``scope``: whose presentations
    are redirected, ``children`` or ``descendants``.  ``synced``: what becomes of a redirected
    PixmapSynced, ``refuse`` (Match) or ``passthrough``.  ``idle``: ``each`` PresentIdle makes
    one IdleNotify, or all come in a ``burst`` with the last.  ``historical``: PresentIdle has
    the opcode that it would have got in 2013.

    Raises ValueError for any other position of a knob.
    """

    def __init__(
        self,
        profile: int = draft.STABLE_IDS,
        scope: str = "children",
        synced: str = "refuse",
        idle: str = "each",
        historical: bool = False,
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("profile", profile, (draft.IDENTITY_IDS, draft.STABLE_IDS)),
            ("scope", scope, ("children", "descendants")),
            ("synced", synced, ("refuse", "passthrough")),
            ("idle", idle, ("each", "burst")),
        ):
            if value not in known:
                raise ValueError(f"{name}={value!r}: expected {' or '.join(map(str, known))}")
        self._profile, self._burst = profile, idle == "burst"
        self._deep, self._refuses_synced = scope == "descendants", synced == "refuse"
        self._idle_opcode = draft.HISTORICAL_IDLE if historical else draft.PresentIdle.OPCODE
        self._resources_kept: set[Link] = set()

    def start(self, proxy: Proxy) -> None:
        state = self._state = RedirectState(self, proxy, profile=self._profile, burst=self._burst)
        announce(self, proxy, draft.EXTENSION, (1, self._profile))
        if not state.present:
            return
        composite = proxy.extensions.get("Composite")
        self._automatic = AutomaticRedirections(self)
        self._selection = RedirectSelection(state)
        self._sender = EventSender(state)
        self._release = Release(state, self._sender)
        self._in_flight = InFlight(state, self._sender, self._release)
        self._destruction = PixmapDestruction(state)
        self._handover = Handover(state, self._automatic, self._destruction, self._release)
        handlers: Handlers = {
            (state.present, PresentPixmap.OPCODE): self._present,
            # Before PresentIdle, whose historical opcode is the same.
            (state.present, present.PixmapSynced.OPCODE): self._present_synced,
            (state.present, present.SelectInput.OPCODE): self._selection.select,
            (state.present, self._idle_opcode): self._release.idle,
            (encoding.CREATE_WINDOW, None): self._create_window,
            (encoding.FREE_PIXMAP, None): self._destruction.free,
            (requests.SET_CLOSE_DOWN_MODE, None): self._set_close_down_mode,
            (state.sync, requests.SYNC_TRIGGER_FENCE): self._handover.trigger_fence,
            (state.sync, requests.SYNC_DESTROY_FENCE): self._release.destroy_fence,
        }
        if composite is not None:
            handlers |= self._automatic.handlers(composite.major)
        if not state.stable:
            handlers[state.fixes, draft.SelectPixmapInput.OPCODE] = self._destruction.select
        self.handlers |= refusing(self, handlers)
        self.watches = {encoding.GENERIC_EVENT}

    async def _present(self, link: Link, data: bytes) -> bytes | None:
        contexts, borrowed = self._state.contexts, self._state.borrowed
        if not contexts.holders and not borrowed.all:
            return data
        body = requests.plain(link, data)
        if len(body) < 72 or len(body) % 8:
            return data
        request = PresentPixmap.decode(body, link.order)
        target = await self._handover.target(link, request.window, deep=self._deep)
        if target is not None:
            return await self._handover.redirect(link, data, request, target)
        if contexts.redirecting(link) or borrowed.of(link):
            return await self._in_flight.submit(link, data, request)
        self._in_flight.presented_by_others(request)
        return data

    async def _present_synced(self, link: Link, data: bytes) -> bytes | None:
        body = requests.plain(link, data)
        if not self._refuses_synced or len(body) < 88 or not self._state.contexts.holders:
            return data
        window = requests.first_id(link, data)
        if await self._handover.target(link, window, deep=self._deep) is None:
            return data
        query = present.QueryVersion(*_SYNCED_SINCE)
        version = await link.ask(query.encode(self._state.present, link.order))
        if version[0] != encoding.REPLY or link.unpack("II", version, 8) < _SYNCED_SINCE:
            return data
        raise RequestError(encoding.BAD_MATCH)

    async def _create_window(self, link: Link, data: bytes) -> bytes | None:
        window = requests.first_id(link, data)
        known = (
            self._state.contexts.knows(window)
            or self._automatic.knows(window)
            or self._in_flight.knows(window)
            or self._state.borrowed.on_window(window)
        )
        if not known:
            return data
        if await link.carry_out(data, self) is None:
            # The window that had this id before was destroyed.
            self._state.contexts.forget_window(window)
            self._automatic.forget_window(window)
            self._state.helper.window_destroyed(window)
        return None

    async def _set_close_down_mode(self, link: Link, data: bytes) -> bytes | None:
        if data[1] == _DESTROY:
            self._resources_kept.discard(link)
        else:
            self._resources_kept.add(link)
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        ours = data[1] == self._state.present
        event = present.decode_event(data, link.order) if ours else None
        match event:
            case present.PresentConfigureNotify():
                hidden = self._selection.hides(link, event)
            case present.CompleteNotify():
                hidden = self._in_flight.takes(link, event) or self._sender.is_own_query(event)
            case present.IdleNotify():
                in_flight = self._in_flight
                hidden = in_flight.takes(link, event) or in_flight.withholds(link, event)
            case _:
                hidden = False
        return [] if hidden else [data]

    def closed(self, link: Link) -> None:
        if not self.watches:
            return
        kept = link in self._resources_kept
        self._resources_kept.discard(link)
        self._state.forget_link(link)
        self._automatic.forget_link(link)
        self._in_flight.forget_link(link)
        self._release.link_closed(link, resources_kept=kept)
        self._destruction.link_closed(link, resources_kept=kept)

    def idle(self) -> None:
        if self.watches:
            self._state.helper.forget()
            self._sender.forget()
