# SPDX-License-Identifier: MIT
"""Per-CRTC pixmaps in RANDR: the draft of 2010, carried out in front of any server.

A scanout pixmap is a pixmap of the server's.  Which CRTC shows which, turned how, is kept
here; of the server's own CRTCs one with a scanout pixmap has its mode, unturned, somewhere on
the screen, and GetCrtcInfo returns what the draft says instead.  GetCrtcScanout returns what it
is to show; its pixels are on no monitor, but for a server of the kind ``xorg-flip``, whose driver
scans them out.  The screen's pixmap is as large as the screen for
the server, whatever size it is given.
"""

from dataclasses import replace

from harness.proposals import requests
from harness.proposals.announcement import announce
from harness.proposals.percrtc.configurator import Configurator
from harness.proposals.percrtc.events import EventBatches
from harness.proposals.percrtc.execution import ConfigurationFailed
from harness.proposals.percrtc.randr_requests import RandrRequests
from harness.proposals.percrtc.real_monitors import RealMonitors
from harness.proposals.percrtc.scanout_pixmaps import ScanoutPixmaps
from harness.proposals.percrtc.server import BAD_CRTC, CrtcInfo, RandrRefused
from harness.proposals.percrtc.state import OpenDecisions, PerCrtcState
from harness.proposals.percrtc.window_pixmaps import WindowPixmaps
from harness.proposals.requests import Handlers, RequestError, refusing
from harness.proxy.layer import Handler, Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.servers.flip import own_pixmaps
from harness.x11 import encoding, randr
from harness.x11.drafts import randr_percrtc as draft
from harness.x11.randr import Rotation


