# SPDX-License-Identifier: MIT
"""``xharness builds path``: where a build is."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.builds.arguments import OK
from harness.errors import HarnessError
from harness.inputs import given

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness builds``."""
    parser = commands.add_parser(
        "path",
        help="print the meson build folder of a build",
        epilog='example: pytest suites/ --server-build "$(xharness builds path main)"',
    )
    parser.add_argument("name", type=given, metavar="NAME")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache

    built = BuildCache().named(arguments.name)
    if built is None:
        raise HarnessError(
            f"no build {arguments.name} is made; run: xharness builds make {arguments.name}"
        )
    print(built.folder)
    return OK
