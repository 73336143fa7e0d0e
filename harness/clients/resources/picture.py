# SPDX-License-Identifier: MIT
"""A RENDER picture of a scripted client."""

from collections.abc import Sequence
from typing import Any, Self

import xcffib.render
import xcffib.xfixes
from xcffib.render import CP, TRANSFORM, PictOp
from xcffib.xproto import RECTANGLE, SubwindowMode

from harness.clients.connection.client import Client
from harness.clients.resources.drawable import Drawable
from harness.clients.resources.region import Region
from harness.pixels.colour import pixel_value

OPAQUE = 0xFFFF


class Picture:
    """A picture, by its id."""

    def __init__(self, client: Client, id: int) -> None:
        self.client = client
        self.id = id

    @classmethod
    def of(cls, drawable: Drawable, *, inferiors: bool = False) -> Self:
        """The pixels of a window or pixmap; with ``inferiors`` a window's children as well.

        Depth 32 has alpha, premultiplied; other depths are opaque.
        """
        client = drawable.client
        picture = cls(client, client.new_id())
        mode = SubwindowMode.IncludeInferiors if inferiors else SubwindowMode.ClipByChildren
        format = client.picture_formats[drawable.depth]
        picture._requests.CreatePicture(picture.id, drawable.id, format, CP.SubwindowMode, [mode])
        return picture

    @classmethod
    def solid(cls, client: Client, colour: str, alpha: int = OPAQUE) -> Self:
        """One colour everywhere; ``alpha`` from 0 to ``OPAQUE``."""
        picture = cls(client, client.new_id())
        picture._requests.CreateSolidFill(picture.id, _colour(colour, alpha))
        return picture

    def composite(
        self,
        source: "Picture",
        x: int,
        y: int,
        width: int,
        height: int,
        *,
        source_x: int = 0,
        source_y: int = 0,
        mask: "Picture | None" = None,
        op: int = PictOp.Src,
    ) -> None:
        """Draw ``source``, seen through ``mask``, into a rectangle of this picture."""
        mask_id = 0 if mask is None else mask.id
        self._requests.Composite(
            op, source.id, mask_id, self.id, source_x, source_y, 0, 0, x, y, width, height
        )

    def fill(self, colour: str, x: int, y: int, width: int, height: int) -> None:
        """Fill a rectangle with one opaque colour."""
        rectangle = RECTANGLE.synthetic(x, y, width, height)
        self._requests.FillRectangles(PictOp.Src, self.id, _colour(colour, OPAQUE), 1, [rectangle])

    def clip(self, region: Region | None) -> None:
        """Set the clip region to a copy of ``region``; None takes it away.

        Servers may clip what is read from the picture too (renderproto 14, CreatePicture).
        """
        fixes = self.client.extension(xcffib.xfixes)
        fixes.SetPictureClipRegion(self.id, 0 if region is None else region.id, 0, 0)

    def transform(self, matrix: Sequence[int]) -> None:
        """Set the transform: nine 16.16 numbers by rows, from destination to source pixels."""
        self._requests.SetPictureTransform(self.id, TRANSFORM.synthetic(*matrix))

    def free(self) -> None:
        self._requests.FreePicture(self.id)

    @property
    def _requests(self) -> Any:
        return self.client.extension(xcffib.render)


def _colour(colour: str, alpha: int) -> Any:
    """Premultiplied, 16 bits per channel."""
    pixel = pixel_value(colour, 24)
    red, green, blue = ((pixel >> shift & 0xFF) * 0x101 * alpha // OPAQUE for shift in (16, 8, 0))
    return xcffib.render.COLOR.synthetic(red, green, blue, alpha)
