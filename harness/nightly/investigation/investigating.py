# SPDX-License-Identifier: MIT
"""Investigates the new failures of a run: four more runs each, what has changed, a script."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.nightly.investigation.causes import (
    FailureOrigin,
    RunResult,
    conclude,
    with_flakes,
)
from harness.nightly.investigation.differences import differences_between
from harness.nightly.investigation.findings import (
    ExplainedFailure,
    Explanation,
    Observation,
    Pairing,
)
from harness.nightly.investigation.old_suites import NoOldSuites
from harness.nightly.investigation.shrunk_script import script_of
from harness.nightly.sessions.failure import FailureSignature, failure_of, test_of
from harness.nightly.sessions.server_options import (
    ServerNotStartable,
    ServerOptions,
    of_identity,
)
from harness.nightly.sessions.session import SessionFailed, Suites, run_session
from harness.results.run import Attempt, Outcome, Run, ServerIdentity, TestResult
from harness.results.test_names import with_server
from harness.wording import counted

Say = Callable[[str], None]

_SCRIPTED = (FailureOrigin.PRODUCT, FailureOrigin.UNKNOWN)
"""What a script may show something of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """What is to be investigated, and with what.

    ``now`` and ``good`` are the runs of this night and of the last good one; ``suites`` are those
    of now, ``old_suites`` gives those of then, and raises NoOldSuites; with ``same_suites`` both
    are known to be the same.  ``earlier`` are runs before now, which know flakes beside the good
    one.  ``repositories`` have the sources of servers by name.  ``folder`` gets the evidence;
    ``seconds`` (s) is for all of it, of which ``script_seconds`` for each of at most ``scripts``
    scripts.
    """

    now: Run
    good: Run
    suites: Suites
    old_suites: Callable[[], Suites]
    folder: Path
    same_suites: bool = False
    earlier: Sequence[Run] = ()
    repositories: Mapping[str, Path] = field(default_factory=dict)
    goldens: str = "golden"
    seconds: float = 900.0
    script_seconds: float = 60.0
    scripts: int = 3


def new_failures(now: Run, good: Run) -> list[TestResult]:
    """The tests of servers that are bad now and were not in the good run, which may lack them."""
    before = {test.id: test for test in good.tests}
    return [
        test
        for test in now.tests
        if test.outcome.bad
        and test.server
        and test.outcome is not Outcome.NOT_FINISHED
        and not (test.id in before and before[test.id].outcome.bad)
    ]


