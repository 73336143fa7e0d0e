# SPDX-License-Identifier: MIT
"""CompleteNotify and IdleNotify: what they hold, who gets them, in which order."""

import struct

import pytest
import xcffib.damage

from harness.x11 import present
from harness.x11.present import (
    ALL_EVENTS,
    CompleteKind,
    CompleteNotify,
    EventMask,
    IdleNotify,
    Option,
    PresentConfigureNotify,
)
from suites.marks import SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

SERIALS = [0, 1, 0xFF, 0x10000, 0x01020304, 2**31 - 1, 2**31, 2**32 - 1]


def present_events(client):
    """The decoded Present events of ``client`` so far, in order."""
    client.sync()
    return [event.content for event in client.events if event.content is not None]


@pytest.mark.needs(small_windows_copy=True)
def test_events_have_the_documented_bytes(presenter):
    """Complete has 40 bytes and Idle 32, with every field in its place (PRE-085).

    A copy completes with kind 0 and mode 0 (PRE-087); a NotifyMSC with kind 1 and mode 0, and
    it has no Idle (PRE-095).
    """
    window = presenter.window(20, 20)
    pixmap, fence = window.pixmap("red"), presenter.fence()
    major = presenter.numbers(present.EXTENSION).major
    shown = window.present(pixmap, serial=0x81020304, idle_fence=fence)
    asked = window.notify_msc(window.msc() + 3, serial=0x85060708)
    complete, idle = shown.wait_complete(), shown.wait_idle()
    answer = asked.wait_complete()
    data = {event.content: event.data for event in presenter.events}
    context = window.context.id

    wire = data[complete]
    assert len(wire) == 40
    assert struct.unpack_from("=BB", wire) == (35, major)
    assert struct.unpack_from("=IHBBIII", wire, 4) == (2, 1, 0, 0, context, window.id, 0x81020304)
    assert struct.unpack_from("=QQ", wire, 24) == (complete.ust, complete.msc)

    wire = data[idle]
    assert len(wire) == 32
    assert struct.unpack_from("=BB", wire) == (35, major)
    assert struct.unpack_from("=IH", wire, 4) == (0, 2)
    assert struct.unpack_from("=IIIII", wire, 12) == (
        *(context, window.id, 0x81020304),
        *(pixmap.id, fence.id),
    )

    wire = data[answer]
    assert len(wire) == 40
    assert struct.unpack_from("=BB", wire) == (35, major)
    assert struct.unpack_from("=IHBBIII", wire, 4) == (2, 1, 1, 0, context, window.id, 0x85060708)
    window.wait_msc(answer.msc + 5)
    serials = [e.serial for e in present_events(presenter) if isinstance(e, IdleNotify)]
    assert serials == [0x81020304]


@pytest.mark.parametrize("serial", SERIALS, ids=[f"{serial:#x}" for serial in SERIALS])
@pytest.mark.needs(small_windows_copy=True)
def test_serial_comes_back_unchanged(presenter, serial):
    """Complete and Idle carry the 32 bits of the request's serial, whatever they are (PRE-087).

    So does the answer to a NotifyMSC (PRE-095).
    """
    window = presenter.window(20, 20)
    shown = window.present(window.pixmap("red"), serial=serial)
    asked = window.notify_msc(serial=serial)
    later = window.notify_msc(window.msc() + 4, serial=serial)
    other = presenter.window(20, 20, x=30)
    target = other.msc() + 20
    queued = other.present(other.pixmap("red"), serial=serial, target_msc=target)
    assert queued.wait_complete().msc >= target
    assert shown.wait_complete().serial == serial
    assert shown.wait_idle().serial == serial
    assert asked.wait_complete().kind == CompleteKind.NOTIFY_MSC
    later.wait_complete()
    window.wait_msc(window.msc() + 6)
    found = [event for event in window.context.events() if event.serial == serial]
    kinds = [event.kind for event in found if isinstance(event, CompleteNotify)]
    assert sorted(kinds)[0] == CompleteKind.PIXMAP
    assert kinds.count(CompleteKind.PIXMAP) == 1
    assert kinds.count(CompleteKind.NOTIFY_MSC) >= 2
    assert sum(isinstance(event, IdleNotify) for event in found) == 1


@pytest.mark.needs(small_windows_copy=True)
def test_equal_serials_are_answered_one_by_one(presenter, too_late):
    """A serial may be used again while it is pending: each request is answered (PRE-087)."""
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    pixmaps = [window.pixmap(colour) for colour in ("red", "green", "blue")]
    base = window.msc() + 90
    for count, pixmap in enumerate(pixmaps):
        window.present(pixmap, serial=9, target_msc=base + 4 * count)
    other.present(pixmaps[0], serial=9, target_msc=base)
    if window.msc() >= base:
        too_late("the first target had passed before the last presentation was queued")
    window.wait_msc(base + 20)
    events = [event for event in present_events(presenter) if event.serial == 9]
    idles = [event for event in events if isinstance(event, IdleNotify)]
    own = [event.pixmap for event in idles if event.window == window.id]
    assert own == [pixmap.id for pixmap in pixmaps]
    assert [event.pixmap for event in idles if event.window == other.id] == [pixmaps[0].id]
    done = [event for event in events if isinstance(event, CompleteNotify)]
    assert [event.mode in SHOWN for event in done] == [True] * 4
    assert [event.window for event in done].count(window.id) == 3
    assert window.pixel() == window.value("blue")


