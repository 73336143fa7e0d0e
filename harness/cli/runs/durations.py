# SPDX-License-Identifier: MIT
"""``xharness runs durations``: how long tests take, for shards."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, add_only, add_run
from harness.inputs import given
from harness.wording import counted

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser(
        "durations",
        help="write how long tests take, for pytest --shard",
        description="The table has a mean for the tests of each file on each server, and is small "
        "enough to be kept in a repository.",
        epilog="example: xharness runs durations results/latest --only suites -o parser.json",
    )
    add_run(parser, several=True)
    parser.add_argument(
        "-o", "--output", type=given, required=True, metavar="FILE", help="the file to write"
    )
    add_only(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.results.run_file import read_run
    from harness.results.shards.durations import durations_of, write_durations

    output = Path(arguments.output)
    durations = durations_of((read_run(Path(path)) for path in arguments.paths), arguments.only)
    write_durations(output, durations)
    servers = {server for known in durations.files.values() for server in known if server}
    files = counted(len(durations.files), "file")
    print(f"{output}: {files} on {', '.join(sorted(servers)) or 'no server'}")
    return OK
