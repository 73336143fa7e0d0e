# SPDX-License-Identifier: MIT
"""Regions for clients of the byte order that is not the server's: where they come from and go."""

import pytest
import xcffib.render
import xcffib.shape
from xcffib.shape import SK

from harness.capture.get_image import capture
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.pixels.canvas import Canvas
from harness.pixels.region import PixelRegion
from suites.foreigner import Foreigner, check_cut_short
from suites.marks import FOREIGN

pytestmark = [
    pytest.mark.xserver(swapped=True, any_depth=True),
    pytest.mark.needs("XFIXES"),
]

FROM_BITMAP, FROM_WINDOW, FROM_GC, FROM_PICTURE, DESTROY = range(6, 11)
COPY, INVERT, EXTENTS, FETCH, EXPAND = 12, 16, 18, 19, 28
SET_GC_CLIP, SET_SHAPE, SET_PICTURE_CLIP = range(20, 23)
AREA = [(3, 4, 12, 9), (8, 10, 20, 15)]


class RegionForeigner(Foreigner):
    """A client of the other byte order, and one of the server's own with an L of two rectangles.

    The ids of a resource read in the wrong order are those of nobody.
    """

    def __init__(self, wire, presenter):
        super().__init__(wire, "XFIXES")
        self.presenter = presenter
        self.region, self.area = presenter.region(*AREA), PixelRegion.of(AREA)
        presenter.sync()
        self.wire.reply(self.send(0, "II", 5, 0))

    def send(self, minor, layout, *values):
        return self.wire.request(self.major, minor, self.wire.pack(layout, *values))

    def accepted(self, minor, layout, *values):
        assert self.error_of(self.send(minor, layout, *values), minor) is None

    def created(self, minor, layout, *values):
        """The rectangles of the region that the request makes."""
        id = self.wire.new_id()
        self.accepted(minor, f"I{layout}", id, *values)
        return tuple(Region(self.presenter, id).fetch())


@pytest.fixture
def foreigner(connect_wire, presenter):
    return RegionForeigner(connect_wire(FOREIGN), presenter)


def test_regions_are_copied_and_bounded_in_the_clients_order(foreigner):
    """CopyRegion and RegionExtents name the source, then the destination (CMP-106, CMP-099,
    CMP-101)."""
    copy, box = foreigner.presenter.region(), foreigner.presenter.region()
    foreigner.presenter.sync()
    foreigner.accepted(COPY, "II", foreigner.region.id, copy.id)
    foreigner.accepted(EXTENTS, "II", foreigner.region.id, box.id)
    assert tuple(copy.fetch()) == foreigner.area.rectangles
    assert box.fetch() == [foreigner.area.extents]


def test_a_region_is_destroyed_in_the_clients_order(foreigner):
    """DestroyRegion ends the region that it names and no other (CMP-106)."""
    presenter, gone = foreigner.presenter, foreigner.presenter.region((1, 1, 2, 2))
    presenter.sync()
    foreigner.accepted(DESTROY, "I", gone.id)
    with presenter.expect_error("XFIXES:Region", gone.id):
        gone.translate(1, 1)
    assert tuple(foreigner.region.fetch()) == foreigner.area.rectangles


def test_a_bitmap_becomes_a_region_in_the_clients_order(foreigner):
    """CreateRegionFromBitmap names region and bitmap (CMP-106, CMP-116)."""
    presenter = foreigner.presenter
    bitmap = Pixmap.create(presenter, 40, 30, 1)
    bitmap.fill(0)
    fill_rectangles(bitmap, create_gc(bitmap, Foreground=1), *AREA)
    presenter.sync()
    assert foreigner.created(FROM_BITMAP, "I", bitmap.id) == foreigner.area.rectangles


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(SK.Bounding, (-3, -3, 46, 36)), (SK.Clip, (0, 0, 40, 30))],
    ids=["bounding", "clip"],
)
def test_a_window_becomes_a_region_in_the_clients_order(foreigner, kind, expected):
    """CreateRegionFromWindow names region and window, and the kind as it is (CMP-106, CMP-107)."""
    window = foreigner.presenter.window(40, 30, border_width=3, events=0)
    foreigner.presenter.sync()
    assert foreigner.created(FROM_WINDOW, "IB3x", window.id, kind) == (expected,)


def test_a_gc_is_clipped_and_read_in_the_clients_order(foreigner):
    """SetGCClipRegion names GC, region and origin; CreateRegionFromGC region and GC (CMP-106,
    CMP-109, CMP-111)."""
    presenter = foreigner.presenter
    pixmap = presenter.pixmap(48, 40, colour="blue")
    gc = create_gc(pixmap)
    presenter.sync()
    foreigner.accepted(SET_GC_CLIP, "IIhh", gc, foreigner.region.id, 5, -2)
    fill_rectangles(pixmap, gc, (0, 0, 48, 40))
    canvas = Canvas(48, 40, pixmap.depth, "blue")
    canvas.within(*foreigner.area.moved(5, -2).rectangles).fill("red")
    canvas.check(capture(pixmap))
    assert foreigner.created(FROM_GC, "I", gc) == foreigner.area.rectangles


