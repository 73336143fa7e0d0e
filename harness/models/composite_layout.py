# SPDX-License-Identifier: MIT
"""Which pixel of which surface each window of the composite model is drawn on.

The tree is painted from the back to the front, each pixel numbered by the window that shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.models.composite_windows import UNKNOWN, ModelWindow, RedirectMode, Surface
from harness.pixels.rectangle import Rectangle

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where a window is drawn: on which surface, its origin there, and its visible pixels."""

    surface: Surface
    x: int
    y: int
    inside: Mask


@dataclass(frozen=True, slots=True, eq=False)
class AutomaticCopy:
    """Where the server copies the backing pixmap of an automatically redirected window."""

    window: ModelWindow
    surface: Surface
    x: int
    y: int
    mask: Mask

    def update(self) -> None:
        """Copy the current pixels of the backing pixmap."""
        assert self.window.surface is not None
        copy = np.full_like(self.surface.pixels, UNKNOWN)
        paste(copy, self.window.surface.pixels, self.x, self.y)
        self.surface.pixels[self.mask] = copy[self.mask]


@dataclass(slots=True, eq=False)
class CompositeLayout:
    """The viewable windows, their visible borders, and the copies, innermost first."""

    placements: dict[ModelWindow, Placement] = field(default_factory=dict)
    borders: list[tuple[ModelWindow, Surface, Mask]] = field(default_factory=list)
    copies: list[AutomaticCopy] = field(default_factory=list)

    @classmethod
    def of(cls, root: ModelWindow) -> CompositeLayout:
        """The layout of the tree below ``root``, with new surfaces for windows that need one."""
        layout = cls()
        windows = list(root.tree())
        for window in windows[1:]:
            if window.mode is None or not window.viewable:
                window.surface = None
            elif window.surface is None or window.surface.size != window.outer:
                window.surface = Surface.unknown(*window.outer)
        for window in reversed(windows):
            if window.surface is not None:
                _Painter(window, window.surface).paint(layout)
        return layout


class _Painter:
    """Numbers each pixel of a surface by the window that shows it."""

    def __init__(self, top: ModelWindow, surface: Surface) -> None:
        self._top, self._surface = top, surface
        self._owner = np.full(surface.pixels.shape, -1, np.int32)
        self._seen: list[tuple[ModelWindow, int, int]] = []

    def paint(self, layout: CompositeLayout) -> None:
        """Add the windows on the surface to ``layout``."""
        self._paint(self._top, 0, 0, Rectangle(0, 0, *self._surface.size))
        for number, (window, x, y) in enumerate(self._seen):
            inside = self._owner == 2 * number
            if self._is_copied(window):
                layout.copies.append(AutomaticCopy(window, self._surface, x, y, inside))
                continue
            origin = x + window.border, y + window.border
            layout.placements[window] = Placement(self._surface, *origin, inside)
            if window.border:
                layout.borders.append((window, self._surface, self._owner == 2 * number + 1))

    def _is_copied(self, window: ModelWindow) -> bool:
        return window is not self._top and window.surface is not None

    def _paint(self, window: ModelWindow, x: int, y: int, clip: Rectangle) -> None:
        """Paint the window with its outer corner at (x, y), and its children."""
        number = len(self._seen)
        self._seen.append((window, x, y))
        outer = _intersection(Rectangle(x, y, *window.outer), clip)
        if self._is_copied(window):
            self._owner[outer.overlap(self._owner.shape)[0]] = 2 * number
            return
        left, top = x + window.border, y + window.border
        inner = _intersection(Rectangle(left, top, window.width, window.height), clip)
        self._owner[outer.overlap(self._owner.shape)[0]] = 2 * number + 1
        self._owner[inner.overlap(self._owner.shape)[0]] = 2 * number
        for child in window.children:
            if child.mapped and child.mode is not RedirectMode.MANUAL:
                self._paint(child, left + child.x, top + child.y, inner)


def _intersection(area: Rectangle, clip: Rectangle) -> Rectangle:
    left, top = max(area.x, clip.x), max(area.y, clip.y)
    right, bottom = min(area.right, clip.right), min(area.bottom, clip.bottom)
    return Rectangle(left, top, max(0, right - left), max(0, bottom - top))


def paste(target: NDArray[np.generic], source: NDArray[np.generic], x: int, y: int) -> None:
    """Copy ``source`` to (x, y) of ``target``, clipped to it; both are (height, width)."""
    height, width = source.shape
    there, here = Rectangle(x, y, width, height).overlap(target.shape)
    target[there] = source[here]
