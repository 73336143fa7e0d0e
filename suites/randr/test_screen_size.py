# SPDX-License-Identifier: MIT
"""The size of the screen: its range, what is refused, and what a new size changes."""

from functools import partial

import pytest

from harness.clients.present.specimens import WINDOWS, specimens
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.state import RandrState
from harness.clients.resources.damage import Damage
from harness.clients.resources.region import Region
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import OutputChangeNotify, ScreenChangeNotify
from suites.marks import LARGE, MEDIUM, PLACE_COUNTS_TWICE, at_least

pytestmark = pytest.mark.needs("RANDR")

GET_SCREEN_SIZE_RANGE, SET_SCREEN_SIZE = 6, 7
RESIZES = pytest.mark.needs(resize=True)


def size_range(monitors):
    """((smallest width, largest width), (smallest height, largest height))."""
    reply = monitors.requests.GetScreenSizeRange(monitors.client.root).reply()
    return (reply.min_width, reply.max_width), (reply.min_height, reply.max_height)


def size(monitors):
    root = monitors.client.geometry(monitors.client.root)
    return root.width, root.height


@pytest.fixture
def refused(monitors, refusal):
    """The error of a SetScreenSize, as (name, value), None if it is accepted."""

    def send(width, height, mm_width=170, mm_height=130, window=monitors.client.root):
        monitors.requests.SetScreenSize(window, width, height, mm_width, mm_height)

    return partial(refusal, SET_SCREEN_SIZE, send)


def free(monitors):
    """No CRTC is on: the screen can have any size of its range."""
    for id in monitors.known().crtcs:
        monitors.switch_off(id)


def test_the_screen_is_within_its_range(monitors):
    """Smallest, current and largest size are in this order, none is 0 (RND-018)."""
    for (smallest, largest), current in zip(size_range(monitors), size(monitors), strict=True):
        assert 0 < smallest <= current <= largest


def test_the_range_stays_the_same_and_is_the_same_for_all(monitors, connect):
    """Switching off and setting sizes does not change it (RND-018)."""
    before = size_range(monitors)
    free(monitors)
    assert size_range(monitors) == before
    assert size_range(Monitors(connect("other"))) == before


@MEDIUM
@RESIZES
def test_the_range_does_not_follow_the_size(monitors):
    """A smaller screen may become as large as before (RND-018)."""
    before = size_range(monitors)
    free(monitors)
    monitors.set_screen_size(320, 240)
    assert size(monitors) == (320, 240)
    assert size_range(monitors) == before


def test_what_is_no_window_has_no_range_and_no_size(monitors, refused):
    """Both requests give Window with the id, whatever else is wrong (RND-024)."""
    wrong = specimens(monitors.client, but=WINDOWS | {"event context"})
    width, height = size(monitors)
    for kind, id in wrong.items():
        with monitors.client.expect_error("Window", id):
            monitors.requests.GetScreenSizeRange(id).reply()
        assert refused(width, height, window=id) == ("Window", id), kind
    nothing = monitors.client.new_id()
    assert refused(0, 0, 0, 0, window=nothing) == ("Window", nothing)


def test_any_window_stands_for_its_screen(monitors, refused):
    """The range is that of the screen of the window, which need not be the root (RND-024)."""
    window = monitors.client.window(8, 8, events=0)
    reply = monitors.requests.GetScreenSizeRange(window.id).reply()
    (smallest, largest), _ = size_range(monitors)
    assert (reply.min_width, reply.max_width) == (smallest, largest)
    root = monitors.client.geometry(monitors.client.root)
    assert refused(root.width, root.height, window=window.id) is None


OUTSIDE = {
    "too narrow": lambda w, h, now: (w[0] - 1, now[1], "width"),
    "too wide": lambda w, h, now: (w[1] + 1, now[1], "width"),
    "too low": lambda w, h, now: (now[0], h[0] - 1, "height"),
    "too high": lambda w, h, now: (now[0], h[1] + 1, "height"),
    "too narrow and too low": lambda w, h, now: (w[0] - 1, h[0] - 1, "width"),
    "too wide and too high": lambda w, h, now: (w[1] + 1, h[1] + 1, "width"),
    "too wide and too low": lambda w, h, now: (w[1] + 1, h[0] - 1, "width"),
    "no area": lambda w, h, now: (0, 0, "width"),
    "no height": lambda w, h, now: (now[0], 0, "height"),
    "far too wide": lambda w, h, now: (65535, now[1], "width"),
    "far too large": lambda w, h, now: (65535, 65535, "width"),
}


