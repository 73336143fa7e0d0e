# SPDX-License-Identifier: MIT
"""docs/assertions.md tells the truth about the suites, and the tool that makes it sees faults."""

from pathlib import Path

import pytest

from harness.results.assertions import AssertionTableError
from tools import assertions

TABLE = """\
title = "Present"

["First"]
PRE-001 = { status = "L", says = "One." }
PRE-002 = { status = "L!V", says = "Two | three." }
PRE-003 = { status = "F", says = "Four.", why = "needs flips" }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three assertions and no test."""
    (tmp_path / "present.toml").write_text(TABLE)
    (tmp_path / "suites").mkdir()
    return tmp_path


def read(project: Path) -> tuple[list[assertions.Part], list[assertions.SuiteTest]]:
    return assertions.read_parts(project), assertions.read_tests(project / "suites")


def add_test(project: Path, docstring: str, name: str = "test_it") -> None:
    source = f'def {name}():\n    """{docstring}"""\n'
    (project / "suites" / f"{name}.py").write_text(source)


def test_page_is_current() -> None:
    """docs/assertions.md is what --write would write now."""
    expected = assertions.page(assertions.read_parts(assertions.PARTS), assertions.read_tests())
    assert assertions.PAGE.read_text(encoding="utf-8") == expected, (
        "run python -m tools.assertions --write"
    )


def test_docstrings_name_known_assertions() -> None:
    """No docstring of the suites names an id that does not exist, or a range."""
    assert (
        assertions.misnamed(assertions.read_parts(assertions.PARTS), assertions.read_tests()) == []
    )


def test_no_two_assertions_share_an_id() -> None:
    """A docstring that names an id means one assertion."""
    assert assertions.repeated(assertions.read_parts(assertions.PARTS)) == []


def test_an_id_of_two_assertions_is_a_fault(project: Path) -> None:
    """Two topics, or two parts, that use the same id are named."""
    again = 'title = "RANDR"\n["Other"]\nPRE-002 = { status = "L", says = "Else." }\n'
    (project / "randr.toml").write_text(again)
    [fault] = assertions.repeated(assertions.read_parts(project))
    assert fault == "PRE-002 names 2 assertions"


def test_every_assertion_is_covered_or_explained() -> None:
    """An assertion has a test or says why it has none."""
    assert (
        assertions.unexplained(assertions.read_parts(assertions.PARTS), assertions.read_tests())
        == []
    )


def test_no_assertion_is_covered_and_explained() -> None:
    """An assertion that has a test no longer says why it has none."""
    assert (
        assertions.excused(assertions.read_parts(assertions.PARTS), assertions.read_tests()) == []
    )


def test_uncovered_assertions_without_a_reason_are_faults(project: Path) -> None:
    """Of three assertions, one covered and one explained, the third is named."""
    add_test(project, "Holds (PRE-001).")
    [fault] = assertions.unexplained(*read(project))
    assert fault.startswith("PRE-002 ")


def test_reasons_for_covered_assertions_are_faults(project: Path) -> None:
    """A why that a test has overtaken is named, with the test."""
    add_test(project, "Holds (PRE-003).", name="test_flip")
    [fault] = assertions.excused(*read(project))
    assert "PRE-003" in fault
    assert "test_flip" in fault


@pytest.mark.parametrize(
    ("docstring", "told"),
    [
        pytest.param("Holds (PRE-004).", "PRE-004, unknown", id="unknown"),
        pytest.param("Holds (PRE-001 to PRE-003).", "range", id="words"),
        pytest.param("Holds (PRE-001\u2013003).", "range", id="dash"),
        pytest.param("Holds (PRE-001..PRE-003).", "range", id="dots"),
    ],
)
def test_misnamed_assertions_are_faults(project: Path, docstring: str, told: str) -> None:
    """Unknown ids and ranges are named with the test that wrote them."""
    add_test(project, docstring)
    [fault] = assertions.misnamed(*read(project))
    assert fault.startswith("suites/test_it.py::test_it ")
    assert told in fault


def test_page_links_tests_and_gives_reasons(project: Path) -> None:
    """Each row links its tests, or gives the reason, or says that there is neither."""
    add_test(project, "First (PRE-001).", name="test_a")
    add_test(project, "Second (PRE-001, PRE-001).", name="test_b")
    text = assertions.page(*read(project))
    links = "[test_a](../suites/test_a.py), [test_b](../suites/test_b.py)"
    assert f"| PRE-001 | One. | L | {links} |" in text
    assert r"| PRE-002 | Two \| three. | L!V | **nothing yet** |" in text
    assert "| PRE-003 | Four. | F | needs flips |" in text
    assert "1 of 3 assertions are covered." in text


def test_methods_of_classes_are_tests(project: Path) -> None:
    """A test inside a class covers what its docstring names; helpers cover nothing."""
    (project / "suites" / "test_grouped.py").write_text(
        'class TestGroup:\n    def test_inside(self):\n        "PRE-001"\n'
        '    def helper(self):\n        "PRE-002"\n'
    )
    assert list(assertions.coverage(read(project)[1])) == ["PRE-001"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("title = ", id="no-toml"),
        pytest.param('["First"]\n', id="no-title"),
        pytest.param('title = "P"\n[S]\nPRE-1 = { status = "L", says = "x" }', id="bad-id"),
        pytest.param('title = "P"\n[S]\nPRE-001 = { status = "Q", says = "x" }', id="bad-status"),
        pytest.param('title = "P"\n[S]\nPRE-001 = { status = "L" }', id="no-statement"),
        pytest.param('title = "P"\n[S]\nPRE-001 = { status = "L", say = "x" }', id="bad-field"),
        pytest.param('title = "P"\n[S]\nPRE-001 = "x"', id="no-table"),
    ],
)
def test_malformed_tables_are_refused_by_name(project: Path, text: str) -> None:
    """A file that is no table of assertions gives one error that names it."""
    (project / "randr.toml").write_text(text)
    with pytest.raises(AssertionTableError, match=r"randr\.toml"):
        assertions.read_parts(project)
