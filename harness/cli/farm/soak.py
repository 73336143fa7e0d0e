# SPDX-License-Identifier: MIT
"""``xharness soak``: the same tests many times, each with another seed, on a farm."""

import argparse
import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.farm.options import add_farm_options, farm_of
from harness.errors import HarnessError
from harness.inputs import given, printable, seconds, whole_number, words
from harness.termination import terminated_as_interrupted
from harness.wording import counted

if TYPE_CHECKING:
    from harness.nightly.soak.differences import SoakCount

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

ALIKE, DIFFERENT, UNUSABLE = 0, 1, 2
_LARGEST_SEED = 2**32


def add_command(commands: "Commands") -> None:
    """Add ``soak`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "soak",
        help="run tests many times, and say what did not always end alike",
        description="Run tests many times, each time in a session of its own with another seed of "
        "the random order, and count how they end and what they observe. Runs that differ are kept "
        "with their evidence. Exit status: 0 when all ended alike and none failed, 1 when not, 2 "
        "when they cannot be run.",
        epilog="example: xharness soak suites/present/test_skip.py --runs 500",
    )
    parser.add_argument(
        "tests",
        type=given,
        nargs="+",
        metavar="TEST",
        help="suites/present/test_copy.py::test_name, a file or a folder",
    )
    parser.add_argument(
        "--pytest-args",
        type=words,
        default=[],
        metavar="ARGS",
        help="further options of pytest, quoted as in a shell: --pytest-args='-k root'",
    )
    parser.add_argument(
        "--runs",
        type=whole_number(500, 1),
        default=100,
        metavar="N",
        help="how often (default: 100)",
    )
    parser.add_argument(
        "--server", type=given, default="xvfb", metavar="KIND", help="the server (default: xvfb)"
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help="the seed of the first run; the others follow (default: a random one)",
    )
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=600.0,
        metavar="N",
        help="end a run that takes longer (default: 600)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=given,
        metavar="DIR",
        help="the folder for runs that differ, without those of an earlier soak (default: "
        "results/soak-TIME)",
    )
    add_farm_options(parser, "runs")
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= _LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"expected a seed below {_LARGEST_SEED}, got {text!r}")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    # Sessions and results are heavy.
    from harness.nightly.soak.differences import SoakCount, soak_text

    began, count = time.monotonic(), SoakCount()
    output = Path(arguments.output or time.strftime("results/soak-%Y%m%dT%H%M%SZ", time.gmtime()))
    _check_unused(output)
    try:
        with terminated_as_interrupted():
            _soak(arguments, output, count)
    finally:
        took = time.monotonic() - began
        print(printable(soak_text(count, took)))
        if output.is_dir():
            text = soak_text(count, took, shown=0)
            (output / "summary.txt").write_text(text + "\n", encoding="utf-8")
            print(f"kept in {output}, with all runs and seeds in summary.txt")
    return DIFFERENT if count.differing else ALIKE


def _check_unused(output: Path) -> None:
    """Raise HarnessError unless a soak may write into ``output`` without losing another's runs."""
    if os.path.lexists(output) and not output.is_dir():
        raise HarnessError(f"{output} is a file; name a folder (-o)")
    kept = [*output.glob("run-*"), *output.glob("summary.txt")]
    if kept:
        raise HarnessError(
            f"{output} has {kept[0].name} of an earlier soak, which would be lost: name another "
            f"folder (-o), or remove that one"
        )


def _soak(arguments: argparse.Namespace, output: Path, count: "SoakCount") -> None:
    """Count all runs, and keep those that went wrong, and in the end those that differ."""
    from harness.nightly.soak.repetition import SoakJob, soak_once
    from harness.results.run_file import write_run

    seed = secrets.randbelow(_LARGEST_SEED) if arguments.seed is None else arguments.seed
    jobs = [
        SoakJob(
            number,
            (seed + number - 1) % _LARGEST_SEED,
            str(Path.cwd()),
            tuple(arguments.tests),
            arguments.server,
            tuple(arguments.pytest_args),
            arguments.seconds,
        )
        for number in range(1, arguments.runs + 1)
    ]
    others = {}
    with farm_of(arguments) as farm:
        runs = counted(len(jobs), "run")
        print(f"{runs}, {farm.workers} at once, seeds from {seed}", flush=True)
        for job, done in farm.results(soak_once, jobs):
            new = count.add(done)
            if done.evidence:
                done.keep(output)
            else:
                others[job.number] = done.run
            bad = sum(test.outcome.bad for test in done.run.tests)
            if bad or (new and count.runs > 1):
                what = f"{bad} failed" if bad else "ended as none before"
                print(f"{job}: {what}", flush=True)
            if count.runs % max(1, len(jobs) // 10) == 0:
                print(f"{count.runs} of {len(jobs)} done", flush=True)
    for number in count.odd & others.keys():
        folder = output / f"run-{number:05}"
        folder.mkdir(parents=True, exist_ok=True)
        write_run(folder, others[number])
