# SPDX-License-Identifier: MIT
"""Presentations to redirected windows, seen by their compositor, and those of the compositor."""

import pytest
from xcffib.composite import Redirect

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture, capture_root
from harness.clients.present.presenter import PresentWindow
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.window import Overlay
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.present import CompleteMode, CompleteNotify, EventMask
from suites.composite.scenes import SCREEN, ground, screen, update
from suites.marks import BORDERS

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs(
        "Composite", "DAMAGE", "XFIXES", "RENDER", "SHAPE", "Present", uncomposited=True
    ),
]

CHART = chart_pixels(48, 40)
X, Y = 30, 20

MODES = {"automatic": Redirect.Automatic, "manual": Redirect.Manual}
BOTH_MODES = pytest.mark.parametrize("mode", MODES)
WAITS = pytest.mark.parametrize("wait", ["queued", "fenced", "far"])


def placed(picture, border=0, x=X, y=Y, width=48, height=40):
    """The area of ``picture`` inside of the border of a window there."""
    picture.area(x, y, width + 2 * border, height + 2 * border).fill("white")
    return picture.area(x + border, y + border, width, height)


def application(presenter, border=0, **attributes):
    """A blue window to present to."""
    window = presenter.window(
        48, 40, x=X, y=Y, border_width=border, background="blue", **attributes
    )
    presenter.sync()
    return window


@BORDERS
@pytest.mark.parametrize("buffers", [0, 2], ids=["render", "present"])
def test_copy_is_on_the_screen_when_the_compositor_paints(presenter, composite, buffers, border):
    """A presentation to a composited window changes its backing pixmap at once, and the screen
    not before the compositor has painted (PRE-062, CMP-018, CMP-065)."""
    window = application(presenter, border)
    compositor = composite(buffers=buffers)
    picture = ground(presenter.depth)
    inside = placed(picture, border).fill("blue")
    update(compositor)
    own = Canvas(48, 40, presenter.depth, "blue")
    layer = compositor.layers[window.id]
    for seed, (x_off, y_off) in enumerate([(6, -5), (-9, 30), (47, 39), (0, 0)]):
        picture.check(screen(presenter))
        pixmap = presenter.pixmap(48, 40).chart(seed)
        assert window.present(pixmap, x_off=x_off, y_off=y_off).wait_complete().mode == 0
        picture.check(screen(presenter))
        own.paste(chart_pixels(48, 40, seed=seed), x_off, y_off)
        backing = Canvas(48 + 2 * border, 40 + 2 * border, presenter.depth, "white")
        backing.area(border, border, 48, 40).paste(own.frame.pixels)
        presenter.sync()
        backing.check(capture(layer.pixmap))
        inside.paste(chart_pixels(48, 40, seed=seed), x_off, y_off)
        update(compositor)
        picture.check(screen(presenter))


@BOTH_MODES
@BORDERS
@pytest.mark.parametrize(
    ("parts", "x_off", "y_off", "bounds"),
    [
        pytest.param(None, 6, -5, (6, 0, 42, 35), id="offset"),
        pytest.param([(3, 4, 10, 9)], 0, 0, (3, 4, 10, 9), id="update"),
        pytest.param([(0, 0, 5, 5), (40, 30, 8, 10)], -2, 3, (0, 3, 46, 37), id="two-parts"),
    ],
)
def test_damage_of_another_client_says_where_the_copy_landed(
    presenter, connect, mode, border, parts, x_off, y_off, bounds
):
    """The compositor hears where a presentation drew, from the window's inner corner, whether
    the window is bordered, covered or beyond the screen's edge (PRE-063, CMP-065)."""
    window = application(presenter, border, mapped=False)
    window.redirect(MODES[mode])
    window.move(-11, -7)
    window.map()
    presenter.window(70, 60, x=0, y=0, events=0, background="red")
    watcher = connect("watcher")
    damage = Damage.create(watcher.borrow_window(window, events=0))
    once = Damage.create(watcher.borrow_window(window, events=0), DamageLevel.NON_EMPTY)
    damage.forget()
    once.forget()
    region = None if parts is None else presenter.region(*parts)
    pixmap = window.pixmap()
    window.present(pixmap, update=region, x_off=x_off, y_off=y_off).wait_complete()
    areas = [notice.area for notice in damage.notices()]
    left, top = (min(area[n] for area in areas) for n in (0, 1))
    right, bottom = (max(area[n] + area[n + 2] for area in areas) for n in (0, 1))
    assert (left, top, right - left, bottom - top) == bounds
    assert len(once.notices()) == 1
    damaged = watcher.region()
    once.subtract(parts=damaged)
    assert damaged.fetch_with_extents()[0] == bounds
    if parts is not None:
        drawn = watcher.region(*((x + x_off, y + y_off, w, h) for x, y, w, h in parts))
        drawn.intersect(drawn, watcher.region((0, 0, 48, 40)))
        drawn.subtract(drawn, damaged)
        assert drawn.fetch() == []
    window.present(pixmap, x_off=48).wait_complete()
    assert len(damage.notices()) == len(areas)


