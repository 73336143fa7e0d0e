# SPDX-License-Identifier: MIT
"""The verdict on one commit, from runs that are made up."""

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from harness.nightly.bisecting import judging
from harness.nightly.bisecting.judgement import CommitVerdict
from harness.nightly.bisecting.question import BadIf, BisectQuestion
from harness.nightly.bisecting.subject_run import SubjectRun
from harness.nightly.builds.errors import BuildFailed, BuildStage
from harness.nightly.sessions.failure import FailureSignature
from harness.nightly.sessions.session import Suites
from harness.results.run import Outcome

TEST, NEIGHBOUR = "a.py::test_a[xvfb]", "a.py::test_b[xvfb]"
BUG = FailureSignature(TEST, Outcome.RULE, "rule idle-missing")
CRASH = FailureSignature(TEST, Outcome.CRASHED, "exception ServerDied")
SKIP = FailureSignature(TEST, Outcome.SKIPPED, "need 2 CRTCs")
OTHERS_SKIP = FailureSignature(NEIGHBOUR, Outcome.SKIPPED, "need 2 CRTCs")
COMMIT = "c" * 40

RUNS = {
    "+": SubjectRun({TEST: None, NEIGHBOUR: OTHERS_SKIP}),
    "-": SubjectRun({TEST: BUG, NEIGHBOUR: OTHERS_SKIP}),
    "!": SubjectRun({TEST: CRASH}),
    "s": SubjectRun({TEST: SKIP}),
    "0": SubjectRun({NEIGHBOUR: None}),
    "?": SubjectRun(problem="pytest left no results"),
}


@pytest.fixture
def runs_of(monkeypatch):
    """Let the runs of a commit be those of a text, again and again."""

    def set_up(text):
        coming = cycle(text)

        def attempt(_question, _build, folder):
            folder.mkdir(parents=True)
            folder.with_name(f"{folder.name}.log").touch()
            return replace(RUNS[next(coming)], evidence=str(folder))

        monkeypatch.setattr(judging, "build_of", lambda question, commit: Path("build"))
        monkeypatch.setattr(judging, "run_subject", attempt)

    return set_up


def question(**changes):
    usual = {"good": "a" * 40, "bad": COMMIT, "suites": Suites("."), "tests": (TEST,), "runs": 4}
    usual |= {"repository": ".", "failures": (BUG,)}
    return BisectQuestion(**(usual | changes))


@pytest.mark.parametrize(
    ("runs", "bad_if", "verdict", "made"),
    [
        pytest.param("+", BadIf.ANY, CommitVerdict.GOOD, 4, id="passes"),
        pytest.param("-", BadIf.ANY, CommitVerdict.BAD, 1, id="fails"),
        pytest.param("+++-", BadIf.ANY, CommitVerdict.BAD, 4, id="fails at last"),
        pytest.param("+++-", BadIf.ALL, CommitVerdict.GOOD, 1, id="does not always fail"),
        pytest.param("-", BadIf.ALL, CommitVerdict.BAD, 4, id="always fails"),
        pytest.param("---+", BadIf.ALL, CommitVerdict.GOOD, 4, id="passes at last"),
        pytest.param("!", BadIf.ANY, CommitVerdict.SKIP, 2, id="another failure"),
        pytest.param("!-", BadIf.ANY, CommitVerdict.BAD, 2, id="also another failure"),
        pytest.param("+!", BadIf.ANY, CommitVerdict.SKIP, 4, id="another failure at times"),
        pytest.param("s", BadIf.ANY, CommitVerdict.SKIP, 2, id="skipped"),
        pytest.param("0", BadIf.ANY, CommitVerdict.SKIP, 2, id="was not run"),
        pytest.param("?", BadIf.ANY, CommitVerdict.SKIP, 2, id="no results"),
        pytest.param("?", BadIf.ALL, CommitVerdict.SKIP, 2, id="no results where all count"),
    ],
)
def test_the_runs_decide(runs_of, tmp_path, runs, bad_if, verdict, made):
    """Only the same failure of the same test is bad; other tests of the run do not matter."""
    runs_of(runs)
    found = judging.judge(question(bad_if=bad_if), COMMIT, tmp_path)
    assert (found.verdict, found.runs) == (verdict, made)
    assert bool(found.reason) == (verdict is CommitVerdict.SKIP)


