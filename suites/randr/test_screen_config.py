# SPDX-License-Identifier: MIT
"""SetScreenConfig and GetScreenInfo: one screen with a list of sizes, as RANDR 1.0 saw it."""

import struct
from functools import partial

import pytest
from xcffib.randr import ModeInfo

from harness.clients.connection.server_clock import ServerClock
from harness.clients.present.specimens import PIXMAPS, WINDOWS, specimens
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.state import RandrState
from harness.clients.resources.window import WindowClass
from harness.servers.flip.control import FlipOption
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import CrtcChangeNotify, Rotation, ScreenChangeNotify
from suites.marks import (
    AFTER_21,
    BYTE_ORDERS,
    EMULATED,
    FOREIGN,
    LARGE,
    MEDIUM,
    OLD_DRIVER,
    ROOTLESS,
)

pytestmark = pytest.mark.needs("RANDR")

GET_SCREEN_INFO = 5
SET_SCREEN_CONFIG = 2
SUCCESS, STALE_CONFIG, STALE_TIME = 0, 1, 2


@pytest.fixture
def monitors(presenter):
    """The first GetScreenInfo makes the list of sizes: a change of its own."""
    monitors = Monitors(presenter)
    monitors.screen_info()
    return monitors


def configure(
    monitors, *, size=None, rotation=None, rate=None, timestamp=0, config=None, drawable=None
):
    """SetScreenConfig; what is not given is as it is now."""
    now = monitors.screen_info()
    return monitors.requests.SetScreenConfig(
        monitors.client.root if drawable is None else drawable,
        timestamp,
        now.config_timestamp if config is None else config,
        now.size if size is None else size,
        int(now.rotation if rotation is None else rotation),
        now.rate if rate is None else rate,
    ).reply()


@pytest.fixture
def refused(monitors, refusal):
    """The error of a SetScreenConfig, as (name, value), or its status."""

    def send(**arguments):
        return configure(monitors, **arguments).status

    return partial(refusal, SET_SCREEN_CONFIG, send)


@pytest.mark.parametrize("less", [1, 1000, -1, -1000], ids=str)
def test_another_config_timestamp_fails(monitors, refused, less):
    """One that is older or newer than the current one: status 1, nothing changes (RND-089)."""
    stale = (monitors.screen_info().config_timestamp - less) & 0xFFFFFFFF
    assert refused(config=stale) == STALE_CONFIG


def test_the_config_timestamp_is_stale_after_a_change(monitors, refused, head):
    """A mode more is a change of what there is (RND-089, RND-028)."""
    before, clock = monitors.screen_info(), ServerClock(monitors.client)
    clock.tick()
    head.add_mode(320, 200, "added")
    assert refused(config=before.config_timestamp) == STALE_CONFIG
    assert refused() == SUCCESS


@pytest.mark.parametrize("timestamp", [1, "one less"], ids=str)
def test_a_time_before_the_last_one_fails(monitors, refused, timestamp):
    """Older than the last set time: status 2, nothing changes (RND-090)."""
    last = configure(monitors).new_timestamp
    assert refused(timestamp=last - 1 if timestamp == "one less" else 1) == STALE_TIME
    assert monitors.screen_info().timestamp == last


def test_the_last_time_itself_and_later_ones_succeed(monitors):
    """The time given becomes the last set time, 0 is now (RND-090, RND-093)."""
    clock = ServerClock(monitors.client)
    last = configure(monitors).new_timestamp
    again = configure(monitors, timestamp=last)
    assert (again.status, again.new_timestamp) == (SUCCESS, last)
    later = clock.tick()
    third = configure(monitors, timestamp=later)
    assert (third.status, third.new_timestamp) == (SUCCESS, later)
    before = clock.tick()
    now = configure(monitors)
    assert before <= now.new_timestamp <= clock.now()


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_a_size_that_is_not_listed_is_refused(monitors, refused, more):
    """Value with the size id (RND-091)."""
    wrong = len(monitors.screen_info().sizes) + more
    assert refused(size=wrong, rate=0) == ("Value", wrong)
    assert refused(size=0xFFFF, rate=0) == ("Value", 0xFFFF)


@pytest.mark.parametrize("rotation", [0, 3, 5, 6, 15, 0x10, 0x30, 0xFFFF], ids=hex)
def test_none_or_several_rotations_are_refused(refused, rotation):
    """Value with the rotation, reflections included (RND-091)."""
    assert refused(rotation=rotation) == ("Value", rotation)


