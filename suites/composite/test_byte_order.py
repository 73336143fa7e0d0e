# SPDX-License-Identifier: MIT
"""Composite for clients of the byte order that is not the server's: each request's fields."""

import pytest
from xcffib.composite import Redirect

from harness.capture.get_image import capture, capture_root
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window, is_redirected
from harness.pixels.canvas import Canvas
from harness.pixels.rectangle import Rectangle
from suites.foreigner import Foreigner, check_cut_short
from suites.marks import FOREIGN

pytestmark = [
    pytest.mark.xserver(swapped=True, any_depth=True),
    pytest.mark.needs("Composite", "XFIXES", uncomposited=True),
]

AUTOMATIC, MANUAL = Redirect.Automatic, Redirect.Manual
MODES = pytest.mark.parametrize("mode", [AUTOMATIC, MANUAL, 2, 255])
QUERY_VERSION, REDIRECT, REDIRECT_ALL, UNREDIRECT, UNREDIRECT_ALL = range(5)
BORDER_CLIP, NAME_PIXMAP, GET_OVERLAY, RELEASE_OVERLAY = range(5, 9)


class CompositeForeigner(Foreigner):
    """A client of the other byte order, one of the server's own with a window, and its child.

    The ids of a window read in the wrong order are those of nobody.
    """

    def __init__(self, wire, presenter):
        super().__init__(wire, "Composite")
        self.presenter = presenter
        self.window = presenter.window(
            60, 50, x=30, y=20, events=0, border_width=3, background="green"
        )
        self.child = presenter.window(
            20, 10, x=9, y=8, parent=self.window, events=0, background="red"
        )
        presenter.sync()

    def send(self, minor, *words, update=None):
        body = self.wire.pack(f"{len(words)}I", *words)
        if update is not None:
            body += bytes([update, 0, 0, 0])
        return self.wire.request(self.major, minor, body)

    def error(self, minor, *words, update=None):
        """The error that the request causes, as (name, value), None if accepted."""
        error = self.error_of(self.send(minor, *words, update=update), minor)
        return error and (error.name, error.value)

    def accepted(self, minor, *words, update=None):
        assert self.error(minor, *words, update=update) is None

    def refused(self, minor, *words, update=None):
        """The name of the error, whose value means nothing."""
        name, _ = self.error(minor, *words, update=update)
        return name


@pytest.fixture
def foreigner(connect_wire, presenter):
    return CompositeForeigner(connect_wire(FOREIGN), presenter)


@pytest.mark.parametrize("asked", [(0, 4), (0, 1), (1, 0), (0x01020304, 0x05060708)])
def test_the_version_of_composite_is_told_in_the_clients_order(foreigner, asked):
    """QueryVersion: both numbers and the reply's length and sequence (CMP-002, CMP-003,
    CMP-004)."""
    sequence = foreigner.send(QUERY_VERSION, *asked)
    reply = foreigner.wire.reply(sequence)
    assert foreigner.wire.unpack("HI", reply, 2) == (sequence, 0)
    assert foreigner.wire.unpack("II", reply, 8) == (0, 4)


@MODES
def test_a_window_is_redirected_and_released_in_the_clients_order(foreigner, mode):
    """RedirectWindow and UnredirectWindow name the window, and the mode as it is (CMP-009,
    CMP-013)."""
    window = foreigner.window
    foreigner.accepted(REDIRECT, window.id, update=mode)
    assert is_redirected(window)
    if mode == MANUAL:
        assert foreigner.refused(REDIRECT, window.id, update=mode) == "Access"
    for wrong in {AUTOMATIC, MANUAL, 2, 255} - {mode}:
        assert foreigner.refused(UNREDIRECT, window.id, update=wrong) == "Value"
    with foreigner.presenter.expect_error("Value"):
        window.unredirect(mode)
    assert is_redirected(window)
    assert not is_redirected(foreigner.child)
    foreigner.accepted(UNREDIRECT, window.id, update=mode)
    assert not is_redirected(window)
    assert foreigner.refused(UNREDIRECT, window.id, update=mode) == "Value"


