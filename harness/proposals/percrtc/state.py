# SPDX-License-Identifier: MIT
"""What the draft adds to the server's state: scanout pixmaps, and what each CRTC shows of them."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.proposals.percrtc.server import (
    OFF,
    CrtcInfo,
    CrtcSetting,
    ScreenSize,
    ServerRandr,
    ServerResources,
)
from harness.proposals.requests import Size
from harness.proxy.channel import Channel
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11.drafts.randr_percrtc import SpriteTransforms
from harness.x11.extensions import Extension
from harness.x11.randr import Rotation

_PLAIN = SpriteTransforms()
_TURNED = Rotation.ROTATE_90 | Rotation.ROTATE_270


@dataclass(frozen=True, slots=True)
class OpenDecisions:
    """How the layer's knobs stand: ``errors=code``, ``destroy=refcount``, ``resize=grow``."""

    coded_errors: bool
    refcounted: bool
    grows: bool


@dataclass(frozen=True, slots=True, eq=False)
class ScanoutPixmap:
    """A pixmap made by CreateScanoutPixmap, for as long as its id lives.

    ``rotations`` are those in which a CRTC may show it.
    """

    id: int
    size: Size
    rotations: int
    owner: Link


@dataclass(frozen=True, slots=True)
class ScanoutCrtc:
    """A CRTC as clients of the draft see it.

    ``setting`` is what RANDR says of it: its place is the one on the screen, whatever it shows.
    With a ``pixmap`` it reads that one from (``pixmap_x``, ``pixmap_y``) on.
    """

    id: int
    setting: CrtcSetting = OFF
    pixmap: int = 0
    pixmap_x: int = 0
    pixmap_y: int = 0
    sprite: SpriteTransforms = _PLAIN


class Configuration(NamedTuple):
    """Screen and CRTCs at one moment.

    ``server`` are the server's own CRTCs, ``crtcs`` the same as clients of the draft see them.
    """

    resources: ServerResources
    server: dict[int, CrtcInfo]
    crtcs: dict[int, ScanoutCrtc]
    screen: ScreenSize


def turned_size(size: Size, rotation: int) -> Size:
    """How much a CRTC with a mode of this ``size`` shows when it is turned."""
    width, height = size
    return (height, width) if rotation & _TURNED else (width, height)


class PerCrtcState:
    """The state of ``layer``, over the server's own.

    ``pixmaps`` and ``crtcs`` are by id; ``screen_pixmap`` is the size of the screen's pixmap
    where that is not the screen's.  After ``fail_after`` steps on the server its driver is to
    refuse the next request; negative: it is not.
    """

    def __init__(
        self, layer: Layer, proxy: Proxy, randr: Extension, decisions: OpenDecisions
    ) -> None:
        self.layer, self.proxy = layer, proxy
        self.extension, self.decisions = randr, decisions
        self.fail_after = -1
        self.clear()

    def clear(self) -> None:
        """The last client has disconnected, and the server has reset."""
        self.pixmaps: dict[int, ScanoutPixmap] = {}
        self.crtcs: dict[int, ScanoutCrtc] = {}
        self.screen_pixmap: Size | None = None
        self.millimeters: Size = (0, 0)
        self.undone: tuple[int, int] | None = None
        """The server's time of the last change, which was undone, and that of the one before."""

    def randr(self, channel: Channel) -> ServerRandr:
        """The server's RANDR over ``channel``."""
        return ServerRandr(channel, self.extension)

    def crtc(self, id: int) -> ScanoutCrtc:
        """What is known here of a CRTC; of a setting only what the server does not have."""
        return self.crtcs.get(id, ScanoutCrtc(id))

    def seen(self, info: CrtcInfo) -> ScanoutCrtc:
        """A CRTC as clients of the draft see it."""
        known, setting = self.crtc(info.id), info.setting
        if known.pixmap:
            own = known.setting
            setting = setting._replace(x=own.x, y=own.y, rotation=own.rotation)
        return replace(known, setting=setting)

    def showing(self, pixmap: int) -> list[int]:
        """The ids of the CRTCs that show ``pixmap``."""
        return [crtc.id for crtc in self.crtcs.values() if crtc.pixmap == pixmap]

    def last_change(self, timestamp: int) -> int:
        """The time of the last change that was not undone; ``timestamp`` is the server's."""
        if self.undone is not None and timestamp == self.undone[0]:
            return self.undone[1]
        return timestamp

    async def configuration(self, channel: Channel) -> Configuration:
        """Screen and CRTCs now, seen over ``channel``."""
        randr = self.randr(channel)
        resources = await randr.resources()
        infos = {id: await randr.crtc(id) for id in resources.crtcs}
        return Configuration(
            replace(resources, timestamp=self.last_change(resources.timestamp)),
            infos,
            {id: self.seen(info) for id, info in infos.items()},
            ScreenSize(await randr.root_size(), self.millimeters),
        )
