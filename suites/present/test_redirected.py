# SPDX-License-Identifier: MIT
"""Presentations to windows whose pixels Composite keeps apart from the screen."""

import pytest
import xcffib.composite
from xcffib.composite import Redirect

from harness.capture.get_image import capture, capture_root
from harness.clients.present.presenter import PresentWindow
from harness.clients.resources.window import Overlay
from harness.models.stage import Stage
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.present import EventMask

pytestmark = [pytest.mark.xserver(fps=600, any_depth=True), pytest.mark.needs("Composite")]

CHART = chart_pixels(48, 40)
SECOND = chart_pixels(48, 40, seed=4)


def on_screen(presenter, picture):
    """The screen from (30, 20) on, where stages stand, as large as ``picture``."""
    frame = picture.frame
    return capture_root(presenter, Rectangle(30, 20, frame.width, frame.height))


def redirected_stage(presenter, **attributes):
    """A stage whose window is redirected before it is mapped, so that the screen has never
    shown it, and the window's own expected picture."""
    stage = Stage.open(presenter, mapped=False, **attributes)
    stage.window.redirect()
    stage.window.map()
    stage.picture.fill("grey")
    return stage, Canvas(48, 40, presenter.depth, "blue")


def test_manual_redirection_keeps_the_copy_from_the_screen(presenter, golden):
    """The copy lands in the backing pixmap, where window and pixmap name show it; the screen
    keeps what was there (PRE-062)."""
    stage, own = redirected_stage(presenter)
    backing = stage.window.name_pixmap()
    stage.window.present(stage.window.pixmap(), x_off=6, y_off=-5).wait_complete()
    own.paste(CHART, 6, -5)
    shown = capture(backing)
    own.check(shown)
    own.check(capture(stage.window))
    golden.check(shown, "backing")
    stage.picture.check(on_screen(presenter, stage.picture))


def test_backing_pixmap_named_later_shows_the_copy(presenter, golden):
    """A name given to the backing pixmap after the presentation shows the same pixels
    (PRE-062)."""
    stage, own = redirected_stage(presenter)
    stage.window.present(stage.window.pixmap(), x_off=-6).wait_complete()
    own.paste(CHART, -6, 0)
    shown = capture(stage.window.name_pixmap())
    own.check(shown)
    golden.check(shown, "backing")


def test_update_area_and_children_clip_in_the_backing_pixmap(presenter, golden):
    """A redirected window is drawn by the same rules: update area, offsets, children
    (PRE-062, PRE-055, PRE-058)."""
    stage, own = redirected_stage(presenter)
    presenter.window(12, 9, x=20, y=10, events=0, parent=stage.window, background="red")
    update = presenter.region((5, 2, 20, 30), (30, 0, 5, 40))
    stage.window.present(stage.window.pixmap(), update=update, x_off=3, y_off=4).wait_complete()
    own.within((8, 6, 20, 30), (33, 4, 5, 40)).paste(CHART, 3, 4)
    own.area(20, 10, 12, 9).fill("red")
    shown = capture(stage.window.name_pixmap())
    own.check(shown)
    golden.check(shown, "clipped")
    stage.picture.check(on_screen(presenter, stage.picture))


def test_border_of_the_backing_pixmap_is_never_drawn(presenter, golden):
    """The backing pixmap holds the border around the window; the copy begins inside of it
    (PRE-062, PRE-064)."""
    stage, _ = redirected_stage(presenter, border_width=4, border="red")
    stage.window.present(
        stage.window.pixmap(width=80, height=70), x_off=-10, y_off=-9
    ).wait_complete()
    backing = Canvas(56, 48, presenter.depth, "red")
    backing.area(4, 4, 48, 40).paste(chart_pixels(80, 70), -10, -9)
    shown = capture(stage.window.name_pixmap())
    backing.check(shown)
    golden.check(shown, "with-border")


