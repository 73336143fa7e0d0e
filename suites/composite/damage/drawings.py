# SPDX-License-Identifier: MIT
"""Requests that draw, and where: they take the core's requests, a drawable and a GC."""

import xcffib.render
from xcffib.xproto import (
    ARC,
    POINT,
    RECTANGLE,
    SEGMENT,
    CapStyle,
    CoordMode,
    JoinStyle,
    PolyShape,
)

from harness.pixels.chart import chart_pixels

RED = xcffib.render.COLOR.synthetic(0xFFFF, 0, 0, 0xFFFF)


def points(*places):
    return [POINT.synthetic(*place) for place in places]


def arcs(*places):
    return [ARC.synthetic(*place) for place in places]


def segments(*places):
    return [SEGMENT.synthetic(*place) for place in places]


def boxes(*places):
    return [RECTANGLE.synthetic(*place) for place in places]


def put_image(core, target, gc):
    chart = chart_pixels(21, 13, 24).astype(
        "<u4" if core.conn.setup.image_byte_order == 0 else ">u4"
    )
    core.PutImage(2, target, gc, 21, 13, 9, 8, 0, 24, chart.size * 4, chart.tobytes())


def put_planes(core, target, gc):
    """An image of format XYPixmap, with all bits of its 24 planes set."""
    core.PutImage(1, target, gc, 21, 13, 9, 8, 0, 24, ROW_BYTES * 13 * 24, ALL_BITS * 24)


def put_bitmap(core, target, gc):
    """An image of format Bitmap: its bits choose foreground or background."""
    core.PutImage(0, target, gc, 21, 13, 9, 8, 0, 1, ROW_BYTES * 13, ALL_BITS)


ROW_BYTES = 4
"""Rows of 21 bits, padded to 32."""
ALL_BITS = b"\xff" * (ROW_BYTES * 13)

TRIANGLE = points((5, 5), (40, 12), (20, 35))
STEPS = points((5, 6), (15, 3), (-9, 21), (3, -4))
BACK = points((20, 30), (11, 9), (5, 6))
BACK_STEPS = points((20, 30), (-9, -21), (-6, -3))
WIDE = {"LineWidth": 5}
PROJECTING = {"LineWidth": 5, "CapStyle": CapStyle.Projecting, "JoinStyle": JoinStyle.Bevel}
MITRE = {"LineWidth": 5, "JoinStyle": JoinStyle.Miter}

EXACT = {
    "rectangle": ({}, (3, 4, 20, 10), lambda c, d, g: c.PolyFillRectangle(
        d, g, 1, boxes((3, 4, 20, 10)))),
    "cut_rectangle": ({}, (50, 0, 14, 9), lambda c, d, g: c.PolyFillRectangle(
        d, g, 1, boxes((50, -11, 99, 20)))),
    "point": ({}, (63, 47, 1, 1), lambda c, d, g: c.PolyPoint(
        CoordMode.Origin, d, g, 1, points((63, 47)))),
    "image": ({}, (9, 8, 21, 13), put_image),
    "image_of_planes": ({}, (9, 8, 21, 13), put_planes),
    "bitmap": ({"Background": 0x00FF00}, (9, 8, 21, 13), put_bitmap),
    "copy": ({}, (30, 20, 10, 12), lambda c, d, g: c.CopyArea(d, d, g, 1, 2, 30, 20, 10, 12)),
    "copy_along": ({}, (30, 20, 10, 12), lambda c, d, g: c.CopyArea(
        d, d, g, 1, 20, 30, 20, 10, 12)),
    "copy_down": ({}, (30, 20, 10, 12), lambda c, d, g: c.CopyArea(d, d, g, 30, 2, 30, 20, 10, 12)),
    "plane": ({"Background": 0x00FF00}, (30, 20, 10, 12), lambda c, d, g: c.CopyPlane(
        d, d, g, 1, 2, 30, 20, 10, 12, 1)),
}  # fmt: skip
"""Drawing of one rectangle: GC values, the rectangle, the request."""

