# SPDX-License-Identifier: MIT
"""Screens that a compositor builds from backing pixmaps, Damage and events alone."""

import numpy as np
import pytest
from xcffib.xproto import CW, Atom, Circulate, EventMask, Gravity, StackMode

from harness.capture.get_image import capture_root
from harness.clients.compositing.composited_window import OPACITY
from harness.clients.compositing.compositor import Compositor
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels

WIDTH, HEIGHT = 160, 128
BLENDED = pytest.mark.xserver(depth=24)
"""A screen on which blending is exact: of fewer bits each step rounds."""

pytestmark = [
    pytest.mark.needs(
        "Composite", "DAMAGE", "XFIXES", "RENDER", "SHAPE", "Present", uncomposited=True
    ),
    pytest.mark.xserver(fps=600, size=(WIDTH, HEIGHT), any_depth=True),
]


@pytest.fixture
def screen(presenter):
    """The expected picture of a composed screen without windows."""
    return Canvas(WIDTH, HEIGHT, presenter.depth, "grey")


@pytest.fixture
def compositor(connect):
    return Compositor(connect("compositor"))


@pytest.fixture
def composed(barrier):
    """What the screen shows after the compositor has seen all that was drawn."""

    def look(compositor):
        barrier()
        shown = compositor.update()
        if shown is not None:
            shown.wait_complete()
        return capture_root(compositor.client)

    return look


def argb(width, height, colour, alpha):
    """Premultiplied pixels of one colour."""
    channels = [(colour >> shift & 0xFF) * alpha // 255 << shift for shift in (16, 8, 0)]
    return np.full((height, width), alpha << 24 | sum(channels), np.uint32)


def opaque(pixels):
    return pixels | np.uint32(0xFF000000)


def set_opacity(window, value):
    atom = window.client.atom(OPACITY)
    window.client.core.ChangeProperty(0, window.id, atom, Atom.CARDINAL, 32, 1, [value])


def framed(canvas, x, y, width, height, border, colour="white"):
    """The inside of a window at (x, y), whose border is painted."""
    canvas.area(x, y, width + 2 * border, height + 2 * border).fill(colour)
    return canvas.area(x + border, y + border, width, height)


def test_overlapping_windows_with_borders(presenter, compositor, screen, golden, composed):
    """Each window is drawn from its own pixmap, border and all, in stacking order, parts beyond
    the screen left out (CMP-021, CMP-022, CMP-056)."""
    presenter.window(70, 50, x=10, y=10, background="red", border_width=3)
    presenter.window(60, 60, x=50, y=30, background="green", border_width=1, border="yellow")
    presenter.window(50, 40, x=130, y=95, background="blue", border_width=5, border="black")
    presenter.window(30, 30, x=-12, y=-9, background="magenta")
    framed(screen, 10, 10, 70, 50, 3).fill("red")
    framed(screen, 50, 30, 60, 60, 1, "yellow").fill("green")
    framed(screen, 130, 95, 50, 40, 5, "black").fill("blue")
    screen.area(-12, -9, 30, 30).fill("magenta")
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "screen")


def test_stacking_follows_the_events(presenter, compositor, screen, composed):
    """Raise, lower, above and below a sibling, circulate: the screen follows, and no Damage is
    needed for it (CMP-018)."""
    places = {"red": (10, 10), "green": (30, 20), "blue": (50, 30), "yellow": (20, 40)}
    windows = {
        colour: presenter.window(60, 40, x=x, y=y, background=colour)
        for colour, (x, y) in places.items()
    }
    red, green, blue, yellow = windows.values()
    circulate = presenter.core.CirculateWindow
    moves = [
        lambda: red.configure(stack_mode=StackMode.Above),
        lambda: blue.configure(stack_mode=StackMode.Below),
        lambda: yellow.configure(sibling=green.id, stack_mode=StackMode.Below),
        lambda: blue.configure(sibling=green.id, stack_mode=StackMode.Above),
        lambda: circulate(Circulate.RaiseLowest, presenter.root),
        lambda: circulate(Circulate.LowerHighest, presenter.root),
    ]
    orders = ["rgby", "gbyr", "bgyr", "bygr", "ygbr", "gbry", "ygbr"]
    for move, order in zip([lambda: None, *moves], orders, strict=True):
        move()
        shown = composed(compositor)
        there = presenter.core.QueryTree(presenter.root).reply().children
        assert compositor.order == [id for id in there if id in compositor.order]
        names = {window.id: colour for colour, window in windows.items()}
        assert "".join(names[id][0] for id in compositor.order) == order
        for id in compositor.order:
            screen.area(*places[names[id]], 60, 40).fill(names[id])
        screen.check(shown)


