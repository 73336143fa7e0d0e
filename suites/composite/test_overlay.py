# SPDX-License-Identifier: MIT
"""The Composite overlay window: one per screen, above everything, counted per client."""

import pytest
import xcffib.composite
import xcffib.randr
from xcffib.composite import Redirect
from xcffib.shape import SK, SO
from xcffib.xproto import CW, ClipOrdering, EventMask, MapState, ScreenSaver, StackMode

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture, capture_root
from harness.clients.connection.endpoint import REPLY_SECONDS
from harness.clients.connection.errors import ProtocolError
from harness.clients.resources.window import Overlay, Window, WindowClass
from harness.deadlines import Deadline
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle
from harness.x11.core_events import ConfigureNotify, DestroyNotify
from suites.marks import MEDIUM, UPDATES

pytestmark = [
    pytest.mark.xserver(any_depth=True),
    pytest.mark.needs("Composite", uncomposited=True),
]

MADE_ELSEWHERE = {
    "reference": "xserver commit 26ef545b3: the overlay that was destroyed is made as another "
    "window",
    "evidence": ("failed: AssertionError", "sanitizer report"),
    "strict": False,
    "fatal": True,
}

AREA = Rectangle(0, 0, 160, 120)


def screen(client, area=AREA):
    return capture_root(client, area)


def plain(client, *place, colour, **attributes):
    """A mapped window without Present events at (x, y, width, height)."""
    x, y, width, height = place
    return client.window(width, height, x=x, y=y, events=0, background=colour, **attributes)


def get(client, window):
    """GetOverlayWindow as it is; the id of the overlay."""
    return client.extension(xcffib.composite).GetOverlayWindow(window).reply().overlay_win


def release(client, window):
    client.extension(xcffib.composite).ReleaseOverlayWindow(window)


def children(client, window):
    return list(client.core.QueryTree(window).reply().children)


def exists(client, window):
    with client.catch_errors() as errors:
        client.core.GetWindowAttributes(window).reply()
    assert [error.name for error in errors] in ([], ["Window"])
    return not errors


def await_gone(client, window):
    """What a client leaves behind goes when the server has noticed that it left."""
    deadline = Deadline.after(REPLY_SECONDS)
    while exists(client, window):
        assert not deadline.passed, f"window {window:#x} still exists"


def covered(presenter, colour="grey"):
    """An overlay in one colour and the picture of the screen's corner under it."""
    overlay = Overlay.get(presenter)
    overlay.fill(colour)
    return overlay, Canvas(AREA.width, AREA.height, presenter.depth, colour)


ANY_WINDOW = {
    "root": lambda client: client.root,
    "child": lambda client: plain(client, 5, 5, 20, 20, colour="red").id,
    "unmapped": lambda client: plain(client, 5, 5, 20, 20, colour="red", mapped=False).id,
    "inputonly": lambda client: (
        client.window(9, 9, events=0, window_class=WindowClass.INPUT_ONLY).id
    ),
    "grandchild": lambda client: (
        plain(client, 1, 1, 5, 5, colour="red", parent=plain(client, 5, 5, 9, 9, colour="blue")).id
    ),
    "overlay": lambda client: get(client, client.root),
}


def test_overlay_covers_the_screen_as_the_root_does(presenter):
    """The overlay has the root's size, depth and visual, no border, and is mapped and
    override-redirect; nobody listens to it (CMP-053)."""
    overlay = Overlay.get(presenter)
    root = presenter.geometry(presenter.root)
    assert overlay.geometry == root
    assert (root.x, root.y, root.border_width) == (0, 0, 0)
    attributes = presenter.core.GetWindowAttributes(overlay.id).reply()
    assert attributes.visual == presenter.screen.root_visual
    assert attributes._class == WindowClass.INPUT_OUTPUT
    assert attributes.override_redirect == 1
    assert attributes.map_state == MapState.Viewable
    assert attributes.all_event_masks == 0
    tree = presenter.core.QueryTree(overlay.id).reply()
    assert (tree.root, tree.parent, tree.children_len) == (presenter.root, presenter.root, 0)


