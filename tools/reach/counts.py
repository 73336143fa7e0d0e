# SPDX-License-Identifier: MIT
"""What gcovr makes of the counts that servers wrote: tracefiles, their union, pages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from tools.reach.rooms import Room

_REMEDY = "pip install gcovr, which .venv has by tools/setup"


class NoCounts(HarnessError):
    """The counts of a server cannot be read."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of all."""

    ran: int
    all: int

    def __str__(self) -> str:
        return f"{100 * self.ran / self.all:.1f} %" if self.all else "-"


@dataclass(frozen=True, slots=True)
class Reached:
    """What of a room's code ran."""

    lines: Share
    branches: Share
    functions: Share


@dataclass(frozen=True, slots=True)
class CountedLine:
    """The function that a line is in, and whether it ran."""

    function: str
    ran: bool


def objects_of(folder: Path, rooms: Iterable[Room]) -> Iterator[Path]:
    """The counts (.gcda) below the meson build folder ``folder`` that may be of ``rooms``."""
    places = {
        str(Path(place).parent) if place.endswith(".c") else place
        for room in rooms
        for place in room.places
    }
    for place in sorted(places):
        yield from sorted((folder / place).glob("*.p/*.gcda"))


def linked(counts: Iterable[Path], folder: Path) -> list[Path]:
    """``counts`` below ``folder``, which mirrors the file system, each with the compiler's notes.

    A server writes them there that is started with GCOV_PREFIX.
    """
    found = []
    for path in counts:
        notes = path.with_suffix(".gcno")
        if not notes.exists():
            notes.symlink_to(Path("/", notes.relative_to(folder)))
        found.append(path)
    return found


def trace(folder: Path, build: Path, rooms: Sequence[Room], into: Path) -> None:
    """Write what servers of ``build`` counted below ``folder`` as a tracefile.

    Raises NoCounts.
    """
    counts = linked(objects_of(folder / build.relative_to("/"), rooms), folder)
    if not counts:
        raise NoCounts(
            f"no server of {build} has written counts into {folder}; expected some from each "
            f"server that ends by SIGTERM: did all tests skip?"
        )
    source = build.parent / "source"
    places = [place for room in rooms for place in room.places]
    filters = [word for place in places for word in ("--filter", f"{source}/{place}")]
    objects = sorted({str(path.parent) for path in counts})
    _gcovr(["--root", str(source), *filters, "--json", str(into), *objects], folder)


def union(traces: Sequence[Path], source: Path, into: Path, pages: Path | None = None) -> None:
    """Add up tracefiles into one, and write ``pages``, a folder of HTML.  Raises NoCounts."""
    words = [word for one in traces for word in ("--add-tracefile", str(one))]
    shown = []
    if pages is not None:
        pages.mkdir(parents=True, exist_ok=True)
        shown = ["--html-details", str(pages / "index.html"), "--html-title", "X server"]
    _gcovr(["--root", str(source), *words, "--json", str(into), *shown], source)


def reached(trace: Path, room: Room) -> Reached:
    """What of ``room`` ran by a tracefile."""
    lines, branches, functions = [], [], []
    for file in json.loads(trace.read_text("utf-8"))["files"]:
        if not room.holds(file["file"]):
            continue
        counted = [line for line in file["lines"] if not line.get("gcovr/noncode")]
        lines += [line["count"] > 0 for line in counted]
        branches += [one["count"] > 0 for line in counted for one in line["branches"]]
        functions += [function["execution_count"] > 0 for function in file["functions"]]
    return Reached(_share(lines), _share(branches), _share(functions))


def counted_lines(trace: Path, room: Room) -> dict[str, dict[int, CountedLine]]:
    """The lines of ``room`` that a tracefile counts, by file and number."""
    found: dict[str, dict[int, CountedLine]] = {}
    for file in json.loads(trace.read_text("utf-8"))["files"]:
        if room.holds(file["file"]):
            lines = found.setdefault(file["file"], {})
            for line in file["lines"]:
                if not line.get("gcovr/noncode"):
                    number = line["line_number"]
                    ran = line["count"] > 0 or (number in lines and lines[number].ran)
                    lines[number] = CountedLine(line.get("function_name") or "", ran)
    return found


def _share(ran: Sequence[bool]) -> Share:
    return Share(sum(ran), len(ran))


def _gcovr(words: Sequence[str], folder: Path) -> None:
    options = ["--gcov-ignore-parse-errors", "all", "--merge-mode-functions", "merge-use-line-min"]
    done = subprocess.run(
        [sys.executable, "-m", "gcovr", *options, *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip()[-1000:]
        raise NoCounts(_REMEDY if "No module named" in said else f"gcovr failed: {said}")
