# SPDX-License-Identifier: MIT
"""Monitors that show scanout pixmaps in truth, where the driver of the harness is behind them."""

from collections.abc import Iterable

from harness.proposals.percrtc.state import ScanoutCrtc
from harness.proxy.channel import Channel
from harness.servers.flip.own_pixmaps import ENTRY, FREEZE, SHOW
from harness.x11.extensions import Extension


class RealMonitors:
    """Has CRTCs scan out what the draft says; does nothing without ``extension``.

    A change of several CRTCs is on all their monitors in one frame, with all that was set
    between ``freeze`` and ``show``.
    """

    def __init__(self, extension: Extension | None) -> None:
        self._extension = extension

    def freeze(self, channel: Channel) -> None:
        """Let monitors go on with what they show, until the frame that ``show`` asks for."""
        if self._extension is not None:
            channel.send(channel.new_request(self._extension.major, FREEZE))

    def show(self, channel: Channel, crtcs: Iterable[ScanoutCrtc]) -> None:
        """Let ``crtcs`` scan out what they say, from the next frame on."""
        if self._extension is None:
            return
        values: list[int] = []
        shown = list(crtcs)
        for crtc in shown:
            pixmap = crtc.pixmap if crtc.setting.mode else 0
            values += (crtc.id, pixmap, crtc.pixmap_x, crtc.pixmap_y, crtc.setting.rotation)
        layout = ENTRY * len(shown)
        channel.send(channel.new_request(self._extension.major, SHOW, layout, *values))
