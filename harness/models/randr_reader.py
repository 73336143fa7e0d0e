# SPDX-License-Identifier: MIT
"""The RANDR state and events of a server in the terms of the model."""

from harness.clients.randr.monitors import Monitor, Monitors
from harness.clients.randr.observer import ObservedEvent
from harness.models.randr_model import CrtcState, Notification, RandrModel, UserMonitor
from harness.x11 import randr
from harness.x11.core_events import ConfigureNotify

MOST = 3
"""The number of CRTCs and outputs, of those that there are, that models hold."""


class RandrReader:
    """Ids and names of one screen: CRTCs and outputs by position, ``modes`` are ids by name."""

    def __init__(self, monitors: Monitors) -> None:
        self.monitors = monitors
        self._client = monitors.client
        self._atoms: dict[int, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the lists again, and name the server's modes."""
        resources = self.monitors.resources()
        self.crtcs, self.outputs = resources.crtcs[:MOST], resources.outputs[:MOST]
        self.modes = {f"mode-{n}": mode for n, mode in enumerate(resources.modes)}

    def model(self, resizable: bool) -> RandrModel:
        """The current state of the server."""
        resources = self.monitors.resources(current=True)
        root = self._client.geometry(self._client.root)
        monitors = [one for one in self.monitors.monitors() if not one.automatic]
        return RandrModel(
            resizable=resizable,
            width=root.width,
            height=root.height,
            modes={self.mode_name(id): (m.width, m.height) for id, m in resources.modes.items()},
            crtcs=[self._crtc_state(id) for id in self.crtcs],
            output_modes=[
                tuple(map(self.mode_name, self.monitors.output(id).modes)) for id in self.outputs
            ],
            primary=_position(self.outputs, self.monitors.primary()),
            monitors={self.monitor_name(one): self._user_monitor(one) for one in monitors},
        )

    def notification(self, event: ObservedEvent) -> Notification:
        """An event in the terms of the model."""
        match event:
            case ConfigureNotify():
                return "root", event.width, event.height
            case randr.ScreenChangeNotify():
                return "screen", event.width, event.height
            case randr.CrtcChangeNotify():
                crtc, mode = _position(self.crtcs, event.crtc), self.mode_name(event.mode)
                return "crtc", crtc, mode, event.x, event.y, event.width, event.height
            case randr.OutputChangeNotify():
                output = _position(self.outputs, event.output)
                crtc, mode = _position(self.crtcs, event.crtc), self.mode_name(event.mode)
                return "output", output, crtc, mode
        return (type(event).__name__,)

    def mode_name(self, id: int) -> str:
        """The name of a mode; empty for none, the id in words for an unknown one."""
        if not id:
            return ""
        return next((name for name, known in self.modes.items() if known == id), f"{id:#x}")

    def monitor_name(self, monitor: Monitor) -> str:
        if monitor.name not in self._atoms:
            name = self._client.core.GetAtomName(monitor.name).reply().name
            self._atoms[monitor.name] = b"".join(name).decode("latin-1")
        return self._atoms[monitor.name]

    def output_id(self, position: int | None) -> int:
        return 0 if position is None else self.outputs[position]

    def positions(self, outputs: tuple[int, ...]) -> tuple[int, ...]:
        """The positions of these outputs in the server's list, in its order."""
        return tuple(n for n, id in enumerate(self.outputs) if id in outputs)

    def _crtc_state(self, id: int) -> CrtcState:
        crtc = self.monitors.crtc(id)
        outputs = self.positions(crtc.outputs)
        if not crtc.mode:
            return CrtcState(outputs=outputs)
        return CrtcState(self.mode_name(crtc.mode), crtc.x, crtc.y, crtc.rotation, outputs)

    def _user_monitor(self, one: Monitor) -> UserMonitor:
        size = one.width, one.height, one.mm_width, one.mm_height
        return UserMonitor(one.x, one.y, *size, one.primary, self.positions(one.outputs))


def _position(ids: tuple[int, ...], id: int) -> int | None:
    """The position of an id; None for 0, the id itself for one that models do not hold."""
    if id in ids:
        return ids.index(id)
    return id or None
