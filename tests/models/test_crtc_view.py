# SPDX-License-Identifier: MIT
"""The model of a transformed CRTC: pictures painted by hand, and pictures that are refused."""

import numpy as np
import pytest

from harness.capture.crtc import turned
from harness.clients.randr.transform import Transform
from harness.models.crtc_view import ONE, CrtcView, UnknownFilter
from harness.pixels.canvas import UnexpectedPicture
from harness.pixels.chart import chart_pixels
from harness.pixels.frame import Frame, FrameSource
from harness.x11.randr import Rotation

PLAIN = (ONE, 0, 0, 0, ONE, 0, 0, 0, ONE)
HALF = (ONE // 2, 0, 0, 0, ONE // 2, 0, 0, 0, ONE)
THRICE = (3 * ONE, 0, 0, 0, 3 * ONE, 0, 0, 0, ONE)
ROTATIONS = [1 << turn | flip << 4 for turn in range(4) for flip in range(4)]


def frame(pixels):
    return Frame(np.array(pixels, np.uint32), 24, FrameSource.CRTC)


def refuses(view, screen, shown):
    with pytest.raises(UnexpectedPicture):
        view.check(frame(screen), frame(shown))


CHART = chart_pixels(31, 23, 24)


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_without_a_transform_it_is_the_screen_turned(rotation):
    """As a capture that is computed from the root, and no other rotation."""
    sideways = rotation & (Rotation.ROTATE_90 | Rotation.ROTATE_270)
    size = (6, 9) if sideways else (9, 6)
    part = CHART[4 : 4 + 6, 5 : 5 + 9]
    CrtcView(*size, 5, 4, rotation).check(frame(CHART), frame(turned(part, rotation)))
    for other in ROTATIONS:
        # Each turn by 180 degrees is also both reflections.
        shown = turned(part, other)
        if shown.shape == size[::-1] and not np.array_equal(shown, turned(part, rotation)):
            refuses(CrtcView(*size, 5, 4, rotation), CHART, shown)


def test_nearest_repeats_and_leaves_out_pixels():
    """Twice as large each pixel is four; three times smaller the middle one of nine is left."""
    view = CrtcView(8, 6, 3, 2, transform=Transform(HALF))
    doubled = CHART[2:5, 3:7].repeat(2, axis=0).repeat(2, axis=1)
    view.check(frame(CHART), frame(doubled))
    view = CrtcView(5, 4, 3, 2, transform=Transform(THRICE, "nearest"))
    view.check(frame(CHART), frame(CHART[3:15:3, 4:19:3]))
    refuses(view, CHART, CHART[4:16:3, 4:19:3])


def test_a_tie_may_be_decided_either_way():
    """At a scale of 2 centres lie between pixels: every server may choose, each time anew."""
    double = (2 * ONE, 0, 0, 0, 2 * ONE, 0, 0, 0, ONE)
    view = CrtcView(6, 5, transform=Transform(double))
    for x in (0, 1):
        for y in (0, 1):
            view.check(frame(CHART), frame(CHART[y : y + 10 : 2, x : x + 12 : 2]))
    refuses(view, CHART, CHART[2:12:2, 0:12:2])


def test_beyond_the_screen_it_is_black():
    """On all sides."""
    moved = (ONE, 0, -2 * ONE, 0, ONE, -ONE, 0, 0, ONE)
    shown = np.zeros((26, 36), np.uint32)
    shown[1:24, 2:33] = CHART
    view = CrtcView(36, 26, transform=Transform(moved))
    view.check(frame(CHART), frame(shown))
    shown[25, 35] = 1
    refuses(view, CHART, shown)


def test_bilinear_blends_by_the_distance():
    """Between black and white: three quarters, a quarter; the last bit and a weight of 1/128 are
    the server's, two of them are not."""
    screen = np.array([[0, 0xFFFFFF, 0xFFFFFF]] * 3)
    quarter = (ONE, 0, ONE // 4, 0, ONE, 0, 0, 0, ONE)
    view = CrtcView(2, 2, transform=Transform(quarter, "bilinear"))
    for grey in (62, 63, 64, 65):
        view.check(frame(screen), frame([[grey * 0x10101, 0xFFFFFF]] * 2))
    for grey in (59, 69):
        refuses(view, screen, [[grey * 0x10101, 0xFFFFFF]] * 2)
    refuses(view, screen, [[64 * 0x10101, 0xF8FFFF]] * 2)


def test_a_convolution_sums_what_its_kernel_covers():
    """By rows, from the left; ends at the least and largest value of a channel."""
    screen = np.arange(1, 13).reshape(3, 4)
    kernel = (3 * ONE, ONE, ONE, 2 * ONE, 4 * ONE)
    view = CrtcView(4, 1, transform=Transform(PLAIN, "convolution", kernel))
    view.check(frame(screen), frame([[2 + 8, 1 + 4 + 12, 2 + 6 + 16, 3 + 8]]))
    refuses(view, screen, [[10, 4 + 4 + 3, 24, 11]])
    dark = Transform(PLAIN, "convolution", (ONE, ONE, -ONE))
    CrtcView(4, 3, transform=dark).check(frame(screen), frame(np.zeros((3, 4))))


def test_a_projection_divides_by_its_third_row():
    """The last column of this one is seen from twice the distance."""
    screen = np.arange(100).reshape(10, 10)
    projective = (2 * ONE, 0, 0, 0, 2 * ONE, 0, 0, ONE // 10, ONE)
    view = CrtcView(1, 10, transform=Transform(projective))
    rows = [int((2 * y + 1) / (1 + (y + 0.5) / 10)) for y in range(10)]
    columns = [int(1 / (1 + (y + 0.5) / 10)) for y in range(10)]
    view.check(frame(screen), frame([[screen[y, x]] for y, x in zip(rows, columns, strict=True)]))
    refuses(view, screen, [[screen[y, 0]] for y in range(10)])


def test_the_area_holds_all_that_is_touched():
    """Fractions of a pixel count as one; what is not there does not."""
    for factor, size in ((ONE, (8, 6)), (ONE + 1, (9, 7)), (ONE // 2, (4, 3)), (87380, (11, 8))):
        scaled = (factor, 0, 0, 0, factor, 0, 0, 0, ONE)
        area = CrtcView(8, 6, 5, 4, transform=Transform(scaled)).area
        assert (area.x, area.y, area.width, area.height) == (5, 4, *size)
    assert CrtcView(8, 6, rotation=Rotation.ROTATE_90).area.width == 6


def test_a_picture_of_another_size_is_refused():
    """With both sizes."""
    with pytest.raises(UnexpectedPicture, match="8x6, got 31x23 depth 24"):
        CrtcView(8, 6).check(frame(CHART), frame(CHART))


def test_the_first_wrong_pixel_is_named():
    """With its place on the screen, and what is there."""
    shown = CHART.copy()
    shown[4, 7] = 0x123456
    with pytest.raises(
        UnexpectedPicture, match=r"1 of 713 .*\n.*\(7, 4\).*\(7\.5000, 4\.5000\).*0x123456"
    ):
        CrtcView(31, 23).check(frame(CHART), frame(shown))


def test_an_unknown_filter_is_told():
    """With those that the model knows."""
    view = CrtcView(31, 23, transform=Transform(HALF, "lanczos"))
    with pytest.raises(UnknownFilter, match=r"nearest, fast, .*'lanczos'"):
        view.check(frame(CHART), frame(CHART))
