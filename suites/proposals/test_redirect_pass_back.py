# SPDX-License-Identifier: MIT
"""What redirecting clients present themselves, and what the applications learn by it."""

import pytest

from harness.clients.present.redirector import Redirector
from harness.x11.present import CompleteKind, CompleteMode, EventMask, IdleNotify, Option

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect"),
    pytest.mark.usefixtures("profile"),
]


@pytest.fixture
def screen(redirected):
    """The redirecting client's own window, on which it shows frames, with a context."""
    window = redirected.client.window(64, 48, x=200)
    redirected.client.sync()
    return window


def test_a_composited_frame_completes_what_is_in_it(redirected, screen):
    """The application gets kind, mode and time of the redirecting client's frame; Idle only
    when it is given back (RDR-040)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    other, second = redirected.present(redirected.window.pixmap("green"))
    frame = redirected.redirector.answer(handed, screen, screen.pixmap("blue"))
    told, own = shown.wait_complete(), frame.wait_complete()
    assert (told.window, told.serial) == (redirected.window.id, shown.serial)
    assert (told.kind, told.mode) == (CompleteKind.PIXMAP, own.mode)
    assert (told.ust, told.msc) == (own.ust, own.msc)
    redirected.sync()
    assert shown.idles() == []
    assert other.completes() == []
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    redirected.redirector.give_back(second)
    assert other.wait_complete().mode is CompleteMode.SKIP
    # It had been completed: nothing is skipped (RDR-044).
    assert len(shown.completes()) == 1


def test_one_frame_completes_many(redirected, screen):
    """Each entry of the notifies is told, also of windows that are not redirected (RDR-040)."""
    second = redirected.second_window()
    free = redirected.application.window(8, 8)
    pairs = [
        redirected.present(redirected.window.pixmap("red"), window) for window in (None, second)
    ]
    told = [(redirected.window, pairs[0][0].serial), (second, pairs[1][0].serial), (free, 9999)]
    frame = screen.present(screen.pixmap("blue"), notifies=told)
    own = frame.wait_complete()
    times = {(one.wait_complete().mode, one.wait_complete().msc) for one, _ in pairs}
    assert times == {(own.mode, own.msc)}
    waiting = redirected.application.wait_for(
        lambda e: getattr(e.content, "serial", 0) == 9999, "the notified window's Complete"
    )
    assert waiting.content.msc == own.msc
    for _, handed in pairs:
        redirected.redirector.give_back(handed)


def test_a_bad_entry_is_refused_and_changes_nothing(redirected, screen):
    """Window with its id; the frame is not shown and nobody is told (RDR-040)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    missing = redirected.client.new_id()
    good = redirected.client.borrow_window(redirected.window, events=0)
    bad = type(good)(redirected.client, missing, 1, 1, 24)
    frame_pixmap = screen.pixmap("blue")
    with redirected.client.expect_error("Window", missing):
        screen.present(frame_pixmap, notifies=[(good, shown.serial), (bad, 1)])
    screen.wait_msc(screen.msc() + 3)
    assert shown.completes() == []
    redirected.redirector.give_back(handed)
    assert shown.wait_complete().mode is CompleteMode.SKIP


def test_passing_back_shows_the_applications_pixels(redirected):
    """The original request's effect: pixels, and Complete to the application (RDR-041)."""
    pixmap = redirected.window.pixmap("red")
    shown, handed = redirected.present(pixmap, x_off=4, y_off=8, options=Option.COPY)
    frame = redirected.redirector.pass_back(handed)
    complete = shown.wait_complete()
    assert (complete.serial, complete.kind) == (shown.serial, CompleteKind.PIXMAP)
    assert complete.mode in (CompleteMode.COPY, CompleteMode.FLIP)
    assert redirected.window.pixel(10, 20) == redirected.window.value("red")
    assert redirected.window.pixel(2, 2) == redirected.window.value("yellow")
    redirected.sync()
    # What the server says of the redirecting client's presentation is not for others.
    assert shown.idles() == []
    redirected.redirector.give_back(handed)
    assert shown.wait_idle().pixmap == pixmap.id
    redirected.sync()
    assert len(shown.idles()) == 1
    assert len(shown.completes()) == 1
    assert frame.serial == shown.serial


def test_the_redirecting_clients_own_contexts_get_the_servers_idle(redirected):
    """Whoever passes back learns when the server is done (RDR-041)."""
    own = redirected.client.borrow_window(redirected.window)
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    frame = redirected.redirector.pass_back(handed, options=Option.COPY)
    assert frame.wait_idle(context=own.context).pixmap == handed.pixmap
    redirected.sync()
    assert shown.idles() == []
    redirected.redirector.give_back(handed)
    shown.wait_idle()


def test_a_third_client_is_told_once(redirected, connect):
    """Contexts of others hear what the application hears (RDR-041)."""
    third = connect("third").borrow_window(redirected.window)
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.redirector.pass_back(handed, options=Option.COPY)
    shown.wait_complete(context=third.context)
    redirected.sync()
    assert shown.idles(third.context) == []
    redirected.redirector.give_back(handed)
    assert shown.wait_idle(context=third.context).pixmap == shown.request.pixmap
    redirected.sync()
    assert len(shown.idles(third.context)) == len(shown.completes(third.context)) == 1


