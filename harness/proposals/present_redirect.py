# SPDX-License-Identifier: MIT
"""Present redirection: presentations on a window's children go to the client that asked for them.

A reference for the draft: presentproto's redirect parts, and "Object Lifetimes under Present
Redirection".  What neither says is decided here, in one way or by a knob.
"""

from harness.proposals.announcement import announce
from harness.proposals.redirection import requests
from harness.proposals.redirection.automatic import Automatic
from harness.proposals.redirection.borrowed import BorrowedPixmaps
from harness.proposals.redirection.contexts import Contexts
from harness.proposals.redirection.event_sender import EventSender
from harness.proposals.redirection.handover import Handover
from harness.proposals.redirection.helper_client import HelperClient
from harness.proposals.redirection.in_flight import InFlight
from harness.proposals.redirection.pixmap_destruction import PixmapDestruction
from harness.proposals.redirection.probe import Probe
from harness.proposals.redirection.release import Release
from harness.proposals.redirection.selection import RedirectSelection
from harness.proposals.redirection.validation import Validator
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding, present, present_redirect
from harness.x11.present import PresentPixmap
from harness.x11.present_redirect import (
    HISTORICAL_IDLE,
    IDENTITY_IDS,
    STABLE_IDS,
    PresentIdle,
    SelectPixmapInput,
)

_SYNCED_SINCE = (1, 4)


