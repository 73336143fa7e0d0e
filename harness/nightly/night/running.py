# SPDX-License-Identifier: MIT
"""A whole night on one machine: all steps in order, and on from where one was broken off."""

import shutil
from collections.abc import Callable
from pathlib import Path

from harness.nightly.night.building import NotBuilt, build, provide
from harness.nightly.night.files import read_value
from harness.nightly.night.jobs import judging
from harness.nightly.night.jobs.judging import JobRecord, judge
from harness.nightly.night.night import Night
from harness.nightly.night.nights import JOBS, Nights
from harness.nightly.night.plan import (
    NightJob,
    NightPlan,
    PlanError,
    make_plan,
    read_plan,
    same_night,
    write_plan,
)
from harness.nightly.night.steps import merge_night, report_night
from harness.results.file_format import RunFileError

Say = Callable[[str], None]


def begin(config: Path, folder: Path, root: Path) -> NightPlan:
    """Plan the night that the file ``config`` describes, in the new or empty ``folder``.

    Raises ConfigError, DefinitionError, PlanError, OSError.
    """
    if folder.exists() and any(folder.iterdir()):
        raise PlanError(f"{folder} is not empty: name a new folder for the night")
    plan = make_plan(config, root)
    write_plan(folder, plan)
    return plan


def judge_job(plan: NightPlan, folder: Path, job: NightJob, root: Path, say: Say) -> JobRecord:
    """Provide the server of the job, and judge it.

    Raises NotBuilt where it cannot be had, and as ``judge`` does.
    """
    provide(folder, job, say)
    place = folder / JOBS / job.folder
    say(f"judging {job.name}")
    record = judge(plan, job, place, root)
    say(f"  {job.name}: {judging.last_line(place / judging.LOG)}")
    return record


def run_night(config: Path, root: Path, nights: Nights, say: Say, *, new: bool) -> Night:
    """Judge all that the file ``config`` names by the suites below ``root``; the verdict.

    A night that was broken off goes on, unless ``new``: what is built and judged counts, if the
    configuration and the suites are still the same.  Raises HarnessError of many kinds.
    """
    with nights.locked():
        folder, plan = _night(config, root, nights, say, new=new)
        for name in plan.config.builds:
            say(f"building {name}")
            build(plan, folder, name, root, say)
        for job in plan.jobs:
            if _is_whole(folder / JOBS / job.folder):
                continue
            try:
                judge_job(plan, folder, job, root, say)
            except NotBuilt as error:
                say(f"  {str(error).partition(chr(10))[0]}")
        merge_night(folder, nights, root, say)
        return report_night(folder, nights, root)


def _night(
    config: Path, root: Path, nights: Nights, say: Say, *, new: bool
) -> tuple[Path, NightPlan]:
    """The night that was broken off if it can go on, else a new one."""
    unfinished = None if new else nights.unfinished()
    plan = None if unfinished is None else _plan_of(unfinished)
    if unfinished is not None and plan is not None and same_night(plan, config, root):
        say(f"night {plan.id} goes on, in {unfinished}")
        return unfinished, plan
    beside = nights.folder / ".new"
    shutil.rmtree(beside, ignore_errors=True)
    plan = begin(config, beside, root)
    folder = beside.rename(nights.folder / plan.id)
    say(f"night {plan.id}, in {folder}")
    return folder, plan


def _plan_of(folder: Path) -> NightPlan | None:
    """None for the rest of a night that never began, or that another release began."""
    try:
        return read_plan(folder)
    except (PlanError, RunFileError):
        return None


def _is_whole(place: Path) -> bool:
    try:
        record: JobRecord = read_value(place / judging.NAME, judging.FORMAT, JobRecord)
    except RunFileError:
        return False
    return record.whole
