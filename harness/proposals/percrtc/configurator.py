# SPDX-License-Identifier: MIT
"""Changes what CRTCs show, all or nothing, while no client sees a state in between."""

from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from harness.proposals import requests
from harness.proposals.percrtc.events import ConfigurationChange, EventBatches
from harness.proposals.percrtc.execution import ConfigurationFailed, Execution
from harness.proposals.percrtc.real_monitors import RealMonitors
from harness.proposals.percrtc.server import CrtcSetting, ScreenSize, ServerRandr
from harness.proposals.percrtc.state import (
    Configuration,
    PerCrtcState,
    ScanoutCrtc,
    ScanoutPixmap,
    turned_size,
)
from harness.proposals.percrtc.validation import Validation
from harness.proposals.requests import RequestError, Size
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.proxy.tasks import Pending
from harness.x11 import encoding
from harness.x11.drafts.randr_percrtc import ScreenFlag, SetCrtcConfigs

NO_SIZE = 0xFFFF
"""The size id of a screen whose size is not among those that RANDR 1.0 lists."""

Work = Coroutine[Pending[Any], None, ConfigurationChange]


class Configurator:
    """Carries out SetCrtcConfigs, and what follows from the end of a scanout pixmap.

    ``batches`` has the events that clients get of a change in place of the server's own;
    ``monitors`` show what was set.
    """

    def __init__(self, state: PerCrtcState, batches: EventBatches, monitors: RealMonitors) -> None:
        self._state, self._batches, self._monitors = state, batches, monitors
        self._muted: dict[Link, int] = {}
        """How many changes under way each client must not see the steps of."""

    def forget_link(self, link: Link) -> None:
        self._muted.pop(link, None)

    def mutes(self, link: Link) -> bool:
        """Whether ``link`` must not get the events of single steps now."""
        return bool(self._muted.get(link))

    async def configure(self, link: Link, request: SetCrtcConfigs) -> None:
        """Check ``request``, carry it out, and send its events.

        Raises RequestError for an invalid request, ConfigurationFailed when the driver refuses.
        """
        await self._under_grab(link, self._configure(link, request))

    async def fall_back(self, channel: Channel, pixmap: int) -> None:
        """Let the CRTCs that show ``pixmap`` show the screen's own again, from its origin."""
        try:
            await self._under_grab(channel, self._fall_back(channel, pixmap))
        except ConfigurationFailed:
            for id in self._state.showing(pixmap):
                self._state.crtcs[id] = replace(self._state.crtcs[id], pixmap=0)

    async def _under_grab(self, channel: Channel, work: Work) -> None:
        """Do ``work`` while the server serves no other client, then send its events."""
        held = isinstance(channel, Link) and channel.grabs
        if not held:
            channel.send(channel.new_request(encoding.GRAB_SERVER))
        change: ConfigurationChange | None = None
        muted = list(self._state.proxy.links)
        for link in muted:
            self._muted[link] = self._muted.get(link, 0) + 1
        try:
            change = await work
        finally:
            if not held:
                channel.send(channel.new_request(encoding.UNGRAB_SERVER))
            for link in muted:
                if link is not channel:
                    self._state.proxy.spawn(self._unmute(link, change))
            if isinstance(channel, Link):
                await self._unmute(channel, change)

    async def _unmute(self, link: Link, change: ConfigurationChange | None) -> None:
        """Once the server has sent the events of all steps, send those of ``change``."""
        events: list[bytes] = []
        if change is None or change.empty:
            await link.trip()
        else:
            events = await self._batches.batch(link, change)
        if link in self._muted:
            self._muted[link] -= 1
        for event in events:
            link.inject(event, self._state.layer)

    async def _configure(self, link: Link, request: SetCrtcConfigs) -> ConfigurationChange:
        state, randr = self._state, self._state.randr(link)
        before = await state.configuration(link)
        check = Validation(randr, before, state.pixmaps, grow=state.decisions.grows)
        await check.screen(request)
        pixels, millimeters = before.screen
        pixmap = state.screen_pixmap or pixels
        if request.set & ScreenFlag.SCREEN_SIZE:
            pixels = request.screen
            pixmap = state.screen_pixmap or pixels
        if request.set & ScreenFlag.SCREEN_PIXMAP_SIZE:
            pixmap = request.screen_pixmap
        if request.set & ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS:
            millimeters = request.millimeters
        configs = request.configs if request.set & ScreenFlag.SCREEN_CRTCS else ()
        try:
            targets = await check.crtcs(configs, pixmap)
        except RequestError:
            if state.decisions.coded_errors:
                raise ConfigurationFailed from None
            raise
        for crtc in targets.values():
            await self._grow(link, crtc, before.resources.modes)
        change = await self._carry_out(randr, before, targets, ScreenSize(pixels, millimeters))
        state.screen_pixmap = None if pixmap == pixels else pixmap
        return change

    async def _fall_back(self, channel: Channel, pixmap: int) -> ConfigurationChange:
        before = await self._state.configuration(channel)
        screen_pixmap = self._state.screen_pixmap or before.screen.pixels
        targets = {}
        for id in self._state.showing(pixmap):
            setting = before.crtcs[id].setting
            setting = CrtcSetting(mode=setting.mode, outputs=setting.outputs)
            sprite = before.crtcs[id].sprite
            targets[id] = ScanoutCrtc(id, setting, sprite=sprite)
            width, height = before.resources.modes.get(setting.mode, (0, 0))
            screen_pixmap = (max(screen_pixmap[0], width), max(screen_pixmap[1], height))
        fits = screen_pixmap == before.screen.pixels
        self._state.screen_pixmap = None if fits else screen_pixmap
        return await self._carry_out(self._state.randr(channel), before, targets, before.screen)

    async def _carry_out(
        self,
        randr: ServerRandr,
        before: Configuration,
        targets: dict[int, ScanoutCrtc],
        screen: ScreenSize,
    ) -> ConfigurationChange:
        """Set ``targets`` and ``screen`` on the server, then here."""
        state = self._state
        steps = Execution(randr, before, state.fail_after)
        state.fail_after = -1
        after = before.crtcs
        self._monitors.freeze(randr.channel)
        try:
            await steps.run(targets, screen)
            after = before.crtcs | targets
        except ConfigurationFailed:
            if steps.stepped:
                latest = await randr.resources()
                state.undone = (latest.timestamp, before.resources.timestamp)
            raise
        finally:
            self._monitors.show(randr.channel, after.values())
        state.undone = None
        state.crtcs |= targets
        state.millimeters = screen.millimeters
        # With all CRTCs off there are no sizes, and Xephyr would switch one on for GetScreenInfo.
        lit = any(crtc.setting.mode for crtc in after.values())
        return ConfigurationChange(
            before=before,
            after=after,
            screen=screen,
            outputs=[await randr.output(id) for id in before.resources.outputs],
            size_id=await randr.size_id() if lit else NO_SIZE,
        )

    async def _grow(self, link: Link, crtc: ScanoutCrtc, modes: Mapping[int, Size]) -> None:
        """Make the pixmap of ``crtc`` as large as its mode needs; its contents stay in place."""
        pixmap, setting = self._state.pixmaps.get(crtc.pixmap), crtc.setting
        if pixmap is None or not setting.mode:
            return
        width, height = turned_size(modes[setting.mode], setting.rotation)
        size = (
            max(crtc.pixmap_x + width, pixmap.size[0]),
            max(crtc.pixmap_y + height, pixmap.size[1]),
        )
        if size == pixmap.size:
            return
        # Only its owner's connection can have another pixmap under the same id.
        if pixmap.owner is not link:
            raise RequestError(encoding.BAD_MATCH)
        await _enlarge(link, pixmap, size)
        self._state.pixmaps[pixmap.id] = replace(pixmap, size=size)


async def _enlarge(link: Link, pixmap: ScanoutPixmap, size: Size) -> None:
    geometry = await link.ask(requests.get_geometry(link, pixmap.id))
    kept, context = link.hidden_id(), link.hidden_id()
    for request in (
        requests.create_pixmap(link, kept, size, geometry[1]),
        encoding.quiet_gc(link.order, context, kept),
        requests.copy_area(link, pixmap.id, kept, context, pixmap.size),
        requests.free_pixmap(link, pixmap.id),
        requests.create_pixmap(link, pixmap.id, size, geometry[1]),
        requests.copy_area(link, kept, pixmap.id, context, pixmap.size),
        requests.free_pixmap(link, kept),
        link.new_request(encoding.FREE_GC, 0, "I", context),
    ):
        link.send(request)
