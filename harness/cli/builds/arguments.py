# SPDX-License-Identifier: MIT
"""What the commands of ``xharness builds`` have in common: arguments, and how they end."""

import argparse
from pathlib import Path

from harness.inputs import given

OK, BUILD_FAILED, UNUSABLE = 0, 1, 2
"""Exit statuses; sources that cannot be built differ from wrong input."""


def add_names(parser: argparse.ArgumentParser, number: str, words: str) -> None:
    """Add the argument ``names`` of builds, so many."""
    parser.add_argument("names", type=given, nargs=number, metavar="NAME", help=words)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--config``, the file of the builds."""
    parser.add_argument(
        "--config",
        type=given,
        metavar="FILE",
        help="the file of the builds (default: nightly.toml here or in a folder above)",
    )


def builds_file(arguments: argparse.Namespace) -> Path:
    """The file of the builds, which need not exist: ``--config``, or here or above."""
    from harness.servers.made_builds import find_file

    return Path(arguments.config) if arguments.config else find_file(Path.cwd())
