# SPDX-License-Identifier: MIT
"""Imports between the rooms of the harness point one way, and only one room knows pytest."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "errors": set[str](),
    "deadlines": {"errors"},
    "protocol": {"errors", "deadlines"},
    "servers": {"errors", "deadlines"},
    "proxy": {"errors", "deadlines", "protocol", "servers", "timeline"},
    "proposals": {"errors", "deadlines", "protocol", "servers", "proxy"},
    "faults": {"errors", "deadlines", "protocol", "servers", "proxy"},
    "timeline": {"errors", "deadlines", "protocol"},
    "clients": {"errors", "deadlines", "protocol", "timeline"},
    "frames": {"errors", "deadlines", "protocol", "timeline", "clients"},
    "runs": {"errors", "deadlines", "frames", "timeline", "servers"},
    "cli": {
        *("errors", "deadlines", "protocol", "servers", "proxy", "proposals"),
        *("faults", "timeline", "clients", "frames", "runs"),
    },
    "fixtures": {
        *("errors", "deadlines", "protocol", "servers", "proxy", "proposals"),
        *("faults", "timeline", "clients", "frames", "runs"),
    },
}
"""The rooms of the harness and the rooms that each may import, besides itself."""

KNOWS_PYTEST = "fixtures"
PYTEST_PACKAGES = ("pytest", "_pytest", "pluggy", "xdist")


def imported_modules(source: str, package: str) -> Iterator[str]:
    """The absolute names of all modules that a module of ``package`` imports anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: -node.level + 1 or None] if node.level else []
            module = ".".join([*parents, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def faults(source: str, module: str) -> list[str]:
    """What ``module`` (such as ``harness.frames.frame``) imports against the rules."""
    package, _, _ = module.rpartition(".")
    room = module.split(".")[1]
    found = []
    for name in imported_modules(source, package):
        top, *rest = name.split(".")
        if top == "harness" and rest and rest[0] not in {room, *MAY_IMPORT[room]}:
            found.append(f"{module} imports {name}: {room} may not import {rest[0]}")
        if top.startswith(PYTEST_PACKAGES) and room != KNOWS_PYTEST:
            found.append(f"{module} imports {name}: only {KNOWS_PYTEST} knows pytest")
    return found


def modules() -> dict[str, Path]:
    """Every module of the harness below its top, by name."""
    paths = [path.relative_to(ROOT) for path in (ROOT / "harness").rglob("*.py")]
    return {
        ".".join(path.with_suffix("").parts): ROOT / path
        for path in paths
        if path != Path("harness/__init__.py")
    }


def test_every_room_stands_in_the_table() -> None:
    """A new room says what it may import before it imports anything."""
    assert {name.split(".")[1] for name in modules()} <= MAY_IMPORT.keys()


def test_the_table_has_no_circle() -> None:
    """The rooms can be ordered so that each imports only earlier ones."""
    ordered: list[str] = []
    while ready := [
        room for room, below in MAY_IMPORT.items() if room not in ordered and below <= set(ordered)
    ]:
        ordered += ready
    assert set(ordered) == set(MAY_IMPORT)


@pytest.mark.parametrize("module", sorted(modules()))
def test_module_imports_only_what_its_room_may(module: str) -> None:
    """No import points upwards, none leaves the table, and pytest stays in its room."""
    assert faults(modules()[module].read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import harness.frames", id="import"),
        pytest.param("from harness.frames.frame import Frame", id="from-module"),
        pytest.param("from harness import frames", id="from-package"),
        pytest.param("from .. import frames", id="relative"),
        pytest.param("from ..frames.frame import Frame", id="relative-module"),
        pytest.param("def late():\n    import harness.frames.frame", id="late"),
        pytest.param("import pytest", id="pytest"),
        pytest.param("from _pytest.config import Config", id="pytest-inside"),
        pytest.param("import pytest_xvfb", id="pytest-plugin"),
    ],
)
def test_forbidden_imports_are_found(source: str) -> None:
    """Every way to write an import is judged."""
    assert len(faults(source, "harness.clients.client")) == 1


@pytest.mark.parametrize(
    ("source", "module"),
    [
        pytest.param("from . import errors", "harness.deadlines", id="relative-top"),
        pytest.param("from .other import Thing", "harness.frames.frame", id="own-room"),
        pytest.param("import harness.clients.client", "harness.frames.frame", id="below"),
        pytest.param("import pytest", "harness.fixtures.plugin", id="pytest-in-fixtures"),
        pytest.param("import numpy, struct", "harness.protocol.present", id="foreign"),
    ],
)
def test_allowed_imports_pass(source: str, module: str) -> None:
    """What the table allows is no fault."""
    assert faults(source, module) == []
