# SPDX-License-Identifier: MIT
"""A model of windows, their redirections and backing pixmaps: which pixels each must hold.

It knows no X server.  Every operation is one rule: what a window showed before and may show
after is kept, whatever else it may show is its background.  Which pixels those are follows
from the tree alone, painted from the back to the front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from harness.models.step import StepRefused
from harness.pixels.rectangle import Rectangle

Pixels = NDArray[np.uint32]

UNKNOWN = 0xFFFFFFFF
"""Stands for a pixel that the protocol leaves undefined; none of depth 24 is like it."""

ROOT = "root"


class RedirectMode(StrEnum):
    """How a window is redirected."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class CompositeModelError(StepRefused):
    """An operation that the scene's present state does not allow."""


@dataclass(slots=True, eq=False)
class Surface:
    """Pixels (height, width) that windows share: the screen's, or those of a backing pixmap."""

    pixels: Pixels

    @classmethod
    def blank(cls, width: int, height: int) -> Surface:
        """A sheet of which nothing is known."""
        return cls(np.full((height, width), UNKNOWN, np.uint32))

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pixels.shape
        return width, height


@dataclass(slots=True, eq=False)
class ModelWindow:
    """A window of the model; its place is that of its border, from its parent's inside.

    ``children`` are lowest first.  ``redirections`` and ``child_redirections`` are those that
    clients asked for, of the window and of its children.  ``sheet`` is its backing pixmap.
    ``keeps`` says that a resize keeps the pixels (bit gravity NorthWest, else Forget).
    """

    name: str
    client: str
    parent: ModelWindow | None
    x: int
    y: int
    width: int
    height: int
    border: int = 0
    background: int = 0
    edge: int = 0
    keeps: bool = True
    mapped: bool = False
    sheet: Surface | None = None
    children: list[ModelWindow] = field(default_factory=list)
    redirections: list[tuple[str, RedirectMode]] = field(default_factory=list)
    child_redirections: list[tuple[str, RedirectMode]] = field(default_factory=list)

    @property
    def outer(self) -> tuple[int, int]:
        """Width and height with the border."""
        return self.width + 2 * self.border, self.height + 2 * self.border

    @property
    def viewable(self) -> bool:
        return self.mapped and (self.parent is None or self.parent.viewable)

    @property
    def mode(self) -> RedirectMode | None:
        """How it is redirected while it is viewable: by hand if anybody wants that."""
        modes = [mode for _, mode in self.redirections]
        if not modes:
            return None
        return RedirectMode.MANUAL if RedirectMode.MANUAL in modes else RedirectMode.AUTOMATIC

    @property
    def own_redirections(self) -> list[tuple[str, RedirectMode]]:
        """Those that are its own and not due to its parent."""
        own = list(self.redirections)
        for inherited in self.parent.child_redirections if self.parent else ():
            own.remove(inherited)
        return own

    @property
    def paints(self) -> bool:
        """Whether the server paints its background: not while its children are redirected
        by hand."""
        return all(mode is not RedirectMode.MANUAL for _, mode in self.child_redirections)

    def tree(self) -> Iterator[ModelWindow]:
        """The window and everything inside of it, outer ones first."""
        yield self
        for child in self.children:
            yield from child.tree()


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where a window shows its inside: on which sheet, its origin there, and which pixels."""

    sheet: Surface
    x: int
    y: int
    inside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Shadow:
    """Where the server copies an automatically redirected window: onto which sheet of whom."""

    window: ModelWindow
    sheet: Surface
    x: int
    y: int
    mask: NDArray[np.bool_]


@dataclass(slots=True, eq=False)
class _Layout:
    """Who shows what where; ``shadows`` are innermost first."""

    places: dict[ModelWindow, _Place] = field(default_factory=dict)
    borders: list[tuple[ModelWindow, Surface, NDArray[np.bool_]]] = field(default_factory=list)
    shadows: list[_Shadow] = field(default_factory=list)


class CompositeModel:
    """A screen of depth 24 and what clients do on it.

    Contents are exact, except where the protocol leaves them open: there they are UNKNOWN.
    Raises CompositeModelError for names that are not there or no longer free, and for requests that
    a server refuses.
    """

    def __init__(self, width: int, height: int, background: int) -> None:
        self.root = ModelWindow(ROOT, "", None, 0, 0, width, height, 0, background, mapped=True)
        self.root.sheet = Surface(np.full((height, width), background, np.uint32))
        self.windows: dict[str, ModelWindow] = {ROOT: self.root}
        self.pixmaps: dict[str, tuple[str, Surface]] = {}
        self._smeared: set[ModelWindow] = set()
        """Windows with borders that were drawn over, which servers repaint sooner or later."""
        self._layout = self._lay_out()

    # What clients do

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
        edge: int,
        keeps: bool,
    ) -> None:
        """A new window, unmapped, above its siblings."""
        if name in self.windows:
            raise CompositeModelError(f"window {name} exists")
        above = self.window(parent)
        window = ModelWindow(
            name, client, above, x, y, width, height, border, background, edge, keeps
        )
        window.redirections = list(above.child_redirections)
        above.children.append(window)
        self.windows[name] = window

    def map(self, name: str) -> None:
        self.window(name).mapped = True
        self._settle()

    def unmap(self, name: str) -> None:
        self.window(name).mapped = False
        self._settle()

    def configure(
        self,
        name: str,
        *,
        x: int | None = None,
        y: int | None = None,
        width: int | None = None,
        height: int | None = None,
        border: int | None = None,
    ) -> None:
        """Move, resize, change the border: whatever is given."""
        window = self.window(name)
        before = window.width, window.height
        window.x = window.x if x is None else x
        window.y = window.y if y is None else y
        window.width = window.width if width is None else width
        window.height = window.height if height is None else height
        window.border = window.border if border is None else border
        resized = before != (window.width, window.height)
        self._settle(window if resized and not window.keeps else None)

    def restack(self, name: str, *, top: bool) -> None:
        """Above or below all of its siblings."""
        window = self.window(name)
        siblings = self._parent(window).children
        siblings.remove(window)
        siblings.insert(len(siblings) if top else 0, window)
        self._settle()

    def reparent(self, name: str, parent: str, x: int, y: int) -> None:
        """Above the children of another parent; a mapped window is unmapped meanwhile."""
        window, above = self.window(name), self.window(parent)
        if above in window.tree():
            raise CompositeModelError(f"{name} cannot move into {parent}, which is inside of it")
        own = window.own_redirections
        if not above.paints and any(mode is RedirectMode.MANUAL for _, mode in own):
            raise CompositeModelError(
                f"{name} would be redirected by hand twice inside of {parent}"
            )
        mapped, window.mapped = window.mapped, False
        self._settle()
        self._parent(window).children.remove(window)
        above.children.append(window)
        window.redirections = own + above.child_redirections
        window.parent, window.x, window.y, window.mapped = above, x, y, mapped
        self._settle()

    def destroy(self, name: str) -> None:
        """The window and all inside of it."""
        window = self.window(name)
        window.mapped = False
        self._settle()
        self._parent(window).children.remove(window)
        for gone in window.tree():
            del self.windows[gone.name]

    def redirect(self, name: str, client: str, mode: RedirectMode) -> None:
        window = self.window(name)
        if mode is RedirectMode.MANUAL and window.mode is RedirectMode.MANUAL:
            raise CompositeModelError(f"{name} is redirected by hand already")
        window.redirections.append((client, mode))
        self._settle()

    def unredirect(self, name: str, client: str, mode: RedirectMode) -> None:
        """End a redirection that ``client`` began."""
        window = self.window(name)
        if (client, mode) not in window.own_redirections:
            raise CompositeModelError(f"{client} has not begun to redirect {name}")
        window.redirections.remove((client, mode))
        self._settle()

    def redirect_children(self, name: str, client: str, mode: RedirectMode) -> None:
        """Redirect the children, also those to come."""
        window = self.window(name)
        taken = [child for child in window.children if child.mode is RedirectMode.MANUAL]
        if mode is RedirectMode.MANUAL and (taken or not window.paints):
            raise CompositeModelError(f"children of {name} are redirected by hand already")
        for child in window.children:
            child.redirections.append((client, mode))
        self._settle()
        window.child_redirections.append((client, mode))

    def unredirect_children(self, name: str, client: str, mode: RedirectMode) -> None:
        """End a redirection of children that ``client`` began.

        A parent whose children were redirected by hand is cleared.
        """
        window = self.window(name)
        if (client, mode) not in window.child_redirections:
            raise CompositeModelError(f"{client} has not begun to redirect the children of {name}")
        window.child_redirections.remove((client, mode))
        if mode is RedirectMode.MANUAL and window in self._layout.places:
            place = self._layout.places[window]
            place.sheet.pixels[place.inside] = window.background
        for child in window.children:
            child.redirections.remove((client, mode))
        self._settle()

    def name_pixmap(self, name: str, pixmap: str, client: str) -> None:
        """``pixmap`` becomes a name of the window's backing pixmap."""
        sheet = self.window(name).sheet
        if sheet is None or pixmap in self.pixmaps:
            raise CompositeModelError(f"{name} has no backing pixmap, or {pixmap} is taken")
        self.pixmaps[pixmap] = client, sheet

    def free(self, pixmap: str) -> None:
        """A name is gone."""
        self.pixmap(pixmap)
        del self.pixmaps[pixmap]

    def fill(self, name: str, pixel: int, area: Rectangle) -> None:
        """A rectangle in one colour, in a window: cut at what is in front, children included."""
        width, height = area.width, area.height
        self.paint(name, np.full((height, width), pixel, np.uint32), area.x, area.y, None)

    def paint(
        self, name: str, picture: Pixels, x: int, y: int, parts: list[Rectangle] | None
    ) -> None:
        """``picture`` with its corner at (x, y) of a window, or of it only these ``parts``.

        The parts are in the picture's own coordinates.
        """
        place = self._layout.places.get(self.window(name))
        if place is None:
            return
        wanted = np.full_like(place.inside, parts is None)
        for part in parts or []:
            wanted[_slices(wanted, place.x + x + part.x, place.y + y + part.y, part)] = True
        source = np.full_like(place.sheet.pixels, UNKNOWN)
        covered = np.zeros_like(place.inside)
        _paste(source, picture, place.x + x, place.y + y)
        _paste(covered, np.ones(picture.shape, np.bool_), place.x + x, place.y + y)
        mask = place.inside & wanted & covered
        place.sheet.pixels[mask] = source[mask]
        self._cast_shadows()

    def paint_pixmap(self, pixmap: str, pixel: int, area: Rectangle) -> None:
        """A rectangle of one colour in a named pixmap: nothing cuts it, border or child.

        Refused where automatic redirection copies the pixmap or copies onto it: servers follow
        what is drawn into windows, and nobody says when they see the rest.
        """
        if self.copied(pixmap):
            raise CompositeModelError(
                f"{pixmap} is copied, or copied onto, by automatic redirection"
            )
        drawn = self.pixmap(pixmap)
        where = _slices(drawn.pixels, area.x, area.y, area)
        drawn.pixels[where] = pixel
        for window, sheet, border in self._layout.borders:
            if sheet is drawn and border[where].any():
                self._smeared.add(window)

    def copy(self, name: str, pixmap: str, x: int, y: int) -> None:
        """A named pixmap with its corner at (x, y) of a window.

        Refused where the window is drawn on that very pixmap.
        """
        sheet = self.pixmap(pixmap)
        if self.drawn_on(name) is sheet:
            raise CompositeModelError(f"{name} is drawn on {pixmap}: the copy would overlap itself")
        self.paint(name, sheet.pixels, x, y, None)

    def kill(self, client: str) -> None:
        """The client dies: its windows, redirections and names are gone, in any order."""
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
        live = [window.sheet for window in self.windows.values()]
        for sheet in ambiguous:
            if sheet not in live:
                sheet.pixels[:] = UNKNOWN

    # What it looks like

    def window(self, name: str) -> ModelWindow:
        """Raises CompositeModelError when there is none of this name."""
        if name not in self.windows:
            raise CompositeModelError(f"there is no window {name}")
        return self.windows[name]

    def pixmap(self, name: str) -> Surface:
        """Raises CompositeModelError when there is none of this name."""
        if name not in self.pixmaps:
            raise CompositeModelError(f"there is no pixmap {name}")
        return self.pixmaps[name][1]

    def copied(self, pixmap: str) -> bool:
        """Whether automatic redirection copies the pixmap elsewhere, or others onto it."""
        sheet = self.pixmap(pixmap)
        return any(sheet in (shadow.sheet, shadow.window.sheet) for shadow in self._layout.shadows)

    def drawn_on(self, name: str) -> Surface | None:
        """The sheet on which a window shows itself; None while it is not viewable."""
        place = self._layout.places.get(self.window(name))
        return None if place is None else place.sheet

    def _parent(self, window: ModelWindow) -> ModelWindow:
        if window.parent is None:
            raise CompositeModelError("the root window stays as it is")
        return window.parent

    def _ambiguous(self, client: str) -> list[Surface]:
        """Backing pixmaps that end with ``client``, before or after what changes them last."""
        found = []
        for window in self.windows.values():
            if window.sheet is not None and _ends_with(window, client):
                for other in window.tree():
                    ends = other is not window and _ends_with(other, client)
                    clears = (client, RedirectMode.MANUAL) in other.child_redirections
                    if other.viewable and (ends or clears):
                        found.append(window.sheet)
        return found

    def _settle(self, forgetful: ModelWindow | None = None) -> None:
        """Paint what the tree as it is now exposes; a ``forgetful`` window keeps nothing."""
        before = self._layout
        held = {id(place.sheet): place.sheet.pixels.copy() for place in before.places.values()}
        after = self._layout = self._lay_out()
        self._smeared &= after.places.keys()
        for window, sheet, mask in after.borders:
            sheet.pixels[mask] = UNKNOWN if window in self._smeared else window.edge
        for window, place in after.places.items():
            was = None if window is forgetful else before.places.get(window)
            fresh = place.inside
            if was is not None:
                old = held[id(was.sheet)]
                kept = np.zeros_like(place.inside)
                moved = np.zeros_like(place.sheet.pixels)
                dx, dy = place.x - was.x, place.y - was.y
                _paste(kept, was.inside, dx, dy)
                _paste(moved, old, dx, dy)
                kept &= place.inside
                place.sheet.pixels[kept] = moved[kept]
                fresh = place.inside & ~kept
            place.sheet.pixels[fresh] = window.background if window.paints else UNKNOWN
        self._cast_shadows()

    def _cast_shadows(self) -> None:
        for shadow in self._layout.shadows:
            assert shadow.window.sheet is not None
            copy = np.full_like(shadow.sheet.pixels, UNKNOWN)
            _paste(copy, shadow.window.sheet.pixels, shadow.x, shadow.y)
            shadow.sheet.pixels[shadow.mask] = copy[shadow.mask]

    def _lay_out(self) -> _Layout:
        """Renew the sheets of redirected windows, and find out who shows what."""
        layout = _Layout()
        windows = list(self.root.tree())
        for window in windows[1:]:
            if window.mode is None or not window.viewable:
                window.sheet = None
            elif window.sheet is None or window.sheet.size != window.outer:
                window.sheet = Surface.blank(*window.outer)
        for window in reversed(windows):
            if window.sheet is not None:
                _Painter(window, window.sheet).paint(layout)
        return layout


