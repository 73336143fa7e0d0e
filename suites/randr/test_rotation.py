# SPDX-License-Identifier: MIT
"""Rotated and reflected CRTCs: what their monitors show, and what the screen becomes."""

import contextlib

import numpy as np
import pytest
from xcffib.xproto import EventMask

from harness.capture.crtc import capture_crtc
from harness.capture.get_image import capture, capture_root
from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.errors import HarnessError
from harness.models.desktop import Desktop
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.servers.process.launch import launch
from harness.x11.core_events import ConfigureNotify, Expose
from harness.x11.randr import Rotation
from suites.marks import COMPLETED_WHEN_OFF, LATER_IN_COPY

SMALL = 240, 180
TURNS = {
    Rotation.ROTATE_0: 0,
    Rotation.ROTATE_90: 1,
    Rotation.ROTATE_180: 2,
    Rotation.ROTATE_270: 3,
}
REFLECTIONS = {
    "": 0,
    "x": Rotation.REFLECT_X,
    "y": Rotation.REFLECT_Y,
    "xy": Rotation.REFLECT_X | Rotation.REFLECT_Y,
}
ALL = {
    f"{90 * k}{name}": turn | flip
    for name, flip in REFLECTIONS.items()
    for turn, k in TURNS.items()
}

pytestmark = [
    pytest.mark.needs("RANDR", rotation=True),
    pytest.mark.xserver(fps=600, small=SMALL),
]

every_rotation = pytest.mark.parametrize("rotation", ALL.values(), ids=ALL.keys())
SOME = {name: ALL[name] for name in ("90", "180", "270", "0x", "90x", "270y")}
some_rotations = pytest.mark.parametrize("rotation", SOME.values(), ids=SOME.keys())


@pytest.fixture
def screen(monitors, server_has):
    """The first CRTC, with the mode and outputs that it started with, and the screen it shows.

    It is upright again when the test is over: some servers cannot be stopped otherwise.
    """
    screen = TurningScreen(monitors, server_has("screen_turns"))
    yield screen
    with contextlib.suppress(HarnessError):
        screen.rotate(Rotation.ROTATE_0)


def turned(pixels, rotation):
    """The screen as its monitor shows it: reflected, then rotated counter-clockwise."""
    if rotation & Rotation.REFLECT_X:
        pixels = np.fliplr(pixels)
    if rotation & Rotation.REFLECT_Y:
        pixels = np.flipud(pixels)
    return np.rot90(pixels, TURNS[Rotation(rotation & 0xF)])


def rotate(monitors, crtc, rotation):
    """Set the CRTC's rotation, keeping its mode and outputs.

    The server paints what it has put off before: some do not survive a turn with damage left.
    """
    monitors.client.sync()
    with Client(monitors.client.server, name="witness") as witness:
        witness.sync()
    done = monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation)
    assert done.status == 0


class TurningScreen:
    """A screen that is as large as what its only CRTC shows of it, in any rotation.

    ``turns`` says whether the server sees to that, as Xephyr does.  Else the client does, as
    xrandr: with the CRTC off it sets the screen's size first.
    """

    def __init__(self, monitors, turns):
        self.monitors, self.turns = monitors, turns
        self.upright = self.size
        self.crtc = monitors.crtc(monitors.resources().crtcs[0])

    @property
    def size(self):
        root = self.monitors.client.geometry(self.monitors.client.root)
        return root.width, root.height

    def size_of(self, rotation):
        """The size of the area that the CRTC shows with this rotation."""
        sideways = rotation & (Rotation.ROTATE_90 | Rotation.ROTATE_270)
        return self.upright[::-1] if sideways else self.upright

    def rotate(self, rotation):
        size = self.size_of(rotation)
        if not self.turns and self.size != size:
            self.monitors.switch_off(self.crtc.id)
            self.monitors.set_screen_size(*size)
        rotate(self.monitors, self.crtc, rotation)

    def check(self, desktop, rotation):
        """The screen shows the desktop as it is, the monitor shows it turned; returns its frame."""
        width, height = self.size_of(rotation)
        assert self.size == (width, height)
        said = self.monitors.crtc(self.crtc.id)
        assert (said.x, said.y, said.width, said.height) == (0, 0, width, height)
        assert said.rotation == rotation
        assert said.mode == self.crtc.mode
        desktop.picture.check(capture_root(self.monitors.client))
        frame = capture_crtc(self.monitors, self.crtc.id)
        pixels = turned(desktop.picture.frame.pixels, rotation)
        assert pixels.shape == self.upright[::-1]
        Canvas(*self.upright, 24).paste(pixels).check(frame)
        return frame


