# SPDX-License-Identifier: MIT
"""What the commands of ``xharness nightly`` do; each returns its exit status."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.cli.nightly.pipeline import pipeline_text
from harness.inputs import printable
from harness.nightly.night.building import NotBuilt, build
from harness.nightly.night.config import Weight, read_config
from harness.nightly.night.night import Night, read_night
from harness.nightly.night.nights import SUMMARY, Nights
from harness.nightly.night.plan import make_plan, read_plan
from harness.nightly.night.reporting.summary import in_a_line
from harness.nightly.night.running import begin, judge_job, run_night
from harness.nightly.night.steps import merge_night, report_night
from harness.servers.made_builds import FILE, find_file
from harness.termination import terminated_as_interrupted
from harness.wording import counted

GREEN, RED, UNUSABLE = 0, 1, 2


def _run(arguments: argparse.Namespace) -> int:
    config, root = Path(arguments.config), _root(arguments.config)
    nights = _nights(arguments, root, read_config(root / config).nights)
    night = run_night(config, root, nights, _say, new=arguments.new)
    return _said(night, nights.folder / night.id)


def _plan(arguments: argparse.Namespace) -> int:
    plan = begin(Path(arguments.config), Path(arguments.night), _root(arguments.config))
    print(f"night {plan.id}, suites of {plan.suites}")
    for name in plan.config.builds:
        print(f"  build {name}")
    for job in plan.jobs:
        print(f"  judge {job.name}")
    return GREEN


def _jobs(arguments: argparse.Namespace) -> int:
    plan = make_plan(Path(arguments.config), _root(arguments.config))
    text = pipeline_text(plan, arguments.format)
    if arguments.check is None:
        print(text, end="")
        return GREEN
    path = Path(arguments.check)
    if path.exists() and path.read_text("utf-8", errors="replace") == text:
        return GREEN
    print(
        f"{path} does not say what {arguments.config} says: run xharness nightly jobs --format "
        f"{arguments.format} --config {arguments.config} > {path}"
    )
    return RED


def _build(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.night)
    plan = read_plan(folder)
    status = GREEN
    for name in arguments.builds or plan.config.builds:
        verdict = build(plan, folder, name, _root(plan.file), _say)
        words = [f"{verdict.status} {verdict.commit[:12]} in {verdict.seconds:.0f} s"]
        words += [verdict.reason] * bool(verdict.reason)
        words += [f"no {kind}: {reason}" for kind, reason in verdict.lacks.items()]
        _say(f"{name}: {'; '.join(words)}")
        status = status if verdict.good else RED
    return status


def _judge(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.night)
    plan = read_plan(folder)
    try:
        record = judge_job(plan, folder, plan.job(arguments.job), _root(plan.file), _say)
    except NotBuilt as error:
        _say(str(error))
        return RED
    return record.status if record.whole and record.status is not None else UNUSABLE


def _merge(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.night)
    plan = read_plan(folder)
    root = _root(plan.file)
    nights = _nights(arguments, root, plan.config.nights)
    _say(in_a_line(merge_night(folder, nights, root, _say)))
    return GREEN


def _report(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.night)
    plan = read_plan(folder)
    root = _root(plan.file)
    nights = _nights(arguments, root, plan.config.nights)
    with nights.locked():
        return _said(report_night(folder, nights, root), folder)


def _skips(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.night)
    plan, night = read_plan(folder), read_night(folder)
    missing = [one for one in night.uncovered if not one.allowed]
    for one in missing:
        _say(f"{one.need}: {counted(len(one.tests), 'test')}, such as {one.tests[0]}")
    if not missing:
        return GREEN
    _say(
        "no run of this night covers these: name a server that can, or allow the need with reason "
        f"and link in [policy] allowed-skips of {plan.file}"
    )
    return RED if plan.config.policy.uncovered_skips is Weight.FAIL else GREEN


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "plan": _plan,
    "jobs": _jobs,
    "build": _build,
    "judge": _judge,
    "merge": _merge,
    "report": _report,
    "skips": _skips,
}
"""Each command by its name."""


def perform(name: str, arguments: argparse.Namespace) -> int:
    """Run the command of this name; its exit status.

    SIGTERM, by which runners end a job, ends it as Ctrl-C does: what was found is kept.
    """
    with terminated_as_interrupted():
        return COMMANDS[name](arguments)


def _root(file: str) -> Path:
    """The folder that suites are below: with ``nightly.toml`` that of the one here or above."""
    found = find_file(Path.cwd()).parent
    return Path() if file != FILE or found == Path.cwd() else found


def _nights(arguments: argparse.Namespace, root: Path, configured: str) -> Nights:
    return Nights(Path(arguments.nights) if arguments.nights else root / configured)


def _said(night: Night, folder: Path) -> int:
    _say(in_a_line(night))
    _say(f"summary: {folder / SUMMARY}")
    return GREEN if night.green else RED


def _say(line: str) -> None:
    print(printable(line), flush=True)
