# SPDX-License-Identifier: MIT
"""What redirection does to its neighbours: siblings, parents, what is drawn just before."""

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import EventMask, StackMode, SubwindowMode

from harness.capture.arrival import await_on_screen, await_picture
from harness.capture.get_image import capture_root
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.picture import Picture
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from harness.pixels.region import PixelRegion
from harness.x11.core_events import ConfigureNotify
from suites.marks import BORDERS, DEPTH_24, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

AUTOMATIC, MANUAL = Redirect.Automatic, Redirect.Manual


def on_screen(stage):
    """The screen becomes the stage's picture."""
    return await_on_screen(stage.parent.client, stage.picture, 30, 20)


@DEPTH_24
@pytest.mark.needs("RENDER")
def test_a_pixmap_has_no_inferiors(presenter):
    """It is read as it is by who includes inferiors, whatever its pixels look like (CMP-175)."""
    target = presenter.pixmap(8, 8, colour="black")
    gc = create_gc(target, SubwindowMode=SubwindowMode.IncludeInferiors)
    for width, height in [(8, 8), (20, 16), (64, 48), (300, 200)]:
        for colour in (0xFFFFFFFF, 0x01010101):
            pixmap = presenter.pixmap(width, height, 32, colour)
            source = presenter.pixmap(width, height, colour=colour & 0xFFFFFF)
            for _ in range(2):
                presenter.core.CopyArea(source.id, target.id, gc, *(0, 0), *(0, 0), *(8, 8))
            assert target.pixel(4, 4) == colour & 0xFFFFFF
            read = Picture.of(pixmap, inferiors=True)
            Picture.of(target).composite(read, 0, 0, 8, 8)
            assert target.pixel(4, 4) == colour & 0xFFFFFF
            pixmap.free()
            source.free()


@BORDERS
def test_what_was_drawn_last_before_an_unmap_hides_nothing_later(presenter, barrier, border):
    """A window that is drawn and unmapped before the server painted it is painted when it is
    mapped and drawn again (CMP-019)."""
    stage = Stage.open(presenter, border_width=border)
    stage.window.redirect(AUTOMATIC)
    on_screen(stage)
    for colour in ("red", "green"):
        # Both in one write: a round trip would give the server the time to paint.
        stage.window.fill("yellow", 3, 4, 20, 10)
        stage.window.unmap()
        barrier()
        stage.window.map()
        on_screen(stage)
        stage.window.fill(colour, 5, 6, 7, 8)
        stage.inside.area(5, 6, 7, 8).fill(colour)
        on_screen(stage)
        stage.window.clear()
        stage.inside.fill("blue")
        on_screen(stage)


AWAY = {
    "aside": (62, 10, 20, 20),
    "down": (12, 52, 24, 20),
    "smaller": (12, 10, 4, 4),
    "off-a-corner": (40, 30, 24, 20),
}
"""Place and size that a window has after it was unmapped: it covers less of its sibling."""


@BORDERS
@pytest.mark.parametrize("change", AWAY)
@pytest.mark.parametrize("update", [None, AUTOMATIC, MANUAL], ids=["plain", "automatic", "manual"])
@pytest.mark.parametrize("later", [False, True], ids=["mapped", "unmapped"])
def test_a_window_that_changed_while_unmapped_uncovers_nothing(
    presenter, barrier, later, update, change, border
):
    """Mapped again, what is where it was before is neither painted nor exposed, nor is it
    the parent's to draw over: that had come into view when the window was unmapped (CMP-190)."""
    parent = presenter.window(90, 80, x=20, y=10, background="grey", events=0)
    below = presenter.window(50, 40, x=6, y=6, parent=parent, background="green", events=0)
    window = presenter.window(
        *(24, 20), x=12, y=10, parent=parent, background="blue", border_width=border, events=0
    )
    if update is not None and not later:
        window.redirect(update)
    barrier()
    window.unmap()
    if update is not None and later:
        window.redirect(update)
    barrier()
    picture = Canvas(90, 80, parent.depth)
    for listening in (parent, below):
        listening.select_core(EventMask.Exposure)
    x, y, width, height = AWAY[change]

    def draw(colour, *, mapped):
        """Both in another colour than their backgrounds, which the server would paint."""
        below.fill("yellow")
        parent.fill(colour)
        picture.fill(colour).area(6, 6, 50, 40).fill("yellow")
        if mapped and update != MANUAL:
            whole = picture.area(x, y, width + 2 * border, height + 2 * border).fill("white")
            whole.area(border, border, width, height).fill("blue")

    draw("white", mapped=False)
    presenter.sync()
    seen = len(presenter.events)
    window.configure(x=x, y=y, width=width, height=height)
    window.map()
    barrier()
    draw("white", mapped=True)
    await_picture(picture, lambda: capture_root(presenter, Rectangle(20, 10, 90, 80)))
    draw("red", mapped=True)
    await_picture(picture, lambda: capture_root(presenter, Rectangle(20, 10, 90, 80)))
    assert [event for event in presenter.events[seen:] if event.name == "Expose"] == []


