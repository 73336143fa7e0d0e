# SPDX-License-Identifier: MIT
"""Named colours as pixel values of any depth."""

from enum import Enum
from typing import Literal, get_args

ColourName = Literal[
    "black", "white", "red", "green", "blue", "yellow", "cyan", "magenta", "grey", "orange"
]


class _Rgb(Enum):
    BLACK = (0, 0, 0)
    WHITE = (255, 255, 255)
    RED = (255, 0, 0)
    GREEN = (0, 255, 0)
    BLUE = (0, 0, 255)
    YELLOW = (255, 255, 0)
    CYAN = (0, 255, 255)
    MAGENTA = (255, 0, 255)
    GREY = (128, 128, 128)
    ORANGE = (255, 128, 0)


_CHANNEL_BITS = {8: (3, 3, 2), 15: (5, 5, 5), 16: (5, 6, 5), 24: (8, 8, 8), 30: (10, 10, 10)}


def pixel_value(colour: str | int, depth: int) -> int:
    """The pixel of ``colour`` (a ColourName, or a pixel value passed through) at ``depth``.

    Channels are packed red highest, as every X server for little-endian machines does;
    depth 32 is opaque (alpha highest), depth 8 packs 3, 3 and 2 bits as an index of an
    unspecified colormap, depth 1 is 0 for black and 1 otherwise.
    Raises ValueError for a name or depth that is not known.
    """
    if isinstance(colour, int):
        return colour
    try:
        red, green, blue = _Rgb[colour.upper()].value
    except KeyError:
        raise ValueError(
            f"unknown colour {colour!r}; known: {', '.join(get_args(ColourName))}"
        ) from None
    if depth == 1:
        return int((red, green, blue) != (0, 0, 0))
    bits = _CHANNEL_BITS.get(24 if depth == 32 else depth)
    if bits is None:
        raise ValueError(f"no colours are known for depth {depth}; give a pixel value")
    pixel = 0
    for value, width in zip((red, green, blue), bits, strict=True):
        pixel = pixel << width | (value * ((1 << width) - 1) + 127) // 255
    return 0xFF000000 | pixel if depth == 32 else pixel
