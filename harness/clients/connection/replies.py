# SPDX-License-Identifier: MIT
"""Replies as values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageReply:
    """A GetImage reply: ZPixmap rows as they stood on the wire, padded per scanline."""

    depth: int
    visual: int
    width: int
    height: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class GeometryReply:
    """A GetGeometry reply; ``x``, ``y`` are relative to the parent."""

    root: int
    depth: int
    x: int
    y: int
    width: int
    height: int
    border_width: int
