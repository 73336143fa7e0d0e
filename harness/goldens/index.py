# SPDX-License-Identifier: MIT
"""The index of all goldens: the digest of each picture, and its origin.

``index.json`` is one JSON object with one line per golden, sorted, so that version control
merges it line by line.  The last member is the layout's version, hence every golden's line ends
with a comma.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.goldens.errors import GoldenDamagedError
from harness.goldens.files import replace_file

LAYOUT = 1
LAYOUT_KEY = "layout"
KEY = re.compile(r"[a-z0-9-]+/[a-z0-9-]+/[a-z0-9-]+(\.[a-z0-9-]+)?\.png")
REPAIR = "restore it with `git checkout -- {path}`, or repair the line by hand"

_SHAPE: dict[str, type] = {
    "digest": str,
    "width": int,
    "height": int,
    "depth": int,
    "server": str,
    "reason": str,
}


@dataclass(frozen=True, slots=True)
class GoldenEntry:
    """One line of the index.

    ``digest`` is that of the pixels, ``server`` the one that the frame was captured from,
    ``reason`` that of a variant or tolerance, or empty.
    """

    digest: str
    width: int
    height: int
    depth: int
    server: str
    reason: str

    @property
    def size(self) -> str:
        """Size and depth in words, as ``Frame.size``."""
        return f"{self.width}x{self.height} depth {self.depth}"


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


def write_index(path: Path, entries: Mapping[str, GoldenEntry]) -> None:
    """Replace the file.  Raises OSError."""
    replace_file(path, index_file(entries))


def index_file(entries: Mapping[str, GoldenEntry]) -> bytes:
    """The file that says this."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False)},\n"
        for key, entry in sorted(entries.items())
    ]
    text = "{\n" + "".join(lines) + f'"{LAYOUT_KEY}": {LAYOUT}\n}}\n'
    return text.encode()


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
        if not isinstance(value, list) or any(not isinstance(pair, tuple) for pair in value):
            return f"expected an object for {key!r}, got {value!r}"
        got = {name: type(member) for name, member in value}
        if got != _SHAPE:
            wanted = ", ".join(f"{name} ({kind.__name__})" for name, kind in _SHAPE.items())
            had = ", ".join(f"{name} ({kind.__name__})" for name, kind in got.items())
            return f"expected {wanted} for {key!r}, got {had}"
        return ""

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
