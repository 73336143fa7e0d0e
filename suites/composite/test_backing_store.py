# SPDX-License-Identifier: MIT
"""Backing store: servers with COMPOSITE redirect the window, and so keep what is covered."""

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import CW, BackingStore, EventMask

from harness.capture.arrival import await_on_screen
from harness.clients.resources.window import is_redirected
from harness.models.stage import Stage
from harness.pixels.chart import chart_pixels
from harness.x11.core_events import Expose

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

CHART = chart_pixels(48, 40)
KEPT = pytest.mark.parametrize(
    "kept", [BackingStore.WhenMapped, BackingStore.Always], ids=["when-mapped", "always"]
)


@pytest.fixture
def stage(presenter):
    """A stage whose window shows the chart, on a server that announces a backing store."""
    if presenter.screen.backing_stores == BackingStore.NotUseful:
        pytest.skip("needs a screen with a backing store, which this server announces as Never")
    made = Stage.open(presenter)
    made.window.put(CHART)
    made.inside.paste(CHART)
    return made


def keep(window, value):
    """Ask for ``value`` as the window's backing store."""
    window.client.core.ChangeWindowAttributes(window.id, CW.BackingStore, [value])


def exposed(window):
    """The areas of the window that the server lost, as it tells."""
    window.client.sync()
    cores = (event.core for event in window.client.events)
    return [e for e in cores if isinstance(e, Expose) and e.window == window.id]


def covered_and_uncovered(stage):
    cover = stage.parent.client.window(200, 200, events=0, background="yellow")
    stage.parent.client.sync()
    cover.destroy()
    stage.parent.client.sync()


@pytest.mark.needs(
    servers=("xvfb", "xephyr", "xorg"), reason="a backing store unless told otherwise"
)
def test_a_screen_with_composite_has_a_backing_store(presenter):
    """It announces WhenMapped (CMP-184)."""
    assert presenter.screen.backing_stores == BackingStore.WhenMapped


@KEPT
def test_what_is_covered_is_kept(stage, kept):
    """Nothing is exposed when it is uncovered, and the picture is what was drawn, also while it
    was covered (CMP-160)."""
    window, client = stage.window, stage.parent.client
    keep(window, kept)
    window.select_core(EventMask.Exposure)
    cover = client.window(200, 200, events=0, background="yellow")
    window.fill("red", 3, 4, 10, 12)
    stage.inside.area(3, 4, 10, 12).fill("red")
    client.sync()
    cover.destroy()
    await_on_screen(client, stage.picture, 30, 20)
    assert exposed(window) == []


@KEPT
@pytest.mark.needs("Present")
@pytest.mark.parametrize("covered", [False, True], ids=["seen", "covered"])
def test_what_is_presented_is_kept(stage, kept, covered):
    """A presentation is shown in a window with a backing store as in any, also when it came
    while the window was covered (CMP-225)."""
    window, client = stage.window, stage.parent.client
    keep(window, kept)
    cover = client.window(200, 200, events=0, background="yellow") if covered else None
    window.present(window.pixmap("red", 30, 20), x_off=5, y_off=6).wait_complete()
    stage.inside.area(5, 6, 30, 20).fill("red")
    if cover:
        cover.destroy()
    await_on_screen(client, stage.picture, 30, 20)


@KEPT
def test_a_window_without_backing_store_is_told_what_it_lost(stage, kept):
    """Whether it never had one or gave it back (CMP-160)."""
    window = stage.window
    window.select_core(EventMask.Exposure)
    covered_and_uncovered(stage)
    before = len(exposed(window))
    assert before
    keep(window, kept)
    covered_and_uncovered(stage)
    assert len(exposed(window)) == before
    keep(window, BackingStore.NotUseful)
    covered_and_uncovered(stage)
    assert len(exposed(window)) > before


@KEPT
def test_backing_store_leaves_redirections_of_clients_alone(stage, connect, kept):
    """The server redirects automatically, so one client may still do so manually; what it asked
    for stays when the backing store is given back (CMP-161)."""
    window = stage.window
    keep(window, kept)
    stage.parent.client.sync()
    assert is_redirected(window)
    manager = connect("manager")
    seen = manager.borrow_window(window, events=0)
    seen.redirect(Redirect.Manual)
    manager.sync()
    keep(window, BackingStore.NotUseful)
    stage.parent.client.sync()
    assert is_redirected(window)
    seen.unredirect(Redirect.Manual)
    manager.sync()
    assert not is_redirected(window)


WHEN_MAPPED, ALWAYS = BackingStore.WhenMapped, BackingStore.Always
REDIRECTED_AGAIN = pytest.mark.known_bug(
    reference="xserver commit 0f477cc68: another kind of backing store is another redirection",
    since={"X.Org": "21", "XLibre": "25", "Xwayland": "21"},
    evidence="failed: AssertionError is_redirected",
)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param((WHEN_MAPPED, WHEN_MAPPED), id="when-mapped-twice"),
        pytest.param((ALWAYS, ALWAYS, ALWAYS), id="always-thrice"),
        pytest.param((BackingStore.NotUseful, WHEN_MAPPED), id="first-none"),
        pytest.param((ALWAYS, WHEN_MAPPED), id="less-then", marks=REDIRECTED_AGAIN),
        pytest.param((WHEN_MAPPED, ALWAYS), id="more-then", marks=REDIRECTED_AGAIN),
    ],
)
def test_backing_store_ends_at_once_however_often_it_was_asked_for(stage, asked):
    """It is one redirection, which the window loses when it asks for none, and gets anew when it
    asks again (CMP-191)."""
    window = stage.window
    for _ in range(2):
        for value in asked:
            keep(window, value)
        stage.parent.client.sync()
        assert is_redirected(window)
        for _ in range(2):
            keep(window, BackingStore.NotUseful)
            assert not is_redirected(window)
