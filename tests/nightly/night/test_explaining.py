# SPDX-License-Identifier: MIT
"""Each new failure has an explanation, or says why it has none."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.nightly.investigation.causes import Conclusion, FailureOrigin
from harness.nightly.investigation.findings import ExplainedFailure, Explanation
from harness.nightly.investigation.old_suites import NoOldSuites
from harness.nightly.night import explaining
from harness.nightly.night.explaining import EXPLAINED, Scene, explained
from harness.nightly.night.guilt import GuiltSearch
from harness.nightly.night.night import (
    BuildStatus,
    BuildVerdict,
    GuiltyCommit,
    Night,
    NightFailure,
)
from harness.nightly.night.plan import write_plan
from harness.nightly.sessions.failure import failure_of
from harness.results.run import ServerIdentity
from tests.nightly.night.nights import day, past, plan
from tests.results.runs import failed, passed, run

BUILT = BuildVerdict(
    name="main",
    status=BuildStatus.BUILT,
    repository="/xserver",
    commit="a" * 40,
    preset="plain",
    kinds=("xvfb",),
)
NOW = replace(BUILT, commit="b" * 40)
IDENTITY = ServerIdentity(name="xvfb@main", kind="xvfb", program="/elsewhere/Xvfb")
PRODUCT = Conclusion(FailureOrigin.PRODUCT, "it passes on the last good build")
CHANCE = Conclusion(FailureOrigin.CHANCE, "it passes again")


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """A night with three failures on a build that was good two nights ago."""
    tests = [failed(name, "xvfb@main") for name in ("one", "two", "three")]
    good = [passed(name, "xvfb@main") for name in ("one", "two", "three")]
    before = past(28, *good, servers={"xvfb@main": IDENTITY}, builds=(BUILT,))
    monkeypatch.setattr(explaining, "made", Made)
    monkeypatch.setattr(explaining, "investigate", investigate)
    monkeypatch.setattr(GuiltSearch, "commits", commits)
    investigations.clear()
    searched.clear()
    said = []
    return Scene(
        plan=plan(servers=("xvfb@main",)),
        run=run(*tests, servers={"xvfb@main": IDENTITY}),
        folder=tmp_path / "night",
        before=[before],
        root=tmp_path,
        say=said.append,
    )


class Made:
    """A build that is made again: its folder is named by its commit."""

    def __init__(self, verdict, say):
        if not verdict.commit:
            raise HarnessError("no such commit")
        self.folder = Path("/cache") / verdict.commit[:1]


investigations = []
searched = []


def investigate(task, failures, say):
    """Of the first failure the product, of the second chance; none of the third."""
    investigations.append((task, failures))
    conclusions = zip(failures[:2], (PRODUCT, CHANCE), strict=False)
    script = task.folder / "scripts" / "1.py"
    return Explanation(
        run=task.now.id,
        good=task.good.id,
        failures=tuple(
            ExplainedFailure(
                test=test.id,
                server=test.server,
                failure=failure_of(test),
                message=test.message,
                conclusion=conclusion,
                observations={},
                script=str(script) if conclusion is PRODUCT else "",
            )
            for test, conclusion in conclusions
        ),
    )


def commits(search, tests, most, deadline, say):
    """The commit of the first one."""
    searched.append((search, [test.id for test in tests], most))
    return {tests[0].id: GuiltyCommit(commit=search.bad.commit)}


def night(good="", **members):
    """The night as it was decided."""
    return Night(
        id=day(30),
        started="2026-11-30T02:00:00Z",
        builds=(NOW,),
        failures=tuple(
            NightFailure(
                test=f"test.py::{name}[xvfb@main]",
                server="xvfb@main",
                outcome="failed",
                good=good or day(28),
                **members,
            )
            for name in ("one", "two", "three")
        ),
    )


def test_failures_are_explained_by_the_night_in_which_they_were_good(scene):
    """What there was no time for says so; only the product's commit is looked for."""
    one, two, three = explained(night(), scene).failures
    assert (one.verdict, one.explanation) == ("product", PRODUCT.why)
    assert one.script == f"{EXPLAINED}/{day(28)}/scripts/1.py"
    assert one.commit == GuiltyCommit(commit="b" * 40)
    assert (two.verdict, two.commit, two.script) == ("chance", None, "")
    assert (three.verdict, three.explanation) == ("", "no time was left for explaining it")
    ((search, tests, most),) = searched
    assert (search.good, search.bad, search.kind, most) == (BUILT, NOW, "xvfb", 3)
    assert tests == ["test.py::one[xvfb@main]"]


def test_the_servers_of_both_nights_are_those_of_this_machine(scene):
    """They were judged on another one."""
    explained(night(), scene)
    ((task, failures),) = investigations
    assert task.now.servers["xvfb@main"].program == "/cache/b/hw/vfb/Xvfb"
    assert task.good.servers["xvfb@main"].program == "/cache/a/hw/vfb/Xvfb"
    assert [test.id for test in failures] == [failure.test for failure in night().failures]
    # The plan of that night is not there any more, nor are its suites.
    with pytest.raises((NoOldSuites, HarnessError)):
        task.old_suites()


def test_all_nights_before_know_flakes(scene):
    """Not the one in which it was good alone; suites of the same files are the same ones."""
    write_plan(tmp := scene.folder / "past", scene.plan)
    (good,) = scene.before
    other = past(29)
    object.__setattr__(good, "folder", tmp)
    explained(night(), replace(scene, before=[good, other]))
    ((task, _),) = investigations
    assert task.earlier == (good.run, other.run)
    assert task.same_suites


def test_a_build_that_cannot_be_made_again_is_said(scene):
    """The other runs of the investigation go on."""
    before = past(28, servers={"xvfb@main": IDENTITY}, builds=(replace(BUILT, commit=""),))
    explained(night(), replace(scene, before=[before]))
    assert investigations[0][0].good.servers["xvfb@main"] == IDENTITY
    assert searched == []


def test_a_failure_without_a_good_night_has_nothing_to_compare_with(scene):
    """As all of a first night."""
    for failure in explained(night(good=day(27)), scene).failures:
        assert (failure.verdict, failure.explanation) == ("", explaining._NO_NIGHT)
    assert investigations == []


def test_failures_of_earlier_nights_are_not_explained_again(scene):
    """They have the explanation of their first night."""
    old = night(nights=2, verdict="product", explanation="as known")
    assert explained(old, scene) == old
    assert investigations == []


def test_a_night_without_time_explains_nothing(scene):
    """By its configuration."""
    config = replace(scene.plan.config, explain_minutes=0)
    whole = night()
    assert explained(whole, replace(scene, plan=replace(scene.plan, config=config))) == whole
    assert investigations == []
