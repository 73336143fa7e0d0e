# SPDX-License-Identifier: MIT
"""What dies while presentations are queued: windows, pixmaps, clients, the server's generation."""

import pytest
import xcffib.composite
from xcffib.xproto import EventMask

from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.resources.pixmap import Pixmap
from harness.x11 import present
from harness.x11.present import ALL_EVENTS, CompleteMode, CompleteNotify, IdleNotify, Option
from suites.address_space import address_space
from suites.generations import new_generation
from suites.marks import DEPTH_24, FOREIGN, FREED_TWICE, KERNEL_EVENTS, SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

NEAR = 60
DESTROYED_LATE = "a target had passed before the window was destroyed"


def told(context) -> list[CompleteNotify | IdleNotify]:
    """Complete and Idle events of ``context`` so far."""
    return [event for event in context.events() if isinstance(event, CompleteNotify | IdleNotify)]


def assert_healthy(client: Presenter) -> None:
    """The server presents as it should: contents, events and idle fence are right."""
    window, fence = client.window(20, 20, x=200, y=150), client.fence()
    shown = window.present(window.pixmap("green"), idle_fence=fence, options=Option.COPY)
    assert shown.wait_idle().idle_fence == fence.id
    assert shown.wait_complete().mode == CompleteMode.COPY
    assert fence.triggered
    assert window.pixel() == window.value("green")
    window.destroy()


def queue_every_phase(window: PresentWindow, now: int) -> list[int]:
    """Queue presentations in every phase on ``window``; returns their serials.

    Two for near targets, one far off, a superseded pair, one that waits for a fence before and
    one after its target, one with an idle fence, and a notification.
    """
    client = window.client
    near, past = now + NEAR, max(now - 1, 0)
    fence, idle = client.fence(), client.fence()
    part = client.region((0, 0, 5, 5))
    asked = [
        window.present(window.pixmap("red"), target_msc=near),
        window.present(window.pixmap("blue"), target_msc=near),
        window.present(window.pixmap("red"), target_msc=near + 5, idle_fence=idle),
        window.present(window.pixmap("red"), target_msc=now + 2**20, update=part, valid=part),
        window.present(window.pixmap("red"), target_msc=near, wait_fence=fence, update=part),
        window.present(window.pixmap("red"), target_msc=past, wait_fence=fence, update=part),
        window.present(window.pixmap("red"), divisor=2**20, remainder=(near + 20) % 2**20),
        window.notify_msc(near),
        window.notify_msc(now + 2**20),
    ]
    window.client.sync()
    return [one.serial for one in asked]


@pytest.mark.needs(supersede=True)
@pytest.mark.parametrize("how", ["itself", "parent", "grandparent", "subwindows"])
def test_destroyed_window_takes_its_presentations_along(presenter, how, too_late):
    """A destroyed window gets no Complete, no Idle and no pixels for what was queued (PRE-130).

    It does not matter in which phase that was, or which ancestor took the window along.
    """
    clock = presenter.window(10, 10, x=100)
    outer = presenter.window(60, 60)
    middle = presenter.window(50, 50, parent=outer)
    window = presenter.window(40, 40, parent=middle)
    now = clock.msc()
    queue_every_phase(window, now)
    before = len(told(window.context))
    if how == "subwindows":
        presenter.core.DestroySubwindows(middle.id)
    else:
        {"itself": window, "parent": middle, "grandparent": outer}[how].destroy()
    if clock.msc() >= now + NEAR:
        too_late(DESTROYED_LATE)
    clock.wait_msc(now + NEAR + 40)
    # The superseded one of the pair was idle at once.
    assert before == len(told(window.context)) == 1
    assert presenter.root_window().pixel(5, 5) == 0
    assert_healthy(presenter)


