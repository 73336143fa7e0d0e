# SPDX-License-Identifier: MIT
"""How far the reported box of a figure reaches: no pixel too little, and not beyond the figure."""

import struct
from functools import partial

import pytest
import xcffib.render
from xcffib.render import GLYPHINFO, PictOp
from xcffib.xproto import CapStyle, JoinStyle

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.picture import Picture
from harness.pixels.region import PixelRegion
from suites.composite.damage.strokes import (
    GROWING,
    STROKED,
    fill_poly,
    fill_rectangle,
    origin,
    poly_line,
    poly_point,
    poly_rectangle,
    poly_segment,
    style,
)
from suites.marks import STEPS_AS_PLACES

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]

NOT_REPORTED = partial(
    pytest.mark.known_bug,
    reference="the boxes of damage.c have 16 bits: what ends beyond 32767 is drawn, not reported",
    evidence="failed: AssertionError",
)
SIZE = 64, 48
WHOLE = PixelRegion.of([(0, 0, *SIZE)])


def check(damage, drawable, bounds, draw, name="figure"):
    """``draw`` is reported: what it changes, and nothing beyond ``bounds``."""
    before = capture(drawable).pixels
    damage.forget()
    draw()
    changed = PixelRegion.differing(before, capture(drawable).pixels)
    reported = PixelRegion.of(damage.areas())
    assert changed, name
    assert changed <= reported, name
    assert reported <= PixelRegion.of([bounds]), name


@STEPS_AS_PLACES
def test_figure_that_grows_by_a_pixel_is_reported(drawn):
    """Points, lines, boxes, arcs, each a pixel beyond those before: the report grows with them on
    every side (CMP-128)."""
    damage = Damage.watch(drawn)
    for name, (bounds, draw) in GROWING.items():
        drawn.fill("blue")
        gc = create_gc(drawn)
        check(damage, drawn, bounds, lambda d=draw, g=gc: d(drawn.client.core, drawn.id, g), name)


def test_wide_line_is_reported_as_far_as_it_reaches(drawn):
    """By half its width, by all of it where it projects, by six times where it is mitred; on all
    four sides (CMP-129)."""
    damage = Damage.watch(drawn)
    for name, (values, bounds, draw) in STROKED.items():
        drawn.fill("blue")
        gc = create_gc(drawn, **values)
        check(damage, drawn, bounds, lambda d=draw, g=gc: d(drawn.client.core, drawn.id, g), name)


def test_sharp_mitre_is_reported_to_its_tip(presenter):
    """Just above the angle of 11 degrees at which mitres end, the tip is more than five widths
    away from the corner (CMP-129)."""
    pixmap = presenter.pixmap(400, 80, colour="blue")
    damage, width = Damage.watch(pixmap), 20
    gc = create_gc(pixmap, **style(width, join=JoinStyle.Miter))
    draw = origin(poly_line, (232, 48), (150, 40), (232, 32))
    bounds = (150 - 6 * width, 0, 83 + 12 * width, 80)
    check(damage, pixmap, bounds, lambda: draw(presenter.core, pixmap.id, gc))
    assert pixmap.pixel(150 - 5 * width - 1, 40) == pixmap.value("red")


def test_single_point_of_a_line_reaches_half_its_width(drawn):
    """A line of one point is a dot at most, whatever the joins would be (CMP-129)."""
    damage = Damage.watch(drawn)
    for cap in (CapStyle.Butt, CapStyle.Round, CapStyle.Projecting):
        for join in (JoinStyle.Miter, JoinStyle.Bevel):
            before = capture(drawn).pixels
            damage.forget()
            gc = create_gc(drawn, **style(4, cap, join))
            origin(poly_line, (30, 20))(drawn.client.core, drawn.id, gc)
            changed = PixelRegion.differing(before, capture(drawn).pixels)
            reported = PixelRegion.of(damage.areas())
            assert changed <= reported <= PixelRegion.of([(28, 18, 5, 5)])


