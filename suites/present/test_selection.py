# SPDX-License-Identifier: MIT
"""What an accepted SelectInput brings: which events, to whom, and until when."""

import pytest
from xcffib.xproto import CloseDown
from xcffib.xproto import EventMask as CoreEventMask

from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.window import WindowClass
from harness.x11 import present
from harness.x11.present import (
    ALL_EVENTS,
    CompleteKind,
    CompleteNotify,
    EventMask,
    IdleNotify,
    PresentConfigureNotify,
)

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    # One presentation brings an event of each kind, IdleNotify too.
    pytest.mark.needs(small_windows_copy=True),
]

MASKS = range(1, 8)
CONFIGURE, IDLE, COMPLETE, MSC = "configure", "idle", "complete", "msc"


def kind_of(event):
    match event:
        case PresentConfigureNotify():
            return CONFIGURE
        case IdleNotify():
            return IDLE
        case CompleteNotify(kind=CompleteKind.PIXMAP):
            return COMPLETE
        case CompleteNotify(kind=CompleteKind.NOTIFY_MSC):
            return MSC
    raise AssertionError(f"unexpected {event}")


def selected(mask):
    """The events of ``stir``, in order, that ``mask`` asks for."""
    by_bit = {
        CONFIGURE: EventMask.CONFIGURE,
        IDLE: EventMask.IDLE,
        COMPLETE: EventMask.COMPLETE,
        MSC: EventMask.COMPLETE,
    }
    return [kind for kind, bit in by_bit.items() if mask & bit]


def stir(window, serial=77):
    """Cause one event of each kind on ``window``; waits until the last was sent."""
    stirrer = window.client
    window.configure(x=window.geometry.x + 1)
    watch = window.select(EventMask.COMPLETE)
    pixmap = window.pixmap("red")
    window.present(pixmap, serial=serial).wait_complete(context=watch)
    window.notify_msc(serial=serial).wait_complete(context=watch)
    watch.delete()
    stirrer.sync()


def heard(context):
    """The kinds of events that ``context`` got, in order; they name its window and id."""
    events = context.events()
    assert {(e.window, e.event) for e in events} <= {(context.window.id, context.id)}
    return [kind_of(event) for event in events]


def quiet_window(presenter, **attributes):
    return presenter.window(16, 16, events=0, **attributes)


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_brings_exactly_the_events_it_names(presenter, mask):
    """Each of the seven masks selects its kinds of events, each once, and no other
    (PRE-016)."""
    window = quiet_window(presenter)
    context = window.select(mask)
    stir(window)
    assert heard(context) == selected(mask)


def test_selections_with_different_masks_on_one_window_keep_apart(presenter):
    """Seven selections of one client on one window: each gets what its own mask names, once,
    with its own id (PRE-016, PRE-026)."""
    window = quiet_window(presenter)
    contexts = [window.select(mask) for mask in MASKS]
    stir(window)
    assert [heard(context) for context in contexts] == [selected(mask) for mask in MASKS]


@pytest.mark.parametrize(
    ("first", "second"),
    [(7, 2), (7, 1), (7, 4), (1, 6), (6, 1), (2, 4), (4, 3), (3, 7), (5, 5)],
    ids=lambda mask: f"{mask}",
)
def test_a_second_mask_replaces_the_first(presenter, first, second):
    """The new mask alone counts, also when it drops bits (PRE-024)."""
    window = quiet_window(presenter)
    context = window.select(first)
    context.select(second)
    stir(window)
    assert heard(context) == selected(second)


@pytest.mark.needs(small_windows_copy=True)
def test_a_mask_counts_from_the_moment_it_is_set(presenter, too_late):
    """A mask changed while a presentation is queued decides about its events (PRE-024)."""
    window = quiet_window(presenter)
    watch = window.select(EventMask.COMPLETE)
    window.context = watch
    narrowed, widened = window.select(ALL_EVENTS), window.select(EventMask.CONFIGURE)
    presentation = window.present(window.pixmap("red"), target_msc=window.msc() + 90)
    before = len(heard(narrowed))
    narrowed.select(EventMask.COMPLETE)
    widened.select(EventMask.IDLE)
    presenter.sync()
    if presentation.completes():
        too_late("the target had passed before the masks were changed")
    presentation.wait_complete()
    assert heard(narrowed)[before:] == [COMPLETE]
    assert heard(widened) == [IDLE]