@DEPTH_24
@pytest.mark.needs(supersede=True)
def test_windows_id_may_be_used_again_at_once(presenter, too_late):
    """A new window under the old id inherits nothing of what was queued (PRE-130)."""
    clock = presenter.window(10, 10, x=100)
    window = presenter.window(40, 40)
    now = clock.msc()
    serials = queue_every_phase(window, now)
    old_context = window.context
    window.destroy()
    if clock.msc() >= now + NEAR:
        too_late(DESTROYED_LATE)
    presenter.core.CreateWindow(
        24, window.id, presenter.root, 0, 0, 40, 40, 0, 1, 0, 2 | 512, [0x0000FF, 1]
    )
    window.map()
    window.context = window.select(ALL_EVENTS)
    presenter.sync()
    clock.wait_msc(now + NEAR + 40)
    assert not told(window.context)
    assert window.pixel() == window.value("blue")
    assert [event.serial for event in told(old_context)] == [serials[0]]
    assert window.show("green").mode in SHOWN
    assert window.pixel() == window.value("green")


@pytest.mark.needs(screen_clock=True)
def test_neighbours_of_a_destroyed_window_are_left_alone(presenter, too_late):
    """Only the presentations of the destroyed window are dropped (PRE-130).

    Others for the same frame, or waiting for the same fence, happen.
    """
    windows = [presenter.window(20, 20, x=24 * index) for index in range(5)]
    target = windows[0].msc() + NEAR
    wait = presenter.fence()
    queued = [window.present(window.pixmap("red"), target_msc=target) for window in windows]
    blocked = [window.present(window.pixmap("green"), wait_fence=wait) for window in windows]
    windows[1].destroy()
    windows[3].destroy()
    if windows[0].msc() >= target:
        too_late(DESTROYED_LATE)
    for index in (0, 2, 4):
        complete = queued[index].wait_complete()
        assert complete.mode in SHOWN
        assert complete.msc >= target
        assert windows[index].pixel() == windows[index].value("red")
    wait.trigger()
    for index in (0, 2, 4):
        assert blocked[index].wait_complete().mode in SHOWN
        assert windows[index].pixel() == windows[index].value("green")
    windows[0].wait_msc(target + 15)
    assert not queued[1].completes()
    assert not queued[3].idles()
    assert not blocked[1].idles()
    assert_healthy(presenter)


def test_triggering_the_fence_of_a_destroyed_window_is_harmless(presenter):
    """Whatever waited for the fence went with its window; the fence stays good (PRE-130)."""
    window, other = presenter.window(20, 20), presenter.window(20, 20, x=30)
    wait, idle = presenter.fence(), presenter.fence()
    for _ in range(3):
        window.present(
            window.pixmap("red"), wait_fence=wait, idle_fence=idle, update=presenter.region()
        )
    window.wait_msc(window.msc() + 10)
    window.destroy()
    wait.trigger()
    assert not idle.triggered
    wait.destroy()
    idle.destroy()
    presenter.sync()
    other.wait_msc(other.msc() + 5)
    assert_healthy(presenter)


@pytest.mark.needs(supersede=True)
def test_another_clients_presentations_go_with_the_window(presenter, connect, too_late):
    """The owner destroys the window: nothing queued by others is told or drawn (PRE-130)."""
    owner = connect("owner")
    theirs = owner.window(40, 40)
    clock = owner.window(10, 10, x=100)
    window = presenter.borrow_window(theirs)
    now = clock.msc()
    queue_every_phase(window, now)
    theirs.destroy()
    if clock.msc() >= now + NEAR:
        too_late(DESTROYED_LATE)
    clock.wait_msc(now + NEAR + 40)
    assert len(told(window.context)) == len(told(theirs.context)) == 1
    assert_healthy(presenter)
    assert_healthy(owner)


@pytest.mark.needs(supersede=True)
@pytest.mark.parametrize("how", ["leaves", "killed"])
def test_client_may_leave_with_presentations_queued_on_its_own_window(
    presenter, connect, how, too_late
):
    """The window goes with its client, and all that was queued (PRE-131, PRE-130)."""
    leaving = connect("leaving")
    window = leaving.window(40, 40)
    view = presenter.borrow_window(window)
    view.select_core(EventMask.StructureNotify)
    clock = presenter.window(10, 10, x=100)
    now = clock.msc()
    queue_every_phase(window, now)
    if how == "killed":
        presenter.core.KillClient(window.id)
        presenter.sync()
    leaving.close()
    presenter.wait_for(lambda event: event.name == "DestroyNotify", "the window's end")
    if clock.msc() >= now + NEAR:
        too_late(DESTROYED_LATE)
    clock.wait_msc(now + NEAR + 40)
    assert len(told(view.context)) == 1
    assert_healthy(presenter)


