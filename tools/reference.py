# SPDX-License-Identifier: MIT
"""The table of needs in docs/reference.md, made from the table of the harness.

``python -m tools.reference --write`` writes it, ``--check`` finds out whether it is stale.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.capabilities import needs

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference.md"
BEGIN = "<!-- Made by `python -m tools.reference --write`; do not edit. -->\n"
END = "<!-- End of what is made. -->\n"


def needs_table() -> str:
    """A row for each need, with its lines ended."""
    lines = ["| need | skips where the server lacks | met by |", "|---|---|---|"]
    for call, words, helper in needs.documentation():
        lines.append(f"| `{call}` | {words} | {f'`{helper}`' if helper else ''} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, table: str) -> str:
    """``text`` with ``table`` between the two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}{table}{end}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when done or up to date, 1 when ``--check`` found that the page is stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help=f"write the table into {PAGE.name}")
    action.add_argument("--check", action="store_true", help="say whether the table is stale")
    chosen = parser.parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    made = with_table(text, needs_table())
    if chosen.write:
        PAGE.write_text(made, encoding="utf-8")
    elif made != text:
        print(f"docs/{PAGE.name} is stale: run python -m tools.reference --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
