# SPDX-License-Identifier: MIT
"""How long named pixmaps live and what they show: unmap, death, unredirection, reparenting."""

import pytest
import xcffib.composite
from xcffib.composite import Redirect
from xcffib.xproto import CW, CloseDown, Gravity

from harness.capture.get_image import capture, capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from suites.composite.scenes import leave
from suites.marks import BORDERS, DEPTH_24, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

WIDTH, HEIGHT = 48, 40
STAGE = Rectangle(30, 20, 120, 96)
AT_X, AT_Y = 20, 15
BORDER = "red"
CHART = chart_pixels(WIDTH, HEIGHT)


def stage(client):
    """A grey parent for windows that come and go."""
    return client.window(
        STAGE.width, STAGE.height, x=STAGE.x, y=STAGE.y, events=0, background="grey"
    )


def backed(client, update=Redirect.Manual, *, parent=None, compositor=None, **attributes):
    """A window with a chart in it, redirected by ``compositor`` (its own client if None)
    before it is mapped."""
    attributes = {"x": AT_X, "y": AT_Y, "border": BORDER, "background": "blue"} | attributes
    window = client.window(WIDTH, HEIGHT, events=0, mapped=False, parent=parent, **attributes)
    if compositor is None:
        window.redirect(update)
    else:
        compositor.borrow_window(window, events=0).redirect(update)
        compositor.sync()
    window.map()
    window.put(CHART)
    return window


def full(depth, border=0, colour=None):
    """The pixmap of a window with the chart, or ``colour``, in it."""
    whole = Canvas(WIDTH + 2 * border, HEIGHT + 2 * border, depth, BORDER)
    inside = whole.area(border, border, WIDTH, HEIGHT)
    if colour is None:
        inside.paste(CHART)
    else:
        inside.fill(colour)
    return whole


def grounds(depth):
    return Canvas(STAGE.width, STAGE.height, depth, "grey")


def churn(client, border):
    """Let the server reuse memory of the pixmaps' size that it has freed, if it has."""
    for _ in range(8):
        client.pixmap(WIDTH + 2 * border, HEIGHT + 2 * border, colour="orange")


def on_screen(client):
    return capture_root(client, STAGE)


@UPDATES
@BORDERS
def test_unmapped_window_leaves_its_pixels_to_the_name(presenter, barrier, update, border):
    """Unmapped, the window lets go of its pixmap: the name keeps the last pixels. Mapped again
    it has a new pixmap with its background, and nothing drawn then reaches the old (CMP-033)."""
    window = backed(presenter, update, border_width=border)
    barrier()
    old = window.name_pixmap()
    window.unmap()
    churn(presenter, border)
    full(presenter.depth, border).check(capture(old))
    window.map()
    new = window.name_pixmap()
    barrier()
    full(presenter.depth, border, "blue").check(capture(new))
    window.fill("green")
    full(presenter.depth, border).check(capture(old))
    full(presenter.depth, border, "green").check(capture(new))
    old.fill("yellow")
    full(presenter.depth, border, "green").check(capture(new))
    Canvas(WIDTH, HEIGHT, presenter.depth, "green").check(capture(window))


@UPDATES
def test_parent_takes_its_children_out_of_sight(presenter, barrier, update):
    """A window whose parent is unmapped loses its pixmap as if it were unmapped itself
    (CMP-033)."""
    parent = stage(presenter)
    window = backed(presenter, update, parent=parent, border_width=2)
    barrier()
    old = window.name_pixmap()
    parent.unmap()
    full(presenter.depth, 2).check(capture(old))
    parent.map()
    barrier()
    full(presenter.depth, 2, "blue").check(capture(window.name_pixmap()))
    full(presenter.depth, 2).check(capture(old))


@UPDATES
def test_every_mapping_has_a_pixmap_of_its_own(presenter, barrier, update):
    """Names of several mappings of one window keep what each showed (CMP-033)."""
    window = backed(presenter, update, border_width=1)
    names = []
    for seed in range(6):
        window.put(chart_pixels(WIDTH, HEIGHT, seed=seed))
        barrier()
        names.append(window.name_pixmap())
        window.unmap()
        window.map()
    window.fill("green")
    for seed, name in enumerate(names):
        whole = full(presenter.depth, 1)
        whole.area(1, 1, WIDTH, HEIGHT).paste(chart_pixels(WIDTH, HEIGHT, seed=seed))
        whole.check(capture(name))