def test_polygon_of_two_points_is_no_damage(drawn):
    """It has no inside (CMP-072)."""
    damage, gc = Damage.watch(drawn), create_gc(drawn)
    for count in (1, 2):
        origin(fill_poly, *[(5, 5), (40, 30)][:count])(drawn.client.core, drawn.id, gc)
    assert damage.areas() == []


@pytest.mark.needs("RENDER")
def test_glyphs_that_grow_by_a_pixel_are_reported(drawn):
    """Several runs of glyphs in one request, each a pixel beyond those before (CMP-128)."""
    client, damage = drawn.client, Damage.watch(drawn)
    render, mask = client.extension(xcffib.render), client.picture_formats[8]
    glyphs, size = client.new_id(), 5
    render.CreateGlyphSet(glyphs, mask)
    shape = GLYPHINFO.synthetic(size, size, 1, 3, 9, 2)
    rows = size * (bytes([255] * size) + bytes(-size % 4))
    render.AddGlyphs(glyphs, 1, [7], [shape], len(rows), rows)
    source, target = Picture.solid(client, "red"), Picture.of(drawn)
    commands, pen = b"", (0, 0)
    for x, y in [(20, 20), (19, 20), (21, 20), (20, 19), (20, 21)]:
        commands += struct.pack("=B3xhhB3x", 1, x - pen[0], y - pen[1], 7)
        pen = x + 9, y + 2
    drawn.fill("blue")
    check(
        damage,
        drawn,
        (18, 16, 7, 7),
        lambda: render.CompositeGlyphs8(
            PictOp.Over, source.id, target.id, mask, glyphs, *(0, 0), len(commands), commands
        ),
    )
    commands = struct.pack("=B3xhh2B2x", 2, 20, 20, 7, 7)
    drawn.fill("blue")
    check(
        damage,
        drawn,
        (19, 17, 14, 7),
        lambda: render.CompositeGlyphs8(
            PictOp.Over, source.id, target.id, mask, glyphs, *(0, 0), len(commands), commands
        ),
    )
    render.FreeGlyphSet(glyphs)


HALF = 1 << 15
"""Half a pixel as RENDER's numbers have it."""


def trap(left, top, right, bottom, slant=0):
    """A trap for AddTraps, in halves of a pixel; its top is narrower by ``slant`` on each side."""
    span = xcffib.render.SPANFIX.synthetic
    return xcffib.render.TRAP.synthetic(
        span((left + slant) * HALF, (right - slant) * HALF, top * HALF),
        span(left * HALF, right * HALF, bottom * HALF),
    )


@pytest.mark.needs("RENDER")
def test_a_trap_is_reported_to_the_last_part_of_a_pixel(presenter):
    """Where it begins or ends within a pixel, that pixel is reported; also when its top, or its
    bottom, is the wider side (CMP-128)."""
    mask = presenter.pixmap(*SIZE, 8, 0)
    picture, damage = Picture.of(mask), Damage.watch(mask)
    requests = presenter.extension(xcffib.render)
    for one, bounds in [
        (trap(40, 30, 60, 50), (22, 18, 10, 10)),
        (trap(39, 29, 61, 51), (21, 17, 12, 12)),
        (trap(39, 29, 61, 51, 5), (21, 17, 12, 12)),
        (trap(44, 29, 56, 51, -5), (21, 17, 12, 12)),
    ]:
        mask.fill(0)
        check(damage, mask, bounds, lambda t=one: requests.AddTraps(picture.id, 2, 3, 1, [t]))