def test_shaped_windows(presenter, compositor, screen, golden, composed):
    """A shaped window is drawn where its bounding shape is, border included; the shape may
    change and go beyond the window."""
    presenter.window(90, 70, x=20, y=20, background="blue")
    ring = presenter.window(60, 60, x=40, y=20, background="red", border_width=4)
    ring.shape([(-4, -4, 68, 20), (-4, 48, 68, 20), (-4, 16, 20, 32), (44, 16, 40, 32)])
    screen.area(20, 20, 90, 70).fill("blue")
    parts = ((0, 0, 68, 20), (0, 52, 68, 20), (0, 20, 20, 32), (48, 20, 20, 32))
    clipped = screen.area(40, 20, 68, 68).within(*parts)
    framed(clipped, 0, 0, 60, 60, 4).fill("red")
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "ring")
    ring.shape([(10, 10, 20, 20)])
    screen.area(20, 20, 90, 70).fill("blue")
    screen.area(110, 20, 50, 70).fill("grey")
    screen.area(40, 0, 120, 20).fill("grey")
    screen.area(40, 90, 120, 30).fill("grey")
    screen.area(54, 34, 20, 20).fill("red")
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "square")


@BLENDED
def test_windows_with_alpha(presenter, compositor, screen, golden, composed):
    """Windows of depth 32 are blended over what is below by their own alpha, their border too
    (CMP-063)."""
    presenter.window(100, 60, x=10, y=10, background="yellow")
    glass = presenter.window(
        80, 80, x=40, y=25, depth=32, background=0x80008000, border_width=4, border=0x40400000
    )
    glass.put(argb(30, 20, 0xFF00FF, 0xFF))
    glass.fill(0, 40, 40, 30, 30)
    screen.area(10, 10, 100, 60).fill("yellow")
    picture = np.full((88, 88), 0x40400000, np.uint32)
    picture[4:84, 4:84] = 0x80008000
    picture[4:24, 4:34] = 0xFFFF00FF
    picture[44:74, 44:74] = 0
    screen.blend(picture, 40, 25)
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "glass")


@BLENDED
def test_opacity(presenter, compositor, screen, golden, composed):
    """The opacity that a window asks for weakens it, opaque or not, and may change."""
    chart = chart_pixels(70, 50)
    lower = presenter.window(70, 50, x=10, y=20)
    lower.put(chart)
    upper = presenter.window(70, 50, x=50, y=40, background="red")
    glass = presenter.window(60, 40, x=30, y=60, depth=32, background=0x80000080)
    set_opacity(upper, 0xC0C0C0C0)
    set_opacity(glass, 0x80808080)

    def painted(upper_opacity, glass_opacity):
        picture = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
        picture.area(10, 20, 70, 50).paste(chart)
        picture.blend(argb(70, 50, 0xFF0000, 0xFF), 50, 40, upper_opacity)
        return picture.blend(np.full((40, 60), 0x80000080, np.uint32), 30, 60, glass_opacity)

    shown = composed(compositor)
    painted(0xC0, 0x80).check(shown)
    golden.check(shown, "screen")
    set_opacity(upper, 0)
    presenter.core.DeleteProperty(glass.id, presenter.atom(OPACITY))
    painted(0, 0xFF).check(composed(compositor))


