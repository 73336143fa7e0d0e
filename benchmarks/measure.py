# SPDX-License-Identifier: MIT
"""Measure variants of one task in turns, so that a disturbance affects all of them alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Run = Callable[[], float]
"""Runs a task once; returns its cost in the unit of its section."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do a task.

    ``aim`` is the largest acceptable ratio, None where a ratio is only reported.
    ``against`` names the yardstick of the ratio; by default the section's first variant.
    """

    name: str
    run: Run
    aim: float | None = None
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Variants of one task; the first is the yardstick.

    ``missing`` says which peers could not be measured, and why; ``notes`` are what a reader
    must know to judge the figures.  ``rounds`` is how often each variant runs by default.
    """

    title: str
    variants: Sequence[Variant]
    rounds: int
    unit: str = "ms"
    missing: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one variant, one per round, and their ratios to the yardstick's.

    A ratio is taken within a round; ``ratio`` is the median of all rounds.
    """

    variant: Variant
    figures: Sequence[float]
    ratios: Sequence[float]

    @property
    def figure(self) -> float:
        return median(self.figures)

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        return None if self.variant.aim is None else self.ratio <= self.variant.aim


def timed(action: Callable[[], object]) -> Run:
    """A run of ``action`` in ms, without the disposal of its result."""

    def run() -> float:
        began = time.perf_counter()
        kept = action()
        took = time.perf_counter() - began
        del kept
        return took * 1000

    return run


def measure(section: Section, rounds: int) -> list[Result]:
    """Every variant once per round, each round starting with another one.

    Before several rounds comes one that does not count, in which caches fill.
    """
    variants = section.variants
    figures: dict[str, list[float]] = {variant.name: [] for variant in variants}
    for turn in range(0 if rounds > 1 else 1, rounds + 1):
        start = turn % len(variants)
        for variant in (*variants[start:], *variants[:start]):
            figure = variant.run()
            if turn:
                figures[variant.name].append(figure)
    return [_result(variant, figures, variants[0].name) for variant in variants]


def _result(variant: Variant, figures: Mapping[str, Sequence[float]], first: str) -> Result:
    own = figures[variant.name]
    yardstick = figures[variant.against or first]
    return Result(variant, own, [a / b for a, b in zip(own, yardstick, strict=True)])
