# SPDX-License-Identifier: MIT
"""Server grabs: they hold requests, not presentations that are already queued."""

import pytest

from suites.marks import SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)


@pytest.mark.known_bug(
    reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
def test_queued_presentation_draws_during_another_clients_grab(presenter, connect, too_late):
    """A grab does not delay what is already queued: it draws and sends its events (PRE-082)."""
    other = connect("grabber")
    window = presenter.window(20, 20, background="blue")
    view = other.borrow_window(window)
    clock = other.window(10, 10, x=100)
    fence = presenter.fence()
    target = window.msc() + 60
    shown = window.present(window.pixmap("red"), target_msc=target, idle_fence=fence)
    asked = window.notify_msc(target)
    presenter.sync()
    other.core.GrabServer()
    before = view.pixel()
    if clock.msc() >= target:
        too_late("the presentation was due before the server was grabbed")
    assert before == view.value("blue")
    clock.wait_msc(target + 15)
    assert view.pixel() == view.value("red")
    assert shown.wait_complete(context=view.context).msc >= target
    assert asked.wait_complete(context=view.context).msc >= target
    # Not sync(): the grab would hold the round trip.
    assert shown.wait_idle().idle_fence == fence.id
    assert shown.wait_complete().mode in SHOWN
    assert asked.wait_complete().msc >= target
    other.core.UngrabServer()
    other.sync()
    assert fence.triggered


@pytest.mark.needs(screen_clock=True)
def test_new_presentations_wait_for_the_end_of_a_grab(presenter, connect):
    """Requests of other clients are not handled during a grab, nor lost after it (PRE-083)."""
    other = connect("grabber")
    window = presenter.window(20, 20, background="blue")
    view = other.borrow_window(window)
    pixmap = window.pixmap("red")
    own = other.window(20, 20, x=40)
    presenter.sync()
    other.core.GrabServer()
    other.sync()
    shown = window.present(pixmap)
    asked = window.notify_msc()
    presenter.flush()
    assert own.show("green").mode in SHOWN
    reached = own.wait_msc(own.msc() + 15)
    assert view.pixel() == view.value("blue")
    assert not shown.completes(view.context)
    assert not asked.completes(view.context)
    other.core.UngrabServer()
    other.sync()
    assert asked.wait_complete().msc >= reached
    assert shown.wait_complete().msc > reached
    assert view.pixel() == view.value("red")


def test_grabbing_client_presents_as_ever(presenter):
    """The client that grabs the server is served while it does (PRE-083)."""
    window = presenter.window(20, 20)
    presenter.core.GrabServer()
    for colour in ("red", "green", "blue"):
        assert window.show(colour).mode in SHOWN
        assert window.pixel() == window.value(colour)
    presenter.core.UngrabServer()