@pytest.mark.xserver(size=(333, 201), depth=16)
def test_overlay_follows_size_and_depth_of_its_screen(presenter):
    """Size, depth and visual are those of whatever screen it lies on (CMP-053)."""
    overlay = Overlay.get(presenter)
    assert overlay.geometry == presenter.geometry(presenter.root)
    assert overlay.geometry.depth == presenter.depth
    visual = presenter.core.GetWindowAttributes(overlay.id).reply().visual
    assert visual == presenter.screen.root_visual
    overlay.fill("green")
    Canvas(overlay.width, overlay.height, overlay.depth, "green").check(capture_root(presenter))


@pytest.mark.parametrize("kind", ANY_WINDOW)
def test_any_window_of_the_screen_selects_the_overlay(presenter, kind):
    """Whatever window is named, the answer is the one overlay, which the same window then
    releases (CMP-053, CMP-054, CMP-058)."""
    window = ANY_WINDOW[kind](presenter)
    overlay = get(presenter, window)
    assert presenter.geometry(overlay) == presenter.geometry(presenter.root)
    assert overlay == get(presenter, presenter.root)
    release(presenter, window)
    presenter.sync()
    assert exists(presenter, overlay)
    release(presenter, window)
    if kind == "overlay":
        release(presenter, presenter.root)
    presenter.sync()
    assert not exists(presenter, overlay)


@pytest.mark.parametrize("which", ["nothing", "pixmap", "unknown", "destroyed"])
def test_what_is_no_window_selects_no_overlay(presenter, which):
    """GetOverlayWindow and ReleaseOverlayWindow refuse what is no window, and count nothing
    (CMP-008, CMP-058)."""
    bad = {
        "nothing": lambda: 0,
        "pixmap": lambda: presenter.pixmap(8, 8).id,
        "unknown": presenter.new_id,
        "destroyed": lambda: destroyed(presenter),
    }[which]()
    with presenter.expect_error("Window", bad), pytest.raises(ProtocolError):
        get(presenter, bad)
    with presenter.expect_error("Window", bad):
        release(presenter, bad)
    with presenter.expect_error("Match"):
        release(presenter, presenter.root)


def destroyed(client):
    window = plain(client, 0, 0, 8, 8, colour="red")
    window.destroy()
    return window.id


def test_everybody_gets_the_same_overlay(presenter, connect):
    """All clients get one id, and the same after the overlay was destroyed and made anew
    (CMP-054)."""
    clients = [presenter, connect("second"), connect("third")]
    ids = {get(client, client.root) for client in clients}
    assert len(ids) == 1
    for client in clients:
        release(client, client.root)
        client.sync()
    (overlay,) = ids
    assert not exists(presenter, overlay)
    assert get(clients[2], presenter.root) == overlay
    assert exists(presenter, overlay)
    assert get(presenter, presenter.root) == overlay
    late = connect("late")
    assert get(late, late.root) == overlay


def test_overlay_has_an_id_of_the_server(presenter):
    """The same for all: it is in the range of no client, as the root's (CMP-054)."""
    overlay, mask = Overlay.get(presenter), presenter.core.conn.setup.resource_id_mask
    assert overlay.id & ~mask == presenter.root & ~mask
    assert overlay.id & ~mask != presenter.new_id() & ~mask


def test_overlay_is_in_no_list_of_children(presenter, connect):
    """QueryTree of the root leaves the overlay out and nothing else, whoever asks and
    whatever is restacked (CMP-055)."""
    other = connect("other")
    assert children(presenter, presenter.root) == []
    overlay = Overlay.get(presenter)
    assert children(presenter, presenter.root) == []
    first = plain(presenter, 5, 5, 20, 20, colour="red")
    second = plain(presenter, 5, 5, 20, 20, colour="blue")
    presenter.sync()
    third = plain(other, 5, 5, 20, 20, colour="blue", mapped=False)
    other.sync()
    for client in (presenter, other):
        assert children(client, client.root) == [first.id, second.id, third.id]
    first.configure(stack_mode=StackMode.Above)
    assert children(presenter, presenter.root) == [second.id, third.id, first.id]
    third.configure(stack_mode=StackMode.Below)
    other.sync()
    assert children(presenter, presenter.root) == [third.id, second.id, first.id]
    overlay.release()
    assert children(presenter, presenter.root) == [third.id, second.id, first.id]


