# SPDX-License-Identifier: MIT
"""Lines of expectation files that runs show to be needless, and lines that they suggest."""

from dataclasses import replace

import pytest

from harness.results.expectations.evidence import ExpectationError, Sign, parse_evidence
from harness.results.expectations.line import parse_line
from harness.results.expectations.reading import read_expectations
from harness.results.expectations.stale import stale_lines
from harness.results.expectations.suggestion import suggestion
from harness.results.merging import merge_runs
from harness.results.run import Attempt, Cause, CauseKind, LineKind, Outcome, UsedLine
from tests.results.runs import failed, passed, run

LINE = UsedLine(
    file="xvfb-fails.txt",
    line=7,
    text="test.py, failed",
    kind=LineKind.FAILS,
    servers=("xvfb",),
    tests=2,
)
PLACE = ("xvfb-fails.txt:7",)


def expected(name, outcome, server="xvfb"):
    return passed(name, server, outcome=outcome, expectations=PLACE)


def good(name, server="xvfb"):
    return expected(name, Outcome.UNEXPECTED_PASS, server)


def judged(*tests, line=LINE, **members):
    return run(*tests, expectations=(line,), **members)


def test_a_line_that_names_no_test_is_stale():
    """Where all that it may name was collected; by whom does not matter."""
    none, unknown = replace(LINE, tests=0), replace(LINE, tests=None)
    (stale,) = stale_lines([judged(line=none)])
    assert stale.error
    assert str(stale) == (
        "xvfb-fails.txt:7: it names no test: delete the line\n    test.py, failed"
    )
    assert stale_lines([judged(line=unknown)]) == ()
    assert len(stale_lines([judged(line=none), judged(line=unknown)])) == 1
    assert stale_lines([judged(line=none), judged(good("a"), line=LINE)]) == ()
    for kind, text in ((LineKind.SKIPS, "test.py"), (LineKind.FLAKES, LINE.text)):
        assert stale_lines([judged(line=replace(none, kind=kind, text=text))])


def test_a_line_whose_tests_all_pass_is_stale():
    """One that fails, or does not come to its end, keeps it; a skip says nothing."""
    (stale,) = stale_lines([judged(good("a"), good("b"))])
    assert "all of its 2 tests pass on xvfb 21.1.7: delete the line, or let its" in str(stale)
    assert stale.error
    skipped = expected("b", Outcome.SKIPPED)
    assert "its test passes on xvfb" in str(stale_lines([judged(good("a"), skipped)])[0])
    assert stale_lines([judged(skipped, expected("a", Outcome.SKIPPED))]) == ()
    for outcome in (Outcome.EXPECTED, Outcome.CRASHED, Outcome.FLAKY, Outcome.NOT_FINISHED):
        assert stale_lines([judged(good("a"), expected("b", outcome))]) == ()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("failed", True),
        ("failed: AssertionError", True),
        ("failed: WaitTimeout", True),
        ("failed: WaitTimeout no IdleNotify", False),
        ("crashed: ServerDied", True),
        ("crashed: ServerDied SIGSEGV", False),
        ("golden mismatch", True),
        ("golden mismatch: after-skip", False),
        ("rule violated: no-flip", False),
    ],
)
def test_a_line_with_specific_evidence_may_stay(status, error):
    """It cannot hide another failure: it is said, and is no error.  An exception alone can."""
    line = replace(LINE, text=f"test.py, {status}")
    (stale,) = stale_lines([judged(good("a"), good("b"), line=line)])
    assert stale.error == error


@pytest.mark.parametrize("kind", [LineKind.FAILS, LineKind.FLAKES])
def test_a_line_whose_tests_are_all_skipped_is_stale(kind):
    """By lines that are named; one test that runs keeps it."""
    line = replace(LINE, kind=kind)
    skip = UsedLine(file="skips.txt", line=3, text="test.py", kind=LineKind.SKIPS, tests=2)
    both = (*PLACE, "skips.txt:3")
    skipped = [passed(n, outcome=Outcome.SKIPPED, expectations=both) for n in ("a", "b")]
    (stale,) = stale_lines([run(*skipped, expectations=(line, skip))])
    assert stale.error
    assert str(stale) == (
        "xvfb-fails.txt:7: all of its tests are skipped by skips.txt:3: delete the line\n"
        "    test.py, failed"
    )
    ran = [skipped[0], expected("b", Outcome.EXPECTED)]
    assert stale_lines([run(*ran, expectations=(line, skip))]) == ()
    assert stale_lines([run(skipped[0], expectations=(line, skip))]) == ()


