# SPDX-License-Identifier: MIT
"""A rectangle of pixels."""

from dataclasses import dataclass

Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Origin and size in pixels; ``right`` and ``bottom`` are the first column and row outside."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def contains(self, other: "Rectangle") -> bool:
        """Whether every pixel of ``other`` is inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def overlap(self, shape: tuple[int, ...]) -> tuple[Slices, Slices]:
        """The part that lies in an array of ``shape`` (height, width), as slices (rows, columns).

        First of that array, then of one that covers the rectangle itself.
        """
        rows, own_rows = _overlap(self.y, self.bottom, shape[0])
        columns, own_columns = _overlap(self.x, self.right, shape[1])
        return (rows, columns), (own_rows, own_columns)

    def __str__(self) -> str:
        return f"{self.x},{self.y}..{self.right},{self.bottom}"


def _overlap(start: int, end: int, limit: int) -> tuple[slice, slice]:
    first = min(max(start, 0), limit)
    last = max(first, min(end, limit))
    return slice(first, last), slice(first - start, last - start)
