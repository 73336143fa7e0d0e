# SPDX-License-Identifier: MIT
"""Borders of any width and tiles of redirected windows: in the backing pixmap, on the screen."""

import numpy as np
import pytest
from xcffib.composite import Redirect
from xcffib.xproto import CW, BackPixmap

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from suites.marks import UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]


@UPDATES
@pytest.mark.parametrize("width", [1, 8, 9, 17, 40])
def test_a_border_of_any_width_is_part_of_the_picture(presenter, barrier, update, width):
    """In the backing pixmap, and on the screen when the server paints it, to the last pixel at the
    right and below (CMP-227)."""
    size = 24 + 2 * width, 18 + 2 * width
    parent = presenter.window(size[0] + 10, size[1] + 10, events=0, background="grey")
    window = presenter.window(
        *(24, 18),
        parent=parent,
        events=0,
        x=5,
        y=5,
        border_width=width,
        border="yellow",
        mapped=False,
    )
    window.redirect(update)
    window.map()
    window.fill("red")
    barrier()
    whole = Canvas(*size, presenter.depth, "yellow")
    whole.area(width, width, 24, 18).fill("red")
    whole.check(capture(window.name_pixmap()))
    if update == Redirect.Automatic:
        shown = Canvas(size[0] + 10, size[1] + 10, presenter.depth, "grey")
        shown.area(5, 5, *size).paste(whole.frame.pixels)
        await_picture(shown, lambda: capture(parent))


def tiled(width, height, tile, x, y):
    """Pixels of an area whose tile begins at (x, y)."""
    rows, columns = tile.shape
    across = (np.arange(width) - x) % columns
    down = (np.arange(height) - y) % rows
    return tile[down[:, None], across[None, :]]


@UPDATES
@pytest.mark.parametrize("relative", [False, True], ids=["own", "parents"])
def test_tiles_begin_where_they_do_without_redirection(presenter, barrier, update, relative):
    """Those of background and border at the window's origin, or at its parent's where the
    background is the parent's (CMP-228)."""
    tile = chart_pixels(19, 17)
    pixmap = presenter.pixmap(19, 17)
    pixmap.put(tile)
    parent = presenter.window(90, 80, events=0, background=None)
    presenter.core.ChangeWindowAttributes(parent.id, CW.BackPixmap, [pixmap.id])
    parent.clear()
    window = presenter.window(
        40, 30, x=13, y=11, parent=parent, events=0, mapped=False, background=None, border_width=3
    )
    background = BackPixmap.ParentRelative if relative else pixmap.id
    presenter.core.ChangeWindowAttributes(
        window.id, CW.BackPixmap | CW.BorderPixmap, [background, pixmap.id]
    )
    window.redirect(update)
    window.map()
    barrier()
    origin = (-13 - 3, -11 - 3) if relative else (0, 0)
    whole = Canvas(46, 36, presenter.depth)
    border = origin if relative else (0, 0)
    whole.paste(tiled(46, 36, tile, 3 + border[0], 3 + border[1]))
    whole.area(3, 3, 40, 30).paste(tiled(40, 30, tile, *origin))
    whole.check(capture(window.name_pixmap()))
