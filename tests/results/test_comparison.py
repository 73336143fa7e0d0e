# SPDX-License-Identifier: MIT
"""What differs between runs, and between servers."""

from dataclasses import replace

import pytest

from harness.results.comparing.comparison import CompareError, Row, compare_runs
from harness.results.run import Durations, FrameResult, Outcome
from tests.results.runs import failed, passed, run


def rows(found):
    """The tests and their values."""
    return [(row.test, row.values) for row in found]


def test_verdicts_are_told_apart_by_what_became_of_them():
    """Worse, better, different, new, gone."""
    skipped = {"outcome": Outcome.SKIPPED}
    before = run(passed("a"), failed("b"), passed("c"), failed("d"), passed("e"), passed("same"))
    after = run(
        *(
            failed("a", outcome=Outcome.HUNG, message="it hangs"),
            passed("b"),
            passed("c", **skipped),
        ),
        *(failed("d", outcome=Outcome.CRASHED), failed("f"), passed("same")),
        id="b",
    )
    found = compare_runs([before, after])
    assert found.regressions == (Row("test.py::a[xvfb]", ("passed", "hung"), message="it hangs"),)
    assert rows(found.fixes) == [("test.py::b[xvfb]", ("failed", "passed"))]
    assert rows(found.changed) == [
        ("test.py::c[xvfb]", ("passed", "skipped")),
        ("test.py::d[xvfb]", ("failed", "crashed")),
    ]
    assert rows(found.new) == [("test.py::f[xvfb]", ("", "failed"))]
    assert rows(found.gone) == [("test.py::e[xvfb]", ("passed", ""))]
    assert [column.title for column in found.columns] == ["a", "b"]
    assert found.columns[0].counts == {"passed": 4, "failed": 2}
    same = compare_runs([before, before])
    assert not any(getattr(same, kind) for kind in ("regressions", "fixes", "changed", "new"))


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        ((0, 1, 1), "regressions"),
        ((1, 0, 1), "regressions"),
        ((0, 0, 1), "regressions"),
        ((1, 1, 0), "fixes"),
        ((0, 1, 0), "fixes"),
        ((1, 1, 1), None),
    ],
)
def test_the_last_of_several_runs_is_judged_by_all_before(outcomes, kind):
    """Each row shows them all."""
    runs = [run(failed("a") if bad else passed("a"), id=str(bad)) for bad in outcomes]
    found = compare_runs(runs)
    kinds = [name for name in ("regressions", "fixes", "changed") if getattr(found, name)]
    assert kinds == ([kind] if kind else [])


def test_servers_of_one_run_are_compared():
    """Tests are the same that differ by the server alone."""
    both = run(
        *(passed("a"), failed("a", "xephyr"), passed("b"), passed("c", "xephyr")),
        *(replace(passed("p", one), id=f"test.py::p[1-{one}-x]") for one in ("xvfb", "xephyr")),
    )
    found = compare_runs([both], ["xvfb", "xephyr"])
    assert rows(found.regressions) == [("test.py::a", ("passed", "failed"))]
    assert rows(found.new) == [("test.py::c", ("", "passed"))]
    assert rows(found.gone) == [("test.py::b", ("passed", ""))]
    assert [column.title for column in found.columns] == [
        "xvfb 21.1.7 in a",
        "xephyr 21.1.16 in a",
    ]


def test_runs_of_one_server_each_are_compared_across_servers():
    """Without being told to, where no test is in both."""
    found = compare_runs([run(passed("a")), run(failed("a", "xephyr"), id="b")])
    assert rows(found.regressions) == [("test.py::a", ("passed", "failed"))]


def test_one_server_of_two_runs_is_compared():
    """Others do not count."""
    before = run(passed("a"), passed("a", "xephyr"))
    after = run(passed("a"), failed("a", "xephyr"), id="b")
    assert compare_runs([before, after], ["xvfb"]).regressions == ()
    assert len(compare_runs([before, after], ["xephyr"]).regressions) == 1


@pytest.mark.parametrize("servers", [[], ["xvfb"]])
def test_one_thing_cannot_be_compared(servers):
    """What to name instead."""
    with pytest.raises(CompareError, match="one thing only to compare; name two runs, or two"):
        compare_runs([run(passed("a"))], servers)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome.PASSED, "fixes"),
        (Outcome.UNEXPECTED_PASS, "fixes"),
        (Outcome.EXPECTED, "excused"),
        (Outcome.SKIPPED, "changed"),
    ],
)
def test_only_a_pass_fixes_a_failure(outcome, kind):
    """An expectation that was written and a test that did not run have mended nothing."""
    found = compare_runs([run(failed("a")), run(passed("a", outcome=outcome), id="b")])
    kinds = ("fixes", "excused", "changed")
    assert [name for name in kinds if getattr(found, name)] == [kind]


def test_a_server_that_nobody_judged_is_named():
    """With those that were."""
    with pytest.raises(CompareError, match="no run judges xorg; they judge xvfb"):
        compare_runs([run(passed("a"))], ["xorg", "xvfb"])


@pytest.mark.parametrize(
    ("before", "after", "slower"),
    [(1.0, 2.0, True), (1.0, 1.9, False), (0.01, 0.09, False), (0.0, 0.2, True), (2.0, 1.0, False)],
)
def test_slower_is_what_is_more_than_noise(before, after, slower):
    """Twice as long, and a tenth of a second."""
    first, second = (passed("a", durations=Durations(call=one)) for one in (before, after))
    found = compare_runs([run(first), run(second, id="b")]).slower
    assert rows(found) == [("test.py::a[xvfb]", (f"{before:.2f}", f"{after:.2f}"))] * slower
    tolerant = compare_runs([run(first), run(second, id="b")], slower=1000.0)
    assert bool(tolerant.slower) == (slower and not before)


def test_a_skipped_test_is_not_slower():
    """What its set-up took before the skip is no duration of the test."""
    took = [Durations(setup=seconds) for seconds in (0.1, 0.5, 0.1)]
    skipped = passed("a", outcome=Outcome.SKIPPED, durations=took[1])
    runs = [run(passed("a", durations=took[0])), run(skipped, id="b")]
    assert compare_runs(runs).slower == ()
    assert compare_runs([*runs, run(passed("a", durations=took[2]), id="c")]).slower == ()


def test_observations_that_changed_have_a_row_each():
    """What one run did not observe is empty; a run without the test says nothing."""
    first = passed("a", observations={"colour": "red", "size": "8", "old": "x"})
    second = passed("a", observations={"colour": "blue", "size": "8"})
    found = compare_runs([run(first), run(second, id="b")]).observations
    assert [(row.what, row.values) for row in found] == [
        ("colour", ("red", "blue")),
        ("old", ("x", "")),
    ]
    assert compare_runs([run(first), run(passed("b"), id="b")]).observations == ()


def test_frames_that_changed_have_a_row_each():
    """Also where both differ from the golden, otherwise."""

    def frame(**members):
        return passed("a", frames=(FrameResult(name="first", golden="g.png", **members),))

    match = frame(verdict="match")
    red = frame(verdict="mismatch", differing=3, total=9, digest="f" * 64)
    blue = frame(verdict="mismatch", differing=3, total=9, digest="0" * 64)
    found = compare_runs([run(match), run(red, id="b"), run(blue, id="c")]).frames
    assert [(row.what, row.values) for row in found] == [
        (
            "first",
            (
                "match",
                "mismatch 3 of 9 pixels (ffffffffffff)",
                "mismatch 3 of 9 pixels (000000000000)",
            ),
        )
    ]
    assert compare_runs([run(red), run(red, id="b")]).frames == ()
