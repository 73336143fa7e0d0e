# SPDX-License-Identifier: MIT
"""What tests of redirection put on the screen, and how they wait until it is there.

No fixtures: classes of several files derive from ``Scene``, and functions wait inside of loops.
"""

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle

SCREEN = Rectangle(0, 0, 160, 120)
"""The part of the screen on which composited windows are."""
GROUND = "orange"
"""What compositors paint where no window is."""


def screen(client):
    return capture_root(client, SCREEN)


def ground(depth, colour=GROUND):
    """The picture of a composited screen without windows."""
    return Canvas(SCREEN.width, SCREEN.height, depth, colour)


def update(compositor):
    """Compose what has changed; it is on the screen when this returns."""
    compositor.update()
    if compositor.frames:
        compositor.frames[-1].wait_complete()


def await_lasting(client, picture, look):
    """The frame of ``look``, which comes to be ``picture`` and stays so."""
    await_picture(picture, look)
    client.sync()
    client.sync()
    shown = look()
    picture.check(shown)
    return shown


def leave(client):
    """End ``client``; other clients are answered after the server has freed what it owned."""
    # Until the end of the connection the server serves this client alone.
    client.core.GrabServer()
    client.sync()
    client.close()


class Scene:
    """A grey parent at ``place`` of the screen, for children redirected by ``update`` or not."""

    def __init__(self, presenter, place, update, border, **attributes):
        self.client = presenter
        self.place = place
        self.update = update
        self.border = border
        self.parent = presenter.window(
            *(place.width, place.height),
            x=place.x,
            y=place.y,
            events=0,
            background="grey",
            **attributes,
        )

    def window(self, x, y, width, height, **attributes):
        """A child of the parent."""
        return self.client.window(
            width, height, x=x, y=y, parent=self.parent, events=0, **attributes
        )

    def look(self):
        return capture_root(self.client, self.place)

    def settle(self, picture):
        """The screen comes to show ``picture`` at the parent's place, and keeps it."""
        return await_lasting(self.client, picture, self.look)