@pytest.mark.needs("RENDER")
def test_a_picture_is_clipped_and_read_in_the_clients_order(foreigner):
    """SetPictureClipRegion names picture, region and origin; CreateRegionFromPicture region and
    picture (CMP-106, CMP-113, CMP-114)."""
    presenter = foreigner.presenter
    pixmap, source = presenter.pixmap(48, 40, colour="blue"), presenter.pixmap(48, 40)
    source.fill("red")
    target, painted = Picture.of(pixmap), Picture.of(source)
    presenter.sync()
    foreigner.accepted(SET_PICTURE_CLIP, "IIhh", target.id, foreigner.region.id, 5, -2)
    presenter.extension(xcffib.render).Composite(
        1, painted.id, 0, target.id, *(0, 0), *(0, 0), *(0, 0), *(48, 40)
    )
    canvas = Canvas(48, 40, pixmap.depth, "blue")
    canvas.within(*foreigner.area.moved(5, -2).rectangles).fill("red")
    canvas.check(capture(pixmap))
    assert foreigner.created(FROM_PICTURE, "I", target.id) == foreigner.area.rectangles


@pytest.mark.needs("SHAPE")
@pytest.mark.parametrize(
    "kind", [SK.Bounding, SK.Clip, SK.Input], ids=["bounding", "clip", "input"]
)
def test_a_window_is_shaped_in_the_clients_order(foreigner, kind):
    """SetWindowShapeRegion names window, offset and region, and the kind as it is (CMP-106,
    CMP-118)."""
    presenter = foreigner.presenter
    window = presenter.window(48, 40, events=0)
    presenter.sync()
    foreigner.accepted(SET_SHAPE, "IB3xhhI", window.id, kind, 5, -2, foreigner.region.id)
    reply = presenter.extension(xcffib.shape).GetRectangles(window.id, kind).reply()
    shape = tuple((r.x, r.y, r.width, r.height) for r in reply.rectangles)
    assert shape == foreigner.area.moved(5, -2).rectangles


def test_regions_are_expanded_in_the_clients_order(foreigner):
    """ExpandRegion names source, destination and four widths that all differ (CMP-106, CMP-100)."""
    grown = foreigner.presenter.region((50, 50, 1, 1))
    foreigner.presenter.sync()
    foreigner.accepted(EXPAND, "II4H", foreigner.region.id, grown.id, 1, 258, 5, 772)
    expected = foreigner.area.expanded(1, 258, 5, 772)
    assert tuple(grown.fetch()) == expected.rectangles
    assert tuple(foreigner.region.fetch()) == foreigner.area.rectangles


def test_regions_are_inverted_in_the_clients_order(foreigner):
    """InvertRegion names source, four bounds that all differ, and the destination (CMP-106,
    CMP-097)."""
    rest, bounds = foreigner.presenter.region((50, 50, 1, 1)), (-2, 3, 261, 522)
    foreigner.presenter.sync()
    foreigner.accepted(INVERT, "I2h2HI", foreigner.region.id, *bounds, rest.id)
    assert tuple(rest.fetch()) == foreigner.area.inverted(bounds).rectangles


@pytest.mark.parametrize("count", range(3))
def test_a_region_is_fetched_in_the_clients_order(foreigner, count):
    """Sequence number, length, extents and each rectangle (CMP-106).

    The number is one that reads otherwise the other way round.
    """
    boxes = [(258 + 20 * n, 3, 9, 260) for n in range(count)]
    region, wire = foreigner.presenter.region(*boxes), foreigner.wire
    foreigner.presenter.sync()
    sequence = foreigner.send(FETCH, "I", region.id)
    assert sequence & 0xFF != sequence >> 8
    reply = wire.reply(sequence)
    assert wire.unpack("HI", reply, 2) == (sequence, 2 * count)
    left, right = (258, 258 + 20 * (count - 1) + 9) if count else (0, 0)
    extents = (left, 3, right - left, 260) if count else (0, 0, 0, 0)
    assert wire.unpack("hhHH", reply, 8) == extents
    told = [wire.unpack("hhHH", reply, 32 + 8 * n) for n in range(count)]
    assert told == boxes


WORDS = {
    "CreateRegion": (5, 2),
    "CreateRegionFromBitmap": (FROM_BITMAP, 3),
    "CreateRegionFromWindow": (FROM_WINDOW, 4),
    "CreateRegionFromGC": (FROM_GC, 3),
    "CreateRegionFromPicture": (FROM_PICTURE, 3),
    "DestroyRegion": (DESTROY, 2),
    "SetRegion": (11, 2),
    "CopyRegion": (COPY, 3),
    "UnionRegion": (13, 4),
    "IntersectRegion": (14, 4),
    "SubtractRegion": (15, 4),
    "InvertRegion": (16, 5),
    "TranslateRegion": (17, 3),
    "RegionExtents": (EXTENTS, 3),
    "FetchRegion": (19, 2),
    "SetGCClipRegion": (SET_GC_CLIP, 4),
    "SetWindowShapeRegion": (SET_SHAPE, 5),
    "SetPictureClipRegion": (SET_PICTURE_CLIP, 4),
    "ExpandRegion": (28, 5),
}
"""Minor opcode and smallest length in words."""


@pytest.mark.parametrize("name", WORDS)
def test_a_request_on_regions_cut_short_leaves_the_next_as_it_is(foreigner, name):
    """A word or more too short gives Length, and no byte of the requests behind it is turned
    round with it (CMP-105, CMP-106)."""
    check_cut_short(foreigner.wire, "XFIXES", *WORDS[name])