def investigate(task: Investigation, failures: Sequence[TestResult], say: Say) -> Explanation:
    """The explanation of these failures of the run, within the time.

    All failures on one server share the four runs.  Nothing is raised for what cannot be run: it
    is said beside the failure.
    """
    deadline = Deadline.exactly(task.seconds)
    servers = list(dict.fromkeys(test.server for test in failures))
    explained: list[ExplainedFailure] = []
    left_out = 0
    for server in servers:
        ours = [test for test in failures if test.server == server]
        if deadline.passed:
            left_out += len(ours)
            continue
        explained += _of_server(task, server, ours, deadline, say)
    differences = differences_between(
        task.good,
        task.now,
        servers=servers,
        suites=Path(task.suites.folder),
        repositories=task.repositories,
        goldens=task.goldens,
    )
    return Explanation(
        run=task.now.id,
        good=task.good.id,
        failures=tuple(_with_scripts(task, explained, deadline, say)),
        differences=differences,
        left_out=left_out,
        seconds=round(deadline.elapsed, 1),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one run found, by tests on a server that is called as its kind."""

    results: Mapping[str, TestResult] = field(default_factory=dict)
    folder: Path | None = None
    problem: str = ""
    note: str = ""

    def of(self, failure: FailureSignature) -> Observation:
        if self.problem:
            return Observation(RunResult.UNTOLD, self.problem)
        test = self.results.get(failure.test)
        if test is None:
            return Observation(RunResult.UNTOLD, "these suites do not have the test")
        other = failure_of(test)
        if other is None:
            return Observation(RunResult.PASSES, self.note)
        if other.resembles(failure):
            return Observation(RunResult.FAILS, self.note)
        return Observation(RunResult.UNTOLD, f"it ends in another way: {other}")


def _of_server(
    task: Investigation,
    server: str,
    tests: Sequence[TestResult],
    deadline: Deadline,
    say: Say,
) -> list[ExplainedFailure]:
    build, old_build = _build(task.now, server), _old_build(task, server)
    suites, old_suites = task.suites, _old_suites(task)
    same_build = build == old_build
    same_suites = task.same_suites or (
        bool(task.now.suites) and task.now.suites == task.good.suites
    )
    pairs = [
        (on, by)
        for on in (build, *[old_build] * (not same_build))
        for by in (suites, *[old_suites] * (not same_suites))
        if not isinstance(on, str) and not isinstance(by, str)
    ]
    runs = counted(len(pairs), "run")
    say(f"{server}: {counted(len(tests), 'new failure')}, {runs}")
    seen: dict[Pairing, _Seen] = {}
    for pairing, on, by, like in (
        (Pairing.AGAIN, build, suites, None),
        (Pairing.OLD_BUILD, old_build, suites, Pairing.AGAIN if same_build else None),
        (Pairing.OLD_SUITES, build, old_suites, Pairing.AGAIN if same_suites else None),
        (
            Pairing.BOTH_OLD,
            old_build,
            old_suites,
            Pairing.OLD_BUILD if same_suites else Pairing.OLD_SUITES if same_build else None,
        ),
    ):
        if like is not None:
            seen[pairing] = replace(seen[like], note=f"as {like}: nothing else has changed")
            continue
        seen[pairing] = _run(task, server, tests, pairing, on, by, deadline)
        counts = [seen[pairing].of(failure).result for failure in _failures(tests)]
        shown = ", ".join(f"{counts.count(one)} {one}" for one in RunResult if one in counts)
        say(f"  {pairing}: {seen[pairing].problem.partition(chr(10))[0] or shown}")
    return [_explained(task, test, seen, same_build=same_build) for test in tests]


def _failures(tests: Sequence[TestResult]) -> list[FailureSignature]:
    return [failure for test in tests if (failure := failure_of(test)) is not None]


def _run(
    task: Investigation,
    server: str,
    tests: Sequence[TestResult],
    pairing: Pairing,
    build: ServerOptions | str,
    suites: Suites | str,
    deadline: Deadline,
) -> _Seen:
    if isinstance(build, str) or isinstance(suites, str):
        return _Seen(problem=build if isinstance(build, str) else str(suites))
    if deadline.passed:
        return _Seen(problem="no time was left for this run")
    folder = task.folder / server.replace("@", "-") / pairing.replace(" ", "-")
    names = [with_server(test.id, server, build.name) for test in tests]
    try:
        run = run_session(
            suites,
            names,
            build,
            folder,
            seconds=deadline.remaining,
            seed=task.now.seed,
            options=("--record=failed",) if pairing is Pairing.AGAIN else (),
        )
    except (SessionFailed, HarnessError) as error:
        return _Seen(problem=str(error))
    return _Seen({test_of(test): test for test in run.tests}, folder)


def _build(run: Run, server: str) -> ServerOptions | str:
    """The options for the server as the run had it, or why it cannot be started."""
    identity = run.servers.get(server)
    if identity is None:
        return f"{server} is not among the servers of the run {run.id}"
    try:
        return of_identity(identity)
    except ServerNotStartable as error:
        return str(error)


def _old_build(task: Investigation, server: str) -> ServerOptions | str:
    now, then = task.now.servers.get(server), task.good.servers.get(server)
    if then is None:
        return f"the last good night has not judged {server}"
    if now is not None and _in_place(now, then):
        return (
            f"{server} was replaced in its place: {_origin(then)} then, {_origin(now)} now; the "
            f"old one is there no more"
        )
    return _build(task.good, server)


def _in_place(now: ServerIdentity, then: ServerIdentity) -> bool:
    """Whether one program has taken the place of the other."""
    same = replace(now, release_number=0) == replace(then, release_number=0)
    return now.program == then.program and not same


def _origin(server: ServerIdentity) -> str:
    return server.package or server.commit or server.version


def _old_suites(task: Investigation) -> Suites | str:
    try:
        return task.old_suites()
    except NoOldSuites as error:
        return str(error)


def _flaky_before(task: Investigation, failure: FailureSignature) -> tuple[int, int]:
    """In how many earlier runs the failure came and went at once, and how many judged its test."""
    runs = {run.id: run for run in (task.good, *task.earlier) if run.id != task.now.id}
    results = [
        test
        for run in runs.values()
        for test in run.tests
        if test.judged and test_of(test) == failure.test
    ]
    flaky = [
        test
        for test in results
        if test.outcome is Outcome.FLAKY
        and failure in (failure_of(_as_attempt(test, one)) for one in test.attempts[:1])
    ]
    return len(flaky), len(results)


def _as_attempt(test: TestResult, attempt: Attempt) -> TestResult:
    """The result of the test if that attempt had been the only one."""
    return replace(
        test, outcome=attempt.outcome, cause=attempt.cause, message=attempt.message, attempts=()
    )


def _explained(
    task: Investigation, test: TestResult, seen: Mapping[Pairing, _Seen], *, same_build: bool
) -> ExplainedFailure:
    failure = failure_of(test)
    assert failure is not None
    observations = {pairing: one.of(failure) for pairing, one in seen.items()}
    conclusion = conclude(
        *(
            observations[pairing].result
            for pairing in (
                Pairing.AGAIN,
                Pairing.OLD_SUITES,
                Pairing.OLD_BUILD,
                Pairing.BOTH_OLD,
            )
        ),
        same_build=same_build,
    )
    conclusion = with_flakes(conclusion, *_flaky_before(task, failure))
    again = seen[Pairing.AGAIN]
    files: dict[str, str] = {}
    if again.folder is not None and (result := again.results.get(failure.test)) is not None:
        files = {name: os.fspath(again.folder / file) for name, file in result.files.items()}
    return ExplainedFailure(
        test=test.id,
        server=test.server,
        failure=failure,
        message=test.message,
        conclusion=conclusion,
        observations={str(pairing): one for pairing, one in observations.items()},
        files=files,
    )


def _with_scripts(
    task: Investigation, failures: Sequence[ExplainedFailure], deadline: Deadline, say: Say
) -> list[ExplainedFailure]:
    """The failures, of each cause the first one with a script, as far as there is time."""
    made: set[tuple[str, str]] = set()
    found = []
    for one in failures:
        cause = (one.server, f"{one.failure.outcome} {one.failure.cause}")
        wanted = one.conclusion.origin in _SCRIPTED and cause not in made
        if not wanted or len(made) >= task.scripts:
            found.append(one)
        elif "recording" not in one.files:
            found.append(replace(one, note="nothing was recorded"))
        elif deadline.remaining < task.script_seconds:
            found.append(replace(one, note="no time was left for it"))
        else:
            made.add(cause)
            say(f"making a script of {one.test}")
            found.append(_with_script(task, one))
    return found


def _with_script(task: Investigation, failure: ExplainedFailure) -> ExplainedFailure:
    server = task.now.servers[failure.server]
    output = task.folder / "scripts" / f"{len(list(_scripts(task.folder))) + 1}.py"
    servers = ["--server-path", server.program]
    if failure.conclusion.origin is FailureOrigin.PRODUCT:
        # It passes there: what no rule speaks of shows where the two servers part.
        servers += ["--against", task.good.servers[failure.server].program]
    script, note = script_of(Path(failure.files["recording"]), servers, output, task.script_seconds)
    return replace(failure, script=script, note=note)


def _scripts(folder: Path) -> list[Path]:
    return sorted((folder / "scripts").glob("*.py"))
