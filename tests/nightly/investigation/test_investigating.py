# SPDX-License-Identifier: MIT
"""New failures are run four times more; what the sessions find is made up here."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.nightly.investigation import investigating
from harness.nightly.investigation.causes import FailureOrigin, RunResult
from harness.nightly.investigation.findings import explanation_text
from harness.nightly.investigation.investigating import (
    Investigation,
    investigate,
    new_failures,
)
from harness.nightly.investigation.old_suites import NoOldSuites
from harness.nightly.sessions.session import SessionFailed, Suites
from harness.results.run import (
    Attempt,
    Cause,
    CauseKind,
    Outcome,
    Run,
    ServerIdentity,
    TestResult,
)

NAMES = "a.py::test_a[xvfb@main]", "a.py::test_b[xvfb@main]"
NOW, THEN = Suites("now"), Suites("then")


def bad(test, **changes):
    cause = Cause(CauseKind.RULE, "idle-missing")
    usual = {"outcome": Outcome.RULE, "cause": cause, "message": "RuleViolated: one is missing"}
    return TestResult(id=test, server="xvfb@main", **(usual | changes))


def passed(test):
    return TestResult(id=test, server="xvfb@main", outcome=Outcome.PASSED)


def server(program, **changes):
    return ServerIdentity(name="xvfb@main", kind="xvfb", program=str(program), **changes)


@pytest.fixture
def programs(tmp_path):
    """The servers of both nights, each in a build folder."""
    found = []
    for night in ("now", "then"):
        program = tmp_path / night / "hw/vfb/Xvfb"
        program.parent.mkdir(parents=True)
        program.touch()
        (tmp_path / night / "meson-info").mkdir()
        found.append(program)
    return found


@pytest.fixture
def task(programs, tmp_path):
    """Two tests that fail now and did not then, with other suites and another build."""
    now, then = programs
    run = Run(id="now", started="2026-11-30T02:00:00Z", tests=tuple(map(bad, NAMES)))
    good = Run(id="then", started="2026-11-29T02:00:00Z", tests=tuple(map(passed, NAMES)))
    return Investigation(
        now=replace(run, servers={"xvfb@main": server(now)}, suites={"commit": "n" * 40}),
        good=replace(good, servers={"xvfb@main": server(then)}, suites={"commit": "t" * 40}),
        suites=NOW,
        old_suites=lambda: THEN,
        folder=tmp_path / "evidence",
    )


@pytest.fixture
def sessions(monkeypatch):
    """Let sessions fail where the suites and the build are among ``failing``; those that ran."""
    ran = []

    def set_up(*failing, result=bad):
        def run(suites, tests, build, folder, **_rest):
            pair = suites.folder, Path(build.options[-1]).name
            ran.append(pair)
            found = [result(test) if pair in failing else passed(test) for test in tests]
            files = {"recording": "evidence/recording.pcapng"}
            found = [replace(test, server="xvfb", files=files) for test in found]
            return Run(id="", started="", tests=tuple(found))

        monkeypatch.setattr(investigating, "run_session", run)
        return ran

    monkeypatch.setattr(investigating, "script_of", lambda *words: (str(words[2]), ""))
    return set_up


@pytest.fixture
def scripts(monkeypatch):
    """The servers of the scripts that are made."""
    made = []

    def script_of(_recording, servers, output, _seconds):
        made.append(list(servers))
        return str(output), ""

    monkeypatch.setattr(investigating, "script_of", script_of)
    return made


def explained(task, said=None, **changes):
    task = replace(task, **changes)
    say = (lambda line: None) if said is None else said.append
    return investigate(task, new_failures(task.now, task.good), say)


def test_four_sessions_serve_all_failures(task, sessions):
    """Of each server; the cause is that of the table, and one script is made for one cause."""
    ran = sessions(("now", "now"), ("then", "now"))
    found = explained(task)
    assert sorted(ran) == [("now", "now"), ("now", "then"), ("then", "now"), ("then", "then")]
    assert [one.test for one in found.failures] == list(NAMES)
    assert {one.conclusion.origin for one in found.failures} == {FailureOrigin.PRODUCT}
    assert [bool(one.script) for one in found.failures] == [True, False]
    text = explanation_text(found)
    assert "product: it fails on this build with either suites" in text
    assert "the same again    fails" in text
    assert "last good build   passes" in text


def test_a_script_may_show_where_the_builds_part(task, programs, sessions, scripts):
    """The last good build is a sound server, if the failure is that of the product."""
    now, then = programs
    sessions(("now", "now"), ("then", "now"))
    explained(task)
    assert scripts == [["--server-path", str(now), "--against", str(then)]]


def test_a_script_needs_no_other_build(task, programs, sessions, scripts):
    """Where either brings the failure, the last good build is not sound."""
    sessions(("now", "now"), ("then", "now"), ("now", "then"))
    explained(task)
    assert scripts == [["--server-path", str(programs[0])]]


def test_no_script_is_made_of_what_is_no_fault_of_the_server(task, sessions):
    sessions(("now", "now"), ("now", "then"))
    found = explained(task)
    assert {one.conclusion.origin for one in found.failures} == {FailureOrigin.TEST}
    assert not any(one.script for one in found.failures)


def test_what_is_the_same_is_not_run_twice(task, sessions):
    """Suites of one commit make two of the runs the other two."""
    ran = sessions(("now", "now"))
    found = explained(task, good=replace(task.good, suites=task.now.suites))
    assert ran == [("now", "now"), ("now", "then")]
    why = found.failures[0].observations["both last good"].why
    assert why == "as last good build: nothing else has changed"
    assert {one.conclusion.origin for one in found.failures} == {FailureOrigin.PRODUCT}


def test_a_machine_is_left_when_nothing_has_changed(task, sessions):
    """One run is enough."""
    ran = sessions(("now", "now"))
    good = replace(task.good, suites=task.now.suites, servers=task.now.servers)
    found = explained(task, good=good)
    assert ran == [("now", "now")]
    assert {one.conclusion.origin for one in found.failures} == {FailureOrigin.MACHINE}


def flaky(test, words):
    """The result of a test that failed with these words, and passed at once."""
    cause = Cause(CauseKind.EXCEPTION, "AssertionError")
    once = Attempt(outcome=Outcome.FAILED, cause=cause, message=f"AssertionError: {words}")
    again = Attempt(outcome=Outcome.PASSED)
    return replace(passed(test), outcome=Outcome.FLAKY, attempts=(once, again))


@pytest.mark.parametrize("where", ["good", "earlier"])
def test_a_known_flake_that_fails_twice_is_chance(task, sessions, where):
    """Of the same failure only; numbers in it may differ."""
    cause = Cause(CauseKind.EXCEPTION, "AssertionError")
    members = {"outcome": Outcome.FAILED, "cause": cause, "message": "AssertionError: coin 7 fell"}
    results = [bad(name, **members) for name in NAMES]
    night = replace(
        task.good,
        id=where,
        tests=(flaky(NAMES[0], "coin 3 fell"), flaky(NAMES[1], "the sky fell")),
    )
    now = replace(task.now, tests=tuple(results))
    good = replace(night if where == "good" else task.good, servers=now.servers)
    earlier = (night,) if where == "earlier" else ()
    sessions(("now", "now"), result=lambda test: bad(test, **members))
    known, other = explained(task, now=now, good=good, earlier=earlier, same_suites=True).failures
    assert known.conclusion.origin is FailureOrigin.CHANCE
    judged = {"good": "1 of 1 earlier run ", "earlier": "1 of 2 earlier runs "}[where]
    assert judged in known.conclusion.why
    assert other.conclusion.origin is FailureOrigin.MACHINE


@pytest.mark.parametrize(
    ("changes", "runs"),
    [((), "4 runs"), (("suites",), "2 runs"), (("suites", "servers"), "1 run")],
)
def test_what_is_said_counts_what_there_is(task, sessions, changes, runs):
    """The runs that are made, and one failure as one."""
    sessions(("now", "now"))
    now = replace(task.now, tests=task.now.tests[:1])
    good = replace(task.good, **{name: getattr(now, name) for name in changes})
    said = []
    found = explained(task, said, now=now, good=good)
    assert said[0] == f"xvfb@main: 1 new failure, {runs}"
    assert explanation_text(found).startswith("1 new failure in now since then\n")


def test_another_failure_tells_nothing(task, sessions):
    """It says how the test ends instead."""
    everywhere = [(suites, build) for suites in ("now", "then") for build in ("now", "then")]
    sessions(*everywhere, result=lambda test: bad(test, outcome=Outcome.CRASHED))
    (one, _) = explained(task).failures
    assert one.conclusion.origin is FailureOrigin.UNKNOWN
    assert "ends in another way: crashed" in one.observations["the same again"].why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"program": "/none"}, "there no more", id="removed"),
        pytest.param(
            {"program": "{now}", "package": "xvfb 1.0"}, "was replaced in its place", id="updated"
        ),
    ],
)
def test_a_build_that_is_gone_is_said(task, sessions, programs, changes, why):
    """Then the suites decide, if they can."""
    sessions(("now", "now"))
    changes = {key: value.format(now=programs[0]) for key, value in changes.items()}
    then = server(**{"program": str(programs[1])} | changes)
    good = replace(task.good, servers={"xvfb@main": then})
    (one, _) = explained(task, good=good).failures
    assert why in one.observations["last good build"].why
    assert one.conclusion.origin is FailureOrigin.TEST


def test_suites_that_cannot_be_had_are_said(task, sessions):
    def none():
        raise NoOldSuites("no such commit")

    sessions(("now", "now"))
    (one, _) = explained(task, old_suites=none).failures
    assert one.observations["last good suites"].why == "no such commit"
    assert one.conclusion.origin is FailureOrigin.PRODUCT


def test_sessions_that_fail_are_said(task, sessions, monkeypatch):
    def fail(*_words, **_named):
        raise SessionFailed("pytest left no results")

    sessions()
    monkeypatch.setattr(investigating, "run_session", fail)
    (one, _) = explained(task).failures
    assert one.observations["the same again"].result is RunResult.UNTOLD
    assert one.conclusion.origin is FailureOrigin.UNKNOWN


def test_without_time_nothing_is_run(task, sessions):
    """And that is said."""
    ran = sessions(("now", "now"))
    found = explained(task, seconds=0.0)
    assert (ran, found.left_out) == ([], 2)
    assert "2 more were not investigated" in explanation_text(found)


def test_only_what_was_not_bad_before_is_new(task):
    """New tests that fail are; a failure that was there is not, nor what is not finished."""
    one, other = NAMES
    good = replace(task.good, tests=(bad(one, outcome=Outcome.CRASHED),))
    assert [test.id for test in new_failures(task.now, good)] == [other]
    cut = replace(task.now, tests=(bad(one, outcome=Outcome.NOT_FINISHED), passed(other)))
    assert new_failures(cut, task.good) == []