@pytest.mark.parametrize(
    "options",
    [Option.NONE, Option.ASYNC, Option.COPY, Option.UST, Option.SUBOPTIMAL, Option(15)],
    ids=["none", "async", "copy", "ust", "suboptimal", "all"],
)
@pytest.mark.needs(small_windows_copy=True)
def test_idle_comes_before_complete_and_both_after_the_copy(presenter, options):
    """In copy mode Idle comes right before Complete, both after the copy (PRE-086).

    The mode is Copy with every option, Copy and Suboptimal included (PRE-087, PRE-096).
    """
    window = presenter.window(20, 20)
    for colour in ("red", "green", "blue"):
        shown = window.present(window.pixmap(colour), options=options)
        idle = shown.wait_idle()
        assert window.pixel() == window.value(colour)
        complete = shown.wait_complete()
        events = present_events(presenter)
        assert events.index(idle) + 1 == events.index(complete)
        assert complete.kind == CompleteKind.PIXMAP
        assert complete.mode in SHOWN


@pytest.mark.needs(small_windows_copy=True)
def test_damage_is_reported_before_idle(presenter):
    """The copy is done, and Damage tells of it, before the pixmap is called idle (PRE-086)."""
    window = presenter.window(20, 20)
    damage = presenter.extension(xcffib.damage)
    damage.Create(presenter.new_id(), window.id, 0)
    presenter.sync()
    before = len(presenter.events)
    window.show("red")
    kinds = [event.content is None for event in presenter.events[before:]]
    assert kinds == [True, False, False]


def test_nothing_is_told_before_the_target(presenter):
    """A queued presentation sends neither Idle nor Complete and draws nothing (PRE-105, PRE-086).

    Its target lies so far off that it never comes.
    """
    window = presenter.window(20, 20, background="blue")
    fence = presenter.fence()
    now = window.msc()
    shown = window.present(window.pixmap("red"), target_msc=now + 2**20, idle_fence=fence)
    window.wait_msc(now + 30)
    assert not shown.idles()
    assert not shown.completes()
    assert not fence.triggered
    assert window.pixel() == window.value("blue")


@pytest.mark.needs(small_windows_copy=True)
def test_every_selection_gets_every_event_with_its_own_id(presenter, connect):
    """All selections on the window are told, each under its own event id (PRE-099, PRE-101).

    Those of the same client, of the window's owner and of bystanders are alike.
    """
    owner, bystander = connect("owner"), connect("bystander")
    theirs = owner.window(20, 20)
    window = presenter.borrow_window(theirs)
    watched = bystander.borrow_window(theirs)
    contexts = [
        window.context,
        window.select(ALL_EVENTS),
        theirs.context,
        theirs.select(EventMask.COMPLETE | EventMask.IDLE),
        watched.context,
    ]
    for client in (owner, bystander, presenter):
        client.sync()
    pixmap = window.pixmap("red")
    for _ in range(3):
        shown = window.present(pixmap)
        asked = window.notify_msc(window.msc() + 2)
        reference = shown.wait_complete()
        answer = asked.wait_complete()
        for context in contexts:
            complete = shown.wait_complete(context=context)
            idle = shown.wait_idle(context=context)
            told = asked.wait_complete(context=context)
            assert (complete.event, complete.window) == (context.id, window.id)
            assert (complete.ust, complete.msc) == (reference.ust, reference.msc)
            assert complete.kind == CompleteKind.PIXMAP
            assert complete.mode in SHOWN
            assert (idle.event, idle.window, idle.pixmap) == (context.id, window.id, pixmap.id)
            assert (told.ust, told.msc) == (answer.ust, answer.msc)
            assert len(shown.completes(context)) == len(shown.idles(context)) == 1


def test_selections_get_only_what_their_mask_names(presenter, connect):
    """Each bit of the mask selects one kind of event, for each selection on its own (PRE-099)."""
    other = connect("other")
    window = presenter.window(20, 20)
    borrowed = other.borrow_window(window, events=0)
    kinds = {
        EventMask.CONFIGURE: PresentConfigureNotify,
        EventMask.COMPLETE: CompleteNotify,
        EventMask.IDLE: IdleNotify,
    }
    contexts = {
        mask: (window if mask % 2 else borrowed).select(EventMask(mask)) for mask in range(1, 8)
    }
    other.sync()
    shown = window.present(window.pixmap("red"))
    window.resize(24, 24)
    shown.wait_complete()
    shown.wait_idle()
    for mask, context in contexts.items():
        selected = {kind for bit, kind in kinds.items() if mask & bit}
        assert {type(event) for event in context.events()} == selected, mask
        assert len(context.events()) == len(selected), mask


