# SPDX-License-Identifier: MIT
"""The pages of a night: the report of its tests, the table of verdicts, the last nights."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.goldens.files import replace_files
from harness.report.html.rows import sorted_tests
from harness.report.html.writing import write_report
from harness.report.runs.pages import history_page, verdicts_page
from harness.results.assertions import read_parts
from harness.results.comparing.history import history_of
from harness.results.run import Run
from harness.results.verdict_table import table_file, verdict_table

NIGHTS = 30
"""How many nights the history shows."""

_REPORT, _VERDICTS, _HISTORY = "report", "verdicts", "history.html"
_ASSERTIONS = Path("docs/assertions")


def write_pages(
    night: Path, run: Run, results: Path, before: Sequence[Run], root: Path
) -> list[tuple[str, str]]:
    """Write the pages into the folder ``night``; their titles, and places relative to it.

    ``results`` is the folder of ``run``, ``before`` are the runs of earlier nights, the oldest
    first, ``root`` is the folder with the tables of assertions.  Raises ReportError, OSError,
    AssertionTableError.
    """
    pages = []
    if run.tests:
        write_report(run, results, night / _REPORT, together=True)
        pages.append(("Report of all tests", f"{_REPORT}/index.html"))
        table = verdict_table([run], read_parts(root / _ASSERTIONS))
        if table.lines:
            page = verdicts_page(table).encode(errors="backslashreplace")
            replace_files(
                {
                    night / _VERDICTS / "verdicts.json": table_file(table),
                    night / _VERDICTS / "index.html": page,
                }
            )
            pages.append(("What each server does for each assertion", f"{_VERDICTS}/index.html"))
    if before and run.tests:
        history = history_of([*before[-(NIGHTS - 1) :], run])
        text = history_page(history).encode(errors="backslashreplace")
        replace_files({night / _HISTORY: text})
        pages.append((f"The last {len(history.runs)} nights", _HISTORY))
    return pages


def report_links(run: Run) -> Mapping[str, str]:
    """The place of each test in the report, relative to the folder of the night."""
    tests = sorted_tests(run)
    return {test.id: f"{_REPORT}/test.html#{number}" for number, test in enumerate(tests)}
