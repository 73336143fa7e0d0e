# SPDX-License-Identifier: MIT
"""SetCrtcConfig: what is refused, in which order it is checked, and what an accepted one does."""

import struct
from functools import partial

import pytest

from harness.capture.get_image import capture_root
from harness.clients.connection.server_clock import ServerClock
from harness.clients.present.specimens import CRTCS, specimens
from harness.clients.randr.head import Head
from harness.clients.randr.observer import Observer
from harness.clients.randr.state import RandrState
from harness.servers.kinds.table import ServerKind
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import (
    CrtcChangeNotify,
    OutputChangeNotify,
    OutputConnection,
    Rotation,
    ScreenChangeNotify,
)
from suites.marks import EMULATED, LARGE, MEDIUM, REFUSING, ROOTLESS

pytestmark = pytest.mark.needs("RANDR")

SET_CRTC_CONFIG = 21
SUCCESS, FAILED = 0, 3
SOME = Rotation.ROTATE_0


@pytest.fixture
def refused(monitors, refusal):
    """The error of a SetCrtcConfig, as (name, value), None if it succeeds."""

    def send(crtc, mode, outputs, **options):
        assert monitors.set_crtc(crtc, mode, outputs, **options).status == SUCCESS

    return partial(refusal, SET_CRTC_CONFIG, send)


def name_of(error):
    return None if error is None else error[0]


def test_what_is_no_crtc_is_refused(monitors, refused, head):
    """Ids of other things and of nothing give RandR's Crtc with the id (RND-032)."""
    wrong = specimens(monitors.client, but=CRTCS | {"event context"})
    wrong["mode"] = head.info.mode
    got = {kind: refused(id, head.info.mode, [head.output]) for kind, id in wrong.items()}
    assert got == {kind: ("RANDR:Crtc", id) for kind, id in wrong.items()}


@pytest.mark.parametrize("count", [1, 2, 7])
def test_outputs_without_a_mode_are_refused(refused, head, count):
    """Mode 0 with outputs gives Match, whatever the outputs are (RND-033)."""
    assert name_of(refused(head.crtc, 0, [head.output] * count)) == "Match"
    assert name_of(refused(head.crtc, 0, [0] * count)) == "Match"


def test_a_mode_without_outputs_is_refused(refused, head):
    """It gives Match, be it the mode that is set or another (RND-033)."""
    other = head.add_mode(64, 64)
    for mode in (head.info.mode, other.id):
        assert name_of(refused(head.crtc, mode, [])) == "Match"


def test_what_is_no_mode_is_refused(monitors, refused, head):
    """Ids of other things and of nothing known give RandR's Mode with the id, where the text has
    Value (RND-034)."""
    wrong = specimens(monitors.client, but=frozenset({"event context"}), nothing=False)
    gone = monitors.create_mode(64, 64, "gone")
    monitors.destroy_mode(gone.id)
    wrong["destroyed mode"] = gone.id
    got = {kind: refused(head.crtc, id, [head.output]) for kind, id in wrong.items()}
    assert got == {kind: ("RANDR:Mode", id) for kind, id in wrong.items()}


def test_what_is_no_output_is_refused(monitors, refused, head):
    """Ids of other things and of nothing give RandR's Output with the id, in whichever place of
    the list they stand (RND-035)."""
    wrong = specimens(monitors.client, but=frozenset({"output", "event context"}))
    mode = head.info.mode
    wrong["mode"] = mode
    first = {kind: refused(head.crtc, mode, [id]) for kind, id in wrong.items()}
    assert first == {kind: ("RANDR:Output", id) for kind, id in wrong.items()}
    later = {kind: refused(head.crtc, mode, [head.output, id]) for kind, id in wrong.items()}
    assert later == first


@pytest.mark.needs(crtcs=2)
def test_an_output_that_cannot_use_the_crtc_is_refused(monitors, refused):
    """Match, though it has the mode (RND-036)."""
    heads = Head.all(monitors)
    pairs = [
        (head, other)
        for head in heads
        for other in heads
        if other.crtc not in head.output_info.crtcs
    ]
    if not pairs:
        pytest.skip("every output can use every CRTC")
    for head, other in pairs[:20]:
        mode = head.add_mode(64, 64, f"{head.output} {other.output}")
        monitors.add_mode(other.output, mode.id)
        assert name_of(refused(other.crtc, mode.id, [head.output])) == "Match"
        assert name_of(refused(other.crtc, mode.id, [other.output, head.output])) == ("Match")


