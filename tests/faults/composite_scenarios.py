# SPDX-License-Identifier: MIT
"""Small tests of compositors and their tools, good on every good server; faults make them fail."""

import pytest
import xcffib.composite
import xcffib.xfixes
from xcffib.composite import Redirect
from xcffib.shape import SK

from harness.capture.get_image import capture, capture_root
from harness.clients.compositing.compositor import Compositor
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.region import Region
from harness.clients.resources.window import Overlay
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle

pytestmark = [
    pytest.mark.xserver(size=(160, 120)),
    pytest.mark.needs("Composite", "DAMAGE", "XFIXES", "RENDER", "SHAPE"),
]


def screen():
    """The picture of a composited screen without windows."""
    return Canvas(160, 120, 24, "grey")


def composited(presenter, compositor):
    """What the screen shows once the compositor knows of all requests of ``presenter``."""
    presenter.sync()
    compositor.update()
    return capture_root(compositor.client)


@pytest.fixture
def compositor(connect):
    with Compositor(connect("compositor")) as compositor:
        yield compositor


def test_compositor_paints_what_is_drawn(presenter, compositor):
    """A window with a border, as it is at first and after each of two drawings."""
    window = presenter.window(60, 40, x=12, y=9, events=0, background="blue", border_width=3)
    picture = screen()
    picture.area(12, 9, 66, 46).fill("white").area(3, 3, 60, 40).fill("blue")
    picture.check(composited(presenter, compositor))
    inside = picture.area(15, 12, 60, 40)
    for colour, x, y, width, height in (("red", 5, 6, 20, 10), ("green", 40, 20, 8, 15)):
        window.fill(colour, x, y, width, height)
        inside.area(x, y, width, height).fill(colour)
        picture.check(composited(presenter, compositor))


def test_compositor_paints_all_that_was_drawn(presenter, compositor):
    """Two windows, both drawn into before the next frame."""
    windows = [presenter.window(30, 30, x=x, y=20, events=0) for x in (10, 90)]
    composited(presenter, compositor)
    picture = screen()
    for x, colour, window in zip((10, 90), ("red", "green"), windows, strict=True):
        window.fill(colour)
        picture.area(x, 20, 30, 30).fill(colour)
    picture.check(composited(presenter, compositor))


def test_compositor_follows_a_resize(presenter, compositor):
    """A window is moved and gets another size, hence another backing pixmap."""
    window = presenter.window(30, 20, x=10, y=10, events=0, background="red")
    composited(presenter, compositor)
    window.configure(x=40, y=30, width=70, height=50)
    picture = screen()
    picture.area(40, 30, 70, 50).fill("red")
    picture.check(composited(presenter, compositor))


def test_compositor_follows_the_stack(presenter, compositor):
    """The lowest of three windows is raised."""
    low, *_ = (
        presenter.window(50, 40, x=10 + 20 * n, y=10 + 15 * n, events=0, background=colour)
        for n, colour in enumerate(("red", "green", "blue"))
    )
    composited(presenter, compositor)
    low.configure(stack_mode=0)
    picture = screen()
    picture.area(30, 25, 50, 40).fill("green")
    picture.area(50, 40, 50, 40).fill("blue")
    picture.area(10, 10, 50, 40).fill("red")
    picture.check(composited(presenter, compositor))


def test_compositor_removes_an_unmapped_window(presenter, compositor):
    """A window that is unmapped is seen no longer."""
    window = presenter.window(50, 40, x=10, y=10, events=0, background="red")
    composited(presenter, compositor)
    window.unmap()
    screen().check(composited(presenter, compositor))


def test_compositor_paints_the_shape(presenter, compositor):
    """A window with a border of two parts, given its shape after it was seen."""
    window = presenter.window(60, 40, x=12, y=9, events=0, background="blue", border_width=4)
    composited(presenter, compositor)
    parts = (-4, -4, 30, 20), (40, 25, 24, 19)
    window.shape(list(parts))
    picture = screen()
    shaped = picture.within(*((x + 16, y + 13, w, h) for x, y, w, h in parts))
    shaped.area(12, 9, 68, 48).fill("white").area(4, 4, 60, 40).fill("blue")
    picture.check(composited(presenter, compositor))


def test_compositor_covers_the_screen(presenter, connect):
    """The overlay hides the screen that was there before."""
    presenter.window(50, 40, x=10, y=10, events=0, background="red")
    presenter.sync()
    client = connect("compositor")
    capture_root(client)
    with Compositor(client, background="green"):
        picture = Canvas(160, 120, 24, "green")
        picture.area(10, 10, 50, 40).fill("red")
        picture.check(capture_root(client))


def test_compositor_hands_the_screen_back(presenter, connect):
    """When the compositor ends windows show by themselves what was drawn meanwhile."""
    window = presenter.window(50, 40, x=10, y=10, events=0, background="red")
    presenter.sync()
    client = connect("compositor")
    with Compositor(client) as compositor:
        window.fill("blue", 0, 0, 20, 40)
        picture = screen()
        picture.area(10, 10, 50, 40).fill("red").area(0, 0, 20, 40).fill("blue")
        picture.check(composited(presenter, compositor))
    picture = Canvas(160, 120, 24, "black")
    picture.area(10, 10, 50, 40).fill("red").area(0, 0, 20, 40).fill("blue")
    picture.check(capture_root(client))


