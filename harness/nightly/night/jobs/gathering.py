# SPDX-License-Identifier: MIT
"""What the jobs of a night left: their verdicts, and their runs as one."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.nightly.night.files import read_value
from harness.nightly.night.jobs import judging
from harness.nightly.night.jobs.judging import JobRecord
from harness.nightly.night.night import BuildStatus, BuildVerdict, JobStatus, JobVerdict
from harness.nightly.night.nights import JOBS, RESULTS
from harness.nightly.night.plan import NightJob, NightPlan
from harness.results.expectations.stale import stale_lines
from harness.results.expectations.suggestion import suggestion
from harness.results.file_format import RunFileError
from harness.results.merging import merge
from harness.results.run import Run
from harness.results.run_file import read_run, write_run
from harness.results.shards.joining import NotOneSuite
from harness.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that a night found: its runs as one, the verdicts on its builds and jobs.

    ``stale`` are lines of expectation files to delete, with the reason; ``needless`` ones do no
    harm.  ``suggested`` are files, by their names, that would have excused new failures.
    ``notes`` are what else is to be known.
    """

    run: Run
    builds: tuple[BuildVerdict, ...] = ()
    jobs: tuple[JobVerdict, ...] = ()
    stale: tuple[str, ...] = ()
    needless: tuple[str, ...] = ()
    suggested: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


SHARDS = "shards"
"""In the folder of a night while the shards of each server are joined."""

_ENDINGS = {
    2: "pytest was interrupted",
    3: "pytest had an internal error",
    4: "pytest refused its command line",
    5: "pytest found no test",
}


def job_verdict(
    plan: NightPlan, job: NightJob, folder: Path, builds: Mapping[str, BuildVerdict]
) -> JobVerdict:
    """What became of a job that was to leave its results in ``folder``."""
    verdict = JobVerdict(name=job.name, server=job.server, status=JobStatus.JUDGED)
    if reason := _not_built(job, builds.get(job.build or job.server)):
        return replace(verdict, status=JobStatus.NOT_BUILT, reason=reason)
    if not (folder / judging.NAME).exists():
        reason = (
            f"nothing is in {folder}: its job did not run, or its artifact is lost; is it among "
            f"the jobs of the pipeline?"
        )
        return replace(verdict, status=JobStatus.MISSING, reason=reason)
    try:
        record: JobRecord = read_value(folder / judging.NAME, judging.FORMAT, JobRecord)
        if (record.night, record.suites) != (plan.id, plan.suites):
            reason = (
                f"it judged by the suites of {record.suites} for the night {record.night}; "
                f"expected those of {plan.suites} for {plan.id}: results of two different suites "
                f"are not joined; judge it again"
            )
            return replace(verdict, status=JobStatus.UNUSABLE, reason=reason)
        run = read_run(folder / judging.RESULTS)
    except RunFileError as error:
        log = judging.tail(folder / judging.LOG)
        reason = f"{error}{f'; its log ends:{chr(10)}{log}' if log else ''}"
        return replace(verdict, status=JobStatus.UNUSABLE, reason=reason)
    verdict = replace(verdict, run=run.id, tests=len(run.tests), seconds=record.seconds)
    if record.whole and run.complete:
        return verdict
    return replace(verdict, status=JobStatus.DIED, reason=_ending(record, run, folder))


def _not_built(job: NightJob, build: BuildVerdict | None) -> str:
    """Why the server of the job does not exist; empty where it should."""
    if build is None or build.status is BuildStatus.MISSING:
        return ""
    if build.status is BuildStatus.FAILED:
        return f"{build.name} was not built"
    kind = job.server.partition("@")[0]
    missing = "" if kind in build.kinds else f"{build.name} has no {kind}"
    return build.lacks.get(kind, missing)


def _ending(record: JobRecord, run: Run, folder: Path) -> str:
    status = record.status
    if status is None:
        how = "its process was ended from outside"
    elif status < 0:
        how = f"signal {-status} ended pytest"
    else:
        how = _ENDINGS.get(status, "not every test that it collected has a verdict")
    log = judging.tail(folder / judging.LOG)
    tests = counted(len(run.tests), "test")
    return f"{how} after {tests}{f'; its log ends:{chr(10)}{log}' if log else ''}"


def gather(plan: NightPlan, night: Path, builds: Sequence[BuildVerdict]) -> Found:
    """What all jobs found; their runs are one in RESULTS of the folder ``night``.

    Raises MergeError when jobs judged different servers by one name, ResultsError, OSError.
    """
    by_name = {build.name: build for build in builds}
    verdicts = {
        job: job_verdict(plan, job, night / JOBS / job.folder, by_name) for job in plan.jobs
    }
    found: list[Run] = []
    wholes: list[Path] = []
    for server in dict.fromkeys(job.server for job in plan.jobs):
        jobs = [job for job in plan.jobs if job.server == server and _counts(verdicts[job])]
        paths = [night / JOBS / job.folder / judging.RESULTS for job in jobs]
        try:
            wholes += _whole(paths, night / SHARDS / server)
        except NotOneSuite as error:
            for job in jobs:
                verdicts[job] = replace(verdicts[job], status=JobStatus.UNUSABLE, reason=str(error))
            continue
        found += map(read_run, paths)
    stale = stale_lines(found)
    run = _joined(plan, wholes, night / RESULTS)
    shutil.rmtree(night / SHARDS, ignore_errors=True)
    return Found(
        run=run,
        builds=tuple(builds),
        jobs=tuple(verdicts.values()),
        stale=tuple(str(line) for line in stale if line.error),
        needless=tuple(str(line) for line in stale if not line.error),
        suggested=suggestion(found),
    )


def _counts(verdict: JobVerdict) -> bool:
    return verdict.status in (JobStatus.JUDGED, JobStatus.DIED)


def _whole(paths: Sequence[Path], folder: Path) -> Sequence[Path]:
    """The run of one server, from its shards; those that are missing are known to be lost.

    Raises NotOneSuite for shards of different suites.
    """
    if all(read_run(path).shard is None for path in paths):
        return paths
    write_run(folder, replace(merge(paths, folder), shard=None))
    return [folder]


def _joined(plan: NightPlan, paths: Sequence[Path], folder: Path) -> Run:
    if paths:
        return merge(paths, folder)
    nothing = Run(id=plan.id, started=plan.started, complete=False)
    write_run(folder, nothing)
    return nothing
