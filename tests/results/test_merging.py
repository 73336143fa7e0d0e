# SPDX-License-Identifier: MIT
"""Runs of shards as one: nothing is lost, nothing that failed is hidden."""

import os
import shutil
from dataclasses import replace

import pytest

from harness.results.folder import ResultsError
from harness.results.merging import MergeError, merge, merge_runs
from harness.results.run import Durations, Ended, FrameResult, Outcome
from harness.results.run_file import read_run, write_run
from tests.results.runs import XVFB, failed, passed, run


def test_shards_are_one_run():
    """The times count from the beginning of the first one."""
    first = run(passed("a"), started="2026-11-29T14:00:30Z", seconds=10.0, seed="7", notes=("odd",))
    second = run(failed("b", started=2.0), id="b", seconds=35.0, complete=False, seed="8")
    second = replace(second, ended=Ended.INTERRUPTED, versions={"pytest": "9"}, command=("x",))
    merged, owners = merge_runs([first, second])
    assert merged.tests == (passed("a", started=30.0), failed("b", started=2.0))
    assert (merged.started, merged.seconds) == ("2026-11-29T14:00:00Z", 40.0)
    assert (merged.ended, merged.complete) == (Ended.INTERRUPTED, False)
    assert (merged.seed, merged.command) == ("7, 8", ())
    assert (merged.notes, merged.shards) == (("a: odd",), ("a", "b"))
    assert merged.servers == {"xvfb": XVFB}
    assert owners == {"test.py::a[xvfb]": 0, "test.py::b[xvfb]": 1}
    again, _ = merge_runs([merged, run(passed("c"), id="c")])
    assert again.shards == ("a", "b", "c")


def test_runs_that_agree_keep_what_they_say():
    """The command and the versions of all."""
    parts = [run(id=name, command=("pytest",), versions={"pytest": "9"}) for name in "ab"]
    merged, _ = merge_runs(parts)
    assert (merged.command, merged.versions) == (("pytest",), {"pytest": "9"})
    merged, _ = merge_runs([*parts, run(id="c", versions={"pytest": "8"})])
    assert merged.versions == {"pytest": "9, 8"}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (failed("a"), passed("a")),
        (failed("a", outcome=Outcome.CRASHED), passed("a", outcome=Outcome.SKIPPED)),
        (passed("a"), passed("a", outcome=Outcome.NOT_FINISHED)),
        (failed("a"), passed("a", outcome=Outcome.NOT_FINISHED)),
    ],
)
def test_of_a_test_in_two_runs_the_worse_verdict_counts(worse, better, order):
    """Any verdict counts more than none."""
    merged, _ = merge_runs([run(test, id=test.outcome) for test in (worse, better)[::order]])
    assert merged.tests == (worse,)


def test_of_equal_verdicts_the_first_counts():
    """With its own durations."""
    first, second = (passed("a", durations=Durations(call=seconds)) for seconds in (1.0, 2.0))
    merged, _ = merge_runs([run(first), run(second, id="b")])
    assert merged.tests == (first,)


def test_different_servers_of_one_name_are_no_shards():
    """The error names both, and what to do."""
    other = {"xvfb": replace(XVFB, version="21.1.16")}
    with pytest.raises(MergeError, match=r"xvfb is X.Org 21\.1\.7 .* and X.Org 21\.1\.16 .* in b"):
        merge_runs([run(passed("a")), run(passed("b"), id="b", servers=other)])
    moved = {"xvfb": replace(XVFB, program="/opt/Xvfb")}
    merge_runs([run(passed("a")), run(passed("b"), id="b", servers=moved)])


def kept(folder, test, text):
    """A run of one test in ``folder``, with a picture, a log and a trace."""
    (folder / "of" / "trace").mkdir(parents=True)
    for name in ("log", "actual.png", "trace/client-1.txt"):
        (folder / "of" / name).write_text(text)
    frame = FrameResult(
        name="first",
        golden="a.png",
        verdict="mismatch",
        pictures={"actual": "of/actual.png", "difference": "of/lost.png"},
    )
    files = {"log": "of/log", "trace": "of/trace", "sanitizer": "of/lost.log"}
    test = replace(test, frames=(frame,), files=files)
    write_run(folder, run(test, id=folder.name))
    return folder


