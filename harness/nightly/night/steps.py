# SPDX-License-Identifier: MIT
"""The last steps of a night: its jobs joined, its failures explained, its report written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.goldens.files import replace_file
from harness.nightly.night.building import build_verdicts
from harness.nightly.night.deciding import decide
from harness.nightly.night.explaining import EXPLAINED, Scene, explained
from harness.nightly.night.jobs import judging
from harness.nightly.night.jobs.gathering import gather
from harness.nightly.night.night import Night, read_night, write_night
from harness.nightly.night.nights import JOBS, RESULTS, SUMMARY, Nights
from harness.nightly.night.plan import read_plan
from harness.nightly.night.reporting.junit import write_junit
from harness.nightly.night.reporting.pages import report_links, write_pages
from harness.nightly.night.reporting.summary import summary
from harness.results.run_file import read_run

JUNIT = "junit.xml"
SUGGESTED = "suggested"
"""The folder of expectations that would have excused new failures, in that of the night."""

_FURTHER = (
    ("The explanation of new failures", f"{EXPLAINED}/*/explanation.txt"),
    ("A search for a commit", f"{EXPLAINED}/*/bisect-*/report.txt"),
    ("Expectations that would have excused this", f"{SUGGESTED}/*"),
)
"""What the summary links to besides pages: titles, and patterns below the folder of the night."""

Say = Callable[[str], None]


def _detail(path: Path) -> str:
    """What tells the page from others of its title: the earlier night, the server, the kind."""
    suggested = path.parent.name == SUGGESTED
    return path.stem.removeprefix("suggested-") if suggested else path.parent.name


def merge_night(folder: Path, nights: Nights, root: Path, say: Say) -> Night:
    """Join what the jobs of the night in ``folder`` left, decide, and explain what is new.

    Raises PlanError, RunFileError, MergeError, ResultsError, OSError.
    """
    plan = read_plan(folder)
    builds = build_verdicts(plan, folder)
    before, unreadable = nights.before(plan.id)
    found = replace(gather(plan, folder, builds), notes=tuple(unreadable))
    for name, text in found.suggested.items():
        replace_file(folder / SUGGESTED / name, text.encode())
    scene = Scene(plan=plan, run=found.run, folder=folder, before=before, root=root, say=say)
    night = explained(decide(plan, found, before), scene)
    write_night(folder, night)
    return night


def report_night(folder: Path, nights: Nights, root: Path) -> Night:
    """Write what is to be read about the merged night in ``folder``, and keep it in ``nights``.

    Raises PlanError, RunFileError, ReportError, AssertionTableError, OSError.
    """
    plan, night, run = read_plan(folder), read_night(folder), read_run(folder / RESULTS)
    before = [past.run for past in nights.before(plan.id)[0]]
    pages = write_pages(folder, run, folder / RESULTS, before, root)
    pages += [
        (f"{title} ({_detail(path)})", path.relative_to(folder).as_posix())
        for title, pattern in _FURTHER
        for path in sorted(folder.glob(pattern))
    ]
    reports = [folder / JOBS / job.folder / judging.JUNIT for job in plan.jobs]
    write_junit(folder / JUNIT, reports, night.builds, night.jobs)
    text = summary(night, report_links(run), pages)
    replace_file(folder / SUMMARY, text.encode(errors="backslashreplace"))
    nights.file(folder)
    nights.prune(plan.config.keep, plan.config.keep_evidence)
    return night
