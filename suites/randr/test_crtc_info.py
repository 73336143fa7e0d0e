# SPDX-License-Identifier: MIT
"""GetCrtcInfo: what it says of CRTCs that are on and off, and what it refuses."""

import pytest

from harness.clients.present.specimens import CRTCS, specimens
from harness.pixels.region import PixelRegion
from harness.x11.randr import ROTATIONS, Rotation
from suites.marks import EMULATED, ROOTLESS, STARTS_LARGE

pytestmark = pytest.mark.needs("RANDR")

GET_CRTC_INFO = 20


def test_what_is_no_crtc_is_refused(monitors, head):
    """Ids of other things and of nothing give RandR's Crtc with the id, whatever the
    config-timestamp is (RND-029)."""
    wrong = specimens(monitors.client, but=CRTCS | {"event context"})
    wrong["mode"] = head.info.mode
    for config_timestamp in (0, monitors.known().config_timestamp):
        for id in wrong.values():
            with monitors.client.expect_error("RANDR:Crtc", id) as caught:
                monitors.crtc(id, config_timestamp)
            assert caught.error.minor == GET_CRTC_INFO


@pytest.mark.parametrize("config_timestamp", [0, 1, 12345, 0xFFFFFFFF], ids=hex)
def test_the_config_timestamp_is_ignored(monitors, config_timestamp):
    """A stale one gives Success and the whole answer (RND-030)."""
    for id in monitors.known().crtcs:
        reply = monitors.requests.GetCrtcInfo(id, config_timestamp).reply()
        assert reply.status == 0
        current = monitors.requests.GetCrtcInfo(id, monitors.known().config_timestamp).reply()
        assert (reply.mode, reply.width, reply.rotation) == (
            current.mode,
            current.width,
            current.rotation,
        )
        assert list(reply.possible) == list(current.possible)


def test_a_crtc_that_is_on_says_what_it_shows(monitors, head):
    """Its mode is one of its outputs' and, unturned, as large as it is; its outputs are possible
    and name it in turn; its rotation is one that it lists (RND-030)."""
    info = head.info
    mode = monitors.known().modes[info.mode]
    assert info.rotation is Rotation.ROTATE_0
    assert (info.width, info.height) == (mode.width, mode.height)
    assert info.rotations & info.rotation
    assert info.rotations & ROTATIONS
    assert info.outputs
    assert {*info.outputs} <= {*info.possible}
    for id in info.outputs:
        output = monitors.output(id)
        assert output.crtc == info.id
        assert info.mode in output.modes
    assert info.timestamp == monitors.known().timestamp


@pytest.mark.xserver(fresh=True)
@STARTS_LARGE
@pytest.mark.needs(crtcs=1)
def test_at_the_start_the_first_crtc_shows_the_whole_screen(monitors):
    """One CRTC is on, at 0, 0, as large as the screen; or several, side by side on all of it
    (RND-030)."""
    root = monitors.client.geometry(monitors.client.root)
    crtcs = [monitors.crtc(id) for id in monitors.known().crtcs]
    on = [crtc for crtc in crtcs if crtc.mode]
    areas = PixelRegion.of((one.x, one.y, one.width, one.height) for one in on)
    assert areas == PixelRegion.of([(0, 0, root.width, root.height)])
    assert sum(one.width * one.height for one in on) == root.width * root.height


def test_possible_outputs_are_those_that_list_the_crtc(monitors):
    """Of every CRTC, in the order of the outputs (RND-031)."""
    known = monitors.known()
    for id in known.crtcs:
        possible = [output for output in known.outputs if id in monitors.output(output).crtcs]
        assert list(monitors.crtc(id).possible) == possible


@pytest.mark.needs(resize=True)
@pytest.mark.known_bug(
    reference="xf86RandR12CrtcNotify tells the first of the modes that differ by name alone",
    servers=("xorg", "xorg-flip", "xorg-kms"),
    evidence="failed: AssertionError",
    strict=True,
)
def test_of_modes_that_differ_by_name_the_one_that_was_set_is_told(head):
    """Modes are told apart by their ids (RND-031, RND-045)."""
    for mode in [head.add_mode(200, 160, name) for name in ("one", "other")]:
        assert head.set(mode.id).status == 0
        assert head.info.mode == mode.id


@EMULATED
@ROOTLESS
def test_a_crtc_that_is_off_has_no_mode_size_and_outputs(head):
    """Its possible outputs and rotations are listed all the same (RND-031)."""
    before = head.info
    head.off()
    off = head.info
    assert (off.mode, off.width, off.height, off.outputs) == (0, 0, 0, ())
    assert (off.possible, off.rotations) == (before.possible, before.rotations)
    assert off.rotation is Rotation.ROTATE_0


@pytest.mark.xserver(fresh=True)
@pytest.mark.needs(crtcs=2)
def test_crtcs_that_were_never_on_have_no_mode_size_and_outputs(monitors):
    """All but the first at the start (RND-031)."""
    crtcs = [monitors.crtc(id) for id in monitors.known().crtcs]
    off = [crtc for crtc in crtcs if not crtc.mode]
    if not off:
        pytest.skip("needs a CRTC that is off at the start")
    for crtc in off:
        assert (crtc.width, crtc.height, crtc.outputs) == (0, 0, ())
        assert crtc.possible


# Xephyr crashes when it ends while turned: its end is not judged.
@pytest.mark.xserver(throwaway=True)
@EMULATED
@pytest.mark.needs(rotation=True)
@pytest.mark.parametrize("rotation", [2, 4, 8, 0x12, 0x28, 0x31], ids=hex)
def test_a_turned_crtc_says_how_it_is_turned_and_what_area_it_shows(monitors, head, rotation):
    """Width and height are those of the area on the screen: exchanged for quarter turns
    (RND-030)."""
    before = head.info
    assert head.set(before.mode, rotation=rotation).status == 0
    info, mode = head.info, monitors.known().modes[head.info.mode]
    assert info.rotation == rotation
    sideways = rotation & (Rotation.ROTATE_90 | Rotation.ROTATE_270)
    area = (mode.height, mode.width) if sideways else (mode.width, mode.height)
    assert (info.width, info.height) == area
    assert info.rotations == before.rotations


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
def test_the_answer_is_written_in_the_clients_byte_order(monitors, connect_wire, order):
    """Every field, and the two lists after the head (RND-030, RND-031)."""
    wire = connect_wire(order)
    for id in monitors.known().crtcs[:2]:
        info = monitors.crtc(id)
        body = wire.pack("II", id, 0)
        reply = wire.reply(wire.request(wire.major("RANDR"), GET_CRTC_INFO, body))
        assert wire.unpack("BB2xIIhhHHIHHHH", reply) == (
            *(1, 0, len(info.outputs) + len(info.possible), info.timestamp),
            *(info.x, info.y, info.width, info.height, info.mode),
            *(info.rotation, info.rotations, len(info.outputs), len(info.possible)),
        )
        ids = (*info.outputs, *info.possible)
        assert wire.unpack(f"{len(ids)}I", reply, 32) == ids
        assert len(reply) == 32 + 4 * len(ids)
    nothing = wire.new_id()
    error = wire.error_of(
        wire.request(wire.major("RANDR"), GET_CRTC_INFO, wire.pack("II", nothing, 0))
    )
    assert (error.code, error.value) == (monitors.client.numbers("RANDR").first_error + 1, nothing)
