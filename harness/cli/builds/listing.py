# SPDX-License-Identifier: MIT
"""``xharness builds list``: the builds of the file, and what is made."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.builds.arguments import OK, add_config, builds_file
from harness.cli.builds.wording import described, megabytes, print_lacks, used_bytes
from harness.inputs import printable

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness builds``."""
    parser = commands.add_parser("list", help="show the builds, and which are made")
    add_config(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.nightly.builds.definitions import read_definitions

    file, cache = builds_file(arguments), BuildCache()
    definitions = read_definitions(file)
    for name, definition in definitions.items():
        built = cache.named(name)
        failure = cache.failure(name)
        state = described(built) if built is not None else failure or "not made yet"
        print(printable(f"{name:16} {state}"))
        if built is not None and failure:
            print(printable(f"{'':16} the last try {failure}"))
        print(printable(f"{'':16} {definition.recipe.preset}: {definition.origin}"))
        if built is not None:
            print_lacks(name, built)
    if not definitions:
        print(f"no builds in {file}; add one: xharness builds add main --git DIR --ref main")
    names = cache.names()
    further = [built for built in cache.made() if built.key not in names]
    unfinished = cache.unfinished()
    if further or unfinished:
        size = sum(used_bytes(built.folder.parent) for built in further)
        print(
            f"further in {cache.folder}: {len(further)} made ({megabytes(size)}), "
            f"{len(unfinished)} failed or interrupted; xharness builds prune removes them"
        )
    return OK
