# SPDX-License-Identifier: MIT
"""How a server presents: found out by presenting, never concluded from its name."""

from harness.clients.endpoint import Endpoint
from harness.clients.presenter import Presenter
from harness.protocol.present import CompleteMode
from harness.timeline.rules import Family

AHEAD_FRAMES = 5


def presentation_family(server: Endpoint) -> Family:
    """Which rules hold on ``server``: does a presentation that fills the screen flip?

    Shows a window over the whole screen for a few frames.  Of two presentations for one
    frame Xorg skips the first, Xwayland flips to both.
    """
    with Presenter(server, name="probe") as client:
        screen = client.screen
        window = client.window(screen.width_in_pixels, screen.height_in_pixels)
        front, back = window.pixmap("black"), window.pixmap("black")
        if window.present(front).wait_complete().mode is not CompleteMode.FLIP:
            return Family.COPY
        target = window.msc() + AHEAD_FRAMES
        first = window.present(back, target_msc=target)
        second = window.present(front, target_msc=target)
        second.wait_complete()
        skipped = first.wait_complete().mode is CompleteMode.SKIP
        return Family.XORG_FLIP if skipped else Family.XWAYLAND_FLIP