def range_of_sizes(monitors):
    """(Smallest, largest) width, then height, of the screen."""
    reply = monitors.requests.GetScreenSizeRange(monitors.client.root).reply()
    return (reply.min_width, reply.max_width), (reply.min_height, reply.max_height)


@pytest.mark.known_bug(
    reference="the range of Xephyr's screen is that of its upright modes (X11Libre #3465)",
    servers=("xephyr",),
    evidence="failed: AssertionError the screen is outside",
)
@pytest.mark.parametrize("rotation", [Rotation.ROTATE_90, Rotation.ROTATE_270], ids=["90", "270"])
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(size, marks=pytest.mark.xserver(fps=600, size=size))
        for size in [(1280, 1024), (1920, 1200)]
    ],
    ids=str,
)
def test_the_range_of_sizes_holds_for_a_turned_screen(monitors, screen, start, rotation):
    """On its side it is as high as it was wide: the range, which is still the same, has room for
    that as well (RND-018)."""
    before = range_of_sizes(monitors)
    screen.rotate(rotation)
    assert screen.size == start[::-1]
    for (smallest, largest), size in zip(range_of_sizes(monitors), screen.size, strict=True):
        assert smallest <= size <= largest, f"the screen is outside: {size} of {largest}"
    assert range_of_sizes(monitors) == before


def drawn(presenter, screen):
    """A picture without any symmetry, on a screen that is rotated."""
    desktop = Desktop(presenter, *screen.size)
    desktop.window(10, 20, 100, 70)
    desktop.window(70, 60, 90, 50, "red")
    desktop.window(0, 150, 60, 90, "green")
    return desktop


@every_rotation
def test_screen_turns_with_its_crtc_or_keeps_its_size(monitors, screen, rotation):
    """A quarter turn exchanges the sides of the CRTC's area, and those of its monitor; those of the
    root where the server turns its screen, else none before a client sets them (RND-101)."""
    rotate(monitors, screen.crtc, rotation)
    said = monitors.crtc(screen.crtc.id)
    assert (said.x, said.y, said.width, said.height) == (0, 0, *screen.size_of(rotation))
    assert said.rotation == rotation
    assert screen.size == (screen.size_of(rotation) if screen.turns else screen.upright)
    (monitor,) = monitors.monitors()
    assert (monitor.x, monitor.y, monitor.width, monitor.height) == (
        0,
        0,
        *screen.size_of(rotation),
    )


@every_rotation
def test_monitor_shows_the_screen_turned(presenter, monitors, screen, golden, rotation):
    """The CRTC says that it is rotated and as large as the screen, which swaps its sides on
    quarter turns; images of the screen stay upright, while the monitor's picture is reflected
    and then rotated counter-clockwise (RND-101)."""
    screen.rotate(rotation)
    frame = screen.check(drawn(presenter, screen), rotation)
    if screen.upright == SMALL:
        golden.check(frame, "monitor")
    (monitor,) = monitors.monitors()
    assert (monitor.x, monitor.y, monitor.width, monitor.height) == (
        0,
        0,
        *screen.size_of(rotation),
    )


