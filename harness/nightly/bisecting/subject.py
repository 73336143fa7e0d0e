# SPDX-License-Identifier: MIT
"""What to bisect by: tests, a script of ``xharness repro``, or a failure in a results.json."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.errors import BuildFailed
from harness.nightly.builds.progress import no_progress
from harness.nightly.sessions.failure import FailureSignature, failure_of, test_of
from harness.results.run import Run, TestResult
from harness.results.run_file import read_run

_SHOWN = 10


class SubjectUnusable(HarnessError):
    """What is to be bisected by is not there, or is several things."""


@dataclass(frozen=True, slots=True)
class BisectSubject:
    """Tests with what is known of their failures, or a script.

    ``kind`` is that of the server, empty when it is not known.
    """

    tests: tuple[str, ...] = ()
    kind: str = ""
    seed: str = ""
    failures: tuple[FailureSignature, ...] = ()
    script: str = ""


def subject_of(words: Sequence[str], only: re.Pattern[str] | None = None) -> BisectSubject:
    """The subject that the words of a command line name.

    Of a run the failing tests that ``only`` fits count; all must have one cause, and the quickest
    is taken.  Raises SubjectUnusable, and RunFileError for a run that cannot be read.
    """
    first = Path(words[0])
    if _is_run(first):
        if len(words) > 1:
            raise SubjectUnusable(
                f"{words[0]} is a run, and behind it stands {words[1]}: name the run alone, or "
                f"tests alone; --only REGEX chooses among the failures of a run"
            )
        return _of_run(first, only)
    if only is not None:
        raise SubjectUnusable("--only chooses among the failures of a run, and none is named")
    if first.suffix == ".py" and not first.name.startswith("test_") and first.is_file():
        if len(words) > 1:
            raise SubjectUnusable(
                f"{words[0]} is a script, and behind it stands {words[1]}: name one script alone; "
                f"--server-arguments has the arguments of its server"
            )
        return BisectSubject(script=os.fspath(first))
    for word in words:
        if not Path(word.partition("::")[0]).exists():
            raise SubjectUnusable(
                f"{word}: expected a test (suites/present/test_copy.py::test_name[xvfb]), a run "
                f"(results/latest), or a script of xharness repro, and there is no such file"
            )
    return BisectSubject(tests=tuple(words))


def _is_run(path: Path) -> bool:
    return path.suffix in (".json", ".jsonl") or (
        path.is_dir() and any((path / name).exists() for name in ("results.json", "results.jsonl"))
    )


def _of_run(path: Path, only: re.Pattern[str] | None) -> BisectSubject:
    run = read_run(path)
    failing = [
        test
        for test in run.tests
        if test.outcome.bad and test.server and (only is None or only.search(test.id))
    ]
    if not failing:
        fitting = f" whose id {only.pattern!r} fits" if only else ""
        raise SubjectUnusable(f"{path}: expected a failing test on a server{fitting}, got none")
    causes = {(test.server, _cause(test)) for test in failing}
    if len(causes) > 1:
        rows = [f"\n  {test.id}: {failure_of(test)}" for test in failing[:_SHOWN]]
        more = f"\n  ... {len(failing) - _SHOWN} more" if len(failing) > _SHOWN else ""
        raise SubjectUnusable(
            f"{path}: expected failures of one cause on one server, got {len(failing)} of "
            f"{len(causes)}; choose with --only REGEX:{''.join(rows)}{more}"
        )
    return of_test(run, min(failing, key=lambda test: test.durations.whole))


def of_test(run: Run, test: TestResult) -> BisectSubject:
    """The subject for the failure that a run has of one test."""
    server = run.servers.get(test.server)
    kind = server.kind if server is not None else ""
    failure = failure_of(test)
    return BisectSubject(
        tests=(test_of(test),),
        kind=kind or test.server.partition("@")[0],
        seed=run.seed,
        failures=() if failure is None else (failure,),
    )


def _cause(test: TestResult) -> tuple[str, str]:
    failure = failure_of(test)
    assert failure is not None
    return failure.outcome, f"{failure.cause} {failure.words}"


def commit_named(name: str, option: str, repository: str) -> str:
    """The full name of the commit that ``option`` of the user calls ``name``, fetched.

    Raises SubjectUnusable where the ``repository``, a folder or an address, does not have it.
    """
    try:
        return BuildCache().sources.resolve(repository, name, no_progress).commit
    except BuildFailed as error:
        raise SubjectUnusable(
            f"{option} {name}: expected a commit, a branch or a tag of --repo {repository}: "
            f"{error.reason}"
        ) from None