def test_new_overlay_leaves_the_screen_as_it_is(presenter):
    """The overlay has no background: until somebody draws, the screen keeps its picture
    (CMP-053, CMP-056)."""
    plain(presenter, 0, 0, 160, 120, colour="orange")
    lower = plain(presenter, 20, 10, 60, 50, colour="red", border_width=3)
    lower.put(chart_pixels(60, 50))
    before = screen(presenter).pixels.copy()
    overlay = Overlay.get(presenter)
    picture = Canvas(160, 120, presenter.depth).paste(before)
    await_picture(picture, lambda: screen(presenter))
    picture.check(capture(overlay, AREA))
    overlay.clear()
    picture.check(screen(presenter))


RAISES = {
    "above": lambda window: window.configure(stack_mode=StackMode.Above),
    "top-if": lambda window: window.configure(stack_mode=StackMode.TopIf),
    "opposite": lambda window: window.configure(stack_mode=StackMode.Opposite),
    "circulate": lambda window: window.client.core.CirculateWindow(0, window.client.root),
    "remap": lambda window: (window.unmap(), window.map()),
    "move": lambda window: window.move(30, 20),
    "resize": lambda window: window.resize(70, 44),
    "reparent": lambda window: window.reparent(window.client.root, 11, 12),
    "automatic": lambda window: window.redirect(Redirect.Automatic),
    "manual": lambda window: window.redirect(Redirect.Manual),
}


@pytest.mark.parametrize("way", RAISES)
@pytest.mark.parametrize("managed", [False, True], ids=["override", "managed"])
def test_no_window_comes_above_the_overlay(presenter, way, managed):
    """Raising, mapping, moving or redirecting a window shows nothing of it above the overlay,
    nor does drawing (CMP-056)."""
    attributes = {CW.OverrideRedirect: 0} if managed else None
    lower = plain(presenter, 20, 15, 60, 40, colour="red", attributes=attributes)
    other = plain(presenter, 50, 30, 60, 40, colour="green", border_width=4)
    overlay, picture = covered(presenter)
    RAISES[way](lower)
    for window in (lower, other):
        window.fill("magenta")
        window.clear()
    presenter.sync()
    presenter.sync()
    picture.check(screen(presenter))
    overlay.put(chart_pixels(100, 80))
    picture.paste(chart_pixels(100, 80))
    picture.check(screen(presenter))


@pytest.mark.parametrize("managed", [False, True], ids=["override", "managed"])
def test_window_mapped_later_stays_below_the_overlay(presenter, connect, managed):
    """New windows, of any client, appear below the overlay and above the other windows
    (CMP-056)."""
    attributes = {CW.OverrideRedirect: 0 if managed else 1}
    overlay, picture = covered(presenter)
    first = plain(presenter, 10, 10, 60, 50, colour="red", attributes=attributes)
    presenter.sync()
    other = connect("other")
    plain(other, 30, 30, 60, 50, colour="blue", attributes=attributes, border_width=2)
    other.sync()
    picture.check(screen(presenter))
    overlay.release()
    under = Canvas(80, 80, presenter.depth, "black")
    under.area(10, 10, 60, 50).fill("red")
    under.area(30, 30, 64, 54).fill("white").area(2, 2, 60, 50).fill("blue")
    area = Rectangle(10, 10, 70, 70)
    wanted = Canvas(70, 70, presenter.depth).paste(under.frame.pixels[10:, 10:])
    await_picture(wanted, lambda: screen(presenter, area))
    first.configure(stack_mode=StackMode.Above)
    wanted.area(0, 0, 60, 50).fill("red")
    await_picture(wanted, lambda: screen(presenter, area))


