# SPDX-License-Identifier: MIT
"""Read the table of assertions, find the tests that cover each, and write docs/assertions.md.

The assertions are in docs/assertions/*.toml; a test covers those that its docstring names.
``python -m tools.assertions --write`` writes the page, ``--check`` reports faults.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.results.assertions import (
    IDENTIFIER,
    Assertion,
    Part,
    read_parts,
)

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "docs" / "assertions"
SUITES = ROOT / "suites"
PAGE = ROOT / "docs" / "assertions.md"

RANGE = re.compile(r"\b[A-Z]{3}-\d{3}\s*(?:-|\u2013|\.\.\.?|to|/)\s*(?:[A-Z]{3}-)?\d{3}\b")

LEGEND = """\
| status | meaning |
|---|---|
| L | seen on a running Xvfb 21.1.7, and the source of the server agrees |
| S | read in the source of the server |
| V | differs between versions of the server |
| T | the text, the header or the notes of a draft say it |
| D | decided here, where a draft is silent or contradicts itself |
| F | needs flips, or a CRTC with a driver behind it |
| ! | the server differs from the protocol's text |
"""


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test of the suites: its file (relative to the project, with /), name and docstring."""

    path: str
    name: str
    docstring: str

    @property
    def identifiers(self) -> list[str]:
        """The assertions it covers, each once, as its docstring orders them."""
        return list(dict.fromkeys(IDENTIFIER.findall(self.docstring)))


def read_tests(suites: Path = SUITES) -> list[SuiteTest]:
    """Every test below ``suites``, ordered by file and line."""
    return [
        SuiteTest(
            path.relative_to(suites.parent).as_posix(), node.name, ast.get_docstring(node) or ""
        )
        for path in sorted(suites.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def coverage(tests: Iterable[SuiteTest]) -> dict[str, list[SuiteTest]]:
    """The tests that name each id."""
    covered: dict[str, list[SuiteTest]] = {}
    for test in tests:
        for identifier in test.identifiers:
            covered.setdefault(identifier, []).append(test)
    return covered


def misnamed(parts: Sequence[Part], tests: Iterable[SuiteTest]) -> list[str]:
    """Docstrings that name an id that does not exist, or a range instead of ids."""
    known = {assertion.identifier for part in parts for assertion in part.assertions}
    faults = []
    for test in tests:
        where = f"{test.path}::{test.name}"
        faults += [
            f"{where} names {name}, unknown" for name in test.identifiers if name not in known
        ]
        faults += [
            f"{where} names a range, {match[0]!r}" for match in RANGE.finditer(test.docstring)
        ]
    return faults


def unexplained(parts: Sequence[Part], tests: Iterable[SuiteTest]) -> list[str]:
    """Assertions that no test covers and that do not say why."""
    covered = coverage(tests)
    return [
        f"{assertion.identifier} has neither a test nor a why: {assertion.says}"
        for part in parts
        for assertion in part.assertions
        if assertion.identifier not in covered and not assertion.why
    ]


def excused(parts: Sequence[Part], tests: Iterable[SuiteTest]) -> list[str]:
    """Assertions that a test covers although they say why none does."""
    covered = coverage(tests)
    return [
        f"{assertion.identifier} has a test, {covered[assertion.identifier][0].name}; drop its why"
        for part in parts
        for assertion in part.assertions
        if assertion.identifier in covered and assertion.why
    ]


def page(parts: Sequence[Part], tests: Iterable[SuiteTest]) -> str:
    """The text of docs/assertions.md."""
    covered = coverage(tests)
    lines = [
        "<!-- Made by `python -m tools.assertions --write`; do not edit. -->",
        "# Assertions",
        "",
        "What servers are held to, and by which tests. What each server does for each of them is\n"
        "in a [table of verdicts](results.md#the-table-of-verdicts).",
        "",
        LEGEND,
    ]
    for part in parts:
        count = sum(assertion.identifier in covered for assertion in part.assertions)
        lines += [
            f"## {part.title}",
            "",
            f"{count} of {len(part.assertions)} assertions are covered.",
            "",
        ]
        for topic in part.topics:
            lines += [f"### {topic.title}", "", "| id | assertion | status | covered by |"]
            lines += ["|---|---|---|---|"]
            lines += [_row(entry, covered.get(entry.identifier, [])) for entry in topic.assertions]
            lines.append("")
    return "\n".join(lines)


def _row(assertion: Assertion, tests: Sequence[SuiteTest]) -> str:
    links = ", ".join(f"[{test.name}](../{test.path})" for test in tests)
    cells = [
        assertion.identifier,
        assertion.says.replace("|", r"\|"),
        assertion.status,
        links or assertion.why or "**nothing yet**",
    ]
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or sound, 1 when ``--check`` found faults, which it prints."""
    parser = argparse.ArgumentParser(prog="python -m tools.assertions", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    action.add_argument("--check", action="store_true", help="name every fault")
    chosen = parser.parse_args(arguments)
    parts, tests = read_parts(PARTS), read_tests()
    text = page(parts, tests)
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    faults = misnamed(parts, tests) + unexplained(parts, tests) + excused(parts, tests)
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        faults.append("docs/assertions.md is stale: run python -m tools.assertions --write")
    print("\n".join(faults) or "every assertion is covered or explained")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
