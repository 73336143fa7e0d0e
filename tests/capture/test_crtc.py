# SPDX-License-Identifier: MIT
"""Captures of what monitors show: from replies made by hand, and from real servers."""

import mmap
from types import SimpleNamespace

import numpy as np
import pytest
import xcffib.render
from xcffib.xproto import CW

from harness.capture.crtc import capture_crtc, turned
from harness.capture.get_image import capture_root
from harness.capture.host_window import capture_host
from harness.capture.zpixmap import CaptureError
from harness.clients.connection.client import Client
from harness.clients.connection.errors import Unsupported
from harness.clients.present.presenter import Presenter
from harness.clients.randr.layout import lay_out, show
from harness.clients.randr.monitors import Crtc, Monitors
from harness.clients.randr.transform import Transform, Transforms
from harness.clients.resources.pixmap import Pixmap
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.frame import FrameSource
from harness.servers.builds import find_on_path
from harness.servers.errors import ServerNotInstalled
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11.randr import Rotation

ROOT = 0x26
SCREEN = np.arange(1, 13, dtype=np.uint32).reshape(3, 4)
"""A screen of 4x3, its pixels numbered from the left to the right."""


class FakeMonitors:
    """One CRTC, of a client that shows ``SCREEN``."""

    def __init__(self, x=0, y=0, width=4, height=3, mode=7, rotation=1, matrix=()):
        self.state = Crtc(
            *(1, 0, x, y, width, height, mode, Rotation(rotation), Rotation(63), (), ())
        )
        self.client = self
        self.root = ROOT
        self.formats, self.byte_order = {24: (32, 32)}, "<"
        current = Transform(matrix or Transform().matrix)
        self.transforms = lambda crtc: Transforms(True, current, current)
        self.server = SimpleNamespace()

    def require_picture(self, depth):
        """Any depth will do."""

    def crtc(self, id):
        return self.state

    def geometry(self, drawable):
        return SimpleNamespace(width=4, height=3, border_width=0, depth=24, root=ROOT)

    def read_image(self, drawable, x, y, width, height):
        part = SCREEN[y : y + height, x : x + width]
        return SimpleNamespace(depth=24, data=part.tobytes())


@pytest.mark.parametrize(
    ("rotation", "picture"),
    [
        (1, [[1, 2], [5, 6], [9, 10]]),
        (2, [[2, 6, 10], [1, 5, 9]]),
        (4, [[10, 9], [6, 5], [2, 1]]),
        (8, [[9, 5, 1], [10, 6, 2]]),
        (1 | 16, [[2, 1], [6, 5], [10, 9]]),
        (1 | 32, [[9, 10], [5, 6], [1, 2]]),
        (1 | 48, [[10, 9], [6, 5], [2, 1]]),
        (2 | 16, [[1, 5, 9], [2, 6, 10]]),
        (2 | 32, [[10, 6, 2], [9, 5, 1]]),
        (8 | 16, [[10, 6, 2], [9, 5, 1]]),
    ],
)
def test_the_screen_is_reflected_and_then_rotated(rotation, picture):
    """Without a host the picture is reckoned from the screen, by hand here."""
    assert turned(SCREEN[:, :2], rotation).tolist() == picture
    frame = capture_crtc(FakeMonitors(width=2, rotation=rotation), 1)
    assert frame.pixels.tolist() == picture
    assert (frame.depth, frame.source) == (24, FrameSource.CRTC)


def test_only_the_rectangle_of_the_crtc_is_captured():
    """A CRTC shows its own part of the screen."""
    frame = capture_crtc(FakeMonitors(x=1, y=2, width=3, height=1), 1)
    assert frame.pixels.tolist() == [[10, 11, 12]]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"mode": 0, "width": 0, "height": 0}, "CRTC 0x1 is off: give it a mode"),
        ({"x": 1}, r"inside of the screen of 4x3, got 1,0\.\.5,3: the server let it"),
        ({"y": -1}, "the server let it reach beyond"),
        (
            {"matrix": (1 << 15, *Transform().matrix[1:])},
            r"without a transform, got the matrix \(32768, 0",
        ),
    ],
    ids=["off", "right", "above", "transform"],
)
def test_what_cannot_be_shown_is_named(state, message):
    """A CRTC that is off, reaches beyond the screen or has a transform has no picture here."""
    with pytest.raises(CaptureError, match=message):
        capture_crtc(FakeMonitors(**state), 1)


def installed(kind):
    try:
        return find_on_path(kind)
    except ServerNotInstalled as error:
        pytest.skip(str(error))


def set_cursor(client):
    """A cursor with opaque, half transparent and empty parts; returns its pixels."""
    pixels = np.full((17, 23), 0xFFFF8000, np.uint32)
    pixels[:, 9:] = 0x60004060
    pixels[5:9, 3:12] = 0
    pixmap = Pixmap.create(client, 23, 17, 32)
    pixmap.put(pixels)
    render = client.extension(xcffib.render)
    picture, cursor = client.new_id(), client.new_id()
    render.CreatePicture(picture, pixmap.id, client.picture_formats[32], 0, [])
    render.CreateCursor(cursor, picture, 4, 6)
    client.core.ChangeWindowAttributes(client.root, CW.Cursor, [cursor])
    return pixels


def warp(client, x, y):
    client.core.WarpPointer(0, client.root, 0, 0, 0, 0, x, y)