def test_windows_that_present_at_once_are_composed(presenter, composite):
    """Several windows present in the same frames while the compositor paints: the screen shows
    the last pictures of all of them in the end (PRE-062, CMP-065)."""
    places = [(10, 10), (40, 30), (25, 60)]
    windows = [presenter.window(48, 40, x=x, y=y, background="blue") for x, y in places]
    compositor = composite()
    for n in range(8):
        shown = [
            window.present(presenter.pixmap(48, 40).chart(n + k))
            for k, window in enumerate(windows)
        ]
        update(compositor)
        for presentation in shown:
            presentation.wait_complete()
    update(compositor)
    picture = ground(presenter.depth)
    for k, (x, y) in enumerate(places):
        picture.area(x, y, 48, 40).paste(chart_pixels(48, 40, seed=7 + k))
    picture.check(screen(presenter))


@pytest.mark.parametrize("buffers", [1, 2, 3])
def test_compositor_presents_its_frames(presenter, composite, buffers):
    """The frames of a compositor complete in their order, each pixmap becomes idle once and is
    drawn again only then, and the screen shows the last (PRE-053, PRE-097)."""
    window = application(presenter)
    compositor = composite(buffers=buffers)
    picture = ground(presenter.depth)
    inside = placed(picture)
    for seed in range(9):
        window.put(chart_pixels(48, 40, seed=seed))
        presenter.sync()
        compositor.update()
    compositor.frames[-1].wait_complete()
    inside.paste(chart_pixels(48, 40, seed=8))
    picture.check(screen(presenter))
    completes = [frame.wait_complete() for frame in compositor.frames]
    assert len(completes) >= 10
    flips = {CompleteMode.COPY} if buffers == 1 else {CompleteMode.COPY, CompleteMode.FLIP}
    assert {complete.mode for complete in completes} <= flips
    mscs = [complete.msc for complete in completes]
    assert mscs == sorted(mscs)
    used = [frame.request.pixmap for frame in compositor.frames]
    assert len(set(used)) <= buffers
    events = compositor.client.events
    for frame in compositor.frames:
        # What is flipped to stays in use until something else is shown.
        shown = frame is compositor.frames[-1] and completes[-1].mode is CompleteMode.FLIP
        assert [idle.pixmap for idle in frame.idles()] == [frame.request.pixmap] * (not shown)
    done = [e.content.serial for e in events if isinstance(e.content, CompleteNotify)]
    assert done == [frame.serial for frame in compositor.frames]


# Redirection that changes while presentations wait


def presentation(presenter, window, wait, **arguments):
    """A presentation that is queued, blocked by a fence, or both; and what lets it go."""
    fence = presenter.fence()
    timing = {
        "queued": {"target_msc": window.msc() + 30},
        "fenced": {"wait_fence": fence},
        "far": {"wait_fence": fence, "target_msc": window.msc() + 12},
    }[wait]
    shown = window.present(window.pixmap(), **timing, **arguments)
    presenter.sync()
    return shown, fence.trigger


def redirections(update, whole):
    """How a window, or the children of its parent, are redirected and released."""
    if whole:
        return (
            lambda window, parent: parent.redirect_subwindows(update),
            lambda window, parent: parent.unredirect_subwindows(update),
        )
    return (
        lambda window, parent: window.redirect(update),
        lambda window, parent: window.unredirect(update),
    )


@WAITS
@BOTH_MODES
@pytest.mark.parametrize("whole", [False, True], ids=["window", "subwindows"])
@pytest.mark.parametrize("times", [1, 2])
def test_redirection_changes_while_a_presentation_waits(presenter, wait, mode, whole, times):
    """However often a window is redirected and released meanwhile, its presentation completes
    and its pixels are where those of the window then are (PRE-062, CMP-035, CMP-041)."""
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    window = presenter.window(48, 40, x=10, y=9, border_width=2, parent=parent, background="blue")
    begin, end = redirections(MODES[mode], whole)
    shown, release = presentation(presenter, window, wait, x_off=5, y_off=-4)
    for n in range(times):
        (end if n % 2 else begin)(window, parent)
    presenter.sync()
    release()
    assert shown.wait_complete().mode is CompleteMode.COPY
    redirected = times % 2 == 1
    own = Canvas(48, 40, presenter.depth, "blue").paste(CHART, 5, -4)
    own.check(capture(window))
    if redirected:
        backing = Canvas(52, 44, presenter.depth, "white")
        backing.area(2, 2, 48, 40).paste(own.frame.pixels)
        backing.check(capture(window.name_pixmap()))
    if not redirected or mode == "automatic":
        picture = Canvas(80, 64, presenter.depth, "grey")
        picture.area(10, 9, 52, 44).fill("white")
        picture.area(12, 11, 48, 40).paste(own.frame.pixels)
        await_picture(picture, lambda: capture_root(presenter, Rectangle(X, Y, 80, 64)))
    assert len(shown.idles()) == 1


