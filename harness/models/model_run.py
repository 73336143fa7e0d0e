# SPDX-License-Identifier: MIT
"""Steps on a server and in a model of it, and the script that repeats them."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from harness.clients.present.presenter import Presenter
from harness.errors import HarnessError
from harness.timeline.judgement import enforce
from harness.timeline.rules import Family

_SCRIPT = '''\
"""Shows a difference between an X server and the model of it: python FILE [SERVER]"""

import sys
from pathlib import Path

from {module} import {run}
from harness.servers.builds import find_on_path, from_file
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

build = from_file(Path(sys.argv[1])) if sys.argv[1:] else find_on_path(ServerKind.XVFB)
with (
    virtual_host() as host,
    launch(ServerSpec(build=build, width={width}, height={height}, host=host)) as server,
    {run}(server) as run,
):
{steps}
    run.look()
    run.end()
'''


class StepRefused(HarnessError):
    """The state of the model does not allow this step."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a run with its arguments; as text, a line of its script."""

    name: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return f"run.{self.name}({', '.join(map(repr, self.arguments))})"


P = ParamSpec("P")
Q = TypeVar("Q", bound="ModelRun")


def step(act: Callable[Concatenate[Q, P], None]) -> Callable[Concatenate[Q, P], None]:
    """Decorate a method whose calls go into the script; the ``repr`` of its arguments is code."""
    signature = inspect.signature(act)

    @functools.wraps(act)
    def recorded(self: Q, /, *positional: P.args, **named: P.kwargs) -> None:
        bound = signature.bind(self, *positional, **named)
        self.steps.append(Step(act.__name__, bound.args[1:]))
        act(self, *positional, **named)

    return recorded


class ModelRun(ABC):
    """Steps on a server, each done in a model too, which predicts the result.

    Steps name their objects, so that some can be left out.  Each returns when the server has
    done it, and raises StepRefused when the model does not allow it.  ``observer`` is a client
    that changes nothing; the requests and events of all clients are in its timeline.
    """

    def __init__(self, observer: Presenter) -> None:
        self.steps: list[Step] = []
        self.observer = observer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def script(self) -> str:
        """The steps so far as a program that needs nothing but the harness."""
        screen = self.observer.screen
        return _SCRIPT.format(
            module=type(self).__module__,
            run=type(self).__name__,
            width=screen.width_in_pixels,
            height=screen.height_in_pixels,
            steps="\n".join(f"    {step}" for step in self.steps),
        )

    def replay(self, steps: Iterable[Step]) -> None:
        """Do the steps of another run."""
        for step in steps:
            getattr(self, step.name)(*step.arguments)

    def end(self) -> None:
        """Judge the timeline and undo everything.

        Raises RuleViolated, and what ``clear`` raises.
        """
        self.settle()
        enforce(self.observer.timeline, Family.COPY)
        self.clear()

    @abstractmethod
    def look(self) -> None:
        """Compare all visible state with the model.  Raises a HarnessError when it differs."""

    @abstractmethod
    def settle(self) -> None:
        """Wait for the events that clients still have to receive."""

    @abstractmethod
    def clear(self) -> None:
        """Undo everything.  Raises a HarnessError when something remains."""

    @abstractmethod
    def close(self) -> None:
        """Close all clients, with the server in its first state if possible."""
