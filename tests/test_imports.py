# SPDX-License-Identifier: MIT
"""Imports between the rooms of the harness point one way, and only one room knows pytest."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_BASE = {"errors", "inputs", "deadlines", "locks", "termination", "wording"}
_X_FREE = {*_BASE, "pixels"}
_CONNECTION = {*_X_FREE, "x11", "timeline", "clients.connection"}
_CLIENTS = {
    *("clients.connection", "clients.raw", "clients.resources"),
    *("clients.present", "clients.habits", "clients.randr", "clients.compositing"),
}
_ALL_BELOW_RESULTS = {
    *(*_X_FREE, "goldens", "x11", "servers", "servers.kinds", "timeline", *_CLIENTS),
    *("capabilities", "capture", "models", "proxy", "proposals", "faults"),
}

MAY_IMPORT = {
    "errors": set[str](),
    "inputs": set[str](),
    "locks": set[str](),
    "termination": set[str](),
    "wording": set[str](),
    "deadlines": {"errors", "inputs"},
    "pixels": {"errors"},
    "goldens": _X_FREE,
    "x11": _BASE,
    "servers.kinds": set[str](),
    "servers": {*_BASE, "x11", "servers.kinds"},
    "farm": _BASE,
    "timeline": {*_BASE, "x11"},
    "clients.connection": {*_BASE, "x11", "timeline"},
    "clients.raw": _CONNECTION,
    "clients.resources": _CONNECTION,
    "clients.present": {*_CONNECTION, "clients.resources"},
    "clients.habits": {*_CONNECTION, "clients.resources", "clients.present"},
    "clients.randr": {*_CONNECTION, "clients.resources"},
    "clients.compositing": {
        *(*_CONNECTION, "clients.resources", "clients.present", "clients.randr"),
    },
    "capture": {*_X_FREE, "x11", "servers", "timeline", *_CLIENTS},
    "models": {*_X_FREE, "x11", "timeline", *_CLIENTS, "capture"},
    "proxy": {*_BASE, "x11", "servers", "timeline"},
    "proposals": {*_BASE, "x11", "servers", "proxy"},
    "faults": {*_BASE, "x11", "servers", "proxy"},
    "capabilities": {*_BASE, "x11", "servers", "timeline", *_CLIENTS},
    "reuse": {*_BASE, "x11", "servers"},
    "results": {*_BASE, "goldens", "timeline", "servers", "servers.kinds"},
    "report": {*_X_FREE, "x11", "timeline", "results"},
    "recordings": {*_BASE, "pixels", "x11", "servers", "timeline", "clients.raw", "proxy"},
    "nightly": set[str](),
    "nightly.builds": {*_BASE, "servers", "servers.kinds"},
    "nightly.sessions": {*_BASE, "results", "servers", "servers.kinds"},
    "nightly.bisecting": {
        *(*_BASE, "goldens", "farm", "results", "servers.kinds"),
        *("nightly.builds", "nightly.sessions"),
    },
    "nightly.investigation": {*_BASE, "results", "nightly.sessions"},
    "nightly.soak": {*_BASE, "results", "servers", "nightly.sessions"},
    "nightly.night": {
        *(*_BASE, "goldens", "servers", "servers.kinds", "results", "report", "nightly.builds"),
        *("nightly.sessions", "nightly.bisecting", "nightly.investigation"),
    },
    "cli": {
        *(*_ALL_BELOW_RESULTS, "farm", "results", "report", "recordings"),
        *("nightly.builds", "nightly.sessions", "nightly.bisecting", "nightly.investigation"),
        *("nightly.soak", "nightly.night"),
    },
    "fixtures": {*_ALL_BELOW_RESULTS, "results", "report", "reuse", "recordings"},
}
"""The rooms of the harness and the rooms that each may import, besides itself.