@pytest.mark.parametrize("place", [(60, 50), (0, 0), (159, 119), (2, 117)])
def test_the_sprite_is_where_the_frame_buffer_has_it(tmp_path, place):
    """With the pointer, a capture equals Xvfb's mapped frame buffer, where the server has drawn
    the sprite; without, it equals the image of the root."""
    spec = ServerSpec(
        build=installed(ServerKind.XVFB),
        width=160,
        height=120,
        extra_args=("-fbdir", str(tmp_path)),
    )
    with launch(spec) as server, Presenter(server) as client:
        monitors = Monitors(client)
        (crtc,) = monitors.resources().crtcs
        window = client.window(160, 120, events=0)
        window.put(chart_pixels(160, 120, 24))
        set_cursor(client)
        warp(client, *place)
        client.sync()
        client.sync()
        with (tmp_path / "Xvfb_screen0").open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
            words = np.frombuffer(mapped, ">u4", 25)
            start = int(words[0]) + 12 * int(words[19])
            pixels = np.frombuffer(mapped, np.uint32, 160 * 120, start).reshape(120, 160).copy()
            # The view must be gone before the mapping can be closed.
            del words
            mapped.close()
        shown = capture_crtc(monitors, crtc, pointer=True)
        assert (shown.pixels == pixels & 0xFFFFFF).all()
        plain = capture_crtc(monitors, crtc)
        assert (plain.pixels == capture_root(client).pixels).all()
        assert (plain.pixels != shown.pixels).any()


def test_the_sprite_needs_a_depth_that_it_can_be_blended_into():
    """On other depths the error says which will do."""
    spec = ServerSpec(build=installed(ServerKind.XVFB), depth=16)
    with launch(spec) as server, Client(server) as client:
        monitors = Monitors(client)
        (crtc,) = monitors.resources().crtcs
        assert capture_crtc(monitors, crtc).depth == 16
        with pytest.raises(CaptureError, match="depth 24 or 32 for a sprite, got 16"):
            capture_crtc(monitors, crtc, pointer=True)


@pytest.fixture(scope="module")
def host():
    installed(ServerKind.XVFB)
    with virtual_host() as host:
        yield host


@pytest.mark.parametrize("rotation", [1, 2, 4, 8, 2 | 16, 8 | 32])
def test_a_nested_server_is_seen_on_its_host(host, rotation):
    """The window on the host is captured although another server's lies in front of it, and the
    sprite is added upright where the pointer is."""
    spec = ServerSpec(build=installed(ServerKind.XEPHYR), width=240, height=180, host=host)
    with (
        launch(spec) as server,
        Presenter(server) as client,
        launch(spec) as other,
        Presenter(other, name="other") as front,
    ):
        front.window(240, 180, background="magenta", events=0)
        front.sync()
        monitors = Monitors(client)
        (id,) = monitors.resources().crtcs
        crtc = monitors.crtc(id)
        monitors.set_crtc(id, crtc.mode, crtc.outputs, rotation=rotation)
        window = client.window(90, 50, x=30, y=70, events=0)
        window.put(chart_pixels(90, 50, 24))
        picture = turned(capture_root(client).pixels, rotation)
        assert (capture_host(client).pixels == picture).all()
        shown = capture_crtc(monitors, id)
        assert (shown.pixels == picture).all()
        assert shown.source is FrameSource.CRTC
        sprite = set_cursor(client)
        warp(client, 40, 20)
        # The pixel of the pointer, on the screen and on the monitor.
        mark = np.zeros(capture_root(client).pixels.shape, np.uint32)
        mark[20, 40] = 1
        ((y, x),) = np.argwhere(turned(mark, rotation))
        expected = Canvas(240, 180, 24).paste(picture).blend(sprite, x - 4, y - 6)
        expected.check(capture_crtc(monitors, id, pointer=True))
        monitors.set_crtc(id, crtc.mode, crtc.outputs)


def test_a_nested_server_without_a_window_is_named(host):
    """When the host knows no window of the server's process, the error says so."""
    spec = ServerSpec(build=installed(ServerKind.XEPHYR), host=host)
    with launch(spec) as server, Client(server) as client:
        server.pid = 1
        with pytest.raises(CaptureError, match=r"one window of process 1 on its host :.*got 0"):
            capture_host(client)


def test_a_server_without_a_host_is_seen_nowhere():
    """Where there is no host there is no window, and no error."""
    with launch(ServerSpec(build=installed(ServerKind.XVFB))) as server, Client(server) as client:
        assert capture_host(client) is None


def test_crtcs_are_laid_out_or_it_is_said_why_not():
    """One CRTC can be laid out on any server; the error names the mark that asks for more."""
    with launch(ServerSpec(build=installed(ServerKind.XVFB))) as server, Client(server) as client:
        monitors = Monitors(client)
        (crtc,) = lay_out(monitors, (400, 300), (10, 20, 200, 160))
        assert capture_crtc(monitors, crtc).size == "200x160 depth 24"
        before = monitors.crtc(crtc).mode
        show(monitors, crtc, 0, 0, 200, 160)
        assert monitors.crtc(crtc).mode == before
        with pytest.raises(Unsupported, match=r"has no 3 CRTCs, it has 1; .*crtcs=3"):
            lay_out(monitors, (400, 300), *[(0, 0, 100, 100)] * 3)