@pytest.mark.needs("RENDER")
def test_glyphs_stay_within_the_clip(presenter):
    """The report ends where the clip of the picture does (CMP-086)."""
    mask, clip = presenter.pixmap(*SIZE, 8, 0), (22, 18, 5, 4)
    picture, damage = Picture.of(mask), Damage.watch(mask)
    picture.clip(presenter.region(clip))
    render = presenter.extension(xcffib.render)
    glyphs, size = presenter.new_id(), 20
    render.CreateGlyphSet(glyphs, presenter.picture_formats[8])
    shape = GLYPHINFO.synthetic(size, size, 0, 0, size, 0)
    render.AddGlyphs(glyphs, 1, [7], [shape], size * size, bytes([255] * size * size))
    source = Picture.solid(presenter, "red")
    command = struct.pack("=B3xhhB3x", 1, 12, 8, 7)
    check(
        damage,
        mask,
        clip,
        lambda: render.CompositeGlyphs8(
            PictOp.Over, source.id, picture.id, 0, glyphs, *(0, 0), len(command), command
        ),
    )
    render.FreeGlyphSet(glyphs)


@pytest.mark.needs("RENDER")
def test_the_report_of_a_trap_stays_within_the_clip(presenter):
    """It ends where the clip of the picture does (CMP-086)."""
    mask, clip = presenter.pixmap(*SIZE, 8, 0), (22, 18, 5, 4)
    picture, damage = Picture.of(mask), Damage.watch(mask)
    picture.clip(presenter.region(clip))
    requests = presenter.extension(xcffib.render)
    requests.AddTraps(picture.id, 2, 3, 1, [trap(40, 30, 60, 50)])
    assert damage.areas() == [clip]


@pytest.mark.needs("RENDER")
@pytest.mark.known_bug(
    reference="damageAddTraps looks at the first trap of a request alone",
    evidence="failed: AssertionError",
    strict=True,
)
def test_every_trap_of_a_request_is_reported(presenter):
    """Each of several traps is damage, wherever it is (CMP-085)."""
    mask = presenter.pixmap(*SIZE, 8, 0)
    picture, damage = Picture.of(mask), Damage.watch(mask)
    traps = [trap(20, 20, 30, 30), trap(60, 50, 70, 60)]
    requests = presenter.extension(xcffib.render)
    check(damage, mask, (10, 10, 25, 20), lambda: requests.AddTraps(picture.id, 0, 0, 2, traps))


BEYOND = {
    "rectangle": fill_rectangle((10, 10, 40000, 20)),
    "high_rectangle": fill_rectangle((10, 10, 20, 40000)),
    "outline": poly_rectangle((-5, 5, 40000, 10)),
    "points": origin(poly_point, (10, 10), (32767, 20)),
    "line": origin(poly_line, (10, 10), (32767, 20)),
    "segment": poly_segment((10, 10, 32767, 20)),
    "polygon": origin(fill_poly, (10, 10), (32767, 20), (10, 40)),
}
"""Drawing that ends beyond 32767, as the request or the place of the window has it."""


@pytest.mark.parametrize("drawing", BEYOND)
@NOT_REPORTED(strict=True)
def test_drawing_that_ends_beyond_16_bits_is_reported(presenter, make_drawn, drawing):
    """Its part in the window is drawn, and so is damage (CMP-085)."""
    window = make_drawn("window")
    damage, gc = Damage.watch(window), create_gc(window)
    check(damage, window, (0, 0, *SIZE), lambda: BEYOND[drawing](presenter.core, window.id, gc))


@pytest.mark.needs("RENDER")
@pytest.mark.parametrize(
    "solid",
    [
        pytest.param(False, id="composite", marks=NOT_REPORTED(strict=True)),
        # Where glamor fills rectangles it reports them by itself, rightly.
        pytest.param(True, id="rectangles", marks=NOT_REPORTED(strict=False)),
    ],
)
def test_composition_that_ends_beyond_16_bits_is_reported(presenter, make_drawn, solid):
    """The same of RENDER (CMP-085)."""
    window = make_drawn("window")
    source, target = Picture.solid(presenter, "red"), Picture.of(window)
    damage = Damage.watch(window)
    box = (10, 10, 40000, 20)
    check(
        damage,
        window,
        (0, 0, *SIZE),
        lambda: target.fill("red", *box) if solid else target.composite(source, *box),
    )
