# SPDX-License-Identifier: MIT
"""SelectInput: which masks and windows are accepted, and what a selection brings."""

import pytest
import xcffib.randr

from harness.clients.connection.server_clock import ServerClock
from harness.clients.present.specimens import WINDOWS, specimens
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import provoke
from harness.clients.resources.window import WindowClass
from harness.x11.randr import (
    CrtcChangeNotify,
    NotifyMask,
    OutputChangeNotify,
    ResourceChangeNotify,
    ScreenChangeNotify,
)
from suites.marks import EMULATED, REFUSING, ROOTLESS

pytestmark = pytest.mark.needs("RANDR")

KNOWN = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40]
UNKNOWN = [0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000, 0xFF00]

CHANGES = {
    NotifyMask.SCREEN_CHANGE: ScreenChangeNotify,
    NotifyMask.CRTC_CHANGE: CrtcChangeNotify,
    NotifyMask.OUTPUT_CHANGE: OutputChangeNotify,
    NotifyMask.RESOURCE_CHANGE: ResourceChangeNotify,
}


@pytest.fixture
def monitors(presenter):
    """The client under test, on a server that has nothing left to tell from its start."""
    monitors = Monitors(presenter)
    provoke(monitors)
    return monitors


@pytest.fixture
def other(connect):
    """A second client, which changes things."""
    return Monitors(connect("other"))


def select(monitors, mask, window=None):
    """SelectInput alone: what is selected already is not dropped first."""
    window = monitors.client.root if window is None else window
    monitors.requests.SelectInput(window, mask)


@pytest.fixture
def refused(monitors):
    """The error of a selection, as (name, value), None if it is accepted; one that is refused
    may follow events of the test, so that these are left alone."""

    def refused(mask, window=None):
        with monitors.client.catch_errors() as errors:
            select(monitors, mask, window)
        for error in errors:
            assert (error.major, error.minor) == (monitors.client.numbers("RANDR").major, 4)
        return next(((error.name, error.value) for error in errors), None)

    return refused


@pytest.fixture
def known_masks(monitors):
    """Skip where the server has a version of RANDR that may have further events."""
    newest = monitors.requests.QueryVersion(1, 99).reply()
    if (newest.major_version, newest.minor_version) > (1, 6):
        pytest.skip("needs a version of RANDR whose events are known, up to 1.6")


def heard(monitors, change):
    """The events that ``monitors`` gets of ``change()``."""
    monitors.client.sync()
    since = len(monitors.client.events)
    change()
    return monitors.events(since)


def toggle(monitors):
    """A change that every server can make and that is told at once: the primary output."""

    def change():
        primary = monitors.primary()
        monitors.set_primary(0 if primary else monitors.known().outputs[0])
        monitors.client.sync()

    return change


def kinds(events):
    return {type(event) for event in events}


@pytest.mark.usefixtures("known_masks")
@pytest.mark.parametrize("mask", UNKNOWN, ids=hex)
def test_a_mask_without_any_known_bit_is_refused(monitors, refused, other, mask):
    """Value with the mask, and nothing is selected (RND-005)."""
    assert refused(mask) == ("Value", mask)
    assert heard(monitors, toggle(other)) == []


@pytest.mark.usefixtures("known_masks")
@pytest.mark.parametrize("mask", UNKNOWN, ids=hex)
def test_a_refused_mask_leaves_the_selection_as_it_was(monitors, refused, other, mask):
    """An unknown mask neither ends nor changes what is selected (RND-005)."""
    select(monitors, NotifyMask.SCREEN_CHANGE)
    assert refused(mask) == ("Value", mask)
    assert kinds(heard(monitors, toggle(other))) == {ScreenChangeNotify}


@pytest.mark.usefixtures("known_masks")
@pytest.mark.parametrize("mask", [0x101, 0x8001, 0xFF01], ids=hex)
def test_unknown_bits_beside_known_ones_are_ignored(monitors, refused, other, mask):
    """The known ones among them are selected, which the text forbids (RND-006)."""
    assert refused(mask) is None
    assert kinds(heard(monitors, toggle(other))) == {ScreenChangeNotify}


def test_lease_events_alone_cannot_be_selected(monitors, refused, other):
    """The check forgets bit 0x80: Value (RND-007); a server that accepts it, as the text wants,
    is not wrong."""
    assert refused(0x80) in {("Value", 0x80), None}
    assert heard(monitors, toggle(other)) == []


