# SPDX-License-Identifier: MIT
"""A bisection from its ends to its report."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from harness.errors import HarnessError
from harness.farm.opening import open_farm
from harness.nightly.bisecting.history import CommitHistory
from harness.nightly.bisecting.judgement import CommitVerdict, Judgement
from harness.nightly.bisecting.judging import build_of, judge, observe
from harness.nightly.bisecting.question import (
    BadIf,
    BisectQuestion,
    read_question,
    write_question,
)
from harness.nightly.bisecting.repetition import chance_unseen, repeats_needed, runs_to_measure
from harness.nightly.bisecting.report import BisectReport, evidence_of
from harness.nightly.bisecting.step import Say, Workplace, described, write_step
from harness.nightly.builds.cache import BuildCache


class EndsWrong(HarnessError):
    """The good commit is not good, or the bad one does not show the failure."""


def bisect(
    question: BisectQuestion,
    place: Workplace,
    program: Sequence[str],
    say: Say,
    earlier: Iterable[Judgement] = (),
) -> BisectReport:
    """The commits that may have brought the failure; goes on where an earlier run was stopped.

    ``program`` are the first words of the command that does one step, ``say`` gets lines about
    the progress.  Runs of ``earlier`` bisections on the same builds and suites are not made again.
    Raises EndsWrong when an end is not as the question has it, and HarnessError where nothing can
    be built or run.
    """
    began = time.monotonic()
    if question.good == question.bad:
        raise EndsWrong(
            f"expected --good without the failure and --bad with it, and both are the commit "
            f"{question.good[:12]}: name an earlier one as --good"
        )
    place.folder.mkdir(parents=True, exist_ok=True)
    for judgement in earlier:
        place.earlier.add(judgement)
    history = CommitHistory.beside(BuildCache().sources.folder, place.folder / "repository.git")
    commits = history.between(question.good, question.bad)
    if not commits:
        raise EndsWrong(
            f"expected --bad {question.bad[:12]} behind --good {question.good[:12]}, and it has no "
            f"commit that the good one lacks: exchange them?"
        )
    say(f"{commits} commits from {question.good[:12]} to {question.bad[:12]}")
    builds = _build_ends(place, question)
    question, bad = _measured(history, place, question, builds, say)
    good = _checked_good(history, place, question, builds, say)
    if question.bad_if is BadIf.ALL and not question.runs:
        question = replace(question, runs=repeats_needed(good.runs - good.shown, good.runs))
    write_question(place.question, question)
    chance = _chance(question, good, bad)
    say(f"up to {question.runs} runs for each commit, chance of a wrong verdict {chance:.1%}")
    step = write_step(place, program)
    found = history.search(question.good, question.bad, step, place.folder / "bisect.log")
    judgements = place.judgements.read()
    between = [one for one in judgements.values() if one.commit not in (good.commit, bad.commit)]
    shown, files = None, dict[str, str]()
    if len(found) == 1:
        shown, files = evidence_of(judgements.get(found[0], bad), question.failures)
    everything = (good, bad, *between)
    return BisectReport(
        question=question,
        first_bad=tuple(history.details(commit) for commit in found),
        failures=question.failures,
        runs=question.runs,
        chance=chance,
        good=good,
        bad=bad,
        judged=tuple(between),
        commits=commits,
        building=sum(one.building for one in everything),
        running=sum(one.running for one in everything),
        seconds=time.monotonic() - began,
        shown=shown,
        files=files,
        folder=str(place.folder),
    )


def _build_ends(place: Workplace, question: BisectQuestion) -> Mapping[str, float]:
    """Build both at once where there are workers; the seconds that each took.

    What is wrong with them is found afterwards.
    """
    if place.workers == 1 and not place.scheduler:
        return {}
    with open_farm(place.scheduler or None, place.workers) as farm:
        ends = {
            one: farm.submit(_try_build, question, one) for one in (question.good, question.bad)
        }
        return {commit: end.result() for commit, end in ends.items()}


def _try_build(question: BisectQuestion, commit: str) -> float:
    began = time.monotonic()
    with suppress(HarnessError):
        build_of(question, commit)
    return time.monotonic() - began


def _with_build(judgement: Judgement, builds: Mapping[str, float]) -> Judgement:
    """``judgement`` with the time of a build that was made before."""
    seconds = judgement.building + builds.get(judgement.commit, 0.0)
    return replace(judgement, building=round(seconds, 2))


def _measured(
    history: CommitHistory,
    place: Workplace,
    question: BisectQuestion,
    builds: Mapping[str, float],
    say: Say,
) -> tuple[BisectQuestion, Judgement]:
    """The question with the failures that the bad commit shows and the runs that they need."""
    known = place.judgements.read().get(question.bad)
    if known is not None and place.question.exists():
        return read_question(place.question), known

    def lacking(shown: int, passed: int) -> int:
        runs = shown + passed
        return max(0, question.runs - runs) if question.runs else runs_to_measure(shown, runs)

    bad, failures = observe(
        question, question.bad, place.evidence, lacking, place.at_once, place.known(question.bad)
    )
    bad = _with_build(bad, builds)
    say(f"bad   {described(history, bad)}")
    if bad.verdict is not CommitVerdict.BAD:
        raise EndsWrong(_not_bad(question, bad))
    needed = repeats_needed(bad.shown, bad.runs) if question.bad_if is BadIf.ANY else 0
    question = replace(
        question,
        failures=failures,
        tests=tuple(failure.test for failure in failures) if question.tests else (),
        runs=question.runs or needed,
    )
    write_question(place.question, question)
    place.judgements.add(bad)
    return question, bad


def _not_bad(question: BisectQuestion, bad: Judgement) -> str:
    wanted = ", ".join(f"{one.test}: {one}" for one in question.failures) or "a failure"
    if bad.verdict is CommitVerdict.SKIP and not bad.shown:
        return (
            f"--bad {bad.commit[:12]}: expected {wanted}, and {bad.reason}; "
            f"name a commit that shows it{_where(bad)}"
        )
    return (
        f"--bad {bad.commit[:12]}: expected {wanted}, and {bad.shown} of {bad.runs} runs show it: "
        f"it may be of suites, machine or another build: try `xharness explain`{_where(bad)}"
    )


def _checked_good(
    history: CommitHistory,
    place: Workplace,
    question: BisectQuestion,
    builds: Mapping[str, float],
    say: Say,
) -> Judgement:
    known = place.judgements.read().get(question.good)
    if known is not None:
        return known
    earlier = place.known(question.good)
    if question.runs:
        good = judge(question, question.good, place.evidence, place.at_once, earlier)
    else:
        # How often it comes where it should not decides how often it must come.
        good, _ = observe(
            question,
            question.good,
            place.evidence,
            lambda shown, passed: runs_to_measure(passed, shown + passed),
            place.at_once,
            earlier,
        )
    good = _with_build(good, builds)
    say(f"good  {described(history, good)}")
    if good.verdict is CommitVerdict.BAD:
        shown = ", ".join(f"{one.test}: {one}" for one in question.failures)
        raise EndsWrong(
            f"--good {good.commit[:12]}: expected none of the failures of the bad commit, and "
            f"{good.shown} of {good.runs} runs show {shown}: name an earlier commit; the cause "
            f"may also be elsewhere, see `xharness explain`{_where(good)}"
        )
    if good.verdict is CommitVerdict.SKIP:
        raise EndsWrong(
            f"--good {good.commit[:12]}: expected the tests to pass, and {good.reason}; name a "
            f"commit near it on which they can be run{_where(good)}"
        )
    place.judgements.add(good)
    return good


def _where(judgement: Judgement) -> str:
    return f"\n  evidence: {judgement.evidence}" if judgement.evidence else ""


def _chance(question: BisectQuestion, good: Judgement, bad: Judgement) -> float:
    """The chance of a wrong verdict on one commit, by what the ends have shown."""
    if question.bad_if is BadIf.ANY:
        return chance_unseen(bad.shown, bad.runs, question.runs)
    return chance_unseen(good.runs - good.shown, good.runs, question.runs)
