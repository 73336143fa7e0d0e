# SPDX-License-Identifier: MIT
"""What RANDR lets clients change for good, read once and put back later."""

from dataclasses import dataclass
from typing import Any, Self

from harness.clients.connection.requests import GeometryReply
from harness.clients.randr.monitors import Crtc, Monitor, Monitors
from harness.clients.randr.output_properties import OutputProperties, PropertyConfiguration, Value
from harness.clients.randr.transform import Panning, Transform

_Property = tuple[PropertyConfiguration, Value]
_Gamma = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class SavedScreen:
    """The configuration of a screen: its size, CRTCs, outputs, modes and monitors.

    ``crtcs`` without timestamps; of each CRTC also its panning, transform and gamma, of each
    output its modes and its properties in the server's order.
    """

    root: GeometryReply
    millimeters: tuple[int, int]
    modes: frozenset[int]
    crtcs: dict[int, Crtc]
    panning: dict[int, Panning]
    transforms: dict[int, Transform]
    gamma: dict[int, _Gamma]
    output_modes: dict[int, tuple[int, ...]]
    properties: dict[int, dict[int, _Property]]
    primary: int
    monitors: tuple[Monitor, ...]

    @classmethod
    def of(cls, monitors: Monitors) -> Self:
        """The current configuration; the hardware is polled only if it never was."""
        client, resources = monitors.client, monitors.known()
        screen, crtcs = client.screen, {id: monitors.crtc(id) for id in resources.crtcs}
        return cls(
            root=client.geometry(client.root),
            millimeters=(screen.width_in_millimeters, screen.height_in_millimeters),
            modes=frozenset(resources.modes),
            crtcs=crtcs,
            panning={id: _panning(monitors, id) for id in crtcs},
            transforms={id: monitors.transforms(id).pending for id in crtcs},
            gamma={id: _gamma(monitors, id) for id in crtcs},
            output_modes={id: monitors.output(id).modes for id in resources.outputs},
            properties={id: _properties(monitors, id) for id in resources.outputs},
            primary=monitors.primary(),
            monitors=tuple(one for one in monitors.monitors() if not one.automatic),
        )

    def restore(self, monitors: Monitors) -> None:
        """Put back what differs now.  What the server refuses stays as it is."""
        with monitors.client.catch_errors():
            self._restore(monitors, SavedScreen.of(monitors))
            monitors.client.sync()

    def _restore(self, monitors: Monitors, now: "SavedScreen") -> None:
        for monitor in now.monitors:
            if monitor not in self.monitors:
                monitors.delete_monitor(monitor.name)
        for monitor in self.monitors:
            if monitor not in now.monitors:
                monitors.set_monitor(monitor)
        for output, modes in self.output_modes.items():
            for mode in modes:
                if mode not in now.output_modes.get(output, modes):
                    monitors.add_mode(output, mode)
        self._restore_crtcs(monitors, now)
        for output, modes in now.output_modes.items():
            for mode in modes:
                if mode not in self.output_modes.get(output, modes):
                    monitors.delete_mode(output, mode)
        for mode in now.modes - self.modes:
            monitors.destroy_mode(mode)
        for output, known in self.properties.items():
            if (changed := now.properties.get(output, known)) != known:
                _restore_properties(OutputProperties(monitors.client, output), changed, known)
        if now.primary != self.primary:
            monitors.set_primary(self.primary)

    def _restore_crtcs(self, monitors: Monitors, now: "SavedScreen") -> None:
        for id, transform in self.transforms.items():
            if now.transforms.get(id, transform) != transform:
                monitors.set_transform(id, transform)
        moved = [id for id, crtc in self.crtcs.items() if _setting(now, id) != _setting(self, id)]
        resized = (now.root.width, now.root.height) != (self.root.width, self.root.height)
        for id in self.crtcs if resized else moved:
            monitors.switch_off(id)
        if resized:
            monitors.set_screen_size(self.root.width, self.root.height, *self.millimeters)
        for id in self.crtcs if resized else moved:
            crtc = self.crtcs[id]
            if crtc.mode:
                place = {"x": crtc.x, "y": crtc.y, "rotation": crtc.rotation}
                monitors.set_crtc(id, crtc.mode, crtc.outputs, **place)
        for id, panning in self.panning.items():
            if now.panning.get(id, panning) != panning:
                monitors.set_panning(id, panning)
        for id, ramps in self.gamma.items():
            if now.gamma.get(id, ramps) != ramps:
                monitors.requests.SetCrtcGamma(id, len(ramps[0]), *map(list, ramps))


def _setting(screen: SavedScreen, id: int) -> tuple[object, ...]:
    crtc = screen.crtcs.get(id)
    return () if crtc is None else (crtc.x, crtc.y, crtc.mode, crtc.rotation, crtc.outputs)


def _panning(monitors: Monitors, crtc: int) -> Panning:
    with monitors.client.catch_errors():
        return monitors.panning(crtc)
    return Panning()


def _gamma(monitors: Monitors, crtc: int) -> _Gamma:
    reply: Any = monitors.requests.GetCrtcGamma(crtc).reply()
    return tuple(reply.red), tuple(reply.green), tuple(reply.blue)


def _properties(monitors: Monitors, output: int) -> dict[int, _Property]:
    properties = OutputProperties(monitors.client, output)
    return {name: (properties.query(name), properties.get(name)) for name in properties.names()}


def _restore_properties(
    properties: OutputProperties, now: dict[int, _Property], known: dict[int, _Property]
) -> None:
    """Properties are listed newest first: in another order all are made again, oldest first."""
    if list(now) != list(known):
        for name in now:
            properties.delete(name)
        now = {}
    for name, (configuration, value) in reversed(known.items()):
        old = now.get(name)
        if old is None or old[0] != configuration:
            properties.configure(
                name, configuration.values, pending=configuration.pending, range=configuration.range
            )
        if value.type and (old is None or old[1] != value):
            properties.change(name, value.type, value.format, value.data)