def resized(window, parent):
    window.resize(60, 30)
    return Canvas(60, 30, window.depth, "blue")


def shrunk_and_moved(window, parent):
    window.configure(x=-20, y=35, width=20, height=50)
    return Canvas(20, 50, window.depth, "blue")


def rebordered(window, parent):
    window.configure(border_width=5)
    return Canvas(48, 40, window.depth, "blue")


def moved_away(window, parent):
    window.move(-500, 300)
    return Canvas(48, 40, window.depth, "blue")


def blinked(window, parent):
    window.unmap()
    window.map()
    return Canvas(48, 40, window.depth, "blue")


def reparented(window, parent):
    window.reparent(parent.client.root, 5, 6)
    window.redirect()
    return Canvas(48, 40, window.depth, "blue")


def reparented_and_back(window, parent):
    window.reparent(parent.client.root, 5, 6)
    window.reparent(parent, 7, 8)
    return Canvas(48, 40, window.depth, "blue")


CHANGES = [
    resized,
    shrunk_and_moved,
    rebordered,
    moved_away,
    blinked,
    reparented,
    reparented_and_back,
]


@WAITS
@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_redirected_window_changes_while_a_presentation_waits(presenter, wait, change, too_late):
    """The copy lands in the backing pixmap that the window has by then, at its place there
    (PRE-062, PRE-060, CMP-029, CMP-030, CMP-033, CMP-043)."""
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    parent.redirect_subwindows()
    window = presenter.window(48, 40, x=10, y=9, border_width=2, parent=parent, background="blue")
    old = window.name_pixmap()
    before = capture(old).pixels.copy()
    shown, release = presentation(presenter, window, wait, x_off=5, y_off=-4)
    own = change(window, parent)
    if shown.completes():
        too_late("the presentation was due before the window had changed")
    release()
    assert shown.wait_complete().mode is CompleteMode.COPY
    assert len(shown.idles()) == 1
    own.paste(CHART, 5, -4)
    own.check(capture(window))
    name = window.name_pixmap()
    border = (name.width - window.width) // 2
    own.check(capture(name, Rectangle(border, border, window.width, window.height)))
    if change is not moved_away:
        own = Canvas(52, 44, presenter.depth).paste(before)
        own.check(capture(old))


@WAITS
@BOTH_MODES
@pytest.mark.parametrize("end", ["unmapped", "unmapped-parent", "destroyed", "compositor-died"])
def test_redirected_window_ends_while_a_presentation_waits(
    presenter, connect, wait, mode, end, too_late
):
    """Nothing is drawn where nothing is seen, no event is missing or wrong, and the pixmap that
    was named keeps its picture; a window whose compositor died shows it itself
    (PRE-059, PRE-062, CMP-015, CMP-033, CMP-034)."""
    manager = connect("manager")
    parent = presenter.window(80, 64, x=X, y=Y, events=0, background="grey")
    window = presenter.window(48, 40, x=10, y=9, parent=parent, background="blue")
    clock = presenter.window(10, 10, x=300)
    seen = manager.borrow_window(window, events=0)
    seen.redirect(MODES[mode])
    name = seen.name_pixmap()
    own = Canvas(48, 40, presenter.depth, "blue")
    await_picture(own, lambda: capture(name))
    shown, release = presentation(presenter, window, wait, x_off=5)
    if end == "compositor-died":
        manager.close()
    elif end == "destroyed":
        window.destroy()
    else:
        (window if end == "unmapped" else parent).unmap()
    if shown.completes():
        too_late("the presentation was due before the window had ended")
    release()
    if end == "destroyed":
        clock.wait_msc(clock.msc() + 45)
    else:
        assert shown.wait_complete().mode is CompleteMode.COPY
        assert len(shown.idles()) == 1
    if end == "compositor-died":
        picture = Canvas(80, 64, presenter.depth, "grey")
        picture.area(10, 9, 48, 40).fill("blue").paste(CHART, 5, 0)
        await_picture(picture, lambda: capture_root(presenter, Rectangle(X, Y, 80, 64)))
    else:
        own.check(capture(name))


def open_overlay(client):
    """The overlay as a window to present to, all grey."""
    overlay = Overlay.get(client)
    window = PresentWindow(client, overlay.id, overlay.width, overlay.height, overlay.depth)
    window.context = window.select()
    window.fill("grey")
    return overlay, window