def test_a_mode_that_the_output_does_not_list_is_refused(monitors, refused, head):
    """A mode that exists, but not for this output, gives Match; the same after it was taken
    from the output (RND-037)."""
    info = head.info
    mode = monitors.create_mode(info.width, info.height, "just the same")
    assert name_of(refused(head.crtc, mode.id, [head.output])) == "Match"
    monitors.add_mode(head.output, mode.id)
    monitors.delete_mode(head.output, mode.id)
    assert name_of(refused(head.crtc, mode.id, [head.output])) == "Match"


@pytest.mark.needs(crtcs=2)
def test_a_mode_that_only_another_output_lists_is_refused(monitors, refused):
    """What counts are the modes of the very output (RND-037)."""
    first, second, *_ = Head.all(monitors)
    mode = first.add_mode(64, 64, "of the first")
    assert name_of(refused(second.crtc, mode.id, [second.output])) == "Match"
    second_mode = second.add_mode(64, 64, "of the second")
    assert name_of(refused(first.crtc, second_mode.id, [first.output])) == "Match"


@pytest.mark.parametrize("count", [2, 3])
def test_an_output_named_twice_is_refused(refused, head, count):
    """No output is a clone of itself: Match (RND-038)."""
    outputs = [head.output] * count
    assert name_of(refused(head.crtc, head.info.mode, outputs)) == "Match"


@pytest.mark.parametrize(
    "rotation",
    [0, 3, 5, 6, 9, 10, 12, 15, 16, 32, 48, 0x40, 0x8000, 0xFFF0, 0xFFFF],
    ids=hex,
)
@pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
def test_none_or_several_rotations_are_refused(refused, head, on, rotation):
    """Value with the rotation, reflections included; also when the CRTC is to be switched off
    (RND-039)."""
    mode, outputs = (head.info.mode, [head.output]) if on else (0, [])
    assert refused(head.crtc, mode, outputs, rotation=rotation) == ("Value", rotation)


@pytest.mark.parametrize("base", [1, 2, 4, 8])
@pytest.mark.parametrize("extra", [0, 0x10, 0x20, 0x30, 0x40, 0x8000], ids=hex)
def test_rotations_that_the_crtc_does_not_list_are_refused(refused, head, base, extra):
    """Match, where the text has Value; bits that do not exist count too (RND-040)."""
    rotation, info = base | extra, head.info
    if not rotation & ~int(info.rotations):
        # What is listed is turned to where a server may crash by it: see test_rotation.py.
        pytest.skip("needs a CRTC that does not list this rotation")
    got = refused(head.crtc, info.mode, [head.output], rotation=rotation)
    assert name_of(got) == "Match"


OUTSIDE = {
    "right by one": (1, 0, "x"),
    "down by one": (0, 1, "y"),
    "both, the same": (1, 1, "x"),
    "both": (3, 7, "x"),
    "far right": (20000, 0, "x"),
    "far down": (0, 20000, "y"),
    "largest": (32767, 32767, "x"),
}


outside = pytest.mark.parametrize("offset", OUTSIDE)
sizes = pytest.mark.parametrize("small", [False, True], ids=["full", "small"])


def area_outside(monitors, head, offset, small):
    """A mode and a place with which the CRTC reaches beyond the screen, and which of x and y is
    wrong first."""
    more_x, more_y, wrong = OUTSIDE[offset]
    root = monitors.client.geometry(monitors.client.root)
    mode, width, height = head.info.mode, root.width, root.height
    if small:
        mode, width, height = head.add_mode(96, 80).id, 96, 80
    place = {
        "x": min(root.width - width + more_x, 32767),
        "y": min(root.height - height + more_y, 32767),
    }
    return mode, place, wrong


def require_checked_area(monitors, head):
    """Skip the test where the server leaves the area of the CRTC to the driver."""
    if monitors.transforms(head.crtc).supported:
        pytest.skip("needs a CRTC that takes no transform: with one it may reach beyond the screen")


