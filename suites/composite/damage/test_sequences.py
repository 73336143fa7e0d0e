# SPDX-License-Identifier: MIT
"""Random sequences of drawing and repairing, held against a model."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xcffib.composite import Redirect
from xcffib.xproto import GC

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.models.damage_reports import damage_reports
from harness.pixels.region import PixelRegion
from suites.composite.damage.variants import KINDS, LEVELS, RAW

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("DAMAGE", "XFIXES", "Present", uncomposited=True),
]


box = st.tuples(st.integers(-9, 66), st.integers(-9, 50), st.integers(1, 40), st.integers(1, 30))

steps = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), box),
        st.tuples(st.just("fill"), box),
        st.tuples(st.just("add"), st.lists(box, max_size=3)),
        st.tuples(st.just("repair"), st.lists(box, max_size=3)),
        st.tuples(st.just("repair all"), st.none()),
    ),
    min_size=4,
    max_size=12,
)

bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
)


@LEVELS
@KINDS
def test_any_sequence_of_drawing_and_repairing_is_reported(presenter, level, kind, make_drawn):
    """Fills, added regions and repairs in any order: each is reported as the region of what is
    damaged and not repaired says, and the parts are what was damaged (CMP-068, CMP-069, CMP-070,
    CMP-071, CMP-075, CMP-076, CMP-078)."""
    drawable = make_drawn(kind)
    damage, gc = Damage.watch(drawable, level), create_gc(drawable)
    region, parts = presenter.region(), presenter.region()
    whole = PixelRegion.of([(0, 0, 64, 48)])

    @bounded
    @given(steps)
    def check_sequence(sequence):
        damage.forget()
        damaged = PixelRegion()
        for step, argument in sequence:
            if step == "fill":
                fill_rectangles(drawable, gc, argument)
                news = PixelRegion.of([argument]) & whole
                expected = damage_reports(level, damaged, news, (64, 48))
                damaged |= news
            elif step == "add":
                news = PixelRegion.of(argument) & whole
                region.set(list(news.rectangles))
                damage.add(region)
                expected = damage_reports(level, damaged, news, (64, 48))
                damaged |= news
            else:
                repair = whole if argument is None else PixelRegion.of(argument)
                region.set(list(repair.rectangles))
                damage.subtract(None if argument is None else region, parts)
                rest = damaged - repair
                expected = (
                    [] if level == RAW else damage_reports(level, PixelRegion(), rest, (64, 48))
                )
                if level != RAW:
                    assert tuple(parts.fetch()) == (damaged & repair).rectangles
                damaged = rest
            assert damage.areas() == expected

    check_sequence()


window_steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(
            st.tuples(st.just("move"), st.integers(-20, 90), st.integers(-20, 70)),
            st.tuples(st.just("resize"), st.integers(1, 60), st.integers(1, 50)),
            st.tuples(st.just("fill"), st.integers(0, 0xFFFFFF), st.integers(0, 20)),
            st.tuples(st.just("stack"), st.integers(0, 1)),
            st.tuples(st.just("border"), st.integers(0, 6)),
            st.tuples(st.just("map")),
            st.tuples(st.just("unmap")),
            st.tuples(st.just("shape"), st.lists(box, min_size=1, max_size=3)),
        ),
    ),
    min_size=4,
    max_size=12,
)


def take_step(window, gc, name, *values):
    client = window.client
    if name == "move":
        window.move(*values)
    elif name == "resize":
        window.resize(*values)
    elif name == "fill":
        client.core.ChangeGC(gc, GC.Foreground, [values[0]])
        fill_rectangles(window, gc, (values[1], 2, 30, 20))
    elif name == "stack":
        window.configure(stack_mode=values[0])
    elif name == "border":
        window.configure(border_width=values[0])
    elif name == "shape":
        window.shape(values[0])
    elif name == "map":
        window.map()
    else:
        window.unmap()


@pytest.mark.parametrize("update", [None, Redirect.Automatic], ids=["plain", "automatic"])
@pytest.mark.needs("Composite", "SHAPE")
def test_no_change_of_a_picture_goes_unreported(presenter, update, barrier):
    """Whatever happens to windows, drawn and moved, resized, stacked, mapped and shaped, each
    pixel that changes on their parent is reported to who watches it (CMP-087)."""

    @settings(bounded, max_examples=15)
    @given(window_steps)
    def check_steps(sequence):
        parent = presenter.window(120, 90, x=20, y=30, background="grey", events=0)
        windows = [
            presenter.window(
                40, 30, x=10 + 20 * n, y=8 + 9 * n, parent=parent, background=colour, events=0
            )
            for n, colour in enumerate(("blue", "green", "yellow"))
        ]
        if update is not None:
            parent.redirect_subwindows(update)
        gcs = [create_gc(window) for window in windows]
        before = capture(parent).pixels
        damage = Damage.watch(parent)
        for which, step in sequence:
            take_step(windows[which], gcs[which], *step)
            if update is None:
                presenter.sync()
            else:
                barrier()
            after = capture(parent).pixels
            assert PixelRegion.differing(before, after) <= PixelRegion.of(damage.areas())
            before = after
        parent.destroy()

    check_steps()
