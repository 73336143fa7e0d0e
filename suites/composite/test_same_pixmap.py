# SPDX-License-Identifier: MIT
"""Changes of a redirected window that keep the size of its pixmap: window and border share it."""

import pytest
from xcffib.xproto import CW, Gravity

from harness.capture.get_image import capture
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from suites.marks import UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

WIDTH, HEIGHT = 48, 40
KEPT = {
    "first": (Gravity.NorthWest, lambda before, after: 0),
    "middle": (Gravity.Center, lambda before, after: (after - before) // 2),
    "last": (Gravity.SouthEast, lambda before, after: after - before),
}
"""The gravity of bits, and where their old origin is then."""


MISPLACED = pytest.mark.known_bug(
    reference="compCopyWindow moves the region of what it copied back by what the pixmap moved",
    evidence="failed: UnexpectedPicture the window does not show",
    strict=True,
)


@UPDATES
@pytest.mark.parametrize(("before", "after"), [(1, 3), (4, 2)], ids=["wider", "narrower"])
@pytest.mark.parametrize(
    ("corner", "moved"),
    [
        *((corner, (0, 0)) for corner in KEPT),
        ("middle", (7, 5)),
        pytest.param("first", (7, 5), marks=MISPLACED),
        pytest.param("last", (7, 5), marks=MISPLACED),
    ],
    ids=lambda value: value if isinstance(value, str) else "moved" if any(value) else "in_place",
)
def test_a_border_takes_from_the_window_what_it_needs(
    presenter, update, before, after, corner, moved
):
    """The window is smaller by what its border is wider, or the other way round: what it showed
    is where its bit gravity puts it, and the rest is its background (CMP-162)."""
    gravity, origin = KEPT[corner]
    parent = presenter.window(160, 120, x=20, y=10, events=0, background="grey")
    window = presenter.window(
        *(WIDTH, HEIGHT),
        x=16,
        y=12,
        parent=parent,
        events=0,
        background="blue",
        border_width=before,
        attributes={CW.BitGravity: gravity},
    )
    window.redirect(update)
    chart = chart_pixels(WIDTH, HEIGHT, window.depth)
    window.put(chart)
    Canvas(WIDTH, HEIGHT, window.depth).paste(chart).check(capture(window))
    width, height = (size - 2 * (after - before) for size in (WIDTH, HEIGHT))
    window.configure(
        x=16 + moved[0], y=12 + moved[1], width=width, height=height, border_width=after
    )
    expected = Canvas(width, height, window.depth, "blue")
    expected.paste(chart, origin(WIDTH, width), origin(HEIGHT, height))
    expected.check(capture(window))
