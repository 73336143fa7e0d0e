# SPDX-License-Identifier: MIT
"""What the monitors show: pixmaps of their own, turned and transformed, with the pointer."""

import numpy as np
import pytest
import xcffib.render
from xcffib.xproto import CW

from harness.capture.crtc import turned
from harness.capture.scanout import capture_scanout
from harness.clients.compositing.wall import Wall, translation
from harness.clients.resources.picture import Picture
from harness.models.desktop import SCREEN_COLOUR, Desktop
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.colour import pixel_value
from harness.pixels.frame import Frame, FrameSource
from harness.x11.drafts.randr_percrtc import ONE, ConfigStatus, SpriteTransforms
from harness.x11.randr import Rotation

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs("RANDR", "RENDER", resize=True, root_pixels=True),
    pytest.mark.xserver(size=(320, 240)),
    pytest.mark.usefixtures("small_screen"),
]

WIDTH, HEIGHT = 160, 120
ROTATIONS = {
    "upright": Rotation.ROTATE_0,
    "90": Rotation.ROTATE_90,
    "180": Rotation.ROTATE_180,
    "270": Rotation.ROTATE_270,
    "mirrored": Rotation.ROTATE_0 | Rotation.REFLECT_X,
    "flipped-90": Rotation.ROTATE_90 | Rotation.REFLECT_Y,
}


