# SPDX-License-Identifier: MIT
"""``xharness runs``: show, merge and compare what sessions found, and make the verdict table."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given, pattern, printable, whole_number
from harness.wording import counted

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

OK, REGRESSIONS, UNUSABLE = 0, 1, 2
"""Exit statuses; what cannot be read or written is told from a regression or a flaky test."""

_ASSERTIONS = Path("docs/assertions")


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "runs", help="show, merge and compare what sessions found, and flaky tests"
    )
    parser.set_defaults(failed=UNUSABLE)
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    showing = below.add_parser("show", help="print a run in a few lines")
    _add_run(showing)
    showing.set_defaults(run=_show)
    merging = below.add_parser(
        "merge",
        help="make one run of several, such as the shards of a suite",
        description="Of a test that several runs have, a bad verdict counts more than a good one, "
        "and any more than none. Exit status: 0 for one whole run, 1 when shards of pytest --shard "
        "are missing or tested nothing of a server, 2 for runs that are not parts of one.",
        epilog="example: xharness runs merge shard-1 shard-2 shard-3 -o results/whole",
    )
    _add_run(merging, several=True)
    _add_output(merging, "the folder to write, new or of results")
    merging.set_defaults(run=_merge)
    comparing = below.add_parser(
        "compare",
        help="print what differs between runs, or between servers",
        description="Exit status: 0 without a regression, 1 with one, 2 for a file that is no run.",
    )
    _add_run(comparing, several=True)
    comparing.add_argument(
        "--server",
        type=given,
        action="append",
        default=[],
        metavar="NAME",
        help="compare what the runs found on this server (repeatable: servers with each other)",
    )
    comparing.add_argument(
        "--slower",
        type=_factor,
        default=2.0,
        metavar="FACTOR",
        help="how many times as long a slower test takes (default: 2)",
    )
    _add_form(comparing)
    comparing.set_defaults(run=_compare)
    history = below.add_parser(
        "history",
        help="print the tests that did not end alike in all runs, and how often",
        description="The runs are put in the order of time; one that is given twice counts once. "
        "Exit status: 0 when no test is bad in one run and not in another, 1 when one is, 2 for a "
        "file that is no run.",
        epilog="example: xharness runs history results/2* --only present",
    )
    _add_run(history, several=True)
    _add_only(history)
    _add_form(history)
    history.set_defaults(run=_history)
    flakes = below.add_parser(
        "flakes",
        help="print how often tests are flaky, and whether that keeps its budget",
        description="A flaky test failed, and passed on a fresh server at once; it is not a "
        "failure, but counts. Exit status: 0 within the budget, 1 beyond it, 2 for a file that "
        "is no run.",
        epilog="Example: xharness runs flakes results/2* --budget 1 --days 7",
    )
    _add_run(flakes, several=True)
    flakes.add_argument(
        "--budget",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="how many may come (default: 1)",
    )
    flakes.add_argument(
        "--days",
        type=_days,
        default=7.0,
        metavar="DAYS",
        help="in how many days before the newest run (default: 7)",
    )
    flakes.add_argument(
        "--clean",
        type=whole_number(1),
        default=30,
        metavar="RUNS",
        help="name the lines of flakes files whose tests passed in so many runs, one after the "
        "other (default: 30)",
    )
    flakes.add_argument("--format", choices=("text", "json"), default="text")
    flakes.set_defaults(run=_flakes)
    durations = below.add_parser(
        "durations",
        help="write how long tests take, for pytest --shard",
        description="The table has a mean for the tests of each file on each server, and is small "
        "enough to be kept in a repository.",
        epilog="example: xharness runs durations results/latest --only suites -o durations.json",
    )
    _add_run(durations, several=True)
    durations.add_argument(
        "-o", "--output", type=given, required=True, metavar="FILE", help="the file to write"
    )
    _add_only(durations)
    durations.set_defaults(run=_durations)
    table = below.add_parser(
        "table", help="write a page with what each server does for each assertion"
    )
    _add_run(table, several=True)
    _add_output(table, "the folder for index.html and verdicts.json")
    table.add_argument(
        "--assertions",
        type=given,
        metavar="DIR",
        help=f"the folder of the tables of assertions (default: {_ASSERTIONS}, if it is there)",
    )
    table.add_argument(
        "--earlier",
        type=given,
        metavar="FILE",
        help="a verdicts.json, or its folder: servers that no RUN judges stay as that has them",
    )
    table.set_defaults(run=_table)


def _add_run(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    words = "a results.json, or the folder of a session such as results/latest"
    if several:
        parser.add_argument("paths", type=given, nargs="+", metavar="RUN", help=words)
    else:
        parser.add_argument("path", type=given, metavar="RUN", help=words)


def _add_output(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("-o", "--output", type=given, required=True, metavar="DIR", help=words)


def _add_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", type=pattern, metavar="REGEX", help="only tests whose ids this fits"
    )


def _add_form(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json", "html"), default="text")
    parser.add_argument("--all", action="store_true", help="print all rows of each kind")


def _factor(text: str) -> float:
    try:
        value = float(given(text))
    except ValueError:
        value = 0.0
    if not 1.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a factor such as 1.5, got {text!r}")
    return value


def _days(text: str) -> float:
    try:
        value = float(given(text))
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of days such as 7, got {text!r}")
    return value


def _show(arguments: argparse.Namespace) -> int:
    from harness.report.runs.text import run_text
    from harness.results.run_file import read_run

    print(run_text(read_run(Path(arguments.path))))
    return OK


def _merge(arguments: argparse.Namespace) -> int:
    from harness.report.runs.text import run_text
    from harness.results.merging import merge
    from harness.results.shards.joining import lacking

    folder = Path(arguments.output)
    merged = merge([Path(path) for path in arguments.paths], folder)
    print(run_text(merged))
    print(f"written to {folder}")
    return REGRESSIONS if lacking(merged.shard, merged.tests) else OK


def _durations(arguments: argparse.Namespace) -> int:
    from harness.results.run_file import read_run
    from harness.results.shards.durations import durations_of, write_durations

    output = Path(arguments.output)
    durations = durations_of((read_run(Path(path)) for path in arguments.paths), arguments.only)
    write_durations(output, durations)
    servers = {server for known in durations.files.values() for server in known if server}
    files = counted(len(durations.files), "file")
    print(f"{output}: {files} on {', '.join(sorted(servers)) or 'no server'}")
    return OK


def _compare(arguments: argparse.Namespace) -> int:
    from harness.report.runs.pages import comparison_page
    from harness.report.runs.text import SHOWN, comparison_text
    from harness.results.codec import encode
    from harness.results.comparing.comparison import compare_runs
    from harness.results.comparing.timelines import timelines_of
    from harness.results.run_file import read_run

    paths = [Path(path) for path in arguments.paths]
    runs = [read_run(path) for path in paths]
    comparison = compare_runs(
        runs, arguments.server, slower=arguments.slower, timelines=timelines_of(paths)
    )
    match arguments.format:
        case "json":
            print(json.dumps(encode(comparison), indent=2))
        case "html":
            print(comparison_page(comparison))
        case _:
            print(comparison_text(comparison, 0 if arguments.all else SHOWN))
    return REGRESSIONS if comparison.regressions else OK


def _history(arguments: argparse.Namespace) -> int:
    from harness.report.runs.history_text import history_text
    from harness.report.runs.pages import history_page
    from harness.report.runs.text import SHOWN
    from harness.results.codec import encode
    from harness.results.comparing.history import history_of
    from harness.results.run_file import read_run

    runs = [read_run(Path(path)) for path in arguments.paths]
    history = history_of(runs, arguments.only)
    match arguments.format:
        case "json":
            print(json.dumps(encode(history), indent=2))
        case "html":
            print(history_page(history))
        case _:
            print(history_text(history, 0 if arguments.all else SHOWN))
    return REGRESSIONS if history.unsteady else OK


def _flakes(arguments: argparse.Namespace) -> int:
    from harness.report.runs.flakes_text import flakes_text
    from harness.results.codec import encode
    from harness.results.comparing.flakes import flakes_of
    from harness.results.run_file import read_run

    runs = [read_run(Path(path)) for path in arguments.paths]
    flakes = flakes_of(runs, arguments.budget, arguments.days, arguments.clean)
    if arguments.format == "json":
        print(json.dumps(encode(flakes), indent=2))
    else:
        print(flakes_text(flakes))
    return OK if flakes.budget.kept else REGRESSIONS


def _table(arguments: argparse.Namespace) -> int:
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
