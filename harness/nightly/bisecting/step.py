# SPDX-License-Identifier: MIT
"""One step of ``git bisect run``: the verdict on a commit, and on those that may come next."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import join

from harness.farm.opening import open_farm
from harness.goldens.files import replace_file
from harness.nightly.bisecting.history import OWN_SEARCH, SAID_TO, CommitHistory
from harness.nightly.bisecting.judgement import CommitVerdict, Judgement, Judgements
from harness.nightly.bisecting.judging import judge
from harness.nightly.bisecting.question import BisectQuestion, read_question
from harness.nightly.bisecting.subject_run import SubjectRun
from harness.termination import terminated_as_interrupted

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folder of a bisection, and how many commits are judged at once where.

    ``scheduler`` is the address of a Dask cluster, empty for this machine.
    """

    folder: Path
    workers: int = 1
    scheduler: str = ""

    @property
    def history(self) -> CommitHistory:
        return CommitHistory(self.folder / "repository.git")

    @property
    def question(self) -> Path:
        return self.folder / "question.json"

    @property
    def judgements(self) -> Judgements:
        return Judgements(self.folder / "judgements.jsonl")

    @property
    def earlier(self) -> Judgements:
        """Those of other bisections, of which the runs count here too."""
        return Judgements(self.folder / "earlier.jsonl")

    def known(self, commit: str) -> tuple[SubjectRun, ...]:
        """The runs of ``commit`` that other bisections have made."""
        earlier = self.earlier.read().get(commit)
        return () if earlier is None else earlier.seen

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def script(self) -> Path:
        return self.folder / "step"

    @property
    def at_once(self) -> int:
        """Runs of the tests of one commit at a time: the processors, if no other commit has them.

        Several of few processors would disturb each other's clocks.
        """
        return min(4, len(os.sched_getaffinity(0))) if self.workers == 1 else 1


@dataclass(frozen=True, slots=True)
class CommitJob:
    """A commit for a worker."""

    question: BisectQuestion
    commit: str
    evidence: Path
    at_once: int
    known: tuple[SubjectRun, ...] = ()


def write_step(place: Workplace, program: Sequence[str]) -> Path:
    """Write the script for ``git bisect run``; ``program`` prints a verdict.  Raises OSError.

    It judges the commit of the repository that it is run in: also in one of the user.  Whatever
    else ends the program ends the bisection: an error must not count as a bad commit.
    """
    words = [*program, str(place.folder), "--workers", str(place.workers)]
    if place.scheduler:
        words += ["--scheduler", place.scheduler]
    text = (
        "#!/bin/sh\n"
        "# For `git bisect run`: 0 this commit is good, 1 it is bad, 125 it cannot be judged.\n"
        f'[ -z "${OWN_SEARCH}" ] || exec 2>&{SAID_TO}\n'
        "commit=$(git rev-parse --verify --quiet BISECT_HEAD || git rev-parse HEAD) || exit 128\n"
        f'verdict=$({join(words)} "$commit") || exit 255\n'
        "case $verdict in\n"
        "    good) exit 0 ;;\n"
        "    bad) exit 1 ;;\n"
        "    skip) exit 125 ;;\n"
        "esac\n"
        "exit 255\n"
    )
    replace_file(place.script, text.encode(errors="surrogateescape"))
    place.script.chmod(0o755)
    return place.script


def judged(place: Workplace, commit: str, say: Say) -> Judgement:
    """The verdict on ``commit``: that of an earlier step, or by builds and runs now.

    Workers that would be idle judge the commits that come next.  Raises HarnessError where
    nothing can be judged.
    """
    judgements = place.judgements
    if (known := judgements.read().get(commit)) is not None:
        return known
    question = read_question(place.question)
    ahead = place.history.midpoints(judgements.read().keys(), place.workers)
    commits = [commit, *(one for one in ahead if one != commit)] if commit in ahead else [commit]
    for judgement in judge_all(place, question, commits[: place.workers]):
        judgements.add(judgement)
        say(described(place.history, judgement))
    return judgements.read()[commit]


def judge_all(
    place: Workplace, question: BisectQuestion, commits: Sequence[str]
) -> Iterator[Judgement]:
    """The verdicts on ``commits`` as they come, by as many workers as there are.

    Raises HarnessError where nothing can be judged.
    """
    jobs = [
        CommitJob(question, commit, place.evidence, place.at_once, place.known(commit))
        for commit in commits
    ]
    if len(jobs) == 1 and not place.scheduler:
        yield perform(jobs[0])
        return
    with open_farm(place.scheduler or None, place.workers) as farm:
        for _, judgement in farm.results(perform, jobs):
            yield judgement


def perform(job: CommitJob) -> Judgement:
    """What a worker does.  Raises HarnessError as ``judge`` does."""
    # A farm that is closed sends SIGTERM to its workers.
    with terminated_as_interrupted():
        return judge(job.question, job.commit, job.evidence, job.at_once, job.known)


def described(history: CommitHistory, judgement: Judgement) -> str:
    """The verdict on a commit in one line."""
    about = f"{history.details(judgement.commit)}: {judgement.verdict}"
    if judgement.verdict is CommitVerdict.SKIP:
        about += f", {judgement.reason.partition(chr(10))[0]}"
    else:
        about += f", {judgement.shown} of {judgement.runs} runs show the failure"
    return f"{about} (build {judgement.building:.1f} s, runs {judgement.running:.1f} s)"
