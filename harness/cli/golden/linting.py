# SPDX-License-Identifier: MIT
"""``xharness goldens``: checks of a golden folder that need no server."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser("goldens", help="check a folder of goldens")
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    linting = below.add_parser(
        "lint", help="find damaged, redundant, oversized and unmatched pictures and index lines"
    )
    linting.add_argument(
        "folder",
        type=given,
        nargs="?",
        default="golden",
        metavar="FOLDER",
        help="default: golden",
    )
    linting.set_defaults(run=_lint)


def _lint(arguments: argparse.Namespace) -> int:
    """0 when nothing was found."""
    # Pillow and numpy come with these.
    from harness.goldens.lints import BUDGET, damaged, oversized, redundant_variants, unmatched
    from harness.goldens.store import GoldenStore

    store = GoldenStore(Path(arguments.folder))
    if not store.folder.is_dir():
        raise HarnessError(f"{store.folder} is no folder of goldens; name one")
    pictures, lines = unmatched(store)
    found = [f"{store.path(key)} has no line in {store.index_path}" for key in pictures]
    found += [f"{store.path(key)} does not exist, but {store.index_path} lists it" for key in lines]
    found += damaged(store)
    found += [
        f"{store.path(key)} has the pixels of the golden used without it: delete it and its line"
        for key in redundant_variants(store)
    ]
    found += [
        f"{store.path(key)} has {size} bytes, at most {BUDGET} are allowed: show less in it"
        for key, size in oversized(store)
    ]
    for line in sorted(found):
        print(line)
    return 1 if found else 0
