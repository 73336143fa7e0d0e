# SPDX-License-Identifier: MIT
"""Whom X-Resource charges with the memory of backing pixmaps.

QueryResourceBytes is asked of all clients: servers that are asked for one client find no
single resource of it.
"""

from itertools import pairwise

import pytest
import xcffib.res
from xcffib.composite import Redirect
from xcffib.xproto import SubwindowMode

from harness.clients.resources.drawable import create_gc
from suites.address_space import address_space
from suites.marks import UPDATES

pytestmark = [
    pytest.mark.needs("Composite", "X-Resource", uncomposited=True),
    pytest.mark.xserver(any_depth=True),
]

WIDTH, HEIGHT, BORDER = 50, 39, 2


def area(client, width, height):
    """The bytes of a pixmap of the screen's depth, whose rows count without padding."""
    bits_per_pixel, _ = client.formats[client.depth]
    return width * height * bits_per_pixel // 8


def charged(asker, client):
    """The bytes of pixmaps that the server charges to ``client``, once it has done all its
    requests."""
    client.sync()
    reply = asker.extension(xcffib.res).QueryClientPixmapBytes(client.new_id()).reply()
    assert reply.bytes_overflow == 0
    return reply.bytes


def size_of(asker, resource):
    """Bytes and reference count of each resource with this id."""
    spec = xcffib.res.ResourceIdSpec.synthetic(resource, 0)
    reply = asker.extension(xcffib.res).QueryResourceBytes(0, 1, [spec]).reply()
    assert all(value.size.spec.resource == resource for value in reply.sizes)
    return [(value.size.bytes, value.size.ref_count) for value in reply.sizes]


@pytest.fixture
def owner(connect):
    return connect("owner")


@pytest.fixture
def size(owner):
    """The bytes of the window's pixmap, border included."""
    return area(owner, WIDTH + 2 * BORDER, HEIGHT + 2 * BORDER)


@pytest.fixture
def window(owner):
    """An unmapped window of the owner, who has no pixmap."""
    return owner.window(WIDTH, HEIGHT, x=30, y=20, events=0, mapped=False, border_width=BORDER)


@UPDATES
def test_owner_of_the_window_is_charged_while_it_has_a_pixmap(
    presenter, owner, window, size, update
):
    """Window and border count for the window's client from map to unmap, not for who redirected
    it, and nothing does before and after (CMP-067)."""
    view = presenter.borrow_window(window, events=0)
    assert charged(presenter, owner) == 0
    view.redirect(update)
    presenter.sync()
    assert charged(presenter, owner) == 0
    for _ in range(2):
        window.map()
        assert charged(presenter, owner) == size
        assert charged(presenter, presenter) == 0
        window.unmap()
        assert charged(presenter, owner) == 0
    window.map()
    view.unredirect(update)
    presenter.sync()
    assert charged(presenter, owner) == 0


@UPDATES
def test_charge_follows_the_size(presenter, owner, window, update):
    """Each new pixmap is charged with its own size, of the bytes of its pixels, and the old one no
    longer (CMP-067, CMP-029, CMP-030)."""
    presenter.borrow_window(window, events=0).redirect(update)
    presenter.sync()
    window.map()
    for width, height, border in ((60, 50, 2), (7, 3, 2), (7, 3, 0), (100, 1, 9)):
        window.configure(width=width, height=height, border_width=border)
        expected = area(owner, width + 2 * border, height + 2 * border)
        assert charged(presenter, owner) == expected
    window.move(0, 0)
    assert charged(presenter, owner) == expected


@UPDATES
def test_names_share_the_charge(presenter, owner, window, size, update):
    """Window and names bear equal parts of the pixmap, cut to whole bytes; once the window has
    another, the names bear the old one alone (CMP-067, CMP-036)."""
    view = presenter.borrow_window(window, events=0)
    view.redirect(update)
    presenter.sync()
    window.map()
    owner.sync()
    names = []
    for count in range(1, 5):
        names.append(view.name_pixmap())
        part = size // (count + 1)
        assert charged(presenter, owner) == part
        assert charged(presenter, presenter) == count * part
    names.pop().free()
    names.pop().free()
    assert charged(presenter, owner) == size // 3
    window.resize(10, 10)
    assert charged(presenter, owner) == area(owner, 14, 14)
    assert charged(presenter, presenter) == size
    names.pop().free()
    window.destroy()
    assert charged(presenter, owner) == 0
    assert charged(presenter, presenter) == size
    names.pop().free()
    assert charged(presenter, presenter) == 0


@UPDATES
def test_name_tells_size_and_references(presenter, owner, window, size, update):
    """A name's resource has the bytes of the whole pixmap, and as many references as there are
    names, plus the window while it draws there; the window's resource stays one of none
    (CMP-067, CMP-023)."""
    view = presenter.borrow_window(window, events=0)
    view.redirect(update)
    presenter.sync()
    window.map()
    owner.sync()
    first = view.name_pixmap()
    assert size_of(presenter, first.id) == [(size, 2)]
    second = view.name_pixmap()
    assert size_of(presenter, first.id) == size_of(presenter, second.id) == [(size, 3)]
    assert size_of(presenter, window.id) == [(0, 1)]
    second.free()
    assert size_of(presenter, first.id) == [(size, 2)]
    assert size_of(presenter, second.id) == []
    window.move(3, 4)
    window.resize(WIDTH, HEIGHT)
    owner.sync()
    assert size_of(presenter, first.id) == [(size, 2)]
    window.unmap()
    owner.sync()
    assert size_of(presenter, first.id) == [(size, 1)]


