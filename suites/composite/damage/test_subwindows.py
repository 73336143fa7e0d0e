# SPDX-License-Identifier: MIT
"""Drawing on a window around its child and over it (subwindow modes), at every report level."""

import pytest
import xcffib.render
from xcffib.xproto import SubwindowMode

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.picture import Picture
from harness.pixels.region import PixelRegion
from suites.composite.damage.drawings import COMPOSED, EXACT, WITHIN
from suites.marks import DEPTH_24, STEPS_AS_PLACES

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]

RAW, DELTA, BOX, ONCE = DamageLevel
LEVELS = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())
MODES = pytest.mark.parametrize(
    "mode",
    [SubwindowMode.ClipByChildren, SubwindowMode.IncludeInferiors],
    ids=["around", "over"],
)
SIZE = 64, 48
CHILD = 8, 6, 21, 19
WHOLE = PixelRegion.of([(0, 0, *SIZE)])
COVERED = PixelRegion.of([CHILD])


class Family:
    """A window with a child in it, and the damage of both."""

    def __init__(self, presenter, level):
        x, y, width, height = CHILD
        self.parent = presenter.window(*SIZE, x=37, y=29, border_width=3, events=0)
        self.child = presenter.window(width, height, x=x, y=y, parent=self.parent, events=0)
        self.level = level
        self.damage = Damage.watch(self.parent, level)
        self.of_child = Damage.watch(self.child, level)

    def check(self, name, mode, draw):
        """What ``draw`` changes is reported, and nothing that it cannot reach."""
        self.parent.fill("blue")
        self.child.fill("green")
        before = capture(self.parent).pixels
        self.damage.forget()
        self.of_child.forget()
        draw()
        changed = PixelRegion.differing(before, capture(self.parent).pixels)
        areas = self.damage.areas()
        if self.level is ONCE:
            assert areas in ([(0, 0, *SIZE)], [(0, 0, *SIZE)] if changed else []), name
        reported = PixelRegion.of(areas)
        assert changed <= reported <= WHOLE, name
        if mode == SubwindowMode.ClipByChildren:
            assert not changed & COVERED, name
            assert self.of_child.areas() == [], name
            if self.level in (RAW, DELTA):
                assert not reported & COVERED, name
        told = PixelRegion.of(self.of_child.areas()).moved(CHILD[0], CHILD[1])
        assert changed & COVERED <= told <= COVERED, name
        if self.level in (RAW, DELTA):
            assert told == reported & COVERED, name
        return bool(changed & COVERED)


@STEPS_AS_PLACES
@DEPTH_24
@LEVELS
@MODES
def test_drawing_around_a_child_and_over_it_is_reported(presenter, level, mode):
    """All that a request changes, be it the child's pixels; what the child hides from it is no
    damage.  The child is told of its part (CMP-085, CMP-086, CMP-126)."""
    family, over = Family(presenter, level), set()
    for name, (values, _, draw) in (EXACT | WITHIN).items():
        gc = create_gc(family.parent, SubwindowMode=mode, **values)
        if family.check(
            name, mode, lambda draw=draw, gc=gc: draw(presenter.core, family.parent.id, gc)
        ):
            over.add(name)
    assert bool(over) is (mode == SubwindowMode.IncludeInferiors)
    if over:
        assert over >= {"rectangle", "image", "lines", "wide_lines", "polygon", "pies"}


@LEVELS
@MODES
@pytest.mark.needs("RENDER")
def test_composition_around_a_child_and_over_it_is_reported(presenter, level, mode):
    """The same of RENDER's requests, by the subwindow mode of the picture (CMP-085, CMP-086,
    CMP-126)."""
    family = Family(presenter, level)
    source = Picture.of(presenter.pixmap(*SIZE, colour="red"))
    target = Picture.of(family.parent, inferiors=mode == SubwindowMode.IncludeInferiors)
    render = presenter.extension(xcffib.render)
    over = [
        family.check(name, mode, lambda draw=draw: draw(render, source.id, target.id))
        for name, draw in COMPOSED.items()
    ]
    assert set(over) == {mode == SubwindowMode.IncludeInferiors}


@pytest.mark.needs("RENDER")
@pytest.mark.parametrize("level", [RAW, DELTA], ids=["raw", "delta"])
def test_traps_that_are_added_are_reported(presenter, level):
    """AddTraps draws alpha: it is reported where it changes (CMP-085)."""
    mask = presenter.pixmap(*SIZE, 8, 0)
    picture, damage = Picture.of(mask), Damage.watch(mask, level)
    before = capture(mask).pixels
    damage.forget()
    span = xcffib.render.SPANFIX.synthetic
    trap = xcffib.render.TRAP.synthetic(
        span(9 << 16, 30 << 16, 8 << 16), span(12 << 16, 25 << 16, 21 << 16)
    )
    presenter.extension(xcffib.render).AddTraps(picture.id, 2, 3, 1, [trap])
    changed = PixelRegion.differing(before, capture(mask).pixels)
    assert changed
    assert changed <= PixelRegion.of(damage.areas()) <= PixelRegion.of([(10, 10, 24, 16)])