def test_relatives_of_the_window_are_not_told(presenter, connect):
    """Only selections on the presented window get its events (PRE-101)."""
    other = connect("other")
    parent = presenter.window(60, 60)
    window = presenter.window(20, 20, parent=parent)
    child = presenter.window(10, 10, parent=window)
    sibling = presenter.window(20, 20, parent=parent, x=30)
    roots = [presenter.root_window(), other.root_window()]
    shown = window.present(window.pixmap("red"))
    assert shown.wait_complete().window == shown.wait_idle().window == window.id
    for relative in (parent, child, sibling, *roots):
        assert not relative.context.events()


@pytest.mark.needs(small_windows_copy=True)
def test_presenting_to_another_clients_window_tells_that_client(presenter, connect):
    """Events go to who selected them, not to who presented (PRE-099, PRE-101)."""
    other = connect("other")
    window = presenter.window(20, 20)
    elsewhere = other.window(20, 20, x=40)
    borrowed = other.borrow_window(window, events=0)
    pixmap = other.pixmap(20, 20, colour="green")
    shown = borrowed.present(pixmap, serial=77)
    other.flush()
    complete = shown.wait_complete(context=window.context)
    idle = shown.wait_idle(context=window.context)
    assert (complete.serial, idle.serial, idle.pixmap) == (77, 77, pixmap.id)
    assert window.pixel() == window.value("green")
    elsewhere.show("red")
    assert {event.window for event in present_events(other)} == {elsewhere.id}


@pytest.mark.needs(small_windows_copy=True)
def test_presentation_happens_without_any_selection(presenter):
    """Nobody listens: it is drawn all the same, and the idle fence is triggered (PRE-100)."""
    window, clock = presenter.window(20, 20, events=0), presenter.window(20, 20, x=40)
    fences = [presenter.fence() for _ in range(3)]
    now = clock.msc()
    window.present(window.pixmap("red"), idle_fence=fences[0])
    window.present(window.pixmap("green"), idle_fence=fences[1], target_msc=now + 8)
    window.present(window.pixmap("blue"), idle_fence=fences[2], target_msc=now + 2**20)
    clock.wait_msc(clock.msc() + 20)
    assert [fence.triggered for fence in fences] == [True, True, False]
    assert window.pixel() == window.value("green")


@pytest.mark.needs(small_windows_copy=True)
def test_selections_count_when_the_event_is_made(presenter):
    """A selection made after the request gets the events, one that was deleted does not (PRE-099).

    The server looks for listeners when it executes the presentation.
    """
    window = presenter.window(20, 20)
    leaving = window.select(ALL_EVENTS)
    narrowed = window.select(ALL_EVENTS)
    fence = presenter.fence()
    shown = window.present(window.pixmap("red"), wait_fence=fence)
    leaving.delete()
    narrowed.select(EventMask.IDLE)
    late = window.select(ALL_EVENTS)
    fence.trigger()
    shown.wait_complete()
    assert (len(shown.idles(late)), len(shown.completes(late))) == (1, 1)
    assert (len(shown.idles(narrowed)), len(shown.completes(narrowed))) == (1, 0)
    assert (len(shown.idles(leaving)), len(shown.completes(leaving))) == (0, 0)


@pytest.mark.needs(small_windows_copy=True)
def test_windows_and_clients_do_not_mix_up_their_events(presenter, connect):
    """Presentations of three clients on nine windows, interleaved, each come home (PRE-101)."""
    clients = [presenter, connect("second"), connect("third")]
    windows = [
        client.window(20, 20, x=24 * column, y=24 * row)
        for row, client in enumerate(clients)
        for column in range(3)
    ]
    colours = ("red", "green", "blue", "yellow")
    pixmaps = {(window, colour): window.pixmap(colour) for window in windows for colour in colours}
    for client in clients:
        client.sync()
    base = windows[0].msc() + 30
    shown = [
        window.present(
            pixmaps[window, colour], serial=1000 * step + index, target_msc=base + 4 * step
        )
        for step, colour in enumerate(colours)
        for index, window in enumerate(windows)
    ]
    for client in clients:
        client.flush()
    for window in windows[::3]:
        window.wait_msc(base + 30)
    for one in shown:
        (complete,), (idle,) = one.completes(), one.idles()
        assert (complete.window, complete.event) == (one.window.id, one.window.context.id)
        assert (idle.window, idle.pixmap) == (one.window.id, one.request.pixmap)
    for client in clients:
        assert {event.window for event in present_events(client)} == {
            window.id for window in windows if window.client is client
        }
    for window in windows:
        assert window.pixel() == window.value("yellow")
