# SPDX-License-Identifier: MIT
"""Where XFIXES regions come from besides rectangles, and what they clip and shape."""

import struct

import numpy as np
import pytest
import xcffib.render
import xcffib.shape
import xcffib.xfixes
from xcffib.composite import Redirect
from xcffib.shape import SK
from xcffib.xproto import GC, RECTANGLE, ClipOrdering

from harness.capture.get_image import capture
from harness.clients.resources.drawable import Drawable, create_gc
from harness.clients.resources.picture import Picture
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.region import Region
from harness.clients.resources.window import Window, WindowClass
from harness.models.stage import MARGIN_X, MARGIN_Y, Stage
from harness.pixels.canvas import Canvas
from harness.pixels.region import PixelRegion

pytestmark = [pytest.mark.xserver(any_depth=True), pytest.mark.needs("XFIXES")]

TWO = [(3, 4, 12, 9), (8, 10, 20, 15)]
HOLE = [(0, 0, 40, 10), (0, 10, 10, 10), (30, 10, 10, 10), (0, 20, 40, 10)]
OUTSIDE = [(-7, -5, 20, 20), (30, 20, 100, 100)]
SHAPES = {"two": TWO, "hole": HOLE, "outside": OUTSIDE, "empty": []}
shapes = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
offsets = pytest.mark.parametrize(
    ("dx", "dy"), [(0, 0), (6, 3), (-5, -8), (4, 0), (0, -7)], ids=str
)


def rectangles_of(region):
    return tuple(region.fetch())


def fill(drawable, gc):
    """Fill all of ``drawable`` and more."""
    rectangle = RECTANGLE.synthetic(-50, -50, 400, 400)
    drawable.client.core.PolyFillRectangle(drawable.id, gc, 1, [rectangle])


def solid(client):
    """A picture without a drawable."""
    picture = client.new_id()
    colour = xcffib.render.COLOR.synthetic(0xFFFF, 0, 0, 0xFFFF)
    client.extension(xcffib.render).CreateSolidFill(picture, colour)
    return picture


def fill_picture(client, picture):
    """Fill all of the picture's drawable and more in red."""
    colour = xcffib.render.COLOR.synthetic(0xFFFF, 0, 0, 0xFFFF)
    rectangle = RECTANGLE.synthetic(-50, -50, 400, 400)
    client.extension(xcffib.render).FillRectangles(1, picture, colour, 1, [rectangle])


def clip_gc(client, gc, region, x=0, y=0):
    client.extension(xcffib.xfixes).SetGCClipRegion(gc, region.id if region else 0, x, y)


def clip_picture(client, picture, region, x=0, y=0):
    client.extension(xcffib.xfixes).SetPictureClipRegion(picture, region.id if region else 0, x, y)


def shape_window(window, kind, region, x=0, y=0):
    requests = window.client.extension(xcffib.xfixes)
    requests.SetWindowShapeRegion(window.id, kind, x, y, region.id if region else 0)


def shape_rectangles(window, kind):
    """What the SHAPE extension says of the window's shape."""
    reply = window.client.extension(xcffib.shape).GetRectangles(window.id, kind).reply()
    return tuple((r.x, r.y, r.width, r.height) for r in reply.rectangles)


@pytest.mark.parametrize("border", [0, 1, 5])
@pytest.mark.parametrize("mapped", [True, False], ids=["mapped", "unmapped"])
def test_region_of_a_plain_window_is_its_rectangle(presenter, mapped, border):
    """Bounding includes the border and so begins left of and above the origin; clip is the
    inside.  Siblings, the parent's size and mapping do not matter (CMP-107)."""
    parent = presenter.window(30, 30, events=0)
    window = presenter.window(
        41, 33, x=11, y=9, parent=parent, border_width=border, mapped=mapped, events=0
    )
    presenter.window(20, 20, x=15, y=12, parent=parent, events=0)
    whole = (-border, -border, 41 + 2 * border, 33 + 2 * border)
    for kind, expected in ((SK.Bounding, whole), (SK.Clip, (0, 0, 41, 33))):
        region = Region.of_window(presenter, window.id, kind)
        assert region.fetch_with_extents() == (expected, [expected])


