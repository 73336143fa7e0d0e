# SPDX-License-Identifier: MIT
"""Commands to the driver of a server of kind ``xorg-flip``: clocks, and what it does wrong."""

from enum import StrEnum

from harness.servers.monitors.control import MonitorControl, MonitorControlError, Tick

SLOWEST_HZ, FASTEST_HZ = 0.001, 1000.0


class FlipOption(StrEnum):
    """What the driver does differently on request; 0 for each means as it should be.

    ASYNC: it can flip between frames.  FAILING_FLIPS: so many flips are refused next.
    HURRIED_FLIPS: so many are shown in the present frame instead of the next.
    LOST_VBLANKS: so many vertical blanks that are waited for next never come.  UNFLIP_DELAY:
    each way back to the screen's own pixmap takes so many frames more.  LOST_CLOCKS: the clock of
    a CRTC that is off cannot be read.  FOREIGN_FORMAT: the driver refuses flips for the format of
    the pixmap.  LARGEST_SCREEN: the screen has at most so many pixels in either direction.
    """

    ASYNC = "async"
    FAILING_FLIPS = "failing-flips"
    HURRIED_FLIPS = "hurried-flips"
    LOST_VBLANKS = "lost-vblanks"
    UNFLIP_DELAY = "unflip-delay"
    LOST_CLOCKS = "lost-clocks"
    FOREIGN_FORMAT = "foreign-format"
    LARGEST_SCREEN = "largest-screen"


class FlipControl(MonitorControl):
    """The driver of one server of kind ``xorg-flip``, whose clocks can be set too.

    There is no virtual terminal: ``switch_away`` does to the screen what the server does when
    another one is shown.  Until ``switch_back`` nothing is drawn on it and no CRTC can be set; what
    windows showed is lost, and they are exposed then.  Input devices, of which there are none,
    and the property of the root window are left out.
    Source: xf86VTLeave and xf86VTEnter in hw/xfree86/common/xf86Events.c.
    """

    def stop(self, crtc: int = 0) -> Tick:
        """Let no frame of ``crtc`` come any more."""
        return self._tick("stop", crtc)

    def step(self, crtc: int = 0, frames: int = 1) -> Tick:
        """Let the next ``frames`` of ``crtc`` come, whose clock must have been stopped."""
        return self._tick("step", crtc, frames)

    def run(self, rate: float, crtc: int = 0) -> Tick:
        """Let the frames of ``crtc`` come by themselves, ``rate`` (0.001 to 1000) in a second.

        Raises MonitorControlError for another rate.
        """
        if not SLOWEST_HZ <= rate <= FASTEST_HZ:
            raise MonitorControlError(
                f"expected a rate of {SLOWEST_HZ:g} to {FASTEST_HZ:g} frames in a second, "
                f"got {rate:g}"
            )
        return self._tick("run", crtc, round(rate * 1000))

    def restart(self) -> None:
        """Let every clock run at its rate, withdraw all faults, and switch back."""
        if self._server.alive:
            self._ask("restart", 0)

    def set(self, option: FlipOption, value: int) -> None:
        """Set one of the driver's options, for all CRTCs."""
        self._ask(option, value)
