# SPDX-License-Identifier: MIT
"""PresentIdle: one for each presentation handed over, and what the application learns by it."""

import pytest
import xcffib.sync

from harness.deadlines import Deadline
from harness.x11 import present
from harness.x11.drafts import present_redirect
from harness.x11.drafts.present_redirect import PresentIdle
from harness.x11.present import CompleteKind, CompleteMode, EventMask

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect"),
    pytest.mark.usefixtures("profile"),
]


def test_giving_back_makes_one_idle_notify(redirected):
    """The application's own ids are in it, and the redirecting client gets none (RDR-029)."""
    pixmap, fence = redirected.window.pixmap("red"), redirected.application.fence()
    shown, handed = redirected.present(pixmap, idle_fence=fence)
    before = len(redirected.client.events)
    redirected.redirector.give_back(handed)
    idle = shown.wait_idle()
    assert (idle.window, idle.serial) == (redirected.window.id, shown.serial)
    assert (idle.pixmap, idle.idle_fence) == (pixmap.id, fence.id)
    redirected.sync()
    assert len(shown.idles()) == 1
    assert len(redirected.client.events) == before


def test_the_fence_is_triggered_before_idle_is_told(redirected):
    """Whoever reads the event finds the fence triggered, and not before (RDR-030)."""
    for _ in range(10):
        fence = redirected.application.fence()
        shown, handed = redirected.present(redirected.window.pixmap("red"), idle_fence=fence)
        assert not fence.triggered
        redirected.redirector.give_back(handed)
        shown.wait_idle()
        assert fence.triggered


def test_an_await_fence_of_the_application_ends(redirected):
    """A client that the server keeps waiting for the idle fence goes on (RDR-030)."""
    fence = redirected.application.fence()
    _, handed = redirected.present(redirected.window.pixmap("red"), idle_fence=fence)
    redirected.application.extension(xcffib.sync).AwaitFence(1, [fence.id])
    redirected.application.flush()
    redirected.redirector.give_back(handed)
    assert fence.triggered


def test_giving_back_twice_is_refused(redirected):
    """Nothing is owed any more: Match (RDR-031)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.redirector.give_back(handed)
    with redirected.client.expect_error("Match") as caught:
        redirected.redirector.give_back(handed)
    redirected.sync()
    assert len(shown.idles()) == 1
    assert (caught.error.minor, caught.error.name) == (PresentIdle.OPCODE, "Match")
    assert caught.error.major == redirected.client.numbers("Present").major


def test_what_was_never_handed_over_is_refused(redirected):
    """A pixmap that nobody redirected is Match, whatever is no pixmap Pixmap (RDR-032)."""
    client = redirected.client
    for pixmap in (redirected.window.pixmap("red"), client.pixmap(8, 8), client.pixmap(8, 8, 1, 0)):
        redirected.application.sync()
        with client.expect_error("Match"):
            client.idle(pixmap)
    for wrong in (0, client.new_id(), redirected.window.id, client.root, client.fence().id):
        with client.expect_error("Pixmap", wrong):
            client.idle(wrong)


def test_nobody_else_can_give_back(redirected, connect):
    """Another client owes nothing, and changes nothing (RDR-033)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    for other in (connect("other"), redirected.application):
        with other.expect_error("Match"):
            other.idle(handed.pixmap)
    redirected.sync()
    assert shown.idles() == []
    redirected.redirector.give_back(handed)
    shown.wait_idle()


