# SPDX-License-Identifier: MIT
"""RedirectSubwindows and UnredirectSubwindows: all children, and those still to come."""

from dataclasses import dataclass
from typing import Any

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import CW

from harness.capture.arrival import await_on_screen
from harness.capture.get_image import capture
from harness.clients.resources.window import WindowClass, is_redirected
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from suites.marks import UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

AUTOMATIC, MANUAL = Redirect.Automatic, Redirect.Manual
MODES = pytest.mark.parametrize("mode", [AUTOMATIC, MANUAL], ids=["automatic", "manual"])
X, Y, WIDTH, HEIGHT = 30, 20, 102, 78
PLACES = [(4, 5), (44, 9), (24, 41)]
SIZE = (34, 26)


@dataclass(frozen=True)
class ParentAndChildren:
    """A grey parent with three children that show a chart each."""

    client: Any
    parent: Any
    children: list[Any]

    @classmethod
    def open(cls, client, border=0, mapped=True):
        parent = client.window(WIDTH, HEIGHT, x=X, y=Y, events=0, background="grey")
        children = [
            client.window(
                *SIZE,
                x=x,
                y=y,
                parent=parent,
                events=0,
                border_width=border,
                background="blue",
                mapped=mapped,
            )
            for x, y in PLACES
        ]
        if mapped:
            for seed, child in enumerate(children):
                child.put(chart_pixels(*SIZE, seed=seed))
        client.sync()
        return cls(client, parent, children)

    def redirected(self):
        return [is_redirected(child) for child in self.children]

    def seen_by(self, client):
        return type(self)(
            client,
            client.borrow_window(self.parent, events=0),
            [client.borrow_window(child, events=0) for child in self.children],
        )

    def shown(self, picture):
        return await_on_screen(self.client, picture, X, Y)


def background(depth):
    return Canvas(WIDTH, HEIGHT, depth, "grey")


def with_children(picture, *seeds, border=0):
    """``picture`` with the children of these numbers at their places."""
    for seed in seeds:
        framed = picture.area(*PLACES[seed], SIZE[0] + 2 * border, SIZE[1] + 2 * border)
        framed.fill("white").area(border, border, *SIZE).paste(chart_pixels(*SIZE, seed=seed))
    return picture


@MODES
def test_children_that_exist_and_that_come_are_redirected(presenter, mode):
    """Mapped and unmapped children, those made later, by anybody, but neither the parent nor
    children of children (CMP-038)."""
    parent = presenter.window(WIDTH, HEIGHT, events=0)
    there = presenter.window(20, 20, parent=parent, events=0)
    hidden = presenter.window(20, 20, parent=parent, events=0, mapped=False)
    grandchild = presenter.window(9, 9, parent=there, events=0)
    parent.redirect_subwindows(mode)
    later = presenter.window(20, 20, parent=parent, events=0)
    later_grandchild = presenter.window(9, 9, parent=later, events=0)
    hidden.map()
    assert [is_redirected(window) for window in (there, hidden, later)] == [True] * 3
    others = (parent, grandchild, later_grandchild)
    assert [is_redirected(window) for window in others] == [False] * 3
    parent.unredirect_subwindows(mode)
    after = presenter.window(20, 20, parent=parent, events=0)
    windows = (parent, there, hidden, later, after, grandchild)
    assert [is_redirected(window) for window in windows] == [False] * 6


@MODES
def test_children_of_another_client_are_redirected(presenter, connect, mode):
    """Whose window a child is does not matter, nor who redirects (CMP-038)."""
    family = ParentAndChildren.open(presenter)
    manager = connect("manager")
    theirs = family.seen_by(manager)
    theirs.parent.redirect_subwindows(mode)
    manager.sync()
    assert family.redirected() == [True] * 3
    later = presenter.window(9, 9, parent=family.parent, events=0)
    assert is_redirected(later)
    with presenter.expect_error("Value"):
        later.unredirect(mode)
    manager.close()
    connect("witness").sync()
    assert family.redirected() == [False] * 3
    assert not is_redirected(later)