def test_lease_events_can_be_selected_beside_others(monitors, refused, other):
    """With another known bit 0x80 is accepted (RND-007)."""
    assert refused(0x81) is None
    assert kinds(heard(monitors, toggle(other))) == {ScreenChangeNotify}


@pytest.mark.parametrize("mask", KNOWN, ids=hex)
def test_each_kind_of_event_is_selected_for_itself(monitors, refused, other, mask):
    """One bit brings events of its kind and of no other (RND-005, RND-006)."""
    assert refused(mask) is None
    expected = (
        {CHANGES[mask]} & {ScreenChangeNotify, OutputChangeNotify} if mask in CHANGES else set()
    )
    assert kinds(heard(monitors, toggle(other))) == expected


@EMULATED
@ROOTLESS
@pytest.mark.parametrize("mask", [0x01, 0x02, 0x04], ids=hex)
def test_each_kind_of_event_is_selected_for_itself_when_a_crtc_changes(
    monitors, refused, other, mask
):
    """One bit brings events of its kind and of no other (RND-005, RND-006)."""
    assert refused(mask) is None
    assert kinds(heard(monitors, Head.first(other).off)) == {CHANGES[mask]}


@pytest.mark.parametrize("first", [0x01, 0x02, 0x41], ids=hex)
@pytest.mark.parametrize("second", [0x04, 0x7F, 0x05], ids=hex)
def test_a_second_selection_does_not_change_the_first(monitors, refused, other, first, second):
    """While a client has a selection on a window, another mask for it is accepted and ignored,
    which the text does not say (RND-008)."""
    select(monitors, first)
    assert refused(second) is None
    expected = {ScreenChangeNotify} if first & NotifyMask.SCREEN_CHANGE else set()
    assert kinds(heard(monitors, toggle(other))) == expected


@pytest.mark.parametrize("first", [0x04, 0x7F], ids=hex)
def test_after_mask_0_another_mask_can_be_selected(monitors, other, first):
    """Dropping the selection is the way to change it (RND-008, RND-009)."""
    select(monitors, first)
    select(monitors, 0)
    select(monitors, NotifyMask.SCREEN_CHANGE)
    assert kinds(heard(monitors, toggle(other))) == {ScreenChangeNotify}


def test_mask_0_ends_the_events(monitors, refused, other):
    """Nothing comes any more, and a client without selection may send it too (RND-009)."""
    assert refused(0) is None
    select(monitors, 0xFF)
    assert heard(monitors, toggle(other))
    select(monitors, 0)
    assert heard(monitors, toggle(other)) == []
    assert refused(0) is None
    assert heard(monitors, toggle(other)) == []


def test_mask_0_ends_the_selection_of_one_window_only(monitors, other):
    """Those on other windows stay (RND-009)."""
    window = monitors.client.window(8, 8, events=0)
    for id in (monitors.client.root, window.id):
        select(monitors, NotifyMask.SCREEN_CHANGE, id)
    select(monitors, 0)
    assert [e.window for e in heard(monitors, toggle(other))] == [window.id]


@pytest.mark.parametrize("ending", [0, 1, 2], ids=["newest", "middle", "oldest"])
def test_mask_0_ends_the_selection_of_one_client_only(monitors, other, connect, ending):
    """Those of other clients on the same window stay, in whichever order they came (RND-009)."""
    listeners = [monitors, Monitors(connect("second")), Monitors(connect("third"))]
    for listener in listeners:
        select(listener, NotifyMask.SCREEN_CHANGE)
        listener.client.sync()
    leaving = listeners[2 - ending]
    select(leaving, 0)
    leaving.client.sync()
    since = {id(listener): len(listener.client.events) for listener in listeners}
    toggle(other)()
    for listener in listeners:
        events = listener.events(since[id(listener)])
        assert len(events) == (0 if listener is leaving else 1)


@pytest.mark.parametrize("leaving", [0, 1, 2], ids=["oldest", "middle", "newest"])
def test_a_client_that_leaves_takes_only_its_own_selection(monitors, other, connect, leaving):
    """Others on the same window go on hearing (RND-009)."""
    listeners = [Monitors(connect(f"listener-{n}")) for n in range(3)]
    for listener in listeners:
        select(listener, NotifyMask.SCREEN_CHANGE)
        listener.client.sync()
    listeners.pop(leaving).client.close()
    since = [len(listener.client.events) for listener in listeners]
    toggle(other)()
    assert [len(li.events(n)) for li, n in zip(listeners, since, strict=True)] == [1, 1]


