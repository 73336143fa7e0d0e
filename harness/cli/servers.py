# SPDX-License-Identifier: MIT
"""``xharness servers``: servers of Debian releases in the cache."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs import given
from harness.servers.releases.cache import ReleasedServer, fetched, servers_folder, unfinished
from harness.servers.releases.fetch import fetch, remove

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_NAMES = "KIND@RELEASE, such as xvfb@trixie, xwayland@sid or xorg@bullseye"


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser("servers", help="fetch, list and remove servers of releases")
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listing = below.add_parser("list", help="show what is in the cache, and where")
    listing.set_defaults(run=_list)
    fetching = below.add_parser(
        "fetch", help="fetch servers with this machine's apt; nothing is installed"
    )
    fetching.add_argument("servers", type=given, nargs="+", metavar="SERVER", help=_NAMES)
    fetching.set_defaults(run=_fetch)
    removing = below.add_parser("remove", help="remove servers from the cache")
    which = removing.add_mutually_exclusive_group(required=True)
    which.add_argument("servers", type=given, nargs="*", default=[], metavar="SERVER", help=_NAMES)
    which.add_argument("--all", action="store_true", help="remove all of them")
    removing.set_defaults(run=_remove)


def _list(_arguments: argparse.Namespace) -> int:
    whole, parts = fetched(), unfinished()
    for server in whole:
        print(f"{server!s:20} {server.version:28} {_size(server.folder):>7}  {server.program}")
    for server in parts:
        print(f"{server!s:20} {'not whole yet':28} {_size(server.partial):>7}  {server.partial}")
    if not whole and not parts:
        print(f"nothing in {servers_folder()}; fetch something: xharness servers fetch xvfb@trixie")
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    wanted = dict.fromkeys(map(ReleasedServer.parse, arguments.servers))
    for server in wanted:
        there = server.program.exists()
        fetch(server, _progress(sys.stderr.isatty()))
        remark = "was there already" if there else _size(server.folder)
        print(f"{server} {server.version} ({remark}): {server.program}", flush=True)
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    wanted = list(map(ReleasedServer.parse, arguments.servers))
    for server in dict.fromkeys([*fetched(), *unfinished()] if arguments.all else wanted):
        remove(server)
        print(f"removed {server}")
    return 0


def _progress(live: bool) -> Callable[[str, float], None]:
    """Tell of progress on stderr: one line that changes, or a line for each phase."""
    last = ""

    def tell(phase: str, done: float) -> None:
        nonlocal last
        if live:
            end = "\n" if done >= 100 else ""
            print(f"\r{phase}: {done:3.0f} %\x1b[K", end=end, file=sys.stderr, flush=True)
        elif phase != last:
            print(phase, file=sys.stderr, flush=True)
        last = phase

    return tell


def _size(folder: Path) -> str:
    """What ``folder`` takes of the disk; a file with several names counts once."""
    files = (path.lstat() for path in folder.rglob("*"))
    used = {status.st_ino: status.st_blocks * 512 for status in files}
    return f"{sum(used.values()) / 1e6:.0f} MB"
