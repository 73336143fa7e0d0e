# SPDX-License-Identifier: MIT
"""Which windows read one clock."""

import pytest

from harness.report.clocks import msc_clocks
from harness.report.presentations import Presentations
from harness.timeline.model.builder import build_history
from tests.timeline.script import PIXMAP, ROOT, WINDOW, Script

OTHER = WINDOW + 1
CRTC, OTHER_CRTC = 0x41, 0x42


def clocks(*windows: tuple[int, int, int]):
    """The clocks of windows, of each (window, target_crtc, MSC) of one presentation."""
    script = Script()
    actor = script.client("a")
    for serial, (window, crtc, msc) in enumerate(windows, start=1):
        context = actor.context + serial
        actor.create(window, ROOT).select(window=window, context=context)
        actor.present(serial, window=window, pixmap=PIXMAP + serial, target_crtc=crtc)
        actor.complete(serial, msc, window=window, context=context)
    found = msc_clocks(Presentations.of(build_history(script.timeline)))
    return [(clock.crtc, clock.windows) for clock in found]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(CRTC, CRTC, [(CRTC, (WINDOW, OTHER))], id="same"),
        pytest.param(CRTC, OTHER_CRTC, [(CRTC, (WINDOW,)), (OTHER_CRTC, (OTHER,))], id="others"),
        pytest.param(CRTC, 0, [(CRTC, (WINDOW,)), (0, (OTHER,))], id="named"),
        pytest.param(0, CRTC, [(0, (WINDOW,)), (CRTC, (OTHER,))], id="unnamed"),
        pytest.param(0, 0, [(0, (WINDOW, OTHER))], id="neither"),
    ],
)
def test_windows_that_name_one_crtc_share_its_clock(first, second, expected):
    """A window that names none shares none that was named, though its readings would fit."""
    assert clocks((WINDOW, first, 10), (OTHER, second, 11)) == expected


def test_readings_that_do_not_fit_are_of_two_clocks():
    """The later one is of an earlier frame."""
    assert clocks((WINDOW, 0, 11), (OTHER, 0, 4)) == [(0, (WINDOW,)), (0, (OTHER,))]
