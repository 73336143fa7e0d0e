# SPDX-License-Identifier: MIT
"""What a CRTC scans out of the screen: turned, transformed and filtered, without a server.

RENDER samples at the centre of each pixel (renderproto, section 7) and says neither how a
coordinate is rounded nor how finely a weight is kept.  So a model has one picture only where no
rounding counts, and elsewhere all those that a server may show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from operator import methodcaller
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.clients.randr.transform import Transform
from harness.errors import HarnessError
from harness.pixels.canvas import UnexpectedPicture
from harness.pixels.channels import channels
from harness.pixels.frame import Frame
from harness.pixels.image_encoding import Pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.randr import Rotation

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

ONE = 1 << 16

ROUNDING = 2 / ONE
"""How far a coordinate may be off (pixels): those of RENDER have 16 bits behind the point."""

WEIGHT = 1 / 128
"""How far a weight of the bilinear filter may be off: pixman keeps 7 bits, others 8."""

FILTERS = {
    "": "nearest",
    "nearest": "nearest",
    "fast": "nearest",
    "bilinear": "bilinear",
    "good": "bilinear",
    "best": "bilinear",
    "convolution": "convolution",
}
"""The filters of renderproto, section 7, and which one each server of X.Org takes for it."""

_Numbers = NDArray[np.float64]
_TURNS = {
    Rotation.ROTATE_0: (1, 0),
    Rotation.ROTATE_90: (0, 1),
    Rotation.ROTATE_180: (-1, 0),
    Rotation.ROTATE_270: (0, -1),
}
"""The cosine and the sine of each: the screen is turned counter-clockwise on the monitor."""


_NONE = Transform()


class UnknownFilter(HarnessError):
    """A filter of which the model knows nothing."""


@dataclass(frozen=True, slots=True)
class CrtcView:
    """A CRTC with a mode of ``width`` x ``height`` at (``x``, ``y``) of the screen.

    Its pixels are turned first, then the transform takes them to the screen (randrproto, section
    7, SetCrtcTransform).  Every pixel must lie before the viewer: the transform's third row is
    positive there.
    """

    width: int
    height: int
    x: int = 0
    y: int = 0
    rotation: int = Rotation.ROTATE_0
    transform: Transform = _NONE

    @property
    def area(self) -> Rectangle:
        """The smallest rectangle of whole pixels that holds what is shown.

        At the CRTC's place, as GetCrtcInfo tells it: RANDR's transform does not move that.
        """
        across, down, scale = self._mapped(
            np.array([0, self.width, 0, self.width]), np.array([0, 0, self.height, self.height])
        )
        # To 16 bits behind the point, as all coordinates of RENDER.
        places = [np.round(one / scale * ONE) / ONE for one in (across, down)]
        width, height = (int(np.ceil(at.max()) - np.floor(at.min())) for at in places)
        return Rectangle(self.x, self.y, width, height)

    def check(self, screen: Frame, shown: Frame) -> None:
        """Raise UnexpectedPicture unless ``shown`` is what may be scanned out of ``screen``.

        Raises UnknownFilter for one that is not in FILTERS.
        """
        if (shown.width, shown.height) != (self.width, self.height):
            raise UnexpectedPicture(
                f"expected a CRTC with a mode of {self.width}x{self.height}, got {shown.size}"
            )
        wrong = self.differing(screen, shown)
        if wrong.any():
            y, x = (int(at[0]) for at in np.nonzero(wrong))
            px, py, _ = self.places()
            raise UnexpectedPicture(
                f"the {shown.source} does not show the screen through its transform: "
                f"{np.count_nonzero(wrong)} of {wrong.size} pixels differ, filter "
                f"{self.transform.filter or 'nearest'}\n  at ({x}, {y}), which is "
                f"({px[y, x]:.4f}, {py[y, x]:.4f}) of the screen, got {shown.pixel(x, y):#x}"
            )

    def differing(self, screen: Frame, shown: Frame) -> NDArray[np.bool_]:
        """The pixels (height, width) of ``shown`` that no server may show.

        Raises UnknownFilter for one that is not in FILTERS.
        """
        kind = FILTERS.get(self.transform.filter)
        if kind is None:
            known = ", ".join(filter(None, FILTERS))
            raise UnknownFilter(f"expected one of {known}, got {self.transform.filter!r}")
        if kind == "nearest":
            possible = [_at(screen.pixels, x, y) == shown.pixels for x, y in self._cells(0, 0)]
            return np.asarray(~np.logical_or.reduce(possible))
        wrong = np.zeros(shown.pixels.shape, np.bool_)
        for channel in channels(screen.depth):
            before, after = (
                (frame.pixels >> channel.shift & channel.full).astype(np.float64)
                for frame in (screen, shown)
            )
            values = self._blended(before) if kind == "bilinear" else self._convolved(before)
            clipped = [np.clip(value, 0, channel.full) for value in values]
            low, high = np.minimum.reduce(clipped), np.maximum.reduce(clipped)
            # Whether the last bit is rounded or cut off is the server's choice.
            wrong |= (after <= low - 1) | (after >= high + 1)
        return wrong

    def places(self) -> tuple[_Numbers, _Numbers, _Numbers]:
        """Where on the screen the centre of each pixel (height, width) lies.

        In pixels from the left, in pixels from the top, and how far a server may be off.
        """
        y, x = np.mgrid[0 : self.height, 0 : self.width] + 0.5
        across, down, scale = self._mapped(x, y)
        across, down = across / scale + self.x, down / scale + self.y
        off = np.full(across.shape, ROUNDING)
        if self.transform.matrix[6:] != (0, 0, ONE):
            # All three numbers are rounded before the division.
            off = ROUNDING * (1 + np.maximum(abs(across), abs(down))) / scale
        return across, down, off

    def _mapped(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[_Numbers, _Numbers, _Numbers]:
        """Points of the CRTC on the screen, from its place on: two coordinates and their scale."""
        cos, sin = _TURNS[Rotation(self.rotation & 0xF)]
        # Turned about the centre, then put back into the corner.
        middle_x, middle_y = self.width / 2, self.height / 2
        right, below = x - middle_x, y - middle_y
        right, below = cos * right - sin * below, sin * right + cos * below
        if self.rotation & Rotation.REFLECT_X:
            right = -right
        if self.rotation & Rotation.REFLECT_Y:
            below = -below
        if sin:
            middle_x, middle_y = middle_y, middle_x
        right, below = right + middle_x, below + middle_y
        m = self.transform.matrix
        across, down, scale = (
            (m[row] * right + m[row + 1] * below + m[row + 2]) / ONE for row in (0, 3, 6)
        )
        return across, down, scale

    def _cells(self, left: float, up: float) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """The pixels of the screen in which each place may lie, moved by these."""
        x, y, off = self.places()
        for a, b in product((-1, 1), repeat=2):
            yield (
                np.floor(x - left + a * off).astype(int),
                np.floor(y - up + b * off).astype(int),
            )

    def _blended(self, channel: _Numbers) -> Iterator[_Numbers]:
        """What the four pixels around each place give, with all weights that are fine enough.

        Between whole pixels the values are extreme at the ends, hence at these.
        """
        x, y, off = self.places()
        x, y = x - 0.5, y - 0.5
        reach = off + WEIGHT
        columns, rows = (
            (at - reach, np.clip(np.round(at), at - reach, at + reach), at + reach) for at in (x, y)
        )
        for at_x, at_y in product(columns, rows):
            left, top = np.floor(at_x).astype(int), np.floor(at_y).astype(int)
            right, below = at_x - left, at_y - top
            upper = _at(channel, left, top) * (1 - right) + _at(channel, left + 1, top) * right
            lower = (
                _at(channel, left, top + 1) * (1 - right) + _at(channel, left + 1, top + 1) * right
            )
            yield upper * (1 - below) + lower * below

    def _convolved(self, channel: _Numbers) -> Iterator[_Numbers]:
        """Sums over the kernel (its width, its height, its numbers by rows) around each place."""
        columns, rows, *numbers = (number / ONE for number in self.transform.parameters)
        kernel = np.array(numbers[: int(columns) * int(rows)]).reshape(int(rows), int(columns))
        for left, top in self._cells((columns - 1) / 2, (rows - 1) / 2):
            yield sum(
                (
                    number * _at(channel, left + column, top + row)
                    for (row, column), number in np.ndenumerate(kernel)
                ),
                np.zeros(left.shape),
            )


def _at(pixels: Pixels | _Numbers, x: NDArray[Any], y: NDArray[Any]) -> Any:
    """The values at these columns and rows; 0 outside, where nothing is."""
    height, width = pixels.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = pixels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.where(inside, found, 0)