@shapes
@pytest.mark.needs("SHAPE")
def test_region_of_a_shaped_window_is_its_shape(presenter, shape):
    """The shape as it was set, not cut at the window; the other kind stays a rectangle, and the
    region does not follow later shapes (CMP-107)."""
    window = presenter.window(48, 40, border_width=2, events=0)
    for kind in (SK.Bounding, SK.Clip):
        shape_window(window, kind, presenter.region(*shape))
        region = Region.of_window(presenter, window.id, kind)
        assert rectangles_of(region) == PixelRegion.of(shape).rectangles
        if kind == SK.Bounding:
            inside = Region.of_window(presenter, window.id, SK.Clip)
            assert rectangles_of(inside) == ((0, 0, 48, 40),)
        shape_window(window, kind, presenter.region((1, 1, 2, 2)))
        assert rectangles_of(region) == PixelRegion.of(shape).rectangles


def test_region_of_input_only_windows_and_of_the_root(presenter):
    """Both have the shape of a rectangle (CMP-107)."""
    window = presenter.window(20, 10, window_class=WindowClass.INPUT_ONLY, mapped=False, events=0)
    assert rectangles_of(Region.of_window(presenter, window.id)) == ((0, 0, 20, 10),)
    screen = presenter.screen
    whole = (0, 0, screen.width_in_pixels, screen.height_in_pixels)
    assert rectangles_of(Region.of_window(presenter, presenter.root)) == (whole,)


def test_region_of_a_window_has_errors_with_values(presenter):
    """IDChoice for the id, Window for what is none, Value for a kind other than bounding and
    clip (also input); in this order (CMP-108)."""
    window = presenter.window(20, 10, events=0)
    taken, wrong = presenter.region().id, presenter.new_id()
    create = presenter.extension(xcffib.xfixes).CreateRegionFromWindow
    with presenter.expect_error("IDChoice", taken):
        create(taken, wrong, 99)
    for other in (wrong, 0, presenter.pixmap(4, 4).id):
        with presenter.expect_error("Window", other):
            create(presenter.new_id(), other, 99)
    for kind in (SK.Input, 3, 255):
        with presenter.expect_error("Value", kind):
            create(presenter.new_id(), window.id, kind)


@shapes
@offsets
def test_region_of_a_gc_is_its_clip_without_the_origin(presenter, shape, dx, dy):
    """The rectangles that SetClipRectangles gave; the clip origin moves the clip and not the
    region (CMP-109)."""
    pixmap = presenter.pixmap(50, 40)
    gc = create_gc(pixmap)
    parts = [RECTANGLE.synthetic(*r) for r in shape]
    presenter.core.SetClipRectangles(ClipOrdering.Unsorted, gc, dx, dy, len(parts), parts)
    region = Region.from_gc(presenter, gc)
    assert rectangles_of(region) == PixelRegion.of(shape).rectangles
    presenter.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, 0, [])
    assert rectangles_of(region) == PixelRegion.of(shape).rectangles


def test_region_of_a_gc_with_a_clip_mask_is_the_mask(presenter):
    """A clip mask counts as the region of its pixels (CMP-109)."""
    bitmap = bitmap_of(presenter, [(2, 1, 9, 5), (4, 3, 9, 9)], 20, 17)
    pixmap = presenter.pixmap(50, 40)
    gc = create_gc(pixmap, ClipMask=bitmap.id, ClipOriginX=7)
    region = Region.from_gc(presenter, gc)
    assert rectangles_of(region) == PixelRegion.of([(2, 1, 9, 5), (4, 3, 9, 9)]).rectangles


