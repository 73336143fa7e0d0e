# SPDX-License-Identifier: MIT
"""CreateRegionFromBorderClip: where a window and its border can be seen, from its origin."""

import numpy as np
import pytest
import xcffib.composite
from xcffib.composite import Redirect

from harness.clients.resources.window import WindowClass
from suites.marks import BORDERS, UPDATES, from_edges

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", "XFIXES", uncomposited=True),
]

MARGIN = 120
WIDTH, HEIGHT = 50, 40
MODES = pytest.mark.parametrize("update", [None, Redirect.Automatic], ids=["plain", "automatic"])


def plain(client, *place, **attributes):
    """A mapped window without Present events at (x, y, width, height)."""
    x, y, width, height = place
    return client.window(width, height, x=x, y=y, events=0, **attributes)


def clip(window):
    """The rectangles of the window's border clip, once."""
    region = window.border_clip()
    extents, rectangles = region.fetch_with_extents()
    region.destroy()
    if rectangles:
        left, top = (min(r[i] for r in rectangles) for i in (0, 1))
        right, bottom = (max(r[i] + r[i + 2] for r in rectangles) for i in (0, 1))
        assert extents == (left, top, right - left, bottom - top)
    else:
        assert extents[2:] == (0, 0)
    return rectangles


def screen_of(client):
    """The whole screen, as a rectangle."""
    root = client.geometry(client.root)
    return (0, 0, root.width, root.height)


def mask(client, rectangles):
    """How often ``rectangles`` hold each pixel of the screen and around."""
    _, _, width, height = screen_of(client)
    return counted(np.zeros((height + 2 * MARGIN, width + 2 * MARGIN), np.uint8), rectangles)


def counted(pixels, rectangles, x=0, y=0):
    """``pixels`` and one for each of ``rectangles`` from (x, y) on that holds them."""
    for left, top, width, height in rectangles:
        first, row = left + x + MARGIN, top + y + MARGIN
        pixels[row : row + height, first : first + width] += 1
    return pixels


def same(rectangles, expected, x, y):
    """``rectangles`` from (x, y) on are the pixels ``expected``, each of them once."""
    got = counted(np.zeros_like(expected), rectangles, x, y)
    difference = np.argwhere(got != expected) - MARGIN
    assert not len(difference), f"{rectangles} are wrong first at {difference[0][::-1]}"


def outer(window):
    """The rectangle of a window and its border on the root, for a child of the root."""
    g = window.geometry
    return (g.x, g.y, g.width + 2 * g.border_width, g.height + 2 * g.border_width)


def check(window, inside=(), outside=(), bounds=None):
    """The border clip is the window with border, in ``bounds`` (by default the screen) and every
    one of ``inside`` and in none of ``outside``, all of them rectangles of the root."""
    client = window.client
    expected = mask(client, [outer(window)])
    for rectangle in (bounds or screen_of(client), *inside):
        expected &= mask(client, [rectangle])
    for rectangle in outside:
        expected &= 1 - mask(client, [rectangle])
    place = window.client.core.TranslateCoordinates(window.id, window.client.root, 0, 0).reply()
    same(clip(window), expected, place.dst_x, place.dst_y)


def redirect(window, update):
    if update is not None:
        window.redirect(update)