class _Painter:
    """Numbers each pixel of a sheet by the window that shows it."""

    def __init__(self, top: ModelWindow, sheet: Surface) -> None:
        self._top, self._sheet = top, sheet
        self._owner = np.full(sheet.pixels.shape, -1, np.int32)
        self._seen: list[tuple[ModelWindow, int, int]] = []

    def paint(self, layout: _Layout) -> None:
        """Add to ``layout`` what the sheet shows."""
        whole = Rectangle(0, 0, *self._sheet.size)
        self._stamp(self._top, 0, 0, whole)
        for number, (window, x, y) in enumerate(self._seen):
            if window is not self._top and window.sheet is not None:
                mask = self._owner == 2 * number
                layout.shadows.append(_Shadow(window, self._sheet, x, y, mask))
                continue
            inside = self._owner == 2 * number
            origin = x + window.border, y + window.border
            layout.places[window] = _Place(self._sheet, *origin, inside)
            if window.border:
                layout.borders.append((window, self._sheet, self._owner == 2 * number + 1))

    def _stamp(self, window: ModelWindow, x: int, y: int, clip: Rectangle) -> None:
        """Paint the window with its outer corner at (x, y), and its children."""
        number = len(self._seen)
        self._seen.append((window, x, y))
        outer = _cut(Rectangle(x, y, *window.outer), clip)
        if window is not self._top and window.sheet is not None:
            self._owner[_slices(self._owner, outer.x, outer.y, outer)] = 2 * number
            return
        left, top = x + window.border, y + window.border
        inner = _cut(Rectangle(left, top, window.width, window.height), clip)
        self._owner[_slices(self._owner, outer.x, outer.y, outer)] = 2 * number + 1
        self._owner[_slices(self._owner, inner.x, inner.y, inner)] = 2 * number
        for child in window.children:
            if child.mapped and child.mode is not RedirectMode.MANUAL:
                self._stamp(child, left + child.x, top + child.y, inner)


