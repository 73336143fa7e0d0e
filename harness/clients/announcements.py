# SPDX-License-Identifier: MIT
"""What a server tells one client about its monitors, in the order in which it says it."""

import struct
from dataclasses import dataclass

from xcffib.xproto import CW, EventMask

from harness.clients.monitors import Monitors
from harness.protocol import randr


@dataclass(frozen=True, slots=True)
class RootConfigured:
    """A ConfigureNotify of the root window, with the root's size."""

    width: int
    height: int


Announcement = randr.Event | RootConfigured


class Announcements:
    """The RANDR events of ``mask`` and, with ``root``, each ConfigureNotify of the root window.

    They count from the creation of this object on.
    """

    def __init__(
        self, monitors: Monitors, mask: int = randr.ALL_EVENTS, *, root: bool = True
    ) -> None:
        self.monitors = monitors
        client = monitors.client
        if root:
            client.core.ChangeWindowAttributes(
                client.root, CW.EventMask, [EventMask.StructureNotify]
            )
        monitors.select(mask)
        self.forget()

    def forget(self) -> None:
        """Leave out what came so far, and what the server still owes since its start."""
        # A server tells what changed at its start together with the first change after it.
        outputs, primary = self.monitors.resources(current=True).outputs, self.monitors.primary()
        for output in (0 if primary else outputs[0], primary):
            self.monitors.set_primary(output)
        self.monitors.client.sync()
        self._since = len(self.monitors.client.events)

    def new(self) -> list[Announcement]:
        """What came since the last call, after a round trip."""
        client = self.monitors.client
        client.sync()
        first = client.numbers(randr.EXTENSION).first_event
        entries = client.events[self._since :]
        self._since += len(entries)
        found: list[Announcement] = []
        for entry in entries:
            if entry.name == "ConfigureNotify":
                window, width, height = struct.unpack_from("=I8x2H", entry.data, 8)
                if window == client.root:
                    found.append(RootConfigured(width, height))
            elif entry.name.startswith(f"{randr.EXTENSION}:"):
                event = randr.decode_event((entry.data[0] & 0x7F) - first, entry.data)
                if event is not None:
                    found.append(event)
        return found
