# SPDX-License-Identifier: MIT
"""The order of subpixels, by which clients smooth their text, on a monitor that is turned."""

from enum import IntEnum

import pytest
import xcffib.render

from harness.capture.crtc import capture_crtc
from harness.x11.randr import Rotation

WIDTH, HEIGHT = 160, 120

pytestmark = [
    pytest.mark.xserver(size=(WIDTH, HEIGHT)),
    pytest.mark.needs(
        *("RANDR", "RENDER"),
        rotation=True,
        servers=("xorg-flip",),
        reason="a monitor whose subpixels have an order",
    ),
]


class Order(IntEnum):
    """The subpixel orders of RENDER: where red, green and blue follow each other."""

    RIGHTWARDS = 1
    LEFTWARDS = 2
    DOWNWARDS = 3
    UPWARDS = 4


QUARTERS = {"red": (0, 0), "green": (1, 0), "blue": (0, 1), "white": (1, 1)}
"""The colour of each quarter of a square window: how far right, how far down."""

RIGHT_HALVES = {
    ("green", "white"): Order.RIGHTWARDS,
    ("blue", "red"): Order.LEFTWARDS,
    ("blue", "white"): Order.DOWNWARDS,
    ("green", "red"): Order.UPWARDS,
}
"""What of the window the right half of its picture has, and where on the screen that lies."""


def right_of_the_monitor(monitors, head, window):
    """The direction on the screen that is right on the monitor, by what that shows."""
    shown = capture_crtc(monitors, head.crtc).pixels
    middles = {}
    for colour in QUARTERS:
        columns = (shown == window.value(colour)).nonzero()[1]
        assert len(columns)
        middles[colour] = columns.mean()
    half = sorted(QUARTERS, key=lambda colour: middles[colour])[2:]
    return RIGHT_HALVES[tuple(sorted(half))]


@pytest.mark.parametrize("flip", [0, Rotation.REFLECT_X, Rotation.REFLECT_Y], ids=["", "x", "y"])
@pytest.mark.parametrize(
    "turn",
    [Rotation.ROTATE_0, Rotation.ROTATE_90, Rotation.ROTATE_180, Rotation.ROTATE_270],
    ids=["0", "90", "180", "270"],
)
def test_the_order_of_subpixels_turns_with_the_monitor(presenter, monitors, head, turn, flip):
    """The output has its subpixels from left to right; the screen has them in the direction that
    its picture has there, also where both are reflected (RND-235)."""
    assert head.output_info.subpixel_order == Order.RIGHTWARDS
    monitors.set_screen_size(WIDTH, WIDTH, 100, 100)
    assert head.set(head.info.mode, rotation=int(turn | flip)).status == 0
    window = presenter.window(80, 80, x=12, y=14, events=0, background="black")
    for colour, (right, down) in QUARTERS.items():
        window.fill(colour, 40 * right, 40 * down, 40, 40)
    presenter.sync()
    reply = presenter.extension(xcffib.render).QueryPictFormats().reply()
    assert reply.subpixels[0] == right_of_the_monitor(monitors, head, window)
