# SPDX-License-Identifier: MIT
"""Update and valid areas: which part of the pixmap a presentation draws."""

import pytest

from harness.models.stage import Stage
from harness.pixels.chart import chart_pixels

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

CHART = chart_pixels(48, 40)


def moved(rectangles, x_off, y_off):
    return [(x + x_off, y + y_off, width, height) for x, y, width, height in rectangles]


AREAS = {
    "one": [(5, 5, 5, 5)],
    "two": [(4, 3, 10, 8), (30, 20, 12, 15)],
    "corners": [(0, 0, 3, 3), (45, 0, 3, 3), (0, 37, 3, 3), (45, 37, 3, 3)],
    "overlapping": [(5, 5, 20, 20), (15, 12, 25, 22)],
    "ring": [(8, 6, 32, 4), (8, 30, 32, 4), (8, 10, 4, 20), (36, 10, 4, 20)],
    "pixels": [(1, 1, 1, 1), (3, 3, 1, 1), (47, 39, 1, 1), (20, 0, 1, 40)],
    "everything": [(0, 0, 48, 40)],
}


@pytest.mark.parametrize("name", AREAS)
def test_update_area_limits_the_copy(presenter, golden, name):
    """Only the rectangles of the update area are drawn, not their bounding box (PRE-055)."""
    stage = Stage.open(presenter)
    update = presenter.region(*AREAS[name])
    stage.window.present(stage.window.pixmap(), update=update).wait_complete()
    stage.inside.within(*AREAS[name]).paste(CHART)
    golden.check(stage.shown(), "limited")


@pytest.mark.parametrize(
    ("x_off", "y_off"),
    [
        pytest.param(6, 9, id="right_down"),
        pytest.param(-6, -9, id="left_up"),
        pytest.param(11, -4, id="right_up"),
        pytest.param(-11, 4, id="left_down"),
        pytest.param(-30, -20, id="far_left_up"),
    ],
)
def test_update_area_moves_with_the_offset(presenter, golden, x_off, y_off):
    """The update area is relative to the pixmap: the offset moves it with the picture
    (PRE-055)."""
    stage = Stage.open(presenter)
    area = AREAS["two"]
    stage.window.present(
        stage.window.pixmap(), update=presenter.region(*area), x_off=x_off, y_off=y_off
    ).wait_complete()
    stage.inside.within(*moved(area, x_off, y_off)).paste(CHART, x_off, y_off)
    golden.check(stage.shown(), "moved")


@pytest.mark.parametrize(
    "area",
    [
        pytest.param([], id="empty"),
        pytest.param([(48, 0, 30, 40)], id="right_of_it"),
        pytest.param([(0, 40, 48, 30)], id="below"),
        pytest.param([(-30, 0, 30, 40)], id="left_of_it"),
        pytest.param([(0, -30, 48, 30)], id="above"),
        pytest.param([(10, 10, 0, 5)], id="no_width"),
    ],
)
def test_update_area_without_pixels_draws_nothing(presenter, area):
    """An empty update area is not the same as none: the presentation completes and draws
    nothing, as one whose update area lies beside the pixmap (PRE-055)."""
    stage = Stage.open(presenter)
    presentation = stage.window.present(
        stage.window.pixmap(), update=presenter.region(*area)
    ).wait_complete()
    assert presentation.mode == 0
    stage.shown()


def test_update_area_beyond_the_pixmap_draws_what_the_pixmap_has(presenter, golden):
    """Parts of the update area outside of the pixmap draw nothing, those at negative
    coordinates neither (PRE-055)."""
    stage = Stage.open(presenter)
    area = [(-40, -40, 50, 50), (20, 15, 200, 200), (-5, 20, 12, 3)]
    pixmap = stage.window.pixmap(width=30, height=25)
    stage.window.present(pixmap, update=presenter.region(*area), x_off=8, y_off=7).wait_complete()
    stage.inside.within(*moved(area, 8, 7)).paste(chart_pixels(30, 25), 8, 7)
    golden.check(stage.shown(), "beyond")


