# SPDX-License-Identifier: MIT
"""A screen that Xinerama joins of two, and a window of which each shows a part."""

import pytest
import xcffib.xinerama

from harness.capture.get_image import capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import Expose

WIDTH, HEIGHT = 80, 60
LEFT, RIGHT = (4, 6, 30, 20), (46, 6, 30, 20)
ACROSS = (20, 30, 40, 20)
PARTS = {"left": LEFT, "right": RIGHT, "across": ACROSS}
"""Places in the window: on the first screen, on the second one alone, on both."""

# XLibre 25.2 frees something twice when a server of two screens ends: its end is not judged.
JOINED = [
    pytest.mark.xserver(screens=2, any_depth=True, throwaway=True),
    pytest.mark.needs("XINERAMA"),
]
"""What tests of a joined screen ask for.  There is no Present."""


class Joined:
    """Windows of ``client`` across the seam, above a window that fills the screen."""

    def __init__(self, client):
        self.client = client
        heads = client.extension(xcffib.xinerama).QueryScreens().reply().screen_info
        self.heads = [(one.x_org, one.y_org, one.width, one.height) for one in heads]
        # Screens that begin at the same place come in either order.
        self.seam = min(x + width for x, _, width, _ in self.heads)
        self.place = Rectangle(self.seam - WIDTH // 2, 50, WIDTH, HEIGHT)
        self.ground = client.screen_window(events=0, background="grey")

    def window(self, colour, width=WIDTH, height=HEIGHT, **attributes):
        """A window at the place."""
        return self.client.window(
            *(width, height),
            x=self.place.x,
            y=self.place.y,
            events=0,
            background=colour,
            **attributes,
        )

    def cover(self):
        """Put a window over the place, and take it away again."""
        self.window("magenta").destroy()

    def look(self):
        """What the screen shows at the place."""
        return capture_root(self.client, self.place)

    def canvas(self, colour):
        return Canvas(WIDTH, HEIGHT, self.client.depth, colour)

    def shows(self, colour):
        """Hold the screen against a window of this colour at the place."""
        self.canvas(colour).check(self.look())

    def exposed(self, window, since):
        """What of ``window`` was exposed after so many events of its client, as rectangles."""
        self.client.sync()
        told = [event.core for event in self.client.events[since:]]
        return [
            (one.x, one.y, one.width, one.height)
            for one in told
            if isinstance(one, Expose) and one.window == window.id
        ]
