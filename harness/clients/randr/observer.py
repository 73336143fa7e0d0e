# SPDX-License-Identifier: MIT
"""A client that hears what changes about the screen, RANDR's events and the core's in one list."""

import struct
from dataclasses import dataclass
from typing import Self

from xcffib.xproto import CW, EventMask

from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.x11 import randr

CONFIGURE_NOTIFY = "ConfigureNotify"


@dataclass(frozen=True, slots=True)
class RootConfigured:
    """A core ConfigureNotify of the root window, heard at window ``event``."""

    event: int
    window: int
    above: int
    x: int
    y: int
    width: int
    height: int
    border_width: int
    override: bool

    @classmethod
    def of(cls, client: Client) -> Self:
        """What the root of this client's screen, as large as it is now, tells of itself."""
        root, size = client.root, client.geometry(client.root)
        return cls(root, root, 0, 0, 0, size.width, size.height, 0, False)


Heard = randr.Event | RootConfigured


class Observer:
    """Selects ``mask`` on the root, and with ``root`` the root's own ConfigureNotify.

    What a server still has to tell from its start does not reach it, unless ``drained`` is
    false.
    """

    def __init__(
        self,
        monitors: Monitors,
        mask: int = randr.ALL_EVENTS,
        *,
        root: bool = True,
        drained: bool = True,
    ) -> None:
        self.monitors = monitors
        self._client = client = monitors.client
        if root:
            client.core.ChangeWindowAttributes(
                client.root, CW.EventMask, [EventMask.StructureNotify]
            )
        monitors.select(mask)
        if drained:
            provoke(monitors)
        client.sync()
        self._heard = len(client.events)

    def forget(self) -> None:
        """Leave out what came so far, and what the server still owes."""
        provoke(self.monitors)
        self._heard = len(self._client.events)

    def heard(self) -> list[Heard]:
        """The events since the last call, oldest first, after a round trip."""
        self._client.sync()
        since, self._heard = self._heard, len(self._client.events)
        first = self._client.numbers(randr.EXTENSION).first_event
        events: list[Heard] = []
        for entry in self._client.events[since:]:
            if entry.name == CONFIGURE_NOTIFY:
                events.append(_root_configured(entry.data))
            elif entry.name.startswith(f"{randr.EXTENSION}:"):
                event = randr.decode_event((entry.data[0] & 0x7F) - first, entry.data)
                if event is not None:
                    events.append(event)
        return events


def provoke(monitors: Monitors) -> None:
    """Let the server tell whatever it has not told yet; all is afterwards as it was before."""
    primary = monitors.primary()
    other = 0 if primary else monitors.known().outputs[0]
    monitors.set_primary(other)
    monitors.set_primary(primary)
    monitors.client.sync()


def _root_configured(data: bytes) -> RootConfigured:
    event, window, above, x, y, width, height, border, override = struct.unpack_from(
        "=3I2h3HB", data, 4
    )
    return RootConfigured(event, window, above, x, y, width, height, border, bool(override))