def test_region_of_a_gc_has_errors_with_values(presenter):
    """IDChoice for the id, GContext for what is none, Match without a clip (CMP-110)."""
    pixmap = presenter.pixmap(8, 8)
    gc = create_gc(pixmap)
    taken, wrong = presenter.region().id, presenter.new_id()
    create = presenter.extension(xcffib.xfixes).CreateRegionFromGC
    with presenter.expect_error("IDChoice", taken):
        create(taken, wrong)
    for other in (wrong, 0, pixmap.id):
        with presenter.expect_error("GContext", other):
            create(presenter.new_id(), other)
    with presenter.expect_error("Match"):
        create(presenter.new_id(), gc)
    clip_gc(presenter, gc, presenter.region((1, 1, 2, 2)))
    clip_gc(presenter, gc, None)
    with presenter.expect_error("Match"):
        create(presenter.new_id(), gc)


@pytest.fixture(params=["window", "pixmap"])
def drawn(request, presenter):
    """A 48x40 window or pixmap, all blue, and the canvas of it."""
    if request.param == "window":
        drawable: Drawable = presenter.window(48, 40, x=21, y=17, background="blue", events=0)
    else:
        drawable = presenter.pixmap(48, 40, colour="blue")
    return drawable, Canvas(48, 40, drawable.depth, "blue")


@shapes
@offsets
def test_gc_draws_in_its_clip_region(presenter, drawn, shape, dx, dy):
    """SetGCClipRegion limits drawing to the region moved by the clip origin; the region read
    back is that which was set (CMP-111)."""
    drawable, canvas = drawn
    gc = create_gc(drawable)
    clip_gc(presenter, gc, presenter.region(*shape), dx, dy)
    fill(drawable, gc)
    canvas.within(*PixelRegion.of(shape).moved(dx, dy).rectangles).fill("red")
    canvas.check(capture(drawable))
    assert rectangles_of(Region.from_gc(presenter, gc)) == PixelRegion.of(shape).rectangles


def test_gc_keeps_a_copy_of_its_clip_region(presenter, drawn):
    """What happens to the region afterwards does not matter; None ends the clip, and sets the
    origin all the same (CMP-111)."""
    drawable, canvas = drawn
    region = presenter.region(*TWO)
    gc = create_gc(drawable)
    clip_gc(presenter, gc, region, 2, 1)
    region.translate(9, 9)
    fill(drawable, gc)
    canvas.within(*PixelRegion.of(TWO).moved(2, 1).rectangles).fill("red")
    canvas.check(capture(drawable))
    region.destroy()
    presenter.core.ChangeGC(gc, GC.Foreground, [drawable.value("green")])
    fill(drawable, gc)
    canvas.within(*PixelRegion.of(TWO).moved(2, 1).rectangles).fill("green")
    canvas.check(capture(drawable))
    clip_gc(presenter, gc, None, 5, 5)
    fill(drawable, gc)
    canvas.fill("green").check(capture(drawable))


def test_gc_clip_region_may_be_replaced_and_copied(presenter, drawn):
    """A second clip replaces the first, also rectangles and masks; CopyGC takes it along
    (CMP-111)."""
    drawable, canvas = drawn
    gc, copy = create_gc(drawable), create_gc(drawable, Foreground=drawable.value("green"))
    parts = [RECTANGLE.synthetic(0, 0, 48, 40)]
    presenter.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, 1, parts)
    clip_gc(presenter, gc, presenter.region(*HOLE))
    fill(drawable, gc)
    canvas.within(*HOLE).fill("red")
    canvas.check(capture(drawable))
    clip_gc(presenter, gc, presenter.region((11, 11, 9, 9)), 1, 0)
    bits = GC.ClipMask | GC.ClipOriginX | GC.ClipOriginY
    presenter.core.CopyGC(gc, copy, bits)
    fill(drawable, copy)
    canvas.within((12, 11, 9, 9)).fill("green")
    canvas.check(capture(drawable))


def test_gc_clip_region_has_errors_with_values(presenter):
    """GContext first, then Region; a refused region leaves the clip as it was (CMP-112)."""
    pixmap = presenter.pixmap(48, 40, colour="blue")
    gc = create_gc(pixmap)
    clip_gc(presenter, gc, presenter.region(*TWO))
    wrong, bad = presenter.new_id(), presenter.new_id()
    clip = presenter.extension(xcffib.xfixes).SetGCClipRegion
    with presenter.expect_error("GContext", wrong):
        clip(wrong, bad, 0, 0)
    with presenter.expect_error("XFIXES:Region", bad):
        clip(gc, bad, 3, 3)
    fill(pixmap, gc)
    canvas = Canvas(48, 40, pixmap.depth, "blue")
    canvas.within(*TWO).fill("red")
    canvas.check(capture(pixmap))


