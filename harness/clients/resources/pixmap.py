# SPDX-License-Identifier: MIT
"""A pixmap of a scripted client."""

from typing import Self

from harness.clients.connection.client import Client
from harness.clients.resources.drawable import Drawable
from harness.pixels.chart import chart_pixels


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
        """FreePixmap: the id is free; the server keeps the pixels while it refers to them."""
        self.client.core.FreePixmap(self.id)
