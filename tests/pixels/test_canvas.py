# SPDX-License-Identifier: MIT
"""Expected pictures: areas, clips, and what is said when a frame is another one."""

import numpy as np
import pytest

from harness.pixels.canvas import Canvas, UnexpectedPicture
from harness.pixels.frame import Frame, FrameSource


def numbered(width, height):
    return np.arange(1, width * height + 1, dtype=np.uint32).reshape(height, width)


def test_paste_cuts_at_the_edges():
    """Pixels beyond any edge are left out; the others keep their place."""
    canvas = Canvas(3, 2, 24).paste(numbered(3, 2), -1, 1).paste(numbered(2, 2), 2, -1)
    assert canvas.frame.pixels.tolist() == [[0, 0, 3], [2, 3, 0]]


def test_nothing_is_pasted_from_afar():
    """A picture that lies wholly outside changes nothing, on any side."""
    canvas = Canvas(3, 3, 24)
    for x, y in [(-9, 0), (9, 0), (0, -9), (0, 9), (-2, 0), (3, 0)]:
        canvas.paste(numbered(2, 2), x, y)
    assert not canvas.frame.pixels.any()


def test_area_has_an_origin_of_its_own():
    """An area paints into the same pixels, relative to its corner, and never outside."""
    canvas = Canvas(4, 3, 24)
    area = canvas.area(1, 1, 2, 2)
    area.paste(numbered(3, 3), -1, 0)
    assert canvas.frame.pixels.tolist() == [[0, 0, 0, 0], [0, 2, 3, 0], [0, 5, 6, 0]]
    area.area(1, 1, 9, 9).fill(7)
    assert canvas.frame.pixels.tolist() == [[0, 0, 0, 0], [0, 2, 3, 0], [0, 5, 7, 0]]


def test_within_and_without_are_relative_to_the_area():
    """Several rectangles clip as their union, moved by the area's origin; none clips all."""
    canvas = Canvas(4, 1, 24)
    area = canvas.area(1, 0, 3, 1)
    area.within((0, 0, 1, 1), (2, 0, 5, 5)).fill(5)
    assert canvas.frame.pixels.tolist() == [[0, 5, 0, 5]]
    area.without((-5, 0, 6, 1)).fill(6)
    assert canvas.frame.pixels.tolist() == [[0, 5, 6, 6]]
    area.within().fill(9)
    assert canvas.frame.pixels.tolist() == [[0, 5, 6, 6]]


def test_another_picture_is_told_with_place_and_values():
    """The error counts the pixels and shows the first one, expected and got."""
    shown = Frame(np.array([[0, 0], [0, 0x12]], np.uint32), 24, FrameSource.WINDOW)
    canvas = Canvas(2, 2, 24)
    with pytest.raises(UnexpectedPicture, match=r"1 of 4 pixels differ.*\n.*\(1, 1\).*0x0.*0x12"):
        canvas.check(shown)
    canvas.area(1, 1, 1, 1).fill(0x12)
    canvas.check(shown)


def test_another_size_is_no_match():
    """A frame of another size is told as such."""
    with pytest.raises(UnexpectedPicture, match="size changed"):
        Canvas(2, 3, 24).check(Canvas(3, 2, 24).frame)


def test_blending_weighs_by_alpha_and_opacity():
    """Opaque pixels replace, transparent ones add up, others let through what alpha leaves."""
    above = np.array([[0xFF112233, 0x00102030, 0x80800000, 0x80800000]], np.uint32)
    canvas = Canvas(4, 1, 24, 0x0000FF).blend(above)
    assert canvas.frame.pixels.tolist() == [[0x112233, 0x1020FF, 0x80007F, 0x80007F]]


def test_opacity_weakens_before_it_blends():
    """A half opaque picture lets half of what is below through."""
    above = np.array([[0xFFFFFFFF, 0xFF000000]], np.uint32)
    canvas = Canvas(2, 1, 24, 0x640064).blend(above, opacity=51)
    assert canvas.frame.pixels.tolist() == [[0x833383, 0x500050]]


def test_blending_on_depth_32_keeps_alpha():
    """Alpha is blended as the other channels are."""
    above = np.array([[0x40000040]], np.uint32)
    canvas = Canvas(1, 1, 32, 0x80008000).blend(above)
    assert canvas.frame.pixels.tolist() == [[0xA0006040]]
