# SPDX-License-Identifier: MIT
"""Scripted faults, done one behind the other to all that passes a proxy."""

import threading
from functools import partial

from harness.deadlines import Deadline
from harness.faults.connection import FaultedConnection
from harness.faults.errors import NeverTriggered
from harness.faults.fault import Fault
from harness.faults.fault_state import FaultState
from harness.faults.layer import FaultLayer
from harness.faults.scripted import Scripted
from harness.proxy.link import Link
from harness.proxy.tasks import Pending

STRIKE_SECONDS = 1.0
"""How long what a test has caused may still be on its way."""


class Script(FaultLayer):
    """A layer that does ``faults``: ``Script(Drop("PresentIdleNotify", nth=2))``.

    A message passes through all of them in the order given; each sees what those before it
    have left.  One script serves one proxy.
    """

    def __init__(self, *faults: Scripted) -> None:
        super().__init__(partial(_Player, self))
        self.courses = tuple(FaultState(self, fault) for fault in faults)
        self._silence: Pending[None] | None = None
        self._done = threading.Event()
        self.note_strike()

    @property
    def report(self) -> str:
        """A line per fault: how often it struck."""
        return "\n".join(map(str, self.courses))

    def check(self) -> None:
        """Raise NeverTriggered when a fault did not happen; wait for what is still on its way."""
        if not self._done.wait(Deadline.after(STRIKE_SECONDS).seconds):
            never = "".join(f"\n  {course}" for course in self.courses if not course.struck)
            raise NeverTriggered(
                f"a test without its faults proves nothing: provoke what they are about, or "
                f"choose another one of it{never}"
            )

    def closed(self, link: Link) -> None:
        if link in self._faults:
            for course in self.courses:
                course.forget(self._faults[link].link)
        super().closed(link)

    # For its faults

    def note_strike(self) -> None:
        """Whoever waits for all faults may go on when that was the last."""
        if all(course.struck for course in self.courses):
            self._done.set()

    def hang(self) -> None:
        """Say nothing more, to anybody."""
        self._silence = self._silence or Pending[None]()

    def send(self, link: FaultedConnection, event: bytes, behind: FaultState) -> None:
        """Tell a client of an event that ``behind`` had held back."""
        if link.over:
            return
        for one in self.play(link, event, self.courses.index(behind) + 1):
            link.link.inject(one, self)

    async def perform(self, link: FaultedConnection, request: bytes) -> bytes | None:
        """What the server gets in place of a request."""
        passed: bytes | None = request
        for course in self.courses:
            if passed is None:
                break
            passed = await course.ask(link, passed)
            if self._silence is not None:
                await self._silence
        return passed

    def play(self, link: FaultedConnection, message: bytes, first: int = 0) -> list[bytes]:
        """What the client gets in place of a message, from the ``first`` fault on."""
        messages = [message]
        for course in self.courses[first:]:
            passed: list[bytes] = []
            for one in messages:
                passed += course.tell(link, one)
                if link.over:
                    # The last one may be cut short, and nothing can follow it.
                    return passed
            messages = passed
        return [] if self._silence is not None else messages


class _Player(Fault):
    """A script on one connection."""

    def __init__(self, script: Script, link: FaultedConnection) -> None:
        super().__init__(link)
        self._script = script

    async def ask(self, data: bytes) -> bytes | None:
        return await self._script.perform(self.link, data)

    def tell(self, data: bytes) -> list[bytes]:
        return self._script.play(self.link, data)
