# SPDX-License-Identifier: MIT
"""A Xephyr of a test's own, and what its window on the host should show."""

from contextlib import contextmanager

import numpy as np
import pytest
from xcffib.composite import Redirect

from harness.capture.crtc import turned
from harness.capture.get_image import capture, capture_root
from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.pixels.canvas import Canvas
from harness.x11.randr import Rotation

XEPHYR = [
    pytest.mark.usefixtures("startable"),
    pytest.mark.needs("RANDR", servers="xephyr", reason="a screen in a window"),
    pytest.mark.xserver(any_depth=True),
]
"""The marks of all tests here."""

WIDTH, HEIGHT = 61, 47

NOT_SHARED = "env XEPHYR_NO_SHM=1"
"""The environment of a Xephyr that sends the pixels instead of sharing them."""

DEPTHS = pytest.mark.parametrize("depth", [8, 16, 24])

PATHS = pytest.mark.parametrize("wrapper", ["", NOT_SHARED], ids=["shared", "sent"])

ROTATIONS = pytest.mark.parametrize(
    "rotation",
    [turn | flip for turn in (1, 2, 4, 8) for flip in (0, Rotation.REFLECT_X, Rotation.REFLECT_Y)],
    ids=lambda rotation: str(int(rotation)),
)


def of_size(size):
    """The option for a screen of this size (width, height, depth)."""
    return "-screen", "x".join(map(str, size))


@contextmanager
def redirected(window):
    """``window``, which keeps its pixels wherever other windows are."""
    window.redirect(Redirect.Automatic)
    window.client.sync()
    yield window
    window.unredirect(Redirect.Automatic)
    window.client.sync()


def painted(client):
    """By now the server has shown all that this client has drawn: it does before it waits."""
    for _ in range(2):
        client.sync()
    with Client(client.server, name="witness") as witness:
        witness.sync()


def on_host(client):
    """``client``'s server's picture as its host should show it: 24 bits, with the bits that the
    screen has, and a mask of these."""
    pixels = capture_root(client).pixels
    if client.depth == 8:
        colours = client.core.QueryColors(client.screen.default_colormap, 256, range(256)).reply()
        table = [c.red >> 8 << 16 | c.green >> 8 << 8 | c.blue >> 8 for c in colours.colors]
        return np.array(table, np.uint32)[pixels], 0xFFFFFF
    if client.depth == 16:
        wide = pixels.astype(np.uint32)
        return (wide & 0xF800) << 8 | (wide & 0x7E0) << 5 | (wide & 0x1F) << 3, 0xF8FCF8
    return pixels & 0xFFFFFF, 0xFFFFFF


def check(client, window, rotation=Rotation.ROTATE_0):
    """The host's window shows the screen."""
    painted(client)
    expected, mask = on_host(client)
    shown = capture(window).pixels & mask
    Canvas(window.width, window.height, 24).paste(turned(expected, rotation) & mask).check(
        Canvas(window.width, window.height, 24).paste(shown).frame
    )


@contextmanager
def upright_at_end(client):
    """Function that turns the only CRTC, which is turned back: some servers end badly else."""
    monitors = Monitors(client)
    crtc = monitors.crtc(monitors.resources().crtcs[0])

    def turn(rotation):
        painted(client)
        assert monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation).status == 0

    try:
        yield turn
    finally:
        turn(Rotation.ROTATE_0)


def property_of(window, name):
    """The value of a property of this window (bytes)."""
    client = window.client
    reply = client.core.GetProperty(0, window.id, client.atom(name), 0, 0, 1000).reply()
    return reply.value.buf()
