# SPDX-License-Identifier: MIT
"""``xharness bisect``: the commit of a server's source that brought a failure."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs import given, pattern, printable, seconds, setting, whole_number, words
from harness.nightly.builds.recipe import Preset
from harness.servers.kinds.table import ServerKind

if TYPE_CHECKING:
    from harness.nightly.bisecting.question import BisectQuestion

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FOUND, CANDIDATES, UNUSABLE = 0, 1, 2

_FOLDER = Path("results/bisect")


def add_command(commands: "Commands") -> None:
    """Add ``bisect`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "bisect",
        help="find the commit that brought a failure: builds servers, runs tests on them",
        description="Find the first commit between --good and --bad at which the tests fail as "
        "they do at the bad one. Each commit is built into the cache of `xharness builds` and the "
        "tests are run on its server, as git bisect run wants it: what cannot be built, or fails "
        "in another way, is skipped. The repository and its work tree stay as they are. A search "
        "that was stopped goes on where it was, by the same command. Exit status 0: one commit is "
        "named; 1: several that could not be told apart; 2: an end is not as it was said to be, or "
        "something cannot be used.",
        epilog="examples: xharness bisect --repo ~/xserver --good xorg-server-21.1.6 --bad main -- "
        "suites/present/test_idle.py::test_name; xharness bisect results/latest --only idle "
        "--repo ~/xserver --good HEAD~40 --bad HEAD",
    )
    parser.add_argument(
        "subject",
        type=given,
        nargs="+",
        metavar="WHAT",
        help="tests; or a run with a failure (results/latest); or a script of xharness repro",
    )
    parser.add_argument(
        "--repo", type=given, required=True, metavar="DIR|URL", help="the git repository"
    )
    for name, which in (("good", "without"), ("bad", "with")):
        parser.add_argument(
            f"--{name}", type=given, required=True, metavar="REF", help=f"a commit {which} it"
        )
    parser.add_argument(
        "--server",
        choices=[str(kind) for kind in ServerKind],
        help="the kind of server (default: that of the run, or xvfb)",
    )
    parser.add_argument(
        "--only", type=pattern, metavar="REGEX", help="the failure of the run, if it has several"
    )
    parser.add_argument(
        "--server-arguments",
        type=words,
        default=["-screen", "0", "640x480x24"],
        metavar="WORDS",
        help="how a script starts the server, quoted as in a shell (default: '-screen 0 "
        "640x480x24', for Xvfb)",
    )
    parser.add_argument(
        "--preset",
        choices=[str(preset) for preset in Preset],
        default=str(Preset.PLAIN),
        help="how to build (default: plain)",
    )
    parser.add_argument(
        "--option",
        type=setting,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of meson, such as glx=true (repeatable)",
    )
    parser.add_argument(
        "--runs",
        type=whole_number(4, 1, 1000),
        default=0,
        metavar="N",
        help="try each commit N times (default: as often as the failure needs that came so often "
        "at the bad commit, for a chance of a wrong verdict below 1 %%)",
    )
    parser.add_argument(
        "--bad-if",
        choices=("any", "all"),
        default="any",
        help="a commit is bad if any of its runs fails so (default), or only if all do",
    )
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=300.0,
        metavar="N",
        help="the longest time of one run of the tests (default: 300)",
    )
    parser.add_argument(
        "-j",
        type=whole_number(4, 1, 1000),
        default=0,
        metavar="N",
        help="build and judge so many commits at once, those that come next (default: 1, since a "
        "build takes all processors; with --scheduler as many as it has workers)",
    )
    parser.add_argument(
        "--scheduler",
        type=given,
        metavar="ADDRESS",
        help="build and judge on the Dask cluster of this scheduler, such as tcp://host:8786",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=given,
        metavar="DIR",
        help=f"the folder of the search and its report (default: one for each question in "
        f"{_FOLDER})",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _run(arguments: argparse.Namespace) -> int:
    # Results and rules of the harness are heavy.
    from harness.goldens.files import replace_files
    from harness.nightly.bisecting.report import report_text
    from harness.nightly.bisecting.search import bisect
    from harness.nightly.bisecting.step import Workplace
    from harness.results.codec import encode

    question = _question(arguments)
    folder = Path(arguments.output) if arguments.output else _FOLDER / question.name
    place = Workplace(folder.absolute(), _workers(arguments), arguments.scheduler or "")
    program = (sys.executable, "-m", "harness.cli.nightly.bisect_step")
    report = bisect(question, place, program, _say)
    text = report_text(report)
    data = json.dumps(encode(report), indent=2)
    replace_files(
        {
            folder / "report.txt": f"{text}\n".encode(errors="backslashreplace"),
            folder / "report.json": f"{data}\n".encode(),
        }
    )
    print(data if arguments.format == "json" else text)
    return FOUND if report.certain else CANDIDATES


def _workers(arguments: argparse.Namespace) -> int:
    if arguments.j or not arguments.scheduler:
        return arguments.j or 1
    from harness.farm.opening import open_farm

    with open_farm(arguments.scheduler) as farm:
        return farm.workers


def _question(arguments: argparse.Namespace) -> "BisectQuestion":
    from harness.nightly.bisecting.question import BadIf, BisectQuestion
    from harness.nightly.bisecting.subject import commit_named, subject_of
    from harness.nightly.sessions.session import Suites

    subject = subject_of(arguments.subject, arguments.only)
    local = Path(arguments.repo).expanduser()
    repository = str(local.absolute()) if local.exists() else arguments.repo
    return BisectQuestion(
        repository=repository,
        good=commit_named(arguments.good, "--good", repository),
        bad=commit_named(arguments.bad, "--bad", repository),
        preset=arguments.preset,
        options=dict(arguments.option),
        kind=arguments.server or subject.kind or "xvfb",
        suites=Suites(str(Path.cwd())),
        tests=subject.tests,
        seed=subject.seed,
        script=subject.script,
        arguments=tuple(arguments.server_arguments),
        failures=subject.failures,
        runs=arguments.runs,
        bad_if=BadIf(arguments.bad_if),
        seconds=arguments.seconds,
    )


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)
