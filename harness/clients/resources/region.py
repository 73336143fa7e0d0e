# SPDX-License-Identifier: MIT
"""An XFIXES region of a scripted client."""

from typing import Any, Self

import xcffib.xfixes
from xcffib.shape import SK
from xcffib.xproto import RECTANGLE

from harness.clients.connection.client import Client

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
        parts = [RECTANGLE.synthetic(*r) for r in rectangles]
        return cls._new(client, "CreateRegion", len(parts), parts)

    @classmethod
    def of_window(cls, client: Client, window: int, kind: SK = SK.Bounding) -> Self:
        """The bounding, clip or input shape of a window, from its origin, without clipping."""
        return cls._new(client, "CreateRegionFromWindow", window, kind)

    @classmethod
    def from_bitmap(cls, client: Client, bitmap: int) -> Self:
        """The pixels of a pixmap of depth 1 that are set."""
        return cls._new(client, "CreateRegionFromBitmap", bitmap)

    @classmethod
    def from_gc(cls, client: Client, gc: int) -> Self:
        """The clip region of a graphics context, without its clip origin."""
        return cls._new(client, "CreateRegionFromGC", gc)

    @classmethod
    def from_picture(cls, client: Client, picture: int) -> Self:
        """The clip region of a picture, without its clip origin."""
        return cls._new(client, "CreateRegionFromPicture", picture)

    @classmethod
    def _new(cls, client: Client, request: str, *arguments: Any) -> Self:
        region = cls(client, client.new_id())
        getattr(region._requests, request)(region.id, *arguments)
        return region

    def set(self, rectangles: Rectangles) -> None:
        """Replace the contents."""
        parts = [RECTANGLE.synthetic(*r) for r in rectangles]
        self._requests.SetRegion(self.id, len(parts), parts)

    def copy(self, source: "Region") -> None:
        """Become a copy of ``source``."""
        self._requests.CopyRegion(source.id, self.id)

    def unite(self, first: "Region", second: "Region") -> None:
        """Become the union of both (UnionRegion); either may be this region."""
        self._requests.UnionRegion(first.id, second.id, self.id)

    def intersect(self, first: "Region", second: "Region") -> None:
        """Become the intersection of both (IntersectRegion)."""
        self._requests.IntersectRegion(first.id, second.id, self.id)

    def subtract(self, first: "Region", second: "Region") -> None:
        """Become ``first`` without ``second`` (SubtractRegion)."""
        self._requests.SubtractRegion(first.id, second.id, self.id)

    def invert(self, source: "Region", bounds: tuple[int, int, int, int]) -> None:
        """Become ``bounds`` (x, y, width, height) without ``source`` (InvertRegion)."""
        self._requests.InvertRegion(source.id, RECTANGLE.synthetic(*bounds), self.id)

    def translate(self, dx: int, dy: int) -> None:
        """Move by (dx, dy) (TranslateRegion)."""
        self._requests.TranslateRegion(self.id, dx, dy)

    def extents_of(self, source: "Region") -> None:
        """Become the bounding box of ``source`` (RegionExtents)."""
        self._requests.RegionExtents(source.id, self.id)

    def expand(self, source: "Region", left: int, right: int, top: int, bottom: int) -> None:
        """Become ``source`` with each rectangle grown on the four sides (ExpandRegion)."""
        self._requests.ExpandRegion(source.id, self.id, left, right, top, bottom)

    def fetch(self) -> Rectangles:
        """The rectangles (x, y, width, height) as the server keeps them, y-x banded."""
        return self.fetch_with_extents()[1]

    def fetch_with_extents(self) -> tuple[tuple[int, int, int, int], Rectangles]:
        """The bounding box that the server reports and the rectangles, as (x, y, width, height)."""
        reply = self._requests.FetchRegion(self.id).reply()
        box = reply.extents
        parts = [(r.x, r.y, r.width, r.height) for r in reply.rectangles]
        return (box.x, box.y, box.width, box.height), parts

    def destroy(self) -> None:
        self._requests.DestroyRegion(self.id)

    @property
    def _requests(self) -> Any:
        return self.client.extension(xcffib.xfixes)
