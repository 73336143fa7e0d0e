# SPDX-License-Identifier: MIT
"""The kinds of scanout pixmaps that are offered: direct RENDER formats of the usual depths."""

from harness.proxy.channel import Channel
from harness.x11 import encoding
from harness.x11.extensions import Extension
from harness.x11.randr import Rotation
from harness.x11.randr_percrtc import ScanoutPixmapInfo

LARGEST = 8192
ALL_ROTATIONS = Rotation(0x3F)

_QUERY_PICT_FORMATS = 1
_DIRECT = 1
_ALPHA_DEPTH = 32


class Formats:
    """Asked of the server once; ``depths`` has the depth of each format."""

    def __init__(self, render: Extension | None) -> None:
        self._render = render
        self.infos: tuple[ScanoutPixmapInfo, ...] = ()
        self.depths: dict[int, int] = {}

    async def learn(self, channel: Channel) -> None:
        """Ask whatever is not known yet."""
        if self.infos or self._render is None:
            return
        geometry = await channel.ask(
            channel.new_request(encoding.GET_GEOMETRY, 0, "I", channel.root)
        )
        formats = await channel.ask(channel.new_request(self._render.major, _QUERY_PICT_FORMATS))
        (count,) = channel.unpack("I", formats, 8)
        for at in range(32, 32 + 28 * count, 28):
            format, kind, depth = channel.unpack("IBB", formats, at)
            if kind == _DIRECT and depth in (geometry[1], _ALPHA_DEPTH):
                self.depths[format] = depth
        self.infos = tuple(
            ScanoutPixmapInfo(format, LARGEST, LARGEST, ALL_ROTATIONS) for format in self.depths
        )
