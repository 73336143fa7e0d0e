# SPDX-License-Identifier: MIT
"""How far a build is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuildStep:
    """``done`` of ``total`` parts of ``phase``, both 0 where they cannot be counted.

    ``seconds_left`` is an estimate from those that are done, None for none.
    """

    phase: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None

    def __str__(self) -> str:
        text = f"{self.phase} {self.done}/{self.total}" if self.total else self.phase
        return text if self.seconds_left is None else f"{text}, {_duration(self.seconds_left)} left"


Progress = Callable[[BuildStep], None]
"""Receives each step of a build."""


def no_progress(_step: BuildStep) -> None:
    """Drop the step."""


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
