# SPDX-License-Identifier: MIT
"""Presentations at every depth of a server: all planes, and nothing but them."""

import numpy as np
import pytest

from harness.capture.get_image import capture, capture_root
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from suites.marks import DEPTH_24

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)


def transparent_chart(width, height):
    """A test chart of depth 32 whose alpha differs from pixel to pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.uint32)
    alpha = (x * 5 + y * 9 + 1) & 0xFF
    return chart_pixels(width, height, 24) | alpha << 24


def every_plane(width, height, depth):
    """Pixels that all differ (as far as the depth has values) and together use every plane."""
    numbers = np.arange(1, width * height + 1, dtype=np.uint64) * 0x9E3779B1
    return (numbers >> (32 - depth) & (1 << depth) - 1).astype(np.uint32).reshape(height, width)


@pytest.mark.parametrize(
    "",
    [
        pytest.param(marks=pytest.mark.xserver(depth=8), id="depth8"),
        pytest.param(marks=pytest.mark.xserver(depth=16), id="depth16"),
        pytest.param(marks=pytest.mark.xserver(depth=24), id="depth24"),
        pytest.param(marks=pytest.mark.xserver(depth=30), id="depth30"),
    ],
)
def test_screens_of_every_depth_show_every_plane(presenter, golden):
    """All planes of the pixmap arrive, at offsets, through update areas and around children,
    whatever the depth of the screen (PRE-053, PRE-055, PRE-058)."""
    depth = presenter.depth
    stage = Stage.open(presenter)
    child = presenter.window(9, 11, x=30, y=20, events=0, parent=stage.window, background="red")
    chart, other = chart_pixels(48, 40, depth), chart_pixels(31, 17, depth, seed=1)
    small = presenter.pixmap(31, 17, colour="black").chart(seed=1)
    stage.window.present(stage.window.pixmap(), x_off=-3, y_off=2).wait_complete()
    stage.inside.paste(chart, -3, 2)
    update = presenter.region((3, 3, 7, 9), (12, 1, 17, 16))
    target = stage.window.msc() + 10
    stage.window.present(small, x_off=7, y_off=11, update=update, target_msc=target).wait_complete()
    stage.inside.within((10, 14, 7, 9), (19, 12, 17, 16)).paste(other, 7, 11)
    stage.inside.within((30, 20, 9, 11)).fill("red")
    golden.check(stage.shown(), "copies")
    child.destroy()
    pixmap, planes = stage.window.pixmap("black"), every_plane(48, 40, depth)
    pixmap.put(planes)
    stage.window.present(pixmap).wait_complete()
    stage.inside.paste(planes)
    golden.check(stage.shown(), "whole")


@pytest.mark.parametrize(
    "",
    [
        pytest.param(marks=pytest.mark.xserver(depth=8), id="one_byte"),
        pytest.param(marks=pytest.mark.xserver(depth=16), id="two_bytes"),
    ],
)
def test_pixels_that_share_a_machine_word_keep_to_themselves(presenter):
    """Copies of any width at any place neither lose a column nor touch its neighbours, where
    several pixels share a machine word (PRE-053)."""
    stage = Stage.open(presenter, 17, 9)
    for width in range(1, 10):
        for x_off in (-2, 0, 1, 5, 12):
            pixmap = presenter.pixmap(width, 7)
            stage.window.present(pixmap, x_off=x_off, y_off=1).wait_complete()
            stage.inside.paste(chart_pixels(width, 7, stage.window.depth), x_off, 1)
            stage.shown()


@DEPTH_24
@pytest.mark.needs(depths=[32], small_windows_copy=True)
def test_window_with_alpha_keeps_alpha_and_shows_its_colours(presenter, golden):
    """A window of depth 32 on a screen of depth 24 holds all 32 planes of the pixmap; the
    screen shows its colours (PRE-053, PRE-055)."""
    window = presenter.window(48, 40, x=30, y=20, depth=32, background=0x80102030)
    pixmap = presenter.pixmap(48, 40, 32, "black")
    chart = transparent_chart(48, 40)
    pixmap.put(chart)
    window.present(pixmap, x_off=5, y_off=-4).wait_complete()
    window.present(pixmap, update=presenter.region((0, 0, 6, 6))).wait_complete()
    picture = Canvas(48, 40, 32, 0x80102030).paste(chart, 5, -4)
    picture.within((0, 0, 6, 6)).paste(chart)
    shown = capture(window)
    picture.check(shown)
    golden.check(shown, "with-alpha")
    screen = Canvas(64, 56, presenter.depth)
    screen.area(8, 8, 48, 40).paste(picture.frame.pixels & 0xFFFFFF)
    seen = capture_root(presenter, Rectangle(22, 12, 64, 56))
    screen.check(seen)
    golden.check(seen, "on-screen")


@DEPTH_24
@pytest.mark.needs(depths=[32])
def test_child_without_alpha_in_a_window_with_alpha(presenter, golden):
    """A window of depth 24 inside of one of depth 32 takes pixmaps of its own depth, and its
    parent those of the parent's, each without the other's area (PRE-053, PRE-058)."""
    parent = presenter.window(64, 56, x=30, y=20, depth=32, background=0xFF808080)
    child = presenter.window(32, 24, x=10, y=12, parent=parent, depth=24, background="blue")
    below = presenter.pixmap(64, 56, 32, "black")
    chart = transparent_chart(64, 56)
    below.put(chart)
    parent.present(below).wait_complete()
    child.present(child.pixmap(), x_off=4, y_off=3).wait_complete()
    shown = capture(child)
    Canvas(32, 24, presenter.depth, "blue").paste(chart_pixels(32, 24), 4, 3).check(shown)
    golden.check(shown, "child")
    screen = Canvas(64, 56, presenter.depth).paste(chart & 0xFFFFFF)
    screen.area(10, 12, 32, 24).fill("blue").paste(chart_pixels(32, 24), 4, 3)
    seen = capture_root(presenter, Rectangle(30, 20, 64, 56))
    screen.check(seen)
    golden.check(seen, "on-screen")
