# SPDX-License-Identifier: MIT
"""Whether a SetCrtcConfigs request is valid: the checks in their order, nothing changed.

The order is that of the draft's code of December 2010, the errors are those of its text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from harness.proposals import requests
from harness.proposals.percrtc.server import (
    BAD_CRTC,
    BAD_MODE,
    BAD_OUTPUT,
    RandrRefused,
    ServerRandr,
)
from harness.proposals.percrtc.state import Configuration, ScanoutCrtc, ScanoutPixmap, turned_size
from harness.proposals.requests import RequestError, Size
from harness.x11 import encoding
from harness.x11.drafts.randr_percrtc import (
    ALL_OF_CRTC,
    ALL_OF_SCREEN,
    CrtcConfig,
    CrtcFlag,
    ScreenFlag,
    SetCrtcConfigs,
)
from harness.x11.randr import ROTATIONS

_LARGEST = 32767
_ROTATIONS_AND_REFLECTIONS = 0x3F


class Validation:
    """Checks one request against the configuration ``now`` and all scanout ``pixmaps``.

    With ``grow`` a mode for which a CRTC's pixmap has become too small is valid.
    """

    def __init__(
        self,
        randr: ServerRandr,
        now: Configuration,
        pixmaps: Mapping[int, ScanoutPixmap],
        *,
        grow: bool,
    ) -> None:
        self._randr, self._channel, self._now = randr, randr.channel, now
        self._modes, self._pixmaps, self._grow = now.resources.modes, pixmaps, grow

    async def screen(self, request: SetCrtcConfigs) -> None:
        """Check drawable, flags and sizes.  Raises RequestError for what is invalid."""
        geometry = requests.get_geometry(self._channel, request.drawable)
        if (await self._channel.ask(geometry))[0] == encoding.ERROR:
            raise RequestError(encoding.BAD_DRAWABLE, request.drawable)
        if request.set & ~int(ALL_OF_SCREEN):
            raise RequestError(encoding.BAD_VALUE, request.set)
        if request.set & ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS and not all(request.millimeters):
            raise RequestError(encoding.BAD_VALUE)
        if request.set & ScreenFlag.SCREEN_PIXMAP_SIZE:
            limits = await self._randr.size_range()
            for size, least, most in zip(
                request.screen_pixmap, limits[:2], limits[2:], strict=True
            ):
                if not least <= size <= most:
                    raise RequestError(encoding.BAD_VALUE, size)
        if request.set & ScreenFlag.SCREEN_SIZE:
            for size in request.screen:
                if not 1 <= size <= _LARGEST:
                    raise RequestError(encoding.BAD_VALUE, size)

    async def crtcs(
        self, configs: Sequence[CrtcConfig], screen_pixmap: Size
    ) -> dict[int, ScanoutCrtc]:
        """The CRTCs by id as they are to become, in the order of ``configs``.

        Raises RequestError for what is invalid.
        """
        wanted: dict[int, ScanoutCrtc] = {}
        for config in configs:
            crtc = await self._crtc(config, screen_pixmap)
            if crtc.id in wanted:
                raise RequestError(encoding.BAD_VALUE, crtc.id)
            wanted[crtc.id] = crtc
        return wanted

    async def _crtc(self, config: CrtcConfig, screen_pixmap: Size) -> ScanoutCrtc:
        now = self._now.crtcs.get(config.crtc)
        if now is None:
            raise self._randr.error(BAD_CRTC, config.crtc)
        if config.set & ~int(ALL_OF_CRTC):
            raise RequestError(encoding.BAD_VALUE, config.set)
        crtc = merged(now, config)
        mode, rotation = crtc.setting.mode, crtc.setting.rotation
        if bool(mode) != bool(crtc.setting.outputs):
            raise RequestError(encoding.BAD_MATCH)
        if mode and mode not in self._modes:
            raise self._randr.error(BAD_MODE, mode)
        pixmap = await self._pixmap(crtc.pixmap) if crtc.pixmap else None
        await self._outputs(crtc)
        turns = rotation & ROTATIONS
        if turns.bit_count() != 1 or rotation & ~_ROTATIONS_AND_REFLECTIONS:
            raise RequestError(encoding.BAD_VALUE, rotation)
        if pixmap is not None and rotation & ~pixmap.rotations:
            raise RequestError(encoding.BAD_MATCH)
        if pixmap is None and rotation & ~self._now.server[crtc.id].rotations:
            raise RequestError(encoding.BAD_VALUE, rotation)
        if mode:
            size = turned_size(self._modes[mode], rotation)
            if pixmap is None:
                for at, length, whole in zip(crtc.setting[:2], size, screen_pixmap, strict=True):
                    if not 0 <= at <= whole - length:
                        raise RequestError(encoding.BAD_VALUE, at)
            else:
                grows = self._grow and crtc.pixmap == now.pixmap
                origin = (crtc.pixmap_x, crtc.pixmap_y)
                for at, length, whole in zip(origin, size, pixmap.size, strict=True):
                    if at < 0 or (at > whole - length and not grows):
                        raise RequestError(encoding.BAD_MATCH)
        return crtc

    async def _pixmap(self, id: int) -> ScanoutPixmap:
        pixmap = self._pixmaps.get(id)
        if pixmap is not None:
            return pixmap
        channel = self._channel
        geometry = await channel.ask(requests.get_geometry(channel, id))
        tree = await channel.ask(requests.query_tree(channel, id))
        if geometry[0] == encoding.REPLY and tree[0] == encoding.ERROR:
            raise RequestError(encoding.BAD_MATCH)
        raise RequestError(encoding.BAD_PIXMAP, id)

    async def _outputs(self, crtc: ScanoutCrtc) -> None:
        infos = []
        for id in crtc.setting.outputs:
            try:
                info = await self._randr.output(id)
            except RandrRefused:
                raise self._randr.error(BAD_OUTPUT, id) from None
            if crtc.id not in info.crtcs or crtc.setting.mode not in info.modes:
                raise RequestError(encoding.BAD_MATCH)
            infos.append(info)
        for one, other in combinations(infos, 2):
            if one.id == other.id or other.id not in one.clones or one.id not in other.clones:
                raise RequestError(encoding.BAD_MATCH)


def merged(now: ScanoutCrtc, config: CrtcConfig) -> ScanoutCrtc:
    """``now`` with what the flags of ``config`` say that it sets."""
    chosen, setting, sprite = config.set, now.setting, now.sprite
    if chosen & CrtcFlag.POSITION:
        setting = setting._replace(x=config.x, y=config.y)
    if chosen & CrtcFlag.MODE:
        setting = setting._replace(mode=config.mode)
    if chosen & CrtcFlag.ROTATION:
        setting = setting._replace(rotation=config.rotation)
    if chosen & CrtcFlag.OUTPUTS:
        setting = setting._replace(outputs=config.outputs)
    if chosen & CrtcFlag.SPRITE_POSITION_TRANSFORM:
        sprite = replace(sprite, position=config.sprite.position)
    if chosen & CrtcFlag.SPRITE_IMAGE_TRANSFORM:
        sprite = replace(sprite, image=config.sprite.image)
    crtc = replace(now, setting=setting, sprite=sprite)
    if chosen & CrtcFlag.PIXMAP:
        crtc = replace(crtc, pixmap=config.pixmap)
    if chosen & CrtcFlag.PIXMAP_POSITION:
        crtc = replace(crtc, pixmap_x=config.pixmap_x, pixmap_y=config.pixmap_y)
    # A CRTC that is off shows nothing of anything.
    return crtc if setting.mode else replace(crtc, pixmap=0)
