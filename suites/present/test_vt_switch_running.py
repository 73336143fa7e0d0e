# SPDX-License-Identifier: MIT
"""Presentations while another virtual terminal is in front, and the clock goes on by itself."""

import pytest

from harness.capture.get_image import capture_root
from harness.pixels.canvas import Canvas
from harness.x11.present import CompleteMode
from suites.marks import SHOWN

COLOURS = ("red", "green", "blue")

pytestmark = pytest.mark.needs(
    "Present",
    flip=True,
    servers=("xorg-flip", "xorg-kms"),
    reason="a terminal that a test can leave",
)


def test_a_client_that_waits_for_each_frame_goes_on(presenter, monitor_control):
    """It gets an answer each time, with a clock that goes on; what cannot be flipped is copied,
    and after the return presentations flip (PRE-077, PRE-087, PRE-141)."""
    window = presenter.screen_window()
    clock, modes = [], []

    def frames():
        for colour in COLOURS:
            complete = window.present(window.pixmap(colour)).wait_complete()
            clock.append((complete.msc, complete.ust))
        modes.append(complete.mode)

    frames()
    monitor_control.switch_away()
    frames()
    monitor_control.switch_back()
    frames()
    assert modes == [CompleteMode.FLIP, CompleteMode.COPY, CompleteMode.FLIP]
    assert clock == sorted(clock)
    Canvas(window.width, window.height, presenter.depth, "blue").check(capture_root(presenter))


def test_what_is_queued_completes_at_its_target(presenter, monitor_control):
    """Each once, whichever terminal is in front then, and the screen shows the last one after the
    return; all pixmaps but that come back (PRE-065, PRE-087, PRE-088)."""
    window = presenter.screen_window()
    window.present(window.pixmap("white")).wait_complete()
    now = window.msc()
    shown = [
        window.present(window.pixmap(colour), target_msc=now + 60 * step)
        for step, colour in enumerate(COLOURS, start=1)
    ]
    presenter.sync()
    monitor_control.switch_away()
    for one in shown[:2]:
        assert one.wait_complete().mode in SHOWN
    monitor_control.switch_back()
    assert shown[2].wait_complete().mode in SHOWN
    for one in shown[:2]:
        one.wait_idle()
    assert [one.completes()[0].msc >= one.request.target_msc for one in shown] == [True] * 3
    Canvas(window.width, window.height, presenter.depth, "blue").check(capture_root(presenter))
