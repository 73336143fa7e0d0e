# SPDX-License-Identifier: MIT
"""Damage of windows wherever they are and whatever changes about them."""

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import (
    CW,
    StackMode,
    SubwindowMode,
)

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.picture import Picture
from harness.models.damage_reports import damage_reports
from harness.pixels.chart import chart_pixels
from harness.pixels.region import PixelRegion

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]

RAW, DELTA, BOX, ONCE = DamageLevel
UPDATES = (Redirect.Automatic, Redirect.Manual)
levels = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())

composite = pytest.mark.needs("Composite")


PLACES = {
    "free": (40, 30, ()),
    "half_covered": (40, 30, ((55, 10, 30, 100),)),
    "holes": (40, 30, ((45, 35, 9, 9), (70, 40, 9, 30))),
    "covered": (40, 30, ((0, 0, 200, 150),)),
    "off_screen": (-25, -9, ()),
    "beyond": (-150, 30, ()),
}


@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@composite
def test_damage_has_window_coordinates_wherever_the_window_is(
    presenter, update, place, border, barrier
):
    """What is reported of a redirected window is all that was drawn, also where it is covered or
    beyond the screen; of another window the part that can be seen (CMP-065)."""
    x, y, covers = PLACES[place]
    window = presenter.window(64, 48, x=x, y=y, border_width=border, mapped=False, events=0)
    if update is not None:
        window.redirect(update)
    window.map()
    for left, top, width, height in covers:
        presenter.window(width, height, x=left, y=top, events=0)
    barrier()
    damages = {level: Damage.watch(window, level) for level in DamageLevel}
    fill_rectangles(window, create_gc(window), (-9, -9, 60, 50))
    drawn_area = PixelRegion.of([(0, 0, 51, 41)])
    if update is None:
        origin = (-x - border, -y - border)
        root = presenter.geometry(presenter.root)
        drawn_area &= PixelRegion.of([(*origin, root.width, root.height)])
        drawn_area -= PixelRegion.of(covers).moved(*origin)
    for level, damage in damages.items():
        assert damage.areas() == damage_reports(level, PixelRegion(), drawn_area, (64, 48))


@composite
@pytest.mark.parametrize("redirected", [False, True], ids=["plain", "manual"])
@pytest.mark.parametrize("place", [(0, 0), (0, 29), (37, 0), (37, 29)], ids=str)
def test_damage_is_told_alike_on_every_edge_of_the_screen(presenter, redirected, place, barrier):
    """A window at x or y 0 of the screen, and its named pixmap: all who watch either are told the
    same of drawing and of added regions, which stay as they are (CMP-065, CMP-078, CMP-083)."""
    window = presenter.window(64, 48, x=place[0], y=place[1], mapped=False, events=0)
    if redirected:
        window.redirect()
    window.map()
    barrier()
    owners = [window, window.name_pixmap()] if redirected else [window]
    damages = [Damage.watch(owner, level) for owner in owners for level in (DELTA, RAW)]
    for damage in damages:
        damage.forget()
    for n, owner in enumerate(owners):
        boxes = [(5, 6, 7, 8), (30, 20 + n, 4, 4)]
        fill_rectangles(owner, create_gc(owner), boxes[0])
        region = presenter.region(boxes[1])
        added = Damage.watch(owner)
        added.add(region)
        added.add(region)
        assert added.areas() == [boxes[1]] * 2
        assert region.fetch() == [boxes[1]]
        for number, damage in enumerate(damages):
            level = (DELTA, RAW)[number % 2]
            expected = [boxes[0], boxes[1], boxes[1]] if level is RAW else boxes
            assert damage.areas() == expected
            damage.forget()
        added.destroy()


def test_nothing_is_added_to_a_window_that_cannot_be_seen(presenter):
    """An added region is no damage of an unmapped window (CMP-073, CMP-078)."""
    window = presenter.window(64, 48, x=37, y=29, events=0)
    damage = Damage.watch(window)
    region = presenter.region((5, 6, 7, 8))
    damage.add(region)
    assert damage.areas() == [(5, 6, 7, 8)]
    window.unmap()
    damage.forget()
    damage.add(region)
    assert damage.areas() == []


