# SPDX-License-Identifier: MIT
"""Who may have presentations redirected, from when, and until when."""

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.present.redirector import Redirector
from harness.clients.raw import announcement
from harness.clients.resources.window import WindowClass
from harness.proxy.proxied_server import ProxiedServer
from harness.x11 import present
from harness.x11.drafts import present_redirect
from harness.x11.present import ALL_EVENTS, CompleteMode, EventMask

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present"),
    pytest.mark.proposal("present-redirect"),
]

REDIRECT = EventMask.REDIRECT


@pytest.fixture
def parent(presenter):
    """A window without any selection."""
    window = presenter.window(64, 48, events=0)
    presenter.sync()
    return window


@pytest.fixture
def is_redirected(connect):
    """Whether another client's presentation on a new child of a window reaches a context."""

    def ask(parent, context):
        application = connect()
        child = application.window(16, 16, parent=parent)
        before = len(context.redirects())
        shown = child.present(child.pixmap("red"))
        application.sync()
        if len(context.redirects()) == before:
            assert shown.wait_complete().mode is not CompleteMode.SKIP
            return False
        context.client.idle(context.redirects()[-1].pixmap)
        shown.wait_idle()
        return True

    return ask


@pytest.mark.usefixtures("profile")
def test_the_draft_is_announced_with_its_profile(server, profile):
    """A marker extension tells that and how presentations are redirected (RDR-002)."""
    number = {"identity": 1, "stable": 2}[profile]
    assert announcement.announced(server, present_redirect.EXTENSION) == (1, number)


def test_the_version_of_present_is_the_servers(presenter, server, proposal, connect_wire):
    """The draft claims no version that is upstream's (RDR-002)."""
    wire = connect_wire()
    reply = wire.reply(wire.request(wire.major("Present"), 0, wire.pack("II", 1, 99)))
    real = server.server if isinstance(server, ProxiedServer) else server
    with Presenter(real) as behind:
        assert wire.unpack("II", reply, 8) == behind.present_version()
    assert presenter.present_version() == wire.unpack("II", reply, 8)


@pytest.mark.parametrize("mask", range(8, 16))
def test_any_mask_with_the_bit_can_be_selected(presenter, parent, is_redirected, mask):
    """Redirection is selected alone or beside other events, and ends with the selection
    (RDR-002)."""
    context = parent.select(mask)
    presenter.sync()
    assert is_redirected(parent, context)
    context.delete()
    assert not is_redirected(parent, context)


def test_a_selection_beside_it_gets_its_events(presenter, parent):
    """What else the mask asks for is told as ever, and nothing that it does not (RDR-002)."""
    alone, beside = parent, presenter.window(32, 32, events=0)
    quiet, loud = alone.select(REDIRECT), beside.select(REDIRECT | ALL_EVENTS)
    for window in (alone, beside):
        window.move(3, 3)
        window.notify_msc(serial=5)
    loud.wait_configure()
    shown = beside.present(beside.pixmap("red"))
    shown.wait_complete(context=loud)
    # A pixmap that was flipped is idle when the next one is shown.
    beside.present(beside.pixmap("green")).wait_complete(context=loud)
    shown.wait_idle(context=loud)
    assert {type(event) for event in loud.events()} == {
        present.PresentConfigureNotify,
        present.CompleteNotify,
        present.IdleNotify,
    }
    assert quiet.events() == []


@pytest.mark.parametrize("name", ["root", "InputOnly window", "unmapped window"])
def test_any_window_can_be_the_parent(connect, presenter, is_redirected, name):
    """The root's children are the top-levels; the parent need not be seen, nor able to have
    children that draw: then no other client can select on it (RDR-002)."""
    if name == "root":
        window = presenter.root_window(events=0)
    elif name == "unmapped window":
        window = presenter.window(64, 64, events=0, mapped=False)
    else:
        window = presenter.window(64, 64, events=0, window_class=WindowClass.INPUT_ONLY)
    context = window.select(REDIRECT)
    presenter.sync()
    if name != "InputOnly window":
        assert is_redirected(window, context)
    other = connect("other")
    borrowed = other.borrow_window(window, events=0)
    with other.expect_error("Access"):
        borrowed.select(REDIRECT)


@pytest.mark.parametrize("mask", [16, 24, 31, 0x100, 0x80000008])
def test_unknown_bits_are_refused(presenter, parent, mask):
    """Bits above the redirect bit still give Value with the whole mask (RDR-003)."""
    with presenter.expect_error("Value", mask):
        parent.select(mask)
    parent.select(REDIRECT)
    presenter.sync()


def test_a_second_client_is_refused(connect, presenter, parent, is_redirected):
    """Only one client redirects; the other's selection is not made (RDR-004)."""
    first = parent.select(REDIRECT)
    presenter.sync()
    other = connect("other")
    borrowed = other.borrow_window(parent, events=0)
    event = other.new_id()
    for mask in (REDIRECT, REDIRECT | ALL_EVENTS):
        with other.expect_error("Access") as caught:
            borrowed.select(mask, id=event)
        assert caught.error.minor == present.SelectInput.OPCODE
    context = borrowed.select(ALL_EVENTS, id=event)
    other.sync()
    parent.move(5, 5)
    presenter.sync()
    assert len(context.events()) == 1
    assert is_redirected(parent, first)