@pytest.mark.needs(resize=True)
@outside
@sizes
def test_an_area_that_reaches_beyond_the_screen_is_refused(monitors, refused, head, offset, small):
    """Value with x or y, whichever reaches beyond, x first, where the text has Match (RND-041)."""
    require_checked_area(monitors, head)
    mode, place, wrong = area_outside(monitors, head, offset, small)
    got = refused(head.crtc, mode, [head.output], **place)
    assert got == ("Value", place[wrong])


NO_SIZE = pytest.mark.known_bug(
    reference="RRModeGetScanoutSize gives no size where the area ends beyond 32767",
    evidence="failed: AssertionError (32767, 32767, 0, 0,",
)


@pytest.mark.needs(resize=True, transform=True)
@pytest.mark.parametrize("offset", [*list(OUTSIDE)[:-1], pytest.param("largest", marks=NO_SIZE)])
@sizes
def test_a_crtc_that_takes_transforms_may_reach_beyond_the_screen(monitors, head, offset, small):
    """A transform may bring any area back onto the screen, so that the driver has the say: Success,
    with the area told back and the screen as it was, or Failed and nothing changed (RND-041,
    RND-049)."""
    mode, place, _ = area_outside(monitors, head, offset, small)
    shown = monitors.known().modes[mode]
    monitors.client.window(100, 70, x=20, y=30).fill("red")
    root, screen = root_of(monitors), capture_root(monitors.client)
    observer, before = Observer(monitors), RandrState.of(monitors)
    got = head.set(mode, **place)
    assert root_of(monitors) == root
    assert capture_root(monitors.client).digest == screen.digest
    if got.status == FAILED:
        assert RandrState.of(monitors) == before
        assert observer.take() == []
        return
    assert got.status == SUCCESS
    area = (place["x"], place["y"], shown.width, shown.height)
    info = head.info
    assert (info.x, info.y, info.width, info.height, info.mode) == (*area, mode)
    told = [one for one in observer.take() if isinstance(one, CrtcChangeNotify)][-1]
    assert (told.x, told.y, told.width, told.height, told.mode) == (*area, mode)
    assert area in [(one.x, one.y, one.width, one.height) for one in monitors.monitors()]


@LARGE
@pytest.mark.needs(resize=True)
def test_a_mode_larger_than_the_screen_is_refused(monitors, refused, head):
    """What counts is the screen as it is, not as large as it could become: x and y of the
    request are what is wrong (RND-041)."""
    require_checked_area(monitors, head)
    wide, high = head.add_mode(600, 64), head.add_mode(64, 500)
    head.off()
    monitors.set_screen_size(320, 240)
    assert refused(head.crtc, wide.id, [head.output]) == ("Value", 0)
    assert refused(head.crtc, high.id, [head.output], x=7) == ("Value", 0)
    monitors.set_screen_size(600, 500)
    assert refused(head.crtc, wide.id, [head.output]) is None
    assert refused(head.crtc, high.id, [head.output]) is None


@EMULATED
@ROOTLESS
@pytest.mark.parametrize("rotation", [2, 4, 8, 0x11, 0x32, 0x41], ids=hex)
def test_a_crtc_is_switched_off_with_any_rotation_and_place(monitors, head, rotation):
    """Neither support nor the area is checked without a mode (RND-040, RND-041)."""
    got = monitors.set_crtc(head.crtc, 0, [], rotation=rotation, x=20000, y=-20000)
    assert got.status == SUCCESS
    assert head.info.mode == 0


def wrongs(monitors, head):
    """What to change in a good request to get an error, in the order of the checks; and that
    request's arguments."""
    nothing = monitors.client.new_id()
    return [
        ({"crtc": nothing}, "RANDR:Crtc"),
        ({"outputs": []}, "Match"),
        ({"mode": nothing}, "RANDR:Mode"),
        ({"outputs": [nothing]}, "RANDR:Output"),
        ({"rotation": 3}, "Value"),
        ({"rotation": 0x41}, "Match"),
    ], {"crtc": head.crtc, "mode": head.info.mode, "outputs": [head.output], "rotation": 1}


