# SPDX-License-Identifier: MIT
"""An XFIXES region of a scripted client."""

from typing import Self

import xcffib.xfixes
from xcffib.xproto import RECTANGLE

from harness.clients.client import Client

Rectangles = list[tuple[int, int, int, int]]
"""(x, y, width, height) each."""


class Region:
    """A region, by its id."""

    def __init__(self, client: Client, id: int) -> None:
        self.client = client
        self.id = id

    @classmethod
    def create(cls, client: Client, rectangles: Rectangles) -> Self:
        """The union of ``rectangles``; none gives the empty region."""
        region = cls(client, client.new_id())
        parts = [RECTANGLE.synthetic(*r) for r in rectangles]
        client.extension(xcffib.xfixes).CreateRegion(region.id, len(parts), parts)
        return region

    def set(self, rectangles: Rectangles) -> None:
        """Replace the contents."""
        parts = [RECTANGLE.synthetic(*r) for r in rectangles]
        self.client.extension(xcffib.xfixes).SetRegion(self.id, len(parts), parts)

    def fetch(self) -> Rectangles:
        """The rectangles as the server keeps them (y-x banded)."""
        reply = self.client.extension(xcffib.xfixes).FetchRegion(self.id).reply()
        return [(r.x, r.y, r.width, r.height) for r in reply.rectangles]

    def destroy(self) -> None:
        self.client.extension(xcffib.xfixes).DestroyRegion(self.id)
