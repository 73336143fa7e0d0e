# SPDX-License-Identifier: MIT
"""RANDR's own requests as clients of the draft see them: what CRTCs show, and when they changed."""

from harness.proposals import requests
from harness.proposals.percrtc.events import EventBatches
from harness.proposals.percrtc.real_monitors import RealMonitors
from harness.proposals.percrtc.server import SUCCESS, RandrOpcode
from harness.proposals.percrtc.state import PerCrtcState, ScanoutCrtc, turned_size
from harness.proxy.layer import Handler
from harness.proxy.link import Link
from harness.x11 import encoding


class RandrRequests:
    """Follows what they set, and corrects what they return."""

    def __init__(self, state: PerCrtcState, batches: EventBatches, monitors: RealMonitors) -> None:
        self._state, self._batches, self._monitors = state, batches, monitors
        self.handlers: dict[int, Handler] = {
            RandrOpcode.SELECT_INPUT: self._select_input,
            RandrOpcode.SET_SCREEN_SIZE: self._set_screen_size,
            RandrOpcode.SET_CRTC_CONFIG: self._set_crtc_config,
            RandrOpcode.SET_SCREEN_CONFIG: self._set_screen_config,
            RandrOpcode.GET_CRTC_INFO: self._get_crtc_info,
            RandrOpcode.GET_SCREEN_RESOURCES: self._get_with_time,
            RandrOpcode.GET_SCREEN_RESOURCES_CURRENT: self._get_with_time,
            RandrOpcode.GET_OUTPUT_INFO: self._get_with_time,
        }
        """By minor opcode."""

    async def _select_input(self, link: Link, data: bytes) -> bytes | None:
        if await link.carry_out(data, self._state.layer) is None:
            window, mask = link.unpack("IH", data)
            self._batches.select(link, window, mask)
        return None

    async def _set_screen_size(self, link: Link, data: bytes) -> bytes | None:
        if await link.carry_out(data, self._state.layer) is None:
            self._state.screen_pixmap = None
            width, height = link.unpack("II", data, 12)
            self._state.millimeters = (width, height)
        return None

    async def _set_crtc_config(self, link: Link, data: bytes) -> bytes | None:
        return await self._reset(link, data, [requests.first_id(link, data)])

    async def _set_screen_config(self, link: Link, data: bytes) -> bytes | None:
        return await self._reset(link, data, list(self._state.crtcs))

    async def _reset(self, link: Link, data: bytes, crtcs: list[int]) -> bytes | None:
        """Carry out a request after which ``crtcs`` show the screen's pixmap."""
        if not any(self._state.crtc(id).pixmap for id in crtcs):
            return data
        reply = await link.ask(data)
        link.answer(reply, self._state.layer)
        if reply[0] == encoding.REPLY and reply[1] == SUCCESS:
            for id in crtcs:
                self._state.crtcs[id] = ScanoutCrtc(id, sprite=self._state.crtc(id).sprite)
            self._monitors.show(link, map(self._state.crtc, crtcs))
        return None

    async def _get_crtc_info(self, link: Link, data: bytes) -> bytes | None:
        id = requests.first_id(link, data, 12)
        if not self._state.crtc(id).pixmap:
            return await self._get_with_time(link, data)
        reply = self._with_time(link, await link.ask(data))
        crtc = self._state.crtc(id)
        if reply[0] == encoding.REPLY and crtc.pixmap:
            width, height = link.unpack("HH", reply, 16)
            x, y, _, rotation, _ = crtc.setting
            place = link.pack("hhHH", x, y, *turned_size((width, height), rotation))
            turned = link.pack("H", rotation)
            reply = reply[:12] + place + reply[20:24] + turned + reply[26:]
        link.answer(reply, self._state.layer)
        return None

    async def _get_with_time(self, link: Link, data: bytes) -> bytes | None:
        """Correct the time of the last change in a reply, since undoing one is none."""
        if self._state.undone is None:
            return data
        link.answer(self._with_time(link, await link.ask(data)), self._state.layer)
        return None

    def _with_time(self, link: Link, reply: bytes) -> bytes:
        if reply[0] != encoding.REPLY:
            return reply
        time = self._state.last_change(link.unpack("I", reply, 8)[0])
        return reply[:8] + link.pack("I", time) + reply[12:]