@MODES
@BORDERS
def test_border_clip_of_a_free_window_starts_at_its_border(presenter, border, update):
    """All of the window and its border, from the window's origin: negative by the border
    (CMP-048, CMP-049)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=border)
    redirect(window, update)
    assert clip(window) == [(-border, -border, WIDTH + 2 * border, HEIGHT + 2 * border)]


@MODES
@BORDERS
@pytest.mark.parametrize(
    "place", [(-20, 30), (600, 30), (30, -11), (30, 455), (-7, -9), (620, 470), (-52, 20)]
)
def test_border_clip_ends_at_the_screen(presenter, border, update, place):
    """What is beyond the screen's edges is not in it; still it counts from the window's origin
    (CMP-048, CMP-049)."""
    window = plain(presenter, *from_edges(presenter, *place), WIDTH, HEIGHT, border_width=border)
    redirect(window, update)
    check(window)


@MODES
def test_border_clip_off_the_screen_is_empty(presenter, update):
    """Nothing of a window beyond the screen can be seen (CMP-048, CMP-049)."""
    window = plain(presenter, 30, 20, WIDTH, HEIGHT, border_width=2)
    redirect(window, update)
    for place in ((-54, 0), (640, 20), (20, -500), (700, 700)):
        window.move(*from_edges(presenter, *place))
        assert clip(window) == []
    window.move(*from_edges(presenter, -53, 479))
    assert clip(window) == [(51, -2, 1, 1)]


@MODES
@BORDERS
def test_border_clip_is_less_by_the_siblings_above(presenter, border, update):
    """Higher siblings with their borders are cut out, lower, unmapped and InputOnly ones are
    not (CMP-048, CMP-049)."""
    lower = plain(presenter, 20, 20, 40, 40)
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=border)
    redirect(window, update)
    above = plain(presenter, 60, 10, 60, 30, border_width=4)
    hole = plain(presenter, 45, 48, 6, 5)
    plain(presenter, 33, 21, 30, 30, mapped=False)
    presenter.window(30, 30, x=33, y=21, events=0, window_class=WindowClass.INPUT_ONLY)
    check(window, outside=[outer(above), outer(hole)])
    check(lower, outside=[outer(window), outer(above), outer(hole)])
    check(above, outside=[outer(hole)])
    hole.unmap()
    check(window, outside=[outer(above)])
    above.move(0, 0)
    check(window, outside=[outer(above)])
    above.resize(45, 45)
    check(window, outside=[outer(above)])
    window.configure(stack_mode=0)
    check(window)
    check(above, outside=[outer(window)])
    window.configure(stack_mode=1)
    check(window, outside=[outer(above), outer(lower)])
    above.destroy()
    check(window, outside=[outer(lower)])


@MODES
def test_covered_window_has_an_empty_border_clip(presenter, update):
    """A window wholly below a sibling cannot be seen (CMP-048, CMP-049)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    redirect(window, update)
    cover = plain(presenter, 33, 21, WIDTH + 6, HEIGHT + 6)
    assert clip(window) == []
    cover.move(34, 21)
    assert clip(window) == [(-3, -3, 1, HEIGHT + 6)]


@MODES
def test_border_clip_follows_move_resize_and_border(presenter, update):
    """The region of each moment is that of the window's place, size and border then
    (CMP-048, CMP-049)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    above = plain(presenter, 60, 10, 60, 30)
    redirect(window, update)
    for change in (
        {"x": 50, "y": 25},
        {"width": 80, "height": 20},
        {"border_width": 0},
        {"x": -10, "y": 3, "width": 90, "height": 60, "border_width": 5},
        {"border_width": 2},
        {"x": 250, "y": 120},
    ):
        window.configure(**change)
        check(window, outside=[outer(above)])


@MODES
@pytest.mark.parametrize("levels", [1, 2])
def test_border_clip_goes_with_the_ancestors(presenter, update, levels):
    """A window inside of what moves keeps the clip that it has from its own origin (CMP-048,
    CMP-049)."""
    ancestor = plain(presenter, 60, 50, 120, 100)
    parent = ancestor
    for _ in range(levels - 1):
        parent = plain(presenter, 5, 6, 100, 90, parent=parent)
    window = plain(presenter, 11, 7, WIDTH, HEIGHT, parent=parent, border_width=3)
    redirect(window, update)
    before = clip(window)
    assert before
    for x, y in ((90, 70), (70, 90), (60, 50)):
        ancestor.move(x, y)
        assert clip(window) == before


@MODES
def test_border_clip_is_not_cut_by_children(presenter, update):
    """Children are part of what is seen of the window (CMP-048, CMP-049)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    plain(presenter, 5, 5, 20, 20, parent=window)
    plain(presenter, 30, -8, 50, 20, parent=window, border_width=4)
    redirect(window, update)
    check(window)


