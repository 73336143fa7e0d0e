# SPDX-License-Identifier: MIT
"""What windows and pixmaps have in common, and drawing into them."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from xcffib.xproto import GC, RECTANGLE

from harness.clients.connection.client import Client
from harness.clients.connection.requests import GeometryReply
from harness.pixels.colour import pixel_value


class Drawable:
    """A window or pixmap, by its id, and the client that owns or uses it."""

    def __init__(self, client: Client, id: int, width: int, height: int, depth: int) -> None:
        self.client = client
        self.id = id
        self.width = width
        self.height = height
        self.depth = depth

    @property
    def geometry(self) -> GeometryReply:
        """Its GetGeometry reply."""
        return self.client.geometry(self.id)

    def pixel(self, x: int = 0, y: int = 0) -> int:
        """The pixel at (x, y) as the server has it now, without bits above the depth.

        Raises Unsupported where the root cannot be read.
        """
        image = self.client.read_image(self.id, x, y, 1, 1)
        self.client.require_picture(image.depth)
        bits_per_pixel, _ = self.client.formats[image.depth]
        order: Literal["little", "big"] = "little" if self.client.byte_order == "<" else "big"
        return int.from_bytes(image.data[: bits_per_pixel // 8], order) & ((1 << image.depth) - 1)

    def value(self, colour: str | int) -> int:
        """The pixel that ``fill`` with ``colour`` draws, without bits above the depth."""
        return pixel_value(colour, self.depth) & ((1 << self.depth) - 1)

    def fill(
        self,
        colour: str | int,
        x: int = 0,
        y: int = 0,
        width: int | None = None,
        height: int | None = None,
    ) -> None:
        """Fill a rectangle (the whole drawable by default) with one colour, or pixel value."""
        gc = create_gc(self, Foreground=pixel_value(colour, self.depth))
        width = self.width - x if width is None else width
        height = self.height - y if height is None else height
        fill_rectangles(self, gc, (x, y, width, height))
        self.client.core.FreeGC(gc)

    def put(self, pixels: NDArray[np.uint32]) -> None:
        """Write the low bits of ``pixels`` (height, width) at the top left corner."""
        height, width = pixels.shape
        bits_per_pixel, pad = self.client.formats[self.depth]
        order = self.client.byte_order
        rows = pixels.astype(f"{order}u{bits_per_pixel // 8}")
        row_bytes = width * bits_per_pixel // 8
        padded = -(-row_bytes * 8 // pad) * pad // 8
        lines = rows.view(np.uint8).reshape(height, row_bytes)
        lines = np.pad(lines, ((0, 0), (0, padded - row_bytes)))
        gc = create_gc(self, Foreground=0)
        # One request carries at most 2^16 words when the server lacks BIG-REQUESTS.
        step = max(1, 200_000 // padded)
        for top in range(0, height, step):
            part = lines[top : top + step]
            self.client.core.PutImage(
                2, self.id, gc, width, len(part), 0, top, 0, self.depth, part.size, part.tobytes()
            )
        self.client.core.FreeGC(gc)


def create_gc(drawable: Drawable, **values: int) -> int:
    """A graphics context for ``drawable``, with values by the protocol's names (``ClipMask``).

    By default its foreground is red, and it has no GraphicsExposures.
    """
    if "Foreground" not in values:
        values["Foreground"] = drawable.value("red")
    values = {"GraphicsExposures": 0, **values}
    ordered = sorted((getattr(GC, name), value) for name, value in values.items())
    gc = drawable.client.new_id()
    drawable.client.core.CreateGC(
        gc, drawable.id, sum(bit for bit, _ in ordered), [value for _, value in ordered]
    )
    return gc


def fill_rectangles(drawable: Drawable, gc: int, *boxes: tuple[int, int, int, int]) -> None:
    """Fill these (x, y, width, height) rectangles by one request."""
    parts = [RECTANGLE.synthetic(*box) for box in boxes]
    drawable.client.core.PolyFillRectangle(drawable.id, gc, len(parts), parts)