@pytest.mark.needs(small_windows_copy=True)
def test_changing_one_selection_leaves_the_others(presenter):
    """The mask of one id says nothing about that of another (PRE-024, PRE-026)."""
    window = quiet_window(presenter)
    first, second, third = (window.select() for _ in range(3))
    second.select(EventMask.IDLE)
    stir(window)
    assert [heard(one) for one in (first, second, third)] == [
        selected(7),
        selected(4),
        selected(7),
    ]


@pytest.mark.parametrize("position", [0, 1, 2], ids=["oldest", "middle", "newest"])
def test_an_ended_selection_gets_nothing_more(presenter, position):
    """Mask 0 ends one selection; those made before and after it live on (PRE-025)."""
    window = quiet_window(presenter)
    contexts = [window.select() for _ in range(3)]
    stir(window, serial=1)
    contexts[position].delete()
    stir(window, serial=2)
    expected = [2 * selected(7)] * 3
    expected[position] = selected(7)
    assert [heard(context) for context in contexts] == expected


@pytest.mark.needs(small_windows_copy=True)
def test_a_selection_ended_while_a_presentation_is_queued_gets_nothing_of_it(presenter, too_late):
    """Events go to the selections there are when they are sent (PRE-025)."""
    window = presenter.window(16, 16, events=EventMask.COMPLETE)
    ended = window.select()
    presentation = window.present(window.pixmap("red"), target_msc=window.msc() + 90)
    before = heard(ended)
    ended.delete()
    late = window.select()
    presenter.sync()
    if presentation.completes():
        too_late("the target had passed before the selections were changed")
    presentation.wait_complete()
    assert heard(ended) == before
    assert heard(late) == [IDLE, COMPLETE]


def test_the_id_of_an_ended_selection_can_be_used_for_the_same_window(presenter):
    """Ended and made again: events come once, of the new mask (PRE-025)."""
    window = quiet_window(presenter)
    context = window.select(ALL_EVENTS)
    context.delete()
    context.select(EventMask.COMPLETE)
    stir(window)
    assert heard(context) == selected(EventMask.COMPLETE)


def test_the_id_of_an_ended_selection_can_be_used_for_another_window(presenter):
    """The id moves to the other window; the first one is silent (PRE-025)."""
    first, second = quiet_window(presenter), quiet_window(presenter)
    event = first.select().id
    first.select(0, id=event)
    context = second.select(id=event)
    stir(first)
    assert heard(context) == []
    stir(second)
    assert heard(context) == selected(7)


@pytest.mark.needs(small_windows_copy=True)
def test_the_id_of_an_ended_selection_can_name_something_else(presenter):
    """The id is free for any resource (PRE-025)."""
    window = quiet_window(presenter)
    ended = window.select()
    ended.delete()
    presenter.core.CreatePixmap(window.depth, ended.id, presenter.root, 16, 16)
    pixmap = Pixmap(presenter, ended.id, 16, 16, window.depth)
    pixmap.fill("green")
    window.context = window.select()
    assert window.present(pixmap).wait_idle().pixmap == ended.id
    assert window.pixel() == window.value("green")


def test_a_selection_can_be_ended_twice(presenter):
    """The second mask 0 finds nothing and is no error (PRE-019, PRE-025)."""
    window = quiet_window(presenter)
    context = window.select()
    context.delete()
    context.delete()
    stir(window)
    assert heard(context) == []


def test_two_selections_of_one_client_both_get_every_event(presenter):
    """Each event comes once per selection, with its id, equal otherwise (PRE-026)."""
    window = quiet_window(presenter)
    first, second = window.select(), window.select()
    stir(window)
    assert heard(first) == heard(second) == selected(7)
    without_id = [
        [{**fields_of(event), "event": None} for event in context.events()]
        for context in (first, second)
    ]
    assert without_id[0] == without_id[1]


def fields_of(event):
    return {name: getattr(event, name) for name in event.__slots__}


