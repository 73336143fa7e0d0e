# SPDX-License-Identifier: MIT
"""The commands below ``xharness golden``, which was called ``xharness goldens`` first."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.golden import accepting, linting, orphaned, reviewing, sizes

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "golden", aliases=["goldens"], help="review, accept and check reviewed frames"
    )
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    reviewing.add_command(below)
    accepting.add_command(below)
    linting.add_commands(below)
    orphaned.add_command(below)
    sizes.add_command(below)