@pytest.mark.parametrize("count", [0, 1, 7])
@MODES
def test_any_number_of_children_is_redirected(presenter, mode, count):
    """A parent without children is redirected as well as one with many (CMP-038)."""
    parent = presenter.window(60, 60, events=0)
    children = [presenter.window(8, 8, parent=parent, events=0) for _ in range(count)]
    parent.redirect_subwindows(mode)
    children.append(presenter.window(8, 8, parent=parent, events=0))
    assert all(is_redirected(child) for child in children)
    parent.unredirect_subwindows(mode)
    assert not any(is_redirected(child) for child in children)


@MODES
def test_an_unmapped_parent_and_input_only_children_are_accepted(presenter, mode):
    """What has no pixels has no backing pixmap, and is no obstacle (CMP-038)."""
    parent = presenter.window(60, 60, events=0, mapped=False)
    child = presenter.window(20, 20, parent=parent, events=0)
    glass = presenter.window(20, 20, parent=parent, events=0, window_class=WindowClass.INPUT_ONLY)
    parent.redirect_subwindows(mode)
    later = presenter.window(20, 20, parent=parent, events=0, window_class=WindowClass.INPUT_ONLY)
    parent.map()
    assert [is_redirected(window) for window in (child, glass, later)] == [True, False, False]
    parent.unredirect_subwindows(mode)
    for window in (child, glass, later):
        with presenter.expect_error("Value"):
            window.unredirect(mode)


@pytest.mark.parametrize("update", [2, 255])
def test_an_unknown_update_of_subwindows_acts_like_automatic(presenter, update):
    """It is accepted, shown on the screen, inherited by later children, and ended by the very
    number (CMP-009, CMP-038, CMP-041)."""
    family = ParentAndChildren.open(presenter)
    family.parent.redirect_subwindows(update)
    assert family.redirected() == [True] * 3
    family.shown(with_children(background(presenter.depth), 0, 1, 2))
    later = presenter.window(10, 10, x=80, y=50, parent=family.parent, events=0)
    later.fill("red")
    picture = with_children(background(presenter.depth), 0, 1, 2)
    picture.area(80, 50, 10, 10).fill("red")
    family.shown(picture)
    for wrong in (AUTOMATIC, MANUAL):
        with presenter.expect_error("Value"):
            family.parent.unredirect_subwindows(wrong)
    with presenter.expect_error("Value"):
        later.unredirect(AUTOMATIC)
    family.parent.unredirect_subwindows(update)
    assert family.redirected() == [False] * 3


@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
def test_subwindows_are_manually_redirected_once(presenter, connect, other):
    """A second Manual gives Access to whoever asks, for all children and for each, also for
    one made later; Automatic is granted (CMP-039)."""
    family = ParentAndChildren.open(presenter)
    family.parent.redirect_subwindows()
    later = presenter.window(9, 9, parent=family.parent, events=0)
    presenter.sync()
    second = family.seen_by(connect("second")) if other else family
    with second.client.expect_error("Access") as caught:
        second.parent.redirect_subwindows()
    assert caught.error.minor == 2
    for child in (*second.children, later):
        seen = second.client.borrow_window(child, events=0)
        with second.client.expect_error("Access") as caught:
            seen.redirect()
        assert caught.error.minor == 1
        seen.redirect(AUTOMATIC)
    second.parent.redirect_subwindows(AUTOMATIC)
    second.client.sync()
    assert family.redirected() == [True] * 3


@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
def test_subwindows_to_come_are_manually_redirected_once(presenter, connect, other):
    """A second Manual gives Access also while there is no child that could refuse it
    (CMP-039)."""
    parent = presenter.window(100, 80, events=0)
    parent.redirect_subwindows()
    second = connect("second") if other else presenter
    with second.expect_error("Access"):
        second.borrow_window(parent, events=0).redirect_subwindows()
    parent.unredirect_subwindows()
    presenter.sync()
    second.borrow_window(parent, events=0).redirect_subwindows()
    second.sync()


def test_manual_is_free_again_after_it_ended(presenter, connect):
    """Ended by its client or with it, Manual of the subwindows is granted to the next
    (CMP-039, CMP-015)."""
    family = ParentAndChildren.open(presenter)
    first, second = (family.seen_by(connect(name)) for name in ("first", "second"))
    first.parent.redirect_subwindows()
    first.parent.unredirect_subwindows()
    first.client.sync()
    second.parent.redirect_subwindows()
    second.client.sync()
    with first.client.expect_error("Access"):
        first.parent.redirect_subwindows()
    second.client.close()
    connect("witness").sync()
    family.parent.redirect_subwindows()
    assert family.redirected() == [True] * 3


