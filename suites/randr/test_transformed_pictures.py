# SPDX-License-Identifier: MIT
"""What monitors show through the transforms of their CRTCs, against a model of it."""

import math
from dataclasses import replace

import pytest
import xcffib.render

from harness.capture.crtc import capture_crtc
from harness.capture.get_image import capture_root
from harness.clients.randr.head import Head
from harness.clients.randr.layout import lay_out, show
from harness.clients.randr.transform import Panning, Transform
from harness.models.crtc_view import FILTERS, ONE, CrtcView
from harness.models.desktop import Desktop
from harness.x11.randr import Rotation
from suites.cursors import set_cursor, sprite, warp
from suites.marks import SCANNED_OUT

WIDTH, HEIGHT = 320, 240
MODE = 96, 72

pytestmark = [
    SCANNED_OUT,
    pytest.mark.needs("RANDR", transform=True),
    pytest.mark.xserver(fps=600, size=(WIDTH, HEIGHT)),
]


def matrix(*rows):
    """In units of 1/65536."""
    return tuple(round(number * ONE) for row in rows for number in row)


def scale(x, y):
    return matrix((x, 0, 0), (0, y, 0), (0, 0, 1))


def scaled(number):
    """By ``number`` of 65536 in both directions."""
    return (number, 0, 0, 0, number, 0, 0, 0, ONE)


COS, SIN = math.cos(0.4), math.sin(0.4)

MATRICES = {
    "twice": scale(2, 2),
    "thrice": scale(3, 3),
    "half": scale(1 / 2, 1 / 2),
    "1.25": scale(1.25, 1.25),
    "0.75": scale(0.75, 0.75),
    "1.333313": scaled(87380),
    "1.1x0.6": scale(1.1, 0.6),
    "mirrored": matrix((-1, 0, 96), (0, 1, 0), (0, 0, 1)),
    "moved": matrix((1, 0, 20.5), (0, 1, -11.25), (0, 0, 1)),
    "sheared": matrix((1, 0.3, 0), (0.1, 1, 0), (0, 0, 1)),
    "turned": matrix((COS, -SIN, 40), (SIN, COS, 0), (0, 0, 1)),
    "keystone": matrix((1.2, 0.2, 0), (0, 1.4, 0), (0, 0.004, 1)),
    "aslant": matrix((1, 0.1, 5), (0.05, 1.1, 3), (0.002, 0.001, 0.9)),
}
"""From the pixels of the CRTC to those of the screen."""

CORNERS_ALONE = pytest.mark.known_bug(
    reference="glamor divides by the scale of a projective transform at corners alone",
    servers=("xorg", "xorg-kms"),
    where={"flip": True},
    evidence="failed: UnexpectedPicture",
)
"""Expected of the driver that draws with glamor; the dummy driver has no transforms."""


def known_of(matrix):
    """What is known of a matrix whose filter is no convolution: glamor leaves those to pixman."""
    return [CORNERS_ALONE] if matrix[6:] != (0, 0, ONE) else []


def matrices(names=MATRICES):
    """Parameters of these names, with what is known of them."""
    return [pytest.param(MATRICES[name], id=name, marks=known_of(MATRICES[name])) for name in names]


SHARP = ("convolution", (3 * ONE, 3 * ONE, *(n * ONE for n in (0, -1, 0, -1, 5, -1, 0, -1, 0))))

