# SPDX-License-Identifier: MIT
"""Windows of another visual than their parent's, which the server redirects by itself.

Newer servers make background and border of a window with alpha opaque when it lies in a window
without; hence they are opaque here from the start, unlike what is drawn.
"""

import pytest
from xcffib.composite import Redirect
from xcffib.xproto import CW, BackingStore, EventMask, Gravity, StackMode, VisualClass

from harness.capture.arrival import await_on_screen, await_picture
from harness.capture.get_image import capture, photograph
from harness.clients.resources.window import is_redirected
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", depths=[32], uncomposited=True),
]

AUTOMATIC, MANUAL = Redirect.Automatic, Redirect.Manual
X, Y, WIDTH, HEIGHT = 30, 20, 80, 64
AREA = Rectangle(X, Y, WIDTH, HEIGHT)
OPAQUE = 0xFF000000


def transparent_chart(width, height, seed=0):
    """A chart of depth 32 whose alpha differs from pixel to pixel."""
    alpha = chart_pixels(width, height, 8, seed).astype("uint32") << 24
    return chart_pixels(width, height, 24, seed) | alpha


def backdrop(presenter, depth=24, **attributes):
    """A grey parent at (X, Y)."""
    colour = "grey" if depth == 24 else 0x40808080
    return presenter.window(
        WIDTH, HEIGHT, x=X, y=Y, events=0, depth=depth, background=colour, **attributes
    )


def on_screen(presenter, picture):
    """The screen becomes ``picture`` without being read, and shows it when it is."""
    await_picture(picture, lambda: photograph(presenter, AREA))
    return await_on_screen(presenter, picture, X, Y)


@pytest.mark.parametrize(
    "",
    [
        pytest.param(marks=pytest.mark.xserver(depth=16), id="depth16"),
        pytest.param(marks=pytest.mark.xserver(depth=24), id="depth24"),
        pytest.param(
            marks=[
                pytest.mark.xserver(depth=30),
                pytest.mark.needs(servers="xvfb", reason="a screen deeper than its host's"),
            ],
            id="depth30",
        ),
    ],
)
def test_a_screen_has_a_visual_with_alpha(presenter):
    """Among its depths is 32, with one TrueColor visual of 8 bits per channel whose masks leave
    the upper byte to alpha (CMP-064)."""
    (visuals,) = [
        list(allowed.visuals) for allowed in presenter.screen.allowed_depths if allowed.depth == 32
    ]
    true = [visual for visual in visuals if visual._class == VisualClass.TrueColor]
    assert true
    for visual in true:
        masks = (visual.red_mask, visual.green_mask, visual.blue_mask)
        assert masks == (0xFF0000, 0xFF00, 0xFF)
        assert visual.bits_per_rgb_value == 8
        assert visual.colormap_entries == 256
    ids = [
        visual.visual_id
        for allowed in presenter.screen.allowed_depths
        for visual in allowed.visuals
    ]
    assert len(set(ids)) == len(ids)
    assert presenter.screen.root_visual not in {visual.visual_id for visual in visuals}
    assert presenter.formats[32] == (32, 32)


@pytest.mark.parametrize(
    ("outer", "inner", "redirected"),
    [(24, 32, True), (32, 24, True), (32, 32, False), (24, 24, False)],
)
def test_a_child_of_another_visual_is_redirected_by_the_server(presenter, outer, inner, redirected):
    """A window with alpha in one without, and the other way round, has a backing pixmap that
    nobody asked for; one of its parent's visual has none (CMP-063)."""
    parent = backdrop(presenter, outer)
    child = presenter.window(
        20, 20, parent=parent, depth=inner, events=0, border_width=2, background=0
    )
    assert is_redirected(child) == redirected
    assert is_redirected(parent) == (outer == 32)
    if redirected:
        geometry = child.name_pixmap().geometry
        assert (geometry.width, geometry.height, geometry.depth) == (24, 24, inner)
    child.unmap()
    assert not is_redirected(child)
    child.map()
    assert is_redirected(child) == redirected


def test_a_top_level_window_with_alpha_is_redirected_by_the_server(presenter, connect):
    """The root is a parent like others; any client can name the pixmap (CMP-063)."""
    window = presenter.window(20, 20, events=0, depth=32, background=0x80112233)
    presenter.sync()
    other = connect("other")
    pixmap = other.borrow_window(window, events=0).name_pixmap()
    Canvas(20, 20, 32, 0x80112233).check(capture(pixmap))