@composite
@pytest.mark.parametrize("redirected", [False, True], ids=["plain", "manual"])
@pytest.mark.parametrize("place", [(0, 29), (37, 0), (37, 29)], ids=str)
def test_what_remains_of_a_shrunken_window_is_within_it(presenter, redirected, place, barrier):
    """Subtract reports what is left of the damage as far as the window goes now (CMP-075)."""
    window = presenter.window(64, 48, x=place[0], y=place[1], mapped=False, events=0)
    if redirected:
        window.redirect()
    window.map()
    barrier()
    damage = Damage.watch(window, DELTA)
    fill_rectangles(window, create_gc(window), (0, 0, 64, 48))
    window.resize(50, 30)
    barrier()
    damage.take()
    for repair in [(0, 0, 9, 7), (20, 10, 5, 5)]:
        damage.subtract(presenter.region(repair))
        damage.take()
    damage.subtract(presenter.region((40, 20, 5, 5)))
    whole = PixelRegion.of([(0, 0, 50, 30)])
    rest = whole - PixelRegion.of([(0, 0, 9, 7), (20, 10, 5, 5), (40, 20, 5, 5)])
    assert damage.areas() == list(rest.rectangles)


def test_what_remains_of_a_pixmap_is_within_it(presenter):
    """Subtract reports what is left of added damage as far as the pixmap goes (CMP-075)."""
    pixmap = presenter.pixmap(64, 48)
    damage = Damage.watch(pixmap, DELTA)
    damage.add(presenter.region((-5, -6, 90, 80)))
    damage.take()
    damage.subtract(presenter.region((10, 10, 5, 5)))
    rest = PixelRegion.of([(0, 0, 64, 48)]) - PixelRegion.of([(10, 10, 5, 5)])
    assert damage.areas() == list(rest.rectangles)


@composite
@pytest.mark.parametrize("update", UPDATES, ids=["automatic", "manual"])
def test_all_damages_of_a_window_go_along_from_pixmap_to_pixmap(presenter, update, barrier):
    """Each of several reports what is drawn before, under and after a redirection, and when the
    window has got another backing pixmap (CMP-230)."""
    window = presenter.window(64, 48, x=37, y=29, events=0)
    damages = [Damage.watch(window) for _ in range(5)]
    gc = create_gc(window)

    def reported(box):
        barrier()
        for damage in damages:
            damage.forget()
        fill_rectangles(window, gc, box)
        presenter.sync()
        return [damage.areas() for damage in damages]

    for number, change in enumerate(
        [
            lambda: None,
            lambda: window.redirect(update),
            lambda: window.resize(60, 50),
            lambda: window.unredirect(update),
        ]
    ):
        change()
        box = (5 + number, 6, 7, 8 + number)
        assert reported(box) == [[box]] * 5


@composite
@pytest.mark.parametrize("border", [0, 3])
def test_damage_of_a_named_pixmap_counts_from_the_border(presenter, border, barrier):
    """Drawing to a redirected window is damage of its named pixmap, in which the border comes
    first, and drawing to the pixmap is damage of the window (CMP-065, CMP-083)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=border, mapped=False, events=0)
    window.redirect()
    window.map()
    barrier()
    pixmap = window.name_pixmap()
    of_window, of_pixmap = Damage.watch(window), Damage.watch(pixmap)
    fill_rectangles(window, create_gc(window), (5, 6, 7, 8))
    assert of_window.areas() == [(5, 6, 7, 8)]
    (notice,) = of_pixmap.notices()
    assert notice.geometry == (0, 0, 64 + 2 * border, 48 + 2 * border)
    assert of_pixmap.areas() == [(5 + border, 6 + border, 7, 8)]
    fill_rectangles(pixmap, create_gc(pixmap), (15, 16, 7, 8))
    assert of_window.areas() == [(15 - border, 16 - border, 7, 8)]
    assert of_pixmap.areas() == [(15, 16, 7, 8)]


@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.parametrize("depth", [1, 2])
def test_parent_is_damaged_by_its_children(presenter, border, depth):
    """What is drawn to a child, or a child's child, is damage of the parent, in its coordinates
    and cut at the child and at the parent; the parent's drawing is none of the child's
    (CMP-079)."""
    parent = presenter.window(100, 80, x=20, y=30, border_width=border, events=0)
    child, at = parent, 0
    for _ in range(depth):
        child = presenter.window(90, 70, x=8, y=8, parent=child, border_width=border, events=0)
        at += 8 + border
    of_parent, of_child = Damage.watch(parent), Damage.watch(child)
    fill_rectangles(child, create_gc(child), (-3, 5, 10, 11))
    assert of_child.areas() == [(0, 5, 7, 11)]
    assert of_parent.areas() == [(at, at + 5, 7, 11)]
    fill_rectangles(child, create_gc(child), (0, 60, 100, 100))
    inside = PixelRegion.of([(at, at + 60, 90, 10)]) & PixelRegion.of([(0, 0, 100, 80)])
    if depth == 2:
        inside &= PixelRegion.of([(8 + border, 8 + border, 90, 70)])
    assert of_parent.areas() == list(inside.rectangles)
    fill_rectangles(parent, create_gc(parent), (0, 0, 20, 20))
    outline = PixelRegion.of([(8, 8, 90 + 2 * border, 70 + 2 * border)])
    assert of_parent.areas() == list((PixelRegion.of([(0, 0, 20, 20)]) - outline).rectangles)
    of_child.take()
    fill_rectangles(parent, create_gc(parent), (0, 0, 5, 5))
    assert of_child.areas() == []


def test_drawing_over_children_damages_them(presenter):
    """A graphics context that includes inferiors damages the child under it, as far as it
    reaches; the parent as a whole (CMP-079)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, border_width=2, events=0)
    of_parent, of_child = Damage.watch(parent), Damage.watch(child)
    gc = create_gc(parent, SubwindowMode=SubwindowMode.IncludeInferiors)
    fill_rectangles(parent, gc, (0, 0, 20, 20))
    assert of_parent.areas() == [(0, 0, 20, 20)]
    assert of_child.areas() == [(-2, -2, 12, 11)]