@pytest.mark.parametrize("closed", [False, True], ids=["unredirected", "closed"])
def test_manual_is_free_again_beside_automatic(presenter, connect, closed):
    """Also where another client's Automatic of the same subwindows goes on (CMP-039, CMP-015)."""
    family = ParentAndChildren.open(presenter)
    keeper, first, second = (
        family.seen_by(connect(name)) for name in ("keeper", "first", "second")
    )
    keeper.parent.redirect_subwindows(AUTOMATIC)
    keeper.client.sync()
    first.parent.redirect_subwindows()
    first.client.sync()
    with second.client.expect_error("Access"):
        second.parent.redirect_subwindows()
    if closed:
        first.client.close()
        connect("witness").sync()
    else:
        first.parent.unredirect_subwindows()
        first.client.sync()
    second.parent.redirect_subwindows()
    second.client.sync()
    second.parent.unredirect_subwindows()
    second.client.sync()
    assert family.redirected() == [True] * 3


@pytest.mark.parametrize("blocked", [0, 1, 2], ids=["bottom", "middle", "top"])
@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
def test_all_children_or_none_are_redirected(presenter, connect, blocked, other):
    """One child that is manually redirected already, wherever it is stacked, makes Manual of
    all fail with Access: the others stay as they were, and so do later children; once it is
    free the same request succeeds (CMP-040)."""
    family = ParentAndChildren.open(presenter)
    owner = family.seen_by(connect("owner")) if other else family
    owner.children[blocked].redirect()
    owner.client.sync()
    alone = [n == blocked for n in range(3)]
    for _ in range(2):
        with presenter.expect_error("Access") as caught:
            family.parent.redirect_subwindows()
        assert caught.error.minor == 2
        assert family.redirected() == alone
    later = presenter.window(9, 9, parent=family.parent, events=0)
    assert not is_redirected(later)
    with presenter.expect_error("Value"):
        family.parent.unredirect_subwindows()
    family.shown(
        with_last(
            with_children(background(presenter.depth), *(n for n in range(3) if n != blocked))
        )
    )
    owner.children[blocked].unredirect()
    owner.client.sync()
    family.parent.redirect_subwindows()
    assert family.redirected() == [True] * 3
    assert is_redirected(later)


def with_last(picture):
    """``picture`` with the black 9x9 child in its corner."""
    picture.area(0, 0, 9, 9).fill("black")
    return picture


def test_a_failure_keeps_what_others_redirected(presenter, connect):
    """Taking back what a failed request did leaves Automatic of the same and of other clients
    alone (CMP-040)."""
    family = ParentAndChildren.open(presenter)
    theirs = family.seen_by(connect("other"))
    theirs.children[0].redirect(AUTOMATIC)
    family.children[1].redirect(AUTOMATIC)
    theirs.children[2].redirect(MANUAL)
    theirs.parent.redirect_subwindows(AUTOMATIC)
    theirs.client.sync()
    with presenter.expect_error("Access"):
        family.parent.redirect_subwindows()
    theirs.parent.unredirect_subwindows(AUTOMATIC)
    theirs.client.sync()
    assert family.redirected() == [True] * 3
    for window in (theirs.children[0], family.children[1]):
        window.unredirect(AUTOMATIC)
        window.client.sync()
    assert family.redirected() == [False, False, True]


@MODES
def test_subwindows_are_released_by_the_same_client_in_the_same_mode(presenter, connect, mode):
    """Another mode, another client, another window, and no redirection at all give Value and
    change nothing (CMP-041)."""
    family = ParentAndChildren.open(presenter)
    theirs = family.seen_by(connect("other"))
    for wrong in (AUTOMATIC, MANUAL):
        with presenter.expect_error("Value") as caught:
            family.parent.unredirect_subwindows(wrong)
        assert caught.error.minor == 4
    family.parent.redirect_subwindows(mode)
    presenter.sync()
    with presenter.expect_error("Value"):
        family.parent.unredirect_subwindows(1 - mode)
    with presenter.expect_error("Value"):
        family.parent.unredirect(mode)
    with presenter.expect_error("Value"):
        family.children[0].unredirect_subwindows(mode)
    for wrong in (AUTOMATIC, MANUAL):
        with theirs.client.expect_error("Value"):
            theirs.parent.unredirect_subwindows(wrong)
    assert family.redirected() == [True] * 3
    family.parent.unredirect_subwindows(mode)
    assert family.redirected() == [False] * 3
    with presenter.expect_error("Value"):
        family.parent.unredirect_subwindows(mode)


