# SPDX-License-Identifier: MIT
"""GetOutputInfo: what an output is, what it is connected to, and what it can show."""

import struct

import pytest
from xcffib.xproto import Atom

from harness.clients.randr.observer import Observer, root_configured
from harness.clients.randr.output_properties import OutputProperties, PropertyConfiguration, Value
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import (
    OutputChangeNotify,
    OutputConnection,
    OutputPropertyNotify,
    PropertyState,
    ScreenChangeNotify,
)
from suites.marks import REFUSING

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

GET_OUTPUT_INFO = 9


def test_every_output_is_consistent_with_the_resources(monitors):
    """Its CRTCs and modes are among those of the screen, names differ, its time is that of the
    last change, and not more modes are preferred than it has (RND-064, RND-065)."""
    resources = monitors.resources()
    outputs = [monitors.output(id) for id in resources.outputs]
    assert len({output.name for output in outputs}) == len(outputs)
    for output in outputs:
        assert output.name
        assert output.timestamp == resources.timestamp
        assert output.crtcs
        assert set(output.crtcs) <= set(resources.crtcs)
        assert len(set(output.modes)) == len(output.modes)
        assert set(output.modes) <= set(resources.modes)
        assert output.preferred <= len(output.modes)
        assert bool(output.mm_width) == bool(output.mm_height)
        assert set(output.clones) <= set(resources.outputs) - {output.id}


def test_outputs_and_crtcs_agree(monitors):
    """An output's CRTC lists it, and is one that it may use; its CRTC shows one of its modes.
    One without a CRTC says 0 (RND-065)."""
    resources = monitors.resources()
    crtcs = {id: monitors.crtc(id) for id in resources.crtcs}
    for id in resources.outputs:
        output = monitors.output(id)
        assert {crtc.id for crtc in crtcs.values() if id in crtc.possible} == set(output.crtcs)
        users = [crtc.id for crtc in crtcs.values() if id in crtc.outputs]
        assert users == ([output.crtc] if output.crtc else [])
        if output.crtc:
            assert output.crtc in output.crtcs
            assert crtcs[output.crtc].mode in output.modes
            assert output.connection is not OutputConnection.DISCONNECTED


@REFUSING
def test_an_output_without_a_crtc_says_so(monitors):
    """Off, it has no CRTC and all its modes; on, it has it again.  What is plugged in and how large
    it is has nothing to do with it (RND-065, RND-221)."""
    before = monitors.output(monitors.resources().outputs[0])
    mode = monitors.fitting_mode(before.id)
    known = monitors.output(before.id).modes
    assert monitors.switch_off(before.crtc).status == 0
    off = monitors.output(before.id)
    # Some servers accept this and leave the CRTC on.
    assert off.crtc == (before.crtc if monitors.crtc(before.crtc).mode else 0)
    assert (off.modes, off.crtcs, off.name) == (known, before.crtcs, before.name)
    for kept in ("mm_width", "mm_height", "clones", "subpixel_order"):
        assert (kept, getattr(off, kept)) == (kept, getattr(before, kept))
    assert monitors.set_crtc(before.crtc, mode, [before.id]).status == 0
    assert monitors.output(before.id).crtc == before.crtc


@pytest.mark.needs(
    servers=("xvfb", "xephyr", "xorg", "xorg-flip", "xwayland"),
    reason="monitors that are there though nothing is shown on them",
)
def test_an_output_stays_connected_when_its_crtc_is_switched_off(monitors):
    """What is plugged in has nothing to do with what is shown (RND-221)."""
    before = monitors.output(monitors.resources().outputs[0])
    monitors.switch_off(before.crtc)
    assert monitors.output(before.id).connection == before.connection


def test_modes_of_users_follow_those_of_the_driver(monitors):
    """In the order in which they were added, and the preferred ones stay the first
    (RND-065)."""
    output = monitors.output(monitors.resources().outputs[0])
    added = []
    for width in (320, 160, 200):
        mode = monitors.create_mode(width, 120, f"own-{width}")
        monitors.add_mode(output.id, mode.id)
        added.append(mode.id)
    after = monitors.output(output.id)
    assert after.modes == (*output.modes, *added)
    assert after.preferred == output.preferred


@pytest.mark.parametrize("kind", ["none", "window", "crtc", "mode", "unknown"])
def test_what_is_no_output_is_refused(monitors, kind):
    """RANDR's Output error with the id (RND-064)."""
    resources = monitors.resources()
    wrong = {
        "none": 0,
        "window": monitors.client.root,
        "crtc": resources.crtcs[0],
        "mode": next(iter(resources.modes)),
        "unknown": 0x1FFFFFF,
    }[kind]
    with monitors.client.expect_error("RANDR:Output", wrong) as caught:
        monitors.requests.GetOutputInfo(wrong, 0).reply()
    assert caught.error.minor == GET_OUTPUT_INFO


@pytest.mark.parametrize("words", [2, 4])
def test_a_request_of_a_wrong_length_is_refused(monitors, words):
    """Length (RND-064)."""
    data = struct.pack("=4xIII", monitors.resources().outputs[0], 0, 0)[: 4 * words]
    with monitors.client.expect_error("Length"):
        monitors.client.send_raw("RANDR", GET_OUTPUT_INFO, data)


