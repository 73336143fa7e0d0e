# SPDX-License-Identifier: MIT
"""The verdict on one commit, and the file that keeps those of a bisection."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.nightly.bisecting.subject_run import SubjectRun
from harness.nightly.sessions.failure import FailureSignature
from harness.results.codec import ShapeError, decode, encode, line_of


class CommitVerdict(StrEnum):
    """What is known of one commit."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"
    """It cannot be built, or fails in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on ``commit``, and why.

    ``shown`` of ``runs`` show the failure.  ``reason`` says in words why it cannot be judged.
    ``failures`` are those that were seen; ``evidence`` is the folder with the results of the run
    that decided, empty for none.  ``building`` and ``running`` are seconds.  ``seen`` is what each
    run saw, for another bisection that comes to this commit.
    """

    commit: str
    verdict: CommitVerdict
    reason: str = ""
    runs: int = 0
    shown: int = 0
    failures: tuple[FailureSignature, ...] = ()
    evidence: str = ""
    building: float = 0.0
    running: float = 0.0
    seen: tuple[SubjectRun, ...] = ()


class Judgements:
    """The verdicts in the file ``path``, a line each; they outlive an interrupted bisection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Judgement]:
        """The last verdict on each commit; a line that was cut off counts as not written."""
        return {one.commit: one for one in self._lines()}

    def add(self, judgement: Judgement) -> None:
        """Keep the verdict.  Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o666)
        try:
            # One call: the verdicts of parallel steps do not mix.
            os.write(descriptor, b"\n" + line_of(encode(judgement)))
        finally:
            os.close(descriptor)

    def _lines(self) -> Iterator[Judgement]:
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in filter(None, lines):
            try:
                yield decode(Judgement, json.loads(line))
            except (ValueError, ShapeError):
                continue
