# SPDX-License-Identifier: MIT
"""Explains the new failures of a night: what they are due to, and which commits brought them."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.goldens.files import replace_file
from harness.nightly.investigation.causes import FailureOrigin
from harness.nightly.investigation.findings import ExplainedFailure, explanation_text
from harness.nightly.investigation.investigating import Investigation, investigate
from harness.nightly.investigation.old_suites import NoOldSuites, suites_of
from harness.nightly.night.building import made
from harness.nightly.night.guilt import GuiltSearch
from harness.nightly.night.night import BuildStatus, BuildVerdict, Night, NightFailure
from harness.nightly.night.nights import PastNight
from harness.nightly.night.plan import NightPlan
from harness.nightly.sessions.session import Suites
from harness.results.codec import encode
from harness.results.run import Run
from harness.servers.kinds.table import ServerKind
from harness.wording import counted

EXPLAINED = "explained"
"""The folder of what explanations stand on, in that of the night."""

Say = Callable[[str], None]

_NO_NIGHT = "no earlier night judged it and found it good: there is nothing to compare with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A night that is to be explained: its plan and runs, its folder, and the nights before it.

    ``root`` is the folder of its suites.
    """

    plan: NightPlan
    run: Run
    folder: Path
    before: Sequence[PastNight]
    root: Path
    say: Say


def explained(night: Night, scene: Scene) -> Night:
    """``night`` with an explanation of each new failure, as far as there is time.

    What cannot be explained says why not.
    """
    deadline = Deadline.exactly(60.0 * scene.plan.config.explain_minutes)
    if deadline.passed:
        return night
    known = {failure.test: failure for failure in night.failures}
    for good in sorted({failure.good for failure in night.new_failures}):
        failures = [failure for failure in night.new_failures if failure.good == good]
        past = next((one for one in scene.before if one.night.id == good), None)
        if past is None:
            found = [replace(failure, explanation=_NO_NIGHT) for failure in failures]
        else:
            found = _against(past, failures, night, scene, deadline)
        known |= {failure.test: failure for failure in found}
    return replace(night, failures=tuple(known.values()))


def _against(
    past: PastNight,
    failures: Sequence[NightFailure],
    night: Night,
    scene: Scene,
    deadline: Deadline,
) -> list[NightFailure]:
    """The ``failures`` explained by what differs from the night ``past``, which was good."""
    say, folder = scene.say, scene.folder / EXPLAINED / past.night.id
    say(f"explaining {counted(len(failures), 'new failure')} since the night {past.night.id}")
    servers = {failure.server for failure in failures}
    names = {failure.test for failure in failures}
    suites = Suites(os.fspath(scene.root.absolute()), commit=scene.plan.suites.commit)
    with tempfile.TemporaryDirectory(prefix="xharness-suites-") as below:

        def old_suites() -> Suites:
            commit = past.plan.suites.commit
            if not commit:
                raise NoOldSuites("the suites of the last good night are in no git repository")
            return suites_of(scene.root.absolute(), commit, Path(below))

        task = Investigation(
            now=_with_programs(scene.run, night.builds, servers, say),
            good=_with_programs(past.run, past.night.builds, servers, say),
            suites=suites,
            old_suites=old_suites,
            folder=folder.absolute(),
            same_suites=_same_suites(past, scene.plan),
            earlier=tuple(night.run for night in scene.before),
            repositories=_repositories(night.builds),
            seconds=deadline.remaining,
        )
        tests = [test for test in scene.run.tests if test.id in names]
        explanation = investigate(task, tests, say)
    _keep(folder, explanation_text(explanation), encode(explanation))
    by_test = {one.test: one for one in explanation.failures}
    found = {
        failure.test: _with_conclusion(failure, by_test.get(failure.test), scene.folder)
        for failure in failures
    }
    for server in sorted(servers):
        ours = [
            test
            for test in tests
            if test.server == server and found[test.id].verdict == FailureOrigin.PRODUCT
        ]
        search = _search(server, past.night, night, suites, folder)
        if not ours or search is None or not search.possible:
            continue
        commits = search.commits(ours, scene.plan.config.bisect, deadline, say)
        for test, commit in commits.items():
            found[test] = replace(found[test], commit=commit)
    return list(found.values())


def _same_suites(past: PastNight, plan: NightPlan) -> bool:
    try:
        return past.plan.suites == plan.suites
    except HarnessError:
        return False


def _search(
    server: str, good: Night, bad: Night, suites: Suites, folder: Path
) -> GuiltSearch | None:
    """Where the commit is that a server fails by; None for one that was not built."""
    kind, _, name = server.partition("@")
    before, now = _build(good.builds, name), _build(bad.builds, name)
    if before is None or now is None:
        return None
    return GuiltSearch(good=before, bad=now, kind=kind, suites=suites, folder=folder)


def _build(builds: Sequence[BuildVerdict], name: str) -> BuildVerdict | None:
    return next((one for one in builds if one.name == name), None)


def _with_programs(run: Run, builds: Sequence[BuildVerdict], servers: set[str], say: Say) -> Run:
    """``run`` with the programs of its servers where this machine has them.

    They were judged on another one, or are out of the cache: then they are built again.
    """
    found = dict(run.servers)
    for server in servers & found.keys():
        build = _build(builds, server.partition("@")[2])
        if build is None or build.status is not BuildStatus.BUILT:
            continue
        kind = ServerKind(server.partition("@")[0])
        try:
            program = made(build, say).folder / kind.info.built_at
        except HarnessError as error:
            say(f"  {error}")
            continue
        found[server] = replace(found[server], program=os.fspath(program))
    return replace(run, servers=found)


def _repositories(builds: Sequence[BuildVerdict]) -> Mapping[str, Path]:
    """The repositories of this machine with the sources of servers, by the names of those."""
    return {
        f"{kind}@{build.name}": Path(build.repository)
        for build in builds
        for kind in build.kinds
        if Path(build.repository).is_dir()
    }


def _with_conclusion(
    failure: NightFailure, found: ExplainedFailure | None, folder: Path
) -> NightFailure:
    if found is None:
        return replace(failure, explanation="no time was left for explaining it")
    script = os.path.relpath(found.script, folder.absolute()) if found.script else ""
    return replace(
        failure,
        verdict=str(found.conclusion.origin),
        explanation=found.conclusion.why,
        script=script,
    )


def _keep(folder: Path, text: str, value: object) -> None:
    replace_file(folder / "explanation.txt", f"{text}\n".encode(errors="backslashreplace"))
    replace_file(folder / "explanation.json", json.dumps(value, indent=1).encode() + b"\n")
