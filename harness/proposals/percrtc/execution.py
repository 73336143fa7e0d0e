# SPDX-License-Identifier: MIT
"""Carries out a validated request on the server's own CRTCs, all of it or nothing.

A CRTC that shows a scanout pixmap is, for the server, a CRTC that shows some part of the
screen: unturned, and as near to its place as the screen allows.
"""

from collections.abc import Mapping

from harness.proposals.percrtc.server import OFF, CrtcSetting, RandrRefused, ScreenSize, ServerRandr
from harness.proposals.percrtc.state import Configuration, ScanoutCrtc
from harness.proposals.requests import Size
from harness.x11 import encoding


class ConfigurationFailed(Exception):
    """The driver refused; everything is as it was.  ``error`` is a protocol error, if any came."""

    def __init__(self, error: bytes = b"") -> None:
        super().__init__(error)
        self.error = error

    @property
    def leased(self) -> bool:
        """Whether a step was refused because a CRTC or an output is leased."""
        return self.error[:2] == bytes([encoding.ERROR, encoding.BAD_ACCESS])


class Execution:
    """The steps of one request from configuration ``before`` on, while the server is grabbed.

    After ``fail_after`` steps the driver refuses; negative: it does not.
    """

    def __init__(self, randr: ServerRandr, before: Configuration, fail_after: int) -> None:
        self._randr, self._before, self._left = randr, before, fail_after
        self.stepped = False
        """Whether the server's own state was touched."""

    async def run(self, targets: Mapping[int, ScanoutCrtc], screen: ScreenSize) -> None:
        """Set ``targets`` and the size of the screen.

        Raises ConfigurationFailed when the server refuses a step.
        """
        before = self._before
        # Others that show scanout pixmaps must not keep the screen from its size.
        others = [crtc for id, crtc in before.crtcs.items() if crtc.pixmap and id not in targets]
        moved = {crtc.id: crtc for crtc in (*others, *targets.values())}
        try:
            wanted = {id: self._real(crtc, screen.pixels) for id, crtc in moved.items()}
            for id, real in wanted.items():
                was = before.server[id].setting
                same = (was.mode, was.outputs) == (real.mode, real.outputs)
                if was.mode and not (same and screen == before.screen):
                    await self._set(id, OFF)
            if screen != before.screen:
                await self._resize(screen)
            for id, real in wanted.items():
                await self._set(id, real)
        except (RandrRefused, ConfigurationFailed) as refusal:
            if self.stepped:
                await self._undo([*moved], resized=screen != before.screen)
            raise ConfigurationFailed(refusal.error) from None

    def _real(self, crtc: ScanoutCrtc, screen: Size) -> CrtcSetting:
        setting = crtc.setting
        if not setting.mode:
            return setting._replace(outputs=())
        if not crtc.pixmap:
            return setting
        mode = self._before.resources.modes[setting.mode]
        room = (screen[0] - mode[0], screen[1] - mode[1])
        if min(room) < 0:
            raise ConfigurationFailed
        x, y = (max(0, min(at, most)) for at, most in zip(setting[:2], room, strict=True))
        return CrtcSetting(x, y, setting.mode, outputs=setting.outputs)

    async def _set(self, id: int, setting: CrtcSetting) -> None:
        self._count()
        if not await self._randr.set_crtc(id, setting):
            raise ConfigurationFailed

    async def _resize(self, screen: ScreenSize) -> None:
        self._count()
        await self._randr.set_screen_size(screen)

    def _count(self) -> None:
        if self._left == 0:
            raise ConfigurationFailed
        self._left -= 1
        self.stepped = True

    async def _undo(self, crtcs: list[int], *, resized: bool) -> None:
        """Off, the old size, the old settings; what even that refuses stays."""
        self._left = -1
        steps = [self._set(id, OFF) for id in crtcs]
        if resized:
            steps.append(self._resize(self._before.screen))
        steps += [self._set(id, self._before.server[id].setting) for id in crtcs]
        for step in steps:
            try:
                await step
            except (RandrRefused, ConfigurationFailed):
                continue
