# SPDX-License-Identifier: MIT
"""``results.jsonl``: what a session has found so far, a line at a time.

It outlives a session whose process is killed, and goes when ``results.json`` is there.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.results.codec import ShapeError, decode, encode, line_of
from harness.results.file_format import RunFileError, check_header, read_text
from harness.results.run import Ended, Run, ServerIdentity, TestResult

NAME = "results.jsonl"

_FORMAT = "xharness-journal"
_VERSION = 2


class Journal:
    """The journal of a session that runs, in ``folder``.

    ``error`` is why nothing more is written, such as a full disk; None while all is well.
    """

    def __init__(self, folder: Path) -> None:
        self.error: OSError | None = None
        self.path = folder / NAME
        self._descriptor: int | None = None

    def begin(self, run: Run) -> None:
        """Write what is known of the run from its beginning."""
        self._append({"format": _FORMAT, "version": _VERSION, "run": encode(run)})

    def begins(self, test: TestResult) -> None:
        """Note a test that runs: its result, should nothing more be heard of it."""
        self._append({"begins": encode(test)})

    def server(self, server: ServerIdentity) -> None:
        """Note a server that is judged."""
        self._append({"server": encode(server)})

    def test(self, result: TestResult) -> None:
        """Note a test that is over."""
        self._append({"test": encode(result)})

    def close(self, *, remove: bool) -> None:
        """Close the file; ``remove``: ``results.json`` says all of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if remove:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _append(self, line: dict[str, Any]) -> None:
        """Nothing more after an error: the last line of the file may be a part of one."""
        if self.error is not None:
            return
        data = line_of(line) + b"\n"
        try:
            if self._descriptor is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
                self._descriptor = os.open(self.path, flags, 0o666)
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            self.error = error


def read_journal(path: Path) -> Run:
    """The run that was broken off, as far as its journal knows; it is not complete.

    Tests that had begun are not finished.  A last line that is cut off is not read.
    Raises RunFileError for a file that is no journal, or damaged before its last line.
    """
    lines = list(_lines(path))
    if not lines:
        raise RunFileError(f"{path} line 1: expected a journal, got an empty file; it says nothing")
    check_header(lines[0], path, _FORMAT, _VERSION)
    try:
        run: Run = decode(Run, lines[0].get("run", {}), "run")
        servers: dict[str, ServerIdentity] = dict(run.servers)
        running: dict[str, TestResult] = {}
        tests: dict[str, TestResult] = {}
        for number, line in enumerate(lines[1:], 2):
            if "begins" in line:
                begun: TestResult = decode(TestResult, line["begins"], f"line {number} begins")
                running[begun.id] = begun
            if "server" in line:
                server: ServerIdentity = decode(
                    ServerIdentity, line["server"], f"line {number} server"
                )
                servers[server.name] = server
            if "test" in line:
                test: TestResult = decode(TestResult, line["test"], f"line {number} test")
                running.pop(test.id, None)
                tests[test.id] = test
    except ShapeError as error:
        raise RunFileError(f"{path} {error}; the file is damaged: take it again") from None
    tests |= running
    return replace(
        run,
        ended=Ended.BROKEN_OFF,
        complete=False,
        seconds=max((one.started + one.durations.whole for one in tests.values()), default=0.0),
        servers=servers,
        tests=tuple(tests.values()),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    *whole, _cut_off = read_text(path).split("\n")
    for number, line in enumerate(whole, 1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise RunFileError(
                f"{path} line {number}: expected a JSON object, got {line[:60]!r}; "
                f"the file is damaged: take it again"
            )
        yield value
