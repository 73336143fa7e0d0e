# SPDX-License-Identifier: MIT
"""Windows that draw into a pixmap of their client's, and when they stop."""

import pytest
import xcffib.composite
from xcffib.composite import Redirect
from xcffib.xproto import EventMask

from harness.capture.get_image import capture, capture_root
from harness.clients.randr.scanout import Scanout
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.window import Overlay
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.pixels.rectangle import Rectangle

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs("RANDR", "RENDER", "Composite", "DAMAGE", "XFIXES", root_pixels=True),
    pytest.mark.xserver(size=(160, 128), any_depth=True),
]

WIDTH, HEIGHT, BORDER = 40, 30, 3


@pytest.fixture
def scanout(presenter):
    return Scanout(presenter)


@pytest.fixture
def window(presenter):
    return presenter.window(
        WIDTH, HEIGHT, x=20, y=10, border_width=BORDER, background="red", events=0
    )


def pixmap_of(presenter, colour="black", width=WIDTH + 2 * BORDER, height=HEIGHT + 2 * BORDER):
    pixmap = Pixmap.create(presenter, width, height, presenter.depth)
    pixmap.fill(colour)
    return pixmap


def seen_on_screen(presenter):
    """A pixel of the screen that the window covers."""
    return int(capture_root(presenter).pixels[10 + BORDER + 5, 20 + BORDER + 5])


def refused(presenter, scanout, window, pixmap):
    """Name of the error."""
    with presenter.catch_errors() as errors:
        scanout.set_window_pixmap(window, pixmap)
    (error,) = errors
    return error.name


def test_what_is_drawn_into_the_window_lands_in_the_pixmap(presenter, scanout, window):
    """From the outer corner of its border on; the window is not seen by itself (PCP-054)."""
    pixmap = pixmap_of(presenter, "blue", WIDTH + 20, HEIGHT + 20)
    scanout.set_window_pixmap(window.id, pixmap.id)
    chart = chart_pixels(WIDTH, HEIGHT, presenter.depth, 3)
    window.put(chart)
    inside = Rectangle(BORDER, BORDER, WIDTH, HEIGHT)
    expected = Canvas(WIDTH, HEIGHT, presenter.depth).paste(chart)
    expected.check(capture(pixmap, inside))
    window.fill("green", 2, 3, 10, 8)
    expected.area(2, 3, 10, 8).fill("green")
    expected.check(capture(pixmap, inside))
    beyond = Rectangle(WIDTH + 2 * BORDER, 0, 20 - 2 * BORDER, HEIGHT + 20)
    Canvas(beyond.width, beyond.height, presenter.depth, "blue").check(capture(pixmap, beyond))
    assert set(capture_root(presenter).pixels.ravel()) == {0}


def test_what_is_drawn_into_the_pixmap_stays_where_the_window_is_not_drawn(
    presenter, scanout, window
):
    """Both draw into one picture (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    window.fill("green", 0, 0, 10, HEIGHT)
    assert pixmap.pixel(BORDER + 5, BORDER + 5) == pixmap.value("green")
    pixmap.fill("yellow", BORDER + 20, BORDER, 10, HEIGHT)
    window.fill("blue", 0, 0, 5, HEIGHT)
    seen = [pixmap.pixel(BORDER + x, BORDER + 5) for x in (2, 7, 25)]
    assert seen == [pixmap.value(colour) for colour in ("blue", "green", "yellow")]


def test_children_are_drawn_into_the_pixmap_too(presenter, scanout, window):
    """As into a window's own (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    child = presenter.window(8, 8, x=4, y=5, parent=window, background="green", events=0)
    child.fill("green")
    assert pixmap.pixel(BORDER + 6, BORDER + 7) == pixmap.value("green")


def test_a_copy_sees_what_the_window_drew(presenter, scanout, window):
    """CopyArea from the pixmap, by any client (PCP-054)."""
    pixmap, other = pixmap_of(presenter), pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    window.fill("green")
    context = presenter.new_id()
    presenter.core.CreateGC(context, other.id, 0, [])
    presenter.core.CopyArea(pixmap.id, other.id, context, 0, 0, 0, 0, other.width, other.height)
    assert other.pixel(BORDER, BORDER) == other.value("green")