def test_update_area_at_negative_coordinates_can_be_moved_into_the_window(presenter):
    """What counts is the pixmap: an area left of it stays empty though the offset moves it
    into the window (PRE-055)."""
    stage = Stage.open(presenter)
    update = presenter.region((-20, -20, 20, 20))
    stage.window.present(stage.window.pixmap(), update=update, x_off=25, y_off=25).wait_complete()
    stage.shown()


@pytest.mark.parametrize(
    "area",
    [
        pytest.param([(10, 10, 8, 8)], id="small"),
        pytest.param([], id="empty"),
        pytest.param([(-50, -50, 10, 10)], id="outside"),
    ],
)
def test_valid_area_alone_does_not_limit_the_copy(presenter, golden, area):
    """The valid area tells what the pixmap holds; a copy is not limited by it (PRE-056)."""
    stage = Stage.open(presenter)
    stage.window.present(
        stage.window.pixmap(), valid=presenter.region(*area), x_off=3, y_off=4
    ).wait_complete()
    stage.inside.paste(CHART, 3, 4)
    golden.check(stage.shown(), "unlimited")


@pytest.mark.parametrize(
    ("valid", "update"),
    [
        pytest.param((0, 0, 48, 40), (10, 8, 20, 15), id="valid_larger"),
        pytest.param((10, 8, 20, 15), (10, 8, 20, 15), id="equal"),
        pytest.param((12, 10, 5, 5), (10, 8, 20, 15), id="valid_smaller"),
    ],
)
def test_update_area_alone_decides_beside_a_valid_area(presenter, golden, valid, update):
    """With both areas it is the update area that is drawn, whatever the valid area is
    (PRE-055, PRE-056)."""
    stage = Stage.open(presenter)
    stage.window.present(
        stage.window.pixmap(),
        valid=presenter.region(valid),
        update=presenter.region(update),
        x_off=-2,
        y_off=5,
    ).wait_complete()
    stage.inside.within(*moved([update], -2, 5)).paste(CHART, -2, 5)
    golden.check(stage.shown(), "updated")


def test_one_region_serves_as_both_areas_and_stays_as_it_was(presenter, golden):
    """The same region as valid and update area is used once for each; presenting with an
    offset does not move the client's region (PRE-055, PRE-056, PRE-057)."""
    stage = Stage.open(presenter)
    region = presenter.region((6, 5, 12, 10), (25, 22, 9, 9))
    for x_off, y_off in [(3, 2), (9, 7)]:
        stage.window.present(
            stage.window.pixmap(), valid=region, update=region, x_off=x_off, y_off=y_off
        ).wait_complete()
        drawn = stage.inside.within(*moved([(6, 5, 12, 10), (25, 22, 9, 9)], x_off, y_off))
        drawn.paste(CHART, x_off, y_off)
    assert region.fetch() == [(6, 5, 12, 10), (25, 22, 9, 9)]
    golden.check(stage.shown(), "both")


@pytest.mark.parametrize("change", ["destroyed", "replaced", "emptied"])
@pytest.mark.parametrize("held_by", ["target", "fence"])
def test_update_area_is_that_of_the_request(presenter, golden, change, held_by):
    """The update area is copied when the request is made: what happens to the region before
    the presentation is due changes nothing (PRE-057)."""
    stage = Stage.open(presenter)
    area = [(2, 3, 15, 30), (20, 10, 20, 9)]
    pixmap = stage.window.pixmap()
    update = presenter.region(*area)
    fence = presenter.fence()
    if held_by == "target":
        target = stage.window.msc() + 30
        presentation = stage.window.present(pixmap, update=update, x_off=4, target_msc=target)
    else:
        presentation = stage.window.present(pixmap, update=update, x_off=4, wait_fence=fence)
    if change == "destroyed":
        update.destroy()
        # Whoever still looks the id up finds another region.
        presenter.region((0, 0, 48, 40))
    else:
        update.set([(0, 0, 48, 2)] if change == "replaced" else [])
    fence.trigger()
    presentation.wait_complete()
    stage.inside.within(*moved(area, 4, 0)).paste(CHART, 4, 0)
    golden.check(stage.shown(), "as-requested")


