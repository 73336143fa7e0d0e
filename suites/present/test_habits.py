# SPDX-License-Identifier: MIT
"""Clients that select little, reuse pixmaps early and ask for the very next frame."""

from itertools import pairwise

import pytest

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture
from harness.clients.habits.frame_loops import BlindLoop, CompleteOnlyLoop, NextFrameLoop
from harness.pixels.canvas import Canvas
from harness.x11.present import CompleteMode, CompleteNotify, IdleNotify

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta")
SIZES = pytest.mark.parametrize("whole", [False, True], ids=["small", "whole-screen"])


@pytest.fixture
def make_window(presenter):
    """Makes a window without a selection, small or as large as the screen, which may flip."""

    def make(whole):
        return presenter.screen_window(events=0) if whole else presenter.window(48, 40, events=0)

    return make


def contents(window, colour):
    """The picture of a window in one colour, and how to read the window."""
    return Canvas(window.width, window.height, window.depth, colour), lambda: capture(window)


def answers(client, kind):
    client.sync()
    return [one.content for one in client.events if isinstance(one.content, kind)]


@SIZES
def test_complete_alone_says_which_pixmap_may_be_drawn_into(presenter, make_window, whole):
    """A client that has selected CompleteNotify alone gets one for each frame, never Idle; after
    a copy it draws into the same pixmap, which changes nothing on the screen, and after a flip
    into another (PRE-024, PRE-087, PRE-156)."""
    window = make_window(whole)
    loop = CompleteOnlyLoop(window)
    completes = []
    for colour in COLOURS:
        completes.append(loop.frame(colour).wait_complete())
        picture, read = contents(window, colour)
        await_picture(picture, read)
        loop.next_pixmap().fill("grey")
        presenter.sync()
        picture.check(read())
    assert answers(presenter, CompleteNotify) == completes
    assert answers(presenter, IdleNotify) == []
    assert all(one.msc <= other.msc for one, other in pairwise(completes))
    copies = all(one.mode is CompleteMode.COPY for one in completes)
    assert len(loop.pixmaps) == (1 if copies else 2)


@SIZES
def test_a_client_that_selects_nothing_is_served(presenter, connect, make_window, whole):
    """Each of its frames is shown and told to others; it gets no event, and pixmaps freed at once
    are no hindrance (PRE-027, PRE-133)."""
    window = make_window(whole)
    presenter.sync()
    observer = connect("observer").borrow_window(window)
    loop = BlindLoop(window)
    for colour in COLOURS:
        shown = loop.frame(colour)
        shown.wait_complete(context=observer.context)
        await_picture(*contents(window, colour))
    # A flipped pixmap is idle when another has taken its place.
    window.fill("black")
    loop.frame("red").wait_complete(context=observer.context)
    for one in loop.frames[:-1]:
        assert len(one.completes(observer.context)) == 1
        assert len(one.idles(observer.context)) <= 1
    assert not [event for event in presenter.events if event.content is not None]


@SIZES
def test_asking_for_the_frame_after_the_last_advances(presenter, make_window, whole):
    """Each frame completes at its target or later, never with that of the last one, is idle no
    more than once, and few pixmaps are enough (PRE-065, PRE-086, PRE-156)."""
    window = make_window(whole)
    loop = NextFrameLoop(window)
    completes = []
    for _ in range(4):
        for colour in COLOURS:
            completes.append(loop.frame(colour).wait_complete())
            await_picture(*contents(window, colour))
    for before, complete, shown in zip(completes, completes[1:], loop.frames[1:], strict=False):
        assert shown.request.target_msc == before.msc + 1
        assert complete.msc > before.msc
    assert all(len(one.completes()) == 1 for one in loop.frames)
    assert all(len(one.idles()) == 1 for one in loop.frames[:-2])
    assert len(loop.pixmaps) <= 3
