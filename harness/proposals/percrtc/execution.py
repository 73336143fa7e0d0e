# SPDX-License-Identifier: MIT
"""Carries out what was validated on the server's own CRTCs, all of it or nothing.

A CRTC that shows a scanout pixmap is, for the server, a CRTC that shows some part of the
screen: unturned, and as near to its place as the screen allows.
"""

from collections.abc import Iterable, Mapping

from harness.proposals.percrtc.server import CrtcInfo, Refused, ServerRandr, ServerResources
from harness.proposals.percrtc.state import ScanoutCrtc, turned_size
from harness.proxy.channel import Channel
from harness.x11 import encoding
from harness.x11.randr import Rotation


class Failed(Exception):
    """The driver refused; everything is as it was.  ``error`` is a protocol error, if any came."""

    def __init__(self, error: bytes = b"") -> None:
        super().__init__(error)
        self.error = error


Real = tuple[tuple[int, int], int, int, tuple[int, ...]]
"""Place, mode, rotation and outputs of one of the server's CRTCs."""


class Execution:
    """The steps of one request on ``channel``, to be run while the server is grabbed.

    After ``fail_after`` steps the driver refuses; negative: it does not.
    """

    def __init__(
        self,
        randr: ServerRandr,
        channel: Channel,
        resources: ServerResources,
        infos: Mapping[int, CrtcInfo],
        fail_after: int = -1,
    ) -> None:
        self._randr, self._channel, self._resources = randr, channel, resources
        self._before: dict[int, Real] = {
            id: ((info.x, info.y), info.mode, info.rotation, info.outputs)
            for id, info in infos.items()
        }
        self._now = dict(self._before)
        self._left = fail_after
        self.stepped = False
        """Whether the server's own state was touched."""

    async def run(
        self,
        crtcs: Iterable[ScanoutCrtc],
        before: tuple[tuple[int, int], tuple[int, int]],
        after: tuple[tuple[int, int], tuple[int, int]],
        virtual: Iterable[ScanoutCrtc],
    ) -> None:
        """Make the screen's size and mm ``after`` instead of ``before``, and set ``crtcs``.

        ``virtual`` are CRTCs not to be set that show scanout pixmaps: they must not keep the
        screen from its size.  Raises Failed.
        """
        targets = {crtc.id: crtc for crtc in crtcs}
        others = {crtc.id: crtc for crtc in virtual if crtc.id not in targets}
        try:
            wanted = {id: self._real(crtc, after[0]) for id, crtc in (others | targets).items()}
            for id, real in wanted.items():
                was = self._now[id]
                if was[1] and (was[1] != real[1] or was[3] != real[3] or before != after):
                    await self._set(id, ((0, 0), 0, Rotation.ROTATE_0, ()))
            if before != after:
                await self._resize(*after)
            for id, real in wanted.items():
                await self._set(id, real)
        except (Refused, Failed) as refusal:
            await self._undo(wanted_ids=[*others, *targets], before=before, after=after)
            raise Failed(getattr(refusal, "error", b"")) from None

    def _real(self, crtc: ScanoutCrtc, screen: tuple[int, int]) -> Real:
        if not crtc.mode:
            return (crtc.x, crtc.y), 0, crtc.rotation, ()
        if not crtc.pixmap:
            return (crtc.x, crtc.y), crtc.mode, crtc.rotation, crtc.outputs
        size = turned_size(self._resources.modes[crtc.mode], Rotation.ROTATE_0)
        room = [whole - length for whole, length in zip(screen, size, strict=True)]
        if min(room) < 0:
            raise Failed
        x, y = (max(0, min(at, most)) for at, most in zip((crtc.x, crtc.y), room, strict=True))
        return (x, y), crtc.mode, int(Rotation.ROTATE_0), crtc.outputs

    async def _set(self, id: int, real: Real) -> None:
        self._count()
        place, mode, rotation, outputs = real
        self.stepped = True
        if not await self._randr.set_crtc(self._channel, id, place, mode, rotation, outputs):
            raise Failed
        self._now[id] = real

    async def _resize(self, size: tuple[int, int], millimeters: tuple[int, int]) -> None:
        self._count()
        self.stepped = True
        await self._randr.set_screen_size(self._channel, size, millimeters)

    def _count(self) -> None:
        if self._left == 0:
            raise Failed
        self._left -= 1

    async def _undo(
        self,
        wanted_ids: list[int],
        before: tuple[tuple[int, int], tuple[int, int]],
        after: tuple[tuple[int, int], tuple[int, int]],
    ) -> None:
        """Off, the old size, the old CRTCs; what even that refuses stays."""
        if not self.stepped:
            return
        self._left = -1
        steps = [self._set(id, ((0, 0), 0, int(Rotation.ROTATE_0), ())) for id in wanted_ids]
        if before != after:
            steps.append(self._resize(*before))
        steps += [self._set(id, self._before[id]) for id in wanted_ids]
        for step in steps:
            try:
                await step
            except (Refused, Failed):
                continue


def access_denied(error: bytes) -> bool:
    """Whether a step was refused since somebody leases the CRTC or output."""
    return error[:2] == bytes([encoding.ERROR, encoding.BAD_ACCESS])
