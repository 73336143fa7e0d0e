# SPDX-License-Identifier: MIT
"""Servers where each window counts its own frames: its clock, and what waits for it in order."""

import pytest

from harness.x11.present import Capability, CompleteMode, Option
from suites.marks import RELEASED_FOR_EVER, SMALL

pytestmark = [
    pytest.mark.xserver(small=SMALL),
    pytest.mark.needs(
        "Present",
        flip=True,
        servers=("xwayland", "sway"),
        reason="each of its windows counts its own frames",
    ),
]

ROWS = 10
"""So often a server may be late, which a busy machine keeps from its work; a fault always is."""


@pytest.mark.parametrize("mode", [CompleteMode.FLIP, CompleteMode.COPY], ids=["flipped", "copied"])
def test_what_is_presented_one_at_a_time_takes_a_frame_each(presenter, mode):
    """A frame of the compositor counts once: the next presentation is shown with the very next
    one, whatever has been counted before (PRE-220)."""
    window = presenter.screen_window()
    options = Option.COPY if mode is CompleteMode.COPY else Option.NONE
    pixmaps = [window.pixmap(colour) for colour in ("red", "green", "blue")]
    before = None
    # A frame passes unused where the machine keeps the client from its next request.
    for frame in range(200):
        complete = window.present(pixmaps[frame % 3], options=options).wait_complete()
        assert complete.mode is mode
        if before is not None and complete.msc == before + 1:
            return
        before = complete.msc
    pytest.fail("of 200 presentations, none was shown with the frame after that of the one before")


@pytest.mark.parametrize("mode", [CompleteMode.FLIP, CompleteMode.COPY], ids=["flipped", "copied"])
def test_a_target_ahead_is_met(presenter, mode):
    """Not always a frame late, as it would be that is begun in its own frame (PRE-065)."""
    window = presenter.screen_window()
    options = Option.COPY if mode is CompleteMode.COPY else Option.NONE
    late = []
    for _ in range(ROWS):
        target = window.msc() + 4
        shown = window.present(window.pixmap("red"), target_msc=target, options=options)
        complete = shown.wait_complete()
        assert complete.mode is mode
        late.append(complete.msc - target)
        if late[-1] == 0:
            break
    assert min(late) == 0


@pytest.mark.parametrize("option", [Option.ASYNC, Option.ASYNC_MAY_TEAR], ids=["async", "tear"])
def test_an_asynchronous_flip_waits_for_no_frame(presenter, option):
    """The window can do so, by its capabilities, and counts no frame for it (PRE-014, PRE-067)."""
    window = presenter.screen_window()
    before = window.present(window.pixmap("blue")).wait_complete().msc
    assert Capability.ASYNC | Capability.ASYNC_MAY_TEAR in window.capabilities()
    steps = []
    for row in range(ROWS):
        shown = window.present(window.pixmap("red" if row % 2 else "green"), options=option)
        complete = shown.wait_complete()
        assert complete.mode is CompleteMode.FLIP
        steps.append(complete.msc - before)
        before = complete.msc
    assert min(steps) == 0


@RELEASED_FOR_EVER
def test_what_is_presented_behind_a_fence_comes_in_its_order(presenter):
    """A fence holds up all that is presented to the window after it; triggered, it lets them go
    in the order of the requests, and the last one stays (PRE-223)."""
    window = presenter.screen_window()
    now = window.present(window.pixmap("red")).wait_complete().msc
    fence = presenter.fence()
    shown = [window.present(window.pixmap("green"), wait_fence=fence)]
    shown += [window.present(window.pixmap(colour)) for colour in ("blue", "white", "cyan")]
    window.wait_msc(now + 3)
    assert not [one for one in shown if one.completes()]
    fence.trigger()
    done = [one.wait_complete() for one in shown]
    mscs = [one.msc for one in done if one.mode is not CompleteMode.SKIP]
    assert mscs == sorted(mscs)
    assert done[-1].mode is CompleteMode.FLIP
    window.wait_msc(done[-1].msc + 3)
    assert [len(one.idles()) for one in shown] == [1, 1, 1, 0]
    assert window.pixel() == window.value("cyan")


@RELEASED_FOR_EVER
def test_a_presentation_that_its_fence_releases_keeps_its_divisor(presenter):
    """Released when its frame has passed, it is shown in the next one that leaves the remainder
    (PRE-224)."""
    window = presenter.screen_window()
    divisor, remainder, after = 8, 3, 5
    late = []
    for _ in range(ROWS):
        now = window.present(window.pixmap("red")).wait_complete().msc
        fence = presenter.fence()
        options = {"divisor": divisor, "remainder": remainder, "wait_fence": fence}
        shown = window.present(window.pixmap("green"), **options)
        passed = now + 2 * divisor
        window.wait_msc(passed + (after - passed) % divisor)
        fence.trigger()
        late.append((shown.wait_complete().msc - remainder) % divisor)
        if late[-1] == 0:
            break
    assert min(late) == 0