def test_nobody_can_end_what_the_server_redirected(presenter, connect):
    """The server's own redirection is no client's: Value in either mode, and it stays
    (CMP-063, CMP-013)."""
    window = presenter.window(20, 20, events=0, depth=32, background=0)
    presenter.sync()
    seen = connect("other").borrow_window(window, events=0)
    for who in (window, seen):
        for mode in (AUTOMATIC, MANUAL):
            with who.client.expect_error("Value"):
                who.unredirect(mode)
    assert is_redirected(window)


def test_clients_redirect_on_top_of_the_server(presenter):
    """A client's Automatic and Manual stand beside the server's; Manual takes the window off
    the screen, and when it ends the server shows it again (CMP-063, CMP-011, CMP-014)."""
    parent = backdrop(presenter)
    window = presenter.window(40, 30, x=9, y=7, parent=parent, events=0, depth=32, background=0)
    chart = transparent_chart(40, 30)
    window.put(chart)
    empty = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
    full = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
    full.area(9, 7, 40, 30).paste(chart & 0xFFFFFF)
    on_screen(presenter, full)
    for mode, shown in ((AUTOMATIC, full), (MANUAL, empty)):
        window.redirect(mode)
        on_screen(presenter, shown)
        assert is_redirected(window)
        window.unredirect(mode)
        on_screen(presenter, full)
        assert is_redirected(window)
    Canvas(40, 30, 32).paste(chart).check(capture(window))


@pytest.mark.parametrize("border", [0, 3])
def test_a_window_with_alpha_shows_its_colours_on_the_screen(presenter, border, golden):
    """The server paints its colours on the parent and does not blend; window and pixmap keep
    the alpha (CMP-063, CMP-019)."""
    parent = backdrop(presenter)
    window = presenter.window(
        40, 30, x=-6, y=9, parent=parent, events=0, depth=32, border_width=border,
        background=0xFFFF8000, border=0xFF0080FF,
    )  # fmt: skip
    presenter.window(20, 15, x=25, y=30, parent=parent, events=0, background="red")
    chart = transparent_chart(30, 20)
    window.put(chart)
    own = Canvas(40 + 2 * border, 30 + 2 * border, 32, 0xFF0080FF)
    own.area(border, border, 40, 30).fill(0xFFFF8000).paste(chart)
    screen = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
    screen.area(-6, 9, 200, 200).paste(own.frame.pixels & 0xFFFFFF)
    screen.area(25, 30, 20, 15).fill("red")
    golden.check(on_screen(presenter, screen), "screen")
    own.check(capture(window.name_pixmap()))
    window.fill(0x00123456, 3, 20, 15, 7)
    own.area(border + 3, border + 20, 15, 7).fill(0x00123456)
    screen.area(-6, 9, 200, 200).paste(own.frame.pixels & 0xFFFFFF)
    screen.area(25, 30, 20, 15).fill("red")
    on_screen(presenter, screen)
    own.check(capture(window.name_pixmap()))


def test_windows_of_both_visuals_inside_of_each_other(presenter, golden):
    """Depth 24 in depth 32 in depth 24: each is painted on its parent, of which it covers the
    alpha with opaque pixels, and all on the screen (CMP-063, CMP-019)."""
    outer = backdrop(presenter)
    middle = presenter.window(
        60, 50, x=8, y=6, parent=outer, events=0, depth=32, background=0xFF204080
    )
    inner = presenter.window(30, 24, x=20, y=15, parent=middle, events=0, background="green")
    innermost = presenter.window(
        12, 9, x=5, y=6, parent=inner, events=0, depth=32, background=0xFFFFFF00
    )
    middle.fill(0x10FF40FF, 2, 3, 50, 9)
    inner.put(chart_pixels(30, 24))
    screen = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
    part = screen.area(8, 6, 60, 50).fill(0x204080)
    part.area(2, 3, 50, 9).fill(0xFF40FF)
    part.area(20, 15, 30, 24).paste(chart_pixels(30, 24)).area(5, 6, 12, 9).fill(0xFFFF00)
    golden.check(on_screen(presenter, screen), "screen")
    Canvas(12, 9, 32, 0xFFFFFF00).check(capture(innermost))
    whole = Canvas(60, 50, 32, 0xFF204080)
    whole.area(2, 3, 50, 9).fill(0x10FF40FF)
    small = Canvas(30, 24, presenter.depth).paste(chart_pixels(30, 24))
    small.area(5, 6, 12, 9).fill(0xFFFF00)
    whole.area(20, 15, 30, 24).paste(small.frame.pixels | OPAQUE)
    whole.check(capture(middle))


