# SPDX-License-Identifier: MIT
"""The model of a screen: what is lost, what is kept, and what nobody defines."""

import numpy as np
import pytest

from harness.models.composite_model import CompositeModel, CompositeModelError
from harness.models.composite_windows import ROOT, UNKNOWN, RedirectMode
from harness.pixels.rectangle import Rectangle

GROUND, FRONT, EDGE, DRAWN = 1, 2, 3, 9


@pytest.fixture
def model():
    """A screen of 8x6 with a mapped window ``w`` of 4x3 and border 1, its corner at (1, 1)."""
    model = CompositeModel(8, 6, GROUND)
    create(model, "w", ROOT, 1, 1, 4, 3, border=1)
    model.map("w")
    return model


def create(model, name, parent, x, y, width, height, *, border=0, keeps=True, background=FRONT):
    model.create(
        name,
        "one",
        parent,
        x,
        y,
        width,
        height,
        border=border,
        background=background,
        border_pixel=EDGE,
        keeps=keeps,
    )


def screen(model):
    return model.root.surface.pixels


def backing(model, name="w"):
    return model.window(name).surface.pixels


def test_border_lies_around_the_window(model):
    """The corner is the border's; the inside has the size."""
    expected = np.full((6, 8), GROUND)
    expected[1:6, 1:7] = EDGE
    expected[2:5, 2:6] = FRONT
    assert (screen(model) == expected).all()


def test_covered_pixels_are_lost(model):
    """What another window covered comes back as background; the rest stays."""
    model.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    create(model, "cover", ROOT, 2, 2, 2, 9)
    model.map("cover")
    model.unmap("cover")
    assert (screen(model)[2:5, 2:4] == FRONT).all()
    assert (screen(model)[2:5, 4:6] == DRAWN).all()


def test_drawing_is_cut_at_children_and_edges(model):
    """Neither a child nor the border is drawn over."""
    create(model, "child", "w", 1, 1, 1, 1, background=7)
    model.map("child")
    model.fill("w", DRAWN, Rectangle(-5, -5, 50, 50))
    assert screen(model)[3, 3] == 7
    assert (screen(model) == DRAWN).sum() == 11


def test_manually_redirected_window_leaves_the_screen(model):
    """The screen shows what is behind; the backing pixmap keeps window and border."""
    model.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    model.redirect("w", "c", RedirectMode.MANUAL)
    assert (screen(model) == GROUND).all()
    assert (backing(model)[1:4, 1:5] == DRAWN).all()
    assert (backing(model) == EDGE).sum() == 18
    model.unredirect("w", "c", RedirectMode.MANUAL)
    assert (screen(model)[2:5, 2:6] == DRAWN).all()


def test_automatically_redirected_window_is_copied_to_the_screen(model):
    """The copy is cut by what is in front, the backing pixmap is not."""
    model.redirect("w", "c", RedirectMode.AUTOMATIC)
    create(model, "cover", ROOT, 0, 0, 3, 9, background=7)
    model.map("cover")
    model.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    assert (backing(model)[1:4, 1:5] == DRAWN).all()
    assert (screen(model)[2:5, 3:6] == DRAWN).all()
    assert (screen(model)[:, :3] == 7).all()
    model.unmap("cover")
    assert (screen(model)[2:5, 2:6] == DRAWN).all()


@pytest.mark.parametrize("keeps", [True, False])
def test_resize_replaces_the_backing_pixmap(keeps):
    """The named one stays as it was; the new one keeps the pixels, or forgets them."""
    model = CompositeModel(8, 6, GROUND)
    create(model, "w", ROOT, 1, 1, 4, 3, keeps=keeps)
    model.map("w")
    model.redirect("w", "c", RedirectMode.MANUAL)
    model.fill("w", DRAWN, Rectangle(0, 0, 4, 3))
    model.name_pixmap("w", "p", "c")
    model.configure("w", width=5, height=2)
    model.fill("w", 7, Rectangle(0, 0, 1, 1))
    assert (model.pixmap("p").pixels == DRAWN).all()
    kept = DRAWN if keeps else FRONT
    assert backing(model).tolist() == [[7, kept, kept, kept, FRONT], [*[kept] * 4, FRONT]]


def test_names_share_their_pixels_until_the_window_ends(model):
    """Two names see the same drawing, and outlive the window."""
    model.redirect("w", "c", RedirectMode.MANUAL)
    model.name_pixmap("w", "p", "c")
    model.name_pixmap("w", "q", "d")
    model.fill("w", DRAWN, Rectangle(0, 0, 1, 1))
    model.kill("c")
    model.destroy("w")
    assert list(model.pixmaps) == ["q"]
    assert model.pixmap("q").pixels[1, 1] == DRAWN


def test_death_of_the_compositor_brings_windows_back(model):
    """All its redirections end, those of another stay."""
    model.redirect_children(ROOT, "c", RedirectMode.MANUAL)
    model.redirect("w", "d", RedirectMode.AUTOMATIC)
    assert (screen(model) == GROUND).all()
    model.kill("c")
    assert model.window("w").mode is RedirectMode.AUTOMATIC
    assert (screen(model) == FRONT).sum() == 12


def test_what_is_exposed_without_a_background_is_unknown(model):
    """While children are redirected by hand nobody paints their parent."""
    model.redirect_children(ROOT, "c", RedirectMode.MANUAL)
    model.unredirect_children(ROOT, "c", RedirectMode.MANUAL)
    assert not (screen(model) == UNKNOWN).any()
    model.redirect_children("w", "c", RedirectMode.MANUAL)
    model.unmap("w")
    model.map("w")
    assert (screen(model)[2:5, 2:6] == UNKNOWN).all()


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(
            lambda model: model.redirect("w", "d", RedirectMode.MANUAL), id="manual-twice"
        ),
        pytest.param(
            lambda model: model.redirect_children(ROOT, "d", RedirectMode.MANUAL), id="children"
        ),
        pytest.param(lambda model: model.unredirect("w", "d", RedirectMode.MANUAL), id="not-begun"),
        pytest.param(lambda model: model.reparent("w", "w", 0, 0), id="into-itself"),
        pytest.param(lambda model: model.copy("w", "p", 0, 0), id="onto-itself"),
        pytest.param(lambda model: model.name_pixmap("w", "p", "d"), id="name-taken"),
        pytest.param(lambda model: model.destroy(ROOT), id="root"),
        pytest.param(lambda model: model.map("x"), id="unknown"),
    ],
)
def test_impossible_operations_are_refused(model, refused):
    """What a server would answer with an error, or nobody defines, is a CompositeModelError."""
    model.redirect("w", "c", RedirectMode.MANUAL)
    model.name_pixmap("w", "p", "c")
    with pytest.raises(CompositeModelError):
        refused(model)
