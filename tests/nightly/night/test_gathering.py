# SPDX-License-Identifier: MIT
"""What jobs left is joined, and each job whose verdicts are lost is named with the reason."""

import json
import shutil
from dataclasses import replace

import pytest

from harness.nightly.night.files import write_value
from harness.nightly.night.jobs import judging
from harness.nightly.night.jobs.gathering import gather
from harness.nightly.night.jobs.judging import JobRecord
from harness.nightly.night.night import BuildStatus, BuildVerdict, JobStatus
from harness.nightly.night.nights import JOBS, RESULTS
from harness.nightly.night.plan import NightJob
from harness.results.run import Cause, CauseKind, LineKind, ShardIdentity, UsedLine
from harness.results.run_file import NAME, read_run, write_run
from tests.nightly.night.nights import SUITES, day, plan
from tests.results.runs import failed, passed, run

PLAN = plan(servers=("xvfb", "xephyr"))


@pytest.fixture
def leave(tmp_path):
    """Let a job leave this run in the folder of the night."""

    def left(server, *tests, run_members=None, **members):
        folder = tmp_path / JOBS / server
        known = {"night": PLAN.id, "job": server, "suites": SUITES, "status": 0}
        record = JobRecord(**{**known, **members})
        write_value(folder / judging.NAME, judging.FORMAT, record)
        whole = {"id": server, **(run_members or {})}
        write_run(folder / judging.RESULTS, run(*tests, **whole))
        (folder / judging.LOG).write_text("the last words\n")
        return folder

    return left


def test_runs_of_all_jobs_are_one(leave, tmp_path):
    """Good and bad."""
    leave("xvfb", passed("one"))
    leave("xephyr", failed("one", "xephyr"), status=1)
    found = gather(PLAN, tmp_path, ())
    whole, verdicts = found.run, found.jobs
    assert [one.status for one in verdicts] == [JobStatus.JUDGED, JobStatus.JUDGED]
    assert {test.id for test in whole.tests} == {"test.py::one[xvfb]", "test.py::one[xephyr]"}
    assert read_run(tmp_path / RESULTS) == whole


def test_a_job_that_left_nothing_is_named(leave, tmp_path):
    """The others count."""
    leave("xvfb", passed("one"))
    found = gather(PLAN, tmp_path, ())
    whole, verdicts = found.run, found.jobs
    assert len(whole.tests) == 1
    assert (verdicts[1].name, verdicts[1].status) == ("xephyr", JobStatus.MISSING)
    assert "its artifact is lost" in verdicts[1].reason


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"status": None}, "its process was ended from outside after 1 test"),
        ({"status": -9}, "signal 9 ended pytest"),
        ({"status": 2}, "pytest was interrupted"),
        ({"status": 1, "run_members": {"complete": False}}, "not every test that it collected"),
    ],
)
def test_a_job_that_died_has_what_it_found_until_then(leave, tmp_path, members, reason):
    """And the last lines of its log."""
    leave("xvfb", passed("one"), **members)
    leave("xephyr", passed("one", "xephyr"))
    found = gather(PLAN, tmp_path, ())
    whole, verdicts = found.run, found.jobs
    assert verdicts[0].status is JobStatus.DIED
    assert reason in verdicts[0].reason
    assert verdicts[0].reason.endswith("the last words")
    assert len(whole.tests) == 2


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"suites": replace(SUITES, commit="f" * 40)}, "results of two different suites"),
        ({"suites": replace(SUITES, digest="f" * 64)}, "results of two different suites"),
        ({"night": day(29)}, f"for the night {day(29)}"),
    ],
)
def test_results_of_other_suites_are_not_joined(leave, tmp_path, members, reason):
    """Nor those of another night."""
    leave("xvfb", passed("one"), **members)
    leave("xephyr", passed("one", "xephyr"))
    found = gather(PLAN, tmp_path, ())
    whole, verdicts = found.run, found.jobs
    assert verdicts[0].status is JobStatus.UNUSABLE
    assert reason in verdicts[0].reason
    assert [test.server for test in whole.tests] == ["xephyr"]


@pytest.mark.parametrize("file", [judging.NAME, f"{judging.RESULTS}/{NAME}"])
def test_an_artifact_of_a_newer_version_is_named(leave, tmp_path, file):
    """The release that reads it, not one that guesses."""
    path = leave("xvfb", passed("one")) / file
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    leave("xephyr", passed("one", "xephyr"))
    found = gather(PLAN, tmp_path, ())
    whole, verdicts = found.run, found.jobs
    assert verdicts[0].status is JobStatus.UNUSABLE
    assert "a later release of xharness wrote it" in verdicts[0].reason
    assert len(whole.tests) == 1


def test_a_job_without_results_shows_its_log(leave, tmp_path):
    """As where pytest refused its command line."""
    folder = leave("xvfb", status=4)
    (folder / judging.RESULTS / NAME).unlink()
    verdicts = gather(PLAN, tmp_path, ()).jobs
    assert verdicts[0].status is JobStatus.UNUSABLE
    assert verdicts[0].reason.endswith("its log ends:\nthe last words")


