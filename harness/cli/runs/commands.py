# SPDX-License-Identifier: MIT
"""``xharness runs``: show, merge and compare what sessions found, and make the verdict table."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.runs import comparing, durations, flakes, history, merging, showing, table
from harness.cli.runs.arguments import UNUSABLE

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_COMMANDS = (showing, merging, comparing, history, flakes, durations, table)


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "runs", help="show, merge and compare what sessions found, and flaky tests"
    )
    parser.set_defaults(failed=UNUSABLE)
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_command(below)
