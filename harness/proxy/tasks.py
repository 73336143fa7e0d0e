# SPDX-License-Identifier: MIT
"""Coroutines that wait for answers and are resumed by the messages that bring them."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ChannelLost(Exception):
    """The connection from which an answer is awaited has ended."""


class Pending(Generic[T]):
    """A value that will come, once; ``await`` it in a task."""

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._failure: Exception | None = None
        self._resume: list[Callable[[], None]] = []

    def set(self, value: T) -> None:
        """Give it its value: waiting tasks go on at once, before this returns."""
        if not self.done:
            self.done, self._value = True, value
            self._wake()

    def fail(self, failure: Exception) -> None:
        """Give up: ``failure`` is raised where it is awaited."""
        if not self.done:
            self.done, self._failure = True, failure
            self._wake()

    def then(self, resume: Callable[[], None]) -> None:
        """Call ``resume`` once it is done, now if it is."""
        if self.done:
            resume()
        else:
            self._resume.append(resume)

    def _wake(self) -> None:
        waiting, self._resume = self._resume, []
        for resume in waiting:
            resume()

    def __await__(self) -> Generator["Pending[Any]", None, T]:
        if not self.done:
            yield self
        if self._failure is not None:
            raise self._failure
        return self._value  # type: ignore[return-value]  # None only until done


Task = Coroutine[Pending[Any], None, None]


def run(task: Task, failed: Callable[[Exception], None]) -> Pending[None]:
    """Run ``task`` up to its first wait, and on whenever what it awaits comes; done at its end.

    ChannelLost ends the task quietly; ``failed`` gets any other exception.
    """
    ended = Pending[None]()

    def step() -> None:
        try:
            task.send(None).then(step)
        except (StopIteration, ChannelLost):
            ended.set(None)
        except Exception as failure:
            failed(failure)
            ended.set(None)

    step()
    return ended
