# SPDX-License-Identifier: MIT
"""Monitors that are plugged and unplugged while clients look, present and set what they show."""

import pytest
import xcffib.dpms

from harness.capture.crtc import capture_crtc
from harness.capture.scanned_out import frame_of
from harness.clients.randr.observer import Observer
from harness.pixels.canvas import Canvas
from harness.x11.present import CompleteMode
from harness.x11.randr import (
    CrtcChangeNotify,
    OutputChangeNotify,
    OutputConnection,
    ScreenChangeNotify,
)

pytestmark = [
    pytest.mark.xserver(size=(640, 480)),
    pytest.mark.needs(
        "RANDR",
        "Present",
        servers=("xorg-flip", "xorg-kms"),
        reason="monitors that a test can plug",
    ),
]

CONNECTED, DISCONNECTED = OutputConnection.CONNECTED, OutputConnection.DISCONNECTED


def outputs_told(events):
    return [(e.output, e.connection, e.crtc) for e in events if isinstance(e, OutputChangeNotify)]


def test_each_plug_is_told_once_with_what_the_output_is_now(monitors, monitor_control):
    """An OutputChange for that output, and replies that say the same (RND-013, RND-066)."""
    observer = Observer(monitors)
    resources = monitors.resources(current=True)
    plugs = (monitor_control.plug, CONNECTED), (monitor_control.unplug, DISCONNECTED)
    for plug, connection in plugs:
        plug(1)
        events = observer.take()
        # A driver may find more modes for other outputs when it looks again.
        told = [one for one in outputs_told(events) if one[0] == resources.outputs[1]]
        assert told == [(resources.outputs[1], connection, 0)]
        assert not [e for e in events if isinstance(e, CrtcChangeNotify)]
        assert len([e for e in events if isinstance(e, ScreenChangeNotify)]) <= 1
        output = monitors.output(resources.outputs[1])
        assert output.connection is connection
        assert bool(output.modes) is (connection is CONNECTED)
        assert output.crtc == 0
        told = monitors.resources(current=True)
        assert told.config_timestamp >= resources.config_timestamp
        assert told.outputs == resources.outputs
        resources = told


def test_a_monitor_that_is_plugged_shows_what_it_is_set_to(presenter, monitors, monitor_control):
    """Its modes can be set at once, and it shows the root from its first frame on; unplugged, it
    keeps its CRTC until a client switches that off (RND-031)."""
    observer = Observer(monitors)
    crtc, id = monitors.resources().crtcs[1], monitors.resources().outputs[1]
    presenter.window(64, 48, x=20, y=30, background="red")
    monitor_control.plug(1)
    mode = next(
        mode.id
        for mode in map(monitors.resources().modes.get, monitors.output(id).modes)
        if mode.width <= 640 and mode.height <= 480
    )
    assert monitors.set_crtc(crtc, mode, [id]).status == 0
    assert outputs_told(observer.take())[-1] == (id, CONNECTED, crtc)
    red = Canvas(64, 48, presenter.depth, "red")
    red.check(capture_crtc(monitors, crtc).crop(20, 30, 64, 48))
    monitor_control.unplug(1)
    assert outputs_told(observer.take()) == [(id, DISCONNECTED, crtc)]
    assert monitors.crtc(crtc).mode == mode
    red.check(capture_crtc(monitors, crtc).crop(20, 30, 64, 48))
    assert monitors.switch_off(crtc).status == 0
    assert monitors.output(id).crtc == 0
    assert monitors.crtc(crtc).outputs == ()


def test_a_monitor_whose_crtc_is_off_shows_nothing(monitors, head, flip_control):
    """It scans out nothing until the CRTC is on again, alone or beside another one (RND-031,
    RND-046)."""
    before = head.info
    other, output = monitors.resources().crtcs[1], monitors.resources().outputs[1]
    flip_control.plug(1)
    for beside in (False, True):
        if beside:
            assert monitors.set_crtc(other, before.mode, [output]).status == 0
        assert head.off().status == 0
        assert not flip_control.scanout().on
        assert flip_control.scanout(1).on is beside
        assert head.set(before.mode).status == 0
        assert flip_control.scanout().on


@pytest.mark.needs("DPMS")
def test_a_monitor_that_sleeps_shows_nothing(presenter, flip_control):
    """In the state Off it scans out nothing, in On what it showed before."""
    presenter.window(64, 48, x=20, y=30, background="red")
    dpms = presenter.extension(xcffib.dpms)
    dpms.Enable()
    dpms.ForceLevel(xcffib.dpms.DPMSMode.Off)
    presenter.sync()
    assert not flip_control.scanout().on
    dpms.ForceLevel(xcffib.dpms.DPMSMode.On)
    dpms.Disable()
    presenter.sync()
    shown = frame_of(flip_control.scanout())
    Canvas(64, 48, presenter.depth, "red").check(shown.crop(20, 30, 64, 48))


@pytest.mark.needs(servers=("xorg-flip",), reason="frames that a test can step")
@pytest.mark.parametrize("back", [True, False], ids=["plugged again", "gone"])
def test_presentations_outlive_their_monitor(presenter, flip_control, back):
    """What waits for a frame of a CRTC whose monitor is unplugged completes at its target, in
    order, and all pixmaps but that on the screen come back (PRE-065, PRE-087, PRE-088)."""
    window = presenter.screen_window()
    presenter.sync()
    flip_control.stop()
    now = window.msc()
    colours = ("red", "green", "blue")
    shown = [
        window.present(window.pixmap(colour), target_msc=now + 2 * step)
        for step, colour in enumerate(colours, start=1)
    ]
    presenter.sync()
    flip_control.unplug(0)
    flip_control.step(frames=3)
    if back:
        flip_control.plug(0)
    assert [len(one.completes()) for one in shown] == [1, 0, 0]
    flip_control.step(frames=4)
    done = [one.completes()[0] for one in shown]
    assert [one.msc for one in done] == [now + 2, now + 4, now + 6]
    assert {one.mode for one in done} == {CompleteMode.FLIP}
    assert [len(one.idles()) for one in shown] == [1, 1, 0]
    assert flip_control.scanout().pixmap == shown[-1].request.pixmap