@LATER_IN_COPY
@some_rotations
def test_drawing_on_a_turned_screen_reaches_the_monitor(presenter, screen, rotation):
    """Every change of the screen, however small and wherever, is a change of the monitor's
    picture: fills, images, copies, windows that move and go."""
    screen.rotate(rotation)
    width, height = screen.size_of(rotation)
    desktop = Desktop(presenter, width, height)
    window = desktop.window(30, 40, 100, 80)
    inside = desktop.picture.area(30, 40, 100, 80)
    screen.check(desktop, rotation)
    window.fill("red", 3, 5, 1, 1)
    inside.area(3, 5, 1, 1).fill("red")
    screen.check(desktop, rotation)
    window.fill("cyan", 90, 7, 10, 60)
    inside.area(90, 7, 10, 60).fill("cyan")
    screen.check(desktop, rotation)
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, window.id, 0, [])
    presenter.core.CopyArea(window.id, window.id, gc, 0, 0, 50, 45, 30, 20)
    inside.area(50, 45, 30, 20).paste(chart_pixels(100, 80, 24)[:20, :30])
    inside.area(53, 50, 1, 1).fill("red")
    screen.check(desktop, rotation)
    kept = capture(window).pixels
    window.move(width - 60, height - 50)
    desktop.picture.fill("grey").area(width - 60, height - 50, 60, 50).paste(kept)
    screen.check(desktop, rotation)
    window.unmap()
    desktop.picture.fill("grey")
    for x, y, colour in ((0, 0, "red"), (width - 1, 0, "green"), (0, height - 1, "blue")):
        presenter.root_window(0).fill(colour, x, y, 1, 1)
        desktop.picture.area(x, y, 1, 1).fill(colour)
    screen.check(desktop, rotation)


@pytest.mark.parametrize("flip", REFLECTIONS.values(), ids=[f"-{n}" for n in REFLECTIONS])
def test_rotations_follow_each_other(presenter, screen, flip):
    """The picture depends on the rotation that is set, not on those before: each follows each
    other and itself."""
    order = [0, 1, 2, 3, 0, 2, 1, 1, 3, 2, 0, 3, 1, 0]
    turns = list(TURNS)
    for index, at in enumerate(order):
        rotation = turns[at] | (flip if index % 3 else 0)
        screen.rotate(rotation)
        screen.check(drawn(presenter, screen), rotation)
        for id in presenter.core.QueryTree(presenter.root).reply().children:
            presenter.core.DestroyWindow(id)


def test_windows_keep_their_place_on_a_screen_that_turns(presenter, screen, golden):
    """Windows keep place and size when the screen's sides are swapped: those beyond the new
    edge wait for the way back, all are painted and exposed anew."""
    width, height = screen.upright
    desktop = Desktop(presenter, width, height)
    right = desktop.window(170, 20, 60, 50, "red")
    wide = desktop.window(20, 100, 200, 60, "blue")
    windows = {right.id: "right", wide.id: "wide"}
    for window in (right, wide):
        window.select_core(EventMask.Exposure | EventMask.StructureNotify)
        window.fill("yellow", 0, 0, 20, 20)
    for rotation in (Rotation.ROTATE_90, Rotation.ROTATE_0):
        presenter.sync()
        before = len(presenter.events)
        screen.rotate(rotation)
        picture = Desktop(presenter, *screen.size)
        picture.picture.area(170, 20, 60, 50).fill("red")
        picture.picture.area(20, 100, 200, 60).fill("blue")
        frame = screen.check(picture, rotation)
        sideways = rotation is Rotation.ROTATE_90
        if sideways and screen.upright == SMALL:
            golden.check(frame, "monitor")
        events = [event.core for event in presenter.events[before:]]
        told = {(windows[one.window], one.width) for one in events if isinstance(one, Expose)}
        right_edge = height if sideways else width
        assert told == {
            ("right", min(60, right_edge - 170)),
            ("wide", min(200, right_edge - 20)),
        }
        assert not [one for one in events if isinstance(one, ConfigureNotify)]
        assert (right.geometry.x, right.geometry.y, right.geometry.width) == (170, 20, 60)


@some_rotations
def test_rotation_by_the_old_request(presenter, monitors, screen, rotation):
    """SetScreenConfig rotates like SetCrtcConfig: the same screen, the same picture (RND-094)."""
    info = monitors.requests.GetScreenInfo(presenter.root).reply()
    assert info.rotation == Rotation.ROTATE_0
    reply = monitors.requests.SetScreenConfig(
        presenter.root, 0, info.config_timestamp, info.sizeID, int(rotation), info.rate
    ).reply()
    assert reply.status == 0
    assert monitors.requests.GetScreenInfo(presenter.root).reply().rotation == rotation
    screen.check(drawn(presenter, screen), rotation)


