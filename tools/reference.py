# SPDX-License-Identifier: MIT
"""The tables of needs and rules in docs/reference.md, made from those of the harness.

``python -m tools.reference --write`` writes them, ``--check`` finds out whether they are stale.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.capabilities import needs
from harness.timeline.rules import RULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference.md"
BEGIN = "<!-- Made by `python -m tools.reference --write`; do not edit. -->\n"
END = "<!-- End of what is made. -->\n"


def needs_table() -> str:
    """A row for each need, with its lines ended."""
    lines = ["| need | skips where the server lacks | met by |", "|---|---|---|"]
    for call, words, helper in needs.documentation():
        lines.append(f"| `{call}` | {words} | {f'`{helper}`' if helper else ''} |")
    return "\n".join(lines) + "\n"


def rules_table() -> str:
    """A row for each rule, sorted, with its lines ended."""
    rows = sorted(f"| `{rule.name}` | {rule.clause} |" for rule in RULES)
    return "\n".join(["| rule | what it holds |", "|---|---|", *rows]) + "\n"


def with_tables(text: str, *tables: str) -> str:
    """``text`` with ``tables`` between its pairs of marks, in their order."""
    made, *parts = text.split(BEGIN)
    for table, part in zip(tables, parts, strict=True):
        _, end, after = part.partition(END)
        made += f"{BEGIN}{table}{end}{after}"
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or up to date, 1 when ``--check`` found that the page is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.name}")
    action.add_argument("--check", action="store_true", help="say whether a table is stale")
    chosen = parser.parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    made = with_tables(text, needs_table(), rules_table())
    if chosen.write:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        print(f"docs/{PAGE.name} is stale: run python -m tools.reference --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
