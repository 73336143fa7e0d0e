# SPDX-License-Identifier: MIT
"""ConfigureNotify of Present: where a window is and how large its pixmaps should be."""

import pytest
from xcffib.xproto import CW, EventMask, StackMode

from harness.clients.resources.window import WindowClass
from harness.x11.present import WINDOW_DESTROYED, PresentConfigureNotify
from harness.x11.present import EventMask as PresentMask
from suites.marks import SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)


def configures(context) -> list[PresentConfigureNotify]:
    """The ConfigureNotify events of ``context`` so far that do not tell of the window's end."""
    return [
        event
        for event in context.events()
        if isinstance(event, PresentConfigureNotify) and not event.pixmap_flags & WINDOW_DESTROYED
    ]


def expected(window, x, y, width, height) -> PresentConfigureNotify:
    """What the window's own context must be told of that place and size."""
    return PresentConfigureNotify(
        event=window.context.id,
        window=window.id,
        x=x,
        y=y,
        width=width,
        height=height,
        off_x=0,
        off_y=0,
        pixmap_width=width,
        pixmap_height=height,
        pixmap_flags=0,
    )


@pytest.mark.parametrize("mapped", [True, False], ids=["mapped", "unmapped"])
def test_every_change_gives_one_event_with_the_new_values(presenter, mapped):
    """Moves, sizes, borders and restacking each give one event (PRE-124).

    It has the position in the parent, the new size, offsets 0, the window's size as the
    pixmap's, and flags 0 (PRE-125).  Unmapped windows get it too (PRE-126).
    """
    sibling = presenter.window(20, 20, x=5)
    window = presenter.window(30, 40, x=10, y=20, mapped=mapped)
    steps = [
        ({"x": 11, "y": 22}, (11, 22, 30, 40)),
        ({"x": -7}, (-7, 22, 30, 40)),
        ({"y": -300}, (-7, -300, 30, 40)),
        ({"width": 31}, (-7, -300, 31, 40)),
        ({"height": 1}, (-7, -300, 31, 1)),
        ({"width": 200, "height": 300}, (-7, -300, 200, 300)),
        ({"x": 1, "y": 2, "width": 3, "height": 4}, (1, 2, 3, 4)),
        ({"border_width": 6}, (1, 2, 3, 4)),
        ({"border_width": 2, "x": 40, "width": 50}, (40, 2, 50, 4)),
        ({"stack_mode": StackMode.Below}, (40, 2, 50, 4)),
        ({"sibling": sibling.id, "stack_mode": StackMode.Above}, (40, 2, 50, 4)),
        ({"x": 32767, "y": -32768}, (32767, -32768, 50, 4)),
        ({"x": 0, "y": 0, "width": 3000, "height": 2000}, (0, 0, 3000, 2000)),
    ]
    for count, (change, values) in enumerate(steps, start=1):
        window.configure(**change)
        events = configures(window.context)
        assert len(events) == count, change
        assert events[-1] == expected(window, *values), change
    assert not configures(sibling.context)


def test_requests_that_change_nothing_are_not_told(presenter):
    """The event tells of a change; the same place, size and order again is none (PRE-124)."""
    window = presenter.window(30, 40, x=10, y=20, border_width=3)
    window.configure(x=10, y=20)
    window.configure(width=30, height=40)
    window.configure(x=10, y=20, width=30, height=40, border_width=3)
    window.configure(stack_mode=StackMode.Above)
    assert not configures(window.context)
    window.configure(x=11)
    assert len(configures(window.context)) == 1


def test_refused_requests_are_not_told(presenter):
    """A ConfigureWindow that fails changes and tells nothing (PRE-124)."""
    window = presenter.window(30, 40)
    with presenter.expect_error("Value"):
        presenter.core.ConfigureWindow(window.id, 4, [0])
    with presenter.expect_error("Match"):
        presenter.core.ConfigureWindow(window.id, 32, [window.id])
    assert not configures(window.context)


def test_position_is_relative_to_the_parent(presenter):
    """Children are told their place in the parent, not on the screen (PRE-125).

    A parent that moves does not move its children there, so they are told nothing.  In a new
    parent the place is relative to that one.
    """
    parent = presenter.window(200, 200, x=100, y=50, border_width=7)
    middle = presenter.window(100, 100, x=11, y=12, parent=parent, border_width=3)
    child = presenter.window(20, 20, x=1, y=2, parent=middle, border_width=2)
    child.move(5, 6)
    assert configures(child.context) == [expected(child, 5, 6, 20, 20)]
    middle.move(-30, 9)
    assert configures(middle.context) == [expected(middle, -30, 9, 100, 100)]
    parent.configure(x=120, border_width=1)
    assert configures(parent.context) == [expected(parent, 120, 50, 200, 200)]
    assert len(configures(middle.context)) == len(configures(child.context)) == 1
    other = presenter.window(200, 200, x=300, y=100, border_width=4)
    child.reparent(other, 40, 41)
    presenter.sync()
    child.resize(21, 22)
    assert configures(child.context)[-1] == expected(child, 40, 41, 21, 22)
    child.move(-8, -9)
    assert configures(child.context)[-1] == expected(child, -8, -9, 21, 22)
    assert not configures(other.context)


def test_windows_in_unmapped_parents_are_told(presenter):
    """A window that is mapped, but not viewable, has its place told too (PRE-126)."""
    parent = presenter.window(100, 100, mapped=False)
    window = presenter.window(20, 20, parent=parent)
    window.configure(x=7, height=30)
    assert configures(window.context) == [expected(window, 7, 0, 20, 30)]


