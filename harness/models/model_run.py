# SPDX-License-Identifier: MIT
"""Steps done on a server and in a model of it, and the script that does the same again."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, Self, TypeVar

from harness.clients.present.presenter import Presenter
from harness.models.step import Step
from harness.timeline.judgement import enforce
from harness.timeline.rules import Family

_SCRIPT = '''\
"""Shows a difference between an X server and the model of it: python FILE [SERVER]"""

import sys
from pathlib import Path

from {module} import {play}
from harness.servers.builds import find_on_path, from_file
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

build = from_file(Path(sys.argv[1])) if sys.argv[1:] else find_on_path(ServerKind.XVFB)
with (
    virtual_host() as host,
    launch(ServerSpec(build=build, width={width}, height={height}, host=host)) as server,
    {play}(server) as play,
):
{steps}
    play.look()
    play.end()
'''

P = ParamSpec("P")
Q = TypeVar("Q", bound="ModelRun")


def step(act: Callable[Concatenate[Q, P], None]) -> Callable[Concatenate[Q, P], None]:
    """Let the script tell of this method's calls; the ``repr`` of its arguments is Python."""
    signature = inspect.signature(act)

    @functools.wraps(act)
    def played(self: Q, /, *positional: P.args, **named: P.kwargs) -> None:
        bound = signature.bind(self, *positional, **named)
        self.steps.append(Step(act.__name__, bound.args[1:]))
        act(self, *positional, **named)

    return played


class ModelRun(ABC):
    """What is done on a server, step by step, beside a model that says what must come of it.

    Steps name what they act on, so that some can be left out.  Each is over when the server has
    done it, and raises StepRefused when the model does not allow it.  ``observer`` is a client
    that only watches; all that the clients send and receive is in its timeline.
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
            play=type(self).__name__,
            width=screen.width_in_pixels,
            height=screen.height_in_pixels,
            steps="\n".join(f"    {step}" for step in self.steps),
        )

    def replay(self, steps: Iterable[Step]) -> None:
        """Play steps of another play."""
        for step in steps:
            getattr(self, step.name)(*step.arguments)

    def end(self) -> None:
        """Raise a HarnessError unless all rules were kept and everything can be undone."""
        self.settle()
        enforce(self.observer.timeline, Family.COPY)
        self.clear()

    @abstractmethod
    def look(self) -> None:
        """Raise a HarnessError unless all that can be seen is as the model says."""

    @abstractmethod
    def settle(self) -> None:
        """Wait for what clients are still to be told."""

    @abstractmethod
    def clear(self) -> None:
        """Undo everything, and see that it is undone."""

    @abstractmethod
    def close(self) -> None:
        """Leave the server, as it was at first if it lets us."""