def test_no_pixmap_gives_the_window_back(presenter, scanout, window):
    """It is seen on the screen again (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    scanout.set_window_pixmap(window.id, 0)
    window.fill("green")
    assert window.pixel(5, 5) == window.value("green")
    assert seen_on_screen(presenter) == window.value("green")
    assert pixmap.pixel(BORDER + 5, BORDER + 5) == 0


def test_a_pixmap_of_another_depth_does_not_match(presenter, scanout, window):
    """Match (PCP-054)."""
    pixmap = Pixmap.create(presenter, 99, 99, 8)
    assert refused(presenter, scanout, window.id, pixmap.id) == "Match"


@pytest.mark.parametrize(("width", "height"), [(-1, 0), (0, -1)], ids=["width", "height"])
def test_a_pixmap_holds_the_window_with_its_border(presenter, scanout, window, width, height):
    """Match for one that is a pixel too small (PCP-054)."""
    size = (WIDTH + 2 * BORDER + width, HEIGHT + 2 * BORDER + height)
    pixmap = pixmap_of(presenter, "black", *size)
    assert refused(presenter, scanout, window.id, pixmap.id) == "Match"


def test_some_windows_have_no_pixmap_to_set(presenter, scanout):
    """Match for the root, the overlay and an InputOnly window (PCP-054)."""
    pixmap = pixmap_of(presenter, "black", 160, 128)
    overlay = Overlay.get(presenter)
    blind = presenter.new_id()
    presenter.core.CreateWindow(0, blind, presenter.root, 0, 0, 9, 9, 0, 2, 0, 0, [])
    for window in (presenter.root, overlay.id, blind):
        assert refused(presenter, scanout, window, pixmap.id) == "Match"
    overlay.release()


@pytest.mark.parametrize("update", [Redirect.Manual, Redirect.Automatic], ids=["manual", "auto"])
def test_a_redirected_window_is_somebody_elses(presenter, connect, scanout, window, update):
    """Access, whoever redirects it and how (PCP-054)."""
    pixmap, other = pixmap_of(presenter), connect("other")
    presenter.sync()
    other.borrow_window(window, 0).redirect(update)
    other.sync()
    assert refused(presenter, scanout, window.id, pixmap.id) == "Access"


def test_of_two_clients_the_first_one_sets_it(presenter, connect, scanout, window):
    """Access for another, also to give it back (PCP-054)."""
    pixmap, other = pixmap_of(presenter), connect("other")
    scanout.set_window_pixmap(window.id, pixmap.id)
    presenter.sync()
    theirs = pixmap_of(other)
    for id in (theirs.id, 0):
        assert refused(other, Scanout(other), window.id, id) == "Access"


def test_wrong_ids_are_told(presenter, scanout, window):
    """Window and Pixmap (PCP-054)."""
    pixmap = pixmap_of(presenter)
    assert refused(presenter, scanout, pixmap.id, pixmap.id) == "Window"
    assert refused(presenter, scanout, 0x1234, 0) == "Window"
    for wrong in (0x1234, window.id):
        assert refused(presenter, scanout, window.id, wrong) == "Pixmap"


@pytest.mark.parametrize("length", [8, 16])
def test_it_has_one_length(presenter, scanout, length):
    """Length (PCP-054)."""
    with presenter.expect_error("Length"):
        presenter.send_raw("RANDR-PERCRTC-DRAFT", 64, bytes(length))


def test_a_pixmap_can_be_changed_for_another(presenter, scanout, window):
    """What is drawn from then on lands there (PCP-054)."""
    first, second = pixmap_of(presenter), pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, first.id)
    window.fill("green")
    assert first.pixel(BORDER, BORDER) == first.value("green")
    scanout.set_window_pixmap(window.id, second.id)
    window.fill("blue")
    assert second.pixel(BORDER, BORDER) == second.value("blue")
    assert first.pixel(BORDER, BORDER) == first.value("green")


def test_beyond_the_pixmap_nothing_is_drawn(presenter, scanout, window):
    """A window that grows draws as far as the pixmap reaches (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    window.resize(WIDTH + 50, HEIGHT + 50)
    window.fill("green", 0, 0, WIDTH + 50, HEIGHT + 50)
    assert pixmap.pixel(pixmap.width - 1, pixmap.height - 1) == pixmap.value("green")


def test_an_unmapped_window_goes_back(presenter, scanout, window):
    """Mapped again it is seen on the screen (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    window.fill("green")
    window.unmap()
    window.map()
    window.fill("blue")
    assert pixmap.pixel(BORDER + 5, BORDER + 5) == pixmap.value("green")
    assert seen_on_screen(presenter) == window.value("blue")


def test_a_destroyed_window_leaves_its_picture(presenter, scanout, window):
    """The pixmap stays (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    window.fill("green")
    window.destroy()
    assert pixmap.pixel(BORDER + 5, BORDER + 5) == pixmap.value("green")


def test_a_freed_pixmap_gives_the_window_back(presenter, scanout, window):
    """It is seen on the screen again (PCP-054)."""
    pixmap = pixmap_of(presenter)
    scanout.set_window_pixmap(window.id, pixmap.id)
    pixmap.free()
    window.fill("green")
    presenter.sync()
    assert seen_on_screen(presenter) == window.value("green")


def test_the_window_goes_back_when_its_setter_dies(presenter, connect, barrier, window):
    """It is seen on the screen again (PCP-054)."""
    other = connect("other")
    pixmap, theirs = pixmap_of(other), other.window(4, 4, mapped=False, events=0)
    other.sync()
    presenter.borrow_window(theirs, 0).select_core(EventMask.StructureNotify)
    presenter.sync()
    Scanout(other).set_window_pixmap(window.id, pixmap.id)
    other.sync()
    other.close()
    presenter.wait_for(lambda event: event.name == "DestroyNotify", "the end of the setter")
    barrier()
    window.fill("green")
    assert seen_on_screen(presenter) == window.value("green")


def test_its_pixmap_has_no_other_name(presenter, scanout, window):
    """Match from NameWindowPixmap: the window is not redirected (PCP-054)."""
    scanout.set_window_pixmap(window.id, pixmap_of(presenter).id)
    with presenter.expect_error("Match"):
        composite = presenter.extension(xcffib.composite)
        composite.NameWindowPixmap(window.id, presenter.new_id())