def test_what_is_no_window_is_refused(monitors, refused, other):
    """Ids of other things and of nothing give Window with the id, whatever the mask is
    (RND-010)."""
    wrong = specimens(monitors.client, but=WINDOWS | {"event context"})
    for mask in (0, 0x7F, 0x100):
        got = {kind: refused(mask, id) for kind, id in wrong.items()}
        assert got == {kind: ("Window", id) for kind, id in wrong.items()}
    assert heard(monitors, toggle(other)) == []


WINDOWS_OF_ALL_SORTS = {
    "mapped": {"mapped": True},
    "unmapped": {"mapped": False},
    "InputOnly": {"mapped": False, "window_class": WindowClass.INPUT_ONLY},
}


@pytest.mark.parametrize("sort", WINDOWS_OF_ALL_SORTS)
def test_any_window_of_the_screen_will_do(monitors, other, sort):
    """The events name the window of the selection, and the root (RND-010)."""
    window = monitors.client.window(8, 8, events=0, **WINDOWS_OF_ALL_SORTS[sort])
    select(monitors, NotifyMask.SCREEN_CHANGE | NotifyMask.OUTPUT_CHANGE, window.id)
    screen, *rest = heard(monitors, toggle(other))
    assert (screen.root, screen.window) == (monitors.client.root, window.id)
    assert [event.window for event in rest] == [window.id]


def test_a_window_of_another_client_will_do(monitors, other):
    """Selections need no ownership, and end with the window (RND-010)."""
    window = other.client.window(8, 8, events=0)
    inner = other.client.window(4, 4, events=0, parent=window.id)
    other.client.sync()
    select(monitors, NotifyMask.SCREEN_CHANGE, window.id)
    select(monitors, NotifyMask.SCREEN_CHANGE, inner.id)
    events = heard(monitors, toggle(other))
    assert [event.window for event in events] == [window.id, inner.id]
    inner.destroy()
    assert [event.window for event in heard(monitors, toggle(other))] == [window.id]
    window.destroy()
    assert heard(monitors, toggle(other)) == []


def test_windows_that_nobody_selected_on_are_passed_over(monitors, other):
    """Those behind them, and inside of them, are told (RND-010)."""
    window = monitors.client.window
    behind, around = window(8, 8, events=0), window(8, 8, events=0)
    inner = window(4, 4, events=0, parent=around.id)
    window(8, 8, events=0)
    for one in (behind, inner):
        select(monitors, NotifyMask.SCREEN_CHANGE, one.id)
    events = heard(monitors, toggle(other))
    assert sorted(event.window for event in events) == sorted((behind.id, inner.id))


def test_a_client_that_leaves_takes_the_selections_on_its_windows_along(monitors, connect, other):
    """Its windows are gone, and the others hear nothing of them (RND-010)."""
    owner = connect("owner")
    window = owner.window(8, 8, events=0)
    owner.sync()
    select(monitors, NotifyMask.SCREEN_CHANGE, window.id)
    monitors.client.sync()
    owner.close()
    other.client.sync()
    assert heard(monitors, toggle(other)) == []


def changed_since(monitors, other):
    """Another client changes the screen after ``monitors`` has connected."""
    ServerClock(other.client).tick()
    head = Head.first(other)
    info = head.info
    mode = head.add_mode(info.width, info.height, "another")
    assert head.set(mode.id, info.x, info.y).status == 0
    other.client.sync()
    return other.known()