@pytest.mark.parametrize("rotation", [0x41, 0x102, 2, 4, 8, 0x11, 0x21, 0x34], ids=hex)
def test_rotations_that_are_not_listed_are_refused(monitors, refused, rotation):
    """Match (RND-091)."""
    if not rotation & ~int(monitors.screen_info().rotations):
        pytest.skip(f"needs a screen that cannot have the rotation {rotation:#x}")
    name, _ = refused(rotation=rotation)
    assert name == "Match"


@pytest.mark.needs(servers="xorg-flip", reason="a screen whose limits shrink")
@pytest.mark.parametrize("size", [(420, 300), (300, 420)], ids=["wide", "high"])
def test_a_size_that_the_screen_can_no_longer_have_is_refused(
    monitors, refused, head, flip_control, size
):
    """Value with the width or the height, though a mode of the output has it (RND-164)."""
    head.add_mode(*size, "large")
    index = monitors.screen_info().sizes.index(size)
    flip_control.set(FlipOption.LARGEST_SCREEN, 410)
    try:
        assert refused(size=index, rate=0) == ("Value", 420)
    finally:
        flip_control.set(FlipOption.LARGEST_SCREEN, 0)
    assert refused(size=index, rate=0) == SUCCESS


def test_a_rate_that_the_size_does_not_list_is_refused(monitors, refused):
    """Value with the rate; 0 stands for any (RND-091)."""
    now = monitors.screen_info()
    wrong = max(now.rates[now.size]) + 1
    assert refused(rate=wrong) == ("Value", wrong)
    assert refused(rate=0xFFFF) == ("Value", 0xFFFF)
    assert refused(rate=0) == SUCCESS


WRONG = {
    "config": ({"config": 1}, STALE_CONFIG),
    "size": ({"size": 0xFFFF}, ("Value", 0xFFFF)),
    "rotation bits": ({"rotation": 3}, ("Value", 3)),
    "rotation": ({"rotation": 0x41}, "Match"),
    "rate": ({"rate": 0xFFFE}, ("Value", 0xFFFE)),
    "time": ({"timestamp": 1}, STALE_TIME),
}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a, b)
        for n, b in enumerate(WRONG)
        for a in list(WRONG)[:n]
        if (a, b) != ("rotation bits", "rotation")
    ],
)
def test_of_two_mistakes_the_one_that_is_checked_first_is_told(monitors, refused, first, second):
    """Config-timestamp, size, rotation bits, rotation support, rate, time (RND-092)."""
    configure(monitors)
    got = refused(**WRONG[second][0], **WRONG[first][0])
    expected = WRONG[first][1]
    assert expected in (got, got[0] if isinstance(got, tuple) else got)


def test_what_is_no_drawable_is_refused(monitors, refused):
    """Drawable with the id, before anything else; a window that cannot be drawn to gives Match
    (RND-095)."""
    wrong = specimens(monitors.client, but=WINDOWS | PIXMAPS | {"event context"})
    now = monitors.screen_info()
    for id in wrong.values():
        got = refused(drawable=id, config=1, size=0xFFFF, rotation=0)
        assert got == ("Drawable", id)
    window = monitors.client.window(
        8, 8, events=0, mapped=False, window_class=WindowClass.INPUT_ONLY
    )
    name, _ = refused(drawable=window.id)
    assert name == "Match"
    assert monitors.screen_info() == now


def test_any_drawable_stands_for_its_screen(monitors):
    """Pixmaps and windows (RND-095)."""
    client = monitors.client
    for drawable in (client.pixmap(8, 8).id, client.window(8, 8, events=0).id):
        reply = configure(monitors, drawable=drawable)
        assert (reply.status, reply.root) == (SUCCESS, client.root)


def test_get_screen_info_wants_a_window(monitors):
    """Window with the id; any window will do (RND-094)."""
    wrong = specimens(monitors.client, but=WINDOWS | {"event context"})
    for id in wrong.values():
        with monitors.client.expect_error("Window", id):
            monitors.screen_info(id)
    window = monitors.client.window(8, 8, events=0)
    assert monitors.screen_info(window.id) == monitors.screen_info()


