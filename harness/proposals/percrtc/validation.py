# SPDX-License-Identifier: MIT
"""Whether a SetCrtcConfigs request is right: the checks in their order, nothing changed.

The order is that of the draft's code of December 2010, the errors are those of its text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from harness.proposals.percrtc.server import CrtcInfo, Refused, ServerRandr, ServerResources
from harness.proposals.percrtc.state import ScanoutCrtc, ScanoutPixmap, turned_size
from harness.proxy.channel import Channel
from harness.x11 import encoding
from harness.x11.randr import ROTATIONS
from harness.x11.randr_percrtc import (
    ALL_OF_CRTC,
    ALL_OF_SCREEN,
    CrtcConfig,
    CrtcFlag,
    ScreenFlag,
    SetCrtcConfigs,
)

LARGEST = 32767
RANDR_CRTC, RANDR_MODE, RANDR_OUTPUT = 1, 2, 0
"""RANDR's errors, from its first one."""


class Wrong(Exception):
    """The request is refused with this error; ``randr`` counts ``code`` from RANDR's first."""

    def __init__(self, code: int, value: int = 0, *, randr: bool = False) -> None:
        super().__init__(code, value)
        self.code, self.value, self.randr = code, value, randr


class Validation:
    """One request held against what there is.

    ``pixmaps`` are the scanout pixmaps by id, ``now`` the CRTCs as they are.  With ``grow`` a
    pixmap that a new mode has become too large for is no error.
    """

    def __init__(
        self,
        randr: ServerRandr,
        channel: Channel,
        resources: ServerResources,
        infos: Mapping[int, CrtcInfo],
        now: Mapping[int, ScanoutCrtc],
        pixmaps: Mapping[int, ScanoutPixmap],
        *,
        grow: bool = False,
    ) -> None:
        self._randr, self._channel, self._resources = randr, channel, resources
        self._infos, self._now, self._pixmaps, self._grow = infos, now, pixmaps, grow

    async def screen(self, request: SetCrtcConfigs) -> None:
        """Drawable, flags and sizes.  Raises Wrong."""
        ask = self._channel.new_request(encoding.GET_GEOMETRY, 0, "I", request.drawable)
        if (await self._channel.ask(ask))[0] == encoding.ERROR:
            raise Wrong(encoding.BAD_DRAWABLE, request.drawable)
        if request.set & ~int(ALL_OF_SCREEN):
            raise Wrong(encoding.BAD_VALUE, request.set)
        if request.set & ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS and not all(request.millimeters):
            raise Wrong(encoding.BAD_VALUE, 0)
        if request.set & ScreenFlag.SCREEN_PIXMAP_SIZE:
            least_width, least_height, width, height = await self._randr.size_range(self._channel)
            ranges = ((least_width, width), (least_height, height))
            for size, (least, most) in zip(request.screen_pixmap, ranges, strict=True):
                if not least <= size <= most:
                    raise Wrong(encoding.BAD_VALUE, size)
        if request.set & ScreenFlag.SCREEN_SIZE:
            for size in request.screen:
                if not 1 <= size <= LARGEST:
                    raise Wrong(encoding.BAD_VALUE, size)

    async def crtcs(
        self, configs: Sequence[CrtcConfig], screen_pixmap: tuple[int, int]
    ) -> list[ScanoutCrtc]:
        """The CRTCs as they are to become, in the order of ``configs``.  Raises Wrong."""
        wanted: list[ScanoutCrtc] = []
        for config in configs:
            crtc = await self._crtc(config, screen_pixmap)
            if any(crtc.id == other.id for other in wanted):
                raise Wrong(encoding.BAD_VALUE, crtc.id)
            wanted.append(crtc)
        return wanted

    async def _crtc(self, config: CrtcConfig, screen_pixmap: tuple[int, int]) -> ScanoutCrtc:
        now = self._now.get(config.crtc)
        if now is None:
            raise Wrong(RANDR_CRTC, config.crtc, randr=True)
        if config.set & ~int(ALL_OF_CRTC):
            raise Wrong(encoding.BAD_VALUE, config.set)
        crtc = merged(now, config)
        if bool(crtc.mode) != bool(crtc.outputs):
            raise Wrong(encoding.BAD_MATCH)
        if crtc.mode and crtc.mode not in self._resources.modes:
            raise Wrong(RANDR_MODE, crtc.mode, randr=True)
        pixmap = await self._pixmap(crtc)
        await self._outputs(crtc)
        turns = crtc.rotation & ROTATIONS
        if turns.bit_count() != 1 or crtc.rotation & ~0x3F:
            raise Wrong(encoding.BAD_VALUE, crtc.rotation)
        if pixmap is not None and crtc.rotation & ~pixmap.rotations:
            raise Wrong(encoding.BAD_MATCH)
        if pixmap is None and crtc.rotation & ~self._infos[crtc.id].rotations:
            raise Wrong(encoding.BAD_VALUE, crtc.rotation)
        if crtc.mode:
            size = turned_size(self._resources.modes[crtc.mode], crtc.rotation)
            kept = self._grow and crtc.pixmap == now.pixmap
            self._area(crtc, size, pixmap, screen_pixmap, grows=kept)
        return crtc

    async def _pixmap(self, crtc: ScanoutCrtc) -> ScanoutPixmap | None:
        if not crtc.pixmap:
            return None
        pixmap = self._pixmaps.get(crtc.pixmap)
        if pixmap is not None:
            return pixmap
        channel = self._channel
        answers = [
            (await channel.ask(channel.new_request(opcode, 0, "I", crtc.pixmap)))[0]
            for opcode in (encoding.GET_GEOMETRY, encoding.QUERY_TREE)
        ]
        if answers == [encoding.REPLY, encoding.ERROR]:
            raise Wrong(encoding.BAD_MATCH)
        raise Wrong(encoding.BAD_PIXMAP, crtc.pixmap)

    async def _outputs(self, crtc: ScanoutCrtc) -> None:
        infos = []
        for id in crtc.outputs:
            try:
                info = await self._randr.output(self._channel, id)
            except Refused:
                raise Wrong(RANDR_OUTPUT, id, randr=True) from None
            if crtc.id not in info.crtcs or crtc.mode not in info.modes:
                raise Wrong(encoding.BAD_MATCH)
            infos.append(info)
        for one, other in combinations(infos, 2):
            if one.id == other.id or other.id not in one.clones or one.id not in other.clones:
                raise Wrong(encoding.BAD_MATCH)

    def _area(
        self,
        crtc: ScanoutCrtc,
        size: tuple[int, int],
        pixmap: ScanoutPixmap | None,
        screen_pixmap: tuple[int, int],
        *,
        grows: bool,
    ) -> None:
        if pixmap is None:
            for at, length, whole in zip((crtc.x, crtc.y), size, screen_pixmap, strict=True):
                if at < 0 or at + length > whole:
                    raise Wrong(encoding.BAD_VALUE, at)
            return
        places = (crtc.pixmap_x, crtc.pixmap_y)
        for at, length, whole in zip(places, size, (pixmap.width, pixmap.height), strict=True):
            if at < 0 or (at + length > whole and not grows):
                raise Wrong(encoding.BAD_MATCH)


