# SPDX-License-Identifier: MIT
"""What is known of one golden: the digest of its pixels, and their origin.

It stands beside the picture, ``frame.json`` beside ``frame.png``, as a file of its own: goldens
that two branches add never meet in a line, so that version control merges them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.goldens.errors import GoldenDamagedError

LAYOUT = 2
LAYOUT_KEY = "layout"


@dataclass(frozen=True, slots=True)
class GoldenEntry:
    """What is known of one golden.

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


SHAPE: dict[str, type] = {
    "digest": str,
    "width": int,
    "height": int,
    "depth": int,
    "server": str,
    "reason": str,
}


def read_entry(path: Path) -> GoldenEntry | None:
    """What the file says, nothing when there is none.

    Raises GoldenDamagedError when it cannot be read, is not JSON or has another shape.
    """
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, f"cannot be read: {error}") from None
    try:
        members = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        got = repr(text.split("\n")[line - 1][:80])
        marks = "; it holds merge conflict marks" if "\n<<<<<<< " in f"\n{text}" else ""
        raise _damaged(path, f"line {line}: expected JSON, got {got}{marks}") from None
    return _entry(path, members)


def entry_file(entry: GoldenEntry) -> bytes:
    """The file that says this."""
    members = asdict(entry) | {LAYOUT_KEY: LAYOUT}
    return (json.dumps(members, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def shape_problem(members: Any) -> str:
    """How the members of an entry, as pairs, are not what is expected; empty when they are."""
    if not isinstance(members, list) or any(not isinstance(pair, tuple) for pair in members):
        return f"expected an object, got {members!r}"
    got = {name: type(member) for name, member in members}
    if got == SHAPE and len(got) == len(members):
        return ""
    wanted = ", ".join(f"{name} ({kind.__name__})" for name, kind in SHAPE.items())
    had = ", ".join(f"{name} ({type(member).__name__})" for name, member in members)
    return f"expected {wanted}, got {had}"


def _entry(path: Path, members: Any) -> GoldenEntry:
    if not isinstance(members, list) or (LAYOUT_KEY, LAYOUT) not in members:
        raise _damaged(path, f'expected an object with "{LAYOUT_KEY}": {LAYOUT}')
    rest = [pair for pair in members if pair != (LAYOUT_KEY, LAYOUT)]
    if problem := shape_problem(rest):
        raise _damaged(path, problem)
    return GoldenEntry(**dict(rest))


def _damaged(path: Path, problem: str) -> GoldenDamagedError:
    return GoldenDamagedError(
        f"{path}: {problem}; restore it with `git checkout -- {path}`, or repair it by hand"
    )
