# SPDX-License-Identifier: MIT
"""Xephyr's window on its host: what it shows."""

from pathlib import Path

import numpy as np
import pytest
import xcffib.randr
import xcffib.res
from xcffib.xproto import COLORITEM, ColorFlag

from harness.capture.get_image import capture
from harness.capture.host_window import window_on_host
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.x11.randr import Rotation
from suites.randr.xephyr.screens import (
    DEPTHS,
    HEIGHT,
    NOT_SHARED,
    PATHS,
    ROTATIONS,
    WIDTH,
    XEPHYR,
    check,
    of_size,
    on_host,
    painted,
    redirected,
    upright_at_end,
)

pytestmark = XEPHYR


ALL_CHANNELS = ColorFlag.Red | ColorFlag.Green | ColorFlag.Blue


@PATHS
@DEPTHS
def test_what_is_drawn_is_shown(start, host, depth, wrapper):
    """The window shows each pixel that has changed, at its place, in the colour that it has on the
    screen, and leaves others alone (RND-200)."""
    size = (WIDTH, HEIGHT, depth)
    own, client = start(*of_size(size), size=size, wrapper=wrapper)
    with redirected(window_on_host(host, own.pid)) as window:
        assert (window.width, window.height) == (WIDTH, HEIGHT)
        drawn = client.window(WIDTH, HEIGHT, events=0)
        drawn.put(chart_pixels(WIDTH, HEIGHT, depth))
        check(client, window)
        for at, (x, y) in enumerate([(0, 0), (WIDTH - 7, 3), (20, HEIGHT - 5)]):
            client.window(7, 5, x=x, y=y, events=0).put(chart_pixels(7, 5, depth, seed=at + 1))
            check(client, window)
        # What it does not paint keeps what somebody else has drawn there.
        canvas = np.full((HEIGHT, WIDTH), 0xFFFFFF, np.uint32)
        window.fill("white")
        host.sync()
        client.window(9, 8, x=30, y=20, events=0).put(chart_pixels(9, 8, depth, seed=9))
        painted(client)
        expected, mask = on_host(client)
        canvas[20:28, 30:39] = expected[20:28, 30:39]
        Canvas(WIDTH, HEIGHT, 24).paste(canvas & mask).check(
            Canvas(WIDTH, HEIGHT, 24).paste(capture(window).pixels & mask).frame
        )


@PATHS
@DEPTHS
def test_what_the_window_lost_is_shown_again(start, host, depth, wrapper):
    """All of it, whatever part was covered, once the last part is told (RND-201)."""
    size = (WIDTH, HEIGHT, depth)
    own, client = start(*of_size(size), size=size, wrapper=wrapper)
    client.window(WIDTH, HEIGHT, events=0).put(chart_pixels(WIDTH, HEIGHT, depth))
    with redirected(window_on_host(host, own.pid)) as window:
        check(client, window)
        window.fill("white")
        painted(client)
        assert (capture(window).pixels == 0xFFFFFF).all()
        host.core.ClearArea(1, window.id, 50, 40, 3, 2)
        host.sync()
        check(client, window)


@DEPTHS
@ROTATIONS
def test_a_turned_screen_is_shown_turned(start, host, depth, rotation):
    """Reflected, then rotated, with each change (RND-200)."""
    size = (WIDTH, HEIGHT, depth)
    own, client = start(*of_size(size), size=size)
    with redirected(window_on_host(host, own.pid)) as window, upright_at_end(client) as turn:
        turn(rotation)
        root = client.geometry(client.root)
        client.window(root.width, root.height, events=0).put(
            chart_pixels(root.width, root.height, depth)
        )
        check(client, window, rotation)
        client.window(9, 6, x=20, y=30, events=0).put(chart_pixels(9, 6, depth, seed=1))
        check(client, window, rotation)


