# SPDX-License-Identifier: MIT
"""Several screens of one server: each has its size, resources and events for itself."""

import pytest
from xcffib.xproto import EventMask

from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitor, Monitors
from harness.x11.core_events import ConfigureNotify
from harness.x11.randr import ScreenChangeNotify
from suites.marks import STARTS_LARGE
from suites.several_screens import SIZES, THREE_SCREENS, clients_of_screens, of_several_screens

pytestmark = [of_several_screens("RANDR"), pytest.mark.xserver(**THREE_SCREENS)]


@pytest.fixture
def screens(connect):
    """RANDR's requests on each of the three screens."""
    return [Monitors(client) for client in clients_of_screens(connect)]


def set_up_size(monitors):
    root = monitors.client.geometry(monitors.client.root)
    return root.width, root.height


def sizes_told(client):
    """(width, height, width and height in mm, visuals by depth) of each screen, as the setup tells
    newcomers."""
    return [
        (
            *(one.width_in_pixels, one.height_in_pixels),
            *(one.width_in_millimeters, one.height_in_millimeters),
            [
                (each.depth, [visual.visual_id for visual in each.visuals])
                for each in one.allowed_depths
            ],
        )
        for one in client.setup.roots
    ]


@STARTS_LARGE
def test_each_screen_has_crtcs_outputs_and_modes_of_its_own(screens):
    """No two have any in common (RND-140)."""
    for kind in ("crtcs", "outputs"):
        ids = [id for monitors in screens for id in getattr(monitors.resources(), kind)]
        assert len(ids) == len(set(ids)) >= len(SIZES)
    for monitors, size in zip(screens, SIZES, strict=True):
        assert set_up_size(monitors) == size
        sizes = {(mode.width, mode.height) for mode in monitors.known().modes.values()}
        assert size in sizes
        assert not sizes & set(SIZES) - {size}


@pytest.mark.known_bug(
    reference="vfbRRScreenSizeSet takes the output by the number of the screen",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    strict=False,
    fatal=True,
)
@pytest.mark.parametrize("number", range(len(SIZES)))
def test_the_size_of_one_screen_is_told_of_that_one(screens, connect, number):
    """In events, by its root and to newcomers; the others stay as they were (RND-140,
    RND-166)."""
    before = sizes_told(screens[0].client)
    for monitors in screens:
        monitors.select()
    since = [len(monitors.client.events) for monitors in screens]
    changed = screens[number]
    Head.first(changed).off()
    changed.set_screen_size(200, 150, 77, 55)
    changed.client.sync()
    told = [
        [event for event in monitors.events(at) if isinstance(event, ScreenChangeNotify)]
        for monitors, at in zip(screens, since, strict=True)
    ]
    root = changed.client.root
    assert [bool(events) for events in told] == [one is changed for one in screens]
    last = told[number][-1]
    assert (last.root, last.window, last.width, last.height) == (root, root, 200, 150)
    sizes = [size if at != number else (200, 150) for at, size in enumerate(SIZES)]
    assert [set_up_size(monitors) for monitors in screens] == sizes
    expected = list(before)
    expected[number] = (200, 150, 77, 55, *before[number][4:])
    assert sizes_told(connect("newcomer")) == expected


@pytest.mark.known_bug(
    reference="vfbRRScreenSizeSet takes the output by the number of the screen",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    strict=False,
    fatal=True,
)
@pytest.mark.parametrize("number", range(len(SIZES)))
def test_the_root_of_the_screen_that_changed_is_configured(screens, number):
    """ConfigureNotify is of that root and its new size; no other root is told of (RND-218)."""
    for monitors in screens:
        monitors.client.root_window(0).select_core(EventMask.StructureNotify)
        monitors.client.sync()
    changed = screens[number]
    Head.first(changed).off()
    changed.client.sync()
    since = [len(monitors.client.events) for monitors in screens]
    changed.set_screen_size(200, 150, 77, 55)
    told = []
    for monitors, at in zip(screens, since, strict=True):
        monitors.client.sync()
        cores = [event.core for event in monitors.client.events[at:]]
        told.append(
            {(e.window, e.width, e.height) for e in cores if isinstance(e, ConfigureNotify)}
        )
    root = changed.client.root
    assert told == [{(root, 200, 150)} if one is changed else set() for one in screens]


@STARTS_LARGE
def test_a_mode_of_a_user_is_listed_on_its_screen_alone(screens):
    """And can be shown there (RND-140)."""
    head = Head.first(screens[1])
    mode = head.add_mode(200, 160)
    assert [mode.id in monitors.resources().modes for monitors in screens] == [False, True, False]
    assert head.set(mode.id).status == 0
    assert head.info.mode == mode.id
    for monitors, size in zip((screens[0], screens[2]), (SIZES[0], SIZES[2]), strict=True):
        info = Head.first(monitors).info
        assert (info.width, info.height) == size


def test_a_monitor_of_a_user_is_of_its_screen_alone(screens):
    """Monitors of the others are as they were (RND-140)."""
    before = [monitors.monitors() for monitors in screens]
    (automatic,) = before[2]
    atom = screens[2].client.atom("_XHARNESS_OF_SCREEN")
    screens[2].set_monitor(Monitor(atom, False, False, 0, 0, 0, 0, 0, 0, automatic.outputs))
    after = [monitors.monitors() for monitors in screens]
    assert after[:2] == before[:2]
    assert [monitor.name for monitor in after[2]] == [atom]


def test_a_client_that_missed_a_change_of_a_screen_is_told_of_it(screens):
    """At once when it selects there, for that screen alone (RND-140)."""
    for monitors in screens:
        Head.first(monitors).off()
        since = len(monitors.client.events)
        monitors.select()
        monitors.client.sync()
        told = monitors.events(since)
        root = monitors.client.root
        assert ScreenChangeNotify in {type(event) for event in told}
        assert {event.window for event in told} == {root}
        assert [e.root for e in told if isinstance(e, ScreenChangeNotify)] == [root]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param(1, marks=pytest.mark.xserver(args=("-screen", "1", "320x240x24"))),
        pytest.param(2, marks=pytest.mark.xserver(args=THREE_SCREENS["args"])),
    ],
)
def test_several_screens_have_no_xinerama(connect, others):
    """Its requests name no screen: it tells of the monitors of a single one (RND-140)."""
    client = connect()
    assert len(client.setup.roots) == 1 + others
    assert not client.has_extension("XINERAMA")
    assert client.has_extension("RANDR")


@pytest.mark.xserver(
    size=(640, 480),
    args=("-screen", "1", "640x480x16", "-screen", "2", "640x200x24"),
)
def test_screens_of_one_size_show_one_mode(screens):
    """Modes that are alike in everything are one, which each screen lists; those that share a side
    are not (RND-140)."""
    shown = [Head.first(monitors).info.mode for monitors in screens]
    sizes = [set_up_size(monitors) for monitors in screens]
    if [mode_size(monitors) for monitors in screens] == sizes:
        assert shown[0] == shown[1] != shown[2]
    for monitors, mode in zip(screens, shown, strict=True):
        assert mode in monitors.resources().modes


def mode_size(monitors):
    info = Head.first(monitors).info
    return info.width, info.height
