# SPDX-License-Identifier: MIT
"""NameWindowPixmap: what it names, what it refuses, and in which order it looks."""

import struct

import numpy as np
import pytest
from xcffib.composite import Redirect
from xcffib.xproto import CW

from harness.capture.get_image import capture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.window import WindowClass
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from suites.marks import DEPTH_24, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

NAME_WINDOW_PIXMAP = 6
NOTHING = 0x1FFFFFFF
BORDER = "red"


def backed(presenter, width=48, height=40, update=Redirect.Manual, **attributes):
    """A window that is redirected, then mapped."""
    attributes = {"x": 30, "y": 20, "border": BORDER, "background": "blue"} | attributes
    window = presenter.window(width, height, events=0, mapped=False, **attributes)
    window.redirect(update)
    window.map()
    return window


def ask_name(window, pixmap):
    """NameWindowPixmap and nothing else; the window may be an id, with its client."""
    client, id = window if isinstance(window, tuple) else (window.client, window.id)
    data = struct.pack("=4xII", id, pixmap)
    client.send_raw("Composite", NAME_WINDOW_PIXMAP, data)


def refuse(window, error, value=None, pixmap=None):
    """The request must be refused so, and leave a fresh id unused."""
    client = window[0] if isinstance(window, tuple) else window.client
    id = client.new_id() if pixmap is None else pixmap
    with client.expect_error(error, value) as caught:
        ask_name(window, id)
    assert (caught.error.major, caught.error.minor) == (
        client.numbers("Composite").major,
        NAME_WINDOW_PIXMAP,
    )
    if pixmap is None:
        with client.expect_error("Drawable", id):
            client.geometry(id)
        client.core.CreatePixmap(client.depth, id, client.root, 3, 3)
        client.core.FreePixmap(id)
        client.sync()


@UPDATES
@pytest.mark.parametrize(
    ("width", "height", "border"),
    [(50, 40, 2), (50, 40, 0), (1, 1, 0), (1, 1, 9), (33, 17, 1), (7, 90, 31), (200, 3, 5)],
)
def test_pixmap_holds_the_window_and_its_border(presenter, update, width, height, border):
    """Pixmap size is window size and twice the border in both directions; a pixmap has
    neither place nor border (CMP-021)."""
    window = backed(presenter, width, height, update, border_width=border)
    got = window.name_pixmap().geometry
    assert (got.width, got.height) == (width + 2 * border, height + 2 * border)
    assert (got.x, got.y, got.border_width) == (0, 0, 0)
    assert (got.root, got.depth) == (presenter.root, window.depth)


@UPDATES
@pytest.mark.parametrize("border", [0, 1, 2, 13])
def test_window_begins_inside_of_the_border(presenter, barrier, update, border):
    """The window's origin is at (border, border) of the pixmap; around it is the border
    (CMP-022)."""
    window = backed(presenter, update=update, border_width=border)
    window.put(chart_pixels(48, 40))
    whole = Canvas(48 + 2 * border, 40 + 2 * border, presenter.depth, BORDER)
    whole.area(border, border, 48, 40).paste(chart_pixels(48, 40))
    barrier()
    whole.check(capture(window.name_pixmap()))


def test_border_painted_anew_is_in_the_pixmap(presenter, barrier):
    """A new border colour is painted into the pixmap that has its name already, and only
    around the window (CMP-022)."""
    window = backed(presenter, border_width=4)
    pixmap = window.name_pixmap()
    window.put(chart_pixels(48, 40))
    presenter.core.ChangeWindowAttributes(window.id, CW.BorderPixel, [window.value("green")])
    barrier()
    whole = Canvas(56, 48, presenter.depth, "green")
    whole.area(4, 4, 48, 40).paste(chart_pixels(48, 40))
    whole.check(capture(pixmap))


