# SPDX-License-Identifier: MIT
"""Areas: the same pixels as a bitmap has, in the protocol's canonical form."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pixels.region import HIGHEST, LOWEST, PixelRegion

boxes = st.lists(
    st.tuples(*[st.integers(-4, 20)] * 2, *[st.integers(0, 12)] * 2),
    max_size=6,
)


def bitmap(rectangles):
    pixels = np.zeros((48, 48), np.bool_)
    for x, y, width, height in rectangles:
        pixels[y + 8 : y + 8 + height, x + 8 : x + 8 + width] = True
    return pixels


@given(boxes, boxes)
def test_area_holds_the_pixels_that_a_bitmap_holds(first, second):
    a, b = PixelRegion.of(first), PixelRegion.of(second)
    p, q = bitmap(first), bitmap(second)
    for area, pixels in ((a, p), (a | b, p | q), (a & b, p & q), (a - b, p & ~q)):
        assert (bitmap(area.rectangles) == pixels).all()
        assert PixelRegion.of(area.rectangles) == area
        assert sum(w * h for _, _, w, h in area.rectangles) == pixels.sum()
    assert (a <= b) == (not (p & ~q).any())


@given(boxes)
def test_area_is_banded(rectangles):
    bands = {}
    for x, y, width, height in PixelRegion.of(rectangles).rectangles:
        bands.setdefault((y, y + height), []).append((x, x + width))
    assert list(bands) == sorted(bands)
    for (upper, spans), (lower, below) in pairwise(bands.items()):
        assert upper[1] < lower[0] or (upper[1] == lower[0] and spans != below)
    for spans in bands.values():
        assert all(left[1] < right[0] for left, right in pairwise(spans))


def test_area_ends_where_the_coordinates_of_regions_end():
    assert PixelRegion.of([(32700, LOWEST, 65535, 65535)]).extents == (32700, LOWEST, 67, 65535)
    assert PixelRegion.of([(HIGHEST, 0, 5, 5)]) == PixelRegion()
    assert PixelRegion.of([(LOWEST, LOWEST, 10, 10)]).moved(-4, 0).extents == (
        LOWEST,
        LOWEST,
        6,
        10,
    )


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (PixelRegion.of([(2, 2, 4, 4)]).inverted((0, 0, 8, 8)), 48),
        (PixelRegion.of([(2, 2, 4, 4)]).expanded(1, 2, 3, 0), 49),
        (PixelRegion.of([(2, 2, 4, 4)]).moved(-9, 5), 16),
    ],
    ids=["inverted", "expanded", "moved"],
)
def test_area_after_a_change_has_so_many_pixels(area, expected):
    assert sum(w * h for _, _, w, h in area.rectangles) == expected


def test_area_of_differing_pixels():
    first, second = np.zeros((5, 6), np.uint32), np.zeros((5, 6), np.uint32)
    second[1:3, 2:6] = 7
    assert PixelRegion.differing(first, second).rectangles == ((2, 1, 4, 2),)
    assert not PixelRegion.differing(first, first)
