# SPDX-License-Identifier: MIT
"""Expected pictures, painted without an X server."""

from operator import methodcaller
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.pixels.colour import pixel_value
from harness.pixels.comparison import Verdict, compare
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.image_encoding import pixel_type
from harness.pixels.rectangle import Rectangle, Slices

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


class UnexpectedPicture(HarnessError):
    """A captured frame is not the picture that the script painted."""


class Canvas:
    """A painting of ``depth``, in one colour at first; an area of it paints into the same pixels.

    Coordinates are relative to the area's own origin.  What lies outside of the area, as a
    window's pixels outside of its clip, stays as it is.
    """

    def __init__(self, width: int, height: int, depth: int, colour: str | int = "black") -> None:
        self.depth = depth
        self._pixels = np.zeros((height, width), pixel_type(depth))
        self._clip = np.ones((height, width), np.bool_)
        self._x = self._y = 0
        self.fill(colour)

    def fill(self, colour: str | int) -> Self:
        """Fill the area with one colour (a name, or a pixel value)."""
        self._pixels[self._clip] = pixel_value(colour, self.depth) & ((1 << self.depth) - 1)
        return self

    def paste(self, pixels: NDArray[np.uint32], x: int = 0, y: int = 0) -> Self:
        """Copy the low bits of ``pixels`` (height, width) to (x, y), clipped to the area."""
        target, source = self._overlap(x, y, *pixels.shape[::-1])
        part = self._clip[target]
        self._pixels[target][part] = pixels[source][part]
        return self

    def blend(self, pixels: NDArray[np.uint32], x: int = 0, y: int = 0, opacity: int = 255) -> Self:
        """Blend ``pixels`` (height, width), premultiplied ARGB, with RENDER's operator Over.

        ``opacity``, 0 to 255, multiplies all of them first.  Depths 24 and 32 only.
        """
        target, source = self._overlap(x, y, *pixels.shape[::-1])
        part = self._clip[target]
        above, below = pixels[source][part], self._pixels[target][part]
        seen = 255 - _product(above >> 24, opacity)
        blended = np.zeros_like(below)
        for shift in (0, 8, 16, 24)[: self.depth // 8]:
            channel = _product(above >> shift & 0xFF, opacity)
            channel = channel + _product(below >> shift & 0xFF, seen)
            blended |= np.minimum(channel, 255) << shift
        self._pixels[target][part] = blended
        return self

    def area(self, x: int, y: int, width: int, height: int) -> "Canvas":
        """The part inside of this rectangle, with its origin at (x, y): a child window."""
        part = self.within((x, y, width, height))
        part._x += x
        part._y += y
        return part

    def within(self, *rectangles: tuple[int, int, int, int]) -> "Canvas":
        """The part inside of these (x, y, width, height) rectangles, with the same origin."""
        return self._clipped(self._clip & self._union(rectangles))

    def without(self, *rectangles: tuple[int, int, int, int]) -> "Canvas":
        """The part outside of these (x, y, width, height) rectangles, with the same origin."""
        return self._clipped(self._clip & ~self._union(rectangles))

    @property
    def frame(self) -> Frame:
        """A copy of the whole painting, whatever the area."""
        return Frame(self._pixels.copy(), self.depth, FrameSource.PICTURE)

    def check(self, shown: Frame) -> None:
        """Raise UnexpectedPicture unless ``shown`` is exactly the whole painting."""
        comparison = compare(self.frame, shown)
        if comparison.verdict is not Verdict.MATCH:
            text = f"the {shown.source} does not show what the script expects: {comparison}"
            if comparison.first is not None:
                x, y = comparison.first
                text += (
                    f"\n  at ({x}, {y}) expected {self.frame.pixel(x, y):#x}, "
                    f"got {shown.pixel(x, y):#x}"
                )
            raise UnexpectedPicture(text)

    def _clipped(self, clip: NDArray[np.bool_]) -> "Canvas":
        part = object.__new__(Canvas)
        part.depth, part._pixels, part._clip = self.depth, self._pixels, clip
        part._x, part._y = self._x, self._y
        return part

    def _union(self, rectangles: tuple[tuple[int, int, int, int], ...]) -> NDArray[np.bool_]:
        union = np.zeros_like(self._clip)
        for rectangle in rectangles:
            target, _ = self._overlap(*rectangle)
            union[target] = True
        return union

    def _overlap(self, x: int, y: int, width: int, height: int) -> tuple[Slices, Slices]:
        """Where a rectangle meets the painting: in the painting, and in the rectangle."""
        return Rectangle(x + self._x, y + self._y, width, height).overlap(self._pixels.shape)


def _product(first: NDArray[Any], second: NDArray[Any] | int) -> NDArray[Any]:
    """The product of two channels of 0 to 255, rounded to the nearest."""
    product: NDArray[Any] = (2 * first * second + 255) // 510
    return product
