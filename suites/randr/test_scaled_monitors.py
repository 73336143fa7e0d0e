# SPDX-License-Identifier: MIT
"""What a monitor shows through a transform of its CRTC, against a model of RENDER's filters."""

import numpy as np
import pytest

from harness.capture.get_image import capture_root
from harness.capture.scanned_out import frame_of
from harness.clients.randr.transform import Transform
from harness.pixels.chart import chart_pixels
from harness.x11.randr import Rotation

WIDTH, HEIGHT = 160, 120
ROOM = 420
"""The screen, large enough for what the largest transform shows."""
ONE = 1 << 16

pytestmark = [
    pytest.mark.xserver(size=(WIDTH, HEIGHT)),
    pytest.mark.needs(
        "RANDR", transform=True, servers=("xorg-flip",), reason="a monitor that can be looked at"
    ),
]

STALE_EDGES = pytest.mark.known_bug(
    reference="xf86Rotate.c draws what the filter may have changed by the width that the kind of "
    "filter has, 0 for convolution, instead of that of its parameters",
    servers=("xorg-flip",),
    evidence="failed: AssertionError",
    strict=True,
)


def scale(across, down=None):
    """The matrix of a scale, truncated to 16 bits behind the point as clients do."""
    down = across if down is None else down
    return (int(across * ONE), 0, 0, 0, int(down * ONE), 0, 0, 0, ONE)


