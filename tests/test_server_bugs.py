# SPDX-License-Identifier: MIT
"""docs/server-bugs.md lists every bug that the suites expect, without steps to fatal ones."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from harness.results.expectations.known_bug import KnownBug

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "server-bugs.md"
SUITES = sorted((ROOT / "suites").rglob("test_*.py"))

FATAL = "Servers that die or hang"
REQUEST = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b")
LINK = re.compile(r"\[(test_\w+)\]\(\.\./(suites/\S+\.py)\)")


def bugs_of(holder: object) -> Iterator[pytest.Mark]:
    """The known bugs among the marks of a module, or of a test function and its parameters."""
    marks = getattr(holder, "pytestmark", [])
    for mark in marks if isinstance(marks, list) else [marks]:
        if mark.name == "known_bug":
            yield mark
        elif mark.name == "parametrize":
            parameters = [mark for value in mark.args[1] for mark in getattr(value, "marks", ())]
            yield from (mark for mark in parameters if mark.name == "known_bug")


@cache
def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"read_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def expected(path: Path) -> Iterator[tuple[str, pytest.Mark]]:
    """The tests in a file that expect bugs, by name, each with one of them."""
    module = imported(path)
    for name, value in vars(module).items():
        if name.startswith("test_"):
            yield from ((name, mark) for mark in (*bugs_of(value), *bugs_of(module)))


def entries(title: str = "") -> list[list[str]]:
    """The cells of each entry below the heading ``title``, by default of all entries."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [
        line.strip("| ").split(" | ")
        for section in sections
        if section.startswith(title)
        for line in section.splitlines()
        if line.startswith("| ") and not line.startswith("| what is wrong |")
    ]


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_expected_bugs_are_listed(path: Path) -> None:
    """Each has an entry; one by which a server dies or hangs is among those without steps."""
    listed, fatal = ({reference for _, _, reference, _ in entries(title)} for title in ("", FATAL))
    bugs = [mark.kwargs for _, mark in expected(path)]
    assert {bug["reference"] for bug in bugs} - listed == set()
    deadly = {bug["reference"] for bug in bugs if KnownBug(**bug).may_end_the_server}
    assert deadly - fatal == set()


def test_entries_link_a_test_that_expects_the_bug() -> None:
    """An entry has four cells; one with a reference links a test whose mark has it too."""
    for _, _, reference, test in entries():
        links = LINK.findall(test)
        assert links or reference == "none"
        for name, path in links:
            found = {mark.kwargs["reference"] for one, mark in expected(ROOT / path) if one == name}
            assert reference in found


def test_no_entry_stands_twice() -> None:
    """What is wrong is said once, whatever else was added to it."""
    said = [what.partition(" ([report](")[0] for what, *_ in entries()]
    assert len(said) == len(set(said))


def test_entries_of_fatal_bugs_name_no_requests() -> None:
    """What dies or hangs is described by its effect, not by what a client must send."""
    for what, *_ in entries(FATAL):
        assert set(REQUEST.findall(what)) <= {"CompleteNotify"}