def test_idle_waits_for_the_server_too(redirected):
    """Given back while the server has yet to read it: told when the server is done
    (RDR-042)."""
    fence = redirected.application.fence()
    gate = redirected.client.fence()
    shown, handed = redirected.present(redirected.window.pixmap("red"), idle_fence=fence)
    redirected.redirector.pass_back(handed, wait_fence=gate.id, idle_fence=0, options=Option.COPY)
    redirected.redirector.give_back(handed)
    with redirected.client.expect_error("Match"):
        redirected.redirector.give_back(handed)
    redirected.window.wait_msc(redirected.window.msc() + 12)
    assert shown.idles() == []
    assert not fence.triggered
    gate.trigger()
    redirected.client.flush()
    assert shown.wait_idle().idle_fence == fence.id
    redirected.window.wait_msc(redirected.window.msc() + 3)
    assert fence.triggered
    assert len(shown.idles()) == 1
    assert [one.mode for one in shown.completes()] == [CompleteMode.COPY]


def test_the_server_must_be_done_with_every_use(redirected, screen):
    """A pixmap passed back twice, and shown elsewhere: idle after the last (RDR-042)."""
    gates = [redirected.client.fence() for _ in range(2)]
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.redirector.pass_back(handed, wait_fence=gates[0].id, options=Option.COPY)
    use = screen.present(handed.pixmap, wait_fence=gates[1], options=Option.COPY)
    redirected.redirector.give_back(handed)
    gates[0].trigger()
    redirected.client.flush()
    shown.wait_complete()
    redirected.sync()
    assert shown.idles() == []
    gates[1].trigger()
    use.wait_complete()
    shown.wait_idle()


def test_a_refused_pass_back_holds_nothing(redirected):
    """What the server refuses is not in use (RDR-042)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    with redirected.client.expect_error("Value"):
        redirected.redirector.pass_back(handed, remainder=7)
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    assert shown.wait_complete().mode is CompleteMode.SKIP


def test_the_end_of_a_window_ends_its_use(redirected, screen):
    """The server tells nothing of a window that is gone; the pixmap is free (RDR-042)."""
    gate = redirected.client.fence()
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    screen.present(handed.pixmap, wait_fence=gate, serial=5)
    redirected.redirector.give_back(handed)
    redirected.sync()
    assert shown.idles() == []
    screen.destroy()
    redirected.client.sync()
    redirected.client.presentations.clear()
    shown.wait_idle()


def test_the_notifies_go_with_what_is_passed_back(redirected):
    """Other windows that the application wanted told are told when it is shown (RDR-041)."""
    second = redirected.second_window()
    shown, handed = redirected.present(redirected.window.pixmap("red"), notifies=[(second, 4242)])
    assert [(n.window, n.serial) for n in handed.notifies] == [(second.id, 4242)]
    redirected.redirector.pass_back(handed)
    complete = shown.wait_complete()
    told = redirected.application.wait_for(
        lambda e: getattr(e.content, "serial", 0) == 4242, "the notified window's Complete"
    )
    assert (told.content.window, told.content.msc) == (second.id, complete.msc)
    redirected.redirector.give_back(handed)
    shown.wait_idle()


def test_presenting_another_pixmap_for_it_completes_it(redirected):
    """A copy in place of the original: the application's serial counts (RDR-044)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    own = redirected.client.pixmap(32, 32, colour="green")
    redirected.redirector.pass_back(handed, pixmap=own.id)
    assert shown.wait_complete().mode is not CompleteMode.SKIP
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    redirected.sync()
    assert len(shown.completes()) == 1
    assert redirected.window.pixel(4, 4) == redirected.window.value("green")


def test_what_is_promised_is_not_skipped(redirected, screen):
    """Given back before the frame is shown: Idle now, Complete with the frame (RDR-044)."""
    gate = redirected.client.fence()
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.redirector.answer(handed, screen, screen.pixmap("blue"), wait_fence=gate.id)
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    redirected.window.wait_msc(redirected.window.msc() + 6)
    assert shown.completes() == []
    gate.trigger()
    redirected.client.flush()
    assert shown.wait_complete().mode is not CompleteMode.SKIP
    redirected.sync()
    assert len(shown.completes()) == 1


def test_a_client_that_redirects_can_be_redirected(redirected, connect):
    """What the redirecting client shows on its screen may itself go to another (RDR-018)."""
    outer = connect("outer")
    top = outer.window(80, 60, events=0)
    second = Redirector(outer, top)
    screen = redirected.client.window(64, 48, parent=top)
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    frame = redirected.redirector.answer(handed, screen, screen.pixmap("blue"))
    outermost = second.take()
    assert (outermost.window, outermost.serial) == (screen.id, frame.serial)
    assert [n.serial for n in outermost.notifies] == [shown.serial]
    second.pass_back(outermost)
    assert frame.wait_complete().msc == shown.wait_complete().msc
    second.give_back(outermost)
    frame.wait_idle()
    redirected.redirector.give_back(handed)
    shown.wait_idle()


def test_a_pixmap_presented_again_while_passed_back(redirected):
    """The idles of the server and of the redirecting client are not mixed up (RDR-041)."""
    pixmap = redirected.window.pixmap("red")
    pairs = []
    for _ in range(4):
        shown, handed = redirected.present(pixmap)
        redirected.redirector.pass_back(handed, options=Option.COPY)
        shown.wait_complete()
        pairs.append((shown, handed))
    redirected.sync()
    assert not any(isinstance(e, IdleNotify) for e in redirected.window.context.events())
    for shown, handed in pairs:
        redirected.redirector.give_back(handed)
        shown.wait_idle()
    redirected.redirector.context.select(EventMask.NONE)
    redirected.client.sync()
    direct = redirected.window.present(pixmap, serial=pairs[0][0].serial)
    direct.wait_complete()
    direct.wait_idle()