def test_automatic_subwindows_are_released_one_by_one(presenter, connect):
    """Stacked Automatic of the subwindows needs as many releases as requests; later children
    inherit them all (CMP-041, CMP-012)."""
    family = ParentAndChildren.open(presenter)
    theirs = family.seen_by(connect("other"))
    theirs.parent.redirect_subwindows(AUTOMATIC)
    theirs.client.sync()
    for _ in range(2):
        family.parent.redirect_subwindows(AUTOMATIC)
    later = presenter.window(9, 9, parent=family.parent, events=0)
    for _ in range(2):
        assert is_redirected(later)
        family.parent.unredirect_subwindows(AUTOMATIC)
    assert is_redirected(later)
    assert family.redirected() == [True] * 3
    theirs.parent.unredirect_subwindows(AUTOMATIC)
    theirs.client.sync()
    assert not is_redirected(later)
    assert family.redirected() == [False] * 3


@MODES
def test_a_single_child_is_released(presenter, mode):
    """UnredirectWindow by the client that redirected all lets one child go, an earlier or a
    later one; the rest and the children to come stay redirected (CMP-042)."""
    family = ParentAndChildren.open(presenter)
    family.parent.redirect_subwindows(mode)
    later = presenter.window(9, 9, parent=family.parent, events=0)
    for window in (family.children[1], later):
        window.unredirect(mode)
        assert not is_redirected(window)
        with presenter.expect_error("Value"):
            window.unredirect(mode)
    assert family.redirected() == [True, False, True]
    assert is_redirected(presenter.window(9, 9, parent=family.parent, events=0))
    family.children[1].redirect(mode)
    assert family.redirected() == [True] * 3
    family.parent.unredirect_subwindows(mode)
    assert family.redirected() == [False] * 3


def test_subwindows_and_their_parent_are_redirected_apart(presenter):
    """Redirecting a window and redirecting its children are two things that end one by one
    (CMP-038, CMP-041)."""
    family = ParentAndChildren.open(presenter)
    family.parent.redirect()
    family.parent.redirect_subwindows()
    assert is_redirected(family.parent)
    family.parent.unredirect()
    assert not is_redirected(family.parent)
    assert family.redirected() == [True] * 3
    family.parent.redirect()
    family.parent.unredirect_subwindows()
    assert is_redirected(family.parent)
    assert family.redirected() == [False] * 3
    with_children(background(presenter.depth), 0, 1, 2).check(capture(family.parent))


@MODES
def test_reparenting_ends_and_restarts_the_redirection(presenter, mode):
    """A child that leaves is redirected no more, in a plain parent or the root; one that comes
    is, from wherever (CMP-043)."""
    family = ParentAndChildren.open(presenter)
    plain = presenter.window(50, 40, x=300, events=0)
    family.parent.redirect_subwindows(mode)
    child = family.children[1]
    for home in (plain, presenter.root, plain):
        child.reparent(home)
        assert not is_redirected(child)
        child.reparent(family.parent, 3, 4)
        assert is_redirected(child)
    child.reparent(family.parent, 8, 9)
    assert is_redirected(child)
    stranger = presenter.window(9, 9, events=0)
    stranger.reparent(family.parent)
    assert is_redirected(stranger)
    child.reparent(plain)
    family.parent.unredirect_subwindows(mode)
    assert family.redirected() == [False] * 3
    assert not is_redirected(stranger)
    with presenter.expect_error("Value"):
        child.unredirect(mode)