@DEPTH_24
@UPDATES
@BORDERS
@pytest.mark.parametrize("end", ["window", "parent", "subwindows", "owner"])
def test_name_outlives_the_window(presenter, connect, barrier, golden, update, border, end):
    """Size and pixels stay under the name when the window is destroyed, with its parent, or
    with its client; it can be drawn to and is freed as any pixmap (CMP-034)."""
    owner = connect("owner")
    parent = stage(owner)
    window = backed(owner, update, parent=parent, border_width=border, compositor=presenter)
    owner.sync()
    barrier()
    name = presenter.borrow_window(window, events=0).name_pixmap()
    if end == "window":
        window.destroy()
    elif end == "parent":
        parent.destroy()
    elif end == "subwindows":
        owner.core.DestroySubwindows(parent.id)
    if end == "owner":
        leave(owner)
    else:
        owner.sync()
    barrier()
    with presenter.expect_error("Drawable", window.id):
        presenter.geometry(window.id)
    churn(presenter, border)
    got = name.geometry
    assert (got.width, got.height, got.depth) == (WIDTH + 2 * border, HEIGHT + 2 * border, 24)
    shown = capture(name)
    whole = full(presenter.depth, border)
    whole.check(shown)
    if border and end == "window":
        golden.check(shown, "name")
    name.fill("green", 3, 3, 9, 9)
    whole.area(3, 3, 9, 9).fill("green")
    whole.check(capture(name))
    name.free()
    with presenter.expect_error("Drawable", name.id):
        presenter.geometry(name.id)


@UPDATES
@BORDERS
def test_death_of_the_compositor_ends_redirection(presenter, connect, barrier, update, border):
    """With its client a redirection ends: the window is back on the screen with its pixels, and
    another client can redirect it (CMP-035, CMP-015)."""
    compositor = connect("compositor")
    parent = stage(presenter)
    window = backed(presenter, update, parent=parent, border_width=border, compositor=compositor)
    compositor.borrow_window(window, events=0).name_pixmap()
    presenter.sync()
    leave(compositor)
    barrier()
    picture = grounds(presenter.depth).paste(full(presenter.depth, border).frame.pixels, AT_X, AT_Y)
    picture.check(on_screen(presenter))
    window.fill("green", 4, 4, 9, 9)
    picture.area(AT_X + border + 4, AT_Y + border + 4, 9, 9).fill("green")
    picture.check(on_screen(presenter))
    window.redirect(Redirect.Manual)
    window.fill("cyan")
    full(presenter.depth, border, "cyan").check(capture(window.name_pixmap()))


@UPDATES
def test_name_of_another_client_outlives_the_compositor(presenter, connect, barrier, update):
    """Each client owns the names it gave: the compositor's end with it, those of others keep
    their pixels and are detached from the window (CMP-035, CMP-023)."""
    compositor, observer = connect("compositor"), connect("observer")
    window = backed(
        presenter, update, parent=stage(presenter), border_width=2, compositor=compositor
    )
    barrier()
    gone = compositor.borrow_window(window, events=0).name_pixmap()
    kept = [
        observer.borrow_window(window, events=0).name_pixmap(),
        window.name_pixmap(),
    ]
    leave(compositor)
    barrier()
    with presenter.expect_error("Drawable", gone.id):
        presenter.geometry(gone.id)
    window.fill("green")
    barrier()
    for name in kept:
        full(presenter.depth, 2).check(capture(name))
    kept[0].fill("yellow")
    observer.sync()
    whole = Canvas(WIDTH + 4, HEIGHT + 4, presenter.depth, "yellow")
    whole.check(capture(kept[1]))
    Canvas(WIDTH, HEIGHT, presenter.depth, "green").check(capture(window))


@UPDATES
def test_death_of_an_observer_leaves_window_and_names(presenter, connect, barrier, update):
    """Names of a client that dies are freed; window, redirection and the names of others are
    not (CMP-036, CMP-023)."""
    observer = connect("observer")
    window = backed(presenter, update, border_width=2)
    barrier()
    name = window.name_pixmap()
    for _ in range(3):
        observer.borrow_window(window, events=0).name_pixmap()
    leave(observer)
    barrier()
    full(presenter.depth, 2).check(capture(name))
    window.fill("green")
    full(presenter.depth, 2, "green").check(capture(name))


