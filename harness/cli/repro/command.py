# SPDX-License-Identifier: MIT
"""``xharness repro``: from a recording to a stand-alone script that shows the same bug."""

import argparse
from typing import TYPE_CHECKING

from harness.cli.farm.options import add_farm_options
from harness.cli.serving.server import NAME, server_name
from harness.inputs import given, seconds

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

UNUSABLE = 2


def add_command(commands: "Commands") -> None:
    """Add ``repro`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "repro",
        help="write a stand-alone script that shows the bug in a recording",
        description="Write a script for xcffib that sends the requests of a recording and ends "
        "with status 1 where a server shows the same bug, 0 where it is sound, 125 where it cannot "
        "tell, as git bisect run wants it. With --minimise the recording is made as short as it "
        "still shows the bug, each trial on a fresh server. Exit status 0: the recording shows "
        "nothing wrong; 1: it does, and FILE is written; 2: the recording or a server cannot be "
        "used, or the script ends otherwise than it should on a server; it is written all the "
        "same.",
        epilog="examples: xharness repro picom.pcapng --minimise --server xvfb -o stale-frame.py; "
        "xharness repro picom.pcapng --server xvfb@bullseye --against xvfb@sid -o stale-frame.py",
    )
    parser.add_argument(
        "source",
        type=given,
        metavar="FILE",
        help="a recording (.pcapng); or the folder of a test's evidence with one in it; or a test, "
        "which is run and recorded: suites/present/test_copy.py::test_name",
    )
    parser.add_argument(
        "-o", "--output", type=given, required=True, metavar="FILE", help="the script to write"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--server",
        type=server_name,
        default="xvfb",
        metavar=NAME,
        help="the server that has it: a kind, or that of a release, xvfb@sid (default: xvfb)",
    )
    where.add_argument(
        "--server-path", type=given, metavar="FILE", help="the program of the server that has it"
    )
    parser.add_argument(
        "--against",
        type=given,
        metavar=f"{NAME}|FILE",
        help="a sound server, by its name or program: what it shows otherwise is a symptom too, "
        "and the script must find it sound",
    )
    parser.add_argument(
        "--fps", type=int, metavar="N", help="frames per second of the servers, where they have it"
    )
    parser.add_argument(
        "--symptom",
        type=given,
        metavar="TEXT",
        help="which one, if there are several: a part of its line, such as idle-missing",
    )
    parser.add_argument(
        "--leave-out",
        type=given,
        action="append",
        default=[],
        metavar="EXTENSION",
        help="do without the requests of this extension (repeatable)",
    )
    parser.add_argument("--minimise", action="store_true", help="make the recording shorter first")
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time for --minimise (default: 60); a search that was cut goes on next time",
    )
    add_farm_options(parser, "trials")
    parser.add_argument(
        "--as-test", action="store_true", help="write a test of the suites in place of a script"
    )
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _run(arguments: argparse.Namespace) -> int:
    # Replays and rules are heavy.
    from harness.cli.repro.making import make

    return make(arguments)
