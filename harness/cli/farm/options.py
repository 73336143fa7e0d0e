# SPDX-License-Identifier: MIT
"""The options of commands whose jobs run in several processes."""

import argparse
from typing import TYPE_CHECKING

from harness.inputs import given, whole_number

if TYPE_CHECKING:
    from harness.farm.farm import Farm


def add_farm_options(parser: argparse.ArgumentParser, jobs: str) -> None:
    """Add ``-j`` and ``--scheduler``; ``jobs`` is what runs there, such as ``trials``."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "-j",
        type=whole_number(4, 1),
        default=0,
        metavar="N",
        help=f"{jobs} at once on this machine (default: one per processor)",
    )
    where.add_argument(
        "--scheduler",
        type=given,
        metavar="ADDRESS",
        help=f"run the {jobs} on the Dask cluster of this scheduler, such as tcp://host:8786",
    )


def farm_of(arguments: argparse.Namespace) -> "Farm":
    """The farm that the options name.  Raises FarmUnusable."""
    from harness.farm.opening import open_farm

    return open_farm(arguments.scheduler, arguments.j)