@shapes
@offsets
@pytest.mark.needs("RENDER")
def test_picture_draws_in_its_clip_region(presenter, drawn, shape, dx, dy):
    """SetPictureClipRegion limits RENDER to the region moved by the clip origin; the region read
    back is that which was set (CMP-113, CMP-114)."""
    drawable, canvas = drawn
    picture = Picture.of(drawable).id
    clip_picture(presenter, picture, presenter.region(*shape), dx, dy)
    fill_picture(presenter, picture)
    canvas.within(*PixelRegion.of(shape).moved(dx, dy).rectangles).fill("red")
    canvas.check(capture(drawable))
    assert (
        rectangles_of(Region.from_picture(presenter, picture)) == PixelRegion.of(shape).rectangles
    )


@shapes
@pytest.mark.needs("RENDER")
def test_region_of_a_picture_is_its_clip_without_the_origin(presenter, shape):
    """The rectangles that SetPictureClipRectangles gave (CMP-114)."""
    picture = Picture.of(presenter.pixmap(48, 40)).id
    parts = [RECTANGLE.synthetic(*r) for r in shape]
    presenter.extension(xcffib.render).SetPictureClipRectangles(picture, 4, 7, len(parts), parts)
    region = Region.from_picture(presenter, picture)
    assert rectangles_of(region) == PixelRegion.of(shape).rectangles


@pytest.mark.needs("RENDER")
def test_picture_keeps_a_copy_of_its_clip_region(presenter, drawn):
    """What happens to the region afterwards does not matter; None ends the clip (CMP-113)."""
    drawable, canvas = drawn
    picture, region = Picture.of(drawable).id, presenter.region(*TWO)
    clip_picture(presenter, picture, region, 2, 1)
    region.translate(9, 9)
    region.destroy()
    fill_picture(presenter, picture)
    canvas.within(*PixelRegion.of(TWO).moved(2, 1).rectangles).fill("red")
    canvas.check(capture(drawable))
    clip_picture(presenter, picture, None)
    fill_picture(presenter, picture)
    canvas.fill("red").check(capture(drawable))
    with presenter.expect_error("Match"):
        Region.from_picture(presenter, picture)


@pytest.mark.needs("RENDER")
def test_clip_region_of_the_target_limits_a_composition(presenter):
    """Composite draws in the clip region of the destination, pixel by pixel from where the source
    has them (CMP-113)."""
    pixmap, source = presenter.pixmap(48, 40, colour="blue"), presenter.pixmap(48, 40)
    target, chart = Picture.of(pixmap).id, Picture.of(source).id
    clip_picture(presenter, target, presenter.region(*HOLE), 3, 2)
    presenter.extension(xcffib.render).Composite(1, chart, 0, target, 0, 0, 0, 0, 0, 0, 48, 40)
    canvas = Canvas(48, 40, pixmap.depth, "blue")
    canvas.within(*PixelRegion.of(HOLE).moved(3, 2).rectangles).paste(capture(source).pixels)
    canvas.check(capture(pixmap))


