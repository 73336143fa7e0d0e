# SPDX-License-Identifier: MIT
"""``xharness explain``: why tests fail that passed in the last good run."""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.inputs import given, pattern, printable, seconds, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.nightly.sessions.session import Suites
    from harness.results.run import Run, TestResult

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NOTHING_NEW, NEW, UNUSABLE = 0, 1, 2

_FOLDER = Path("results/explain")


def add_command(commands: "Commands") -> None:
    """Add ``explain`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "explain",
        help="tell product, test, machine and chance apart for tests that fail since a good run",
        description="Run each test that is bad in RUN and was not in the good run four times more: "
        "the same again, by the suites of the good run, on its build, and by both. What these have "
        "in common names the cause. Beside it stand the commits, packages and goldens that have "
        "changed, and a script that shows the failure alone. Exit status 0: nothing is newly bad; "
        "1: something is, and is explained as far as it can be; 2: a run cannot be used.",
        epilog="example: xharness explain results/latest --good ../nights/2026-11-28/results",
    )
    parser.add_argument(
        "run_path", type=given, metavar="RUN", help="a results.json, or the folder of a session"
    )
    parser.add_argument(
        "--good", type=given, required=True, metavar="RUN", help="the last run that was good"
    )
    parser.add_argument(
        "--only", type=pattern, metavar="REGEX", help="only failures of tests whose ids this fits"
    )
    parser.add_argument(
        "--good-suites",
        type=_folder,
        metavar="DIR",
        help="a checkout of the suites of the good run, with an environment of its own in .venv if "
        "it needs one (default: made from the repository of the current folder)",
    )
    parser.add_argument(
        "--repo",
        type=_named_folder,
        action="append",
        default=[],
        metavar="SERVER=DIR",
        help="the sources of a server, for the commits that have changed (xvfb@main=~/xserver; "
        "repeatable)",
    )
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=900.0,
        metavar="N",
        help="the time for all of it (default: 900)",
    )
    parser.add_argument(
        "--scripts",
        type=whole_number(3),
        default=3,
        metavar="N",
        help="at most so many scripts (default: 3)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=given,
        metavar="DIR",
        help=f"the folder of evidence and scripts (default: one for each run in {_FOLDER})",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _run(arguments: argparse.Namespace) -> int:
    # Results and rules of the harness are heavy.
    from harness.goldens.files import replace_files
    from harness.nightly.investigation.findings import explanation_text
    from harness.nightly.investigation.investigating import (
        Investigation,
        investigate,
        new_failures,
    )
    from harness.nightly.sessions.session import Suites
    from harness.results.codec import encode
    from harness.results.run_file import read_run

    now, good = read_run(Path(arguments.run_path)), read_run(Path(arguments.good))
    failures = _chosen(new_failures(now, good), now, arguments.only)
    folder = Path(arguments.output) if arguments.output else _FOLDER / now.id
    if os.path.lexists(folder) and not folder.is_dir():
        raise HarnessError(f"{folder} is a file; name a folder (-o)")
    if unknown := [name for name, _ in arguments.repo if name not in now.servers]:
        raise HarnessError(
            f"--repo {unknown[0]}: expected a server of the run {now.id}, some of "
            f"{', '.join(now.servers) or 'none'}"
        )
    task = Investigation(
        now=now,
        good=good,
        suites=Suites(str(Path.cwd())),
        old_suites=_old_suites(arguments.good_suites, good, folder),
        folder=folder.absolute(),
        repositories=dict(arguments.repo),
        seconds=arguments.seconds,
        scripts=arguments.scripts,
    )
    explanation = investigate(task, failures, _say)
    text = explanation_text(explanation)
    data = json.dumps(encode(explanation), indent=2)
    replace_files(
        {
            folder / "explanation.txt": f"{text}\n".encode(errors="backslashreplace"),
            folder / "explanation.json": f"{data}\n".encode(),
        }
    )
    print(data if arguments.format == "json" else text)
    return NEW if failures else NOTHING_NEW


def _chosen(
    failures: "Sequence[TestResult]", now: "Run", only: re.Pattern[str] | None
) -> "Sequence[TestResult]":
    chosen = [test for test in failures if only is None or only.search(test.id)]
    if failures and not chosen and only is not None:
        raise HarnessError(
            f"--only {only.pattern}: expected a new failure whose id this fits, got none of the "
            f"{len(failures)} in {now.id}"
        )
    return chosen


def _old_suites(given_folder: str | None, good: "Run", folder: Path) -> "Callable[[], Suites]":
    from harness.nightly.investigation.old_suites import NoOldSuites, suites_in, suites_of

    def find() -> "Suites":
        if given_folder:
            return suites_in(Path(given_folder).absolute())
        commit = good.suites.get("commit")
        if commit is None:
            raise NoOldSuites(
                f"the run {good.id} does not say at which commit its suites stood: name a checkout "
                f"of them by --good-suites DIR"
            )
        if good.suites.get("changed"):
            raise NoOldSuites(
                f"the suites of {good.id} had changes beyond {commit[:12]}, which are nowhere"
            )
        return suites_of(Path.cwd(), commit, folder.absolute())

    return find


def _named_folder(text: str) -> tuple[str, Path]:
    name, equals, folder = given(text).partition("=")
    if not equals or not Path(folder).expanduser().is_dir():
        raise argparse.ArgumentTypeError(
            f"expected a server of the run and a folder, such as xvfb@main=~/xserver, got {text!r}"
        )
    return name, Path(folder).expanduser()


def _folder(text: str) -> str:
    if not Path(given(text)).is_dir():
        raise argparse.ArgumentTypeError(f"expected a folder, got {text!r}")
    return text


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)
