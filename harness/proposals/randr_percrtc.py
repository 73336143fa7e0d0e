# SPDX-License-Identifier: MIT
"""Per-CRTC pixmaps in RANDR: the draft of 2010, carried out in front of any server.

A scanout pixmap is a pixmap of the server's.  Which CRTC shows which, turned how, is kept
here; of the server's own CRTCs one with a scanout pixmap has its mode, unturned, somewhere on
the screen, and GetCrtcInfo tells what the draft says instead.  Nobody sees its pixels on a
monitor: what it would show is asked for by GetCrtcScanout.  The screen's pixmap is as large as
the screen for the server, whatever size it is given.

Open decisions are knobs.  ``errors``: ``text`` refuses as the draft's text says, ``code`` as
its code did.  ``destroy``: what a CRTC shows whose pixmap is freed, by the ``text`` the screen
again, by ``refcount`` the same as before (a client's death counts as the text says).
``resize``: whether a mode that the pixmap is too small for is refused (``refuse``) or makes it
``grow``, which only its owner can have.  ``historical`` puts the requests under RANDR's own
opcode as well, as the draft did, where no later RANDR has others there.
"""

from dataclasses import replace

from harness.proposals.announcement import announce
from harness.proposals.catalogue import ProposalError
from harness.proposals.percrtc.configurator import Configurator
from harness.proposals.percrtc.execution import Failed, access_denied
from harness.proposals.percrtc.formats import Formats
from harness.proposals.percrtc.notices import CONFIGURE_NOTIFY, Notices
from harness.proposals.percrtc.server import (
    GET_CRTC_INFO,
    GET_OUTPUT_INFO,
    GET_SCREEN_RESOURCES,
    GET_SCREEN_RESOURCES_CURRENT,
    SELECT_INPUT,
    SET_CRTC_CONFIG,
    SET_SCREEN_CONFIG,
    SET_SCREEN_SIZE,
    SUCCESS,
    Refused,
    ServerRandr,
)
from harness.proposals.percrtc.state import ScanoutCrtc, ScanoutPixmap, turned_size
from harness.proposals.percrtc.validation import RANDR_CRTC, Wrong
from harness.proposals.percrtc.window_pixmaps import WindowPixmaps
from harness.proxy.layer import Handler, Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.randr import Rotation
from harness.x11.randr_percrtc import (
    EXTENSION,
    BadLength,
    ConfigStatus,
    CreateScanoutPixmap,
    CrtcScanout,
    GetCrtcScanout,
    GetCrtcSpriteTransform,
    QueryScanoutPixmaps,
    Revision,
    SetCrtcConfigs,
    SetCrtcSpriteTransform,
    SetWindowPixmap,
)

_KNOBS = {
    "errors": ("text", "code"),
    "destroy": ("text", "refcount"),
    "resize": ("refuse", "grow"),
}