A dotted name is a room inside of another; what it has no row for belongs to the outer one.
"""

MOST_FILES = 14
"""What a folder may hold and still be seen at one look."""

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


def room_of(module: str) -> str:
    """The room in which a module of the harness stands: the longest name in the table."""
    _, *parts = module.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((name for name in names if name in MAY_IMPORT), names[-1])


def faults(source: str, module: str) -> list[str]:
    """What ``module`` (such as ``harness.pixels.frame``) imports against the rules."""
    package, _, _ = module.rpartition(".")
    room = room_of(module)
    found = []
    for name in imported_modules(source, package):
        top, *rest = name.split(".")
        if top == "harness" and rest and room_of(name) not in {room, *MAY_IMPORT[room]}:
            found.append(f"{module} imports {name}: {room} may not import {room_of(name)}")
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


def imports_between_files() -> dict[str, set[str]]:
    """For each module of the harness the others that it imports, for types only or late too."""
    known = modules()
    graph = {}
    for module, path in known.items():
        package = module.rpartition(".")[0]
        found = set()
        for name in imported_modules(path.read_text(encoding="utf-8"), package):
            parent = name.rpartition(".")[0]
            names = (name, f"{name}.__init__", parent, f"{parent}.__init__")
            found.add(next((one for one in names if one in known), module))
        graph[module] = found - {module}
    return graph


def circle(graph: dict[str, set[str]]) -> set[str]:
    """What is left of ``graph`` when all that leads out of circles is taken away."""
    left = dict(graph)
    while loose := [name for name, below in left.items() if not below & left.keys()]:
        for name in loose:
            del left[name]
    return set(left)


def test_every_room_stands_in_the_table() -> None:
    """A new room says what it may import before it imports anything."""
    assert {room_of(name) for name in modules()} - {"clients"} <= MAY_IMPORT.keys()


def test_no_file_imports_itself_through_others() -> None:
    """Files form no circle, imports for type annotations and late imports included."""
    assert circle(imports_between_files()) == set()


def test_imports_from_packages_count() -> None:
    """What a package itself defines is imported from its own file."""
    assert (
        "harness.timeline.rules.__init__" in imports_between_files()["harness.timeline.judgement"]
    )


def test_a_circle_between_files_is_found() -> None:
    """Only what stands in a circle, or imports one, is left over."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set[str](), "e": {"d"}}
    assert circle(graph) == {"a", "b", "c"}


def test_no_folder_is_crowded() -> None:
    """Who opens a folder sees at one look what it is about."""
    folders = [path.parent for path in modules().values()]
    crowded = {str(one): folders.count(one) for one in folders if folders.count(one) > MOST_FILES}
    assert crowded == {}


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
        pytest.param("import harness.capture", id="import"),
        pytest.param("from harness.pixels.frame import Frame", id="from-module"),
        pytest.param("from harness import capture", id="from-package"),
        pytest.param("from ... import capture", id="relative"),
        pytest.param("from ...capture.crtc import capture_crtc", id="relative-module"),
        pytest.param("def late():\n    import harness.capture.crtc", id="late"),
        pytest.param("import pytest", id="pytest"),
        pytest.param("from _pytest.config import Config", id="pytest-inside"),
        pytest.param("import pytest_xvfb", id="pytest-plugin"),
    ],
)
def test_forbidden_imports_are_found(source: str) -> None:
    """Every way to write an import is judged."""
    assert len(faults(source, "harness.clients.connection.client")) == 1


@pytest.mark.parametrize(
    ("source", "module"),
    [
        pytest.param("from . import errors", "harness.deadlines", id="relative-top"),
        pytest.param("from .other import Thing", "harness.pixels.frame", id="own-room"),
        pytest.param("import harness.errors", "harness.pixels.frame", id="below"),
        pytest.param("import pytest", "harness.fixtures.plugin", id="pytest-in-fixtures"),
        pytest.param("import numpy, struct", "harness.x11.present", id="foreign"),
    ],
)
def test_allowed_imports_pass(source: str, module: str) -> None:
    """What the table allows is no fault."""
    assert faults(source, module) == []
