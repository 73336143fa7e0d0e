# SPDX-License-Identifier: MIT
"""``xharness golden lint`` and ``migrate``: whether a folder of goldens is in order."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.golden.folder import UNUSABLE, add_folder, opened
from harness.inputs import printable

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(commands: "Commands") -> None:
    """Add the commands to those of ``xharness golden``."""
    linting = commands.add_parser(
        "lint", help="find damaged, redundant, oversized and unmatched pictures and descriptions"
    )
    add_folder(linting)
    linting.set_defaults(run=_lint, failed=UNUSABLE)
    migrating = commands.add_parser(
        "migrate", help="describe each picture beside it, in place of one index.json for all"
    )
    add_folder(migrating)
    migrating.set_defaults(run=_migrate)


def _lint(arguments: argparse.Namespace) -> int:
    """0 when nothing was found."""
    # Pillow and numpy come with these.
    from harness.goldens.lints import BUDGET, damaged, oversized, redundant_variants, unmatched

    store = opened(arguments.folder)
    pictures, described = unmatched(store)
    found = [f"{store.path(key)} has no {store.entry_path(key).name} beside it" for key in pictures]
    found += [f"{store.path(key)} does not exist, but is described" for key in described]
    found += damaged(store)
    found += [
        f"{store.path(key)} has the pixels of the golden used without it: delete it and its .json"
        for key in redundant_variants(store)
    ]
    found += [
        f"{store.path(key)} has {size} bytes, at most {BUDGET} are allowed: show less in it"
        for key, size in oversized(store)
    ]
    if store.old_index.exists():
        found.append(
            f"{store.old_index} is of the older layout: run xharness golden migrate {store.folder}"
        )
    for line in sorted(found):
        print(printable(line))
    return 1 if found else 0


def _migrate(arguments: argparse.Namespace) -> int:
    store = opened(arguments.folder)
    count = store.migrate()
    print(f"{count} goldens of {store.old_index}, each described beside its picture now")
    return 0
