# SPDX-License-Identifier: MIT
"""The tables of needs and rules in docs/reference.md, and docs/results.schema.json.

``python -m tools.reference --write`` writes them, ``--check`` finds out whether they are stale.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.capabilities import needs
from harness.results.run_file import json_schema
from harness.timeline.rules import RULES

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "reference.md"
SCHEMA = DOCS / "results.schema.json"
BEGIN = "<!-- Made by `python -m tools.reference --write`; do not edit. -->\n"
END = "<!-- End of what is made. -->\n"


def needs_table() -> str:
    """A row for each need, with its lines ended."""
    lines = ["| need | skips where the server lacks | met by |", "|---|---|---|"]
    for call, words, helpers in needs.documentation():
        lines.append(f"| `{call}` | {words} | {', '.join(f'`{one}`' for one in helpers)} |")
    return "\n".join(lines) + "\n"


def rules_table() -> str:
    """A row for each rule, sorted, with its lines ended."""
    rows = sorted(f"| `{rule.name}` | {rule.clause} |" for rule in RULES)
    return "\n".join(["| rule | what it holds |", "|---|---|", *rows]) + "\n"


def with_tables(text: str, *tables: str, begin: str = BEGIN) -> str:
    """``text`` with ``tables`` between its pairs of marks, in their order."""
    made, *parts = text.split(begin)
    for table, part in zip(tables, parts, strict=True):
        _, end, after = part.partition(END)
        made += f"{begin}{table}{end}{after}"
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or up to date, 1 when ``--check`` found that the page is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write what is made")
    action.add_argument("--check", action="store_true", help="say what is stale")
    chosen = parser.parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    made = {
        PAGE: with_tables(text, needs_table(), rules_table()),
        SCHEMA: json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
    }
    if chosen.write:
        for path, content in made.items():
            path.write_text(content, encoding="utf-8")
        return 0
    stale = [
        path.name
        for path, content in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    for name in stale:
        print(f"docs/{name} is stale: run python -m tools.reference --write")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
