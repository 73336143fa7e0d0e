# SPDX-License-Identifier: MIT
"""Captured pixels with their depth and source."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np
from PIL import Image

from harness.errors import HarnessError
from harness.pixels import image_encoding
from harness.pixels.image_encoding import Pixels
from harness.pixels.rectangle import Rectangle


class FrameError(HarnessError):
    """Pixels that do not fit their depth, or an area outside of a frame."""


class FrameSource(StrEnum):
    """What was captured."""

    WINDOW = "window"
    PIXMAP = "pixmap"
    ROOT = "root"
    CRTC = "crtc"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What something showed: ``raw`` is (height, width) of uint8, uint16 or uint32.

    ``raw`` may view the bytes that the server sent, and is read-only.  Bits above ``depth`` are
    whatever the server left there (zero, or 0xff from glamor); everything but ``raw`` is free of
    them.  Raises FrameError when shape or type do not fit.
    """

    raw: Pixels = field(repr=False)
    depth: int
    source: FrameSource

    def __post_init__(self) -> None:
        kind = np.dtype(image_encoding.pixel_type(self.depth))
        if self.raw.ndim != 2 or not self.raw.size or self.raw.dtype != kind:
            raise FrameError(
                f"expected {kind} pixels of shape (height, width) for depth {self.depth}, "
                f"got {self.raw.dtype} of shape {self.raw.shape}"
            )
        if self.raw.flags.writeable:
            view = self.raw.view()
            view.flags.writeable = False
            object.__setattr__(self, "raw", view)

    @classmethod
    def from_image(cls, image: Image.Image, depth: int) -> Self:
        """The frame whose ``to_image`` is ``image``.  Raises PictureError when there is none."""
        return cls(image_encoding.to_pixels(image, depth), depth, FrameSource.PICTURE)

    @property
    def width(self) -> int:
        return int(self.raw.shape[1])

    @property
    def height(self) -> int:
        return int(self.raw.shape[0])

    @property
    def size(self) -> str:
        """Size and depth in words."""
        return f"{self.width}x{self.height} depth {self.depth}"

    @property
    def padded(self) -> bool:
        """Whether ``raw`` has bits above ``depth``."""
        return self.depth < 8 * self.raw.itemsize

    @property
    def mask(self) -> int:
        """The bits of a pixel that mean something."""
        return (1 << self.depth) - 1

    @property
    def pixels(self) -> Pixels:
        """(height, width) with zeros above ``depth``; a copy where such bits exist."""
        return self.raw & self.raw.dtype.type(self.mask) if self.padded else self.raw

    def pixel(self, x: int, y: int) -> int:
        """The value at (x, y).  Raises FrameError outside of the frame."""
        self._require(Rectangle(x, y, 1, 1))
        return int(self.raw[y, x]) & self.mask

    def crop(self, x: int, y: int, width: int, height: int) -> Self:
        """The rectangle as a frame of its own; shares the pixels.

        Raises FrameError unless it lies inside and is not empty.
        """
        area = Rectangle(x, y, width, height)
        self._require(area)
        return type(self)(
            self.raw[area.y : area.bottom, area.x : area.right], self.depth, self.source
        )

    @property
    def digest(self) -> str:
        """SHA-256 of size, depth and pixels; equal on machines of either byte order."""
        hasher = hashlib.sha256(f"{self.width}x{self.height}x{self.depth}\n".encode())
        little = self.pixels.astype(self.raw.dtype.newbyteorder("<"), copy=False)
        hasher.update(np.ascontiguousarray(little).data)
        return hasher.hexdigest()

    def to_image(self) -> Image.Image:
        """The frame as an image, without loss; ``image_encoding`` lists the modes."""
        return image_encoding.to_image(self.pixels, self.depth)

    def _require(self, area: Rectangle) -> None:
        whole = Rectangle(0, 0, self.width, self.height)
        if area.width < 1 or area.height < 1 or not whole.contains(area):
            raise FrameError(f"expected an area inside of {whole}, got {area}")
