# SPDX-License-Identifier: MIT
"""Windows on a grey screen, and the expected picture of the screen."""

from typing import Any

from xcffib.xproto import CW

from harness.clients.present.presenter import Presenter, PresentWindow
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.colour import pixel_value

SCREEN_COLOUR = "grey"


class Desktop:
    """Windows of ``presenter``; ``picture`` is the expected one of the whole root.

    When the size of the screen changes, the server repaints the backgrounds of the root and
    the windows, and drops what was drawn.
    """

    def __init__(self, presenter: Presenter, width: int, height: int) -> None:
        self.presenter = presenter
        self.picture = Canvas(width, height, presenter.depth, SCREEN_COLOUR)
        pixel = pixel_value(SCREEN_COLOUR, presenter.depth)
        presenter.core.ChangeWindowAttributes(presenter.root, CW.BackPixel, [pixel])
        presenter.core.ClearArea(0, presenter.root, 0, 0, 0, 0)

    def window(
        self, x: int, y: int, width: int, height: int, colour: str | None = None, **attributes: Any
    ) -> PresentWindow:
        """A window of one colour as its background, or with a test chart drawn on black.

        ``attributes`` are those of ``Presenter.window``; a border is not in the picture.
        """
        window = self.presenter.window(
            width, height, x=x, y=y, background=colour or "black", **{"events": 0, **attributes}
        )
        border = window.geometry.border_width if "border_width" in attributes else 0
        area = self.picture.area(x + border, y + border, width, height)
        if colour is None:
            chart = chart_pixels(width, height, window.depth)
            window.put(chart)
            area.paste(chart)
        else:
            area.fill(colour)
        return window

    def crop(self, x: int, y: int, width: int, height: int) -> Canvas:
        """The expected picture of an untransformed CRTC with this rectangle."""
        frame = self.picture.frame.crop(x, y, width, height)
        return Canvas(width, height, frame.depth).paste(frame.pixels)