class PerCrtcPixmaps(Layer):
    """Brings RANDR-PERCRTC-DRAFT to a server that has RANDR and RENDER.

    ``errors``: ``text`` refuses as the draft's text says, ``code`` as its code did.
    ``destroy``: what a CRTC shows whose pixmap is freed, by the ``text`` the screen again, by
    ``refcount`` the same as before (a client's death counts as the text says).  ``resize``:
    whether a mode that the pixmap is too small for is refused (``refuse``) or makes it
    ``grow``, which only its owner can have.  ``historical`` puts the requests under RANDR's own
    opcode as well, as the draft did, where no later RANDR has others there.

    Raises ValueError for any other position of a knob.
    """

    def __init__(
        self,
        *,
        errors: str = "text",
        destroy: str = "text",
        resize: str = "refuse",
        historical: bool = False,
    ) -> None:
        super().__init__()
        for name, value, known in (
            ("errors", errors, ("text", "code")),
            ("destroy", destroy, ("text", "refcount")),
            ("resize", resize, ("refuse", "grow")),
        ):
            if value not in known:
                raise ValueError(f"{name}={value!r}: expected {' or '.join(known)}")
        self._decisions = OpenDecisions(errors == "code", destroy == "refcount", resize == "grow")
        self._historical = historical
        self._revisions: dict[Link, draft.Revision] = {}

    @property
    def fail_after(self) -> int:
        """The number of steps on the server after which its driver refuses.

        That holds for the next SetCrtcConfigs; negative, as at first, lets it succeed.
        """
        return self._state.fail_after

    @fail_after.setter
    def fail_after(self, steps: int) -> None:
        self._state.fail_after = steps

    def start(self, proxy: Proxy) -> None:
        extension, render = (proxy.extensions.get(name) for name in (randr.EXTENSION, "RENDER"))
        if extension is None or render is None:
            return
        state = self._state = PerCrtcState(self, proxy, extension, self._decisions)
        self._batches = EventBatches(extension)
        monitors = RealMonitors(proxy.extensions.get(own_pixmaps.EXTENSION))
        self._configurator = Configurator(state, self._batches, monitors)
        self._pixmaps = ScanoutPixmaps(state, self._configurator, render.major, monitors)
        self._windows = WindowPixmaps(self, proxy)
        major = announce(self, proxy, draft.EXTENSION, (1, draft.Revision.B))
        drafted: dict[int, Handler] = {
            draft.QueryScanoutPixmaps.OPCODE: self._pixmaps.query,
            draft.CreateScanoutPixmap.OPCODE: self._pixmaps.create,
            draft.SetCrtcSpriteTransform.OPCODE: self._set_sprite_transform,
            draft.GetCrtcSpriteTransform.OPCODE: self._get_sprite_transform,
            draft.SetCrtcConfigs.OPCODE: self._set_crtc_configs,
        }
        ours: dict[int, Handler] = {
            requests.QUERY_VERSION: self._query_version,
            draft.SetWindowPixmap.OPCODE: self._windows.set_window_pixmap,
            draft.GetCrtcScanout.OPCODE: self._get_crtc_scanout,
        }
        servers = RandrRequests(state, self._batches, monitors).handlers
        if self._historical:
            servers |= drafted
        handlers: Handlers = {
            **{(major, minor): handler for minor, handler in (drafted | ours).items()},
            **{(extension.major, minor): handler for minor, handler in servers.items()},
            **self._windows.handlers(),
            (encoding.FREE_PIXMAP, None): self._free_pixmap,
        }
        self.handlers |= refusing(self, handlers)
        events = {extension.first_event, extension.first_event + randr.NOTIFY}
        self.watches |= {*events, *self._windows.watches, requests.CONFIGURE_NOTIFY}

    def opened(self, link: Link) -> None:
        if self.watches:
            self._state.millimeters = link.millimeters

    def message(self, link: Link, data: bytes) -> list[bytes]:
        if self._windows.hides(link, data):
            return []
        if not self._configurator.mutes(link):
            return [data]
        of_root = link.unpack("I", data, 4) == (link.root,)
        moved = data[0] & 0x7F == requests.CONFIGURE_NOTIFY and not of_root
        return [data] if moved else []

    def closed(self, link: Link) -> None:
        self._revisions.pop(link, None)
        if self.watches:
            self._batches.forget_link(link)
            self._windows.forget_link(link)
            self._configurator.forget_link(link)
            self._pixmaps.forget_link(link)

    def idle(self) -> None:
        if self.watches:
            self._state.clear()

    async def _query_version(self, link: Link, data: bytes) -> bytes | None:
        if len(data) != 12:
            raise RequestError(encoding.BAD_LENGTH)
        _, minor = link.unpack("II", data)
        revision = draft.Revision.A if minor < draft.Revision.B else draft.Revision.B
        self._revisions[link] = revision
        link.answer(requests.reply(link, link.pack("II", 1, revision)), self)
        return None

    async def _set_sprite_transform(self, link: Link, data: bytes) -> bytes | None:
        request = draft.SetCrtcSpriteTransform.decode(data, link.order)
        await self._server_crtc(link, request.crtc)
        crtc = self._state.crtc(request.crtc)
        self._state.crtcs[crtc.id] = replace(crtc, sprite=request.transforms)
        link.swallow()
        return None

    async def _get_sprite_transform(self, link: Link, data: bytes) -> bytes | None:
        info = await self._server_crtc(link, requests.only_id(link, data))
        sprite = self._state.crtc(info.id).sprite
        link.answer(requests.reply(link, sprite.encode(link.order)), self)
        return None

    async def _get_crtc_scanout(self, link: Link, data: bytes) -> bytes | None:
        info = await self._server_crtc(link, requests.only_id(link, data))
        size = self._state.screen_pixmap or await self._state.randr(link).root_size()
        crtc = self._state.seen(info)
        self._windows.bring_up_to_date(link, crtc.pixmap)
        shown = draft.CrtcScanout(
            pixmap=crtc.pixmap,
            x=crtc.pixmap_x,
            y=crtc.pixmap_y,
            rotation=Rotation(crtc.setting.rotation),
            screen_pixmap=size,
        )
        link.answer(shown.encode(link.order), self)
        return None

    async def _server_crtc(self, link: Link, id: int) -> CrtcInfo:
        server = self._state.randr(link)
        try:
            return await server.crtc(id)
        except RandrRefused:
            raise server.error(BAD_CRTC, id) from None

    async def _set_crtc_configs(self, link: Link, data: bytes) -> bytes | None:
        revision = self._revisions.get(link, draft.Revision.B)
        status = draft.ConfigStatus.SUCCESS
        request = draft.SetCrtcConfigs.decode(data, link.order, revision)
        try:
            await self._configurator.configure(link, request)
        except ConfigurationFailed as failed:
            if failed.leased:
                (value,) = link.unpack("I", failed.error)
                raise RequestError(encoding.BAD_ACCESS, value) from None
            status = draft.ConfigStatus.FAILED
        link.answer(requests.reply(link, second=status), self)
        return None

    async def _free_pixmap(self, link: Link, data: bytes) -> bytes | None:
        self._windows.release_pixmap(requests.first_id(link, data, 8))
        return await self._pixmaps.free(link, data)