def _ends_with(window: ModelWindow, client: str) -> bool:
    """Whether its backing pixmap may end when ``client`` dies."""
    owners = {owner for owner, _ in window.redirections} | {window.client}
    return client in owners or (window.parent is not None and _ends_with(window.parent, client))


def _cut(area: Rectangle, clip: Rectangle) -> Rectangle:
    """What both have in common; of no size if nothing."""
    left, top = max(area.x, clip.x), max(area.y, clip.y)
    right = min(area.x + area.width, clip.x + clip.width)
    bottom = min(area.y + area.height, clip.y + clip.height)
    return Rectangle(left, top, max(0, right - left), max(0, bottom - top))


def _slices(target: NDArray[np.generic], x: int, y: int, size: Rectangle) -> tuple[slice, slice]:
    """Where a rectangle of this size at (x, y) meets ``target``."""
    height, width = target.shape
    rows = slice(min(max(y, 0), height), min(max(y + size.height, 0), height))
    columns = slice(min(max(x, 0), width), min(max(x + size.width, 0), width))
    return rows, columns


def _paste(target: NDArray[np.generic], source: NDArray[np.generic], x: int, y: int) -> None:
    """``source`` with its corner at (x, y) of ``target``, cut at its edges."""
    height, width = source.shape
    rows, columns = _slices(target, x, y, Rectangle(0, 0, width, height))
    target[rows, columns] = source[
        rows.start - y : rows.stop - y, columns.start - x : columns.stop - x
    ]