def test_a_run_of_some_tests_shows_nothing():
    """Of a shard, of -k, of other servers; all of them together do."""
    shards = [judged(good("a"), id="a"), judged(good("b"), id="b")]
    assert stale_lines(shards[:1]) == ()
    merged, _ = merge_runs(shards)
    assert len(stale_lines([merged])) == 1
    both = replace(LINE, servers=("xvfb", "xephyr"))
    here = judged(good("a"), good("b"), line=both)
    assert stale_lines([here]) == ()
    there = [good("a", "xephyr"), good("b", "xephyr")]
    assert len(stale_lines([here, judged(*there, line=both)])) == 1
    there[0] = expected("a", Outcome.EXPECTED, "xephyr")
    assert stale_lines([here, judged(*there, line=both)]) == ()


@pytest.mark.parametrize("kind", [LineKind.FLAKES, LineKind.SKIPS])
def test_only_fails_become_stale_by_passing(kind):
    text = "test.py" if kind is LineKind.SKIPS else LINE.text
    line = replace(LINE, kind=kind, text=text)
    assert stale_lines([judged(passed("a"), passed("b"), line=line)]) == ()


RULE = Cause(CauseKind.RULE, "no-flip", "PRE-086")
MATCH = "ProtocolError: presenter got a Match error for PresentPixmap (sequence 9, value 0x3)"


def test_new_failures_are_suggested_without_their_reason(tmp_path):
    """Status and evidence are filled in; until a person writes the rest they are refused."""
    crash = Attempt(outcome=Outcome.CRASHED, cause=Cause(CauseKind.EXCEPTION, "ServerDied"))
    found = suggestion(
        [
            run(
                passed("fine"),
                expected("known", Outcome.EXPECTED),
                failed("one", cause=Cause(CauseKind.EXCEPTION, "ProtocolError"), message=MATCH),
                failed("two", outcome=Outcome.RULE, cause=RULE),
                failed("six", outcome=Outcome.NOT_FINISHED),
                failed("one", "xephyr"),
                passed("now", outcome=Outcome.FLAKY, attempts=(crash,)),
            )
        ]
    )
    assert found.keys() == {"suggested-fails.txt", "suggested-flakes.txt"}
    for name, text in found.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(ExpectationError, match=f"{name}:.*'REASON:' as it was suggested"):
            read_expectations([tmp_path / name])
        written = text.replace("# REASON:", "# REASON: Bad")
        (tmp_path / name).write_text(written.replace("# LINK:", "# LINK: https://a.org/1"))
    flake, *fails = sorted(
        read_expectations([tmp_path]), key=lambda line: line.used.kind.value == "fails"
    )
    assert flake.used.text == "test.py::now[xvfb], crashed: ServerDied"
    assert [line.used.text for line in fails] == [
        "test.py::one[xvfb], failed: ProtocolError got a Match error for PresentPixmap",
        "test.py::two[xvfb], rule violated: no-flip",
        "test.py::one[xephyr], failed",
    ]
    assert flake.bug.reference == "Bad https://a.org/1"
    assert (fails[0].bug.servers, fails[0].bug.since) == (("xvfb",), {"X.Org": "21.1.7"})


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ("the coin fell", "the coin fell"),
        ("window 0x200001 has lost 17 of its pixels\nassert 17 == 0", "of its pixels"),
        ("assert 3 == 4\n +  where 3 = len(1, 2, 3)", ""),
        ("assert <Mode.FLIP: 1> == <Mode.COPY: 0>", "assert <Mode.FLIP"),
        ("no flip, failed: twice (/tmp/x-ab/trace)", "no flip, failed: twice"),
        ("", ""),
        ("17", ""),
        ("one two three four five six seven eight nine", "one two three four five six seven eight"),
    ],
)
def test_a_suggested_line_has_the_words_of_the_message(said, detail):
    """Those that come again each time: another assertion of the test is not excused."""
    message = f"AssertionError: {said}" if said else "AssertionError"
    cause = Cause(CauseKind.EXCEPTION, "AssertionError")
    (text,) = suggestion([run(failed("one", cause=cause, message=message))]).values()
    line = text.rstrip().rpartition("\n")[2]
    assert line == f"test.py::one[xvfb], failed: AssertionError {detail}".rstrip()
    _, status = parse_line(line, LineKind.FAILS)
    evidence = parse_evidence(status)
    assert evidence.shown_by(Sign(Outcome.FAILED, ("AssertionError",), said))
    assert evidence.shown_by(Sign(Outcome.FAILED, ("AssertionError",), "other")) != bool(detail)


def test_nothing_is_suggested_of_a_good_run():
    assert suggestion([run(passed("one"))]) == {}