def test_every_selection_is_told_once(presenter, connect):
    """Each selection with bit 1 gets the event under its own id, others do not (PRE-124)."""
    other = connect("other")
    window = presenter.window(30, 40)
    borrowed = other.borrow_window(window)
    listening = [window.context, window.select(PresentMask.CONFIGURE), borrowed.context]
    deaf = [window.select(PresentMask.COMPLETE), borrowed.select(PresentMask.IDLE)]
    gone = window.select()
    gone.delete()
    presenter.sync()
    other.sync()
    borrowed.configure(x=3, width=70)
    other.sync()
    window.configure(y=4, height=80)
    presenter.sync()
    for context in listening:
        events = configures(context)
        assert [(e.x, e.y, e.width, e.height) for e in events] == [
            *((3, 0, 70, 40), (3, 4, 70, 80))
        ]
        assert {e.event for e in events} == {context.id}
    for context in [*deaf, gone]:
        assert not configures(context)


def test_it_comes_before_the_core_event(presenter):
    """Present's event precedes the core ConfigureNotify of the same change (PRE-127)."""
    window = presenter.window(30, 40)
    window.select_core(EventMask.StructureNotify)
    changes = [{"x": 5}, {"width": 60}, {"border_width": 2}, {"stack_mode": StackMode.Below}]
    presenter.window(10, 10, events=0)
    presenter.window(30, 40, events=0).configure(stack_mode=StackMode.Below)
    presenter.sync()
    before = len(presenter.events)
    for change in changes:
        window.configure(**change)
    presenter.sync()
    names = [event.name for event in presenter.events[before:]]
    assert names == ["PresentConfigureNotify", "ConfigureNotify"] * len(changes)


def test_windows_without_selection_are_not_told(presenter):
    """A window never used with Present sends none (PRE-128).

    Nor does one that is only presented to.  Its parent, which selects, is not told of it.
    """
    parent = presenter.window(100, 100)
    plain = presenter.window(20, 20, parent=parent, events=0)
    used = presenter.window(20, 20, parent=parent, events=0, x=30)
    used.present(used.pixmap("red"))
    parent.wait_msc(parent.msc() + 5)
    for window in (plain, used):
        window.move(50, 50)
        window.resize(30, 30)
    presenter.sync()
    assert not [event for event in presenter.events if event.name == "PresentConfigureNotify"]


def test_input_only_windows_are_told(presenter):
    """InputOnly windows have a place and a size too (PRE-124, PRE-125)."""
    window = presenter.window(30, 40, window_class=WindowClass.INPUT_ONLY)
    window.configure(x=9, width=50)
    assert configures(window.context) == [expected(window, 9, 0, 50, 40)]


def test_redirected_configure_requests_are_not_told(presenter, connect):
    """While a window manager decides nothing has changed; its own request is told (PRE-124)."""
    manager = connect("manager")
    parent = manager.window(200, 200, events=0)
    parent.select_core(EventMask.SubstructureRedirect)
    manager.sync()
    window = presenter.window(
        20, 20, parent=parent, mapped=False, attributes={CW.OverrideRedirect: 0}
    )
    window.move(9, 9)
    assert not configures(window.context)
    manager.core.ConfigureWindow(window.id, 1, [15])
    manager.sync()
    assert configures(window.context) == [expected(window, 15, 0, 20, 20)]


def test_presentations_follow_a_resized_window(presenter):
    """The told size is that at which a pixmap fills the window (PRE-125)."""
    window = presenter.window(20, 20)
    for size in (40, 10, 33):
        window.resize(size, size)
        told = window.context.wait_configure(nth=len(configures(window.context)))
        pixmap = window.pixmap("red", told.pixmap_width, told.pixmap_height)
        assert window.present(pixmap).wait_complete().mode in SHOWN
        assert window.pixel(size - 1, size - 1) == window.value("red")
        window.clear()


def test_destruction_is_told_once_with_flag_and_place(server, presenter, connect):
    """Servers since early 2023 tell of a window's end: one event with flag 1 (PRE-129).

    It has the size and, unlike the others, the place on the screen, without the border.
    21.1.13 and later do so; older ones are silent, or had the change carried back.
    """
    other = connect("other")
    parent = presenter.window(200, 200, x=100, y=50, border_width=7)
    window = presenter.window(30, 40, x=11, y=-12, parent=parent, border_width=3)
    doomed = presenter.window(20, 25, x=1, y=2, parent=parent)
    watched = [other.borrow_window(one) for one in (window, doomed)]
    deaf = window.select(PresentMask.COMPLETE | PresentMask.IDLE)
    window.destroy()
    presenter.sync()
    parent.destroy()
    presenter.sync()
    other.sync()
    origin = (100 + 7, 50 + 7)
    told = {
        window.id: (origin[0] + 11 + 3, origin[1] - 12 + 3, 30, 40),
        doomed.id: (origin[0] + 1, origin[1] + 2, 20, 25),
        parent.id: (*origin, 200, 200),
    }
    ends = {}
    for one in (window, doomed, parent, *watched):
        ends[one] = [e for e in one.context.events() if isinstance(e, PresentConfigureNotify)]
        for event in ends[one]:
            assert (event.x, event.y, event.width, event.height) == told[one.id]
            assert (event.pixmap_width, event.pixmap_height) == told[one.id][2:]
            assert (event.off_x, event.off_y) == (0, 0)
            assert event.pixmap_flags == WINDOW_DESTROYED
            assert (event.window, event.event) == (one.id, one.context.id)
    assert not deaf.events()
    counts = {len(events) for events in ends.values()}
    assert counts == {1} or (counts == {0} and server.version.may_precede((21, 1, 13)))
    assert presenter.window(20, 20).show("red").mode in SHOWN
