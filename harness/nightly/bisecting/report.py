# SPDX-License-Identifier: MIT
"""What a bisection found, as a value and in words."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.inputs import printable
from harness.nightly.bisecting.history import CommitDetails
from harness.nightly.bisecting.judgement import Judgement
from harness.nightly.bisecting.question import BisectQuestion
from harness.nightly.sessions.failure import FailureSignature
from harness.results.file_format import RunFileError
from harness.results.run import TestResult
from harness.results.run_file import read_run

_LOG_LINES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BisectReport:
    """The commits that may have brought ``failures``: one, or several that were skipped between.

    ``first_bad`` has them, the last in the history first.  ``runs`` is how often a commit was
    tried, ``chance`` that of a wrong verdict on one.  ``good`` and ``bad`` are the judgements on
    the ends, ``judged`` those on all commits between.  ``building`` and ``running`` are the
    seconds of all builds and runs, ``seconds`` those since the search was begun or taken up.
    ``shown`` is the test that fails at the first bad commit, ``files`` its evidence by name.
    """

    question: BisectQuestion
    first_bad: tuple[CommitDetails, ...]
    failures: tuple[FailureSignature, ...]
    runs: int
    chance: float
    good: Judgement
    bad: Judgement
    judged: tuple[Judgement, ...] = ()
    commits: int = 0
    building: float = 0.0
    running: float = 0.0
    seconds: float = 0.0
    shown: TestResult | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""

    @property
    def certain(self) -> bool:
        """Whether one commit is named."""
        return len(self.first_bad) == 1


def evidence_of(
    judgement: Judgement, failures: tuple[FailureSignature, ...]
) -> tuple[TestResult | None, dict[str, str]]:
    """The failing test of a bad commit and its files; None and none where nothing was kept."""
    folder = Path(judgement.evidence)
    if judgement.evidence and (folder / "output.txt").exists():
        return None, {"output": str(folder / "output.txt")}
    try:
        run = read_run(folder)
    except RunFileError:
        return None, {}
    wanted = {failure.test for failure in failures}
    test = next((one for one in run.tests if one.id in wanted and one.outcome.bad), None)
    if test is None:
        return None, {}
    files = {name: os.fspath(folder / file) for name, file in test.files.items()}
    for frame in test.frames:
        for kind, file in frame.pictures.items():
            files[f"{frame.name} {kind}"] = os.fspath(folder / file)
    return test, files


def report_text(report: BisectReport) -> str:
    """The report for a terminal."""
    return printable("\n".join(_lines(report)))


def _lines(report: BisectReport) -> Iterator[str]:
    for failure in report.failures:
        yield f"failure   {failure.test}: {failure}"
    if report.certain:
        yield from _commit(report.first_bad[0], "first bad")
    else:
        yield (
            f"the first bad commit is one of these {len(report.first_bad)}: those between cannot "
            f"be judged"
        )
        verdicts = {one.commit: one for one in (*report.judged, report.bad)}
        for commit in report.first_bad:
            judgement = verdicts.get(commit.commit)
            reason = judgement.reason.partition("\n")[0] if judgement else "it was not tried"
            yield f"candidate {commit} ({commit.author}){f': {reason}' if reason else ''}"
    if report.shown is not None:
        yield from ("", "it shows there:")
        yield from (f"    {line}" for line in report.shown.message.strip().splitlines())
    if report.files:
        yield ""
        yield from (f"{name:24} {file}" for name, file in report.files.items())
        yield from _log(report.files)
    yield ""
    yield (
        f"{len(report.judged) + 2} of {report.commits + 1} commits judged, up to {report.runs} "
        f"runs each, chance of a wrong verdict on one {max(report.chance, 0.001):.1%}"
    )
    yield (
        f"builds {report.building:.0f} s, runs {report.running:.0f} s, this search "
        f"{report.seconds:.0f} s"
    )
    yield f"to go through it again, or on: {report.folder}"


def _commit(commit: CommitDetails, title: str) -> Iterator[str]:
    yield f"{title} {commit.commit}"
    yield f"author    {commit.author}, {commit.date}"
    yield f"subject   {commit.subject}"
    yield from (f"          {line}" for line in commit.body.splitlines())
    yield from (f"  {line}" for line in commit.changes.splitlines())


def _log(files: Mapping[str, str]) -> Iterator[str]:
    for name in ("log", "output"):
        if name in files:
            with suppress(OSError):
                text = Path(files[name]).read_text("utf-8", "replace")
                lines = text.splitlines()[-_LOG_LINES:]
                yield from [f"the last lines of the {name}:"] if lines else []
                yield from (f"    {line}" for line in lines)