@pytest.mark.parametrize(
    ("runs", "kept"),
    [
        pytest.param("++-", ["2", "2.log"], id="that shows it"),
        pytest.param("+", [], id="none of a good commit"),
        pytest.param("!", ["1", "1.log"], id="that cannot tell"),
    ],
)
def test_the_evidence_of_one_run_is_kept(runs_of, tmp_path, runs, kept):
    """The others are removed, also those of an earlier search."""
    stale = tmp_path / COMMIT[:12] / "9"
    stale.mkdir(parents=True)
    runs_of(runs)
    found = judging.judge(question(), COMMIT, tmp_path)
    assert sorted(path.name for path in (tmp_path / COMMIT[:12]).iterdir()) == kept
    assert found.evidence == (str(tmp_path / COMMIT[:12] / kept[0]) if kept else "")


def test_several_runs_at_once_decide_as_one_after_the_other(runs_of, tmp_path):
    """Those behind the decisive one leave nothing."""
    runs_of("-")
    found = judging.judge(question(), COMMIT, tmp_path, at_once=3)
    assert (found.verdict, found.runs) == (CommitVerdict.BAD, 1)
    assert sorted(path.name for path in (tmp_path / COMMIT[:12]).iterdir()) == ["0", "0.log"]


@pytest.mark.parametrize(
    ("known", "runs", "verdict", "made"),
    [
        pytest.param("+++", "+", CommitVerdict.GOOD, 1, id="one pass is left to see"),
        pytest.param("++++", "-", CommitVerdict.GOOD, 0, id="passed often enough"),
        pytest.param("-", "+", CommitVerdict.BAD, 0, id="failed"),
        pytest.param("?0", "+", CommitVerdict.GOOD, 4, id="tell nothing of the test"),
        pytest.param("!", "!", CommitVerdict.SKIP, 1, id="failed in another way"),
    ],
)
def test_runs_of_another_bisection_count(runs_of, tmp_path, known, runs, verdict, made):
    """Only what they leave open is run; what they saw is handed on with the rest."""
    runs_of(runs)
    before = [RUNS[letter] for letter in known]
    found = judging.judge(question(), COMMIT, tmp_path, known=before)
    assert found.verdict is verdict
    assert len([run for run in found.seen if run not in before]) <= made
    assert found.runs == len(found.seen) == made + sum(run.tells_of([BUG]) for run in before)


def test_the_evidence_of_another_bisection_stays(runs_of, tmp_path):
    """It is that of the verdict where no run is made here."""
    runs_of("+")
    kept = replace(RUNS["-"], evidence=str(tmp_path / "earlier" / "3"))
    found = judging.judge(question(), COMMIT, tmp_path / "here", known=[kept])
    assert found.evidence == kept.evidence
    assert found.seen == (kept,)


def test_no_more_runs_are_begun_than_can_be_needed(monkeypatch, runs_of, tmp_path):
    """Three passes are good: the fourth processor stays idle."""
    runs_of("+")
    begun = []
    attempt = judging.run_subject

    def counted(*arguments):
        begun.append(arguments)
        return attempt(*arguments)

    monkeypatch.setattr(judging, "run_subject", counted)
    found = judging.judge(question(runs=3), COMMIT, tmp_path, at_once=4)
    assert (found.verdict, found.runs, len(begun)) == (CommitVerdict.GOOD, 3, 3)


def test_without_a_failure_the_commonest_of_a_bad_test_counts(runs_of, tmp_path):
    """A skip beside it does not, nor a failure that came once."""
    runs_of("-!--")
    unknown = question(failures=())
    found, failures = judging.observe(
        unknown, COMMIT, tmp_path, lambda shown, passed: max(0, 3 - shown)
    )
    assert failures == (BUG,)
    assert (found.shown, found.runs) == (3, 4)


def test_what_cannot_be_built_cannot_be_judged(monkeypatch, tmp_path):
    """The log of the build is its evidence."""

    def fail(_question, _commit):
        raise BuildFailed("it", BuildStage.COMPILE, "no such header", tmp_path / "build.log")

    monkeypatch.setattr(judging, "build_of", fail)
    found = judging.judge(question(), COMMIT, tmp_path)
    assert found.verdict is CommitVerdict.SKIP
    assert found.reason == "it cannot be built: compile: no such header"
    assert found.evidence == str(tmp_path / "build.log")


def test_sources_that_cannot_be_fetched_end_the_search(monkeypatch, tmp_path):
    """They say nothing of the commit."""

    def fail(_question, _commit):
        raise BuildFailed("it", BuildStage.FETCH, "no route to host")

    monkeypatch.setattr(judging, "build_of", fail)
    with pytest.raises(BuildFailed):
        judging.judge(question(), COMMIT, tmp_path)
