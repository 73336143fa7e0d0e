# SPDX-License-Identifier: MIT
"""From a recording to the shortest one that shows the same symptom, in a time."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.shrinking.reduction import RATE_TRIALS, Reduction
from harness.recordings.shrinking.search import Search
from harness.recordings.shrinking.steps import KeptSteps, Steps
from harness.recordings.shrinking.trials import Question, Shown, adapted, alike, recorded_ids
from harness.recordings.shrinking.waits import without_vain_waits
from harness.recordings.symptom import Symptom
from harness.wording import counted


class StateUnusable(HarnessError):
    """The file of an earlier search is of another recording, or none."""


@dataclass(frozen=True, slots=True)
class Minimised:
    """The result of a search.

    ``messages`` are those of the shortest recording, without the round trips that end a trial;
    ``symptom`` has the violation of its last trial, ``shown`` what that trial showed, None when
    the symptom did not come.  ``rate`` is how often it comes, 0 to 1; ``complete`` is whether
    nothing was left to try when the time was over.  ``ids`` are the recording's ids by those of
    the violation.
    """

    messages: tuple[RecordedMessage, ...]
    symptom: Symptom
    shown: Shown | None
    rate: float
    complete: bool
    requests: int
    report: str
    seconds: float
    ids: Mapping[int, int] = field(default_factory=dict, repr=False)


def minimise(
    question: Question,
    messages: Sequence[RecordedMessage],
    *,
    executor: Executor,
    workers: int,
    seconds: float = 60.0,
    state: Path | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Minimised:
    """The shortest recording that shows the symptom of ``question``, found within ``seconds``.

    Trials run in ``executor``, such as a farm, ``workers`` of them at once.
    ``state`` is a file in which the best so far is kept: a search that finds it there goes on.
    ``say`` is given a line whenever there is a shorter one.

    Raises NotShown when a replay does not show the symptom, StateUnusable, DescriptionMissing.
    """
    began = time.monotonic()
    steps, symptom = Steps(question.head, messages), question.symptom
    memory = _State(state, steps, symptom)
    search = Search(executor, adapted(question, messages).answer, workers, seconds)

    said = ""

    def keep(stage: str, candidate: KeptSteps) -> None:
        nonlocal said
        memory.write(candidate)
        line = f"{stage}: {_left(steps, candidate)}"
        if line != said:
            said = line
            say(line)

    reduction = Reduction(steps, symptom, search, keep, alike(question, messages))
    start = memory.read()
    if start is not None:
        say(f"goes on where it was cut: {_left(steps, start)}")
    best = reduction.run(start)
    whole = steps.assembled(best)
    # Whether it hangs is decided without haste at last.
    search.test = question.answer
    rate = search.rate(whole, RATE_TRIALS)
    last = None
    # What a step that was left out made sure of may come nearly always without it.
    for _ in range(max(search.repeats, RATE_TRIALS)):
        trial = question.shown(whole)
        if trial.shows(symptom):
            last = trial
            break
    if reduction.complete:
        memory.remove()
    found, ids = symptom, dict[int, int]()
    left = steps.assembled(best, settles=False)
    if last is not None and last.replayed is not None:
        found = last.found(symptom)
        ids = recorded_ids(question.head, whole, last.replayed)
        left = without_vain_waits(question.head, left, last.replayed, ids)
    return Minimised(
        messages=tuple(left),
        symptom=found,
        shown=last,
        rate=rate,
        complete=reduction.complete,
        requests=count_requests(steps, best),
        report=search.report,
        seconds=time.monotonic() - began,
        ids=ids,
    )


def count_requests(steps: Steps, candidate: KeptSteps) -> int:
    """How many requests a candidate has."""
    return sum(steps.by_place[one].kind is RecordedKind.REQUEST for one in candidate.kept)


def _left(steps: Steps, candidate: KeptSteps) -> str:
    requests = count_requests(steps, candidate)
    return f"{counted(requests, 'request')} left"


class _State:
    """The best candidate so far, in a file beside the output."""

    def __init__(self, path: Path | None, steps: Steps, symptom: Symptom) -> None:
        self._path = path
        digest = hashlib.sha256(b"".join(one.data for one in steps.messages)).hexdigest()
        self._head = {"recording": digest, "symptom": str(symptom)}

    def read(self) -> KeptSteps | None:
        """The candidate to go on from.  Raises StateUnusable."""
        if self._path is None or not self._path.exists():
            return None
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if {name: kept[name] for name in self._head} != self._head:
                raise StateUnusable(
                    f"{self._path} is the state of a search in another recording, or for another "
                    f"symptom ({kept['symptom']}): remove it, or give another output file"
                )
            edited = {int(place): bytes.fromhex(data) for place, data in kept["edited"].items()}
            return KeptSteps(frozenset(kept["kept"]), edited)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateUnusable(
                f"{self._path} is not the state of a search ({error!r}): remove it, or give "
                f"another output file"
            ) from None

    def write(self, candidate: KeptSteps) -> None:
        if self._path is None:
            return
        edited = {str(place): data.hex() for place, data in candidate.edited.items()}
        text = json.dumps({**self._head, "kept": sorted(candidate.kept), "edited": edited})
        part = self._path.with_name(self._path.name + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(self._path)

    def remove(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)
