# SPDX-License-Identifier: MIT
"""The history of tests over several runs."""

import re

import pytest

from harness.report.runs.history_text import history_text
from harness.report.runs.pages import history_page
from harness.results.comparing.comparison import CompareError
from harness.results.comparing.history import history_of
from harness.results.run import Cause, CauseKind, Outcome
from tests.results.runs import failed, passed, run


def runs(*tests):
    """One run for each group of tests, an hour apart."""
    return [
        run(*group, id=f"run{number}", started=f"2026-11-29T{number:02}:00:00Z")
        for number, group in enumerate(tests)
    ]


def skipped(name):
    return passed(name, outcome=Outcome.SKIPPED, message="needs 2 CRTCs")


def test_a_flaky_test_has_its_outcomes_in_order_of_time():
    """Whatever the order in which the runs are named; what always ended alike is left out."""
    rule = Cause(CauseKind.RULE, "a rule", "PRE-086")
    four = runs(
        [passed("one"), failed("two")],
        [failed("one", message="early", cause=rule), failed("two")],
        [passed("one"), failed("two")],
        [failed("one", message="late"), failed("two")],
    )
    history = history_of([four[2], four[0], four[3], four[1]])
    assert [one.run for one in history.runs] == ["run0", "run1", "run2", "run3"]
    (test,) = history.tests
    assert test.test == "test.py::one[xvfb]"
    assert test.outcomes == ("passed", "failed", "passed", "failed")
    assert (test.bad, test.judged, test.rate, test.changes) == (2, 4, 0.5, 3)
    assert (test.first, test.last) == (1, 3)
    assert (test.message, test.reference) == ("late", "PRE-086")
    assert (history.known, history.unsteady) == (2, 1)


def test_what_changes_most_often_comes_first():
    """A test that broke once and was mended once is less flaky than one that does so always."""
    history = history_of(
        runs(
            [failed("mended"), passed("shaky"), skipped("shown")],
            [failed("mended"), failed("shaky"), passed("shown")],
            [passed("mended"), passed("shaky"), passed("shown")],
        )
    )
    assert [(test.test[9:-6], test.changes) for test in history.tests] == [
        ("shaky", 2),
        ("mended", 1),
        ("shown", 0),
    ]
    assert history.unsteady == 2
    assert (history.tests[2].judged, history.tests[2].first) == (2, None)


def test_a_skip_between_two_verdicts_is_no_change():
    """It judges nothing; neither does a run without the test."""
    history = history_of(runs([failed("one")], [skipped("one")], [], [failed("one")]))
    (test,) = history.tests
    assert test.outcomes == ("failed", "skipped", "", "failed")
    assert (test.bad, test.judged, test.changes) == (2, 2, 0)


def test_no_run_counts_twice():
    """One that is named twice, as latest is, and the shard of a merged one."""
    first, second, shard = runs([passed("one")], [failed("one")], [failed("one")])
    merged = run(*second.tests, id="merged", started=second.started, shards=("run2",))
    history = history_of([first, first, merged, shard])
    assert [one.run for one in history.runs] == ["run0", "merged"]


def test_a_history_of_one_run_is_none():
    """Nor is one of no test."""
    first, second = runs([passed("one")], [failed("one")])
    with pytest.raises(CompareError, match="needs two runs or more"):
        history_of([first, first])
    with pytest.raises(CompareError, match="--only tow fits no test"):
        history_of([first, second], re.compile("tow"))


def test_the_text_has_stretches_dates_and_the_last_failure():
    """Long histories stay short."""
    odd = failed("one", message="no\x07 frame\nat all")
    history = history_of(runs([passed("one")], [passed("one")], [odd], [passed("one")]))
    text = history_text(history)
    assert "runs      4, 2026-11-29T00:00:00Z (run0) to 2026-11-29T03:00:00Z (run3)" in text
    assert "passed 2 times, failed, passed\n" in text
    assert "bad in 1 of 4 (25%), first 2026-11-29T02:00:00Z (run2), last" in text
    assert "tests     1: 1 bad in one run and not in another, 0 ended otherwise (skip" in text
    assert text.endswith("no\\x07 frame")


def test_the_page_says_each_outcome_in_words_and_acts_not():
    """Signs have names; only addresses become links."""
    evil = Cause(CauseKind.BUG, "a bug", "javascript:alert(1)")
    bug = Cause(CauseKind.BUG, "a bug", "https://bugs.example/1")
    page = history_page(
        history_of(
            runs(
                [passed("one"), passed("two"), passed("new")],
                [failed("one", message="<b>", cause=evil), failed("two", cause=bug)],
            )
        )
    )
    assert page.count('title="run1: failed" aria-label="failed"') == 2
    assert "&lt;b&gt;" in page
    assert '<a href="https://bugs.example/1"' in page
    assert 'href="javascript' not in page
    assert "2 of 3 tests did not always end alike, 2 bad in one run and not in another" in page


def test_the_title_of_the_page_counts_the_tests_of_its_table():
    """Not only those that were bad; a flake has another sign than a pass that was not expected."""
    odd = passed("two", outcome=Outcome.UNEXPECTED_PASS)
    page = history_page(
        history_of(
            runs([passed("one"), passed("two")], [passed("one", outcome=Outcome.FLAKY), odd])
        )
    )
    assert "<title>2 of 2 tests did not always end alike</title>" in page
    assert "2 of 2 tests did not always end alike, 0 bad in one run and not in another" in page
    assert "? flaky" in page
    assert "! unexpected pass" in page
    assert page.count(">?<") == page.count(">!<") == 1
    assert "summary > h2 { display: inline;" in page
