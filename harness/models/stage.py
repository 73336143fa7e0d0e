# SPDX-License-Identifier: MIT
"""A window inside of a larger one, and the expected picture of both."""

from dataclasses import dataclass
from typing import Any, Self

from harness.capture.get_image import capture
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.pixels.canvas import Canvas
from harness.pixels.frame import Frame

MARGIN_X, MARGIN_Y = 16, 12
STAGE_COLOUR, WINDOW_COLOUR = "grey", "blue"


@dataclass(frozen=True, slots=True)
class Stage:
    """A grey parent window with an inset blue child, ``window``, and their expected picture.

    ``picture`` is of the parent; ``inside`` is the window's area of it, for scripts to paint
    what their requests should draw.
    """

    parent: PresentWindow
    window: PresentWindow
    picture: Canvas
    inside: Canvas

    @classmethod
    def open(
        cls,
        presenter: Presenter,
        width: int = 48,
        height: int = 40,
        *,
        depth: int | None = None,
        **attributes: Any,
    ) -> Self:
        """Both windows mapped; ``attributes`` are the inner window's, as for ``Window.create``."""
        border = int(attributes.get("border_width", 0))
        outer = (width + 2 * (MARGIN_X + border), height + 2 * (MARGIN_Y + border))
        parent = presenter.window(
            *outer, x=30, y=20, events=0, depth=depth, background=STAGE_COLOUR
        )
        place: dict[str, Any] = {"x": MARGIN_X, "y": MARGIN_Y, "parent": parent, "depth": depth}
        window = presenter.window(width, height, **place, background=WINDOW_COLOUR, **attributes)
        picture = Canvas(*outer, parent.depth, STAGE_COLOUR)
        around = picture.area(MARGIN_X, MARGIN_Y, width + 2 * border, height + 2 * border)
        if border:
            around.fill(attributes.get("border", "white"))
        inside = around.area(border, border, width, height).fill(WINDOW_COLOUR)
        return cls(parent, window, picture, inside)

    def shown(self) -> Frame:
        """A capture of the parent.  Raises UnexpectedPicture unless it is ``picture``."""
        frame = capture(self.parent)
        self.picture.check(frame)
        return frame
