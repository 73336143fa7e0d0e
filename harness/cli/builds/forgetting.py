# SPDX-License-Identifier: MIT
"""``xharness builds forget``: builds that the file shall not have any more."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.builds.arguments import OK, add_config, add_names, builds_file
from harness.errors import HarnessError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness builds``."""
    parser = commands.add_parser(
        "forget", help="remove builds from the file; what was made stays until it is pruned"
    )
    add_names(parser, "+", "a build of the file")
    add_config(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.nightly.builds.definitions import read_definitions, remove_definition

    cache, file = BuildCache(), builds_file(arguments)
    names = dict.fromkeys(arguments.names)
    known = {*read_definitions(file), *(name for made in cache.names().values() for name in made)}
    if unknown := [name for name in names if name not in known]:
        raise HarnessError(f"there is no build {unknown[0]} in {file}, and none is made")
    for name in names:
        remove_definition(file, name)
        cache.forget(name)
        print(f"forgot {name}")
    return OK
