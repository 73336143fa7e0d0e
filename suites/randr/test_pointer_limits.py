# SPDX-License-Identifier: MIT
"""Where the pointer can go: on the CRTCs that are on while they touch, else anywhere."""

import pytest

from harness.clients.randr.head import Head

pytestmark = [
    pytest.mark.needs("RANDR", resize=True),
    pytest.mark.xserver(at_least=(1280, 1024)),
]

MOTION_NOTIFY = 6
FAKE_INPUT = 2
FAR = [(0, 0), (1279, 0), (0, 1023), (1279, 1023), (640, 512), (500, 60)]


class Pointer:
    """The pointer, moved as by a device: through XTEST."""

    def __init__(self, monitors, wire):
        self.client = monitors.client
        self.wire = wire
        self.major = wire.major("XTEST")
        assert self.major

    @property
    def place(self):
        reply = self.client.core.QueryPointer(self.client.root).reply()
        return reply.root_x, reply.root_y

    def move(self, x, y):
        body = self.wire.pack("BB2xII8xhh8x", MOTION_NOTIFY, 0, 0, self.wire.root, x, y)
        assert self.wire.error_of(self.wire.request(self.major, FAKE_INPUT, body)) is None
        return self.place


@pytest.fixture
def pointer(monitors, connect_wire):
    return Pointer(monitors, connect_wire())


def clamp(place, area):
    x, y = place
    left, top, width, height = area
    return min(max(x, left), left + width - 1), min(max(y, top), top + height - 1)


@pytest.mark.parametrize("place", FAR, ids=str)
def test_the_pointer_stays_on_the_only_crtc(head, pointer, place):
    """It stops at the edge of the area that is shown, each axis for itself (RND-053)."""
    head.set(head.add_mode(320, 200).id, 100, 50)
    pointer.move(110, 60)
    assert pointer.place == (110, 60)
    assert pointer.move(*place) == clamp(place, (100, 50, 320, 200))


def test_every_pixel_at_the_edge_can_be_reached(head, pointer):
    """The corners belong to the area, the pixels next to them do not (RND-053)."""
    head.set(head.add_mode(320, 200).id, 100, 50)
    for corner in [(100, 50), (419, 50), (100, 249), (419, 249)]:
        assert pointer.move(*corner) == corner
    assert pointer.move(420, 249) == (419, 249)
    assert pointer.move(419, 250) == (419, 249)
    assert pointer.move(99, 60) == (100, 60)


@pytest.mark.parametrize(
    "place",
    [
        *[(640, 480), (1279, 1023), (101, 700), (700, 51)],
        *[(0, 0), (3, 700), (700, 3), (99, 120), (150, 49)],
        *[(420, 120), (421, 120), (150, 250), (150, 251)],
    ],
    ids=str,
)
def test_the_pointer_is_brought_to_the_crtc_that_shrinks_or_moves(head, pointer, place):
    """When the screen is configured anew it moves to the nearest pixel that is shown (RND-053)."""
    mode = head.add_mode(320, 200)
    assert pointer.move(*place) == place
    head.set(mode.id, 100, 50)
    assert pointer.place == clamp(place, (100, 50, 320, 200))


def test_the_pointer_stays_where_it_is_while_that_is_shown(head, pointer):
    """A new configuration that still shows its place leaves it alone (RND-053)."""
    mode = head.add_mode(320, 200)
    pointer.move(150, 120)
    for x, y in [(100, 50), (0, 0), (150, 120)]:
        head.set(mode.id, x, y)
        assert pointer.place == (150, 120)


def test_without_any_crtc_the_pointer_goes_anywhere(head, pointer):
    """Nothing is shown, and nothing holds it (RND-053)."""
    head.off()
    for place in FAR:
        assert pointer.move(*place) == place


def test_without_any_crtc_a_smaller_screen_leaves_the_pointer_where_it_is(monitors, head, pointer):
    """There is no CRTC to bring it to (RND-022, RND-053)."""
    head.off()
    assert pointer.move(50, 60) == (50, 60)
    monitors.set_screen_size(320, 240)
    monitors.client.sync()
    assert pointer.place == (50, 60)


def test_the_pointer_stays_on_a_screen_that_shrinks(monitors, head, pointer):
    """With all CRTCs off, the edges of the screen are its limits (RND-022, RND-053)."""
    head.off()
    pointer.move(1000, 900)
    monitors.set_screen_size(320, 240)
    monitors.client.sync()
    x, y = pointer.move(1000, 900)
    assert (x, y) == (319, 239)


@pytest.fixture
def pair(monitors):
    """Two CRTCs of 320x200 and 200x120, to be placed."""
    first, second, *_ = Head.all(monitors)
    one, two = first.add_mode(320, 200), second.add_mode(200, 120)

    def place(first_at, second_at):
        first.set(one.id, *first_at)
        second.set(two.id, *second_at)

    return place


