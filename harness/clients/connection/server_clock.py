# SPDX-License-Identifier: MIT
"""The server's own time, in ms, as a client can read it."""

from xcffib.xproto import CW, Atom, EventMask, PropMode

from harness.clients.connection.client import Client
from harness.clients.connection.errors import WaitTimeout
from harness.deadlines import Deadline
from harness.x11.core_events import PropertyNotify

_INPUT_ONLY = 2
_SECONDS = 10.0


class ServerClock:
    """The server's time in ms, 32 bits that wrap, from property changes of its own window."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._window = client.new_id()
        client.core.CreateWindow(
            *(0, self._window, client.root, 0, 0, 1, 1, 0, _INPUT_ONLY, 0),
            *(CW.EventMask, [EventMask.PropertyChange]),
        )

    def now(self) -> int:
        """The server's time (ms), after a round trip."""
        self.client.sync()
        since = len(self.client.events)
        self.client.core.ChangeProperty(
            PropMode.Append, self._window, Atom.WM_NAME, Atom.STRING, 8, 0, b""
        )
        self.client.sync()
        events = [event.core for event in self.client.events[since:]]
        (changed,) = [event for event in events if isinstance(event, PropertyNotify)]
        return changed.time

    def tick(self) -> int:
        """The server's time (ms) as soon as it has advanced.  Raises WaitTimeout."""
        deadline = Deadline.after(_SECONDS)
        before = self.now()
        while (now := self.now()) == before:
            if deadline.passed:
                raise WaitTimeout(f"the server's clock stands still at {before} ms")
        return now
