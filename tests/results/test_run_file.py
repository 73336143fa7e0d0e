# SPDX-License-Identifier: MIT
"""results.json and the journal: what is written is read again, and nothing else passes for it."""

import json
import resource
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from harness.results.file_format import RunFileError
from harness.results.journal import NAME as JOURNAL
from harness.results.journal import Journal, read_journal
from harness.results.run import (
    Cause,
    CauseKind,
    Durations,
    Ended,
    FrameResult,
    Outcome,
    Run,
    ServerIdentity,
    TestResult,
)
from harness.results.run_file import NAME, json_schema, read_run, run_file, write_run

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "results.schema.json"

XVFB = ServerIdentity(
    name="xvfb",
    kind="xvfb",
    vendor="X.Org",
    version="21.1.7",
    release_number=12101007,
    package="xvfb 2:21.1.7-3",
    sanitizers=("AddressSanitizer",),
)
FAILED = TestResult(
    id="suites/present/test_skip.py::test_skip[xvfb]",
    server="xvfb",
    outcome=Outcome.GOLDEN,
    cause=Cause(CauseKind.GOLDEN, "present/test-skip/after.png"),
    message="3 of 9 pixels differ\nnot ASCII: \u00fc\u2028, and not even UTF-8: \udcff",
    durations=Durations(setup=0.5, call=0.25, teardown=0.125),
    started=1.5,
    assertions=("PRE-017",),
    frames=(
        FrameResult(
            name="after",
            golden="present/test-skip/after.png",
            verdict="mismatch",
            size=(3, 3),
            box=(0, 1, 2, 3),
            pictures={"actual": "test_skip-1234/after.actual.png"},
        ),
    ),
    files={"log": "test_skip-1234/server.log"},
    observations={"torn reads": "4 of 150"},
)
PASSED = TestResult(id="suites/present/test_skip.py::test_it[xvfb]", outcome=Outcome.PASSED)
RUN = Run(
    id="20261129T142301Z-5c0e21",
    started="2026-11-29T14:23:01Z",
    seconds=2.5,
    command=("pytest", "suites"),
    servers={"xvfb": XVFB},
    tests=(FAILED, PASSED),
)


@pytest.mark.parametrize("run", [RUN, Run(id="empty", started="")])
def test_what_is_written_is_read_again(run, tmp_path):
    """From the file and from its folder."""
    path = write_run(tmp_path / "new", run)
    assert read_run(path) == run
    assert read_run(path.parent) == run


def test_one_test_is_one_line():
    """What is as by default is left out."""
    lines = run_file(RUN).decode().splitlines()
    assert [line.strip(",") for line in lines if '"outcome":' in line][1] == json.dumps(
        {"id": PASSED.id, "outcome": "passed"}, separators=(",", ":")
    )


def test_the_file_is_as_the_schema_says():
    """The page in docs/ is made from the same values (lint), and is a schema itself."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema == json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for run in (RUN, Run(id="empty", started="")):
        validator.validate(json.loads(run_file(run)))
    for wrong in ({"outcome": "perfect"}, {"box": 3}, {"frames": [{"name": 1}]}):
        value = json.loads(run_file(RUN))
        value["tests"][0] |= wrong
        assert not validator.is_valid(value), wrong


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"line 1: expected JSON, got ''; .*cut off"),
        ("<html>", r"line 1: expected JSON, got '<html>'"),
        ("[]", r"line 1: expected the format 'xharness-results', got no format; name a file"),
        ('{"format": "other"}', r"expected the format 'xharness-results', got the format 'other'"),
        ('{"format": "xharness-results"}', "version: expected a whole number from 1 on, got None"),
        (
            '{"format": "xharness-results", "version": 3}',
            "version: expected at most 2, got 3; a later release",
        ),
        (
            '{"format": "xharness-results", "version": 1, "id": "a"}',
            "the whole: expected the member 'started'",
        ),
        (
            '{"format": "xharness-results", "version": 1, "id": "a", "started": "",'
            ' "tests": [{"id": "b", "outcome": "odd"}]}',
            r"tests\[0\]\.outcome: expected one of passed, .*, got 'odd'",
        ),
        (
            '{"format": "xharness-results", "version": 1, "id": "a", "started": "",'
            ' "tests": [{"id": "b", "outcome": "passed", "frames": [{"name": "c", "golden": "d",'
            ' "verdict": "match", "size": [1, true]}]}]}',
            r"tests\[0\]\.frames\[0\]\.size\[1\]: expected a whole number, got True",
        ),
        (
            '{"format": "xharness-results", "version": 1, "id": "a", "started": "",'
            ' "tests": [{"id": "b", "outcome": ["passed"]}]}',
            r"tests\[0\]\.outcome: expected one of passed, .*, got \['passed'\]",
        ),
        *(
            (
                '{"format": "xharness-results", "version": 1, "id": "a", "started": "",'
                f' "seconds": {number}}}',
                "seconds: expected a finite number, got ",
            )
            for number in ("NaN", "-Infinity", "1e999", "1" + "0" * 400)
        ),
        (
            '{"format": "xharness-results", "version": 1, "id": "a", "started": "", "servers": []}',
            "servers: expected an object, got ",
        ),
    ],
)
def test_another_file_is_refused_with_its_place(text, problem, tmp_path):
    """Foreign, newer, damaged: expected, got, where, what to do."""
    path = tmp_path / NAME
    path.write_text(text)
    with pytest.raises(RunFileError, match=f"{path}.*{problem}"):
        read_run(path)


def test_no_part_of_a_file_is_taken_for_the_whole(tmp_path):
    """Wherever it is cut off, but for the end of its last line."""
    whole = run_file(RUN)
    path = tmp_path / NAME
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(RunFileError, match="cut off"):
            read_run(path)


def test_two_verdicts_on_one_test_are_refused(tmp_path):
    """Merging runs knows which one counts; a file that was put together by hand does not."""
    other = replace(FAILED, id="suites/test_other.py::test_it[xvfb]")
    write_run(tmp_path, replace(RUN, tests=(FAILED, other, replace(FAILED, message="no"))))
    with pytest.raises(RunFileError) as refused:
        read_run(tmp_path)
    said = f"tests[0] and tests[2] are both {FAILED.id}; a test has one verdict"
    assert said in str(refused.value)


def test_what_a_later_release_adds_is_skipped(tmp_path):
    """The version rises only where what was there means something else."""
    value = json.loads(run_file(RUN))
    value["mood"] = value["tests"][0]["weather"] = {"fine": True}
    path = tmp_path / NAME
    path.write_text(json.dumps(value))
    assert read_run(path) == RUN


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_without_results_is_named(there, tmp_path):
    """And what to name instead."""
    path = tmp_path if there else tmp_path / "none"
    with pytest.raises(RunFileError, match=f"{path} .*"):
        read_run(path)


@contextmanager
def files_up_to(size):
    """The disk takes no file of more bytes, as if it was full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path):
    """And nothing beside it."""
    write_run(tmp_path, replace(RUN, tests=()))
    with files_up_to(100), pytest.raises(OSError, match="File too large"):
        write_run(tmp_path, RUN)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert read_run(tmp_path).tests == ()