@pytest.mark.parametrize(("first", "second"), [(a, b) for b in range(6) for a in range(b)])
def test_of_two_errors_the_one_that_is_checked_first_is_told(
    monitors, refused, head, first, second
):
    """CRTC, count of outputs against the mode, mode, outputs, rotation bits, rotation support
    (RND-042)."""
    entries, right = wrongs(monitors, head)
    arguments = right | entries[second][0] | entries[first][0]
    expected = entries[first][1]
    # An unknown mode without outputs: the mode is looked up before outputs are counted.
    if (first, second) == (1, 2):
        expected = "RANDR:Mode"
    got = refused(
        arguments["crtc"],
        arguments["mode"],
        arguments["outputs"],
        rotation=arguments["rotation"],
    )
    assert name_of(got) == expected


def test_the_outputs_are_checked_one_after_the_other(monitors, refused, head):
    """For each its id and then whether it has the mode, before the next; whether they are clones
    comes after all (RND-042)."""
    nothing, strange = monitors.client.new_id(), monitors.create_mode(64, 64, "strange")
    crtc, mode, output = head.crtc, head.info.mode, head.output
    assert name_of(refused(crtc, strange.id, [output, nothing])) == "Match"
    assert refused(crtc, mode, [output, nothing]) == ("RANDR:Output", nothing)
    assert refused(crtc, mode, [output, output, nothing]) == ("RANDR:Output", nothing)
    assert refused(crtc, strange.id, [nothing, output]) == ("RANDR:Output", nothing)


@pytest.mark.parametrize("rotation", [3, 0, 0x41, 0xFFFF], ids=hex)
def test_clones_are_checked_before_the_rotation(refused, head, rotation):
    """An output twice gives Match, not Value with the rotation (RND-042)."""
    got = refused(head.crtc, head.info.mode, [head.output] * 2, rotation=rotation)
    assert name_of(got) == "Match"


@pytest.mark.needs(resize=True)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rotation": 3}, ("Value", 3)),
        ({"rotation": 0x41}, "Match"),
        ({"outputs": 2}, "Match"),
        ({"mode": 0}, "Match"),
    ],
    ids=["several-rotations", "unsupported-rotation", "twice", "no-mode"],
)
def test_the_area_is_checked_last(refused, head, change, expected):
    """Whatever else is wrong is told before a place beyond the screen (RND-042)."""
    got = refused(
        head.crtc,
        change.get("mode", head.info.mode),
        [head.output] * change.get("outputs", 1),
        rotation=change.get("rotation", 1),
        x=5000,
        y=6000,
    )
    assert expected in (got, name_of(got))


@pytest.mark.parametrize("config_timestamp", [0, 1, 12345, 0x7FFFFFFF, 0xFFFFFFFF], ids=hex)
def test_the_config_timestamp_is_not_checked(monitors, head, config_timestamp):
    """A stale one succeeds, where the text has InvalidConfigTime (RND-043)."""
    info = head.info
    got = head.set(info.mode, info.x, info.y, config_timestamp=config_timestamp)
    assert got.status == SUCCESS
    assert head.info.mode == info.mode


def test_the_timestamp_is_not_checked_and_becomes_the_last_set_time(monitors, head):
    """One long past succeeds, where the text has InvalidTime, and is reported by everybody from
    then on, another client included (RND-044)."""
    info = head.info
    now = ServerClock(monitors.client).now()
    for timestamp in (1, max(now - 1000, 1), now, 1):
        assert head.set(info.mode, info.x, info.y, timestamp=timestamp).timestamp == timestamp
        assert head.info.timestamp == timestamp
        assert head.output_info.timestamp == timestamp
        assert monitors.known().timestamp == timestamp


def test_timestamp_0_is_now(monitors, head):
    """The reply and everything after it report the time of the request (RND-045)."""
    info, clock = head.info, ServerClock(monitors.client)
    assert head.set(info.mode, info.x, info.y, timestamp=1).timestamp == 1
    before = clock.tick()
    got = head.set(info.mode, info.x, info.y, timestamp=0)
    assert before <= got.timestamp <= clock.now()
    assert head.info.timestamp == got.timestamp


