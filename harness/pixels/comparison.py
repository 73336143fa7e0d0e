# SPDX-License-Identifier: MIT
"""Comparison of two frames: whether they are equal, and if not, how they differ."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import HarnessError
from harness.pixels.channels import channels
from harness.pixels.frame import Frame
from harness.pixels.image_encoding import Pixels
from harness.pixels.rectangle import Rectangle

# Small enough that the temporaries of one band stay in the processor's cache.
BAND_BYTES = 1 << 16

_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)

RED = (255, 0, 0)
YELLOW = (255, 200, 0)

Mask = NDArray[np.bool_]


class Verdict(StrEnum):
    """The result of comparing a frame with its golden."""

    MATCH = "match"
    MISMATCH = "mismatch"
    SIZE_CHANGED = "size-changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Differences that are accepted, and why; for servers that do not draw exactly.

    A pixel differs if in any channel ``actual - expected`` is below ``lo`` or above ``hi``; up
    to ``max_pixels`` pixels may differ.  Raises HarnessError without a reason.
    """

    lo: int
    hi: int
    max_pixels: int
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise HarnessError("a tolerance needs a reason: say why the frame cannot be exact")
        if self.lo > 0 or self.hi < 0 or self.max_pixels < 0:
            raise HarnessError(f"expected lo <= 0 <= hi and max_pixels >= 0, got {self}")

    def __str__(self) -> str:
        return f"allowed {self.max_pixels} pixels beyond {self.lo:+d}..{self.hi:+d}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ChannelDifference:
    """``actual - expected`` of one channel of one pixel, in the channel's own steps."""

    channel: str
    difference: int

    def __str__(self) -> str:
        return f"{self.channel} {self.difference:+d}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How ``actual`` differs from ``expected``.

    ``differing`` counts the pixels beyond the tolerance, ``tolerated`` those within it; ``box``
    bounds the differing ones, ``first`` is the topmost, of these the leftmost; ``worst`` is the
    largest difference of a channel among them.  ``expected`` and ``actual`` are the sizes in
    words.
    """

    verdict: Verdict
    expected: str
    actual: str
    total: int = 0
    differing: int = 0
    tolerated: int = 0
    box: Rectangle | None = None
    first: tuple[int, int] | None = None
    worst: ChannelDifference | None = None
    tolerance: Tolerance | None = None

    def __str__(self) -> str:
        """The numbers in one line."""
        match self.verdict:
            case Verdict.MISSING:
                return f"there is no golden for this frame ({self.actual})"
            case Verdict.SIZE_CHANGED:
                return f"size changed: expected {self.expected}, got {self.actual}"
        if not self.differing:
            text = f"all {self.total} pixels match"
        else:
            text = (
                f"{self.differing} of {self.total} pixels differ, worst channel {self.worst}, "
                f"first at {self.first}, bounding box {self.box}"
            )
        if self.tolerated:
            text += f"; {self.tolerated} tolerated"
        return f"{text}; {self.tolerance or 'exact comparison'}"


def compare(
    expected: Frame,
    actual: Frame,
    *,
    ignore: Sequence[Rectangle] = (),
    tolerance: Tolerance | None = None,
) -> Comparison:
    """Compare ``actual`` with ``expected``: exactly, unless ``tolerance`` is given.

    Pixels inside of ``ignore`` never differ.  Frames of other size or depth are not compared.
    Bits above the depth do not count.
    """
    if expected.size != actual.size:
        return Comparison(Verdict.SIZE_CHANGED, expected.size, actual.size)
    found = _Difference(expected.depth, expected.width)
    for band in _unequal_bands(expected.raw, actual.raw):
        before, after = expected.raw[band], actual.raw[band]
        unequal: Mask = (before ^ after) & expected.mask != 0
        _clear(unequal, ignore, band.start)
        found.add(band.start, unequal, before, after, tolerance)
    allowed = tolerance.max_pixels if tolerance else 0
    return Comparison(
        Verdict.MATCH if found.count <= allowed else Verdict.MISMATCH,
        expected.size,
        actual.size,
        expected.raw.size,
        found.count,
        found.tolerated,
        found.box,
        found.first,
        found.worst,
        tolerance,
    )


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
    before, after = expected.pixels, actual.pixels
    unequal: Mask = before != after
    _clear(unequal, ignore, 0)
    beyond = unequal.copy()
    if tolerance:
        differences = _differences(before[unequal], after[unequal], expected.depth)
        beyond[unequal] = _beyond(differences, tolerance)
    picture[unequal] = YELLOW
    picture[beyond] = RED
    return Image.frombytes("RGB", (expected.width, expected.height), picture.tobytes())


def _unequal_bands(before: Pixels, after: Pixels) -> Iterator[slice]:
    """Bands of rows that hold every difference in bytes, from the top."""
    rows = max(1, BAND_BYTES // (before.shape[1] * before.itemsize))
    return _search(_byte_comparison(before, after), 0, before.shape[0], rows)


def _search(equal: Callable[[int, int], bool], top: int, bottom: int, rows: int) -> Iterator[slice]:
    step = max(rows, -(-(bottom - top) // 8))
    for start in range(top, bottom, step):
        stop = min(start + step, bottom)
        if equal(start, stop):
            continue
        if step == rows:
            yield slice(start, stop)
        else:
            yield from _search(equal, start, stop, rows)


def _byte_comparison(before: Pixels, after: Pixels) -> Callable[[int, int], bool]:
    """Whether the rows from one up to another have the same bytes in both."""
    if not (before.flags.c_contiguous and after.flags.c_contiguous):
        return lambda top, bottom: np.array_equal(before[top:bottom], after[top:bottom])
    # memcmp takes 0.8 of the time of memcpy; numpy, which fills an array of booleans, 1.3.
    first, second, stride = before.ctypes.data, after.ctypes.data, before.strides[0]

    def equal(top: int, bottom: int) -> bool:
        offset = top * stride
        return bool(_memcmp(first + offset, second + offset, (bottom - top) * stride) == 0)

    return equal


def _clear(unequal: Mask, ignore: Sequence[Rectangle], top: int) -> None:
    for area in ignore:
        rows = slice(max(0, area.y - top), max(0, area.bottom - top))
        unequal[rows, max(0, area.x) : max(0, area.right)] = False


def _differences(before: Pixels, after: Pixels, depth: int) -> NDArray[np.int64]:
    """``after - before`` of each channel (row) and pixel (column)."""
    old, new = before.astype(np.int64), after.astype(np.int64)
    return np.stack(
        [(new >> c.shift & c.full) - (old >> c.shift & c.full) for c in channels(depth)]
    )


def _beyond(differences: NDArray[np.int64], tolerance: Tolerance) -> Mask:
    outside = (differences < tolerance.lo) | (differences > tolerance.hi)
    return np.asarray(outside.any(axis=0))


class _Difference:
    """Running totals of a comparison, band by band."""

    def __init__(self, depth: int, width: int) -> None:
        self.count = 0
        self.tolerated = 0
        self.first: tuple[int, int] | None = None
        self.worst: ChannelDifference | None = None
        self._depth = depth
        self._columns = np.zeros(width, np.bool_)
        self._bottom = 0

    @property
    def box(self) -> Rectangle | None:
        if self.first is None:
            return None
        columns = np.flatnonzero(self._columns)
        left, top = int(columns[0]), self.first[1]
        return Rectangle(left, top, int(columns[-1]) + 1 - left, self._bottom - top)

    def add(
        self,
        top: int,
        unequal: Mask,
        before: Pixels,
        after: Pixels,
        tolerance: Tolerance | None,
    ) -> None:
        differences = _differences(before[unequal], after[unequal], self._depth)
        if tolerance:
            beyond = _beyond(differences, tolerance)
            self.tolerated += int(np.count_nonzero(~beyond))
            unequal[unequal] = beyond
            differences = differences[:, beyond]
        count = differences.shape[1]
        if not count:
            return
        self.count += count
        rows = np.flatnonzero(unequal.any(axis=1))
        if self.first is None:
            row = int(rows[0])
            self.first = int(unequal[row].argmax()), top + row
        self._bottom = top + int(rows[-1]) + 1
        self._columns |= unequal.any(axis=0)
        self._keep_worst(differences)

    def _keep_worst(self, differences: NDArray[Any]) -> None:
        place = np.unravel_index(np.abs(differences).argmax(), differences.shape)
        difference = int(differences[place])
        if self.worst is None or abs(difference) > abs(self.worst.difference):
            name = channels(self._depth)[int(place[0])].name
            self.worst = ChannelDifference(name, difference)
