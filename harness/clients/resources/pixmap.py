# SPDX-License-Identifier: MIT
"""A pixmap of a scripted client."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from harness.clients.connection.client import Client
from harness.clients.resources.drawable import Drawable


def chart_pixels(width: int, height: int, depth: int, seed: int = 0) -> NDArray[np.uint32]:
    """A test chart (height, width): neighbours differ, and no shift of it equals itself.

    ``seed`` gives charts that differ from each other in every pixel.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.uint64)
    if depth >= 24:
        bits = 10 if depth == 30 else 8
        top = (1 << bits) - 1
        red = (x * 3 + seed * 37) & top
        green = (y * 3 + seed * 71) & top
        block = (x // 8 + y // 8) % 2 * (top // 2)
        blue = (block + x + 2 * y + x // 256 * 5 + y // 256 * 11 + seed * 13) & top
        pixels = red << (2 * bits) | green << bits | blue
        if depth == 32:
            pixels |= 0xFF000000
    else:
        pixels = (x * 7 + y * 113 + (x // 8 + y // 8) % 2 * 41 + seed * 59) & ((1 << depth) - 1)
    chart: NDArray[np.uint32] = pixels.astype(np.uint32)
    return chart


class Pixmap(Drawable):
    """A pixmap created by (or known to) a client."""

    @classmethod
    def create(cls, client: Client, width: int, height: int, depth: int) -> Self:
        """A new pixmap on the first screen; its contents are undefined."""
        pixmap = cls(client, client.new_id(), width, height, depth)
        client.core.CreatePixmap(depth, pixmap.id, client.root, width, height)
        return pixmap

    def chart(self, seed: int = 0) -> Self:
        """Draw a test chart, see ``chart_pixels``; returns the pixmap."""
        self.put(chart_pixels(self.width, self.height, self.depth, seed))
        return self

    def free(self) -> None:
        """FreePixmap: the id is gone, the pixels live while the server refers to them."""
        self.client.core.FreePixmap(self.id)
