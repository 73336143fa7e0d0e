# SPDX-License-Identifier: MIT
"""Captures of what a CRTC scans out, of servers whose driver tells: ``xorg-flip``, ``xorg-kms``."""

import numpy as np

from harness.capture.zpixmap import CaptureError, RowLayout
from harness.clients.connection.endpoint import Endpoint
from harness.clients.randr.monitors import Monitors
from harness.pixels.canvas import Canvas
from harness.pixels.frame import Frame, FrameSource
from harness.servers.monitors.control import MonitorControl
from harness.servers.monitors.scanned_out import CURSOR_SIZE, ScannedOut
from harness.x11.encoding import NATIVE


def control_of(server: Endpoint) -> MonitorControl | None:
    """The commands of what drives the monitors of ``server``; None for servers of other kinds."""
    return getattr(server, "monitor_control", None)


def capture_scanned_out(monitors: Monitors, crtc: int, *, pointer: bool = False) -> Frame | None:
    """What the CRTC with the id ``crtc`` scans out, as large as its mode; None without the driver.

    It is turned and scaled as the monitor shows it, and black beyond the screen.  ``pointer`` adds
    the cursor where the driver shows it.  The gamma ramps are not applied.
    """
    control = control_of(monitors.client.server)
    if control is None:
        return None
    # RANDR lists that of the primary output first; ids follow the driver's order.
    number = sorted(monitors.resources().crtcs).index(crtc)
    monitors.client.sync()
    return frame_of(control.scanout(number), pointer=pointer)


def frame_of(shown: ScannedOut, *, pointer: bool = False) -> Frame:
    """The picture of a CRTC.  Raises CaptureError for one that is off."""
    if not shown.on:
        raise CaptureError("expected a CRTC that scans out; it is off: give it a mode")
    layout = RowLayout(shown.depth, shown.width, shown.bits_per_pixel, shown.stride, NATIVE)
    frame = Frame(layout.pixels(shown.data, shown.height), shown.depth, FrameSource.CRTC)
    cursor = shown.cursor
    if not pointer or not cursor.shown:
        return frame
    sprite = np.frombuffer(cursor.image, np.uint32).reshape(CURSOR_SIZE, CURSOR_SIZE)
    canvas = Canvas(frame.width, frame.height, frame.depth).paste(frame.pixels)
    canvas.blend(sprite, cursor.x, cursor.y)
    return Frame(canvas.frame.raw, frame.depth, FrameSource.CRTC)
