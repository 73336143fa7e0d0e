# SPDX-License-Identifier: MIT
"""``xharness runs compare``: what differs between runs, or between servers."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, REGRESSIONS, add_form, add_run
from harness.inputs import given

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser(
        "compare",
        help="print what differs between runs, or between servers",
        description="Exit status: 0 without a regression, 1 with one, 2 for a file that is no run.",
    )
    add_run(parser, several=True)
    parser.add_argument(
        "--server",
        type=given,
        action="append",
        default=[],
        metavar="NAME",
        help="compare what the runs found on this server (repeatable: servers with each other)",
    )
    parser.add_argument(
        "--slower",
        type=_factor,
        default=2.0,
        metavar="FACTOR",
        help="how many times as long a slower test takes (default: 2)",
    )
    add_form(parser)
    parser.set_defaults(run=_run)


def _factor(text: str) -> float:
    try:
        value = float(given(text))
    except ValueError:
        value = 0.0
    if not 1.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a factor such as 1.5, got {text!r}")
    return value


def _run(arguments: argparse.Namespace) -> int:
    from harness.report.runs.pages import comparison_page
    from harness.report.runs.text import SHOWN, comparison_text
    from harness.results.codec import encode
    from harness.results.comparing.comparison import compare_runs
    from harness.results.comparing.timelines import timelines_of
    from harness.results.run_file import read_run

    paths = [Path(path) for path in arguments.paths]
    runs = [read_run(path) for path in paths]
    comparison = compare_runs(
        runs, arguments.server, slower=arguments.slower, timelines=timelines_of(paths)
    )
    match arguments.format:
        case "json":
            print(json.dumps(encode(comparison), indent=2))
        case "html":
            print(comparison_page(comparison))
        case _:
            print(comparison_text(comparison, 0 if arguments.all else SHOWN))
    return REGRESSIONS if comparison.regressions else OK
