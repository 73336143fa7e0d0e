# SPDX-License-Identifier: MIT
"""The picture of a difference."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from harness.pixels.comparison import Tolerance, differing_pixels
from harness.pixels.frame import Frame
from harness.pixels.rectangle import Rectangle

RED = (255, 0, 0)
YELLOW = (255, 200, 0)


def difference_picture(
    expected: Frame,
    actual: Frame,
    *,
    ignore: Sequence[Rectangle] = (),
    tolerance: Tolerance | None = None,
) -> Image.Image:
    """An RGB image: differing pixels red, tolerated ones yellow, over a pale grey ``expected``.

    The grey is ``expected`` at 10 % over white.  Both frames must have the same size and depth.
    """
    grey = np.asarray(expected.to_image().convert("RGB").convert("L"), np.uint16)
    picture = np.repeat((255 - (255 - grey) // 10).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    beyond, within = differing_pixels(expected, actual, ignore=ignore, tolerance=tolerance)
    picture[beyond] = RED
    picture[within] = YELLOW
    return Image.frombytes("RGB", (expected.width, expected.height), picture.tobytes())