@UPDATES
def test_window_redirected_while_it_is_seen_has_a_pixmap_at_once(presenter, barrier, update):
    """Redirection of a mapped window allots the pixmap before the next request (CMP-021,
    CMP-022)."""
    window = presenter.window(
        48, 40, events=0, x=30, y=20, background="blue", border_width=3, border=BORDER
    )
    window.redirect(update)
    pixmap = window.name_pixmap()
    window.put(chart_pixels(48, 40))
    whole = Canvas(54, 46, presenter.depth, BORDER)
    whole.area(3, 3, 48, 40).paste(chart_pixels(48, 40))
    assert (pixmap.width, pixmap.height) == (54, 46)
    barrier()
    whole.check(capture(pixmap))


@UPDATES
def test_pixmap_of_a_window_out_of_sight_is_whole(presenter, barrier, update):
    """Neither the edge of the screen nor a sibling above takes anything from the pixmap
    (CMP-021, CMP-022)."""
    beyond = backed(presenter, update=update, x=-1000, y=-900, border_width=2)
    covered = backed(presenter, update=update, x=200, y=100, border_width=2)
    presenter.window(100, 100, x=180, y=80, events=0, background="green")
    for seed, window in enumerate((beyond, covered)):
        window.put(chart_pixels(48, 40, seed=seed))
        barrier()
        whole = Canvas(52, 44, presenter.depth, BORDER)
        whole.area(2, 2, 48, 40).paste(chart_pixels(48, 40, seed=seed))
        whole.check(capture(window.name_pixmap()))


@UPDATES
def test_child_is_part_of_its_parents_pixmap(presenter, barrier, update):
    """Windows inside of a redirected one, mapped before or after it, draw into its pixmap, cut
    at its edges (CMP-022, CMP-027)."""
    window = presenter.window(
        48, 40, x=30, y=20, events=0, mapped=False, background="blue", border_width=2, border=BORDER
    )
    first = presenter.window(20, 10, x=-5, y=4, parent=window, events=0, background="green")
    window.redirect(update)
    window.map()
    pixmap = window.name_pixmap()
    last = presenter.window(20, 30, x=34, y=22, parent=window, events=0, border_width=1)
    first.put(chart_pixels(20, 10, seed=1))
    last.put(chart_pixels(20, 30, seed=2))
    barrier()
    whole = Canvas(52, 44, presenter.depth, BORDER)
    inside = whole.area(2, 2, 48, 40).fill("blue")
    inside.paste(chart_pixels(20, 10, seed=1), -5, 4)
    inside.area(34, 22, 22, 32).fill("white")
    inside.paste(chart_pixels(20, 30, seed=2), 35, 23)
    whole.check(capture(pixmap))


@DEPTH_24
@pytest.mark.parametrize("depth", [pytest.param(32, marks=pytest.mark.needs(depths=[32])), 24])
@UPDATES
def test_pixmap_has_the_depth_of_its_window(presenter, update, depth):
    """The pixmap's depth is the window's, and each of its planes is kept (CMP-021, CMP-022)."""
    pixels = chart_pixels(48, 40, 24)
    if depth == 32:
        pixels = pixels | chart_pixels(48, 40, 8).astype(np.uint32) << 24
    window = backed(presenter, update=update, depth=depth)
    pixmap = window.name_pixmap()
    assert pixmap.depth == pixmap.geometry.depth == depth
    window.put(pixels)
    Canvas(48, 40, depth).paste(pixels).check(capture(pixmap))


@UPDATES
def test_all_names_are_one_pixmap(presenter, barrier, connect, update):
    """However many clients name it however often, it is the same pixmap: what is drawn
    through the window or through one name shows in the others (CMP-023)."""
    other = connect("other")
    window = backed(presenter, update=update, border_width=2)
    names = [window.name_pixmap(), window.name_pixmap()]
    names.append(other.borrow_window(window, events=0).name_pixmap())
    assert len({name.id for name in names}) == 3
    barrier()
    whole = Canvas(52, 44, presenter.depth, BORDER)
    inside = whole.area(2, 2, 48, 40).fill("blue")
    for seed, drawn in enumerate((window, *names)):
        colour = ("green", "yellow", "cyan", "magenta")[seed]
        drawn.fill(colour, 6 * seed, 4, 5, 20)
        drawn.client.sync()
        target = inside if drawn is window else whole
        target.area(6 * seed, 4, 5, 20).fill(colour)
        for name in names:
            whole.check(capture(name))