@MODES
def test_subwindows_are_redirected_and_released_in_the_clients_order(foreigner, mode):
    """RedirectSubwindows and UnredirectSubwindows: those that are there and those that come
    (CMP-038, CMP-041)."""
    window, presenter = foreigner.window, foreigner.presenter
    foreigner.accepted(REDIRECT_ALL, window.id, update=mode)
    later = presenter.window(9, 9, parent=window, events=0)
    assert is_redirected(foreigner.child)
    assert is_redirected(later)
    assert not is_redirected(window)
    if mode == MANUAL:
        assert foreigner.refused(REDIRECT_ALL, window.id, update=mode) == "Access"
    for wrong in {AUTOMATIC, MANUAL, 2, 255} - {mode}:
        assert foreigner.refused(UNREDIRECT_ALL, window.id, update=wrong) == "Value"
    foreigner.accepted(UNREDIRECT_ALL, window.id, update=mode)
    assert not is_redirected(foreigner.child)
    assert not is_redirected(later)
    assert foreigner.refused(UNREDIRECT_ALL, window.id, update=mode) == "Value"


def test_a_manual_window_leaves_the_screen_for_clients_of_any_order(foreigner):
    """What the mode means does not depend on the order: under Manual the screen keeps the
    root, afterwards it shows the window (CMP-018)."""
    presenter = foreigner.presenter
    area = Rectangle(33, 23, 60, 50)
    before = Canvas(60, 50, presenter.depth, "green")
    before.area(9, 8, 20, 10).fill("red")
    before.check(capture_root(presenter, area))
    foreigner.accepted(REDIRECT, foreigner.window.id, update=MANUAL)
    assert capture_root(presenter, area).pixel(0, 0) != foreigner.window.value("green")
    before.check(capture(foreigner.window))
    foreigner.accepted(UNREDIRECT, foreigner.window.id, update=MANUAL)
    before.check(capture_root(presenter, area))


@pytest.mark.parametrize("mode", [None, AUTOMATIC, MANUAL], ids=["plain", "automatic", "manual"])
def test_a_border_clip_is_made_in_the_clients_order(foreigner, mode):
    """CreateRegionFromBorderClip: the region has the id that was given and the clip of the
    window that was named (CMP-048, CMP-049, CMP-050)."""
    window = foreigner.window
    if mode is not None:
        foreigner.accepted(REDIRECT, window.id, update=mode)
    region = foreigner.wire.new_id()
    foreigner.accepted(BORDER_CLIP, region, window.id)
    expected = [] if mode == MANUAL else [(-3, -3, 66, 56)]
    assert Region(foreigner.presenter, region).fetch() == expected
    assert foreigner.error(BORDER_CLIP, region, window.id) == ("IDChoice", region)


def test_a_backing_pixmap_is_named_in_the_clients_order(foreigner):
    """NameWindowPixmap: the pixmap has the id that was given and shows the window that was
    named, border and all (CMP-021, CMP-024, CMP-025)."""
    window, name = foreigner.window, foreigner.wire.new_id()
    assert foreigner.refused(NAME_PIXMAP, window.id, name) == "Match"
    foreigner.accepted(REDIRECT, window.id, update=MANUAL)
    foreigner.accepted(NAME_PIXMAP, window.id, name)
    picture = Canvas(66, 56, foreigner.presenter.depth, "white")
    picture.area(3, 3, 60, 50).fill("green").area(9, 8, 20, 10).fill("red")
    picture.check(capture(Pixmap(foreigner.presenter, name, 66, 56, 24)))
    assert foreigner.error(NAME_PIXMAP, window.id, name) == ("IDChoice", name)


