# SPDX-License-Identifier: MIT
"""Faults of a server that tells wrongly what happens to windows, or does not keep to a grab."""

from tests.doubles.faulty_server import Fault, Ignores, Loses

BOTTOM = 0


class LosesConfigure(Loses):
    """Nobody is told that a window was moved, resized or restacked."""

    names = ("ConfigureNotify",)


class LosesUnmap(Loses):
    """Nobody is told that a window was unmapped."""

    names = ("UnmapNotify",)


class LosesShape(Loses):
    """Nobody is told that a window has another shape."""

    names = ("SHAPE:Notify",)


class MistellsSibling(Fault):
    """A window that was moved, resized or restacked is told to be the lowest."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != "ConfigureNotify":
            return [message]
        return [self.link.write(message, 12, "I", BOTTOM)]


class IgnoresGrab(Ignores):
    """A client that grabs the server is not alone with it."""

    names = ("GrabServer",)
