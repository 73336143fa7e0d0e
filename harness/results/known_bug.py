# SPDX-License-Identifier: MIT
"""Known bugs of X servers: expectations with a reference and a range of releases."""

from dataclasses import dataclass

from harness.errors import HarnessError
from harness.servers.version import parse_version, server_version


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBug:
    """A bug that servers from version ``since`` until before ``fixed`` are known to have.

    ``servers`` names the affected kinds (``xwayland``), all if it is empty: some have bugs of
    their own, and Xwayland numbers its versions independently.  ``reference`` is the report or
    commit, ``effect`` the name of the exception that shows the bug (``ServerDied``), empty for
    any.  ``strict`` is False where an affected version may be sound because a distribution has
    backported the fix.
    """

    reference: str
    since: str = "0"
    fixed: str = "9999"
    servers: tuple[str, ...] = ()
    effect: str = ""
    strict: bool = True

    def expected_on(self, release: int, kind: str | None) -> bool:
        """Whether servers of this release number and kind (None: unknown) have the bug.

        Raises HarnessError for a version that does not parse.
        """
        if self.servers and kind is not None and kind not in self.servers:
            return False
        version = server_version(release)
        return parse_version(self.since) <= version < parse_version(self.fixed)

    @property
    def exception(self) -> type[BaseException]:
        """The class that ``effect`` names; Exception for an empty one.

        Raises HarnessError for a name that neither the harness nor AssertionError has.
        """
        if not self.effect:
            return Exception
        classes: list[type[BaseException]] = [AssertionError, HarnessError]
        for candidate in classes:
            if candidate.__name__ == self.effect:
                return candidate
            classes += candidate.__subclasses__()
        raise HarnessError(
            f"known_bug(effect={self.effect!r}): no error of the harness has this name"
        )
