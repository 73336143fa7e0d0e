# SPDX-License-Identifier: MIT
"""The list of the reports in docs/reports, made of what they say.

``python -m tools.reports --write`` writes docs/reports/README.md, ``--check`` finds out whether it
is stale.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reports"
INDEX = FOLDER / "README.md"
SECTIONS = ("Steps", "Expected", "Seen", "Cause")
ROWS = ("component", "versions", "protocol")
"""What the table of every report has, in this order; then perhaps a test and a script."""

IN_WORDS = "In words only"
"""How the steps begin of what a server does not survive."""

_HEAD = """\
<!-- Made by `python -m tools.reports --write`; do not edit. -->
# Reports to send

Bugs of X servers that the suites found, each in the form of a report to its developers: versions,
steps, what the protocol says, what was seen, and the cause where it is known. Before one is sent,
look whether it is known by now. All bugs, those that others reported too, are in
[server-bugs.md](../server-bugs.md).

What a server does not survive is described in words. Scripts need Python and xcffib alone, or fetch
what they need, and do no harm.

| report | component | versions | shown by |
|---|---|---|---|
"""


class ReportError(Exception):
    """A report lacks something; the text says which and what."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its file, its title, the rows of its table, the text of its sections."""

    path: Path
    title: str
    rows: dict[str, str]
    sections: dict[str, str]

    @property
    def harmless(self) -> bool:
        """Whether its steps may be carried out."""
        return not self.sections["Steps"].startswith(IN_WORDS)


def read(path: Path) -> Report:
    """The report in ``path``.  Raises ReportError."""
    head, *parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    title = re.match(r"# (.+)\n", head)
    rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", head, flags=re.MULTILINE))
    sections = {name: text.strip() for name, _, text in (part.partition("\n") for part in parts)}
    if title is None or tuple(rows)[: len(ROWS)] != ROWS or tuple(sections) != SECTIONS:
        raise ReportError(
            f"{path.name}: expected a title, a table with {', '.join(ROWS)} and the sections "
            f"{', '.join(SECTIONS)}, got the rows {', '.join(rows)} and {', '.join(sections)}"
        )
    if empty := [name for name, text in sections.items() if not text]:
        raise ReportError(f"{path.name}: expected text in each section, got none in {empty[0]}")
    return Report(path, title[1], rows, sections)


def reports() -> list[Report]:
    """All reports, by component and title.  Raises ReportError."""
    found = [read(path) for path in FOLDER.glob("*.md") if path.name != INDEX.name]
    return sorted(found, key=lambda one: (one.rows["component"], one.title))


def index() -> str:
    """The text of docs/reports/README.md.  Raises ReportError."""
    return _HEAD + "".join(map(_line, reports()))


def _line(report: Report) -> str:
    # Links of a report are as good here: both lie in one folder.
    shown = report.rows.get("script") or ("words" if not report.harmless else "steps")
    title = f"[{report.title}]({report.path.name})"
    cells = (title, report.rows["component"], report.rows["versions"], shown)
    return f"| {' | '.join(cells)} |\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or up to date, 1 when ``--check`` found that the list is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.reports", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the list")
    action.add_argument("--check", action="store_true", help="say whether it is stale")
    chosen = parser.parse_args(arguments)
    try:
        made = index()
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    if chosen.write:
        INDEX.write_text(made, encoding="utf-8")
    elif not INDEX.exists() or INDEX.read_text(encoding="utf-8") != made:
        print(f"{INDEX} is stale: python -m tools.reports --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
