# SPDX-License-Identifier: MIT
"""What RANDR's parts have in common: shared opcodes, times, and each CRTC listed once."""

import struct

import pytest

from harness.clients.randr.output_properties import OutputProperties
from harness.x11.randr import (
    CrtcChangeNotify,
    OutputChangeNotify,
    OutputPropertyNotify,
    ScreenChangeNotify,
)
from suites.marks import MEDIUM, REFUSING, ROOTLESS

pytestmark = pytest.mark.needs("RANDR")


def lists(desk):
    """The CRTCs of both requests that list them."""
    return [desk.monitors.resources(current=current).crtcs for current in (False, True)]


def test_a_primary_output_puts_its_crtc_first_and_lists_it_once(desk):
    """For each output in turn, and none again (RND-067, RND-068)."""
    desk.monitors.set_primary(0)
    resources = desk.monitors.resources()
    for id in (*resources.outputs, 0):
        desk.monitors.set_primary(id)
        crtc = desk.monitors.output(id).crtc if id else 0
        others = [other for other in resources.crtcs if other != crtc]
        expected = (crtc, *others) if crtc else resources.crtcs
        assert lists(desk) == [expected, expected]


@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
def test_a_primary_output_that_is_off_changes_no_order(desk):
    """Each CRTC is listed once, in the order without a primary output; xserver commit 4de570554
    (RND-065, RND-067)."""
    desk.monitors.set_primary(0)
    resources = desk.monitors.resources()
    off = [id for id in resources.outputs if not desk.monitors.output(id).crtc]
    if not off:
        off = [resources.outputs[1]]
        desk.monitors.switch_off(desk.monitors.output(off[0]).crtc)
    for id in off:
        desk.monitors.set_primary(id)
        assert lists(desk) == [resources.crtcs, resources.crtcs]


@REFUSING
def test_switching_the_primary_output_off_and_on_keeps_the_list(desk):
    """Each CRTC is listed once throughout, and the output stays the primary one
    (RND-065, RND-067)."""
    desk.monitors.set_primary(0)
    resources = desk.monitors.resources()
    output = desk.monitors.output(resources.outputs[0])
    mode = desk.monitors.fitting_mode(output.id)
    desk.monitors.set_primary(output.id)
    for step in range(2):
        assert lists(desk) == [resources.crtcs, resources.crtcs]
        assert desk.monitors.switch_off(output.crtc).status == 0
        assert lists(desk) == [resources.crtcs, resources.crtcs]
        assert desk.monitors.primary() == output.id
        assert desk.monitors.set_crtc(output.crtc, mode, [output.id]).status == 0, step


@pytest.mark.needs("RANDR", crtcs=2)
@ROOTLESS
@MEDIUM
def test_the_second_crtc_comes_first_only_while_it_is_on(desk):
    """On and primary it leads the list, off it has its place back (RND-067, RND-068)."""
    desk.monitors.set_primary(0)
    resources = desk.monitors.resources()
    output = desk.monitors.output(resources.outputs[1])
    crtc = output.crtcs[0]
    mode = desk.monitors.create_mode(320, 240, "own-320x240")
    desk.monitors.add_mode(output.id, mode.id)
    desk.monitors.set_primary(output.id)
    others = tuple(id for id in resources.crtcs if id != crtc)
    for _ in range(2):
        assert desk.monitors.set_crtc(crtc, mode.id, [output.id]).status == 0
        assert lists(desk) == [(crtc, *others)] * 2
        assert desk.monitors.switch_off(crtc).status == 0
        assert lists(desk) == [resources.crtcs] * 2


def drafts(desk):
    """Requests of a draft for pixmaps per CRTC, which once had the numbers of providers."""
    crtc = desk.monitors.resources().crtcs[0]
    pixmap, matrix = desk.client.new_id(), (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 16)
    return {
        "QueryScanoutPixmaps": (32, struct.pack("=4xI", crtc)),
        "CreateScanoutPixmap": (33, struct.pack("=4xIIHHHH", pixmap, crtc, 64, 64, 1, 0)),
        "SetCrtcSpriteTransform": (34, struct.pack("=4xI9i9i", crtc, *matrix, *matrix)),
        "GetCrtcSpriteTransform": (35, struct.pack("=4xI", crtc)),
        "SetCrtcConfigs": (36, struct.pack("=4xI2H2H2II", crtc, 64, 64, 64, 64, 17, 17, 0)),
    }


