# SPDX-License-Identifier: MIT
"""The Composite overlay window, on which compositors show their screen."""

from typing import Self

import xcffib.composite

from harness.clients.connection.client import Client
from harness.clients.resources.window import Window


class Overlay(Window):
    """One client's use of the overlay window, which the server owns."""

    @classmethod
    def get(cls, client: Client, window: int | None = None) -> Self:
        """The overlay window of the screen of ``window`` (the root by default).

        Each get needs a ``release``; the server makes the window for the first.
        """
        asked = client.root if window is None else window
        reply = client.extension(xcffib.composite).GetOverlayWindow(asked).reply()
        geometry = client.geometry(reply.overlay_win)
        return cls(client, reply.overlay_win, geometry.width, geometry.height, geometry.depth)

    def release(self) -> None:
        """This client needs it no longer; any window of the screen selects it."""
        self.client.extension(xcffib.composite).ReleaseOverlayWindow(self.client.root)
