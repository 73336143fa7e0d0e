# SPDX-License-Identifier: MIT
"""The table of the kinds of X server that the harness can start."""

from enum import StrEnum

from harness.servers.kinds import xephyr, xorg, xvfb, xvnc, xwayland
from harness.servers.kinds.info import KindInfo


class ServerKind(StrEnum):
    """A kind of X server, by its name in options and test ids."""

    XVFB = "xvfb"
    XEPHYR = "xephyr"
    XORG = "xorg"
    XVNC = "xvnc"
    XWAYLAND = "xwayland"

    @property
    def info(self) -> KindInfo:
        """The description of this kind."""
        return KINDS[self]


KINDS = {
    ServerKind.XVFB: xvfb.INFO,
    ServerKind.XEPHYR: xephyr.INFO,
    ServerKind.XORG: xorg.INFO,
    ServerKind.XVNC: xvnc.INFO,
    ServerKind.XWAYLAND: xwayland.INFO,
}
"""One row per kind; a module of ``harness.servers.kinds`` describes each."""