def filled(presenter, width, height):
    """A screen with windows, some across the border of its halves."""
    desktop = Desktop(presenter, width, height)
    desktop.window(width // 2 - 31, 30, 61, 50)
    desktop.window(10, 8, 40, 30, "red")
    desktop.window(width - 50, height - 40, 60, 30, "green")
    desktop.window(12, height - 30, 70, 20, "blue")
    presenter.sync()
    return desktop


def side_by_side(frames, gap=4):
    """The frames as monitors on a wall: a picture for people."""
    width = sum(frame.width + gap for frame in frames) - gap
    canvas, x = Canvas(width, max(frame.height for frame in frames), 24, "white"), 0
    for frame in frames:
        canvas.paste(frame.pixels, x)
        x += frame.width + gap
    return Frame(canvas.frame.raw, 24, FrameSource.CRTC)


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_a_crtc_shows_its_pixmap_turned(desk, golden, rotation):
    """From its place in the pixmap on, reflected and turned as it says, all of its mode
    (PCP-033, PCP-034, PCP-036)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    turn = ROTATIONS[rotation]
    pixmap = desk.scanout.create(WIDTH + HEIGHT, WIDTH + HEIGHT, rotations=0x3F)
    chart = chart_pixels(WIDTH + HEIGHT, WIDTH + HEIGHT, 24, 2)
    pixmap.put(chart)
    place = {"pixmap_x": 21, "pixmap_y": 34}
    config = desk.same(first, pixmap=pixmap.id, rotation=turn, **place)
    assert desk.scanout.configure(config) is ConfigStatus.SUCCESS
    state = desk.monitors.crtc(first.id)
    frame = capture_scanout(desk.scanout, first.id)
    assert (frame.width, frame.height) == (WIDTH, HEIGHT)
    part = chart[34 : 34 + state.height, 21 : 21 + state.width]
    assert np.array_equal(frame.pixels, turned(part, turn))
    golden.check(frame, "monitor")


def test_without_a_pixmap_a_crtc_shows_the_screen(desk, presenter):
    """The picture is that of the root there (PCP-035)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    desktop = filled(presenter, WIDTH, HEIGHT)
    desktop.picture.check(capture_scanout(desk.scanout, first.id))
    desk.show(first, desk.pixmap_for(first, "red"))
    assert set(capture_scanout(desk.scanout, first.id).pixels.ravel()) == {0xFF0000}
    desk.show(first, None)
    desktop.picture.check(capture_scanout(desk.scanout, first.id))


@pytest.mark.needs(crtcs=2)
def test_two_monitors_show_more_than_the_screens_pixmap_holds(desk, presenter, connect, golden):
    """A window across both is drawn into the pixmaps of both, neither of which, nor the
    screen's, holds all (PCP-022, PCP-046)."""
    crtcs = desk.side_by_side((WIDTH, HEIGHT), (WIDTH, HEIGHT))
    desktop = filled(presenter, 2 * WIDTH, HEIGHT)
    with Wall(connect("wall"), "orange") as wall:
        for crtc in crtcs:
            wall.drive(crtc.id)
        desk.scanout.configure(screen_pixmap=(WIDTH, HEIGHT), screen=(2 * WIDTH, HEIGHT))
        expected = desktop.picture.frame.pixels.copy()
        expected[expected == pixel_value(SCREEN_COLOUR, 24)] = pixel_value("orange", 24)
        frames = [capture_scanout(desk.scanout, crtc.id) for crtc in crtcs]
        for number, frame in enumerate(frames):
            part = expected[:, number * WIDTH : (number + 1) * WIDTH]
            Canvas(WIDTH, HEIGHT, 24).paste(part).check(frame)
        assert desk.scanout.of(crtcs[1].id).screen_pixmap == (WIDTH, HEIGHT)
        golden.check(side_by_side(frames), "monitors")


def turning(step):
    """A quarter turn about the centre in four steps, as a map from the plane to the screen."""
    angle = step * np.pi / 8
    cos, sin = round(np.cos(angle) * ONE), round(np.sin(angle) * ONE)
    x, y = WIDTH // 2, HEIGHT // 2
    return (cos, -sin, x * (ONE - cos) + y * sin, sin, cos, y * (ONE - cos) - x * sin, 0, 0, ONE)


def test_a_turn_is_animated_without_a_mode_set(desk, presenter, connect, golden):
    """Pixels and sprite turn step by step; no event comes, the CRTC stays as it is (PCP-047)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    filled(presenter, WIDTH, HEIGHT)
    with Wall(connect("wall"), "orange") as wall:
        wall.drive(first.id)
        desk.observer.take()
        before = desk.monitors.crtc(first.id)
        frames = []
        for step in range(5):
            wall.turn(first.id, turning(step), SpriteTransforms(image=turning(step)))
            frames.append(capture_scanout(desk.scanout, first.id))
        assert desk.observer.take() == []
        assert desk.monitors.crtc(first.id) == before
        for step, frame in enumerate(frames):
            golden.check(frame, f"step-{step}")


def sampled(pixels, matrix, width, height, background):
    """What RENDER's nearest filter makes of ``pixels`` seen through an affine ``matrix``."""
    rows, columns = pixels.shape
    y, x = np.mgrid[:height, :width]
    column, row = (
        # The middle of a pixel is half of an odd number.
        (((2 * x + 1) * xx + (2 * y + 1) * xy + 2 * offset) // 2 - 1) // ONE
        for xx, xy, offset in (matrix[0:3], matrix[3:6])
    )
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    out = np.full((height, width), background, np.uint32)
    out[inside] = pixels[row[inside], column[inside]]
    return out


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param((2 * ONE, 0, 0, 0, 2 * ONE, 0, 0, 0, ONE), id="half"),
        pytest.param((ONE // 2, 0, 10 * ONE, 0, ONE // 2, 5 * ONE, 0, 0, ONE), id="twice"),
        pytest.param((0, ONE, 0, -ONE, 0, HEIGHT * ONE, 0, 0, ONE), id="quarter-turn"),
        pytest.param((ONE, ONE // 4, -15 * ONE, 0, ONE, 0, 0, 0, ONE), id="sheared"),
    ],
)
def test_compositing_and_transformation_are_one_operation(presenter, desk, connect, matrix):
    """Each window goes through the transform onto the CRTC's pixmap: what RENDER makes of it is
    what the matrix says, pixel by pixel (PCP-011, PCP-047)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    chart = chart_pixels(100, 70, 24, 4)
    window = presenter.window(100, 70, x=24, y=16, events=0)
    with Wall(connect("wall"), "blue") as wall:
        window.put(chart)
        presenter.sync()
        wall.drive(first.id, matrix)
        wall.update()
        moved = [a - 24 * c for a, c in zip(matrix[:3], matrix[6:], strict=True)]
        moved += [b - 16 * c for b, c in zip(matrix[3:6], matrix[6:], strict=True)]
        expected = sampled(chart, moved, WIDTH, HEIGHT, 0x0000FF)
        Canvas(WIDTH, HEIGHT, 24).paste(expected).check(capture_scanout(desk.scanout, first.id))


def test_a_monitor_may_look_at_the_screen_from_the_side(desk, presenter, connect, golden):
    """A projective transform: what is near is large (PCP-047)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    filled(presenter, WIDTH, HEIGHT)
    aslant = (ONE, ONE // 8, -10 * ONE, 0, ONE + ONE // 4, -10 * ONE, 0, ONE // 200, ONE)
    with Wall(connect("wall"), "orange") as wall:
        wall.drive(first.id, aslant)
        golden.check(capture_scanout(desk.scanout, first.id), "aslant")


def test_the_pointer_is_shown_where_its_transform_takes_it(desk, presenter, golden):
    """Position and image are mapped apart, and the whole is turned with the CRTC (PCP-014,
    PCP-047)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    pixmap = desk.scanout.create(HEIGHT, WIDTH, rotations=0x3F, colour="white")
    config = desk.same(first, pixmap=pixmap.id, rotation=Rotation.ROTATE_90)
    assert desk.scanout.configure(config) is ConfigStatus.SUCCESS
    arrow(presenter)
    presenter.core.WarpPointer(0, presenter.root, 0, 0, 0, 0, 40, 30)
    presenter.sync()
    plain = capture_scanout(desk.scanout, first.id, pointer=True)
    golden.check(plain, "plain")
    desk.scanout.set_sprite(
        first.id,
        SpriteTransforms(
            position=(0, ONE, 20 * ONE, ONE, 0, 0, 0, 0, ONE),
            image=(2 * ONE, 0, 0, 0, 2 * ONE, 0, 0, 0, ONE),
        ),
    )
    moved = capture_scanout(desk.scanout, first.id, pointer=True)
    golden.check(moved, "moved-and-doubled")
    assert np.count_nonzero(moved.pixels != 0xFFFFFF) == 4 * np.count_nonzero(
        plain.pixels != 0xFFFFFF
    )


def arrow(presenter):
    """Make the root's cursor an L of 7x9 opaque red pixels, its hotspot in the corner."""
    pixmap = presenter.pixmap(7, 9, depth=32)
    shape = np.zeros((9, 7), np.uint32)
    shape[:, :2] = shape[7:, :] = 0xFFFF0000
    pixmap.put(shape)
    cursor = presenter.new_id()
    render = presenter.extension(xcffib.render)
    render.CreateCursor(cursor, Picture.of(pixmap).id, 0, 0)
    presenter.core.ChangeWindowAttributes(presenter.root, CW.Cursor, [cursor])


def test_a_wall_that_stops_leaves_the_screen_as_it_was(desk, presenter, connect):
    """The CRTCs show the screen again, and the windows themselves on it (PCP-035)."""
    (first,) = desk.side_by_side((WIDTH, HEIGHT))
    desktop = filled(presenter, WIDTH, HEIGHT)
    with Wall(connect("wall")) as wall:
        wall.drive(first.id, translation(30, 20))
    assert desk.scanout.of(first.id).pixmap == 0
    presenter.sync()
    desktop.picture.check(capture_scanout(desk.scanout, first.id))