def test_overlay_above_overlapping_windows(presenter, golden):
    """What a compositor draws on the overlay covers overlapping windows and what they draw;
    a child of the overlay is above it (CMP-056, CMP-062)."""
    lower = plain(presenter, 10, 8, 90, 70, colour="blue", border_width=3)
    upper = plain(presenter, 50, 40, 90, 70, colour="orange")
    overlay = Overlay.get(presenter)
    overlay.fill("grey", 0, 0, AREA.width, AREA.height)
    overlay.put(chart_pixels(70, 90))
    child = plain(presenter, 60, 20, 50, 40, colour="green", border_width=5, parent=overlay)
    child.fill("red", 30, 10, 40, 10)
    for window in (lower, upper):
        window.configure(stack_mode=StackMode.Above)
        window.fill("cyan")
    picture = Canvas(AREA.width, AREA.height, presenter.depth, "grey").paste(chart_pixels(70, 90))
    inside = picture.area(60, 20, 60, 50).fill("white").area(5, 5, 50, 40).fill("green")
    inside.area(30, 10, 40, 10).fill("red")
    shown = screen(presenter)
    picture.check(shown)
    golden.check(shown, "screen")
    golden.check(capture(child), "child")


def test_released_overlay_uncovers_the_windows(presenter):
    """Once the last user releases the overlay, windows below are exposed and paint their
    backgrounds again (CMP-056, CMP-059)."""
    window = plain(
        presenter,
        20,
        10,
        60,
        50,
        colour="red",
        border_width=3,
        attributes={CW.EventMask: EventMask.Exposure},
    )
    presenter.sync()
    overlay, picture = covered(presenter)
    picture.check(screen(presenter))
    presenter.sync()
    seen = len(presenter.events)
    overlay.release()
    event = presenter.wait_for(lambda e: e.name == "Expose", "an Expose", since=seen)
    assert event.core.window == window.id
    picture.fill("black").area(20, 10, 66, 56).fill("white").area(3, 3, 60, 50).fill("red")
    await_picture(picture, lambda: screen(presenter))


def save(client):
    """Show a saver window: by exposures, since blanking shows nothing to a capture."""
    client.core.SetScreenSaver(0, 0, 0, 1)
    client.core.ForceScreenSaver(ScreenSaver.Active)
    client.sync()


def test_overlay_is_below_the_screen_saver(presenter):
    """An overlay made while the saver window is up stays below it, hidden from QueryTree,
    and above the windows; it comes to light when the saver goes (CMP-055, CMP-056).

    Servers put a saver window that comes later than the overlay below it, contrary to the
    text; nothing is asserted of that order.
    """
    window = plain(presenter, 20, 15, 60, 40, colour="red")
    save(presenter)
    saved = screen(presenter).pixels.copy()
    assert not (saved[20:50, 25:75] == 0xFF0000).any()
    overlay, picture = covered(presenter, "green")
    late = plain(presenter, 40, 30, 60, 40, colour="blue")
    window.configure(stack_mode=StackMode.Above)
    window.fill("cyan")
    Canvas(AREA.width, AREA.height, presenter.depth).paste(saved).check(screen(presenter))
    assert children(presenter, presenter.root) == [late.id, window.id]
    presenter.core.ForceScreenSaver(ScreenSaver.Reset)
    overlay.fill("green")
    picture.check(screen(presenter))
    assert children(presenter, presenter.root) == [late.id, window.id]


def test_a_blank_screen_leaves_the_order_of_windows(presenter):
    """A screen saver that only blanks has no window: what is made, mapped or raised meanwhile is
    above the others (CMP-180)."""
    core = presenter.core
    core.SetScreenSaver(0, 0, 1, 1)
    core.ForceScreenSaver(ScreenSaver.Active)
    first, second = (plain(presenter, 20 * n, 15, 60, 40, colour="red") for n in range(2))
    assert children(presenter, presenter.root) == [first.id, second.id]
    third = plain(presenter, 40, 30, 60, 40, colour="blue")
    assert children(presenter, presenter.root) == [first.id, second.id, third.id]
    first.configure(stack_mode=StackMode.Above)
    assert children(presenter, presenter.root) == [second.id, third.id, first.id]
    core.ForceScreenSaver(ScreenSaver.Reset)
    assert children(presenter, presenter.root) == [second.id, third.id, first.id]


