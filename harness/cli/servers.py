# SPDX-License-Identifier: MIT
"""``xharness servers``: servers of Debian releases in the cache, and the kernel for one kind."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given
from harness.servers.kms.kernel import kernels, kernels_folder
from harness.servers.kms.kernel_build import build
from harness.servers.kms.kernel_build import remove as remove_kernel
from harness.servers.releases.cache import ReleasedServer, fetched, servers_folder, unfinished
from harness.servers.releases.fetch import fetch, remove

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_KERNEL = "kms"
"""What ``build`` builds, as it is named there and in the list."""

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
    building = below.add_parser(
        "build", help="build the kernel that servers of kind xorg-kms run in: some minutes"
    )
    building.add_argument("what", choices=[_KERNEL], metavar=_KERNEL, help="the kernel of xorg-kms")
    building.set_defaults(run=_build)
    removing = below.add_parser("remove", help="remove servers from the cache")
    which = removing.add_mutually_exclusive_group(required=True)
    names = f"{_NAMES}, or {_KERNEL}"
    which.add_argument("servers", type=given, nargs="*", default=[], metavar="SERVER", help=names)
    which.add_argument("--all", action="store_true", help="remove all of them")
    removing.set_defaults(run=_remove)


def _list(_arguments: argparse.Namespace) -> int:
    whole, parts, built = fetched(), unfinished(), kernels()
    for server in whole:
        print(f"{server!s:20} {server.version:28} {_size(server.folder):>7}  {server.program}")
    for server in parts:
        print(f"{server!s:20} {'not whole yet':28} {_size(server.partial):>7}  {server.partial}")
    for kernel in built:
        size = _size(kernel.folder)
        print(f"{_KERNEL:20} {kernel.version:28} {size:>7}  {kernel.program}")
    if not whole and not parts and not built:
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


def _build(_arguments: argparse.Namespace) -> int:
    before = kernels()
    kernel = build(_progress(sys.stderr.isatty()))
    remark = "was there already" if kernel in before else _size(kernel.folder)
    print(f"{_KERNEL} {kernel.version} ({remark}): {kernel.program}", flush=True)
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    if arguments.all or _KERNEL in arguments.servers:
        built = kernels()
        if not built and _KERNEL in arguments.servers:
            raise HarnessError(
                f"no kernel can be removed: none is built (looked in {kernels_folder()}); "
                f"xharness servers list shows what is there"
            )
        for kernel in built:
            remove_kernel(kernel)
            print(f"removed {_KERNEL} {kernel.version}")
    wanted = [ReleasedServer.parse(name) for name in arguments.servers if name != _KERNEL]
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
