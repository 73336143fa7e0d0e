# SPDX-License-Identifier: MIT
"""Runs trials of many candidates at once, within a time."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import TypeVar

from harness.recordings.messages import RecordedMessage

Kind = TypeVar("Kind")
Test = Callable[[Sequence[RecordedMessage]], bool]
"""Whether messages show the symptom, in one trial."""

CONFIRMING = 2
"""Trials that must show the symptom again before a candidate of a certain one is taken."""

CERTAIN = 0.99
"""How sure a search is that a candidate shows nothing."""


class TimeOver(Exception):
    """The time for the search is over."""


class Search:
    """Tries candidates ``workers`` at a time with ``test``, until ``seconds`` are over.

    ``repeats`` is how often one that shows nothing is tried.  ``tried`` and ``shown`` count the
    candidates by stage.
    """

    def __init__(
        self, executor: Executor, test: Test, workers: int, seconds: float = math.inf
    ) -> None:
        self.repeats = 1
        self.stage = ""
        self.tried: Counter[str] = Counter()
        self.shown: Counter[str] = Counter()
        self.trials = 0
        self.test = test
        self._executor, self._workers = executor, workers
        self._end = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._end

    def rate(self, messages: Sequence[RecordedMessage], times: int) -> float:
        """How often of ``times`` the messages show the symptom, 0 to 1; ``repeats`` follows."""
        shown = sum(one.result() for one in [self._start(messages) for _ in range(times)])
        self.repeats = repeats_for(shown / times) if 0 < shown < times else 1
        return shown / times

    def first(
        self, candidates: Iterable[Kind], assemble: Callable[[Kind], Sequence[RecordedMessage]]
    ) -> tuple[Kind, Sequence[RecordedMessage]] | None:
        """The first candidate that shows the symptom; None when none does.

        One that shows it once of a symptom that is certain otherwise is none.  Raises TimeOver.
        """
        waiting: list[tuple[Kind, Sequence[RecordedMessage], list[Future[bool]]]] = []
        coming = iter(candidates)
        try:
            while True:
                while len(waiting) < max(1, self._workers // self.repeats):
                    if self.over:
                        raise TimeOver
                    if (candidate := next(coming, None)) is None:
                        break
                    messages = assemble(candidate)
                    self.tried[self.stage] += 1
                    trials = [self._start(messages) for _ in range(self.repeats)]
                    waiting.append((candidate, messages, trials))
                if not waiting:
                    return None
                candidate, messages, trials = waiting.pop(0)
                if any(one.result() for one in trials) and self._confirmed(messages):
                    self.shown[self.stage] += 1
                    return candidate, messages
        finally:
            for _, _, trials in waiting:
                for one in trials:
                    one.cancel()

    def _confirmed(self, messages: Sequence[RecordedMessage]) -> bool:
        if self.repeats > 1:
            return True
        return all([one.result() for one in [self._start(messages) for _ in range(CONFIRMING)]])

    @property
    def report(self) -> str:
        """A line per stage: how many candidates were tried, and how many showed the symptom."""
        lines = [
            f"{stage:<22} {count:4} tried, {self.shown[stage]:4} still show it"
            for stage, count in self.tried.items()
        ]
        return "\n".join([*lines, f"{'trials on a fresh server':<22} {self.trials}"])

    def _start(self, messages: Sequence[RecordedMessage]) -> Future[bool]:
        self.trials += 1
        return self._executor.submit(self.test, messages)


def repeats_for(rate: float) -> int:
    """How often to try what shows itself at this rate, to be ``CERTAIN`` that it does not."""
    return max(1, math.ceil(math.log(1 - CERTAIN) / math.log(1 - rate)))


def halves(items: Sequence[Kind]) -> Iterator[Sequence[Kind]]:
    """All items, then each half, each quarter, and so on, down to single ones."""
    size = len(items)
    while size:
        for start in range(0, len(items), size):
            yield items[start : start + size]
        size = (size + 1) // 2 if size > 1 else 0