def redirected(presenter, update=Redirect.Manual, **attributes):
    """A blue window at (10, 10) that was redirected before it was mapped."""
    window = presenter.window(
        50, 40, x=10, y=10, events=0, background="blue", mapped=False, **attributes
    )
    window.redirect(update)
    window.map()
    return window


def test_manual_redirection_hides(presenter):
    """A manually redirected window is not on the screen."""
    redirected(presenter)
    Canvas(160, 120, 24, "black").check(capture_root(presenter))


def test_automatic_redirection_shows(presenter):
    """An automatically redirected window is on the screen."""
    redirected(presenter, Redirect.Automatic)
    picture = Canvas(160, 120, 24, "black")
    picture.area(10, 10, 50, 40).fill("blue")
    picture.check(capture_root(presenter))


def test_redirected_children_are_hidden(presenter):
    """The children of a window are redirected, a later one too."""
    parent = presenter.window(80, 60, x=10, y=10, events=0, background="grey")
    parent.redirect_subwindows()
    presenter.window(30, 30, x=5, y=5, events=0, background="red", parent=parent)
    Canvas(80, 60, 24, "grey").check(capture_root(presenter, Rectangle(10, 10, 80, 60)))


def test_second_manager_is_refused(presenter, connect):
    """Only one client redirects a window manually."""
    window = redirected(presenter)
    second = connect("second").borrow_window(window, events=0)
    with second.client.expect_error("Access"):
        second.redirect()


def test_redirection_ends(presenter):
    """A window that is redirected no longer is on the screen."""
    window = redirected(presenter)
    window.unredirect()
    picture = Canvas(160, 120, 24, "black")
    picture.area(10, 10, 50, 40).fill("blue")
    picture.check(capture_root(presenter))


def test_redirection_ends_as_it_began(presenter):
    """A manual redirection is not ended by asking for the end of an automatic one."""
    window = redirected(presenter)
    with presenter.expect_error("Value"):
        window.unredirect(Redirect.Automatic)


def test_redirection_ends_with_its_client(presenter, connect):
    """When the client that redirected a window goes the window is on the screen again."""
    window = presenter.window(50, 40, x=10, y=10, events=0, background="blue")
    manager = connect("manager")
    manager.borrow_window(window, events=0).redirect()
    manager.sync()
    manager.close()
    # The server has noticed after a few round trips.
    for _ in range(20):
        presenter.sync()
    window.fill("red")
    picture = Canvas(160, 120, 24, "black")
    picture.area(10, 10, 50, 40).fill("red")
    picture.check(capture_root(presenter))


def test_unmapped_window_has_no_pixmap(presenter):
    """There is nothing to name before the window is mapped."""
    window = presenter.window(50, 40, events=0, mapped=False)
    window.redirect()
    pixmap = presenter.new_id()
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).NameWindowPixmap(window.id, pixmap)


def test_pixmap_holds_the_border(presenter):
    """The backing pixmap has room for the border around the window."""
    pixmap = redirected(presenter, border_width=5).name_pixmap()
    picture = Canvas(60, 50, 24, "white")
    picture.area(5, 5, 50, 40).fill("blue")
    picture.check(capture(pixmap))


def test_pixmap_outlives_its_window(presenter):
    """A named pixmap keeps the picture of a destroyed window."""
    window = redirected(presenter)
    pixmap = window.name_pixmap()
    window.destroy()
    Canvas(50, 40, 24, "blue").check(capture(pixmap))


def test_freed_name_is_gone(presenter):
    """A freed name names nothing, though the window still has its pixmap."""
    pixmap = redirected(presenter).name_pixmap()
    pixmap.free()
    with presenter.expect_error("Drawable", pixmap.id):
        presenter.geometry(pixmap.id)


def test_overlay_is_no_child_of_the_root(presenter):
    """QueryTree does not list the overlay window."""
    overlay = Overlay.get(presenter)
    children = presenter.core.QueryTree(presenter.root).reply().children
    assert overlay.id not in list(children), "the overlay window is listed"


def test_overlay_is_one(presenter):
    """Every client gets the same overlay window."""
    composite = presenter.extension(xcffib.composite)
    first, second = (
        composite.GetOverlayWindow(presenter.root).reply().overlay_win for _ in range(2)
    )
    assert first == second, "there are two overlay windows"


def test_released_overlay_is_gone(presenter):
    """A released overlay window covers nothing."""
    presenter.window(160, 120, events=0, background="blue")
    overlay = Overlay.get(presenter)
    overlay.fill("red")
    Canvas(160, 120, 24, "red").check(capture_root(presenter))
    overlay.release()
    Canvas(160, 120, 24, "blue").check(capture_root(presenter))


