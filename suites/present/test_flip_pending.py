# SPDX-License-Identifier: MIT
"""A flip that is on its way: what a copy, the end of its window or of the server make of it.

The frames of these CRTCs come when a test says so, hence a flip stays on its way.
"""

import pytest

from harness.capture.get_image import capture_root
from harness.capture.scanned_out import frame_of
from harness.clients.present.presenter import Presenter
from harness.pixels.canvas import Canvas
from harness.servers.flip.control import FlipOption
from harness.servers.process.launch import launch
from harness.x11.present import CompleteMode, Option

WIDTH, HEIGHT = 160, 120

pytestmark = [
    pytest.mark.xserver(size=(WIDTH, HEIGHT)),
    pytest.mark.needs(
        "Present", flip=True, servers=("xorg-flip",), reason="frames that a test can step"
    ),
]


@pytest.fixture
def window(presenter, flip_control):
    """A window over the whole screen, whose clock stands still.

    Red was flipped to it; below is a yellow one.
    """
    presenter.screen_window(events=0, background="yellow")
    made = presenter.screen_window()
    presenter.sync()
    flip_control.stop()
    flip(flip_control, made, "red")
    return made


def flip(control, window, colour):
    """A presentation that is on the monitor."""
    shown = window.present(window.pixmap(colour))
    window.client.sync()
    control.step()
    [complete] = shown.completes()
    assert complete.mode is CompleteMode.FLIP
    shows(control, colour)
    return shown


def shows(control, colour):
    """The monitor shows one colour."""
    shown = control.scanout()
    Canvas(shown.width, shown.height, shown.depth, colour).check(frame_of(shown))


def test_a_copy_ends_the_flip_that_is_on_its_way(presenter, flip_control, window):
    """The window has the copy at once, and the pixmap on its way stays as it is: it is on the
    monitor for a frame, then comes back (PRE-180)."""
    flipped = window.pixmap("green")
    shown = window.present(flipped)
    copy = window.present(window.pixmap("blue"), options=Option.ASYNC | Option.COPY)
    presenter.sync()
    [copied] = copy.completes()
    assert copied.mode is CompleteMode.COPY
    assert not shown.completes()
    assert flipped.pixel() == flipped.value("green")
    Canvas(WIDTH, HEIGHT, presenter.depth, "blue").check(capture_root(presenter))
    shows(flip_control, "red")
    tick = flip_control.step()
    [complete] = shown.completes()
    assert (complete.mode, complete.msc) == (CompleteMode.FLIP, tick.msc)
    assert not shown.idles()
    shows(flip_control, "green")
    flip_control.step()
    assert len(shown.idles()) == 1
    shows(flip_control, "blue")
    flip(flip_control, window, "white")


@pytest.mark.parametrize("behind", [False, True], ids=["alone", "another behind it"])
def test_a_window_takes_along_the_flip_that_is_on_its_way(presenter, flip_control, window, behind):
    """The screen shows at once what was below; the monitor does two frames later, when the pixmaps
    are free.  A flip behind it is never on the monitor, and others flip (PRE-181)."""
    flip_control.set(FlipOption.ASYNC, 1)
    fences = [presenter.fence() for _ in range(1 + behind)]
    for fence, colour in zip(fences, ("green", "blue"), strict=False):
        options = Option.ASYNC if colour == "blue" else Option.NONE
        shown = window.present(window.pixmap(colour), idle_fence=fence, options=options)
        presenter.sync()
        assert not shown.completes()
    window.destroy()
    below = Canvas(WIDTH, HEIGHT, presenter.depth, "yellow")
    below.check(capture_root(presenter))
    presenter.sync()
    shows(flip_control, "red")
    flip_control.step()
    shows(flip_control, "green")
    flip_control.step()
    below.check(frame_of(flip_control.scanout()))
    # That of a presentation which never was: PRE-116.
    assert [fence.triggered for fence in fences] == [True, False][: len(fences)]
    other = presenter.screen_window()
    flip(flip_control, other, "white")