UNWEIGHTED = {"none": ("", ()), "nearest": ("nearest", ()), "bilinear": ("bilinear", ())}
KERNELS = {
    "box": ("convolution", (3 * ONE, 3 * ONE, *(ONE // 9,) * 9)),
    "wide": ("convolution", (4 * ONE, ONE, *(ONE // 4,) * 4)),
    "too-bright": ("convolution", (ONE, 2 * ONE, ONE, ONE)),
}
SAMPLINGS = {**UNWEIGHTED, **KERNELS}

ROTATIONS = {
    f"{90 * turn}{name}": 1 << turn | reflection
    for turn in range(4)
    for name, reflection in (("", 0), ("x", Rotation.REFLECT_X), ("y", Rotation.REFLECT_Y))
}


PLACES = {
    "apart": ((24, 16), (180, 130)),
    "apart-reversed": ((180, 130), (24, 16)),
    "overlapping": ((24, 16), (50, 30)),
}
"""Of two CRTCs."""


class TransformedCrtc:
    """A CRTC that shows (``x``, ``y``) of the screen."""

    def __init__(self, monitors, desktop, crtc, x, y):
        self.monitors, self.desktop, self.crtc, self.x, self.y = monitors, desktop, crtc, x, y
        self.head = Head(monitors, crtc, monitors.crtc(crtc).outputs[0])
        self.mode = self.head.info.mode
        self.view = CrtcView(*MODE, x, y)

    def set(self, transform, rotation=Rotation.ROTATE_0):
        """Have the CRTC show the screen through ``transform``, with the same mode and place."""
        self.monitors.set_transform(self.crtc, transform)
        self.show(transform, rotation)

    def show(self, transform, rotation=Rotation.ROTATE_0):
        """SetCrtcConfig, while ``transform`` is pending."""
        place = {"x": self.x, "y": self.y, "rotation": rotation}
        assert self.head.set(self.mode, **place).status == 0
        self.view = CrtcView(*MODE, self.x, self.y, rotation, transform)

    def check(self):
        """The root's picture is as it was; the monitor shows what the transform makes of it."""
        self.desktop.picture.check(capture_root(self.monitors.client))
        shown = capture_crtc(self.monitors, self.crtc)
        self.view.check(self.desktop.picture.frame, shown)
        return shown


def transformed_crtcs(monitors, presenter, *places):
    """The first CRTCs, at ``places`` of a screen with windows; all others are off."""
    crtcs = lay_out(monitors, (WIDTH, HEIGHT), *((*place, *MODE) for place in places))
    desktop = Desktop(presenter, WIDTH, HEIGHT)
    desktop.window(10, 6, 61, 50)
    desktop.window(60, 30, 90, 70)
    desktop.window(20, 80, 50, 30, "red")
    desktop.window(100, 20, 30, 90, "green")
    desktop.window(200, 150, 100, 80)
    return [
        TransformedCrtc(monitors, desktop, crtc, *place)
        for crtc, place in zip(crtcs, places, strict=True)
    ]


@pytest.fixture
def transformed(monitors, presenter):
    """A CRTC whose picture a test transforms."""
    (transformed,) = transformed_crtcs(monitors, presenter, (24, 16))
    return transformed


@pytest.mark.parametrize(
    ("matrix", "sampling"),
    [
        pytest.param(
            matrix,
            sampling,
            id=f"{name}-{filter}",
            marks=known_of(matrix) if filter in UNWEIGHTED else [],
        )
        for name, matrix in MATRICES.items()
        for filter, sampling in SAMPLINGS.items()
    ],
)
def test_a_monitor_shows_the_screen_through_its_transform(transformed, matrix, sampling):
    """Each pixel is what the filter makes of the screen where the matrix takes its centre, black
    beyond the screen; images of the root do not change (RND-131)."""
    transformed.set(Transform(matrix, *sampling))
    transformed.check()


def test_every_filter_that_is_listed_can_be_set(transformed, presenter):
    """Each filter that RENDER lists for the root is taken, and does what it says; aliases do what
    the filters do that they stand for (RND-056, RND-131)."""
    render = presenter.extension(xcffib.render)
    reply = render.QueryFilters(presenter.root).reply()
    listed = [b"".join(one.name).decode() for one in reply.filters]
    assert {"nearest", "bilinear"} <= set(listed)
    for name in listed:
        if FILTERS.get(name) not in (None, "convolution"):
            transformed.set(Transform(MATRICES["1.1x0.6"], name))
            transformed.check()


@pytest.mark.parametrize("rotation", ROTATIONS.values(), ids=list(ROTATIONS))
@pytest.mark.parametrize("matrix", matrices(["thrice", "1.1x0.6", "sheared", "keystone"]))
def test_a_turn_comes_before_the_transform(transformed, matrix, rotation):
    """What the transform makes of the screen is reflected and turned (RND-132)."""
    for filter in ("nearest", "bilinear"):
        transformed.set(Transform(matrix, filter), rotation)
        transformed.check()


@pytest.mark.known_bug(
    reference="pixman before 0.44 takes a sum below 0 of a convolution for the largest value",
    evidence="failed: UnexpectedPicture",
)
def test_a_sum_below_zero_is_no_light(transformed):
    """Sums of a convolution end at the least and the largest value of a channel (RND-131)."""
    transformed.set(Transform(MATRICES["thrice"], *SHARP))
    transformed.check()


SIZES = {
    "1.333313": (scaled(87380), (1366, 1024)),
    "1.333328": (scaled(87381), (1366, 1024)),
    "1.1": (scaled(72090), (1127, 845)),
    "0.75": (scaled(49152), (768, 576)),
    "just above 0.75": (scaled(49153), (769, 577)),
    "just below 0.75": (scaled(49151), (768, 576)),
    "1.5x0.5": (scale(1.5, 0.5), (1536, 384)),
    "mirrored": (scale(-1, 1), (1024, 768)),
    "moved by a half": (matrix((1, 0, 0.5), (0, 1, -7), (0, 0, 1)), (1025, 768)),
    "a quarter turn": (matrix((0, 1, 0), (-1, 0, 0), (0, 0, 1)), (768, 1024)),
    "sheared": (matrix((1, 0.3, 0), (0.1, 1, 0), (0, 0, 1)), (1255, 871)),
    "keystone": (matrix((1, 0, 0), (0, 1, 0), (0, 2**-12, 1)), (1024, 647)),
}
"""What each makes of a mode of 1024x768."""


@pytest.mark.parametrize(("matrix", "size"), SIZES.values(), ids=list(SIZES))
def test_the_area_has_all_pixels_that_are_touched(head, matrix, size):
    """CRTC and monitor are as large as the smallest rectangle around what is shown, which no
    fraction of a pixel is missing of, and stay at their place; turned by 90 degrees the area of
    the turned mode counts (RND-059)."""
    mode = head.add_mode(1024, 768)
    head.monitors.set_transform(head.crtc, Transform(matrix))
    assert head.set(mode.id, 30, 20).status == 0
    [monitor] = head.monitors.monitors()
    for told in (head.info, monitor):
        assert (told.x, told.y, told.width, told.height) == (30, 20, *size)
    turned = CrtcView(1024, 768, 30, 20, Rotation.ROTATE_90, Transform(matrix)).area
    assert head.set(mode.id, 30, 20, rotation=Rotation.ROTATE_90).status == 0
    assert (head.info.width, head.info.height) == (turned.width, turned.height)


@pytest.mark.parametrize("sampling", UNWEIGHTED.values(), ids=list(UNWEIGHTED))
@pytest.mark.parametrize("matrix", matrices(["thrice", "half", "1.1x0.6", "turned", "keystone"]))
def test_what_is_drawn_later_goes_through_the_transform_too(
    transformed, presenter, matrix, sampling
):
    """Drawing, windows that come, move and go: the monitor follows, at their edges too
    (RND-133)."""
    transformed.set(Transform(matrix, *sampling))
    follow(transformed, presenter)


@pytest.mark.known_bug(
    reference="xf86CrtcRotate leaves out the size of a convolution: what is around a change is "
    "not redrawn",
    evidence="failed: UnexpectedPicture",
)
@pytest.mark.parametrize("kernel", ["box", "wide"])
def test_a_kernel_redraws_what_is_around_a_change(transformed, presenter, kernel):
    """As far as its numbers reach (RND-133)."""
    transformed.set(Transform(MATRICES["1.25"], *KERNELS[kernel]))
    follow(transformed, presenter)


def follow(transformed, presenter):
    """Change what the screen shows, and look at the monitor after each change."""
    picture = transformed.desktop.picture
    transformed.check()
    window = transformed.desktop.window(41, 33, 11, 9, "cyan")
    transformed.check()
    window.fill("white", 4, 3, 1, 1)
    picture.area(45, 36, 1, 1).fill("white")
    transformed.check()
    # The chart below it is lost, and its window black.
    window.unmap()
    picture.area(41, 33, 11, 9).fill("black")
    transformed.check()
    window.move(70, 61)
    window.map()
    picture.area(70, 61, 11, 9).fill("cyan")
    presenter.sync()
    transformed.check()


def test_a_transform_is_on_the_monitor_from_set_crtc_config_on(transformed):
    """Pending it changes no picture; nor does a new one while the CRTC is off.  Switched on the
    CRTC has the pending one, and with the identity the picture is the screen's (RND-057)."""
    transformed.check()
    wide = Transform(MATRICES["thrice"])
    transformed.monitors.set_transform(transformed.crtc, wide)
    transformed.check()
    transformed.set(wide)
    transformed.check()
    transformed.monitors.switch_off(transformed.crtc)
    transformed.show(wide)
    transformed.check()
    transformed.monitors.switch_off(transformed.crtc)
    transformed.set(Transform(MATRICES["sheared"], "bilinear"))
    transformed.check()
    transformed.set(Transform())
    transformed.check()


def test_another_filter_of_the_same_matrix_is_on_the_monitor(transformed):
    """Also one that differs in the count of its parameters, or in their values, alone
    (RND-131)."""
    matrix = MATRICES["1.25"]
    for name in ("box", "wide", "too-bright"):
        transformed.set(Transform(matrix, *KERNELS[name]))
        transformed.check()
    half = ("convolution", (ONE, 2 * ONE, ONE // 2, 0))
    for sampling in (half, ("bilinear", ()), ("nearest", ()), half):
        transformed.set(Transform(matrix, *sampling))
        transformed.check()


OVERFLOWS = pytest.mark.known_bug(
    reference="RRTransformCompute makes a matrix smaller by too little: places overflow",
    evidence="failed: UnexpectedPicture",
)


@pytest.mark.parametrize(
    ("factor", "rotation"),
    [
        (40, Rotation.ROTATE_0),
        pytest.param(4000, Rotation.ROTATE_0, marks=OVERFLOWS),
        pytest.param(10000, Rotation.ROTATE_0, marks=OVERFLOWS),
        (40, Rotation.ROTATE_90),
        (4000, Rotation.ROTATE_90),
        (10000, Rotation.ROTATE_90),
    ],
)
def test_a_matrix_of_large_numbers_is_what_it_stands_for(transformed, factor, rotation):
    """Only the ratio of its numbers counts, also where a place times one of them is more than a
    matrix can have (RND-131)."""
    for name in ("thrice", "1.1x0.6"):
        numbers = tuple(factor * number for number in MATRICES[name])
        transformed.set(Transform(numbers, "nearest"), rotation)
        plain = Transform(MATRICES[name])
        transformed.view = CrtcView(*MODE, transformed.x, transformed.y, rotation, plain)
        transformed.check()


@pytest.mark.needs(crtcs=2)
def test_each_crtc_has_a_transform_of_its_own(monitors, presenter):
    """One beside it shows the screen as it is, also of the same place (RND-131)."""
    (first,) = transformed_crtcs(monitors, presenter, (24, 16))
    second = monitors.resources().crtcs[1]
    show(monitors, second, 24, 16, *MODE)
    for name in ("turned", "half"):
        first.set(Transform(MATRICES[name], "bilinear"))
        first.check()
        first.desktop.crop(24, 16, *MODE).check(capture_crtc(monitors, second))


@pytest.mark.needs(crtcs=2)
@pytest.mark.parametrize("places", PLACES.values(), ids=list(PLACES))
def test_each_transformed_crtc_follows_what_is_drawn_where_it_is(monitors, presenter, places):
    """Drawing in the area of one, of the other, of both: after each both monitors are right,
    whichever CRTC is the first (RND-131, RND-133)."""
    crtcs = transformed_crtcs(monitors, presenter, *places)
    first, second = crtcs
    first.set(Transform(MATRICES["half"], "bilinear"))
    second.set(Transform(MATRICES["1.1x0.6"], "nearest"), Rotation.ROTATE_90)
    windows = [first.desktop.window(x + 9, y + 7, 21, 13, "red") for x, y in places]

    def draw(number, colour):
        windows[number].fill(colour, 3, 2, 9, 5)
        x, y = places[number]
        first.desktop.picture.area(x + 12, y + 9, 9, 5).fill(colour)

    def check():
        for crtc in crtcs:
            crtc.check()

    check()
    for colour in ("cyan", "white"):
        for number in (0, 1):
            draw(number, colour)
            check()
    draw(0, "blue")
    draw(1, "blue")
    check()
    first.desktop.window(0, 0, WIDTH, HEIGHT, "green")
    check()


@pytest.mark.needs("XFIXES")
@pytest.mark.parametrize("rotation", [Rotation.ROTATE_0, Rotation.ROTATE_90], ids=["0", "90"])
@pytest.mark.parametrize("matrix", matrices(["thrice", "1.1x0.6", "turned", "keystone"]))
def test_the_pointer_goes_through_the_transform_with_the_screen(
    transformed, presenter, matrix, rotation
):
    """The monitor shows the sprite as part of the screen, wherever it is moved; images of the
    root never have it (RND-134)."""
    set_cursor(presenter, sprite(), 5, 7)
    transformed.set(Transform(matrix, "bilinear"), rotation)
    for x, y in ((60, 40), (61, 40), (90, 55), (60, 40)):
        assert warp(presenter, x, y) == (x, y)
        transformed.desktop.picture.check(capture_root(presenter))
        seen = transformed.desktop.crop(0, 0, WIDTH, HEIGHT).blend(sprite(), x - 5, y - 7)
        shown = capture_crtc(transformed.monitors, transformed.crtc, pointer=True)
        transformed.view.check(seen.frame, shown)


@pytest.mark.needs("XFIXES")
def test_the_pointer_is_where_it_was_when_the_transform_goes(transformed, presenter):
    """With the identity the sprite is at its place, once (RND-057, RND-134)."""
    set_cursor(presenter, sprite(), 5, 7)
    warp(presenter, 60, 40)
    for transform in (Transform(MATRICES["half"]), Transform()):
        transformed.set(transform)
        seen = transformed.desktop.crop(0, 0, WIDTH, HEIGHT).blend(sprite(), 55, 33)
        shown = capture_crtc(transformed.monitors, transformed.crtc, pointer=True)
        transformed.view.check(seen.frame, shown)
        transformed.desktop.picture.check(capture_root(presenter))


@pytest.mark.parametrize("name", ["1.25", "half", "1.1x0.6"])
def test_the_pointer_stays_in_the_area_that_is_shown(transformed, presenter, name):
    """Its edges are those of what the transform shows, not those of the mode (RND-053)."""
    transformed.set(Transform(MATRICES[name]))
    area = transformed.view.area
    right, bottom = area.right - 1, area.bottom - 1
    for x, y in ((319, 239), (0, 239), (319, 0), (0, 0), (right, bottom)):
        assert warp(presenter, 40, 30) == (40, 30)
        assert warp(presenter, x, y) == (
            min(max(x, area.x), right),
            min(max(y, area.y), bottom),
        )


@pytest.mark.known_bug(
    reference="xf86CrtcSetOrigin sets the mode again without its transform where a driver has no "
    "set_origin",
    servers=("xorg-kms",),
    evidence="failed: UnexpectedPicture",
)
def test_a_crtc_pans_as_far_as_its_transform_shows(transformed, presenter):
    """The pointer takes the area that is shown along, which is that of the transform
    (RND-062)."""
    transformed.set(Transform(MATRICES["1.25"], "bilinear"))
    panning = Panning((0, 0, WIDTH, HEIGHT))
    assert transformed.monitors.set_panning(transformed.crtc, panning).status == 0
    width, height = transformed.view.area.width, transformed.view.area.height
    for x, y in ((WIDTH - 1, HEIGHT - 1), (0, 0), (WIDTH - 1, 0)):
        assert warp(presenter, x, y) == (x, y)
        place = {"x": WIDTH - width if x else 0, "y": HEIGHT - height if y else 0}
        transformed.view = replace(transformed.view, **place)
        transformed.check()