def test_child_of_a_redirected_window_is_drawn_into_its_backing_pixmap(presenter, golden):
    """Windows inside of a redirected one share its backing pixmap, at their own place in it
    (PRE-062)."""
    stage, own = redirected_stage(presenter, border_width=3)
    child = presenter.window(20, 16, x=9, y=13, parent=stage.window, border_width=2)
    child.present(child.pixmap(), x_off=2, y_off=-3).wait_complete()
    own.area(9, 13, 24, 20).fill("white")
    own.area(11, 15, 20, 16).fill("black").paste(chart_pixels(20, 16), 2, -3)
    own.check(capture(stage.window))
    golden.check(stage.window, "child")
    stage.picture.check(on_screen(presenter, stage.picture))


def test_automatic_redirection_shows_the_copy_on_the_screen(presenter, golden):
    """Under automatic redirection the server itself brings the copy to the screen, and the
    backing pixmap holds it too (PRE-062)."""
    stage = Stage.open(presenter)
    stage.window.redirect(Redirect.Automatic)
    stage.window.present(stage.window.pixmap(), x_off=-5, y_off=7).wait_complete()
    stage.inside.paste(CHART, -5, 7)
    seen = on_screen(presenter, stage.picture)
    stage.picture.check(seen)
    golden.check(seen, "screen")
    Canvas(48, 40, presenter.depth, "blue").paste(CHART, -5, 7).check(
        capture(stage.window.name_pixmap())
    )


def test_covered_redirected_window_is_drawn_completely(presenter, golden):
    """Neither siblings nor the edges of parent and screen cut the copy of a redirected
    window: its pixels are all there (PRE-062)."""
    parent = presenter.window(80, 64, x=-20, y=-15, events=0, background="grey")
    window = presenter.window(48, 40, x=5, y=6, parent=parent, mapped=False)
    window.redirect()
    window.map()
    presenter.window(70, 60, x=8, y=8, events=0, parent=parent, background="red")
    window.present(window.pixmap(), y_off=2).wait_complete()
    whole = Canvas(48, 40, presenter.depth).paste(CHART, 0, 2)
    shown = capture(window.name_pixmap())
    whole.check(shown)
    golden.check(shown, "whole")


def test_redirected_subwindows_are_drawn_apart(presenter, golden):
    """Redirecting the children of a parent, as compositors do with the root, counts for
    children made later too (PRE-062)."""
    parent = presenter.window(80, 64, x=30, y=20, events=0, background="grey")
    presenter.extension(xcffib.composite).RedirectSubwindows(parent.id, Redirect.Manual)
    windows = [
        presenter.window(48, 40, x=x, y=9, parent=parent, background="blue") for x in (4, 20)
    ]
    for seed, window in enumerate(windows, 1):
        pixmap = presenter.pixmap(48, 40, colour="black").chart(seed)
        window.present(pixmap, x_off=seed).wait_complete()
    for seed, window in enumerate(windows, 1):
        own = Canvas(48, 40, presenter.depth, "blue").paste(
            chart_pixels(48, 40, seed=seed), seed, 0
        )
        shown = capture(window.name_pixmap())
        own.check(shown)
        golden.check(shown, f"window-{seed}")
    Canvas(80, 64, presenter.depth, "grey").check(
        capture_root(presenter, Rectangle(30, 20, 80, 64))
    )