MATRICES = {
    "half": scale(0.5),
    "three quarters": scale(0.75),
    "nine tenths": scale(0.9),
    "a bit larger": scale(1.1),
    "a third larger": scale(1.333328),
    "each way its own": scale(1.25, 0.8),
    "sheared": (ONE, ONE // 5, 0, ONE // 7, ONE, 0, 0, 0, ONE),
    "mirrored": (-ONE, 0, WIDTH * ONE, 0, ONE, 0, 0, 0, ONE),
}


@pytest.fixture
def drawn(presenter, monitors, head):
    """The pixels of a large screen, of many colours."""
    monitors.set_screen_size(ROOM, ROOM, 100, 100)
    presenter.window(ROOM, ROOM, events=0).put(chart_pixels(ROOM, ROOM, 24))
    return capture_root(presenter).pixels


def shown_through(monitors, head, control, transform, **place):
    """What the monitor shows once ``transform`` is applied."""
    monitors.set_transform(head.crtc, transform)
    assert head.set(head.info.mode, **place).status == 0
    monitors.client.sync()
    return frame_of(control.scanout()).pixels


def places(matrix):
    """Where the centre of each pixel of the monitor lies on the screen: x and y, in pixels."""
    across, down = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    rows = np.array(matrix, float).reshape(3, 3) / ONE
    x, y, w = (row[0] * across + row[1] * down + row[2] for row in rows)
    return x / w, y / w


def channels(pixels):
    return np.stack([pixels >> shift & 0xFF for shift in (16, 8, 0)]).astype(float)


def blended(drawn, matrix):
    """The mean of the four nearest pixels, weighted by how near they are, by channels."""
    x, y = (place - 0.5 for place in places(matrix))
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, low = x - left, y - top
    corners = [
        channels(drawn[np.clip(top + down, 0, ROOM - 1), np.clip(left + across, 0, ROOM - 1)])
        for down in (0, 1)
        for across in (0, 1)
    ]
    weights = [(1 - low) * (1 - right), (1 - low) * right, low * (1 - right), low * right]
    return sum(weight * corner for weight, corner in zip(weights, corners, strict=True))


@pytest.mark.parametrize("name", ["", "nearest", "fast"])
@pytest.mark.parametrize("matrix", MATRICES.values(), ids=list(MATRICES))
def test_a_monitor_shows_the_nearest_pixels(monitors, head, drawn, flip_control, matrix, name):
    """Each pixel of the monitor is that of the screen in which its centre lies, and the root
    window stays as it is; no filter is that of the nearest (RND-057, RND-059)."""
    x, y = places(matrix)
    shown = shown_through(monitors, head, flip_control, Transform(matrix, name))
    on_edge = np.minimum(abs(x - x.round()), abs(y - y.round())) < 1e-3
    inside = (x >= 0) & (y >= 0) & (x < ROOM) & (y < ROOM) & ~on_edge
    assert inside.mean() > 0.6
    column, row = (np.floor(place[inside]).astype(int) for place in (x, y))
    assert np.array_equal(shown[inside], drawn[row, column])
    assert np.array_equal(capture_root(monitors.client).pixels, drawn)


@pytest.mark.parametrize("name", ["bilinear", "good"])
@pytest.mark.parametrize("matrix", MATRICES.values(), ids=list(MATRICES))
def test_a_monitor_shows_mixed_pixels(monitors, head, drawn, flip_control, matrix, name):
    """The filter mixes the four nearest pixels; it may count with seven bits (RND-057)."""
    x, y = places(matrix)
    shown = channels(shown_through(monitors, head, flip_control, Transform(matrix, name)))
    inside = (x >= 1) & (y >= 1) & (x < ROOM - 1) & (y < ROOM - 1)
    expected = blended(drawn, matrix)
    off = abs(shown - expected)[:, inside]
    assert off.max() <= 6


@pytest.mark.parametrize(
    "filter",
    [
        pytest.param(("nearest",), id="nearest"),
        pytest.param(("bilinear",), id="bilinear"),
        pytest.param(
            ("convolution", (5 * ONE, ONE, *(ONE // 5,) * 5)), marks=STALE_EDGES, id="convolution"
        ),
    ],
)
@pytest.mark.parametrize("factor", [0.5, 0.75, 1.25])
def test_what_is_drawn_is_shown_as_if_all_were_drawn(
    presenter, monitors, head, drawn, flip_control, factor, filter
):
    """A part of the screen that is drawn changes every pixel of the monitor that a filter mixes
    it into, at all its edges."""
    shown_through(monitors, head, flip_control, Transform(scale(factor), *filter))
    window = presenter.window(ROOM, ROOM, events=0)
    pixels = drawn.copy()
    window.put(pixels)
    presenter.sync()
    flip_control.scanout()
    for x, y in ((30, 20), (41, 33), (60, 47)):
        pixels[y : y + 7, x : x + 9] = 0xFF0000
        window.fill("red", x, y, 9, 7)
        presenter.sync()
        flip_control.scanout()
    partly = frame_of(flip_control.scanout()).pixels
    window.put(pixels)
    presenter.sync()
    assert np.array_equal(partly, frame_of(flip_control.scanout()).pixels)


def test_another_transform_of_the_same_mode_is_applied(monitors, head, drawn, flip_control):
    """Also with the same filter, and one that is taken away: the monitor shows the screen then."""
    for factor in (0.75, 0.9, 0.75):
        x, y = places(scale(factor))
        shown = shown_through(monitors, head, flip_control, Transform(scale(factor), "nearest"))
        assert np.array_equal(shown, drawn[np.floor(y).astype(int), np.floor(x).astype(int)])
    plain = shown_through(monitors, head, flip_control, Transform())
    assert np.array_equal(plain, drawn[:HEIGHT, :WIDTH])


def test_a_transform_turns_and_moves_with_its_crtc(monitors, head, drawn, flip_control):
    """The transformed picture is turned, and read from where the CRTC lies."""
    shown = shown_through(
        *(monitors, head, flip_control, Transform(scale(0.75), "nearest")),
        x=32,
        y=16,
        rotation=int(Rotation.ROTATE_180),
    )
    x, y = places(scale(0.75))
    columns, rows = np.floor(x).astype(int)[::-1, ::-1], np.floor(y).astype(int)[::-1, ::-1]
    assert np.array_equal(shown, drawn[16 + rows, 32 + columns])


def test_each_turned_monitor_shows_what_is_drawn_on_it(presenter, monitors, head, flip_control):
    """Of two that are turned, beside each other, also what is drawn on one of them alone."""
    flip_control.plug(1)
    first, second = monitors.resources().crtcs[:2]
    outputs, mode = monitors.resources().outputs, head.info.mode
    monitors.set_screen_size(2 * WIDTH, HEIGHT, 100, 100)
    for number, crtc in enumerate((first, second)):
        place = {"x": number * WIDTH, "rotation": int(Rotation.ROTATE_180)}
        assert monitors.set_crtc(crtc, mode, [outputs[number]], **place).status == 0
    window = presenter.window(2 * WIDTH, HEIGHT, events=0)
    for x in (WIDTH + 20, 30):
        window.fill("red", x, 40, 50, 30)
        presenter.sync()
        drawn = capture_root(presenter).pixels
        for number in (0, 1):
            part = drawn[:, number * WIDTH : (number + 1) * WIDTH]
            shown = frame_of(flip_control.scanout(number)).pixels
            assert np.array_equal(shown, part[::-1, ::-1])