@REFUSING
@pytest.mark.parametrize("mask", [*KNOWN, 0x03, 0x06, 0x05, 0x7F, 0xFF], ids=hex)
def test_a_client_that_missed_a_change_is_told_when_it_selects(connect, mask):
    """Of the kinds it selects it gets a ScreenChange, a CrtcChange for each CRTC and an
    OutputChange for each output, in this order, changed or not (RND-011)."""
    monitors, other = Monitors(connect("client")), Monitors(connect("other"))
    monitors.client.sync()
    monitors.client.extension(xcffib.randr)
    resources = changed_since(monitors, other)
    events = heard(monitors, lambda: select(monitors, mask))
    crtcs = [e.crtc for e in events if isinstance(e, CrtcChangeNotify)]
    outputs = [e.output for e in events if isinstance(e, OutputChangeNotify)]
    expected = []
    if mask & NotifyMask.SCREEN_CHANGE:
        expected += [ScreenChangeNotify]
    if mask & NotifyMask.CRTC_CHANGE:
        expected += [CrtcChangeNotify] * len(resources.crtcs)
        assert sorted(crtcs) == sorted(resources.crtcs)
    if mask & NotifyMask.OUTPUT_CHANGE:
        expected += [OutputChangeNotify] * len(resources.outputs)
        assert outputs == list(resources.outputs)
    assert [type(event) for event in events] == expected
    for event in events:
        assert event.timestamp == resources.timestamp
        assert event.window == monitors.client.root
        if isinstance(event, CrtcChangeNotify):
            crtc = monitors.crtc(event.crtc)
            assert (event.mode, event.rotation) == (crtc.mode, crtc.rotation)
        if isinstance(event, OutputChangeNotify):
            output = monitors.output(event.output)
            assert (event.crtc, event.connection) == (output.crtc, output.connection)


@REFUSING
def test_what_was_missed_is_told_with_every_selection(connect):
    """It comes again with each further SelectInput, of the kinds selected first, and names the
    window; none come with mask 0 (RND-011, RND-008)."""
    monitors, other = Monitors(connect("client")), Monitors(connect("other"))
    window = monitors.client.window(8, 8, events=0)
    monitors.client.sync()
    monitors.client.extension(xcffib.randr)
    changed_since(monitors, other)
    both = NotifyMask.SCREEN_CHANGE | NotifyMask.OUTPUT_CHANGE
    first = heard(monitors, lambda: select(monitors, NotifyMask.SCREEN_CHANGE))
    again = heard(monitors, lambda: select(monitors, both))
    inner = heard(monitors, lambda: select(monitors, both, window.id))
    assert kinds(first) == kinds(again) == {ScreenChangeNotify}
    assert kinds(inner) == {ScreenChangeNotify, OutputChangeNotify}
    assert {event.window for event in inner} == {window.id}
    assert heard(monitors, lambda: select(monitors, 0)) == []


@REFUSING
@pytest.mark.parametrize("mask", [0x01, 0x02, 0x04, 0x7F], ids=hex)
def test_a_client_that_connects_after_the_last_change_is_told_nothing(connect, mask):
    """It knows the newest state from the start (RND-012)."""
    other = Monitors(connect("other"))
    provoke(other)
    changed_since(other, other)
    monitors = Monitors(connect("late"))
    assert heard(monitors, lambda: select(monitors, mask)) == []


def select_raw(wire, mask, window=None):
    body = wire.pack("IH2x", wire.root if window is None else window, mask)
    return wire.error_of(wire.request(wire.major("RANDR"), 4, body))


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
def test_masks_and_windows_are_read_in_the_clients_byte_order(monitors, other, connect_wire, order):
    """What is refused and what is selected does not depend on it (RND-005, RND-006, RND-010)."""
    wire = connect_wire(order)
    assert [(e.name, e.value) for e in [select_raw(wire, 0x100)]] == [("Value", 0x100)]
    nothing = wire.new_id()
    assert [(e.name, e.value) for e in [select_raw(wire, 1, nothing)]] == [("Window", nothing)]
    assert select_raw(wire, 0x001) is None
    toggle(other)()
    wire.sync()
    first = monitors.client.numbers("RANDR").first_event
    assert [data[0] for data in wire.events] == [first]


def test_each_of_many_clients_is_told(connect):
    """All that selected on the root, of one change as of the next (RND-192)."""
    everybody = [Monitors(connect(f"client {number}")) for number in range(9)]
    output = everybody[0].known().outputs[0]
    everybody[0].set_primary(0)
    for monitors in everybody:
        monitors.client.sync()
        monitors.select()
        monitors.client.sync()
    for primary in (output, 0):
        since = [len(monitors.client.events) for monitors in everybody]
        everybody[0].set_primary(primary)
        told = []
        for monitors, at in zip(everybody, since, strict=True):
            monitors.client.sync()
            told.append([type(event).__name__ for event in monitors.events(at)])
        assert "OutputChangeNotify" in told[0]
        assert told == [told[0]] * len(told)
