# SPDX-License-Identifier: MIT
"""A model of CRTCs, modes, the screen and monitors: their configuration, and the events of changes.

It knows no X server.  CRTCs and outputs go by their position in the server's lists, modes and
monitors by names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from harness.models.model_run import StepRefused
from harness.pixels.rectangle import Rectangle
from harness.x11.randr import Rotation

Notification = tuple[str | int | None, ...]
"""An event: the kind of object that changed, which one, its new state."""

_QUARTER_TURNS = Rotation.ROTATE_90 | Rotation.ROTATE_270


class RandrModelError(StepRefused):
    """An operation that the state of the model does not allow."""


@dataclass(frozen=True, slots=True)
class CrtcState:
    """The configuration of a CRTC; without a mode and outputs it is off."""

    mode: str = ""
    x: int = 0
    y: int = 0
    rotation: Rotation = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UserMonitor:
    """A monitor set by a client: its rectangle in pixels, its size in mm."""

    x: int
    y: int
    width: int
    height: int
    mm_width: int
    mm_height: int
    primary: bool
    outputs: tuple[int, ...]


@dataclass(slots=True)
class RandrModel:
    """All that requests can set: sizes of modes, states of CRTCs, the modes of each output.

    SetScreenSize changes the size of a ``resizable`` screen; any other has that of the mode set
    last.  Operations return their events, in order.
    """

    resizable: bool
    width: int
    height: int
    modes: dict[str, tuple[int, int]]
    crtcs: list[CrtcState]
    output_modes: list[tuple[str, ...]]
    primary: int | None = None
    monitors: dict[str, UserMonitor] = field(default_factory=dict)

    def area(self, state: CrtcState) -> Rectangle:
        """The rectangle of the screen that a CRTC in this state shows."""
        width, height = self.modes[state.mode]
        if state.rotation & _QUARTER_TURNS:
            width, height = height, width
        return Rectangle(state.x, state.y, width, height)

    @property
    def areas(self) -> dict[int, Rectangle]:
        """The rectangle of each CRTC that is on."""
        return {crtc: self.area(state) for crtc, state in enumerate(self.crtcs) if state.mode}

    def crtc_of(self, output: int) -> int | None:
        """The CRTC that drives this output."""
        return next((n for n, state in enumerate(self.crtcs) if output in state.outputs), None)

    def fits(self, state: CrtcState) -> bool:
        """Whether the screen holds all that a CRTC in this state shows."""
        if not self.resizable:
            return not (state.x or state.y)
        area = self.area(state)
        return area.right <= self.width and area.bottom <= self.height

    def uses(self, output: int, mode: str) -> bool:
        """Whether the output shows this mode."""
        crtc = self.crtc_of(output)
        return crtc is not None and self.crtcs[crtc].mode == mode

    def set_crtc(self, crtc: int, state: CrtcState) -> list[Notification]:
        """Set a CRTC, or switch it off.  Raises RandrModelError."""
        old, self.crtcs[crtc] = self.crtcs[crtc], CrtcState()
        refused = self._refusal(state)
        if refused:
            self.crtcs[crtc] = old
            raise RandrModelError(f"CRTC {crtc} cannot become {state}: {refused}")
        self.crtcs[crtc] = state
        if state == old:
            return []
        if state.mode and not self.resizable:
            area = self.area(state)
            self.width, self.height = area.width, area.height
        events = [
            self._screen_event(),
            self._crtc_event(crtc),
            *self._output_events({*old.outputs} ^ {*state.outputs}),
        ]
        if replace(old, outputs=()) != replace(state, outputs=()):
            events.append(self._root_event())
        return events

    def _refusal(self, state: CrtcState) -> str:
        """Why a CRTC that is off cannot be set like this; empty if it can."""
        if not state.mode:
            last = not self.resizable and not self.areas
            return "it is the last that gives the screen its size" if last else ""
        if state.mode not in self.modes:
            return "there is no such mode"
        for output in state.outputs:
            if state.mode not in self.output_modes[output]:
                return f"output {output} has no such mode"
            if self.crtc_of(output) is not None:
                return f"output {output} is in use"
        return "" if self.fits(state) else "the screen is too small"

    def resize(self, width: int, height: int) -> list[Notification]:
        """Set the size of the screen.

        Raises RandrModelError when CRTCs do not fit, or a mode determines the size.
        """
        if not self.resizable:
            raise RandrModelError("the size of the screen is that of a mode")
        if any(area.right > width or area.bottom > height for area in self.areas.values()):
            raise RandrModelError(f"CRTCs show more than {width}x{height}")
        if (width, height) == (self.width, self.height):
            return []
        self.width, self.height = width, height
        return [self._screen_event(), self._root_event()]

    def set_primary(self, output: int | None) -> list[Notification]:
        """Make an output, or none, the primary one."""
        old, self.primary = self.primary, output
        if output == old:
            return []
        changed = {one for one in (old, output) if one is not None}
        return [self._screen_event(), *self._output_events(changed), self._root_event()]

    def create_mode(self, mode: str, width: int, height: int) -> list[Notification]:
        """A new mode, of no output yet.  Raises RandrModelError when the name is taken."""
        if mode in self.modes:
            raise RandrModelError(f"there is a mode {mode} already")
        self.modes[mode] = width, height
        return []

    def destroy_mode(self, mode: str) -> list[Notification]:
        """Destroy a mode that no output lists.  Raises RandrModelError otherwise."""
        self._known(mode)
        if any(mode in output_modes for output_modes in self.output_modes):
            raise RandrModelError(f"outputs list {mode}")
        del self.modes[mode]
        return []

    def add_mode(self, output: int, mode: str) -> list[Notification]:
        """Append a mode to the list of an output.  Raises RandrModelError for an unknown mode."""
        self._known(mode)
        if mode in self.output_modes[output]:
            return []
        self.output_modes[output] += (mode,)
        return [self._screen_event(), *self._output_events([output])]

    def delete_mode(self, output: int, mode: str) -> list[Notification]:
        """Remove a mode from the list of an output; there is no event.

        Raises RandrModelError when the output does not list the mode, or shows it.
        """
        if mode not in self.output_modes[output]:
            raise RandrModelError(f"output {output} does not list {mode}")
        if self.uses(output, mode):
            raise RandrModelError(f"output {output} shows {mode}")
        self.output_modes[output] = tuple(one for one in self.output_modes[output] if one != mode)
        return []

    def set_monitor(self, name: str, monitor: UserMonitor) -> list[Notification]:
        """A further monitor, of outputs that no other has: servers differ in which one keeps them.

        Raises RandrModelError when the name or an output is taken.
        """
        taken = {output for other in self.monitors.values() for output in other.outputs}
        if name in self.monitors or taken & {*monitor.outputs}:
            raise RandrModelError(f"there is a monitor {name}, or one of its outputs, already")
        if monitor.primary:
            for other, known in self.monitors.items():
                self.monitors[other] = replace(known, primary=False)
        self.monitors[name] = monitor
        return [self._root_event()]

    def delete_monitor(self, name: str) -> list[Notification]:
        """Delete a monitor.  Raises RandrModelError for an unknown name."""
        if name not in self.monitors:
            raise RandrModelError(f"there is no monitor {name}")
        del self.monitors[name]
        return [self._root_event()]

    def _known(self, mode: str) -> None:
        if mode not in self.modes:
            raise RandrModelError(f"there is no mode {mode}")

    def output_event(self, output: int) -> Notification:
        """The event of a change of this output."""
        crtc = self.crtc_of(output)
        return "output", output, crtc, "" if crtc is None else self.crtcs[crtc].mode

    def _output_events(self, outputs: Iterable[int]) -> list[Notification]:
        return [self.output_event(output) for output in sorted(outputs)]

    def _screen_event(self) -> Notification:
        turned = self.crtcs[0].rotation & _QUARTER_TURNS
        size = (self.height, self.width) if turned else (self.width, self.height)
        return "screen", *size

    def _crtc_event(self, crtc: int) -> Notification:
        state = self.crtcs[crtc]
        if not state.mode:
            return "crtc", crtc, "", 0, 0, 0, 0
        return "crtc", crtc, state.mode, state.x, state.y, *self.modes[state.mode]

    def _root_event(self) -> Notification:
        return "root", self.width, self.height