@pytest.mark.needs("RENDER")
def test_picture_regions_have_errors_with_values(presenter):
    """IDChoice for the id, Picture for what is none and for a picture without a drawable, Match
    without a clip, Region for a bad region (CMP-115)."""
    picture, bad, wrong = Picture.of(presenter.pixmap(8, 8)).id, *(presenter.new_id(),) * 2
    taken = presenter.region().id
    requests = presenter.extension(xcffib.xfixes)
    with presenter.expect_error("IDChoice", taken):
        requests.CreateRegionFromPicture(taken, wrong)
    for other in (wrong, 0, taken):
        with presenter.expect_error("RENDER:Picture", other):
            requests.CreateRegionFromPicture(presenter.new_id(), other)
        with presenter.expect_error("RENDER:Picture", other):
            requests.SetPictureClipRegion(other, bad, 0, 0)
    with presenter.expect_error("Match"):
        requests.CreateRegionFromPicture(presenter.new_id(), picture)
    with presenter.expect_error("RENDER:Picture"):
        requests.CreateRegionFromPicture(presenter.new_id(), solid(presenter))
    with presenter.expect_error("RENDER:Picture"):
        requests.SetPictureClipRegion(solid(presenter), taken, 0, 0)
    with presenter.expect_error("XFIXES:Region", bad):
        requests.SetPictureClipRegion(picture, bad, 0, 0)


def bitmap_of(client, boxes, width, height):
    """A pixmap of depth 1 in which the pixels of ``boxes`` are set."""
    bitmap = Pixmap.create(client, width, height, 1)
    bitmap.fill(0)
    gc = create_gc(bitmap, Foreground=1)
    parts = [RECTANGLE.synthetic(*box) for box in boxes]
    client.core.PolyFillRectangle(bitmap.id, gc, len(parts), parts)
    return bitmap


@pytest.mark.parametrize("width", [1, 7, 8, 31, 32, 33, 63, 64, 65, 97])
def test_region_of_a_bitmap_is_its_pixels(presenter, width):
    """The set pixels, row by row, whatever the width is to the words of memory: nothing from
    beyond the width, nothing lost at its end (CMP-116)."""
    height = 23
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    pixels = ((column // 3 + row // 2) % 3 == 0) | (column == width - 1) & (row % 7 < 4)
    pixels[5:8] = True
    pixels[9:12] = False
    area = PixelRegion.differing(pixels, np.zeros_like(pixels))
    region = Region.from_bitmap(presenter, bitmap_of(presenter, area.rectangles, width, height).id)
    assert region.fetch_with_extents() == (area.extents, list(area.rectangles))


@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param([], id="none"),
        pytest.param([(0, 0, 40, 30)], id="all"),
        pytest.param([(0, 0, 1, 1)], id="first"),
        pytest.param([(39, 29, 1, 1)], id="last"),
        pytest.param([(31, 3, 2, 1), (0, 29, 40, 1)], id="over_a_word"),
    ],
)
def test_region_of_a_bitmap_at_its_edges(presenter, boxes):
    """Nothing, everything, and single pixels in the corners; a later change of the bitmap does
    not change the region (CMP-116)."""
    bitmap = bitmap_of(presenter, boxes, 40, 30)
    region = Region.from_bitmap(presenter, bitmap.id)
    bitmap.fill(1, 5, 5, 9, 9)
    bitmap.free()
    assert rectangles_of(region) == PixelRegion.of(boxes).rectangles


def test_region_of_a_bitmap_has_errors_with_values(presenter):
    """IDChoice for the id, Pixmap for what is none (also a window), Match for a deeper pixmap
    (CMP-117)."""
    taken, wrong = presenter.region().id, presenter.new_id()
    create = presenter.extension(xcffib.xfixes).CreateRegionFromBitmap
    with presenter.expect_error("IDChoice", taken):
        create(taken, wrong)
    for other in (wrong, 0, presenter.window(8, 8, events=0).id):
        with presenter.expect_error("Pixmap", other):
            create(presenter.new_id(), other)
    with presenter.expect_error("Match"):
        create(presenter.new_id(), presenter.pixmap(8, 8).id)


@shapes
@offsets
@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.needs("SHAPE")
def test_window_is_shown_in_its_bounding_region(presenter, shape, dx, dy, border):
    """SetWindowShapeRegion with kind bounding limits window and border to the region moved by
    the offset, at once; None gives the rectangle back (CMP-118)."""
    stage = Stage.open(presenter, border_width=border, border="yellow")
    shape_window(stage.window, SK.Bounding, presenter.region(*shape), dx, dy)
    area = PixelRegion.of(shape).moved(dx, dy)
    assert shape_rectangles(stage.window, SK.Bounding) == area.rectangles
    canvas = Canvas(stage.parent.width, stage.parent.height, stage.parent.depth, "grey")
    outline = canvas.area(MARGIN_X, MARGIN_Y, 48 + 2 * border, 40 + 2 * border)
    outline.within(*area.moved(border, border).rectangles).fill("yellow")
    outline.area(border, border, 48, 40).within(*area.rectangles).fill("blue")
    canvas.check(capture(stage.parent))
    shape_window(stage.window, SK.Bounding, None)
    stage.shown()