@pytest.mark.parametrize("how", ["leaves", "killed"])
@pytest.mark.needs(small_windows_copy=True)
def test_presentation_on_anothers_window_outlives_its_client(presenter, connect, how, too_late):
    """What a client queued on another's window happens although it has left (PRE-132).

    Its pixmap is gone by name, but not from the queue (PRE-133); Idle and Complete tell the
    others.
    """
    leaving = connect("leaving")
    window = presenter.window(20, 20)
    borrowed = leaving.borrow_window(window)
    pixmap, other = leaving.pixmap(20, 20, colour="green"), leaving.pixmap(20, 20, colour="red")
    target = window.msc() + 90
    shown = [
        borrowed.present(other, target_msc=target - 30),
        borrowed.present(pixmap, target_msc=target),
    ]
    leaving.sync()
    if how == "killed":
        presenter.core.KillClient(pixmap.id)
        presenter.sync()
    leaving.close()
    if window.msc() >= target - 30:
        too_late("the first target had passed before the client had left")
    for one in shown:
        complete = one.wait_complete(context=window.context)
        idle = one.wait_idle(context=window.context)
        assert complete.mode in SHOWN
        assert complete.msc >= one.request.target_msc
        assert idle.pixmap == one.request.pixmap
    assert window.pixel() == window.value("green")
    assert len(shown[1].completes(window.context)) == 1
    assert_healthy(presenter)


@pytest.mark.needs(small_windows_copy=True)
def test_queued_pixmap_outlives_the_client_that_made_it(presenter, connect):
    """A pixmap that another client made is presented after that client left (PRE-133)."""
    maker = connect("maker")
    pixmap = maker.pixmap(20, 20, colour="green")
    maker.sync()
    window = presenter.window(20, 20)
    target = window.msc() + 60
    shown = window.present(presenter.borrow_pixmap(pixmap), target_msc=target)
    presenter.sync()
    maker.close()
    complete = shown.wait_complete()
    assert complete.mode in SHOWN
    assert complete.msc >= target
    assert shown.wait_idle().pixmap == pixmap.id
    assert window.pixel() == window.value("green")
    assert_healthy(presenter)


@pytest.mark.needs(small_windows_copy=True)
def test_listeners_may_leave(presenter, connect):
    """The selections of a client that left are gone, those of others stay (PRE-131, PRE-030)."""
    listener = connect("listener")
    window = presenter.window(20, 20)
    before, after = window.context, None
    borrowed = listener.borrow_window(window)
    borrowed.select(ALL_EVENTS)
    listener.sync()
    after = window.select(ALL_EVENTS)
    shown = window.present(window.pixmap("green"), target_msc=window.msc() + 60)
    asked = window.notify_msc(window.msc() + 60)
    presenter.sync()
    listener.close()
    for context in (before, after):
        assert shown.wait_complete(context=context).mode in SHOWN
        assert shown.wait_idle(context=context).window == window.id
        asked.wait_complete(context=context)
    assert window.pixel() == window.value("green")
    window.resize(30, 30)
    assert before.wait_configure().width == after.wait_configure().width == 30
    assert_healthy(presenter)


def test_pixmap_of_a_destroyed_window_lives_on(presenter):
    """A dropped presentation gives its pixmap back as it was (PRE-130)."""
    window = presenter.window(20, 20)
    pixmap = window.pixmap("green")
    for target in (0, window.msc() + 2**20):
        window.present(pixmap, target_msc=target)
    window.destroy()
    presenter.sync()
    assert pixmap.pixel(19, 19) == pixmap.value("green")
    other = presenter.window(20, 20)
    assert other.present(pixmap).wait_complete().mode in SHOWN
    assert other.pixel() == other.value("green")


