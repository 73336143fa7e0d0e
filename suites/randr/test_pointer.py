# SPDX-License-Identifier: MIT
"""The pointer on several CRTCs: where it can be, and where its sprite is seen."""

import pytest

from harness.capture.crtc import capture_crtc
from harness.clients.randr.layout import lay_out, show
from harness.models.desktop import Desktop
from harness.pixels.canvas import Canvas
from suites.cursors import set_cursor, sprite, warp

WIDTH, HEIGHT = 320, 240
LEFT, RIGHT = (0, 0, 160, 240), (160, 0, 160, 240)

pytestmark = [
    pytest.mark.needs("RANDR", "XFIXES", "RENDER", resize=True),
    pytest.mark.xserver(size=(WIDTH, HEIGHT)),
]


@pytest.mark.parametrize(
    "rectangles",
    [
        pytest.param([(0, 0, 320, 240)], id="one"),
        pytest.param([(60, 40, 128, 96)], id="part"),
        pytest.param([LEFT, RIGHT], id="two", marks=pytest.mark.needs(crtcs=2)),
        pytest.param(
            [(0, 0, 200, 150), (120, 90, 200, 150)], id="overlap", marks=pytest.mark.needs(crtcs=2)
        ),
        pytest.param(
            [(40, 30, 200, 160), (40, 30, 200, 160)], id="clones", marks=pytest.mark.needs(crtcs=2)
        ),
    ],
)
def test_sprite_is_on_every_crtc_that_shows_its_place(presenter, monitors, golden, rectangles):
    """The cursor's picture, its hot spot at the pointer, is on each CRTC as far as that shows the
    place: whole, cut at a border, on both sides of one, or nowhere; pictures without the
    pointer never have it."""
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), *rectangles)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    desktop.window(100, 60, 121, 90)
    set_cursor(presenter, sprite(), 5, 7)
    places = [(150, 100), (161, 99), (64, 44), (187, 135), (125, 95)]
    for x, y in places:
        assert warp(presenter, x, y) == (x, y)
        with_sprite = Canvas(WIDTH, HEIGHT, 24).paste(desktop.picture.frame.pixels)
        with_sprite.blend(sprite(), x - 5, y - 7)
        for index, (crtc, rectangle) in enumerate(zip(crtcs, rectangles, strict=True)):
            desktop.crop(*rectangle).check(capture_crtc(monitors, crtc))
            shown = capture_crtc(monitors, crtc, pointer=True)
            expected = with_sprite.frame.crop(*rectangle).pixels
            Canvas(*rectangle[2:], 24).paste(expected).check(shown)
            if len(crtcs) == 2 and rectangles[0] == LEFT and (x, y) == places[1]:
                golden.check(shown, f"crtc-{index}")


def test_sprite_changes_with_the_window_below(presenter, monitors):
    """The sprite is that of the cursor in force where the pointer is, at once when the cursor or
    the pointer's window changes."""
    (crtc,) = lay_out(monitors, (WIDTH, HEIGHT), (0, 0, WIDTH, HEIGHT))
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    desktop.window(160, 0, 160, 240, "blue")
    set_cursor(presenter, sprite(), 0, 0)
    warp(presenter, 200, 100)
    for pixels, hot in ((sprite(16, 16), (15, 15)), (sprite(7, 31), (3, 0)), (sprite(), (23, 19))):
        set_cursor(presenter, pixels, *hot)
        picture = desktop.crop(0, 0, WIDTH, HEIGHT).blend(pixels, 200 - hot[0], 100 - hot[1])
        picture.check(capture_crtc(monitors, crtc, pointer=True))


@pytest.mark.needs(crtcs=2)
@pytest.mark.parametrize(
    ("second", "reached"),
    [
        ((160, 0, 160, 120), {(200, 50): (200, 50), (150, 230): (150, 230), (319, 0): (319, 0)}),
        ((160, 120, 160, 120), {(200, 200): (200, 200), (319, 239): (319, 239)}),
    ],
    ids=["upper", "lower"],
)
def test_pointer_stays_on_crtcs_that_touch(presenter, monitors, second, reached):
    """On CRTCs without a gap between them the pointer goes from one to the other, and a place
    that none of them shows is not reached: it stops at the edge of the CRTC that it is on
    (RND-053)."""
    lay_out(monitors, (WIDTH, HEIGHT), LEFT, second)
    for asked, got in reached.items():
        assert warp(presenter, *asked) == got
    _, top, _, height = second
    outside = 239 if top == 0 else 0
    edge = top + height - 1 if top == 0 else top
    assert warp(presenter, 250, top + 5) == (250, top + 5)
    assert warp(presenter, 260, outside) == (260, edge)
    assert warp(presenter, 80, outside) == (80, outside)
    assert warp(presenter, 260, outside) == (159, outside)


@pytest.mark.needs(crtcs=2)
def test_pointer_floats_where_crtcs_leave_a_gap(presenter, monitors):
    """With a gap between the CRTCs the pointer can be anywhere on the screen (RND-053)."""
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), (0, 0, 100, 100), (200, 120, 120, 120))
    set_cursor(presenter, sprite(), 0, 0)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    for x, y in ((150, 110), (300, 20), (20, 200), (50, 50), (319, 239)):
        assert warp(presenter, x, y) == (x, y)
    warp(presenter, 150, 110)
    for crtc, rectangle in zip(crtcs, [(0, 0, 100, 100), (200, 120, 120, 120)], strict=True):
        desktop.crop(*rectangle).check(capture_crtc(monitors, crtc, pointer=True))


@pytest.mark.needs(crtcs=2)
def test_pointer_crosses_when_its_crtc_moves(presenter, monitors):
    """A CRTC that comes to show the pointer's place shows its sprite."""
    first, second = lay_out(monitors, (WIDTH, HEIGHT), LEFT, RIGHT)
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    set_cursor(presenter, sprite(), 0, 0)
    assert warp(presenter, 200, 100) == (200, 100)
    show(monitors, first, 120, 0, 160, 240)
    for crtc, rectangle in ((first, (120, 0, 160, 240)), (second, RIGHT)):
        picture = desktop.crop(*rectangle).blend(sprite(), 200 - rectangle[0], 100)
        picture.check(capture_crtc(monitors, crtc, pointer=True))