@UPDATES
def test_redirecting_the_overlay_succeeds_and_does_nothing(presenter, connect, update):
    """The overlay is never redirected: any number of requests succeed, it has no pixmap to be
    named, and drawing reaches the screen at once (CMP-057)."""
    plain(presenter, 20, 15, 60, 40, colour="red")
    overlay, picture = covered(presenter)
    other = connect("other")
    for client in (presenter, presenter, other):
        client.extension(xcffib.composite).RedirectWindow(overlay.id, update)
        client.sync()
    overlay.fill("green", 10, 10, 50, 40)
    picture.area(10, 10, 50, 40).fill("green")
    picture.check(screen(presenter))
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).NameWindowPixmap(overlay.id, presenter.new_id())
    with presenter.expect_error("Value"):
        overlay.unredirect(update)
    picture.check(screen(presenter))


@UPDATES
@pytest.mark.parametrize("first", [False, True], ids=["later", "first"])
def test_redirected_screen_leaves_the_overlay_alone(presenter, update, first):
    """A compositor that redirects every child of the root still draws its overlay straight to
    the screen, whichever came first (CMP-057, CMP-044)."""
    root = presenter.root_window(events=0)
    window = plain(presenter, 20, 15, 60, 40, colour="red")
    if first:
        root.redirect_subwindows(update)
    overlay = Overlay.get(presenter)
    if not first:
        root.redirect_subwindows(update)
    overlay.fill("grey", 0, 0, AREA.width, AREA.height)
    window.configure(stack_mode=StackMode.Above)
    window.fill("magenta")
    presenter.sync()
    picture = Canvas(AREA.width, AREA.height, presenter.depth, "grey")
    picture.check(screen(presenter))
    backing = window.name_pixmap()
    Canvas(60, 40, presenter.depth, "magenta").check(capture(backing))
    picture.area(10, 10, 60, 40).fill("magenta")
    gc = presenter.new_id()
    presenter.core.CreateGC(gc, overlay.id, 0, [])
    presenter.core.CopyArea(backing.id, overlay.id, gc, 0, 0, 10, 10, 60, 40)
    picture.check(screen(presenter))


@pytest.mark.known_bug(
    reference="compCreateWindow records a redirection of the overlay while it is being made",
    evidence="failed: NoError expected the error Match, got no error",
    strict=True,
)
@UPDATES
def test_overlay_made_on_a_redirected_screen_has_no_pixmap_to_name(presenter, update):
    """Also when the children of the root were redirected before, the overlay is not: else its
    name would be that of the screen's own pixmap (CMP-057)."""
    presenter.root_window(events=0).redirect_subwindows(update)
    overlay = Overlay.get(presenter)
    with presenter.expect_error("Match"):
        presenter.extension(xcffib.composite).NameWindowPixmap(overlay.id, presenter.new_id())


@UPDATES
def test_children_of_the_overlay_can_be_redirected(presenter, update):
    """A window in the overlay is redirected as anywhere else (CMP-057, CMP-062)."""
    overlay, picture = covered(presenter)
    window = plain(presenter, 20, 15, 60, 40, colour="red", parent=overlay, mapped=False)
    window.redirect(update)
    window.map()
    window.put(chart_pixels(60, 40))
    Canvas(60, 40, presenter.depth).paste(chart_pixels(60, 40)).check(capture(window.name_pixmap()))
    if update == Redirect.Automatic:
        picture.paste(chart_pixels(60, 40), 20, 15)
    await_picture(picture, lambda: screen(presenter))


