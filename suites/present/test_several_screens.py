# SPDX-License-Identifier: MIT
"""Several screens of one server: each presents, and has fences, as if it were the only one."""

import pytest

from harness.capture.get_image import capture
from harness.pixels.canvas import Canvas
from harness.x11.present import ALL_EVENTS, CompleteMode, Option, PresentConfigureNotify
from suites.marks import SHOWN
from suites.several_screens import THREE_SCREENS, clients_of_screens, of_several_screens

pytestmark = [of_several_screens("Present"), pytest.mark.xserver(fps=600, **THREE_SCREENS)]

PLACE = {"x": 20, "y": 10}


@pytest.fixture
def screens(connect):
    """A client for each of the three screens."""
    return clients_of_screens(connect)


@pytest.fixture(params=[(0, 1), (1, 2)], ids=["first-and-second", "second-and-third"])
def pair(request, screens):
    """Windows at the same place of two screens."""
    return tuple(
        screens[number].window(40, 30, **PLACE, background="blue", border_width=2)
        for number in request.param
    )


def test_each_screen_shows_what_is_presented_there(screens):
    """Copied to the window, completed, and told to its client alone (PRE-191)."""
    for client in screens:
        window = client.window(20, 20, x=5, y=6)
        pixmap = window.pixmap("red")
        shown = window.present(pixmap)
        assert shown.wait_complete().mode in SHOWN
        assert window.pixel(19, 19) == window.value("red")
        assert window.notify_msc().wait_complete().mode == CompleteMode.COPY


@pytest.mark.needs("SYNC")
def test_fences_of_each_screen_hold_what_is_presented_there(screens):
    """One is not triggered until a client does so, or the server has gone through a presentation
    (PRE-191)."""
    for client in screens:
        wait, idle = client.fence(), client.fence()
        window = client.window(20, 20, x=5, y=6)
        shown = window.present(window.pixmap("red"), wait_fence=wait, idle_fence=idle)
        window.msc()
        assert not wait.triggered
        assert not idle.triggered
        assert window.pixel(3, 3) == window.value("black")
        wait.trigger()
        shown.wait_complete()
        assert idle.triggered
        assert window.pixel(3, 3) == window.value("red")


def look(window):
    """What the window shows, once all requests of its client are done."""
    window.client.sync()
    return capture(window)


def test_each_screen_shows_what_is_presented_to_it(pair):
    """A presentation is drawn on the screen of its window, areas and offsets included, and leaves
    the window at the same place of the other screen alone (PRE-200)."""
    untouched = Canvas(40, 30, 24, "blue")
    for window, other in (pair, reversed(pair)):
        other.clear()
        drawn = Canvas(40, 30, 24, "blue")
        area = window.client.region((0, 0, 8, 20), (12, 4, 8, 20))
        for options, dx in ((Option.NONE, 6), (Option.COPY, -5), (Option.ASYNC, 0)):
            pixmap = window.pixmap()
            window.present(pixmap, x_off=dx, y_off=3, options=options).wait_complete()
            picture = capture(pixmap).pixels
            drawn.paste(picture, dx, 3)
            drawn.check(look(window))
            untouched.check(look(other))
        window.present(window.pixmap("red"), update=area, x_off=1, y_off=2).wait_complete()
        for rectangle in ((1, 2, 8, 20), (13, 6, 8, 20)):
            drawn.area(*rectangle).fill("red")
        drawn.check(look(window))
        untouched.check(look(other))
        window.clear()


def test_each_screen_tells_of_what_is_presented_to_it(pair):
    """Complete, Idle and fences of either screen's presentations; what waits for a target on one
    screen neither replaces nor holds back what is shown on the other (PRE-200)."""
    for window, other in (pair, reversed(pair)):
        fence, far = window.client.fence(), other.client.fence()
        target = window.msc() + 8
        waiting = other.present(other.pixmap("red"), target_msc=other.msc() + 2**20, idle_fence=far)
        shown = window.present(window.pixmap("green"), target_msc=target, idle_fence=fence)
        complete = shown.wait_complete()
        assert (complete.window, complete.mode in SHOWN) == (window.id, True)
        assert complete.msc >= target
        assert shown.wait_idle().idle_fence == fence.id
        assert fence.triggered
        assert window.wait_msc(complete.msc + 3) >= complete.msc + 3
        other.client.sync()
        assert not waiting.completes()
        assert not waiting.idles()
        assert not far.triggered
        assert len(shown.completes()) == len(shown.idles()) == 1


def test_presentations_for_one_frame_supersede_none_of_another_screen(pair):
    """Of those that wait for the same target MSC only an earlier one of the same window is idle
    (PRE-235, PRE-090)."""
    target = max(window.msc() for window in pair) + 2**20
    asked = [
        [window.present(window.pixmap(colour), target_msc=target) for colour in ("red", "green")]
        for window in pair
    ]
    for window, (first, second) in zip(pair, asked, strict=True):
        window.client.sync()
        assert len(first.idles()) == 1
        assert not second.idles()


def test_the_clocks_of_both_screens_run_alike(pair):
    """Frames are counted and last as long on either screen (PRE-200)."""
    spans = []
    for window in pair:
        first = window.notify_msc(window.msc() + 1).wait_complete()
        last = window.notify_msc(first.msc + 30).wait_complete()
        spans.append((last.ust - first.ust) / (last.msc - first.msc))
    assert 0.8 < spans[0] / spans[1] < 1.25


def test_no_screen_without_driver_has_capabilities(screens):
    """Neither its root nor any window of it (PRE-231)."""
    for client in screens:
        windows = client.root_window(0), client.window(20, 20, events=0)
        assert [window.capabilities() for window in windows] == [0, 0]


def test_windows_of_each_screen_are_configured_for_themselves(pair):
    """ConfigureNotify goes to the selections on the window of that screen (PRE-200)."""
    before = [len(window.context.events()) for window in pair]
    pair[1].resize(50, 35)
    pair[1].client.sync()
    pair[0].client.sync()
    told = [
        [e for e in window.context.events()[at:] if isinstance(e, PresentConfigureNotify)]
        for window, at in zip(pair, before, strict=True)
    ]
    assert told[0] == []
    [event] = told[1]
    assert (event.window, event.width, event.height) == (pair[1].id, 50, 35)


def test_the_root_of_each_screen_can_be_presented_to(pair):
    """Windows above it keep what they show (PRE-200)."""
    for window, other in (pair, reversed(pair)):
        client = window.client
        screen = client.screen
        root = client.root_window(ALL_EVENTS)
        shown = root.present(client.pixmap(60, 50, screen.root_depth, "red"))
        assert shown.wait_complete().mode in SHOWN
        picture = capture(root)
        assert picture.pixel(5, 5) == root.value("red")
        assert picture.pixel(30, 20) == root.value("blue")
        other.client.sync()
        assert capture(other.client.root_window(0)).pixel(5, 5) != root.value("red")
        root.clear()
