# SPDX-License-Identifier: MIT
"""What each X server does for each assertion, as the runs that judged it say."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.results.assertions import Assertion, Part, Topic
from harness.results.codec import encode, line_of
from harness.results.expectations.known_bug import link_of
from harness.results.run import CauseKind, Outcome, Run, ServerIdentity, TestResult

FORMAT = "xharness-verdicts"
VERSION = 1

_RULE = re.compile(r"the rule ([a-z-]+) holds it")
"""In place of tests: the reason of an assertion that every test holds."""

_OTHERS = "Not in the table of assertions"


class Holding(StrEnum):
    """What a server does for one assertion; what is worse stands first."""

    FAILS = "fails"
    FLAKY = "flaky"
    """A test of it failed, and passed on a fresh server, or fails now and then as is known."""
    KNOWN_BUG = "known bug"
    HOLDS = "holds"
    NOT_SHOWN = "cannot be shown"
    """Every test of it needs something that the server lacks."""
    NOT_RUN = "not run"


_JUDGED = (Holding.FAILS, Holding.FLAKY, Holding.KNOWN_BUG, Holding.HOLDS)


@dataclass(frozen=True, slots=True)
class BugReference:
    """A known bug, and the address of its report where there is one."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One assertion on one server.

    ``tests`` counts those that judged it.  ``bugs`` are why it is expected to fail, ``needs`` what
    the server lacks, ``failures`` the ids of the tests that failed.
    """

    holding: Holding = Holding.NOT_RUN
    tests: int = 0
    bugs: tuple[BugReference, ...] = ()
    needs: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedServer:
    """A column: one version of one kind of server, from any number of runs.

    ``name`` is its title, ``counts`` how many assertions it holds, fails, and so on.
    """

    name: str
    kind: str
    vendor: str
    version: str
    packages: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: an assertion, and a cell for each server."""

    id: str
    says: str = ""
    status: str = ""
    why: str = ""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one topic."""

    part: str
    topic: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class VerdictTable:
    """Assertions by topic, on each server."""

    servers: tuple[JudgedServer, ...]
    sections: tuple[Section, ...]

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]


@dataclass(slots=True)
class _Judged:
    """All tests of one column."""

    identity: ServerIdentity
    packages: dict[str, None]
    runs: dict[str, None]
    tests: list[TestResult]


def verdict_table(runs: Iterable[Run], parts: Sequence[Part]) -> VerdictTable:
    """The table of all servers that ``runs`` judged.

    Servers of one kind and version are one column.  ``parts`` say what the assertions are; those
    that only tests name stand at the end.
    """
    judged = sorted(_judged(runs).items())
    named = [_by_assertion(one.tests) for _, one in judged]
    known = {assertion.identifier for part in parts for assertion in part.assertions}
    others = sorted({name for found in named for name in found} - known)
    extra = Part("", (Topic(_OTHERS, tuple(Assertion(name, "", "") for name in others)),))
    sections = []
    for part in (*parts, *([extra] if others else [])):
        for topic in part.topics:
            lines = [
                Line(
                    id=assertion.identifier,
                    says=assertion.says,
                    status=assertion.status,
                    why=assertion.why or "",
                    cells=tuple(
                        _cell(assertion, found.get(assertion.identifier, []), one.tests)
                        for (_, one), found in zip(judged, named, strict=True)
                    ),
                )
                for assertion in topic.assertions
            ]
            sections.append(Section(part.title, topic.title, tuple(lines)))
    lines = [line for section in sections for line in section.lines]
    servers = tuple(
        _server(one, [line.cells[number] for line in lines])
        for number, (_, one) in enumerate(judged)
    )
    return VerdictTable(servers, tuple(sections))


def _judged(runs: Iterable[Run]) -> dict[tuple[str, str, tuple[int | str, ...]], _Judged]:
    found: dict[tuple[str, str, tuple[int | str, ...]], _Judged] = {}
    for run in runs:
        for test in run.tests:
            known = run.servers.get(test.server)
            # A test of a kind of server that names no assertion judges none of them.
            if not test.server or (known is None and not test.assertions):
                continue
            identity = known or ServerIdentity(name=test.server, kind=test.server.partition("@")[0])
            key = identity.kind or identity.name, identity.vendor, _version(identity.version)
            one = found.setdefault(key, _Judged(identity, {}, {}, []))
            one.tests.append(test)
            one.runs[run.id] = None
            if origin := identity.package or identity.commit:
                one.packages[origin] = None
    return found


def _version(text: str) -> tuple[int | str, ...]:
    """So that 21.1.16 follows 21.1.7."""
    return tuple(int(word) for word in text.split(".") if word.isdecimal()) or (0,)


def _by_assertion(tests: Iterable[TestResult]) -> dict[str, list[TestResult]]:
    found: dict[str, list[TestResult]] = {}
    for test in tests:
        for name in test.assertions:
            found.setdefault(name, []).append(test)
    return found


def _cell(
    assertion: Assertion, tests: Sequence[TestResult], all_tests: Sequence[TestResult]
) -> Cell:
    rule = _RULE.search(assertion.why or "")
    if rule is not None and not tests:
        # A test that was skipped, or not finished, held no rule.
        tests = [test for test in all_tests if _holding(test) in (Holding.HOLDS, Holding.FAILS)]
        broken = [test for test in tests if _broke(test, rule[1])]
        holding = Holding.FAILS if broken else Holding.HOLDS if tests else Holding.NOT_RUN
        return Cell(holding=holding, tests=len(tests), failures=tuple(test.id for test in broken))
    holdings = [_holding(test) for test in tests]
    causes = dict.fromkeys(test.cause for test in tests if test.cause is not None)
    return Cell(
        holding=next((one for one in Holding if one in holdings), Holding.NOT_RUN),
        tests=sum(one in _JUDGED for one in holdings),
        bugs=tuple(
            # A results file may come from anywhere: its reference need not be an address.
            BugReference(cause.name, link_of(cause.reference) or link_of(cause.name))
            for cause in causes
            if cause.kind is CauseKind.BUG and Holding.KNOWN_BUG in holdings
        ),
        needs=tuple(cause.name for cause in causes if cause.kind is CauseKind.NEED),
        failures=tuple(test.id for test in tests if _holding(test) is Holding.FAILS),
    )


def _broke(test: TestResult, rule: str) -> bool:
    return test.outcome is Outcome.RULE and test.cause is not None and test.cause.name == rule


def _holding(test: TestResult) -> Holding:
    """What the verdict on one test says of its assertions."""
    match test.outcome:
        case Outcome.PASSED | Outcome.UNEXPECTED_PASS:
            return Holding.HOLDS
        case Outcome.FLAKY:
            return Holding.FLAKY
        case Outcome.EXPECTED:
            return Holding.KNOWN_BUG
        case Outcome.SKIPPED:
            return Holding.NOT_SHOWN
        case Outcome.NOT_FINISHED:
            return Holding.NOT_RUN
    return Holding.FAILS


def column_order(server: JudgedServer) -> tuple[str, str, tuple[int | str, ...]]:
    """What the columns are sorted by; servers with the same one are one column."""
    return server.kind, server.vendor, _version(server.version)


def counts_of(cells: Sequence[Cell]) -> dict[str, int]:
    """How many of these cells of one server say what."""
    holdings = [cell.holding for cell in cells]
    return {str(one): holdings.count(one) for one in Holding}


def _server(judged: _Judged, cells: Sequence[Cell]) -> JudgedServer:
    identity = judged.identity
    kind = identity.kind or identity.name
    foreign = f" ({identity.vendor})" if identity.vendor not in ("", "X.Org", "Xwayland") else ""
    return JudgedServer(
        name=f"{kind} {identity.version}{foreign}".strip(),
        kind=kind,
        vendor=identity.vendor,
        version=identity.version,
        packages=tuple(judged.packages),
        runs=tuple(judged.runs),
        counts=counts_of(cells),
    )


def table_file(table: VerdictTable) -> bytes:
    """``verdicts.json``: the table with an assertion on each line."""
    members = [
        b'"format":' + line_of(FORMAT),
        b'"version":' + line_of(VERSION),
        b'"servers":' + line_of(encode(table.servers)),
    ]
    lines = [
        line_of({"part": section.part, "topic": section.topic, **encode(line)})
        for section in table.sections
        for line in section.lines
    ]
    assertions = b'"assertions":[\n' + b",\n".join(lines) + b"\n]"
    return b"{\n" + b",\n".join([*members, assertions]) + b"\n}\n"