@pytest.mark.parametrize("mode", [CloseDown.RetainTemporary, CloseDown.RetainPermanent])
def test_retained_names_stay_until_they_are_killed(presenter, connect, barrier, mode):
    """A name is a resource: a client that asks to retain its own leaves them behind, until
    KillClient (CMP-034, CMP-036)."""
    compositor = connect("compositor")
    window = backed(presenter, border_width=2)
    barrier()
    name = compositor.borrow_window(window, events=0).name_pixmap()
    compositor.core.SetCloseDownMode(mode)
    leave(compositor)
    barrier()
    window.destroy()
    name.client = presenter
    full(presenter.depth, 2).check(capture(name))
    presenter.core.KillClient(name.id)
    presenter.sync()
    with presenter.expect_error("Drawable", name.id):
        presenter.geometry(name.id)


@UPDATES
@BORDERS
@pytest.mark.parametrize("moved", [False, True], ids=["there", "moved"])
def test_unredirection_brings_the_pixels_back_to_the_screen(
    presenter, barrier, golden, update, border, moved
):
    """The contents, not the background, are on the screen afterwards; the name keeps its pixels
    and is no longer the window's (CMP-035)."""
    parent = stage(presenter)
    window = backed(presenter, update, parent=parent, border_width=border)
    x, y = (AT_X, AT_Y) if not moved else (AT_X + 25, AT_Y - 9)
    window.move(x, y)
    barrier()
    name = window.name_pixmap()
    window.unredirect(update)
    barrier()
    picture = grounds(presenter.depth).paste(full(presenter.depth, border).frame.pixels, x, y)
    shown = on_screen(presenter)
    picture.check(shown)
    if border and moved:
        golden.check(shown, "screen")
    window.fill("green")
    picture.area(x + border, y + border, WIDTH, HEIGHT).fill("green")
    picture.check(on_screen(presenter))
    full(presenter.depth, border).check(capture(name))
    name.fill("yellow")
    picture.check(on_screen(presenter))
    Canvas(WIDTH, HEIGHT, presenter.depth, "green").check(capture(window))


@UPDATES
def test_unredirection_brings_back_what_can_be_seen(presenter, barrier, update):
    """Siblings above and the parent's edges clip what comes back; children come with it
    (CMP-035)."""
    parent = stage(presenter)
    window = backed(presenter, update, parent=parent, x=-6, y=-5)
    child = presenter.window(15, 12, x=20, y=8, parent=window, events=0)
    child.put(chart_pixels(15, 12, seed=3))
    sibling = presenter.window(20, 20, x=30, y=22, parent=parent, events=0, background="cyan")
    barrier()
    name = window.name_pixmap()
    window.unredirect(update)
    barrier()
    inside = full(presenter.depth).paste(chart_pixels(15, 12, seed=3), 20, 8)
    picture = grounds(presenter.depth).paste(inside.frame.pixels, -6, -5)
    picture.area(30, 22, 20, 20).fill("cyan")
    picture.check(on_screen(presenter))
    inside.check(capture(name))
    Canvas(20, 20, presenter.depth, "cyan").check(capture(sibling))


@UPDATES
def test_subwindows_come_back_together(presenter, barrier, update):
    """UnredirectSubwindows brings every child back, each with its own pixels, and leaves their
    names alone (CMP-035)."""
    parent = stage(presenter)
    parent.redirect_subwindows(update)
    windows = [
        presenter.window(24, 20, x=5 + 14 * i, y=5 + 12 * i, parent=parent, events=0)
        for i in range(4)
    ]
    for seed, window in enumerate(windows):
        window.put(chart_pixels(24, 20, seed=seed))
    barrier()
    names = [window.name_pixmap() for window in windows]
    parent.unredirect_subwindows(update)
    barrier()
    picture = grounds(presenter.depth)
    for seed in range(4):
        picture.paste(chart_pixels(24, 20, seed=seed), 5 + 14 * seed, 5 + 12 * seed)
    picture.check(on_screen(presenter))
    for seed, name in enumerate(names):
        Canvas(24, 20, presenter.depth).paste(chart_pixels(24, 20, seed=seed)).check(capture(name))


