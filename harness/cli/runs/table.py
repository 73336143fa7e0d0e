# SPDX-License-Identifier: MIT
"""``xharness runs table``: what each server does for each assertion."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.runs.arguments import OK, add_output, add_run
from harness.errors import HarnessError
from harness.inputs import given, printable

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_ASSERTIONS = Path("docs/assertions")


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness runs``."""
    parser = commands.add_parser(
        "table", help="write a page with what each server does for each assertion"
    )
    add_run(parser, several=True)
    add_output(parser, "the folder for index.html and verdicts.json")
    parser.add_argument(
        "--assertions",
        type=given,
        metavar="DIR",
        help=f"the folder of the tables of assertions (default: {_ASSERTIONS}, if it is there)",
    )
    parser.add_argument(
        "--earlier",
        type=given,
        metavar="FILE",
        help="a verdicts.json, or its folder: servers that no RUN judges stay as that has them",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.goldens.files import replace_files
    from harness.report.runs.pages import verdicts_page
    from harness.results.assertions import read_parts
    from harness.results.earlier_table import read_table, with_earlier
    from harness.results.run_file import read_run
    from harness.results.verdict_table import table_file, verdict_table

    folder = Path(arguments.assertions) if arguments.assertions else _ASSERTIONS
    if arguments.assertions and not folder.is_dir():
        raise HarnessError(f"{folder} is no folder of tables of assertions; name one")
    # results/* has the last run twice: as latest too.
    paths = {Path(path).resolve(): Path(path) for path in arguments.paths}
    table = verdict_table([read_run(path) for path in paths.values()], read_parts(folder))
    if not table.servers:
        raise HarnessError(
            f"no test in {', '.join(arguments.paths)} ran on a server; name runs that judge one"
        )
    if arguments.earlier:
        table = with_earlier(table, read_table(Path(arguments.earlier)))
    output = Path(arguments.output)
    data, page = output / "verdicts.json", output / "index.html"
    replace_files(
        {data: table_file(table), page: verdicts_page(table).encode(errors="backslashreplace")}
    )
    for server in table.servers:
        counts = ", ".join(f"{count} {what}" for what, count in server.counts.items() if count)
        print(printable(f"{server.name}: {counts}"))
    print(page)
    return OK
