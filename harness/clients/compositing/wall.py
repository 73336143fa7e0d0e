# SPDX-License-Identifier: MIT
"""A compositor in miniature for several monitors, each with a scanout pixmap of its own."""

from dataclasses import dataclass
from operator import methodcaller
from typing import Self

from xcffib.composite import Redirect

from harness.clients.compositing.composited_window import CompositedWindow
from harness.clients.compositing.stack import Stack
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.scanout import Scanout
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.errors import HarnessError
from harness.x11.drafts.randr_percrtc import (
    ONE,
    ConfigStatus,
    CrtcConfig,
    CrtcFlag,
    Matrix,
    SpriteTransforms,
)

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

ALL_ROTATIONS = 0x3F


class WallRefused(HarnessError):
    """The server did not let a CRTC show a scanout pixmap."""


@dataclass(slots=True)
class Plane:
    """The scanout ``pixmap`` of one CRTC; ``source`` maps its pixels to those of the screen."""

    crtc: int
    pixmap: Pixmap
    picture: Picture
    source: Matrix


def translation(x: int, y: int) -> Matrix:
    """The transform by which a plane shows the screen from (x, y)."""
    return (ONE, 0, x * ONE, 0, ONE, y * ONE, 0, 0, ONE)


class Wall:
    """Paints the windows of the screen onto the scanout pixmaps of its CRTCs.

    Each window is composited and transformed in one operation per CRTC.  All windows are
    redirected manually; every ``update`` queries them again.  There is nothing else of a
    compositing manager.
    """

    def __init__(self, client: Presenter, background: str = "grey") -> None:
        self.client, self.background = client, background
        self.scanout, self.monitors = Scanout(client), Monitors(client)
        self.planes: dict[int, Plane] = {}
        self._root = client.root_window(events=0)
        self._root.redirect_subwindows(Redirect.Manual)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.client.closed:
            self.stop()

    def drive(
        self, crtc: int, source: Matrix | None = None, rotations: int = ALL_ROTATIONS
    ) -> Plane:
        """Let ``crtc``, which is on, show a scanout pixmap, by default of its part of the screen.

        Raises WallRefused when the server does not let it.
        """
        state = self.monitors.crtc(crtc)
        pixmap = self.scanout.create(state.width, state.height, rotations=rotations)
        place = translation(state.x, state.y) if source is None else source
        plane = Plane(crtc, pixmap, Picture.of(pixmap), place)
        self.planes[crtc] = plane
        self._paint([plane])
        chosen = CrtcFlag.PIXMAP | CrtcFlag.PIXMAP_POSITION
        status = self.scanout.configure(CrtcConfig(crtc=crtc, set=chosen, pixmap=pixmap.id))
        if status is not ConfigStatus.SUCCESS:
            raise WallRefused(f"expected CRTC {crtc:#x} to show {pixmap.id:#x}, got {status.name}")
        return plane

    def turn(self, crtc: int, source: Matrix, sprite: SpriteTransforms | None = None) -> None:
        """Let ``crtc`` show the screen through ``source``, and its sprite, without a mode set."""
        self.planes[crtc].source = source
        if sprite is not None:
            self.scanout.set_sprite(crtc, sprite)
        self.update()

    def update(self) -> None:
        """Paint all windows as they are onto all planes, under one server grab."""
        self._paint(list(self.planes.values()))

    def stop(self) -> None:
        """Let the CRTCs show the screen again, and the windows draw to it."""
        kept = [
            CrtcConfig(crtc=crtc, set=CrtcFlag.PIXMAP | CrtcFlag.ROTATION, pixmap=0)
            for crtc in self.planes
            if self.monitors.crtc(crtc).mode
        ]
        if kept:
            # All that they show of the screen must be there again.
            root = self._root.geometry
            self.scanout.configure(*kept, screen_pixmap=(root.width, root.height))
        self._root.unredirect_subwindows(Redirect.Manual)
        for plane in self.planes.values():
            plane.picture.free()
            plane.pixmap.free()
        self.planes.clear()
        self.client.sync()

    def _paint(self, planes: list[Plane]) -> None:
        with self.client.grab():
            stack = Stack(self._root.id)
            stack.adopt(self.client)
            layers = [CompositedWindow(self.client, child) for child in stack.children]
            for layer in layers:
                layer.renew()
            for plane in planes:
                size = (plane.pixmap.width, plane.pixmap.height)
                plane.picture.fill(self.background, 0, 0, *size)
                for layer in layers:
                    if layer.visible:
                        layer.project(plane.picture, plane.source, *size)
            for layer in layers:
                layer.free()