@MODES
def test_reparenting_between_redirected_parents(presenter, connect, mode):
    """From one redirected parent to another the window is redirected for the new one's
    clients, and no more for the old one's (CMP-043)."""
    first, second = ParentAndChildren.open(presenter), ParentAndChildren.open(presenter)
    theirs = second.seen_by(connect("other"))
    theirs.parent.redirect_subwindows(mode)
    theirs.client.sync()
    first.parent.redirect_subwindows(MANUAL)
    child = first.children[0]
    child.reparent(second.parent)
    first.parent.unredirect_subwindows(MANUAL)
    assert is_redirected(child)
    with presenter.expect_error("Value"):
        child.unredirect(MANUAL)
    theirs.parent.unredirect_subwindows(mode)
    theirs.client.sync()
    assert not is_redirected(child)


@pytest.mark.parametrize("leaving", [0, 1], ids=["first-ends", "second-ends"])
def test_reparenting_acts_for_each_client_that_redirects_the_parent(presenter, connect, leaving):
    """A child that comes is redirected for all of them, and stays so until the last one ends; one
    that leaves is redirected for none (CMP-043)."""
    family = ParentAndChildren.open(presenter)
    plain = presenter.window(50, 40, x=300, events=0)
    holders = [family.seen_by(connect(name)) for name in ("first", "second")]
    for holder, mode in zip(holders, (AUTOMATIC, MANUAL), strict=True):
        holder.parent.redirect_subwindows(mode)
        holder.client.sync()
    child = presenter.window(20, 16, parent=plain, events=0)
    assert not is_redirected(child)
    for _ in range(2):
        child.reparent(family.parent, 3, 4)
        assert is_redirected(child)
        child.reparent(plain)
        assert not is_redirected(child)
    child.reparent(family.parent, 3, 4)
    presenter.sync()
    for number, last in ((leaving, False), (1 - leaving, True)):
        holders[number].parent.unredirect_subwindows((AUTOMATIC, MANUAL)[number])
        holders[number].client.sync()
        assert is_redirected(child) != last


@MODES
def test_a_window_redirected_for_itself_stays_so_when_reparented(presenter, connect, mode):
    """Reparenting ends only what came from the parent (CMP-043)."""
    family = ParentAndChildren.open(presenter)
    other = connect("other")
    child = family.children[2]
    other.borrow_window(child, events=0).redirect(AUTOMATIC)
    other.sync()
    family.parent.redirect_subwindows(mode)
    child.reparent(presenter.root)
    assert is_redirected(child)
    with presenter.expect_error("Value"):
        child.unredirect(mode)
    other.close()
    connect("witness").sync()
    assert not is_redirected(child)


@MODES
@pytest.mark.parametrize("waits", [False, True], ids=["at-once", "later"])
def test_a_drawn_child_is_reparented_out_and_in(presenter, mode, waits):
    """A child with drawing that has not reached the screen yet moves between parents: the
    screen shows it where it is, as its mode says, with what is drawn from then on (CMP-043,
    CMP-019, CMP-018)."""
    family = ParentAndChildren.open(presenter, border=2)
    plain = presenter.window(60, 40, x=220, y=40, events=0, background="green")
    family.parent.redirect_subwindows(mode)
    child = family.children[2]
    child.fill("red", 1, 2, 9, 9)
    if waits:
        presenter.sync()
    child.reparent(plain, 10, 6)
    if waits:
        presenter.sync()
    child.fill("yellow", 3, 4, 20, 10)
    picture = Canvas(60, 40, presenter.depth, "green")
    part = picture.area(10, 6, 38, 30).fill("white").area(2, 2, *SIZE).fill("blue")
    part.area(3, 4, 20, 10).fill("yellow")
    await_on_screen(presenter, picture, 220, 40)
    child.fill("orange")
    child.reparent(family.parent, 62, 44)
    child.fill("cyan", 5, 5, 5, 5)
    await_on_screen(presenter, Canvas(60, 40, presenter.depth, "green"), 220, 40)
    own = Canvas(*SIZE, presenter.depth, "blue")
    own.area(5, 5, 5, 5).fill("cyan")
    own.check(capture(child))
    family.parent.unredirect_subwindows(mode)
    own.check(capture(child))
    picture = with_children(background(presenter.depth), 0, 1, border=2)
    picture.area(62, 44, 38, 30).fill("white").area(2, 2, *SIZE).paste(own.frame.pixels)
    family.shown(picture)


