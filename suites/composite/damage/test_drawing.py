# SPDX-License-Identifier: MIT
"""Which drawing is damage, and how clips limit it."""

import pytest
import xcffib.damage
import xcffib.render
import xcffib.shape
from xcffib.composite import Redirect
from xcffib.shape import SK
from xcffib.xproto import GC, ClipOrdering, SubwindowMode

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.picture import Picture
from harness.pixels.chart import chart_pixels
from harness.pixels.region import PixelRegion
from suites.composite.damage.drawings import COMPOSED, EXACT, WITHIN, boxes
from suites.marks import DEPTH_24, STEPS_AS_PLACES

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]

RAW, DELTA, BOX, ONCE = DamageLevel
UPDATES = (Redirect.Automatic, Redirect.Manual)
levels = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())


@DEPTH_24
def test_drawing_of_a_rectangle_is_reported_exactly(drawn):
    """Filling, putting and copying report the rectangle that they draw, cut at the drawable
    (CMP-085)."""
    damage = Damage.watch(drawn)
    for name, (values, rectangle, draw) in EXACT.items():
        drawn.put(chart_pixels(64, 48, drawn.depth))
        damage.forget()
        draw(drawn.client.core, drawn.id, create_gc(drawn, **values))
        assert (name, damage.areas()) == (name, [rectangle])


@STEPS_AS_PLACES
def test_every_figure_is_reported(drawn):
    """The report of points, lines, arcs and polygons covers each pixel that changes and stays in
    the box around the figure, whichever of its corners comes first (CMP-085)."""
    damage = Damage.watch(drawn)
    for name, (values, bounds, draw) in WITHIN.items():
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        draw(drawn.client.core, drawn.id, create_gc(drawn, **values))
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        assert changed, name
        assert changed <= reported, name
        assert reported <= PixelRegion.of([bounds]), name


@DEPTH_24
def test_a_request_that_comes_again_is_reported_again(drawn):
    """A graphics context that has drawn is watched as before: the same request with nothing in
    between is the same damage (CMP-170)."""
    core, damage = drawn.client.core, Damage.watch(drawn)
    for name, (values, _, draw) in (EXACT | WITHIN).items():
        gc = create_gc(drawn, **values)
        damage.forget()
        draw(core, drawn.id, gc)
        once = damage.areas()
        assert once, name
        draw(core, drawn.id, gc)
        assert damage.areas() == once, name


@pytest.mark.needs("RENDER")
def test_composition_is_reported(drawn):
    """What RENDER draws is reported: rectangles exactly, the rest at least what changes
    (CMP-085)."""
    client = drawn.client
    source, target = Picture.of(client.pixmap(64, 48, colour="red")).id, Picture.of(drawn).id
    damage = Damage.watch(drawn)
    for name, draw in COMPOSED.items():
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        draw(client.extension(xcffib.render), source, target)
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        assert changed, name
        assert changed <= reported <= PixelRegion.of([(0, 0, 64, 48)]), name
        if name in ("composite", "rectangles"):
            assert reported.rectangles == ((9, 8, 21, 13),), name


CLIPS = {
    "one": [(10, 10, 20, 20)],
    "two": [(5, 5, 10, 10), (40, 30, 10, 10)],
    "over_the_edge": [(-9, -9, 30, 20), (50, 40, 99, 99)],
}


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
@pytest.mark.parametrize("picture", [False, True], ids=["gc", "picture"])
@pytest.mark.needs("RENDER")
def test_damage_stays_within_the_clip_of_the_drawing(drawn, clip, picture):
    """The report covers what the clip lets through and stays in the box around the clip
    (CMP-086)."""
    client, damage = drawn.client, Damage.watch(drawn)
    visible = PixelRegion.of(clip).moved(3, 2) & PixelRegion.of([(0, 0, 64, 48)])
    if picture:
        target = Picture.of(drawn)
        client.extension(xcffib.render).SetPictureClipRectangles(
            target.id, 3, 2, len(clip), boxes(*clip)
        )
        target.fill("red", 0, 0, 64, 48)
    else:
        gc = create_gc(drawn)
        client.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 3, 2, len(clip), boxes(*clip))
        fill_rectangles(drawn, gc, (0, 0, 64, 48))
    reported = PixelRegion.of(damage.areas())
    assert visible <= reported <= PixelRegion.of([visible.extents])


@STEPS_AS_PLACES
@DEPTH_24
def test_each_drawing_stays_within_the_clip(drawn):
    """Whatever the request, the report covers what the clip of its GC lets through, and stays in
    the box around the clip (CMP-086)."""
    client, damage = drawn.client, Damage.watch(drawn)
    clip = [(12, 10, 6, 20), (20, 12, 12, 12)]
    around = PixelRegion.of([(12, 10, 20, 20)])
    for name, (values, _, draw) in (EXACT | WITHIN).items():
        drawn.put(chart_pixels(64, 48, drawn.depth))
        gc = create_gc(drawn, **values)
        client.core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, len(clip), boxes(*clip))
        before = capture(drawn).pixels
        damage.forget()
        draw(client.core, drawn.id, gc)
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        assert changed <= PixelRegion.of(clip), name
        assert changed <= reported <= around, name