def test_valid_area_may_be_destroyed_before_the_target(presenter, golden):
    """Both areas belong to the request once it is made, the valid one too (PRE-057)."""
    stage = Stage.open(presenter)
    valid, fence = presenter.region((0, 0, 48, 40)), presenter.fence()
    presentation = stage.window.present(stage.window.pixmap(), valid=valid, wait_fence=fence)
    valid.destroy()
    fence.trigger()
    presentation.wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "drawn")


def test_update_area_outlives_the_client_that_made_it(presenter, connect, golden):
    """Another client's region serves as update area, even if that client leaves before the
    target (PRE-057, PRE-055)."""
    stage = Stage.open(presenter)
    pixmap = stage.window.pixmap()
    other = connect("region owner")
    update = other.region((7, 6, 22, 13))
    other.sync()
    fence = presenter.fence()
    presentation = stage.window.present(pixmap, update=update.id, wait_fence=fence)
    presenter.sync()
    other.close()
    presenter.sync()
    fence.trigger()
    presentation.wait_complete()
    stage.inside.within((7, 6, 22, 13)).paste(CHART)
    golden.check(stage.shown(), "drawn")


def test_update_area_counts_for_its_own_request_only(presenter, golden):
    """A presentation without update area after one with it draws the whole pixmap, in this
    window and in others (PRE-055, PRE-053)."""
    stage = Stage.open(presenter)
    other = presenter.window(48, 40, x=150, y=30)
    for x_off, whole in [(0, False), (5, True), (9, False), (-6, True)]:
        update = None if whole else presenter.region((x_off, 4, 14, 11))
        stage.window.present(stage.window.pixmap(), update=update, x_off=x_off).wait_complete()
        drawn = stage.inside if whole else stage.inside.within((2 * x_off, 4, 14, 11))
        drawn.paste(CHART, x_off, 0)
        stage.shown()
    other.present(other.pixmap("green"), update=presenter.region((0, 0, 1, 1))).wait_complete()
    stage.window.present(stage.window.pixmap()).wait_complete()
    stage.inside.paste(CHART)
    golden.check(stage.shown(), "whole")


def test_queued_presentations_keep_their_own_update_areas(presenter, golden):
    """Presentations that wait at the same time are each limited by their own area, whichever
    is done first (PRE-055, PRE-057)."""
    stage = Stage.open(presenter)
    window = stage.window
    colours = ["red", "green", "yellow", "cyan"]
    areas = [(2 + 9 * n, 3 + 7 * n, 12, 10) for n in range(4)]
    shown = [
        (window.pixmap(colour), presenter.region(area))
        for colour, area in zip(colours, areas, strict=True)
    ]
    # All must be queued before the first is due, also on a machine that is busy with others.
    last = window.msc() + 300
    queue = [
        window.present(pixmap, update=area, target_msc=last - 20 * n)
        for n, (pixmap, area) in enumerate(shown)
    ]
    for presentation in queue:
        presentation.wait_complete()
    for colour, area in reversed(list(zip(colours, areas, strict=True))):
        stage.inside.within(area).fill(colour)
    golden.check(stage.shown(), "four")


def test_update_area_and_children_both_clip(presenter, golden):
    """What is drawn lies in the update area and outside of mapped children (PRE-055,
    PRE-058)."""
    stage = Stage.open(presenter)
    presenter.window(14, 12, x=18, y=10, events=0, parent=stage.window, background="red")
    stage.window.present(
        stage.window.pixmap(), update=presenter.region((10, 6, 16, 30)), x_off=5, y_off=2
    ).wait_complete()
    drawn = stage.inside.within((15, 8, 16, 30)).without((18, 10, 14, 12))
    drawn.paste(CHART, 5, 2)
    stage.inside.area(18, 10, 14, 12).fill("red")
    golden.check(stage.shown(), "clipped")


@pytest.mark.parametrize("count", [255, 256, 257, 480])
def test_update_area_of_hundreds_of_rectangles_is_drawn_whole(presenter, count):
    """Each of them, the first and the last too (PRE-055)."""
    stage = Stage.open(presenter)
    places = [(x, y, 1, 1) for y in range(0, 40, 2) for x in range(0, 48, 2)][:count]
    update = presenter.region(*places)
    stage.window.present(stage.window.pixmap("red"), update=update).wait_complete()
    for place in places:
        stage.inside.area(*place).fill("red")
    stage.shown()
