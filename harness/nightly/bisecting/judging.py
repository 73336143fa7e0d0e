# SPDX-License-Identifier: MIT
"""Judges one commit: builds its server, and runs the tests on it as often as it takes."""

import shutil
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
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

Lacking = Callable[[int, int], int]
"""How many runs are needed yet, at least, after so many that show the failure and so many that
pass; 0 where those decide."""


def judge(
    question: BisectQuestion,
    commit: str,
    folder: Path,
    at_once: int = 1,
    known: Sequence[SubjectRun] = (),
) -> Judgement:
    """The verdict on ``commit``; evidence goes below ``folder``, with ``at_once`` runs at a time.

    ``known`` are runs of it that were made before.  Raises HarnessError where nothing can be built
    or run at all, BuildToolMissing among them.
    """

    def lacking(shown: int, passed: int) -> int:
        decided = shown if question.bad_if is BadIf.ANY else passed
        return 0 if decided else max(0, question.runs - shown - passed)

    return observe(question, commit, folder, lacking, at_once, known)[0]


def observe(
    question: BisectQuestion,
    commit: str,
    folder: Path,
    lacking: Lacking,
    at_once: int = 1,
    known: Sequence[SubjectRun] = (),
) -> tuple[Judgement, tuple[FailureSignature, ...]]:
    """What runs of ``commit`` show until none is ``lacking``, and the failures that count as it.

    Those are the question's, or without any the commonest of each test that is bad.  Runs that are
    ``known`` count first, as far as they tell of these failures.  Raises HarnessError as ``judge``
    does.
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
    before = [run for run in known if run.tells_of(question.failures)]
    seen = [*before]

    def missing() -> int:
        wanted = question.failures or _commonest(seen)
        untold = sum(bool(one.untold(wanted)) for one in seen)
        shown = sum(one.shows(wanted) for one in seen)
        return 0 if untold >= UNTOLD else lacking(shown, len(seen) - shown - untold)

    for run in _runs_of(question, build, place, at_once, missing):
        seen.append(run)
    wanted = question.failures or _commonest(seen)
    verdict, reason, evidence = _verdict(question.bad_if, seen, wanted)
    _keep_only(place, evidence)
    made = seen[len(before) :]
    failures = Counter(failure for one in seen for failure in one.failures)
    judgement = Judgement(
        commit=commit,
        verdict=verdict,
        reason=reason,
        runs=len(seen),
        shown=sum(one.shows(wanted) for one in seen),
        failures=tuple(failure for failure, _ in failures.most_common()),
        evidence=evidence,
        building=round(built - began, 2),
        running=round(time.monotonic() - built, 2),
        seen=(*before, *(_with_evidence(run, evidence) for run in made)),
    )
    return judgement, wanted


def build_of(question: BisectQuestion, commit: str) -> Path:
    """The build folder of ``commit``, from the cache or made now.  Raises HarnessError."""
    recipe = Recipe(Preset(question.preset), question.options, (ServerKind(question.kind),))
    revision = SourceRevision(question.repository, "", commit)
    return BuildCache().build(revision, recipe).folder


def _runs_of(
    question: BisectQuestion,
    build: Path,
    folder: Path,
    at_once: int,
    missing: Callable[[], int],
) -> Iterator[SubjectRun]:
    """Runs in the order in which they begin, as long as some are ``missing``.

    At most ``at_once`` go on at a time, and no more than can be needed.  Each has the folder of its
    number for evidence.
    """
    places = (folder / str(number) for number in count())
    if at_once == 1:
        # In this thread, which can be interrupted.
        while missing():
            yield run_subject(question, build, next(places))
        return
    going_on: deque[Future[SubjectRun]] = deque()
    with ThreadPoolExecutor(at_once) as threads:
        try:
            while number := missing():
                for _ in range(min(number, at_once) - len(going_on)):
                    going_on.append(threads.submit(run_subject, question, build, next(places)))
                yield going_on.popleft().result()
        finally:
            # The threads would wait for what nothing depends on any more.
            end_sessions()


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
) -> tuple[CommitVerdict, str, str]:
    """The verdict, why there is none, and the evidence of a run that shows it."""
    showing = [one for one in seen if one.shows(wanted)]
    untold = [one for one in seen if not one.shows(wanted) and one.untold(wanted)]
    passed = len(seen) - len(showing) - len(untold)
    if showing and (bad_if is BadIf.ANY or len(showing) == len(seen)):
        return CommitVerdict.BAD, "", _evidence(showing)
    if untold and (bad_if is BadIf.ANY or not passed):
        return CommitVerdict.SKIP, untold[-1].untold(wanted), _evidence(untold)
    return CommitVerdict.GOOD, "", ""


def _evidence(runs: Sequence[SubjectRun]) -> str:
    """That of the last of ``runs`` of which it was kept."""
    return next((one.evidence for one in reversed(runs) if one.evidence), "")


def _with_evidence(run: SubjectRun, kept: str) -> SubjectRun:
    """``run``, which lost its evidence unless it is the one that was ``kept``."""
    return run if run.evidence == kept else replace(run, evidence="")


def _keep_only(folder: Path, evidence: str) -> None:
    """Remove all runs below ``folder`` but the one with this evidence."""
    name = Path(evidence).name if evidence and Path(evidence).parent == folder else ""
    kept = {name, f"{name}.log"}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
