# SPDX-License-Identifier: MIT
"""Requests whose figures show each side of the box around them: by one pixel, or a line's width."""

from functools import partial

from xcffib.xproto import CapStyle, CoordMode, JoinStyle, PolyShape

from suites.composite.damage.drawings import arcs, boxes, points, segments

ROUND = 360 * 64
"""The angle of a whole circle."""


def origin(request, *places):
    """``request`` with points that count from the drawable's corner."""
    return lambda c, d, g: request(c, CoordMode.Origin, d, g, len(places), points(*places))


def previous(request, *places):
    """The same figure, each point as its distance from the one before."""
    steps = [
        (x - left, y - top) for (left, top), (x, y) in zip([(0, 0), *places], places, strict=False)
    ]
    return lambda c, d, g: request(c, CoordMode.Previous, d, g, len(steps), points(*steps))


def poly_point(core, mode, target, gc, count, places):
    core.PolyPoint(mode, target, gc, count, places)


def poly_line(core, mode, target, gc, count, places):
    core.PolyLine(mode, target, gc, count, places)


def fill_poly(core, mode, target, gc, count, places):
    core.FillPoly(target, gc, PolyShape.Complex, mode, count, places)


def each(name, make, *figures):
    """``name`` of a request for several figures at once, which ``make`` makes."""
    return lambda c, d, g: getattr(c, name)(d, g, len(figures), make(*figures))


poly_segment = partial(each, "PolySegment", segments)
poly_rectangle = partial(each, "PolyRectangle", boxes)
fill_rectangle = partial(each, "PolyFillRectangle", boxes)
poly_arc = partial(each, "PolyArc", arcs)
fill_arc = partial(each, "PolyFillArc", arcs)


def by_one(*sides):
    """Whole circles, or boxes, each of which is one pixel beyond those before."""
    return [(20 + x, 16 + y, 12, 10, *sides) for x, y in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))]


CROSS = (20, 20), (19, 20), (21, 20), (20, 19), (20, 21)
STAR = (20, 16), (30, 16), (30, 26), (20, 26), (19, 21), (20, 16), (25, 15), (30, 16)
SLIVERS = (20, 20, 22, 22), (22, 20, 23, 20), (24, 20, 23, 20), (20, 22, 20, 23), (20, 24, 20, 23)

GROWING = {
    "points": ((19, 19, 3, 3), origin(poly_point, *CROSS)),
    "points_step_by_step": ((19, 19, 3, 3), previous(poly_point, *CROSS)),
    "lines": ((19, 19, 3, 3), origin(poly_line, *CROSS)),
    "lines_step_by_step": ((19, 19, 3, 3), previous(poly_line, *CROSS)),
    "polygon": ((19, 15, 12, 12), origin(fill_poly, *STAR)),
    "polygon_step_by_step": ((19, 15, 12, 12), previous(fill_poly, *STAR)),
    "segments": ((20, 20, 5, 5), poly_segment(*SLIVERS)),
    "short_segment": ((20, 20, 2, 2), poly_segment((20, 20, 21, 21))),
    "short_segment_back": ((20, 20, 2, 2), poly_segment((21, 21, 20, 20))),
    "short_segment_up": ((20, 20, 2, 2), poly_segment((20, 21, 21, 20))),
    "one_pixel_segment": ((20, 20, 1, 1), poly_segment((20, 20, 20, 20))),
    "rectangles": ((19, 15, 14, 12), fill_rectangle(*by_one())),
    "outlines": ((19, 15, 15, 13), poly_rectangle(*by_one())),
    "flat_outline": ((20, 16, 13, 1), poly_rectangle((20, 16, 12, 0))),
    "arcs": ((19, 15, 15, 13), poly_arc(*by_one(0, ROUND))),
    "pies": ((19, 15, 14, 12), fill_arc(*by_one(0, ROUND))),
}
"""Thin figures that grow by one pixel on each side: the box around them, the request."""


def style(width, cap=CapStyle.Butt, join=JoinStyle.Bevel):
    return {"LineWidth": width, "CapStyle": cap, "JoinStyle": join}


PROJECTING = CapStyle.Projecting
CORNER = (24, 18), (38, 18), (38, 30)
SLOPE = (24, 18), (38, 28)
DOWN = 24, 18, 38, 28
LYING, STANDING = (24, 18, 38, 18), (24, 18, 24, 32)

STROKED = {
    "thin_arc": (style(0), (20, 16, 21, 13), poly_arc((20, 16, 20, 12, 0, ROUND))),
    "pie": (style(0), (20, 16, 20, 12), fill_arc((20, 16, 20, 12, 0, ROUND))),
    **{
        f"{name}_{width}": (values, (x - reach, y - reach, w + 2 * reach, h + 2 * reach), draw)
        for width in (2, 5, 6)
        for half in [width // 2]
        for name, values, (x, y, w, h), reach, draw in (
            ("corner", style(width), (24, 18, 15, 13), half, origin(poly_line, *CORNER)),
            ("corner_step_by_step", style(width), (24, 18, 15, 13), half,
             previous(poly_line, *CORNER)),
            ("round_corner", style(width, CapStyle.Round, JoinStyle.Round), (24, 18, 15, 13), half,
             origin(poly_line, *CORNER)),
            ("projecting_corner", style(width, PROJECTING), (24, 18, 15, 13), width,
             origin(poly_line, *CORNER)),
            ("projecting_slope", style(width, PROJECTING), (24, 18, 15, 11), width,
             origin(poly_line, *SLOPE)),
            ("segment", style(width), (24, 18, 15, 11), half, poly_segment(DOWN)),
            ("lying_segment", style(width), (24, 18, 15, 1), half, poly_segment(LYING)),
            ("standing_segment", style(width), (24, 18, 1, 15), half, poly_segment(STANDING)),
            ("projecting_segment", style(width, PROJECTING), (24, 18, 15, 11), width,
             poly_segment(DOWN)),
            ("arc", style(width), (24, 18, 17, 13), half,
             poly_arc((24, 18, 16, 12, 0, ROUND))),
        )
    },
    "mitre_2": (style(2, join=JoinStyle.Miter), (14, 6, 33, 36),
        origin(poly_line, (26, 18), (34, 24), (26, 29))),
    "outline_4": (style(4), (22, 16, 20, 16), poly_rectangle((24, 18, 16, 12))),
    "outline_5": (style(5), (22, 16, 21, 17), poly_rectangle((24, 18, 16, 12))),
}  # fmt: skip
"""Wide figures: GC values, the box that a line of this width and style can reach, the request."""
