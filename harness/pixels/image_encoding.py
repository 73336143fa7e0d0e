# SPDX-License-Identifier: MIT
"""Pixels as Pillow images that a PNG keeps without loss, and back.

| depth  | mode | meaning |
|--------|------|---------|
| 1      | 1    | white is 1 |
| 2 to 8 | L    | the pixel value |
| 15, 16 | RGB  | channels widened to 8 bits by repeating their top bits |
| 24     | RGB  | the channels |
| 30     | RGBA | the upper 8 bits of each channel; alpha is 0b11rrggbb, their lower 2 bits |
| 32     | RGBA | the bytes of the pixel, not divided by alpha |
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import HarnessError
from harness.pixels.channels import channels

Pixels = NDArray[np.unsignedinteger[Any]]


class PictureError(HarnessError):
    """An image that is not the picture of any frame of its depth."""


def pixel_type(depth: int) -> type[np.uint8] | type[np.uint16] | type[np.uint32]:
    """The numpy type that holds one pixel.  Raises UnknownDepthError."""
    channels(depth)
    return np.uint8 if depth <= 8 else np.uint16 if depth <= 16 else np.uint32


def image_mode(depth: int) -> str:
    """The Pillow mode of pictures of this depth."""
    if depth <= 8:
        return "1" if depth == 1 else "L"
    return "RGBA" if depth in (30, 32) else "RGB"


def to_image(pixels: Pixels, depth: int) -> Image.Image:
    """The picture of ``pixels`` (height, width); ``to_pixels`` is its exact inverse."""
    height, width = pixels.shape
    if depth == 1:
        return Image.frombytes("1", (width, height), np.packbits(pixels, axis=1).tobytes())
    if depth <= 8:
        return Image.frombytes("L", (width, height), pixels.tobytes())
    mode = image_mode(depth)
    planes = np.empty((height, width, len(mode)), np.uint8)
    for plane, channel in enumerate(channels(depth)):
        value = (pixels >> channel.shift) & channel.full
        if channel.bits < 8:
            value = (value << (8 - channel.bits)) | (value >> (2 * channel.bits - 8))
        planes[..., plane] = value >> max(0, channel.bits - 8)
    if depth == 30:
        low = (pixels >> 20 & 3) << 4 | (pixels >> 10 & 3) << 2 | pixels & 3
        planes[..., 3] = low | 0b11000000
    return Image.frombytes(mode, (width, height), planes.tobytes())


def to_pixels(image: Image.Image, depth: int) -> Pixels:
    """The pixels (height, width) whose picture ``image`` is, of the type for this depth.

    Raises PictureError when the mode is another one or when it holds colours that no pixel of
    this depth has.
    """
    mode = image_mode(depth)
    if image.mode != mode:
        raise PictureError(f"expected a picture of mode {mode} for depth {depth}, got {image.mode}")
    pixels = _read(image, depth)
    if depth not in (24, 32) and to_image(pixels, depth).tobytes() != image.tobytes():
        raise PictureError(f"the picture holds colours that a pixel of depth {depth} cannot have")
    return pixels


def _read(image: Image.Image, depth: int) -> Pixels:
    kind = pixel_type(depth)
    planes: Any = np.asarray(image)
    if depth <= 8:
        value: NDArray[Any] = planes.astype(kind) & kind((1 << depth) - 1)
        return value
    pixels = np.zeros(planes.shape[:2], kind)
    for plane, channel in enumerate(channels(depth)):
        value = planes[..., plane].astype(kind)
        value = value >> (8 - channel.bits) if channel.bits < 8 else value << (channel.bits - 8)
        pixels |= value << channel.shift
    if depth == 30:
        low = planes[..., 3].astype(kind)
        pixels |= (low >> 4 & 3) << 20 | (low >> 2 & 3) << 10 | low & 3
    return pixels