@PATHS
def test_colours_that_change_are_shown_at_once(start, host, wrapper):
    """Each pixel of a colour that is stored anew, and no other (RND-200)."""
    size = (WIDTH, HEIGHT, 8)
    own, client = start(*of_size(size), size=size, wrapper=wrapper)
    colormap = client.screen.default_colormap
    cells = client.core.AllocColorCells(0, colormap, 3, 0).reply().pixels
    with redirected(window_on_host(host, own.pid)) as window:
        pixels = chart_pixels(WIDTH, HEIGHT, 8)
        for at, cell in enumerate(cells):
            pixels[10 * at : 10 * at + 5] = cell
        client.window(WIDTH, HEIGHT, events=0).put(pixels)
        check(client, window)
        for first in (0x11, 0x82, 0xFD):
            colours = [(first + at, 255 - first, 3 * at) for at in range(len(cells))]
            stored = [
                COLORITEM.synthetic(cell, *(one << 8 for one in colour), ALL_CHANNELS)
                for cell, colour in zip(cells, colours, strict=True)
            ]
            client.core.StoreColors(colormap, len(stored), stored)
            check(client, window)
            shown = capture(window).pixels
            for at, (red, green, blue) in enumerate(colours):
                band = shown[10 * at : 10 * at + 5] & 0xFFFFFF
                assert (band == (red << 16 | green << 8 | blue)).all()


@pytest.mark.parametrize("words", ["@90", "@180", "@270", "@0X", "@90Y"])
def test_a_screen_can_start_turned(start, host, words):
    """RANDR then calls that upright (RND-200)."""
    turn = {"0": 1, "90": 2, "180": 4, "270": 8}[words.strip("@XY")]
    rotation = turn | (Rotation.REFLECT_X if "X" in words else 0)
    rotation |= Rotation.REFLECT_Y if "Y" in words else 0
    size = (HEIGHT, WIDTH) if turn & 0b1010 else (WIDTH, HEIGHT)
    own, client = start("-screen", f"{WIDTH}x{HEIGHT}{words}x24", size=(*size, 24))
    with redirected(window_on_host(host, own.pid)) as window:
        client.window(*size, events=0).put(chart_pixels(*size, 24))
        check(client, window, rotation)


def test_pixels_are_shared_with_the_host_that_can(start, host):
    """In one segment for a screen, which is passed by a descriptor and none of System V's; else the
    log says that they are sent (RND-206)."""
    segments, words = [], []
    for wrapper in ("", NOT_SHARED):
        own, _ = start(*of_size((WIDTH, HEIGHT, 24)), wrapper=wrapper)
        _, mapped, resources = held(own.pid, window_on_host(host, own.pid))
        segments.append((mapped, sum(resources.values())))
        words.append("unable to use SHM" in own.log_tail(100))
        assert "/SYSV" not in Path("/proc", str(own.pid), "maps").read_text()
        own.stop()
    assert words == [False, True]
    assert [one - other for one, other in zip(*segments, strict=True)] == [1, 1]


@PATHS
def test_a_screen_that_changes_gives_back_what_it_had(start, host, wrapper):
    """Its memory, descriptors and resources on the host are those of the screen that there is
    (RND-206)."""
    own, client = start(*of_size((WIDTH, HEIGHT, 24)), wrapper=wrapper)
    window = window_on_host(host, own.pid)
    with upright_at_end(client) as turn:
        turn(Rotation.ROTATE_90)
        turn(Rotation.ROTATE_0)
        before = held(own.pid, window)
        for _ in range(3):
            turn(Rotation.ROTATE_180)
            turn(Rotation.ROTATE_0)
        assert held(own.pid, window) == before


def held(pid, window):
    """Descriptors and shared memory of a process, and the resources of its ``window``'s client."""
    client = window.client
    types = client.extension(xcffib.res).QueryClientResources(window.id).reply().types
    process = Path("/proc", str(pid))
    mapped = (process / "maps").read_text().splitlines()
    return (
        len(list((process / "fd").iterdir())),
        sum(line.split()[1].endswith("s") for line in mapped),
        {one.resource_type: one.count for one in types},
    )
