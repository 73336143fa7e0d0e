# SPDX-License-Identifier: MIT
"""``xharness builds prune``: remove from the cache what nobody needs."""

import argparse
import re
from typing import TYPE_CHECKING

from harness.cli.builds.arguments import OK
from harness.cli.builds.wording import megabytes, used_bytes
from harness.inputs import given, whole_number

if TYPE_CHECKING:
    from harness.nightly.builds.cache import BuildCache, Built

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness builds``."""
    parser = commands.add_parser(
        "prune",
        help="remove builds that failed or were not used for longest from the cache",
        description="Builds that a name means now are kept.",
        epilog="example: xharness builds prune --size 5G",
    )
    limit = parser.add_mutually_exclusive_group(required=True)
    limit.add_argument(
        "--keep", type=whole_number(5), metavar="N", help="keep so many beside the named"
    )
    limit.add_argument(
        "--size", type=_size, metavar="SIZE", help="keep what the named leave of this (500M, 5G)"
    )
    parser.set_defaults(run=_run)


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([KMGT]?)B?", given(text), re.IGNORECASE)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected a size such as 500M or 5G, got {text!r}")
    return int(float(found[1]) * _UNITS.get(found[2].upper(), 1))


def _run(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.wording import counted

    cache = BuildCache()
    removed = [place for place in cache.unfinished() if cache.remove(place)]
    for built in _superfluous(cache, arguments.keep, arguments.size):
        if cache.remove(built.folder.parent):
            removed.append(built.folder.parent)
    left = sum(used_bytes(built.folder.parent) for built in cache.made())
    print(f"removed {counted(len(removed), 'build')}; {len(cache.made())} left ({megabytes(left)})")
    return OK


def _superfluous(cache: "BuildCache", keep: int | None, size: int | None) -> "list[Built]":
    """The unnamed builds beyond the limit, those that were not used for longest."""
    names, found = cache.names(), cache.made()
    others = [built for built in found if built.key not in names]
    if size is None:
        return others[keep:]
    used = sum(used_bytes(built.folder.parent) for built in found if built.key in names)
    beyond = []
    for built in others:
        used += used_bytes(built.folder.parent)
        if used > size:
            beyond.append(built)
    return beyond