TOUCHING = {
    "right": ((100, 100), (420, 150)),
    "left": ((400, 100), (200, 150)),
    "below": ((100, 100), (150, 300)),
    "above": ((100, 300), (150, 180)),
    "at a corner": ((100, 100), (420, 300)),
    "overlapping": ((100, 100), (300, 150)),
    "inside": ((100, 100), (150, 150)),
}


@pytest.mark.needs(crtcs=2)
@pytest.mark.parametrize("layout", TOUCHING)
def test_the_pointer_goes_from_one_crtc_to_one_that_touches_it(pair, pointer, layout):
    """Both are open to it, and nothing besides: it stops at the edge of the one it is on
    (RND-053)."""
    one, two = TOUCHING[layout]
    pair(one, two)
    inside = {
        (one[0] + 5, one[1] + 5): (*one, 320, 200),
        (two[0] + 199, two[1] + 119): (*two, 200, 120),
    }
    for _ in range(2):
        for place in inside:
            assert pointer.move(*place) == place
    for place in inside:
        for far in [(0, 0), (1279, 1023), (1279, 0)]:
            pointer.move(*place)
            areas = [(*one, 320, 200), (*two, 200, 120)]
            held = [area for area in areas if clamp(place, area) == place]
            assert pointer.move(*far) in {clamp(far, area) for area in held}


APART = {
    "right": ((100, 100), (421, 150)),
    "far right": ((100, 100), (900, 150)),
    "below": ((100, 100), (150, 301)),
    "diagonal": ((100, 100), (600, 600)),
}


@pytest.mark.needs(crtcs=2)
@pytest.mark.parametrize("layout", APART)
def test_the_pointer_goes_anywhere_when_there_is_a_gap(pair, pointer, layout):
    """A gap is taken for intended: all of the screen is open, shown or not (RND-053)."""
    pair(*APART[layout])
    for place in [*FAR, (110, 110), (0, 500), (1000, 3)]:
        assert pointer.move(*place) == place


@pytest.mark.needs(crtcs=2)
def test_closing_a_gap_holds_the_pointer_again(monitors, pair, pointer):
    """It is brought to the nearest CRTC, and held there (RND-053)."""
    pair((100, 100), (900, 600))
    assert pointer.move(1200, 1000) == (1200, 1000)
    pair((100, 100), (420, 100))
    assert pointer.place == clamp(pointer.place, (420, 100, 200, 120))
    assert pointer.move(1279, 150) == (619, 150)


@pytest.mark.needs(crtcs=3)
def test_three_crtcs_in_a_row_are_one_area(monitors, pointer):
    """What counts is whether all hang together, not whether each touches each; without the middle
    one there is a gap (RND-053)."""
    heads = Head.all(monitors)[:3]
    for n, head in enumerate(heads):
        head.set(head.add_mode(200, 100, f"row {n}").id, 200 * n, 0)
    assert pointer.move(10, 10) == (10, 10)
    assert pointer.move(590, 10) == (590, 10)
    assert pointer.move(590, 500) == (590, 99)
    heads[1].off()
    assert pointer.move(300, 50) == (300, 50)
    assert pointer.move(590, 500) == (590, 500)


def test_warping_is_no_way_out(head, pointer):
    """WarpPointer obeys the same limits as a device, or goes wherever it is told: the pointer is
    on the screen at any rate, and held again by the next motion (RND-053)."""
    head.set(head.add_mode(320, 200).id, 100, 50)
    pointer.move(110, 60)
    pointer.client.core.WarpPointer(0, pointer.client.root, 0, 0, 0, 0, 1000, 900)
    assert pointer.place in {(1000, 900), (419, 249)}
    pointer.client.core.WarpPointer(0, pointer.client.root, 0, 0, 0, 0, 200, 100)
    assert pointer.place == (200, 100)
    assert pointer.move(5, 5) == (100, 50)


OUTSIDE = [(50, 100), (600, 100), (200, 20), (200, 500), (50, 20), (600, 20), (50, 500), (600, 500)]
"""Places on each side of the CRTC, and at each of its corners."""


@pytest.mark.parametrize("place", OUTSIDE, ids=str)
def test_a_pointer_that_was_warped_out_is_held_when_it_is_back(head, pointer, place):
    """It is held by the CRTC that it comes from: by none until it is on it again (RND-053)."""
    head.set(head.add_mode(320, 200).id, 100, 50)
    pointer.move(110, 60)
    x, y = place
    pointer.client.core.WarpPointer(0, pointer.client.root, 0, 0, 0, 0, x, y)
    if pointer.place == place:
        assert pointer.move(x + 3, y + 4) == (x + 3, y + 4)
    pointer.move(110, 60)
    assert pointer.move(*place) == clamp(place, (100, 50, 320, 200))
