# SPDX-License-Identifier: MIT
"""What becomes of presentations handed over when somebody or something goes."""

import pytest

from harness.clients.connection.errors import ProtocolError
from harness.clients.present.redirector import Redirector
from harness.deadlines import Deadline
from harness.x11.present import CompleteMode, EventMask, IdleNotify, Option

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect"),
    pytest.mark.usefixtures("profile"),
]

SECONDS = 5.0


def eventually(condition):
    """Whether ``condition``, which makes round trips, comes true."""
    deadline = Deadline.after(SECONDS)
    while not (met := condition()) and not deadline.passed:
        pass
    return met


def test_the_death_of_the_redirecting_client_releases_everything(redirected):
    """Oldest first over all windows, fences triggered, what was never shown skipped
    (RDR-045)."""
    windows = [redirected.window, redirected.second_window()]
    fences = [redirected.application.fence() for _ in range(6)]
    pixmaps = [redirected.window.pixmap("red") for _ in range(3)]
    pairs = [
        redirected.present(pixmaps[n % 3], windows[n % 2], idle_fence=fence, serial=100 + n)
        for n, fence in enumerate(fences)
    ]
    redirected.redirector.pass_back(pairs[1][1], idle_fence=0, options=Option.COPY)
    pairs[1][0].wait_complete()
    redirected.redirector.give_back(pairs[2][1])
    pairs[2][0].wait_complete()
    redirected.client.close()
    for shown, _ in pairs:
        shown.wait_idle()
        shown.wait_complete()
    redirected.application.sync()
    assert all(fence.triggered for fence in fences)
    idles = [e.content for e in redirected.application.events if isinstance(e.content, IdleNotify)]
    assert [idle.serial for idle in idles] == [102, 100, 101, 103, 104, 105]
    assert [idle.idle_fence for idle in idles[1:]] == [
        fence.id for n, fence in enumerate(fences) if n != 2
    ]
    for n, (shown, _) in enumerate(pairs):
        (complete,) = shown.completes()
        assert (complete.mode is CompleteMode.SKIP) == (n != 1)


def test_after_the_death_of_the_redirecting_client_the_server_presents(redirected, connect):
    """The next presentation is executed, and another client may redirect (RDR-046)."""
    shown, _ = redirected.present(redirected.window.pixmap("red"))
    redirected.client.close()
    shown.wait_complete()
    assert redirected.window.show("green").mode is not CompleteMode.SKIP
    assert redirected.window.pixel(3, 3) == redirected.window.value("green")
    second = connect("second")
    taken = Redirector(second, second.borrow_window(redirected.ground, events=0))
    again = redirected.window.present(redirected.window.pixmap("red"))
    redirected.application.flush()
    assert taken.take().serial == again.serial


def test_presentations_around_a_death_are_not_lost(redirected, connect):
    """Each of many, before, during and after, completes once and is idle once
    (RDR-045, RDR-046)."""
    keeper = connect("keeper")
    outer = keeper.window(64, 48, events=0)
    keeper.sync()
    dying = connect("dying")
    parent = dying.borrow_window(outer, events=0)
    Redirector(dying, parent)
    window = redirected.application.window(32, 32, parent=outer)
    shown = [window.present(window.pixmap("red")) for _ in range(20)]
    redirected.application.flush()
    dying.close()
    shown += [window.present(window.pixmap("green")) for _ in range(20)]
    for one in shown:
        one.wait_complete()
        one.wait_idle()