@pytest.mark.parametrize("off", [False, True], ids=["on", "off"])
@pytest.mark.parametrize("case", OUTSIDE)
def test_a_size_outside_of_the_range_is_refused(monitors, refused, case, off):
    """Value with the dimension that is wrong, width first; also when a CRTC would not fit, and
    before the millimetres are looked at (RND-019, RND-020)."""
    widths, heights = size_range(monitors)
    if off:
        free(monitors)
    width, height, wrong = OUTSIDE[case](widths, heights, size(monitors))
    expected = ("Value", width if wrong == "width" else height)
    assert refused(width, height) == expected
    assert refused(width, height, 0, 0) == expected


@pytest.mark.parametrize("millimetres", [(170, 130), (0, 0), (0, 130)], ids=str)
@pytest.mark.parametrize("less", [(1, 0), (0, 1), (1, 1), (200, 100)], ids=str)
def test_a_screen_too_small_for_a_crtc_is_refused(refused, monitors, head, less, millimetres):
    """Match, before the millimetres are looked at (RND-020, RND-021); Value from a server with
    no sizes so small (RND-019)."""
    info, ((least_width, _), (least_height, _)) = head.info, size_range(monitors)
    width, height = info.x + info.width - less[0], info.y + info.height - less[1]
    error = refused(width, height, *millimetres)
    assert error is not None
    outside = width < least_width or height < least_height
    assert error[0] == ("Value" if outside else "Match")


@PLACE_COUNTS_TWICE
@MEDIUM
@RESIZES
@pytest.mark.parametrize("less", [(1, 0), (0, 1)], ids=str)
def test_where_a_crtc_is_counts(monitors, refused, head, less, allow_size):
    """What must fit is its lower right corner (RND-020)."""
    allow_size(195, 279)
    mode = head.add_mode(96, 80)
    head.set(mode.id, 100, 200)
    error = refused(196 - less[0], 280 - less[1])
    assert error is not None
    assert error[0] == "Match"
    assert refused(196, 280) is None
    assert size(monitors) == (196, 280)


@PLACE_COUNTS_TWICE
@MEDIUM
@RESIZES
@pytest.mark.needs(rotation=True, screen_turns=False)
@pytest.mark.parametrize("reflection", [0x00, 0x10, 0x20, 0x30], ids=hex)
@pytest.mark.parametrize("rotation", [1, 2, 4, 8])
def test_what_a_turned_crtc_shows_must_fit(monitors, refused, head, rotation, reflection):
    """By its sides as they are turned; reflected or not is the same (RND-182)."""
    mode = head.add_mode(96, 80)
    done = head.set(mode.id, 300, 200, rotation=rotation | reflection)
    assert (done.status, head.info.rotation) == (0, rotation | reflection)
    width, height = (380, 296) if rotation in (2, 8) else (396, 280)
    for less in [(1, 0), (0, 1)]:
        error = refused(width - less[0], height - less[1])
        assert error is not None
        assert error[0] == "Match"
    assert refused(width, height) is None
    assert size(monitors) == (width, height)


@PLACE_COUNTS_TWICE
@RESIZES
@pytest.mark.needs(crtcs=2)
@MEDIUM
def test_all_crtcs_that_are_on_must_fit(monitors, refused):
    """And those that are off need not (RND-020)."""
    first, second, *_ = Head.all(monitors)
    one, two = first.add_mode(320, 200), second.add_mode(96, 80)
    first.set(one.id)
    second.set(two.id, 320, 200)
    for width, height in [(415, 280), (416, 279), (320, 200)]:
        error = refused(width, height)
        assert error is not None
        assert error[0] == "Match"
    assert refused(416, 280) is None
    second.off()
    assert refused(320, 200) is None
    assert size(monitors) == (320, 200)


@pytest.mark.parametrize("millimetres", [(0, 130), (170, 0), (0, 0)], ids=str)
def test_no_millimetres_are_refused(monitors, refused, millimetres):
    """Value 0, though the size in pixels is the present one (RND-021)."""
    assert refused(*size(monitors), *millimetres) == ("Value", 0)