@pytest.mark.parametrize("arguments", [{}, {"config": 1}, {"timestamp": 1}], ids=str)
def test_the_reply_has_the_times_the_root_and_the_order_of_subpixels(monitors, arguments):
    """Also when it failed: those that hold afterwards (RND-093)."""
    configure(monitors)
    reply = configure(monitors, **arguments)
    known = monitors.known()
    assert (reply.new_timestamp, reply.config_timestamp) == (
        known.timestamp,
        known.config_timestamp,
    )
    assert reply.root == monitors.client.root
    assert reply.subpixel_order <= 5


def refresh(mode):
    """The frames per second of a mode's timings, 0 without timings."""
    pixels = mode.htotal * mode.vtotal
    return (mode.dot_clock + pixels // 2) // pixels if pixels else 0


def test_sizes_and_rates_are_those_of_the_first_output_that_is_on(monitors, head):
    """Each size once, in the order of its modes, with each rate once; the current ones are those
    of the CRTC's mode (RND-094)."""
    head.add_mode(320, 200, "new")
    head.add_mode(320, 200, "the same")
    now, info_of_crtc = monitors.screen_info(), head.info
    reply = monitors.requests.GetScreenResourcesCurrent(monitors.client.root).reply()
    modes = {mode.id: mode for mode in reply.modes}
    own = [modes[id] for id in head.output_info.modes]
    sizes = list(dict.fromkeys((mode.width, mode.height) for mode in own))
    assert list(now.sizes) == sizes
    current = modes[info_of_crtc.mode]
    assert now.sizes[now.size] == (current.width, current.height)
    assert (now.rotation, now.rotations) == (info_of_crtc.rotation, info_of_crtc.rotations)
    assert now.root == monitors.client.root
    assert (now.timestamp, now.config_timestamp) == (reply.timestamp, reply.config_timestamp)
    for size, rates in zip(now.sizes, now.rates, strict=True):
        alike = [mode for mode in own if (mode.width, mode.height) == size]
        assert len(rates) == len({*rates})
        # Interlaced modes and those that scan twice are counted differently by some servers.
        if all(not mode.mode_flags & 0x30 and mode.htotal for mode in alike):
            assert {*rates} == {refresh(mode) for mode in alike}
    if current.htotal:
        assert now.rate == refresh(current)
    assert now.rate in now.rates[now.size]


@pytest.mark.needs(resize=True)
def test_sizes_are_those_of_the_monitor_in_mm_too(monitors, head):
    """All of them, where its output has a size; else of the screen, as it is at that time
    (RND-094)."""
    root = monitors.client.geometry(monitors.client.root)
    head.add_mode(root.width, root.height - 8, "another")

    def told():
        data = monitors.client.reply(monitors.requests.GetScreenInfo(monitors.client.root))
        (count,) = struct.unpack_from("=H", data, 20)
        return [struct.unpack_from("=HH", data, 32 + 8 * number + 4) for number in range(count)]

    output = head.output_info
    if output.mm_width:
        assert set(told()) == {(output.mm_width, output.mm_height)}
        return
    screen = monitors.client.screen
    width, height = screen.width_in_millimeters, screen.height_in_millimeters
    for mm in ((width + 3, height + 5), (width, height)):
        monitors.set_screen_size(root.width, root.height, *mm)
        assert len(told()) >= 2
        assert set(told()) == {mm}


@EMULATED
@ROOTLESS
@pytest.mark.known_bug(
    reference="Xephyr switches its CRTC on again when GetScreenInfo asks",
    servers=("xephyr",),
    evidence="failed: AssertionError",
    strict=False,
)
@OLD_DRIVER
def test_without_an_output_that_is_on_there_are_no_sizes(monitors, head):
    """And only the upright rotation; nothing can be set then (RND-094, RND-089)."""
    head.off()
    reply = monitors.screen_info()
    assert (reply.sizes, reply.size, reply.rate) == ((), 0, 0)
    assert (reply.rotations, reply.rotation) == (Rotation.ROTATE_0, Rotation.ROTATE_0)
    assert reply.root == monitors.client.root
    failed = monitors.requests.SetScreenConfig(
        monitors.client.root, 0, reply.config_timestamp, 0, 1, 0
    ).reply()
    assert failed.status == 3


@pytest.mark.needs(crtcs=2, resize=True)
def test_the_primary_output_is_the_first_if_it_is_on(monitors):
    """Sizes, rotation and all are then its own; when it goes off those of the first one that is
    on (RND-094)."""
    first, second, *_ = Head.all(monitors)
    mode = second.add_mode(96, 80)
    monitors.set_primary(second.output)
    assert (96, 80) not in monitors.screen_info().sizes
    second.set(mode.id, 10, 10)
    now = monitors.screen_info()
    modes = monitors.known().modes
    own = [modes[id] for id in second.output_info.modes]
    assert {*now.sizes} == {(mode.width, mode.height) for mode in own}
    assert (now.sizes[now.size], now.rate) == ((96, 80), 60)
    second.off()
    assert monitors.screen_info().sizes[0] == (first.info.width, first.info.height)


def test_the_configuration_as_it_is_is_accepted_and_not_told(monitors):
    """Status 0 with a new time, and nothing else (RND-093, RND-017)."""
    monitors.screen_info()
    observer, before = Observer(monitors), RandrState.of(monitors)
    clock = ServerClock(monitors.client)
    tick = clock.tick()
    reply = configure(monitors)
    assert (reply.status, observer.take()) == (SUCCESS, [])
    assert tick <= reply.new_timestamp
    after = RandrState.of(monitors)
    assert (after.root, after.primary) == (before.root, before.primary)
    assert after.resources.config_timestamp == before.resources.config_timestamp


@LARGE
@pytest.mark.needs(resize=True)
@pytest.mark.parametrize("size", [(320, 200), (96, 80), (1000, 90)], ids=str)
def test_another_size_changes_mode_and_screen(monitors, head, allow_size, size):
    """The first output's CRTC has the first mode of that size at 0, 0, and the screen is just as
    large; both are told (RND-093, RND-094)."""
    allow_size(*size)
    mode = head.add_mode(*size)
    wanted = monitors.screen_info().sizes.index(size)
    observer = Observer(monitors)
    reply = configure(monitors, size=wanted, rate=0)
    assert reply.status == SUCCESS
    root = monitors.client.geometry(monitors.client.root)
    assert (root.width, root.height) == size
    assert (head.info.mode, head.info.x, head.info.y) == (mode.id, 0, 0)
    assert head.info.outputs == (head.output,)
    events = observer.take()
    screens = [event for event in events if isinstance(event, ScreenChangeNotify)]
    assert (screens[-1].width, screens[-1].height) == size
    assert screens[-1].size_id == wanted
    crtcs = [event for event in events if isinstance(event, CrtcChangeNotify)]
    assert crtcs[-1].mode == mode.id
    roots = [event for event in events if isinstance(event, ConfigureNotify)]
    assert (roots[-1].width, roots[-1].height) == size
    now = monitors.screen_info()
    assert (now.size, now.timestamp) == (wanted, reply.new_timestamp)


@pytest.mark.needs(resize=True)
@pytest.mark.parametrize("narrow", [True, False], ids=["narrow", "flat"])
def test_a_size_at_the_lower_end_of_the_range_is_accepted(monitors, head, narrow):
    """As wide or as high as a screen is at least (RND-093, RND-018)."""
    least = monitors.requests.GetScreenSizeRange(monitors.client.root).reply()
    across, down = max(96, least.min_width), max(96, least.min_height)
    size = (least.min_width, down) if narrow else (across, least.min_height)
    with monitors.client.catch_errors() as errors:
        head.add_mode(*size)
    if errors:
        pytest.skip(f"needs an output that can show {size[0]}x{size[1]}")
    wanted = monitors.screen_info().sizes.index(size)
    reply = configure(monitors, size=wanted, rate=0)
    if reply.status == 3:
        pytest.skip(f"needs a driver that can show {size[0]}x{size[1]}")
    assert reply.status == SUCCESS
    root = monitors.client.geometry(monitors.client.root)
    assert (root.width, root.height) == size


@pytest.mark.needs(resize=True)
def test_sizes_change_there_and_back(monitors, head):
    """At the end all is as it was (RND-093)."""
    head.add_mode(320, 200, "added")
    before, mode = monitors.screen_info(), head.info.mode
    assert configure(monitors, size=before.sizes.index((320, 200)), rate=0).status == SUCCESS
    assert configure(monitors, size=before.size, rate=before.rate).status == SUCCESS
    root = monitors.client.geometry(monitors.client.root)
    assert (root.width, root.height) == before.sizes[before.size]
    assert head.info.mode == mode
    assert monitors.screen_info().size == before.size


@pytest.mark.needs(crtcs=2, resize=True)
@MEDIUM
def test_another_size_switches_the_other_crtcs_off(monitors):
    """When the screen changes, only the first output stays on (RND-093)."""
    first, second, *_ = Head.all(monitors)
    first.add_mode(320, 200, "added")
    second.set(second.add_mode(96, 80).id, 10, 10)
    wanted = monitors.screen_info().sizes.index((320, 200))
    assert configure(monitors, size=wanted, rate=0).status == SUCCESS
    assert first.info.width == 320
    assert second.info.mode == 0


# Xephyr crashes when it ends while turned: its end is not judged.
@pytest.mark.xserver(throwaway=True)
@EMULATED
@pytest.mark.needs(rotation=True)
@pytest.mark.parametrize("rotation", [2, 4, 8, 0x11, 0x22], ids=hex)
def test_the_screen_is_turned(monitors, head, rotation):
    """The rotation of the first CRTC is the one set, also as GetScreenInfo tells it (RND-094)."""
    assert configure(monitors, rotation=rotation).status == SUCCESS
    assert head.info.rotation == rotation
    assert monitors.screen_info().rotation == rotation


# Xephyr crashes when it ends while turned: its end is not judged.
@pytest.mark.xserver(throwaway=True)
@EMULATED
@pytest.mark.needs(rotation=True, screen_turns=True)
@pytest.mark.parametrize("rotation", [2, 8, 0x12], ids=hex)
def test_the_largest_size_may_be_turned(monitors, head, rotation):
    """Turned, it is beyond the range of the other side: what must be in it is the mode as it is
    (RND-183)."""
    sizes = monitors.screen_info().sizes
    width, height = largest = max(sizes)
    assert configure(monitors, size=sizes.index(largest), rotation=rotation).status == SUCCESS
    root = monitors.client.geometry(monitors.client.root)
    assert head.info.rotation == rotation
    assert (root.width, root.height) == (height, width)


def send(wire, now, **changes):
    """A SetScreenConfig of a raw client that changes nothing but what ``changes`` say."""
    major = wire.major("RANDR")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 6)))
    fields = {
        "drawable": wire.root,
        "time": 0,
        "config": now.config_timestamp,
        "size": now.size,
        "rotation": now.rotation,
        "rate": now.rate,
    }
    body = wire.pack("IIIHHH2x", *(fields | changes).values())
    return wire.request(major, SET_SCREEN_CONFIG, body)


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
def test_the_reply_is_written_in_the_clients_byte_order(monitors, connect_wire, order):
    """Times and root, and the id of what is no drawable (RND-093, RND-095)."""
    wire, now = connect_wire(order), monitors.screen_info()
    reply = wire.reply(send(wire, now, config=5))
    known = monitors.known()
    assert wire.unpack("BB2xIIII", reply) == (
        *(1, STALE_CONFIG, 0),
        *(known.timestamp, known.config_timestamp, wire.root),
    )
    nothing = wire.new_id()
    error = wire.error_of(send(wire, now, drawable=nothing))
    assert (error.name, error.value) == ("Drawable", nothing)


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize(
    "order",
    [
        pytest.param("<", id="little-endian"),
        pytest.param(
            ">",
            id="big-endian",
            marks=pytest.mark.known_bug(
                reference="SProcRRSetScreenConfig leaves the config-timestamp unswapped",
                fixed=AFTER_21,
                evidence="failed: AssertionError",
                strict=False,
            ),
        ),
    ],
)
def test_all_fields_are_read_in_the_clients_byte_order(monitors, connect_wire, order):
    """What succeeds, and the numbers that are wrong (RND-089, RND-091, RND-093)."""
    wire, now = connect_wire(order), monitors.screen_info()
    assert wire.reply(send(wire, now))[1] == SUCCESS
    assert wire.reply(send(wire, now, time=monitors.known().timestamp - 1))[1] == STALE_TIME
    for field, value in [("size", 0x1234), ("rotation", 0x103), ("rate", 0x4321)]:
        error = wire.error_of(send(wire, now, **{field: value}))
        assert (error.name, error.value) == ("Value", value)