@MODES
def test_the_children_of_the_root_are_redirected(presenter, connect, mode):
    """Compositors redirect all top-level windows, those that are there and those that come;
    Manual is granted once per screen, and is free when its client is gone (CMP-044, CMP-039,
    CMP-015)."""
    window = presenter.window(20, 20, events=0)
    presenter.sync()
    manager, rival = connect("manager"), connect("rival")
    manager.root_window(events=0).redirect_subwindows(mode)
    manager.sync()
    later = presenter.window(20, 20, events=0)
    assert is_redirected(window)
    assert is_redirected(later)
    assert not is_redirected(presenter.root_window(events=0))
    root = rival.root_window(events=0)
    if mode is MANUAL:
        with rival.expect_error("Access"):
            root.redirect_subwindows(MANUAL)
    root.redirect_subwindows(AUTOMATIC)
    root.unredirect_subwindows(AUTOMATIC)
    with rival.expect_error("Value"):
        root.unredirect_subwindows(mode)
    manager.close()
    connect("witness").sync()
    assert not is_redirected(window)
    root.redirect_subwindows(MANUAL)
    rival.sync()
    assert is_redirected(later)


def test_top_level_windows_leave_the_screen_and_come_back(presenter, connect):
    """Redirecting the root's children manually leaves the root's background, which is painted
    no more from then on; when it ends, the windows are back with all that was drawn (CMP-044,
    CMP-045)."""
    back = presenter.window(60, 50, x=X + 5, y=Y + 5, events=0, background="green")
    front = presenter.window(40, 30, x=X + 40, y=Y + 35, events=0, background="blue")
    presenter.core.ChangeWindowAttributes(presenter.root, CW.BackPixel, [0x123456])
    root = presenter.root_window(events=0)
    root.clear()
    picture = background(presenter.depth).fill(0x123456)
    picture.area(5, 5, 60, 50).fill("green")
    picture.area(40, 35, 40, 30).fill("blue")
    await_on_screen(presenter, picture, X, Y)
    manager = connect("manager")
    screen = manager.root_window(events=0)
    screen.redirect_subwindows()
    manager.sync()
    bare = background(presenter.depth).fill(0x123456)
    await_on_screen(presenter, bare, X, Y)
    front.fill("red", 0, 0, 20, 30)
    back.fill("yellow", 0, 0, 60, 10)
    presenter.window(20, 20, x=X, y=Y, events=0, background="white").destroy()
    await_on_screen(presenter, bare, X, Y)
    screen.fill("cyan", X, Y, 30, 30)
    manager.sync()
    root.clear()
    bare.area(0, 0, 30, 30).fill("cyan")
    await_on_screen(presenter, bare, X, Y)
    screen.unredirect_subwindows()
    manager.sync()
    picture.area(5, 5, 60, 10).fill("yellow")
    picture.area(40, 35, 20, 30).fill("red")
    await_on_screen(presenter, picture, X, Y)


def test_manual_subwindows_keep_the_parents_background_from_being_painted(presenter):
    """Once a compositor draws on the parent the server does not: neither ClearArea nor the
    unmapping of a child paints its background; drawing does; the end of the redirection paints
    it all (CMP-045)."""
    family = ParentAndChildren.open(presenter)
    family.parent.fill("orange")
    family.shown(with_children(background(presenter.depth).fill("orange"), 0, 1, 2))
    family.parent.redirect_subwindows()
    # The background of the places that the children leave is the last that is painted.
    picture = background(presenter.depth).fill("orange")
    for x, y in PLACES:
        picture.area(x, y, *SIZE).fill("grey")
    family.shown(picture)
    family.parent.clear()
    family.children[0].unmap()
    family.children[1].move(60, 46)
    family.shown(picture)
    family.parent.fill("cyan", 0, 50, 30, 20)
    picture.area(0, 50, 30, 20).fill("cyan")
    family.shown(picture)
    family.parent.unredirect_subwindows()
    restored = with_children(background(presenter.depth), 2)
    restored.area(60, 46, *SIZE).paste(chart_pixels(*SIZE, seed=1))
    family.shown(restored)
    family.parent.fill("cyan")
    family.parent.clear()
    family.shown(restored)


