# SPDX-License-Identifier: MIT
"""A model of CRTCs, modes, the screen and monitors: what is set, and what is told of changes.

It knows no X server.  CRTCs and outputs go by their place in the server's lists, modes and
monitors by names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from harness.models.step import StepRefused
from harness.pixels.rectangle import Rectangle
from harness.x11.randr import Rotation

Notifications = tuple[str | int | None, ...]
"""What is told of a change: which kind of thing changed, which one, how it is now."""

_QUARTER_TURNS = Rotation.ROTATE_90 | Rotation.ROTATE_270


class RandrModelError(StepRefused):
    """An operation that the arrangement's present state does not allow."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a CRTC is set to; without a mode and outputs it is off."""

    mode: str = ""
    x: int = 0
    y: int = 0
    rotation: Rotation = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UserMonitor:
    """A monitor that a client has set: its place in pixels, its size in mm."""

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
    """All that requests can set: sizes of modes, what CRTCs show, ``listed`` modes of outputs.

    The screen has a size that clients set, if it is ``free``; else that of the mode set last.
    Operations return what is told of them, in order, and raise RandrModelError.
    """

    free: bool
    width: int
    height: int
    modes: dict[str, tuple[int, int]]
    crtcs: list[Shown]
    listed: list[tuple[str, ...]]
    primary: int | None = None
    monitors: dict[str, UserMonitor] = field(default_factory=dict)

    def area(self, shown: Shown) -> Rectangle:
        """The rectangle of the screen that is shown."""
        width, height = self.modes[shown.mode]
        if shown.rotation & _QUARTER_TURNS:
            width, height = height, width
        return Rectangle(shown.x, shown.y, width, height)

    @property
    def areas(self) -> dict[int, Rectangle]:
        """What each CRTC shows that is on."""
        return {crtc: self.area(shown) for crtc, shown in enumerate(self.crtcs) if shown.mode}

    def crtc_of(self, output: int) -> int | None:
        """The CRTC that shows something on this output."""
        return next((n for n, shown in enumerate(self.crtcs) if output in shown.outputs), None)

    def fits(self, shown: Shown) -> bool:
        """Whether the screen holds all of it."""
        if not self.free:
            return not (shown.x or shown.y)
        area = self.area(shown)
        return area.right <= self.width and area.bottom <= self.height

    def uses(self, output: int, mode: str) -> bool:
        """Whether the output shows this mode."""
        crtc = self.crtc_of(output)
        return crtc is not None and self.crtcs[crtc].mode == mode

    # Operations

    def show(self, crtc: int, shown: Shown) -> list[Notifications]:
        """Set a CRTC, or switch it off."""
        old, self.crtcs[crtc] = self.crtcs[crtc], Shown()
        refused = self._refusal(shown)
        if refused:
            self.crtcs[crtc] = old
            raise RandrModelError(f"CRTC {crtc} cannot become {shown}: {refused}")
        self.crtcs[crtc] = shown
        if shown == old:
            return []
        if shown.mode and not self.free:
            area = self.area(shown)
            self.width, self.height = area.width, area.height
        news = [
            self._screen_news(),
            self._crtc_news(crtc),
            *self._output_news({*old.outputs} ^ {*shown.outputs}),
        ]
        if replace(old, outputs=()) != replace(shown, outputs=()):
            news.append(self._root_news())
        return news

    def _refusal(self, shown: Shown) -> str:
        """Why a CRTC that is off cannot be set like this; empty if it can."""
        if not shown.mode:
            last = not self.free and not self.areas
            return "it is the last that gives the screen its size" if last else ""
        if shown.mode not in self.modes:
            return "there is no such mode"
        for output in shown.outputs:
            if shown.mode not in self.listed[output]:
                return f"output {output} has no such mode"
            if self.crtc_of(output) is not None:
                return f"output {output} is in use"
        return "" if self.fits(shown) else "the screen is too small"

    def resize(self, width: int, height: int) -> list[Notifications]:
        """Give the screen another size."""
        if not self.free:
            raise RandrModelError("the size of the screen is that of a mode")
        if any(area.right > width or area.bottom > height for area in self.areas.values()):
            raise RandrModelError(f"CRTCs show more than {width}x{height}")
        if (width, height) == (self.width, self.height):
            return []
        self.width, self.height = width, height
        return [self._screen_news(), self._root_news()]

    def choose(self, output: int | None) -> list[Notifications]:
        """Make an output, or none, the primary one."""
        old, self.primary = self.primary, output
        if output == old:
            return []
        changed = {one for one in (old, output) if one is not None}
        return [self._screen_news(), *self._output_news(changed), self._root_news()]

    def create_mode(self, mode: str, width: int, height: int) -> list[Notifications]:
        if mode in self.modes:
            raise RandrModelError(f"there is a mode {mode} already")
        self.modes[mode] = width, height
        return []

    def destroy_mode(self, mode: str) -> list[Notifications]:
        self._known(mode)
        if any(mode in listed for listed in self.listed):
            raise RandrModelError(f"outputs list {mode}")
        del self.modes[mode]
        return []

    def add_mode(self, output: int, mode: str) -> list[Notifications]:
        """Append a mode to the list of an output."""
        self._known(mode)
        if mode in self.listed[output]:
            return []
        self.listed[output] += (mode,)
        return [self._screen_news(), *self._output_news([output])]

    def delete_mode(self, output: int, mode: str) -> list[Notifications]:
        """Take a mode off the list of an output that does not show it; nothing is told."""
        if mode not in self.listed[output]:
            raise RandrModelError(f"output {output} does not list {mode}")
        if self.uses(output, mode):
            raise RandrModelError(f"output {output} shows {mode}")
        self.listed[output] = tuple(one for one in self.listed[output] if one != mode)
        return []

    def set_monitor(self, name: str, monitor: UserMonitor) -> list[Notifications]:
        """A further monitor, of outputs that no other one has: servers differ in who keeps them."""
        taken = {output for other in self.monitors.values() for output in other.outputs}
        if name in self.monitors or taken & {*monitor.outputs}:
            raise RandrModelError(f"there is a monitor {name}, or one of its outputs, already")
        if monitor.primary:
            for other, known in self.monitors.items():
                self.monitors[other] = replace(known, primary=False)
        self.monitors[name] = monitor
        return [self._root_news()]

    def delete_monitor(self, name: str) -> list[Notifications]:
        if name not in self.monitors:
            raise RandrModelError(f"there is no monitor {name}")
        del self.monitors[name]
        return [self._root_news()]

    def _known(self, mode: str) -> None:
        if mode not in self.modes:
            raise RandrModelError(f"there is no mode {mode}")

    # What is told

    def output_news(self, output: int) -> Notifications:
        crtc = self.crtc_of(output)
        return "output", output, crtc, "" if crtc is None else self.crtcs[crtc].mode

    def _output_news(self, outputs: Iterable[int]) -> list[Notifications]:
        return [self.output_news(output) for output in sorted(outputs)]

    def _screen_news(self) -> Notifications:
        turned = self.crtcs[0].rotation & _QUARTER_TURNS
        size = (self.height, self.width) if turned else (self.width, self.height)
        return "screen", *size

    def _crtc_news(self, crtc: int) -> Notifications:
        shown = self.crtcs[crtc]
        if not shown.mode:
            return "crtc", crtc, "", 0, 0, 0, 0
        return "crtc", crtc, shown.mode, shown.x, shown.y, *self.modes[shown.mode]

    def _root_news(self) -> Notifications:
        return "root", self.width, self.height