def running(test):
    """What the journal says of a test that begins."""
    return TestResult(id=test.id, server=test.server, outcome=Outcome.NOT_FINISHED)


def journal_of(folder, *tests):
    """A journal of a session that has not ended."""
    journal = Journal(folder)
    journal.begin(replace(RUN, tests=(), servers={}))
    journal.server(XVFB)
    for test in tests:
        journal.begins(running(test))
        journal.test(test)
    return journal


def test_a_journal_is_a_run_that_was_broken_off(tmp_path):
    """With a test that was running."""
    journal_of(tmp_path, FAILED).begins(running(PASSED))
    run = read_run(tmp_path)
    assert run.ended is Ended.BROKEN_OFF
    assert not run.complete
    assert run.servers == RUN.servers
    assert run.tests[0] == FAILED
    assert (run.tests[1].id, run.tests[1].outcome) == (PASSED.id, Outcome.NOT_FINISHED)
    assert run.seconds == 1.5 + 0.5 + 0.25 + 0.125


def test_a_journal_may_end_anywhere(tmp_path):
    """A line that is cut off says nothing; what stands before it counts."""
    journal = journal_of(tmp_path, FAILED, PASSED)
    whole = journal.path.read_bytes()
    counts = []
    for length in range(whole.index(b"\n") + 1, len(whole)):
        journal.path.write_bytes(whole[:length])
        run = read_run(tmp_path)
        assert run.ended is Ended.BROKEN_OFF
        counts.append(sum(test.outcome is not Outcome.NOT_FINISHED for test in run.tests))
    assert counts == sorted(counts)
    assert set(counts) == {0, 1}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda lines: [], "line 1: expected a journal, got an empty file"),
        (lambda lines: lines[1:], "line 1: expected the format 'xharness-journal', got no format"),
        (lambda lines: [*lines[:2], b"half a", *lines[2:]], "line 3: expected a JSON object"),
        (
            lambda lines: [*lines, b'{"test":{"id":"a"}}'],
            "line 5 test: expected the member 'outcome'",
        ),
    ],
)
def test_a_damaged_journal_is_refused_with_its_line(change, problem, tmp_path):
    """Only its end may be cut off."""
    path = journal_of(tmp_path, FAILED).path
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"".join(line + b"\n" for line in change(lines)))
    with pytest.raises(RunFileError, match=problem):
        read_journal(path)


def test_a_full_disk_ends_the_journal_and_nothing_else(tmp_path):
    """What was written stays readable; the error is kept, nothing follows a part of a line."""
    journal = journal_of(tmp_path, FAILED)
    size = journal.path.stat().st_size
    with files_up_to(size + 20):
        journal.test(PASSED)
    assert "File too large" in str(journal.error)
    assert journal.path.stat().st_size == size + 20
    journal.test(PASSED)
    assert journal.path.stat().st_size == size + 20
    assert read_run(tmp_path).tests == (FAILED,)


def test_the_results_stand_for_the_journal(tmp_path):
    """It goes when they are there; should it stay, they count."""
    journal = journal_of(tmp_path, FAILED)
    write_run(tmp_path, RUN)
    assert read_run(tmp_path) == RUN
    journal.close(remove=True)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert JOURNAL != NAME