def test_redirected_window_may_be_destroyed_with_presentations_queued(presenter):
    """Redirection neither keeps a destroyed window's presentations nor minds them (PRE-130)."""
    parent = presenter.window(60, 60)
    window = presenter.window(40, 40, parent=parent)
    clock = presenter.window(10, 10, x=100)
    composite = presenter.extension(xcffib.composite)
    composite.RedirectWindow(window.id, 1)
    now = clock.msc()
    queue_every_phase(window, now)
    composite.UnredirectWindow(window.id, 1)
    composite.RedirectWindow(window.id, 0)
    window.destroy()
    clock.wait_msc(now + 100)
    assert_healthy(presenter)


@pytest.mark.needs(small_windows_copy=True)
def test_changes_of_the_window_do_not_drop_what_is_queued(presenter):
    """Windows moved, resized, restacked, unmapped, reparented meanwhile are presented (PRE-065)."""
    parent = presenter.window(60, 60, x=100)
    changes = [
        lambda window: window.move(5, 5),
        lambda window: window.resize(30, 30),
        lambda window: window.configure(border_width=2),
        lambda window: window.configure(stack_mode=1),
        lambda window: window.unmap(),
        lambda window: window.reparent(parent),
    ]
    windows = [presenter.window(20, 20, x=24 * index, y=100) for index in range(len(changes))]
    target = windows[0].msc() + 90
    shown = [window.present(window.pixmap("red"), target_msc=target) for window in windows]
    for window, change in zip(windows, changes, strict=True):
        change(window)
    for one in shown:
        complete = one.wait_complete()
        assert (complete.mode, len(one.idles())) == (CompleteMode.COPY, 1)
        assert complete.msc >= target
    assert windows[0].pixel() == windows[1].pixel() == windows[5].pixel() == windows[5].value("red")


@DEPTH_24
@pytest.mark.needs(memory=True)
@pytest.mark.parametrize("end", ["shown", "superseded", "destroyed", "client-gone"])
def test_pixmaps_are_freed_in_the_end(server, presenter, connect, end):
    """The server keeps no pixmap beyond its presentation and its id (PRE-061, PRE-130).

    Each of them takes 16 MB.
    """
    clock = presenter.window(10, 10, x=100)
    before = address_space(server.pid) >> 20
    for _ in range(12):
        client = connect() if end == "client-gone" else presenter
        window = client.window(10, 10)
        pixmap = Pixmap.create(client, 2000, 2000, 24)
        if end == "shown":
            window.present(pixmap).wait_complete()
        else:
            frame = clock.msc() + 2**20
            window.present(pixmap, target_msc=frame)
            if end == "superseded":
                window.present(window.pixmap("red"), target_msc=frame)
        pixmap.free()
        if end == "client-gone":
            client.sync()
            client.close()
        else:
            window.destroy()
    connect().sync()
    presenter.sync()
    clock.wait_msc(clock.msc() + 20)
    assert (address_space(server.pid) >> 20) - before < 100


@FREED_TWICE
@pytest.mark.xserver(fps=600, reset=True)
def test_every_generation_offers_the_same(connect):
    """Extensions with their numbers, depths, visuals and backing store of the screen
    (PRE-001, PRE-134, CMP-001)."""
    offers = []
    for _ in range(3):
        client = new_generation(connect)
        names = [one.name.to_string() for one in client.core.ListExtensions().reply().names]
        queried = [client.core.QueryExtension(len(name), name).reply() for name in names]
        numbers = [(one.major_opcode, one.first_event, one.first_error) for one in queried]
        depths = [
            (d.depth, [(v._class, v.bits_per_rgb_value, v.red_mask) for v in d.visuals])
            for d in client.screen.allowed_depths
        ]
        offers.append(
            (dict(zip(names, numbers, strict=True)), depths, client.screen.backing_stores)
        )
        client.close()
    assert offers[0] == offers[1] == offers[2]


@FREED_TWICE
@pytest.mark.xserver(fps=600, reset=True)
def test_server_resets_with_presentations_queued(connect):
    """The last client leaves: the server starts over, with nothing of before (PRE-134).

    Presentations are as good as ever, generation after generation.
    """
    for generation in range(4):
        client = new_generation(connect)
        assert_healthy(client)
        window, root = client.window(40, 40), client.root_window()
        now = window.msc()
        queue_every_phase(window, now)
        root.present(root.pixmap("red"), target_msc=now + 40)
        root.present(root.pixmap("red"), target_msc=now + 2**20 + generation)
        client.sync()
        client.close()
    last = new_generation(connect)
    window, root = last.window(20, 20, background="blue"), last.root_window()
    window.wait_msc(window.msc() + 80)
    assert window.pixel() == window.value("blue")
    assert not told(root.context)
    assert root.pixel(100, 100) == 0
    assert_healthy(last)


