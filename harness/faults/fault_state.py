# SPDX-License-Identifier: MIT
"""How one fault of a script is going: what it has seen and done, and what it holds back."""

from functools import partial
from typing import TYPE_CHECKING

from harness.faults.connection import FaultedConnection
from harness.faults.message_selector import MessageSelector
from harness.faults.scripted import Delay, Scripted, Swap
from harness.proxy.tasks import ChannelLost, Pending

if TYPE_CHECKING:
    from harness.faults.script import Script


class FaultState:
    """``seen`` counts the messages that ``fault`` could choose, ``struck`` those it chose."""

    def __init__(self, script: "Script", fault: Scripted) -> None:
        self.script, self.fault = script, fault
        self.seen = self.struck = 0
        self._subject = fault.subject
        self._until = fault.awaited if isinstance(fault, Delay) else None
        self._held: dict[FaultedConnection, list[bytes]] = {}
        self._waiting: dict[FaultedConnection, Pending[None]] = {}

    def __str__(self) -> str:
        struck = {0: "never struck", 1: "struck once", 2: "struck twice"}
        times = struck.get(self.struck, f"struck {self.struck} times")
        held = sum(map(len, list(self._held.values())))
        rest = f", and still holds {held} back" if held else ""
        return f"{self.fault} {times}, of {self.seen} seen{rest}"

    async def ask(self, link: FaultedConnection, request: bytes) -> bytes | None:
        """What becomes of a request."""
        if self._chooses(link, link.subject_of_request(request), request):
            return await self.fault.ask(self, link, request)
        return request

    def tell(self, link: FaultedConnection, message: bytes) -> list[bytes]:
        """What becomes of another message."""
        subject = link.subject_of_message(message)
        if (
            link in self._held
            and isinstance(self.fault, Swap)
            and self._fits(link, subject, message)
        ):
            return [message, *self._let_go(link)]
        late = self._let_go(link) if subject == self._until else []
        passed = [message]
        if self._chooses(link, subject, message):
            passed = self.fault.tell(self, link, message)
        return [*passed, *late]

    def _fits(self, link: FaultedConnection, subject: MessageSelector, data: bytes) -> bool:
        """Whether this is one of the messages among which ``nth`` and ``every`` choose."""
        fault = self.fault
        if subject != self._subject or fault.client not in (None, link.number):
            return False
        return not fault.when or fault.when(link.decode(data, subject.kind) or data)

    def _chooses(self, link: FaultedConnection, subject: MessageSelector, data: bytes) -> bool:
        if not self._fits(link, subject, data):
            return False
        self.seen += 1
        if self.seen != self.fault.nth if self.fault.nth else self.seen % self.fault.every:
            return False
        self.struck += 1
        self.script.note_strike()
        return True

    # What is held back

    def hold(self, link: FaultedConnection, event: bytes, seconds: float | None = None) -> None:
        """Keep an event until what releases it comes, or for so many seconds."""
        self._held.setdefault(link, []).append(event)
        if seconds is not None:
            link.link.proxy.after(seconds, partial(self._release, link))

    async def wait(self, link: FaultedConnection, seconds: float | None) -> None:
        """Wait for what releases a request, or for so many seconds."""
        pending = self._waiting[link] = Pending[None]()
        if seconds is not None:
            link.link.proxy.after(seconds, partial(pending.set, None))
        await pending

    def _release(self, link: FaultedConnection) -> None:
        if link in self._held:
            event, *rest = self._held.pop(link)
            if rest:
                self._held[link] = rest
            self.script.send(link, link.now(event), behind=self)

    def _let_go(self, link: FaultedConnection) -> list[bytes]:
        if link in self._waiting:
            self._waiting.pop(link).set(None)
        return [link.now(event) for event in self._held.pop(link, [])]

    def forget(self, link: FaultedConnection) -> None:
        """The connection is over."""
        self._held.pop(link, None)
        if link in self._waiting:
            self._waiting.pop(link).fail(ChannelLost())