@pytest.mark.needs("RENDER")
def test_each_composition_stays_within_the_clip(drawn):
    """The same of RENDER's requests and the clip of the picture (CMP-086)."""
    client, damage = drawn.client, Damage.watch(drawn)
    clip = [(12, 10, 6, 20), (20, 12, 12, 12)]
    around = PixelRegion.of([(12, 10, 20, 20)])
    source, target = Picture.of(client.pixmap(64, 48, colour="red")).id, Picture.of(drawn)
    target.clip(client.region(*clip))
    for name, draw in COMPOSED.items():
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        draw(client.extension(xcffib.render), source, target.id)
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        reported = PixelRegion.of(damage.areas())
        assert changed, name
        assert changed <= PixelRegion.of(clip), name
        assert changed <= reported <= around, name


@pytest.mark.parametrize("update", [None, *UPDATES], ids=["plain", "automatic", "manual"])
@pytest.mark.parametrize("kind", [SK.Bounding, SK.Clip], ids=["bounding", "clip"])
@pytest.mark.parametrize(
    "mode", [SubwindowMode.ClipByChildren, SubwindowMode.IncludeInferiors], ids=["around", "over"]
)
@pytest.mark.needs("SHAPE", "Composite")
def test_damage_stays_within_the_shape_of_the_window(presenter, update, kind, mode, barrier):
    """Of a shaped window the drawing inside of the shape is reported, rectangle by rectangle,
    whatever the subwindow mode (CMP-086)."""
    window = presenter.window(64, 48, x=37, y=29, border_width=2, mapped=False, events=0)
    if update is not None:
        window.redirect(update)
    shape = [(5, 5, 10, 10), (12, 8, 20, 30), (50, 40, 99, 99), (-5, 20, 8, 8)]
    presenter.extension(xcffib.shape).Rectangles(
        0, kind, ClipOrdering.Unsorted, window.id, 0, 0, len(shape), boxes(*shape)
    )
    window.map()
    barrier()
    damage = Damage.watch(window)
    fill_rectangles(window, create_gc(window, SubwindowMode=mode), (0, 0, 64, 48))
    assert damage.areas() == list(
        (PixelRegion.of(shape) & PixelRegion.of([(0, 0, 64, 48)])).rectangles
    )


# Graphics contexts that change while they are watched

LEFT = [(0, 0, 30, 48)]


def set_clip(core, gc, other):
    core.SetClipRectangles(ClipOrdering.Unsorted, gc, 0, 0, 1, boxes(*LEFT))


def copy_clip(core, gc, other):
    set_clip(core, other, gc)
    core.CopyGC(other, gc, GC.ClipMask)


def end_clip(core, gc, other):
    set_clip(core, gc, other)
    core.ChangeGC(gc, GC.ClipMask, [0])


GC_CHANGES = {
    "value": (lambda c, g, o: c.ChangeGC(g, GC.Foreground, [0x123456]), False),
    "copied_value": (lambda c, g, o: c.CopyGC(o, g, GC.Foreground), False),
    "dashes": (lambda c, g, o: c.SetDashes(g, 0, 2, [3, 5]), False),
    "clip": (set_clip, True),
    "copied_clip": (copy_clip, True),
    "ended_clip": (end_clip, False),
}
"""What is done to a GC, with another one, and whether its clip is then the left part."""


@DEPTH_24
@pytest.mark.parametrize("change", GC_CHANGES)
def test_graphics_context_that_changes_is_still_watched(drawn, change):
    """Whatever is changed of a GC between two of its drawings, or copied into it, what it draws
    is reported, and no more than that (CMP-082, CMP-086)."""
    core = drawn.client.core
    drawn.fill("blue")
    gc, other = create_gc(drawn), create_gc(drawn, Foreground=0x00FF00)
    fill_rectangles(drawn, other, (1, 1, 2, 2))
    damage = Damage.watch(drawn)
    fill_rectangles(drawn, gc, (1, 2, 3, 4))
    assert damage.areas() == [(1, 2, 3, 4)]
    act, clipped = GC_CHANGES[change]
    act(core, gc, other)
    for box in [(20, 10, 20, 10), (25, 30, 9, 9)]:
        drawn.fill("blue")
        before = capture(drawn).pixels
        damage.forget()
        fill_rectangles(drawn, gc, box)
        changed = PixelRegion.differing(before, capture(drawn).pixels)
        seen = PixelRegion.of([box]) & PixelRegion.of(LEFT if clipped else [(0, 0, 64, 48)])
        assert changed == seen
        assert damage.areas() == list(seen.rectangles)
