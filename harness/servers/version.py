# SPDX-License-Identifier: MIT
"""Versions of X servers: each vendor counts a line of its own, and only these compare."""

from dataclasses import dataclass
from enum import StrEnum

from harness.errors import HarnessError

Version = tuple[int, ...]

_MAIN = 99


class Vendor(StrEnum):
    """The known lines of versions.

    TigerVNC reports the version of the X.Org server that it is built from, so its line is
    X.Org's.  Xwayland left that line after 1.20.
    """

    X_ORG = "X.Org"
    XLIBRE = "XLibre"
    XWAYLAND = "Xwayland"


@dataclass(frozen=True, slots=True)
class ServerVersion:
    """A version in the line of ``vendor``.

    ``numbers`` of different vendors do not compare.  Of an unknown vendor (None) they are the
    release number alone; ``vendor_name`` is how the server names its vendor.
    """

    vendor: Vendor | None
    numbers: Version
    vendor_name: str

    def __str__(self) -> str:
        text = ".".join(map(str, self.numbers))
        if self.vendor in (Vendor.X_ORG, Vendor.XWAYLAND):
            return text
        return f"{text} ({self.vendor or self.vendor_name or 'unnamed vendor'})"

    def may_precede(self, other: Version) -> bool:
        """Whether its code may be older than the version ``other`` of the same vendor.

        That of main, whose patch is 99 until the next series, keeps its number for years in which
        the series gets releases: 21.1.99 was there before 21.1.1 and after 21.1.21.
        """
        of_main = self.numbers[2:3] == (_MAIN,) and self.numbers[:2] == other[:2]
        return self.numbers < other or (of_main and other[2:3] < (_MAIN,))


def server_version(vendor_name: str, release: int, is_xwayland: bool = False) -> ServerVersion:
    """The version that a connection set-up reports, by its vendor string and release number.

    X.Org, XLibre and Xwayland report 1 21 01 007 for 21.1.7, and 1 20 11 000 for 1.20.11.
    Xwayland reports X.Org as its vendor; where ``is_xwayland`` does not say so, its version
    does: X.Org has none between 21.1 and 26.1.
    Source: include/meson.build of the servers.
    """
    major, minor, patch = release // 100_000 - 100, release // 1000 % 100, release % 1000
    numbers = (major, minor, patch) if major >= 21 else (1, major, minor, patch)
    if not 0 <= major < 100:
        vendor = None
    elif "XLibre" in vendor_name:
        vendor = Vendor.XLIBRE
    elif vendor_name != "The X.Org Foundation":
        vendor = None
    elif major >= 21 and (is_xwayland or 22 <= major < 26):
        vendor = Vendor.XWAYLAND
    else:
        vendor = Vendor.X_ORG
    return ServerVersion(vendor, numbers if vendor else (release,), vendor_name)


def parse_version(text: str) -> Version:
    """``21.1.7`` as numbers.  Raises HarnessError."""
    try:
        return tuple(int(part) for part in text.split("."))
    except (ValueError, AttributeError):
        raise HarnessError(f"{text!r} is no server version; write it like '21.1.7'") from None