@pytest.mark.parametrize("words", [1, 3, 4])
def test_a_wrong_length_is_refused(redirected, words):
    """PresentIdle has two words (RDR-034)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    data = (PresentIdle(handed.pixmap).encode() + bytes(8))[: 4 * words]
    with redirected.client.expect_error("Length") as caught:
        redirected.client.send_raw("Present", PresentIdle.OPCODE, data)
    assert caught.error.minor == PresentIdle.OPCODE
    assert shown.idles() == []


def test_each_presentation_of_a_pixmap_is_given_back(redirected):
    """Three presentations of one pixmap, three times idle, in their order (RDR-035)."""
    pixmap = redirected.window.pixmap("red")
    pairs = [redirected.present(pixmap, serial=serial) for serial in (1, 2, 3)]
    for count, (shown, _) in enumerate(pairs, start=1):
        redirected.redirector.give_back(pairs[0][1])
        assert shown.wait_idle().serial == count
        redirected.sync()
        assert sum(len(one.idles()) for one, _ in pairs) == count
    with redirected.client.expect_error("Match"):
        redirected.redirector.give_back(pairs[0][1])


def test_without_giving_back_nothing_is_idle(redirected):
    """However long it takes: the server never says so by itself (RDR-036)."""
    shown, _ = redirected.present(redirected.window.pixmap("red"))
    deadline = Deadline.exactly(2.0)
    while not deadline.passed:
        redirected.window.wait_msc(redirected.window.msc() + 30)
    assert shown.idles() == []
    assert shown.completes() == []


def test_one_pixmap_on_two_windows_is_given_back_in_order(redirected):
    """First in, first out, over all windows; each Idle names its own (RDR-037)."""
    windows = [redirected.window, redirected.second_window()]
    pixmap = redirected.window.pixmap("red")
    shown = []
    for serial, at in ((11, 0), (12, 1), (13, 0), (14, 1)):
        one, handed = redirected.present(pixmap, windows[at], serial=serial)
        shown.append(one)
    for count in range(1, 5):
        redirected.redirector.give_back(handed)
        told = shown[count - 1].wait_idle()
        assert (told.window, told.serial) == (windows[(count - 1) % 2].id, 10 + count)
        redirected.sync()
        assert sum(len(one.idles()) for one in shown) == count


def test_everybody_who_listens_is_told(redirected, connect):
    """Contexts of any client on the window get the Idle, and the Skip (RDR-038)."""
    third = connect("third")
    idle_only = third.borrow_window(redirected.window, EventMask.IDLE)
    both = third.borrow_window(redirected.window)
    neither = third.borrow_window(redirected.window, EventMask.CONFIGURE)
    again = redirected.window.select()
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    redirected.redirector.give_back(handed)
    shown.wait_complete()
    third.sync()
    for context, count in ((idle_only, 1), (both, 1), (neither, 0)):
        assert len(shown.idles(context.context)) == count
    assert len(shown.idles(again)) == 1
    assert shown.idles(both.context)[0].pixmap == shown.request.pixmap
    shown.wait_complete(context=both.context)
    assert shown.completes(idle_only.context) == []
    assert shown.completes(again) != []


def test_a_context_that_was_deselected_is_not_told(redirected, connect):
    """Nor one whose selection the server refused (RDR-038)."""
    third = connect("third")
    deaf = third.borrow_window(redirected.window)
    with third.expect_error("IDChoice"):
        third.send(present.SelectInput(event=5, window=redirected.window.id, mask=4))
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    deaf.context.select(EventMask.CONFIGURE)
    third.sync()
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    third.sync()
    assert [event.name for event in third.events] == []


def test_an_application_that_does_not_listen_gets_its_fence(redirected):
    """The fence is triggered even if nobody selected IdleNotify (RDR-039)."""
    window = redirected.second_window(events=EventMask.CONFIGURE)
    fence = redirected.application.fence()
    _, handed = redirected.present(window.pixmap("red"), window, idle_fence=fence)
    assert not fence.triggered
    redirected.redirector.give_back(handed)
    redirected.client.sync()
    assert fence.triggered


def test_a_skipped_presentation_is_idle_then_skipped(redirected):
    """Given back unseen: Idle, then Complete as skipped, now (RDR-043)."""
    before = redirected.window.msc()
    first, unseen = redirected.present(redirected.window.pixmap("red"), target_msc=1 << 40)
    second, newer = redirected.present(redirected.window.pixmap("green"))
    redirected.redirector.give_back(unseen)
    complete = first.wait_complete()
    assert (complete.kind, complete.mode) == (CompleteKind.PIXMAP, CompleteMode.SKIP)
    assert before <= complete.msc <= redirected.window.msc()
    assert complete.ust > 0
    told = [event for event in redirected.window.context.events() if event.serial == first.serial]
    assert [type(event) for event in told] == [present.IdleNotify, present.CompleteNotify]
    assert (second.idles(), second.completes()) == ([], [])
    redirected.redirector.give_back(newer)
    second.wait_complete()


def test_skips_keep_their_order(redirected):
    """Many at once: each idle, then skipped, in the order in which they are given back
    (RDR-043)."""
    shown = [redirected.present(redirected.window.pixmap("red")) for _ in range(6)]
    for _, handed in shown:
        redirected.redirector.give_back(handed)
    shown[-1][0].wait_complete()
    events = [(type(event).__name__, event.serial) for event in redirected.window.context.events()]
    idles = [serial for name, serial in events if name == "IdleNotify"]
    skips = [serial for name, serial in events if name == "CompleteNotify"]
    assert idles == skips == [one.serial for one, _ in shown]
    for one, _ in shown:
        assert events.index(("IdleNotify", one.serial)) < events.index(
            ("CompleteNotify", one.serial)
        )


def test_a_destroyed_idle_fence_is_told_as_none(redirected):
    """A fence that is gone is not triggered but reported as 0 (RDR-060)."""
    application = redirected.application
    fence, other = application.fence(), application.fence()
    shown, handed = redirected.present(redirected.window.pixmap("red"), idle_fence=fence)
    kept, also = redirected.present(redirected.window.pixmap("red"), idle_fence=other)
    fence.destroy()
    application.extension(xcffib.sync).CreateFence(application.root, fence.id, False)
    application.sync()
    redirected.redirector.give_back(handed)
    redirected.redirector.give_back(also)
    assert shown.wait_idle().idle_fence == 0
    assert kept.wait_idle().idle_fence == other.id
    # A new fence of the same id is another fence.
    assert not fence.triggered


def test_a_grab_of_the_redirecting_client_delays_nothing_for_ever(redirected):
    """Given back under a grab, the application learns it when the grab ends at the latest
    (RDR-029)."""
    fence = redirected.application.fence()
    shown, handed = redirected.present(redirected.window.pixmap("red"), idle_fence=fence)
    with redirected.client.grab():
        redirected.redirector.give_back(handed)
        redirected.client.sync()
        with redirected.client.expect_error("Match"):
            redirected.redirector.give_back(handed)
    assert shown.wait_idle().idle_fence == fence.id
    assert shown.wait_complete().mode is CompleteMode.SKIP


@pytest.mark.proposal("present-redirect", idle="burst")
def test_in_a_burst_all_become_idle_with_the_last(redirected):
    """The other reading of the counting rule: nothing is told while anything is owed
    (RDR-035)."""
    pixmap = redirected.window.pixmap("red")
    shown = [redirected.present(pixmap)[0] for _ in range(3)]
    handed = redirected.present(redirected.window.pixmap("green"))[1]
    alias = redirected.redirector.context.redirects()[0].pixmap
    for _ in range(2):
        redirected.client.idle(alias)
        redirected.sync()
        assert [one.idles() for one in shown] == [[], [], []]
    redirected.redirector.give_back(handed)
    redirected.client.idle(alias)
    for one in shown:
        one.wait_idle()
    serials = [e.serial for e in redirected.window.context.events() if e.EVTYPE == 2]
    assert serials[1:] == [one.serial for one in shown]


@pytest.mark.proposal("present-redirect", historical=True)
def test_the_historical_opcode_is_known_where_wanted(redirected):
    """PresentIdle can have the number 5, which was free until Present 1.4 (RDR-029)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    data = PresentIdle(handed.pixmap).encode()
    redirected.client.send_raw("Present", present_redirect.HISTORICAL_IDLE, data)
    redirected.client.flush()
    shown.wait_idle()
