# SPDX-License-Identifier: MIT
"""The server that a command works on: one that runs, or one that is started for it."""

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from harness.errors import HarnessError
from harness.inputs import given
from harness.servers.attached import attach
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.releases.named import find_named, kind_of, parse_name
from harness.servers.server import Server
from harness.servers.spec import ServerSpec
from harness.servers.wrapper import Wrappers

USUAL_DEPTH = 24
"""The depth of a screen of which nothing else is known."""

NAME = "KIND[@RELEASE]"
"""How help names a server."""


class UsageError(HarnessError):
    """The command line asks for something impossible."""


def server_name(text: str) -> str:
    """``text``, the name of a server: the ``type`` of options that take one.

    Raises argparse.ArgumentTypeError for one that no server has.
    """
    try:
        parse_name(given(text))
    except HarnessError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def add_arguments(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add the options that choose the server, or with ``several`` the servers."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--display",
        type=given,
        metavar=":N",
        help="the server to stand before (default: that of DISPLAY)",
    )
    where.add_argument(
        "--server",
        type=server_name,
        action="append" if several else "store",
        metavar=NAME,
        help="start a server of this kind, the installed one or that of a release (xvfb@trixie)"
        + " (repeatable)" * several,
    )
    parser.add_argument(
        "--server-wrapper",
        type=given,
        action="append",
        default=[],
        metavar="COMMAND",
        help="run the server of --server under this command: 'valgrind --error-exitcode=99'",
    )
    parser.add_argument(
        "--size", type=given, default="1280x1024", metavar="WxH", help="of the screen of --server"
    )
    parser.set_defaults(depth=USUAL_DEPTH)


def possible_depth(kind: ServerKind, wanted: int) -> int:
    """``wanted``, the depth of a screen, where servers of this kind can have it, else the usual."""
    return wanted if wanted in kind.info.depths else USUAL_DEPTH


@contextmanager
def server_of(arguments: argparse.Namespace) -> Iterator[Server]:
    """The server that was chosen; one that was started ends with the block.

    Raises UsageError, and what starting or attaching raises.
    """
    if arguments.server is not None:
        wrappers = Wrappers(arguments.server_wrapper)
        wrappers.check([kind_of(arguments.server)])
        depth = arguments.depth
        with started(arguments.server, arguments.size, wrappers, depth) as server:
            yield server
        return
    if arguments.server_wrapper:
        raise UsageError("--server-wrapper runs a server that is started: give --server too")
    display = arguments.display or os.environ.get("DISPLAY")
    if not display:
        raise UsageError(
            "no server to stand before: DISPLAY is not set; give --display :N for one that "
            "runs, or --server xvfb to start one"
        )
    with attach(display) as server:
        yield server


@contextmanager
def started(name: str, size: str, wrappers: Wrappers, depth: int = USUAL_DEPTH) -> Iterator[Server]:
    """The server called ``name``, started with a screen of ``size`` (WxH) for the block.

    The screen has this ``depth`` where the kind can have it, else that of most.
    Raises UsageError, and what starting raises.
    """
    sides = re.fullmatch(r"(\d+)x(\d+)", size)
    if sides is None:
        raise UsageError(f"--size {size}: expected WIDTHxHEIGHT such as 1280x1024")
    build = find_named(name)
    width, height = map(int, sides.groups())
    with virtual_host(width, height) if build.kind.info.needs_host else nullcontext() as host:
        spec = ServerSpec(
            build=build,
            width=width,
            height=height,
            depth=possible_depth(build.kind, depth),
            lean=False,
            host=host,
            wrapper=wrappers.of(build.kind),
        )
        with launch(spec) as launched:
            yield launched
        launched.stop().check_reports(launched.name)