def test_release_without_get_is_refused(presenter, connect):
    """A client that uses no overlay cannot release it, be there one or not, and takes it from
    nobody (CMP-058)."""
    with presenter.expect_error("Match"):
        release(presenter, presenter.root)
    overlay = Overlay.get(presenter)
    other = connect("other")
    with other.expect_error("Match"):
        release(other, other.root)
    assert exists(presenter, overlay.id)
    overlay.release()
    presenter.sync()
    assert not exists(presenter, overlay.id)
    with presenter.expect_error("Match"):
        release(presenter, presenter.root)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_each_get_needs_its_release(presenter, connect, count):
    """The overlay lives until every get of every client is released, each by the client that
    got it (CMP-058, CMP-059)."""
    other = connect("other")
    overlay = get(other, other.root)
    for _ in range(count):
        assert get(presenter, presenter.root) == overlay
    for _ in range(count):
        assert exists(other, overlay)
        release(presenter, presenter.root)
        presenter.sync()
    with presenter.expect_error("Match"):
        release(presenter, presenter.root)
    assert exists(presenter, overlay)
    release(other, other.root)
    other.sync()
    assert not exists(presenter, overlay)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=["old", "new", "middle"])
def test_overlay_outlives_all_but_its_last_user(presenter, connect, order):
    """Whoever leaves first, the overlay and its picture stay for the others (CMP-058)."""
    clients = [presenter, connect("second"), connect("third")]
    overlays = [Overlay.get(client) for client in clients]
    overlays[0].fill("grey", 0, 0, 20, 20)
    presenter.sync()
    for place in order:
        assert exists(presenter, overlays[0].id)
        assert overlays[place].pixel(5, 5) == overlays[place].value("grey")
        overlays[place].release()
        clients[place].sync()
    assert not exists(presenter, overlays[0].id)


def test_last_release_destroys_the_overlay(presenter, connect):
    """Servers destroy the overlay at the last release, where the text only unmaps it: who
    watches is told, and the id names nothing any more (CMP-059)."""
    watcher = connect("watcher")
    overlay = Overlay.get(presenter)
    Window(watcher, overlay.id, 0, 0, 24).select_core(EventMask.StructureNotify)
    watcher.sync()
    overlay.release()
    presenter.sync()
    event = watcher.wait_for(lambda e: e.name == "DestroyNotify", "a DestroyNotify")
    assert event.core == DestroyNotify(overlay.id, overlay.id)
    with presenter.expect_error("Drawable", overlay.id), pytest.raises(ProtocolError):
        presenter.geometry(overlay.id)


@pytest.mark.parametrize("count", [1, 3])
def test_client_death_releases_the_overlay(presenter, connect, count):
    """A client's gets end with it: the overlay stays for others, and goes with the last
    (CMP-060)."""
    plain(presenter, 20, 15, 60, 40, colour="red")
    for survivor in (True, False):
        compositor = connect(f"compositor-{survivor}")
        for _ in range(count):
            overlay = get(compositor, compositor.root)
        if survivor:
            get(presenter, presenter.root)
        marker = plain(compositor, 300, 300, 9, 9, colour="green")
        compositor.sync()
        compositor.close()
        await_gone(presenter, marker.id)
        if survivor:
            assert exists(presenter, overlay)
            release(presenter, presenter.root)
            presenter.sync()
        assert not exists(presenter, overlay)
    with presenter.expect_error("Match"):
        release(presenter, presenter.root)
    picture = Canvas(AREA.width, AREA.height, presenter.depth)
    picture.area(20, 15, 60, 40).fill("red")
    await_picture(picture, lambda: screen(presenter))


# Distributions carry the fix (CVE-2023-1393) back to their servers, but not to what Xvnc is built
# from.
@pytest.mark.known_bug(since={"X.Org": "21.1"}, fixed={"X.Org": "21.1.7"}, **MADE_ELSEWHERE)
@pytest.mark.known_bug(
    since={"X.Org": "1.20"}, fixed={"X.Org": "21.1"}, own_builds=True, **MADE_ELSEWHERE
)
@pytest.mark.parametrize("destroyer", ["user", "other"])
def test_destroyed_overlay_is_made_again(presenter, connect, destroyer):
    """Any client may destroy the overlay; the next get makes it again, whole and with the same
    id, and no get is forgotten (CMP-053, CMP-054, CMP-058)."""
    client = presenter if destroyer == "user" else connect("other")
    overlay = get(presenter, presenter.root)
    Window(client, overlay, 0, 0, 24).destroy()
    client.sync()
    assert not exists(presenter, overlay)
    assert children(presenter, presenter.root) == []
    window = plain(presenter, 20, 15, 60, 40, colour="red")
    again, picture = covered(presenter)
    assert again.id == overlay
    assert again.geometry == presenter.geometry(presenter.root)
    window.configure(stack_mode=StackMode.Above)
    window.fill("cyan")
    picture.check(screen(presenter))
    assert children(presenter, presenter.root) == [window.id]
    again.release()
    presenter.sync()
    assert exists(presenter, overlay)
    again.release()
    presenter.sync()
    assert not exists(presenter, overlay)
    with presenter.expect_error("Match"):
        again.release()
    assert Overlay.get(presenter).id == overlay


