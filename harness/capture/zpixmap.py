# SPDX-License-Identifier: MIT
"""ZPixmap image data, as a server writes it into replies and shared memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from harness.errors import HarnessError
from harness.pixels.image_encoding import Pixels, pixel_type
from harness.x11.encoding import ByteOrder


class CaptureError(HarnessError):
    """A capture that is impossible, or image data that is not what the server announced."""


@dataclass(frozen=True, slots=True)
class RowLayout:
    """The layout of rows of ``width`` pixels of one depth in memory.

    ``stride`` is in bytes; ``byte_order`` is ``<`` or ``>``, and with one bit per pixel the order
    of the bits too (X.Org's servers use the same for both).
    """

    depth: int
    width: int
    bits_per_pixel: int
    stride: int
    byte_order: ByteOrder

    @classmethod
    def of(
        cls, formats: Mapping[int, tuple[int, int]], byte_order: ByteOrder, depth: int, width: int
    ) -> Self:
        """The layout by the pixmap formats {depth: (bits per pixel, scanline pad)} of the server.

        Raises CaptureError for a depth that the server does not list or that cannot be read.
        """
        if depth not in formats:
            known = ", ".join(map(str, sorted(formats)))
            raise CaptureError(
                f"expected an image of a depth the server lists ({known}), got {depth}"
            )
        bits_per_pixel, pad = formats[depth]
        if bits_per_pixel not in (1, 8 * pixel_type(depth)().itemsize):
            raise CaptureError(
                f"depth {depth} has {bits_per_pixel} bits per pixel on this server; "
                f"only 1, 8, 16 and 32 can be read"
            )
        stride = -(-width * bits_per_pixel // pad) * pad // 8
        return cls(depth, width, bits_per_pixel, stride, byte_order)

    def pixels(self, data: Any, height: int) -> Pixels:
        """(height, width) of the bytes in ``data`` (any buffer), copied only if they must be.

        Raises CaptureError when there are too few bytes.
        """
        expected = self.stride * height
        received = memoryview(data).nbytes
        if received < expected:
            raise CaptureError(
                f"expected {expected} bytes for {self.width}x{height} pixels of depth "
                f"{self.depth}, got {received}: the server's reply is too short"
            )
        if self.bits_per_pixel == 1:
            rows = np.frombuffer(data, np.uint8, expected).reshape(height, self.stride)
            return np.unpackbits(
                rows,
                axis=1,
                count=self.width,
                bitorder="little" if self.byte_order == "<" else "big",
            )
        kind = np.dtype(pixel_type(self.depth))
        wire = kind.newbyteorder(self.byte_order)
        words = np.frombuffer(data, wire, expected // wire.itemsize).reshape(height, -1)
        return words[:, : self.width].astype(kind, copy=False)
