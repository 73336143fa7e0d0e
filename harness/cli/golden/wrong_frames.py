# SPDX-License-Identifier: MIT
"""The frames of a run that are to become goldens, each proven to be what the run captured."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.cli.golden.decisions import Decision, Decisions
from harness.errors import HarnessError
from harness.goldens.index import KEY
from harness.goldens.names import variant_of
from harness.goldens.store import GoldenStore, read_frame
from harness.pixels.frame import Frame
from harness.results.run import FrameResult, Outcome, Run, TestResult
from harness.results.run_files import RunFiles


class NotAcceptable(HarnessError):
    """Frames of a run cannot become goldens."""


@dataclass(frozen=True, slots=True)
class WrongFrame:
    """A frame that is not its golden's, and the test that captured it."""

    test: TestResult
    frame: FrameResult

    @property
    def key(self) -> str:
        return self.frame.golden

    @property
    def name(self) -> str:
        """As the user chooses it, without the ending."""
        return self.key.removesuffix(".png")

    def __str__(self) -> str:
        return f"{self.name} of {self.test.id}"


def wrong_frames(run: Run) -> list[WrongFrame]:
    """All frames of the run that are not their goldens, in the order of their goldens."""
    found = [
        WrongFrame(test, frame)
        for test in run.tests
        for frame in test.frames
        if frame.verdict != "match" and not frame.saved
    ]
    return sorted(found, key=lambda one: (one.key, one.test.id))


def chosen(
    run: Run, found: Iterable[WrongFrame], only: str | None, decisions: Decisions | None
) -> list[WrongFrame]:
    """Those whose goldens fit the expression ``only``, and that the decisions accept.

    Raises NotAcceptable for an expression that is none, and for decisions on other frames or that
    contradict each other.
    """
    try:
        pattern = re.compile(only or "")
    except re.error as error:
        raise NotAcceptable(f"--only {only}: {error}; give a regular expression") from None
    fitting = [one for one in found if pattern.search(one.name)]
    if decisions is None:
        return fitting
    if decisions.run != run.id:
        raise NotAcceptable(
            f"the decisions are about the run {decisions.run}, this one is {run.id}: name that run"
        )
    _refuse_contradictions(decisions)
    by_frame = {(one.test.id, one.frame.name): one for one in wrong_frames(run)}
    accepted = set()
    for decision in decisions.frames:
        one = by_frame.get((decision.test, decision.frame))
        if one is None or (one.key, one.frame.digest) != (decision.golden, decision.digest):
            raise NotAcceptable(
                f"the decisions name the frame {decision.frame} of {decision.test}, which the run "
                f"does not have with these pixels: look at its report, and save them again"
            )
        if decision.accepted:
            accepted.add(one.key + "\0" + one.test.id)
    return [one for one in fitting if one.key + "\0" + one.test.id in accepted]


def _refuse_contradictions(decisions: Decisions) -> None:
    """Raise NotAcceptable where the same pixels are accepted and rejected as one golden."""
    decided: dict[tuple[str, str], Decision] = {}
    for decision in decisions.frames:
        before = decided.setdefault((decision.golden, decision.digest), decision)
        if before.accepted != decision.accepted:
            yes, no = (before, decision) if before.accepted else (decision, before)
            raise NotAcceptable(
                f"the decisions accept {decision.golden} as {yes.test} shows it, and reject the "
                f"same pixels as {no.test} shows them: take one of the two back in the report, or "
                f"out of the file"
            )


def proven(
    run: Run, folder: Path, store: GoldenStore, wanted: Iterable[WrongFrame]
) -> dict[str, tuple[WrongFrame, Frame]]:
    """The frame for each golden.

    Raises NotAcceptable, naming all of them, for frames that were not kept or are not those that
    were compared, that servers or tests do not agree upon, and that no golden may be without
    a reason.
    """
    problems: list[str] = []
    frames: dict[str, tuple[WrongFrame, Frame]] = {}
    shown_by = _confirmed(run)
    for one in wanted:
        problem = _problem(one, store, shown_by)
        other = frames.get(one.key)
        if not problem and other and other[0].frame.digest != one.frame.digest:
            problem = f"{other[0].test.id} shows other pixels: find out which are right"
        if not problem and not other:
            try:
                frames[one.key] = (one, _frame(folder, one.frame))
            except HarnessError as error:
                problem = str(error)
        if problem:
            problems.append(f"{one}: {problem}")
    if problems:
        raise NotAcceptable("nothing was accepted:\n  " + "\n  ".join(problems))
    return frames


def _confirmed(run: Run) -> Mapping[str, str]:
    """The goldens that a test of the run showed exactly, with that test."""
    return {
        frame.golden: test.id
        for test in run.tests
        for frame in test.frames
        if frame.verdict == "match" and not frame.digest
    }


def _problem(one: WrongFrame, store: GoldenStore, shown_by: Mapping[str, str]) -> str:
    if not KEY.fullmatch(one.key):
        # A results file may come from anywhere, and this is where a file is written.
        return f"expected a golden such as 'suite/test/name.png', got {one.key!r}"
    if one.key in shown_by:
        return (
            f"{shown_by[one.key]} shows the golden as it is: find out which is right, or declare "
            f"a variant in the test and save it with --golden=add"
        )
    if one.test.outcome is Outcome.LEFT_BEHIND:
        return "it was shown only on a server that had served other tests"
    if not one.frame.steady:
        return "another capture at once showed something else"
    if variant_of(one.key) and not store.entry(one.key):
        return "a variant needs its reason: save it with --golden=add"
    now = store.entry(one.key)
    if now is None and one.frame.verdict != "missing":
        return f"{store.folder} does not have the golden that it was compared with: name its folder"
    if now and one.frame.expected not in ("", now.digest) and now.digest != one.frame.digest:
        return (
            f"the golden has the pixels {now.digest[:12]} now, the run compared with "
            f"{one.frame.expected[:12]}, and so did who reviewed it: run the test again, or leave "
            f"it out with --only"
        )
    if now is not None and one.frame.verdict == "missing" and now.digest != one.frame.digest:
        return "there is a golden now, which the run did not have: run the test again"
    return ""


def _frame(folder: Path, result: FrameResult) -> Frame:
    """What was captured.  Raises HarnessError unless its pixels are those that were compared."""
    path = result.pictures.get("actual", "")
    place = RunFiles(folder).find(path)
    if place is None or not place.is_file():
        raise NotAcceptable(f"its picture {path or 'actual'} is not in {folder}")
    frame = read_frame(place, result.depth)
    if frame.digest != result.digest:
        raise NotAcceptable(
            f"{place} has the pixels {frame.digest[:12]}, the run captured {result.digest[:12]}: "
            f"take it again from where it was made"
        )
    return frame


def left(found: Iterable[WrongFrame], taken: Mapping[str, object]) -> Iterator[WrongFrame]:
    """Those that were not chosen."""
    return (one for one in found if one.key not in taken)