@MODES
def test_border_clip_of_a_child_ends_at_its_ancestors(presenter, update):
    """A child is cut by its parent's inside, by siblings, and by what covers the parent
    (CMP-048, CMP-049)."""
    parent = plain(presenter, 100, 80, 60, 50, border_width=5)
    child = plain(presenter, -10, 20, 60, 50, parent=parent, border_width=3)
    redirect(child, update)
    # The parent's inside begins at (105, 85).
    assert clip(child) == [(7, -3, 56, 30)]
    sibling = plain(presenter, 40, 10, 30, 30, parent=parent)
    above = plain(presenter, 100, 120, 30, 30)
    expected = mask(presenter, [(95, 105, 66, 56)]) & mask(presenter, [(105, 85, 60, 50)])
    for rectangle in ((145, 95, 30, 30), (100, 120, 30, 30)):
        expected &= 1 - mask(presenter, [rectangle])
    same(clip(child), expected, 98, 108)
    sibling.destroy()
    above.destroy()
    assert clip(child) == [(7, -3, 56, 30)]


@UPDATES
def test_children_of_a_redirected_window_are_not_cut_by_its_siblings(presenter, update):
    """A window inside of a redirected one is seen in its pixmap, whatever covers that; its
    parent's own border bounds it (CMP-048, CMP-047)."""
    x, _ = from_edges(presenter, 600, 80)
    parent = plain(presenter, x, 80, 60, 50, border_width=5)
    child = plain(presenter, 10, 20, 60, 50, parent=parent, border_width=3)
    plain(presenter, x - 10, 100, 50, 30)
    # The parent's inside begins at (x + 5, 85); the screen ends at x + 40.
    expected = mask(presenter, [screen_of(presenter)])
    for rectangle in ((x + 15, 105, 66, 56), (x + 5, 85, 60, 50)):
        expected &= mask(presenter, [rectangle])
    expected &= 1 - mask(presenter, [(x - 10, 100, 50, 30)])
    same(clip(child), expected, x + 18, 108)
    parent.redirect(update)
    assert clip(child) == [(-3, -3, 50, 30)]
    parent.unredirect(update)
    same(clip(child), expected, x + 18, 108)


@MODES
@BORDERS
@pytest.mark.needs("SHAPE")
def test_border_clip_has_the_windows_shape(presenter, border, update):
    """A bounding shape cuts window and border, that of a sibling above cuts only where it is
    (CMP-048, CMP-049)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=border)
    redirect(window, update)
    window.shape([(-3, 5, 30, 10), (20, 20, 40, 30)])
    parts = [
        (33 + border - 3, 21 + border + 5, 30, 10),
        (33 + border + 20, 21 + border + 20, 40, 30),
    ]
    seen = mask(presenter, [outer(window)]) & mask(presenter, parts)
    same(clip(window), seen, 33 + border, 21 + border)
    above = plain(presenter, 33, 21, 40, 40)
    above.shape([(0, 0, 20, 20), (25, 25, 10, 10)])
    seen &= 1 - mask(presenter, [(33, 21, 20, 20), (58, 46, 10, 10)])
    same(clip(window), seen, 33 + border, 21 + border)


def test_root_has_a_border_clip(presenter):
    """The root's is the screen, windows on it or not (CMP-048)."""
    plain(presenter, 33, 21, WIDTH, HEIGHT)
    assert clip(presenter.root_window(events=0)) == [screen_of(presenter)]


@MODES
def test_border_clip_of_an_inputonly_window_is_empty(presenter, update):
    """An InputOnly window is never seen, mapped or not, redirected or not (CMP-051)."""
    window = presenter.window(
        WIDTH, HEIGHT, x=-10, y=20, events=0, window_class=WindowClass.INPUT_ONLY
    )
    redirect(window, update)
    assert clip(window) == []