def screen_info(wire):
    """The root that GetScreenInfo tells a raw client, and all other numbers of the reply."""
    major = wire.major("RANDR")
    wire.reply(wire.request(major, 0, wire.pack("II", 1, 6)))
    reply = wire.reply(wire.request(major, GET_SCREEN_INFO, wire.pack("I", wire.root)))
    length, root, *times = wire.unpack("4I", reply, 4)
    count, *current, rates = wire.unpack("5H", reply, 20)
    assert len(reply) == 32 + 4 * length
    return root, (times, count, current, *wire.unpack(f"{4 * count + rates}H", reply, 32))


@pytest.mark.xserver(swapped=True)
def test_the_screens_sizes_are_told_in_the_clients_byte_order(connect_wire):
    """Times, the current size, rotation and rate, each size in pixels and mm, and its rates
    (RND-094, RND-126)."""
    _, told = screen_info(connect_wire(FOREIGN))
    _, expected = screen_info(connect_wire())
    assert told == expected


@pytest.mark.xserver(at_least=(1280, 1024), swapped=True)
@pytest.mark.needs(resize=True)
def test_the_current_size_is_told_in_the_clients_byte_order(
    monitors, head, allow_size, connect_wire
):
    """Also one that is not the first of the list (RND-094, RND-126)."""
    allow_size(320, 200)
    head.add_mode(320, 200)
    wanted = monitors.screen_info().sizes.index((320, 200))
    assert configure(monitors, size=wanted, rate=0).status == SUCCESS
    orders = [screen_info(connect_wire(order))[1] for order in ("<", ">")]
    assert orders[0] == orders[1]
    current = monitors.screen_info()
    assert orders[0][2][:1] == [current.size]
    assert current.size > 0


