# SPDX-License-Identifier: MIT
"""House rules that the linter does not know."""

import ast
import re
from pathlib import Path

import pytest

from harness.servers.kinds.table import ServerKind

ROOT = Path(__file__).resolve().parent.parent
HEADLINE = re.compile(r"(?<=\n\n) *# [A-Z][^.:;()`\n]{0,45}(?=\n\n)")
HEADER = "# SPDX-License-Identifier: MIT"


def sources(*folders: str) -> list[Path]:
    """The Python files below ``folders``, relative to the project."""
    return sorted(
        path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py")
    )


def calls(source: str, name: str) -> list[int]:
    """The lines that call something called ``name``, however it is reached."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", None), getattr(node.func, "attr", None))
    ]


def calling(name: str, paths: list[Path]) -> list[str]:
    return [
        f"{path}:{line}"
        for path in paths
        for line in calls((ROOT / path).read_text(encoding="utf-8"), name)
    ]


def test_nobody_sleeps() -> None:
    """Everything waits for an event with a deadline; a linter's exception does not help."""
    assert calling("sleep", sources("harness", "suites", "tests")) == []


def test_only_the_command_line_prints() -> None:
    """The harness speaks through errors, reports and pytest, never by print."""
    silent = [path for path in sources("harness") if path.parts[1] != "cli"]
    assert calling("print", silent) == []


def test_no_comment_is_a_headline() -> None:
    """A comment says why; what belongs together is a file of its own."""
    found = [
        f"{path}: {line.strip()}"
        for path in sources("harness", "suites", "tests", "tools", "benchmarks")
        for line in HEADLINE.findall((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_public_class_name_has_two_meanings() -> None:
    """Who reads a class name in the harness knows which class it is."""
    places: dict[str, list[str]] = {}
    for path in sources("harness"):
        for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_parameter_makes_another_kind_of_a_server() -> None:
    """The id ``xorg-flip`` is the kind of that name, not ``xorg`` with a parameter ``flip``."""
    ends = {
        kind.removeprefix(f"{other}-")
        for kind in ServerKind
        for other in ServerKind
        if kind.startswith(f"{other}-")
    }
    found = [
        f"{path}:{keyword.value.lineno}"
        for path in sources("suites")
        for keyword in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(keyword, ast.keyword) and keyword.arg in ("id", "ids")
        for node in ast.walk(keyword.value)
        if isinstance(node, ast.Constant) and node.value in ends
    ]
    assert found == []


def test_what_is_printed_is_ascii() -> None:
    """Where nothing else can be encoded a script must not end by an exception."""
    found = []
    for path in sources("harness", "examples"):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            f"{path}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not node.value.isascii()
            and id(node) not in described
        ]
    assert found == []


@pytest.mark.parametrize("name", ["sleep", "print"])
def test_calls_are_found(name: str) -> None:
    """A call is found by its bare name and as an attribute; a mention is none."""
    source = f'{name}(1)\ntime.{name}(2)\n"{name}(3)"\nlater = {name}\n'
    assert calls(source, name) == [1, 2]


@pytest.mark.parametrize(
    "path", sources("harness", "suites", "tests", "tools", "benchmarks"), ids=str
)
def test_file_names_its_licence_and_purpose(path: Path) -> None:
    """A Python file starts with its licence, then says what it is responsible for."""
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text.startswith(f"{HEADER}\n")
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
