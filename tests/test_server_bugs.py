# SPDX-License-Identifier: MIT
"""docs/server-bugs.md lists every bug that the suites expect."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "server-bugs.md"


def marks_of(test):
    """The marks of a test function and of its parameters."""
    for mark in getattr(test, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            for value in mark.args[1]:
                yield from getattr(value, "marks", ())


def references(path):
    """The references of the bugs that a file of tests expects."""
    spec = importlib.util.spec_from_file_location(f"read_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in marks_of(test)]
    return {mark.kwargs["reference"] for mark in marks if mark.name == "known_bug"}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "suites").rglob("test_*.py")), ids=lambda path: path.stem
)
def test_expected_bugs_are_listed(path):
    """Whoever meets an expected failure finds its servers, versions and a script in the docs."""
    page = PAGE.read_text(encoding="utf-8")
    assert [one for one in sorted(references(path)) if f"| {one} |" not in page] == []