@shapes
@pytest.mark.parametrize("border", [0, 3])
@pytest.mark.needs("SHAPE")
def test_window_shows_its_border_outside_of_the_clip_region(presenter, shape, border):
    """With kind clip the inside is the region moved by the offset and the rest of the window is
    border; drawing stays inside (CMP-119)."""
    stage = Stage.open(presenter, border_width=border, border="yellow")
    shape_window(stage.window, SK.Clip, presenter.region(*shape), 4, 2)
    area = PixelRegion.of(shape).moved(4, 2)
    assert shape_rectangles(stage.window, SK.Clip) == area.rectangles
    stage.window.fill("red")
    stage.inside.fill("yellow").within(*area.rectangles).fill("red")
    stage.shown()
    shape_window(stage.window, SK.Clip, None)
    stage.window.fill("green")
    stage.inside.fill("green")
    stage.shown()


@pytest.mark.needs("SHAPE")
def test_window_hears_the_pointer_in_its_input_region(presenter):
    """With kind input the region moved by the offset decides which window a point belongs to;
    what is seen stays (CMP-120)."""
    stage = Stage.open(presenter)
    shape_window(stage.window, SK.Input, presenter.region((3, 4, 10, 10)), 5, 0)
    assert shape_rectangles(stage.window, SK.Input) == ((8, 4, 10, 10),)

    def found(x, y):
        reply = presenter.core.TranslateCoordinates(
            stage.parent.id, stage.parent.id, MARGIN_X + x, MARGIN_Y + y
        ).reply()
        return reply.child == stage.window.id

    points = [(8, 4), (17, 13), (7, 4), (8, 3), (18, 13), (17, 14), (0, 0)]
    assert [found(*point) for point in points] == [True, True] + 5 * [False]
    stage.shown()
    shape_window(stage.window, SK.Input, None)
    assert all(found(*point) for point in points)


@pytest.mark.needs("SHAPE")
@pytest.mark.parametrize(
    "kind", [SK.Bounding, SK.Clip, SK.Input], ids=["bounding", "clip", "input"]
)
def test_shape_by_region_is_told_as_any_shape(presenter, kind):
    """ShapeNotify tells kind, extents and that the window is shaped, then that it is not
    (CMP-121)."""
    window = presenter.window(48, 40, border_width=2, events=0)
    presenter.extension(xcffib.shape).SelectInput(window.id, True)
    shape_window(window, kind, presenter.region(*TWO), 1, 2)
    shape_window(window, kind, None)
    presenter.sync()
    told = [
        (data[1], *struct.unpack_from("=I2h2H", data, 4), data[20])
        for event in presenter.events
        if event.name == "SHAPE:Notify"
        for data in [event.data]
    ]
    border = 0 if kind == SK.Clip else 2
    plain = (-border, -border, 48 + 2 * border, 40 + 2 * border)
    assert told == [
        (kind, window.id, 4, 6, 25, 21, 1),
        (kind, window.id, *plain, 0),
    ]