def test_the_same_size_again_is_accepted_and_not_told(monitors):
    """Pixels and millimetres as they are: no event (RND-023)."""
    monitors.set_screen_size(*size(monitors), 300, 200)
    observer = Observer(monitors)
    monitors.set_screen_size(*size(monitors), 300, 200)
    assert observer.take() == []


@pytest.mark.xserver(fresh=True)
def test_the_size_of_the_start_is_not_told(monitors):
    """Whoever sets it first sets what there is (RND-023)."""
    screen, observer = monitors.client.screen, Observer(monitors)
    millimetres = screen.width_in_millimeters, screen.height_in_millimeters
    monitors.set_screen_size(*size(monitors), *millimetres)
    assert observer.take() == []


SIZES = [
    pytest.param(size, marks=at_least(*size))
    for size in [
        *[(320, 240), (321, 239), (65, 64), (320, 120), (120, 320)],
        *[(1279, 1024), (1280, 1023), (1000, 600)],
    ]
]


@RESIZES
@pytest.mark.parametrize("wanted", SIZES, ids=str)
def test_a_new_size_is_that_of_the_root_and_of_new_connections(
    monitors, connect, allow_size, wanted
):
    """Root geometry, and the setup data that later clients get, in pixels and mm; earlier ones
    are told (RND-022)."""
    allow_size(*wanted)
    free(monitors)
    observer = Observer(monitors)
    monitors.set_screen_size(*wanted, 211, 97)
    assert size(monitors) == wanted
    screen = connect("new").screen
    assert (screen.width_in_pixels, screen.height_in_pixels) == wanted
    assert (screen.width_in_millimeters, screen.height_in_millimeters) == (211, 97)
    told, configured = observer.take()
    assert isinstance(told, ScreenChangeNotify)
    assert (told.width, told.height, told.mm_width, told.mm_height) == (*wanted, 211, 97)
    assert isinstance(configured, ConfigureNotify)
    assert (configured.width, configured.height) == wanted


@LARGE
@RESIZES
def test_a_new_size_has_no_effect_on_crtcs_and_outputs(monitors, head):
    """They stay on, where they are and as large as they are (RND-022)."""
    mode = head.add_mode(96, 80)
    head.set(mode.id, 10, 20)
    before = RandrState.of(monitors)
    monitors.set_screen_size(600, 500)
    after = RandrState.of(monitors)
    assert after.crtcs[head.crtc].mode == mode.id
    for id, crtc in before.crtcs.items():
        now = after.crtcs[id]
        assert (now.x, now.y, now.width, now.height) == (crtc.x, crtc.y, crtc.width, crtc.height)
        assert (now.mode, now.outputs, now.rotation) == (crtc.mode, crtc.outputs, crtc.rotation)
    assert {id: (o.crtc, o.modes) for id, o in after.outputs.items()} == {
        id: (o.crtc, o.modes) for id, o in before.outputs.items()
    }


@LARGE
@RESIZES
def test_the_screen_shrinks_and_grows_again(monitors, connect, allow_size):
    """Step by step, each told once, and at the end it is as it was (RND-022, RND-023)."""
    allow_size(100, 480)
    free(monitors)
    start = size(monitors)
    observer = Observer(monitors)
    for wanted in [(640, 480), (640, 481), (100, 900), (100, 900), start]:
        changes = size(monitors) != wanted
        monitors.set_screen_size(*wanted)
        assert size(monitors) == wanted
        # Some servers take the millimetres over to their output, which is told with the next.
        told = [type(e) for e in observer.take() if not isinstance(e, OutputChangeNotify)]
        assert told == ([ScreenChangeNotify, ConfigureNotify] if changes else [])
    assert connect("new").screen.width_in_pixels == start[0]