def test_the_selections_of_all_clients_get_every_event(presenter, connect):
    """Clients that did not present hear of it as the one that did (PRE-027, PRE-028)."""
    window = presenter.window(16, 16)
    presenter.sync()
    others = [connect(name).borrow_window(window) for name in ("first", "second", "third")]
    stir(window)
    for other in others:
        assert heard(other.context) == selected(7)
    assert heard(window.context) == selected(7)


@pytest.mark.needs(small_windows_copy=True)
def test_only_those_who_asked_hear_of_it(presenter, connect):
    """The masks of several clients on one window do not mix (PRE-027)."""
    window = presenter.window(16, 16, events=EventMask.CONFIGURE)
    idle = connect("idle").borrow_window(window, EventMask.IDLE)
    complete = connect("complete").borrow_window(window, EventMask.COMPLETE)
    silent = connect("silent").borrow_window(window, 0)
    stir(window)
    assert heard(window.context) == [CONFIGURE]
    assert heard(idle.context) == [IDLE]
    assert heard(complete.context) == [COMPLETE, MSC]
    silent.client.sync()
    assert not silent.client.events


def test_what_happens_on_one_window_concerns_no_other(presenter):
    """Siblings, parents and children with selections of their own hear nothing (PRE-016)."""
    parent = presenter.window(64, 64)
    window = presenter.window(16, 16, events=0, parent=parent)
    child = presenter.window(8, 8, parent=window)
    sibling = presenter.window(16, 16, parent=parent)
    context = window.select()
    stir(window)
    assert heard(context) == selected(7)
    assert heard(parent.context) == heard(child.context) == heard(sibling.context) == []


def test_an_input_only_window_can_be_selected_on(presenter):
    """It has no presentations, yet it moves and has a clock (PRE-028)."""
    window = quiet_window(presenter, window_class=WindowClass.INPUT_ONLY)
    context = window.select()
    window.configure(x=4)
    window.notify_msc(serial=3).wait_complete(context=context)
    assert heard(context) == [CONFIGURE, MSC]


def test_the_root_window_can_be_selected_on(presenter, connect):
    """Its clock answers whoever asks, its selections hear of all presentations (PRE-028)."""
    root = presenter.root_window()
    other = connect("other").root_window()
    other.client.sync()
    root.notify_msc(serial=3).wait_complete()
    root.present(root.pixmap("red", 16, 16), serial=4).wait_complete()
    assert heard(root.context) == heard(other.context) == [MSC, IDLE, COMPLETE]


@pytest.mark.needs(small_windows_copy=True)
def test_a_presentation_by_another_client_is_heard_by_the_owner(presenter, connect):
    """Who presents does not matter; the window does (PRE-027, PRE-028)."""
    window = presenter.window(16, 16)
    presenter.sync()
    guest = connect("guest").borrow_window(window)
    presentation = guest.present(guest.pixmap("red"), serial=9)
    presentation.wait_complete()
    assert heard(guest.context) == heard(window.context) == [IDLE, COMPLETE]


@pytest.mark.parametrize("how", ["leaves", "killed"])
@pytest.mark.parametrize("position", [0, 1, 2], ids=["oldest", "middle", "newest"])
def test_a_selection_ends_with_its_client(presenter, connect, how, position):
    """The window goes on, and so do the selections made before and after (PRE-030)."""
    window = presenter.window(16, 16, events=0)
    presenter.sync()
    listeners = [connect(f"listener {n}").borrow_window(window) for n in range(3)]
    leaving = listeners.pop(position)
    if how == "killed":
        presenter.core.KillClient(leaving.context.id)
        presenter.sync()
    leaving.client.close()
    stir(window)
    stir(window)
    for listener in listeners:
        assert heard(listener.context) == 2 * selected(7)


def test_a_client_with_many_selections_leaves(presenter, connect):
    """All of its selections end, and the rest of each window's stay (PRE-030)."""
    windows = [presenter.window(16, 16) for _ in range(4)]
    presenter.sync()
    guest = connect("guest")
    for window in windows:
        borrowed = guest.borrow_window(window)
        for mask in MASKS:
            borrowed.select(mask)
    guest.sync()
    guest.close()
    for window in windows:
        stir(window)
        assert heard(window.context) == selected(7)


