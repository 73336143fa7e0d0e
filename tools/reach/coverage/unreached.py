# SPDX-License-Identifier: MIT
"""The lines of servers that no client can run: a file of them in which each has its reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tree_sitter import Node

from harness.errors import HarnessError
from tools.reach.rooms import usual_path
from tools.reach.syntax import functions_in, name_of

FILE = Path(__file__).with_name("unreached.toml")

WHOLE = ""
"""In place of a line: the whole function."""


class Why(StrEnum):
    """Why no client of a server that is measured runs a line."""

    ALLOCATION = "allocation failure"
    """The server would have to run out of memory, atoms or ids."""
    DRIVER = "driver"
    """Only a driver or kind that is not measured calls it, or makes its condition true."""
    DEVICE = "second device"
    """Of screens of a second graphics card: shared pixmaps, providers' sources and sinks."""
    DEAD = "dead code"
    """Nothing calls it, or what was checked before makes its condition false."""
    SECURITY = "security module"
    """Only a module such as SELinux, or a client that the server does not trust, is refused."""
    CRASH = "crash"
    """Tests run it, and the server dies there, which leaves no counts."""


class UnreachedWrong(HarnessError):
    """The file of lines out of reach cannot be used."""


Key = tuple[str, str, str, int]
"""File, function, the line with single spaces, and the number of N-th; 0 for any."""

_DIRECTIVE = re.compile(rb"^[ \t]*#(?!define).*$", re.MULTILINE)

_TEXTS, _NTH = ("file", "why"), "nth"
_KEYS = {*_TEXTS, "function", "line", "note", _NTH}


@dataclass(frozen=True, slots=True)
class Unreached:
    """Reasons by file, function and line: numbers of lines may differ.

    A line stands for the statement that begins on it, with the block that it governs.
    """

    reasons: Mapping[Key, Why]

    def lines_of(self, file: str, source: bytes) -> dict[Key, frozenset[int]]:
        """The numbers of the lines that each entry of ``file`` stands for.

        None for an entry that ``source`` has no more.
        """
        keys = [key for key in self.reasons if key[0] == usual_path(file)]
        found: dict[Key, frozenset[int]] = dict.fromkeys(keys, frozenset())
        texts = [_flat(line) for line in source.decode(errors="replace").splitlines()]
        # Parts of a condition may be left out by directives, which is no syntax of C.
        plain = _DIRECTIVE.sub(b"", source)
        functions = {name_of(one): one for one in functions_in(plain)} if keys else {}
        for key in keys:
            _, name, text, nth = key
            if (function := functions.get(name)) is None:
                continue
            if text == WHOLE:
                found[key] = frozenset(_rows(function))
                continue
            begins = [row for row in _rows(function) if texts[row - 1] == text]
            chosen = begins[nth - 1 : nth] if nth else begins
            found[key] = frozenset(row for begin in chosen for row in _statement(function, begin))
        return found


def read_unreached(file: Path = FILE) -> Unreached:
    """What is in ``file``.  Raises UnreachedWrong."""
    try:
        tables = tomllib.loads(file.read_text("utf-8")).get("unreached", [])
    except ValueError as error:
        raise UnreachedWrong(f"{file} is no TOML: {error}") from None
    reasons: dict[Key, Why] = {}
    for number, table in enumerate(tables, 1):
        where = f"{file}: table {number} of [[unreached]]"
        for key, why in _entries(table, where):
            if key in reasons:
                raise UnreachedWrong(f"{where}: it is there already: {key[1]}: {key[2]}")
            reasons[key] = why
    return Unreached(reasons)


def _entries(table: Mapping[str, Any], where: str) -> Iterator[tuple[Key, Why]]:
    if missing := [key for key in (*_TEXTS, "function") if not table.get(key)]:
        raise UnreachedWrong(f"{where}: {missing[0]} is missing; expected a text")
    if unknown := sorted(table.keys() - _KEYS):
        known = ", ".join(sorted(_KEYS))
        raise UnreachedWrong(f"{where}: {unknown[0]} is not known; expected some of {known}")
    if table["why"] not in set(Why):
        expected = ", ".join(Why)
        raise UnreachedWrong(f"{where}: why: expected one of {expected}; got {table['why']!r}")
    for function in _several(table["function"]):
        for line in _several(table.get("line", WHOLE)):
            yield (table["file"], function, _flat(line), table.get(_NTH, 0)), Why(table["why"])


def _several(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _statement(function: Node, row: int) -> range:
    """The lines of the statement that begins on line ``row``; an ``else`` is one of its own."""
    begun = [node for node in _below(function) if node.start_point[0] + 1 == row]
    widest = max(begun, key=lambda node: node.end_byte, default=None)
    if widest is None:
        return range(row, row + 1)
    if widest.type == "else_clause":
        widest = widest.named_children[-1]
    governed = widest.child_by_field_name("consequence")
    return range(row, (governed or widest).end_point[0] + 2)


def _below(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type.endswith(("_statement", "declaration", "else_clause")):
            yield child
        yield from _below(child)


def _rows(node: Node) -> range:
    return range(node.start_point[0] + 1, node.end_point[0] + 2)


def _flat(text: str) -> str:
    return " ".join(text.split())
