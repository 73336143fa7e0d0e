# SPDX-License-Identifier: MIT
"""``xharness runs flakes``: how often tests are flaky, and whether that keeps its budget."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, REGRESSIONS, add_run
from harness.inputs import given, whole_number

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser(
        "flakes",
        help="print how often tests are flaky, and whether that keeps its budget",
        description="A flaky test failed, and passed on a fresh server at once; it is not a "
        "failure, but counts. Exit status: 0 within the budget, 1 beyond it, 2 for a file that "
        "is no run.",
        epilog="Example: xharness runs flakes results/2* --budget 1 --days 7",
    )
    add_run(parser, several=True)
    parser.add_argument(
        "--budget",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="how many may come (default: 1)",
    )
    parser.add_argument(
        "--days",
        type=_days,
        default=7.0,
        metavar="DAYS",
        help="in how many days before the newest run (default: 7)",
    )
    parser.add_argument(
        "--clean",
        type=whole_number(1),
        default=30,
        metavar="RUNS",
        help="name the lines of flakes files whose tests passed in so many runs, one after the "
        "other (default: 30)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_run)


def _days(text: str) -> float:
    try:
        value = float(given(text))
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of days such as 7, got {text!r}")
    return value


def _run(arguments: argparse.Namespace) -> int:
    from harness.report.runs.flakes_text import flakes_text
    from harness.results.codec import encode
    from harness.results.comparing.flakes import flakes_of
    from harness.results.run_file import read_run

    runs = [read_run(Path(path)) for path in arguments.paths]
    flakes = flakes_of(runs, arguments.budget, arguments.days, arguments.clean)
    if arguments.format == "json":
        print(json.dumps(encode(flakes), indent=2))
    else:
        print(flakes_text(flakes))
    return OK if flakes.budget.kept else REGRESSIONS