def test_a_refused_request_is_no_last_set_time(monitors, head):
    """Neither errors nor the time they name leave a trace (RND-044, RND-042)."""
    info = head.info
    head.set(info.mode, info.x, info.y, timestamp=77)
    with monitors.client.expect_error("Value", 0):
        head.set(info.mode, rotation=0, timestamp=99)
    assert head.info.timestamp == 77


def root_of(monitors):
    root = monitors.client.geometry(monitors.client.root)
    return root.width, root.height


@EMULATED
@ROOTLESS
def test_switching_off_and_on_again(monitors, head):
    """Off: the CRTC has no mode, size and outputs, the output no CRTC, the screen keeps its size;
    on again with the same arguments: all is as it was before (RND-046, RND-031)."""
    before, size = RandrState.of(monitors), root_of(monitors)
    info = head.info
    assert head.off().status == SUCCESS
    off = head.info
    assert (off.mode, off.width, off.height, off.outputs) == (0, 0, 0, ())
    assert off.possible == info.possible
    assert head.output_info.crtc == 0
    assert root_of(monitors) == size
    assert head.set(info.mode, info.x, info.y).status == SUCCESS
    after = RandrState.of(monitors)
    assert (after.root, after.primary) == (before.root, before.primary)
    assert head.info.mode == info.mode
    assert (head.info.x, head.info.y) == (info.x, info.y)
    assert (head.info.width, head.info.height) == (info.width, info.height)
    assert head.info.outputs == info.outputs
    assert head.output_info.crtc == head.crtc


@EMULATED
@ROOTLESS
def test_switching_off_is_told(monitors, head):
    """ScreenChange, CrtcChange without mode and area, OutputChange without CRTC and mode, and at
    last ConfigureNotify of the root in its old size (RND-046, RND-016)."""
    observer, size = Observer(monitors), root_of(monitors)
    head.off()
    screen, crtc, output, root = observer.take()
    assert isinstance(screen, ScreenChangeNotify)
    assert (screen.width, screen.height) == size
    assert isinstance(crtc, CrtcChangeNotify)
    assert (crtc.crtc, crtc.mode) == (head.crtc, 0)
    assert (crtc.x, crtc.y, crtc.width, crtc.height) == (0, 0, 0, 0)
    assert isinstance(output, OutputChangeNotify)
    assert (output.output, output.crtc, output.mode) == (head.output, 0, 0)
    assert isinstance(root, ConfigureNotify)
    assert (root.width, root.height) == size


@EMULATED
@ROOTLESS
def test_switching_off_twice_is_told_once(monitors, head):
    """The second changes nothing (RND-046, RND-017)."""
    assert head.off().status == SUCCESS
    assert head.info.mode == 0
    observer = Observer(monitors)
    assert head.off().status == SUCCESS
    assert observer.take() == []


@MEDIUM
@pytest.mark.needs(resize=True)
def test_another_mode_alone_changes_the_crtc_and_not_the_output(monitors, head):
    """CrtcChange with the new mode; an OutputChange only where the output's modes follow the
    CRTC, which raises the config-timestamp (RND-047)."""
    first, second = head.add_mode(320, 200), head.add_mode(96, 80)
    head.set(first.id)
    observer, before = Observer(monitors), monitors.known().config_timestamp
    ServerClock(monitors.client).tick()
    assert head.set(second.id).status == SUCCESS
    events = observer.take()
    if monitors.known().config_timestamp == before:
        assert not [event for event in events if isinstance(event, OutputChangeNotify)]
    changes = [event for event in events if isinstance(event, CrtcChangeNotify)]
    assert [(e.mode, e.width, e.height) for e in changes] == [(second.id, 96, 80)]
    assert (head.info.mode, head.info.width, head.info.height) == (second.id, 96, 80)


