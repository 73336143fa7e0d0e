# SPDX-License-Identifier: MIT
"""``xharness runs merge``: one run of several."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, REGRESSIONS, add_output, add_run

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser(
        "merge",
        help="make one run of several, such as the shards of a suite",
        description="Of a test that several runs have, a bad verdict counts more than a good one, "
        "and any more than none. Exit status: 0 for one whole run, 1 when shards of pytest --shard "
        "are missing or tested nothing of a server, 2 for runs that are not parts of one.",
        epilog="example: xharness runs merge shard-1 shard-2 shard-3 -o results/whole",
    )
    add_run(parser, several=True)
    add_output(parser, "the folder to write, new or of results")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.report.runs.text import run_text
    from harness.results.merging import merge
    from harness.results.shards.joining import lacking

    folder = Path(arguments.output)
    merged = merge([Path(path) for path in arguments.paths], folder)
    print(run_text(merged))
    print(f"written to {folder}")
    return REGRESSIONS if lacking(merged.shard, merged.tests) else OK