@UPDATES
def test_a_window_below_a_redirected_sibling_goes_with_its_parent(presenter, update):
    """What is drawn in it is in the pixmap of the parent, from the moment that this is redirected
    until it no longer is (CMP-027)."""
    parent = presenter.window(60, 50, x=20, y=10, background="grey", events=0)
    windows = [
        presenter.window(14, 12, x=4 + 16 * n, y=5, parent=parent, background="blue", events=0)
        for n in range(3)
    ]
    for window in windows[::2]:
        window.redirect(update)
    presenter.sync()
    parent.redirect(MANUAL)
    pixmap = parent.name_pixmap()
    windows[1].fill("red")
    assert pixmap.pixel(24, 8) == pixmap.value("red")
    parent.unredirect(MANUAL)
    windows[1].fill("green")
    assert parent.pixel(24, 8) == parent.value("green")
    assert pixmap.pixel(24, 8) == pixmap.value("red")
    assert capture_root(presenter, Rectangle(44, 18, 1, 1)).pixels[0, 0] == parent.value("green")


@pytest.mark.parametrize("other", [False, True], ids=["same-client", "other-client"])
def test_the_mode_decides_what_the_parent_draws_over(presenter, connect, barrier, other):
    """With each change of it: a manual window's place is the parent's, an automatic one's is not
    (CMP-046)."""
    parent = presenter.window(60, 50, x=20, y=10, background="grey", events=0)
    window = presenter.window(30, 20, x=9, y=8, parent=parent, background="blue", events=0)
    below = presenter.window(20, 16, x=2, y=2, parent=parent, background="yellow", events=0)
    window.configure(stack_mode=StackMode.Above)
    presenter.sync()
    second = connect("second").borrow_window(window, events=0) if other else window
    picture = Canvas(60, 50, parent.depth, "grey")
    place = Rectangle(20, 10, 60, 50)

    def check(manual):
        for colour in ("green", "orange"):
            parent.fill(colour)
            below.fill(colour)
            picture.fill(colour)
            if not manual:
                picture.area(9, 8, 30, 20).fill("blue")
            await_picture(picture, lambda: capture_root(presenter, place))
        barrier()
        picture.check(capture_root(presenter, place))
        window.fill("blue", 2, 2, 3, 3)
        barrier()
        picture.check(capture_root(presenter, place))

    window.redirect(AUTOMATIC)
    presenter.sync()
    check(manual=False)
    for _ in range(2):
        second.redirect(MANUAL)
        second.client.sync()
        check(manual=True)
        second.unredirect(MANUAL)
        second.client.sync()
        check(manual=False)
    window.unredirect(AUTOMATIC)
    check(manual=False)


@pytest.mark.parametrize("deep", [False, True], ids=["child", "grandchild"])
def test_what_was_drawn_just_before_a_reparenting_is_painted_at_the_new_place(
    presenter, barrier, deep
):
    """A window goes to another parent before the server has painted what is redirected in it: from
    then on that is painted there (CMP-179)."""
    old, new = (presenter.window(60, 50, x=x, y=10, background="grey", events=0) for x in (20, 90))
    window = presenter.window(40, 30, x=4, y=5, parent=old, background="blue", events=0)
    above = window
    if deep:
        above = presenter.window(36, 26, x=1, y=1, parent=window, background="blue", events=0)
    inner = presenter.window(20, 15, x=6, y=7, parent=above, background="white", events=0)
    inner.redirect(AUTOMATIC)
    barrier()
    # Both in one write: a round trip would give the server the time to paint.
    inner.fill("yellow")
    window.reparent(new, 8, 9)
    picture = Canvas(60, 50, new.depth, "grey")
    picture.area(8, 9, 40, 30).fill("blue")
    at = 1 if deep else 0
    place = picture.area(14 + at, 16 + at, 20, 15)
    for colour in ("green", "red"):
        inner.fill(colour)
        place.fill(colour)
        await_picture(picture, lambda: capture_root(presenter, Rectangle(90, 10, 60, 50)))