@RESIZES
@pytest.mark.needs("Composite", "DAMAGE", "XFIXES", uncomposited=True)
def test_all_extensions_see_the_root_as_large_as_it_is(monitors, allow_size):
    """The root's region, its border clip, and the geometry that its damage tells, each time it
    changes (RND-222)."""
    allow_size(320, 240)
    free(monitors)
    client, start = monitors.client, size(monitors)
    root = client.root_window(events=0)
    damage = Damage.watch(root)
    for wanted in [start, (320, 240), (321, 250), start]:
        monitors.set_screen_size(*wanted)
        client.sync()
        whole = [(0, 0, *wanted)]
        assert list(Region.of_window(client, client.root).fetch()) == whole
        assert list(root.border_clip().fetch()) == whole
        damage.subtract()
        damage.forget()
        root.fill("red", 3, 4, 5, 6)
        client.sync()
        (notice,) = damage.notices()
        assert notice.geometry == (0, 0, *wanted)


@RESIZES
def test_other_millimetres_alone_are_told(monitors, connect):
    """They are a change too: ScreenChange and ConfigureNotify with the old pixels (RND-022)."""
    free(monitors)
    before, observer = size(monitors), Observer(monitors)
    monitors.set_screen_size(*before, 1000, 2000)
    told, configured = observer.take()
    assert (told.width, told.height, told.mm_width, told.mm_height) == (*before, 1000, 2000)
    assert (configured.width, configured.height) == before
    screen = connect("new").screen
    assert (screen.width_in_millimeters, screen.height_in_millimeters) == (1000, 2000)


@MEDIUM
@RESIZES
def test_windows_keep_their_places_when_the_screen_shrinks(monitors):
    """Also those that are now beyond it; the root's children are not told (RND-022)."""
    free(monitors)
    near = monitors.client.window(40, 30, x=10, y=10, events=0)
    far = monitors.client.window(40, 30, x=900, y=700, events=0)
    monitors.set_screen_size(320, 240)
    for window, x, y in ((near, 10, 10), (far, 900, 700)):
        geometry = window.geometry
        assert (geometry.x, geometry.y, geometry.width, geometry.height) == (x, y, 40, 30)


@RESIZES
@pytest.mark.needs(grow=True)
def test_a_screen_grows_beyond_its_first_size(monitors, connect):
    """Up to the end of the range it may be larger than at the start (RND-019, RND-022)."""
    observer, (widths, heights) = Observer(monitors), size_range(monitors)
    width, height = size(monitors)
    wanted = min(widths[1], width + 220), min(heights[1], height + 276)
    monitors.set_screen_size(*wanted, 400, 350)
    assert size(monitors) == wanted
    assert connect("new").screen.width_in_pixels == wanted[0]
    assert [type(e) for e in observer.take()] == [ScreenChangeNotify, ConfigureNotify]


@RESIZES
def test_the_smallest_size_is_accepted(monitors, refused):
    """The lower end of the range belongs to it (RND-019)."""
    free(monitors)
    (width, _), (height, _) = size_range(monitors)
    assert refused(width, height) is None
    assert size(monitors) == (width, height)


def range_raw(wire):
    body = wire.pack("I", wire.root)
    reply = wire.reply(wire.request(wire.major("RANDR"), GET_SCREEN_SIZE_RANGE, body))
    assert wire.unpack("BB2xI", reply) == (1, 0, 0)
    least_wide, least_high, most_wide, most_high = wire.unpack("4H", reply, 8)
    return (least_wide, most_wide), (least_high, most_high)


def set_raw(wire, width, height, mm_width, mm_height):
    body = wire.pack("IHHII", wire.root, width, height, mm_width, mm_height)
    return wire.error_of(wire.request(wire.major("RANDR"), SET_SCREEN_SIZE, body))


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
def test_the_range_is_written_in_the_clients_byte_order(monitors, connect_wire, order):
    """And a width beyond it is told as the client wrote it (RND-018, RND-019)."""
    wire = connect_wire(order)
    widths, heights = size_range(monitors)
    assert range_raw(wire) == (widths, heights)
    error = set_raw(wire, widths[1] + 1, heights[1], 1, 1)
    assert (error.name, error.value) == ("Value", widths[1] + 1)


@MEDIUM
@RESIZES
@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
def test_sizes_are_read_in_the_clients_byte_order(monitors, connect, connect_wire, order):
    """Pixels and millimetres (RND-022)."""
    free(monitors)
    assert set_raw(connect_wire(order), 640, 258, 1001, 515) is None
    assert size(monitors) == (640, 258)
    screen = connect("new").screen
    assert (screen.width_in_millimeters, screen.height_in_millimeters) == (1001, 515)