def test_inner_windows_are_part_of_the_picture(presenter, compositor, screen, golden, composed):
    """Windows inside of a redirected one are drawn into its pixmap; drawing in them, moving
    and unmapping them is reported by its Damage (CMP-027, CMP-065)."""
    outer = presenter.window(100, 80, x=20, y=15, background="blue", border_width=2)
    inner = presenter.window(
        50, 40, x=20, y=20, parent=outer, background="green", border_width=3, border="red"
    )
    leaf = presenter.window(30, 30, x=30, y=-10, parent=inner, background="yellow")
    outside = framed(screen, 20, 15, 100, 80, 2).fill("blue")
    framed(outside, 20, 20, 50, 40, 3, "red").fill("green").area(30, -10, 30, 30).fill("yellow")
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "tree")
    leaf.fill("magenta", 0, 0, 10, 20)
    inside = outside.area(23, 23, 50, 40)
    inside.area(30, -10, 10, 20).fill("magenta")
    screen.check(composed(compositor))
    inner.move(40, 30)
    outside.fill("blue")
    inside = framed(outside, 40, 30, 50, 40, 3, "red").fill("green")
    # The part above the green window's edge was never kept.
    inside.area(30, -10, 30, 30).fill("yellow")
    inside.area(30, -10, 10, 20).fill("magenta")
    screen.check(composed(compositor))
    leaf.unmap()
    inside.fill("green")
    screen.check(composed(compositor))


@BLENDED
def test_children_of_a_redirected_window_redirected_too(
    presenter, compositor, connect, golden, composed
):
    """Redirection at two levels: one client paints a window from the pixmaps of its children,
    the compositor paints the screen from that window's pixmap (CMP-038, CMP-045, CMP-046)."""
    frame = presenter.window(110, 80, x=20, y=15, background="white", border_width=3)
    presenter.sync()
    inner = Compositor(connect("inner"), frame, background="cyan")
    presenter.window(60, 40, x=8, y=10, parent=frame, background="red", border_width=2)
    glass = presenter.window(60, 50, x=40, y=20, parent=frame, depth=32)
    # Not as background, which newer servers make opaque inside of a window without alpha.
    glass.fill(0x80000080)
    presenter.sync()
    screen = Canvas(WIDTH, HEIGHT, presenter.depth, "grey")
    inside = framed(screen, 20, 15, 110, 80, 3).fill("cyan")
    screen.check(composed(compositor))
    inner.update()
    framed(inside, 8, 10, 60, 40, 2).fill("red")
    inside.blend(np.full((50, 60), 0x80000080, np.uint32), 40, 20)
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "two-levels")
    glass.fill(0xFF00FF00, 0, 0, 20, 20)
    presenter.sync()
    screen.check(composed(compositor))
    inner.update()
    inside.area(40, 20, 20, 20).fill("green")
    screen.check(composed(compositor))


def test_drawing_is_on_the_screen_when_the_compositor_has_painted(
    presenter, compositor, screen, composed
):
    """What is drawn stays in the window's pixmap; its Damage brings it to the screen, and only
    it: nothing else is painted again (CMP-018, CMP-065)."""
    window = presenter.window(80, 60, x=30, y=20, background="blue", border_width=2)
    inside = framed(screen, 30, 20, 80, 60, 2).fill("blue")
    screen.check(composed(compositor))
    window.fill("red", 5, 6, 20, 10)
    window.fill("yellow", 60, 50, 40, 40)
    presenter.sync()
    screen.check(capture_root(presenter))
    inside.area(5, 6, 20, 10).fill("red")
    inside.area(60, 50, 40, 40).fill("yellow")
    screen.check(composed(compositor))
    assert compositor.update() is None
    presenter.window(20, 20, x=100, y=10, background="green").fill("cyan", 3, 3, 4, 4)
    screen.area(100, 10, 20, 20).fill("green").area(3, 3, 4, 4).fill("cyan")
    screen.check(composed(compositor))


@pytest.mark.parametrize(
    ("gravity", "dx", "dy"),
    [(Gravity.NorthWest, 0, 0), (Gravity.SouthEast, 30, 20), (Gravity.Center, 15, 10)],
    ids=["north-west", "south-east", "center"],
)
def test_resize_keeps_what_bit_gravity_says(
    presenter, compositor, screen, golden, gravity, dx, dy, composed
):
    """A resized window is drawn from its new pixmap: the old picture where bit gravity puts it,
    background around (CMP-029, CMP-032)."""
    chart = chart_pixels(60, 40)
    window = presenter.window(
        60,
        40,
        x=20,
        y=20,
        background="yellow",
        border_width=2,
        attributes={CW.BitGravity: gravity},
    )
    window.put(chart)
    framed(screen, 20, 20, 60, 40, 2).paste(chart)
    screen.check(composed(compositor))
    window.resize(90, 60)
    framed(screen, 20, 20, 90, 60, 2).fill("yellow").paste(chart, dx, dy)
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "grown")
    window.resize(45, 31)
    screen.area(0, 0, WIDTH, HEIGHT).fill("grey")
    # The shrunk picture was moved within the grown one.
    inside = framed(screen, 20, 20, 45, 31, 2).fill("yellow")
    back = {0: (0, 0), 30: (-45, -29), 15: (-22, -14)}[dx]
    inside.paste(chart, dx + back[0], dy + back[1])
    screen.check(composed(compositor))