@composite
def test_manually_redirected_child_is_none_of_its_parents_damage(presenter, barrier):
    """Its drawing shows nowhere but in its pixmap; the compositor that paints it on the parent
    damages the parent (CMP-084)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, mapped=False, events=0)
    grandchild = presenter.window(20, 20, x=3, y=4, parent=child, events=0)
    child.redirect()
    child.map()
    barrier()
    of_parent, of_child, of_grandchild = (
        Damage.watch(parent),
        Damage.watch(child),
        Damage.watch(grandchild),
    )
    fill_rectangles(child, create_gc(child), (0, 0, 3, 4))
    fill_rectangles(grandchild, create_gc(grandchild), (1, 1, 3, 4))
    capture(parent)
    assert of_parent.areas() == []
    assert of_child.areas() == [(0, 0, 3, 4), (4, 5, 3, 4)]
    assert of_grandchild.areas() == [(1, 1, 3, 4)]
    fill_rectangles(parent, create_gc(parent), (0, 0, 20, 20))
    assert of_parent.areas() == [(0, 0, 20, 20)]
    assert of_child.areas() == []


@composite
def test_automatically_redirected_child_damages_its_parent_when_it_is_shown(presenter, barrier):
    """The server copies what was drawn to the parent when it is next idle; that is damage of the
    parent (CMP-084)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, mapped=False, events=0)
    child.redirect(Redirect.Automatic)
    child.map()
    barrier()
    of_parent, of_child = Damage.watch(parent), Damage.watch(child)
    fill_rectangles(child, create_gc(child), (3, 4, 20, 10))
    barrier()
    assert of_child.areas() == [(3, 4, 20, 10)]
    reported = PixelRegion.of(of_parent.areas())
    assert PixelRegion.of([(11, 13, 20, 10)]) <= reported <= PixelRegion.of([(8, 9, 40, 30)])


