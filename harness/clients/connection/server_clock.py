# SPDX-License-Identifier: MIT
"""The server's own time, in ms, as a client can read it."""

import struct

from xcffib.xproto import CW, Atom, EventMask, PropMode

from harness.clients.connection.client import Client
from harness.clients.connection.errors import WaitTimeout
from harness.deadlines import Deadline

_INPUT_ONLY = 2
_SECONDS = 10.0


class ServerClock:
    """Reads the time off the property changes of a window of its own."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._window = client.new_id()
        client.core.CreateWindow(
            *(0, self._window, client.root, 0, 0, 1, 1, 0, _INPUT_ONLY, 0),
            *(CW.EventMask, [EventMask.PropertyChange]),
        )

    def now(self) -> int:
        """The server's time, after a round trip."""
        self.client.sync()
        since = len(self.client.events)
        self.client.core.ChangeProperty(
            PropMode.Append, self._window, Atom.WM_NAME, Atom.STRING, 8, 0, b""
        )
        self.client.sync()
        (event,) = (e for e in self.client.events[since:] if e.name == "PropertyNotify")
        (time,) = struct.unpack_from("=I", event.data, 12)
        return int(time)

    def tick(self) -> int:
        """The server's time as soon as it is another than it was; raises WaitTimeout."""
        deadline = Deadline.after(_SECONDS)
        before = self.now()
        while (now := self.now()) == before:
            if deadline.passed:
                raise WaitTimeout(f"the server's clock stands still at {before} ms")
        return now