def test_moving_showing_and_hiding(presenter, compositor, screen, composed):
    """Windows that move, are unmapped, mapped again, destroyed or leave the screen uncover
    what is below; a window's pixmap moves with it unharmed (CMP-020, CMP-028, CMP-033)."""
    chart = chart_pixels(60, 40)
    presenter.window(100, 70, x=10, y=10, background="blue")
    window = presenter.window(60, 40, x=30, y=20, background="yellow")
    window.put(chart)
    composed(compositor)
    window.move(-40, 60)
    presenter.sync()
    composed(compositor)
    window.move(70, 50)
    screen.area(10, 10, 100, 70).fill("blue")
    screen.area(70, 50, 60, 40).paste(chart)
    screen.check(composed(compositor))
    window.unmap()
    screen.area(70, 50, 60, 40).fill("grey").area(0, 0, 40, 30).fill("blue")
    screen.check(composed(compositor))
    window.map()
    screen.area(70, 50, 60, 40).fill("yellow")
    screen.check(composed(compositor))
    window.destroy()
    screen.area(70, 50, 60, 40).fill("grey").area(0, 0, 40, 30).fill("blue")
    screen.check(composed(compositor))


def test_windows_come_and_go_by_reparenting(presenter, compositor, screen, golden, composed):
    """A window that leaves the screen for another window becomes part of that one's picture,
    and a window of its own when it comes back (CMP-043)."""
    home = presenter.window(100, 80, x=10, y=10, background="blue")
    guest = presenter.window(50, 40, x=90, y=60, background="red", border_width=2)
    screen.area(10, 10, 100, 80).fill("blue")
    framed(screen, 90, 60, 50, 40, 2).fill("red")
    screen.check(composed(compositor))
    guest.reparent(home, 70, 20)
    screen.fill("grey")
    inside = screen.area(10, 10, 100, 80).fill("blue")
    framed(inside, 70, 20, 50, 40, 2).fill("red")
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "inside")
    assert compositor.order == [home.id]
    guest.reparent(presenter.root, 95, 5)
    screen.fill("grey").area(10, 10, 100, 80).fill("blue")
    framed(screen, 95, 5, 50, 40, 2).fill("red")
    screen.check(composed(compositor))
    guest.fill("green", 0, 0, 10, 10)
    framed(screen, 95, 5, 50, 40, 2).fill("red").area(0, 0, 10, 10).fill("green")
    shown = composed(compositor)
    screen.check(shown)
    golden.check(shown, "outside")


def test_border_changes_with_its_width_and_colour(presenter, compositor, screen, composed):
    """A wider border makes a new pixmap with the window further inside; the compositor shows
    both (CMP-030)."""
    chart = chart_pixels(50, 40)
    window = presenter.window(50, 40, x=20, y=20, border_width=2, border="red")
    window.select_core(0)
    presenter.core.ChangeWindowAttributes(window.id, CW.BitGravity, [Gravity.NorthWest])
    window.put(chart)
    framed(screen, 20, 20, 50, 40, 2, "red").paste(chart)
    screen.check(composed(compositor))
    window.configure(border_width=9)
    framed(screen, 20, 20, 50, 40, 9, "red").paste(chart)
    screen.check(composed(compositor))
    window.configure(border_width=0)
    screen.fill("grey").area(20, 20, 50, 40).paste(chart)
    screen.check(composed(compositor))


def test_window_without_background_starts_with_what_was_below(
    presenter, compositor, screen, composed
):
    """The pixmap of a window without background starts with what the screen shows there, and
    keeps it (CMP-037)."""
    host = presenter.window(100, 80, x=20, y=20, background="blue")
    host.fill("red", 40, 0, 60, 80)
    composed(compositor)
    window = presenter.window(50, 40, x=30, y=30, background=None)
    composed(compositor)
    window.fill("green", 0, 0, 10, 10)
    host.unmap()
    picture = screen.area(30, 30, 50, 40).fill("blue")
    picture.area(30, 0, 20, 40).fill("red")
    picture.area(0, 0, 10, 10).fill("green")
    screen.check(composed(compositor))


