# SPDX-License-Identifier: MIT
"""Several screens of one server: each presents, and has fences, as if it were the only one."""

import pytest

from harness.x11.present import CompleteMode
from suites.marks import SHOWN

# XLibre 25.2 frees something twice when a server of several screens ends: its end is not judged.
pytestmark = [
    pytest.mark.needs("Present", servers="xvfb", reason="further screens of the same server"),
    pytest.mark.xserver(
        size=(320, 240),
        args=("-screen", "1", "200x160x24", "-screen", "2", "240x100x24"),
        throwaway=True,
        fps=600,
    ),
]


@pytest.fixture
def screens(connect):
    """A client for each of the three screens."""

    def on(number):
        client = connect(f"screen {number}")
        client.screen = client.setup.roots[number]
        client.root = client.screen.root
        return client

    return [on(number) for number in range(3)]


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
