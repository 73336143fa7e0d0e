# SPDX-License-Identifier: MIT
"""Comparison of frames against a slow reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.pixels import comparison
from harness.pixels.channels import channels
from harness.pixels.comparison import (
    RED,
    YELLOW,
    ChannelDifference,
    Tolerance,
    Verdict,
    compare,
    difference_picture,
)
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.image_encoding import pixel_type
from harness.pixels.rectangle import Rectangle

DEPTHS = [1, 8, 15, 16, 24, 30, 32]


def frame(values, depth=24):
    return Frame(np.array(values, pixel_type(depth)), depth, FrameSource.WINDOW)


def reference(before, after, ignore, tolerance):
    """Differing pixels with their channel differences, one at a time; and the tolerated count."""
    differing, tolerated = [], 0
    for y in range(before.height):
        for x in range(before.width):
            if any(r.contains(Rectangle(x, y, 1, 1)) for r in ignore):
                continue
            old, new = before.pixel(x, y), after.pixel(x, y)
            if old == new:
                continue
            steps = [
                (c.name, (new >> c.shift & c.full) - (old >> c.shift & c.full))
                for c in channels(before.depth)
            ]
            if tolerance and all(tolerance.lo <= step <= tolerance.hi for _, step in steps):
                tolerated += 1
            else:
                differing.append((x, y, steps))
    return differing, tolerated


rectangles = st.builds(
    Rectangle, st.integers(-3, 12), st.integers(-3, 12), st.integers(0, 6), st.integers(0, 6)
)
tolerances = st.builds(
    Tolerance, st.integers(-9, 0), st.integers(0, 9), st.integers(0, 3), st.just("rounding")
)


@given(
    depth=st.sampled_from(DEPTHS),
    width=st.integers(1, 12),
    height=st.integers(1, 12),
    band=st.sampled_from([1, 64, 1 << 16]),
    cropped=st.booleans(),
    ignore=st.lists(rectangles, max_size=2),
    tolerance=st.none() | tolerances,
    data=st.data(),
)
def test_a_comparison_agrees_with_the_slow_reference(
    depth, width, height, band, cropped, ignore, tolerance, data
):
    """Count, tolerated count, bounding box, first pixel and worst channel, in any layout."""
    kind = pixel_type(depth)
    values = st.integers(0, int(np.iinfo(kind).max))
    raw = np.zeros((height, width + 2), kind) + kind(data.draw(values))
    other = raw.copy()
    changes = st.tuples(st.integers(0, height - 1), st.integers(0, width - 1), values)
    for y, x, value in data.draw(st.lists(changes, max_size=8)):
        other[y, x] = value
    before, after = (
        Frame(r[:, :width] if cropped else r[:, :width].copy(), depth, FrameSource.WINDOW)
        for r in (raw, other)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "BAND_BYTES", band)
        found = compare(before, after, ignore=ignore, tolerance=tolerance)
    differing, tolerated = reference(before, after, ignore, tolerance)
    assert (found.differing, found.tolerated) == (len(differing), tolerated)
    allowed = tolerance.max_pixels if tolerance else 0
    assert (found.verdict is Verdict.MATCH) == (len(differing) <= allowed)
    if not differing:
        assert found.box is found.first is found.worst is None
        return
    columns, rows = [x for x, _, _ in differing], [y for _, y, _ in differing]
    assert (found.box.x, found.box.y) == (min(columns), min(rows))
    assert (found.box.right - 1, found.box.bottom - 1) == (max(columns), max(rows))
    assert found.first == differing[0][:2]
    steps = [step for _, _, pixel in differing for step in pixel]
    assert (found.worst.channel, found.worst.difference) in steps
    assert abs(found.worst.difference) == max(abs(step) for _, step in steps)


def test_numbers_come_in_one_line():
    """The text of a mismatch: how many, worst channel with its sign, where first, box."""
    before = np.zeros((64, 64), np.uint32)
    after = before.copy()
    after[40:60, 12:88] = 0x000100
    after[50, 20] = 0x001F00
    found = compare(frame(before), frame(after))
    assert str(found) == (
        "1040 of 4096 pixels differ, worst channel green +31, first at (12, 40), "
        "bounding box 12,40..64,60; exact comparison"
    )


@pytest.mark.parametrize(
    ("actual", "text"),
    [
        (frame(np.zeros((4, 5))), "expected 4x4 depth 24, got 5x4 depth 24"),
        (frame(np.zeros((3, 4))), "expected 4x4 depth 24, got 4x3 depth 24"),
        (frame(np.zeros((4, 4)), 32), "expected 4x4 depth 24, got 4x4 depth 32"),
    ],
    ids=["wider", "lower", "deeper"],
)
def test_another_size_is_its_own_verdict(actual, text):
    """Frames of other size or depth are never cropped to fit (fact 20)."""
    found = compare(frame(np.zeros((4, 4))), actual)
    assert found.verdict is Verdict.SIZE_CHANGED
    assert str(found) == f"size changed: {text}"


def test_pad_bits_do_not_differ():
    """0xff and 0 above depth 24 are the same pixel."""
    found = compare(frame([[5, 6]]), frame([[0xFF000005, 0xFF000006]]))
    assert found.verdict is Verdict.MATCH


def test_a_difference_has_the_sign_of_the_change():
    """Worst is actual minus expected."""
    found = compare(frame([[0x0A0000]]), frame([[0x040005]]))
    assert found.worst == ChannelDifference("red", -6)
    assert compare(frame([[3]], 8), frame([[1]], 8)).worst == ChannelDifference("value", -2)


def test_a_tolerance_is_shown_with_its_reason():
    """A loosened comparison says so."""
    tolerance = Tolerance(-1, 1, 0, "llvmpipe rounds")
    found = compare(frame([[5, 5]]), frame([[6, 5]]), tolerance=tolerance)
    assert found.verdict is Verdict.MATCH
    assert str(found) == (
        "all 2 pixels match; 1 tolerated; allowed 0 pixels beyond -1..+1: llvmpipe rounds"
    )


@pytest.mark.parametrize(
    "arguments", [(-1, 1, 0, " "), (1, 2, 0, "r"), (0, -1, 0, "r"), (0, 0, -1, "r")]
)
def test_a_tolerance_without_reason_or_sense_is_refused(arguments):
    """Loosening is a statement."""
    with pytest.raises(HarnessError):
        Tolerance(*arguments)


@pytest.mark.parametrize("depth", DEPTHS, ids=lambda d: f"depth{d}")
def test_the_difference_picture_is_red_where_pixels_differ(depth):
    """Red over pale grey; yellow where tolerated; ignored pixels stay grey."""
    before = np.zeros((2, 4), pixel_type(depth))
    after = before.copy()
    after[0, 1] = after[1, 3] = 1
    plain = difference_picture(frame(before, depth), frame(after, depth))
    red = [(x, y) for x in range(4) for y in range(2) if plain.getpixel((x, y)) == RED]
    assert red == [(1, 0), (3, 1)]
    assert plain.getpixel((0, 0)) == (230, 230, 230)
    loose = difference_picture(
        frame(before, depth),
        frame(after, depth),
        ignore=[Rectangle(3, 1, 1, 1)],
        tolerance=Tolerance(-1, 1, 0, "rounding"),
    )
    assert loose.getpixel((1, 0)) == YELLOW
    assert loose.getpixel((3, 1)) == (230, 230, 230)