@composite
@pytest.mark.known_bug(
    reference="GetImage paints automatic children, and tells of it, when half of its reply is out",
    fixed={"XLibre": "25.2"},
    evidence=(
        "failed: ReplyMissing got no reply to GetInputFocus",
        "rule violated: message-type",
        "rule violated: message-sequence",
    ),
    strict=False,
)
def test_damage_is_not_told_in_the_middle_of_an_image(presenter, barrier):
    """Whoever looks at the parent has what was drawn in the child painted there first, and hears
    of that damage before or after the image, which stays whole (CMP-084)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, mapped=False, events=0)
    child.redirect(Redirect.Automatic)
    child.map()
    barrier()
    damage = Damage.watch(parent)
    gc = create_gc(child)
    barrier()
    fill_rectangles(child, gc, (3, 4, 20, 10))
    image = presenter.get_image(parent.id, 0, 0, 100, 80)
    presenter.sync()
    assert len(image.data) == 4 * 100 * 80
    reported = PixelRegion.of(damage.areas())
    assert PixelRegion.of([(11, 13, 20, 10)]) <= reported <= PixelRegion.of([(8, 9, 40, 30)])


@composite
@pytest.mark.parametrize("role", ["source", "mask"])
@pytest.mark.needs("RENDER")
def test_composing_from_a_parent_tells_of_what_it_paints_there(presenter, role, barrier):
    """RENDER reads a parent with an automatic child that was just drawn to: the server paints the
    child into the parent first, which is damage of the parent (CMP-084)."""
    parent = presenter.window(100, 80, x=20, y=30, events=0)
    child = presenter.window(40, 30, x=8, y=9, parent=parent, mapped=False, events=0)
    child.redirect(Redirect.Automatic)
    child.map()
    barrier()
    pixmap = presenter.pixmap(100, 80, colour="blue")
    read, target = Picture.of(parent, inferiors=True), Picture.of(pixmap)
    solid = Picture.solid(presenter, "red")
    damage, gc = Damage.watch(parent), create_gc(child)
    barrier()
    damage.forget()
    source, mask = (read, None) if role == "source" else (solid, read)
    fill_rectangles(child, gc, (3, 4, 20, 10))
    target.composite(source, 0, 0, 100, 80, mask=mask)
    barrier()
    reported = PixelRegion.of(damage.areas())
    assert PixelRegion.of([(11, 13, 20, 10)]) <= reported <= PixelRegion.of([(8, 9, 40, 30)])


CHANGES = {
    "clear": lambda window: window.clear(),
    "map": lambda window: window.map(),
    "unmap": lambda window: window.unmap(),
    "move": lambda window: window.move(17, 3),
    "resize": lambda window: window.resize(50, 60),
    "shrink": lambda window: window.resize(20, 10),
    "border": lambda window: window.configure(border_width=7),
    "raise": lambda window: window.configure(stack_mode=StackMode.Above),
    "lower": lambda window: window.configure(stack_mode=StackMode.Below),
    "shape": lambda window: window.shape([(0, 0, 9, 9), (20, 20, 9, 9)]),
    "destroy": lambda window: window.destroy(),
    "reparent": lambda window: window.reparent(window.client.root, 300, 300),
    "border_colour": lambda window: repaint_border(window),
}
OUTLINES = PixelRegion.of([(4, 1, 100, 100)])


def repaint_border(window):
    window.client.core.ChangeWindowAttributes(window.id, CW.BorderPixel, [0x123456])


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@pytest.mark.needs("Composite", "SHAPE")
def test_change_of_a_window_damages_what_changes_on_its_parent(presenter, update, change, barrier):
    """Every pixel of the parent that a change of the child changes is reported to who watches
    the parent, and nothing far from where the child was or is (CMP-087)."""
    parent = presenter.window(160, 130, x=20, y=30, background="grey", events=0)
    window = presenter.window(
        40, 30, x=10, y=12, parent=parent, background="blue", border_width=2, mapped=False, events=0
    )
    if update is not None:
        window.redirect(update)
    presenter.window(12, 9, x=4, y=5, parent=window, background="red", border_width=1, events=0)
    presenter.window(30, 60, x=35, y=5, parent=parent, background="green", events=0)
    if change == "raise":
        window.configure(stack_mode=StackMode.Below)
    if change == "lower":
        window.configure(stack_mode=StackMode.Above)
    if change != "map":
        window.map()
        window.put(chart_pixels(40, 30))
    before = capture(parent).pixels
    barrier()
    damage = Damage.watch(parent)
    CHANGES[change](window)
    barrier()
    changed = PixelRegion.differing(before, capture(parent).pixels)
    assert bool(changed) == (update != Redirect.Manual)
    assert changed <= PixelRegion.of(damage.areas()) <= OUTLINES


def test_watched_window_takes_its_border_and_children_along(presenter):
    """A window that is moved while its parent is watched looks as it did, with its border and its
    children, and all that changed is reported (CMP-087)."""
    parent = presenter.window(160, 130, x=20, y=30, background="grey", events=0)
    window = presenter.window(
        60, 50, x=10, y=12, parent=parent, background="blue", border_width=4, events=0
    )
    child = presenter.window(30, 20, x=8, y=9, parent=window, border_width=3, events=0)
    child.put(chart_pixels(30, 20, child.depth))
    before = capture(parent).pixels
    damage = Damage.watch(parent)
    window.move(40, 30)
    after = capture(parent).pixels
    assert (after[30:88, 40:108] == before[12:70, 10:78]).all()
    changed = PixelRegion.differing(before, after)
    assert changed <= PixelRegion.of(damage.areas())


@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@pytest.mark.parametrize("change", ["clear", "resize", "border", "shape", "map"])
@pytest.mark.needs("Composite", "SHAPE")
def test_change_of_a_window_damages_what_changes_in_it(presenter, update, change, barrier):
    """What the server paints of its own accord in a window and its border is damage of the
    window, within the window and its border (CMP-088)."""
    window = presenter.window(
        40, 30, x=10, y=12, background="blue", border_width=2, mapped=False, events=0
    )
    if update is not None:
        window.redirect(update)
    if change != "map":
        window.map()
        window.put(chart_pixels(40, 30))
    barrier()
    damage = Damage.watch(window)
    CHANGES[change](window)
    barrier()
    reported = PixelRegion.of(damage.areas())
    width, height = (50, 60) if change == "resize" else (40, 30)
    border = 7 if change == "border" else 2
    painted = {
        "clear": PixelRegion.of([(0, 0, 40, 30)]),
        "resize": PixelRegion.of([(0, 0, 50, 60)]) - PixelRegion.of([(0, 0, 40, 30)]),
        "border": PixelRegion.of([(-7, -7, 54, 44)]) - PixelRegion.of([(-2, -2, 44, 34)]),
        "shape": PixelRegion(),
        "map": PixelRegion.of([(-2, -2, 44, 34)]),
    }[change]
    whole = PixelRegion.of([(-border, -border, width + 2 * border, height + 2 * border)])
    assert painted <= reported <= whole


@composite
def test_covered_redirected_window_is_not_damaged(presenter, barrier):
    """Its pixmap stays as it is, so there is nothing for a compositor to fetch again: stacking,
    covering and uncovering report nothing (CMP-089)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=2, mapped=False, events=0)
    window.redirect()
    window.map()
    barrier()
    damage = Damage.watch(window)
    cover = presenter.window(300, 300, events=0)
    window.configure(stack_mode=StackMode.Above)
    window.configure(stack_mode=StackMode.Below)
    cover.destroy()
    barrier()
    assert damage.areas() == []


