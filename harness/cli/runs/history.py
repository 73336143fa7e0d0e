# SPDX-License-Identifier: MIT
"""``xharness runs history``: the tests that did not end alike in all runs."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, REGRESSIONS, add_form, add_only, add_run

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser(
        "history",
        help="print the tests that did not end alike in all runs, and how often",
        description="The runs are put in the order of time; one that is given twice counts once. "
        "Exit status: 0 when no test is bad in one run and not in another, 1 when one is, 2 for a "
        "file that is no run.",
        epilog="example: xharness runs history results/2* --only present",
    )
    add_run(parser, several=True)
    add_only(parser)
    add_form(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.report.runs.history_text import history_text
    from harness.report.runs.pages import history_page
    from harness.report.runs.text import SHOWN
    from harness.results.codec import encode
    from harness.results.comparing.history import history_of
    from harness.results.run_file import read_run

    runs = [read_run(Path(path)) for path in arguments.paths]
    history = history_of(runs, arguments.only)
    match arguments.format:
        case "json":
            print(json.dumps(encode(history), indent=2))
        case "html":
            print(history_page(history))
        case _:
            print(history_text(history, 0 if arguments.all else SHOWN))
    return REGRESSIONS if history.unsteady else OK