@UPDATES
def test_redirected_again_is_another_pixmap(presenter, barrier, update):
    """Redirecting, unredirecting and redirecting again gives a new pixmap each time, which
    starts with the pixels that the window had on the screen (CMP-035, CMP-037)."""
    window = backed(presenter, update, parent=stage(presenter), border_width=2)
    names = []
    for seed in range(4):
        window.put(chart_pixels(WIDTH, HEIGHT, seed=seed))
        barrier()
        names.append(window.name_pixmap())
        window.unredirect(update)
        window.redirect(update)
        barrier()
        expected = full(presenter.depth, 2)
        expected.area(2, 2, WIDTH, HEIGHT).paste(chart_pixels(WIDTH, HEIGHT, seed=seed))
        expected.check(capture(window.name_pixmap()))
    for seed, name in enumerate(names):
        expected = full(presenter.depth, 2)
        expected.area(2, 2, WIDTH, HEIGHT).paste(chart_pixels(WIDTH, HEIGHT, seed=seed))
        expected.check(capture(name))


@UPDATES
@BORDERS
def test_names_of_ten_sizes_all_live(presenter, barrier, golden, update, border):
    """Ten resizes leave ten names with their own sizes and pixels, whatever happens to the
    window; freeing some does not touch the others (CMP-029, CMP-034)."""
    window = backed(
        presenter,
        update,
        parent=stage(presenter),
        border_width=border,
        attributes={CW.BitGravity: Gravity.BitForget},
    )
    kept = []
    for step in range(10):
        width, height = WIDTH - 3 * step, HEIGHT - 12 + 5 * (step % 6)
        window.resize(width, height)
        pixels = chart_pixels(width, height, seed=step)
        window.put(pixels)
        barrier()
        whole = Canvas(width + 2 * border, height + 2 * border, presenter.depth, BORDER)
        whole.area(border, border, width, height).paste(pixels)
        kept.append((window.name_pixmap(), whole))
    for name, whole in kept:
        whole.check(capture(name))
    for name, _ in kept[::3]:
        name.free()
    window.destroy()
    churn(presenter, border)
    left = [pair for pair in kept if pair not in kept[::3]]
    for name, whole in left:
        whole.check(capture(name))
    if border:
        sheet = Canvas(160, 160, presenter.depth, "grey")
        for place, (name, _) in enumerate(left):
            shown = capture(name)
            sheet.paste(shown.pixels, 54 * (place % 3), 64 * (place // 3))
        golden.check(sheet.frame, "left")


@UPDATES
@BORDERS
def test_reparenting_ends_and_begins_redirection(presenter, barrier, golden, update, border):
    """Out of a parent with redirected children the window is on the screen and has no name; in
    again it has a new pixmap; the old name keeps its pixels throughout (CMP-043, CMP-035)."""
    inner = presenter.window(60, 60, x=400, y=300, events=0, background="cyan")
    outer = stage(presenter)
    inner.redirect_subwindows(update)
    window = presenter.window(
        WIDTH,
        HEIGHT,
        x=5,
        y=4,
        parent=inner,
        events=0,
        background="blue",
        border_width=border,
        border=BORDER,
    )
    window.put(CHART)
    barrier()
    old = window.name_pixmap()
    window.reparent(outer, AT_X, AT_Y)
    window.fill("green", 3, 3, 9, 9)
    barrier()
    with presenter.expect_error("Match"):
        composite = presenter.extension(xcffib.composite)
        composite.NameWindowPixmap(window.id, presenter.new_id())
    picture = grounds(presenter.depth).paste(
        full(presenter.depth, border, "blue").frame.pixels, AT_X, AT_Y
    )
    picture.area(AT_X + border + 3, AT_Y + border + 3, 9, 9).fill("green")
    shown = on_screen(presenter)
    picture.check(shown)
    if border:
        golden.check(shown, "out")
    window.reparent(inner, 7, 8)
    window.fill("yellow", 1, 2, 20, 10)
    barrier()
    new = window.name_pixmap()
    whole = full(presenter.depth, border, "blue")
    whole.area(border + 1, border + 2, 20, 10).fill("yellow")
    whole.check(capture(new))
    full(presenter.depth, border).check(capture(old))
    grounds(presenter.depth).check(on_screen(presenter))
    window.fill("magenta")
    full(presenter.depth, border).check(capture(old))


@UPDATES
def test_own_redirection_goes_along(presenter, barrier, update):
    """A window that is redirected itself stays so under a new parent: with a new pixmap, as it
    was unmapped and mapped on the way (CMP-033, CMP-043)."""
    first, second = stage(presenter), presenter.window(100, 90, x=300, y=200, events=0)
    window = backed(presenter, update, parent=first, border_width=2)
    barrier()
    old = window.name_pixmap()
    window.reparent(second, 30, 30)
    barrier()
    full(presenter.depth, 2, "blue").check(capture(window.name_pixmap()))
    full(presenter.depth, 2).check(capture(old))
    grounds(presenter.depth).check(on_screen(presenter))


@BORDERS
@pytest.mark.parametrize("redirected", ["itself", "inside", "subwindows"])
def test_drawn_window_is_seen_after_reparenting_efd84bff2(
    presenter, barrier, golden, border, redirected
):
    """What is drawn to an automatically redirected window before and after it, or the window
    around it, changes its parent reaches the screen at the new place, however soon after the
    drawing (CMP-019, CMP-043)."""
    old, new = presenter.window(99, 90, x=400, y=300, events=0), stage(presenter)
    carrier = window = presenter.window(
        WIDTH,
        HEIGHT,
        x=5,
        y=4,
        parent=old,
        events=0,
        background="blue",
        border_width=border,
        border=BORDER,
    )
    if redirected == "inside":
        window = presenter.window(30, 20, x=6, y=7, parent=carrier, events=0, background="cyan")
    if redirected == "subwindows":
        old.redirect_subwindows(Redirect.Automatic)
        new.redirect_subwindows(Redirect.Automatic)
    else:
        window.redirect(Redirect.Automatic)
    barrier()
    # Between these requests the server has no time to bring anything to the screen.
    window.fill("green", 1, 1, 9, 9)
    carrier.reparent(new, AT_X, AT_Y)
    window.fill("yellow", 12, 3, 9, 9)
    barrier()
    picture = grounds(presenter.depth).paste(
        full(presenter.depth, border, "blue").frame.pixels, AT_X, AT_Y
    )
    inside = picture.area(AT_X + border, AT_Y + border, WIDTH, HEIGHT)
    if redirected == "inside":
        inside = inside.area(6, 7, 30, 20).fill("cyan")
    inside.area(12, 3, 9, 9).fill("yellow")
    picture.check(on_screen(presenter))
    window.fill("magenta", 3, 14, 20, 4)
    inside.area(3, 14, 20, 4).fill("magenta")
    barrier()
    shown = on_screen(presenter)
    picture.check(shown)
    if border:
        golden.check(shown, "screen")


@UPDATES
def test_reparenting_without_end_leaves_no_trace(presenter, barrier, update):
    """In and out of redirection many times, drawn each time: the last picture is right and
    every name kept its own (CMP-043, CMP-033)."""
    inner, outer = presenter.window(60, 60, x=400, y=300, events=0), stage(presenter)
    inner.redirect_subwindows(update)
    window = presenter.window(WIDTH, HEIGHT, parent=outer, x=AT_X, y=AT_Y, events=0)
    names = []
    for seed in range(8):
        window.reparent(inner)
        window.put(chart_pixels(WIDTH, HEIGHT, seed=seed))
        names.append(window.name_pixmap())
        window.reparent(outer, AT_X, AT_Y)
        window.put(chart_pixels(WIDTH, HEIGHT, seed=seed + 20))
    barrier()
    churn(presenter, 0)
    last = chart_pixels(WIDTH, HEIGHT, seed=27)
    grounds(presenter.depth).paste(last, AT_X, AT_Y).check(on_screen(presenter))
    for seed, name in enumerate(names):
        Canvas(WIDTH, HEIGHT, presenter.depth).paste(chart_pixels(WIDTH, HEIGHT, seed=seed)).check(
            capture(name)
        )
