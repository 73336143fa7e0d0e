# SPDX-License-Identifier: MIT
"""How a CRTC reads the screen: transforms and panning, as RANDR encodes them."""

import struct
from dataclasses import dataclass
from typing import Any, Self

SET_CRTC_TRANSFORM = 26


@dataclass(frozen=True, slots=True)
class Panning:
    """Where a CRTC may pan: areas as (x, y, width, height), border as (left, top, right, bottom).

    An empty ``area`` means no panning, an empty ``tracking`` the whole screen.
    """

    area: tuple[int, int, int, int] = (0, 0, 0, 0)
    tracking: tuple[int, int, int, int] = (0, 0, 0, 0)
    border: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Transform:
    """A 3x3 matrix by rows, in units of 1/65536, and the filter that it is applied with."""

    matrix: tuple[int, ...] = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 16)
    filter: str = ""
    parameters: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """The tail of a SetCrtcTransform request, behind the CRTC."""
        name = self.filter.encode("latin-1")
        return struct.pack(
            f"=9iH2x{len(name)}s{-len(name) % 4}x{len(self.parameters)}i",
            *self.matrix,
            len(name),
            name,
            *self.parameters,
        )


@dataclass(frozen=True, slots=True)
class Transforms:
    """A GetCrtcTransform reply; ``supported`` says whether the CRTC can do more than none."""

    supported: bool
    current: Transform
    pending: Transform

    @classmethod
    def decode(cls, reply: Any) -> Self:
        """From xcffib's reply."""
        return cls(
            bool(reply.has_transforms),
            _transform(reply.current_transform, reply.current_filter_name, reply.current_params),
            _transform(reply.pending_transform, reply.pending_filter_name, reply.pending_params),
        )


def _transform(matrix: Any, filter: Any, parameters: Any) -> Transform:
    rows = tuple(getattr(matrix, f"matrix{row}{column}") for row in "123" for column in "123")
    return Transform(rows, b"".join(filter).decode("latin-1"), tuple(parameters))