@pytest.mark.parametrize("mode", [None, AUTOMATIC, MANUAL], ids=["server", "automatic", "manual"])
def test_a_child_with_alpha_without_background_has_defined_pixels(presenter, mode):
    """The new backing pixmap of a window without a background holds the opaque colours of
    what is beneath it, although its parent is of another depth, and not what was left in memory
    (xserver commit f98dfec79; CMP-063, CMP-037)."""
    parent = backdrop(presenter)
    parent.put(chart_pixels(WIDTH, HEIGHT))
    sibling = presenter.window(20, 20, x=15, y=12, parent=parent, events=0, background="red")
    child = presenter.window(
        40, 30, x=9, y=7, parent=parent, events=0, depth=32, background=None, mapped=False
    )
    if mode is not None:
        child.redirect(mode)
    child.map()
    beneath = Canvas(WIDTH, HEIGHT, presenter.depth).paste(chart_pixels(WIDTH, HEIGHT))
    beneath.area(15, 12, 20, 20).fill("red")
    own = Canvas(40, 30, 32).paste(beneath.frame.pixels[7:37, 9:49] | OPAQUE)
    own.check(capture(child))
    own.check(capture(child.name_pixmap()))
    sibling.destroy()
    own.check(capture(child))


def test_a_child_without_alpha_in_a_window_with_it_has_defined_pixels(presenter):
    """The other way round: the colours without the alpha of what is beneath (xserver commit
    f98dfec79; CMP-063, CMP-037)."""
    parent = backdrop(presenter, 32)
    chart = transparent_chart(WIDTH, HEIGHT)
    parent.put(chart)
    child = presenter.window(40, 30, x=9, y=7, parent=parent, events=0, depth=24, background=None)
    Canvas(40, 30, presenter.depth).paste(chart[7:37, 9:49] & 0xFFFFFF).check(capture(child))


def test_a_child_with_alpha_gets_its_background_when_it_grows(presenter):
    """A larger backing pixmap is filled with the window's own background, or keeps what was
    drawn, alpha and all (CMP-063, CMP-037)."""
    parent = backdrop(presenter)
    north_west = {CW.BitGravity: Gravity.NorthWest}
    child = presenter.window(
        20, 15, x=3, y=4, parent=parent, events=0, depth=32, background=0xFF667788,
        attributes=north_west,
    )  # fmt: skip
    chart = transparent_chart(20, 15)
    child.put(chart)
    child.resize(50, 40)
    own = Canvas(50, 40, 32, 0xFF667788).paste(chart)
    own.check(capture(child))
    screen = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
    screen.area(3, 4, 50, 40).paste(own.frame.pixels & 0xFFFFFF)
    on_screen(presenter, screen)
    child.move(25, 20)
    screen.fill("grey").area(25, 20, 50, 40).paste(own.frame.pixels & 0xFFFFFF)
    on_screen(presenter, screen)


@pytest.mark.parametrize("depth", [24, 32])
def test_reparenting_decides_anew(presenter, depth):
    """Between parents of either visual the server redirects a window exactly where the visuals
    differ, again and again (CMP-063, CMP-043)."""
    homes = {24: backdrop(presenter), 32: backdrop(presenter, 32)}
    child = presenter.window(
        20, 16, parent=homes[depth], events=0, depth=depth, background=0xFFFF0000
    )
    for home in (24, 32, 32, 24, 24, 32):
        child.fill(0x80123456, 0, 0, 5, 5)
        homes[home].configure(stack_mode=StackMode.Above)
        child.reparent(homes[home], 10, 12)
        assert is_redirected(child) == (home != depth)
        with presenter.expect_error("Value"):
            child.unredirect(AUTOMATIC)
        mask = (1 << depth) - 1
        own = Canvas(20, 16, depth, 0xFFFF0000 & mask)
        own.check(capture(child))
        child.fill(0x4000FF00 & mask, 7, 7, 5, 5)
        own.area(7, 7, 5, 5).fill(0x4000FF00 & mask)
        own.check(capture(child))
        screen = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
        screen.area(10, 12, 20, 16).paste(own.frame.pixels & 0xFFFFFF)
        await_on_screen(presenter, screen, X, Y)