def test_application_dies(presenter, compositor, connect, screen, composed):
    """The windows of a client that dies are gone from the next frame."""
    other = connect("doomed")
    presenter.window(80, 60, x=20, y=20, background="blue")
    window = other.window(80, 60, x=60, y=40, background="red", border_width=3)
    other.window(20, 20, parent=window, background="green")
    other.sync()
    composed(compositor)
    other.close()
    presenter.sync()
    screen.area(20, 20, 80, 60).fill("blue")
    # The server notices the end of a connection in its own time.
    compositor.client.wait_for(
        lambda event: event.name == "DestroyNotify", "DestroyNotify of the dead client's window"
    )
    screen.check(composed(compositor))


@BLENDED
def test_frames_are_presented_as_they_are_copied(presenter, connect, screen, composed):
    """A compositor that presents its frames shows the same pictures; none of its pixmaps is
    painted before it is idle."""
    compositor = Compositor(connect("compositor"), buffers=2)
    low = presenter.window(60, 40, x=10, y=10, background="blue", border_width=2)
    high = presenter.window(60, 40, x=40, y=30, depth=32, background=0x80008000)
    framed(screen, 10, 10, 60, 40, 2).fill("blue")
    screen.blend(np.full((40, 60), 0x80008000, np.uint32), 40, 30)
    screen.check(composed(compositor))
    for step in range(8):
        low.move(10 + 9 * step, 10 + 7 * step)
        low.fill(0x100000 * step, step, step, 20, 10)
        high.resize(60 - 3 * step, 40 + 2 * step)
        screen.fill("grey")
        inside = framed(screen, 10 + 9 * step, 10 + 7 * step, 60, 40, 2)
        inside.fill("blue")
        for earlier in range(step + 1):
            inside.area(earlier, earlier, 20, 10).fill(0x100000 * earlier)
        glass = np.full((40 + 2 * step, 60 - 3 * step), 0x80008000, np.uint32)
        screen.blend(glass, 40, 30)
        screen.check(composed(compositor))
    assert len({frame.request.pixmap for frame in compositor.frames}) <= 2


def test_compositor_hands_the_screen_back(presenter, compositor, golden, composed):
    """When the compositor stops, every window shows on the screen what it held, the covered
    parts of windows excepted, which the screen cannot show (CMP-035, CMP-059)."""
    chart = chart_pixels(70, 50)
    lower = presenter.window(70, 50, x=10, y=20, border_width=2)
    upper = presenter.window(70, 50, x=50, y=40, background="red", border_width=4, border="blue")
    lower.put(chart)
    upper.fill("yellow", 10, 10, 20, 20)
    composed(compositor)
    compositor.stop()
    screen = Canvas(WIDTH, HEIGHT, presenter.depth, "black")
    framed(screen, 10, 20, 70, 50, 2).paste(chart)
    framed(screen, 50, 40, 70, 50, 4, "blue").fill("red").area(10, 10, 20, 20).fill("yellow")
    shown = capture_root(presenter)
    screen.check(shown)
    golden.check(shown, "screen")


@pytest.mark.parametrize("end", ["stop", "death"])
def test_another_compositor_takes_over(presenter, compositor, connect, screen, end, composed):
    """After a compositor has stopped or died the next one finds every window's picture."""
    window = presenter.window(70, 50, x=30, y=20, background="red", border_width=2)
    window.fill("yellow", 10, 10, 20, 20)
    composed(compositor)
    heir = connect("heir")
    heir.root_window(events=0).select_core(EventMask.SubstructureNotify)
    heir.sync()
    if end == "stop":
        compositor.stop()
    compositor.client.close()
    # The server notices the end of a connection in its own time.
    heir.wait_for(lambda event: event.name == "DestroyNotify", "the end of the overlay")
    inside = framed(screen, 30, 20, 70, 50, 2).fill("red")
    inside.area(10, 10, 20, 20).fill("yellow")
    if end == "death":
        # Without a compositor, windows lose what the overlay covers.
        window.fill("yellow", 10, 10, 20, 20)
    screen.check(composed(Compositor(heir)))
