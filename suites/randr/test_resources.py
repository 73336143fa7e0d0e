# SPDX-License-Identifier: MIT
"""GetScreenResources: the lists, their order on the wire, and the two timestamps."""

from dataclasses import replace

import pytest

from harness.clients.connection.server_clock import ServerClock
from harness.clients.present.specimens import WINDOWS, specimens
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.x11.randr import OutputChangeNotify
from suites.marks import BYTE_ORDERS, EMULATED, ROOTLESS

pytestmark = pytest.mark.needs("RANDR")

RESOURCES, CURRENT = 8, 25
REQUESTS = pytest.mark.parametrize("minor", [RESOURCES, CURRENT], ids=["probing", "current"])
MODE_WORDS = "IHHIHHHHHHHHI"


def ask(wire, minor):
    """The reply in bytes."""
    return wire.reply(wire.request(wire.major("RANDR"), minor, wire.pack("I", wire.root)))


def parts(wire, reply):
    """(timestamps, CRTCs, outputs, modes as tuples, bytes of the names)."""
    *timestamps, crtcs, outputs, modes, names = wire.unpack("IIHHHH", reply, 8)
    at, listed = 32, []
    for count in (crtcs, outputs):
        listed.append(wire.unpack(f"{count}I", reply, at))
        at += 4 * count
    infos = [wire.unpack(MODE_WORDS, reply, at + 32 * n) for n in range(modes)]
    at += 32 * modes
    assert len(reply) == at + names + (-names & 3)
    return tuple(timestamps), *listed, infos, reply[at : at + names]


@pytest.mark.xserver(swapped=True)
@REQUESTS
@BYTE_ORDERS
def test_the_reply_lists_crtcs_outputs_modes_and_names(monitors, head, connect_wire, minor, order):
    """In this order, each count in the head, modes in 32 bytes each, the length in words; the
    lists are the same in both byte orders (RND-025)."""
    head.add_mode(64, 48, "a")
    head.add_mode(48, 64, "some name of 20 bytes")
    wire = connect_wire(order)
    reply = ask(wire, minor)
    (length,) = wire.unpack("I", reply, 4)
    assert len(reply) == 32 + 4 * length
    timestamps, crtcs, outputs, modes, names = parts(wire, reply)
    known = monitors.resources(current=True)
    assert timestamps == (known.timestamp, known.config_timestamp)
    assert (crtcs, outputs) == (known.crtcs, known.outputs)
    assert [(id, width, height) for id, width, height, *_ in modes] == [
        (mode.id, mode.width, mode.height) for mode in known.modes.values()
    ]
    assert sum(mode[11] for mode in modes) == len(names)


def test_both_requests_say_the_same(monitors):
    """One asks the hardware, the other does not: nothing else differs (RND-025)."""
    assert monitors.resources() == monitors.resources(current=True) == monitors.resources()


@pytest.mark.xserver(fresh=True)
@pytest.mark.known_bug(
    reference="Xephyr lists no CRTC and no output until GetScreenResources polls its driver",
    servers=("xephyr",),
    evidence="failed: AssertionError",
    strict=True,
)
def test_both_requests_say_the_same_from_the_first_on(presenter):
    """Also to the first client of a server, before anyone has asked the hardware (RND-025)."""
    monitors = Monitors(presenter)
    current, polled = monitors.resources(current=True), monitors.resources()
    assert (current.crtcs, current.outputs) == (polled.crtcs, polled.outputs)


@REQUESTS
def test_names_follow_one_another_without_separators(head, connect_wire, minor):
    """Each mode says how long its name is; together they are the field, in the order of the
    modes, whatever bytes they have (RND-027)."""
    own = ["x", "two words", "", "exactly 8", "\xe9\xff\x80", "n" * 200]
    made = {}
    for n, name in enumerate(own):
        if name:
            made[head.add_mode(40 + 8 * n, 40, name).id] = name.encode("latin-1")
    wire = connect_wire()
    *_, modes, names = parts(wire, ask(wire, minor))
    at, found = 0, {}
    for id, *rest in modes:
        found[id] = names[at : at + rest[10]]
        at += rest[10]
    assert at == len(names)
    assert {id: found[id] for id in made} == made


def test_a_mode_is_listed_as_it_was_made(monitors, connect_wire):
    """Every field of the timings, once, also for modes that no output has (RND-025)."""
    made = monitors.create_mode(123, 77, "timings")
    wire = connect_wire()
    *_, modes, _ = parts(wire, ask(wire, CURRENT))
    (info,) = [mode for mode in modes if mode[0] == made.id]
    total_width, total_height = 123 + 80, 77 + 20
    clock = total_width * total_height * 60
    assert info == (
        *(made.id, 123, 77, clock, 123 + 8, 123 + 40, total_width, 0),
        *(77 + 3, 77 + 9, total_height, len("timings"), 0),
    )


def test_ids_are_all_different_and_lead_to_what_they_name(monitors, head):
    """Each CRTC, output and mode is listed once; each output's CRTCs, modes and each CRTC's
    outputs are among them (RND-025)."""
    head.add_mode(64, 48)
    known = monitors.resources(current=True)
    ids = [*known.crtcs, *known.outputs, *known.modes]
    assert len(ids) == len(set(ids))
    for id in known.crtcs:
        crtc = monitors.crtc(id)
        assert {*crtc.outputs, *crtc.possible} <= {*known.outputs}
        assert {crtc.mode} <= {0, *known.modes}
    for id in known.outputs:
        output = monitors.output(id)
        assert {*output.crtcs} <= {*known.crtcs}
        assert {*output.modes} <= {*known.modes}
        assert {output.crtc} <= {0, *output.crtcs}


