# SPDX-License-Identifier: MIT
"""A plugin of pytest that writes what became of each test, and the reader of what it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

OPTION = "--steady-record"

_BAD = ("failed", "error")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test in one run.

    ``kind`` is a category of pytest's: passed, failed, error, skipped, xfailed, xpassed.
    ``properties`` are those of its JUnit report.
    """

    kind: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def bad(self) -> bool:
        return self.kind in _BAD


class Recorder:
    """Appends a line for each report that says something new, at once."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self._config = config
        # By lines: what was judged must survive a session that is killed.
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write a report's outcome, and with the last one of a test its properties."""
        category, _, _ = self._config.hook.pytest_report_teststatus(
            report=report, config=self._config
        )
        last = report.when == "teardown"
        if not category and not last:
            return
        line = {
            "test": report.nodeid,
            "kind": category,
            "reason": _reason(report) if category else "",
            "properties": list(report.user_properties) if last else [],
            "worker": getattr(report, "worker_id", ""),
        }
        self._file.write(json.dumps(line, default=str) + "\n")

    def pytest_unconfigure(self) -> None:
        """Close the file."""
        self._file.close()


def _reason(report: pytest.TestReport) -> str:
    """Why a test was skipped, was expected to fail, or the first line of its failure."""
    if hasattr(report, "wasxfail"):
        return str(report.wasxfail)
    details: Any = report.longrepr
    if isinstance(details, tuple):
        return str(details[2]).removeprefix("Skipped: ")
    crash = getattr(details, "reprcrash", None)
    text = crash.message if crash is not None else str(details or "")
    return text.strip().partition("\n")[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption(OPTION, metavar="FILE", help="append what becomes of each test, as JSON lines")


def pytest_configure(config: pytest.Config) -> None:
    """Record in the main process, which gets the reports of all workers."""
    path = config.getoption(OPTION)
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config, Path(path)))


def read(path: Path) -> dict[str, Outcome]:
    """What became of each test, also of a run that was broken off; empty without a file."""
    outcomes: dict[str, Outcome] = {}
    for line in _lines(path):
        known = outcomes.get(line["test"], Outcome(""))
        properties = known.properties + tuple((name, value) for name, value in line["properties"])
        if line["kind"] and not known.bad:
            outcomes[line["test"]] = Outcome(line["kind"], line["reason"], properties)
        else:
            outcomes[line["test"]] = Outcome(known.kind, known.reason, properties)
    return {test: outcome for test, outcome in outcomes.items() if outcome.kind}


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                # The last one, of a session that was killed.
                return
