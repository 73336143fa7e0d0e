# SPDX-License-Identifier: MIT
"""Which lines of an X server each test function of the suites runs, by gcov."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools.reach.counts import NoCounts, linked, objects_of
from tools.reach.mutants.parallel import in_parallel
from tools.reach.rooms import Room
from tools.reach.suites import ROOT, Suites

Lines = Mapping[str, int]
"""For each file a number in which bit N stands for line N."""


TOGETHER = 6
"""So many test functions are measured at a time: starting and ending a server takes longer."""


class RanLines:
    """The lines that each test function runs, kept in ``file``.

    A test function stands for all of its variants; its name is that of pytest up to ``[``, with
    the file relative to ``root``.
    """

    def __init__(self, file: Path, root: Path = ROOT) -> None:
        self._file = file
        self._root = root
        read = json.loads(file.read_text("utf-8")) if file.exists() else {}
        self._digests: dict[str, str] = read.get("digests", {})
        self._lines: dict[str, dict[str, int]] = {
            function: {path: int(bits, 16) for path, bits in lines.items()}
            for function, lines in read.get("lines", {}).items()
        }

    def running(self, file: str, line: int) -> list[str]:
        """The test functions that run ``line`` of ``file``, those first that run most of it."""
        reached = {function: lines.get(file, 0) for function, lines in self._lines.items()}
        found = [function for function, bits in reached.items() if bits >> line & 1]
        return sorted(found, key=lambda function: -reached[function].bit_count())

    def ran(self, file: str) -> int:
        """All lines of ``file`` that any test runs, one bit each."""
        bits = 0
        for lines in self._lines.values():
            bits |= lines.get(file, 0)
        return bits

    def outdated(self, functions: Iterable[str]) -> list[str]:
        """Those of ``functions`` that are not known, or whose file has changed."""
        files = {function.partition("::")[0] for function in functions}
        changed = {file for file in files if self._digests.get(file) != self._digest(file)}
        return [
            function
            for function in functions
            if function.partition("::")[0] in changed or function not in self._lines
        ]

    def keep(self, found: Mapping[str, Lines]) -> None:
        """Take over what was found, for all functions of its files, and write the file."""
        files = {function.partition("::")[0] for function in found}
        kept = {
            function: lines
            for function, lines in self._lines.items()
            if function.partition("::")[0] not in files
        }
        self._lines = kept | {function: dict(lines) for function, lines in found.items()}
        self._digests |= {file: self._digest(file) for file in files}
        written = {
            function: {path: f"{bits:x}" for path, bits in lines.items() if bits}
            for function, lines in self._lines.items()
        }
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"digests": self._digests, "lines": written}), "utf-8")
        new.rename(self._file)

    def _digest(self, file: str) -> str:
        return hashlib.sha256((self._root / file).read_bytes()).hexdigest()


def function_of(test: str) -> str:
    """The test function of a test: its name without the variant."""
    return test.partition("[")[0]


def measure(
    suites: Sequence[Suites], build: Path, rooms: Sequence[Room], functions: Sequence[str]
) -> dict[str, Lines]:
    """The lines of ``rooms`` that each of ``functions`` runs on a server that counts them.

    ``build`` is its meson build folder, and ``suites`` are processes of pytest for it.  A few
    functions that follow each other share servers, and so what these ran.
    Raises NoCounts, SuitesBroken.
    """
    tests: dict[str, list[str]] = {}
    for test in suites[0].tests:
        tests.setdefault(function_of(test), []).append(test)
    free = list(suites)
    groups = [functions[at : at + TOGETHER] for at in range(0, len(functions), TOGETHER)]

    def one(group: Sequence[str]) -> Lines:
        suite = free.pop()
        with tempfile.TemporaryDirectory(prefix="reach-") as folder:
            try:
                suite.run(
                    [test for function in group for test in tests[function]],
                    environment={"GCOV_PREFIX": folder},
                )
            finally:
                free.append(suite)
            return _counted(Path(folder), build, rooms)

    found = in_parallel(len(suites), one, groups)
    return {
        function: lines for group, lines in zip(groups, found, strict=True) for function in group
    }


def _counted(folder: Path, build: Path, rooms: Sequence[Room]) -> dict[str, int]:
    """The lines that ran by the counts below ``folder``, which mirrors the file system."""
    counts = linked(objects_of(folder / build.relative_to("/"), rooms), folder)
    if not counts:
        return {}
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", *map(str, counts)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    if done.returncode or not done.stdout:
        raise NoCounts(f"gcov failed: {done.stderr.strip()[-500:]}")
    source = build.parent / "source"
    found: dict[str, int] = {}
    for line in done.stdout.splitlines():
        read = json.loads(line)
        for file in read["files"]:
            path = Path(os.path.normpath(build / file["file"]))
            if path.is_relative_to(source):
                name = str(path.relative_to(source))
                if any(room.holds(name) for room in rooms):
                    found[name] = found.get(name, 0) | _bits(file["lines"])
    return found


def _bits(lines: Iterable[Mapping[str, int]]) -> int:
    bits = 0
    for line in lines:
        if line["count"]:
            bits |= 1 << line["line_number"]
    return bits
