# SPDX-License-Identifier: MIT
"""The command line of ``xharness nightly``."""

import argparse
from typing import TYPE_CHECKING

from harness.inputs import given

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

UNUSABLE = 2
"""Exit status for what cannot be used; a red night has another one."""

_STATUS = "Exit status: 0 for a green night, 1 for a red one, 2 for what cannot be used."


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "nightly",
        help="build and judge servers every night, explain new failures, report",
        description="Judge what nightly.toml names: all at once (run), or in the steps of a "
        "pipeline: plan, build, judge, merge, report.",
        epilog="example: xharness nightly run --config nightly.toml",
    )
    parser.set_defaults(failed=UNUSABLE)
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    running = below.add_parser(
        "run",
        help="a whole night on this machine",
        description="Build, judge, merge, explain and report. A night that was broken off goes on "
        f"where it was. {_STATUS}",
        epilog="example: xharness nightly run --config nightly.toml",
    )
    _add_config(running)
    _add_nights(running)
    running.add_argument(
        "--new", action="store_true", help="begin a new night, even if one was broken off"
    )
    _set(running, "run")
    planning = below.add_parser(
        "plan",
        help="begin a night: what is to be built and judged",
        description="Write what the night is to do into the folder NIGHT, and print its jobs.",
        epilog="example: xharness nightly plan night --config nightly.toml",
    )
    _add_night(planning, "the folder of the night, new or empty")
    _add_config(planning)
    _set(planning, "plan")
    jobs = below.add_parser(
        "jobs",
        help="print the builds and jobs of nightly.toml for a pipeline",
        description="Print what a pipeline has a job for: as a part of GitLab's (--format gitlab), "
        "or as outputs of a step of GitHub's (--format github). With --check FILE find out "
        "whether FILE says the same: 1 where not.",
        epilog="example: xharness nightly jobs --format gitlab > .gitlab/nightly.yml",
    )
    _add_config(jobs)
    jobs.add_argument("--format", choices=("text", "gitlab", "github"), default="text")
    jobs.add_argument("--check", type=given, metavar="FILE", help="the file that is to say this")
    _set(jobs, "jobs")
    building = below.add_parser(
        "build",
        help="build the servers of a night",
        description="Build into the cache. A build that fails is a verdict, and the status 1.",
        epilog="example: xharness nightly build night main",
    )
    _add_night(building)
    building.add_argument(
        "builds", type=given, nargs="*", metavar="BUILD", help="which (default: all)"
    )
    _set(building, "build")
    judging = below.add_parser(
        "judge",
        help="run one job of a night: the suites on one server",
        description="Run pytest, and keep its results, log and JUnit report in the folder of the "
        "night. Status: 0 when all is as expected, 1 when not, 2 when it could not judge.",
        epilog="example: xharness nightly judge night --job xvfb@main",
    )
    _add_night(judging)
    judging.add_argument(
        "--job",
        type=given,
        required=True,
        metavar="SERVER[:I/N]",
        help="the job, as plan prints it",
    )
    _set(judging, "judge")
    merging = below.add_parser(
        "merge",
        help="join what the jobs left, decide, and explain new failures",
        description="Make one run of those of all jobs, compare it with earlier nights, and "
        "explain new failures. A job that left nothing is named, and the night is not green. "
        "Status 0 whatever was found: report has the verdict.",
        epilog="example: xharness nightly merge night --nights nights",
    )
    _add_night(merging)
    _add_nights(merging)
    _set(merging, "merge")
    reporting = below.add_parser(
        "report",
        help="write summary, pages and JUnit of a merged night; the status is its verdict",
        description="Write summary.md, junit.xml, report/, verdicts/ and history.html into the "
        f"folder of the night, and keep the night among the others. {_STATUS}",
        epilog="example: xharness nightly report night --nights nights",
    )
    _add_night(reporting)
    _add_nights(reporting)
    _set(reporting, "report")
    skips = below.add_parser(
        "skips",
        help="tests that no run of a merged night covers, unless the policy allows them",
        description="Status: 0 when every test was judged on some server or its skip is allowed, "
        "1 when not, 2 for what cannot be used.",
        epilog="example: xharness nightly skips night",
    )
    _add_night(skips)
    _set(skips, "skips")


def _set(parser: argparse.ArgumentParser, name: str) -> None:
    def run(arguments: argparse.Namespace) -> int:
        # Suites, results and pages are heavy.
        from harness.cli.nightly import steps

        return steps.perform(name, arguments)

    parser.set_defaults(run=run)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=given,
        default="nightly.toml",
        metavar="FILE",
        help="what to judge, and what makes a night red (default: nightly.toml here or in a "
        "folder above)",
    )


def _add_night(parser: argparse.ArgumentParser, words: str = "the folder of the night") -> None:
    parser.add_argument("night", type=given, metavar="NIGHT", help=words)


def _add_nights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--nights",
        type=given,
        metavar="DIR",
        help="the folder of earlier nights (default: nights in [night] of the configuration)",
    )
