# SPDX-License-Identifier: MIT
"""Text as damage: core fonts and RENDER's glyphs."""

import struct

import pytest
import xcffib.render
from xcffib.render import GLYPHINFO, PictOp
from xcffib.xproto import CHAR2B, STR

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.picture import Picture
from harness.pixels.region import PixelRegion

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]

WORD = "Xq!"
PLACES = [(5, 20), (-4, 3), (56, 46)]
"""Inside, and cut at the first corner and at the last one."""
WHOLE = PixelRegion.of([(0, 0, 64, 48)])
SIZE = 5
"""Width and height (pixels) of each glyph of RENDER's."""


def wide():
    return [CHAR2B.synthetic(0, ord(letter)) for letter in WORD]


def items(wide):
    """The word as PolyText has it: moved by 2 pixels."""
    letters = bytes(
        byte for letter in WORD for byte in ((0, ord(letter)) if wide else (ord(letter),))
    )
    return struct.pack("=Bb", len(WORD), 2) + letters


TEXTS = {
    "poly_8": lambda c, d, g, x, y: c.PolyText8(d, g, x, y, 5, items(False)),
    "poly_16": lambda c, d, g, x, y: c.PolyText16(d, g, x, y, 8, items(True)),
    "image_8": lambda c, d, g, x, y: c.ImageText8(
        len(WORD), d, g, x, y, [letter.encode() for letter in WORD]
    ),
    "image_16": lambda c, d, g, x, y: c.ImageText16(len(WORD), d, g, x, y, wide()),
}


def box_of(client, gc, x, y):
    """What the word at (x, y) cannot reach beyond, by the metrics of the font of the GC."""
    font = client.core.QueryFont(gc).reply()
    smallest, largest = font.min_bounds, font.max_bounds
    left = x + min(0, smallest.left_side_bearing)
    right = x + 2 + len(WORD) * largest.character_width + max(0, largest.right_side_bearing)
    top = y - max(font.font_ascent, largest.ascent)
    bottom = y + max(font.font_descent, largest.descent)
    return left, top, right - left, bottom - top