@composite
@pytest.mark.parametrize("border", [0, 2])
def test_moved_redirected_window_is_damaged_at_most_as_a_whole(presenter, border, barrier):
    """Servers may report a moved window anew, in its own coordinates and not beyond; it keeps its
    geometry up to date (CMP-089, CMP-074)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=border, mapped=False, events=0)
    window.redirect()
    window.map()
    barrier()
    damage = Damage.watch(window)
    window.move(100, 90)
    barrier()
    whole = PixelRegion.of([(-border, -border, 64 + 2 * border, 48 + 2 * border)])
    assert PixelRegion.of(damage.areas()) <= whole
    fill_rectangles(window, create_gc(window), (1, 2, 3, 4))
    (notice,) = damage.notices()
    assert notice.area == (1, 2, 3, 4)
    assert notice.geometry == (100 + border, 90 + border, 64, 48)


@composite
@pytest.mark.parametrize("level", [DELTA, BOX, ONCE], ids=["delta", "box", "once"])
def test_damage_outlives_the_pixmap_of_its_window(presenter, level):
    """A Damage follows its window through resizing, unmapping and mapping, redirecting and
    unredirecting, reparenting (CMP-090)."""
    window = presenter.window(64, 48, x=37, y=29, mapped=False, events=0)
    parent = presenter.window(150, 150, x=150, y=20, events=0)
    damage, gc = Damage.watch(window, level), create_gc(window)
    steps = [
        window.redirect,
        window.map,
        lambda: window.resize(80, 70),
        window.unmap,
        window.map,
        lambda: window.reparent(parent, 9, 8),
        window.unredirect,
        lambda: window.redirect(Redirect.Automatic),
        lambda: window.unredirect(Redirect.Automatic),
        lambda: window.resize(64, 48),
    ]
    for step in steps:
        step()
        presenter.sync()
        damage.forget()
        fill_rectangles(window, gc, (7, 6, 5, 4))
        viewable = step not in (steps[0], steps[3])
        width, height = window.width, window.height
        expected = damage_reports(
            level, PixelRegion(), PixelRegion.of([(7, 6, 5, 4)]), (width, height)
        )
        assert damage.areas() == (expected if viewable else [])
