# SPDX-License-Identifier: MIT
"""What docstrings of public functions say of errors is what the functions raise."""

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HARNESS = sorted(path.relative_to(ROOT) for path in (ROOT / "harness").rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(
    tree: ast.Module | ast.ClassDef, prefix: str = "", said: str = ""
) -> Iterator[tuple[str, Function, str]]:
    """Public functions and methods with the text that must name their errors.

    That of a constructor may stand in the docstring of its class as well.
    """
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node, f"{prefix}{node.name}.", ast.get_docstring(node) or "")
        elif isinstance(node, Function):
            constructs = node.name in ("__init__", "__post_init__")
            if constructs or not node.name.startswith("_"):
                text = ast.get_docstring(node) or ""
                yield f"{prefix}{node.name}", node, f"{text} {said}" if constructs else text


def raised(function: Function) -> set[str]:
    """The names of the classes that ``function`` itself raises, as far as its text shows."""
    names = set()
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = error.attr if isinstance(error, ast.Attribute) else getattr(error, "id", "")
            if name[:1].isupper():
                names.add(name)
        waiting += ast.iter_child_nodes(node)
    return names


def unsaid(source: str) -> list[str]:
    """Errors that a public function in ``source`` raises and its docstring does not name."""
    return [
        f"{name} raises {error}"
        for name, function, text in functions(ast.parse(source))
        for error in sorted(raised(function))
        if not re.search(rf"\b{error}\b", text)
    ]


def known_errors() -> set[str]:
    """The names of all classes of the harness and of Python itself."""
    trees = [ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in HARNESS]
    classes = {n.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}
    return classes | set(dir(builtins))


def said(source: str) -> set[str]:
    """The names of classes behind the word Raises in the docstrings of ``source``."""
    texts = [text for _, _, text in functions(ast.parse(source))]
    promises = re.findall(r"\bRaises? ([^.;:]*)", " ".join(texts))
    return {word for text in promises for word in re.findall(r"\b[A-Z][a-z]+[A-Z]\w*", text)}


@pytest.mark.parametrize("path", HARNESS, ids=str)
def test_docstrings_name_the_errors_that_are_raised(path: Path) -> None:
    """Who calls a public function learns from its docstring which errors to expect."""
    assert unsaid((ROOT / path).read_text(encoding="utf-8")) == []


def test_errors_in_docstrings_exist() -> None:
    """A docstring names no error that was renamed or is gone."""
    sources = [(ROOT / path).read_text(encoding="utf-8") for path in HARNESS]
    assert set().union(*map(said, sources)) - known_errors() == set()


def test_an_error_that_is_not_said_is_found() -> None:
    """Raised by a call, as it is, or from a module; not in functions inside of the function."""
    source = '''
class Store:
    """Files.  Raises StoreError."""

    def __init__(self):
        raise StoreError

    def read(self):
        """Reads.  Raises OSError."""
        if self:
            raise errors.Missing("x")
        raise OSError

    def _private(self):
        raise KeyError

def outer():
    """Returns a function."""
    def inner():
        raise KeyError
    return inner
'''
    assert unsaid(source) == ["Store.read raises Missing"]


def test_what_a_docstring_promises_is_read() -> None:
    """All classes of the sentence count, its other words do not."""
    source = 'def f():\n    """Does.  Raises OneError, TwoError for X or Y.  See ThreeError."""'
    assert said(source) == {"OneError", "TwoError"}
