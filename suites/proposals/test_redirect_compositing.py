# SPDX-License-Identifier: MIT
"""A compositor that shows what is redirected to it: composited, flipped to, skipped."""

import pytest

from harness.capture.get_image import capture
from harness.clients.compositing.redirecting_compositor import RedirectingCompositor
from harness.clients.resources.window import Window
from harness.x11.present import CompleteMode, CompleteNotify, IdleNotify

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES", "Composite", "DAMAGE", "RENDER", "SHAPE"),
    pytest.mark.proposal("present-redirect"),
]
BOTH = pytest.mark.usefixtures("profile")

WIDTH, HEIGHT = 96, 72


@pytest.fixture
def desktop(connect):
    """The window whose children are composited."""
    window = connect("desktop").window(WIDTH, HEIGHT, events=0)
    window.client.sync()
    return window


@pytest.fixture
def compositor(connect, desktop):
    """A compositor of the desktop."""
    with RedirectingCompositor(connect("compositor"), desktop, background="orange") as compositor:
        yield compositor


@pytest.fixture
def application(connect, desktop):
    """Makes windows on the desktop, of one client."""
    client = connect("application")

    def make(width, height, **attributes):
        window = client.window(width, height, parent=desktop, **attributes)
        client.sync()
        return window

    make.client = client
    return make


def settle(application, compositor):
    """What the application asked has reached the compositor, and what that did is shown."""
    application.client.sync()
    frame = compositor.update()
    if frame is not None:
        frame.wait_complete()
    application.client.sync()
    return frame


def test_a_composited_window_shows_what_was_presented(compositor, application, desktop, golden):
    """The frame contains the pixmap where it was wanted; the window's own pixels stay as they
    were (RDR-040)."""
    low = application(48, 40, x=10, y=8, background="blue", border_width=2)
    high = application(40, 30, x=40, y=30, background="green")
    settle(application, compositor)
    first = low.present(low.pixmap(), x_off=6, y_off=4)
    second = high.present(high.pixmap("red"), x_off=-8)
    frame = settle(application, compositor)
    told = [one.wait_complete() for one in (first, second)]
    assert {(one.ust, one.msc) for one in told} == {
        (frame.wait_complete().ust, frame.wait_complete().msc)
    }
    golden.check(desktop, "composited")
    assert capture(low).digest != capture(desktop).digest
    assert low.pixel(20, 20) == low.value("blue")
    assert (first.idles(), second.idles()) == ([], [])


@BOTH
def test_a_shown_pixmap_is_kept_until_the_next(compositor, application):
    """The next presentation of the window takes the place of the one before, which is then
    given back (RDR-040)."""
    window = application(48, 40, x=10, y=8)
    shown = []
    for colour in ("red", "green", "blue"):
        shown.append(window.present(window.pixmap(colour)))
        settle(application, compositor)
        assert shown[-1].wait_complete().mode is not CompleteMode.SKIP
        assert [len(one.idles()) for one in shown] == [1] * (len(shown) - 1) + [0]
        assert len(compositor.images) == 1


def test_a_covering_pixmap_is_the_frame(compositor, application, desktop, golden):
    """What covers everything is presented itself: no copy, and Idle only when the server is
    done as well (RDR-042)."""
    window = application(WIDTH, HEIGHT)
    settle(application, compositor)
    before = capture(window).digest
    first = window.present(window.pixmap())
    frame = settle(application, compositor)
    assert frame.request.pixmap == compositor.images[window.id].pixmap.id
    complete = first.wait_complete()
    assert (complete.mode, complete.msc) == (frame.wait_complete().mode, frame.wait_complete().msc)
    golden.check(desktop, "flipped")
    # It was shown without being copied into the window.
    assert capture(window).digest == before
    assert first.idles() == []
    second = window.present(window.pixmap("red"))
    settle(application, compositor)
    second.wait_complete()
    first.wait_idle()
    assert desktop.pixel(50, 50) == desktop.value("red")


@BOTH
def test_after_a_flip_everything_is_painted_again(compositor, application, desktop):
    """A second window on top ends it: the frame is composited, and nothing of it is missing
    (RDR-042)."""
    window = application(WIDTH, HEIGHT)
    shown = window.present(window.pixmap("red"))
    settle(application, compositor)
    shown.wait_complete()
    application(20, 20, x=4, y=4, background="blue")
    settle(application, compositor)
    assert desktop.pixel(10, 10) == desktop.value("blue")
    assert desktop.pixel(60, 60) == desktop.value("red")
    assert shown.idles() == []


def test_what_is_superseded_unseen_is_skipped(compositor, application, desktop, golden):
    """Of several presentations between two frames only the last is shown (RDR-043)."""
    window = application(48, 40, x=10, y=8)
    settle(application, compositor)
    skipped = [window.present(window.pixmap(colour)) for colour in ("red", "blue", "white")]
    last = window.present(window.pixmap())
    settle(application, compositor)
    for one in skipped:
        assert one.wait_complete().mode is CompleteMode.SKIP
    assert last.wait_complete().mode is not CompleteMode.SKIP
    golden.check(desktop, "last-shown")
    events = window.context.events()
    for one in skipped:
        mine = [type(event) for event in events if event.serial == one.serial]
        assert mine == [IdleNotify, CompleteNotify]


@BOTH
def test_each_presentation_is_given_back_once(compositor, application, timeline):
    """Over many frames, windows and skips: as many PresentIdle as RedirectNotify, but for what
    is still shown (RDR-035)."""
    windows = [application(30, 24, x=10 + 20 * n, y=8 + 10 * n) for n in range(3)]
    pixmaps = [[window.pixmap(colour) for colour in ("red", "green")] for window in windows]
    shown = []
    for step in range(12):
        for n, window in enumerate(windows):
            if step % (n + 1) == 0:
                shown.append(window.present(pixmaps[n][step % 2]))
        if step % 3:
            settle(application, compositor)
    settle(application, compositor)
    for one in shown:
        one.wait_complete()
    names = [entry.name for entry in timeline.entries if entry.client == "compositor"]
    assert names.count("PresentRedirectNotify") == len(shown)
    assert names.count("PresentIdle") == len(shown) - len(windows)
    compositor.stop()
    for one in shown:
        one.wait_idle()


@BOTH
def test_a_compositor_that_dies_leaves_nothing_behind(connect, application, desktop):
    """The server shows windows again, and all that was handed over is idle (RDR-045)."""
    client = connect("dying")
    RedirectingCompositor(client, desktop)
    window = application(48, 40)
    shown = window.present(window.pixmap("red"))
    application.client.sync()
    client.close()
    shown.wait_idle()
    shown.wait_complete()
    direct = window.present(window.pixmap("green"))
    direct.wait_complete()
    assert window.pixel(5, 5) == window.value("green")


@BOTH
def test_a_window_that_goes_takes_its_image_along(compositor, application, desktop):
    """Destroyed or unmapped, it is not in the next frame (RDR-048)."""
    gone, hidden = application(30, 24, x=4, y=4), application(30, 24, x=50, y=40)
    for window in (gone, hidden):
        window.present(window.pixmap("red"))
    settle(application, compositor)
    assert desktop.pixel(10, 10) == desktop.pixel(60, 50) == desktop.value("red")
    gone.destroy()
    hidden.unmap()
    settle(application, compositor)
    assert desktop.pixel(10, 10) == desktop.pixel(60, 50) == desktop.value("orange")
    assert list(compositor.images) == [hidden.id]
    hidden.map()
    settle(application, compositor)
    assert desktop.pixel(60, 50) == desktop.value("red")
    assert isinstance(hidden, Window)
