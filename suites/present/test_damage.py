# SPDX-License-Identifier: MIT
"""What the DAMAGE extension says of presentations."""

import pytest

from harness.clients.resources.damage import Damage, DamageLevel
from harness.models.stage import Stage
from harness.x11.present import CompleteMode
from suites.marks import SMALL

pytestmark = [pytest.mark.xserver(fps=600, any_depth=True), pytest.mark.needs("DAMAGE")]


def watched_stage(presenter, redirected=False, **attributes):
    """A stage and a Damage of raw rectangles on its window."""
    stage = Stage.open(presenter, mapped=False, **attributes)
    if redirected:
        stage.window.redirect()
    stage.window.map()
    # The server paints what has become visible when it is next idle.
    stage.window.wait_msc(stage.window.msc() + 2)
    damage = Damage.create(stage.window)
    damage.forget()
    return stage, damage


def areas(damage):
    return [notice.area for notice in damage.notices()]


@pytest.mark.parametrize(
    ("x_off", "y_off", "width", "height", "area"),
    [
        pytest.param(0, 0, 48, 40, (0, 0, 48, 40), id="whole"),
        pytest.param(5, 7, 20, 10, (5, 7, 20, 10), id="inside"),
        pytest.param(-6, -9, 48, 40, (0, 0, 42, 31), id="upper_left"),
        pytest.param(30, 25, 48, 40, (30, 25, 18, 15), id="lower_right"),
        pytest.param(47, 39, 9, 9, (47, 39, 1, 1), id="pixel"),
    ],
)
@pytest.mark.parametrize("redirected", [False, True], ids=["plain", "redirected"])
@pytest.mark.needs("Composite")
def test_damage_is_the_copied_rectangle(presenter, redirected, x_off, y_off, width, height, area):
    """One copy is one raw damage report, of the pixmap's rectangle cut at the window
    (PRE-063)."""
    stage, damage = watched_stage(presenter, redirected, border_width=2)
    pixmap = stage.window.pixmap(width=width, height=height)
    stage.window.present(pixmap, x_off=x_off, y_off=y_off).wait_complete()
    (notice,) = damage.notices()
    assert notice.drawable == stage.window.id
    assert notice.area == area


def test_every_copy_is_reported_once(presenter):
    """Each presentation is reported for itself, in its order (PRE-063)."""
    stage, damage = watched_stage(presenter)
    for n in range(5):
        pixmap = stage.window.pixmap(width=10 + n, height=8)
        stage.window.present(pixmap, x_off=3 * n, y_off=n).wait_complete()
    assert areas(damage) == [(3 * n, n, 10 + n, 8) for n in range(5)]


def test_damage_stays_within_the_bounds_of_the_update_area(presenter):
    """What is reported covers every rectangle of the update area and reaches not beyond their
    common bounds (PRE-063, PRE-055)."""
    stage, damage = watched_stage(presenter)
    update = presenter.region((2, 3, 8, 8), (20, 15, 9, 5))
    stage.window.present(stage.window.pixmap(), update=update, x_off=4, y_off=1).wait_complete()
    reported = areas(damage)
    assert reported
    left, top = (min(area[n] for area in reported) for n in (0, 1))
    right, bottom = (max(area[n] + area[n + 2] for area in reported) for n in (0, 1))
    assert (left, top, right, bottom) == (6, 4, 33, 21)


def test_nothing_drawn_is_no_damage(presenter):
    """Presentations that draw nothing are not reported: an empty update area, an offset
    beside the window, an unmapped window, a refused request (PRE-063, PRE-050, PRE-059)."""
    stage, damage = watched_stage(presenter)
    window = stage.window
    window.present(window.pixmap(), update=presenter.region()).wait_complete()
    window.present(window.pixmap(), x_off=48).wait_complete()
    with presenter.expect_error("Value"):
        window.present(window.pixmap(), remainder=1)
    assert areas(damage) == []
    window.unmap()
    window.present(window.pixmap()).wait_complete()
    assert areas(damage) == []


@pytest.mark.needs(supersede=True)
def test_superseded_presentation_is_no_damage(presenter, too_late):
    """A skipped pixmap is not drawn, hence not reported (PRE-063, PRE-090)."""
    stage, damage = watched_stage(presenter)
    whole, small = stage.window.pixmap(), stage.window.pixmap(width=9, height=9)
    target = stage.window.msc() + 90
    first = stage.window.present(whole, target_msc=target)
    second = stage.window.present(small, target_msc=target)
    if stage.window.msc() >= target:
        too_late("the target had passed before the last presentation was queued")
    assert first.wait_complete().mode is CompleteMode.SKIP
    second.wait_complete()
    assert areas(damage) == [(0, 0, 9, 9)]


def test_damage_arrives_when_the_copy_is_done(presenter):
    """A queued copy is reported at its target, not at the request (PRE-063, PRE-060)."""
    stage, damage = watched_stage(presenter)
    fence = presenter.fence()
    presentation = stage.window.present(stage.window.pixmap(), wait_fence=fence)
    stage.window.wait_msc(stage.window.msc() + 4)
    assert areas(damage) == []
    fence.trigger()
    presentation.wait_complete()
    assert areas(damage) == [(0, 0, 48, 40)]


def test_damage_on_the_parent_covers_the_child_that_was_drawn(presenter):
    """Somebody who watches a parent learns of a presentation to its child, in the parent's
    coordinates (PRE-063)."""
    stage = Stage.open(presenter, border_width=3)
    damage = Damage.create(stage.parent)
    damage.forget()
    pixmap = stage.window.pixmap(width=10, height=6)
    stage.window.present(pixmap, x_off=7, y_off=8).wait_complete()
    assert areas(damage) == [(16 + 3 + 7, 12 + 3 + 8, 10, 6)]


def test_damage_below_raw_level_reports_what_is_new(presenter):
    """Bounding boxes grow with each copy, and a Damage that reports only once that there is
    something reports once (PRE-063)."""
    stage = Stage.open(presenter)
    box = Damage.create(stage.window, DamageLevel.BOUNDING_BOX)
    once = Damage.create(stage.window, DamageLevel.NON_EMPTY)
    box.forget()
    once.forget()
    pixmap = stage.window.pixmap(width=6, height=6)
    for offset in (10, 2, 30):
        stage.window.present(pixmap, x_off=offset, y_off=offset).wait_complete()
    assert areas(box) == [(10, 10, 6, 6), (2, 2, 14, 14), (2, 2, 34, 34)]
    assert len(areas(once)) == 1


def test_another_client_sees_the_damage(presenter, connect):
    """A compositor learns of the copies of others (PRE-063)."""
    stage = Stage.open(presenter)
    watcher = connect("watcher")
    damage = Damage.create(watcher.borrow_window(stage.window, events=0))
    damage.forget()
    stage.window.present(stage.window.pixmap(), x_off=9).wait_complete()
    assert areas(damage) == [(9, 0, 39, 40)]


@pytest.mark.xserver(small=SMALL)
@pytest.mark.needs("Present", flip=True)
def test_damage_of_a_flip_is_its_update_area(presenter):
    """Who copies what a flip has changed misses nothing, and copies no more (PRE-221)."""
    update = 10, 20, 30, 40
    window = presenter.screen_window()
    window.present(window.pixmap("red")).wait_complete()
    damage = Damage.create(window)
    damage.forget()
    pixmap = window.pixmap("red")
    pixmap.fill("green", *update)
    shown = window.present(pixmap, update=presenter.region(update))
    assert shown.wait_complete().mode is CompleteMode.FLIP
    assert areas(damage) == [update]