def test_deselecting_releases_nothing(redirected):
    """What was handed over stays owed; what follows is executed (RDR-047)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.redirector.stop()
    assert redirected.window.show("green").mode is not CompleteMode.SKIP
    assert shown.idles() == []
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    assert shown.wait_complete().mode is CompleteMode.SKIP


def test_a_later_redirector_owes_only_its_own(redirected, connect):
    """Each gives back what it was handed (RDR-047)."""
    pixmap = redirected.window.pixmap("red")
    first, handed = redirected.present(pixmap)
    redirected.redirector.stop()
    second = connect("second")
    taken = Redirector(second, second.borrow_window(redirected.parent, events=0))
    later = redirected.window.present(pixmap)
    redirected.application.flush()
    other = taken.take()
    with second.expect_error("Match"):
        taken.give_back(other)
        taken.give_back(other)
    later.wait_idle()
    assert first.idles() == []
    redirected.redirector.give_back(handed)
    first.wait_idle()


def test_a_destroyed_window_is_told_nothing(redirected):
    """No Complete, no Idle; the fence is triggered; it is still given back once (RDR-048)."""
    fence = redirected.application.fence()
    shown, handed = redirected.present(redirected.window.pixmap("red"), idle_fence=fence)
    redirected.window.destroy()
    redirected.application.sync()
    assert eventually(lambda: fence.triggered)
    redirected.redirector.give_back(handed)
    with redirected.client.expect_error("Match"):
        redirected.redirector.give_back(handed)
    redirected.sync()
    assert (shown.idles(), shown.completes()) == ([], [])


def test_a_new_window_of_the_same_id_is_told_nothing(redirected):
    """What was presented to the old one is over (RDR-048)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    application, window = redirected.application, redirected.window
    window.destroy()
    application.core.CreateWindow(
        application.depth, window.id, redirected.parent.id, 0, 0, 32, 32, 0, 1, 0, 0, []
    )
    context = window.select()
    application.sync()
    again, second = redirected.present(window.pixmap("green"))
    for one in (handed, second):
        redirected.redirector.give_back(one)
    again.wait_complete(context=context)
    assert [event.serial for event in context.events()] == [again.serial] * 2
    assert shown.idles(context) == []
    # The old context may have been told of the window's end, and of nothing else.
    assert not [event for event in window.context.events() if hasattr(event, "serial")]


def test_the_death_of_the_application_leaves_something_to_give_back(redirected, server):
    """PresentIdle stays legal, once; nobody falls over it (RDR-049)."""
    pairs = [redirected.present(redirected.window.pixmap("red")) for _ in range(2)]
    redirected.application.close()
    for _, handed in pairs:
        redirected.redirector.give_back(handed)
    redirected.client.sync()
    with redirected.client.catch_errors() as refused:
        redirected.redirector.give_back(pairs[0][1])
    assert [error.name for error in refused] in (["Match"], ["Pixmap"])
    server.check_alive()


def test_another_clients_window_hears_of_a_dead_applications_pixmap(redirected, connect):
    """The window lives on, so its owner is told (RDR-049)."""
    dying = connect("dying")
    borrowed = dying.borrow_window(redirected.window)
    shown = borrowed.present(borrowed.pixmap("red"))
    dying.flush()
    handed = redirected.redirector.take()
    dying.close()
    redirected.sync()
    redirected.redirector.give_back(handed)
    context = redirected.window.context
    told = redirected.application.wait_for(
        lambda e: isinstance(e.content, IdleNotify) and e.content.event == context.id, "IdleNotify"
    )
    assert (told.content.serial, told.content.pixmap) == (shown.serial, shown.request.pixmap)


def test_a_freed_pixmap_becomes_idle_under_its_id(redirected):
    """The application may free at once; Idle still names its id (RDR-050)."""
    pixmap = redirected.window.pixmap("red")
    shown = redirected.window.present(pixmap)
    pixmap.free()
    redirected.application.sync()
    handed = redirected.redirector.take()
    redirected.redirector.give_back(handed)
    assert shown.wait_idle().pixmap == pixmap.id


def test_a_reparented_window_is_still_owed(redirected, connect):
    """Whoever was handed it gives it back, wherever the window is (RDR-020, RDR-029)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    second = connect("second")
    other_parent = second.window(40, 40, events=0)
    Redirector(second, other_parent)
    redirected.window.reparent(other_parent)
    redirected.application.sync()
    with second.expect_error("Match"):
        second.idle(handed.pixmap)
    redirected.redirector.give_back(handed)
    shown.wait_idle()


def test_a_destroyed_parent_ends_redirection(redirected):
    """The children that left in time are presented to as ever (RDR-009)."""
    redirected.window.reparent(redirected.application.root, 300, 0)
    redirected.application.sync()
    redirected.parent.destroy()
    redirected.client.sync()
    assert redirected.window.show("green").mode is not CompleteMode.SKIP
    with redirected.client.expect_error("Window"):
        redirected.redirector.context.select(EventMask.REDIRECT)


def test_killing_the_application_is_nothing_special(redirected):
    """KillClient by the redirecting client ends the application like its own death
    (RDR-049)."""
    _, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.client.core.KillClient(redirected.window.id)
    redirected.client.sync()

    def gone():
        try:
            redirected.client.geometry(redirected.window.id)
        except ProtocolError:
            return True
        return False

    assert eventually(gone)
    redirected.redirector.give_back(handed)
    redirected.client.sync()
    redirected.application.close()
