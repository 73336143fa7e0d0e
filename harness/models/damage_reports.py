# SPDX-License-Identifier: MIT
"""The damage that a server must report of a drawing, computed without an X server."""

from harness.clients.resources.damage import DamageLevel
from harness.clients.resources.region import Rectangles
from harness.pixels.region import PixelRegion


def damage_reports(
    level: DamageLevel, before: PixelRegion, drawn: PixelRegion, size: tuple[int, int]
) -> Rectangles:
    """The areas that a Damage with the region ``before`` reports after ``drawn`` was drawn.

    ``size`` is that of the drawable (width, height).  For one rectangle drawn by one request.
    """
    after = before | drawn
    if not drawn:
        return []
    match level:
        case DamageLevel.RAW_RECTANGLES:
            return list(drawn.rectangles)
        case DamageLevel.DELTA_RECTANGLES:
            return list((drawn - before).rectangles)
        case DamageLevel.BOUNDING_BOX:
            grown = not before or after.extents != before.extents
            return [after.extents] if grown else []
        case DamageLevel.NON_EMPTY:
            return [] if before else [(0, 0, *size)]
