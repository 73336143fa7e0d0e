# SPDX-License-Identifier: MIT
"""Test charts: pictures in which a wrong offset, scale or channel shows."""

import numpy as np
from numpy.typing import NDArray

DEEPEST = 30
"""The chart of this depth is one for all from 15 on."""


def chart_pixels(
    width: int, height: int, depth: int = DEEPEST, seed: int = 0
) -> NDArray[np.uint32]:
    """A test chart (height, width): neighbours differ, and no shift of it equals itself.

    Charts of different ``seed`` differ from each other in every pixel.  Those of depths 15, 16
    and 24 are the low bits of that of depth 30, as ``Canvas.paste`` and ``Drawable.put`` keep them.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.uint64)
    if depth > 8:
        red = (x * 3 + seed * 37) & 255
        green = (y * 3 + seed * 71) & 255
        block = (x // 8 + y // 8) % 2 * 127
        blue = (block + x + 2 * y + x // 256 * 5 + y // 256 * 11 + seed * 13) & 255
        above = 255 if depth == 32 else x * 5 + y * 7 + seed * 11
        pixels = above << 24 | red << 16 | green << 8 | blue
    else:
        pixels = x * 7 + y * 113 + (x // 8 + y // 8) % 2 * 41 + seed * 59
    chart: NDArray[np.uint32] = (pixels & ((1 << depth) - 1)).astype(np.uint32)
    return chart
