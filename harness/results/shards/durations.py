# SPDX-License-Identifier: MIT
"""How long tests take: a table made of runs, small enough to be kept beside the tests.

It has a mean for the tests of each file on each server, as shards are made of these.
"""

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.goldens.files import replace_file
from harness.results.codec import ShapeError, decode
from harness.results.file_format import RunFileError, check_header, read_text
from harness.results.run import Outcome, Run
from harness.results.run_file import FORMAT as RUN_FORMAT
from harness.results.run_file import read_run

_FORMAT = "xharness-durations"
_VERSION = 1
_UNKNOWN_SECONDS = 0.05
"""Of a test, where no test is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteDurations:
    """How long (s) one test takes: the mean by file, then by server (empty for tests without).

    ``tests`` counts the tests of each file, on the server where there are most.
    """

    tests: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, file: str, server: str) -> float:
        """How long (s) a test of ``file`` takes on ``server``.

        Of a server that is not known the mean of its kind counts, then that of all kinds; of a file
        that is not known the median of the files.
        """
        known = self.files.get(file, {})
        kind = server.partition("@")[0]
        if server in known or kind in known:
            return known.get(server, known.get(kind, 0.0))
        if known:
            return statistics.fmean(known.values())
        means = [seconds for servers in self.files.values() for seconds in servers.values()]
        return statistics.median(means) if means else _UNKNOWN_SECONDS


def durations_of(runs: Iterable[Run], only: re.Pattern[str] | None = None) -> SuiteDurations:
    """The means of all tests of the runs that have a verdict and were not skipped.

    Where all were skipped, the mean of the skips.  ``only`` is a pattern for the ids of tests.
    """
    tested: dict[tuple[str, str], list[float]] = defaultdict(list)
    skipped: dict[tuple[str, str], list[float]] = defaultdict(list)
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        for test in run.tests:
            wanted = only is None or only.search(test.id)
            if wanted and test.outcome is not Outcome.NOT_FINISHED:
                unit = test.id.partition("::")[0], test.server
                found = skipped if test.outcome is Outcome.SKIPPED else tested
                found[unit].append(test.durations.whole)
                names[unit].add(test.id)
    files: dict[str, dict[str, float]] = {}
    for (file, server), seconds in sorted((skipped | tested).items()):
        files.setdefault(file, {})[server] = round(statistics.fmean(seconds), 4)
    tests = {
        file: max(len(names[file, server]) for server in servers) for file, servers in files.items()
    }
    return SuiteDurations(tests=tests, files=files)


def read_durations(path: Path) -> SuiteDurations:
    """The durations in ``path``: a table of them, a ``results.json``, or the folder of a session.

    Raises RunFileError for what is neither.
    """
    if path.is_dir() or path.suffix == ".jsonl":
        return durations_of([read_run(path)])
    text = read_text(path)
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise RunFileError(
            f"{path} line {line}: expected durations (xharness runs durations writes them) or a "
            f"results.json, got {text.split(chr(10))[line - 1][:60]!r}"
        ) from None
    if isinstance(members, dict) and members.get("format") == RUN_FORMAT:
        return durations_of([read_run(path)])
    check_header(members, path, _FORMAT, _VERSION)
    try:
        durations: SuiteDurations = decode(SuiteDurations, members)
    except ShapeError as error:
        raise RunFileError(f"{path}: {error}; the file is damaged: make it again") from None
    return durations


def write_durations(path: Path, durations: SuiteDurations) -> None:
    """Put the table into ``path``, a file to a line.  Raises OSError."""
    members = [f'"format": "{_FORMAT}"', f'"version": {_VERSION}']
    for name, values in (("tests", durations.tests), ("files", durations.files)):
        lines = [f"{json.dumps(file)}: {json.dumps(value)}" for file, value in values.items()]
        members.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
    replace_file(path, ("{\n" + ",\n".join(members) + "\n}\n").encode())
