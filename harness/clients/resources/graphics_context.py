# SPDX-License-Identifier: MIT
"""Graphics contexts, by their ids, and drawing with them."""

from xcffib.xproto import GC, RECTANGLE

from harness.clients.resources.drawable import Drawable


def create_gc(drawable: Drawable, **values: int) -> int:
    """A graphics context for ``drawable``, with values by the protocol's names (``ClipMask``).

    Red (at 24 bits) and without GraphicsExposures unless said otherwise.
    """
    values = {"Foreground": 0xFF0000, "GraphicsExposures": 0, **values}
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
