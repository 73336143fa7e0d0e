# SPDX-License-Identifier: MIT
"""The faults that nobody can observe: a file of them in which each has its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.servers.kinds.table import ServerKind
from tools.reach.mutants.faults import Fault
from tools.reach.rooms import usual_path

FILE = Path(__file__).with_name("equivalents.toml")

_TABLE = "equivalent"
_KEYS = ("file", "function", "line", "becomes", "reason")


class EquivalentsWrong(HarnessError):
    """The file of equivalent faults cannot be used."""


_NTH, _OF_KINDS = "nth", "kinds"
"""The N-th such change of its function, and on these kinds of server; without them, any."""

Key = tuple[str, str, str, str, int]
"""File, function, the lines before and after, and the number of N-th; 0 for any."""


@dataclass(frozen=True, slots=True)
class Equivalents:
    """Reasons by file, function, and the lines before and after: numbers of lines may differ."""

    reasons: dict[Key, str]

    def reason(self, fault: Fault) -> str | None:
        """Why nobody can observe ``fault``; None for one that is not in the file."""
        return self.reasons.get(_key(fault, fault.nth)) or self.reasons.get(_key(fault, 0))


def read_equivalents(kind: str, file: Path = FILE) -> Equivalents:
    """What is in ``file`` for servers of ``kind``; nothing where the file is missing.

    Raises EquivalentsWrong.
    """
    reasons: dict[Key, str] = {}
    seen = set()
    for number, table in enumerate(_tables(file), 1):
        where = f"{file}: table {number} of [[{_TABLE}]]"
        if unknown := sorted(table.keys() - {*_KEYS, _NTH, _OF_KINDS}):
            known = ", ".join((*_KEYS, _NTH, _OF_KINDS))
            raise EquivalentsWrong(f"{where}: {unknown[0]} is not known; expected some of {known}")
        for word in _KEYS:
            _check_text(table.get(word), word, where)
        nth = table.get(_NTH, 0)
        if type(nth) is not int or nth < 0:
            raise EquivalentsWrong(f"{where}: {_NTH}: expected a number such as 2, got {nth!r}")
        kinds = table.get(_OF_KINDS, [kind])
        if not isinstance(kinds, list) or not set(kinds) <= set(ServerKind):
            raise EquivalentsWrong(
                f"{where}: {_OF_KINDS}: expected a list of {', '.join(ServerKind)}, got {kinds!r}"
            )
        functions = table["function"]
        for function in functions if isinstance(functions, list) else [functions]:
            lines = _flat(table["line"]), _flat(table["becomes"])
            key = (table["file"], function, *lines, nth)
            if key in seen:
                raise EquivalentsWrong(f"{where}: the fault is there already: {function}: {key[3]}")
            seen.add(key)
            if kind in kinds:
                reasons[key] = table["reason"]
    return Equivalents(reasons)


def _tables(file: Path) -> list[dict[str, Any]]:
    """The tables of ``file``, none where it is missing.  Raises EquivalentsWrong."""
    try:
        whole = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise EquivalentsWrong(f"{file} is no TOML: {error}") from None
    if unknown := sorted(whole.keys() - {_TABLE}):
        raise EquivalentsWrong(f"{file}: {unknown[0]} is not known; expected [[{_TABLE}]] alone")
    tables = whole.get(_TABLE, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise EquivalentsWrong(f"{file}: {_TABLE}: expected tables, each begun by [[{_TABLE}]]")
    return tables


def _check_text(value: object, key: str, where: str) -> None:
    """Raise EquivalentsWrong unless ``value`` is a text, or for functions a list of some."""
    if value is None:
        raise EquivalentsWrong(f"{where}: {key} is missing; expected a text")
    texts: list[object] = value if isinstance(value, list) and key == "function" else [value]
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise EquivalentsWrong(f"{where}: {key}: expected a text, got {value!r}")


def as_table(fault: Fault, reason: str) -> str:
    """The table of ``fault`` for the file."""
    values = (usual_path(fault.file), fault.function, fault.text, fault.becomes, reason)
    lines = [f"{key} = {_quoted(value)}" for key, value in zip(_KEYS, values, strict=True)]
    return "\n".join(["[[equivalent]]", *lines, ""])


def unused(equivalents: Equivalents, faults: Iterable[Fault]) -> list[Key]:
    """The entries that are none of ``faults``, which are all that the sources can have."""
    there = {_key(fault, nth) for fault in faults for nth in (0, fault.nth)}
    return [key for key in equivalents.reasons if key not in there]


def _key(fault: Fault, nth: int) -> Key:
    return (usual_path(fault.file), fault.function, fault.text, fault.becomes, nth)


def _quoted(text: str) -> str:
    return (
        f"'{text}'"
        if "'" not in text
        else '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
    )


def _flat(text: str) -> str:
    return " ".join(text.split())
