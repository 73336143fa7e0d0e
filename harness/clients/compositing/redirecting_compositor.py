# SPDX-License-Identifier: MIT
"""A compositing manager that shows what applications present without a copy in between."""

from dataclasses import dataclass

from harness.clients.compositing.composited_window import CompositedWindow
from harness.clients.compositing.compositor import Buffer, Compositor
from harness.clients.present.presentation import Presentation
from harness.clients.present.presenter import Presenter
from harness.clients.present.redirector import Redirector
from harness.clients.resources.picture import OPAQUE, Picture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window
from harness.x11.present import RedirectNotify


@dataclass(slots=True, eq=False)
class PresentedImage:
    """What a window shows: a presentation that was redirected.

    ``shown`` is set once a frame with it was presented.
    """

    handed: RedirectNotify
    pixmap: Pixmap
    picture: Picture
    shown: bool = False


class RedirectingCompositor(Compositor):
    """Composites windows from the very pixmaps that their clients present.

    What was presented covers the window's own pixels, and is kept until the next presentation
    of that window has taken its place; one that was never in a frame is skipped.  Each is
    made idle exactly once.  One that covers everything is the next frame, to which the server
    may flip.

    Frames are presented, and complete what is in them.  ``images`` are what is shown now, by
    window.
    """

    def __init__(
        self,
        client: Presenter,
        parent: Window | None = None,
        *,
        buffers: int = 2,
        background: str = "grey",
    ) -> None:
        self.images: dict[int, PresentedImage] = {}
        self._redirector: Redirector | None = None
        self._handed_on = False
        super().__init__(client, parent, buffers=buffers, background=background)
        self._redirector = Redirector(client, self.parent)

    def stop(self) -> None:
        if self._redirector is not None and not self._stopped:
            self._redirector.stop()
            for window in list(self.images):
                self._give_up(window)
        super().stop()

    def _follow(self) -> list[CompositedWindow]:
        drawn = super()._follow()
        for window in [window for window in self.images if window not in self.layers]:
            self._give_up(window)
        redirector = self._redirector
        for _ in redirector.waiting() if redirector else ():
            assert redirector is not None
            handed = redirector.take()
            self._give_up(handed.window)
            pixmap = redirector.pixmap(handed)
            self.images[handed.window] = PresentedImage(handed, pixmap, Picture.of(pixmap))
            self._expose(handed.window)
        return drawn

    def _give_up(self, window: int) -> None:
        image = self.images.pop(window, None)
        if image is not None and self._redirector is not None:
            image.picture.free()
            self._redirector.give_back(image.handed)

    def _expose(self, window: int) -> None:
        child = self._stack.find(window)
        if child is not None and child.mapped:
            self._stack.exposed.append(child.outside)

    def _draw(self, layer: CompositedWindow, picture: Picture, limits: Region) -> None:
        super()._draw(layer, picture, limits)
        image = self.images.get(layer.child.id)
        if image is None:
            return
        border = layer.child.border_width
        left, top = layer.child.x + border, layer.child.y + border
        inside = Region.create(self.client, [(left, top, layer.child.width, layer.child.height)])
        inside.intersect(inside, limits)
        picture.clip(inside)
        inside.destroy()
        x, y = left + image.handed.x_off, top + image.handed.y_off
        picture.composite(image.picture, x, y, image.pixmap.width, image.pixmap.height)

    def _show(self, buffer: Buffer, fresh: Region) -> Presentation | None:
        image = self._covering()
        if image is not None:
            self._handed_on = True
            return self._present(image.pixmap, None)
        if self._handed_on:
            # Nothing that was painted before is on the screen.
            self._handed_on = False
            fresh.set([(0, 0, buffer.pixmap.width, buffer.pixmap.height)])
        return super()._show(buffer, fresh)

    def _covering(self) -> PresentedImage | None:
        """The only visible image, if one covers the whole screen."""
        seen = [child for child in self._stack.children if self.layers[child.id].visible]
        image = self.images.get(seen[-1].id) if seen else None
        if image is None:
            return None
        top, target = self.layers[seen[-1].id], self._target
        whole = (0, 0, target.width, target.height)
        size = (image.handed.x_off, image.handed.y_off, image.pixmap.width, image.pixmap.height)
        covers = seen[-1].outside == size == whole and not seen[-1].border_width
        opaque = top.opacity == OPAQUE and image.pixmap.depth == target.depth
        return image if covers and opaque else None

    def _notifies(self) -> list[tuple[Window, int]]:
        fresh = [image for image in self.images.values() if not image.shown]
        notifies = []
        for image in fresh:
            image.shown = True
            window = Window(self.client, image.handed.window, 0, 0, 0)
            notifies.append((window, image.handed.serial))
        return notifies