@pytest.mark.parametrize("font", ["fixed", "cursor"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_reported(drawn, text, font):
    """The report of PolyText and ImageText, of 8 and of 16 bits, covers each pixel that changes,
    also of the background, and stays in the box that the font's metrics give (CMP-085).

    The glyphs of the fixed font are as large as its cells, those of the cursor font are not.
    """
    client, damage = drawn.client, Damage.watch(drawn)
    id = client.new_id()
    client.core.OpenFont(id, len(font), font)
    gc = create_gc(drawn, Background=drawn.value("green"), Font=id)
    client.core.CloseFont(id)
    for x, y in PLACES:
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        TEXTS[text](client.core, drawn.id, gc, x, y)
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        assert changed
        assert changed <= reported
        assert reported <= PixelRegion.of([box_of(client, gc, x, y)]) & WHOLE


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_comes_again_is_reported_again(drawn, text):
    """With the same graphics context and nothing in between (CMP-170)."""
    damage, gc = Damage.watch(drawn), create_gc(drawn)
    damage.forget()
    draw = TEXTS[text]
    draw(drawn.client.core, drawn.id, gc, 5, 20)
    once = damage.areas()
    assert once
    draw(drawn.client.core, drawn.id, gc, 5, 20)
    assert damage.areas() == once


@pytest.mark.parametrize("of_two_bytes", [False, True], ids=["poly_8", "poly_16"])
def test_the_items_of_a_text_follow_each_other(drawn, of_two_bytes):
    """PolyText of two items looks like one for each, the second where the first one ended, and
    both are reported (CMP-171)."""
    client, damage = drawn.client, Damage.watch(drawn)
    id = client.new_id()
    client.core.OpenFont(id, 5, "fixed")
    font = client.core.QueryFont(id).reply()
    letters = [font.char_infos[ord(letter) - font.min_char_or_byte2] for letter in WORD]
    step = 2 + sum(letter.character_width for letter in letters)
    gc, item = create_gc(drawn, Font=id), items(of_two_bytes)
    client.core.CloseFont(id)
    request = client.core.PolyText16 if of_two_bytes else client.core.PolyText8
    pictures = []
    for pieces in ([(1, item * 2)], [(1, item), (1 + step, item)]):
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        for x, piece in pieces:
            request(drawn.id, gc, x, 20, len(piece), piece)
        after = capture(drawn).pixels
        changed = PixelRegion.differing(before, after)
        assert changed <= PixelRegion.of(damage.areas())
        assert changed.extents[2] > step
        pictures.append(after.tolist())
    assert pictures[0] == pictures[1]


ROWS = """\
STARTFONT 2.1
FONT rows
SIZE 8 75 75
FONTBOUNDINGBOX 8 8 0 0
STARTPROPERTIES 2
FONT_ASCENT 8
FONT_DESCENT 0
ENDPROPERTIES
CHARS 2
"""
GLYPH = """\
STARTCHAR letter{code}
ENCODING {code}
SWIDTH 1000 0
DWIDTH 8 0
BBX 8 8 0 0
BITMAP
FF
FF
FF
FF
FF
FF
FF
FF
ENDCHAR
"""


@pytest.fixture
def font_of_two_rows(presenter, tmp_path):
    """A font with one letter in row 0 and one in row 1, in the server's font path; its name."""
    text = ROWS + "".join(GLYPH.format(code=code) for code in (0x41, 0x141)) + "ENDFONT\n"
    (tmp_path / "rows.bdf").write_text(text)
    (tmp_path / "fonts.dir").write_text("1\nrows.bdf rows\n")
    path = str(tmp_path).encode()
    before = list(presenter.core.GetFontPath().reply().path)
    with presenter.catch_errors() as refused:
        presenter.core.SetFontPath(len(before) + 1, [STR.synthetic(len(path), path), *before])
    if refused:
        pytest.skip("needs a server that reads fonts of this machine's folders")
    yield "rows"
    presenter.core.SetFontPath(len(before), before)
    presenter.sync()


@pytest.mark.parametrize("text", ["poly_16", "image_16"])
def test_letters_of_every_row_of_a_font_are_reported(presenter, font_of_two_rows, text):
    """Letters of 16 bits come from any row of a font that has several (CMP-085)."""
    pixmap = presenter.pixmap(64, 48)
    damage, id = Damage.watch(pixmap), presenter.new_id()
    presenter.core.OpenFont(id, len(font_of_two_rows), font_of_two_rows)
    gc = create_gc(pixmap, Background=pixmap.value("green"), Font=id)
    presenter.core.CloseFont(id)
    for row in (0, 1):
        pixmap.fill("blue")
        before = capture(pixmap).pixels
        damage.forget()
        if text == "poly_16":
            item = struct.pack("=BbBB", 1, 0, row, 0x41)
            presenter.core.PolyText16(pixmap.id, gc, 20, 20, len(item), item)
        else:
            presenter.core.ImageText16(1, pixmap.id, gc, 20, 20, [CHAR2B.synthetic(row, 0x41)])
        changed = PixelRegion.differing(before, capture(pixmap).pixels)
        assert changed == PixelRegion.of([(20, 12, 8, 8)])
        assert damage.areas() == [(20, 12, 8, 8)]


@pytest.mark.needs("Composite")
def test_text_over_the_edges_of_a_backing_pixmap_is_cut_there(presenter, make_drawn):
    """Wherever its window is, what is reported of a named pixmap is what was drawn in it
    (CMP-083, CMP-085)."""
    pixmap = make_drawn("manual").name_pixmap()
    geometry = pixmap.geometry
    whole = PixelRegion.of([(0, 0, geometry.width, geometry.height)])
    damage, gc = Damage.watch(pixmap), create_gc(pixmap)
    for x, y in [(-4, 3), (5, geometry.height + 4), (geometry.width - 4, 20), (-200, 20), (5, -90)]:
        pixmap.fill("blue")
        before = capture(pixmap).pixels
        damage.forget()
        TEXTS["image_8"](presenter.core, pixmap.id, gc, x, y)
        changed = PixelRegion.differing(before, capture(pixmap).pixels)
        reported = PixelRegion.of(damage.areas())
        assert bool(changed) == (min(x, y) > -50)
        assert changed <= reported <= whole


def telling_letters(metrics):
    """Letters by code, one for each way in which the box of one is nearly that of its background.

    The distances are those of the left, right, upper and lower edges, in pixels.
    """
    found, first = {}, metrics.min_char_or_byte2
    # A font of several rows has more letters than one byte can name.
    for code, letter in enumerate(
        metrics.char_infos[: metrics.max_char_or_byte2 + 1 - first], first
    ):
        distances = (
            letter.left_side_bearing,
            letter.character_width - letter.right_side_bearing,
            metrics.font_ascent - letter.ascent,
            metrics.font_descent - letter.descent,
        )
        for edge, distance in enumerate(distances):
            if abs(distance) <= 2 and letter.right_side_bearing > letter.left_side_bearing:
                found.setdefault((edge, distance), (code, letter))
    return sorted(found.values(), key=lambda pair: pair[0])


@pytest.mark.parametrize("font", ["fixed", "cursor"])
def test_each_letter_is_reported_by_its_own_box(presenter, font):
    """Letter by letter: PolyText reports no more than the box of the letter, or of its cell where
    all are alike; ImageText that and the box of the background (CMP-131)."""
    pixmap = presenter.pixmap(64, 48)
    damage, id = Damage.watch(pixmap), presenter.new_id()
    presenter.core.OpenFont(id, len(font), font)
    gc = create_gc(pixmap, Background=pixmap.value("green"), Font=id)
    metrics = presenter.core.QueryFont(id).reply()
    presenter.core.CloseFont(id)
    alike = metrics.min_bounds.character_width == metrics.max_bounds.character_width
    up, down = metrics.font_ascent, metrics.font_descent
    x, y = 30, 24
    letters = telling_letters(metrics)
    assert len(letters) > 3
    for code, letter in letters:
        left, ascent = letter.left_side_bearing, letter.ascent
        own = (x + left, y - ascent, letter.right_side_bearing - left, ascent + letter.descent)
        ground = (x, y - up, max(0, letter.character_width), up + down)
        around = PixelRegion.of([PixelRegion.of([own, ground]).extents])
        item = struct.pack("=BbB", 1, 0, code)
        for bounds, draw in [
            (
                around if alike else PixelRegion.of([own]),
                lambda i=item: presenter.core.PolyText8(pixmap.id, gc, x, y, len(i), i),
            ),
            (
                around,
                lambda c=code: presenter.core.ImageText8(1, pixmap.id, gc, x, y, [bytes([c])]),
            ),
        ]:
            pixmap.fill("blue")
            before = capture(pixmap).pixels
            damage.forget()
            draw()
            changed = PixelRegion.differing(before, capture(pixmap).pixels)
            assert changed <= PixelRegion.of(damage.areas()) <= bounds & WHOLE, code


@pytest.mark.needs("RENDER")
def test_glyphs_are_reported(drawn):
    """The report of CompositeGlyphs covers each pixel that changes and stays in the box around
    the glyphs (CMP-085)."""
    client, damage = drawn.client, Damage.watch(drawn)
    render, mask = client.extension(xcffib.render), client.picture_formats[8]
    glyphs = client.new_id()
    render.CreateGlyphSet(glyphs, mask)
    shape = GLYPHINFO.synthetic(SIZE, SIZE, 1, 3, SIZE + 2, 1)
    rows = SIZE * (bytes([255] * SIZE) + bytes(-SIZE % 4))
    render.AddGlyphs(glyphs, 1, [7], [shape], len(rows), rows)
    source, target = Picture.solid(client, "red"), Picture.of(drawn)
    for x, y in PLACES:
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        command = struct.pack("=B3xhh2B2x", 2, x, y, 7, 7)
        render.CompositeGlyphs8(
            PictOp.Over, source.id, target.id, mask, glyphs, *(0, 0), len(command), command
        )
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        expected = PixelRegion.of([(x - 1, y - 3, SIZE, SIZE), (x + SIZE + 1, y - 2, SIZE, SIZE)])
        assert changed == expected & WHOLE
        assert changed <= reported
        assert reported <= PixelRegion.of([expected.extents]) & WHOLE
    render.FreeGlyphSet(glyphs)


def test_a_single_letter_is_reported_with_its_background(drawn):
    """Wherever its ink begins: ImageText of each letter of the cursor font, some of which begin
    right of their origin (CMP-085)."""
    client, damage = drawn.client, Damage.watch(drawn)
    id = client.new_id()
    client.core.OpenFont(id, 6, "cursor")
    gc = create_gc(drawn, Background=drawn.value("green"), Font=id)
    font = client.core.QueryFont(gc).reply()
    first = font.min_char_or_byte2
    for letter, metrics in enumerate(font.char_infos, first):
        width, ink = metrics.character_width, metrics.right_side_bearing
        if metrics.left_side_bearing <= 0 or not ink:
            continue
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        client.core.ImageText8(1, drawn.id, gc, 20, 24, [bytes([letter])])
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        top, bottom = max(font.font_ascent, metrics.ascent), max(font.font_descent, metrics.descent)
        box = (20, 24 - top, max(width, ink), top + bottom)
        assert changed, letter
        assert changed <= reported, letter
        assert reported <= PixelRegion.of([box]) & WHOLE, letter