WITHIN = {
    "rectangles": ({}, (3, 4, 41, 30), lambda c, d, g: c.PolyFillRectangle(
        d, g, 2, boxes((3, 4, 5, 6), (40, 30, 4, 4)))),
    "points": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyPoint(
        CoordMode.Origin, d, g, 3, points((5, 6), (20, 9), (11, 30)))),
    "points_step_by_step": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyPoint(
        CoordMode.Previous, d, g, 4, STEPS)),
    "lines": ({}, (5, 5, 36, 31), lambda c, d, g: c.PolyLine(CoordMode.Origin, d, g, 3, TRIANGLE)),
    "lines_step_by_step": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyLine(
        CoordMode.Previous, d, g, 4, STEPS)),
    "wide_lines": (WIDE, (0, 0, 64, 48), lambda c, d, g: c.PolyLine(
        CoordMode.Origin, d, g, 3, TRIANGLE)),
    "mitred_lines": (MITRE, (0, 0, 64, 48), lambda c, d, g: c.PolyLine(
        CoordMode.Origin, d, g, 3, TRIANGLE)),
    "segments": ({}, (4, 4, 31, 27), lambda c, d, g: c.PolySegment(
        d, g, 3, segments((4, 4, 20, 9), (34, 30, 30, 8), (9, 9, 9, 30)))),
    "segments_up_and_left": ({}, (4, 5, 37, 31), lambda c, d, g: c.PolySegment(
        d, g, 3, segments((20, 20, 30, 30), (4, 22, 10, 25), (35, 5, 40, 35)))),
    "wide_segments": (WIDE, (0, 0, 40, 36), lambda c, d, g: c.PolySegment(
        d, g, 2, segments((4, 4, 20, 9), (34, 30, 30, 8)))),
    "outlines": ({}, (4, 5, 31, 24), lambda c, d, g: c.PolyRectangle(
        d, g, 2, boxes((4, 5, 20, 12), (30, 20, 4, 8)))),
    "wide_outline": (WIDE, (2, 3, 30, 24), lambda c, d, g: c.PolyRectangle(
        d, g, 1, boxes((6, 7, 20, 12)))),
    "arcs": ({}, (4, 5, 33, 36), lambda c, d, g: c.PolyArc(
        d, g, 2, arcs((4, 5, 20, 14, 0, 360 * 64), (20, 20, 16, 20, 0, 90 * 64)))),
    "wide_arc": (WIDE, (0, 0, 40, 40), lambda c, d, g: c.PolyArc(
        d, g, 1, arcs((6, 7, 24, 18, 10 * 64, 200 * 64)))),
    "pies": ({}, (4, 5, 33, 36), lambda c, d, g: c.PolyFillArc(
        d, g, 2, arcs((4, 5, 20, 14, 0, 360 * 64), (20, 20, 16, 20, 0, 90 * 64)))),
    "polygon": ({}, (5, 5, 36, 31), lambda c, d, g: c.FillPoly(
        d, g, PolyShape.Complex, CoordMode.Origin, 3, TRIANGLE)),
    "polygon_step_by_step": ({}, (5, 6, 16, 25), lambda c, d, g: c.FillPoly(
        d, g, PolyShape.Complex, CoordMode.Previous, 4, STEPS)),
    "rectangles_back": ({}, (3, 4, 41, 30), lambda c, d, g: c.PolyFillRectangle(
        d, g, 2, boxes((40, 30, 4, 4), (3, 4, 5, 6)))),
    "points_back": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyPoint(
        CoordMode.Origin, d, g, 3, BACK)),
    "points_step_by_step_back": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyPoint(
        CoordMode.Previous, d, g, 3, BACK_STEPS)),
    "lines_back": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyLine(
        CoordMode.Origin, d, g, 3, BACK)),
    "lines_step_by_step_back": ({}, (5, 6, 16, 25), lambda c, d, g: c.PolyLine(
        CoordMode.Previous, d, g, 3, BACK_STEPS)),
    "projecting_lines": (PROJECTING, (0, 0, 31, 41), lambda c, d, g: c.PolyLine(
        CoordMode.Origin, d, g, 3, BACK)),
    "segments_back": ({}, (4, 4, 31, 27), lambda c, d, g: c.PolySegment(
        d, g, 3, segments((30, 30, 34, 8), (20, 9, 4, 4), (9, 30, 9, 9)))),
    "projecting_segments": (PROJECTING, (0, 0, 45, 41), lambda c, d, g: c.PolySegment(
        d, g, 2, segments((34, 30, 30, 8), (20, 9, 5, 6)))),
    "arcs_back": ({}, (4, 5, 33, 36), lambda c, d, g: c.PolyArc(
        d, g, 2, arcs((20, 20, 16, 20, 0, 90 * 64), (4, 5, 20, 14, 0, 360 * 64)))),
    "pies_back": ({}, (4, 5, 33, 36), lambda c, d, g: c.PolyFillArc(
        d, g, 2, arcs((20, 20, 16, 20, 0, 90 * 64), (4, 5, 20, 14, 0, 360 * 64)))),
    "polygon_back": ({}, (5, 5, 36, 31), lambda c, d, g: c.FillPoly(
        d, g, PolyShape.Complex, CoordMode.Origin, 3, TRIANGLE[::-1])),
    "polygon_step_by_step_back": ({}, (5, 6, 31, 25), lambda c, d, g: c.FillPoly(
        d, g, PolyShape.Complex, CoordMode.Previous, 3, points((35, 30), (-30, -9), (9, -15)))),
}  # fmt: skip
"""Drawing of other figures: GC values, what it cannot reach beyond, the request."""


COMPOSED = {
    "composite": lambda r, s, t: r.Composite(1, s, 0, t, 0, 0, 0, 0, 9, 8, 21, 13),
    "rectangles": lambda r, s, t: r.FillRectangles(1, t, RED, 1, boxes((9, 8, 21, 13))),
    "trapezoids": lambda r, s, t: r.Trapezoids(3, s, t, 0, 0, 0, 1, [TRAPEZOID]),
    "triangles": lambda r, s, t: r.Triangles(3, s, t, 0, 0, 0, 1, [TRIANGLE_FIXED]),
    "strip": lambda r, s, t: r.TriStrip(3, s, t, 0, 0, 0, 4, CORNERS),
    "fan": lambda r, s, t: r.TriFan(3, s, t, 0, 0, 0, 4, CORNERS),
}
"""Drawing by RENDER: it takes RENDER's requests, the pictures of a source and of the target."""


def fixed(x, y):
    return xcffib.render.POINTFIX.synthetic(x << 16, y << 16)


def line(x1, y1, x2, y2):
    return xcffib.render.LINEFIX.synthetic(fixed(x1, y1), fixed(x2, y2))


TRAPEZOID = xcffib.render.TRAPEZOID.synthetic(
    8 << 16, 21 << 16, line(9, 8, 12, 21), line(30, 8, 25, 21)
)
TRIANGLE_FIXED = xcffib.render.TRIANGLE.synthetic(fixed(9, 8), fixed(30, 8), fixed(20, 21))
CORNERS = [fixed(9, 8), fixed(30, 8), fixed(20, 21), fixed(40, 19)]
