# SPDX-License-Identifier: MIT
"""One CRTC with one output that it can drive."""

from dataclasses import dataclass
from typing import Self

from harness.clients.randr.monitors import Crtc, CrtcReply, Mode, Monitors, Output


@dataclass(frozen=True, slots=True)
class Head:
    """A CRTC and one output that can use it, by their ids."""

    monitors: Monitors
    crtc: int
    output: int

    @classmethod
    def first(cls, monitors: Monitors) -> Self:
        """The first CRTC that is on, and its first output.

        Raises LookupError if all are off, Unsupported if there is none.
        """
        crtcs = monitors.known().crtcs
        if not crtcs:
            raise crtcs.too_few(1)
        for id in crtcs:
            crtc = monitors.crtc(id)
            if crtc.mode:
                return cls(monitors, id, crtc.outputs[0])
        raise LookupError("no CRTC of this server is on")

    @classmethod
    def all(cls, monitors: Monitors) -> list[Self]:
        """Each CRTC in the server's order, with the first output that can use it."""
        crtcs = [monitors.crtc(id) for id in monitors.known().crtcs]
        return [cls(monitors, crtc.id, crtc.possible[0]) for crtc in crtcs if crtc.possible]

    @property
    def info(self) -> Crtc:
        return self.monitors.crtc(self.crtc)

    @property
    def output_info(self) -> Output:
        return self.monitors.output(self.output)

    def add_mode(self, width: int, height: int, name: str | None = None) -> Mode:
        """A new mode that the output can have, after a round trip."""
        mode = self.monitors.create_mode(width, height, name)
        self.monitors.add_mode(self.output, mode.id)
        self.monitors.client.sync()
        return mode

    def set(self, mode: int, x: int = 0, y: int = 0, **arguments: int) -> CrtcReply:
        """SetCrtcConfig with this head's output; ``arguments`` are those of ``set_crtc``."""
        return self.monitors.set_crtc(self.crtc, mode, [self.output], x=x, y=y, **arguments)

    def off(self) -> CrtcReply:
        return self.monitors.switch_off(self.crtc)
