# SPDX-License-Identifier: MIT
"""Deadlines on the monotonic clock, all stretched by one factor."""

import time
from dataclasses import dataclass
from functools import lru_cache

from harness.errors import HarnessError
from harness.inputs import SCALE_VARIABLE, variable

LARGEST_SCALE = 1000.0
"""Makes hours of seconds; the kernel's timers end at 24 days."""


_slowest = 1.0


def allow_for_slowness(factor: float) -> None:
    """Stretch the deadlines of this process by at least ``factor`` from now on."""
    global _slowest
    _slowest = max(_slowest, factor)


def timeout_scale() -> float:
    """The factor that stretches every deadline: the variable's, or that of a slow server if larger.

    Raises HarnessError when the environment variable is not a positive number, or too large.
    """
    return max(_positive(variable(SCALE_VARIABLE) or "1"), _slowest)


@lru_cache(maxsize=4)
def _positive(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= LARGEST_SCALE:
        raise HarnessError(
            f"{SCALE_VARIABLE} must be a positive number such as 4, got {text!r}; "
            f"unset it or give a number, at most {LARGEST_SCALE:g}"
        )
    return scale


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock (s) after which waiting is given up."""

    seconds: float
    moment: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline ``seconds`` from now, stretched by ``timeout_scale``."""
        stretched = seconds * timeout_scale()
        return cls(stretched, time.monotonic() + stretched)

    @classmethod
    def exactly(cls, seconds: float) -> "Deadline":
        """The moment ``seconds`` from now, as given: how long something is done or watched."""
        return cls(seconds, time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.moment - time.monotonic())

    @property
    def elapsed(self) -> float:
        """Seconds since the waiting began."""
        return time.monotonic() - self.moment + self.seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.moment