class PresentRedirect(Layer):
    """Redirects presentations in front of a server that does not.

    ``profile``: 1, events carry the application's own pixmap and XFIXES tells of its end; 2,
    a pixmap that stays until the redirecting client frees it.  ``scope``: whose presentations
    are redirected, ``children`` or ``descendants``.  ``synced``: what becomes of a redirected
    PixmapSynced, ``refuse`` (Match) or ``passthrough``.  ``idle``: ``each`` PresentIdle makes
    one IdleNotify, or all come in a ``burst`` with the last.  ``historical``: PresentIdle has
    the opcode that it would have got in 2013.

    Raises TypeError for any other value.
    """

    def __init__(
        self,
        profile: int = STABLE_IDS,
        scope: str = "children",
        synced: str = "refuse",
        idle: str = "each",
        historical: bool = False,
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("profile", profile, (IDENTITY_IDS, STABLE_IDS)),
            ("scope", scope, ("children", "descendants")),
            ("synced", synced, ("refuse", "passthrough")),
            ("idle", idle, ("each", "burst")),
        ):
            if value not in known:
                raise TypeError(f"{name} is {value!r}, expected one of {known}")
        self.profile, self.scope, self.synced = profile, scope, synced
        self.idle_opcode = HISTORICAL_IDLE if historical else PresentIdle.OPCODE
        self.contexts = Contexts()
        self.ledger = BorrowedPixmaps(burst=idle == "burst")
        self._automatic = Automatic()
        self._probe = Probe()
        self._kept_alive: set[Link] = set()

    def start(self, proxy: Proxy) -> None:
        numbers = {name: one.major for name, one in proxy.extensions.items()}
        announce(self, proxy, present_redirect.EXTENSION, (1, self.profile))
        if present.EXTENSION not in numbers:
            return
        major, sync, fixes = (numbers.get(n, 0) for n in (present.EXTENSION, "SYNC", "XFIXES"))
        contexts, ledger = self.contexts, self.ledger
        self._major = major
        self._backstage = HelperClient(proxy, fixes, self._window_ended)
        self._selecting = RedirectSelection(self, major, contexts, self._backstage)
        self._teller = EventSender(proxy, self, major, contexts, self._backstage)
        self._release = Release(proxy, sync, ledger, self._teller, self._backstage)
        self._flights = InFlight(
            self, major, ledger, self._teller, self._backstage, self._release.settle
        )
        self._endings = PixmapDestruction(proxy, self, major, fixes, contexts, ledger, self._probe)
        self._handover = Handover(
            layer=self,
            proxy=proxy,
            major=major,
            profile=self.profile,
            deep=self.scope == "descendants",
            contexts=contexts,
            ledger=ledger,
            automatic=self._automatic,
            examiner=Validator(major, fixes, self._backstage),
            backstage=self._backstage,
            endings=self._endings,
            release=self._release,
        )
        self.handlers |= {
            (major, present.PresentPixmap.OPCODE): self._present,
            (major, present.SelectInput.OPCODE): self._selecting.select,
            (major, present.PixmapSynced.OPCODE): self._present_synced,
            (major, self.idle_opcode): self._idle,
            (requests.CREATE_WINDOW, None): self._create_window,
            (encoding.FREE_PIXMAP, None): self._free_pixmap,
            (requests.SET_CLOSE_DOWN_MODE, None): self._set_close_down_mode,
            (sync, requests.SYNC_TRIGGER_FENCE): self._trigger_fence,
            (sync, requests.SYNC_DESTROY_FENCE): self._destroy_fence,
        }
        for minor in (*requests.COMPOSITE_REDIRECT, *requests.COMPOSITE_UNREDIRECT):
            self.handlers[numbers.get("Composite", 0), minor] = self._redirect_windows
        if self.profile == IDENTITY_IDS:
            self.handlers[fixes, SelectPixmapInput.OPCODE] = self._endings.select
        self.watches = {encoding.ERROR, encoding.GENERIC_EVENT}

    # Presenting

    async def _present(self, link: Link, request: bytes) -> bytes | None:
        asked = self._redirectable(link, request)
        if asked is None:
            return request
        place = await self._handover.place(link, asked.window)
        if place is not None:
            return await self._handover.redirect(link, request, asked, place)
        if self.contexts.redirecting(link) or self.ledger.has_borrowed(link):
            return await self._flights.present(link, request, asked)
        self._flights.presented_by_others(asked)
        return request

    def _redirectable(self, link: Link, request: bytes) -> PresentPixmap | None:
        """What ``request`` asks, None if it is none of our business whatever that is."""
        if not self.contexts.holders and not self.ledger.loans:
            return None
        data = requests.plain(link, request)
        if len(data) < 72 or len(data) % 8:
            return None
        return PresentPixmap.decode(data, link.order)

    async def _present_synced(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        if self.synced == "passthrough" or len(data) < 88 or not self.contexts.holders:
            return request
        (window,) = link.unpack("I", data)
        if await self._handover.place(link, window) is None:
            return request
        ask = present.QueryVersion(*_SYNCED_SINCE).encode(self._major, link.order)
        version = await link.ask(ask)
        if version[0] != encoding.REPLY or link.unpack("II", version, 8) < _SYNCED_SINCE:
            return request
        link.refuse(encoding.BAD_MATCH, 0, request, self)
        return None

    async def _idle(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        if len(data) != 8:
            link.refuse(encoding.BAD_LENGTH, 0, request, self)
            return None
        (pixmap,) = link.unpack("I", data)
        loan = self.ledger.take_back(link, pixmap)
        if loan is not None:
            self._release.settle(loan)
            link.swallow()
            return None
        if await self._probe.is_pixmap(link, pixmap):
            link.refuse(encoding.BAD_MATCH, 0, request, self)
        else:
            link.refuse(encoding.BAD_PIXMAP, pixmap, request, self)
        return None

    # What clients do to the things that presentations name

    async def _create_window(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        window = link.unpack("I", data)[0] if len(data) >= 8 else 0
        if not self._knows(window):
            return request
        if await link.carry_out(request, self) is None:
            # The window that had this id before is gone.
            self.contexts.forget_window(window)
            self._automatic.forget_window(window)
            self._backstage.unwatch(window)
            self._window_ended(window)
        return None

    def _knows(self, window: int) -> bool:
        return (
            self.contexts.knows(window)
            or self._automatic.knows(window)
            or self._flights.knows(window)
            or bool(self.ledger.on_window(window))
        )

    def _window_ended(self, window: int) -> None:
        self._release.window_gone(window)
        self._flights.forget_window(window)

    async def _free_pixmap(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        pixmap = link.unpack("I", data)[0] if len(data) == 8 else 0
        copies = [one for one in self.ledger.loans if one.made and one.id == pixmap]
        if not copies and pixmap not in self.ledger.pixmaps:
            return request
        if await link.carry_out(request, self) is None:
            for loan in copies:
                loan.freed = True
            if pixmap in self.ledger.pixmaps:
                self._endings.pixmap_freed(pixmap)
            self.ledger.tidy()
        return None

    async def _set_close_down_mode(self, link: Link, request: bytes) -> bytes | None:
        if request[1] == requests.DESTROY:
            self._kept_alive.discard(link)
        else:
            self._kept_alive.add(link)
        return request

    async def _trigger_fence(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        if len(data) == 8 and self.ledger.loans:
            await self._handover.refresh(link, link.unpack("I", data)[0])
        return request

    async def _destroy_fence(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        fence = link.unpack("I", data)[0] if len(data) == 8 else 0
        if not self.ledger.with_fence(fence):
            return request
        if await link.carry_out(request, self) is None:
            self._release.fence_gone(fence)
        return None

    async def _redirect_windows(self, link: Link, request: bytes) -> bytes | None:
        data = requests.plain(link, request)
        if len(data) != 12 or data[8] != requests.AUTOMATIC:
            return request
        if await link.carry_out(request, self) is None:
            (window,) = link.unpack("I", data)
            if data[1] in requests.COMPOSITE_REDIRECT:
                children = requests.COMPOSITE_REDIRECT[data[1]]
                self._automatic.begin(link, window, children=children)
            else:
                children = requests.COMPOSITE_UNREDIRECT[data[1]]
                self._automatic.end(link, window, children=children)
        return None

    # What the server says

    def message(self, link: Link, data: bytes) -> list[bytes]:
        if data[0] == encoding.ERROR:
            sequence, minor, major = link.unpack("H4xHB", data, 2)
            if (major, minor) == (self._major, present.SelectInput.OPCODE):
                self.contexts.failed(link, sequence)
            return [data]
        event = present.decode_event(data, link.order) if data[1] == self._major else None
        match event:
            case present.ConfigureNotify() if self._selecting.hides(link, event):
                return []
            case present.CompleteNotify():
                if self._flights.takes(link, event) or self._teller.asked_for(event):
                    return []
            case present.IdleNotify():
                if self._flights.takes(link, event) or self._flights.keeps_back(link, event):
                    return []
        return [data]

    def closed(self, link: Link) -> None:
        self.contexts.forget_link(link)
        self._automatic.forget_link(link)
        if not self.watches:
            return
        self._probe.forget_link(link)
        self._endings.forget_link(link)
        self._flights.forget_link(link)
        self._release.settle_all(link)
        if link in self._kept_alive:
            self._kept_alive.discard(link)
            return
        self._release.link_gone(link)
        for pixmap in [one for one in self.ledger.pixmaps if one & ~link.id_mask == link.id_base]:
            self._endings.pixmap_freed(pixmap)

    def idle(self) -> None:
        if self.watches:
            self._backstage.forget()
            self._teller.forget()
