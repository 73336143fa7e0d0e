# SPDX-License-Identifier: MIT
"""Flakes over several runs: their rates, their budget, lines that have become needless."""

from dataclasses import replace

import pytest

from harness.report.runs.flakes_text import flakes_text
from harness.results.comparing.comparison import CompareError, compare_runs
from harness.results.comparing.flakes import flake_budget, flakes_of
from harness.results.comparing.history import history_of
from harness.results.merging import merge_runs
from harness.results.run import Attempt, LineKind, Outcome, UsedLine
from tests.results.runs import failed, passed, run

LINE = UsedLine(file="x-flakes.txt", line=3, text="test.py::known, failed", kind=LineKind.FLAKES)
MOVED = replace(LINE, line=9)


def flaky(name):
    """A test that failed and passed at once."""
    attempts = Attempt(outcome=Outcome.CRASHED), Attempt(outcome=Outcome.PASSED)
    return passed(name, outcome=Outcome.FLAKY, message="it died\nhere", attempts=attempts)


def known(outcome, line=LINE):
    """A test of a flakes file."""
    return passed("known", outcome=outcome, expectations=(line.place,))


def nights(*tests, **members):
    """One run for each group of tests, a day apart."""
    return [
        run(*group, id=f"run{day}", started=f"2026-10-{day:02}T03:00:00Z", **members)
        for day, group in enumerate(tests, 1)
    ]


def test_more_flakes_than_allowed_in_a_week_fail_the_budget():
    """Those of seven days before the newest run count, in whatever order runs are given."""
    quiet = [[passed("one")]] * 6
    runs = nights([flaky("one")], [flaky("two")], *quiet)
    assert [flake.test[9:12] for flake in flake_budget(runs[:7]).flakes] == ["one", "two"]
    assert not flake_budget(runs[:7]).kept
    budget = flake_budget(runs[::-1])
    assert [flake.test[9:12] for flake in budget.flakes] == ["two"]
    assert (budget.kept, budget.since) == (True, "2026-10-01T03:00:00Z")
    assert not flake_budget(runs, allowed=0).kept
    assert len(flake_budget(runs, days=30).flakes) == 2


def test_a_flake_that_a_file_names_is_not_in_the_budget():
    """Nor is one counted twice: in a shard, or in a run that is named twice."""
    (first,) = nights([flaky("one"), known(Outcome.FLAKY)])
    whole = replace(first, id="whole", shards=("run1",))
    (flake,) = flake_budget([first, first, whole]).flakes
    assert (flake.run, flake.failed_as, flake.message) == ("whole", "crashed", "it died")


def test_rates_are_of_the_runs_that_judged_the_test():
    """Skips judge nothing; the test that is flaky most often stands first."""
    skipped = passed("one", outcome=Outcome.SKIPPED)
    runs = nights(
        [flaky("one"), passed("two")],
        [passed("one"), flaky("two")],
        [skipped, passed("two")],
        [failed("one")],
    )
    found = flakes_of(runs)
    assert [(one.test[9:12], one.flaky, one.judged) for one in found.tests] == [
        ("one", 1, 3),
        ("two", 1, 3),
    ]
    assert found.tests[0].last == "2026-10-01T03:00:00Z"
    assert "1 of 3 (33%)  test.py::one[xvfb]" in flakes_text(found)
    assert "2 of 1 since 2026-09-27T03:00:00Z: BEYOND" in flakes_text(found)


def test_a_line_without_failures_in_many_runs_can_be_deleted():
    """Also where it has moved in its file; a failure, flaky or not, begins the count again."""
    before = nights(*[[known(Outcome.PASSED, MOVED)]] * 20, expectations=(MOVED,))
    after = [
        replace(one, id=f"b{one.id}", started=one.started.replace("10-", "11-"))
        for one in nights(*[[known(Outcome.PASSED)]] * 10, expectations=(LINE,))
    ]
    (steady,) = flakes_of([*before, *after]).steady
    assert (steady.clean, steady.judged, steady.flaky, steady.line.line) == (30, 30, 0, 3)
    assert "  x-flakes.txt:3: test.py::known, failed" in flakes_text(flakes_of([*before, *after]))
    assert flakes_of(after).steady == ()
    for bad in (Outcome.FLAKY, Outcome.CRASHED):
        late = replace(before[5], tests=(known(bad, MOVED),))
        (line,) = flakes_of([*before[:5], late, *before[6:], *after]).lines
        assert (line.clean, line.flaky, line.rate) == (24, 1, 1 / 30)


def test_runs_without_a_verdict_on_its_tests_do_not_make_a_line_clean():
    skipped = known(Outcome.SKIPPED)
    (line,) = flakes_of(nights(*[[skipped]] * 31, expectations=(LINE,))).lines
    assert (line.clean, line.judged) == (0, 0)


def test_a_flaky_test_is_a_kind_of_its_own_in_comparisons():
    """Neither mended nor a regression, with what went wrong."""
    before = run(failed("one"), passed("two"), id="a")
    comparison = compare_runs([before, run(flaky("one"), flaky("two"), id="b")])
    assert not comparison.fixes
    assert not comparison.regressions
    assert [(row.values, row.message) for row in comparison.flakes] == [
        (("failed", "flaky"), "it died\nhere"),
        (("passed", "flaky"), "it died\nhere"),
    ]


def test_the_history_shows_how_often_a_test_was_flaky():
    """Also one that was in every run; it was bad in none."""
    history = history_of(nights([flaky("one")], [flaky("one")], [flaky("one")]))
    (test,) = history.tests
    assert (test.flaky, test.bad, test.message) == (3, 0, "it died\nhere")
    assert history.unsteady == 0


def test_a_flaky_verdict_outweighs_a_good_one_in_a_merge():
    """And a bad one that; the lines of all runs are used, counted as who knew most did."""
    parts = nights([passed("one")], [flaky("one")], [failed("one")])
    assert merge_runs(parts[:2])[0].tests[0].outcome is Outcome.FLAKY
    assert merge_runs(parts)[0].tests[0].outcome is Outcome.FAILED
    parts = [
        replace(part, expectations=(replace(LINE, tests=count),))
        for part, count in zip(parts, (None, 2, 0), strict=True)
    ]
    assert [line.tests for line in merge_runs(parts)[0].expectations] == [2]


def test_without_runs_there_is_no_budget():
    with pytest.raises(CompareError, match="flakes need a run or more"):
        flake_budget([])


def test_a_run_without_a_time_is_named():
    with pytest.raises(CompareError, match="the run a started at 'noon'; expected a time"):
        flake_budget([run(started="noon")])
