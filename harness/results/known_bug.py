# SPDX-License-Identifier: MIT
"""Known bugs of X servers: expectations with a reference and a range of releases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import HarnessError
from harness.servers.reports import SanitizerReported
from harness.servers.version import ServerVersion, Vendor, parse_version

FATAL_EFFECTS = "ServerDied", "ServerHung", "ServerEndedBadly"
"""What an error of a server's memory leads to where it is not seen at once."""


_LINKS = (
    (re.compile(r"https?://\S+"), "{0}"),
    (re.compile(r"CVE-\d{4}-\d+"), "https://www.cve.org/CVERecord?id={0}"),
    (
        re.compile(r"xserver commit ([0-9a-f]{7,40})"),
        "https://gitlab.freedesktop.org/xorg/xserver/-/commit/{1}",
    ),
    (re.compile(r"X11Libre #(\d+)"), "https://github.com/X11Libre/xserver/issues/{1}"),
)


def link_of(reference: str) -> str:
    """The address of the first report, record or commit that ``reference`` names; empty if none."""
    for pattern, address in _LINKS:
        if found := pattern.search(reference):
            return address.format(found[0], *found.groups())
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBug:
    """A bug that servers of known vendors have, from ``since`` until before ``fixed``.

    Both map vendors to versions.  With ``since`` only the vendors that it names have the bug;
    a vendor that ``fixed`` does not name has it still.  Of an unknown vendor nothing is known.
    ``servers`` names the affected kinds (``xvnc``), all if it is empty.  ``reference`` is the
    report or commit, ``effect`` the name of the exception that shows the bug (``ServerDied``),
    empty for any.  ``strict`` is False where an affected version may be sound because a
    distribution has backported the fix.  ``fatal`` says that the server may die or hang by it,
    in this test or later, which a FATAL_EFFECT says by itself.
    Raises HarnessError for a bound that names no known vendor or has no version.
    """

    reference: str
    since: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    servers: tuple[str, ...] = ()
    effect: str = ""
    strict: bool = True
    fatal: bool = False

    def __post_init__(self) -> None:
        for name, bound in (("since", self.since), ("fixed", self.fixed)):
            if not isinstance(bound, Mapping) or not set(bound) <= set(Vendor):
                example = {str(Vendor.X_ORG): bound if isinstance(bound, str) else "21.1.7"}
                raise HarnessError(
                    f"known_bug({name}={bound!r}): versions of different vendors do not compare; "
                    f"name the vendor ({', '.join(Vendor)}), such as {name}={example!r}"
                )
            for version in bound.values():
                parse_version(version)

    @property
    def may_end_the_server(self) -> bool:
        """Whether a server that must live on is better not tried."""
        return self.fatal or self.effect in FATAL_EFFECTS

    def expected_on(self, version: ServerVersion, kind: str | None) -> bool:
        """Whether servers of this version and kind (None: unknown) have the bug."""
        vendor = version.vendor
        if vendor is None or (self.servers and kind is not None and kind not in self.servers):
            return False
        if self.since and vendor not in self.since:
            return False
        since, fixed = self.since.get(vendor), self.fixed.get(vendor)
        return (since is None or parse_version(since) <= version.numbers) and (
            fixed is None or version.numbers < parse_version(fixed)
        )

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

    @property
    def exceptions(self) -> tuple[type[BaseException], ...]:
        """The classes that show the bug: what kills a server is reported by a sanitizer first.

        Raises HarnessError as ``exception`` does.
        """
        errors = self.exception, SanitizerReported
        return errors if self.may_end_the_server else errors[:1]