def test_many_names_are_freed_one_by_one(presenter, barrier):
    """Each name counts: the pixmap lives for the others and for the window until the last is
    gone, in whatever order (CMP-023, CMP-036)."""
    window = backed(presenter, border_width=1)
    names = [window.name_pixmap() for _ in range(40)]
    window.put(chart_pixels(48, 40))
    barrier()
    whole = Canvas(50, 42, presenter.depth, BORDER)
    whole.area(1, 1, 48, 40).paste(chart_pixels(48, 40))
    for name in names[1::2] + names[:0:-1][1::2]:
        name.free()
    whole.check(capture(names[0]))
    window.fill("green")
    whole.area(1, 1, 48, 40).fill("green")
    whole.check(capture(names[0]))


@UPDATES
def test_window_does_without_its_names(presenter, update):
    """FreePixmap takes the name alone: the window keeps its pixels, is drawn to, and can be
    named again, by the same id too (CMP-036)."""
    window = backed(presenter, update=update)
    window.put(chart_pixels(48, 40))
    picture = Canvas(48, 40, presenter.depth).paste(chart_pixels(48, 40))
    pixmap = window.name_pixmap()
    for colour in ("red", "green", "cyan"):
        pixmap.free()
        with presenter.expect_error("Drawable", pixmap.id):
            presenter.geometry(pixmap.id)
        picture.check(capture(window))
        window.fill(colour, 5, 5, 9, 9)
        picture.area(5, 5, 9, 9).fill(colour)
        ask_name(window, pixmap.id)
        picture.check(capture(pixmap))


def test_name_is_freed_once(presenter, connect):
    """A freed name is gone, for its client and for others: FreePixmap of it is a Pixmap error,
    and the window is none the worse (CMP-036)."""
    other = connect("other")
    window = backed(presenter)
    pixmap = window.name_pixmap()
    other.borrow_pixmap(pixmap).free()
    other.sync()
    with presenter.expect_error("Pixmap", pixmap.id):
        pixmap.free()
    Canvas(48, 40, presenter.depth, "blue").check(capture(window))
    assert window.name_pixmap().pixel(3, 3) == window.value("blue")


def test_name_serves_as_any_pixmap(presenter, barrier):
    """A named pixmap is a pixmap: source of CopyArea, background of another window, which
    keeps it when the name is freed (CMP-023, CMP-036)."""
    window = backed(presenter, border_width=2)
    window.put(chart_pixels(48, 40))
    barrier()
    whole = Canvas(52, 44, presenter.depth, BORDER)
    whole.area(2, 2, 48, 40).paste(chart_pixels(48, 40))
    pixmap = window.name_pixmap()
    other = presenter.window(60, 50, x=200, y=120, events=0)
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, other.id, 0, [])
    presenter.core.CopyArea(pixmap.id, other.id, gc, 4, 3, 7, 6, 30, 20)
    copied = Canvas(60, 50, presenter.depth)
    copied.within((7, 6, 30, 20)).paste(whole.frame.pixels, 3, 3)
    copied.check(capture(other))
    presenter.core.ChangeWindowAttributes(other.id, CW.BackPixmap, [pixmap.id])
    pixmap.free()
    window.resize(20, 20)
    other.clear()
    tiled = Canvas(60, 50, presenter.depth)
    for x, y in ((0, 0), (52, 0), (0, 44), (52, 44)):
        tiled.paste(whole.frame.pixels, x, y)
    tiled.check(capture(other))


def test_id_in_use_is_refused(presenter):
    """The id must be new, whatever has it: IDChoice with that id (CMP-024)."""
    window = backed(presenter)
    pixmap = window.name_pixmap()
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, window.id, 0, [])
    region = presenter.region((0, 0, 5, 5)) if presenter.has_extension("XFIXES") else pixmap
    for used in (window.id, pixmap.id, gc, region.id, window.id):
        refuse(window, "IDChoice", used, pixmap=used)
    assert pixmap.pixel(1, 1) == pixmap.value("blue")


