# SPDX-License-Identifier: MIT
"""Composite on a screen that Xinerama joins of two: each request acts on both.

A window across the seam is a window on each screen, and so are its redirection and its pixmap.
"""

import pytest
import xcffib.composite
import xcffib.render
from xcffib.composite import Redirect
from xcffib.xproto import EventMask

from harness.capture.get_image import capture, capture_root
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.window import Overlay, Window, is_redirected
from harness.pixels.canvas import Canvas
from harness.pixels.region import PixelRegion
from suites.composite.joined import HEIGHT, JOINED, PARTS, WIDTH, Joined
from suites.composite.test_overlay import exists
from suites.composite.test_version import WORDS
from suites.marks import UPDATES
from suites.present.test_lifetime import new_generation

pytestmark = [*JOINED, pytest.mark.needs("Composite")]

WHOLE = (0, 0, WIDTH, HEIGHT)
NAME = "Composite"


@pytest.fixture
def joined(presenter):
    return Joined(presenter)


class Redirected:
    """A window at the place that is redirected by one ``way``, and how that ends."""

    def __init__(self, joined, way, update):
        self.joined = joined
        self.update = update
        self.of = joined.client.root
        if way == "to-come":
            self.begin_subwindows()
        self.window = joined.window("red")
        self.window.select_core(EventMask.Exposure)
        if way == "there":
            self.begin_subwindows()
        elif way == "itself":
            self.window.redirect(update)
        self.itself = way == "itself"
        joined.client.sync()
        self.seen = len(joined.client.events)

    def begin_subwindows(self):
        requests = self.joined.client.extension(xcffib.composite)
        requests.RedirectSubwindows(self.of, self.update)

    def end(self):
        if self.itself:
            self.window.unredirect(self.update)
        else:
            requests = self.joined.client.extension(xcffib.composite)
            requests.UnredirectSubwindows(self.of, self.update)


WAYS = pytest.mark.parametrize("way", ["itself", "there", "to-come"])


def test_two_screens_look_like_one(joined, presenter):
    """XINERAMA tells both, which are together as large as the one that clients see; a window
    across the seam is shown by both (CMP-140)."""
    assert len(joined.heads) == 2
    screen = presenter.screen
    whole = (0, 0, screen.width_in_pixels, screen.height_in_pixels)
    assert PixelRegion.of(joined.heads).rectangles == (whole,)
    assert 0 < joined.seam < screen.width_in_pixels
    window = joined.window("red")
    picture = joined.canvas("red")
    for colour, part in zip(("green", "blue", "yellow"), PARTS.values(), strict=True):
        window.fill(colour, *part)
        picture.within(part).fill(colour)
    picture.check(joined.look())
    picture.check(capture(window))


@WAYS
@UPDATES
def test_a_window_is_redirected_on_both_screens(joined, barrier, way, update):
    """While it is, nothing covers it and nothing is exposed; manually, nothing of it is on the
    screen.  When that ends, both screens show it, and expose it when it is uncovered (CMP-141)."""
    redirected_on_both_screens(joined, barrier, way, update)


def redirected_on_both_screens(joined, barrier, way, update):
    picture = joined.canvas("red")
    redirection = Redirected(joined, way, update)
    window = redirection.window
    cover = joined.window("blue", mapped=False)
    cover.map()
    for colour, part in zip(("green", "blue", "yellow"), PARTS.values(), strict=True):
        window.fill(colour, *part)
        picture.within(part).fill(colour)
    picture.check(capture(window))
    cover.destroy()
    picture.check(capture(window))
    assert joined.exposed(window, redirection.seen) == []
    barrier()
    if update == Redirect.Manual and way != "itself":
        # Nothing of the root's children is painted, the ground included.
        assert joined.look().pixels.max() == 0
    elif update == Redirect.Manual:
        joined.shows("grey")
    else:
        picture.check(joined.look())
    redirection.end()
    barrier()
    since = len(joined.client.events)
    joined.cover()
    assert PixelRegion.of(joined.exposed(window, since)).rectangles == (WHOLE,)
    joined.shows("red")
    window.fill("cyan")
    joined.shows("cyan")


