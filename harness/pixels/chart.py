# SPDX-License-Identifier: MIT
"""Test charts: pictures in which a wrong offset, scale or channel shows."""

import numpy as np
from numpy.typing import NDArray


def chart_pixels(width: int, height: int, depth: int, seed: int = 0) -> NDArray[np.uint32]:
    """A test chart (height, width): neighbours differ, and no shift of it equals itself.

    Charts of different ``seed`` differ from each other in every pixel.  Those of depths 15 and
    16 are the low bits of that of depth 24, as ``Canvas.paste`` and ``Drawable.put`` keep them.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.uint64)
    if depth > 8:
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
        pixels = x * 7 + y * 113 + (x // 8 + y // 8) % 2 * 41 + seed * 59
    chart: NDArray[np.uint32] = (pixels & ((1 << depth) - 1)).astype(np.uint32)
    return chart
