# SPDX-License-Identifier: MIT
"""Windows of the composite model: a tree with redirections, and the surfaces they are drawn on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint32]

UNKNOWN = 0xFFFFFFFF
"""Stands for a pixel that the protocol leaves undefined; no pixel of depth 24 or less equals it."""

ROOT = "root"


class RedirectMode(StrEnum):
    """The update mode of a redirection."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(slots=True, eq=False)
class Surface:
    """Pixels (height, width) that windows share: the screen's, or those of a backing pixmap."""

    pixels: Pixels

    @classmethod
    def unknown(cls, width: int, height: int) -> Surface:
        """A surface of undefined contents."""
        return cls(np.full((height, width), UNKNOWN, np.uint32))

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pixels.shape
        return width, height


@dataclass(slots=True, eq=False)
class ModelWindow:
    """A window of the model; ``x`` and ``y`` are those of its border, inside of its parent.

    ``children`` are bottommost first.  ``redirections`` of the window, and
    ``child_redirections`` of its present and future children, are pairs of client and mode.
    ``surface`` is its backing pixmap.  ``keeps`` says that a resize keeps the pixels (bit
    gravity NorthWest, else Forget).
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
    border_pixel: int = 0
    keeps: bool = True
    mapped: bool = False
    surface: Surface | None = None
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
        """How it is redirected while it is viewable: manually if any client wants that."""
        modes = [mode for _, mode in self.redirections]
        if not modes:
            return None
        return RedirectMode.MANUAL if RedirectMode.MANUAL in modes else RedirectMode.AUTOMATIC

    @property
    def own_redirections(self) -> list[tuple[str, RedirectMode]]:
        """The redirections that are not due to its parent's ``child_redirections``."""
        own = list(self.redirections)
        for inherited in self.parent.child_redirections if self.parent else ():
            own.remove(inherited)
        return own

    @property
    def paints(self) -> bool:
        """Whether the server paints its background: not while its children are manual."""
        return all(mode is not RedirectMode.MANUAL for _, mode in self.child_redirections)

    def tree(self) -> Iterator[ModelWindow]:
        """The window and all its descendants, parents first."""
        yield self
        for child in self.children:
            yield from child.tree()

    def ends_with(self, client: str) -> bool:
        """Whether its backing pixmap may end when ``client`` disconnects."""
        owners = {owner for owner, _ in self.redirections} | {self.client}
        return client in owners or (self.parent is not None and self.parent.ends_with(client))
