# SPDX-License-Identifier: MIT
"""Events about the screen, those of RANDR and the root's ConfigureNotify in one list."""

from xcffib.xproto import CW, EventMask

from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.x11 import randr
from harness.x11.core_events import ConfigureNotify

ObservedEvent = randr.Event | ConfigureNotify


def root_configured(client: Client) -> ConfigureNotify:
    """The ConfigureNotify that the root window sends at its current size."""
    root, size = client.root, client.geometry(client.root)
    return ConfigureNotify(root, root, 0, 0, 0, size.width, size.height, 0, False)


class Observer:
    """Selects ``mask`` on the root, and with ``root`` the root's own ConfigureNotify.

    Events that the server still owes from its start are left out, unless ``drained`` is false.
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
        self._taken = len(client.events)

    def forget(self) -> None:
        """Discard the events so far, including those still pending in the server."""
        provoke(self.monitors)
        self._taken = len(self._client.events)

    def take(self) -> list[ObservedEvent]:
        """The events since the last call, oldest first, after a round trip."""
        self._client.sync()
        since, self._taken = self._taken, len(self._client.events)
        events: list[ObservedEvent] = []
        for entry in self._client.events[since:]:
            if isinstance(core := entry.core, ConfigureNotify):
                events.append(core)
            elif (event := self.monitors.decode(entry)) is not None:
                events.append(event)
        return events


def provoke(monitors: Monitors) -> None:
    """Make the server send its pending events: set another primary output, and set it back."""
    primary = monitors.primary()
    other = 0 if primary else monitors.known().outputs[0]
    monitors.set_primary(other)
    monitors.set_primary(primary)
    monitors.client.sync()