@pytest.mark.needs(small_windows_copy=True)
def test_a_client_may_leave_with_presentations_queued_for_its_selection(presenter, connect):
    """The presentation completes for those who are left (PRE-030)."""
    window = presenter.window(16, 16)
    presenter.sync()
    guest = connect("guest").borrow_window(window)
    presentation = window.present(window.pixmap("red"), target_msc=window.msc() + 30)
    presenter.sync()
    guest.client.close()
    presentation.wait_complete()
    assert heard(window.context) == [MSC, IDLE, COMPLETE]


def test_a_retained_selection_of_a_client_that_left_does_no_harm(presenter, connect):
    """Resources that outlive their client get no events, and can be killed (PRE-030)."""
    window = presenter.window(16, 16)
    presenter.sync()
    guest = connect("guest")
    retained = guest.borrow_window(window).context
    guest.core.SetCloseDownMode(CloseDown.RetainPermanent)
    guest.sync()
    guest.close()
    stir(window)
    presenter.core.KillClient(retained.id)
    stir(window)
    assert heard(window.context) == 2 * selected(7)


@pytest.mark.parametrize("end", ["destroyed", "with its parent", "among its parent's children"])
def test_a_selection_ends_with_its_window(presenter, end):
    """Its id can then be used for another window, where it brings the events of that one
    (PRE-030)."""
    parent = quiet_window(presenter)
    window = presenter.window(16, 16, parent=parent)
    if end == "destroyed":
        window.destroy()
    elif end == "with its parent":
        parent.destroy()
    else:
        presenter.core.DestroySubwindows(parent.id)
    presenter.sync()
    before = len(window.context.events())
    context = quiet_window(presenter).select(id=window.context.id)
    stir(context.window)
    assert [kind_of(event) for event in context.events()[before:]] == selected(7)


def test_all_selections_end_with_their_window(presenter, connect):
    """Those of other clients too: every id is free again (PRE-030)."""
    window = presenter.window(16, 16)
    presenter.sync()
    guest = connect("guest")
    contexts = [guest.borrow_window(window).context for _ in range(3)]
    window.destroy()
    presenter.sync()
    for context in contexts:
        guest.core.CreatePixmap(window.depth, context.id, guest.root, 8, 8)
    assert {guest.geometry(context.id).width for context in contexts} == {8}


def test_a_selection_ends_with_the_client_that_owned_the_window(presenter, connect):
    """A window goes with its client, and takes other clients' selections along (PRE-030)."""
    owner = connect("owner")
    window = owner.window(16, 16)
    owner.sync()
    borrowed = presenter.borrow_window(window)
    event = borrowed.context.id
    borrowed.select_core(CoreEventMask.StructureNotify)
    presenter.sync()
    owner.close()
    presenter.wait_for(lambda e: e.name == "DestroyNotify", "DestroyNotify of the window")
    with presenter.expect_error("Window", window.id):
        presenter.send(present.SelectInput(event=event, window=window.id, mask=7))
    own = quiet_window(presenter)
    before = len(presenter.events)
    context = own.select(id=event)
    stir(own)
    arrived = [entry.content for entry in presenter.events[before:]]
    assert [kind_of(e) for e in arrived if e.event == context.id] == selected(7)


@pytest.mark.parametrize("mask", [0, 7], ids=["ending", "changing"])
def test_a_destroyed_window_cannot_be_selected_on(presenter, mask):
    """Its own former id does not help: the window is unknown (PRE-018, PRE-030)."""
    window = presenter.window(16, 16)
    window.destroy()
    with presenter.expect_error("Window", window.id):
        window.context.select(mask)


def test_a_new_window_with_an_old_id_has_no_selections(presenter):
    """The selections of a destroyed window are not those of its id (PRE-030)."""
    window = presenter.window(16, 16)
    old = window.context
    window.destroy()
    presenter.sync()
    before = len(old.events())
    presenter.core.CreateWindow(
        0, window.id, presenter.root, 0, 0, 16, 16, 0, WindowClass.INPUT_OUTPUT, 0, 0, []
    )
    window.map()
    stir(window)
    assert len(old.events()) == before
