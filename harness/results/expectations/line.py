# SPDX-License-Identifier: MIT
"""One line of an expectation file: the tests that it names, and what becomes of them."""

import re
from dataclasses import dataclass
from functools import cache

from harness.results.expectations.evidence import STATUSES, ExpectationError, parse_evidence
from harness.results.expectations.known_bug import KnownBug
from harness.results.run import LineKind, UsedLine
from harness.results.test_names import servers_among
from harness.servers.version import ServerVersion

_FORM = re.compile(rf"(.+?)\s*,\s*((?:{'|'.join(STATUSES)})(?::.*)?)")
_BELOW = r"(?:(?:/|::|\[).*)?"
"""What may follow the name of a folder, a file, a class or a test."""


@dataclass(frozen=True, slots=True)
class Names:
    """The tests that ``pattern`` names.

    It is a node id of pytest, or the beginning of some up to ``/``, ``::`` or ``[``; ``*`` stands
    for any characters.
    """

    pattern: str

    @property
    def expression(self) -> re.Pattern[str]:
        """What the node ids of these tests match."""
        return _expression(self.pattern)

    def fit(self, test: str) -> bool:
        """Whether the node id ``test`` is one of them."""
        return self.expression.fullmatch(test) is not None

    @property
    def path(self) -> str:
        """The folder or file in which all of them are, as far as it is named without ``*``."""
        path, wildcard, _ = self.pattern.partition("::")[0].partition("*")
        return path.rpartition("/")[0] if wildcard else path.partition("[")[0]

    @property
    def servers(self) -> list[str]:
        """The servers among the parameters, such as ``xvfb@sid``."""
        parameters = self.pattern.partition("::")[2].partition("[")[2].rstrip("]")
        return servers_among(parameters)


@dataclass(frozen=True, slots=True)
class ExpectationLine:
    """A line and what it says: ``bug`` has the reason, the affected servers and the evidence."""

    used: UsedLine
    names: Names
    bug: KnownBug

    def of_all_servers_of(self, other: "ExpectationLine") -> bool:
        """Whether it is written for all servers for which ``other`` is."""
        scopes = [(one.bug.servers, one.bug.since, one.bug.fixed) for one in (self, other)]
        return scopes[0] == scopes[1] or not any(scopes[0])

    def holds_for(self, version: ServerVersion, kind: str | None) -> bool:
        """Whether servers of this version and kind (None: unknown) are meant.

        Without bounds servers of unknown vendors are too.
        """
        if version.vendor is None and not (self.bug.since or self.bug.fixed):
            return self.bug.of_kind(kind)
        return self.bug.expected_on(version, kind)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*") + _BELOW, re.DOTALL)


def parse_line(text: str, kind: LineKind) -> tuple[Names, str]:
    """The tests that a line names, and the evidence that it gives for their failures.

    Raises ExpectationError for a line without a status, or with one where tests are skipped.
    """
    found = _FORM.fullmatch(text.strip())
    if kind is LineKind.SKIPS:
        if found is not None:
            raise ExpectationError(
                f"expected a test alone, as it is not run, got the status {found[2]!r} too; "
                f"delete it, or put the line into a file of fails"
            )
        return Names(text.strip()), ""
    if found is None:
        raise ExpectationError(
            f"expected TEST, STATUS with one of the statuses {', '.join(STATUSES)}, got "
            f"{text.strip()!r}"
        )
    parse_evidence(found[2])
    return Names(found[1]), found[2]