@BORDERS
def test_automatic_siblings_cut_and_manual_ones_do_not(presenter, border):
    """A window redirected manually hides nothing of the windows below it, one redirected
    automatically does, and so again when the redirection changes (CMP-046, CMP-049)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=border)
    above = plain(presenter, 60, 30, 60, 40, border_width=2)
    check(window, outside=[outer(above)])
    above.redirect(Redirect.Automatic)
    check(window, outside=[outer(above)])
    above.redirect(Redirect.Manual)
    check(window)
    above.move(40, 35)
    check(window)
    above.unredirect(Redirect.Manual)
    check(window, outside=[outer(above)])
    above.unredirect(Redirect.Automatic)
    check(window, outside=[outer(above)])


def test_overlapping_manual_windows_cut_nobody(presenter):
    """Of three overlapping siblings only the ones that are not manually redirected cut those
    below them (CMP-046, CMP-048)."""
    lowest = plain(presenter, 20, 20, 60, 60)
    manual = plain(presenter, 40, 30, 60, 60, border_width=2)
    highest = plain(presenter, 60, 40, 60, 60)
    manual.redirect()
    check(lowest, outside=[outer(highest)])
    assert clip(manual) == []
    check(highest)
    highest.redirect()
    check(lowest)


CHANGES = {
    "nothing": lambda window: None,
    "move": lambda window: window.move(70, 60),
    "resize": lambda window: window.resize(80, 30),
    "border": lambda window: window.configure(border_width=7),
    "remap": lambda window: (window.unmap(), window.map()),
    "unmap": lambda window: window.unmap(),
    "lower": lambda window: window.configure(stack_mode=1),
    "cover": lambda window: plain(window.client, 0, 0, 60, 60),
    "off-screen": lambda window: window.move(-20, 460),
}


@BORDERS
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("when", ["mapped", "unmapped", "subwindows"])
def test_border_clip_of_a_manual_window_is_empty(presenter, border, change, when):
    """Manually redirected windows clip nothing, hence their own border clip is empty: at once
    and whatever happens to them (CMP-050)."""
    plain(presenter, 10, 10, 60, 60)
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=border, mapped=when == "mapped")
    if when == "subwindows":
        presenter.root_window(events=0).redirect_subwindows()
        plain(presenter, 5, 5, 100, 100)
    else:
        window.redirect()
    window.map()
    assert clip(window) == []
    CHANGES[change](window)
    assert clip(window) == []


@BORDERS
def test_border_clip_comes_back_with_the_redirections_end(presenter, border):
    """Made automatic or released, a manual window has the border clip of any window again
    (CMP-049, CMP-050)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=border)
    above = plain(presenter, 60, 30, 60, 40)
    window.redirect()
    assert clip(window) == []
    window.redirect(Redirect.Automatic)
    assert clip(window) == []
    window.unredirect(Redirect.Manual)
    check(window, outside=[outer(above)])
    window.unredirect(Redirect.Automatic)
    check(window, outside=[outer(above)])
    window.redirect(Redirect.Automatic)
    check(window, outside=[outer(above)])


def test_unmapped_window_has_an_empty_border_clip(presenter):
    """Neither a window never mapped, nor one unmapped, nor one whose parent is unmapped can be
    seen (CMP-051)."""
    never = plain(presenter, 33, 21, WIDTH, HEIGHT, mapped=False)
    assert clip(never) == []
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    child = plain(presenter, 5, 5, 10, 10, parent=window, border_width=1)
    assert clip(child) == [(-1, -1, 12, 12)]
    window.unmap()
    assert clip(window) == []
    assert clip(child) == []
    window.map()
    check(window)
    assert clip(child) == [(-1, -1, 12, 12)]


@UPDATES
def test_window_redirected_before_its_map_has_an_empty_border_clip(presenter, update):
    """Redirection of a window that was never mapped shows nothing of it (CMP-051).

    Servers keep the last border clip of an automatically redirected window when it is
    unmapped; nothing is asserted of that.
    """
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3, mapped=False)
    window.redirect(update)
    assert clip(window) == []
    window.move(50, 50)
    assert clip(window) == []
    window.map()
    if update == Redirect.Automatic:
        check(window)
    else:
        assert clip(window) == []