@pytest.mark.parametrize("border", [0, 3])
def test_window_is_reparented_into_the_overlay(presenter, connect, border):
    """A window moves into the overlay with its contents to come, is seen above everything, is
    clipped and listed as a child there, and moves out again (CMP-062)."""
    other = connect("owner")
    window = plain(other, 20, 15, 60, 40, colour="red", border_width=border)
    other.sync()
    overlay, picture = covered(presenter)
    picture.check(screen(presenter))
    window.reparent(overlay.id, 33, 21)
    other.sync()
    assert children(presenter, overlay.id) == [window.id]
    assert children(presenter, presenter.root) == []
    assert (window.geometry.x, window.geometry.y) == (33, 21)
    window.fill("green", 5, 5, 10, 10)
    other.sync()
    outer = picture.area(33, 21, 60 + 2 * border, 40 + 2 * border).fill("white")
    inside = outer.area(border, border, 60, 40).fill("red")
    inside.area(5, 5, 10, 10).fill("green")
    await_picture(picture, lambda: screen(presenter))
    overlay.fill("blue")
    kept = screen(presenter).pixels[21 + border : 61 + border, 33 + border : 93 + border].copy()
    picture = Canvas(AREA.width, AREA.height, presenter.depth, "blue")
    picture.area(33, 21, 60 + 2 * border, 40 + 2 * border).fill("white")
    picture.paste(kept, 33 + border, 21 + border)
    picture.check(screen(presenter))
    window.reparent(other.root, 4, 6)
    other.sync()
    overlay.fill("grey")
    Canvas(AREA.width, AREA.height, presenter.depth, "grey").check(screen(presenter))
    assert children(presenter, overlay.id) == []
    assert children(presenter, presenter.root) == [window.id]


def test_windows_inside_go_with_the_overlay(presenter, connect):
    """The last release destroys what is in the overlay, whoever made it (CMP-059, CMP-062)."""
    owner = connect("owner")
    overlay = Overlay.get(presenter)
    moved = plain(owner, 20, 15, 60, 40, colour="red")
    moved.reparent(overlay.id)
    inside = plain(owner, 5, 5, 10, 10, colour="blue", parent=overlay)
    owner.sync()
    overlay.release()
    presenter.sync()
    assert not exists(presenter, moved.id)
    assert not exists(presenter, inside.id)


@pytest.mark.needs("SHAPE")
def test_shaped_overlay_shows_the_windows_below(presenter):
    """Outside of the overlay's bounding shape, windows are seen and draw as ever (CMP-056)."""
    window = plain(presenter, 20, 15, 90, 80, colour="red")
    overlay, picture = covered(presenter)
    overlay.shape([(0, 0, 60, 50), (70, 30, 10, 10)])
    overlay.fill("grey")
    window.put(chart_pixels(90, 80))
    picture.fill("black").paste(chart_pixels(90, 80), 20, 15)
    picture.within((0, 0, 60, 50), (70, 30, 10, 10)).fill("grey")
    await_picture(picture, lambda: screen(presenter))
    presenter.sync()