@pytest.mark.parametrize(
    ("build", "status", "reason"),
    [
        ({"status": BuildStatus.FAILED}, JobStatus.NOT_BUILT, "main was not built"),
        (
            {"status": BuildStatus.BUILT, "kinds": ("xephyr",)},
            JobStatus.NOT_BUILT,
            "main has no xvfb",
        ),
        (
            {"status": BuildStatus.BUILT, "kinds": ("xvfb",), "lacks": {"xvfb": "no driver"}},
            JobStatus.NOT_BUILT,
            "no driver",
        ),
        ({"status": BuildStatus.BUILT, "kinds": ("xvfb",)}, JobStatus.MISSING, "nothing is in"),
        ({"status": BuildStatus.MISSING}, JobStatus.MISSING, "nothing is in"),
    ],
)
def test_a_job_whose_server_was_not_built_is_not_lost(tmp_path, build, status, reason):
    """As far as the build says so."""
    job = NightJob(server="xvfb@main", build="main")
    verdict = BuildVerdict(name="main", **build)
    left = gather(replace(PLAN, jobs=(job,)), tmp_path, [verdict])
    whole, (found,) = left.run, left.jobs
    assert found.status is status
    assert reason in found.reason
    assert (whole.tests, whole.complete) == ((), False)
    assert read_run(tmp_path / RESULTS).tests == ()


def test_expectations_are_stale_by_all_jobs_together(leave, tmp_path):
    """A line that fits nothing in any of them; one job knows only of its own server."""
    line = UsedLine(
        file="expectations/xvfb-fails.txt",
        line=3,
        text="a.py::one, failed",
        kind=LineKind.FAILS,
        tests=0,
    )
    leave("xvfb", passed("one"), run_members={"expectations": (line,)})
    leave("xephyr", passed("one", "xephyr"), run_members={"expectations": (line,)})
    found = gather(PLAN, tmp_path, ())
    assert found.stale == (
        "expectations/xvfb-fails.txt:3: it names no test: delete the line\n    a.py::one, failed",
    )
    leave(
        "xephyr", passed("one", "xephyr"), run_members={"expectations": (replace(line, tests=1),)}
    )
    assert gather(PLAN, tmp_path, ()).stale == ()


def test_new_failures_have_lines_that_would_excuse_them(leave, tmp_path):
    """In words that are refused until a reason and a link are written."""
    leave("xvfb", failed("one", cause=Cause(CauseKind.EXCEPTION, "WaitTimeout")), status=1)
    leave("xephyr", passed("one", "xephyr"))
    (text,) = gather(PLAN, tmp_path, ()).suggested.values()
    assert "test.py::one[xvfb]" in text


def part(number, suite="s"):
    """What a session says that was one of two shards."""
    shard = ShardIdentity(numbers=(number,), of=2, tests=2, suite=suite, plan="p")
    return {"shard": shard}


SHARDED = replace(
    PLAN,
    jobs=tuple(
        NightJob(server=server, shard=f"{number}/2")
        for server in ("xvfb", "xephyr")
        for number in (1, 2)
    ),
)


def test_shards_of_each_server_are_joined_before_the_servers(leave, tmp_path):
    """Suites of two servers are not the same, and one shard may be missing of each."""
    leave("xvfb-1-2", passed("one"), run_members={**part(1), "id": "a"})
    leave("xvfb-2-2", passed("two"), run_members={**part(2), "id": "b"})
    leave("xephyr-2-2", passed("two", "xephyr"), run_members={**part(2, "t"), "id": "c"})
    found = gather(SHARDED, tmp_path, ())
    assert [job.status for job in found.jobs] == [
        JobStatus.JUDGED,
        JobStatus.JUDGED,
        JobStatus.MISSING,
        JobStatus.JUDGED,
    ]
    assert len(found.run.tests) == 3
    shutil.rmtree(tmp_path / JOBS / "xvfb-1-2")
    assert len(gather(SHARDED, tmp_path, ()).run.tests) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [JOBS, RESULTS]


def test_shards_of_different_suites_are_not_joined(leave, tmp_path):
    """The other servers count."""
    leave("xvfb-1-2", passed("one"), run_members={**part(1), "id": "a"})
    leave("xvfb-2-2", passed("two"), run_members={**part(2, "other"), "id": "b"})
    for number in (1, 2):
        test = passed(f"t{number}", "xephyr")
        leave(f"xephyr-{number}-2", test, run_members={**part(number), "id": f"c{number}"})
    found = gather(SHARDED, tmp_path, ())
    assert [job.status for job in found.jobs[:2]] == [JobStatus.UNUSABLE, JobStatus.UNUSABLE]
    assert "results from two different suites" in found.jobs[0].reason
    assert {test.server for test in found.run.tests} == {"xephyr"}