def test_id_of_somebody_else_is_refused(presenter, connect):
    """An id outside of the client's own range is an IDChoice error, used or not: another
    client's, the server's, none (CMP-024)."""
    other = connect("other")
    window = backed(presenter)
    for foreign in (other.new_id(), other.root, presenter.screen.default_colormap, 0, 0xE0000001):
        refuse(window, "IDChoice", foreign, pixmap=foreign)
    assert other.borrow_window(window, events=0).name_pixmap().pixel() == window.value("blue")


@UPDATES
def test_unredirected_windows_have_no_pixmap_of_their_own(presenter, update):
    """A window that is not redirected, never was or is no longer, is a Match error (CMP-025)."""
    never = presenter.window(20, 20, events=0)
    refuse(never, "Match")
    refuse(presenter.root_window(events=0), "Match")
    window = backed(presenter, update=update)
    window.name_pixmap()
    window.unredirect(update)
    refuse(window, "Match")
    window.redirect(update)
    assert window.name_pixmap().width == 48


@UPDATES
def test_unmapped_window_is_refused_3690de9b1(presenter, update):
    """A redirected window has a pixmap while it is viewable: before map and after unmap
    NameWindowPixmap is a Match error (CMP-025, CMP-016)."""
    window = presenter.window(48, 40, x=30, y=20, events=0, mapped=False)
    refuse(window, "Match")
    window.redirect(update)
    for _ in range(2):
        refuse(window, "Match")
        window.map()
        assert window.name_pixmap().width == 48
        window.unmap()
    refuse(window, "Match")


@UPDATES
def test_window_in_an_unmapped_parent_is_refused_3690de9b1(presenter, update):
    """Mapped is not enough: a window in an unmapped parent is a Match error (CMP-025)."""
    parent = presenter.window(80, 60, x=30, y=20, events=0, mapped=False)
    window = backed(presenter, update=update, parent=parent, x=4, y=5)
    refuse(window, "Match")
    parent.map()
    assert window.name_pixmap().height == 40
    parent.unmap()
    refuse(window, "Match")


@UPDATES
@pytest.mark.parametrize("mapped", [False, True], ids=["unmapped", "mapped"])
def test_input_only_window_is_refused_724f9cb57(presenter, update, mapped):
    """An InputOnly window has no pixels: redirected or not, NameWindowPixmap is a Match error
    (CMP-025, CMP-017)."""
    window = presenter.window(30, 20, events=0, mapped=mapped, window_class=WindowClass.INPUT_ONLY)
    refuse(window, "Match")
    window.redirect(update)
    refuse(window, "Match")
    window.unmap()
    window.map()
    refuse(window, "Match")


def test_id_that_is_no_window_is_refused(presenter):
    """A window is asked for: anything else is a Window error with its id (CMP-025)."""
    window = backed(presenter)
    pixmap = window.name_pixmap()
    for bad in (0, NOTHING, pixmap.id, presenter.screen.default_colormap, presenter.new_id()):
        refuse((presenter, bad), "Window", bad)
    window.destroy()
    refuse(window, "Window", window.id)


@UPDATES
def test_children_of_a_redirected_window_are_refused(presenter, update):
    """A child shares its parent's pixmap and has none that could be named, until it is
    redirected itself (CMP-027)."""
    window = backed(presenter, update=update)
    child = presenter.window(20, 16, x=3, y=4, parent=window, events=0)
    grandchild = presenter.window(6, 5, parent=child, events=0)
    refuse(child, "Match")
    refuse(grandchild, "Match")
    child.redirect(update)
    assert (child.name_pixmap().width, window.name_pixmap().width) == (20, 48)
    refuse(grandchild, "Match")
    child.unredirect(update)
    refuse(child, "Match")


@UPDATES
def test_redirected_subwindows_have_names_and_their_parent_has_none(presenter, update):
    """RedirectSubwindows gives a pixmap to each child, not to the window itself nor to what is
    inside of the children (CMP-027, CMP-025)."""
    parent = presenter.window(80, 60, x=30, y=20, events=0, background="grey")
    old = presenter.window(20, 16, x=3, y=4, parent=parent, events=0, border_width=1)
    parent.redirect_subwindows(update)
    new = presenter.window(24, 18, x=30, y=4, parent=parent, events=0)
    inner = presenter.window(6, 5, parent=new, events=0)
    assert [(p.width, p.height) for p in (old.name_pixmap(), new.name_pixmap())] == [
        (22, 18),
        (24, 18),
    ]
    refuse(parent, "Match")
    refuse(inner, "Match")


