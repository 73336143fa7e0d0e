# SPDX-License-Identifier: MIT
"""A pixmap in which a compositor builds its next frame."""

from harness.clients.present.presentation import Presentation
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window


class Buffer:
    """A pixmap of the size of the screen; ``stale`` is the region that has to be repainted.

    ``shown`` is its last presentation.
    """

    shown: Presentation | None = None

    def __init__(self, target: Window) -> None:
        geometry = target.geometry
        self.pixmap = Pixmap.create(target.client, geometry.width, geometry.height, geometry.depth)
        self.picture = Picture.of(self.pixmap)
        self.stale = Region.create(target.client, [(0, 0, geometry.width, geometry.height)])

    @property
    def idle(self) -> bool:
        return self.shown is None or bool(self.shown.idles())

    def free(self) -> None:
        self.picture.free()
        self.pixmap.free()
        self.stale.destroy()