def test_the_overlay_window_is_got_and_released_in_the_clients_order(foreigner):
    """GetOverlayWindow tells the window's id, length and sequence, the same as to others;
    ReleaseOverlayWindow counts (CMP-053, CMP-054, CMP-058)."""
    wire, presenter = foreigner.wire, foreigner.presenter
    for asked in (wire.root, foreigner.window.id):
        sequence = foreigner.send(GET_OVERLAY, asked)
        reply = wire.reply(sequence)
        assert wire.unpack("HI", reply, 2) == (sequence, 0)
        (overlay,) = wire.unpack("I", reply, 8)
        geometry = presenter.geometry(overlay)
        screen = presenter.screen
        assert (geometry.root, geometry.depth) == (presenter.root, screen.root_depth)
        size = (screen.width_in_pixels, screen.height_in_pixels)
        assert (geometry.width, geometry.height) == size
    foreigner.accepted(RELEASE_OVERLAY, foreigner.window.id)
    assert presenter.geometry(overlay).width == size[0]
    foreigner.accepted(RELEASE_OVERLAY, wire.root)
    assert foreigner.refused(RELEASE_OVERLAY, wire.root) == "Match"


@pytest.mark.parametrize("wrong", ["unused", "pixmap", "nothing", "swapped"])
def test_bad_windows_are_told_in_the_clients_order(foreigner, wrong):
    """Window with the client's own id, in every request; an id that only reads like a window's
    in the server's order is none (CMP-008)."""
    wire, presenter = foreigner.wire, foreigner.presenter
    pixmap = presenter.pixmap(8, 8)
    presenter.sync()
    bad = {
        "unused": wire.new_id(),
        "pixmap": pixmap.id,
        "nothing": 0,
        "swapped": int.from_bytes(foreigner.window.id.to_bytes(4, "little"), "big"),
    }[wrong]
    for minor in (REDIRECT, REDIRECT_ALL, UNREDIRECT, UNREDIRECT_ALL):
        assert foreigner.error(minor, bad, update=MANUAL) == ("Window", bad), minor
    assert foreigner.error(BORDER_CLIP, wire.new_id(), bad) == ("Window", bad)
    assert foreigner.error(NAME_PIXMAP, bad, wire.new_id()) == ("Window", bad)
    assert foreigner.error(RELEASE_OVERLAY, bad) == ("Window", bad)
    assert foreigner.error(GET_OVERLAY, bad) == ("Window", bad)


def test_a_root_is_refused_in_the_clients_order(foreigner):
    """RedirectWindow knows the root by its id: Match; RedirectSubwindows accepts it (CMP-007,
    CMP-044)."""
    wire = foreigner.wire
    for mode in (AUTOMATIC, MANUAL):
        assert foreigner.refused(REDIRECT, wire.root, update=mode) == "Match"
    foreigner.accepted(REDIRECT_ALL, wire.root, update=MANUAL)
    assert is_redirected(foreigner.window)
    foreigner.accepted(UNREDIRECT_ALL, wire.root, update=MANUAL)


def test_redirections_end_with_a_client_of_the_other_order(foreigner, connect):
    """Its windows are free for others when it is gone (CMP-015)."""
    window = foreigner.window
    foreigner.accepted(REDIRECT, window.id, update=MANUAL)
    foreigner.accepted(REDIRECT_ALL, window.id, update=MANUAL)
    foreigner.wire.close()
    # A new client is served after the end of the old one has been seen.
    connect("witness").sync()
    for redirected in (window, foreigner.child):
        assert not is_redirected(redirected)
    window.redirect(MANUAL)
    window.redirect_subwindows(MANUAL)
    foreigner.presenter.sync()
    assert is_redirected(Window(foreigner.presenter, foreigner.child.id, 20, 10, 24))


@pytest.mark.parametrize("minor", range(9))
def test_a_request_cut_short_leaves_the_next_as_it_is(foreigner, minor):
    """A word or more too short gives Length, and no byte of the requests behind it is turned
    round with it (CMP-006)."""
    words = 2 if minor in (GET_OVERLAY, RELEASE_OVERLAY) else 3
    check_cut_short(foreigner.wire, "Composite", minor, words)
