# SPDX-License-Identifier: MIT
"""The commands below ``xharness builds``."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.builds import adding, forgetting, listing, making, naming, pruning
from harness.cli.builds.arguments import UNUSABLE

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_COMMANDS = (adding, listing, making, naming, forgetting, pruning)


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "builds",
        help="build X servers from their sources, to be judged as KIND@NAME",
        description="Builds are tables [builds.NAME] of nightly.toml. "
        "Exit status: 0 when all is done, 1 when something cannot be built, 2 for wrong input.",
    )
    parser.set_defaults(failed=UNUSABLE)
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_command(below)
