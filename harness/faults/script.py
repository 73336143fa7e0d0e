# SPDX-License-Identifier: MIT
"""Scripted faults, applied one after the other to all that passes a proxy."""

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

TRIGGER_SECONDS = 5.0
"""How long messages that a test has caused may still be on their way."""


class Script(FaultLayer):
    """A layer that applies ``faults``: ``Script(Drop("PresentIdleNotify", nth=2))``.

    A message passes through all of them in the order given; each sees what those before it
    have left.  One script serves one proxy.
    """

    def __init__(self, *faults: Scripted) -> None:
        super().__init__(partial(_ScriptFault, self))
        self.states = tuple(
            FaultState(fault, self._note_trigger, self._hang, partial(self._send, first))
            for first, fault in enumerate(faults, 1)
        )
        self.silence: Pending[None] | None = None
        self._all_triggered = threading.Event()
        self._note_trigger()

    @property
    def report(self) -> str:
        """A line per fault: how often it was triggered."""
        return "\n".join(map(str, self.states))

    def check(self) -> None:
        """Wait for messages still on their way; raise NeverTriggered when a fault was not."""
        if not self._all_triggered.wait(Deadline.after(TRIGGER_SECONDS).seconds):
            never = "".join(f"\n  {state}" for state in self.states if not state.triggered)
            raise NeverTriggered(
                f"a test without its faults proves nothing: provoke what they are about, or "
                f"choose another one of it{never}"
            )

    def closed(self, link: Link) -> None:
        if link in self._faults:
            for state in self.states:
                state.forget(self._faults[link].link)
        super().closed(link)

    def _note_trigger(self) -> None:
        if all(state.triggered for state in self.states):
            self._all_triggered.set()

    def _hang(self) -> None:
        self.silence = self.silence or Pending[None]()

    def _send(self, first: int, link: FaultedConnection, event: bytes) -> None:
        """Send the client an event that the fault before ``first`` had held back."""
        if not link.link.server_gone:
            for one in _ScriptFault(self, link).on_message(event, first):
                link.link.inject(one, self)


class _ScriptFault(Fault):
    """A script on one connection."""

    def __init__(self, script: Script, link: FaultedConnection) -> None:
        super().__init__(link)
        self._script = script

    async def on_request(self, data: bytes) -> bytes | None:
        passed: bytes | None = data
        for state in self._script.states:
            if passed is None:
                break
            passed = await state.on_request(self.link, passed)
            if self._script.silence is not None:
                await self._script.silence
        return passed

    def on_message(self, data: bytes, first: int = 0) -> list[bytes]:
        messages = [data]
        for state in self._script.states[first:]:
            passed: list[bytes] = []
            for one in messages:
                passed += state.on_message(self.link, one)
                if self.link.link.server_gone:
                    # The last one may be cut short, and nothing can follow it.
                    return passed
            messages = passed
        return [] if self._script.silence is not None else messages