def close_overlay(overlay, window):
    """The overlay goes, and its context with it."""
    window.context.delete()
    overlay.release()


@pytest.mark.parametrize("covered", [False, True])
def test_frames_on_the_overlay_hide_everything(presenter, connect, covered):
    """What is presented to the overlay is above all windows, redirected or not, that present,
    draw, rise and appear meanwhile (PRE-053, CMP-056)."""
    manager = connect("manager")
    window = application(presenter)
    if covered:
        manager.root_window(events=0).redirect_subwindows()
    overlay, output = open_overlay(manager)
    picture = Canvas(SCREEN.width, SCREEN.height, presenter.depth, "grey")
    for n in range(3):
        chart = manager.pixmap(SCREEN.width, SCREEN.height).chart(n)
        update = manager.region((20 + n, 10, 70, 60), (5, 90, 100, 20))
        output.present(chart, update=update, x_off=n, y_off=-n).wait_complete()
        parts = ((20 + 2 * n, 10 - n, 70, 60), (5 + n, 90 - n, 100, 20))
        pixels = chart_pixels(SCREEN.width, SCREEN.height, seed=n)
        picture.within(*parts).paste(pixels, n, -n)
        picture.check(screen(manager))
        window.present(window.pixmap()).wait_complete()
        window.configure(stack_mode=0)
        presenter.window(30, 30, x=10 * n, y=5, events=0, background="red")
        presenter.sync()
        picture.check(screen(manager))
    close_overlay(overlay, output)
    if covered:
        Canvas(48, 40, presenter.depth).paste(CHART).check(capture(window))


@pytest.mark.parametrize("width", [0, 3])
@pytest.mark.parametrize("times", [1, 3])
def test_named_pixmap_is_presented_to_the_overlay(presenter, connect, width, times):
    """The smallest of compositors presents the backing pixmaps themselves: window, border and
    all, as they are when the frame is shown (PRE-062, CMP-021, CMP-022).

    Servers do not name such a pixmap when it is idle, so that nothing here listens to Idle."""
    manager = connect("manager")
    window = application(presenter, width, mapped=False)
    seen = manager.borrow_window(window, events=0)
    seen.redirect()
    window.map()
    presenter.sync()
    overlay, output = open_overlay(manager)
    output.context.select(EventMask.COMPLETE)
    name = seen.name_pixmap()
    picture = Canvas(SCREEN.width, SCREEN.height, presenter.depth, "grey")
    for seed in range(times):
        window.put(chart_pixels(48, 40, seed=seed))
        window.present(window.pixmap(width=10, height=9), x_off=4 * seed).wait_complete()
        output.present(name, x_off=X, y_off=Y).wait_complete()
        inside = placed(picture, width).paste(chart_pixels(48, 40, seed=seed))
        inside.paste(chart_pixels(10, 9), 4 * seed, 0)
        picture.check(screen(presenter))
    fence = manager.fence()
    shown = output.present(name, x_off=X, y_off=Y, wait_fence=fence)
    window.put(chart_pixels(48, 40, seed=7))
    presenter.sync()
    picture.check(screen(presenter))
    window.unmap()
    presenter.sync()
    name.free()
    fence.trigger()
    shown.wait_complete()
    placed(picture, width).paste(chart_pixels(48, 40, seed=7))
    picture.check(screen(presenter))
    close_overlay(overlay, output)


@WAITS
def test_overlay_ends_while_a_frame_waits(presenter, wait):
    """A frame for an overlay that was released is shown nowhere, and a new overlay begins
    without it (PRE-059, CMP-059)."""
    presenter.window(SCREEN.width, SCREEN.height, events=0, background="blue")
    clock = presenter.window(10, 10, x=300)
    overlay, output = open_overlay(presenter)
    fence = presenter.fence()
    timing = {
        "queued": {"target_msc": clock.msc() + 30},
        "fenced": {"wait_fence": fence},
        "far": {"wait_fence": fence, "target_msc": clock.msc() + 12},
    }[wait]
    output.present(presenter.pixmap(50, 50), **timing)
    close_overlay(overlay, output)
    presenter.sync()
    fence.trigger()
    clock.wait_msc(clock.msc() + 45)
    picture = Canvas(SCREEN.width, SCREEN.height, presenter.depth, "blue")
    await_picture(picture, lambda: screen(presenter))
    overlay, output = open_overlay(presenter)
    clock.wait_msc(clock.msc() + 3)
    picture.fill("grey").check(screen(presenter))
    assert output.present(presenter.pixmap(50, 50)).wait_complete().mode is CompleteMode.COPY
    picture.paste(chart_pixels(50, 50)).check(screen(presenter))
    close_overlay(overlay, output)