@pytest.mark.needs(resize=True)
@pytest.mark.parametrize(
    "place",
    [(0, 0), (1, 0), (0, 1), (17, 5), (5, 17), pytest.param((1184, 944), marks=LARGE)],
    ids=str,
)
def test_a_crtc_shows_the_place_it_is_given(monitors, head, place):
    """Any place inside the screen is accepted, and told back (RND-041, RND-030)."""
    start = root_of(monitors)
    mode = head.add_mode(96, 80)
    assert head.set(mode.id, *place).status == SUCCESS
    info = head.info
    assert (info.x, info.y, info.width, info.height) == (*place, 96, 80)
    assert info.mode == mode.id
    assert root_of(monitors) == start


@MEDIUM
@pytest.mark.needs(crtcs=2)
@pytest.mark.needs(resize=True)
@pytest.mark.xserver(at_least=(820, 500))
def test_crtcs_are_set_one_by_one(monitors):
    """Each keeps what it has when another is set, moved or switched off (RND-046, RND-030)."""
    first, second, *_ = Head.all(monitors)
    one, two = first.add_mode(320, 200), second.add_mode(96, 80)
    first.set(one.id, 10, 20)
    second.set(two.id, 300, 200)
    assert (first.info.x, first.info.y, first.info.mode) == (10, 20, one.id)
    assert (second.info.x, second.info.y, second.info.mode) == (300, 200, two.id)
    assert second.output_info.crtc == second.crtc
    first.off()
    assert first.info.mode == 0
    assert (second.info.x, second.info.y, second.info.mode) == (300, 200, two.id)
    first.set(one.id, 300, 200)
    second.off()
    assert (first.info.x, first.info.y, first.info.outputs) == (300, 200, (first.output,))
    assert second.output_info.crtc == 0


@pytest.mark.needs(crtcs=2)
@pytest.mark.needs(resize=True)
def test_what_is_refused_for_one_crtc_leaves_the_other_alone(monitors, refused):
    """No CRTC changes, on or off (RND-042)."""
    first, second, *_ = Head.all(monitors)
    mode = second.add_mode(96, 80)
    second.set(mode.id, 100, 100)
    for head in (first, second):
        got = refused(head.crtc, mode.id, [second.output, second.output])
        assert name_of(got) == "Match"
        assert refused(head.crtc, 5, [head.output]) == ("RANDR:Mode", 5)


LAYOUT_FATAL = pytest.mark.known_bug(
    reference="Xvnc ends with 'invalid screen layout'",
    servers=("xvnc",),
    evidence="crashed: ServerDied exit status 1 while handling RANDR:SetCrtcConfig",
    strict=False,
)

BEYOND, CLIENTS = [EMULATED, ROOTLESS, LAYOUT_FATAL], [REFUSING, ROOTLESS]
DRIVERS_CHOICES = [
    pytest.param({"x": -8, "y": -16}, ServerKind.XORG, id="beyond-the-upper-left", marks=BEYOND),
    pytest.param({"x": 0, "y": -1}, ServerKind.XORG, id="beyond-the-top", marks=BEYOND),
    pytest.param({"size": (316, 204)}, ServerKind.XWAYLAND, id="mode-of-a-client", marks=CLIENTS),
]
"""What is asked, and the only kind of server whose driver refuses it, Xwayland before 24.1."""


@MEDIUM
@pytest.mark.parametrize(("choice", "refusing"), DRIVERS_CHOICES)
def test_what_the_driver_refuses_fails_and_changes_nothing(
    server, monitors, head, choice, refusing
):
    """Places beyond the left and upper edges and modes made by clients are the driver's choice:
    Success and shown, or Failed with the last-set time as it was, and no event (RND-049,
    RND-041)."""
    mode, info = head.info.mode, head.info
    if "size" in choice:
        mode = head.add_mode(*choice["size"], "made").id
    x, y = choice.get("x", info.x), choice.get("y", info.y)
    observer, before = Observer(monitors), RandrState.of(monitors)
    got = head.set(mode, x, y)
    # From 24.1 on Xwayland takes the modes of clients.
    takes_modes = refusing is ServerKind.XWAYLAND and server.version.numbers >= (24, 1)
    if server.spec is not None:
        # Which driver another Xorg has is not known.
        assert (got.status == FAILED) == (server.kind is refusing and not takes_modes)
    if got.status == FAILED:
        assert got.timestamp == before.resources.timestamp
        assert RandrState.of(monitors) == before
        assert observer.take() == []
    else:
        assert got.status == SUCCESS
        assert (head.info.mode, head.info.x, head.info.y) == (mode, x, y)
        assert observer.take()


