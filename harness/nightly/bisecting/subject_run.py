# SPDX-License-Identifier: MIT
"""Runs the tests, or the script, of a bisection once on a server, and says what it saw."""

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.nightly.bisecting.question import BisectQuestion
from harness.nightly.sessions.failure import FailureSignature, failure_of, test_of
from harness.nightly.sessions.server_options import of_build
from harness.nightly.sessions.session import SessionFailed, run_session
from harness.results.run import Outcome
from harness.servers.kinds.table import ServerKind

_SHOWS, _CANNOT_TELL = 1, 125


@dataclass(frozen=True, slots=True)
class SubjectRun:
    """What one run saw: of each test that it ran its failure, None for one that passed.

    ``problem`` says in words why it saw nothing, and is empty else.  ``evidence`` is the folder
    with its results, empty where they were not kept.
    """

    results: Mapping[str, FailureSignature | None] = field(default_factory=dict)
    problem: str = ""
    evidence: str = ""

    @property
    def failures(self) -> tuple[FailureSignature, ...]:
        """Those of all its tests."""
        return tuple(failure for failure in self.results.values() if failure is not None)

    def shows(self, wanted: Iterable[FailureSignature]) -> bool:
        """Whether one of the ``wanted`` failures is among them."""
        return any(self.results.get(failure.test) == failure for failure in wanted)

    def tells_of(self, wanted: Iterable[FailureSignature]) -> bool:
        """Whether all tests of the ``wanted`` failures were run."""
        return not self.problem and all(failure.test in self.results for failure in wanted)

    def untold(self, wanted: Iterable[FailureSignature]) -> str:
        """Why it says nothing of the ``wanted`` failures: the tests did otherwise; else empty."""
        if self.problem:
            return self.problem
        for failure in wanted:
            if failure.test not in self.results:
                return f"{failure.test} was not run"
            seen = self.results[failure.test]
            if seen not in (None, failure):
                return f"{failure.test} ends in another way: {seen}"
        return ""


def run_subject(question: BisectQuestion, build: Path, folder: Path) -> SubjectRun:
    """Run what the question names on the server of ``build``; evidence goes to ``folder``."""
    run = _run_script if question.script else _run_tests
    return replace(run(question, build, folder), evidence=str(folder))


def _run_tests(question: BisectQuestion, build: Path, folder: Path) -> SubjectRun:
    try:
        run = run_session(
            question.suites,
            question.tests,
            of_build(build, question.kind),
            folder,
            seconds=question.seconds,
            seed=question.seed,
        )
    except SessionFailed as error:
        return SubjectRun(problem=str(error))
    return SubjectRun({test_of(test): failure_of(test) for test in run.tests})


def _run_script(question: BisectQuestion, build: Path, folder: Path) -> SubjectRun:
    server = build / ServerKind(question.kind).info.built_at
    folder.mkdir(parents=True, exist_ok=True)
    script = Path(question.suites.folder, question.script)
    command = [question.suites.python, str(script), str(server), *question.arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=question.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return SubjectRun(problem=f"{question.script} did not end within {question.seconds:g} s")
    text = done.stdout.decode(errors="replace")
    (folder / "output.txt").write_text(text, encoding="utf-8")
    last = (text.strip().splitlines() or ["it printed nothing"])[-1]
    if done.returncode == 0:
        return SubjectRun({question.script: None})
    if done.returncode == _SHOWS:
        return SubjectRun({question.script: FailureSignature(question.script, Outcome.FAILED)})
    why = "cannot tell" if done.returncode == _CANNOT_TELL else "ends with"
    return SubjectRun(problem=f"{question.script} {why} (status {done.returncode}): {last}")
