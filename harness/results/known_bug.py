# SPDX-License-Identifier: MIT
"""Known bugs of X servers: expectations with a reference and a range of releases."""

from dataclasses import dataclass

from harness.servers.version import parse_version, server_version


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
