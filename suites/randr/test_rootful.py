# SPDX-License-Identifier: MIT
"""Xwayland with a root window of its own: the modes that it offers, and a screen that has the
size of the mode that is set."""

import pytest

from harness.capture.get_image import capture, capture_root
from harness.clients.randr.observer import Observer
from harness.pixels.canvas import Canvas
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import (
    CrtcChangeNotify,
    OutputConnection,
    Rotation,
    ScreenChangeNotify,
)

START = 700, 500
"""In no list of usual sizes, and no multiple of 8 wide, in which the formula for modes counts."""

pytestmark = [
    pytest.mark.xserver(size=START, throwaway=True),
    pytest.mark.needs("RANDR", servers=("xwayland",), reason="a screen that follows its mode"),
]

USUAL = {(1920, 1080), (1280, 1024), (1024, 768), (800, 600), (640, 480), (320, 240)}
MINUS_HSYNC_PLUS_VSYNC = 0b110
"""Flags of a mode of the formula (CVT 1.2, without reduced blanking)."""
DOTS_PER_INCH = 96


@pytest.fixture
def observer(server, monitors):
    if server.version.numbers < (24, 1):
        pytest.skip(f"needs Xwayland 24.1, whose screen follows its mode, not {server.described}")
    return Observer(monitors)


def on(monitors):
    """The output that shows the screen, and its CRTC; one of the compositor is listed too."""
    outputs = {id: monitors.output(id).crtc for id in monitors.resources(current=True).outputs}
    (pair,) = [(id, crtc) for id, crtc in outputs.items() if crtc]
    return pair


@pytest.fixture
def listed(observer):
    """The modes of the output by their sizes (pixels), in its order, and their names."""
    monitors = observer.monitors
    reply = monitors.requests.GetScreenResourcesCurrent(monitors.client.root).reply()
    text, infos = bytes(reply.names).decode(), {}
    for info in reply.modes:
        infos[info.id], text = (info, text[: info.name_len]), text[info.name_len :]
    return [infos[id] for id in monitors.output(on(monitors)[0]).modes]


def millimetres(size):
    return tuple(int(side * 25.4 / DOTS_PER_INCH) for side in size)


def test_usual_modes_are_offered_beside_that_of_the_start(observer, listed):
    """Each once and from the largest on, with its size as its name, about sixty times a second,
    as the formula has it (RND-213)."""
    sizes = [(info.width, info.height) for info, _ in listed]
    assert sizes == sorted(set(sizes), reverse=True)
    assert {START, *USUAL} <= set(sizes)
    for (info, name), (width, height) in zip(listed, sizes, strict=True):
        assert name == f"{width}x{height}"
        assert 57 < info.dot_clock / (info.htotal * info.vtotal) < 61, name
        assert info.mode_flags == MINUS_HSYNC_PLUS_VSYNC, name


def test_the_only_monitor_is_the_screen(observer, connect):
    """Its CRTC shows all of it and takes no rotation, its output is as large in millimetres, and
    the screen can be as large as any (RND-213)."""
    monitors = observer.monitors
    output, crtc = on(monitors)
    shown, info = monitors.crtc(crtc), monitors.output(output)
    assert (shown.x, shown.y, shown.width, shown.height) == (0, 0, *START)
    assert shown.rotations == Rotation.ROTATE_0
    assert (info.name, info.connection) == ("XWAYLAND0", OutputConnection.CONNECTED)
    screen = connect("new").screen
    in_mm = screen.width_in_millimeters, screen.height_in_millimeters
    assert (info.mm_width, info.mm_height) == in_mm == millimetres(START)
    gamma = monitors.requests.GetCrtcGammaSize(crtc).reply()
    assert gamma.size == 256
    limits = monitors.requests.GetScreenSizeRange(monitors.client.root).reply()
    assert (limits.min_width, limits.min_height) == (16, 16)
    assert (limits.max_width, limits.max_height) == (32767, 32767)


def set_mode(monitors, size):
    """By RANDR 1.2, as xrandr --mode does."""
    output, crtc = on(monitors)
    modes = monitors.resources(current=True).modes
    mode = next(
        id for id in monitors.output(output).modes if (modes[id].width, modes[id].height) == size
    )
    return monitors.set_crtc(crtc, mode, [output]).status


def set_size(monitors, size):
    """By RANDR 1.0, as xrandr --size does."""
    now, unturned = monitors.screen_info(), int(Rotation.ROTATE_0)
    what = monitors.client.root, 0, now.config_timestamp, now.sizes.index(size), unturned, 0
    return monitors.requests.SetScreenConfig(*what).reply().status


@pytest.mark.parametrize("way", [set_mode, set_size])
@pytest.mark.parametrize("size", [(1024, 768), (320, 240), (640, 480)], ids=str)
def test_the_screen_has_the_size_of_the_mode(observer, presenter, connect, way, size):
    """Root, CRTC and events say so, new clients too, with millimetres; the pointer reaches each
    corner, and all of the root can be drawn to, and windows that were there before (RND-214)."""
    monitors, (width, height) = observer.monitors, size
    window = presenter.window(1500, 1000, events=0, background="blue")
    assert way(monitors, size) == 0
    events = observer.take()
    configured = [(e.width, e.height) for e in events if isinstance(e, ConfigureNotify)]
    told = [(e.width, e.height) for e in events if isinstance(e, ScreenChangeNotify)]
    assert configured[-1] == told[-1] == size
    root = presenter.geometry(presenter.root)
    assert (root.width, root.height) == size
    _, crtc = on(monitors)
    now = monitors.crtc(crtc)
    assert (now.x, now.y, now.width, now.height) == (0, 0, *size)
    crtcs = [e for e in events if isinstance(e, CrtcChangeNotify)]
    assert (crtcs[-1].crtc, crtcs[-1].mode) == (crtc, now.mode)
    screen = connect("new").screen
    assert (screen.width_in_pixels, screen.height_in_pixels) == size
    in_mm = screen.width_in_millimeters, screen.height_in_millimeters
    assert in_mm == millimetres(size)
    for corner in ((width - 1, height - 1), (0, height - 1), (width - 1, 0)):
        presenter.core.WarpPointer(0, presenter.root, 0, 0, 0, 0, 5000 if corner[0] else 0, 0)
        presenter.core.WarpPointer(0, presenter.root, 0, 0, 0, 0, *corner)
        place = presenter.core.QueryPointer(presenter.root).reply()
        assert (place.root_x, place.root_y) == corner
    expected = Canvas(width, height, presenter.depth, "blue")
    window.fill("green", width - 20, height - 10, 20, 10)
    expected.area(width - 20, height - 10, 20, 10).fill("green")
    expected.check(capture_root(presenter))
    window.unmap()
    over = presenter.window(width, height, events=0, background="white")
    Canvas(width, height, presenter.depth, "white").check(capture(over))
