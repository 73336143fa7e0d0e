# SPDX-License-Identifier: MIT
"""Named colours as pixel values of any depth."""

from typing import Literal

from harness.pixels.channels import ColourChannel, UnknownDepthError, channels

ColourName = Literal[
    "black", "white", "red", "green", "blue", "yellow", "cyan", "magenta", "grey", "orange"
]

_RGB: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "grey": (128, 128, 128),
    "orange": (255, 128, 0),
}

_INDEX = (ColourChannel("red", 5, 3), ColourChannel("green", 2, 3), ColourChannel("blue", 0, 2))


def pixel_value(colour: str | int, depth: int) -> int:
    """The pixel of ``colour`` (a ColourName, or a pixel value passed through) at ``depth``.

    Channels lie as ``channels`` says, and depth 32 is opaque.  Depth 8 packs 3, 3 and 2 bits as
    an index of an unspecified colormap, depth 1 is 0 for black and 1 otherwise.
    Raises ValueError for an unknown name, UnknownDepthError for other depths.
    """
    if isinstance(colour, int):
        return colour
    rgb = _RGB.get(colour.lower())
    if rgb is None:
        raise ValueError(f"unknown colour {colour!r}; known: {', '.join(_RGB)}")
    if depth == 1:
        return int(any(rgb))
    if 1 < depth < 8:
        raise UnknownDepthError(f"no colours are known for depth {depth}; give a pixel value")
    levels = dict(zip(("red", "green", "blue"), rgb, strict=True), alpha=255)
    return sum(
        (levels[channel.name] * channel.full + 127) // 255 << channel.shift
        for channel in (_INDEX if depth == 8 else channels(depth))
    )