@pytest.mark.parametrize("words", [1, 2, 4, 5])
def test_wrong_length_is_refused_before_all_else(presenter, words):
    """A request that is not three words long is a Length error, whatever it says (CMP-026)."""
    with presenter.expect_error("Length") as caught:
        presenter.send_raw("Composite", NAME_WINDOW_PIXMAP, bytes(4 * words))
    assert caught.error.minor == NAME_WINDOW_PIXMAP


def test_checks_come_in_order(presenter):
    """Window, then viewable, then the id, then redirected: of two mistakes the first of this
    order is told (CMP-026)."""
    used = presenter.window(10, 10, events=0).id
    hidden = presenter.window(10, 10, events=0, mapped=False)
    plain = presenter.window(10, 10, events=0)
    refuse((presenter, NOTHING), "Window", NOTHING, pixmap=used)
    refuse(hidden, "Match", pixmap=used)
    refuse(hidden, "Match", pixmap=0)
    hidden.redirect()
    refuse(hidden, "Match", pixmap=used)
    refuse(plain, "IDChoice", used, pixmap=used)
    refuse(plain, "IDChoice", 0, pixmap=0)
    refuse(plain, "Match")
    child = presenter.window(5, 5, parent=backed(presenter), events=0)
    refuse(child, "IDChoice", used, pixmap=used)
    refuse(child, "Match")


@pytest.mark.xserver(swapped=True)
def test_names_are_given_in_either_byte_order(presenter, barrier, connect_wire):
    """A client of the other byte order names the same pixmap, and is told the same errors
    (CMP-021, CMP-023, CMP-024, CMP-025)."""
    window = backed(presenter, border_width=2)
    plain = presenter.window(10, 10, events=0)
    barrier()
    wire = connect_wire(">")
    major = wire.major("Composite")

    def ask(target, pixmap):
        body = wire.pack("II", target, pixmap)
        error = wire.error_of(wire.request(major, NAME_WINDOW_PIXMAP, body))
        return error and (error.name, error.value if error.name != "Match" else None)

    id = wire.new_id()
    assert ask(window.id, id) is None
    reply = wire.reply(wire.request(14, 0, wire.pack("I", id)))
    assert wire.unpack("HH", reply, 16) == (52, 44)
    assert ask(window.id, id) == ("IDChoice", id)
    assert ask(NOTHING, wire.new_id()) == ("Window", NOTHING)
    assert ask(plain.id, wire.new_id()) == ("Match", None)
    Pixmap(presenter, id, 52, 44, presenter.depth).fill("green")
    Canvas(48, 40, presenter.depth, "green").check(capture(window))


@UPDATES
@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize(
    "change",
    [
        {"y": 60, "height": 30},
        {"x": 70, "width": 60},
        {"x": 5, "y": 61, "width": 21, "height": 70},
        {"y": -7, "height": 90, "border_width": 5},
    ],
    ids=lambda change: " ".join(change),
)
def test_a_window_that_moves_as_it_grows_is_drawn_into_its_new_pixmap(
    presenter, barrier, update, border, change
):
    """Move, size and border in one request: what is drawn next is in the pixmap that is named
    then, at its place in the window (CMP-022, CMP-029)."""
    window = backed(presenter, update=update, border_width=border)
    presenter.sync()
    window.configure(**change)
    geometry = window.geometry
    width, height, border = geometry.width, geometry.height, geometry.border_width
    chart = chart_pixels(width, height, window.depth)
    window.put(chart)
    named = window.name_pixmap()
    # Of its border, what was one before is painted when the server is next idle.
    barrier()
    picture = Canvas(width + 2 * border, height + 2 * border, window.depth, BORDER)
    picture.area(border, border, width, height).paste(chart)
    picture.check(capture(named))
    Canvas(width, height, window.depth).paste(chart).check(capture(window))
