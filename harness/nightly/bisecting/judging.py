# SPDX-License-Identifier: MIT
"""Judges one commit: builds its server, and runs the tests on it as often as it takes."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from harness.nightly.bisecting.judgement import CommitVerdict, Judgement
from harness.nightly.bisecting.question import BadIf, BisectQuestion
from harness.nightly.bisecting.subject_run import SubjectRun, run_subject
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.errors import BuildFailed, BuildStage
from harness.nightly.builds.recipe import Preset, Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.sessions.failure import FailureSignature
from harness.nightly.sessions.session import end_sessions
from harness.results.run import Outcome
from harness.servers.kinds.table import ServerKind

UNTOLD = 2
"""Runs that cannot tell, after which a commit is skipped."""

Enough = Callable[[int, int], bool]
"""Whether so many runs that show the failure, and so many that pass, decide."""


def judge(question: BisectQuestion, commit: str, folder: Path, at_once: int = 1) -> Judgement:
    """The verdict on ``commit``; evidence goes below ``folder``, with ``at_once`` runs at a time.

    Raises HarnessError where nothing can be built or run at all, BuildToolMissing among them.
    """

    def enough(shown: int, passed: int) -> bool:
        decided = shown if question.bad_if is BadIf.ANY else passed
        return decided > 0 or shown + passed >= question.runs

    return observe(question, commit, folder, enough, at_once)[0]


def observe(
    question: BisectQuestion, commit: str, folder: Path, enough: Enough, at_once: int = 1
) -> tuple[Judgement, tuple[FailureSignature, ...]]:
    """What runs of ``commit`` show until they are ``enough``, and the failures that count as it.

    Those are the question's, or without any the commonest of each test that is bad.  Raises
    HarnessError as ``judge`` does.
    """
    began = time.monotonic()
    try:
        build = build_of(question, commit)
    except BuildFailed as error:
        if error.stage is BuildStage.FETCH:
            raise
        reason = f"it cannot be built: {error.stage}: {error.reason}"
        took = round(time.monotonic() - began, 2)
        log = str(error.log or "")
        return Judgement(
            commit=commit,
            verdict=CommitVerdict.SKIP,
            reason=reason,
            evidence=log,
            building=took,
        ), question.failures
    built = time.monotonic()
    place = folder / commit[:12]
    shutil.rmtree(place, ignore_errors=True)
    seen: list[SubjectRun] = []
    wanted = question.failures
    for run in _runs_of(question, build, place, at_once):
        seen.append(run)
        wanted = question.failures or _commonest(seen)
        untold = sum(bool(one.untold(wanted)) for one in seen)
        shown = sum(one.shows(wanted) for one in seen)
        if untold >= UNTOLD or enough(shown, len(seen) - shown - untold):
            break
    verdict, reason, decisive = _verdict(question.bad_if, seen, wanted)
    failures = Counter(failure for one in seen for failure in one.failures)
    judgement = Judgement(
        commit=commit,
        verdict=verdict,
        reason=reason,
        runs=len(seen),
        shown=sum(one.shows(wanted) for one in seen),
        failures=tuple(failure for failure, _ in failures.most_common()),
        evidence=_keep_only(place, decisive),
        building=round(built - began, 2),
        running=round(time.monotonic() - built, 2),
    )
    return judgement, wanted


def build_of(question: BisectQuestion, commit: str) -> Path:
    """The build folder of ``commit``, from the cache or made now.  Raises HarnessError."""
    recipe = Recipe(Preset(question.preset), question.options, (ServerKind(question.kind),))
    revision = SourceRevision(question.repository, "", commit)
    return BuildCache().build(revision, recipe).folder


def _runs_of(
    question: BisectQuestion, build: Path, folder: Path, at_once: int
) -> Iterator[SubjectRun]:
    """Runs without end, ``at_once`` at a time, each with the folder of its number for evidence."""
    numbers = count()
    if at_once == 1:
        # In this thread, which can be interrupted.
        yield from (run_subject(question, build, folder / str(number)) for number in numbers)
    with ThreadPoolExecutor(at_once) as threads:
        try:
            while True:
                places = [folder / str(next(numbers)) for _ in range(at_once)]
                yield from threads.map(lambda place: run_subject(question, build, place), places)
        except (KeyboardInterrupt, GeneratorExit):
            # The threads would wait for what nothing depends on any more.
            end_sessions()
            raise


def _commonest(seen: Iterable[SubjectRun]) -> tuple[FailureSignature, ...]:
    """Of each test that is bad the failure that came most often; without one, known bugs."""
    counts = Counter(failure for run in seen for failure in run.failures)
    by_test: dict[str, FailureSignature] = {}
    for failure, _ in counts.most_common():
        by_test.setdefault(failure.test, failure)
    bad = tuple(failure for failure in by_test.values() if failure.outcome.bad)
    return bad or tuple(one for one in by_test.values() if one.outcome is Outcome.EXPECTED)


def _verdict(
    bad_if: BadIf, seen: Sequence[SubjectRun], wanted: Sequence[FailureSignature]
) -> tuple[CommitVerdict, str, int | None]:
    """The verdict, why there is none, and the number of the run that shows it."""
    showing = [number for number, one in enumerate(seen) if one.shows(wanted)]
    untold = [number for number, one in enumerate(seen) if one.untold(wanted)]
    passed = len(set(range(len(seen))) - {*showing, *untold})
    if showing and (bad_if is BadIf.ANY or len(showing) == len(seen)):
        return CommitVerdict.BAD, "", showing[-1]
    if untold and (bad_if is BadIf.ANY or not passed):
        return CommitVerdict.SKIP, seen[untold[-1]].untold(wanted), untold[-1]
    return CommitVerdict.GOOD, "", None


def _keep_only(folder: Path, number: int | None) -> str:
    """The evidence of the run ``number`` below ``folder``, which loses all other runs."""
    kept = {str(number), f"{number}.log"}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return "" if number is None else str(folder / str(number))