def merged(now: ScanoutCrtc, config: CrtcConfig) -> ScanoutCrtc:
    """``now`` with what the flags of ``config`` say that it sets."""
    crtc, chosen = now, config.set
    if chosen & CrtcFlag.POSITION:
        crtc = replace(crtc, x=config.x, y=config.y)
    if chosen & CrtcFlag.MODE:
        crtc = replace(crtc, mode=config.mode)
    if chosen & CrtcFlag.ROTATION:
        crtc = replace(crtc, rotation=config.rotation)
    if chosen & CrtcFlag.OUTPUTS:
        crtc = replace(crtc, outputs=config.outputs)
    sprite = crtc.sprite
    if chosen & CrtcFlag.SPRITE_POSITION_TRANSFORM:
        sprite = replace(sprite, position=config.sprite.position)
    if chosen & CrtcFlag.SPRITE_IMAGE_TRANSFORM:
        sprite = replace(sprite, image=config.sprite.image)
    if chosen & CrtcFlag.PIXMAP:
        crtc = replace(crtc, pixmap=config.pixmap)
    if chosen & CrtcFlag.PIXMAP_POSITION:
        crtc = replace(crtc, pixmap_x=config.pixmap_x, pixmap_y=config.pixmap_y)
    if not crtc.mode:
        # A CRTC that is off shows nothing of anything.
        crtc = replace(crtc, pixmap=0)
    return replace(crtc, sprite=sprite)