@MODES
def test_region_is_a_copy(presenter, update):
    """The region belongs to the client: what becomes of the window changes it no more, nor
    does changing it change the window's (CMP-052)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    redirect(window, update)
    region = window.border_clip()
    whole = [(-3, -3, WIDTH + 6, HEIGHT + 6)]
    assert region.fetch() == whole
    window.move(-10, 7)
    plain(presenter, 0, 0, 20, 20)
    window.resize(20, 20)
    assert region.fetch() == whole
    second = window.border_clip()
    assert second.fetch() != whole
    kept = second.fetch()
    region.translate(5, 5)
    region.set([(0, 0, 1, 1)])
    assert second.fetch() == kept
    assert clip(window) == kept
    window.destroy()
    assert second.fetch() == kept
    assert region.fetch() == [(0, 0, 1, 1)]


def test_region_of_another_clients_window(presenter, connect):
    """Any client may ask; the region is its own (CMP-048, CMP-052)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    other = connect("other")
    region = other.borrow_window(window, events=0).border_clip()
    other.sync()
    presenter.close()
    assert region.fetch() == [(-3, -3, WIDTH + 6, HEIGHT + 6)]


def create(client, region, window):
    client.extension(xcffib.composite).CreateRegionFromBorderClip(region, window)


@pytest.mark.parametrize("which", ["nothing", "pixmap", "region", "unknown", "destroyed"])
def test_bad_window_is_refused(presenter, which):
    """What names no window is a Window error with that id, and makes no region (CMP-051,
    CMP-008)."""
    window = plain(presenter, 0, 0, 8, 8)
    window.destroy()
    bad = {
        "nothing": lambda: 0,
        "pixmap": lambda: presenter.pixmap(8, 8).id,
        "region": lambda: presenter.region((0, 0, 8, 8)).id,
        "unknown": presenter.new_id,
        "destroyed": lambda: window.id,
    }[which]()
    region = presenter.new_id()
    with presenter.expect_error("Window", bad):
        create(presenter, region, bad)
    create(presenter, region, plain(presenter, 0, 0, 8, 8).id)
    presenter.sync()


def test_used_or_foreign_region_id_is_refused(presenter, connect):
    """An id in use, of another client or of nobody is an IDChoice error with that id
    (CMP-051)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT)
    region = presenter.region((1, 2, 3, 4))
    foreign = connect("other").new_id()
    for bad in (region.id, window.id, presenter.root, foreign, 0, 0xFFFFFFFF):
        with presenter.expect_error("IDChoice", bad):
            create(presenter, bad, window.id)
    assert region.fetch() == [(1, 2, 3, 4)]


def test_window_is_judged_before_the_region_id(presenter):
    """With both wrong, the window is named (CMP-051)."""
    region = presenter.region((1, 2, 3, 4))
    bad = presenter.new_id()
    with presenter.expect_error("Window", bad):
        create(presenter, region.id, bad)


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
def test_clients_of_either_byte_order_ask(presenter, connect_wire, order):
    """Region and window are read in the client's byte order (CMP-048, CMP-051)."""
    window = plain(presenter, 33, 21, WIDTH, HEIGHT, border_width=3)
    presenter.sync()
    wire = connect_wire(order)
    composite, fixes = wire.major("Composite"), wire.major("XFIXES")
    wire.reply(wire.request(fixes, 0, wire.pack("II", 5, 0)))
    region = wire.new_id()
    assert wire.error_of(wire.request(composite, 5, wire.pack("II", region, window.id))) is None
    reply = wire.reply(wire.request(fixes, 19, wire.pack("I", region)))
    assert wire.unpack("hhHH", reply, 8) == (-3, -3, WIDTH + 6, HEIGHT + 6)
    assert wire.unpack("hhHH", reply, 32) == (-3, -3, WIDTH + 6, HEIGHT + 6)
    error = wire.error_of(wire.request(composite, 5, wire.pack("II", region, window.id)))
    assert (error.name, error.value) == ("IDChoice", region)