def test_requests_of_the_draft_are_provider_requests(desk):
    """They are refused as such, with Window, Length or Provider, and change nothing
    (RND-125)."""
    before = desk.state()
    for name, (opcode, data) in drafts(desk).items():
        with desk.client.catch_errors() as errors:
            desk.client.send_raw("RANDR", opcode, data)
        assert [error.name for error in errors] == [{32: "Window"}.get(opcode, "Length")], name
    assert desk.state() == before
    assert desk.observer.take() == []


def test_requests_of_the_draft_as_long_as_provider_requests_name_the_provider(desk):
    """A CRTC in the place of the provider is none (RND-125)."""
    before, crtc = desk.state(), desk.monitors.resources().crtcs[0]
    for opcode, words in ((33, 3), (34, 4), (35, 4), (36, 2)):
        data = (struct.pack("=4xI", crtc) + bytes(12))[: 4 * words]
        with desk.client.expect_error("RANDR:Provider", crtc):
            desk.client.send_raw("RANDR", opcode, data)
    assert desk.state() == before
    assert desk.observer.take() == []


def test_changes_carry_the_time_of_the_configuration_before(desk):
    """Screen, CRTC and output changes have the last-set time of GetScreenResources as it was
    when they were made, which is before SetCrtcConfig raises it (RND-127)."""
    output = desk.monitors.output(desk.monitors.resources().outputs[0])
    mode = desk.monitors.fitting_mode(output.id)
    for show in (False, True):
        desk.observer.take()
        before = desk.monitors.resources(current=True)
        reply = desk.monitors.set_crtc(output.crtc, mode if show else 0, [output.id] * show)
        after = desk.monitors.resources(current=True)
        assert reply.timestamp == after.timestamp
        for event in desk.observer.take():
            if isinstance(event, ScreenChangeNotify | CrtcChangeNotify | OutputChangeNotify):
                assert event.timestamp == before.timestamp
            if isinstance(event, ScreenChangeNotify | OutputChangeNotify):
                assert event.config_timestamp == after.config_timestamp


def test_a_property_carries_the_time_of_its_change(desk):
    """The server's time, which is not before that of the last configuration and never runs
    back; properties change no configuration (RND-127)."""
    output = desk.monitors.resources().outputs[0]
    properties = OutputProperties(desk.client, output)
    before = desk.monitors.resources(current=True)
    name = desk.client.atom("_XHARNESS_TIME")
    for number in range(3):
        properties.change(name, 19, 8, bytes([number]))
    properties.delete(name)
    events = desk.observer.take()
    assert all(isinstance(event, OutputPropertyNotify) for event in events)
    times = [event.timestamp for event in events]
    assert times == sorted(times)
    assert times[0] >= before.timestamp
    after = desk.monitors.resources(current=True)
    assert (after.timestamp, after.config_timestamp) == (
        before.timestamp,
        before.config_timestamp,
    )


def test_a_property_does_not_carry_the_time_of_the_configuration(desk):
    """A configuration with a time of the past leaves that time to its own events only
    (RND-127)."""
    output = desk.monitors.output(desk.monitors.resources().outputs[0])
    mode = desk.monitors.fitting_mode(output.id)
    reply = desk.monitors.set_crtc(output.crtc, mode, [output.id], timestamp=1)
    desk.observer.take()
    name = desk.client.atom("_XHARNESS_TIME")
    OutputProperties(desk.client, output.id).change(name, 19, 8, b"x")
    (event,) = desk.observer.take()
    assert reply.timestamp == desk.monitors.resources(current=True).timestamp == 1
    assert event.timestamp > 1
