# SPDX-License-Identifier: MIT
"""docs/reference.md lists exactly what the plugin adds to pytest and what the harness reads."""

import ast
import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.deadlines import timeout_scale
from harness.servers.releases.cache import servers_folder
from harness.x11.authority import user_file
from tools import reference

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference.md"

OPTION = r"^  (--[\w-]+)"
INI_SETTING = r"^  (\w+) \("
MARK = r"^@pytest\.mark\.(\w+)"
FIXTURE = r"^(\w+)(?: \[\w+ scope\])? -- "
VARIABLE = re.compile(r"XHARNESS_[A-Z_]+")


@functools.cache
def pytest_says(folder: Path, question: str, *arguments: str) -> str:
    """What ``pytest --help`` or the like prints where there is nothing to collect."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            question,
            "--rootdir",
            folder,
            "-c",
            os.devnull,
            *arguments,
        ],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: what other tests wrote beside it would be collected, and run."""
    return tmp_path_factory.mktemp("nothing")


def added_by(plugin: str, folder: Path, question: str, pattern: str) -> set[str]:
    """The names matching ``pattern`` that pytest knows only because of ``plugin``."""
    with_plugin = pytest_says(folder, question)
    without = pytest_says(folder, question, "-p", f"no:{plugin}")
    return set(re.findall(pattern, with_plugin, re.MULTILINE)) - set(
        re.findall(pattern, without, re.MULTILINE)
    )


def variables() -> set[str]:
    """The environment variables whose names stand in the harness as strings of their own."""
    return {
        node.value
        for path in (ROOT / "harness").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and VARIABLE.fullmatch(node.value)
    }


def documented(text: str, title: str) -> list[str]:
    """The name in the first cell of each row of the table under ``## title``."""
    _, _, section = f"\n{text}".partition(f"\n## {title}\n")
    body, _, _ = section.partition("\n## ")
    return re.findall(r"^\| `@?(?:pytest\.mark\.)?([\w-]+)", body, re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "question", "pattern"),
    [
        pytest.param("Options", "--help", OPTION, id="options"),
        pytest.param("Settings", "--help", INI_SETTING, id="settings"),
        pytest.param("Marks", "--markers", MARK, id="marks"),
        pytest.param("Fixtures", "--fixtures", FIXTURE, id="fixtures"),
    ],
)
def test_tables_list_what_the_plugin_adds(
    nothing: Path, title: str, question: str, pattern: str
) -> None:
    """Each option, setting, mark and fixture of the plugin has one row, and no row is without."""
    registered = added_by("xharness", nothing, question, pattern)
    assert documented(REFERENCE.read_text(encoding="utf-8"), title) == sorted(registered)


LONGEST_CELL = 600
"""Characters: what needs more words has a section below its table."""


def test_cells_are_short() -> None:
    """A cell of a thousand characters is a column of single words beside the others."""
    rows = [row for row in REFERENCE.read_text("utf-8").splitlines() if row.startswith("|")]
    cells = [cell for row in rows for cell in row.split(" | ")]
    assert [cell for cell in cells if len(cell) > LONGEST_CELL] == []


def test_links_within_the_page_lead_somewhere() -> None:
    """To a heading, as forges name it."""
    text = REFERENCE.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    names = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links <= names


def test_the_table_of_needs_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """It is made from the table of the harness: ``python -m tools.reference --write``."""
    assert reference.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_table_of_needs_is_found() -> None:
    """Whatever stands between the marks is replaced, and nothing else."""
    text = f"before\n{reference.BEGIN}| old |\n{reference.END}after\n"
    made = reference.with_tables(text, "| new |\n")
    assert made == text.replace("old", "new")


def test_table_lists_every_variable_that_the_harness_reads() -> None:
    """Each XHARNESS_ variable named in the harness has one row, and no row is without."""
    assert documented(REFERENCE.read_text(encoding="utf-8"), "Variables") == sorted(variables())


def test_variables_are_read_in_one_place() -> None:
    """Nothing else looks into the environment for one, which would take an empty one for set."""
    for path in (ROOT / "harness").rglob("*.py"):
        found = re.findall(r"environ(?:\.get\(|\[)(\w*VARIABLE|.XHARNESS)", path.read_text("utf-8"))
        assert not found, f"{path} reads {found}: use harness.inputs.variable"


@pytest.mark.parametrize("name", sorted(variables()))
def test_an_empty_variable_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """All that depends on one is as if it did not exist."""

    def what_depends() -> tuple[object, ...]:
        return timeout_scale(), servers_folder(), user_file()

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(name, raising=False)
    unset = what_depends()
    for value in ("", " "):
        monkeypatch.setenv(name, value)
        assert what_depends() == unset


@pytest.mark.parametrize(
    ("question", "pattern", "name"),
    [
        pytest.param("--help", OPTION, "--no-xvfb", id="option"),
        pytest.param("--help", INI_SETTING, "xvfb_width", id="setting"),
        pytest.param("--markers", MARK, "no_xvfb", id="mark"),
        pytest.param("--fixtures", FIXTURE, "xvfb", id="fixture"),
    ],
)
def test_what_a_plugin_adds_is_seen(nothing: Path, question: str, pattern: str, name: str) -> None:
    """The names that a known plugin adds are found, and none that pytest has without it."""
    found = added_by("xvfb", nothing, question, pattern)
    assert name in found
    assert not found & {"--verbose", "addopts", "skipif", "tmp_path"}


def test_rows_are_read_from_their_own_table() -> None:
    """A row counts for its section only, whatever follows the name in its first cell."""
    text = "## Options\n\n| `--a=B` | x |\n| `--b-c KIND` | `--d` |\n\n## Marks\n\n| `e(f=1)` |\n"
    assert documented(text, "Options") == ["--a", "--b-c"]
    assert documented(text, "Marks") == ["e"]
    assert documented(text, "Fixtures") == []