@pytest.mark.xserver(swapped=True)
@pytest.mark.known_bug(
    reference="ProcRRGetScreenInfo leaves the root unswapped",
    evidence="failed: AssertionError",
    strict=True,
)
def test_the_root_of_the_screens_sizes_is_told_in_the_clients_byte_order(connect_wire):
    """As all other fields (RND-126)."""
    wire = connect_wire(FOREIGN)
    root, _ = screen_info(wire)
    assert root == wire.root


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
def test_all_other_fields_are_read_in_the_clients_byte_order(monitors, connect_wire, order):
    """Where the config-timestamp must be in the server's own, too (RND-091, RND-093)."""
    wire, now = connect_wire(order), monitors.screen_info()
    config = now.config_timestamp
    if wire.reply(send(wire, now))[1] == STALE_CONFIG:
        config = int.from_bytes(config.to_bytes(4, "little"), "big")
    assert wire.reply(send(wire, now, config=config))[1] == SUCCESS
    late = monitors.known().timestamp - 1
    assert wire.reply(send(wire, now, config=config, time=late))[1] == STALE_TIME
    for field, value in [("size", 0x1234), ("rotation", 0x103), ("rate", 0x4321)]:
        error = wire.error_of(send(wire, now, config=config, **{field: value}))
        assert (error.name, error.value) == ("Value", value)


