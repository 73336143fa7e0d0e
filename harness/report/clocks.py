# SPDX-License-Identifier: MIT
"""The clocks that count the frames of a timeline: windows that read the same one share it."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.report.presentations import Presentations

_JITTER = 0.001
"""Seconds by which readings of one frame may differ."""


@dataclass(frozen=True, slots=True)
class CrtcClock:
    """One clock: ``readings`` are (frame MSC, s), in the order of time."""

    crtc: int
    windows: tuple[int, ...]
    readings: tuple[tuple[int, float], ...]

    @property
    def name(self) -> str:
        """``CRTC 0x41`` where a request named it, else the windows that read it."""
        if self.crtc:
            return f"CRTC {self.crtc:#x}"
        words = ", ".join(f"{window:#x}" for window in self.windows[:4])
        more = f" and {len(self.windows) - 4} more" * (len(self.windows) > 4)
        return f"window{'s' * (len(self.windows) > 1)} {words}{more}"


def msc_clocks(presentations: Presentations) -> list[CrtcClock]:
    """Every clock that was read.

    Windows share one if their requests name the same CRTC or, where they name none, if both kinds
    of readings fit on one line.
    """
    found: list[CrtcClock] = []
    for window, crtc in _windows(presentations):
        frames = presentations.frames(window)
        readings = tuple(zip(frames.frames, frames.times, strict=True))
        if not readings:
            continue
        for number, clock in enumerate(found):
            merged = tuple(sorted({*clock.readings, *readings}, key=lambda one: (one[1], one[0])))
            if crtc == clock.crtc and (crtc or _fit(merged)):
                found[number] = CrtcClock(crtc, (*clock.windows, window), merged)
                break
        else:
            found.append(CrtcClock(crtc, (window,), readings))
    return found


def _windows(presentations: Presentations) -> Iterator[tuple[int, int]]:
    """Each window with the CRTC that its presentations name, if they name one."""
    for window, lives in presentations.by_window.items():
        named = {
            one.content.target_crtc
            for life in lives
            if (one := life.presentation) is not None and life.error is None
        } - {0}
        yield window, named.pop() if len(named) == 1 else 0


def _fit(readings: tuple[tuple[int, float], ...]) -> bool:
    """Whether no later reading is of an earlier frame."""
    highest, since = 0, 0.0
    for frame, time in readings:
        if frame < highest and time - since > _JITTER:
            return False
        if frame > highest:
            highest, since = frame, time
    return True
