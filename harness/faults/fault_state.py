# SPDX-License-Identifier: MIT
"""Runtime state of one scripted fault: what it has seen, chosen and holds back."""

from collections.abc import Callable
from functools import partial

from harness.faults.connection import FaultedConnection
from harness.faults.message_selector import MessageSelector
from harness.faults.scripted import Chosen, Scripted
from harness.proxy.tasks import ChannelLost, Pending


class FaultState:
    """Counts and applies ``fault``: it has ``seen`` so many messages, was ``triggered`` so often.

    It calls ``triggered_once`` when it is triggered for the first time, ``hang`` when the server
    is to fall silent, and ``send`` with an event whose time of waiting is over.
    """

    def __init__(
        self,
        fault: Scripted,
        triggered_once: Callable[[], None],
        hang: Callable[[], None],
        send: Callable[[FaultedConnection, bytes], None],
    ) -> None:
        self.fault = fault
        self.seen = self.triggered = 0
        self._triggered_once, self._hang, self._send = triggered_once, hang, send
        self._selector, self._until = fault.selector, fault.released_by
        self._held: dict[FaultedConnection, list[bytes]] = {}
        self._waiting: dict[FaultedConnection, Pending[None]] = {}

    def __str__(self) -> str:
        words = {0: "never triggered", 1: "triggered once", 2: "triggered twice"}
        times = words.get(self.triggered, f"triggered {self.triggered} times")
        held = sum(map(len, list(self._held.values())))
        rest = f", and still holds {held} back" if held else ""
        return f"{self.fault} {times}, of {self.seen} seen{rest}"

    async def on_request(self, link: FaultedConnection, request: bytes) -> bytes | None:
        """The request that the server gets in place of one; None once it is dealt with."""
        if self._chooses(link, link.selector_of_request(request), request):
            return await self.fault.on_request(self._chosen(link, request))
        return request

    def on_message(self, link: FaultedConnection, message: bytes) -> list[bytes]:
        """The messages that the client gets in place of one."""
        selector = link.selector_of_message(message)
        if self.fault.SWAPS and link in self._held and self._matches(link, selector, message):
            return [message, *self._release(link)]
        released = self._release(link) if selector == self._until else []
        passed = [message]
        if self._chooses(link, selector, message):
            passed = self.fault.on_message(self._chosen(link, message))
        return [*passed, *released]

    def forget(self, link: FaultedConnection) -> None:
        """Drop what waits on a connection that has ended."""
        self._held.pop(link, None)
        if link in self._waiting:
            self._waiting.pop(link).fail(ChannelLost())

    def _matches(self, link: FaultedConnection, selector: MessageSelector, data: bytes) -> bool:
        """Whether this is one of the messages among which ``nth`` and ``every`` choose."""
        fault = self.fault
        if selector != self._selector or fault.client not in (None, link.link.number):
            return False
        return not fault.when or fault.when(link.decode(data, selector.kind) or data)

    def _chooses(self, link: FaultedConnection, selector: MessageSelector, data: bytes) -> bool:
        if not self._matches(link, selector, data):
            return False
        self.seen += 1
        if self.seen != self.fault.nth if self.fault.nth else self.seen % self.fault.every:
            return False
        self.triggered += 1
        if self.triggered == 1:
            self._triggered_once()
        return True

    def _chosen(self, link: FaultedConnection, data: bytes) -> Chosen:
        hold, wait = partial(self._hold, link, data), partial(self._wait, link)
        return Chosen(link, data, hang=self._hang, hold=hold, wait=wait)

    def _hold(self, link: FaultedConnection, event: bytes, seconds: float | None) -> None:
        self._held.setdefault(link, []).append(event)
        if seconds is not None:
            link.proxy.after(seconds, partial(self._send_first, link))

    async def _wait(self, link: FaultedConnection, seconds: float | None) -> None:
        pending = self._waiting[link] = Pending[None]()
        if seconds is not None:
            link.proxy.after(seconds, partial(pending.set, None))
        await pending

    def _send_first(self, link: FaultedConnection) -> None:
        if link in self._held:
            event, *rest = self._held.pop(link)
            if rest:
                self._held[link] = rest
            self._send(link, link.renumbered(event))

    def _release(self, link: FaultedConnection) -> list[bytes]:
        """Let a request that waits go on; the events held back, with current numbers."""
        if link in self._waiting:
            self._waiting.pop(link).set(None)
        return [link.renumbered(event) for event in self._held.pop(link, [])]