WAYS = {
    "from_the_left": ((-12, 20), (24, 0)),
    "from_above": ((20, -12), (0, 24)),
    "to_the_left": ((12, 20), (-24, 0)),
    "upwards": ((20, 12), (0, -24)),
    "along": ((30, 20), (17, 0)),
    "down": ((30, 20), (0, 13)),
    "across": ((-12, -12), (24, 24)),
}
"""Where a window is on the screen, partly beyond its edge or not, and how far its parent takes it.
"""


@BORDERS
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("nested", [False, True], ids=["child", "grandchild"])
def test_a_window_is_painted_where_its_parent_takes_it(presenter, barrier, way, border, nested):
    """An automatic window whose parent moves is painted where it is then, with the part of it
    that was beyond the screen; its border clip goes along (CMP-179, CMP-049)."""
    (x, y), (dx, dy) = WAYS[way]
    at = 2 if nested else 0
    x, y = x - 5 - border - at, y - 6 - border - at
    outer = presenter.window(90, 70, x=x, y=y, background="grey", events=0)
    parent = outer
    if nested:
        parent = presenter.window(86, 66, x=at, y=at, parent=outer, background="grey", events=0)
    window = presenter.window(
        *(50, 40), x=5, y=6, parent=parent, background="blue", border_width=border, events=0
    )
    window.redirect(AUTOMATIC)
    window.fill("red", 10, 8, 20, 9)
    picture = Canvas(90, 70, outer.depth, "grey")
    around = picture.area(5 + at, 6 + at, 50 + 2 * border, 40 + 2 * border).fill("white")
    inside = around.area(border, border, 50, 40).fill("blue")
    inside.area(10, 8, 20, 9).fill("red")
    whole = PixelRegion.of([(-border, -border, 50 + 2 * border, 40 + 2 * border)])

    def check():
        left, top = max(0, -x), max(0, -y)
        place = Rectangle(x + left, y + top, 90 - left, 70 - top)
        seen = Canvas(place.width, place.height, outer.depth)
        seen.paste(picture.frame.pixels[top:, left:])
        barrier()
        await_picture(seen, lambda: capture_root(presenter, place))
        corner = (left - 5 - at - border, top - 6 - at - border)
        on_screen = PixelRegion.of([(*corner, 999, 999)])
        clip = window.border_clip()
        assert PixelRegion.of(clip.fetch()) == whole & on_screen
        clip.destroy()

    check()
    for colour in ("green", "yellow"):
        x, y = x + dx, y + dy
        outer.move(x, y)
        check()
        window.fill(colour, 3, 4, 44, 30)
        inside.area(3, 4, 44, 30).fill(colour)
        check()


@UPDATES
@BORDERS
def test_configuring_a_redirected_window_is_told_as_of_any(presenter, update, border):
    """Place, size, border and sibling, to the window's listeners and to its parent's
    (CMP-202)."""

    def told(redirected):
        parent = presenter.window(200, 160, x=20, y=10, events=0)
        low, window, high = (
            presenter.window(40, 30, x=10 * n, y=8 * n, parent=parent, events=0) for n in range(3)
        )
        window.configure(border_width=border)
        if redirected:
            window.redirect(update)
        parent.select_core(EventMask.SubstructureNotify)
        window.select_core(EventMask.StructureNotify)
        presenter.sync()
        since = len(presenter.events)
        window.move(31, 27)
        window.resize(50, 20)
        window.configure(x=5, y=6, width=44, height=33, border_width=border + 2)
        window.configure(stack_mode=StackMode.Above)
        window.configure(sibling=high.id, stack_mode=StackMode.Below)
        window.configure(stack_mode=StackMode.Below)
        window.configure(sibling=low.id, stack_mode=StackMode.Above)
        presenter.sync()
        named = {0: "none", parent.id: "parent", low.id: "low", window.id: "window"}
        named[high.id] = "high"
        events = [event.core for event in presenter.events[since:]]
        return [
            (
                *(named[one.event], named[one.window], named[one.above_sibling]),
                *(one.x, one.y, one.width, one.height, one.border_width, one.override_redirect),
            )
            for one in events
            if isinstance(one, ConfigureNotify)
        ]

    plain = told(redirected=False)
    assert len(plain) == 14
    assert told(redirected=True) == plain
