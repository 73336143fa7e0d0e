# SPDX-License-Identifier: MIT
"""Scanout pixmaps: the formats offered, creation, and what CRTCs show when one is freed."""

from collections.abc import Sequence
from dataclasses import replace

from harness.proposals import requests
from harness.proposals.percrtc.configurator import Configurator
from harness.proposals.percrtc.real_monitors import RealMonitors
from harness.proposals.percrtc.state import PerCrtcState, ScanoutPixmap
from harness.proposals.requests import RequestError
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.x11 import encoding
from harness.x11.drafts.randr_percrtc import CreateScanoutPixmap, ScanoutPixmapInfo
from harness.x11.randr import Rotation

LARGEST = 8192
ALL_ROTATIONS = Rotation(0x3F)

_QUERY_PICT_FORMATS = 1
_DIRECT = 1
_ALPHA_DEPTH = 32


class ScanoutPixmaps:
    """Handles the requests about scanout pixmaps; ``render`` is RENDER's major opcode.

    Offered are direct RENDER formats of the root's depth and of depth 32.
    """

    def __init__(
        self,
        state: PerCrtcState,
        configurator: Configurator,
        render: int,
        monitors: RealMonitors,
    ) -> None:
        self._state, self._configurator, self._render = state, configurator, render
        self._monitors = monitors
        self._infos: Sequence[ScanoutPixmapInfo] = ()
        self._depths: dict[int, int] = {}
        """The depth of each format offered."""

    async def query(self, link: Link, data: bytes) -> bytes | None:
        """The handler of QueryScanoutPixmaps.  Raises RequestError for what is no drawable."""
        await self._check_drawable(link, requests.only_id(link, data))
        await self._query_formats(link)
        infos = b"".join(info.encode(link.order) for info in self._infos)
        link.answer(requests.reply(link, bytes(24) + infos), self._state.layer)
        return None

    async def create(self, link: Link, data: bytes) -> bytes | None:
        """The handler of CreateScanoutPixmap.  Raises RequestError for an invalid request."""
        request = CreateScanoutPixmap.decode(data, link.order)
        # Whether the id is good only the server can say, before anything else is looked at.
        error = await link.attempt(requests.create_pixmap(link, request.pixmap, (1, 1), 1))
        if error is not None:
            raise RequestError(error[1], request.pixmap)
        link.send(requests.free_pixmap(link, request.pixmap))
        await self._check_creation(link, request)
        size = (request.width, request.height)
        depth = self._depths[request.format]
        error = await link.attempt(requests.create_pixmap(link, request.pixmap, size, depth))
        if error is not None:
            raise RequestError(error[1])
        pixmap = ScanoutPixmap(request.pixmap, size, request.rotations, link)
        self._state.pixmaps[pixmap.id] = pixmap
        link.swallow()
        return None

    async def _check_creation(self, link: Link, request: CreateScanoutPixmap) -> None:
        await self._check_drawable(link, request.drawable)
        await self._query_formats(link)
        info = next((one for one in self._infos if one.format == request.format), None)
        if info is None:
            raise self._unsupported(request.format)
        for size, most in ((request.width, info.max_width), (request.height, info.max_height)):
            if not 1 <= size <= most:
                raise RequestError(encoding.BAD_VALUE, size)
        if request.rotations & ~int(info.rotations):
            raise self._unsupported(request.rotations)

    def _unsupported(self, value: int) -> RequestError:
        if self._state.decisions.coded_errors:
            return RequestError(encoding.BAD_VALUE, value)
        return RequestError(encoding.BAD_MATCH)

    async def _check_drawable(self, link: Link, id: int) -> None:
        if (await link.ask(requests.get_geometry(link, id)))[0] != encoding.REPLY:
            raise RequestError(encoding.BAD_DRAWABLE, id)

    async def _query_formats(self, channel: Channel) -> None:
        if self._infos:
            return
        geometry = await channel.ask(requests.get_geometry(channel, channel.root))
        formats = await channel.ask(channel.new_request(self._render, _QUERY_PICT_FORMATS))
        (count,) = channel.unpack("I", formats, 8)
        for at in range(32, 32 + 28 * count, 28):
            format, kind, depth = channel.unpack("IBB", formats, at)
            if kind == _DIRECT and depth in (geometry[1], _ALPHA_DEPTH):
                self._depths[format] = depth
        self._infos = [
            ScanoutPixmapInfo(format, LARGEST, LARGEST, ALL_ROTATIONS) for format in self._depths
        ]

    async def free(self, link: Link, data: bytes) -> bytes | None:
        """The handler of FreePixmap.

        CRTCs then show the screen's pixmap; with ``destroy=refcount`` what they showed.
        """
        id = requests.first_id(link, data, 8)
        state, pixmap = self._state, self._state.pixmaps.get(id)
        if pixmap is None:
            return data
        showing = state.showing(id)
        copy = await self._copy(link, pixmap) if showing and state.decisions.refcounted else 0
        if await link.carry_out(data, state.layer) is not None:
            return None
        state.pixmaps.pop(id, None)
        if copy:
            state.crtcs |= {crtc: replace(state.crtcs[crtc], pixmap=copy) for crtc in showing}
            state.pixmaps[copy] = replace(pixmap, id=copy)
            self._monitors.show(link, (await state.configuration(link)).crtcs.values())
        elif state.showing(id):
            await self._configurator.fall_back(link, id)
        return None

    async def _copy(self, link: Link, pixmap: ScanoutPixmap) -> int:
        """A pixmap of the proxy's own with the same contents."""
        own = self._state.proxy.own()
        await own.ready
        geometry = await link.ask(requests.get_geometry(link, pixmap.id))
        copy, context = own.new_id(), own.new_id()
        own.send(requests.create_pixmap(own, copy, pixmap.size, geometry[1]))
        own.send(encoding.quiet_gc(own.order, context, copy))
        own.send(requests.copy_area(own, pixmap.id, copy, context, pixmap.size))
        await own.attempt(own.new_request(encoding.FREE_GC, 0, "I", context))
        return copy

    def forget_link(self, link: Link) -> None:
        """The client of ``link`` has disconnected, and its pixmaps are freed."""
        state = self._state
        for id in [one.id for one in state.pixmaps.values() if one.owner is link]:
            del state.pixmaps[id]
            if state.showing(id) and state.proxy.links:
                state.proxy.spawn(self._fall_back(id))

    async def _fall_back(self, pixmap: int) -> None:
        own = self._state.proxy.own()
        await own.ready
        await self._configurator.fall_back(own, pixmap)
