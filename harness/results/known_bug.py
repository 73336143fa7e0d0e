# SPDX-License-Identifier: MIT
"""Known bugs of X servers: expectations with a reference and a range of releases."""

from dataclasses import dataclass

from harness.errors import HarnessError

Version = tuple[int, ...]


def server_version(release: int) -> Version:
    """The version behind a release number: 12101007 is 21.1.7, 12011000 is 1.20.11.

    Since 21.1 the number is 1 21 01 007; before it was 1 20 11 000.
    """
    major, minor, patch = release // 100_000 % 100, release // 1000 % 100, release % 1000
    if major >= 21:
        return (major, minor, patch)
    return (1, major, minor, patch)


def parse_version(text: str) -> Version:
    """``21.1.7`` as numbers.  Raises HarnessError."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise HarnessError(f"{text!r} is no server version; write it like 21.1.7") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBug:
    """A bug that servers from version ``since`` until before ``fixed`` are known to have.

    ``servers`` names the kinds (``xwayland``) for which this holds, all if it is empty: some
    have bugs of their own, and Xwayland counts its versions apart from its siblings.
    ``reference`` names the report or commit; ``effect`` the exception class by which it
    shows (``ServerDied``), empty for any.  ``strict`` is False when such a server may be
    sound all the same, because distributions carry the fix back to old versions.
    """

    reference: str
    since: str = "0"
    fixed: str = "9999"
    servers: tuple[str, ...] = ()
    effect: str = ""
    strict: bool = True

    def expected_on(self, release: int, kind: str | None) -> bool:
        """Whether servers of this release number and kind (None: not known) have the bug."""
        if self.servers and kind is not None and kind not in self.servers:
            return False
        version = server_version(release)
        return parse_version(self.since) <= version < parse_version(self.fixed)
