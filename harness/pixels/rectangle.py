# SPDX-License-Identifier: MIT
"""A rectangle of pixels."""

from dataclasses import dataclass


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

    def __str__(self) -> str:
        return f"{self.x},{self.y}..{self.right},{self.bottom}"
