# SPDX-License-Identifier: MIT
"""Suites divided among sessions: balanced, each test once, and only shards of one suite join."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.main import main
from harness.results.file_format import RunFileError
from harness.results.merging import merge_runs
from harness.results.run import Durations as Parts
from harness.results.run import Outcome, TestResult
from harness.results.run_file import read_run, write_run
from harness.results.shards.durations import (
    SuiteDurations,
    durations_of,
    read_durations,
    write_durations,
)
from harness.results.shards.joining import NotOneSuite, lacking
from harness.results.shards.plan import NoShard, SuiteTest, divide, identity_of_shard, shard_named
from tests.results.runs import passed, run

DURATIONS = SuiteDurations(files={"a.py": {"xvfb": 0.2, "xephyr": 0.4}, "b.py": {"xvfb": 1.0}})

SUITES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 30), st.sampled_from(["xvfb", "xorg", ""])),
    unique=True,
)


def suite_of(drawn):
    """Tests of a few files on a few servers."""
    return [SuiteTest(f"{file}.py::test_{n}[{server}]", server) for file, n, server in drawn]


@given(SUITES, st.integers(1, 9), st.randoms())
def test_each_test_is_in_one_shard_whatever_the_order(drawn, of, random):
    """The shards of an order are those of any other, and keep the tests of a file together."""
    tests = suite_of(drawn)
    divided = divide(tests, of, DURATIONS)
    assert divided.keys() == {test.id for test in tests}
    assert set(divided.values()) <= set(range(1, of + 1))
    shuffled = random.sample(tests, len(tests))
    assert divide(shuffled, of, DURATIONS) == divided
    units = {(test.unit, divided[test.id]) for test in tests}
    assert len(units) == len({test.unit for test in tests})


@given(SUITES, st.integers(1, 9))
def test_shards_take_about_the_same_time(drawn, of):
    """No shard has more than its part and the largest unit beyond it."""
    tests = suite_of(drawn)
    divided = divide(tests, of, DURATIONS)
    loads, units = Counter(), Counter()
    for test in tests:
        seconds = DURATIONS.of(*test.unit)
        loads[divided[test.id]] += seconds
        units[test.unit] += seconds
    if tests:
        assert max(loads.values()) <= sum(units.values()) / of + max(units.values()) + 1e-9


def test_the_slowest_are_given_away_first():
    """Else the last of them would make one shard late."""
    durations = SuiteDurations(
        files={f"{name}.py": {"": float(n)} for n, name in enumerate("abcd", 1)}
    )
    tests = [SuiteTest(f"{name}.py::test", "") for name in "abcd"]
    found = divide(tests, 2, durations)
    assert found == {"d.py::test": 1, "c.py::test": 2, "b.py::test": 2, "a.py::test": 1}


@pytest.mark.parametrize(
    ("file", "server", "seconds"),
    [
        ("a.py", "xephyr", 0.4),
        ("a.py", "xephyr@sid", 0.4),
        ("a.py", "xorg", 0.3),
        ("new.py", "xvfb", 0.4),
    ],
)
def test_what_is_not_known_is_guessed(file, server, seconds):
    """Of another release the kind counts, of another kind the others, of a new file the median."""
    assert DURATIONS.of(file, server) == pytest.approx(seconds)


def test_without_durations_all_tests_are_alike():
    """So shards have as many tests, as far as files allow it."""
    tests = [SuiteTest(f"{n % 4}.py::test_{n}", "") for n in range(40)]
    assert Counter(divide(tests, 4, SuiteDurations()).values()) == dict.fromkeys(range(1, 5), 10)


def test_durations_are_means_of_what_was_tested(tmp_path):
    """Of all runs; a skip says nothing, unless there is nothing else; a broken-off test neither."""
    found = durations_of(
        [
            run(passed("a", durations=Parts(setup=1.0, call=2.0, teardown=3.0))),
            run(
                passed("a", durations=Parts(call=2.0)),
                passed("b", outcome=Outcome.SKIPPED, durations=Parts(call=0.1)),
                passed("c", outcome=Outcome.NOT_FINISHED, durations=Parts(call=90.0)),
                passed("d", "xephyr", outcome=Outcome.SKIPPED, durations=Parts(call=0.1)),
            ),
        ]
    )
    assert found.files == {"test.py": {"xvfb": 4.0, "xephyr": 0.1}}
    write_durations(tmp_path / "durations.json", found)
    assert read_durations(tmp_path / "durations.json") == found


def test_durations_come_from_a_run_as_well(tmp_path):
    """From its file, or from its folder."""
    whole = run(passed("a", durations=Parts(call=2.0)))
    write_run(tmp_path, whole)
    for path in (tmp_path, tmp_path / "results.json"):
        assert read_durations(path) == durations_of([whole])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "line 1: expected durations"),
        ("{}", "expected the format 'xharness-durations', got no format"),
        ('{"format": "xharness-durations", "version": 2}', "expected at most 1, got 2"),
        (
            '{"format": "xharness-durations", "version": 1, "files": {"a": {"xvfb": "1"}}}',
            r"files.a.xvfb: expected a number, got '1'",
        ),
        (None, "cannot be read: No such file"),
    ],
)
def test_files_without_durations_are_refused(text, said, tmp_path):
    """With the place and what was expected there."""
    path = tmp_path / "durations.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RunFileError, match=f"{path}.*{said}"):
        read_durations(path)


@pytest.mark.parametrize(
    "text", ["", "2", "0/4", "5/4", "1/0", "a/b", "1/4 ", "-1/4", "1/4/2", "\u0663/\u0664"]
)
def test_texts_that_name_no_shard_are_refused(text):
    """With one that does."""
    with pytest.raises(NoShard, match="such as 2/4"):
        shard_named(text)


@pytest.mark.parametrize("text", ["1/10000", "1/99999999999", f"1/{'9' * 5000}", "20000/30000"])
def test_more_shards_than_a_suite_has_files_are_refused(text):
    """Each takes memory, also those without tests; a slip of the keyboard took all there was."""
    with pytest.raises(NoShard, match="from 1/4 to 4/4 of at most 9999 shards, got"):
        shard_named(text)


def shards(*texts, tests=4, durations=DURATIONS, outcome=Outcome.PASSED):
    """Runs of these shards of a suite of as many files, each with a test."""
    suite = [SuiteTest(f"{n}.py::test[xvfb]", "xvfb") for n in range(tests)]
    runs = []
    for number, text in enumerate(texts):
        shard = shard_named(text)
        divided = divide(suite, shard.of, durations)
        own = [one.id for one in suite if divided[one.id] == shard.number]
        found = [TestResult(id=one, server="xvfb", outcome=outcome) for one in own]
        identity = identity_of_shard(shard, divided, ["xvfb"])
        runs.append(run(*found, id=f"run{number}", shard=identity))
    return runs


def test_all_shards_are_the_whole_suite():
    """In any order, and with one of them twice, as a job that was repeated leaves it."""
    merged, _ = merge_runs(shards("2/3", "1/3", "3/3", "1/3"))
    assert {test.id for test in merged.tests} == {f"{n}.py::test[xvfb]" for n in range(4)}
    assert merged.shard is not None
    assert merged.shard.whole
    assert lacking(merged.shard, merged.tests) == []
    assert merged.notes == ()


def test_missing_shards_are_named():
    """By their numbers, until a further merge has them."""
    some, _ = merge_runs(shards("1/4", "3/4"))
    assert some.notes == ("missing of 4 shards: 2, 4; nothing is known of their tests",)
    assert str(some.shard) == "1, 3/4"
    whole, _ = merge_runs([some, *shards("2/4", "4/4")])
    assert whole.shard is not None
    assert whole.shard.whole
    assert whole.notes == ()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (shards("2/3"), r"run0 is shard 1/4, run0 is shard 2/3; .* --shard I/4"),
        (shards("2/4", tests=5), r"suites of 4 and 5 tests, .* from one commit"),
        (
            shards(
                "2/4",
                durations=SuiteDurations(files={"3.py": {"xvfb": 9.0}, "2.py": {"xvfb": 1.0}}),
            ),
            "other durations: .*--durations-from",
        ),
    ],
)
def test_shards_of_two_suites_are_refused(others, said):
    """Of different numbers, tests or durations: their whole would lack tests, or have too many."""
    [first] = shards("1/4")
    with pytest.raises(NotOneSuite, match=f"results from two different suites: .*{said}"):
        merge_runs([first, *others])


def test_whole_suites_can_be_merged():
    """As those of the jobs of a night; the run that they are is no shard."""
    one, _ = merge_runs(shards("1/2", "2/2"))
    other, _ = merge_runs(shards("1/3", "2/3", "3/3", tests=5))
    merged, _ = merge_runs([one, other])
    assert merged.shard is None
    assert merge_runs([one, *shards("1/1", tests=9)])[0].shard is None


def test_a_shard_can_be_repeated_after_the_merge():
    """Of a whole run nothing is missing, whatever is merged into it."""
    whole, _ = merge_runs(shards("1/4", "2/4", "3/4", "4/4"))
    again, _ = merge_runs([whole, *shards("2/4")])
    assert again.notes == ()
    assert again.shard == whole.shard
    other, _ = merge_runs([*shards("1/1", tests=9), *shards("2/4")])
    assert other.notes == ("missing of 4 shards: 1, 3, 4; nothing is known of their tests",)


def test_a_server_on_which_no_shard_tested_anything_is_named():
    """It was to be judged, and nothing is known of it."""
    skipped = shards("1/2", "2/2", outcome=Outcome.SKIPPED)
    merged, _ = merge_runs(skipped)
    said = "xvfb: 4 tests skipped, none run: nothing is known of it"
    assert merged.notes == (said,)
    tested = [*skipped[:1], *shards("2/2")]
    assert merge_runs(tested)[0].notes == ()


def test_the_command_says_what_is_missing(tmp_path, capsys):
    """Status 1, so that a job that merges is red; 0 when all is there; 2 for two suites."""
    for number, one in enumerate(shards("1/2", "2/2", "1/3")):
        (tmp_path / str(number)).mkdir()
        write_run(tmp_path / str(number), one)
    paths = [str(tmp_path / str(number)) for number in range(3)]
    output = ["-o", str(tmp_path / "whole")]
    assert main(["runs", "merge", paths[0], *output]) == 1
    assert "missing of 2 shards: 2" in capsys.readouterr().out
    assert main(["runs", "merge", *paths[:2], *output]) == 0
    assert read_run(tmp_path / "whole").complete
    assert main(["runs", "merge", *paths, *output]) == 2
    assert "results from two different suites" in capsys.readouterr().err


def test_the_command_writes_durations(tmp_path, capsys):
    """Of the tests that are wanted."""
    write_run(tmp_path, run(passed("a", durations=Parts(call=2.0)), passed("b", "xephyr")))
    table = tmp_path / "durations.json"
    assert main(["runs", "durations", str(tmp_path), "--only", "xvfb", "-o", str(table)]) == 0
    assert json.loads(table.read_text())["files"] == {"test.py": {"xvfb": 2.0}}
    assert "1 file on xvfb" in capsys.readouterr().out
