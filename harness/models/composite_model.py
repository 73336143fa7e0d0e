# SPDX-License-Identifier: MIT
"""A model of windows, their redirections and backing pixmaps: which pixels each must hold.

It knows no X server.  Every operation is one rule: what a window showed before and may show
after is kept, whatever else it may show is its background.
"""

from __future__ import annotations

import numpy as np

from harness.models.composite_layout import CompositeLayout, paste
from harness.models.composite_windows import (
    ROOT,
    UNKNOWN,
    ModelWindow,
    Pixels,
    RedirectMode,
    Surface,
)
from harness.models.model_run import StepRefused
from harness.pixels.rectangle import Rectangle


class CompositeModelError(StepRefused):
    """An operation that the state of the model does not allow."""


class CompositeModel:
    """A screen of depth 24 or less with windows and pixmaps of several clients, all by names.

    Contents are exact, except where the protocol leaves them undefined: there they are UNKNOWN.
    Every operation raises CompositeModelError for names that do not exist or are taken.
    """

    def __init__(self, width: int, height: int, background: int) -> None:
        self.root = ModelWindow(ROOT, "", None, 0, 0, width, height, 0, background, mapped=True)
        self.root.surface = Surface(np.full((height, width), background, np.uint32))
        self.windows: dict[str, ModelWindow] = {ROOT: self.root}
        self.pixmaps: dict[str, tuple[str, Surface]] = {}
        self._drawn_borders: set[ModelWindow] = set()
        """Windows whose borders were drawn over; when servers repaint them is undefined."""
        self._layout = CompositeLayout.of(self.root)

    def create(
        self,
        name: str,
        client: str,
        parent: str,
        x: int,
        y: int,
        width: int,
        height: int,
        *,
        border: int,
        background: int,
        border_pixel: int,
        keeps: bool,
    ) -> None:
        """A new window, unmapped, above its siblings.  Raises CompositeModelError."""
        if name in self.windows:
            raise CompositeModelError(f"window {name} exists")
        above = self.window(parent)
        window = ModelWindow(
            name, client, above, x, y, width, height, border, background, border_pixel, keeps
        )
        window.redirections = list(above.child_redirections)
        above.children.append(window)
        self.windows[name] = window

    def map(self, name: str) -> None:
        self.window(name).mapped = True
        self._update()

    def unmap(self, name: str) -> None:
        self.window(name).mapped = False
        self._update()

    def configure(self, name: str, **values: int) -> None:
        """Change any of x, y, width, height and border."""
        window = self.window(name)
        before = window.width, window.height
        for field, value in values.items():
            setattr(window, field, value)
        resized = before != (window.width, window.height)
        self._update(cleared=window if resized and not window.keeps else None)

    def restack(self, name: str, *, top: bool) -> None:
        """Above or below all of its siblings."""
        window = self.window(name)
        siblings = self._parent(window).children
        siblings.remove(window)
        siblings.insert(len(siblings) if top else 0, window)
        self._update()

    def reparent(self, name: str, parent: str, x: int, y: int) -> None:
        """Move the window above the children of another parent; it is unmapped meanwhile.

        Raises CompositeModelError for a descendant, and for a second manual redirection.
        """
        window, above = self.window(name), self.window(parent)
        if above in window.tree():
            raise CompositeModelError(f"{name} cannot move into {parent}, its descendant")
        own = window.own_redirections
        if not above.paints and any(mode is RedirectMode.MANUAL for _, mode in own):
            raise CompositeModelError(
                f"{name} would be redirected manually twice inside of {parent}"
            )
        mapped, window.mapped = window.mapped, False
        self._update()
        self._parent(window).children.remove(window)
        above.children.append(window)
        window.redirections = own + above.child_redirections
        window.parent, window.x, window.y, window.mapped = above, x, y, mapped
        self._update()

    def destroy(self, name: str) -> None:
        """Destroy the window and its descendants."""
        window = self.window(name)
        window.mapped = False
        self._update()
        self._parent(window).children.remove(window)
        for destroyed in window.tree():
            del self.windows[destroyed.name]

    def redirect(self, name: str, client: str, mode: RedirectMode) -> None:
        """Redirect the window.  Raises CompositeModelError for a second manual redirection."""
        window = self.window(name)
        if mode is RedirectMode.MANUAL and window.mode is RedirectMode.MANUAL:
            raise CompositeModelError(f"{name} is redirected manually already")
        window.redirections.append((client, mode))
        self._update()

    def unredirect(self, name: str, client: str, mode: RedirectMode) -> None:
        """End a redirection of ``client``.  Raises CompositeModelError if there is none."""
        window = self.window(name)
        if (client, mode) not in window.own_redirections:
            raise CompositeModelError(f"{client} has not begun to redirect {name}")
        window.redirections.remove((client, mode))
        self._update()

    def redirect_children(self, name: str, client: str, mode: RedirectMode) -> None:
        """Redirect all present and future children.

        Raises CompositeModelError for a second manual redirection.
        """
        window = self.window(name)
        taken = [child for child in window.children if child.mode is RedirectMode.MANUAL]
        if mode is RedirectMode.MANUAL and (taken or not window.paints):
            raise CompositeModelError(f"children of {name} are redirected manually already")
        for child in window.children:
            child.redirections.append((client, mode))
        self._update()
        window.child_redirections.append((client, mode))

    def unredirect_children(self, name: str, client: str, mode: RedirectMode) -> None:
        """End a redirection of children by ``client``; the end of a manual one clears the parent.

        Raises CompositeModelError if there is none.
        """
        window = self.window(name)
        if (client, mode) not in window.child_redirections:
            raise CompositeModelError(f"{client} has not begun to redirect the children of {name}")
        window.child_redirections.remove((client, mode))
        if mode is RedirectMode.MANUAL and window in self._layout.placements:
            place = self._layout.placements[window]
            place.surface.pixels[place.inside] = window.background
        for child in window.children:
            child.redirections.remove((client, mode))
        self._update()

    def name_pixmap(self, name: str, pixmap: str, client: str) -> None:
        """Give the window's backing pixmap the name ``pixmap``.

        Raises CompositeModelError when there is no backing pixmap or the name is taken.
        """
        surface = self.window(name).surface
        if surface is None or pixmap in self.pixmaps:
            raise CompositeModelError(f"{name} has no backing pixmap, or {pixmap} is taken")
        self.pixmaps[pixmap] = client, surface

    def free(self, pixmap: str) -> None:
        """Free a name of a pixmap."""
        self.pixmap(pixmap)
        del self.pixmaps[pixmap]

    def fill(self, name: str, pixel: int, area: Rectangle) -> None:
        """Fill a rectangle of a window, clipped to what is visible of it."""
        width, height = area.width, area.height
        self.paint(name, np.full((height, width), pixel, np.uint32), area.x, area.y, None)

    def paint(
        self, name: str, picture: Pixels, x: int, y: int, parts: list[Rectangle] | None
    ) -> None:
        """Draw ``picture`` (height, width) at (x, y) of a window, or only these ``parts`` of it.

        The parts are in the picture's own coordinates.
        """
        place = self._layout.placements.get(self.window(name))
        if place is None:
            return
        wanted = np.full_like(place.inside, parts is None)
        for part in parts or []:
            left, top = place.x + x + part.x, place.y + y + part.y
            wanted[Rectangle(left, top, part.width, part.height).overlap(wanted.shape)[0]] = True
        source = np.full_like(place.surface.pixels, UNKNOWN)
        covered = np.zeros_like(place.inside)
        paste(source, picture, place.x + x, place.y + y)
        paste(covered, np.ones(picture.shape, np.bool_), place.x + x, place.y + y)
        mask = place.inside & wanted & covered
        place.surface.pixels[mask] = source[mask]
        self._update_copies()

    def paint_pixmap(self, pixmap: str, pixel: int, area: Rectangle) -> None:
        """Fill a rectangle of a named pixmap; neither borders nor children clip it.

        Raises CompositeModelError where automatic redirection copies the pixmap or copies onto
        it: servers track what is drawn into windows, when they notice the rest is undefined.
        """
        if self.copied(pixmap):
            raise CompositeModelError(
                f"{pixmap} is copied, or copied onto, by automatic redirection"
            )
        drawn = self.pixmap(pixmap)
        where, _ = area.overlap(drawn.pixels.shape)
        drawn.pixels[where] = pixel
        for window, surface, border in self._layout.borders:
            if surface is drawn and border[where].any():
                self._drawn_borders.add(window)

    def copy(self, name: str, pixmap: str, x: int, y: int) -> None:
        """Draw a named pixmap at (x, y) of a window.

        Raises CompositeModelError where the window is drawn on that very pixmap.
        """
        surface = self.pixmap(pixmap)
        if self.drawn_on(name) is surface:
            raise CompositeModelError(f"{name} is drawn on {pixmap}: the copy would overlap itself")
        self.paint(name, surface.pixels, x, y, None)

    def kill(self, client: str) -> None:
        """End a client: its windows, redirections and names end too, in an undefined order."""
        ambiguous = self._ambiguous(client)
        self.pixmaps = {name: owned for name, owned in self.pixmaps.items() if owned[0] != client}
        for name in [name for name, window in self.windows.items() if window.client == client]:
            if name in self.windows:
                self.destroy(name)
        for window in list(self.windows.values()):
            for owner, mode in list(window.child_redirections):
                if owner == client:
                    self.unredirect_children(window.name, client, mode)
            for owner, mode in window.own_redirections:
                if owner == client:
                    self.unredirect(window.name, client, mode)
        live = [window.surface for window in self.windows.values()]
        for surface in ambiguous:
            if surface not in live:
                surface.pixels[:] = UNKNOWN

    def window(self, name: str) -> ModelWindow:
        """Look a name up.  Raises CompositeModelError when there is none."""
        if name not in self.windows:
            raise CompositeModelError(f"there is no window {name}")
        return self.windows[name]

    def pixmap(self, name: str) -> Surface:
        """Look a name up.  Raises CompositeModelError when there is none."""
        if name not in self.pixmaps:
            raise CompositeModelError(f"there is no pixmap {name}")
        return self.pixmaps[name][1]

    def copied(self, pixmap: str) -> bool:
        """Whether automatic redirection copies the pixmap elsewhere, or others onto it."""
        surface = self.pixmap(pixmap)
        return any(surface in (copy.surface, copy.window.surface) for copy in self._layout.copies)

    def drawn_on(self, name: str) -> Surface | None:
        """The surface on which a window is drawn; None while it is not viewable."""
        place = self._layout.placements.get(self.window(name))
        return None if place is None else place.surface

    def _parent(self, window: ModelWindow) -> ModelWindow:
        if window.parent is None:
            raise CompositeModelError("the root window stays as it is")
        return window.parent

    def _ambiguous(self, client: str) -> list[Surface]:
        """Backing pixmaps that end with ``client``, before or after their last change."""
        found = []
        for window in self.windows.values():
            if window.surface is not None and window.ends_with(client):
                for other in window.tree():
                    ends = other is not window and other.ends_with(client)
                    clears = (client, RedirectMode.MANUAL) in other.child_redirections
                    if other.viewable and (ends or clears):
                        found.append(window.surface)
        return found

    def _update(self, cleared: ModelWindow | None = None) -> None:
        """Paint what the change of the tree has exposed; a ``cleared`` window keeps nothing."""
        before = self._layout
        surfaces = {place.surface for place in before.placements.values()}
        held = {surface: surface.pixels.copy() for surface in surfaces}
        after = self._layout = CompositeLayout.of(self.root)
        self._drawn_borders &= after.placements.keys()
        for window, surface, mask in after.borders:
            surface.pixels[mask] = UNKNOWN if window in self._drawn_borders else window.border_pixel
        for window, place in after.placements.items():
            was = None if window is cleared else before.placements.get(window)
            fresh = place.inside
            if was is not None:
                old = held[was.surface]
                kept = np.zeros_like(place.inside)
                moved = np.zeros_like(place.surface.pixels)
                dx, dy = place.x - was.x, place.y - was.y
                paste(kept, was.inside, dx, dy)
                paste(moved, old, dx, dy)
                kept &= place.inside
                place.surface.pixels[kept] = moved[kept]
                fresh = place.inside & ~kept
            place.surface.pixels[fresh] = window.background if window.paints else UNKNOWN
        self._update_copies()

    def _update_copies(self) -> None:
        for copy in self._layout.copies:
            copy.update()