@pytest.mark.needs("SHAPE")
@pytest.mark.parametrize(
    "kind", [SK.Bounding, SK.Clip, SK.Input], ids=["bounding", "clip", "input"]
)
def test_a_window_without_any_shape_can_lose_it(presenter, kind):
    """None for a window that has all attributes of its parent: it stays a rectangle, and that is
    told (CMP-118, CMP-121)."""
    id, border = presenter.new_id(), 0 if kind == SK.Clip else 2
    # Neither a colormap nor anything else that is not its parent's.
    presenter.core.CreateWindow(0, id, presenter.root, 5, 6, 48, 40, 2, 1, 0, 0, [])
    window = presenter.borrow_window(Window(presenter, id, 48, 40, presenter.depth), events=0)
    presenter.extension(xcffib.shape).SelectInput(id, True)
    shape_window(window, kind, None)
    plain = (-border, -border, 48 + 2 * border, 40 + 2 * border)
    told = presenter.extension(xcffib.shape).QueryExtents(id).reply()
    assert (told.bounding_shaped, told.clip_shaped) == (0, 0)
    (event,) = [event for event in presenter.events if event.name == "SHAPE:Notify"]
    assert event.data[1] == kind
    assert struct.unpack_from("=I2h2H", event.data, 4) == (id, *plain)
    assert event.data[20] == 0


@pytest.mark.needs("SHAPE")
@pytest.mark.parametrize(
    "kind", [SK.Bounding, SK.Clip, SK.Input], ids=["bounding", "clip", "input"]
)
def test_a_shape_that_is_taken_away_leaves_the_others(presenter, kind):
    """Each kind is set and ended for itself (CMP-232)."""
    stage = Stage.open(presenter)
    kinds = [SK.Bounding, SK.Clip, SK.Input]
    for number, each in enumerate(kinds):
        shape_window(stage.window, each, presenter.region((number, 2, 10, 12), (20, 9, 5, 6)))
    before = [shape_rectangles(stage.window, each) for each in kinds]
    shape_window(stage.window, kind, None)
    before[kinds.index(kind)] = ((0, 0, 48, 40),)
    assert [shape_rectangles(stage.window, each) for each in kinds] == before


@pytest.mark.needs("SHAPE")
def test_window_keeps_a_copy_of_its_shape_region(presenter):
    """The region may change or go; nor is it moved by the offset (CMP-118)."""
    stage = Stage.open(presenter)
    region = presenter.region(*TWO)
    shape_window(stage.window, SK.Bounding, region, 5, 5)
    assert rectangles_of(region) == PixelRegion.of(TWO).rectangles
    region.set([(0, 0, 1, 1)])
    region.destroy()
    assert shape_rectangles(stage.window, SK.Bounding) == PixelRegion.of(TWO).moved(5, 5).rectangles


@pytest.mark.needs("SHAPE", "Composite")
@shapes
def test_redirected_window_is_shaped_by_its_region(presenter, shape):
    """A window with automatic redirection shows on its parent what its bounding region leaves
    (CMP-118)."""
    stage = Stage.open(presenter, mapped=False)
    stage.window.redirect(Redirect.Automatic)
    shape_window(stage.window, SK.Bounding, presenter.region(*shape))
    stage.window.map()
    canvas = Canvas(stage.parent.width, stage.parent.height, stage.parent.depth, "grey")
    inside = canvas.area(MARGIN_X, MARGIN_Y, 48, 40).within(*shape).fill("blue")
    canvas.check(capture(stage.parent))
    stage.window.fill("red")
    inside.fill("red")
    canvas.check(capture(stage.parent))


def test_shape_regions_have_errors_with_values(presenter):
    """Window first, then Region, then Value for an unknown kind; the shape stays (CMP-122)."""
    window = presenter.window(48, 40, events=0)
    shape_window(window, SK.Bounding, presenter.region(*TWO))
    good, bad, wrong = presenter.region().id, presenter.new_id(), presenter.new_id()
    shape = presenter.extension(xcffib.xfixes).SetWindowShapeRegion
    for other in (wrong, 0, presenter.pixmap(4, 4).id):
        with presenter.expect_error("Window", other):
            shape(other, 99, 0, 0, bad)
    with presenter.expect_error("XFIXES:Region", bad):
        shape(window.id, 99, 0, 0, bad)
    for kind in (3, 255):
        for region in (good, 0):
            with presenter.expect_error("Value", kind):
                shape(window.id, kind, 0, 0, region)
    assert rectangles_of(Region.of_window(presenter, window.id)) == PixelRegion.of(TWO).rectangles
