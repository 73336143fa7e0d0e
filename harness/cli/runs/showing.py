# SPDX-License-Identifier: MIT
"""``xharness runs show``: a run in a few lines."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, add_run

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser("show", help="print a run in a few lines")
    add_run(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.report.runs.text import run_text
    from harness.results.run_file import read_run

    print(run_text(read_run(Path(arguments.path))))
    return OK