@pytest.mark.needs("Present")
@some_rotations
def test_presentations_on_a_turned_screen(presenter, screen, rotation):
    """A presented pixmap is on the turned screen upright and whole, and on its monitor turned;
    a window as large as the screen fills it."""
    screen.rotate(rotation)
    width, height = screen.size_of(rotation)
    desktop = Desktop(presenter, width, height)
    window = presenter.window(100, 70, x=20, y=30)
    window.present(window.pixmap(), target_crtc=screen.crtc.id).wait_complete()
    desktop.picture.area(20, 30, 100, 70).paste(chart_pixels(100, 70, 24))
    screen.check(desktop, rotation)
    large = presenter.window(width, height)
    large.present(large.pixmap(), target_crtc=screen.crtc.id).wait_complete()
    desktop.picture.paste(chart_pixels(width, height, 24))
    screen.check(desktop, rotation)


@COMPLETED_WHEN_OFF
@pytest.mark.needs("Present")
@pytest.mark.parametrize("rotation", [Rotation.ROTATE_90, Rotation.ROTATE_180], ids=["90", "180"])
def test_presentation_outlives_a_turn_of_the_screen(presenter, screen, rotation, too_late):
    """A presentation that waits for its frame while the screen turns is drawn into the window
    as it is then."""
    window = presenter.window(100, 70, x=20, y=30)
    target = window.msc() + 200
    shown = window.present(window.pixmap(), target_msc=target)
    screen.rotate(rotation)
    desktop = Desktop(presenter, *screen.size_of(rotation))
    if window.msc() >= target:
        too_late("the target had passed before the screen had turned")
    shown.wait_complete()
    desktop.picture.area(20, 30, 100, 70).paste(chart_pixels(100, 70, 24))
    screen.check(desktop, rotation)


@pytest.mark.known_bug(
    reference="ephyrCloseScreen destroys a Damage that does not exist",
    servers=("xephyr",),
    evidence="failed: AssertionError failed while stopping: SIGSEGV",
    strict=False,
)
@pytest.mark.xserver(throwaway=True)
@pytest.mark.parametrize("rotation", [ALL["90"], ALL["180"], ALL["270xy"]], ids=["90", "180", "xy"])
def test_server_stops_cleanly_while_its_screen_is_turned(server, rotation):
    """A server that is told to end while a CRTC is rotated or reflected ends as any other."""
    with launch(server.spec) as own:
        with Client(own) as client:
            monitors = Monitors(client)
            rotate(monitors, monitors.crtc(monitors.resources().crtcs[0]), rotation)
        stop = own.stop()
    assert stop.clean, str(stop)


@pytest.mark.known_bug(
    reference="shadowRemove keeps damage that does not fit the next screen",
    servers=("xephyr",),
    effect="ServerDied",
    strict=False,
)
@pytest.mark.xserver(throwaway=True)
def test_screen_turns_right_after_it_was_drawn(presenter, monitors, server_has):
    """A screen can turn while the monitor has not been shown the last drawing yet."""
    screen = TurningScreen(monitors, server_has("screen_turns"))
    screen.rotate(Rotation.ROTATE_90)
    crtc = screen.crtc
    window = presenter.window(*screen.size)
    time = monitors.resources(current=True).config_timestamp
    presenter.sync()
    with presenter.grab():
        for rotation in (Rotation.ROTATE_180, Rotation.ROTATE_90) * 4:
            for colour in ("red", "green", "blue"):
                window.fill(colour)
            monitors.requests.SetCrtcConfig(
                crtc.id, 0, time, 0, 0, crtc.mode, rotation, len(crtc.outputs), crtc.outputs
            )
    desktop = Desktop(presenter, *screen.size)
    window.fill("red")
    desktop.picture.area(0, 0, *screen.size).fill("red")
    screen.check(desktop, Rotation.ROTATE_90)
