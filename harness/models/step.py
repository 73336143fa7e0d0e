# SPDX-License-Identifier: MIT
"""One step of a play."""

from dataclasses import dataclass
from typing import Any

from harness.errors import HarnessError


class StepRefused(HarnessError):
    """The model's present state does not allow this step."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a play with its arguments; as text, a line of a script."""

    name: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return f"play.{self.name}({', '.join(map(repr, self.arguments))})"