@WAYS
def test_a_manual_redirection_is_of_one_client_on_both_screens(joined, connect, way):
    """Another one is refused with Access, and one that is not there cannot be ended: Value; both
    leave it as it is.  After its end another client may begin one (CMP-010, CMP-013, CMP-141)."""
    redirection = Redirected(joined, way, Redirect.Manual)
    window, rival = redirection.window, connect("rival")
    other = Window(rival, window.id, WIDTH, HEIGHT, window.depth)
    with rival.expect_error("Access"):
        other.redirect(Redirect.Manual)
    with rival.expect_error("Value"):
        other.unredirect(Redirect.Manual)
    root = Window(rival, rival.root, 1, 1, rival.depth)
    if way != "itself":
        with rival.expect_error("Access"):
            root.redirect_subwindows(Redirect.Manual)
    with rival.expect_error("Value"):
        root.unredirect_subwindows(Redirect.Manual)
    assert is_redirected(window)
    redirection.end()
    joined.client.sync()
    assert not is_redirected(window)
    other.redirect(Redirect.Manual)
    rival.sync()
    joined.window("blue")
    window.fill("green")
    joined.canvas("green").check(capture(window))
    other.unredirect(Redirect.Manual)
    rival.sync()
    assert not is_redirected(window)
    if way != "itself":
        root.redirect_subwindows(Redirect.Manual)
        root.unredirect_subwindows(Redirect.Manual)
        rival.sync()


def test_a_named_pixmap_has_what_both_screens_drew(joined):
    """One name stands for the pixmap of either screen: copied to a window across the seam it
    shows the whole window with its border; it keeps that when the window is gone (CMP-142)."""
    named_on_both_screens(joined)


def named_on_both_screens(joined):
    client, border = joined.client, 3
    window = joined.window("red", border_width=border, border="yellow")
    window.redirect()
    pixmap = window.name_pixmap()
    assert (pixmap.width, pixmap.height) == (WIDTH + 2 * border, HEIGHT + 2 * border)
    picture = Canvas(pixmap.width, pixmap.height, pixmap.depth, "yellow")
    inside = picture.area(border, border, WIDTH, HEIGHT).fill("red")
    for colour, part in zip(("green", "blue", "magenta"), PARTS.values(), strict=True):
        window.fill(colour, *part)
        inside.within(part).fill(colour)
    pixmap.fill("cyan", border, border, WIDTH, 4)
    inside.area(0, 0, WIDTH, 4).fill("cyan")
    picture.check(capture(pixmap))
    target = joined.window("grey", pixmap.width, pixmap.height)
    gc = create_gc(target)

    def copied():
        client.core.CopyArea(
            pixmap.id, target.id, gc, *(0, 0), *(0, 0), pixmap.width, pixmap.height
        )
        picture.check(capture(target))
        target.fill("grey")

    copied()
    again = window.name_pixmap()
    again.free()
    copied()
    window.destroy()
    client.sync()
    copied()
    pixmap.free()
    with client.expect_error("Pixmap", pixmap.id):
        pixmap.free()


def test_a_pixmap_is_named_of_a_redirected_viewable_window_alone(joined):
    """Match for others, on the way to which nothing is made: the id is free for the next
    (CMP-024, CMP-025, CMP-142)."""
    client = joined.client
    name = client.extension(xcffib.composite).NameWindowPixmap
    plain, window = joined.window("blue"), joined.window("red", mapped=False)
    window.redirect()
    pixmap = client.new_id()
    with client.expect_error("Match"):
        name(window.id, pixmap)
    with client.expect_error("Match"):
        name(plain.id, pixmap)
    with client.expect_error("IDChoice", plain.id):
        name(window.id, plain.id)
    for wrong in (client.new_id(), pixmap, 0):
        with client.expect_error("Window", wrong):
            name(wrong, pixmap)
    window.map()
    name(window.id, pixmap)
    assert client.geometry(pixmap).width == WIDTH
    client.core.FreePixmap(pixmap)