@FREED_TWICE
@pytest.mark.needs(small_windows_copy=True)
@pytest.mark.xserver(fps=600, reset=True, swapped=True)
def test_every_generation_tells_clients_of_either_byte_order(connect, connect_wire):
    """Idle and Complete to those of the server's byte order and to those of the other (PRE-134,
    PRE-186)."""
    for _ in range(3):
        client = new_generation(connect)
        window = client.window(20, 20)
        client.sync()
        wire = connect_wire(FOREIGN)
        event = wire.symmetric_id()
        request = present.SelectInput(event=event, window=window.id, mask=present.ALL_EVENTS)
        wire.send(request.encode(wire.major("Present"), FOREIGN))
        wire.sync()
        shown = window.present(window.pixmap("red"))
        complete = shown.wait_complete()
        assert shown.wait_idle().serial == complete.serial
        for kind in (present.IdleNotify, present.CompleteNotify):
            heard = present.decode_event(wire.wait_event(kind.EVTYPE), FOREIGN)
            assert (heard.window, heard.serial, heard.event) == (window.id, complete.serial, event)
        wire.close()
        client.close()


@FREED_TWICE
@pytest.mark.needs(screen_clock=True, rate=True)
@pytest.mark.xserver(fps=600, reset=True)
def test_every_generation_has_the_frames_of_the_first(connect):
    """They last as long, and the clock runs on when the server starts over (PRE-202)."""
    answers = []
    for _ in range(3):
        client = new_generation(connect)
        window = client.window(20, 20)
        first = window.notify_msc(window.msc() + 1).wait_complete()
        last = window.notify_msc(first.msc + 30).wait_complete()
        assert abs((last.ust - first.ust) * 600 / 1_000_000 - (last.msc - first.msc)) <= 1
        answers += [(first.ust, first.msc), (last.ust, last.msc)]
        client.close()
    assert answers == sorted(answers)
    assert sorted(msc for _, msc in answers) == [msc for _, msc in answers]


@KERNEL_EVENTS
def test_hundreds_of_short_lives_leave_a_sound_server(presenter, connect):
    """Create, present and destroy, three hundred times in changing order (PRE-130, PRE-131)."""
    clock = presenter.window(10, 10, x=100)
    visitors = [connect(f"visitor-{index}") for index in range(10)]
    now = clock.msc()
    for count in range(300):
        client = visitors[count % 10]
        window = client.window(20, 20, parent=None if count % 3 else client.root)
        pixmap = window.pixmap("red")
        wait = client.fence() if count % 5 == 0 else None
        for ahead in (0, 3, 3, count, 2**20):
            window.present(pixmap, target_msc=now + ahead, wait_fence=wait)
        if count % 2:
            pixmap.free()
        if count % 7:
            window.destroy()
        if count % 4 == 0:
            client.flush()
        if wait is not None and count % 3:
            wait.trigger()
    for client in visitors:
        client.sync()
        if client is not visitors[0]:
            client.close()
    clock.wait_msc(clock.msc() + 30)
    assert_healthy(presenter)
    assert_healthy(visitors[0])


def test_presented_window_destroyed_takes_its_notifies_along(presenter):
    """Without the presentation there is nothing to tell the listed windows (PRE-103, PRE-130)."""
    window, kept = presenter.window(20, 20), presenter.window(20, 20, x=30)
    window.present(
        window.pixmap("red"), target_msc=window.msc() + 2**20, notifies=[(kept, 1001), (kept, 1002)]
    )
    window.destroy()
    kept.wait_msc(kept.msc() + 10)
    assert not [e for e in kept.context.events() if e.EVTYPE == 1 and e.kind == 0]
    kept.destroy()
    assert presenter.window(20, 20).show("red").mode in SHOWN
