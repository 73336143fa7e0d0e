# SPDX-License-Identifier: MIT
"""The older layout: one ``index.json`` for all goldens, which is read and never written.

It is one JSON object with one line per golden, sorted.  The last member is the layout's version.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.goldens.description import LAYOUT_KEY, GoldenEntry, shape_problem
from harness.goldens.errors import GoldenDamagedError

LAYOUT = 1
KEY = re.compile(r"[a-z0-9-]+/[a-z0-9-]+/[a-z0-9-]+(\.[a-z0-9-]+)?\.png")
REPAIR = "restore it with `git checkout -- {path}`, or repair the line by hand"


def read_index(path: Path) -> dict[str, GoldenEntry]:
    """The entries by key, ``suite/test/name[.variant].png``; none when there is no file.

    Raises GoldenDamagedError, naming the line, when the file cannot be read, is not JSON or has
    another shape.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise GoldenDamagedError(
            f"{path} cannot be read: {error}; {REPAIR.format(path=path)}"
        ) from None
    return _Parser(path, text).entries()


@dataclass(frozen=True, slots=True)
class _Parser:
    path: Path
    text: str

    def entries(self) -> dict[str, GoldenEntry]:
        try:
            members = json.loads(self.text, object_pairs_hook=list)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            raise self._damaged(line, f"expected JSON, got {self._line(line)!r}") from None
        if not isinstance(members, list) or not members or members[-1] != (LAYOUT_KEY, LAYOUT):
            last = self.text.rstrip().count("\n") + 1
            raise self._damaged(last, f'expected an object that ends with "{LAYOUT_KEY}": {LAYOUT}')
        found: dict[str, GoldenEntry] = {}
        for number, (key, value) in enumerate(members[:-1]):
            problem = f"{key!r} is there twice" if key in found else self._problem(key, value)
            if problem:
                raise self._damaged(self._line_of(key, number), problem)
            found[key] = GoldenEntry(**dict(value))
        return found

    def _problem(self, key: str, value: Any) -> str:
        """What is wrong with a member, or nothing."""
        if not KEY.fullmatch(key):
            return f"expected a key such as 'suite/test/name.png', got {key!r}"
        problem = shape_problem(value)
        return f"{problem} for {key!r}" if problem else ""

    def _line_of(self, key: str, number: int) -> int:
        """The line of the member with this number; there is one member per line."""
        places = [
            index
            for index, line in enumerate(self.text.splitlines(), 1)
            if line.lstrip().startswith(json.dumps(key) + ":")
        ]
        return places[-1] if places else number + 2

    def _line(self, number: int) -> str:
        lines = self.text.splitlines()
        return lines[number - 1][:80] if 0 < number <= len(lines) else ""

    def _damaged(self, line: int, problem: str) -> GoldenDamagedError:
        merge = "; it holds merge conflict marks" if re.search("^<<<<<<< ", self.text, re.M) else ""
        return GoldenDamagedError(
            f"{self.path} line {line}: {problem}{merge}; {REPAIR.format(path=self.path)}"
        )