def test_a_window_that_is_made_meanwhile_hears_nothing_of_the_flip(presenter, flip_control, window):
    """The flip comes when its window is gone, whose memory the server may have given to another by
    then: nobody is told of it, and it comes back by its fence (PRE-245)."""
    fence = presenter.fence()
    shown = window.present(window.pixmap("green"), idle_fence=fence)
    presenter.sync()
    window.destroy()
    others = [presenter.window(8, 8) for _ in range(8)]
    presenter.sync()
    flip_control.step(frames=3)
    assert fence.triggered
    assert not shown.completes()
    assert [event for other in others for event in other.context.events()] == []
    for other in others:
        copy = other.present(other.pixmap("red"), options=Option.ASYNC | Option.COPY)
        presenter.sync()
        assert len(copy.completes()) == len(copy.idles()) == 1
    flip(flip_control, presenter.screen_window(), "white")


def moved(presenter, window, picture):
    window.move(20, 10)
    picture.area(20, 10, WIDTH, HEIGHT).fill("green")


def covered(presenter, window, picture):
    presenter.window(50, 40, x=30, y=20, events=0, background="red")
    picture.fill("green").area(30, 20, 50, 40).fill("red")


def unmapped(presenter, window, picture):
    window.unmap()


@pytest.mark.known_bug(
    reference="present_check_flip_window leaves what waits for an unflip as it is: it flips though "
    "its window has changed",
    servers=("xorg-flip",),
    evidence="failed: UnexpectedPicture",
    strict=True,
)
@pytest.mark.parametrize("change", [moved, covered, unmapped], ids=lambda one: one.__name__)
def test_a_flip_that_waits_for_the_way_back_is_none_when_its_window_changes(
    presenter, flip_control, window, change
):
    """The screen's own pixmap is on its way back when a flip is asked for, which waits for that.
    Then its window is the whole screen no more: it is copied to where the window is (PRE-246)."""
    window.move(20, 10)
    window.move(0, 0)
    shown = window.present(window.pixmap("green"))
    presenter.sync()
    picture = Canvas(WIDTH, HEIGHT, presenter.depth, "yellow")
    change(presenter, window, picture)
    presenter.sync()
    flip_control.step(frames=3)
    picture.check(capture_root(presenter))
    picture.check(frame_of(flip_control.scanout()))
    [complete] = shown.completes()
    assert complete.mode is CompleteMode.COPY


def test_only_the_format_of_the_pixmap_makes_a_copy_suboptimal(flip_control, window):
    """A client that asked for that is told (PRE-094): not one that did not, nor for a copy that
    it asked for, nor where the window does not cover the screen."""
    suboptimal = Option.SUBOPTIMAL
    flip_control.set(FlipOption.FOREIGN_FORMAT, 1)

    def mode(options):
        shown = window.present(window.pixmap("green"), options=options)
        window.client.sync()
        flip_control.step(frames=2)
        [complete] = shown.completes()
        assert len(shown.idles()) == 1
        return complete.mode

    assert mode(suboptimal) is CompleteMode.SUBOPTIMAL_COPY
    shows(flip_control, "green")
    assert mode(Option.NONE) is CompleteMode.COPY
    assert mode(suboptimal | Option.COPY) is CompleteMode.COPY
    window.configure(x=8)
    assert mode(suboptimal) is CompleteMode.COPY
    window.configure(x=0)
    assert mode(suboptimal) is CompleteMode.SUBOPTIMAL_COPY
    flip_control.set(FlipOption.FOREIGN_FORMAT, 0)
    flip(flip_control, window, "white")


@pytest.mark.parametrize("ended", [False, True], ids=["window open", "window gone"])
def test_a_server_ends_while_a_flip_is_on_its_way(server, ended):
    """It ends as at any other time (PRE-182)."""
    with launch(server.spec) as own, Presenter(own) as presenter:
        assert own.flip is not None
        window = presenter.screen_window()
        window.wait_msc(window.msc() + 1)
        own.flip.stop()
        shown = window.present(window.pixmap("green"))
        presenter.sync()
        assert not shown.completes()
        if ended:
            window.destroy()
            presenter.sync()
        stop = own.stop()
    assert stop.clean, str(stop)