def test_grab_holds_others(presenter, connect):
    """What another client draws during a grab is seen when the grab is over."""
    window = presenter.window(20, 20, events=0, background="blue")
    grabber = connect("grabber")
    view = grabber.borrow_window(window, events=0)
    with grabber.grab():
        window.fill("red")
        presenter.flush()
        for _ in range(20):
            grabber.sync()
        assert view.pixel() == 0x0000FF, "drawn during the grab"
    presenter.sync()
    assert view.pixel() == 0xFF0000


def watched(presenter, level=DamageLevel.RAW_RECTANGLES):
    """A window at (10, 10) with a border of 3, and a Damage on it."""
    window = presenter.window(60, 50, x=10, y=10, events=0, border_width=3)
    damage = Damage.create(window, level)
    damage.forget()
    return window, damage


def areas(damage):
    return [notice.area for notice in damage.notices()]


def test_every_damage_is_told(presenter):
    """Each drawing is reported once, in coordinates of the window, by itself."""
    window, damage = watched(presenter)
    drawn = [(5, 6, 20, 10), (30, 2, 8, 8), (0, 0, 60, 50)]
    for area in drawn:
        window.fill("red", *area)
    assert areas(damage) == drawn
    assert not any(notice.more for notice in damage.notices()), "announced and never told"


def test_damage_is_told_once(presenter):
    """A Damage of level NonEmpty reports once."""
    window, damage = watched(presenter, DamageLevel.NON_EMPTY)
    for x in (0, 20, 40):
        window.fill("red", x, 0, 10, 10)
    assert len(damage.notices()) == 1, "told too often"


def test_new_damage_is_told(presenter):
    """A Damage of level DeltaRectangles does not report old parts."""
    window, damage = watched(presenter, DamageLevel.DELTA_RECTANGLES)
    window.fill("red", 0, 0, 20, 10)
    window.fill("green", 5, 0, 10, 10)
    assert areas(damage) == [(0, 0, 20, 10)]


def test_repaired_part_is_taken_off(presenter):
    """Subtract takes off what was repaired, and leaves the rest for the next one."""
    window, damage = watched(presenter, DamageLevel.NON_EMPTY)
    window.fill("red", 0, 0, 20, 10)
    parts = presenter.region()
    damage.subtract(presenter.region((0, 0, 5, 10)), parts)
    assert parts.fetch() == [(0, 0, 5, 10)]
    damage.subtract(None, parts)
    assert parts.fetch() == [(5, 0, 15, 10)]


def test_added_damage_is_told(presenter):
    """Damage that a client adds is reported as if it had been drawn."""
    _, damage = watched(presenter)
    damage.add(presenter.region((7, 8, 9, 10)))
    assert areas(damage) == [(7, 8, 9, 10)]


def test_destroyed_damage_is_silent(presenter):
    """A destroyed Damage reports nothing."""
    window, damage = watched(presenter)
    damage.destroy()
    window.fill("red")
    assert areas(damage) == []


def test_regions_are_reckoned(presenter):
    """Two rectangles that overlap."""
    first, second = presenter.region((0, 0, 20, 10)), presenter.region((10, 0, 20, 10))
    result = presenter.region()
    result.unite(first, second)
    assert result.fetch() == [(0, 0, 30, 10)]
    result.intersect(first, second)
    assert result.fetch() == [(10, 0, 10, 10)]
    result.subtract(first, second)
    assert result.fetch() == [(0, 0, 10, 10)]
    result.invert(first, (0, 0, 25, 10))
    assert result.fetch() == [(20, 0, 5, 10)]
    result.translate(-3, 4)
    assert result.fetch() == [(17, 4, 5, 10)]
    first.set([(0, 0, 5, 5), (10, 0, 5, 5), (0, 10, 5, 5)])
    assert first.fetch() == [(0, 0, 5, 5), (10, 0, 5, 5), (0, 10, 5, 5)]


def test_region_needs_a_new_id(presenter):
    """A region cannot take the id of another."""
    region = presenter.region((0, 0, 20, 10))
    with presenter.expect_error("IDChoice", region.id):
        presenter.extension(xcffib.xfixes).CreateRegion(region.id, 0, [])


def test_border_is_outside_of_the_clip(presenter):
    """The bounding region of a window holds its border, the clip region does not."""
    window = presenter.window(40, 30, x=20, y=20, events=0, border_width=4)
    assert Region.of_window(presenter, window.id).fetch() == [(-4, -4, 48, 38)]
    assert Region.of_window(presenter, window.id, SK.Clip).fetch() == [(0, 0, 40, 30)]


def test_border_clip_is_what_can_be_seen(presenter):
    """A window with a border, half of it covered."""
    window = presenter.window(40, 30, x=20, y=20, events=0, border_width=4)
    presenter.window(80, 80, x=44, y=0, events=0)
    assert Region.of_window(presenter, window.id).fetch() == [(-4, -4, 48, 38)]
    assert window.border_clip().fetch() == [(-4, -4, 24, 38)]