def test_files_come_along(tmp_path):
    """Of the run whose verdict counts; what was not there is not named any more."""
    good = kept(tmp_path / "good", passed("a"), "good")
    bad = kept(tmp_path / "bad", failed("a"), "bad")
    merged = merge([good, bad], tmp_path / "merged")
    assert read_run(tmp_path / "merged") == merged
    (test,) = merged.tests
    assert test.files == {"log": "of/log", "trace": "of/trace"}
    assert test.frames[0].pictures == {"actual": "of/actual.png"}
    for name in ("log", "actual.png", "trace/client-1.txt"):
        assert (tmp_path / "merged" / "of" / name).read_text() == "bad"
    assert merge([bad, good], tmp_path / "merged").tests == merged.tests


@pytest.mark.parametrize("file", ["../secret", "/etc/hostname", "of/../../secret"])
def test_no_file_from_outside_of_the_run_is_taken(file, tmp_path):
    """A results file may come from anywhere."""
    (tmp_path / "secret").write_text("mine")
    write_run(tmp_path / "run", run(failed("a", files={"log": file})))
    with pytest.raises(MergeError, match=r"names the file .*; expected one below its own folder"):
        merge([tmp_path / "run"], tmp_path / "merged")


def test_an_older_merge_stays_until_the_new_one_can_be_made(tmp_path):
    """A file from outside is refused before anything is deleted."""
    write_run(tmp_path / "good", run(passed("a")))
    merge([tmp_path / "good"], tmp_path / "merged")
    write_run(tmp_path / "evil", run(failed("a", files={"log": "../secret"})))
    with pytest.raises(MergeError, match="names the file"):
        merge([tmp_path / "evil"], tmp_path / "merged")
    assert read_run(tmp_path / "merged").tests == (passed("a"),)


@pytest.mark.parametrize("file", ["of/link", "up/secret", "of/pipe", ".", "", "of/\0", "x" * 300])
def test_only_files_of_the_run_come_along(file, tmp_path):
    """Not what links lead to, not a pipe, which has no end; nor such parts of a folder."""
    (tmp_path / "secret").write_text("mine")
    trace = tmp_path / "run" / "of" / "trace"
    trace.mkdir(parents=True)
    (trace / "client-1.txt").write_text("hers")
    for place in (trace, trace.parent):
        (place / "link").symlink_to(tmp_path / "secret")
        os.mkfifo(place / "pipe")
    (tmp_path / "run" / "up").symlink_to(tmp_path)
    write_run(tmp_path / "run", run(failed("a", files={"log": file, "trace": "of/trace"})))
    (test,) = merge([tmp_path / "run"], tmp_path / "merged").tests
    assert test.files == {"trace": "of/trace"}
    kept = [path.name for path in (tmp_path / "merged").rglob("*") if path.is_file()]
    assert sorted(kept) == [".xharness-results", "client-1.txt", "results.json"]


def test_a_run_that_is_there_twice_is_one_shard():
    """Such as one that was downloaded twice."""
    merged, _ = merge_runs([run(passed("a"), notes=("odd",))] * 2)
    assert (merged.shards, merged.notes) == (("a",), ("a: odd",))


def test_nothing_is_written_over(tmp_path):
    """Neither a run that is merged nor files of another kind."""
    write_run(tmp_path / "run", run(failed("a")))
    with pytest.raises(MergeError, match="is one of the runs to merge"):
        merge([tmp_path / "run" / "results.json"], tmp_path / "run")
    merge([tmp_path / "run"], tmp_path / "whole")
    shutil.copytree(tmp_path / "run", tmp_path / "whole" / "shards" / "1")
    with pytest.raises(MergeError, match="holds one of the runs to merge"):
        merge([tmp_path / "whole" / "shards" / "1"], tmp_path / "whole")
    assert (tmp_path / "whole" / "shards" / "1" / "results.json").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("mine")
    with pytest.raises(ResultsError, match="holds files that are not results"):
        merge([tmp_path / "run"], tmp_path / "other")
    assert (tmp_path / "other" / "thesis.tex").exists()


@pytest.mark.parametrize("time", ["noon", "0001-01-01T00:00:00"])
def test_a_run_without_a_time_is_refused(time):
    """It cannot be placed among the others."""
    with pytest.raises(MergeError, match=f"started at '{time}'; expected a time such as"):
        merge_runs([run(started=time)])