def request(wire, head, mode, outputs, *, x=0, y=0, rotation=1, timestamp=0):
    body = wire.pack("IIIhhIH2x", head.crtc, timestamp, 0, x, y, mode, rotation)
    body += wire.pack(f"{len(outputs)}I", *outputs)
    return wire.request(wire.major("RANDR"), SET_CRTC_CONFIG, body)


@MEDIUM
@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
@pytest.mark.needs(resize=True)
def test_every_field_is_read_in_the_clients_byte_order(monitors, head, connect_wire, order):
    """What one client sets the other reads (RND-032, RND-044, RND-046)."""
    mode, wire = head.add_mode(96, 80), connect_wire(order)
    reply = wire.reply(
        request(wire, head, mode.id, [head.output], x=258, y=3, timestamp=0x01020304)
    )
    assert wire.unpack("BB2xII", reply) == (1, SUCCESS, 0, 0x01020304)
    info = head.info
    assert (info.x, info.y, info.mode, info.outputs) == (258, 3, mode.id, (head.output,))
    assert info.timestamp == 0x01020304
    reply = wire.reply(request(wire, head, 0, [], rotation=1, timestamp=5))
    assert wire.unpack("BB2xII", reply) == (1, SUCCESS, 0, 5)
    assert head.info.mode == 0


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
def test_errors_carry_their_values_in_the_clients_byte_order(monitors, head, connect_wire, order):
    """The id or the number that is wrong (RND-034, RND-035, RND-039)."""
    wire, mode = connect_wire(order), head.info.mode
    first = monitors.client.numbers("RANDR").first_error
    ask = [
        (request(wire, head, 0x00012345, [head.output]), first + 2, 0x00012345),
        (request(wire, head, mode, [0x00012345]), first, 0x00012345),
        (request(wire, head, mode, [head.output], rotation=0x103), 2, 0x103),
    ]
    got = [wire.error_of(sequence) for sequence, *_ in ask]
    assert [(e.code, e.value, e.minor) for e in got] == [
        (code, value, SET_CRTC_CONFIG) for _, code, value in ask
    ]


def test_the_reply_is_eight_words_of_which_two_say_something(monitors, head, connect_wire):
    """Status, length 0, the timestamp, and nothing else (RND-046)."""
    wire, info = connect_wire(), head.info
    reply = wire.reply(
        request(wire, head, info.mode, [head.output], x=info.x, y=info.y, timestamp=9)
    )
    assert len(reply) == 32
    kind, status, _, length, timestamp = struct.unpack_from("<BBHII", reply)
    assert (kind, status, length, timestamp) == (1, SUCCESS, 0, 9)


def test_outputs_keep_their_connection_when_refused(refused, head):
    """An output that feeds a CRTC stays connected through refused requests (RND-042)."""
    assert head.output_info.connection is OutputConnection.CONNECTED
    got = refused(head.crtc, head.info.mode, [head.output, head.output])
    assert name_of(got) == "Match"
    assert head.output_info.connection is OutputConnection.CONNECTED


@pytest.mark.needs("RANDR", resize=True)
@MEDIUM
def test_a_crtc_is_switched_off_from_wherever_it_was(monitors, head):
    """It has no mode and no output, the output no CRTC; a primary output stays it, on or off
    (RND-191)."""
    mode = head.add_mode(200, 150, "own-200x150").id
    monitors.set_primary(head.output)
    before = head.info
    for x, y in [(120, 90), (0, 45), (30, 0)]:
        assert head.set(mode, x, y).status == SUCCESS
        on = head.info
        assert (on.mode, on.outputs, head.output_info.crtc) == (mode, (head.output,), head.crtc)
        assert monitors.primary() == head.output
        assert head.off().status == SUCCESS
        off = head.info
        assert (off.mode, off.outputs, head.output_info.crtc) == (0, (), 0)
        assert monitors.primary() == head.output
    assert head.set(before.mode, before.x, before.y, rotation=before.rotation).status == SUCCESS
    assert monitors.primary() == head.output
