# SPDX-License-Identifier: MIT
"""Known bugs of X servers: expectations with a reference, a range of releases and evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError
from harness.results.expectations.evidence import FATAL, Evidence, Failure, Sign, parse_all
from harness.results.run import Outcome
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


def without_link(reference: str) -> str:
    """``reference`` without what ``link_of`` finds: the reason that it gives."""
    for pattern, _ in _LINKS:
        reference = pattern.sub("", reference)
    return reference.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBug:
    """A bug that servers of known vendors have, from ``since`` until before ``fixed``.

    Both map vendors to versions.  With ``since`` only the vendors that it names have the bug;
    a vendor that ``fixed`` does not name has it still.  Of an unknown vendor nothing is known.
    What is behind a series (21.1.99) may be older than the fixes that the series was given.
    ``servers`` names the affected kinds (``xvnc``), all if it is empty; ``where`` maps needs to
    what only affected servers have of them (``{"flip": True}``).  ``reference`` is the report or
    commit.  ``evidence`` is how the bug shows, as ``parse_evidence`` reads it, one text
    or several: a failure that shows anything else is not of this bug.  Without it ``effect`` is
    the name of the exception that shows the bug (``ServerDied``), empty for any.  ``strict`` says
    that a pass is an error, as the expectation is stale: by default without evidence, which
    recognises a mended server by itself; not where a distribution has backported the fix.
    ``own_builds`` says that distributions have backported it, so that only other builds have it.
    ``fatal`` says that the server may die or hang by it, in this test or later, which a
    FATAL_EFFECT and evidence of a crash say by themselves.
    Raises HarnessError for a bound that names no known vendor or has no version, for evidence of
    another form, and for an effect beside evidence.
    """

    reference: str
    since: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    servers: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    effect: str = ""
    evidence: str | tuple[str, ...] = ()
    strict: bool | None = None
    fatal: bool = False
    own_builds: bool = False

    def __post_init__(self) -> None:
        if self.signs and self.effect:
            raise HarnessError(
                f"known_bug(effect={self.effect!r}, evidence={self.evidence!r}): evidence says all "
                f"that effect says; leave effect out"
            )
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
    def signs(self) -> tuple[Evidence, ...]:
        """The evidence, read.  Raises ExpectationError."""
        return parse_all(self.evidence)

    @property
    def must_show(self) -> bool:
        """Whether a pass on an affected server is an error."""
        return not self.evidence if self.strict is None else self.strict

    @property
    def may_end_the_server(self) -> bool:
        """Whether a server that must live on is better not tried."""
        ends = any(one.outcome in FATAL for one in self.signs)
        return self.fatal or ends or self.effect in FATAL_EFFECTS

    def of_kind(self, kind: str | None) -> bool:
        """Whether servers of ``kind`` (None: unknown) are among the affected ones."""
        return not self.servers or kind is None or kind in self.servers

    def expected_on(self, version: ServerVersion, kind: str | None) -> bool:
        """Whether servers of this version and kind (None: unknown) have the bug."""
        vendor = version.vendor
        if vendor is None or not self.of_kind(kind):
            return False
        if self.since and vendor not in self.since:
            return False
        since, fixed = self.since.get(vendor), self.fixed.get(vendor)
        return (since is None or parse_version(since) <= version.numbers) and (
            fixed is None or version.may_precede(parse_version(fixed))
        )

    def shown_by(self, sign: Sign) -> bool:
        """Whether ``sign`` is one of this bug: of its evidence, else of its effect.

        What ends a server is reported by a sanitizer first.
        """
        if self.evidence:
            return any(one.shown_by(sign) for one in self.signs)
        reported = self.may_end_the_server and sign.outcome is Outcome.SANITIZER
        return reported or (self.effect or Exception.__name__) in sign.names

    def check_effect(self) -> None:
        """Raise HarnessError for an effect that neither the harness nor AssertionError is."""
        classes: list[type[BaseException]] = [AssertionError, HarnessError]
        for candidate in classes:
            if candidate.__name__ == self.effect:
                return
            classes += candidate.__subclasses__()
        if self.effect:
            raise HarnessError(
                f"known_bug(effect={self.effect!r}): no error of the harness has this name"
            )


def bug_shown_by(failure: Failure, bugs: Sequence[KnownBug]) -> KnownBug | None:
    """The first of ``bugs`` that explains ``failure``; None for a failure that is new.

    With evidence of a bug every rule that broke besides must be a sign of one of ``bugs`` too.
    """
    for bug in bugs:
        if bug.shown_by(failure.main) and (
            not bug.evidence
            or all(any(one.shown_by(sign) for one in bugs) for sign in failure.besides)
        ):
            return bug
    return None
