# SPDX-License-Identifier: MIT
"""The clock of a window on servers where each window counts its own frames."""

import pytest

from harness.x11.present import CompleteMode, Option
from suites.marks import SMALL

pytestmark = [
    pytest.mark.xserver(small=SMALL),
    pytest.mark.needs(
        "Present",
        flip=True,
        servers=("xwayland", "sway"),
        reason="each of its windows counts its own frames",
    ),
]


@pytest.mark.parametrize("mode", [CompleteMode.FLIP, CompleteMode.COPY], ids=["flip", "copy"])
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