@pytest.mark.needs("SHAPE")
def test_overlay_without_input_shape_lets_the_pointer_through(presenter):
    """With an empty input shape the pointer is in the window below the overlay, without one
    it is in the overlay (CMP-053, CMP-056)."""
    window = plain(presenter, 20, 15, 90, 80, colour="red")
    presenter.core.WarpPointer(0, presenter.root, 0, 0, 0, 0, 60, 60)

    def await_child(expected):
        deadline = Deadline.after(REPLY_SECONDS)
        while (child := presenter.core.QueryPointer(presenter.root).reply().child) != expected:
            assert not deadline.passed, f"the pointer is in {child:#x}, not in {expected:#x}"

    await_child(window.id)
    overlay, picture = covered(presenter)
    await_child(overlay.id)
    shape = presenter.extension(xcffib.shape)
    shape.Rectangles(SO.Set, SK.Input, ClipOrdering.Unsorted, overlay.id, 0, 0, 0, [])
    await_child(window.id)
    picture.check(screen(presenter))


@MEDIUM
@pytest.mark.needs("RANDR", servers="xvfb", reason="only Xvfb sets any screen size")
@pytest.mark.parametrize("nudge", ["move", "map", "new"])
def test_overlay_is_resized_with_the_screen(presenter, nudge):
    """After the screen's size changed, the overlay has it as soon as any window is mapped or
    moved, and covers the screen (CMP-061)."""
    window = plain(presenter, 20, 15, 60, 40, colour="red", mapped=nudge != "map")
    overlay = Overlay.get(presenter)
    overlay.select_core(EventMask.StructureNotify)
    randr = presenter.extension(xcffib.randr)
    for crtc in randr.GetScreenResources(presenter.root).reply().crtcs:
        randr.SetCrtcConfig(crtc, 0, 0, 0, 0, 0, 1, 0, []).reply()
    for width, height in ((400, 300), (331, 203), (331, 300), (400, 300), (640, 480)):
        presenter.sync()
        seen = len(presenter.events)
        randr.SetScreenSize(presenter.root, width, height, 100, 80)
        if nudge == "move":
            window.move(width % 30, 7)
        elif nudge == "map":
            window.unmap()
            window.map()
        else:
            plain(presenter, 3, 4, 5, 6, colour="red")
        presenter.sync()
        geometry = overlay.geometry
        assert geometry == presenter.geometry(presenter.root)
        assert (geometry.width, geometry.height) == (width, height)
        events = [event.core for event in presenter.events[seen:]]
        changed = [event for event in events if isinstance(event, ConfigureNotify)]
        assert (width, height) in [(event.width, event.height) for event in changed]
        overlay.width, overlay.height = width, height
        overlay.fill("grey")
        Canvas(width, height, presenter.depth, "grey").check(capture_root(presenter))


@MEDIUM
@pytest.mark.needs("RANDR", servers="xvfb", reason="only Xvfb sets any screen size")
def test_overlay_made_after_a_resize_has_the_new_size(presenter):
    """The overlay is made as large as the screen then is (CMP-053, CMP-061)."""
    randr = presenter.extension(xcffib.randr)
    for crtc in randr.GetScreenResources(presenter.root).reply().crtcs:
        randr.SetCrtcConfig(crtc, 0, 0, 0, 0, 0, 1, 0, []).reply()
    randr.SetScreenSize(presenter.root, 401, 299, 100, 80)
    overlay = Overlay.get(presenter)
    assert overlay.geometry == presenter.geometry(presenter.root)
    assert (overlay.width, overlay.height) == (401, 299)


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
def test_clients_of_either_byte_order_get_and_release_it(presenter, connect_wire, order):
    """GetOverlayWindow and ReleaseOverlayWindow are read and answered in the client's byte
    order (CMP-053, CMP-058)."""
    wire = connect_wire(order)
    major = wire.major("Composite")
    root = wire.pack("I", wire.root)
    (overlay,) = wire.unpack("I", wire.reply(wire.request(major, 7, root)), 8)
    assert presenter.geometry(overlay) == presenter.geometry(presenter.root)
    assert get(presenter, presenter.root) == overlay
    release(presenter, presenter.root)
    presenter.sync()
    assert exists(presenter, overlay)
    wire.request(major, 8, root)
    wire.sync()
    assert not exists(presenter, overlay)
    assert wire.error_of(wire.request(major, 8, root)).name == "Match"
    bad = wire.error_of(wire.request(major, 7, wire.pack("I", 0x1F)))
    assert (bad.name, bad.value) == ("Window", 0x1F)