REQUESTS = {
    "RedirectWindow": (1, (0,)),
    "RedirectSubwindows": (2, (0,)),
    "UnredirectWindow": (3, (0,)),
    "UnredirectSubwindows": (4, (0,)),
    "CreateRegionFromBorderClip": (5, None),
    "NameWindowPixmap": (6, ("new",)),
    "GetOverlayWindow": (7, ()),
    "ReleaseOverlayWindow": (8, ()),
}


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_cannot_be_is_refused_once(joined, connect_wire, name, order):
    """A wrong length gives Length, an unknown window Window with its id as the client named it
    (CMP-006, CMP-008, CMP-143)."""
    minor, others = REQUESTS[name]
    wire = connect_wire(order)
    window = joined.window("red")
    joined.client.sync()
    major, right = wire.major(NAME), WORDS[minor]
    for words in sorted({1, right - 1, right + 1, right + 40}):
        ids = (wire.new_id(), window.id) if others is None else (window.id, wire.new_id())
        body = wire.pack("II", *ids) + bytes(200)
        error = wire.error_of(wire.request(major, minor, body[: 4 * (words - 1)]))
        assert error is not None, words
        assert (error.name, error.major, error.minor) == ("Length", major, minor)
    for wrong in (wire.new_id(), 0, joined.client.pixmap(4, 4, colour="red").id):
        joined.client.sync()
        rest = [wire.new_id() if one == "new" else one for one in others or ()]
        ids = (wire.new_id(), wrong) if others is None else (wrong, *rest)
        error = wire.error_of(wire.request(major, minor, wire.pack(f"{len(ids)}I", *ids)))
        assert (error.name, error.value, error.minor) == ("Window", wrong, minor)
    assert not is_redirected(window)


def whole_screen(joined, colour):
    """The joined screen in one colour."""
    screen = joined.client.screen
    return Canvas(screen.width_in_pixels, screen.height_in_pixels, screen.root_depth, colour)


def test_the_overlay_covers_both_screens(joined, connect):
    """It is as large as both, has one id for all, and is in no list of children.  It ends with
    the last client that has it, on both screens, and comes again (CMP-144)."""
    overlay_on_both_screens(joined, connect)


def overlay_on_both_screens(joined, connect):
    client = joined.client
    window = joined.window("red")
    holder, late = connect("holder"), connect("late")
    overlay = Overlay.get(holder)
    assert overlay.geometry == client.geometry(client.root)
    assert Overlay.get(late, window.id).id == overlay.id
    assert overlay.id not in client.core.QueryTree(client.root).reply().children
    overlay.fill("blue")
    whole_screen(joined, "blue").check(capture_root(holder))
    window.fill("green")
    inside = joined.window("yellow", parent=overlay)
    joined.shows("yellow")
    inside.destroy()
    assert overlay.geometry == client.geometry(client.root)
    end(holder)
    assert exists(client, overlay.id)
    end(late)
    assert not exists(client, overlay.id)
    joined.shows("red")
    window.fill("green")
    joined.shows("green")
    again = connect("again")
    overlay = Overlay.get(again)
    overlay.fill("cyan")
    whole_screen(joined, "cyan").check(capture_root(again))
    end(again)


def end(client):
    """End it; what it had has gone when this returns."""
    client.core.GrabServer()
    client.sync()
    client.close()


@pytest.mark.xserver(swapped=True)
@pytest.mark.parametrize("order", "<>", ids=["little", "big"])
def test_the_overlay_is_told_in_either_byte_order(joined, connect_wire, order):
    """GetOverlayWindow's sequence number, length and window (CMP-144)."""
    wire = connect_wire(order)
    for _ in range(3):
        sequence = wire.request(wire.major(NAME), 7, wire.pack("I", wire.root))
        reply = wire.reply(sequence)
        assert wire.unpack("HI", reply, 2) == (sequence, 0)
        (overlay,) = wire.unpack("I", reply, 8)
        assert joined.client.geometry(overlay) == joined.client.geometry(joined.client.root)


@pytest.mark.known_bug(
    reference="PanoramiXCompositeReleaseOverlayWindow looks for windows of Xinerama where it has "
    "those of the screens",
    evidence="failed: ProtocolError",
)
def test_the_overlay_is_released_on_both_screens(joined):
    """ReleaseOverlayWindow takes back one GetOverlayWindow, on both screens (CMP-058, CMP-144)."""
    overlay = Overlay.get(joined.client)
    Overlay.get(joined.client)
    overlay.release()
    joined.client.sync()
    assert exists(joined.client, overlay.id)
    overlay.release()
    joined.client.sync()
    assert not exists(joined.client, overlay.id)
    with joined.client.expect_error("Match"):
        overlay.release()


@pytest.mark.xserver(reset=True)
def test_every_generation_joins_its_screens(connect, barrier):
    """After a reset all acts on both screens as before (CMP-145)."""
    for _ in range(3):
        client = new_generation(connect)
        joined = Joined(client)
        redirected_on_both_screens(joined, client.sync, "itself", Redirect.Manual)
        named_on_both_screens(joined)
        overlay_on_both_screens(joined, connect)
        client.close()