def test_a_second_context_of_the_same_client_is_refused(presenter, parent, is_redirected):
    """One context per window, so that a presentation is one event (RDR-005)."""
    first = parent.select(REDIRECT)
    with presenter.expect_error("Access"):
        parent.select(REDIRECT)
    with presenter.expect_error("Access"):
        parent.select(ALL_EVENTS).select(REDIRECT)
    assert is_redirected(parent, first)


def test_the_servers_own_errors_come_before_access(presenter, parent):
    """A bad window is Window, an id of another window Match, whoever redirects (RDR-004)."""
    first = parent.select(REDIRECT)
    elsewhere = presenter.window(8, 8)
    missing = presenter.new_id()
    with presenter.expect_error("Window", missing):
        presenter.send(present.SelectInput(event=presenter.new_id(), window=missing, mask=8))
    with presenter.expect_error("Match"):
        presenter.send(
            present.SelectInput(event=elsewhere.context.id, window=parent.id, mask=REDIRECT)
        )
    with presenter.expect_error("Match"):
        presenter.send(present.SelectInput(event=first.id, window=elsewhere.id, mask=REDIRECT))
    # Neither attempt has changed what there was.
    elsewhere.move(7, 7)
    assert len(elsewhere.context.events()) >= 1


def test_a_refused_selection_takes_no_place(presenter, parent, connect):
    """An attempt that the server refuses leaves the place free (RDR-004)."""
    with presenter.expect_error("IDChoice"):
        presenter.send(present.SelectInput(event=7, window=parent.id, mask=REDIRECT))
    other = connect("other")
    other.borrow_window(parent, events=0).select(REDIRECT)
    other.sync()


@pytest.mark.parametrize("mask", [EventMask.IDLE, EventMask.NONE])
def test_giving_the_bit_up_frees_the_place(presenter, parent, connect, is_redirected, mask):
    """A mask without the bit, or none at all, lets another client redirect (RDR-006, RDR-007)."""
    context = parent.select(REDIRECT)
    presenter.sync()
    context.select(mask)
    assert not is_redirected(parent, context)
    other = connect("other")
    taken = other.borrow_window(parent, events=0).select(REDIRECT)
    other.sync()
    assert is_redirected(parent, taken)
    with presenter.expect_error("Access"):
        context.select(REDIRECT)


def test_a_deleted_context_can_be_made_again(presenter, parent, is_redirected):
    """Mask 0 frees the event id as well (RDR-007)."""
    context = parent.select(REDIRECT)
    context.delete()
    elsewhere = presenter.window(40, 40, events=0)
    again = elsewhere.select(REDIRECT, id=context.id)
    presenter.sync()
    assert is_redirected(elsewhere, again)


def test_the_death_of_a_client_frees_its_place(connect, parent, presenter, is_redirected):
    """Another client may redirect at once (RDR-008)."""
    dying = connect("dying")
    dying.borrow_window(parent, events=0).select(REDIRECT)
    dying.sync()
    with presenter.expect_error("Access"):
        parent.select(REDIRECT)
    dying.close()
    # The server, and whoever stands before it, notices in its own time.
    observer = connect("observer")
    while True:
        with presenter.catch_errors() as refused:
            context = parent.select(REDIRECT)
        observer.sync()
        if not refused:
            break
    assert is_redirected(parent, context)


def test_a_destroyed_parent_ends_its_selection(presenter, connect, is_redirected):
    """The context is gone with the window, whose id may name another one (RDR-009)."""
    window = presenter.window(64, 48, events=0)
    context = window.select(REDIRECT)
    window.destroy()
    with presenter.expect_error("Window", window.id):
        context.select(REDIRECT)
    presenter.core.CreateWindow(
        presenter.depth, window.id, presenter.root, 0, 0, 64, 48, 0, 1, 0, 0, []
    )
    window.map()
    presenter.sync()
    assert not is_redirected(window, context)
    # The place is free on the new window of that id, and the event id elsewhere.
    second = connect("second")
    taken = second.borrow_window(window, events=0).select(REDIRECT)
    second.sync()
    assert is_redirected(window, taken)
    other = presenter.window(32, 32, events=0)
    other.select(REDIRECT, id=context.id)
    presenter.sync()
    assert is_redirected(other, context)


@pytest.mark.usefixtures("profile")
def test_what_was_queued_before_stays_with_the_server(connect):
    """A presentation under way when redirection begins completes as ever (RDR-022)."""
    client, application = connect("redirector"), connect("application")
    parent = client.window(64, 48, events=0)
    client.sync()
    window = application.window(32, 32, parent=parent)
    queued = window.present(window.pixmap("red"), target_msc=window.msc() + 30)
    application.sync()
    redirector = Redirector(client, parent)
    assert queued.wait_complete().mode is not CompleteMode.SKIP
    assert redirector.waiting() == []
    window.present(window.pixmap("green"))
    application.flush()
    assert redirector.take().serial != queued.serial