class PerCrtcPixmaps(Layer):
    """Brings RANDR-PERCRTC-DRAFT to a server that has RANDR and RENDER."""

    def __init__(
        self,
        *,
        errors: str = "text",
        destroy: str = "text",
        resize: str = "refuse",
        historical: bool = False,
    ) -> None:
        super().__init__()
        chosen = {"errors": errors, "destroy": destroy, "resize": resize}
        for name, value in chosen.items():
            if value not in _KNOBS[name]:
                raise ProposalError(
                    f"randr-percrtc, {name}={value!r}: expected {' or '.join(_KNOBS[name])}"
                )
        self._coded, self._counted = errors == "code", destroy == "refcount"
        self._grows, self._historical = resize == "grow", historical
        self._revisions: dict[Link, Revision] = {}
        self._present = False

    @property
    def fail_after(self) -> int:
        """After how many of its steps on the server the driver is to refuse the next
        SetCrtcConfigs; negative, as at first, lets it succeed."""
        return self._configurator.fail_after

    @fail_after.setter
    def fail_after(self, steps: int) -> None:
        self._configurator.fail_after = steps

    def start(self, proxy: Proxy) -> None:
        randr, render = (proxy.extensions.get(name) for name in ("RANDR", "RENDER"))
        if randr is None or render is None:
            return
        self._proxy, self._major_of_randr = proxy, randr.major
        self._first_error = randr.first_error
        self._randr, self._formats = ServerRandr(randr), Formats(render)
        self._notices = Notices(randr)
        self._configurator = Configurator(
            self, proxy, self._randr, self._notices, coded=self._coded, grows=self._grows
        )
        self._windows = WindowPixmaps(self, proxy)
        self._present = True
        major = announce(self, proxy, EXTENSION, (1, Revision.B))
        requests: dict[int, Handler] = {
            QueryScanoutPixmaps.OPCODE: self._query_scanout_pixmaps,
            CreateScanoutPixmap.OPCODE: self._create_scanout_pixmap,
            SetCrtcSpriteTransform.OPCODE: self._set_sprite_transform,
            GetCrtcSpriteTransform.OPCODE: self._get_sprite_transform,
            SetCrtcConfigs.OPCODE: self._set_crtc_configs,
        }
        for minor, handler in requests.items():
            self.handlers[major, minor] = handler
            if self._historical:
                self.handlers[randr.major, minor] = handler
        self.handlers[major, 0] = self._query_version
        self.handlers[major, SetWindowPixmap.OPCODE] = self._windows.set_window_pixmap
        self.handlers[major, GetCrtcScanout.OPCODE] = self._get_crtc_scanout
        self.handlers[randr.major, SELECT_INPUT] = self._select_input
        self.handlers[randr.major, SET_SCREEN_SIZE] = self._set_screen_size
        self.handlers[randr.major, SET_CRTC_CONFIG] = self._set_crtc_config
        self.handlers[randr.major, SET_SCREEN_CONFIG] = self._set_screen_config
        self.handlers[randr.major, GET_CRTC_INFO] = self._get_crtc_info
        for minor in (GET_SCREEN_RESOURCES, GET_SCREEN_RESOURCES_CURRENT, GET_OUTPUT_INFO):
            self.handlers[randr.major, minor] = self._get_with_time
        self.handlers[encoding.FREE_PIXMAP, None] = self._free_pixmap
        self.watches |= {randr.first_event, randr.first_event + 1, CONFIGURE_NOTIFY}

    def opened(self, link: Link) -> None:
        if self._present:
            self._configurator.screen.millimeters = link.millimeters

    def message(self, link: Link, data: bytes) -> list[bytes]:
        if self._windows.hides(link, data):
            return []
        if not self._configurator.mutes(link):
            return [data]
        of_root = link.unpack("I", data, 4) == (link.root,)
        return [data] if data[0] & 0x7F == CONFIGURE_NOTIFY and not of_root else []

    def closed(self, link: Link) -> None:
        self._revisions.pop(link, None)
        if not self._present:
            return
        self._notices.forget(link)
        self._windows.forget(link)
        self._configurator.forget(link)
        pixmaps = self._configurator.pixmaps
        for pixmap in [one for one in pixmaps.values() if one.owner is link]:
            del pixmaps[pixmap.id]
            if self._configurator.showing(pixmap.id) and self._proxy.links:
                self._proxy.spawn(self._fall_back_alone(pixmap.id))

    def idle(self) -> None:
        if self._present:
            self._configurator.reset()

    # What there is

    async def _query_version(self, link: Link, request: bytes) -> bytes | None:
        if len(request) != 12:
            link.refuse(encoding.BAD_LENGTH, 0, request, self)
            return None
        _, minor = link.unpack("II", request)
        revision = Revision.A if minor < Revision.B else Revision.B
        self._revisions[link] = revision
        link.answer(link.pack("BxHIII16x", encoding.REPLY, 0, 0, 1, revision), self)
        return None

    async def _query_scanout_pixmaps(self, link: Link, request: bytes) -> bytes | None:
        if len(request) != 8:
            link.refuse(encoding.BAD_LENGTH, 0, request, self)
            return None
        (drawable,) = link.unpack("I", request)
        if not await self._is_drawable(link, drawable):
            link.refuse(encoding.BAD_DRAWABLE, drawable, request, self)
            return None
        await self._formats.learn(link)
        tail = b"".join(info.encode(link.order) for info in self._formats.infos)
        link.answer(link.pack("BxHI24x", encoding.REPLY, 0, len(tail) // 4) + tail, self)
        return None

    async def _is_drawable(self, link: Link, id: int) -> bool:
        return (await link.ask(link.new_request(encoding.GET_GEOMETRY, 0, "I", id)))[
            0
        ] == encoding.REPLY

    async def _create_scanout_pixmap(self, link: Link, data: bytes) -> bytes | None:
        try:
            request = CreateScanoutPixmap.decode(data, link.order)
        except BadLength:
            link.refuse(encoding.BAD_LENGTH, 0, data, self)
            return None
        # Whether the id is good only the server can say, before anything else is looked at.
        trial = (request.pixmap, link.root, 1, 1)
        error = await link.attempt(link.new_request(encoding.CREATE_PIXMAP, 1, "IIHH", *trial))
        if error is not None:
            link.refuse(error[1], request.pixmap, data, self)
            return None
        link.send(link.new_request(encoding.FREE_PIXMAP, 0, "I", request.pixmap))
        wrong = await self._wrong_creation(link, request)
        if wrong is None:
            wanted = (request.pixmap, request.drawable, request.width, request.height)
            depth = self._formats.depths[request.format]
            create = link.new_request(encoding.CREATE_PIXMAP, depth, "IIHH", *wanted)
            error = await link.attempt(create)
            wrong = None if error is None else (error[1], 0)
        if wrong is not None:
            link.refuse(*wrong, data, self)
            return None
        size = (request.width, request.height)
        made = ScanoutPixmap(request.pixmap, *size, request.rotations, link)
        self._configurator.pixmaps[request.pixmap] = made
        link.swallow()
        return None

    async def _wrong_creation(
        self, link: Link, request: CreateScanoutPixmap
    ) -> tuple[int, int] | None:
        """The error that the request deserves, and its value; None for none."""
        if not await self._is_drawable(link, request.drawable):
            return encoding.BAD_DRAWABLE, request.drawable
        await self._formats.learn(link)
        info = next((one for one in self._formats.infos if one.format == request.format), None)
        if info is None:
            return (encoding.BAD_VALUE, request.format) if self._coded else (encoding.BAD_MATCH, 0)
        for size, most in ((request.width, info.max_width), (request.height, info.max_height)):
            if not 1 <= size <= most:
                return encoding.BAD_VALUE, size
        if request.rotations & ~int(info.rotations):
            return (
                (encoding.BAD_VALUE, request.rotations) if self._coded else (encoding.BAD_MATCH, 0)
            )
        return None

    # Sprites

    async def _set_sprite_transform(self, link: Link, data: bytes) -> bytes | None:
        try:
            request = SetCrtcSpriteTransform.decode(data, link.order)
        except BadLength:
            link.refuse(encoding.BAD_LENGTH, 0, data, self)
            return None
        if await self._known_crtc(link, request.crtc, data):
            crtc = self._configurator.kept(request.crtc)
            self._configurator.crtcs[crtc.id] = replace(crtc, sprite=request.transforms)
            link.swallow()
        return None

    async def _get_sprite_transform(self, link: Link, request: bytes) -> bytes | None:
        if len(request) != 8:
            link.refuse(encoding.BAD_LENGTH, 0, request, self)
            return None
        (id,) = link.unpack("I", request)
        if await self._known_crtc(link, id, request):
            tail = self._configurator.kept(id).sprite.encode(link.order)
            link.answer(link.pack("BxHI", encoding.REPLY, 0, 12) + tail, self)
        return None

    async def _get_crtc_scanout(self, link: Link, request: bytes) -> bytes | None:
        if len(request) != 8:
            link.refuse(encoding.BAD_LENGTH, 0, request, self)
            return None
        (id,) = link.unpack("I", request)
        if await self._known_crtc(link, id, request):
            size = self._configurator.screen.pixmap or await self._randr.screen_size(link)
            info = await self._randr.crtc(link, id)
            crtc = self._configurator.seen(info)
            await self._windows.bring_up_to_date(link, crtc.pixmap)
            shown = CrtcScanout(
                pixmap=crtc.pixmap,
                x=crtc.pixmap_x,
                y=crtc.pixmap_y,
                rotation=Rotation(crtc.rotation),
                screen_pixmap=size,
            )
            link.answer(shown.encode(link.order), self)
        return None

    async def _known_crtc(self, link: Link, id: int, request: bytes) -> bool:
        """Whether there is this CRTC; else the request is refused."""
        try:
            await self._randr.crtc(link, id)
        except Refused:
            link.refuse(self._first_error + RANDR_CRTC, id, request, self)
            return False
        return True

    # Configurations

    async def _set_crtc_configs(self, link: Link, data: bytes) -> bytes | None:
        revision = self._revisions.get(link, Revision.B)
        try:
            request = SetCrtcConfigs.decode(data, link.order, revision)
        except BadLength:
            link.refuse(encoding.BAD_LENGTH, 0, data, self)
            return None
        try:
            await self._configurator.configure(link, request)
        except Wrong as wrong:
            code = wrong.code + (self._first_error if wrong.randr else 0)
            link.refuse(code, wrong.value, data, self)
        except Failed as failed:
            if access_denied(failed.error):
                link.refuse(encoding.BAD_ACCESS, link.unpack("I", failed.error)[0], data, self)
            else:
                self._answer_status(link, ConfigStatus.FAILED)
        else:
            self._answer_status(link, ConfigStatus.SUCCESS)
        return None

    def _answer_status(self, link: Link, status: ConfigStatus) -> None:
        link.answer(link.pack("BBHI24x", encoding.REPLY, status, 0, 0), self)

    # The end of a pixmap

    async def _free_pixmap(self, link: Link, request: bytes) -> bytes | None:
        pixmap = link.unpack("I", request)[0] if len(request) == 8 else 0
        self._windows.release(pixmap)
        known = self._configurator.pixmaps.get(pixmap)
        if known is None:
            return request
        kept = self._configurator.showing(pixmap) if self._counted else []
        copy = await self._copy(link, known) if kept else 0
        if await link.carry_out(request, self) is not None:
            return None
        self._configurator.pixmaps.pop(pixmap, None)
        if kept:
            for id in kept:
                self._configurator.crtcs[id] = replace(self._configurator.crtcs[id], pixmap=copy)
            self._configurator.pixmaps[copy] = replace(known, id=copy)
        elif self._configurator.showing(pixmap):
            await self._configurator.fall_back(link, pixmap)
        return None

    async def _copy(self, link: Link, pixmap: ScanoutPixmap) -> int:
        """A pixmap with the same contents that belongs to nobody."""
        own = self._proxy.own()
        await own.ready
        geometry = await link.ask(link.new_request(encoding.GET_GEOMETRY, 0, "I", pixmap.id))
        copy, context = own.new_id(), own.new_id()
        size = (pixmap.width, pixmap.height)
        own.send(
            own.new_request(encoding.CREATE_PIXMAP, geometry[1], "IIHH", copy, own.root, *size)
        )
        own.send(encoding.quiet_gc(own.order, context, copy))
        places = (pixmap.id, copy, context, 0, 0, 0, 0, *size)
        own.send(own.new_request(encoding.COPY_AREA, 0, "IIIhhhhHH", *places))
        await own.attempt(own.new_request(encoding.FREE_GC, 0, "I", context))
        return copy

    async def _fall_back_alone(self, pixmap: int) -> None:
        own = self._proxy.own()
        await own.ready
        await self._configurator.fall_back(own, pixmap)

    # RANDR's own requests

    async def _select_input(self, link: Link, request: bytes) -> bytes | None:
        if await link.carry_out(request, self) is None:
            window, mask = link.unpack("IH", request)
            self._notices.select(link, window, mask)
        return None

    async def _set_screen_size(self, link: Link, request: bytes) -> bytes | None:
        if await link.carry_out(request, self) is None:
            _, _, _, width, height = link.unpack("IHHII", request)
            self._configurator.screen.pixmap, self._configurator.screen.millimeters = (
                None,
                (width, height),
            )
        return None

    async def _set_crtc_config(self, link: Link, request: bytes) -> bytes | None:
        crtc = link.unpack("I", request)[0] if len(request) >= 8 else 0
        if not self._configurator.kept(crtc).pixmap:
            return request
        if await self._succeeds(link, request):
            self._configurator.crtcs[crtc] = ScanoutCrtc(
                crtc, sprite=self._configurator.kept(crtc).sprite
            )
        return None

    async def _set_screen_config(self, link: Link, request: bytes) -> bytes | None:
        if not any(crtc.pixmap for crtc in self._configurator.crtcs.values()):
            return request
        if await self._succeeds(link, request):
            self._configurator.crtcs = {
                id: ScanoutCrtc(id, sprite=old.sprite)
                for id, old in self._configurator.crtcs.items()
            }
        return None

    async def _succeeds(self, link: Link, request: bytes) -> bool:
        reply = await link.ask(request)
        link.answer(reply, self)
        return reply[0] == encoding.REPLY and reply[1] == SUCCESS

    async def _get_crtc_info(self, link: Link, request: bytes) -> bytes | None:
        id = link.unpack("I", request)[0] if len(request) == 12 else 0
        if not self._configurator.kept(id).pixmap:
            return await self._get_with_time(link, request)
        reply = self._timed(link, await link.ask(request))
        crtc = self._configurator.kept(id)
        if reply[0] == encoding.REPLY and crtc.pixmap:
            width, height = link.unpack("HH", reply, 16)
            size = turned_size((width, height), crtc.rotation)
            place = link.pack("hhHH", crtc.x, crtc.y, *size)
            turned = link.pack("H", crtc.rotation)
            reply = reply[:12] + place + reply[20:24] + turned + reply[26:]
        link.answer(reply, self)
        return None

    async def _get_with_time(self, link: Link, request: bytes) -> bytes | None:
        """Ask for something that tells the time of the last change, which undoing one is not."""
        if not self._configurator.undone:
            return request
        link.answer(self._timed(link, await link.ask(request)), self)
        return None

    def _timed(self, link: Link, reply: bytes) -> bytes:
        if reply[0] != encoding.REPLY:
            return reply
        time = self._configurator.true_time(link.unpack("I", reply, 8)[0])
        return reply[:8] + link.pack("I", time) + reply[12:]