@pytest.mark.parametrize("time", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_the_time_that_is_sent_does_not_matter(monitors, time):
    """Status is Success for stale and future configurations (RND-064)."""
    output = monitors.resources().outputs[0]
    assert monitors.requests.GetOutputInfo(output, time).reply().status == 0
    assert monitors.output(output, time) == monitors.output(output)


def test_a_reply_to_a_client_of_the_other_byte_order(monitors, connect_wire):
    """Every field is turned round, the name is not (RND-064, RND-065, RND-126)."""
    wire = connect_wire(">" if monitors.client.byte_order == "<" else "<")
    for id in monitors.resources().outputs:
        output = monitors.output(id)
        request = wire.request(wire.major("RANDR"), GET_OUTPUT_INFO, wire.pack("II", id, 0))
        reply = wire.reply(request)
        assert reply[1] == 0
        assert wire.unpack("4I2B5H", reply, 8) == (
            output.timestamp,
            output.crtc,
            output.mm_width,
            output.mm_height,
            output.connection,
            output.subpixel_order,
            *(len(output.crtcs), len(output.modes), output.preferred, len(output.clones)),
            len(output.name),
        )
        ids = (*output.crtcs, *output.modes, *output.clones)
        assert wire.unpack(f"{len(ids)}I", reply, 36) == ids
        assert reply[36 + 4 * len(ids) :][: len(output.name)] == output.name.encode()


def test_an_output_that_is_no_desktop_is_disconnected(monitors):
    """The property non-desktop hides a connected output, which is told as its change; what is
    not one INTEGER of 32 bits does not count (RND-066)."""
    output = monitors.output(monitors.resources().outputs[0])
    assert output.connection is OutputConnection.CONNECTED
    properties, name = OutputProperties(monitors.client, output.id), "non-desktop"
    atom = monitors.client.atom(name)
    if atom in properties.names() and properties.query(atom).immutable:
        pytest.skip("needs an output whose property non-desktop can be changed")
    told = Observer(monitors)

    def change(number, type=Atom.INTEGER, format=32):
        data = number.to_bytes(
            format // 8, "little" if monitors.client.byte_order == "<" else "big"
        )
        properties.change(atom, type, format, data)
        *changes, notice = told.take()
        assert isinstance(notice, OutputPropertyNotify)
        assert (notice.atom, notice.state) == (atom, PropertyState.NEW_VALUE)
        return changes

    for number, connection in [
        (1, OutputConnection.DISCONNECTED),
        (0, OutputConnection.CONNECTED),
        (0x100, OutputConnection.DISCONNECTED),
        (0, OutputConnection.CONNECTED),
    ]:
        changes = change(number)
        assert monitors.output(output.id).connection is connection
        assert [type(event) for event in changes] == [ScreenChangeNotify, OutputChangeNotify] or (
            [type(event) for event in changes]
            == [ScreenChangeNotify, OutputChangeNotify, ConfigureNotify]
        )
        assert (changes[1].output, changes[1].connection) == (output.id, connection)
        if len(changes) == 3:
            assert changes[2] == root_configured(monitors.client)
        assert change(number) == []
    assert change(1, type=Atom.CARDINAL) == change(1, format=8) == change(1, format=16) == []
    assert monitors.output(output.id).connection is OutputConnection.CONNECTED
    assert change(0) == []


@pytest.mark.needs(
    servers=("xvfb", "xephyr", "xorg", "xorg-flip", "xvnc", "xwayland"),
    reason="a property non-desktop that no driver has made",
)
def test_outputs_begin_as_desktops(server, monitors):
    """The property non-desktop of each says so: it is 0, may be 1, and takes effect at once
    (RND-066)."""
    atom = monitors.client.atom("non-desktop")
    for id in monitors.resources().outputs:
        properties = OutputProperties(monitors.client, id)
        assert atom in properties.names()
        found = properties.query(atom)
        if server.spec is None and found.immutable:
            pytest.skip("needs a property non-desktop that no driver has made")
        assert found == PropertyConfiguration(False, False, False, (0, 1))
        assert properties.get(atom) == Value(Atom.INTEGER, 32, 0, 1, bytes(4))


def test_names_are_as_long_as_they_say(monitors):
    """Names of outputs and modes have bytes of text alone, none at their end besides; no two
    outputs have one (RND-027, RND-064)."""
    known = monitors.known()
    outputs = [monitors.output(id).name for id in known.outputs]
    assert len(set(outputs)) == len(outputs)
    for name in (*outputs, *(mode.name for mode in known.modes.values())):
        assert name.isprintable(), name
        assert name == name.strip()
        assert name


@pytest.mark.needs(servers="xvfb", reason="names that are known")
@pytest.mark.xserver(size=(101, 43))
def test_the_output_of_xvfb_and_its_mode_have_these_names(monitors):
    """The output is the screen, or one of several; the mode is called after its size (RND-064)."""
    known = monitors.known()
    names = [monitors.output(id).name for id in known.outputs]
    assert names[0] in ("screen", "screen-0", "screen0")
    shown = [mode.name for mode in known.modes.values() if (mode.width, mode.height) == (101, 43)]
    assert all(name == "101x43" for name in shown)


@pytest.mark.needs(servers="xvfb", reason="a monitor that is none")
@pytest.mark.xserver(fresh=True)
def test_a_monitor_in_memory_prefers_no_mode(monitors):
    """Nor has it clones, and its CRTC neither turns nor has tables of gamma of another size than
    256.  Newer servers have its size in mm be the screen's (RND-031, RND-050, RND-064)."""
    screen = monitors.client.screen
    whole = screen.width_in_millimeters, screen.height_in_millimeters
    known = monitors.known()
    for output in map(monitors.output, known.outputs):
        size = output.mm_width, output.mm_height
        assert size == (0, 0) or size == pytest.approx(whole, abs=1)
        assert (output.preferred, output.clones, output.subpixel_order) == (0, (), 0)
    for id in known.crtcs:
        crtc = monitors.crtc(id)
        assert (crtc.x, crtc.y, crtc.rotation, crtc.rotations) == (0, 0, 1, 1)
        assert monitors.requests.GetCrtcGammaSize(id).reply().size in (0, 256)