@pytest.mark.xserver(swapped=True)
@BYTE_ORDERS
@pytest.mark.parametrize("version", [None, (1, 0), (1, 1), (1, 2)], ids=str)
def test_only_clients_of_1_1_name_a_rate(monitors, connect_wire, order, version):
    """The request of others is a word shorter, and a longer one gives Length; so does the shorter
    one of a client that has asked for 1.1 (RND-163)."""
    wire, now = connect_wire(order), monitors.screen_info()
    major = wire.major("RANDR")
    if version is not None:
        wire.reply(wire.request(major, 0, wire.pack("II", *version)))
    old = version in (None, (1, 0))
    # Servers forget to turn it round: 0 is stale in either byte order.
    config = 0 if order == FOREIGN else now.config_timestamp
    body = wire.pack("IIIHH", wire.root, 0, config, now.size, now.rotation)
    for data, taken in ((body, old), (body + wire.pack("H2x", 0), not old)):
        sequence = wire.request(major, SET_SCREEN_CONFIG, data)
        if taken:
            assert wire.reply(sequence)[1] == (SUCCESS if config else STALE_CONFIG)
        else:
            assert wire.error_of(sequence).name == "Length"


def test_a_rate_of_more_than_16_bits_is_told_as_the_largest(monitors, head):
    """The rate of a mode of few pixels and a fast clock is cut, not wrapped (RND-165)."""
    info = ModeInfo.synthetic(0, 64, 64, 70_000 * 2, 0, 0, 1, 0, 0, 0, 2, 4, 0)
    mode = monitors.requests.CreateMode(monitors.client.root, info, 4, b"fast").reply().mode
    monitors.add_mode(head.output, mode)
    now = monitors.screen_info()
    assert now.rates[now.sizes.index((64, 64))] == (0xFFFF,)
