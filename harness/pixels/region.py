# SPDX-License-Identifier: MIT
"""Sets of pixels as rectangles: what an X region should be, computed without an X server."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""(x, y, width, height)."""

LOWEST, HIGHEST = -(1 << 15), (1 << 15) - 1
"""The range of the protocol's coordinates (INT16); rectangles are clipped to it."""

_Edges = tuple[int, int, int, int]
_Cells = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PixelRegion:
    """The pixels of ``rectangles``, which are y-x banded as the X protocol's regions are.

    Rectangles of one band have the same top and height and do not touch; bands that touch have
    different columns.  So equal sets of pixels have equal rectangles.
    """

    rectangles: tuple[Box, ...] = ()

    @classmethod
    def of(cls, boxes: Iterable[Box]) -> Self:
        """The union of ``boxes``; those without width or height, or beyond 16 bits, add nothing."""
        return cls._banded((_edges(box) for box in boxes), np.logical_or)

    def __or__(self, other: "PixelRegion") -> "PixelRegion":
        return self._banded(self._corners(), np.logical_or, other._corners())

    def __and__(self, other: "PixelRegion") -> "PixelRegion":
        return self._banded(self._corners(), np.logical_and, other._corners())

    def __sub__(self, other: "PixelRegion") -> "PixelRegion":
        return self._banded(self._corners(), np.greater, other._corners())

    def __bool__(self) -> bool:
        return bool(self.rectangles)

    def __le__(self, other: "PixelRegion") -> bool:
        """Whether every pixel of this region is in ``other``."""
        return not self - other

    def inverted(self, bounds: Box) -> "PixelRegion":
        """The pixels in ``bounds`` that are not in this region."""
        return PixelRegion.of([bounds]) - self

    def moved(self, dx: int, dy: int) -> "PixelRegion":
        """Each pixel moved; those beyond 16 bits are dropped."""
        return PixelRegion.of((x + dx, y + dy, w, h) for x, y, w, h in self.rectangles)

    def expanded(self, left: int, right: int, top: int, bottom: int) -> "PixelRegion":
        """Each rectangle grown on the four sides."""
        return PixelRegion.of(
            (x - left, y - top, w + left + right, h + top + bottom)
            for x, y, w, h in self.rectangles
        )

    @property
    def extents(self) -> Box:
        """The bounding box; zeros when there is no pixel."""
        if not self.rectangles:
            return 0, 0, 0, 0
        edges = np.array(list(self._corners()))
        (left, top), (right, bottom) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
        return int(left), int(top), int(right - left), int(bottom - top)

    @classmethod
    def differing(cls, first: NDArray[np.uint32], second: NDArray[np.uint32]) -> Self:
        """The pixels that differ between two pictures (height, width) of equal size."""
        height, width = first.shape
        return cls._from_cells(first != second, list(range(width + 1)), list(range(height + 1)))

    def _corners(self) -> Iterable[_Edges]:
        return (_edges(box) for box in self.rectangles)

    @classmethod
    def _banded(
        cls,
        first: Iterable[_Edges],
        combine: Callable[[_Cells, _Cells], _Cells],
        second: Iterable[_Edges] = (),
    ) -> Self:
        both = (list(first), list(second))
        columns = sorted({edge for edges in both for e in edges for edge in (e[0], e[2])})
        rows = sorted({edge for edges in both for e in edges for edge in (e[1], e[3])})
        return cls._from_cells(
            combine(*(_cells(edges, columns, rows) for edges in both)), columns, rows
        )

    @classmethod
    def _from_cells(cls, cells: _Cells, columns: list[int], rows: list[int]) -> Self:
        bands: list[tuple[int, int, list[tuple[int, int]]]] = []
        for top, bottom, row in zip(rows, rows[1:], cells, strict=False):
            spans = _spans(row, columns)
            if bands and bands[-1][1:] == (top, spans):
                bands[-1] = (bands[-1][0], bottom, spans)
            elif spans:
                bands.append((top, bottom, spans))
        return cls(
            tuple((x, y, right - x, bottom - y) for y, bottom, row in bands for x, right in row)
        )


def _edges(box: Box) -> _Edges:
    x, y, width, height = box
    left, right, top, bottom = (
        min(max(edge, LOWEST), HIGHEST) for edge in (x, x + width, y, y + height)
    )
    return left, top, right, bottom


def _cells(boxes: Iterable[_Edges], columns: list[int], rows: list[int]) -> _Cells:
    cells = np.zeros((max(len(rows) - 1, 0), max(len(columns) - 1, 0)), np.bool_)
    for left, top, right, bottom in boxes:
        cells[rows.index(top) : rows.index(bottom), columns.index(left) : columns.index(right)] = (
            True
        )
    return cells


def _spans(row: _Cells, columns: list[int]) -> list[tuple[int, int]]:
    changes = np.flatnonzero(np.diff(row, prepend=False, append=False))
    return [(columns[a], columns[b]) for a, b in changes.reshape(-1, 2).tolist()]