def test_a_clients_redirection_survives_where_the_servers_ends(presenter):
    """Reparented to where no visual differs, the window stays redirected by whoever asked for
    it (CMP-063, CMP-043)."""
    plain, alpha = backdrop(presenter), backdrop(presenter, 32)
    child = presenter.window(20, 16, parent=plain, events=0, depth=32, background=0)
    child.redirect(AUTOMATIC)
    child.reparent(alpha)
    assert is_redirected(child)
    child.unredirect(AUTOMATIC)
    assert not is_redirected(child)
    child.reparent(plain)
    assert is_redirected(child)


def test_a_window_with_alpha_that_is_destroyed_leaves_its_parent(presenter):
    """The parent shows its background again, and the named pixmap keeps the alpha
    (CMP-063)."""
    parent = backdrop(presenter)
    child = presenter.window(40, 30, x=9, y=7, parent=parent, events=0, depth=32, background=0)
    chart = transparent_chart(40, 30)
    child.put(chart)
    pixmap = child.name_pixmap()
    child.destroy()
    on_screen(presenter, Canvas(WIDTH, HEIGHT, presenter.depth, "grey"))
    Canvas(40, 30, 32).paste(chart).check(capture(pixmap))


@pytest.mark.parametrize("kept", [None, BackingStore.Always], ids=["server", "backing-store"])
def test_other_attributes_leave_the_servers_redirection(presenter, kept):
    """What the server redirected by itself stays so, whatever attribute is changed but the backing
    store; a window that it did not redirect does not become so (CMP-173)."""
    if kept is not None and presenter.screen.backing_stores == BackingStore.NotUseful:
        pytest.skip("needs a screen with a backing store, which this server announces as Never")
    window = presenter.window(*(20, 20), depth=32 if kept is None else None, background=0, events=0)
    other = presenter.window(20, 20, background=0, events=0)
    core = presenter.core
    if kept is not None:
        core.ChangeWindowAttributes(window.id, CW.BackingStore, [kept])
    for mask, value in [
        (CW.BackPixel, 1),
        (CW.BorderPixel, 1),
        (CW.BitGravity, Gravity.Center),
        (CW.WinGravity, Gravity.Center),
        (CW.BackingPlanes, 1),
        (CW.SaveUnder, 1),
        (CW.EventMask, EventMask.Exposure),
        (CW.OverrideRedirect, 1),
    ]:
        for one in (window, other):
            core.ChangeWindowAttributes(one.id, mask, [value])
        assert is_redirected(window)
        assert not is_redirected(other)


def test_colours_of_the_visual_with_alpha_are_opaque(presenter):
    """A pixel that is allocated has the colour where the masks say, with full alpha, and is told
    as that colour (CMP-174)."""
    core, id = presenter.core, presenter.new_id()
    core.CreateColormap(0, id, presenter.root, visual_with_alpha(presenter))
    for red, green, blue in [(0xFF, 0, 0), (0, 0xFF, 0), (0, 0, 0xFF), (0x12, 0x34, 0x56)]:
        wide = [part * 0x101 for part in (red, green, blue)]
        got = core.AllocColor(id, *wide).reply()
        assert got.pixel == OPAQUE | red << 16 | green << 8 | blue
        assert [got.red, got.green, got.blue] == wide
        [told] = core.QueryColors(id, 1, [got.pixel]).reply().colors
        assert [told.red, told.green, told.blue] == wide
    core.FreeColormap(id)


def visual_with_alpha(presenter):
    return next(
        visual.visual_id
        for depth in presenter.screen.allowed_depths
        if depth.depth == 32
        for visual in depth.visuals
        if visual._class == VisualClass.TrueColor
    )


def test_colormaps_of_the_visual_with_alpha_are_not_installed(presenter):
    """It is no visual of the hardware: what is installed stays (CMP-163)."""
    core, root = presenter.core, presenter.root
    visual = visual_with_alpha(presenter)
    installed = core.ListInstalledColormaps(root).reply().cmaps
    own, plain = presenter.new_id(), presenter.new_id()
    core.CreateColormap(0, own, root, visual)
    core.InstallColormap(own)
    assert list(core.ListInstalledColormaps(root).reply().cmaps) == list(installed)
    core.CreateColormap(0, plain, root, presenter.screen.root_visual)
    core.InstallColormap(plain)
    assert plain in core.ListInstalledColormaps(root).reply().cmaps
    core.InstallColormap(own)
    now = list(core.ListInstalledColormaps(root).reply().cmaps)
    assert plain in now
    assert own not in now
    core.InstallColormap(presenter.screen.default_colormap)
