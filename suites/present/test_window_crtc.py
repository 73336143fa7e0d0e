# SPDX-License-Identifier: MIT
"""Windows that go from one CRTC to another, whose clocks differ: their own MSC goes on."""

import pytest

from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.servers.flip.control import FlipOption
from suites.marks import SHOWN

pytestmark = [
    pytest.mark.xserver(size=(640, 480)),
    pytest.mark.needs(
        *("Present", "RANDR"),
        crtcs=2,
        servers=("xorg-flip",),
        reason="clocks that a test can step",
    ),
]

LEFT, RIGHT = (20, 30), (340, 30)
"""Places of a window on the first CRTC, and on the second one."""


@pytest.fixture
def clocks(presenter, flip_control):
    """Two CRTCs side by side whose clocks stand still, 40 frames apart."""
    first, second, *_ = Head.all(Monitors(presenter))
    mode = first.add_mode(320, 480)
    second.monitors.add_mode(second.output, mode.id)
    assert first.set(mode.id).status == 0
    assert second.set(mode.id, 320).status == 0
    for crtc in (0, 1):
        flip_control.stop(crtc)
    apart = flip_control.clock(0).msc + 40 - flip_control.clock(1).msc
    if apart > 0:
        flip_control.step(1, frames=apart)
    return flip_control


def test_the_msc_of_a_window_goes_on_when_it_changes_its_crtc(presenter, clocks):
    """It continues from that of the old CRTC, there and back, and counts the frames of the one
    that shows the window (PRE-084)."""
    window = presenter.window(64, 48, x=LEFT[0], y=LEFT[1])
    at = window.msc()
    assert at == clocks.clock(0).msc
    for place, crtc, frames in [(RIGHT, 1, 3), (LEFT, 0, 5), (RIGHT, 1, 2), (RIGHT, 1, 4)]:
        window.move(*place)
        # The server looks for the CRTC of a window when something is presented to it.
        shown = window.present(window.pixmap("red"))
        assert window.msc() == at
        clocks.step(1 - crtc, frames=7)
        assert window.msc() == at
        assert not shown.completes()
        clocks.step(crtc, frames=frames)
        [complete] = shown.completes()
        assert complete.msc == at + 1
        at += frames
        assert window.msc() == at


def test_a_window_that_changes_its_crtc_is_shown_at_its_target(presenter, clocks):
    """The target is one of the window's own MSC; a presentation that was queued before stays with
    the CRTC that it was queued for (PRE-084, PRE-065)."""
    window = presenter.window(64, 48, x=LEFT[0], y=LEFT[1])
    at = window.msc()
    queued = window.present(window.pixmap("red"), target_msc=at + 3)
    presenter.sync()
    window.move(*RIGHT)
    now = window.msc()
    later = window.present(window.pixmap("green"), target_msc=now + 4)
    presenter.sync()
    clocks.step(1, frames=3)
    assert not queued.completes()
    assert not later.completes()
    clocks.step(0, frames=3)
    [complete] = queued.completes()
    assert (complete.msc, complete.mode in SHOWN) == (at + 3, True)
    assert not later.completes()
    clocks.step(1)
    [complete] = later.completes()
    assert (complete.msc, complete.mode in SHOWN) == (now + 4, True)
    assert window.pixel() == window.value("green")


def test_a_target_crtc_has_its_own_clock(presenter, clocks):
    """A presentation that names a CRTC waits for that one, wherever the window is (PRE-084)."""
    window = presenter.window(64, 48, x=LEFT[0], y=LEFT[1])
    at = window.msc()
    crtcs = Monitors(presenter).known().crtcs
    shown = window.present(window.pixmap("red"), target_msc=at + 2, target_crtc=crtcs[1])
    presenter.sync()
    clocks.step(0, frames=9)
    assert not shown.completes()
    clocks.step(1, frames=2)
    [complete] = shown.completes()
    assert complete.mode in SHOWN


def test_the_msc_of_a_window_goes_on_when_its_crtc_is_switched_off(presenter, clocks):
    """From what was told last, where the driver can no longer read that clock (PRE-185)."""
    clocks.set(FlipOption.LOST_CLOCKS, 1)
    _, second = Head.all(Monitors(presenter))[:2]
    window = presenter.window(64, 48, x=RIGHT[0], y=RIGHT[1])
    clocks.step(1, frames=5)
    at = window.msc()
    assert at == clocks.clock(1).msc
    assert second.off().status == 0
    window.move(*LEFT)
    shown = window.present(window.pixmap("red"))
    assert window.msc() == at
    clocks.step(0, frames=3)
    [complete] = shown.completes()
    assert (complete.msc, complete.mode in SHOWN) == (at + 1, True)
    assert window.msc() == at + 3