@REQUESTS
def test_what_is_no_window_has_no_resources(monitors, minor):
    """Window with the id; any window of the screen will do (RND-025)."""
    wrong = specimens(monitors.client, but=WINDOWS | {"event context"})
    request = (
        monitors.requests.GetScreenResources
        if minor == RESOURCES
        else monitors.requests.GetScreenResourcesCurrent
    )
    for id in wrong.values():
        with monitors.client.expect_error("Window", id):
            request(id).reply()
    window = monitors.client.window(8, 8, events=0)
    assert list(request(window.id).reply().crtcs) == list(monitors.known().crtcs)


@pytest.mark.needs(crtcs=3, resize=True)
@pytest.mark.parametrize("which", [1, 2, -1], ids=["second", "third", "last"])
def test_the_crtc_of_the_primary_output_comes_first(monitors, which):
    """The others follow in their own order; outputs stay as they are (RND-026)."""
    monitors.set_primary(0)
    heads, before = Head.all(monitors), monitors.known()
    head = heads[which]
    head.set(head.add_mode(96, 80).id)
    monitors.set_primary(head.output)
    after = monitors.known()
    rest = [id for id in before.crtcs if id != head.crtc]
    assert after.crtcs == (head.crtc, *rest)
    assert after.outputs == before.outputs
    assert monitors.resources().crtcs == after.crtcs
    monitors.set_primary(0)
    assert monitors.known().crtcs == before.crtcs


@pytest.mark.needs(crtcs=2)
def test_a_primary_output_that_is_off_changes_no_order(monitors):
    """It has no CRTC that could come first: each is listed once, as before (RND-026)."""
    monitors.set_primary(0)
    before = monitors.known()
    off = next((head for head in Head.all(monitors) if not head.info.mode), None)
    if off is None:
        pytest.skip("needs a CRTC that is off at the start")
    monitors.set_primary(off.output)
    assert monitors.primary() == off.output
    assert monitors.known().crtcs == before.crtcs
    assert monitors.resources().crtcs == before.crtcs


def test_the_primary_output_whose_crtc_is_switched_off_leaves_each_crtc_listed_once(monitors, head):
    """Whether it comes first or not, none is listed twice or forgotten (RND-026)."""
    monitors.set_primary(0)
    before = monitors.known()
    monitors.set_primary(head.output)
    head.off()
    assert sorted(monitors.known().crtcs) == sorted(before.crtcs)
    assert monitors.known().outputs == before.outputs


@pytest.mark.xserver(fresh=True)
def test_the_timestamps_begin_with_the_server(monitors):
    """Both are times of its clock (RND-028)."""
    known = monitors.known()
    now = ServerClock(monitors.client).now()
    assert 0 < known.timestamp <= now
    assert 0 < known.config_timestamp <= now


def test_setting_raises_the_timestamp_alone(monitors, head):
    """It is the time of the last SetCrtcConfig, though nothing changed; the config-timestamp is
    that of the last change of what there is (RND-028)."""
    clock = ServerClock(monitors.client)
    info = head.info
    head.set(info.mode, info.x, info.y)
    before = monitors.known()
    clock.tick()
    got = head.set(info.mode, info.x, info.y)
    after = monitors.known()
    assert after.timestamp == got.timestamp > before.timestamp
    assert after == replace(before, timestamp=got.timestamp)


@pytest.mark.needs(resize=True)
def test_another_mode_raises_the_timestamp_alone(monitors, head):
    """The config-timestamp rises only with a change of the output, which is told then
    (RND-028, RND-047)."""
    clock = ServerClock(monitors.client)
    one, two = head.add_mode(320, 200, "added"), head.add_mode(96, 80)
    head.set(one.id)
    observer, before = Observer(monitors), monitors.known()
    clock.tick()
    got = head.set(two.id)
    after = monitors.known()
    assert after.timestamp == got.timestamp > before.timestamp
    output_changed = any(isinstance(e, OutputChangeNotify) for e in observer.take())
    assert (after.config_timestamp > before.config_timestamp) == output_changed


def test_a_mode_more_raises_the_config_timestamp_alone(monitors, head):
    """An output that can have another mode is a change of what there is (RND-028)."""
    clock = ServerClock(monitors.client)
    head.add_mode(320, 200, "added")
    before = monitors.known()
    tick = clock.tick()
    head.add_mode(96, 80)
    after = monitors.known()
    assert after.timestamp == before.timestamp
    assert tick <= after.config_timestamp <= clock.now()
    assert before.config_timestamp < after.config_timestamp


def test_what_only_reads_leaves_both_timestamps_alone(monitors, head):
    """Asking, and making a mode that no output has (RND-028)."""
    monitors.resources()
    before, clock = monitors.known(), ServerClock(monitors.client)
    clock.tick()
    monitors.resources()
    monitors.crtc(head.crtc)
    monitors.monitors()
    mode = monitors.create_mode(64, 48)
    after = monitors.known()
    assert (after.timestamp, after.config_timestamp) == (before.timestamp, before.config_timestamp)
    assert after.modes == before.modes | {mode.id: mode}


@EMULATED
@ROOTLESS
def test_every_client_reads_the_same(monitors, head, connect):
    """Also what another client has just set (RND-025, RND-028)."""
    head.off()
    assert Monitors(connect("other")).known() == monitors.known()
    assert not any(monitors.crtc(id).mode for id in monitors.known().crtcs)