def test_automatic_subwindows_leave_the_parents_background_to_the_server(presenter):
    """Under Automatic the background is painted as ever, around the children (CMP-045)."""
    family = ParentAndChildren.open(presenter)
    family.parent.redirect_subwindows(AUTOMATIC)
    family.parent.fill("orange")
    picture = background(presenter.depth).fill("orange")
    family.shown(with_children(picture, 0, 1, 2))
    family.parent.clear()
    family.shown(with_children(background(presenter.depth), 0, 1, 2))
    family.children[2].unmap()
    family.shown(with_children(background(presenter.depth), 0, 1))


def test_the_death_of_the_compositor_repaints_the_parent(presenter, connect):
    """So does the end of the client that redirected the children, whose windows come back
    with what was drawn (CMP-045, CMP-015)."""
    family = ParentAndChildren.open(presenter)
    theirs = family.seen_by(connect("manager"))
    theirs.parent.redirect_subwindows()
    theirs.parent.fill("cyan")
    theirs.client.sync()
    family.shown(background(presenter.depth).fill("cyan"))
    family.children[2].fill("red", 0, 0, 10, 10)
    presenter.sync()
    theirs.client.close()
    picture = with_children(background(presenter.depth), 0, 1, 2)
    picture.area(*PLACES[2], 10, 10).fill("red")
    family.shown(picture)
    family.parent.fill("cyan")
    family.parent.clear()
    family.children[0].unmap()
    picture = with_children(background(presenter.depth), 1, 2)
    picture.area(*PLACES[2], 10, 10).fill("red")
    family.shown(picture)


def test_manual_of_a_single_child_leaves_the_background_to_the_server(presenter):
    """Only RedirectSubwindows keeps the server from painting: one child redirected by itself
    does not (CMP-045)."""
    family = ParentAndChildren.open(presenter)
    for child in family.children:
        child.redirect()
    family.shown(background(presenter.depth))
    family.parent.fill("cyan")
    family.parent.clear()
    family.shown(background(presenter.depth))


def test_a_failed_request_leaves_the_background_to_the_server(presenter, connect):
    """Refused for a child that is taken, RedirectSubwindows inhibits nothing (CMP-040,
    CMP-045)."""
    family = ParentAndChildren.open(presenter)
    theirs = family.seen_by(connect("other"))
    theirs.children[2].redirect()
    theirs.client.sync()
    with presenter.expect_error("Access"):
        family.parent.redirect_subwindows()
    family.parent.clear()
    family.shown(with_children(background(presenter.depth), 0, 1))
    family.parent.fill("cyan")
    family.parent.clear()
    family.shown(with_children(background(presenter.depth), 0, 1))


@pytest.mark.parametrize("border", [0, 2])
def test_automatic_subwindows_look_as_if_nothing_had_happened(presenter, border, golden):
    """Automatic redirection of all children, begun and ended, shows on the screen what
    plain windows show (CMP-038, CMP-019)."""
    family = ParentAndChildren.open(presenter, border)
    picture = with_children(background(presenter.depth), 0, 1, 2, border=border)
    family.shown(picture)
    family.parent.redirect_subwindows(AUTOMATIC)
    golden.check(family.shown(picture), "automatic")
    family.children[0].fill("red", 20, 15, 14, 11)
    x, y = PLACES[0]
    picture.area(x + border + 20, y + border + 15, 14, 11).fill("red")
    family.shown(picture)
    own = Canvas(*SIZE, presenter.depth).paste(chart_pixels(*SIZE, seed=0))
    own.area(20, 15, 14, 11).fill("red")
    own.check(capture(family.children[0]))
    family.parent.unredirect_subwindows(AUTOMATIC)
    family.shown(picture)


@UPDATES
def test_dozens_of_children_are_redirected(presenter, update):
    """All that are there, and all that are made later (CMP-038)."""
    parent = presenter.window(300, 200, x=20, y=10, events=0)

    def children(row):
        return [presenter.window(8, 8, x=9 * n, y=row, parent=parent, events=0) for n in range(24)]

    old = children(0)
    parent.redirect_subwindows(update)
    late = children(20)
    assert all(is_redirected(child) for child in [*old, *late])
    parent.unredirect_subwindows(update)
    assert not any(is_redirected(child) for child in [*old, *late])
