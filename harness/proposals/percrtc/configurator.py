# SPDX-License-Identifier: MIT
"""What the CRTCs show, as clients of the draft see it, and how it changes: all or nothing."""

from collections.abc import Coroutine, Iterable
from dataclasses import replace
from typing import Any

from harness.proposals.percrtc.execution import Execution, Failed
from harness.proposals.percrtc.growth import grow
from harness.proposals.percrtc.notices import Change, Notices
from harness.proposals.percrtc.server import CrtcInfo, ServerRandr, ServerResources
from harness.proposals.percrtc.state import ScanoutCrtc, ScanoutPixmap, Screen, turned_size
from harness.proposals.percrtc.validation import Validation, Wrong
from harness.proxy.channel import Channel
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.proxy.tasks import Pending
from harness.x11 import encoding
from harness.x11.randr import Rotation
from harness.x11.randr_percrtc import ScreenFlag, SetCrtcConfigs

NO_SIZE = 0xFFFF
"""The size id of a screen whose size is not among those that RANDR 1.0 lists."""

Work = Coroutine[Pending[Any], None, Change]


class Configurator:
    """The draft's state of ``crtcs`` and ``screen``, and the server's own behind it.

    ``pixmaps`` are the scanout pixmaps by id, ``coded`` and ``grows`` the layer's knobs.
    """

    def __init__(
        self,
        layer: Layer,
        proxy: Proxy,
        randr: ServerRandr,
        notices: Notices,
        *,
        coded: bool,
        grows: bool,
    ) -> None:
        self._layer, self._proxy, self._randr, self._notices = layer, proxy, randr, notices
        self._coded, self._grows = coded, grows
        self.fail_after = -1
        self.pixmaps: dict[int, ScanoutPixmap] = {}
        self.crtcs: dict[int, ScanoutCrtc] = {}
        self.screen = Screen()
        self._muted: dict[Link, int] = {}
        self._undone: tuple[int, int] | None = None

    def reset(self) -> None:
        """The server has nobody left who could remember anything."""
        self.pixmaps.clear()
        self.crtcs.clear()
        self.screen = Screen()
        self._undone = None

    def forget(self, link: Link) -> None:
        self._muted.pop(link, None)

    def mutes(self, link: Link) -> bool:
        """Whether the events of single steps are kept from ``link``."""
        return bool(self._muted.get(link))

    @property
    def undone(self) -> bool:
        """Whether the server's time of the last change is that of undoing one."""
        return self._undone is not None

    def kept(self, id: int) -> ScanoutCrtc:
        return self.crtcs.get(id, ScanoutCrtc(id))

    def seen(self, info: CrtcInfo) -> ScanoutCrtc:
        """The CRTC as the draft has it: what the server says of it, and what is kept here."""
        kept = self.kept(info.id)
        own = replace(kept, mode=info.mode, outputs=info.outputs)
        if kept.pixmap:
            return own
        return replace(own, x=info.x, y=info.y, rotation=info.rotation)

    async def _under_grab(self, channel: Channel, work: Work) -> None:
        """Do ``work``, which ends with a change to tell, while no other client is served."""
        held = isinstance(channel, Link) and channel.grabs
        if not held:
            channel.send(channel.new_request(encoding.GRAB_SERVER))
        change: Change | None = None
        muted = list(self._proxy.links)
        for link in muted:
            self._muted[link] = self._muted.get(link, 0) + 1
        try:
            change = await work
        finally:
            if not held:
                channel.send(channel.new_request(encoding.UNGRAB_SERVER))
            for link in muted:
                if link is not channel:
                    self._proxy.spawn(self._tell(link, change))
            if isinstance(channel, Link):
                await self._tell(channel, change)

    async def _tell(self, link: Link, change: Change | None) -> None:
        """Let ``link`` hear again, first of ``change``, once the server's own events are over."""
        events: list[bytes] = []
        if change is None or change.empty:
            await link.trip()
        else:
            events = await self._notices.batch(link, change)
        if link in self._muted:
            self._muted[link] -= 1
        for event in events:
            link.inject(event, self._layer)

    async def _look(self, channel: Channel) -> tuple[ServerResources, dict[int, CrtcInfo]]:
        resources = await self._randr.resources(channel)
        return resources, {id: await self._randr.crtc(channel, id) for id in resources.crtcs}

    async def configure(self, link: Link, request: SetCrtcConfigs) -> None:
        """Check ``request``, carry it out, and tell everybody.  Raises Wrong, Failed."""
        await self._under_grab(link, self._check_and_carry_out(link, request))

    async def _check_and_carry_out(self, link: Link, request: SetCrtcConfigs) -> Change:
        resources, infos = await self._look(link)
        now = {id: self.seen(info) for id, info in infos.items()}
        check = Validation(self._randr, link, resources, infos, now, self.pixmaps, grow=self._grows)
        await check.screen(request)
        size = await self._randr.screen_size(link)
        wanted_size = request.screen if request.set & ScreenFlag.SCREEN_SIZE else size
        pixmap = self.screen.pixmap or size
        if request.set & ScreenFlag.SCREEN_PIXMAP_SIZE:
            pixmap = request.screen_pixmap
        elif request.set & ScreenFlag.SCREEN_SIZE and self.screen.pixmap is None:
            pixmap = wanted_size
        millimeters = self.screen.millimeters
        if request.set & ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS:
            millimeters = request.millimeters
        configs = request.configs if request.set & ScreenFlag.SCREEN_CRTCS else ()
        try:
            wanted = await check.crtcs(configs, pixmap)
        except Wrong:
            if self._coded:
                raise Failed from None
            raise
        for crtc in wanted:
            await self._grow(link, crtc, resources)
        change = await self._carry_out(
            link, resources, infos, now, wanted, (size, wanted_size), millimeters
        )
        self.screen.pixmap = None if pixmap == wanted_size else pixmap
        return change

    async def _grow(self, link: Link, crtc: ScanoutCrtc, resources: ServerResources) -> None:
        pixmap = self.pixmaps.get(crtc.pixmap)
        if pixmap is None or not crtc.mode:
            return
        width, height = turned_size(resources.modes[crtc.mode], crtc.rotation)
        needed = (crtc.pixmap_x + width, crtc.pixmap_y + height)
        if needed[0] <= pixmap.width and needed[1] <= pixmap.height:
            return
        if pixmap.owner is not link:
            raise Wrong(encoding.BAD_MATCH)
        self.pixmaps[pixmap.id] = await grow(link, pixmap, *needed)

    async def _carry_out(
        self,
        channel: Channel,
        resources: ServerResources,
        infos: dict[int, CrtcInfo],
        now: dict[int, ScanoutCrtc],
        wanted: Iterable[ScanoutCrtc],
        sizes: tuple[tuple[int, int], tuple[int, int]],
        millimeters: tuple[int, int],
    ) -> Change:
        """Step by step on the server's own CRTCs, then here; what has changed.  Raises Failed."""
        targets = {crtc.id: crtc for crtc in wanted}
        steps = Execution(self._randr, channel, resources, infos, self.fail_after)
        self.fail_after = -1
        mm = self.screen.millimeters
        virtual = [crtc for crtc in now.values() if crtc.pixmap]
        before, after = (sizes[0], mm), (sizes[1], millimeters)
        try:
            await steps.run(targets.values(), before, after, virtual)
        except Failed:
            if steps.stepped:
                latest = await self._randr.resources(channel)
                self._undone = (latest.timestamp, self.true_time(resources.timestamp))
            raise
        self._undone = None
        self.crtcs |= {id: replace(crtc) for id, crtc in targets.items()}
        self.screen.millimeters = millimeters
        return Change(
            resources=replace(resources, timestamp=self.true_time(resources.timestamp)),
            before=now,
            after=now | targets,
            outputs=[await self._randr.output(channel, id) for id in resources.outputs],
            screen=sizes[1],
            millimeters=millimeters,
            size_id=await self._size_id(channel, now | targets),
            larger=sizes[0] != sizes[1],
            resized=before != after,
        )

    async def _size_id(self, channel: Channel, crtcs: dict[int, ScanoutCrtc]) -> int:
        # With all CRTCs off there are no sizes, and Xephyr would switch one on when asked.
        if not any(crtc.mode for crtc in crtcs.values()):
            return NO_SIZE
        return await self._randr.size_id(channel)

    def true_time(self, timestamp: int) -> int:
        """The time of the last change that a client made: undoing one is none."""
        if self._undone is not None and timestamp == self._undone[0]:
            return self._undone[1]
        return timestamp

    def showing(self, pixmap: int) -> list[int]:
        return [crtc.id for crtc in self.crtcs.values() if crtc.pixmap == pixmap]

    async def fall_back(self, channel: Channel, pixmap: int) -> None:
        """Let the CRTCs that show ``pixmap`` show the screen's own again, from its origin."""
        try:
            await self._under_grab(channel, self._reset(channel, pixmap))
        except Failed:
            for id in self.showing(pixmap):
                self.crtcs[id] = replace(self.crtcs[id], pixmap=0)

    async def _reset(self, channel: Channel, pixmap: int) -> Change:
        resources, infos = await self._look(channel)
        now = {id: self.seen(info) for id, info in infos.items()}
        size = await self._randr.screen_size(channel)
        screen_pixmap = self.screen.pixmap or size
        wanted = []
        for id in self.showing(pixmap):
            crtc = replace(
                now[id], x=0, y=0, rotation=Rotation.ROTATE_0, pixmap=0, pixmap_x=0, pixmap_y=0
            )
            width, height = resources.modes.get(crtc.mode, (0, 0))
            screen_pixmap = (max(screen_pixmap[0], width), max(screen_pixmap[1], height))
            wanted.append(crtc)
        self.screen.pixmap = None if screen_pixmap == size else screen_pixmap
        return await self._carry_out(
            channel, resources, infos, now, wanted, (size, size), self.screen.millimeters
        )
