# SPDX-License-Identifier: MIT
"""Small tests of RANDR on one CRTC, good on every good server; faults make them fail."""

import pytest
from xcffib.xproto import CW, EventMask

from harness.clients.randr.monitors import Monitor, Monitors
from harness.x11 import randr
from harness.x11.randr import NotifyMask

pytestmark = [pytest.mark.xserver(size=(160, 120)), pytest.mark.needs("RANDR")]


@pytest.fixture
def monitors(presenter):
    """All events are selected on the root, and events left over from the start have come."""
    monitors = Monitors(presenter)
    presenter.core.ChangeWindowAttributes(presenter.root, CW.EventMask, [EventMask.StructureNotify])
    presenter.geometry(presenter.root)
    monitors.select()
    output = monitors.resources().outputs[0]
    monitors.set_primary(output)
    presenter.sync()
    return monitors


@pytest.fixture
def crtc(monitors):
    """The CRTC, on."""
    return monitors.crtc(monitors.resources().crtcs[0])


def switch_on(monitors, crtc, **more):
    return monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, **more)


def smaller(monitors, crtc):
    """The CRTC shows less than the screen."""
    mode = monitors.create_mode(80, 60)
    monitors.add_mode(crtc.outputs[0], mode.id)
    monitors.set_crtc(crtc.id, mode.id, crtc.outputs)
    return mode


def test_off_and_on(monitors, crtc):
    """A CRTC is switched off and on, twice, and set as it is."""
    for _ in range(2):
        monitors.switch_off(crtc.id)
        switch_on(monitors, crtc)
    switch_on(monitors, crtc)
    monitors.client.sync()


def test_two_watchers(monitors, crtc, connect):
    """Two clients get the event of a CRTC with another mode."""
    mode = monitors.create_mode(80, 60)
    monitors.add_mode(crtc.outputs[0], mode.id)
    other = Monitors(connect("other"))
    other.select()
    other.client.sync()
    monitors.set_crtc(crtc.id, mode.id, crtc.outputs)
    for watcher in (monitors, other, monitors):
        watcher.client.sync()


def test_screen_shrinks(monitors, crtc):
    """The screen becomes smaller, and smaller once more."""
    smaller(monitors, crtc)
    for size in ((120, 100), (100, 80)):
        monitors.set_screen_size(*size)
    monitors.client.sync()


def test_only_screen_selected(monitors, crtc):
    """Only ScreenChange comes."""
    monitors.select(NotifyMask.SCREEN_CHANGE)
    monitors.switch_off(crtc.id)
    monitors.client.sync()


def test_deselected(monitors, crtc):
    """Nothing comes any more."""
    monitors.select(0)
    monitors.switch_off(crtc.id)
    monitors.client.sync()


def test_destroyed_window(monitors, crtc):
    """A window that was destroyed gets nothing."""
    window = monitors.client.window(10, 10, events=0)
    monitors.select(randr.ALL_EVENTS, window.id)
    window.destroy()
    monitors.switch_off(crtc.id)
    monitors.client.sync()


def test_crtc_moves(monitors, crtc):
    """A CRTC that is smaller than the screen shows another part of it."""
    mode = smaller(monitors, crtc)
    monitors.set_crtc(crtc.id, mode.id, crtc.outputs, x=30, y=20)
    now = monitors.crtc(crtc.id)
    assert (now.x, now.y) == (30, 20)


def test_crtc_is_off(monitors, crtc):
    """A CRTC that was switched off has no mode."""
    monitors.switch_off(crtc.id)
    assert monitors.crtc(crtc.id).mode == 0


def test_gamma_is_kept(monitors, crtc):
    """The ramp that was set is read."""
    size = monitors.requests.GetCrtcGammaSize(crtc.id).reply().size
    monitors.requests.SetCrtcGamma(crtc.id, size, *[[7] * size] * 3)
    assert list(monitors.requests.GetCrtcGamma(crtc.id).reply().red) == [7] * size


def test_screen_holds_its_crtcs(monitors, crtc):
    """A screen smaller than what a CRTC shows is refused."""
    with monitors.client.expect_error("Match"):
        monitors.set_screen_size(100, 100)


def test_primary_is_kept(monitors, crtc):
    """An output is the primary one."""
    assert monitors.primary() == crtc.outputs[0]


def test_monitor_is_listed(monitors):
    """A monitor that was set is there."""
    name = monitors.client.core.InternAtom(False, 4, b"wall").reply().atom
    monitors.set_monitor(Monitor(name, False, False, 1, 2, 30, 40, 5, 6, ()))
    assert name in [monitor.name for monitor in monitors.monitors()]


def test_mode_leaves(monitors, crtc):
    """A mode that was taken off an output's list is not in it."""
    mode = monitors.create_mode(80, 60)
    monitors.add_mode(crtc.outputs[0], mode.id)
    monitors.delete_mode(crtc.outputs[0], mode.id)
    assert mode.id not in monitors.output(crtc.outputs[0]).modes
