# SPDX-License-Identifier: MIT
"""Placing CRTCs on a screen."""

from harness.clients.randr.monitors import Mode, Monitors
from harness.errors import HarnessError


class LayoutRefused(HarnessError):
    """The server cannot place its CRTCs as a script wants."""


def lay_out(
    monitors: Monitors, screen: tuple[int, int], *rectangles: tuple[int, int, int, int]
) -> list[int]:
    """Let the first CRTCs show ``rectangles`` (x, y, width, height) of a screen of that size.

    All others are off.  Modes are created as needed, and each CRTC drives its first possible
    output.  Returns the CRTCs, in the order of the rectangles.  The server repaints the screen
    when its size changes.  Raises LayoutRefused when a CRTC fails, Unsupported when there
    are too few.
    """
    crtcs = monitors.resources(current=True).crtcs
    if len(crtcs) < len(rectangles):
        raise crtcs.too_few(len(rectangles))
    for crtc in crtcs:
        if monitors.crtc(crtc).mode:
            monitors.switch_off(crtc)
    monitors.set_screen_size(*screen)
    used = list(crtcs[: len(rectangles)])
    for crtc, (x, y, width, height) in zip(used, rectangles, strict=True):
        show(monitors, crtc, x, y, width, height)
    return used


def fill_screen(monitors: Monitors) -> None:
    """Let the first CRTC, and no other, show the whole screen, unless one does so alone.

    Some servers start a CRTC with a mode of another size.  Raises LayoutRefused.
    """
    screen = monitors.client.geometry(monitors.client.root)
    whole = (0, 0, screen.width, screen.height)
    crtcs = map(monitors.crtc, monitors.resources(current=True).crtcs)
    if [(one.x, one.y, one.width, one.height) for one in crtcs if one.mode] != [whole]:
        lay_out(monitors, (screen.width, screen.height), whole)


def show(monitors: Monitors, crtc: int, x: int, y: int, width: int, height: int) -> None:
    """Let ``crtc`` show this rectangle of the screen.  Raises LayoutRefused."""
    output = monitors.crtc(crtc).possible[0]
    mode = _mode_of(monitors, output, width, height)
    status = monitors.set_crtc(crtc, mode.id, [output], x=x, y=y).status
    if status:
        raise LayoutRefused(
            f"expected CRTC {crtc:#x} to show {width}x{height} at ({x}, {y}), "
            f"got status {status} (1 and 2: old timestamps, 3: the driver failed)"
        )


def _mode_of(monitors: Monitors, output: int, width: int, height: int) -> Mode:
    """A mode of this size that ``output`` can use."""
    modes = monitors.resources(current=True).modes
    fitting = [mode for mode in modes.values() if (mode.width, mode.height) == (width, height)]
    usable = monitors.output(output).modes
    for mode in fitting:
        if mode.id in usable:
            return mode
    mode = fitting[0] if fitting else monitors.create_mode(width, height)
    monitors.add_mode(output, mode.id)
    return mode