def test_window_redirected_before_its_target_is_drawn_apart(presenter, golden):
    """Where the copy goes is decided when it is done: redirected by then, it leaves the
    screen as it is (PRE-062, PRE-060)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    fence = presenter.fence()
    presentation = stage.window.present(pixmap, wait_fence=fence)
    stage.window.redirect()
    # The server paints what this uncovers when it is next idle.
    stage.window.wait_msc(stage.window.msc() + 2)
    before = on_screen(presenter, stage.picture).pixels.copy()
    fence.trigger()
    presentation.wait_complete()
    shown = capture(stage.window.name_pixmap())
    Canvas(48, 40, presenter.depth).paste(CHART).check(shown)
    golden.check(shown, "backing")
    Canvas(80, 64, presenter.depth).paste(before).check(on_screen(presenter, stage.picture))


def test_window_released_before_its_target_is_drawn_on_the_screen(presenter, golden):
    """A redirection that ends while the presentation waits leaves the old backing pixmap as
    it was and brings the copy to the screen (PRE-062)."""
    stage, own = redirected_stage(presenter)
    backing = stage.window.name_pixmap()
    fence = presenter.fence()
    presentation = stage.window.present(stage.window.pixmap(), x_off=3, wait_fence=fence)
    stage.window.unredirect()
    fence.trigger()
    presentation.wait_complete()
    stage.inside.fill("blue").paste(CHART, 3, 0)
    seen = on_screen(presenter, stage.picture)
    stage.picture.check(seen)
    golden.check(seen, "screen")
    own.check(capture(backing))


def test_resized_window_is_drawn_into_its_new_backing_pixmap(presenter, golden):
    """A resize replaces the backing pixmap: the named one keeps the old picture, a
    presentation afterwards is in the new one (PRE-062)."""
    stage, own = redirected_stage(presenter)
    stage.window.present(stage.window.pixmap()).wait_complete()
    old = stage.window.name_pixmap()
    own.paste(CHART)
    stage.window.resize(60, 30)
    stage.window.present(presenter.pixmap(60, 30)).wait_complete()
    own.check(capture(old))
    shown = capture(stage.window.name_pixmap())
    Canvas(60, 30, presenter.depth).paste(chart_pixels(60, 30)).check(shown)
    golden.check(shown, "new")


def test_unmapped_redirected_window_keeps_its_last_picture(presenter):
    """A presentation to an unmapped redirected window draws nowhere: the pixmap named before
    holds the last picture, the window mapped again its background (PRE-059, PRE-062)."""
    stage, own = redirected_stage(presenter)
    stage.window.present(stage.window.pixmap()).wait_complete()
    backing = stage.window.name_pixmap()
    own.paste(CHART)
    stage.window.unmap()
    assert stage.window.present(stage.window.pixmap("red")).wait_complete().mode == 0
    own.check(capture(backing))
    stage.window.map()
    Canvas(48, 40, presenter.depth, "blue").check(capture(stage.window))


def test_backing_pixmap_of_one_window_is_presented_to_another(presenter, golden):
    """A compositor can present what a redirected window shows: the named pixmap is as good as
    any, border included (PRE-051, PRE-062)."""
    stage, _ = redirected_stage(presenter, border_width=2)
    stage.window.put(CHART)
    # Idle has a test of its own below: servers do not name such a pixmap.
    output = presenter.window(90, 70, x=200, y=100, events=EventMask.COMPLETE, background="green")
    update = presenter.region((0, 0, 30, 44), (34, 10, 15, 15))
    output.present(stage.window.name_pixmap(), x_off=11, y_off=9, update=update).wait_complete()
    backing = Canvas(52, 44, presenter.depth, "white")
    backing.area(2, 2, 48, 40).paste(CHART)
    picture = Canvas(90, 70, presenter.depth, "green")
    picture.within((11, 9, 30, 44), (45, 19, 15, 15)).paste(backing.frame.pixels, 11, 9)
    shown = capture(output)
    picture.check(shown)
    golden.check(shown, "composited")


@pytest.mark.parametrize(
    ("offset", "area"),
    [((24, 0), (0, 0, 24, 40)), ((0, -20), (0, 20, 48, 20))],
    ids=["right", "up"],
)
def test_a_windows_own_backing_pixmap_is_presented_to_it(presenter, offset, area):
    """One part of the picture is copied over another, as within any drawable (PRE-228)."""
    stage, _ = redirected_stage(presenter)
    window = stage.window
    # Servers do not name such a pixmap in Idle.
    window.context.select(EventMask.COMPLETE)
    window.put(CHART)
    x_off, y_off = offset
    window.present(
        window.name_pixmap(), x_off=x_off, y_off=y_off, update=presenter.region(area)
    ).wait_complete()
    x, y, width, height = area
    picture = Canvas(48, 40, presenter.depth).paste(CHART)
    picture.within((x + x_off, y + y_off, width, height)).paste(CHART, x_off, y_off)
    picture.check(capture(window))


@pytest.mark.known_bug(
    reference="NameWindowPixmap leaves drawable.id 0, and present_pixmap_idle reports it "
    "(seen on 1.20.11, 21.1.7, 21.1.16, 21.1.25 and X11Libre 25.2)",
    evidence=("failed: AssertionError", "rule violated: idle-pixmap"),
    strict=True,
)
def test_idle_names_a_presented_backing_pixmap(presenter):
    """A named backing pixmap is told by its name when it is idle, like any other (PRE-097)."""
    stage, _ = redirected_stage(presenter)
    backing = stage.window.name_pixmap()
    output = presenter.window(90, 70, x=200, y=100)
    assert output.present(backing).wait_idle().pixmap == backing.id


@pytest.mark.needs(uncomposited=True)
def test_two_windows_apart_do_not_mix(presenter, connect, golden):
    """Redirected by one client, presented to by another: each window's backing pixmap gets
    the picture of its own presentation (PRE-062, PRE-051)."""
    manager = connect("manager")
    windows = [
        presenter.window(48, 40, x=x, y=10, background="blue", mapped=False) for x in (0, 24)
    ]
    presenter.sync()
    for window in windows:
        manager.borrow_window(window, events=0).redirect()
    manager.sync()
    for window in windows:
        window.map()
    target = windows[0].msc() + 20
    pixmaps = [presenter.pixmap(48, 40, colour="black").chart(seed) for seed in (0, 4)]
    pair = [
        window.present(pixmap, target_msc=target)
        for window, pixmap in zip(windows, pixmaps, strict=True)
    ]
    for presentation in pair:
        presentation.wait_complete()
    for window, pixels, name in zip(windows, (CHART, SECOND), ("first", "second"), strict=True):
        shown = capture(manager.borrow_window(window, events=0).name_pixmap())
        Canvas(48, 40, presenter.depth).paste(pixels).check(shown)
        golden.check(shown, name)


def test_overlay_window_is_presented_to(presenter, golden):
    """A compositor presents its picture to the overlay window, which lies above all others
    (PRE-053, PRE-028)."""
    presenter.window(60, 60, x=20, y=20, events=0, background="red")
    composite = presenter.extension(xcffib.composite)
    overlay = composite.GetOverlayWindow(presenter.root).reply().overlay_win
    geometry = presenter.geometry(overlay)
    window = PresentWindow(presenter, overlay, geometry.width, geometry.height, geometry.depth)
    window.context = window.select()
    window.fill("grey", 0, 0, 100, 90)
    window.present(window.pixmap(width=80, height=60), x_off=10, y_off=15).wait_complete()
    picture = Canvas(100, 90, presenter.depth, "grey").paste(chart_pixels(80, 60), 10, 15)
    seen = capture_root(presenter, Rectangle(0, 0, 100, 90))
    picture.check(seen)
    golden.check(seen, "overlay")
    window.context.delete()
    composite.ReleaseOverlayWindow(presenter.root)


def test_a_window_in_the_overlay_is_presented_to(presenter):
    """A compositor may present to a child of the overlay window as to the overlay itself
    (PRE-232)."""
    overlay = Overlay.get(presenter)
    output = presenter.window(60, 50, x=40, y=30, parent=overlay.id, background="grey")
    output.present(output.pixmap(width=40, height=30), x_off=10, y_off=15).wait_complete()
    picture = Canvas(60, 50, presenter.depth, "grey").paste(chart_pixels(40, 30), 10, 15)
    picture.check(capture_root(presenter, Rectangle(40, 30, 60, 50)))
    output.destroy()
    overlay.release()


@pytest.mark.needs(depths=[32])
def test_redirected_window_with_alpha_keeps_every_plane(presenter, golden):
    """The backing pixmap of a window of depth 32 has its depth, and alpha arrives (PRE-062)."""
    window = presenter.window(48, 40, x=30, y=20, depth=32, background=0, mapped=False)
    window.redirect()
    window.map()
    pixmap = presenter.pixmap(48, 40, 32, "black")
    pixels = chart_pixels(48, 40, 24) | (chart_pixels(48, 40, 8).astype("uint32") << 24)
    pixmap.put(pixels)
    window.present(pixmap, x_off=-4, y_off=6).wait_complete()
    shown = capture(window.name_pixmap())
    Canvas(48, 40, 32, 0).paste(pixels, -4, 6).check(shown)
    golden.check(shown, "with-alpha")
    Canvas(48, 40, presenter.depth).check(capture_root(presenter, Rectangle(30, 20, 48, 40)))


@pytest.mark.needs("SHAPE")
@pytest.mark.parametrize("held_by", ["nothing", "target", "fence"])
@pytest.mark.parametrize(
    ("redirected", "mode"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param("window", Redirect.Automatic, id="automatic"),
        pytest.param("window", Redirect.Manual, id="manual"),
        pytest.param("parent", Redirect.Automatic, id="parent-automatic"),
        pytest.param("parent", Redirect.Manual, id="parent-manual"),
    ],
)
def test_all_that_limits_a_presentation_limits_it_at_once(
    presenter, too_late, held_by, redirected, mode
):
    """Offset, update area, children that come, shape and place of the window at that time, be it
    or its parent redirected, and whatever the presentation waited for (PRE-229)."""
    stage = Stage.open(presenter, border_width=2)
    window = stage.window
    if redirected:
        {"window": window, "parent": stage.parent}[redirected].redirect(mode)
    presenter.window(12, 9, x=20, y=10, events=0, parent=window, background="red")
    fence, target = presenter.fence(), window.msc() + 60
    held = {"target": {"target_msc": target}, "fence": {"wait_fence": fence}}.get(held_by, {})
    area = [(5, 2, 20, 30), (30, 0, 5, 38)]
    shown = window.present(
        window.pixmap(),
        update=presenter.region(*area),
        valid=presenter.region((0, 0, 9, 9)),
        x_off=3,
        y_off=-4,
        **held,
    )
    if held_by == "nothing":
        shown.wait_complete()
    inner = presenter.window(6, 30, x=10, y=5, events=0, parent=window, background="green")
    shape = [(-2, -2, 30, 44), (28, 6, 12, 30)]
    window.shape(shape)
    window.move(11, 9)
    if held_by == "target" and window.msc() >= target:
        too_late("the target had passed before the window had changed")
    fence.trigger()
    shown.wait_complete()
    presenter.sync()
    assert window.client.geometry(inner.id).x == 10

    def paint(inside):
        children = [(20, 10, 12, 9), (10, 5, 6, 30)]
        drawn = [(x + 3, y - 4, width, height) for x, y, width, height in area]
        inside.within(*drawn).without(*children[:1]).paste(CHART, 3, -4)
        inside.area(*children[0]).fill("red")
        inside.area(*children[1]).fill("green")

    if (redirected, mode) == ("window", Redirect.Manual):
        own = Canvas(52, 44, presenter.depth)
        paint(own.area(2, 2, 48, 40).fill("blue"))
        backing = capture(window.name_pixmap())
        for x, y, width, height in [(0, 0, 28, 40), (28, 6, 12, 30)]:
            part = Canvas(width, height, presenter.depth).paste(own.frame.pixels, -x - 2, -y - 2)
            part.check(backing.crop(x + 2, y + 2, width, height))
        return
    stage.picture.fill("grey")
    shaped = [(x + 2, y + 2, width, height) for x, y, width, height in shape]
    frame = stage.picture.area(11, 9, 52, 44).within(*shaped)
    frame.fill("white")
    paint(frame.area(2, 2, 48, 40).fill("blue"))
    stage.shown()
