# SPDX-License-Identifier: MIT
"""The table of the kinds of X server that the harness can start."""

from enum import StrEnum

from harness.servers.kinds import (
    sway,
    x2gokdrive,
    xephyr,
    xorg,
    xorg_flip,
    xorg_kms,
    xvfb,
    xvnc,
    xwayland,
)
from harness.servers.kinds.info import KindInfo


class ServerKind(StrEnum):
    """A kind of X server, by its name in options and test ids."""

    XVFB = "xvfb"
    XEPHYR = "xephyr"
    XORG = "xorg"
    XVNC = "xvnc"
    XWAYLAND = "xwayland"
    X2GOKDRIVE = "x2gokdrive"
    SWAY = "sway"
    XORG_FLIP = "xorg-flip"
    XORG_KMS = "xorg-kms"

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
    ServerKind.X2GOKDRIVE: x2gokdrive.INFO,
    ServerKind.SWAY: sway.INFO,
    ServerKind.XORG_FLIP: xorg_flip.INFO,
    ServerKind.XORG_KMS: xorg_kms.INFO,
}
"""One row per kind; a module of ``harness.servers.kinds`` describes each."""

DEFAULT_KINDS = tuple(kind for kind in ServerKind if kind.info.by_default)
"""Those that are judged where no server is named; the set-up installs them."""