@UPDATES
def test_children_in_the_pixmap_are_not_charged(presenter, owner, window, size, update):
    """Only the redirected window is charged; a child that draws into its pixmap is not, until
    it is redirected itself (CMP-067)."""
    view = presenter.borrow_window(window, events=0)
    view.redirect(update)
    presenter.sync()
    window.map()
    child = owner.window(20, 10, parent=window, events=0)
    assert charged(presenter, owner) == size
    presenter.borrow_window(child, events=0).redirect(update)
    presenter.sync()
    assert charged(presenter, owner) == size + area(owner, 20, 10)


@UPDATES
def test_a_chain_of_changes_leaks_nothing(presenter, connect, owner, window, size, update):
    """However often the pixmap changes, with names and redirections coming and going, in the
    end there is one pixmap of one size, and none when the compositor is gone (CMP-067,
    CMP-015)."""
    compositor = connect("compositor")
    view = compositor.borrow_window(window, events=0)
    view.redirect(update)
    compositor.sync()
    window.map()
    for step in range(1, 12):
        window.resize(WIDTH + step, HEIGHT - step)
        if step % 3 == 0:
            window.unmap()
            window.map()
        owner.sync()
        name = view.name_pixmap()
        if step % 2:
            name.free()
        if step % 5 == 0:
            view.unredirect(update)
            view.redirect(update)
        compositor.sync()
    window.resize(WIDTH, HEIGHT)
    assert charged(presenter, owner) == size
    # Others are answered after its end: until then the server is its own.
    compositor.core.GrabServer()
    compositor.sync()
    compositor.close()
    assert charged(presenter, owner) == 0


DEPTHS = pytest.mark.parametrize("depth", [None, 32], ids=["as-parent", "with-alpha"])


class Redrawn:
    """Windows of ``side`` pixels that are redirected by ``update`` and changed in every way."""

    def __init__(self, presenter, side, update, depth):
        self.client, self.side, self.update, self.depth = presenter, side, update, depth
        self.parent = presenter.window(side + 20, side + 20, events=0)
        self.target = presenter.pixmap(side, side)
        self.gc = create_gc(self.target, SubwindowMode=SubwindowMode.IncludeInferiors)

    def window(self):
        window = self.client.window(
            *(self.side, self.side), parent=self.parent, depth=self.depth, background=0, events=0
        )
        window.redirect(self.update)
        return window

    def change(self, window):
        """Each change has it get another pixmap; then it is painted three times."""
        side, copy = self.side, self.client.core.CopyArea
        window.configure(width=side + 2)
        window.configure(border_width=2)
        window.configure(x=3, y=4, width=side, border_width=0)
        # The inside stays where it is.
        window.configure(x=1, y=2, border_width=2)
        window.unmap()
        window.map()
        for _ in range(6):
            window.unredirect(self.update)
            window.redirect(self.update)
        for _ in range(3):
            window.clear()
            copy(self.parent.id, self.target.id, self.gc, *(0, 0), *(0, 0), *(side, side))


@UPDATES
@DEPTHS
@pytest.mark.needs(memory=True)
def test_the_pixmaps_that_a_window_had_are_freed(presenter, server, update, depth):
    """Sizes, borders, places, redirections and windows that come and go make the server no
    larger: of 160 pixmaps of a megabyte nothing is left (CMP-151)."""
    redrawn = Redrawn(presenter, 500, update, depth)

    def live(times):
        for _ in range(times):
            window = redrawn.window()
            redrawn.change(window)
            window.destroy()
        presenter.sync()
        return address_space(server.pid)

    before = live(4)
    assert live(20) - before < 8 << 20


@DEPTHS
@pytest.mark.needs(memory=True)
@pytest.mark.xserver(fresh=True)
def test_what_painted_a_window_is_freed(presenter, server, depth):
    """Rounds and rounds of small pixmaps, each painted to the parent, leave nothing of the
    graphics contexts and pictures that it took (CMP-151).

    A server that has served others has room for what is lost; what room a new one has, graphics
    contexts take first.
    """
    redrawn = Redrawn(presenter, 3, Redirect.Automatic, depth)
    window = redrawn.window()
    for _ in range(4000):
        create_gc(redrawn.target)

    def change(times):
        for _ in range(times):
            redrawn.change(window)
        presenter.sync()
        return address_space(server.pid)

    sizes = [change(100), *(change(600) for _ in range(3))]
    # A server grows now and then; one that loses memory does so each time.
    assert min(after - before for before, after in pairwise(sizes)) < 100 << 10


@UPDATES
@pytest.mark.needs("SHAPE", memory=True)
@pytest.mark.xserver(fresh=True)
def test_the_regions_of_a_redirected_window_are_freed(presenter, server, update):
    """Of a window in the shape of a thousand dots, whose every region is a piece of memory: it
    changes as others do, and the server becomes no larger (CMP-151)."""
    parent = presenter.window(140, 100, events=0, background="grey")
    dots = [(2 * column - 8, 2 * row - 8, 1, 1) for row in range(34) for column in range(44)]

    def live(times):
        for _ in range(times):
            window = presenter.window(
                80, 60, parent=parent, border_width=8, background="blue", events=0, mapped=False
            )
            window.shape(dots)
            window.redirect(update)
            window.map()
            for step in range(2):
                window.configure(width=10)
                window.configure(width=82 + step)
                window.configure(border_width=9 + step)
                window.configure(x=3 + step)
                window.unredirect(update)
                window.redirect(update)
            # Borders are painted when the server has nothing else to do.
            presenter.sync()
            window.destroy()
            presenter.sync()
        return address_space(server.pid)

    sizes = [live(15), *(live(40) for _ in range(3))]
    # A server grows now and then; one that loses memory does so each time.
    assert min(after - before for before, after in pairwise(sizes)) < 350 << 10
