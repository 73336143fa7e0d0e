# SPDX-License-Identifier: MIT
"""``xharness expectations``: check files, find stale lines, suggest lines for new failures."""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given, printable

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

OK, FOUND, UNUSABLE = 0, 1, 2
"""Exit statuses."""


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "expectations", help="check files of expected failures, find stale lines, suggest new ones"
    )
    parser.set_defaults(failed=UNUSABLE)
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    checking = below.add_parser(
        "check",
        help="read files, and say what is wrong with them",
        epilog="Example: xharness expectations check expected",
    )
    checking.add_argument(
        "paths", type=given, nargs="+", metavar="PATH", help="a file, or a folder of files"
    )
    checking.set_defaults(run=_check)
    words = "a results.json, or the folder of a session such as results/latest"
    stale = below.add_parser(
        "stale",
        help="print the lines that the runs of a night show to be needless",
        description="Exit status: 0 when none is to be deleted, 1 when one is, 2 for a file that "
        "is no run.",
        epilog="Example: xharness expectations stale results/xvfb results/xephyr",
    )
    stale.add_argument("paths", type=given, nargs="+", metavar="RUN", help=words)
    stale.set_defaults(run=_stale)
    suggesting = below.add_parser(
        "suggest",
        help="write lines that would have excused the new failures of runs",
        description="Their reasons and links are left to write. Exit status: 0 without a new "
        "failure, 1 with one, 2 for a file that is no run.",
        epilog="Example: xharness expectations suggest results/latest -o expected",
    )
    suggesting.add_argument("paths", type=given, nargs="+", metavar="RUN", help=words)
    suggesting.add_argument(
        "-o",
        "--output",
        type=given,
        metavar="DIR",
        help="write suggested-fails.txt and suggested-flakes.txt there (default: print them)",
    )
    suggesting.set_defaults(run=_suggest)


def _check(arguments: argparse.Namespace) -> int:
    from harness.results.expectations.reading import (
        expectation_files,
        kind_of,
        read_expectations,
    )

    paths = [Path(path) for path in arguments.paths]
    counts = Counter(line.used.file for line in read_expectations(paths))
    for file in expectation_files(paths):
        print(printable(f"{file}: {counts[str(file)] or 'no'} {kind_of(file)}"))
    return OK


def _stale(arguments: argparse.Namespace) -> int:
    from harness.results.expectations.stale import stale_lines
    from harness.results.run_file import read_run

    stale = stale_lines([read_run(Path(path)) for path in arguments.paths])
    for line in stale:
        print(printable(f"{line}{'' if line.error else '    (it may stay)'}"))
    return FOUND if any(line.error for line in stale) else OK


def _suggest(arguments: argparse.Namespace) -> int:
    from harness.goldens.files import replace_files
    from harness.results.expectations.suggestion import suggestion
    from harness.results.run_file import read_run

    files = suggestion([read_run(Path(path)) for path in arguments.paths])
    if not arguments.output:
        for name, text in files.items():
            print(printable(f"# {name}\n{text}"))
        return FOUND if files else OK
    places = {Path(arguments.output) / name: text for name, text in files.items()}
    for place in places:
        if place.exists():
            raise HarnessError(
                f"{place} is there already: it may have reasons that somebody wrote; rename it "
                f"when it is done, delete it, or name another folder"
            )
    replace_files({place: text.encode(errors="replace") for place, text in places.items()})
    for place in places:
        print(printable(str(place)))
    return FOUND if files else OK
